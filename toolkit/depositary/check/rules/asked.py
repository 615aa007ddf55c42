"""What the rules of a package ask of the columns of a table, in words for people who fill them in."""

from collections.abc import Iterator, Mapping

from depositary.check.rules.compiler import RowRules, Test
from depositary.compile.words import Words, clauses

Asked = Mapping[str, tuple[str, ...]]  # column → sentences


def asked_of_columns(rules: RowRules, table: str, words: Words) -> Asked:
    """Write what rules ask of each column of a table, such as that it is required when another one has some value.

    Only errors count. If no words can be made of a rule, its own sentence is written at the column where it reports.

    Raises:
        DocumentError: a rule of the table is refused.
    """
    in_words = [(test.rule, clauses(test.test, test.rule.place, words)) for test in _tests(rules, table)]
    others = [rule for rule, its in in_words if rule.place and not its]
    others += [rule for rule in rules.of_several_rows(table) if rule.level == "error"]
    found: dict[str, list[str]] = {}
    sentences = [(rule.place, words.sentence(rule.says)) for rule in others]
    for column, text in [*(one for _, its in in_words for one in its), *sentences]:
        found.setdefault(column, []).append(text)
    return {column: tuple(dict.fromkeys(texts)) for column, texts in found.items()}


def _tests(rules: RowRules, table: str) -> Iterator[Test]:
    return (test for test in rules.tests(table) if test.rule.level == "error" and not test.fields)

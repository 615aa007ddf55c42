"""Explaining codes to people."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from depositary.check.documents.descriptor import sound_or_shipped
from depositary.check.rules.rulebook import read_rulebook
from depositary.errors import UsageError
from depositary.model.codes import CODES, Code
from depositary.model.rule import Rows, Rule
from depositary.visible import visible_lines
from depositary.wording.suggest import suggest


def explanation(name: str, package: Path | None = None) -> str:
    """Explain one code, or the rule or rules of one id or number, with the smallest rows that have the fault or not.

    Raises:
        UsageError: there is no such code or rule.
    """
    if name in CODES:
        code = CODES[name]
        paragraphs = [f"{code.name}: {code.title}", code.meaning, f"What to do: {code.mend}", *_examples(code)]
        return "\n\n".join(paragraphs) + "\n"
    whole = sound_or_shipped(package)
    rules = read_rulebook(whole.descriptor, whole.directory).rules
    found = [rule for rule in rules if name.casefold() in (rule.id.casefold(), rule.number.casefold())]
    if not found:
        meant = suggest(name, {known: known for known in (*CODES, *(rule.id for rule in rules))})
        raise UsageError(f"there is no code or rule {name!r}; {meant or 'ask for the list'}: depositary explain")
    return "\n".join("\n\n".join(_rule(rule)) + "\n" for rule in found)


def _rule(rule: Rule) -> Iterator[str]:
    level = f"{rule.level}, {rule.at_release} before a release" if rule.at_release else rule.level
    yield f"{rule.id} ({level}): {rule.says}"
    yield rule.reason
    yield f"What to do: {plain(rule.hint)}."
    yield f"Asked of: {', '.join(rule.tables)}"
    for title, rows in (("Bad:", rule.bad), ("Good:", rule.good)):
        if rows:
            yield "\n".join([title, *(f"  {line}" for line in rows_as_text(rows))])


def plain(template: str) -> str:
    """Write a message's template with the names of its values instead of their places."""
    return re.sub(r"\{(\w+)\}", r"\1", template)


def rows_as_text(rows: Rows) -> Iterator[str]:
    """Write the rows of an example, a line each, with what is filled."""
    for table, records in rows.items():
        for record in records:
            cells = ", ".join(f"{name} {_cell(value)}" for name, value in record.items())
            yield f"{table}: {cells or 'nothing filled'}"


def _cell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def listing() -> str:
    """List all codes, a line each."""
    width = max(map(len, CODES))
    return "".join(f"{code.name:{width}}  {code.meaning}\n" for code in CODES.values())


def _examples(code: Code) -> list[str]:
    return [f"{title}\n{_files(files)}" for title, files in (("Bad:", code.bad), ("Good:", code.good)) if files]


def _files(files: Mapping[str, str]) -> str:
    return "\n".join(f"  {name}\n{_indented(text)}" for name, text in files.items())


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in visible_lines(text).split("\n")) if text else "    (empty)"

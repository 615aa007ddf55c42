"""The rules of a package: read from its rule files, judged in words, and made ready to run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from string import Formatter
from typing import Any

from depositary.check.descriptor import finding
from depositary.check.named import CHECKS
from depositary.check.profile import violations
from depositary.compile.language import Language, Query, RowTest, RuleError
from depositary.errors import DocumentError, NotFoundError
from depositary.model.finding import Finding
from depositary.model.report import SwitchedOff
from depositary.model.rule import Label, Need, Rule
from depositary.model.table import Field, Table
from depositary.read.paths import unsafe
from depositary.read.rules import RULES, RULES_OFF, read_rules

# What queries can read beside the tables: every record by its id, every date of the world, the records of an earlier
# release and the texts that were coded.
DERIVED: Mapping[str, tuple[str, ...]] = {
    "records": ("table_name", "record_id"),
    "dates": ("table_name", "record_id", "field_name", "value"),
    "previous": ("table_name", "record_id"),
    "snapshots": ("source_id", "sha256", "content"),
}


@dataclass(frozen=True)
class Test:
    """A row rule made ready for one table; with `fields`, it is asked of the cells of each of them."""

    rule: Rule
    table: str
    test: RowTest
    fields: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns it reads."""
        return self.fields or self.test.columns


@dataclass
class Rulebook:
    """The rules of a package, those it switches off, and what is wrong with its rule files."""

    rules: list[Rule] = field(default_factory=list)
    off: tuple[SwitchedOff, ...] = ()
    findings: list[Finding] = field(default_factory=list)

    def selected(self, patterns: Sequence[str]) -> "Rulebook":
        """Keep the rules whose id or number fits one of the patterns, such as R2?; all of them if there is none."""
        wanted = [rule for rule in self.rules if not patterns or _fits(rule, patterns)]
        return Rulebook(wanted, self.off, self.findings)


def _fits(rule: Rule, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in (rule.id, rule.number))


def read_rulebook(descriptor: Mapping[str, Any], directory: Path) -> Rulebook:
    """Read the rule files that a descriptor names."""
    book = Rulebook(off=tuple(_switched_off(descriptor)))
    for name in _paths(descriptor):
        book.findings += _read(name, directory, book.rules)
    book.findings += _twice(book.rules)
    book.findings += _unknown(book)
    off = {item.rule for item in book.off}
    book.rules = [rule for rule in book.rules if not off & {rule.id, rule.number}]
    return book


def _paths(descriptor: Mapping[str, Any]) -> list[str]:
    paths = descriptor.get(RULES) or []
    return [path for path in paths if isinstance(path, str)] if isinstance(paths, list) else []


def _switched_off(descriptor: Mapping[str, Any]) -> Iterator[SwitchedOff]:
    entries = descriptor.get(RULES_OFF) or []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, Mapping):
            yield SwitchedOff(str(entry.get("rule", "")), str(entry.get("reason", "")))


def _read(name: str, directory: Path, rules: list[Rule]) -> Iterator[Finding]:
    reason = unsafe(directory, name)
    if reason:
        yield finding("unsafe-path", f"the rule file {name!r} is not read: {reason}")
        return
    try:
        document = read_rules(directory / name)
    except (DocumentError, NotFoundError) as error:
        yield _wrong(str(error).removeprefix(f"{directory / name}: "), "", name)
        return
    wrong = violations(document, "rules", "the rule file")
    broken = {violation.path[1] for violation in wrong if len(violation.path) > 1}
    for violation in wrong:
        yield _wrong(violation.message, violation.hint, name)
    if not wrong or broken:
        entries = [entry for at, entry in enumerate(document.get("rules", [])) if at not in broken]
        rules += [_rule(entry, name) for entry in entries]


def _wrong(message: str, hint: str, file: str) -> Finding:
    return finding("rule-error", message, hint or "correct the rule file", file=file)


def _twice(rules: Sequence[Rule]) -> Iterator[Finding]:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            yield _wrong(f"there are two rules {rule.id}", "give one of them another id", rule.file)
        seen.add(rule.id)


def _unknown(book: Rulebook) -> Iterator[Finding]:
    known = {name for rule in book.rules for name in (rule.id, rule.number)}
    for item in book.off:
        if item.rule not in known:
            message = f"`{RULES_OFF}` names {item.rule!r}, which is no rule of the package"
            yield finding("rule-error", message, "correct it or take it out")


def _rule(entry: Mapping[str, Any], file: str) -> Rule:
    fields = entry.get("fields", ())
    return Rule(
        **{key: value for key, value in entry.items() if key not in ("tables", "labels", "fields", "needs")},
        tables=tuple(entry["tables"]),
        labels=tuple(_label(label) for label in entry.get("labels", ())),
        fields=(fields,) if isinstance(fields, str) else tuple(fields),
        needs=tuple(Need(need) for need in entry.get("needs", ())),
        file=file,
    )


def _label(entry: Mapping[str, Any]) -> Label:
    return Label(**{**entry, "fields": tuple(entry.get("fields", ()))})


class Compiler:
    """Makes rules ready to run on the tables of a package."""

    def __init__(self, tables: Mapping[str, Table], as_of: date) -> None:
        self.tables = tables
        self.as_of = as_of
        columns = {name: [f.name for f in table.fields] for name, table in tables.items()}
        self._language = Language(columns, as_of, DERIVED)

    def test(self, rule: Rule, table: str) -> Test | None:
        """Make a row rule ready for one of its tables; None if it has none of the columns that the rule is asked of.

        Raises:
            RuleError: the rule is not in the language, or names what the table does not have.
        """
        known = {"cell", "field"} if rule.fields else {*self.tables[table].field_names}
        self._check_template(rule, known)
        if rule.place and rule.place not in known:
            raise RuleError(f"there is no column {rule.place!r}")
        if not rule.fields:
            return Test(rule, table, self._language.row_test(table, rule.holds, rule.when))
        fields = tuple(f.name for f in _asked(rule, self.tables[table]))
        return Test(rule, table, self._language.cell_test(rule.holds, rule.when), fields) if fields else None

    def query(self, rule: Rule) -> Query:
        """Make a rule that is a query ready.

        Raises:
            RuleError: it is not in the language, or its message speaks of what it does not select.
        """
        query = self._language.query(rule.query)
        self._check_template(rule, set(query.outputs))
        if not {*self.tables, "in_row"} & set(query.outputs):
            raise RuleError("the query has to select the rows that take part, in columns named like their tables")
        return query

    def check(self, rule: Rule) -> None:
        """Make sure that there is a check of the name.

        Raises:
            RuleError: there is none.
        """
        if rule.check not in CHECKS:
            raise RuleError(f"there is no check {rule.check!r}; known are {', '.join(sorted(CHECKS))}")

    def _check_template(self, rule: Rule, known: set[str]) -> None:
        for text in (rule.message, rule.hint):
            unknown = [name for name in placeholders(text) if name not in known]
            if unknown:
                raise RuleError(f"its text speaks of {{{unknown[0]}}}, which is not at hand")


def placeholders(template: str) -> list[str]:
    """Name the values that a message asks for.

    Raises:
        RuleError: its braces do not match, or ask for more than a name.
    """
    try:
        parts = [
            (name, form, conversion) for _, name, form, conversion in Formatter().parse(template) if name is not None
        ]
    except ValueError as error:
        raise RuleError(f"its text {template!r} is no template: {error}") from error
    for name, form, conversion in parts:
        if not name.isidentifier() or form or conversion:
            raise RuleError(f"its text may hold names in braces, not {{{name}}}")
    return [name for name, _, _ in parts]


def _asked(rule: Rule, table: Table) -> list[Field]:
    if rule.fields == ("edtf",):
        return [f for f in table.fields if f.is_edtf]
    if rule.fields == ("text",):
        return [f for f in table.fields if f.type == "string"]
    return [f for f in table.fields if f.name in rule.fields]

"""The rules of a package: read from its rule files, judged in words, and made ready to run."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from string import Formatter
from typing import Any

from depositary.check.descriptor import finding
from depositary.check.hints import suggest
from depositary.check.named import CHECKS
from depositary.check.profile import Violation, violations
from depositary.compile.language import Language, Query, RowTest, RuleError
from depositary.errors import DocumentError, NotFoundError, UsageError
from depositary.model.finding import Finding
from depositary.model.package import Package
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


_FORMS = ("holds", "query", "check")
_KINDS = (("*edtf",), ("*text",))  # what stands for all columns of a kind; a list may name a column `text`
_KEPT = ("_row", "_broken", "_erased")  # columns that the stage adds to every table
_SHOWN = 60  # characters of a value that a message repeats


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
        """Keep the rules whose id or number fits one of the patterns, such as R2?; all of them if there is none.

        Raises:
            UsageError: one of the patterns fits no rule.
        """
        for pattern in patterns:
            if not self.findings and not any(_fits(rule, pattern) for rule in self.rules):
                raise UsageError(self._unfit(pattern))
        wanted = [rule for rule in self.rules if not patterns or any(_fits(rule, pattern) for pattern in patterns)]
        return Rulebook(wanted, self.off, self.findings)

    def _unfit(self, pattern: str) -> str:
        for item in self.off:
            if item.rule.casefold() == pattern.casefold():
                return f"The package has switched off the rule {item.rule}: {item.reason}"
        if not self.rules:
            return f"There is no rule {pattern!r}: the package has no rules."
        near = suggest(pattern, {name: name for rule in self.rules for name in (rule.id, rule.number)})
        known = f"there are {self.rules[0].id} to {self.rules[-1].id}, and patterns such as R2?."
        return f"There is no rule {pattern!r}; {near or known}"


def _fits(rule: Rule, pattern: str) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for name in (rule.id, rule.number))


def read_rulebook(descriptor: Mapping[str, Any], directory: Path) -> Rulebook:
    """Read the rule files that a descriptor names."""
    book = Rulebook()
    for name in _listed(descriptor, RULES, book):
        if isinstance(name, str):
            book.findings += _read(name, directory, book.rules)
        else:
            book.findings.append(_in_descriptor(f"`{RULES}` lists {_short(name)}, which is no path", "name a file"))
    book.findings += _twice(book)
    book.off = tuple(_switched_off(_listed(descriptor, RULES_OFF, book), book))
    off = {item.rule for item in book.off}
    book.rules = [rule for rule in book.rules if not off & {rule.id, rule.number}]
    return book


def _listed(descriptor: Mapping[str, Any], name: str, book: Rulebook) -> list[Any]:
    entries = descriptor.get(name, [])
    if isinstance(entries, list):
        return list({repr(entry): entry for entry in entries}.values())
    book.findings.append(_in_descriptor(f"`{name}` is {_short(entries)}, and has to be a list", "write it in brackets"))
    return []


def _switched_off(entries: Sequence[Any], book: Rulebook) -> Iterator[SwitchedOff]:
    known = {name for rule in book.rules for name in (rule.id, rule.number)}
    for entry in entries:
        rule, reason = (entry.get("rule"), entry.get("reason")) if isinstance(entry, Mapping) else (None, None)
        if not isinstance(rule, str) or not isinstance(reason, str) or not reason.strip():
            message = f"`{RULES_OFF}` has {_short(entry)}, which is not a rule with a reason"
            book.findings.append(_in_descriptor(message, 'write {"rule": "R50", "reason": "…"}'))
        elif rule not in known:
            message = f"`{RULES_OFF}` names {_short(rule)}, which is no rule of the package"
            book.findings.append(_in_descriptor(message, "correct it or take it out"))
        else:
            yield SwitchedOff(rule, reason)


def _in_descriptor(message: str, hint: str) -> Finding:
    return finding("rule-error", message, hint)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


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
        yield _wrong(*_said(violation, document), name)
    if not wrong or broken:
        entries = [entry for at, entry in enumerate(document.get("rules", [])) if at not in broken]
        rules += [_rule(entry, name) for entry in entries]


def _said(violation: Violation, document: Mapping[str, Any]) -> tuple[str, str]:
    """Say of which rule a fault is, by its id where it has one."""
    if len(violation.path) < 2:  # noqa: PLR2004 (of no single rule)
        return violation.message, violation.hint
    at = int(violation.path[1])
    entry = document["rules"][at]
    known = isinstance(entry, Mapping) and isinstance(entry.get("id"), str)
    name = f"the rule {_short(entry['id'])[1:-1]}" if known else f"the rule number {at + 1}"
    message = violation.message.replace(f"rules.{at}", name, 1).replace(" of the rule file", "", 1)
    if len(violation.path) == 2 and known and message.startswith(f"{name} is "):  # noqa: PLR2004 (the rule as a whole)
        forms = [form for form in _FORMS if form in entry]
        return (
            f"{name} has {' and '.join(forms) or 'no form'}",
            f"a rule has one of {', '.join(_FORMS)}, or labels",
        )
    return message, violation.hint


def _wrong(message: str, hint: str, file: str) -> Finding:
    return finding("rule-error", message, hint or "correct the rule file", file=file)


def _twice(book: Rulebook) -> Iterator[Finding]:
    """Refuse rules whose id another has already."""
    kept: dict[str, Rule] = {}
    for rule in book.rules:
        if kept.setdefault(rule.id, rule) is not rule:
            yield _wrong(f"there is another rule {rule.id} before this one", "give one of them another id", rule.file)
    book.rules = list(kept.values())


def _rule(entry: Mapping[str, Any], file: str) -> Rule:
    fields = entry.get("fields", ())
    return Rule(
        **{key: value for key, value in entry.items() if key not in ("tables", "labels", "fields", "needs")},
        tables=tuple(dict.fromkeys(entry["tables"])),
        labels=tuple(_label(label) for label in entry.get("labels", ())),
        fields=(f"*{fields}",) if isinstance(fields, str) else tuple(fields),
        needs=tuple(Need(need) for need in entry.get("needs", ())),
        file=file,
    )


def _derivable(name: str, tables: Mapping[str, Table]) -> bool:
    """Tell whether a derived table can be made, and none of the package's own has its name."""
    sources = tables["sources"].field_names if "sources" in tables else ()
    made_of = {"source_id", "snapshot_sha256"} if name == "snapshots" else set()
    return made_of <= set(sources) and name not in {table.casefold() for table in tables}


def _label(entry: Mapping[str, Any]) -> Label:
    return Label(**{**entry, "fields": tuple(entry.get("fields", ()))})


class Compiler:
    """Makes rules ready to run on the tables of a package."""

    def __init__(self, tables: Mapping[str, Table], as_of: date) -> None:
        self.tables = tables
        self.as_of = as_of
        self.derived = {name: columns for name, columns in DERIVED.items() if _derivable(name, tables)}
        columns = {name: [f.name for f in table.fields] for name, table in tables.items()}
        self._language = Language(columns, as_of, self.derived)

    def test(self, rule: Rule, table: str) -> Test | None:
        """Make a row rule ready for one of its tables; None if it has none of the columns that the rule is asked of.

        Raises:
            RuleError: the rule is not in the language, or names what the table does not have.
        """
        known = {"cell", "field"} if rule.fields else {*self.tables[table].field_names}
        self._check_template(rule, known)
        self._check_names(rule)
        if rule.place and rule.place not in known:
            raise RuleError(f"there is no column {rule.place!r} in {table}")
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
        self._check_names(rule)
        if not {*rule.tables, "in_row"} & set(query.outputs):
            raise RuleError("the query has to select the rows that take part, in columns named like their tables")
        if "in_row" in query.outputs and "in_table" not in query.outputs:
            raise RuleError("a query that selects in_row has to select in_table as well")
        unnamed = set(query.columns) - set(rule.tables) - set(self.derived)
        if unnamed:
            raise RuleError(f"it reads {', '.join(sorted(unnamed))}, which its `tables` do not name")
        return query

    def check(self, rule: Rule) -> None:
        """Make sure that there is a check of the name.

        Raises:
            RuleError: there is none.
        """
        if rule.check not in CHECKS:
            raise RuleError(f"there is no check {rule.check!r}; known are {', '.join(sorted(CHECKS))}")
        check = CHECKS[rule.check]
        self._check_template(rule, set(check.gives))
        self._check_names(rule)
        for table, columns in check.columns.items():
            if table not in rule.tables:
                raise RuleError(f"the check reads {table}, which its `tables` do not name")
            for column in set(columns) - set(self.tables[table].field_names):
                raise RuleError(f"the check reads {column}, which is no column of {table}")

    def _check_names(self, rule: Rule) -> None:
        """Make sure that what a rule says belongs to its form, and that its columns are somewhere."""
        for name, given in (("when", rule.when), ("fields", rule.fields)):
            if given and not rule.holds:
                raise RuleError(f"`{name}` goes with `holds` only")
        tables = [self.tables[name] for name in rule.tables if name in self.tables]
        known = {name for table in tables for name in table.field_names}
        place = (rule.place,) if rule.place and not rule.fields else ()
        for name in (*place, *(rule.fields if rule.fields not in _KINDS else ())):
            if name not in known:
                raise RuleError(f"there is no column {name!r} in {', '.join(rule.tables)}")

    def require_told_apart(self, table: str, columns: Collection[str]) -> None:
        """Make sure that the engine can hold a table: it knows no capitals, and keeps a few names for itself.

        Raises:
            RuleError: it cannot.
        """
        folded = Counter(name.casefold() for name in self.tables)
        if folded[table.casefold()] > 1:
            raise RuleError(f"two tables of the package differ from {table!r} in capitals at most")
        names = self.tables[table].field_names
        folded = Counter(name.casefold() for name in names) + Counter(_KEPT)
        for name in sorted({*columns, *self.tables[table].primary_key}):
            if folded[name.casefold()] > 1:
                other = "keeps the name for itself" if name.casefold() in _KEPT else "has it twice, but for capitals"
                raise RuleError(f"the column {name!r} of {table} cannot be read: the engine {other}")

    def _check_template(self, rule: Rule, known: set[str]) -> None:
        for text in (rule.message, rule.hint):
            unknown = [name for name in placeholders(text) if name not in known]
            if unknown:
                raise RuleError(f"its text speaks of {{{unknown[0]}}}, which is not at hand")


def row_tests(package: Package, table: str, as_of: date | None = None) -> Iterator[Test]:
    """Make the row rules of a table ready; those that ask for more than a row are left out.

    Raises:
        DocumentError: a rule of the package is refused.
    """
    compiler = Compiler({r.name: r.table for r in package}, as_of or datetime.now(UTC).date())
    book = read_rulebook(package.descriptor, package.directory)
    for wrong in book.findings:
        file = package.directory / wrong.file
        raise DocumentError(f"{file}: {wrong.message}. Run depositary validate on the package.")
    for rule in book.rules:
        if rule.holds and table in rule.tables and not rule.needs:
            test = _made_ready(compiler, rule, table, package.directory)
            if test:
                yield test


def _made_ready(compiler: Compiler, rule: Rule, table: str, directory: Path) -> Test | None:
    try:
        return compiler.test(rule, table)
    except RuleError as error:
        message = f"the rule {rule.id} is refused: {error}. Run depositary validate on the package."
        raise DocumentError(f"{directory / rule.file}: {message}") from error


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
    if rule.fields == _KINDS[0]:
        return [f for f in table.fields if f.is_edtf]
    if rule.fields == _KINDS[1]:
        return [f for f in table.fields if f.type == "string"]
    return [f for f in table.fields if f.name in rule.fields]

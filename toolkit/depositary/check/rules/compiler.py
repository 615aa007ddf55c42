"""Prepare rules for the tables of a package; rules that use something forbidden are refused with a message."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from string import Formatter

from depositary.check.rules.named import CHECKS
from depositary.check.rules.rulebook import read_rulebook
from depositary.compile.language import Language, Query, RowTest, RuleError
from depositary.engine.engine import Dialect
from depositary.errors import DocumentError
from depositary.model.check_digits import CELL_CHECKS
from depositary.model.package import Package
from depositary.model.rule import Rule
from depositary.model.table import Field, Table, kind_of

# Tables that queries can read besides those of the package: all records by their ids, all EDTF dates, the records of an
# earlier release, and the coded texts.
DERIVED: Mapping[str, tuple[str, ...]] = {
    "records": ("table_name", "record_id"),
    "dates": ("table_name", "record_id", "field_name", "value"),
    "previous": ("table_name", "record_id"),
    "snapshots": ("source_id", "sha256", "content"),
}

_KINDS = (("*edtf",), ("*text",))  # names for all columns of a kind; a list may name a column `text`
_KEPT = ("_row", "_broken", "_erased")  # columns that the stage adds to every table


@dataclass(frozen=True, eq=False)
class Test:
    """A row rule that is prepared for one table; with `fields`, it is checked on the cells of each field."""

    rule: Rule
    table: str
    test: RowTest
    fields: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Name the columns that it reads."""
        return self.fields or self.test.columns


class Compiler:
    """Prepares rules for the tables of a package; `as_of` is by default the current day in UTC."""

    def __init__(self, tables: Mapping[str, Table], as_of: date | None) -> None:
        self.tables = tables
        self.as_of = as_of or datetime.now(UTC).date()
        self.derived = {name: columns for name, columns in DERIVED.items() if _derivable(name, tables)}
        columns = {name: [f.name for f in table.fields] for name, table in tables.items()}
        self._language = Language(columns, self.as_of, self.derived)
        kinds = ((name, f.name, f.type, f.is_edtf) for name, table in tables.items() for f in table.fields)
        keys = ((name, table.primary_key) for name, table in tables.items())
        self._known = (self.as_of, tuple(kinds), tuple(keys))

    def __hash__(self) -> int:
        return hash(self._known)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Compiler) and self._known == other._known

    def test(self, rule: Rule, table: str) -> Test | None:
        """Prepare a row rule for one of its tables; None if the table has none of the rule's columns.

        Raises:
            RuleError: the rule is not in the language, or names something that the table does not have.
        """
        return _test(self, rule, table)

    def query(self, rule: Rule) -> Query:
        """Prepare a rule that is a query.

        Raises:
            RuleError: it is not in the language, or its message names a value that it does not select.
        """
        return _query(self, rule)

    def _test(self, rule: Rule, table: str) -> Test | None:
        known = {"cell", "field"} if rule.fields else {*self.tables[table].field_names}
        self._check_template(rule, known)
        self._check_names(rule)
        if rule.place and rule.place not in known:
            raise RuleError(f"there is no column {rule.place!r} in {table}")
        if not rule.fields:
            return Test(rule, table, self._language.row_test(table, rule.holds, rule.when))
        fields = tuple(f.name for f in _asked(rule, self.tables[table]))
        return Test(rule, table, self._language.cell_test(rule.holds, rule.when), fields) if fields else None

    def _query(self, rule: Rule) -> Query:
        query = self._language.query(rule.query)
        self._check_template(rule, set(query.outputs))
        self._check_names(rule)
        if not {*rule.tables, "in_row"} & set(query.outputs):
            raise RuleError("the query must select the rows that take part, in columns with the names of their tables")
        if "in_row" in query.outputs and "in_table" not in query.outputs:
            raise RuleError("a query that selects in_row must also select in_table")
        unnamed = set(query.columns) - set(rule.tables) - set(self.derived)
        if unnamed:
            raise RuleError(f"it reads {', '.join(sorted(unnamed))}, which must be named in its `tables`")
        return query

    def check(self, rule: Rule) -> None:
        """Make sure that there is a check with this name.

        Raises:
            RuleError: there is no such check.
        """
        if rule.check not in CHECKS:
            raise RuleError(f"there is no check {rule.check!r}; the checks are {', '.join(sorted(CHECKS))}")
        check = CHECKS[rule.check]
        self._check_template(rule, set(check.gives))
        self._check_names(rule)
        for table, columns in check.columns.items():
            if table not in rule.tables:
                raise RuleError(f"the check reads {table}, which must be named in its `tables`")
            for column in set(columns) - set(self.tables[table].field_names):
                raise RuleError(f"the check reads {column}, which is not a column of {table}")

    def _check_names(self, rule: Rule) -> None:
        """Make sure that the properties of a rule fit its form, and that its columns exist."""
        for name, given in (("when", rule.when), ("fields", rule.fields)):
            if given and not rule.holds:
                raise RuleError(f"`{name}` can only be used with `holds`")
        tables = [self.tables[name] for name in rule.tables if name in self.tables]
        known = {name for table in tables for name in table.field_names}
        column = (rule.place,) if rule.place and not rule.fields else ()
        for name in (*column, *(rule.fields if rule.fields not in _KINDS else ())):
            if name not in known:
                raise RuleError(f"there is no column {name!r} in {', '.join(rule.tables)}")

    def require_distinct_names(self, table: str, columns: Collection[str]) -> None:
        """Make sure that the engine can hold a table: it ignores case, and a few names are reserved.

        Raises:
            RuleError: the engine cannot hold it.
        """
        folded = Counter(name.casefold() for name in self.tables)
        if folded[table.casefold()] > 1:
            raise RuleError(f"two tables of the package have the name {table!r}, apart from capitals")
        names = self.tables[table].field_names
        folded = Counter(name.casefold() for name in names) + Counter(_KEPT)
        for name in sorted({*columns, *self.tables[table].primary_key}):
            if folded[name.casefold()] > 1:
                other = "reserves this name" if name.casefold() in _KEPT else "has it twice, apart from capitals"
                raise RuleError(f"the column {name!r} of {table} cannot be read: the engine {other}")

    def _check_template(self, rule: Rule, known: set[str]) -> None:
        for text in (rule.message, rule.hint):
            unknown = [name for name in placeholders(text) if name not in known]
            if unknown:
                raise RuleError(f"its text has {{{unknown[0]}}}, but the rule does not give this value")


# If several packages have the same tables, as in a notebook or a server, their rules are prepared only once.


@lru_cache(maxsize=2_000)
def _test(compiler: Compiler, rule: Rule, table: str) -> Test | None:
    return compiler._test(rule, table)  # noqa: SLF001 (the same room)


@lru_cache(maxsize=1_000)
def _query(compiler: Compiler, rule: Rule) -> Query:
    return compiler._query(rule)  # noqa: SLF001 (the same room)


@lru_cache(maxsize=3_000)
def printed(test: RowTest | Query, dialect: Dialect) -> str:
    """Write what selects the rows that break a rule for an engine."""
    return dialect.printed(test.tree)


class RowRules:
    """The rules of a package that can be checked on one row, read once for all of its tables.

    Raises:
        DocumentError: a rule file of the package is refused.
    """

    def __init__(self, package: Package, as_of: date | None = None) -> None:
        self._directory = package.directory
        self._compiler = Compiler({r.name: r.table for r in package}, as_of)
        book = read_rulebook(package.descriptor, package.directory)
        for wrong in book.findings:
            raise self._refused(wrong.file, wrong.message)
        self._rules = book.rules

    def tests(self, table: str) -> Iterator[Test]:
        """Prepare the row rules of a table; rules that need more than one row are left out.

        Raises:
            DocumentError: one of them is refused.
        """
        for rule in self._rules:
            if rule.holds and table in rule.tables and not rule.needs:
                try:
                    test = self._compiler.test(rule, table)
                except RuleError as error:
                    raise self._refused(rule.file, f"the rule {rule.id} is refused: {error}") from error
                if test:
                    yield test

    def of_cells(self, table: str) -> Iterator[Rule]:
        """Give the rules of a table that a function checks cell by cell."""
        return (rule for rule in self._rules if rule.check in CELL_CHECKS and table in rule.tables)

    def of_several_rows(self, table: str) -> Iterator[Rule]:
        """Give the rules on several rows that report at a column of a table."""
        columns = self._compiler.tables[table]
        for rule in self._rules:
            if (rule.query or rule.check) and not rule.needs and table in rule.tables and rule.place in columns:
                yield rule

    def _refused(self, file: str, why: str) -> DocumentError:
        return DocumentError(f"{self._directory / file}: {why}. Run depositary validate on the package.")


DIGITS = "digits"  # the form of a value in a message that leaves out everything but its digits


def placeholders(template: str) -> list[str]:
    """Name the values in a message.

    Raises:
        RuleError: its braces do not match, or have more than a name, or a name and `:digits`.
    """
    try:
        parts = [
            (name, form, conversion) for _, name, form, conversion in Formatter().parse(template) if name is not None
        ]
    except ValueError as error:
        raise RuleError(f"its text {template!r} is not a template: {error}") from error
    for name, form, conversion in parts:
        if not name.isidentifier() or form not in ("", DIGITS) or conversion:
            raise RuleError(f"its text may have only names in braces, not {{{name}}}")
    return [name for name, _, _ in parts]


def _asked(rule: Rule, table: Table) -> list[Field]:
    if rule.fields == _KINDS[0]:
        return [f for f in table.fields if f.is_edtf]
    if rule.fields == _KINDS[1]:
        return [f for f in table.fields if kind_of(f).is_asked_as_text]
    return [f for f in table.fields if f.name in rule.fields]


def _derivable(name: str, tables: Mapping[str, Table]) -> bool:
    """Return whether a derived table can be made, and no table of the package has its name."""
    sources = tables["sources"].field_names if "sources" in tables else ()
    made_of = {"source_id", "snapshot_sha256"} if name == "snapshots" else set()
    return made_of <= set(sources) and name not in {table.casefold() for table in tables}

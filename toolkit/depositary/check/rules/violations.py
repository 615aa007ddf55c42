"""Find what breaks one rule in the staged tables."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from depositary.check.rules.compiler import Test, placeholders, printed
from depositary.check.rules.derived import MADE
from depositary.check.rules.named import Check
from depositary.check.rules.staged_tables import StagedTables
from depositary.check.rules.table_sink import BROKEN, IN_BASE
from depositary.compile.arrow import type_of
from depositary.compile.divided import without_rows
from depositary.compile.language import ROW, Query
from depositary.compile.scope import Links, links_of
from depositary.engine.engine import ColumnType, Dialect
from depositary.engine.sql import literal, quoted
from depositary.errors import EngineError
from depositary.model.rule import Rule
from depositary.model.table import Table

FoundValues = Mapping[str, Any]  # the values of what breaks a rule, by name

_FOUND = f"{MADE}.found"  # the result of a rule's query


@dataclass(frozen=True)
class PreparedRule:
    """A prepared rule: the tests of its tables, its query, or its check."""

    rule: Rule
    tests: tuple[Test, ...] = ()
    query: Query | None = None
    check: Check | None = None

    @property
    def columns(self) -> dict[str, set[str]]:
        """Name the columns that it reads, by table."""
        columns: dict[str, set[str]] = {}
        for test in self.tests:
            columns.setdefault(test.table, set()).update(_selected(test))
        for read in (self.query and self.query.columns, self.check and self.check.columns):
            for table, names in (read or {}).items():
                columns.setdefault(table, set()).update(names)
        return columns

    @property
    def links(self) -> dict[str, Links]:
        """Give the rows of each table that it reads besides the checked ones."""
        if self.query:
            return links_of(self.query, self.rule.tables)
        if self.check:
            return {table: frozenset() if table in self.check.row_by_row else None for table in self.check.columns}
        return {test.table: frozenset() for test in self.tests}


def _cells(test: Test, table: Table, dialect: Dialect) -> str:
    """Put the cells of several columns into one column, with the name of their column; all must have one type."""
    judged = f"{quoted(test.table)} WHERE {ROW} < {IN_BASE}"
    by_type: dict[str, list[str]] = {}
    for name in test.fields:
        by_type.setdefault(str(type_of(table[name])), []).append(name)
    lists = (
        {"field": dialect.list_of(map(literal, names)), "cell": dialect.list_of(map(quoted, names))}
        for names in by_type.values()
    )
    return " UNION ALL ".join(dialect.unnested(columns, judged, ROW, BROKEN) for columns in lists)


def _selected(test: Test) -> list[str]:
    """Name the columns in the message of a row rule, besides those that it reads."""
    shown = [name for text in (test.rule.message, test.rule.hint) for name in placeholders(text)]
    column = [test.rule.place] if test.rule.place else []
    return list(dict.fromkeys((*test.columns, *(() if test.fields else (*shown, *column)))))


def rules_kept(stage: StagedTables, tests: Iterable[Test]) -> set[Test]:
    """Give the tests that no row breaks, with one statement for the row rules of a table, and one a cell rule.

    In a long table, the cells are asked column by column with the rows: each column is looked at as it is stored.
    """
    of_rows: dict[str, list[Test]] = {}
    of_cells: dict[str, list[Test]] = {}
    for test in tests:
        by_cell = test.fields and not (stage.is_long(test.table) and _has_one_type(stage, [test]))
        together = of_cells.setdefault(test.rule.id, []) if by_cell else of_rows.setdefault(test.table, [])
        together.append(test)
    kept = (
        *(_kept_by_rows(stage, asked) for asked in of_rows.values()),
        *(_kept_by_cells(stage, asked) for asked in of_cells.values()),
    )
    return {test for some in kept for test in some}


def _kept_by_rows(stage: StagedTables, tests: Sequence[Test]) -> Iterator[Test]:
    """Check several tests on the rows of one table."""
    verdicts = ", ".join(f"{_any_broken(test, stage)} AS t{at}" for at, test in enumerate(tests))
    broken = _verdicts(stage, f"SELECT {verdicts} FROM {quoted(tests[0].table)} WHERE {ROW} < {IN_BASE}")  # noqa: S608 (quoted)
    return (test for test, breaks in zip(tests, broken, strict=False) if not breaks)


def _kept_by_cells(stage: StagedTables, tests: Sequence[Test]) -> Sequence[Test]:
    """Check the tests of one rule on the cells of several tables, if they have one type."""
    if not _has_one_type(stage, tests):
        return ()
    cells = " UNION ALL ".join(_cells(test, stage.tables[test.table], stage.engine.dialect) for test in tests)
    breaks = _any(printed(tests[0].test, stage.engine.dialect))
    broken = _verdicts(stage, f"SELECT {breaks} AS t FROM ({cells})")  # noqa: S608 (quoted)
    return tests if broken and not broken[0] else ()


def _has_one_type(stage: StagedTables, tests: Sequence[Test]) -> bool:
    return len({type_of(stage.tables[test.table][name]) for test in tests for name in test.fields}) <= 1


def _any_broken(test: Test, stage: StagedTables) -> str:
    dialect = stage.engine.dialect
    if not test.fields:
        return _any(printed(test.test, dialect))
    return " + ".join(_any(dialect.printed(test.test.of_column(name))) for name in test.fields)


def _any(broken: str) -> str:
    return f"MAX(CASE WHEN {broken} THEN 1 ELSE 0 END)"


def _verdicts(stage: StagedTables, query: str) -> list[object]:
    """Give the only row of a query; empty if it fails: then each test is checked alone, to find the wrong one."""
    try:
        return [verdict for row in stage.engine.rows(query) for verdict in row.values()]
    except EngineError:
        return []


@dataclass
class Violations:
    """Finds what breaks one rule in the staged tables."""

    ready: PreparedRule
    stage: StagedTables
    _rule: Rule = field(init=False)
    _dialect: Dialect = field(init=False)

    def __post_init__(self) -> None:
        self._rule, self._dialect = self.ready.rule, self.stage.engine.dialect

    def of_test(self, test: Test) -> Iterator[FoundValues]:
        """Give the rows that break a test, in order: their number, and the values of the message."""
        return self.stage.engine.rows(self._broken(test))

    def of_several(self, without: Collection[str] = ()) -> Iterator[FoundValues]:
        """Give what the check or the query finds, without that in which rows of some tables take part."""
        if self.ready.check:
            found = self._by_check(self.ready.check)
            yield from (one for one in found if not self.taking_part(one).keys() & {*without})
        if self.ready.query:
            yield from self._by_query(self.ready.query, without)

    def column(self, found: FoundValues, test: Test | None = None) -> str:
        """Name the column at which to report."""
        if test and not test.fields:
            return self._rule.place
        return str(found.get("field") or self._rule.place)

    def _broken(self, test: Test) -> str:
        broken = printed(test.test, self._dialect)
        if test.fields:
            cells = _cells(test, self.stage.tables[test.table], self._dialect)
            refused = self._dialect.overlap(BROKEN, self._dialect.list_of(["field"]))
            return (
                f"SELECT {ROW}, field, cell FROM ({cells}) "  # noqa: S608 (quoted)
                f"WHERE ({broken}) AND ({BROKEN} IS NULL OR NOT {refused}) ORDER BY {ROW}, field"
            )
        columns = ", ".join(quoted(name) for name in (ROW, *_selected(test)))
        return (
            f"SELECT {columns} FROM {quoted(test.table)} "  # noqa: S608 (quoted)
            f"WHERE {ROW} < {IN_BASE} AND ({broken}) "
            f"AND ({BROKEN} IS NULL OR NOT {self._is_refused(test.columns)}) ORDER BY {ROW}"
        )

    def _is_refused(self, columns: Iterable[str]) -> str:
        """Write the condition that one of these cells of a row was refused."""
        return self._dialect.overlap(BROKEN, self._dialect.list_of(map(literal, columns)))

    def _by_check(self, check: Check) -> Iterator[FoundValues]:
        refused = {} if check.of_refused else {t: self._refused(t, names) for t, names in check.columns.items()}
        for found in check.run(self.stage):
            rows = self.taking_part(found)
            if not any(refused.get(table, set()) & set(numbers) for table, numbers in rows.items()):
                yield found

    def _refused(self, table: str, columns: Collection[str]) -> set[int]:
        query = f"SELECT {ROW} FROM {quoted(table)} WHERE {self._is_refused(sorted(columns))}"  # noqa: S608 (quoted)
        return {row[ROW] for row in self.stage.engine.rows(query)}

    def _by_query(self, query: Query, without: Collection[str]) -> Iterator[FoundValues]:
        """Write the result to a table first: it has an exact count, can use files, and can be sorted."""
        engine = self.stage.engine
        count = engine.keep(_FOUND, self._printed(query, without))
        types = engine.columns(_FOUND)
        self._require_numbers(types)
        if not count:
            return
        for table, rows in self._rows_named(types):
            self._require_rows(table, rows)
            if query.columns.get(table) and table in self.stage.refused:
                broken = f"{quoted(table)} WHERE {self._is_refused(sorted(query.columns[table]))}"
                refused = f"(SELECT {self._dialect.gathered(ROW)} FROM {broken})"  # noqa: S608 (quoted)
                engine.run(f"DELETE FROM {_FOUND} WHERE {self._dialect.overlap(rows, refused)}")  # noqa: S608 (quoted)
        order = (self._dialect.in_order(quoted(n)) if held.is_list else quoted(n) for n, held in types.items())
        yield from engine.rows(f"SELECT * FROM {_FOUND} ORDER BY {', '.join(order)}")  # noqa: S608 (quoted)

    def _printed(self, query: Query, without: Collection[str]) -> str:
        """Write a query for as many rows as there are, and for none of some tables."""
        if without:
            return self._dialect.printed(without_rows(query.tree, without))
        is_long = any(map(self.stage.is_long, query.columns))
        return self._dialect.printed_for_many(query.tree) if is_long else printed(query, self._dialect)

    def _require_numbers(self, types: Mapping[str, ColumnType]) -> None:
        """Make sure that the columns that are to hold numbers of rows hold whole numbers.

        Raises:
            EngineError: they have other values.
        """
        for name in (*self._rule.tables, "in_row"):
            held = types.get(name)
            if held and (not held.is_whole or (name == "in_row" and held.is_list)):
                raise EngineError(f"the column {name!r} that it selects holds {held.name}, not the numbers of rows")

    def _rows_named(self, types: Mapping[str, ColumnType]) -> Iterator[tuple[str, str]]:
        """Name the tables that take part in what a query found, each with the list of its rows in SQL.

        Raises:
            EngineError: it names a table that is not one of the rule's tables.
        """
        for table in self._rule.tables:
            if table in types:
                yield table, quoted(table) if types[table].is_list else self._dialect.list_of([quoted(table)])
        if "in_row" in types:
            row = self._dialect.list_of(["in_row"])
            tables = self.stage.engine.rows(f"SELECT DISTINCT in_table FROM {_FOUND} WHERE in_row IS NOT NULL")  # noqa: S608 (quoted)
            for table in sorted(str(row["in_table"]) for row in tables):
                if table not in self._rule.tables:
                    raise EngineError(
                        f"the column 'in_table' that it selects has {table!r}, which is not one of its `tables`"
                    )
                yield table, f"CASE WHEN in_table = {literal(table)} THEN {row} END"

    def _require_rows(self, table: str, rows: str) -> None:
        """Make sure that the numbers of rows in a query's result exist.

        Raises:
            EngineError: a row does not exist.
        """
        known = f"SELECT {ROW} FROM {quoted(table)}" if table in self.stage.columns else "SELECT 0"  # noqa: S608 (quoted)
        named = self._dialect.unnested({"named": rows}, _FOUND)
        strange = f"SELECT named FROM ({named}) WHERE named NOT IN ({known}) ORDER BY named LIMIT 1"  # noqa: S608 (quoted)
        for row in list(self.stage.engine.rows(strange)):
            raise EngineError(f"it selects the row {row['named']} of {table}, which does not exist")

    def taking_part(self, found: FoundValues) -> dict[str, list[int]]:
        """Give the rows that take part, by table; a column with the name of a table has one row or a list of rows."""
        rows: dict[str, list[int]] = {}
        for name in self._rule.tables:
            value = found.get(name)
            numbers = value if isinstance(value, list) else [value]
            if any(number is not None for number in numbers):
                rows[name] = sorted({number for number in numbers if number is not None})
        if found.get("in_row") is not None:
            rows.setdefault(str(found["in_table"]), []).append(found["in_row"])
        return rows

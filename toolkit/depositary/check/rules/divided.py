"""Rules that are judged on the rows of a table in parts, on other machines, by the same SQL: docs/scale.md."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlglot import exp

from depositary.check.lanes.block import Typed
from depositary.check.lanes.elsewhere import Found, FoundRow, FoundRows
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.check.lanes.references import Parents
from depositary.check.rules.derived import MADE
from depositary.check.rules.staged_tables import StagedTables
from depositary.check.rules.table_sink import KeptRows
from depositary.check.rules.violations import PreparedRule, Violations, rules_kept
from depositary.compile.divided import passes_rows_on
from depositary.compile.language import ROW, Query
from depositary.compile.scope import divisible_by
from depositary.engine.chosen import OPENER
from depositary.errors import EngineError
from depositary.model.table import Table
from depositary.model.target import Input, Target

_MEMORY = 512 << 20  # bytes for the rules of one part, before they use files

_Counted = tuple[tuple[str, ...], str]  # the tables that take part, and the column of the finding


def divided_by(ready: PreparedRule, table: str, large: Collection[str]) -> tuple[str, ...] | None:
    """Give the columns by which the rows of a table can be divided for a rule, and none if they are judged one by one.

    None: the rule needs all rows. `large` names the tables that are divided; tests are of this table only.
    """
    if ready.tests:
        return ()
    if ready.columns.keys() & {*large} != {table}:
        return None
    if ready.check:
        return () if table in ready.check.row_by_row and not ready.check.reads_texts else None
    return _query_divided_by(ready.query, ready.rule.tables, table) if ready.query else None


def _query_divided_by(query: Query, parts: Sequence[str], table: str) -> tuple[str, ...] | None:
    has_same_names = any(one.alias in query.columns for one in query.tree.find_all(exp.CTE))
    if has_same_names or not passes_rows_on(query, parts):
        return None
    by = divisible_by(query, parts, table)
    if ROW in by:
        return ()
    return tuple(sorted(by)) or None if query.columns.keys() == {table} else None


@dataclass(frozen=True)
class Divider:
    """Finds the rules that other machines may judge, while the tables are staged.

    `large` names the tables whose rows are divided; the others were checked already.
    """

    stage: StagedTables
    inputs: Sequence[Input]
    large: Collection[str]
    examples: int
    seconds: float

    def divide(self, rules: Sequence[PreparedRule], table: str) -> list["PartRules"]:
        """Give the rules of a table by the columns that divide its rows."""
        beside = self.stage.kept
        parts: dict[tuple[str, ...], list[PreparedRule]] = {}
        for ready in rules:
            mine = replace(ready, tests=tuple(test for test in ready.tests if test.table == table))
            by = divided_by(mine, table, self.large)
            if by is not None and mine.columns.keys() <= {table, *beside}:
                parts.setdefault(by, []).append(mine)
        return [self._part(table, by, together, beside) for by, together in _together(parts).items()]

    def _part(
        self, table: str, by: tuple[str, ...], rules: Sequence[PreparedRule], kept: Mapping[str, KeptRows]
    ) -> "PartRules":
        read = {name for ready in rules for name in ready.columns}
        beside = {name: kept[name] for name in sorted(read - {table})}
        mine = {name for ready in rules for name in ready.columns.get(table, ())}
        columns = {table: mine, **{name: self.stage.columns[name] for name in beside}}
        return PartRules(
            table,
            tuple(rules),
            by,
            {name: self.stage.tables[name] for name in columns},
            columns,
            tuple(entry for entry in self.inputs if entry.resource.name in columns),
            beside,
            self.examples,
            self.seconds,
        )


def _together(parts: Mapping[tuple[str, ...], list[PreparedRule]]) -> dict[tuple[str, ...], list[PreparedRule]]:
    """Put rules together if the columns of some are among those of the others: what these need is then together too."""
    found: dict[tuple[str, ...], list[PreparedRule]] = {}
    for by in sorted(parts, key=lambda by: (len(by), by)):
        among = next((fewer for fewer in found if fewer and {*fewer} <= {*by}), by)
        found.setdefault(among, []).extend(parts[by])
    return found


@dataclass(frozen=True)
class PartRules:
    """The rules of one table that may be judged on its rows in parts, with all that they need besides these rows.

    `by` names the columns by which the rows are divided. `columns` are those to stage, by table, and `beside` has the
    rows of the other tables, which are small.
    """

    table: str
    rules: tuple[PreparedRule, ...]
    by: tuple[str, ...]
    tables: Mapping[str, Table]
    columns: Mapping[str, Collection[str]]
    entries: tuple[Input, ...]
    beside: Mapping[str, KeptRows]
    examples: int
    seconds: float

    @property
    def names(self) -> list[str]:
        """Name the columns of the table that they read."""
        return sorted(self.columns[self.table])

    @contextmanager
    def opened(self) -> Iterator["Part"]:
        """Open an engine for one part."""
        with OPENER(self.seconds, _MEMORY, few_rows=True) as engine:
            yield Part(self, StagedTables(engine, Target("", inputs=self.entries), self.tables, self.columns, dict))


class Part:
    """The rows of one part in an engine, and the rules that are judged on them."""

    def __init__(self, rules: PartRules, stage: StagedTables) -> None:
        self._rules, self._stage = rules, stage
        sinks = {entry.resource.name: stage.sink(entry) for entry in rules.entries}
        for name, sink in sinks.items():
            if sink and name != rules.table:
                sink.take_again(rules.beside[name])
        self._sink = sinks[rules.table]
        stage.engine.schema(MADE)

    def take(self, numbers: RowNumbers, typed: Typed) -> None:
        """Add rows, which may have other numbers than in the table, in the same order."""
        if self._sink:
            self._sink.take_columns(numbers, typed.columns, typed.refused, typed.erased)

    def found(self) -> Found:
        """Judge the rules on the rows that were added."""
        self._stage.close(Parents({}))
        kept = rules_kept(self._stage, (test for ready in self._rules.rules for test in ready.tests))
        broken = (
            replace(ready, tests=tuple(test for test in ready.tests if test not in kept)) for ready in self._rules.rules
        )
        return {ready.rule.id: self._found(Violations(ready, self._stage)) for ready in broken}

    def _found(self, violations: Violations) -> FoundRows:
        rows: list[FoundRow] = []
        counts: Counter[_Counted] = Counter()
        try:
            for row, counted in self._rows(violations):
                counts[counted] += 1
                if counts[counted] <= self._rules.examples:
                    rows.append(row)
        except EngineError as error:
            return FoundRows(error=str(error))
        more = {counted: count - self._rules.examples for counted, count in counts.items()}
        return FoundRows(rows, Counter({counted: count for counted, count in more.items() if count > 0}))

    def _rows(self, violations: Violations) -> Iterator[tuple[FoundRow, _Counted]]:
        """Give what was found in which a row of the table takes part."""
        table = self._rules.table
        for test in violations.ready.tests:
            for row in violations.of_test(test):
                yield FoundRow(row, (ROW,)), ((table,), violations.column(row, test))
        for found in violations.of_several():
            rows = violations.taking_part(found)
            if table in rows:
                numbers = [table] if table in found else []
                numbers += ["in_row"] if found.get("in_table") == table else []
                yield FoundRow(found, tuple(numbers)), (tuple(rows), violations.column(found))

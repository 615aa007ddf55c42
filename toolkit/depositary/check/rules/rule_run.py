"""Run one rule, and turn what breaks it into findings."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from depositary.check.rules.compiler import DIGITS
from depositary.check.rules.found_in_parts import FoundInParts
from depositary.check.rules.staged_tables import StagedTables
from depositary.check.rules.table_sink import IN_BASE
from depositary.check.rules.violations import FoundValues, PreparedRule, Violations
from depositary.compile.language import CELL, ROW
from depositary.model.codes import CODES
from depositary.model.finding import Finding, Level, Place


@dataclass
class RuleRun:
    """Runs one rule on the staged tables, and on what other machines found in the rows of some tables.

    `more` counts what these machines found besides the findings that were given, by table and field.
    """

    ready: PreparedRule
    stage: StagedTables
    own: Collection[str]
    level: Level
    more: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._rule, self._violations = self.ready.rule, Violations(self.ready, self.stage)
        self._found = FoundInParts(self._violations)

    def findings(self) -> Iterator[Finding]:
        """Give the findings of the rule, in the order of the rows.

        Raises:
            EngineError: the rule failed.
        """
        for test in self.ready.tests:
            for row in self._found.of_test(test):
                column = self._violations.column(row, test)
                yield self._finding({test.table: [row[ROW]]}, row, column, CELL if test.fields else column)
            self._count_more(test.table)
        for found in self._found.of_several():
            rows = self._violations.taking_part(found)
            if any(row < IN_BASE for numbers in rows.values() for row in numbers) or not rows:
                column = self._violations.column(found)
                yield self._finding(rows, found, column, column)
        for table in self._rule.tables if not self.ready.tests else ():
            self._count_more(table)

    def _count_more(self, divided: str) -> None:
        for (tables, column), count in self._found.more(divided).items():
            table = self._best_table(tables, column)
            self.more[table, column if self._has(table, column) else ""] += count

    def _finding(self, rows: Mapping[str, list[int]], values: FoundValues, column: str, shown: str) -> Finding:
        """Make a finding at a column; `shown` names the value in its message."""
        rule = self._rule
        texts = {name: _Shown(_text(value)) for name, value in values.items()}
        places = [(number, self.stage.place(table, number)) for table, numbers in rows.items() for number in numbers]
        own = [(number, place) for number, place in places if number < IN_BASE]
        number, here = self._best_place(own, column) or (0, self._nowhere(values))
        message = rule.message.format_map(texts)
        return Finding(
            code="rule",
            level=self.level,
            table=here.table,
            file=here.file,
            row=here.row,
            field=column if self._has(here.table, column) else "",
            value=texts.get(shown, ""),
            message=message,
            hint=rule.hint.format_map(texts),
            rule=rule.id,
            also=tuple(place for _, place in places if place != here),
            reference={"type": CODES["rule"].reference, "note": message, "rowNumber": number, "cells": []},
        )

    def _best_place(self, own: Sequence[tuple[int, Place]], column: str) -> tuple[int, Place] | None:
        """Choose the row at which to report: of a table whose column the rule reads, or else that has the column.

        A query may read a column under another name, as the table `dates` has all dates.
        """
        table = self._best_table([place.table for _, place in own], column)
        return next((one for one in own if one[1].table == table), None)

    def _best_table(self, tables: Sequence[str], column: str) -> str:
        read = [table for table in tables if column in self.ready.columns.get(table, ())]
        return next(iter(read or [table for table in tables if self._has(table, column)] or tables), "")

    def _has(self, table: str, column: str) -> bool:
        return table in self.stage.tables and column in self.stage.tables[table].field_names

    def _nowhere(self, values: FoundValues) -> Place:
        """Give the place of a finding about a missing row: its table as a whole."""
        tables = (str(values.get("in_table")), *self._rule.tables)
        table = next(name for name in tables if name in self.own)
        return replace(self.stage.place(table, 0), row=0)


class _Shown(str):
    """A value in a message; in the form `digits` without everything but its digits."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        """Write the value in a form."""
        return "".join(filter(str.isdigit, self)) if form == DIGITS else str(self)


def _text(value: object) -> str:
    if value is None:
        return "(empty)"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(sorted(map(_text, value)))  # an aggregated list has no order
    return str(value)

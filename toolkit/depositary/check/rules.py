"""Judging the rules of a package on its typed tables."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from depositary.check.derived import MADE, derive, snapshots_in
from depositary.check.descriptor import finding
from depositary.check.named import CHECKS, Check
from depositary.check.rulebook import Compiler, Rulebook, Test, placeholders, read_rulebook
from depositary.check.stage import BROKEN, IN_BASE, Stage, literal, quoted
from depositary.check.subject import Subject
from depositary.check.tally import Tally
from depositary.compile.language import CELL, ROW, Query, RuleError
from depositary.engine.duckdb import Engine, EngineError
from depositary.model.codes import CODES
from depositary.model.finding import Finding, Level, Place
from depositary.model.package import Package
from depositary.model.report import NotJudged, RulesReport
from depositary.model.rule import Asked, Need, Rule

SECONDS = 600.0  # that one rule may take; a query of a stranger may be without end

_FOUND = f"{MADE}.found"  # what the query of a rule selects
_WHOLE = ("BIGINT", "INTEGER", "HUGEINT", "UBIGINT", "SMALLINT", "TINYINT")
_NEEDED = {"previous": Need.PREVIOUS, "snapshots": Need.SNAPSHOTS}

_LACKING = {
    Need.PACKAGE: "it is about whole packages, not about contributions and single files",
    Need.RELEASE: "it is judged before a release; ask for it with --release",
    Need.PREVIOUS: "no earlier release is at hand; name it with --previous",
    Need.SNAPSHOTS: "the texts that were coded are not at hand; name their folder with --snapshots",
}


@dataclass(frozen=True)
class _Ready:
    """A rule made ready: the tests of its tables, its query, or its check."""

    rule: Rule
    tests: tuple[Test, ...] = ()
    query: Query | None = None
    check: Check | None = None

    @property
    def columns(self) -> dict[str, set[str]]:
        """Name the columns it reads, by table."""
        columns: dict[str, set[str]] = {}
        for test in self.tests:
            columns.setdefault(test.table, set()).update(_selected(test))
        for read in (self.query and self.query.columns, self.check and self.check.columns):
            for table, names in (read or {}).items():
                columns.setdefault(table, set()).update(names)
        return columns


class Rules:
    """The rules of one subject, from reading them to their findings."""

    def __init__(self, subject: Subject, package: Package, asked: Asked) -> None:
        self.findings: list[Finding] = []
        self._subject, self._package, self._asked = subject, package, asked
        self._lacking: dict[str, list[str]] = {}  # reason → rules
        self._not_judged: list[NotJudged] = []
        self._judged: list[str] = []
        book = read_rulebook(package.descriptor, package.directory)
        self.findings += book.findings
        self._book: Rulebook = book.selected(asked.select)
        self._tables = {r.name: r.table for r in package}
        self._as_of = asked.as_of or datetime.now(UTC).date()
        self._compiler = Compiler(self._tables, self._as_of)
        self._own = {entry.resource.name for entry in subject.inputs}
        self._ready = [ready for rule in self._book.rules if (ready := self._prepare(rule))]

    @property
    def labels(self) -> list[Rule]:
        """Give the rules that name findings made anyway."""
        return [rule for rule in self._book.rules if rule.labels]

    @property
    def columns(self) -> dict[str, set[str]]:
        """Name what has to be staged, by table."""
        wanted: dict[str, set[str]] = {}
        for ready in self._ready:
            for table, names in ready.columns.items():
                for real, columns in self._behind(table, names):
                    wanted.setdefault(real, set()).update(columns)
        return wanted

    @contextmanager
    def staged(self) -> Iterator[Stage | None]:
        """Open the engine and the stage in it, if there is a rule to run."""
        if not self._ready:
            yield None
            return
        with Engine(SECONDS) as engine:
            yield Stage(engine, self._subject, self._tables, self.columns)

    def judge(self, stage: Stage, tallies: Mapping[str, Tally]) -> None:
        """Run the rules that are ready, and put their findings where the rows are."""
        texts = snapshots_in(self._asked.snapshots) if self._asked.snapshots else {}
        derive(stage, self._asked.previous, texts)
        self._say_refused(stage)
        for rule in self._ready:
            ready = self._judgeable(rule, stage)
            if ready is None:
                continue
            try:
                for found in _Run(ready, stage, self._own, self._level(ready.rule)).findings():
                    tallies[found.table].put(found)
            except EngineError as error:
                self._cannot_run(ready.rule, str(error))
            else:
                self._judged.append(ready.rule.id)

    def report(self) -> RulesReport:
        """Say which rules were judged, by which day, and which are switched off."""
        if not self._judged and not self._book.off:
            return RulesReport()
        return RulesReport(self._as_of.isoformat(), tuple(self._judged), self._book.off)

    def not_judged(self) -> list[NotJudged]:
        """List what could not be judged, and why."""
        grouped = [NotJudged("", f"rules {', '.join(ids)}", why) for why, ids in self._lacking.items()]
        return [*grouped, *self._not_judged]

    # Making ready

    def _prepare(self, rule: Rule) -> _Ready | None:
        known = {name for name in rule.tables if name in self._tables}
        if not (rule.holds or rule.query or rule.check) or (known and not self._own & known):
            return None  # it only names other findings, or nothing that is judged takes part
        reason = self._absent(rule)
        try:
            ready = None if reason else self._compiled(rule)
        except RuleError as error:
            self._cannot_run(rule, str(error))
            return None
        reason = reason or (self._needed(ready) if ready else "")
        if reason:
            self._lacking.setdefault(reason, []).append(rule.id)
        return None if reason else ready

    def _absent(self, rule: Rule) -> str:
        absent = [name for name in rule.tables if name not in self._tables]
        if not absent or (rule.holds and len(absent) < len(rule.tables)):
            return ""
        if set(absent) & set(self._subject.refused):
            return "the descriptor of a table that they read has to be corrected first"
        return f"the package has no table {', '.join(absent)}"

    def _needed(self, ready: _Ready) -> str:
        read = set(ready.query.columns if ready.query else ()) & set(self._compiler.derived)
        needs = [*ready.rule.needs, *(need for name, need in _NEEDED.items() if name in read)]
        lacking = [need for need in needs if not self._has(need)]
        return _LACKING[lacking[0]] if lacking else ""

    def _has(self, need: Need) -> bool:
        return {
            Need.PACKAGE: not self._subject.is_part,
            Need.RELEASE: self._asked.release,
            Need.PREVIOUS: self._asked.previous is not None,
            Need.SNAPSHOTS: self._asked.snapshots is not None,
        }[need]

    def _compiled(self, rule: Rule) -> _Ready | None:
        """Make a rule ready; None if nothing that is judged has the columns that it is asked of.

        Raises:
            RuleError: it cannot be.
        """
        ready = _Ready(rule)
        if rule.holds:
            tables = [name for name in rule.tables if name in self._tables and name in self._own]
            tests = tuple(test for table in tables if (test := self._compiler.test(rule, table)))
            if not tests:
                return None
            ready = _Ready(rule, tests=tests)
        elif rule.check:
            self._compiler.check(rule)
            ready = _Ready(rule, check=CHECKS[rule.check])
        else:
            ready = _Ready(rule, query=self._compiler.query(rule))
        for table, names in ready.columns.items():
            for real, columns in self._behind(table, names):
                self._compiler.require_told_apart(real, columns)
        return ready

    def _cannot_run(self, rule: Rule, why: str) -> None:
        hint = "correct the rule, or switch it off with a reason in the descriptor's `rulesOff`"
        self.findings.append(finding("rule-error", f"the rule {rule.id} is refused: {why}", hint, file=rule.file))

    def _behind(self, table: str, names: Collection[str]) -> Iterator[tuple[str, Collection[str]]]:
        """Name the tables behind one that is derived, and what it is made of."""
        if table not in self._compiler.derived:
            yield table, names
        elif table == "snapshots":
            yield "sources", ("source_id", "snapshot_sha256")
        elif table in ("records", "dates"):
            for name, read in self._tables.items():
                dates = [f.name for f in read.fields if f.is_edtf] if table == "dates" else []
                if read.primary_key and (table == "records" or dates):
                    yield name, {*read.primary_key, *dates}

    # Running

    def _judgeable(self, ready: _Ready, stage: Stage) -> _Ready | None:
        """Keep what can be judged on the tables as they are: of a row rule, the tables that could be read."""
        needed = [test.table for test in ready.tests] or self._read(ready)
        reasons = {table: _unready(table, ready, stage) for table in needed}
        for reason in dict.fromkeys(filter(None, reasons.values())):
            self._lacking.setdefault(reason, []).append(ready.rule.id)
        if not ready.tests:
            return None if any(reasons.values()) else ready
        tests = tuple(test for test in ready.tests if not reasons[test.table])
        return replace(ready, tests=tests) if tests else None

    def _read(self, ready: _Ready) -> list[str]:
        behind = (real for table, names in ready.columns.items() for real, _ in self._behind(table, names))
        return list(dict.fromkeys((*ready.rule.tables, *behind)))

    def _level(self, rule: Rule) -> Level:
        return rule.at_release if rule.at_release and self._asked.release else rule.level

    def _say_refused(self, stage: Stage) -> None:
        for table, count in stage.refused.items():
            if table not in stage.unready:
                reason = "1 row has a cell that was refused" if count == 1 else f"{count:,} rows have refused cells"
                self._not_judged.append(NotJudged(table, "rules that read refused cells", reason))


def _unready(table: str, ready: _Ready, stage: Stage) -> str:
    if table in stage.unready:
        return stage.unready[table]
    absent = stage.absent(table, ready.columns.get(table, ()))
    return f"the column {', '.join(absent)} of {table} is missing" if absent else ""


def _cells(test: Test) -> str:
    """Put the cells of several columns under each other, with the name of their column."""
    return " UNION ALL ".join(
        f"SELECT {ROW}, {literal(name)} AS field, {quoted(name)} AS cell FROM {quoted(test.table)} "  # noqa: S608 (quoted)
        f"WHERE {ROW} < {IN_BASE} AND ({BROKEN} IS NULL OR NOT list_contains({BROKEN}, {literal(name)}))"
        for name in test.fields
    )


def _selected(test: Test) -> list[str]:
    """Name the columns that the message of a row rule shows, beside those it reads."""
    shown = [name for text in (test.rule.message, test.rule.hint) for name in placeholders(text)]
    place = [test.rule.place] if test.rule.place else []
    return list(dict.fromkeys((*test.columns, *(() if test.fields else (*shown, *place)))))


@dataclass
class _Run:
    """One rule on its way over the staged tables."""

    ready: _Ready
    stage: Stage
    own: Collection[str]
    level: Level
    _rule: Rule = field(init=False)

    def __post_init__(self) -> None:
        self._rule = self.ready.rule

    def findings(self) -> Iterator[Finding]:
        """Give what breaks the rule, in the order of the rows."""
        for test in self.ready.tests:
            for row in self.stage.engine.rows(self._of_test(test)):
                column = str(row["field"]) if test.fields else self._rule.place
                yield self._finding({test.table: [row[ROW]]}, row, column, CELL if test.fields else column)
        for found in self._found():
            rows = self._taking_part(found)
            if any(row < IN_BASE for numbers in rows.values() for row in numbers) or not rows:
                column = str(found.get("field") or self._rule.place)
                yield self._finding(rows, found, column, column)

    def _of_test(self, test: Test) -> str:
        broken = test.test.broken.sql("duckdb", copy=False)
        if test.fields:
            return f"SELECT {ROW}, field, cell FROM ({_cells(test)}) WHERE {broken} ORDER BY {ROW}, field"  # noqa: S608 (quoted)
        columns = ", ".join(quoted(name) for name in (ROW, *_selected(test)))
        refused = ", ".join(map(literal, test.columns))
        return (
            f"SELECT {columns} FROM {quoted(test.table)} "  # noqa: S608 (quoted)
            f"WHERE {ROW} < {IN_BASE} AND ({broken}) "
            f"AND ({BROKEN} IS NULL OR NOT list_has_any({BROKEN}, [{refused}])) ORDER BY {ROW}"
        )

    def _found(self) -> Iterator[Mapping[str, Any]]:
        if self.ready.check:
            yield from self._by_check(self.ready.check)
        if self.ready.query:
            yield from self._by_query(self.ready.query)

    def _by_check(self, check: Check) -> Iterator[Mapping[str, Any]]:
        refused = {} if check.of_refused else {t: self._refused(t, names) for t, names in check.columns.items()}
        for found in check.run(self.stage):
            rows = self._taking_part(found)
            if not any(refused.get(table, set()) & set(numbers) for table, numbers in rows.items()):
                yield found

    def _refused(self, table: str, columns: Collection[str]) -> set[int]:
        names = ", ".join(map(literal, sorted(columns)))
        query = f"SELECT {ROW} FROM {quoted(table)} WHERE list_has_any({BROKEN}, [{names}])"  # noqa: S608 (quoted)
        return {row[ROW] for row in self.stage.engine.rows(query)}

    def _by_query(self, query: Query) -> Iterator[Mapping[str, Any]]:
        """Select into a table first: it counts exactly, spills, and can be put in order whatever its columns are."""
        engine = self.stage.engine
        engine.run(f"CREATE OR REPLACE TABLE {_FOUND} AS {query.tree.sql('duckdb', copy=False)}")
        kinds = dict(engine.columns(_FOUND))
        for table, rows in self._rows_named(kinds):
            self._require_rows(table, rows)
            if query.columns.get(table) and table in self.stage.refused:
                names = ", ".join(map(literal, sorted(query.columns[table])))
                broken = f"SELECT {ROW} FROM {quoted(table)} WHERE list_has_any({BROKEN}, [{names}])"  # noqa: S608 (quoted)
                engine.run(f"DELETE FROM {_FOUND} WHERE list_has_any({rows}, (SELECT list({ROW}) FROM ({broken})))")  # noqa: S608 (quoted)
        order = (f"list_sort({quoted(n)})" if kind.endswith("[]") else quoted(n) for n, kind in kinds.items())
        yield from engine.rows(f"SELECT * FROM {_FOUND} ORDER BY {', '.join(order)}")  # noqa: S608 (quoted)

    def _rows_named(self, kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Name the tables that take part in what a query found, each with the list of its rows in SQL.

        Raises:
            EngineError: a column that is to hold numbers of rows holds something else.
        """
        for name in (*self._rule.tables, "in_row"):
            kind = kinds.get(name, _WHOLE[0])
            if kind.removesuffix("[]") not in _WHOLE or (name == "in_row" and kind.endswith("[]")):
                raise EngineError(f"the column {name!r} that it selects holds {kind}, not the numbers of rows")
        for table in self._rule.tables:
            if table in kinds:
                yield table, quoted(table) if kinds[table].endswith("[]") else f"[{quoted(table)}]"
        if "in_row" in kinds:
            told = self.stage.engine.rows(f"SELECT DISTINCT in_table FROM {_FOUND} WHERE in_row IS NOT NULL")  # noqa: S608 (quoted)
            for table in sorted(str(row["in_table"]) for row in told):
                if table not in self._rule.tables:
                    raise EngineError(f"the column 'in_table' that it selects holds {table!r}, not one of its `tables`")
                yield table, f"CASE WHEN in_table = {literal(table)} THEN [in_row] END"

    def _require_rows(self, table: str, rows: str) -> None:
        """Make sure that what a query gives for numbers of rows are such.

        Raises:
            EngineError: they are not.
        """
        known = f"SELECT {ROW} FROM {quoted(table)}" if table in self.stage.columns else "SELECT 0"  # noqa: S608 (quoted)
        named = f"SELECT DISTINCT UNNEST({rows}) AS named FROM {_FOUND}"  # noqa: S608 (quoted)
        strange = f"SELECT named FROM ({named}) WHERE named NOT IN ({known}) LIMIT 1"  # noqa: S608 (quoted)
        for row in list(self.stage.engine.rows(strange)):
            raise EngineError(f"it selects the row {row['named']} of {table}, which has none of this number")

    def _taking_part(self, found: Mapping[str, Any]) -> dict[str, list[int]]:
        """Name the rows that take part, by table; a column named like a table holds one or a list of them."""
        rows: dict[str, list[int]] = {}
        for name in self._rule.tables:
            value = found.get(name)
            numbers = value if isinstance(value, list) else [value]
            if any(number is not None for number in numbers):
                rows[name] = sorted({number for number in numbers if number is not None})
        if found.get("in_row") is not None:
            rows.setdefault(str(found["in_table"]), []).append(found["in_row"])
        return rows

    def _finding(self, rows: Mapping[str, list[int]], values: Mapping[str, Any], column: str, shown: str) -> Finding:
        """Make a finding at a column; `shown` names the value that it shows."""
        rule = self._rule
        texts = {name: _text(value) for name, value in values.items()}
        places = [self.stage.place(table, row) for table, numbers in rows.items() for row in numbers]
        first = next(
            (p for t, ns in rows.items() for p, n in zip(self._places(t, ns), ns, strict=True) if n < IN_BASE), None
        )
        here = first or self._nowhere(values)
        message = rule.message.format_map(texts)
        return Finding(
            code="rule",
            level=self.level,
            table=here.table,
            file=here.file,
            row=here.row,
            field=column,
            value=texts.get(shown, ""),
            message=message,
            hint=rule.hint.format_map(texts),
            rule=rule.id,
            also=tuple(place for place in places if place != here),
            reference={"type": CODES["rule"].reference, "note": message, "rowNumber": here.row, "cells": []},
        )

    def _places(self, table: str, numbers: Sequence[int]) -> list[Place]:
        return [self.stage.place(table, number) for number in numbers]

    def _nowhere(self, values: Mapping[str, Any]) -> Place:
        """Place a finding about a row that is not there at its table as a whole."""
        tables = (str(values.get("in_table")), *self._rule.tables)
        table = next(name for name in tables if name in self.own)
        return replace(self.stage.place(table, 0), row=0)


def _text(value: object) -> str:
    if value is None:
        return "(empty)"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(sorted(map(_text, value)))  # a list that was gathered is in no order
    return str(value)

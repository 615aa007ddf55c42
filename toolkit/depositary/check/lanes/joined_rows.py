# ruff: noqa: S608 (its names are its own: k0, w0; texts of users come as rows, or by `literal`)
"""Check the claims of a large patch on the rows as they would be after the merge, by joins in the engine.

The engine has the keys of the patch and of its base, the columns that are compared after the merge, and for each row of
the patch which required cells are blank. It uses files if this is more than the memory that it may use.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import pyarrow as pa

from depositary.check.lanes.claimed import ClaimColumns, ClaimedRows, as_texts, is_shown, value_of
from depositary.check.lanes.merged_findings import MergeChecks, MergedFindings, Once, Values, base_of, registered
from depositary.check.lanes.references import ParentKeys, Parents
from depositary.check.lanes.rows import TableChecks
from depositary.check.reading.columns import array_chunks
from depositary.compile import arrow
from depositary.engine.chosen import OPENER
from depositary.model.limits import Limits
from depositary.model.record_id import record_id
from depositary.model.report import NotJudged
from depositary.model.table import Field, ForeignKey
from depositary.model.target import Input
from depositary.read.files.blocks import NeedsExactLane
from depositary.read.files.unreadable import UnreadableFile

_SECONDS = 3_600.0  # for one join of very long tables
_AT_ONCE = 100_000  # rows put into the engine together
_TEXT = pa.string()


@dataclass
class MergeVerdict:
    """What is wrong with the merged rows: counts by code and field, and the rows to show."""

    totals: Counter[tuple[str, str]] = field(default_factory=Counter)
    not_judged: list[NotJudged] = field(default_factory=list)
    may_add: bool = True
    required: list[tuple[int, int, Field]] = field(default_factory=list)  # row, place of the field, field
    dangling: list[tuple[int, int, ForeignKey, Values]] = field(default_factory=list)  # row, place, reference, values
    twice: list[tuple[Once, Values, int, str]] = field(default_factory=list)

    @property
    def numbers(self) -> set[int]:
        """Give the numbers of the rows whose cells a report shows."""
        return {one[0] for one in self.required} | {one[0] for one in self.dangling}

    def report(self, findings: MergedFindings, rows: Mapping[int, Sequence[str]]) -> None:
        """Report the rows to show; `rows` has their cells."""
        table, width = findings.file_findings.entry.resource.table, len(findings.columns)
        key = [(at, column) for at, column in enumerate(findings.columns) if column.name in table.primary_key]
        key.sort(key=lambda one: table.primary_key.index(one[1].name))
        for number, _, of in sorted(self.required, key=lambda one: one[:2]):
            cells: list[str | None] = [*rows[number][:width], *[None] * (width - len(rows[number]))]
            values = tuple(column.value(cells[at]) for at, column in key)
            findings.require(of, number, values, cells.copy)
        for number, _, reference, values in sorted(self.dangling, key=lambda one: one[:2]):
            findings.dangling(reference, number, rows[number], values)
        for once, values, number, other in self.twice:
            findings.twice(once, values, number, other)


class JoinedRows:
    """The rows of one patch, applied to those of its base.

    A blank or absent cell keeps the value of the base. A row whose key is not in the base is new and must be complete,
    unless another given file registers it.

    Raises:
        NeedsExactLane: the values of a compared column cannot be compared in the engine.
    """

    def __init__(self, entry: Input, rows: TableChecks, parents: Parents, limits: Limits, opened: ExitStack) -> None:
        self._entry, self._parents, self._examples = entry, parents, limits.examples
        self._checks = MergeChecks(entry, rows.columns, parents)
        self.columns = ClaimColumns(entry.resource.table, rows.indexes, self._checks.wanted)
        self._engine = opened.enter_context(OPENER(_SECONDS, limits.memory))
        self._engine.create("own", pa.schema([("n", pa.int64()), *self.columns.schema]))
        self._is_whole, self._has_keys = True, False
        self._keys = self.columns.keys
        self._key_fields = [entry.resource.table[name] for name in entry.resource.table.primary_key]
        self._wanted = {f.name: f"w{i}" for i, f in enumerate(self.columns.wanted)}

    def take(self, first: int, rows: ClaimedRows) -> None:
        """Add rows whose indexes count from a first one."""
        self._is_whole &= rows.is_whole
        self._has_keys |= rows.has_keys
        if len(rows.indexes):
            arrays = [arrow.integers(first + rows.indexes), *(rows.columns[name] for name in self.columns.schema.names)]
            self._engine.append("own", pa.Table.from_arrays(arrays, ["n", *self.columns.schema.names]))

    def judge(self, *, has_repeated: bool, is_read: bool) -> MergeVerdict:
        """Check the merged rows.

        Args:
            has_repeated: whether a key may occur twice in the patch.
            is_read: whether the patch was read to its end.

        Raises:
            NeedsExactLane: a value of the base cannot be compared in the engine.
        """
        verdict = MergeVerdict()
        try:
            self._stage_base()
        except UnreadableFile as fault:
            verdict.not_judged.append(MergeChecks.unreadable(self._entry, fault))
            return verdict
        verdict.not_judged += self._checks.not_judged
        has_new = self._require(verdict)
        if self._wanted:
            self._merge_rows(has_repeated=has_repeated)
            for place, (reference, parent) in enumerate(self._checks.references):
                self._refer(verdict, place, reference, parent)
        if is_read:
            verdict.may_add = has_new or not self._is_whole
            for once in self._checks.once:
                self._compare(verdict, once)
        return verdict

    # The base

    def _stage_base(self) -> None:
        """Put the keys and the wanted columns of the base into the engine.

        Raises:
            UnreadableFile: the base cannot be read to its end, or lacks one of the columns.
        """
        base = base_of(self._entry)
        fields = (*self._entry.resource.table.primary_key, *self._wanted)
        names = [*self._keys, *self._wanted.values()]
        schema = pa.schema([("n", pa.int64()), *((name, _TEXT) for name in names)])
        self._engine.create("base", schema)
        if not (base and self._has_keys):
            return
        waiting: list[pa.RecordBatch] = []

        def restart() -> None:
            waiting.clear()
            self._engine.run("DELETE FROM base")

        for numbers, chunk in array_chunks(base, tuple(dict.fromkeys(fields)), restart):
            arrays = [arrow.integers(numbers), *(_plain(*chunk[name]) for name in fields)]
            waiting.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
            if sum(map(len, waiting)) >= _AT_ONCE:
                self._engine.append("base", pa.Table.from_batches(waiting))
                waiting.clear()
        if waiting:
            self._engine.append("base", pa.Table.from_batches(waiting))

    def _create(self, table: str, names: Sequence[str], rows: Sequence[Values]) -> None:
        """Make a table of texts."""
        arrays = [pa.array(column, _TEXT) for column in zip(*rows, strict=True)]
        batch = pa.RecordBatch.from_arrays(arrays, names=list(names))
        self._engine.create(table, batch.schema, [batch])

    def _same(self, one: str, other: str) -> str:
        return " AND ".join(f"{one}.{key} = {other}.{key}" for key in self._keys)

    # New rows

    def _require(self, verdict: MergeVerdict) -> bool:
        """Find the new rows with blank required cells, and return whether there are new rows."""
        marks = [name for name in self.columns.schema.names if name.startswith("l")]
        new = f"own WHERE NOT EXISTS (SELECT 1 FROM base WHERE {self._same('base', 'own')})"
        count = self._engine.keep("added", f"SELECT {', '.join(['n', *self._keys, *marks])} FROM {new}")
        elsewhere = registered(self._entry, self._parents) if count else ()
        source = "added"
        if elsewhere:
            _require_shown(self._key_fields)
            self._create("elsewhere", self._keys, [tuple(map(_text, key)) for key in elsewhere])
            source = f"added WHERE NOT EXISTS (SELECT 1 FROM elsewhere WHERE {self._same('elsewhere', 'added')})"
            source = f"(SELECT * FROM {source}) AS added"
        lacking = [
            (f, f"l{i}" if f.name in self.columns.is_present else "true") for i, f in enumerate(self.columns.required)
        ]
        counted = ", ".join(f"count(CASE WHEN {mark} THEN 1 END) AS a{i}" for i, (_, mark) in enumerate(lacking))
        counts = next(iter(self._engine.rows(f"SELECT {counted} FROM {source}"))) if count and lacking else {}
        for place, (of, mark) in enumerate(lacking):
            if counts.get(f"a{place}"):
                verdict.totals["required-constraint", of.name] += counts[f"a{place}"]
                found = self._engine.rows(f"SELECT n FROM {source} WHERE {mark} ORDER BY n LIMIT {self._examples}")
                verdict.required += ((row["n"], place, of) for row in found)
        return count > 0

    # Merged rows

    def _merge_rows(self, *, has_repeated: bool) -> None:
        """Make the merged rows, with their values after each row of the patch, and those of the base."""
        keys = ", ".join(self._keys)
        self._engine.keep("places", f"SELECT min(n) AS place, max(n) AS last FROM base GROUP BY {keys}")
        # Of rows of the base with one key, the last one has the values.
        self._engine.view("based", "SELECT base.*, places.place FROM base JOIN places ON base.n = places.last")
        steps, joins = "own", ""
        if has_repeated:
            claims = [name for name in self.columns.schema.names if name.startswith("c")]
            until = f"OVER (PARTITION BY {keys} ORDER BY n ROWS UNBOUNDED PRECEDING)"
            latest = (f"max(CASE WHEN {name} THEN n END) {until} AS f{name[1:]}" for name in claims)
            last = f"lead(n) OVER (PARTITION BY {keys} ORDER BY n) IS NULL AS is_last"
            self._engine.keep("steps", f"SELECT {', '.join(['n', keys, last, *latest])} FROM own")
            steps = "steps"
            joins = " ".join(f"LEFT JOIN own AS o{c[1:]} ON o{c[1:]}.n = own.f{c[1:]}" for c in claims)
        values = ", ".join(
            f"{self._merged(name, has_repeated=has_repeated)} AS {name}, based.{name} AS s{name[1:]}"
            for name in self._wanted.values()
        )
        of_own = ", ".join(f"own.{key}" for key in self._keys)
        is_last = "own.is_last" if has_repeated else "true"
        self._engine.keep(
            "merged",
            f"SELECT own.n, {of_own}, {is_last} AS is_last, {values} FROM {steps} AS own {joins} "
            f"LEFT JOIN based ON {self._same('own', 'based')}",
        )

    def _merged(self, name: str, *, has_repeated: bool) -> str:
        """Write the value of a merged row in a column."""
        at = name[1:]
        if f"c{at}" not in self.columns.schema.names:
            return f"based.{name}"
        if has_repeated:
            return f"CASE WHEN own.f{at} IS NULL THEN based.{name} ELSE o{at}.{name} END"
        return f"CASE WHEN own.c{at} THEN own.{name} ELSE based.{name} END"

    def _refer(self, verdict: MergeVerdict, place: int, reference: ForeignKey, parent: ParentKeys) -> None:
        """Find the rows whose reference of several columns leads nowhere."""
        table, names = self._entry.resource.table, [self._wanted[name] for name in reference.fields]
        fields = [table[name] for name in reference.fields]
        rows = self._engine.rows(f"SELECT DISTINCT {', '.join(names)} FROM merged")
        texts = (tuple(row[name] for name in names) for row in rows)
        dangling = [one for one in texts if _leads_nowhere(tuple(map(value_of, fields, one)), parent)]
        if not dangling:
            return
        _require_shown(fields)
        nowhere = f"nowhere{place}"
        self._create(nowhere, names, dangling)
        same = " AND ".join(f"{nowhere}.{name} IS NOT DISTINCT FROM merged.{name}" for name in names)
        found = f"merged WHERE EXISTS (SELECT 1 FROM {nowhere} WHERE {same})"
        verdict.totals["foreign-key", ", ".join(reference.fields)] += self._count(found)
        shown = self._engine.rows(f"SELECT n, {', '.join(names)} FROM {found} ORDER BY n LIMIT {self._examples}")
        for row in shown:
            values = tuple(value_of(of, row[name]) for of, name in zip(fields, names, strict=True))
            verdict.dangling.append((row["n"], place, reference, values))

    def _count(self, source: str) -> int:
        return int(next(iter(self._engine.rows(f"SELECT count(*) AS count FROM {source}")))["count"])

    # Values that may occur only once

    def _compare(self, verdict: MergeVerdict, once: Once) -> None:
        """Find the changed rows whose values occur in another row; rows of the base come before those of the patch."""
        names = [self._wanted[name] for name in once.fields]
        values, keys = ", ".join(names), ", ".join(self._keys)
        filled = " AND ".join(f"{name} IS NOT NULL" for name in names)
        changed = " OR ".join(f"{name} IS DISTINCT FROM s{name[1:]}" for name in names)
        self._engine.keep(
            "compared",
            f"SELECT n AS claimed, 0 AS place, {keys}, {values}, {changed} AS changed "
            f"FROM merged WHERE is_last AND {filled} "
            f"UNION ALL SELECT 0, place, {keys}, {values}, false FROM based WHERE {filled} AND {self._remains()}",
        )
        several = (
            f"SELECT {values} FROM compared GROUP BY {values} "
            "HAVING count(*) > 1 AND count(CASE WHEN changed THEN 1 END) > 0"
        )
        same = " AND ".join(f"several.{name} = compared.{name}" for name in names)
        over = f"OVER (PARTITION BY {values} ORDER BY claimed, place)"
        first = ", ".join(f"first_value({name}) {over} AS first_{name}" for name in ("changed", "claimed", *self._keys))
        count = self._engine.keep(
            "twice",
            f"SELECT * FROM (SELECT *, row_number() {over} AS number, {first} FROM compared "
            f"WHERE EXISTS (SELECT 1 FROM ({several}) AS several WHERE {same})) AS numbered "
            "WHERE number > 1 AND (changed OR first_changed)",
        )
        if not count:
            return
        verdict.totals[once.code, ", ".join(once.fields)] += count
        fields = [self._entry.resource.table[name] for name in once.fields]
        _require_shown([*fields, *self._key_fields])
        for row in self._engine.rows(f"SELECT * FROM twice ORDER BY claimed LIMIT {self._examples}"):
            found = tuple(value_of(of, row[name]) for of, name in zip(fields, names, strict=True))
            other = record_id(row[f"first_{key}"] for key in self._keys)
            mine = row["first_claimed"]
            where = f"row {self._entry.resource.row_of(mine)}" if mine else f"{other} of the base"
            verdict.twice.append((once, found, row["claimed"], where))

    def _remains(self) -> str:
        """Write the condition that a row of the base is neither claimed nor deleted."""
        claimed = f"NOT EXISTS (SELECT 1 FROM own WHERE {self._same('own', 'based')})"
        deleted = sorted(self._parents.deleted(self._entry.resource.table.name))
        if not deleted:
            return claimed
        _require_shown(self._key_fields)
        self._engine.keep("deleted", "SELECT k0 AS id FROM base WHERE false")
        self._engine.append("deleted", pa.table({"id": pa.array(deleted, _TEXT)}))
        parts = (rf"replace(replace(coalesce(based.{key}, 'None'), '\', '\\'), '|', '\|')" for key in self._keys)
        written = " || '|' || ".join(parts)
        return f"{claimed} AND NOT EXISTS (SELECT 1 FROM deleted WHERE deleted.id = {written})"


def _plain(array: pa.Array, misfits: Sequence[int]) -> pa.Array:
    if misfits:
        raise NeedsExactLane
    return as_texts(array)


def _require_shown(fields: Sequence[Field]) -> None:
    """Leave the file to the exact lane if a report would show other digits of a decimal than the file has."""
    if not all(map(is_shown, fields)):
        raise NeedsExactLane


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _leads_nowhere(values: Values, parent: ParentKeys) -> bool:
    return values not in parent.keys and set(values) != {None}

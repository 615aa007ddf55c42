"""Rows of the merged package that break a rule or constraint: they are held back until somebody decides."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from depositary.engine.sql import literal, quoted
from depositary.merging.claims import bare
from depositary.merging.claims.engine_tables import (
    ADDS,
    CLAIMS,
    CURRENT,
    DELETIONS,
    ID,
    MERGED,
    ORIGINAL,
    RANK,
    ROW,
    EngineTable,
)
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.hashes import conflict_id, inputs_hash
from depositary.merging.rules.causes import Causes, Reads, RowPlace
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.decision import Resolution
from depositary.model.finding import Finding, Place
from depositary.model.kinds import ConflictKind, constraint, is_of, message
from depositary.model.report import Report

Who = Mapping[int, tuple[str, str]]
Error = tuple[str, ...]  # identifies an error without the number of its row


@dataclass
class Held:
    """The rows that are held back, by table and id, and the errors that no contribution caused.

    `overruled` has the rows that are not valid with any decision on them.
    """

    rows: dict[str, dict[str, list[Conflict]]] = field(default_factory=dict)
    overruled: set[RowPlace] = field(default_factory=set)
    unattributed: list[Conflict] = field(default_factory=list)

    def of(self, table: str) -> Mapping[str, Sequence[Conflict]]:
        """Give the rows of a table that are held back, each with its conflicts."""
        return self.rows.get(table, {})

    def copied(self) -> "Held":
        """Give a copy that can be changed separately."""
        rows = {table: {row_id: [*of] for row_id, of in by_id.items()} for table, by_id in self.rows.items()}
        return Held(rows, set(self.overruled))

    def add(self, place: RowPlace, conflict: Conflict) -> None:
        """Hold a row back; if it is held already, a decision caused the error."""
        table, row_id = place
        of_row = self.rows.setdefault(table, {}).setdefault(row_id, [])
        same = [i for i, known in enumerate(of_row) if known.kind == conflict.kind]
        if same:
            self.overruled.add(place)
            of_row[same[0]] = replace(of_row[same[0]], message=conflict.message)
        else:
            of_row.append(conflict)


@dataclass(frozen=True)
class Holding:
    """Holds back rows that would make the merged package less valid than the published one.

    `coming_back` has errors of the published package that the merge removes, and that held-back rows would cause again.
    """

    claims: Claims
    held: Held
    who: Who
    reads: Reads
    coming_back: set[Error] = field(default_factory=set)
    _were_held: set[RowPlace] = field(default_factory=set)
    _excused: set[Error] = field(default_factory=set)

    def hold_back(self, report: Report, before: Report | None) -> list[str]:
        """Hold back the claims on rows that cause an error that the published package does not have.

        Gives the tables that must be merged again. An error without a cause is unattributed.
        """
        rows, causes = _Rows(self.claims), Causes(self.claims, self.reads)
        self.held.unattributed.clear()
        changed: set[str] = set()
        for finding in self._new(report, before, rows):
            near = causes.near(finding, rows.places(finding), self._within(rows.error(finding, merged=True)))
            for place in near:
                self.held.add(place, _conflict(finding, place, rows, self.who))
                changed.add(place[0])
            if not near:
                here = (finding.table, rows.id(finding.place))
                self.held.unattributed.append(_conflict(finding, here, rows, self.who))
        return sorted(changed)

    def unexplained(self, report: Report, before: Report | None) -> Iterator[tuple[Error, dict[RowPlace, Conflict]]]:
        """Give the errors without a known cause, with the rows that may cause them and the conflict for each row."""
        rows, causes = _Rows(self.claims), Causes(self.claims, self.reads)
        for finding in self._new(report, before, rows):
            error = rows.error(finding, merged=True)
            places = causes.all(finding, self._within(error))
            yield error, {place: _conflict(finding, place, rows, self.who) for place in places}

    def errors(self, report: Report) -> set[Error]:
        """Give the errors of the merged package."""
        rows = _Rows(self.claims)
        return {rows.error(finding, merged=True) for finding in report if finding.level == "error"}

    def _new(self, report: Report, before: Report | None, rows: "_Rows") -> Iterator[Finding]:
        """Give the errors that the published package does not have."""
        known = {rows.error(finding, merged=False) for finding in before or () if finding.level == "error"}
        for finding in report:
            error = rows.error(finding, merged=True)
            if finding.level == "error" and error in known - self.coming_back:
                self._excused.add(error)
            elif finding.level == "error":
                yield finding

    def are_back(self, report: Report) -> bool:
        """Return whether errors of the published package are gone only because of the rows that are held back.

        Then these rows cause them: the next merge, into a package without these rows, will report this.
        """
        back = self._excused - self.coming_back - self.errors(report)
        self.coming_back.update(back)
        self._were_held.clear()
        self._were_held.update((table, row_id) for table, rows in self.held.rows.items() for row_id in rows)
        return bool(back)

    def _within(self, error: Error) -> set[RowPlace] | None:
        """Give the only rows that can cause an error, if it is one that would come back."""
        return self._were_held if error in self.coming_back else None

    def keep_unattributed(self, report: Report, recorded: Iterable[Conflict]) -> None:
        """List errors without a known cause again, as long as they exist."""
        ids, rows = {conflict.conflict_id for conflict in recorded}, _Rows(self.claims)
        for finding in report if ids else ():
            here = (finding.table, rows.id(finding.place))
            conflict = _conflict(finding, here, rows, self.who) if finding.level == "error" else None
            if conflict and conflict.conflict_id in ids - {c.conflict_id for c in self.held.unattributed}:
                self.held.unattributed.append(conflict)


def decided_before(claims: Claims, held: Held, resolutions: Iterable[Resolution], who: Who) -> None:
    """Hold back the rows with a valid decision, so that errors that follow from them are not found too."""
    rows = _Rows(claims)
    for line in resolutions:
        if not is_of(line.kind, "constraint") or line.table not in claims.tables or not line.row_id:
            continue
        conflict = _described(
            line.kind, line.table, line.row_id, line.field, "not valid after the merge, but decided", rows, who
        )
        if not rows.claims_on(line.table, line.row_id):  # it is settled
            continue
        same = (conflict.conflict_id, conflict.inputs_hash) == (line.conflict_id, line.inputs_hash)
        of_row = held.rows.setdefault(line.table, {}).setdefault(line.row_id, []) if same else [conflict]
        if conflict not in of_row:
            of_row.append(conflict)


def hold_undecided(claims: Claims, held: Held, idle: Iterable[Conflict]) -> list[str]:
    """Hold back the rows with decisions that fit nothing as long as contributions wait.

    Otherwise a claim that was rejected in favour of a waiting contribution would be published. Gives the tables.
    """
    rows, changed = _Rows(claims), set()
    for line in idle:
        if line.table in claims.tables and line.row_id and rows.claims_on(line.table, line.row_id):
            listed = replace(
                line,
                conflict_id=conflict_id(ConflictKind.WAITS.value, line.table, line.row_id, line.field),
                kind=ConflictKind.WAITS,
                status=Status.OPEN,
                message=message(ConflictKind.WAITS),
            )
            of_row = held.rows.setdefault(line.table, {}).setdefault(line.row_id, [])
            if listed.conflict_id not in {known.conflict_id for known in of_row}:  # several people may have decided it
                of_row.append(listed)
            changed.add(line.table)
    return sorted(changed)


def _kind(finding: Finding) -> str:
    return constraint(finding.rule or finding.code)


@dataclass
class _Rows:
    """The rows of the published and the merged package by their numbers, and the claims on them."""

    claims: Claims
    _ids: dict[tuple[EngineTable, str], dict[int, str]] = field(default_factory=dict)

    def id(self, place: Place, *, merged: bool = True) -> str:
        """Give the id of the row at a place."""
        table, published = place.table, self.claims.current.get(place.table)
        is_written = merged and table in self.claims.tables  # as one file
        row = published.number(place) if published and not is_written else place.row
        if row < 2 or table not in self.claims.policies:  # noqa: PLR2004 (the header is row 1)
            return ""
        staged = MERGED if merged and table in self.claims.tables else CURRENT
        if (staged, table) not in self._ids:
            self._ids[staged, table] = dict(self._numbered(staged, table))
        return self._ids[staged, table].get(row, "")

    def _numbered(self, staged: EngineTable, table: str) -> Iterator[tuple[int, str]]:
        self.claims.published(table)
        if staged is CURRENT:
            rows = self.claims.engine.rows(f"SELECT {ROW} AS row, {ID} AS id FROM {CURRENT.of(table)}")
            yield from ((row["row"], row["id"]) for row in rows)
            return
        key = ", ".join(map(quoted, self.claims.policies[table].key))
        rows = self.claims.engine.rows(f"SELECT {ID} AS id FROM {MERGED.of(table)} ORDER BY {key}")
        yield from ((number, row["id"]) for number, row in enumerate(rows, start=2))

    def error(self, finding: Finding, *, merged: bool) -> Error:
        """Identify an error by its content, not by the number of its row."""
        row_id = self.id(finding.place, merged=merged)
        return (finding.code, finding.rule, finding.table, row_id, finding.field, finding.value)

    def places(self, finding: Finding) -> list[RowPlace]:
        """Give the rows in a finding."""
        return [(place.table, self.id(place)) for place in dict.fromkeys([finding.place, *finding.also])]

    def is_merged(self, place: RowPlace) -> bool:
        """Return whether a row is in the merged package."""
        table, row_id = place
        staged = MERGED.of(table) if table in self.claims.tables else self.claims.published(table)
        return bool(list(self.claims.engine.rows(f"SELECT 1 FROM {staged} WHERE {ID} = {literal(row_id)}")))

    def claims_on(self, table: str, row_id: str) -> dict[int, list[str]]:
        """Give the claims of each contribution on a row, as `field=value`."""
        found: dict[int, list[str]] = {}
        for row in self._rows(CLAIMS, table, row_id):
            found.setdefault(row["rank"], []).append(f"{row['field']}={row['value'] or ''}")
        for row in self._rows(ADDS, table, row_id):
            names = self.claims.policies[table].fields
            found.setdefault(row[RANK], []).extend(f"{n}={row[n]}" for n in names if row[n] is not None)
        for row in self._rows(DELETIONS, table, row_id):
            found.setdefault(row["rank"], [])
        return found

    def only_keys(self, table: str, row_id: str) -> dict[int, list[str]]:
        """Give the keys of the rows that each contribution adds without cells, with its own ids."""
        key, found = self.claims.policies[table].key, dict[int, list[str]]()
        for row in self._rows(ADDS, table, row_id):
            found.setdefault(row[RANK], []).append(bare.recorded(key, row[ORIGINAL] or row_id))
        return found

    def _rows(self, staged: EngineTable, table: str, row_id: str) -> Collection[Mapping[str, Any]]:
        query = f"SELECT * FROM {self.claims.made(staged, table)} WHERE {ID} = {literal(row_id)} ORDER BY ALL"
        return list(self.claims.engine.rows(query))


def _conflict(finding: Finding, place: RowPlace, rows: _Rows, who: Who) -> Conflict:
    table, row_id = place
    there = rows.id(finding.place)
    policy = rows.claims.policies.get(table)  # a cell of the key cannot be decided
    is_cell = table == finding.table and policy and finding.field in policy.fields and rows.is_merged(place)
    message = _message(finding, place, (finding.table, there), rows)
    return _described(_kind(finding), table, row_id, finding.field if is_cell else "", message, rows, who)


def _message(finding: Finding, place: RowPlace, found: RowPlace, rows: _Rows) -> str:
    """Write the message; the other row is given by its id, because nobody has the file with its number."""
    message, also = finding.message, finding.also[0] if finding.also else None
    twin = (also.table, rows.id(also)) if also else ("", "")
    named = (
        f"row {also.row} of {also.file}" if also and f" of {also.file} has" in message else f"row {also and also.row}"
    )
    if also and twin[1] and message.startswith(f"{named} has"):
        other = found if place == twin else twin
        message = f"{other[1]}{message.removeprefix(named)}"
        return message if place in (found, twin) else f"{message} (found at {found[0]} {found[1]})"
    return message if place == found else f"{message} (found at {found[0]} {found[1]})"


def _described(  # noqa: PLR0913 (a conflict has that many properties)
    kind: str, table: str, row_id: str, field_name: str, message: str, rows: _Rows, who: Who
) -> Conflict:
    claimed = rows.claims_on(table, row_id) if row_id and table in rows.claims.tables else {}
    keys = rows.only_keys(table, row_id) if claimed else {}
    sides = [
        Side(*who[rank], text)
        for rank, texts in sorted(claimed.items())
        for text in (["; ".join(sorted(texts))] if texts else keys.get(rank, [None]))
    ]
    return Conflict(
        conflict_id=conflict_id("constraint", table, row_id, kind),
        kind=kind,
        status=Status.OPEN,
        table=table,
        row_id=row_id,
        field=field_name,
        sides=tuple(sides) or (Side("", who[-1][1], None),),
        inputs_hash=inputs_hash(None, sorted({text for texts in claimed.values() for text in texts})),
        message=message,
    )

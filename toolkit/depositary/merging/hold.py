"""What is wrong with the merged package although every cell merged cleanly: held back until somebody decides."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from depositary.engine.sql import literal, quoted
from depositary.merging.extract import Claims
from depositary.merging.hashes import conflict_id, inputs_hash
from depositary.merging.staged import ID, RANK
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.decision import Resolution
from depositary.model.finding import Finding
from depositary.model.report import Report

Who = Mapping[int, tuple[str, str]]


@dataclass
class Held:
    """The rows that are held back, by table and id, and the errors that no contribution can be blamed for."""

    rows: dict[str, dict[str, list[Conflict]]] = field(default_factory=dict)
    unattributed: list[Conflict] = field(default_factory=list)

    def of(self, table: str) -> Mapping[str, Sequence[Conflict]]:
        """Give the rows of a table that are held back, each with what is wrong."""
        return self.rows.get(table, {})


def hold_back(claims: Claims, held: Held, report: Report, before: Report | None, who: Who) -> list[str]:
    """Hold back the claims on the rows that have an error that the published package does not have.

    Gives the tables that have to be merged anew.
    """
    rows = _Rows(claims)
    known = {rows.error(finding, merged=False) for finding in before or () if finding.level == "error"}
    held.unattributed = []
    changed: set[str] = set()
    for finding in report:
        if finding.level == "error" and rows.error(finding, merged=True) not in known:
            places = [(p.table, p.row) for p in finding.also]
            mine = list(rows.claimed(dict.fromkeys([(finding.table, finding.row), *places])))
            new = [(table, row_id) for table, row_id in mine if not _has(held, table, row_id, finding)]
            for table, row_id in new:
                conflict = _conflict(finding, table, row_id, rows, who)
                held.rows.setdefault(table, {}).setdefault(row_id, []).append(conflict)
                changed.add(table)
            if not mine:
                held.unattributed.append(
                    _conflict(finding, finding.table, rows.id(finding.table, finding.row), rows, who)
                )
    return sorted(changed)


def decided_before(claims: Claims, held: Held, resolutions: Iterable[Resolution], who: Who) -> None:
    """Hold back the rows about which a decision stands, so that what follows from it is not found wrong as well."""
    rows = _Rows(claims)
    for line in resolutions:
        if not line.kind.startswith("constraint.") or line.table not in claims.tables or not line.row_id:
            continue
        conflict = _described(
            line.kind, line.table, line.row_id, line.field, "wrong after merging, and decided", rows, who
        )
        same = (conflict.conflict_id, conflict.inputs_hash) == (line.conflict_id, line.inputs_hash)
        of_row = held.rows.setdefault(line.table, {}).setdefault(line.row_id, []) if same else [conflict]
        if conflict not in of_row:
            of_row.append(conflict)


def _has(held: Held, table: str, row_id: str, finding: Finding) -> bool:
    return any(c.kind == _kind(finding) for c in held.of(table).get(row_id, ()))


def _kind(finding: Finding) -> str:
    return f"constraint.{finding.rule or finding.code}"


@dataclass
class _Rows:
    """The rows of the published and the merged package by their numbers, and what is claimed of them."""

    claims: Claims
    _ids: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def id(self, table: str, row: int, *, merged: bool = True) -> str:
        """Name the row of a table that has a number in its file."""
        if row < 2 or table not in self.claims.policies:  # noqa: PLR2004 (the header is row 1)
            return ""
        schema = "merged" if merged and table in self.claims.tables else "current"
        if (schema, table) not in self._ids:
            self._ids[schema, table] = list(self._in_order(schema, table))
        ids = self._ids[schema, table]
        return ids[row - 2] if row - 2 < len(ids) else ""

    def _in_order(self, schema: str, table: str) -> Iterator[str]:
        self.claims.published(table)
        key = ", ".join(map(quoted, self.claims.policies[table].key)) if schema == "merged" else "rowid"
        for row in self.claims.engine.rows(f"SELECT {ID} AS id FROM {quoted(schema, table)} ORDER BY {key}"):
            yield row["id"]

    def error(self, finding: Finding, *, merged: bool) -> tuple[str, ...]:
        """Tell an error by what it is about, not by the number of its row."""
        row_id = self.id(finding.table, finding.row, merged=merged)
        return (finding.code, finding.rule, finding.table, row_id, finding.field, finding.value)

    def claimed(self, places: Iterable[tuple[str, int]]) -> Iterator[tuple[str, str]]:
        """Give the rows among some that a contribution says something of."""
        for table, row in places:
            row_id = self.id(table, row)
            if row_id and table in self.claims.tables and self.claims_on(table, row_id):
                yield table, row_id

    def claims_on(self, table: str, row_id: str) -> dict[int, list[str]]:
        """Give what each contribution claims of a row, as `field=value`."""
        found: dict[int, list[str]] = {}
        for row in self._rows("claims", table, row_id):
            found.setdefault(row["rank"], []).append(f"{row['field']}={row['value'] or ''}")
        for row in self._rows("adds", table, row_id):
            names = self.claims.policies[table].fields
            found.setdefault(row[RANK], []).extend(f"{n}={row[n]}" for n in names if row[n] is not None)
        for row in self._rows("deletions", table, row_id):
            found.setdefault(row["rank"], [])
        return found

    def _rows(self, schema: str, table: str, row_id: str) -> Collection[Mapping[str, Any]]:
        query = f"SELECT * FROM {quoted(schema, table)} WHERE {ID} = {literal(row_id)} ORDER BY ALL"
        return list(self.claims.engine.rows(query))


def _conflict(finding: Finding, table: str, row_id: str, rows: _Rows, who: Who) -> Conflict:
    field_name = finding.field if table == finding.table and ", " not in finding.field else ""
    place = "" if table == finding.table else f" (found at {finding.table})"
    return _described(_kind(finding), table, row_id, field_name, f"{finding.message}{place}", rows, who)


def _described(  # noqa: PLR0913 (a conflict has that many sides)
    kind: str, table: str, row_id: str, field_name: str, message: str, rows: _Rows, who: Who
) -> Conflict:
    said = rows.claims_on(table, row_id) if row_id and table in rows.claims.tables else {}
    sides = [Side(*who[rank], "; ".join(sorted(texts)) or None) for rank, texts in sorted(said.items())]
    return Conflict(
        conflict_id=conflict_id("constraint", table, row_id, kind),
        kind=kind,
        status=Status.OPEN,
        table=table,
        row_id=row_id,
        field=field_name,
        sides=tuple(sides) or (Side("", who[-1][1], None),),
        inputs_hash=inputs_hash(None, sorted({text for texts in said.values() for text in texts})),
        message=message,
    )

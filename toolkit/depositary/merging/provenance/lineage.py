"""The provenance of a merged package: defaults of rows and exceptions for cells, expanded into claims."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path

from depositary.check.reading.patch_notation import LOCAL
from depositary.errors import UsageError
from depositary.merging.conflicts.conflicts_file import _rows, read_conflicts, rows_of, sound_merged, titles_of
from depositary.model.conflict import Conflict
from depositary.model.own_tables import CELLS, OWN, REDIRECTS, ROWS
from depositary.model.package import Package
from depositary.model.provenance import ClaimStatus
from depositary.model.record_id import record_id
from depositary.read.package import table_of
from depositary.wording.plain import shown
from depositary.wording.suggest import MOST_CANDIDATES, closest


@dataclass(frozen=True)
class Origin:
    """The default origin of a row's cells, for cells without claims; `status` is present or deleted.

    `original_row_id` is the contributor's id of the row, if it differs.
    """

    table: str
    row_id: str
    contributor: str
    batch: str
    source_id: str
    status: str
    original_row_id: str = ""


@dataclass(frozen=True)
class ClaimLine:
    """The claim of one batch on one cell, and its status.

    Without a field it is the claim to delete the row; the value None is the claim that the cell is blank.
    """

    table: str
    row_id: str
    field: str
    contributor: str
    batch: str
    value: str | None
    source_id: str
    status: str
    original_row_id: str = ""
    original_value: str = ""
    decision: str = ""
    reason: str = ""

    @property
    def order(self) -> tuple[bool, str, str]:
        """Give the sort key: published values first, then by contributor and batch."""
        return (not self.batch.startswith("published@"), self.contributor, self.batch)


@dataclass(frozen=True)
class RowLineage:
    """A published row (None if it is not published), its origin, the lines of exceptions, and its other ids."""

    table: str
    row_id: str
    cells: Mapping[str, str] | None
    origin: Origin | None
    exceptions: tuple[ClaimLine, ...]
    old_ids: tuple[str, ...]
    key: tuple[str, ...]

    def cell(self, name: str) -> str | None:
        """Give the published value of a cell; None if it is blank."""
        return (self.cells or {}).get(name) or None

    def claims(self) -> tuple[ClaimLine, ...]:
        """Give all claims on the row: the lines of each cell, or else the row's origin."""
        return tuple(sorted(self._claims(), key=lambda claim: (self._at(claim.field), claim.order)))

    def _claims(self) -> Iterator[ClaimLine]:
        yield from self.exceptions
        excepted = {claim.field for claim in self.exceptions}
        origin = self.origin
        for name, value in (self.cells or {}).items():
            if origin and value and name not in excepted and name not in self.key:
                by = (
                    origin.contributor,
                    origin.batch,
                    value,
                    origin.source_id,
                    ClaimStatus.ACCEPTED,
                    origin.original_row_id,
                )
                yield ClaimLine(self.table, self.row_id, name, *by)

    def _at(self, field: str) -> int:
        names = list(self.cells or {})
        return names.index(field) if field in names else -1 if not field else len(names)


@dataclass(frozen=True)
class Lineage:
    """The provenance of a merged package."""

    package: Package

    @classmethod
    def open(cls, path: Path) -> "Lineage":
        """Open a merged package.

        Raises:
            UsageError: it has no provenance, because it was not merged.
        """
        package = sound_merged(path)
        missing = [name for name in OWN if name not in package]
        if missing:
            raise UsageError(
                f"{path}: this package has no {missing[0]}, so the origin of its cells is not known. "
                "Run depositary merge, and name its output folder."
            )
        return cls(package)

    def row(self, table: str, wanted: str) -> RowLineage:
        """Find a row by its id, by an id that was redirected to it, or by its contributor's name for it.

        Raises:
            UsageError: there is no such table, there never was such a row, or several contributions use the name.
        """
        resource = table_of(self.package, table)
        redirects = self._redirects(table)
        row_id = _followed(redirects, self._meant(table, wanted))
        cells = next((row for row in rows_of(resource) if self._id(table, row) == row_id), None)
        origin = next((o for o in self._origins(table) if o.row_id == row_id), None)
        found = RowLineage(
            table=table,
            row_id=row_id,
            cells=cells,
            origin=origin,
            exceptions=tuple(self._exceptions(table, row_id)),
            old_ids=tuple(old for old in redirects if _followed(redirects, old) == row_id),
            key=resource.table.primary_key,
        )
        if cells is None and origin is None and not found.exceptions:
            raise UsageError(self._unknown(table, wanted))
        return found

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Give the listed conflicts of the package."""
        return read_conflicts(self.package)

    def evidence(self, table: str, row_id: str, field: str) -> list[dict[str, str]]:
        """Give the evidence for one cell of a row, or without a field for the row as a whole."""
        place = (table, row_id, field)
        return [row for row in self._evidence if (row["table_name"], row["record_id"], row["field_name"]) == place]

    @cached_property
    def _evidence(self) -> list[dict[str, str]]:
        return _rows(self.package, "evidence", "table_name", "record_id", "field_name")

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """Map the sources of the package to their titles."""
        return titles_of(self.package)

    def _meant(self, table: str, wanted: str) -> str:
        """Give the id of a row by its name in a contribution, such as local:kita."""
        if LOCAL not in wanted:
            return wanted
        named: dict[str, str] = {}
        for resource in (self.package[ROWS], self.package[CELLS]):
            for row in rows_of(resource):
                if (row["table"], row["original_row_id"]) == (table, wanted):
                    named.setdefault(row["row_id"], row["batch"])
        if len(named) > 1:
            which = ", ".join(f"{row_id} ({batch})" for row_id, batch in sorted(named.items()))
            raise UsageError(
                f"{shown(wanted)} is a name in several contributions. Use the id of the right row: {which}."
            )
        return next(iter(named), wanted)

    def _id(self, table: str, row: Mapping[str, str]) -> str:
        return record_id(row.get(name, "") for name in self.package[table].table.primary_key)

    def _origins(self, table: str) -> Iterator[Origin]:
        names = [f.name for f in fields(Origin)]
        return (Origin(*(row[n] for n in names)) for row in rows_of(self.package[ROWS]) if row["table"] == table)

    def _exceptions(self, table: str, row_id: str) -> Iterator[ClaimLine]:
        names = [f.name for f in fields(ClaimLine)]
        for row in rows_of(self.package[CELLS]):
            if row["table"] == table and row["row_id"] == row_id:
                line = ClaimLine(*(row[name] for name in names))
                yield replace(line, value=line.value or None)

    def _redirects(self, table: str) -> dict[str, str]:
        rows = rows_of(self.package[REDIRECTS])
        return {row["old_id"]: row["canonical_id"] for row in rows if row["table"] == table}

    def _unknown(self, table: str, wanted: str) -> str:
        known = self._names(table) if LOCAL in wanted else self._known(table)
        near = closest(wanted, {one: one for one in known}) if len(known) <= MOST_CANDIDATES else []
        hint = f"Did you mean {' or '.join(near)}?" if near else _key_hint(self.package[table].table.primary_key)
        return f"{table} has no row {shown(wanted)}, and never had one. {hint}"

    def _names(self, table: str) -> set[str]:
        """Give the names that contributors gave rows of a table."""
        lines = (row for resource in (self.package[ROWS], self.package[CELLS]) for row in rows_of(resource))
        return {row["original_row_id"] for row in lines if row["table"] == table and LOCAL in row["original_row_id"]}

    def _known(self, table: str) -> set[str]:
        ids = {self._id(table, row) for row in rows_of(self.package[table])}
        return ids | {origin.row_id for origin in self._origins(table)} | set(self._redirects(table))


def _followed(redirects: Mapping[str, str], row_id: str) -> str:
    seen = {row_id}
    while row_id in redirects and redirects[row_id] not in seen:
        row_id = redirects[row_id]
        seen.add(row_id)
    return row_id


def _key_hint(key: Iterable[str]) -> str:
    return f"A row is named by {', '.join(key)}; several values are joined with |."


def claims(package: Package, table: str, row_id: str) -> tuple[ClaimLine, ...]:
    """Give all claims on a row of a merged package, in the order of its columns, then of batches.

    Raises:
        UsageError: there is no such table, or there never was such a row.
    """
    return Lineage(package).row(table, row_id).claims()

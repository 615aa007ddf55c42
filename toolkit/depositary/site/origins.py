"""Where the cells of the small tables came from: claims, decisions and passages, for all rows at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import polars as pl

from depositary.merging.provenance.lineage import ClaimLine, Lineage, Origin, RowLineage
from depositary.model.conflict import Conflict, Status
from depositary.model.own_tables import CELLS, CONFLICTS, OWN, ROWS
from depositary.model.package import Package
from depositary.site.stored import SiteTable, texts_of

_EVIDENCE = ("table_name", "record_id", "source_id", "evidence_id")
Place = tuple[str, str]


@dataclass(frozen=True)
class Passage:
    """A passage of a source that supports a row or one field of it; offsets count characters of the text."""

    evidence_id: str
    field: str
    source_id: str
    support: str
    start: str
    end: str
    quote: str
    language: str
    translation: str


@dataclass(frozen=True)
class Origins:
    """The origins, by table and id of a row."""

    has_provenance: bool
    rows: Mapping[Place, Origin]
    lines: Mapping[Place, Sequence[ClaimLine]]
    passages: Mapping[Place, Sequence[Passage]]
    conflicts: Mapping[Place, Sequence[Conflict]]
    deciders: Mapping[str, str]

    def claims(self, table: SiteTable, row_id: str) -> tuple[ClaimLine, ...]:
        """Give all claims on a row, as `depositary history` does."""
        cells = {name: text or "" for name, text in table.by_id.get(row_id, {}).items()}
        place = (table.name, row_id)
        lines = tuple(self.lines.get(place, ()))
        origin = self.rows.get(place)
        return RowLineage(table.name, row_id, cells, origin, lines, (), table.schema.primary_key).claims()

    def passages_of(self, table: str, row_id: str) -> Sequence[Passage]:
        """Give the passages that support a row or a field of it."""
        return self.passages.get((table, row_id), ())


def origins_of(package: Package, tables: Mapping[str, SiteTable]) -> Origins:
    """Read the provenance and the evidence of all tables that are whole."""
    whole = [one.name for one in tables.values() if one.is_whole]
    has = all(name in tables for name in OWN)
    rows, lines = dict[Place, Origin](), defaultdict[Place, list[ClaimLine]](list)
    listed = tuple[Conflict, ...]()
    if has:
        rows = {(o.table, o.row_id): o for o in map(_origin, _records(tables[ROWS], whole))}
        for claim in map(_claim, _records(tables[CELLS], whole)):
            lines[claim.table, claim.row_id].append(claim)
        listed = Lineage(package).conflicts if tables[CONFLICTS].is_whole else ()
    conflicts = defaultdict[Place, list[Conflict]](list)
    for conflict in listed:
        if conflict.status is Status.OPEN:
            conflicts[conflict.table, conflict.row_id].append(conflict)
    deciders = {one.conflict_id: one.decided_by for one in listed if one.decided_by}
    return Origins(has, rows, dict(lines), _passages(tables, whole), dict(conflicts), deciders)


def _records(table: SiteTable, whole: Sequence[str]) -> Iterable[dict[str, str | None]]:
    lazy = pl.scan_parquet(table.file).filter(pl.col("table").is_in(list(whole)))
    return texts_of(lazy.collect()).iter_rows(named=True)


def _origin(row: Mapping[str, str | None]) -> Origin:
    return Origin(**{one.name: row.get(one.name) or "" for one in fields(Origin)})


def _claim(row: Mapping[str, str | None]) -> ClaimLine:
    line = ClaimLine(**{one.name: row.get(one.name) or "" for one in fields(ClaimLine)})
    return replace(line, value=line.value or None)


def _passages(tables: Mapping[str, SiteTable], whole: Sequence[str]) -> dict[Place, list[Passage]]:
    table = tables.get("evidence")
    found = defaultdict[Place, list[Passage]](list)
    if table is None or not set(_EVIDENCE) <= set(table.schema.field_names):
        return {}
    rows = pl.scan_parquet(table.file)
    if not table.is_whole:
        rows = rows.filter(pl.col("table_name").is_in(list(whole)))
    frame = texts_of(rows.collect())
    for row in frame.iter_rows(named=True):
        found[row["table_name"] or "", row["record_id"] or ""].append(_passage(row))
    return dict(found)


def _passage(row: Mapping[str, str | None]) -> Passage:
    names = ("evidence_id", "field_name", "source_id", "support", "char_start", "char_end", "quote", "quote_language",
             "quote_translation")  # fmt: skip
    return Passage(*(row.get(name) or "" for name in names))

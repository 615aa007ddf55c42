"""Show as text or JSON what became of evidence."""

import json
from collections.abc import Iterator
from typing import Any

from depositary.evidence.add import AddedEvidence, EvidenceRequest
from depositary.evidence.anchor import Anchor
from depositary.evidence.move import MovedEvidence, MovedRow
from depositary.evidence.source_text import Span
from depositary.visible import visible
from depositary.wording.plain import number

_FEW = 5  # places of an ambiguous passage that are listed


def added_text(added: AddedEvidence, asked: EvidenceRequest) -> str:
    """Describe the row of evidence and its passage."""
    return "\n".join(map(visible, _added(added, asked)))


def _added(added: AddedEvidence, asked: EvidenceRequest) -> Iterator[str]:
    outcome = {
        "added": f"added {added.evidence_id}",
        "filled": f"{added.evidence_id} now has its passage",
        "completed": f"{added.evidence_id} is this evidence already; it now has the other values too",
        "known": f"{added.evidence_id} is this evidence already{'' if added.has_snapshot else '; nothing was written'}",
        "refused": "not added, because the row would not be valid; nothing was written",
    }[added.outcome]
    sheet = f", sheet {added.sheet}" if added.sheet else ""
    where = f"{added.file.as_posix()}{sheet}, row {added.row}" if added.row else "the base"
    yield f"{where}: {outcome}"
    yield f"  for {', '.join(filter(None, [asked.table, asked.record, asked.field]))} from {asked.source}"
    yield f"  characters {added.char_start} to {added.char_end}, SHA-256 {added.quote_sha256}"
    yield f"  {added.context}"
    if added.has_snapshot:
        yield f"  {asked.source} now has the hash of this text in snapshot_sha256"
    for one in added.findings:
        level = "warning: " if one.level == "warning" else ""
        yield f"  {level}{one.field}: {one.message} [{' '.join(filter(None, [one.code, one.rule]))}]"
        yield f"      → {one.hint}"


def moved_text(moved: MovedEvidence) -> str:
    """List the rows with old and new offsets, and count them."""
    return "\n".join(map(visible, _moved(moved)))


def _moved(moved: MovedEvidence) -> Iterator[str]:
    yield f"{', '.join(moved.sources)}: from {moved.old.name} to {moved.new.name}"
    yield ""
    if moved.rows:
        yield from _table(moved.rows)
        yield ""
    counts = ", ".join(f"{count:,} {anchor}" for anchor, count in moved.counts.items()) or "no passages"
    without = f"; {number(moved.without, 'row')} without a passage" if moved.without else ""
    yield f"{counts}{without}."
    yield from _what_now(moved)


def _table(rows: tuple[MovedRow, ...]) -> Iterator[str]:
    width = max(len("evidence"), *(len(row.evidence_id) for row in rows))
    yield f"{'evidence':{width}}  {'':9}  {'old':>15}  {'new':>15}"
    for row in rows:
        new = _span(row.new) if row.new else _places(row)
        yield f"{row.evidence_id:{width}}  {row.anchor:9}  {_span(row.old):>15}  {new:>15}".rstrip()


def _span(span: Span) -> str:
    return f"{span[0]} to {span[1]}"


def _places(row: MovedRow) -> str:
    more = f" or {len(row.places) - _FEW:,} more" if len(row.places) > _FEW else ""
    return " or ".join(map(_span, row.places[:_FEW])) + more


def _what_now(moved: MovedEvidence) -> Iterator[str]:
    if moved.is_written:
        yield "Written; the sources have the hash of the new text."
    elif moved.old_sha256 != moved.new_sha256:
        yield "Nothing was written. What is left to write, --write writes: new offsets, and the hash of the new text."
    found = moved.counts
    if Anchor.AMBIGUOUS in found or Anchor.GONE in found:
        yield (
            "Rows that are ambiguous or gone keep the offsets of the old text: choose one of the places, or find "
            "another passage with depositary evidence add, or delete the row."
        )
    if any(row.anchor is Anchor.GONE and row.is_absent for row in moved.rows):
        yield (
            "What the old text did not mention (absent), the new one may mention: read it, delete the row, and run "
            "depositary evidence add --absent if it is silent too."
        )
    if Anchor.UNPROVEN in found:
        yield f"Unproven rows do not fit the old text: depositary evidence check --text {moved.old.name}"


def moved_json(moved: MovedEvidence) -> str:
    """Give the rows as JSON: one object with the texts, the counts and a list of rows."""
    document = {
        "from": {"file": moved.old.as_posix(), "sha256": moved.old_sha256},
        "to": {"file": moved.new.as_posix(), "sha256": moved.new_sha256},
        "sources": moved.sources,
        "written": moved.is_written,
        "counts": moved.counts,
        "without_passage": moved.without,
        "rows": [_row(row) for row in moved.rows],
    }
    return json.dumps(document, indent=2)


def _row(row: MovedRow) -> dict[str, Any]:
    start, end = row.new or (None, None)
    return {
        "evidence_id": row.evidence_id,
        "table_name": row.table_name,
        "record_id": row.record_id,
        "field_name": row.field_name,
        "source_id": row.source_id,
        "row": row.row,
        "status": row.anchor,
        "char_start": row.old[0],
        "char_end": row.old[1],
        "new_char_start": start,
        "new_char_end": end,
        "quote_sha256": row.quote_sha256,
        "places": row.places,
    }

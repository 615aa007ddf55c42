"""Move the evidence of a text to a new version of the text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from depositary.check.rules.passages import digest_of
from depositary.errors import UsageError
from depositary.evidence.anchor import Anchor, Anchored, anchored, whole
from depositary.evidence.check import sources_of
from depositary.evidence.holding import (
    ABSENT,
    EVIDENCE,
    SNAPSHOT,
    SOURCES,
    Holding,
    Row,
    open_holding,
    require_text_columns,
)
from depositary.evidence.source_text import SourceText, Span, read_source_text
from depositary.evidence.written import Cells, TableDraft, changing, draft, write

_UNCHANGED = (Anchor.AMBIGUOUS, Anchor.GONE, Anchor.UNPROVEN)


@dataclass(frozen=True)
class MovedRow:
    """A row of evidence, and where its passage is in the new text.

    `row` is its row in the file, 0 if only the base of the contribution has it. `new` is None if the passage was not
    found; `places` has all places of its words. `is_absent` is true if the passage is the whole text, which does not
    mention the matter.
    """

    evidence_id: str
    table_name: str
    record_id: str
    field_name: str
    source_id: str
    row: int
    anchor: Anchor
    old: Span
    new: Span | None
    quote_sha256: str
    places: tuple[Span, ...] = ()
    is_absent: bool = False


@dataclass(frozen=True)
class MovedEvidence:
    """The rows of evidence from a text, in their order; `without` counts those that have no passage.

    `old` and `new` are the files of the texts, with their hashes. `sources` are the sources that have the old text or,
    after an earlier call, the new one. `is_written` is true if something was written.
    """

    old: Path
    old_sha256: str
    new: Path
    new_sha256: str
    sources: tuple[str, ...]
    rows: tuple[MovedRow, ...]
    without: int
    is_written: bool

    @property
    def is_whole(self) -> bool:
        """Return whether every passage was found."""
        return not any(row.anchor in _UNCHANGED for row in self.rows)

    @property
    def counts(self) -> dict[Anchor, int]:
        """Count the rows by what became of their passages."""
        found = Counter(row.anchor for row in self.rows)
        return {anchor: found[anchor] for anchor in Anchor if found[anchor]}


def move_evidence(
    path: Path | str,
    old: Path | str,
    new: Path | str,
    *,
    base: Path | str | None = None,
    write: bool = False,
) -> MovedEvidence:
    """Find the passages of all evidence from a text in a new text, and write the new offsets if wanted.

    Nothing is guessed: rows whose passage is ambiguous or gone keep their offsets. The sources get the hash of the new
    text. After that, the same call finds only what is left.

    Args:
        path: the package or contribution. A patch also moves the published evidence of the sources.
        old: the text that the sources have.
        new: the text that they get.
        base: the package on which a contribution is based; by default that of the nearest workspace.
        write: write the result; otherwise nothing is written.

    Raises:
        DepositaryError: no source has the old text, or something cannot be read or written.
    """
    before, after = read_source_text(old), read_source_text(new)
    if not write:
        return _moved(open_holding(path, base), before, after)
    with changing(open_holding(path, base)):
        holding = open_holding(path, base)
        return _written(holding, _moved(holding, before, after), after)


def _moved(holding: Holding, old: SourceText, new: SourceText) -> MovedEvidence:
    require_text_columns(holding.table(EVIDENCE), ("char_start", "char_end", "quote_sha256"))
    sources = _sources(holding, old, new)
    rows = holding.evidence(lambda row: row.get("source_id") in sources)
    found = tuple(_row(holding, old, new, row, span) for row in rows if (span := row.span))
    texts = old.file, old.digest, new.file, new.digest
    return MovedEvidence(*texts, tuple(sorted(sources)), found, len(rows) - len(found), is_written=False)


def _sources(holding: Holding, old: SourceText, new: SourceText) -> set[str]:
    """Give the sources with the old text, and those that have the new one after an earlier call.

    Raises:
        UsageError: there are none.
    """
    already = {name for name, row in holding.sources.items() if row.get(SNAPSHOT) == new.digest}
    try:
        return sources_of(holding, old) | already
    except UsageError:
        if already:
            return already
        raise


def _row(holding: Holding, old: SourceText, new: SourceText, row: Row, span: Span) -> MovedRow:
    has_new = holding.sources[row.get("source_id")].get(SNAPSHOT) == new.digest
    found = _anchored(old, new, row, span, has_new=has_new)
    digest = row.get("quote_sha256") or ""
    if found.span and found.anchor is not Anchor.UNPROVEN:
        digest = digest_of(new.passage(found.span))
    return MovedRow(
        evidence_id=row.get("evidence_id") or "",
        table_name=row.get("table_name") or "",
        record_id=row.get("record_id") or "",
        field_name=row.get("field_name") or "",
        source_id=row.get("source_id") or "",
        row=row.number,
        anchor=found.anchor,
        old=span,
        new=found.span,
        quote_sha256=digest,
        places=found.places,
        is_absent=row.get("support") == ABSENT,
    )


def _anchored(old: SourceText, new: SourceText, row: Row, span: Span, *, has_new: bool) -> Anchored:
    if has_new and _holds(new, row, span):  # moved by an earlier call, or written since
        return Anchored(Anchor.SAME, span, (span,))
    if not _holds(old, row, span):
        return Anchored(Anchor.UNPROVEN)
    return whole(old, new) if row.get("support") == ABSENT else anchored(old, new, span)


def _holds(text: SourceText, row: Row, span: Span) -> bool:
    fits = 0 <= span[0] < span[1] <= len(text.content)
    return fits and digest_of(text.passage(span)) == row.get("quote_sha256")


# Writing


def _written(holding: Holding, moved: MovedEvidence, new: SourceText) -> MovedEvidence:
    drafts = [*_sources_draft(holding, moved), *_evidence_draft(holding, moved, new)]
    write(holding, drafts)
    return replace(moved, is_written=bool(drafts))


def _sources_draft(holding: Holding, moved: MovedEvidence) -> Iterator[TableDraft]:
    old = [name for name in moved.sources if holding.sources[name].get(SNAPSHOT) != moved.new_sha256]
    cells = [{"source_id": name, SNAPSHOT: moved.new_sha256} for name in old]
    yield from _draft(holding, SOURCES, [(holding.sources[one["source_id"]].number, one) for one in cells])


def _evidence_draft(holding: Holding, moved: MovedEvidence, new: SourceText) -> Iterator[TableDraft]:
    quoted = {row.get("evidence_id") for row in holding.evidence(lambda row: row.get("quote") is not None)}
    changes = [
        (row.row, _cells(row, new, has_quote=row.evidence_id in quoted))
        for row in moved.rows
        if row.anchor is Anchor.MOVED
    ]
    yield from _draft(holding, EVIDENCE, changes)


def _cells(row: MovedRow, new: SourceText, *, has_quote: bool) -> Cells:
    start, end = row.new or row.old
    cells = {
        "evidence_id": row.evidence_id,
        "char_start": str(start),
        "char_end": str(end),
        "quote_sha256": row.quote_sha256,
    }
    return {**cells, "quote": new.passage((start, end))} if has_quote else cells


def _draft(holding: Holding, name: str, changes: Sequence[tuple[int, Cells]]) -> Iterator[TableDraft]:
    if not changes:
        return
    one = draft(holding, name, changes[0][1])
    for number, cells in changes:
        if number:
            key = holding.table(name).primary_key
            one.table.change(number, {column: cell for column, cell in cells.items() if column not in key})
        else:
            one.table.append(cells)
    yield one

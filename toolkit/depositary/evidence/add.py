"""Add the evidence for a row: find a quote in the text of its source, and write offsets and hash."""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from anyascii import anyascii

from depositary.check.rules.passages import digest_of
from depositary.errors import UsageError
from depositary.evidence.holding import (
    ABSENT,
    BACKGROUND,
    EVIDENCE,
    SNAPSHOT,
    SOURCES,
    Holding,
    Row,
    open_holding,
    require_text_columns,
)
from depositary.evidence.place import Choose, place_of
from depositary.evidence.source_text import SourceText, Span, other_line_ends, read_source_text
from depositary.evidence.written import Cells, TableDraft, changing, draft, findings_at, require_written, write
from depositary.model.finding import Finding
from depositary.model.package import Mode
from depositary.model.record_id import key_of
from depositary.model.role import Role
from depositary.read.files.mapped import LOCAL
from depositary.wording.plain import number, shown
from depositary.wording.suggest import suggest

_FEW = 10  # rows that a message lists
_NEEDED = ("evidence_id", "table_name", "record_id", "source_id", "char_start", "char_end", "quote_sha256")
_WORDS = re.compile("[a-z0-9]+")

Outcome = Literal["added", "filled", "completed", "known", "refused"]


@dataclass(frozen=True)
class EvidenceRequest:
    """The evidence to add.

    Args:
        table: the table of the row that the quote supports.
        record: the key of the row; several values are joined with `|`.
        source: the source that has the quote.
        quote: the words of the text; empty if `absent`.
        absent: the text as a whole does not mention what the row is about, so the passage is the whole text.
        field: the column that the quote supports; empty for the whole row.
        nth: which occurrence of the quote, from 1, if there are several.
        keep_quote: also write the words into the column `quote`.
        set_snapshot: write the hash of the text to a source without one, even if its other evidence has no passages.
        values: cells of other columns of `evidence`, such as `support`.
        contributor: who adds it; a contribution names its contributor itself.
    """

    table: str
    record: str
    source: str
    quote: str = ""
    absent: bool = False
    field: str = ""
    nth: int | None = None
    keep_quote: bool = False
    set_snapshot: bool = False
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    contributor: str = ""


@dataclass(frozen=True)
class AddedEvidence:
    """The row of evidence, and what became of it.

    `outcome` is *added*; *filled*, if a row without a passage got one; *completed*, if a row with this passage got
    other cells that it lacked; *known*, if the row was there already; or *refused*, if `findings` has errors. In the
    last two cases no evidence was written. `sheet` is the worksheet, if `file` is a workbook. `context` has the
    passage in brackets and the words around it. `has_snapshot` is true if the hash of the text was written to the
    source.
    """

    outcome: Outcome
    evidence_id: str
    file: Path
    sheet: str
    row: int
    char_start: int
    char_end: int
    quote_sha256: str
    context: str
    findings: tuple[Finding, ...] = ()
    has_snapshot: bool = False


def add_evidence(
    path: Path | str,
    text: Path | str,
    asked: EvidenceRequest,
    *,
    base: Path | str | None = None,
    choose: Choose | None = None,
) -> AddedEvidence:
    """Find a quote in a text, and write its offsets and hash into the evidence of a package or contribution.

    Args:
        path: the package or contribution.
        text: the text of the source.
        asked: the evidence to add.
        base: the package on which a contribution is based; by default that of the nearest workspace.
        choose: asked which occurrence is meant, if there are several; by default that is an error.

    Raises:
        DepositaryError: the quote is not in the text, or something else does not fit; nothing is written.
    """
    holding = open_holding(path, base)
    source_text = read_source_text(text)
    _require_record(holding, asked)
    _require_source(holding, source_text, asked)
    span = _whole(source_text, asked) if asked.absent else place_of(source_text, asked.quote, asked.nth, choose)
    with changing(holding):  # otherwise rows that another run adds at the same time would be lost
        return _Addition(open_holding(path, base), source_text, asked, span).run()


# What is asked for exists


def _require_record(holding: Holding, asked: EvidenceRequest) -> None:
    """Refuse a row, table or column that does not exist.

    Raises:
        UsageError: something does not exist; the message has a suggestion.
    """
    evidence, table = holding.table(EVIDENCE), holding.table(asked.table)
    require_text_columns(evidence, _NEEDED)
    allowed = evidence["table_name"].constraints.get("enum")
    if allowed and asked.table not in allowed:
        raise UsageError(f"evidence cannot support rows of {asked.table}: table_name allows {', '.join(allowed)}.")
    if asked.field and asked.field not in table:
        near = suggest(asked.field, {name: name for name in table.field_names})
        raise UsageError(
            f"{asked.table} has no column {shown(asked.field)}; "
            f"{near or 'its columns are ' + ', '.join(table.field_names)}"
        )
    if asked.field and "field_name" not in evidence:
        raise UsageError("the table evidence of this package has no column field_name: leave out --field.")
    if not holding.has(asked.table, key_of(asked.record)):
        raise UsageError(_no_row(holding, asked.table, asked.record))


def _no_row(holding: Holding, table: str, record: str) -> str:
    near = suggest(record, {one: one for one in holding.ids(table)})
    where = "the contribution or its base" if holding.is_contribution else "the package"
    if record.startswith(LOCAL) and not holding.is_contribution:
        near = "local: names are only in contributions; name the folder of the contribution"
    key = holding.table(table).primary_key
    if len(key) > 1 and len(key_of(record)) != len(key):
        near = f"its key is {'|'.join(key)}"
    advice = (
        "add the row first" if holding.is_contribution else "add the row first, or name the contribution that has it"
    )
    return f"{where} has no row {shown(record)} in {table}; {near or advice}"


def _require_source(holding: Holding, text: SourceText, asked: EvidenceRequest) -> None:
    """Refuse a source that does not exist, or has another text.

    Raises:
        UsageError: the source does not fit.
    """
    source = holding.sources.get(asked.source)
    if source is None:
        raise UsageError(_no_row(holding, SOURCES, asked.source))
    if source.get("access") == "known_through":
        raise UsageError(
            f"{asked.source} was not read (its access is known_through), so it has no text. Name the source that was."
        )
    stated = source.get(SNAPSHOT)
    if stated and stated != text.digest:
        ends = " It differs from that text only in its line ends." if stated in other_line_ends(text) else ""
        raise UsageError(
            f"{text.file}: this is not the text of {asked.source}: its SHA-256 is {text.digest}, that of the source is "
            f"{stated}.{ends} Use the text that was coded, or move all evidence to this one: depositary evidence move."
        )


def _whole(text: SourceText, asked: EvidenceRequest) -> Span:
    """Give the passage of a text that does not mention something: all of it.

    Raises:
        UsageError: a quote is asked for too, or the text has no words.
    """
    taken = {"--quote": asked.quote, "--nth": asked.nth is not None, "--keep-quote": asked.keep_quote}
    for option, is_given in taken.items():
        if is_given:
            raise UsageError(f"--absent means the whole text, so it has no quote. Leave out {option}, or --absent.")
    if not text.content.strip():
        raise UsageError(f"{text.file}: the text has no words, so it proves no silence. Is this the right text?")
    return 0, len(text.content)


# The row


class _Addition:
    """One row of evidence, from its cells to the file."""

    def __init__(self, holding: Holding, text: SourceText, asked: EvidenceRequest, span: Span) -> None:
        self._holding, self._text, self._asked, self._span = holding, text, asked, span
        self._table = holding.table(EVIDENCE)
        self._source = holding.sources[asked.source]
        self._rows = holding.evidence(lambda row: row.get("source_id") == asked.source, (*asked.values, "quote"))

    def run(self) -> AddedEvidence:
        known = next((row for row in self._rows if self._is_about(row) and self._is_proof(row)), None)
        if known:
            return self._completed(known)
        bare = self._bare()
        if bare:
            passage = {**self._passage, **self._values}
            return self._written({self._key: bare.get("evidence_id"), **passage}, bare, "filled")
        return self._written(self._new_row(), None, "added")

    def _completed(self, known: Row) -> AddedEvidence:
        """Write what evidence that is there lacks: cells that were asked for, and the hash of its text.

        Raises:
            UsageError: a cell has another value, which is not replaced.
        """
        asked = {**self._values, **({"quote": self._passage["quote"]} if self._asked.keep_quote else {})}
        for name, cell in asked.items():
            if known.get(name) is not None and _as_cell(known.get(name)) != cell:
                raise UsageError(
                    f"{self._place(known)}: {known.get(self._key)} is this evidence already, and its {name} is "
                    f"{shown(_as_cell(known.get(name)))}, not {shown(cell)}. Change it there, or leave out --value "
                    f"{name}."
                )
        lacking = {name: cell for name, cell in asked.items() if known.get(name) is None and cell}
        if lacking:
            return self._written({self._key: known.get(self._key), **lacking}, known, "completed")
        snapshot = self._snapshot(known)
        if snapshot:
            write(self._holding, self._sources_draft(snapshot))
        return self._outcome("known", known.get(self._key), known.number, has_snapshot=bool(snapshot))

    def _place(self, row: Row) -> str:
        own = self._holding.own(EVIDENCE)
        if own is None or not row.number:
            return "the base"
        return ", ".join(filter(None, [own.resource.file.as_posix(), _sheet(own.resource.sheet), f"row {row.number}"]))

    @property
    def _key(self) -> str:
        return self._table.primary_key[0] if self._table.primary_key else "evidence_id"

    def _is_about(self, row: Row) -> bool:
        asked = self._asked
        place = (row.get("table_name"), row.get("record_id"), row.get("field_name") or "")
        return place == (asked.table, asked.record, asked.field)

    def _is_proof(self, row: Row) -> bool:
        return row.span == self._span and row.get("quote_sha256") == self._passage["quote_sha256"]

    def _bare(self) -> Row | None:
        """Give the row for the same place that has no passage yet, or no right hash, and gets this one.

        Raises:
            UsageError: there are several.
        """
        bare = [
            row
            for row in self._rows
            if self._is_about(row) and row.span in (None, self._span) and (row.span or row.get("support") != BACKGROUND)
        ]
        named = self._asked.values.get(self._key)
        if named:
            return next((row for row in bare if row.get(self._key) == named), None)
        if len(bare) > 1:
            ids = ", ".join(row.get("evidence_id") for row in bare[:_FEW])
            raise UsageError(
                f"{number(len(bare), 'row')} of evidence for {self._asked.record} have no passage: {ids}. Name the one "
                f"to fill with --value {self._key}=…"
            )
        return bare[0] if bare else None

    @property
    def _passage(self) -> dict[str, str]:
        passage = self._text.passage(self._span)
        cells = {
            "char_start": str(self._span[0]),
            "char_end": str(self._span[1]),
            "quote_sha256": digest_of(passage),
        }
        if self._asked.keep_quote:
            self._require_column("quote")
            cells["quote"] = passage
        return cells

    @property
    def _values(self) -> dict[str, str]:
        for name in self._asked.values:
            self._require_column(name)
        set_here = {"table_name", "record_id", "field_name", "source_id", "quote", *self._passage}
        taken = [name for name in self._asked.values if name in set_here]
        if taken:
            raise UsageError(f"--value {taken[0]}: this column is filled from the other options. Leave it out.")
        return dict(self._asked.values)

    def _require_column(self, name: str) -> None:
        if name not in self._table:
            near = suggest(name, {one: one for one in self._table.field_names})
            raise UsageError(
                f"the table evidence has no column {shown(name)}; "
                f"{near or 'its columns are ' + ', '.join(self._table.field_names)}"
            )

    def _new_row(self) -> dict[str, str]:
        asked = self._asked
        cells = {
            self._key: "",
            "table_name": asked.table,
            "record_id": asked.record,
            "field_name": asked.field,
            "source_id": asked.source,
            "support": ABSENT if asked.absent else "stated",
            **self._passage,
            **self._contributor(),
        }
        cells |= self._values
        cells[self._key] = cells[self._key] or self._free_id()
        return {name: cell for name, cell in cells.items() if name in self._table and cell}

    def _contributor(self) -> dict[str, str]:
        columns = [f.name for f in self._table.fields if _role(f.descriptor) == Role.CONTRIBUTOR]
        who = str(self._holding.manifest.get("contributor") or self._asked.contributor)
        missing = [name for name in columns if self._table[name].required and name not in self._asked.values]
        if missing and not who:
            raise UsageError("who adds the evidence? Name the contributor with --as, such as --as ctr-maintainers.")
        return dict.fromkeys(columns, who)

    def _free_id(self) -> str:
        """Make an id from the row and the column: a local: name in a patch, else one with the prefix of the table."""
        is_patch = self._holding.mode is Mode.PATCH
        prefix = LOCAL if is_patch else str(_merge(self._table[self._key].descriptor).get("prefix") or "")
        wanted = prefix + "-".join(self._slug(prefix))
        taken = {one for one in self._holding.ids(EVIDENCE) if one.startswith(wanted)}
        numbered = (f"{wanted}-{at}" for at in range(2, len(taken) + 3))
        return next(one for one in (wanted, *numbered) if one not in taken)

    def _slug(self, prefix: str) -> list[str]:
        parts = _words((*self._without_prefix(), self._asked.field))
        follows = any(self._holding.manifest.get(key) for key in ("follows", "supersedes"))
        if prefix == LOCAL and follows:  # a name of an earlier batch would mean the row there
            parts = [*_words([self._holding.directory.resolve().name]), *parts]
        return parts or ["row"]

    def _without_prefix(self) -> Iterator[str]:
        table = self._holding.table(self._asked.table)
        for name, part in zip(table.primary_key, key_of(self._asked.record), strict=True):
            own = str(_merge(table[name].descriptor).get("prefix") or "")
            yield part.removeprefix(LOCAL).removeprefix(own)

    # Writing

    def _written(self, cells: Cells, bare: Row | None, outcome: Outcome) -> AddedEvidence:
        holding = self._holding
        snapshot = self._snapshot(bare)
        require_written(holding, {SOURCES: snapshot, EVIDENCE: cells} if snapshot else {EVIDENCE: cells})
        sources = self._sources_draft(snapshot) if snapshot else []
        evidence = draft(holding, EVIDENCE, cells)
        if bare and bare.number:
            evidence.table.change(bare.number, {name: of for name, of in cells.items() if name != self._key})
        row = bare.number if bare and bare.number else evidence.table.append(cells)
        drafts = [*sources, evidence]
        findings = tuple(findings_at(holding, drafts, row, self._text.file))
        if any(one.level == "error" for one in findings):
            return self._outcome("refused", cells[self._key], row, findings)
        write(holding, drafts)
        return self._outcome(outcome, cells[self._key], row, findings, has_snapshot=bool(sources))

    def _snapshot(self, bare: Row | None) -> dict[str, str]:
        """Give the cells of the source with the hash of the text, if it has none yet.

        Raises:
            UsageError: other evidence from this source would then be incomplete.
        """
        if self._source.get(SNAPSHOT) or SNAPSHOT not in self._holding.table(SOURCES):
            return {}
        others = [
            str(row.get("evidence_id"))
            for row in self._rows
            if not row.is_proven
            and row.get("support") != BACKGROUND
            and (bare is None or row.get("evidence_id") != bare.get("evidence_id"))
        ]
        if others and not self._asked.set_snapshot:
            more = f" and {len(others) - _FEW:,} more" if len(others) > _FEW else ""
            raise UsageError(
                f"{self._asked.source} has no {SNAPSHOT} yet. With the hash of this text, its other evidence needs "
                f"passages too: {', '.join(others[:_FEW])}{more}. Write it all the same with --set-snapshot."
            )
        return {"source_id": self._asked.source, SNAPSHOT: self._text.digest}

    def _sources_draft(self, cells: Cells) -> list[TableDraft]:
        sources = draft(self._holding, SOURCES, cells)
        if self._source.number:
            sources.table.change(self._source.number, {SNAPSHOT: cells[SNAPSHOT]})
        else:
            sources.table.append(cells)
        return [sources]

    def _outcome(
        self,
        outcome: Outcome,
        evidence_id: str,
        row: int,
        findings: tuple[Finding, ...] = (),
        *,
        has_snapshot: bool = False,
    ) -> AddedEvidence:
        own = self._holding.own(EVIDENCE)
        file = own.resource.file if own else self._holding.directory / f"{EVIDENCE}.csv"
        sheet = own.resource.sheet if own else ""
        digest = digest_of(self._text.passage(self._span))
        context = "[the whole text]" if self._asked.absent else self._text.around(self._span)
        return AddedEvidence(
            outcome, evidence_id, file, sheet, row, *self._span, digest, context, findings, has_snapshot
        )


def _sheet(name: str) -> str:
    return f"sheet {name}" if name else ""


def _as_cell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _role(descriptor: Mapping[str, object]) -> object:
    return _merge(descriptor).get("as")


def _merge(descriptor: Mapping[str, object]) -> Mapping[str, object]:
    merge = descriptor.get("merge")
    return merge if isinstance(merge, Mapping) else {}


def _words(parts: Iterable[str]) -> list[str]:
    return [word for part in parts for word in _WORDS.findall(anyascii(part).lower())]

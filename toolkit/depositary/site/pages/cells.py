"""Where the cells of a row came from, as pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from depositary.merging.provenance.lineage import ClaimLine
from depositary.model.provenance import ClaimStatus
from depositary.model.role import Role
from depositary.site.book import Book, ShownPassage
from depositary.site.stored import SiteTable
from depositary.site.words import say, words


@dataclass(frozen=True)
class ShownClaim:
    """A claim: its status as a code and as a word, its value if that is not published, and who made it.

    `href` leads to the source. `text` has the contributor, the contribution, the source and the decision.
    """

    status: str
    word: str
    value: str
    href: str
    text: str


@dataclass(frozen=True)
class CellOrigin:
    """Where one cell came from; under no column, where the row came from."""

    claims: Sequence[ShownClaim]
    passages: Sequence[ShownPassage]
    conflicts: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.claims or self.passages or self.conflicts)


def origin_of_row(book: Book, table: SiteTable, row_id: str) -> Mapping[str, CellOrigin]:
    """Give the origin of each cell of a row of which something is known, and under "" that of the row."""
    row = table.by_id.get(row_id, {})
    claims: dict[str, list[ShownClaim]] = {}
    if book.origins.has_provenance:
        for claim in book.origins.claims(table, row_id):
            claims.setdefault(claim.field, []).append(_claim(book, claim, row.get(claim.field)))
    coded = _as_coded(book, table, row_id)
    if coded:
        claims.setdefault("", []).append(coded)
    passages: dict[str, list[ShownPassage]] = {}
    for one in book.passages(table.name, row_id):
        passages.setdefault(one.field, []).append(one)
    conflicts: dict[str, list[str]] = {}
    for conflict in book.origins.conflicts.get((table.name, row_id), ()):
        text = say(words().origin.conflict, id=conflict.conflict_id, kind=conflict.kind)
        conflicts.setdefault(conflict.field, []).append(text)
    names = ["", *table.schema.field_names, *claims, *passages, *conflicts]
    found = {
        name: CellOrigin(claims.get(name, []), passages.get(name, []), conflicts.get(name, []))
        for name in dict.fromkeys(names)
    }
    return {name: origin for name, origin in found.items() if origin}


def _claim(book: Book, claim: ClaimLine, published: str | None) -> ShownClaim:
    texts = words().origin
    value = claim.value or texts.blank
    is_shown = claim.status == ClaimStatus.ACCEPTED and (claim.value or None) == (published or None)
    return ShownClaim(
        status=claim.status,
        word=texts.status.get(claim.status, claim.status),
        value="" if is_shown else value,
        href=book.page_of("sources", claim.source_id),
        text="; ".join(filter(None, _parts(book, claim))),
    )


def _parts(book: Book, claim: ClaimLine) -> list[str]:
    texts = words().origin
    who = book.label("contributors", claim.contributor) if claim.contributor else texts.nobody
    decider = book.origins.deciders.get(claim.decision, "")
    return [
        say(texts.by, who=who, batch=claim.batch),
        say(texts.source, source=book.label("sources", claim.source_id)) if claim.source_id else "",
        say(texts.written, text=claim.original_value) if claim.original_value else "",
        say(texts.decided, by=book.label("contributors", decider) if decider else texts.nobody, id=claim.decision)
        if claim.decision
        else "",
        say(texts.because, reason=claim.reason) if claim.reason else "",
    ]


def _as_coded(book: Book, table: SiteTable, row_id: str) -> ShownClaim | None:
    """Give what the row's own columns tell of its coder and source."""
    row, texts = table.by_id.get(row_id, {}), words().origin
    contributor = row.get(book.column_with(table, Role.CONTRIBUTOR)) or ""
    source = row.get(book.column_with(table, Role.SOURCE)) or ""
    if not contributor and not source:
        return None
    who = book.label("contributors", contributor) if contributor else texts.nobody
    parts = [say(texts.coder, who=who), say(texts.source, source=book.label("sources", source)) if source else ""]
    return ShownClaim("coded", texts.coded, "", book.page_of("sources", source), "; ".join(filter(None, parts)))

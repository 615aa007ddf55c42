"""Where the cells of a row came from, as pages show it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from depositary.merging.provenance.lineage import ClaimLine, Origin
from depositary.model.provenance import ClaimStatus
from depositary.model.role import Role
from depositary.site.addresses import Link
from depositary.site.book import Book, ShownPassage
from depositary.site.stored import SiteTable
from depositary.site.words import say, words


@dataclass(frozen=True)
class ShownClaim:
    """A claim: its status as a code and as a word, its value if that is not published, and who made it.

    `text` has the contributor and the contribution, `rest` the decision and the reason.
    """

    status: str
    word: str
    value: str
    text: str
    source: Link | None
    rest: str


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
        own = book.origins.claims(table, row_id)
        alone = {name for name, n in Counter(one.field for one in own).items() if n == 1}
        for claim in own:
            if claim.field not in alone or not _is_of_the_row(book, table, claim):
                claims.setdefault(claim.field, []).append(_claim(book, claim, row.get(claim.field)))
        claims.setdefault("", []).extend(_recorded(book, table, row_id))
    coded = _as_coded(book, table, row_id)
    if coded and not claims.get(""):
        claims.setdefault("", []).append(coded)
    beside = passages_and_conflicts(book, table.name, row_id)
    names = dict.fromkeys(["", *table.schema.field_names, *claims, *beside])
    nothing = CellOrigin((), (), ())
    found = {name: replace(beside.get(name, nothing), claims=claims.get(name, [])) for name in names}
    return {name: origin for name, origin in found.items() if origin}


def passages_and_conflicts(book: Book, table: str, row_id: str) -> dict[str, CellOrigin]:
    """Give the passages that support each cell of a row, and its open conflicts."""
    passages: dict[str, list[ShownPassage]] = {}
    for one in book.passages(table, row_id):
        passages.setdefault(one.field, []).append(one)
    conflicts: dict[str, list[str]] = {}
    for conflict in book.origins.conflicts.get((table, row_id), ()):
        text = say(words().origin.conflict, id=conflict.conflict_id, kind=conflict.kind)
        conflicts.setdefault(conflict.field, []).append(text)
    names = dict.fromkeys([*passages, *conflicts])
    return {name: CellOrigin((), passages.get(name, []), conflicts.get(name, [])) for name in names}


def _claim(book: Book, claim: ClaimLine, published: str | None) -> ShownClaim:
    texts = words().origin
    value = claim.value or texts.blank
    is_shown = claim.status == ClaimStatus.ACCEPTED and (claim.value or None) == (published or None)
    return ShownClaim(
        status=claim.status,
        word=texts.status.get(claim.status, claim.status),
        value="" if is_shown else value,
        text=_by(book, claim.contributor, claim.batch),
        source=book.link("sources", claim.source_id),
        rest="; ".join(filter(None, _rest(book, claim))),
    )


def _is_of_the_row(book: Book, table: SiteTable, claim: ClaimLine) -> bool:
    """Return whether a claim has the origin of its row, which is shown once."""
    origin = book.origins.rows.get((table.name, claim.row_id))
    accepted = claim.status == ClaimStatus.ACCEPTED and not (claim.decision or claim.reason or claim.original_value)
    return accepted and origin is not None and _made(origin) == _made(claim)


def _made(by: Origin | ClaimLine) -> tuple[str, str, str]:
    return by.contributor, by.batch, by.source_id


def _recorded(book: Book, table: SiteTable, row_id: str) -> list[ShownClaim]:
    """Give the origin of a row, which is that of all its cells without a claim of their own."""
    origin = book.origins.rows.get((table.name, row_id))
    if origin is None:
        return []
    texts = words().origin
    rest = say(texts.named, name=origin.original_row_id) if origin.original_row_id else ""
    by, source = _by(book, origin.contributor, origin.batch), book.link("sources", origin.source_id)
    return [ShownClaim("recorded", texts.recorded, "", by, source, rest)]


def _by(book: Book, contributor: str, batch: str) -> str:
    texts = words().origin
    return say(texts.by, who=book.label("contributors", contributor) if contributor else texts.nobody, batch=batch)


def _rest(book: Book, claim: ClaimLine) -> list[str]:
    texts = words().origin
    decider = book.origins.deciders.get(claim.decision, "")
    return [
        say(texts.written, text=claim.original_value) if claim.original_value else "",
        say(texts.decided, by=book.label("contributors", decider) if decider else texts.nobody, id=claim.decision)
        if claim.decision
        else "",
        say(texts.because, reason=claim.reason) if claim.reason else "",
    ]


def _as_coded(book: Book, table: SiteTable, row_id: str) -> ShownClaim | None:
    """Give what the row's own columns say of its coder and source."""
    row, texts = table.by_id.get(row_id, {}), words().origin
    contributor = row.get(book.column_with(table, Role.CONTRIBUTOR)) or ""
    source = row.get(book.column_with(table, Role.SOURCE)) or ""
    if not contributor and not source:
        return None
    who = book.label("contributors", contributor) if contributor else texts.nobody
    return ShownClaim("recorded", texts.recorded, "", say(texts.coder, who=who), book.link("sources", source), "")

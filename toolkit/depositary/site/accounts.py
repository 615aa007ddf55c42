"""The accounts of an event side by side: who takes which position to which statement, and what can be concluded."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from depositary.site.addresses import Link, anchor
from depositary.site.book import Book, ShownPassage
from depositary.site.dates import in_words
from depositary.site.words import Words, count, listed, say, words

STANCES = ("affirms", "denies", "qualifies", "reserves", "silent", "declines_comment")
VERDICTS = ("contested", "contested_one_sided", "one_sided", "anonymous", "open", "own", "agreed")


@dataclass(frozen=True)
class Mark:
    """A position of one party: `kind` gives its shape and colour, `word` says it.

    `how` says through whom or what it is known; `document` is the text in which the position is, if it is another one
    than the `sources` that the coders used. `rows` are the addresses of the rows of stances.
    """

    kind: str
    word: str
    how: str
    sources: Sequence[Link] = ()
    document: Link | None = None
    passages: Sequence[ShownPassage] = ()
    rows: Sequence[str] = ()
    is_unnamed: bool = False


@dataclass(frozen=True)
class Verdict:
    """What can be concluded on a statement: a word with its colour, and a sentence."""

    kind: str
    word: str
    sentence: str


@dataclass(frozen=True)
class AccountLine:
    """One statement, and for each party of the event its marks, or none."""

    statement_id: str
    anchor: str
    href: str
    proposition: str
    speakers: Sequence[Link]
    about: Sequence[str]
    said: str
    source: Link | None
    origin: Link | None
    passages: Sequence[ShownPassage]
    cells: Sequence[Sequence[Mark]]
    verdict: Verdict
    roots: Sequence[Link]


@dataclass(frozen=True)
class AccountTable:
    """The accounts: a column for each party, a line for each statement."""

    parties: Sequence[Link]
    lines: Sequence[AccountLine]


@dataclass(frozen=True)
class Accounts:
    """The positions on all statements of a package, read from its views."""

    book: Book

    @cached_property
    def _positions(self) -> Mapping[str, list[dict[str, Any]]]:
        rows = self.book.views.rows("SELECT * FROM statement_positions ORDER BY statement_id, party_id, stance")
        return _grouped(rows, "statement_id")

    @cached_property
    def _standing(self) -> Mapping[str, dict[str, Any]]:
        rows = self.book.views.rows("SELECT * FROM statement_standing")
        return {row["statement_id"]: row for row in rows}

    @cached_property
    def _voices(self) -> Mapping[str, list[dict[str, Any]]]:
        rows = self.book.views.rows("SELECT * FROM statement_voices ORDER BY ALL")
        return _grouped(rows, "statement_id")

    @cached_property
    def _roots(self) -> Mapping[tuple[str, str], list[dict[str, Any]]]:
        found = defaultdict(list)
        query = "SELECT * FROM row_roots WHERE table_name IN ('statements', 'stances') ORDER BY ALL"
        for row in self.book.views.rows(query):
            if row["root_id"]:
                found[row["table_name"], row["record_id"]].append(row)
        return dict(found)

    @cached_property
    def known(self) -> frozenset[str]:
        """Give the ids of the statements that are not deprecated."""
        return frozenset(self._standing)

    def verdict(self, statement_id: str) -> Verdict:
        """Say what can be concluded on a statement."""
        positions = self._positions.get(statement_id, [])
        stances = [
            (row.get("party_id") or "", mark)
            for row in self.book.rows_with("stances", "statement_id", statement_id)
            if (mark := self.stance(row)).kind in STANCES
        ]
        coded = {party for party, _ in stances}
        voices = {row["party_id"] for row in self._voices.get(statement_id, [])}
        speaking = [row["party_id"] for row in positions if row["is_holder"] and row["party_id"] in voices - coded]
        words_of = _Verdicts(self.book, self._standing[statement_id], positions, stances, speaking)
        bases = [{row["basis"] for row in rows} for rows in self._support(statement_id).values()]
        # If nobody knows whether the text of one comes from another source, it may come from one of the others.
        return words_of.verdict(len(bases), is_certain=len(bases) == 1 or {"source"} not in bases)

    def _support(self, statement_id: str) -> Mapping[str, list[dict[str, Any]]]:
        """Give the roots of a statement and of the stances that affirm it, by their ids."""
        stances = self.book.rows_with("stances", "statement_id", statement_id)
        affirming = [("stances", row.get("stance_id") or "") for row in stances if row.get("stance") == "affirms"]
        records = (("statements", statement_id), *affirming)
        return _grouped((root for one in records for root in self._roots.get(one, [])), "root_id")

    def table(self, statement_ids: Sequence[str]) -> AccountTable:
        """Put the accounts of some statements side by side, those with most positions first."""
        wanted = [one for one in statement_ids if one in self.known]
        columns = self._parties(wanted)
        ordered = sorted(wanted, key=lambda one: (-self._weight(one), one))
        lines = [self._line(one, columns) for one in ordered]
        return AccountTable([self.book.party(one) for one in columns], lines)

    def _weight(self, statement_id: str) -> int:
        return len({row["party_id"] for row in self._positions.get(statement_id, []) if row["stance"]})

    def _parties(self, statement_ids: Sequence[str]) -> list[str]:
        """Name the parties that hold a position or take one, those with most of them first."""
        weight: dict[str, int] = defaultdict(int)
        for statement_id in statement_ids:
            for row in self._positions.get(statement_id, []):
                if row["is_holder"] or row["stance"]:
                    weight[row["party_id"]] += 1 + 2 * bool(row["stance"] in ("affirms", "denies"))
        return sorted(weight, key=lambda one: (-weight[one], one))

    def _line(self, statement_id: str, parties: Sequence[str]) -> AccountLine:
        book = self.book
        row = book.tables["statements"].by_id[statement_id]
        positions = self._positions.get(statement_id, [])
        about = [book.code("statements", name, row.get(name)) for name in ("speech_act", "modality", "attribution")]
        return AccountLine(
            statement_id=statement_id,
            anchor=anchor(statement_id),
            href=book.page_of("statements", statement_id),
            proposition=row.get("proposition") or statement_id,
            speakers=[book.party(one["party_id"]) for one in positions if one["is_speaker"]],
            about=[*filter(None, about), *filter(None, [book.code("statements", "topic", row.get("topic"))])],
            said=in_words(row.get("said")),
            source=book.link("sources", row.get("source_id")),
            origin=book.link("sources", row.get("origin_source_id")),
            passages=book.passages("statements", statement_id),
            cells=[list(self._marks(statement_id, party)) for party in parties],
            verdict=self.verdict(statement_id),
            roots=[self._root(rows[0]) for _, rows in sorted(self._support(statement_id).items())],
        )

    def _root(self, row: Mapping[str, Any]) -> Link:
        table = "actors" if row["basis"] == "person" else "sources"
        return self.book.link(table, row["root_id"]) or Link(row["root_id"])

    def _marks(self, statement_id: str, party: str) -> Iterator[Mark]:
        """Give the marks of a party on a statement: its coded stances, or else its part in the statement."""
        book, texts = self.book, words().stances
        stances = [
            row for row in book.rows_with("stances", "statement_id", statement_id) if row.get("party_id") == party
        ]
        yield from _joined(sorted(map(self.stance, stances), key=_order))
        if stances:
            return
        mine = [one for one in self._positions.get(statement_id, []) if one["party_id"] == party]
        voices = [one["speaker_id"] for one in self._voices.get(statement_id, []) if one["party_id"] == party]
        if any(one["is_holder"] for one in mine) and voices:
            others = [book.label("actors", one) for one in voices if one != party]
            yield Mark("states", texts.states.word, say(texts.through, who=listed(others)) if others else texts.itself)
        elif any(one["is_holder"] for one in mine):
            yield Mark("ascribed", texts.ascribed.word, texts.ascribed.how)
        elif any(one["is_addressee"] for one in mine):
            yield Mark("addressed", texts.addressed.word, texts.addressed.how)

    def speaks(self, statement_id: str, party_id: str) -> bool:
        """Return whether a party says a statement itself, or through somebody who speaks for it under a name."""
        return any(one["party_id"] == party_id for one in self._voices.get(statement_id, []))

    def stance(self, row: Mapping[str, str | None]) -> Mark:
        """Give the mark of a row of stances."""
        book, texts = self.book, words().stances
        kind = row.get("stance") or ""
        stance_id = row.get("stance_id") or ""
        document = row.get("document_source_id")
        unnamed = [one for one in self._roots.get(("stances", stance_id), []) if one["basis"] == "person"]
        if unnamed:
            how = say(texts.unnamed, who=listed([book.label("actors", one["root_id"]) for one in unnamed]))
        elif document and row.get("access_basis") == "inspected":
            how = texts.inspected
        elif document:
            how = texts.reported
        else:
            how = ""
        return Mark(
            kind=kind,
            word=texts[kind].word if kind in STANCES else kind,
            how=how,
            sources=list(filter(None, [book.link("sources", row.get("source_id"))])),
            document=book.link("sources", document),
            passages=book.passages("stances", stance_id),
            rows=list(filter(None, [book.page_of("stances", stance_id)])),
            is_unnamed=bool(unnamed),
        )


@dataclass(frozen=True)
class _Verdicts:
    """The words for the standing of a statement."""

    book: Book
    standing: Mapping[str, Any]
    positions: Sequence[Mapping[str, Any]]
    stances: Sequence[tuple[str, Mark]]
    speaking: Sequence[str]

    def verdict(self, roots: int, *, is_certain: bool) -> Verdict:
        kind = self._kind()
        texts: Words = words().verdicts
        parts = [self._positions(), self._missing(kind), _support(roots, is_certain=is_certain), texts[kind].caution]
        return Verdict(kind, texts[kind].word, " ".join(filter(None, parts)))

    def _kind(self) -> str:
        of = self.standing
        if of["rests_on_anonymous"]:
            return "anonymous"
        if of["contested"]:
            return "contested_one_sided" if of["one_sided"] else "contested"
        if of["one_sided"]:
            return "one_sided"
        if of["contested"] is None or of["one_sided"] is None:
            return "open"
        return "agreed" if of["n_sides"] > 1 else "own"

    def _positions(self) -> str:
        """Say in one sentence which party takes which stance, and through whom."""
        texts, parts = words().verdicts, dict[str, list[Mark]]()
        for party, mark in sorted(self.stances, key=lambda one: _order(one[1])):
            parts.setdefault(party, []).append(mark)
        clauses = [say(texts.clause, party=self.book.party(one).text, does=texts.states) for one in self.speaking]
        for party, marks in parts.items():
            does = texts.but.join(dict.fromkeys(_clause(one) for one in marks))
            clauses.append(say(texts.clause, party=self.book.party(party).text, does=does))
        sentence = texts.then.join(clauses)
        return say(texts.sentence, text=sentence) if sentence else ""

    def _missing(self, kind: str) -> str:
        """Say of whom no row has a position in words."""
        if kind not in ("contested_one_sided", "one_sided", "open"):
            return ""
        spoken = {row["party_id"] for row in self.positions if row["stance"] in ("affirms", "denies")}
        spoken |= {*self.speaking}
        holders = dict.fromkeys(row["party_id"] for row in self.positions if row["is_holder"])
        others = [self.book.party(one).text for one in holders if one not in spoken]
        return say(words().verdicts.no_row, who=words().either.join(others)) if others else ""


def _support(roots: int, *, is_certain: bool) -> str:
    texts = words().verdicts.roots
    return count(texts.certain if is_certain else texts.possible, roots) if roots else str(texts.unknown)


def _joined(marks: Sequence[Mark]) -> Iterator[Mark]:
    """Join the findings of several coders that say the same."""
    found: dict[tuple[object, ...], list[Mark]] = {}
    for one in marks:
        found.setdefault((one.kind, one.how, one.document), []).append(one)
    for same in found.values():
        texts = words().stances.findings
        how = "; ".join(filter(None, [same[0].how, count(texts, len(same)) if len(same) > 1 else ""]))
        sources = list(dict.fromkeys(source for one in same for source in one.sources))
        passages = [passage for one in same for passage in one.passages]
        yield replace(
            same[0], how=how, sources=sources, passages=passages, rows=[row for one in same for row in one.rows]
        )


def _order(mark: Mark) -> tuple[bool, int]:
    """Order marks: those on the record first, then as the stances are listed."""
    return mark.is_unnamed, STANCES.index(mark.kind) if mark.kind in STANCES else len(STANCES)


def _clause(mark: Mark) -> str:
    texts = words().stances
    clause: str = texts[mark.kind].clause
    if mark.is_unnamed:
        return say(words().verdicts.unnamed, does=clause)
    return str(texts[mark.kind].get("document", clause)) if mark.document else clause


def _grouped(rows: Iterable[dict[str, Any]], name: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found

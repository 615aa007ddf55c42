"""How the positions of an actor follow each other: what it said on each topic, and when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import groupby

from markupsafe import Markup

from depositary.site.accounts import STANCES, Accounts, Mark
from depositary.site.addresses import Link
from depositary.site.book import Book
from depositary.site.dates import in_words
from depositary.site.drawing.course import Step, course
from depositary.site.pages.facts import statement_home
from depositary.site.words import count, say, words

_STATES = "states"  # the kind of what a party says itself, without a coded stance
_TOPICS, _CLAUSES, _LISTED = 8, 8, 200  # topics that are drawn, positions in a sentence, rows of the table


@dataclass(frozen=True)
class Position:
    """A position of an actor on a statement, from the first to the last day that its date can mean."""

    topic: str
    kind: str
    is_unnamed: bool
    when: str
    first: date | None
    last: date | None
    statement: Link

    @property
    def word(self) -> str:
        """Name the position."""
        word: str = words().stances[self.kind].word
        return say(words().course.unnamed, word=word) if self.is_unnamed else word

    @property
    def is_dated(self) -> bool:
        """Return whether something is known of its day."""
        return bool(self.first or self.last)


@dataclass(frozen=True)
class Course:
    """The positions of an actor over time: a picture, a sentence for each topic, and a table that says the same."""

    picture: Markup
    findings: Sequence[str]
    legend: Sequence[tuple[str, str]]
    rows: Sequence[Position]
    more: int
    notes: Sequence[str]


@dataclass(frozen=True)
class Positions:
    """The dated positions of all actors."""

    book: Book
    accounts: Accounts

    def course(self, actor_id: str) -> Course | None:
        """Give the course of an actor's positions, if at least two on one topic have a date."""
        topics: dict[str, list[Position]] = {}
        for one in self._of(actor_id):
            topics.setdefault(one.topic, []).append(one)
        moving = [(name, of) for name, of in topics.items() if sum(one.is_dated for one in of) > 1]
        moving.sort(key=lambda one: (-len(one[1]), one[0]))
        return _course(self.book.party(actor_id).text, moving) if moving else None

    def _of(self, actor_id: str) -> Iterator[Position]:
        """Give the coded stances of an actor, and what it says without one."""
        coded = set()
        for row in self.book.rows_with("stances", "party_id", actor_id):
            statement_id, mark = row.get("statement_id") or "", self.accounts.stance(row)
            coded.add(statement_id)
            if mark.kind in STANCES and statement_id in self.accounts.known:
                days = self._days_of_stances.get(row.get("stance_id") or "", (None, None))
                yield self._position(statement_id, mark, row.get("as_of"), days)
        for part in self.book.rows_with("statement_parties", "actor_id", actor_id):
            statement_id = part.get("statement_id") or ""
            if statement_id in coded or statement_id not in self.accounts.known:
                continue
            if part.get("role") in ("speaker", "holder") and self.accounts.speaks(statement_id, actor_id):
                coded.add(statement_id)
                said = self.book.tables["statements"].by_id.get(statement_id, {}).get("said")
                days = self._days_of_statements.get(statement_id, (None, None))
                yield self._position(statement_id, Mark(_STATES, "", ""), said, days)

    def _position(
        self, statement_id: str, mark: Mark, day: str | None, days: tuple[date | None, date | None]
    ) -> Position:
        row = self.book.tables["statements"].by_id.get(statement_id, {})
        link = Link(row.get("proposition") or statement_id, statement_home(self.book, statement_id))
        topic = self.book.code("statements", "topic", row.get("topic"))
        return Position(topic, mark.kind, mark.is_unnamed, in_words(day), *days, link)

    @cached_property
    def _days_of_stances(self) -> Mapping[str, tuple[date | None, date | None]]:
        dated = "as_of" in self.book.tables["stances"].schema
        return self._days("SELECT stance_id AS id, as_of AS day FROM stances") if dated else {}

    @cached_property
    def _days_of_statements(self) -> Mapping[str, tuple[date | None, date | None]]:
        return self._days("SELECT statement_id AS id, said AS day FROM statements")

    def _days(self, query: str) -> Mapping[str, tuple[date | None, date | None]]:
        rows = self.book.views.rows(f"SELECT id, EARLIEST(day) AS first, LATEST(day) AS last FROM ({query}) AS of")  # noqa: S608 (as above)
        return {row["id"]: (row["first"], row["last"]) for row in rows}


def _course(party: str, topics: Sequence[tuple[str, list[Position]]]) -> Course:
    texts = words().course
    dated = [(name, sorted((one for one in of if one.is_dated), key=_in_time)) for name, of in topics]
    shown = dated[:_TOPICS]
    findings = [_finding(name, of) for name, of in shown]
    label = say(texts.label, party=party, topics=count(texts.topics, len(shown)), findings=" ".join(findings))
    picture, crowded = course([(name, list(_steps(of))) for name, of in shown], label)
    undated = sum(not one.is_dated for _, of in topics[:_TOPICS] for one in of)
    notes = ((texts.undated, undated), (texts.crowded, crowded), (texts.left, len(dated) - len(shown)))
    rows = [one for _, of in shown for one in of]
    kinds = {one.kind for one in rows}
    return Course(
        picture=picture,
        findings=findings,
        legend=[(kind, words().stances[kind].word) for kind in (*STANCES, _STATES) if kind in kinds],
        rows=rows[:_LISTED],
        more=max(0, len(rows) - _LISTED),
        notes=[count(text, n) for text, n in notes if n],
    )


def _in_time(one: Position) -> tuple[date, date, int, str]:
    """Order positions by the last day on which they can be."""
    rank = STANCES.index(one.kind) if one.kind in STANCES else len(STANCES)
    return one.last or date.max, one.first or date.min, rank, one.statement.text


def _same(one: Position) -> tuple[object, ...]:
    return one.last or date.max, one.first or date.min, one.kind, one.is_unnamed, one.when


def _finding(topic: str, positions: Sequence[Position]) -> str:
    """Say in one sentence which positions follow each other."""
    texts, clauses = words().course, []
    for (*_, kind, is_unnamed, when), group in groupby(positions, _same):
        statements = count(words().statements, len(list(group)))
        does = say(texts.clause, does=texts.does[kind], statements=statements, when=when)
        clauses.append(say(words().verdicts.unnamed, does=does) if is_unnamed else does)
    more = [say(texts.beyond, n=len(clauses) - _CLAUSES)] if len(clauses) > _CLAUSES else []
    return say(texts.finding, topic=topic, clauses=texts.then.join([*clauses[:_CLAUSES], *more]))


def _steps(positions: Sequence[Position]) -> Iterator[Step]:
    """Join the positions of one kind and one date to one mark."""
    for _, group in groupby(positions, _same):
        of = list(group)
        word = of[0].word if len(of) == 1 else say(words().course.several, word=of[0].word, n=len(of))
        text = "\n".join([f"{of[0].word}, {of[0].when}", *(one.statement.text for one in of)])
        yield Step(of[0].topic, of[0].kind, word, of[0].first, of[0].last, text)

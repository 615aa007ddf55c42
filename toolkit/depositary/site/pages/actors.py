"""The pages of actors: names, roles, statements over time, meetings, and who speaks about whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from depositary.site.accounts import Accounts
from depositary.site.addresses import Link
from depositary.site.book import Book, ShownPassage
from depositary.site.dates import in_words
from depositary.site.drawing.network import Edge, network
from depositary.site.page import Page
from depositary.site.pages.facts import Fact, statement_home
from depositary.site.pages.positions import Course, Positions
from depositary.site.words import words

_DRAWN = 40  # actors in the map
_LISTED = 500  # statements of an actor


@dataclass(frozen=True)
class Said:
    """A statement in which an actor has a part, and the actor's stance to it."""

    when: str
    topic: str
    link: Link
    part: str
    stances: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ActorPage:
    """An actor."""

    actor_id: str
    row: str
    kind: str
    facts: Sequence[Fact]
    tenures: Sequence[tuple[Link, str, str]]
    course: Course | None
    topics: Sequence[tuple[str, Sequence[Said]]]
    more_statements: int
    meetings: Sequence[tuple[Link, str]]
    measures: Sequence[tuple[Link, str]]
    members: Sequence[Link]
    passages: Sequence[ShownPassage]
    notes: str


@dataclass(frozen=True)
class ActorList:
    """All actors by kind, with the map of who met and who speaks about whom, and the table that says the same.

    `drawn` is the number of parties in the map if these are not all, and otherwise 0.
    """

    groups: Sequence[tuple[str, Sequence[tuple[Link, int]]]]
    drawing: Markup
    edges: Sequence[Edge]
    drawn: int


def actor_pages(book: Book, accounts: Accounts) -> Iterator[Page]:
    """Give the list of actors, and a page for each."""
    if not book.subjects.actors:
        return
    texts, table = words(), book.tables["actors"]
    parts = _parts(book)
    groups: dict[str, list[tuple[Link, int]]] = {}
    for actor_id in table.by_id:
        kind = book.code("actors", "kind", table.by_id[actor_id].get("kind"))
        link = book.link("actors", actor_id) or Link(actor_id)
        groups.setdefault(kind, []).append((link, len(parts.get(actor_id, []))))
    edges = _edges(book)
    names = sorted({one for edge in edges for one in (edge.one, edge.other)})
    weight = {name: sum(e.met + e.spoke for e in edges if name in (e.one, e.other)) for name in names}
    drawn = sorted(names, key=lambda one: (-weight[one], one))[:_DRAWN]
    drawing = network(drawn, edges, {one: book.party(one) for one in names})
    part = len(drawn) if len(drawn) < len(names) else 0
    yield Page("actors/index.html", "actors.html", texts.nav.actors, "actors",
               ActorList(sorted(groups.items(), key=_weight), drawing, edges, part))  # fmt: skip
    if not table.has_pages:
        return
    positions = Positions(book, accounts)
    for actor_id in table.ids:
        row = table.by_id[actor_id]
        yield Page(
            book.page_of("actors", actor_id),
            "actor.html",
            book.label("actors", actor_id),
            "actors",
            _actor(book, actor_id, parts.get(actor_id, []), positions.course(actor_id)),
            trail=((texts.nav.actors, "actors/index.html"),),
            kind=texts.kinds.actor,
            find=" ".join(
                filter(None, [actor_id, row.get("name_native"), row.get("aliases"), row.get("described_as")])
            ),
        )


def _weight(group: tuple[str, Sequence[tuple[Link, int]]]) -> tuple[int, str]:
    return -sum(n for _, n in group[1]), group[0]


def _parts(book: Book) -> Mapping[str, list[dict[str, Any]]]:
    """Map actors to the statements in which they have a part, those of known days first."""
    query = """
        SELECT p.*, EARLIEST(p.said) AS first_day FROM statement_positions AS p
        ORDER BY first_day NULLS LAST, p.statement_id, p.party_id, p.stance
        """
    found: dict[str, list[dict[str, Any]]] = {}
    for row in book.views.rows(query):
        found.setdefault(row["party_id"], []).append(row)
    return found


def _actor(book: Book, actor_id: str, parts: Sequence[Mapping[str, Any]], course: Course | None) -> ActorPage:
    row = book.tables["actors"].by_id[actor_id]
    statements = _by_statement(parts)
    return ActorPage(
        actor_id=actor_id,
        row=book.row_page("actors", actor_id),
        kind=book.code("actors", "kind", row.get("kind")),
        facts=list(_facts(book, row)),
        tenures=list(_tenures(book, actor_id)),
        course=course,
        topics=_topics(book, dict(list(statements.items())[:_LISTED])),
        more_statements=max(0, len(statements) - _LISTED),
        meetings=[
            (link, book.code("meeting_participants", "role", one.get("role")))
            for column in ("actor_id", "represents_actor_id")
            for one in book.rows_with("meeting_participants", column, actor_id)
            if (link := book.link("meetings", one.get("meeting_id")))
        ],
        measures=[
            (link, book.code("policy_action_parties", "role", one.get("role")))
            for one in book.rows_with("policy_action_parties", "actor_id", actor_id)
            if (link := book.link("policy_actions", one.get("policy_action_id")))
        ],
        members=[
            link
            for one in book.rows_with("actor_members", "group_id", actor_id)
            if (link := book.link("actors", one.get("member_id")))
        ],
        passages=book.passages("actors", actor_id),
        notes=row.get("notes") or "",
    )


def _facts(book: Book, row: Mapping[str, str | None]) -> Iterator[Fact]:
    texts = words().actors
    for name in ("name_native", "aliases", "described_as", "anonymity_reason"):
        if row.get(name):
            yield Fact(texts[name], [Link(row[name] or "")])
    if row.get("jurisdiction"):
        yield Fact(texts.jurisdiction, [Link(book.place(row["jurisdiction"]), "", row["jurisdiction"] or "")])
    for name in ("part_of_actor_id", "told_to_actor_id"):
        link = book.link("actors", row.get(name))
        if link:
            yield Fact(texts[name], [link])
    qid = row.get("wikidata_qid")
    if qid and qid[:1] == "Q" and qid[1:].isascii() and qid[1:].isdigit():
        yield Fact(texts.wikidata, [Link(qid, f"https://www.wikidata.org/wiki/{qid}")])
    source = book.link("sources", row.get("source_id"))
    if source:
        yield Fact(words().facts.source, [source])


def _tenures(book: Book, actor_id: str) -> Iterator[tuple[Link, str, str]]:
    texts = words().actors
    for column, other in (("person_id", "organisation_id"), ("organisation_id", "person_id")):
        for one in book.rows_with("tenures", column, actor_id):
            link = book.link("actors", one.get(other))
            days = [in_words(one.get("started")), in_words(one.get("ended"))]
            if link:
                yield link, one.get("title_text") or "", texts.to.join(days) if any(days) else texts.no_dates


def _by_statement(parts: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Map the statements to the parts that an actor has in them, in the order of the days."""
    statements: dict[str, list[Mapping[str, Any]]] = {}
    for one in parts:
        statements.setdefault(one["statement_id"], []).append(one)
    return statements


def _topics(book: Book, statements: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, list[Said]]]:
    """Order the statements by topic, with all stances of the actor to each."""
    topics: dict[str, list[Said]] = {}
    for statement_id, rows in statements.items():
        topic = book.code("statements", "topic", rows[0]["topic"])
        topics.setdefault(topic, []).append(_said(book, statement_id, rows))
    return sorted(topics.items(), key=lambda one: (-len(one[1]), one[0]))


def _said(book: Book, statement_id: str, rows: Sequence[Mapping[str, Any]]) -> Said:
    texts = words().parts
    part = [texts[name] for name in ("is_speaker", "is_holder", "is_addressee", "is_beneficiary") if rows[0][name]]
    stances = [(row["stance"], words().stances[row["stance"]].word) for row in rows if row["stance"]]
    link = Link(rows[0]["proposition"], statement_home(book, statement_id))
    return Said(in_words(rows[0]["said"]), "", link, ", ".join(part), stances)


def _edges(book: Book) -> list[Edge]:
    """Count for each pair of parties the meetings of both, and the statements in which one speaks about the other."""
    met: dict[tuple[str, str], set[str]] = {}
    spoke: dict[tuple[str, str], set[str]] = {}
    by_meeting: dict[str, set[str]] = {}
    people = book.tables["meeting_participants"].rows if "meeting_participants" in book.tables else ()
    for row in people:
        party = row.get("represents_actor_id") or row.get("actor_id") or ""
        by_meeting.setdefault(row.get("meeting_id") or "", set()).add(party)
    for meeting, parties in by_meeting.items():
        for one in parties:
            for other in parties:
                if one < other:
                    met.setdefault((one, other), set()).add(meeting)
    query = """
        SELECT DISTINCT h.statement_id, h.party_id AS one, o.party_id AS other FROM statement_positions AS h
        JOIN statement_positions AS o ON o.statement_id = h.statement_id AND o.party_id <> h.party_id
        WHERE h.is_holder AND (o.is_addressee OR o.is_holder OR o.is_beneficiary) ORDER BY ALL
        """
    for row in book.views.rows(query):
        pair = (min(row["one"], row["other"]), max(row["one"], row["other"]))
        spoke.setdefault(pair, set()).add(row["statement_id"])
    pairs = sorted(met.keys() | spoke.keys())
    return [Edge(one, other, len(met.get((one, other), ())), len(spoke.get((one, other), ()))) for one, other in pairs]

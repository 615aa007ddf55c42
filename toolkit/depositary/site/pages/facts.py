"""The pages of events: meetings, policy actions, and statements that belong to neither, with the accounts of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from depositary.site.accounts import Accounts, AccountTable, Verdict
from depositary.site.addresses import Link, anchor
from depositary.site.book import Book, ShownPassage
from depositary.site.dates import in_words
from depositary.site.page import Page
from depositary.site.words import say, words

STATEMENTS = "facts/statements.html"
_STAGES = (
    "considered", "threatened", "investigated", "announced", "in_force", "suspended", "resumed", "amended", "removed",
    "never_implemented",
)  # fmt: skip
_REACHED = ("in_force", "resumed")  # stages in which a measure applies


@dataclass(frozen=True)
class Fact:
    """A line in the head of an event: what it is, and one or several values."""

    name: str
    values: Sequence[Link]


@dataclass(frozen=True)
class EventPage:
    """An event: its head, the row and its passages, its accounts, and other rows about it."""

    table: str
    row_id: str
    row: str
    kind: str
    facts: Sequence[Fact]
    passages: Sequence[ShownPassage]
    notes: str
    accounts: AccountTable
    stages: Sequence["Stage"]
    stage_sentence: str
    products: Sequence[Fact]
    conditions: Sequence[Fact]
    parts: Sequence[Link]


@dataclass(frozen=True)
class Stage:
    """A stage of a policy action: whether a source reports it, whether it is current, when, and for which part."""

    kind: str
    word: str
    when: str
    scope: str
    source: Link | None
    is_reached: bool = True
    is_current: bool = False


@dataclass(frozen=True)
class Listed:
    """An event in the list: its dates for people, and how many statements stand in which way."""

    link: Link
    when: str
    about: str
    statements: int
    verdicts: Mapping[str, int]


@dataclass(frozen=True)
class FactList:
    """The list of events."""

    meetings: Sequence[Listed]
    measures: Sequence[Listed]
    others: int
    notable: Sequence[tuple[Link, str, Verdict]]


def fact_pages(book: Book, accounts: Accounts) -> Iterator[Page]:
    """Give the list of events, and a page for each."""
    if not book.subjects.facts:
        return
    texts = words()
    events = _Events(book, accounts)
    yield Page("facts/index.html", "facts.html", texts.nav.facts, "facts", events.listed())
    yield Page(STATEMENTS, "statements.html", texts.facts.elsewhere, "facts", events.others(),
               trail=((texts.nav.facts, "facts/index.html"),), kind=texts.kinds.page)  # fmt: skip
    for table, kind in (("meetings", texts.kinds.meeting), ("policy_actions", texts.kinds.measure)):
        if book.has_subject_page(table) and book.tables[table].has_pages:
            for row_id in book.tables[table].ids:
                yield Page(
                    book.page_of(table, row_id),
                    "event.html",
                    book.label(table, row_id),
                    "facts",
                    events.page(table, row_id),
                    trail=((texts.nav.facts, "facts/index.html"),),
                    kind=kind,
                    find=row_id,
                )


@dataclass(frozen=True)
class _Events:
    book: Book
    accounts: Accounts

    def listed(self) -> FactList:
        return FactList(
            meetings=self._list("meetings", "meeting_id"),
            measures=self._list("policy_actions", "policy_action_id"),
            others=len(self._elsewhere()),
            notable=list(self._notable()),
        )

    def _list(self, table: str, column: str) -> list[Listed]:
        if not self.book.has_subject_page(table):
            return []
        return [self._listed(table, column, row_id) for row_id in self.book.tables[table].ids]

    def _listed(self, table: str, column: str, row_id: str) -> Listed:
        row = self.book.tables[table].by_id[row_id]
        statements = self._statements(column, row_id)
        verdicts: dict[str, int] = {}
        for one in statements:
            kind = self.accounts.verdict(one).kind
            verdicts[kind] = verdicts.get(kind, 0) + 1
        about = row.get("meeting_kind") or row.get("direction")
        return Listed(
            link=self.book.link(table, row_id) or Link(row_id),
            when=in_words(row.get("held")) or self._when(row_id),
            about=self.book.code(table, "meeting_kind" if row.get("meeting_kind") else "direction", about),
            statements=len(statements),
            verdicts=verdicts,
        )

    def _when(self, action: str) -> str:
        stages = self.book.rows_with("policy_action_stages", "policy_action_id", action)
        return "; ".join(dict.fromkeys(in_words(one.get("reached")) for one in stages if one.get("reached")))

    def _statements(self, column: str, row_id: str) -> list[str]:
        rows = self.book.rows_with("statements", column, row_id)
        return [row["statement_id"] or "" for row in rows if row["statement_id"] in self.accounts.known]

    def _elsewhere(self) -> list[str]:
        rows = self.book.tables["statements"].by_id.items()
        return [
            one
            for one, row in rows
            if not row.get("meeting_id") and not row.get("policy_action_id") and one in self.accounts.known
        ]

    def others(self) -> AccountTable:
        return self.accounts.table(self._elsewhere())

    def _notable(self) -> Iterator[tuple[Link, str, Verdict]]:
        """Give the statements that somebody disputes or that rest on few, with the page on which they are."""
        for one, row in self.book.tables["statements"].by_id.items():
            if one in self.accounts.known:
                verdict = self.accounts.verdict(one)
                if verdict.kind in ("contested", "contested_one_sided", "one_sided", "anonymous"):
                    yield Link(row.get("proposition") or one, statement_home(self.book, one)), verdict.kind, verdict

    def page(self, table: str, row_id: str) -> EventPage:
        book, row = self.book, self.book.tables[table].by_id[row_id]
        is_meeting = table == "meetings"
        column = "meeting_id" if is_meeting else "policy_action_id"
        stages = [] if is_meeting else self._stages(row_id)
        parts = book.rows_with(table, "part_of_meeting_id" if is_meeting else "part_of_action_id", row_id)
        return EventPage(
            table=table,
            row_id=row_id,
            row=book.row_page(table, row_id),
            kind=book.code(table, "meeting_kind", row.get("meeting_kind"))
            if is_meeting
            else book.label("action_kinds", row.get("action_kind") or ""),
            facts=list(self._meeting(row_id) if is_meeting else self._measure(row_id)),
            passages=book.passages(table, row_id),
            notes=row.get("notes") or "",
            accounts=self.accounts.table(self._statements(column, row_id)),
            stages=stages,
            stage_sentence=_sentence(stages) if stages else "",
            products=[] if is_meeting else list(self._products(row_id)),
            conditions=[] if is_meeting else list(self._conditions(row_id)),
            parts=[link for one in parts if (link := book.link(table, one[column]))],
        )

    def _meeting(self, row_id: str) -> Iterator[Fact]:
        book, texts = self.book, words().facts
        row = book.tables["meetings"].by_id[row_id]
        people = book.rows_with("meeting_participants", "meeting_id", row_id)
        yield Fact(texts.who, [self._participant(one) for one in people])
        yield Fact(texts.when, [Link(in_words(row.get("held")) or texts.unknown, "", row.get("held") or "")])
        where = [row.get("place_text"), book.place(row.get("jurisdiction")) if row.get("jurisdiction") else ""]
        yield Fact(texts.where, [Link(", ".join(filter(None, where)) or texts.unknown)])
        yield Fact(texts.channel, _links(book.code("meetings", "channel", row.get("channel"))))
        yield Fact(texts.status, _links(book.code("meetings", "meeting_status", row.get("meeting_status"))))
        yield Fact(texts.part_of, _found(book.link("meetings", row.get("part_of_meeting_id"))))
        yield Fact(texts.organiser, _found(book.link("actors", row.get("organiser_id"))))
        yield Fact(texts.source, _found(book.link("sources", row.get("source_id"))))

    def _participant(self, one: Mapping[str, str | None]) -> Link:
        of = self.book.link("actors", one.get("actor_id")) or Link("")
        behind = self.book.party(one["represents_actor_id"] or "").text if one.get("represents_actor_id") else ""
        role = self.book.code("meeting_participants", "role", one.get("role"))
        return Link(of.text, of.href, ", ".join(filter(None, [behind, role.lower()])))

    def _measure(self, row_id: str) -> Iterator[Fact]:
        book, texts = self.book, words().facts
        row = book.tables["policy_actions"].by_id[row_id]
        parties: dict[str, list[Link]] = {}
        for one in book.rows_with("policy_action_parties", "policy_action_id", row_id):
            role = book.code("policy_action_parties", "role", one.get("role"))
            basis = book.code("policy_action_parties", "affected_basis", one.get("affected_basis"))
            actor = book.link("actors", one.get("actor_id"))
            of = actor or Link(book.place(one.get("party_jurisdiction")))
            parties.setdefault(role, []).append(Link(of.text, of.href, basis.lower()))
        for role, links in parties.items():
            yield Fact(role, links)
        for name in ("direction", "flow_affected", "rationale", "level"):
            yield Fact(texts[name], _links(book.code("policy_actions", name, row.get(name))))
        yield Fact(texts.part_of, _found(book.link("policy_actions", row.get("part_of_action_id"))))
        yield Fact(texts.source, _found(book.link("sources", row.get("source_id"))))

    def _stages(self, row_id: str) -> list[Stage]:
        """Give all stages in their usual order; those that no source reports are not reached."""
        book = self.book
        current = {row["stage_id"] for row in self._current.get(row_id, [])}
        reached: dict[str, list[Mapping[str, str | None]]] = {}
        for row in book.rows_with("policy_action_stages", "policy_action_id", row_id):
            reached.setdefault(row.get("stage") or "", []).append(row)
        found = []
        for kind in (*_STAGES, *sorted(reached.keys() - set(_STAGES))):
            word = book.code("policy_action_stages", "stage", kind)
            for row in reached.get(kind, []):
                scope = [row.get("product_row_id"), row.get("party_row_id")]
                is_current = row.get("stage_id") in current
                scoped, source = ", ".join(filter(None, scope)), book.link("sources", row.get("source_id"))
                found.append(Stage(kind, word, in_words(row.get("reached")), scoped, source, is_current=is_current))
            if kind not in reached and kind in _STAGES[:5]:
                found.append(Stage(kind, word, "", "", None, is_reached=False))
        return found

    @cached_property
    def _current(self) -> Mapping[str, list[Mapping[str, object]]]:
        found: dict[str, list[Mapping[str, object]]] = {}
        for row in self.book.views.rows("SELECT policy_action_id, stage_id FROM current_stages ORDER BY ALL"):
            found.setdefault(row["policy_action_id"], []).append(row)
        return found

    def _products(self, row_id: str) -> Iterator[Fact]:
        book = self.book
        for one in book.rows_with("policy_action_products", "policy_action_id", row_id):
            name = " ".join(filter(None, [one.get("product_code"), one.get("product_text")]))
            of = book.code("policy_action_products", "classification", one.get("classification"))
            levels = " → ".join(filter(None, [one.get("prior_level"), one.get("new_level")]))
            unit = one.get("level_unit") or ""
            page = book.page_of("policy_action_products", one.get("product_row_id") or "")
            yield Fact(of, [Link(name, page, f"{levels} {unit}".strip())])

    def _conditions(self, row_id: str) -> Iterator[Fact]:
        book = self.book
        for one in book.rows_with("policy_action_conditions", "policy_action_id", row_id):
            kind = book.code("policy_action_conditions", "condition_kind", one.get("condition_kind"))
            policy = book.code("policy_action_conditions", "licence_policy", one.get("licence_policy"))
            page = book.page_of("policy_action_conditions", one.get("condition_id") or "")
            yield Fact(kind, [Link(one.get("text") or "", page, policy)])


def _sentence(stages: Sequence[Stage]) -> str:
    """Say which stages are current, and whether the measure is known to apply."""
    texts = words().facts
    current = dict.fromkeys(one.word.lower() for one in stages if one.is_current)
    applies = any(one.is_reached and one.kind in _REACHED for one in stages)
    parts = [say(texts.current, stages=", ".join(current))] if current else []
    return " ".join([*parts, *([] if applies else [texts.not_in_force])])


def statement_home(book: Book, statement_id: str) -> str:
    """Give the address of a statement among the accounts of its event."""
    row = book.tables["statements"].by_id.get(statement_id, {})
    for table, column in (("meetings", "meeting_id"), ("policy_actions", "policy_action_id")):
        page = book.page_of(table, row.get(column) or "") if book.has_subject_page(table) else ""
        if page:
            return f"{page}#{anchor(statement_id)}"
    return f"{STATEMENTS}#{anchor(statement_id)}"


def _links(text: str) -> list[Link]:
    return [Link(text)] if text else []


def _found(link: Link | None) -> list[Link]:
    return [link] if link else []

"""The merge of docs/merge-rules.md in plain Python over dictionaries: slow, short, and written apart from the program.

It knows nothing of files: texts come in, texts go out. Of validation it knows only that a deleted row may still be
referred to. A row's key is a tuple of texts; a blank cell is absent, and None where a value is meant.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from depositary.merging.claims.hashes import conflict_id, inputs_hash, short_hash
from depositary.model.record_id import key_of

Key = tuple[str, ...]
Row = dict[str, str]
Line = dict[str, str]
Field = Mapping[str, Any]

ERASE = r"\N"
ABOUT_THE_WORK = ("source", "contributor", "audit")
SETTLED_BY_ROLE = ("set", "lowest")
DROP_EDIT, CLASH = "schema.column_drop_edit", "schema.type_clash"
ROW_COLUMNS = ("table", "row_id", "contributor", "batch", "source_id", "status", "original_row_id")
CELL_COLUMNS = (
    *("table", "row_id", "field", "contributor", "batch", "value", "source_id", "status"),
    *("original_row_id", "original_value", "decision", "reason"),
)
CONFLICT_COLUMNS = (
    *("conflict_id", "kind", "status", "table", "row_id", "field"),
    *("contributor", "batch", "value", "source_id", "inputs_hash", "decided_by"),
)
REDIRECT_COLUMNS = ("table", "old_id", "canonical_id", "decided_by")


@dataclass(frozen=True)
class PlainTable:
    """A table; `references` are triples of fields, parent table and parent's fields, `merge` is the schema's policy."""

    fields: tuple[Field, ...]
    key: Key
    rows: Mapping[Key, Mapping[str, str]] = field(default_factory=dict)
    merge: Mapping[str, Any] = field(default_factory=dict)
    references: tuple[tuple[Key, str, Key], ...] = ()

    def role(self, name: str) -> str:
        return next((f.get("merge", {}).get("as", "") for f in self.fields if f["name"] == name), "")

    def descriptor(self, name: str) -> Field:
        return next((f for f in self.fields if f["name"] == name), {"name": name, "type": "string"})

    def names(self) -> list[str]:
        return [f["name"] for f in self.fields]

    def with_role(self, role: str) -> list[str]:
        return [name for name in self.names() if self.role(name) == role]


Tables = Mapping[str, PlainTable]


@dataclass(frozen=True, eq=False)
class Contribution:
    """A batch; `rows` are its lines as they were written, `base` is None for the current package.

    `age` numbers the version of its base, older ones smaller; that of the current package is the largest.
    """

    contributor: str
    batch: str
    mode: str = "patch"
    rows: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)
    deletes: Sequence[tuple[str, Key, str, str]] = ()
    base: Tables | None = None
    drop: Mapping[str, Sequence[str]] = field(default_factory=dict)
    add: Mapping[str, Sequence[Field]] = field(default_factory=dict)
    supersedes: Sequence[str | Mapping[str, str]] = ()
    follows: Sequence[str] = ()
    age: int = 99

    @property
    def replaces(self) -> list[str]:
        return [entry for entry in self.supersedes if isinstance(entry, str)]

    @property
    def withdraws(self) -> list[Mapping[str, str]]:
        return [entry for entry in self.supersedes if not isinstance(entry, str)]

    def says_something_of(self, table: str) -> bool:
        deleted = any(name == table for name, *_ in self.deletes)
        held = table in self.rows if self.mode == "snapshot" else bool(self.rows.get(table))
        return held or deleted or table in self.drop or table in self.add


@dataclass(frozen=True)
class Judgement:
    decider: str
    table: str
    left: str
    right: str
    judgement: str


@dataclass(frozen=True)
class Resolution:
    decider: str
    conflict_id: str
    inputs_hash: str
    choice: str
    take_from: str = ""
    value: str = ""
    reason: str = ""
    table: str = ""
    row_id: str = ""
    field: str = ""


@dataclass(frozen=True)
class Claim:
    """One batch's wish for one cell; `field` is empty for a deletion, `number` tells equal lines of one batch apart."""

    table: str
    row: Key
    field: str
    contributor: str
    batch: str
    value: str | None
    source: str = ""
    base: str | None = None
    late: bool = False
    withdrawn: bool = False
    restated: bool = False
    written_row: Key = ()
    written: str | None = None
    reason: str = ""

    @property
    def order(self) -> tuple[str, ...]:
        return (self.contributor, self.batch, self.called, self.value or "")

    @property
    def called(self) -> str:
        """Give what the batch calls the row, if that is another id."""
        return called(self.written_row, self.row)

    @property
    def origin(self) -> "Origin":
        return (self.contributor, self.batch, self.called, self.source)


# Which batch another one replaced, and the table and column, or blanks for the whole of it.
Replaced = frozenset[tuple[str, str, str, str]]
Origin = tuple[str, str, str, str]  # contributor, batch, what it calls the row if that is another id, source


@dataclass(frozen=True)
class Earlier:
    """What earlier merges have told of the current package."""

    rows: Sequence[Line] = ()
    cells: Sequence[Line] = ()
    redirects: Sequence[Line] = ()
    conflicts: Sequence[Line] = ()
    superseded: Replaced = frozenset()

    @classmethod
    def of(cls, merged: "Merged") -> "Earlier":
        """Give what a merge tells."""
        return cls(merged.rows, merged.cells, merged.redirects, merged.conflicts, merged.superseded)

    def asked(self, *place: str) -> list[Line]:
        """Give the lines of the open conflict at a table, row and field."""
        at = [x for x in self.conflicts if (x["table"], x["row_id"], x["field"]) == place and x["status"] == "open"]
        return [line for line in at if not line["kind"].startswith("decision.")]

    def rows_of(self, table: str) -> set[str]:
        return {line["row_id"] for line in self.rows if line["table"] == table}


@dataclass
class Merged:
    """What a merge gives; the four lists are in the order of their files."""

    tables: dict[str, PlainTable]
    rows: list[Line]
    cells: list[Line]
    conflicts: list[Line]
    redirects: list[Line]
    claims: list[tuple[Claim, str]]
    superseded: Replaced = frozenset()

    @property
    def open(self) -> list[Line]:
        return [line for line in self.conflicts if line["status"] == "open"]


# Values


def clean(text: str | None) -> str | None:
    """Bring a cell's text to its form; blank is None."""
    text = unicodedata.normalize("NFC", (text or "").replace("\r\n", "\n").strip())
    return text or None


def meaning(descriptor: Field, text: str | None) -> object:
    """Give what a text stands for: equal texts have one meaning."""
    if text is None:
        return None
    if descriptor.get("merge", {}).get("as") == "set":
        return elements(descriptor, text) or None
    if descriptor.get("type") in {"integer", "number"}:
        try:
            return Decimal(text)
        except InvalidOperation:
            return text
    return text


def elements(descriptor: Field, text: str | None) -> frozenset[str]:
    parts = (text or "").split(descriptor["merge"].get("separator", ";"))
    return frozenset(part.strip() for part in parts if part.strip())


def shortest(texts: Iterable[str | None]) -> str | None:
    return min((text for text in texts), key=lambda text: (len(text or ""), (text or "").encode()))


def row_id(key: Key) -> str:
    return "|".join(re.sub(r"([\\|])", r"\\\1", part) for part in key)


def called(written: Key, key: Key) -> str:
    """Give the id that a row was written with, if it is another than its own; so a row's own id comes first."""
    return row_id(written) if written != key else ""


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# The whole


def merge(  # noqa: PLR0913 (that much goes into a merge)
    current: Tables,
    contributions: Sequence[Contribution],
    judgements: Sequence[Judgement] = (),
    resolutions: Sequence[Resolution] = (),
    version: str = "1.0.0",
    earlier: Earlier | None = None,
) -> Merged:
    """Merge contributions into the current package."""
    batches = sorted({c.batch: c for c in contributions}.values(), key=lambda c: (c.contributor, c.batch))
    earlier = earlier or Earlier()
    left = frozenset(one for one in earlier.superseded if not set(one[:2]) <= {c.batch for c in batches})
    whole = {old for old, _, table, _ in left if not table}
    merging = Merging(current, batches, withdrawn(batches) | whole, Decisions(resolutions), f"published@{version}")
    merging.earlier_columns = left
    merging.remember(merging.reopened(earlier))
    merging.put_in_order()
    merging.judge(judgements)
    merging.find_what_stands()
    merging.edit_schemas()
    merging.claim()
    merging.deal_with_what_was_told()
    merging.settle_rows()
    merging.hold_back_deletions()
    replaced = {(old, c.batch, "", "") for c in batches for old in c.replaces}
    return replace(merging.publish(), superseded=left | replaced | merging.columns)


def withdrawn(batches: Sequence[Contribution]) -> set[str]:
    """Name the batches that others supersede."""
    by_name = {c.batch: c for c in batches}
    later = {c.batch: [n for n in c.replaces if n in by_name] for c in batches}
    for batch in batches:
        seen, todo = set(), list(later[batch.batch])
        while todo:
            name = todo.pop()
            if name == batch.batch or by_name[name].contributor != batch.contributor:
                raise ValueError(f"{batch.batch} cannot supersede {name}")
            if name not in seen:
                seen.add(name)
                todo += later[name]
    return {name for names in later.values() for name in names}


def in_succession(batches: Sequence[Contribution], absent: set[str]) -> set[tuple[str, str]]:
    """Give the pairs of batches of one person of which the first is earlier."""
    every = orders(batches, absent)
    return {pair for said, found in every for pair in (said if is_circular(found) else found)}


def contrary(batches: Sequence[Contribution]) -> bool:
    """Return whether the manifests of somebody's batches say another order than their bases."""
    return any(is_circular(found) for _, found in orders(batches, set()))


def is_circular(pairs: set[tuple[str, str]]) -> bool:
    return any((b, a) in pairs for a, b in pairs)


def orders(
    batches: Sequence[Contribution], absent: set[str]
) -> list[tuple[set[tuple[str, str]], set[tuple[str, str]]]]:
    """Give the order of each person's batches as manifests say, and with that of the bases."""
    every = []
    for who in {c.contributor for c in batches}:
        theirs = [c for c in batches if c.contributor == who]
        names = {c.batch for c in theirs}
        said = set()
        for c in theirs:
            olds = [*c.follows, *c.replaces, *(entry["batch"] for entry in c.withdraws)]
            said |= {(old, c.batch) for old in olds if old in names}
        said = closed(said)
        found = set(said)
        for one in theirs:
            for other in theirs:
                told = {(one.batch, other.batch), (other.batch, one.batch)} & said
                left = {one.batch, other.batch} & absent
                older = one.age < other.age and not left
                older |= one.batch in absent and other.batch not in absent and other.base is None
                if older and not told:
                    found.add((one.batch, other.batch))
        every.append((said, closed(found)))
    return every


def closed(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Add what follows from two steps, three and more."""
    while True:
        more = {(a, d) for a, b in pairs for c, d in pairs if b == c}
        if more <= pairs:
            return pairs
        pairs = pairs | more


class Decisions:
    """The resolutions, and what became of them."""

    def __init__(self, resolutions: Sequence[Resolution]) -> None:
        self.lines = sorted(set(resolutions), key=lambda r: (r.decider, r.conflict_id, r.inputs_hash, as_json(vars(r))))
        self.met: dict[str, set[str]] = {}

    def about(self, conflict: str, inputs: str) -> list[Resolution]:
        """Give the lines that are bound to a conflict and its inputs."""
        self.met.setdefault(conflict, set()).add(inputs)
        return [line for line in self.lines if (line.conflict_id, line.inputs_hash) == (conflict, inputs)]

    def idle(self) -> list[tuple[str, Resolution]]:
        """Give the lines that were not applied: stale or unused."""
        given = [("stale" if line.conflict_id in self.met else "unused", line) for line in self.lines]
        return [(s, line) for s, line in given if line.inputs_hash not in self.met.get(line.conflict_id, ())]


@dataclass(frozen=True)
class Side:
    contributor: str
    batch: str
    value: str | None
    source: str = ""


class Merging:
    def __init__(
        self,
        current: Tables,
        batches: Sequence[Contribution],
        superseded: set[str],
        decisions: Decisions,
        published: str,
    ) -> None:
        self.current, self.batches, self.superseded = current, batches, superseded
        self.decisions, self.published = decisions, published
        self.earlier = Earlier()
        self.absent: set[str] = set()  # batches of earlier merges that are not at hand
        self.updaters: dict[tuple[str, Key], set[str]] = {}  # batches that change a row which others register
        self.pairs: set[tuple[str, str]] = set()  # of batches of one person, the earlier one first
        self.as_published = current  # before conflicts are opened again that are decided otherwise now
        self.too_late: set[str] = set()  # conflicts that are decided otherwise, to no effect
        self.conflicts: list[Line] = []
        self.status: dict[Claim, tuple[str, str, str]] = {}  # status, decision, reason
        self.claims: dict[tuple[str, Key], list[Claim]] = {}
        self.adders: dict[tuple[str, Key], list[Origin]] = {}
        self.otherwise: set[tuple[str, Key, str]] = set()  # batches that know a row under another id
        self.stands: dict[tuple[str, Key], Key] = {}  # which of the current rows that fall together stays
        self.canonical: dict[tuple[str, str], str] = {}
        self.redirects: list[Line] = []
        self.aside: set[tuple[str, str]] = set()  # columns whose claims wait, as (table, field)
        self.aside_of: set[tuple[str, str, str]] = set()  # the same of one batch, as (table, field, batch)
        self.earlier_columns: Replaced = frozenset()  # what was said otherwise by batches that have left
        self.columns: set[tuple[str, str, str, str]] = set()  # the same, by batches of this merge
        self.refused: set[tuple[str, str]] = set()  # columns whose claims were decided against
        self.shut: set[tuple[str, str]] = set()  # tables that are closed to a batch, as (table, batch)
        self.was: dict[str, dict[Key, Row]] = {}  # the current rows, with canonical ids
        self.merged: dict[str, dict[Key, Row]] = {}
        self.default: dict[tuple[str, Key], Origin] = {}
        self.gone: set[tuple[str, Key]] = set()
        self.back: set[tuple[str, Key]] = set()  # rows that were deleted before, and are brought back
        self.renamed_cells: dict[tuple[str, Key], dict[str, str]] = {}  # published texts whose ids were rewritten

    # Conflicts and decisions

    def list_conflict(
        self, kind: str, status: str, place: tuple[str, str, str], sides: Iterable[Side], **more: str
    ) -> None:
        for side in sorted(set(sides), key=lambda s: (s.contributor, s.batch, s.value or "")):
            line = dict.fromkeys(CONFLICT_COLUMNS, "") | more
            line |= {"kind": kind, "status": status}
            line |= dict(zip(("table", "row_id", "field"), place, strict=True))
            line |= {"contributor": side.contributor, "batch": side.batch, "source_id": side.source}
            self.conflicts.append(line | {"value": side.value or ""})

    def conflict(  # noqa: PLR0913 (a rule looks at that much)
        self,
        kind: str,
        place: tuple[str, str, str],
        current: str | None,
        sides: Sequence[Side],
        *,
        values: Sequence[str | None] = (),
        outcome: Callable[[Resolution], object] | None = None,
        auto: bool = False,
        before: Mapping[str, str | None] | None = None,
    ) -> Resolution | None:
        """List a conflict, and give the decision that applies to it, if one does.

        `before` maps the hashes it had before one of its candidates was published to what was published then.
        """
        family = kind.partition(".")[0]
        if kind in {"entity.merged_values", "row.add_add"} and place[2]:
            family = "cell"
        family = "reference" if kind == "row.delete_referenced" else family
        family = "type" if kind == CLASH and place[2] in self.current[place[0]].names() else family
        name = conflict_id(family, *place)
        inputs = inputs_hash(current, list({*(values or [s.value for s in sides])}))
        told = [x for x in self.earlier.asked(*place) if kind.startswith("schema.") and x["kind"] == kind]
        missing = {w[1] for w in who_said(told)} - {s.batch for s in sides}
        if (
            told
            and {s.batch for s in sides if s.contributor} <= {w[1] for w in who_said(told)}
            and (missing <= self.absent)
        ):
            sides = [Side(x["contributor"], x["batch"], x["value"] or None, x["source_id"]) for x in told]
            inputs = told[0]["inputs_hash"]  # some of the claims that it is about were decided with their rows
        lines = self.decisions.about(name, inputs)
        fitting = [x.inputs_hash for x in self.decisions.lines if x.conflict_id == name]
        fitting = [h for h in fitting if h in (before or {})]
        if before and fitting and not lines:
            inputs = min(fitting)
            lines = self.decisions.about(name, inputs)
            then = before[inputs] or ""
            if place[2]:
                lines = [replace(x, choice="value", value=then) if x.choice == "base" else x for x in lines]
        outcomes = {outcome(line) if outcome else (line.choice, line.take_from, line.value) for line in lines}
        decided = lines[0] if len(outcomes) == 1 else None
        status = "resolved" if decided else "auto" if auto and len(outcomes) < 2 else "open"
        by = ", ".join(sorted({line.decider for line in lines})) if decided else ""
        self.list_conflict(kind, status, place, sides, conflict_id=name, inputs_hash=inputs, decided_by=by)
        if len(outcomes) > 1:
            choices = [chosen(line) for line in lines]
            self.list_disagreement(place, choices, inputs, "" if family in {"cell", "row", "schema", "audit"} else kind)
        return decided

    def list_disagreement(
        self, place: tuple[str, str, str], sides: Sequence[Side], inputs: str = "", kind: str = ""
    ) -> None:
        name = conflict_id(f"decision.{kind}" if kind else "decision", *place)
        inputs = inputs or inputs_hash(None, list({s.value for s in sides}))
        self.list_conflict("decision.disagree", "open", place, sides, conflict_id=name, inputs_hash=inputs)

    def side(self, claim: Claim) -> Side:
        return Side(claim.contributor, claim.batch, claim.value, claim.source)

    def mark(self, claims: Iterable[Claim], status: str, decided: Resolution | None = None) -> None:
        for claim in claims:
            decision, reason = (decided.conflict_id, decided.reason) if decided else ("", "")
            self.status[claim] = (
                "superseded" if claim.withdrawn else status,
                decision,
                reason if claim.field else claim.reason,
            )

    # What earlier merges have told

    def reopened(self, earlier: Earlier) -> Earlier:
        """Let conflicts on cells that are decided otherwise than before be as if they had been left open."""
        told: dict[str, list[Line]] = {}
        for line in earlier.conflicts:
            if line["status"] == "resolved" and line["row_id"] and line["field"]:
                told.setdefault(line["conflict_id"], []).append(line)
        for name, sides in told.items():
            lines = [x for x in earlier.cells if x["decision"] == name]
            fitting = [x for x in self.decisions.lines if x.conflict_id == name]
            fitting = [x for x in fitting if x.inputs_hash == sides[0]["inputs_hash"]]
            if fitting and lines and self.is_decided_otherwise(sides, lines, fitting):
                if self.can_be_opened(sides, lines):
                    earlier = self.opened(sides, earlier)
                else:
                    self.too_late.add(name)
        return earlier

    def is_decided_otherwise(self, sides: list[Line], lines: list[Line], fitting: list[Resolution]) -> bool:
        table, column = sides[0]["table"], sides[0]["field"]
        mean = self.current[table].descriptor(column)
        outcomes = set()
        for line in fitting:
            outcomes.add(meaning(mean, self.since(line, sides)))
        return len(outcomes) == 1 and outcomes != {meaning(mean, applied(sides, lines, mean))}

    def can_be_opened(self, sides: list[Line], lines: list[Line]) -> bool:
        """Return whether the cell is as it was decided, and nobody says anything else of it."""
        table, key, column = sides[0]["table"], key_of(sides[0]["row_id"]), sides[0]["field"]
        row = self.current[table].rows.get(key)
        mean = self.current[table].descriptor(column)
        known = column in self.current[table].names()
        if not known or row is None or meaning(mean, row.get(column)) != meaning(mean, applied(sides, lines, mean)):
            return False
        listed = {(x["contributor"], x["batch"], x["value"] or None) for x in sides}
        self.tables = self.current
        for batch in self.batches:
            for c in self.extract(batch, table)[0] if self.base(batch, table).key == self.current[table].key else ():
                other = meaning(mean, c.value) != meaning(mean, self.stood(sides))
                new = other and not c.restated and (c.contributor, c.batch, c.value) not in listed
                if new and (c.row, c.field) == (key, column):
                    return False
        return True

    def opened(self, sides: list[Line], earlier: Earlier) -> Earlier:
        name, table, column = sides[0]["conflict_id"], sides[0]["table"], sides[0]["field"]
        key, base = (
            key_of(sides[0]["row_id"]),
            self.stood(sides),
        )
        row = {f: text for f, text in self.current[table].rows[key].items() if f != column}
        rows = {**self.current[table].rows, key: row | ({column: base} if base else {})}
        self.current = {**self.current, table: replace(self.current[table], rows=rows)}
        cells = []
        for line in earlier.cells:
            at = (line["table"], line["row_id"], line["field"]) == (table, sides[0]["row_id"], column)
            if line["decision"] == name and at and line["batch"] != "decisions":
                cells.append(line | {"status": "open", "decision": "", "reason": ""})
            elif at and line["status"] == "superseded" and (line["value"] or None) == base:
                cells.append(line | {"status": "accepted"})
            elif line["decision"] != name or not at:
                cells.append(line)
        now = {"status": "open", "decided_by": ""}
        conflicts = [x | now if x["conflict_id"] == name and x in sides else x for x in earlier.conflicts]
        return replace(earlier, cells=cells, conflicts=conflicts)

    def remember(self, earlier: Earlier) -> None:
        """Let those who have left with something open take part."""
        self.earlier = earlier
        schema = [x for x in earlier.conflicts if x["status"] == "open" and x["kind"].startswith("schema.")]
        left = [x for x in earlier.cells if self.is_open(x)] + schema
        at_hand = {batch.batch for batch in self.batches}
        at_hand |= {old for batch in self.batches for old in batch.replaces}  # which take no part
        gone = {x["batch"]: x["contributor"] for x in left if x["contributor"] and x["batch"] not in at_hand}
        self.absent = set(gone)
        stand_ins = [
            Contribution(
                who,
                batch,
                drop=self.edits(schema, batch, DROP_EDIT),
                add=self.edits(schema, batch, CLASH),
            )
            for batch, who in gone.items()
        ]
        self.batches = sorted([*self.batches, *stand_ins], key=lambda c: (c.contributor, c.batch))

    def put_in_order(self) -> None:
        pairs = in_succession(self.batches, self.absent)
        self.pairs = {pair for pair in pairs if not set(pair) & self.superseded}

    def edits(self, lines: Sequence[Line], batch: str, kind: str) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for line in lines:
            there = line["field"] in self.current[line["table"]].names()
            if line["batch"] == batch and line["kind"] == kind:
                if kind.endswith("drop_edit") and not line["value"] and there:
                    found.setdefault(line["table"], []).append(line["field"])
                elif kind.endswith("type_clash") and line["value"] and not there:
                    found.setdefault(line["table"], []).append(json.loads(line["value"]))
        return found

    def is_open(self, line: Line) -> bool:
        """Return whether it is open what becomes of a claim, or people disagree though the row keeps its own."""
        kept = self.earlier.asked(line["table"], line["row_id"], line["field"]) if line["status"] == "noted" else []
        return line["status"] == "open" or any(x["kind"] == "audit.kept" for x in kept)

    def waits_still(self, line: Line) -> bool:
        """Return whether nobody at hand can be asked about the column of a line."""
        name, column = line["table"], line["field"]
        clash = [x for x in self.earlier.asked(name, "", column) if x["kind"] == CLASH]
        return bool(column) and (bool(clash and column in self.current[name].names()) or column not in self.known(name))

    def known(self, name: str) -> set[str]:
        added = {f["name"] for c in self.batches for f in c.add.get(name, ())}
        seen = {f["name"] for c in self.batches for f in self.base(c, name).fields}
        return {*self.current[name].names(), *added, *seen}

    def told_claims(self, name: str, batch: str) -> tuple[list[Claim], list[tuple[Key, str, Key]]]:
        """Give the claims of a batch that is not at hand and are still open, and the rows that it adds."""
        claims: list[Claim] = []
        adds: dict[tuple[Key, Key], tuple[Key, str, Key]] = {}
        for line in self.earlier.cells:
            published = batch == self.published and line["batch"].startswith("published@")
            if line["table"] != name or not self.is_open(line) or not (published or line["batch"] == batch):
                continue
            old, column = key_of(line["row_id"]), line["field"]
            written = key_of(line["original_row_id"]) if line["original_row_id"] else old
            row = self.current[name].rows.get(old)
            about = self.earlier.asked(name, line["row_id"], "")
            key, source = self.new_key(name, old), line["source_id"]
            if column and row is None and not published and not any(x["kind"] == "row.delete_edit" for x in about):
                adds.setdefault((key, written), (key, source, written))
            value = self.rewrite(name, {**(row or {}), column: line["value"]}).get(column) if column else None
            seen = None if published or not column else self.told_base(line, row)
            claim = Claim(name, key, column, line["contributor"], batch, value, source, seen, written_row=written)
            text = clean(line["original_value"] or line["value"])
            claims.append(replace(claim, written=text, reason="" if column else line["reason"]))
        return claims, list(adds.values())

    def told_base(self, line: Line, row: Mapping[str, str] | None) -> str | None:
        """Give what a batch may have seen: what is published, unless that took part as a candidate of its own."""
        name, column = line["table"], line["field"]
        descriptor = self.tables[name].descriptor(column)
        now = self.rewrite(name, row or {}).get(column)
        if self.took_no_part(name, line["row_id"], column, row) is not False:
            return now
        if self.tables[name].role(column) == "set":
            every = [x["value"] for x in self.earlier.asked(name, line["row_id"], column)]
            known = frozenset().union(*(elements(descriptor, value) for value in every))
            rest = sorted(known - elements(descriptor, line["value"]))
            return descriptor["merge"].get("separator", ";").join([*rest, "\0"])
        return "\0"

    def took_no_part(self, name: str, row: str, column: str, published: Mapping[str, str] | None) -> bool | None:
        """Return whether what is published was no candidate of the conflict that is open; None if there is none."""
        descriptor = self.tables[name].descriptor(column)
        raw = clean((published or {}).get(column))
        sides = self.earlier.asked(name, row, column)
        now_means = meaning(descriptor, raw)
        sides = [x for x in sides if x["contributor"] or meaning(descriptor, x["value"] or None) != now_means]
        values = [x["value"] or None for x in sides]
        means = {meaning(descriptor, value) for value in values}
        forms = [shortest(v for v in values if meaning(descriptor, v) == mean) for mean in means]
        hashes = [inputs_hash(raw, forms), inputs_hash(raw, list(set(values)))]
        return sides[0]["inputs_hash"] in hashes if sides else None

    def deal_with_what_was_told(self) -> None:
        """Take out the claims of which earlier merges have told what became of them."""
        at_hand = {c.batch for c in self.batches} - self.absent
        for place, claims in self.claims.items():
            dealt = [c for c in claims if c.batch in at_hand and self.was_told(c)]
            rest = [c for c in claims if c not in dealt]
            self.claims[place] = rest
            kept = []
            for adder in self.adders.get(place, ()):
                some = any((c.batch, c.called) == (adder[1], adder[2]) for c in dealt)
                kept += [] if some and place[1] in self.was[place[0]] else [adder]
            self.adders[place] = kept
        for place, adders in self.adders.items():
            said = {(c.batch, c.called) for c in self.claims.get(place, ()) if c.field}
            there = place[1] in self.was[place[0]] or row_id(place[1]) in self.earlier.rows_of(place[0])
            there |= self.was_decided(place[0], row_id(place[1]))
            self.adders[place] = [
                a
                for a in adders
                if a[1] not in at_hand or (a[1], a[2]) in said or not (there or self.is_told(place, a))
            ]
        for name, key, batch in list(self.otherwise):
            said = {c.batch for c in self.claims.get((name, key), ())}
            if batch in at_hand and batch not in said | {a[1] for a in self.adders.get((name, key), ())}:
                self.otherwise.discard((name, key, batch))

    def was_decided(self, table: str, name: str) -> bool:
        """Return whether a conflict about a row was resolved."""
        at = [x for x in self.earlier.conflicts if (x["table"], x["row_id"], x["field"]) == (table, name, "")]
        return any(x["status"] == "resolved" for x in at)

    def is_told(self, place: tuple[str, Key], adder: Origin) -> bool:
        """Return whether it was told what became of something that a batch says of a row which it adds."""
        for line, key in self.moved(self.earlier.cells):
            now = row_id(key) if key else line["row_id"]
            by = (line["table"], line["batch"]) == (place[0], adder[1]) and line["status"] != "open"
            if by and (now == adder[2] or (now, line["original_row_id"]) == (row_id(place[1]), adder[2])):
                return True
        return False

    def was_told(self, claim: Claim) -> bool:
        ids = {(row_id(claim.row), claim.called), *([(claim.called, "")] if claim.called else [])}
        ids |= {(claim.called, line["original_row_id"]) for line in self.earlier.cells if claim.called}
        asked = self.earlier.asked(claim.table, row_id(claim.row), claim.field)
        kept = bool(claim.field) and any(line["kind"] == "audit.kept" for line in asked)
        cells = [(x, key) for x, key in self.moved(self.earlier.cells) if x["table"] == claim.table]
        own = [(x, row_id(key) if key else x["row_id"]) for x, key in cells]
        for line, now in own:
            same = (line["batch"], line["field"]) == (claim.batch, claim.field)
            same &= line["status"] not in ({"open", "noted", "accepted"} if kept else {"open"})
            if (
                same
                and (now, line["original_row_id"]) in ids
                and (not claim.field or line["value"] == (claim.value or ""))
            ):
                return True
        lined = {(now, line["field"]) for line, now in own}
        for line, key in self.moved(self.earlier.rows):
            now = row_id(key) if key else line["row_id"]
            by = (line["table"], line["batch"], line["status"]) == (claim.table, claim.batch, "present")
            by &= not kept
            if by and claim.field and (now, line["original_row_id"]) in ids and (now, claim.field) not in lined:
                row = self.rewritten(claim.table, claim.row)
                fell = self.current[claim.table].rows.get(key_of(now)) if key is None else None
                row = self.rewrite(claim.table, fell) if fell else row
                return row.get(claim.field) == claim.value and claim.value is not None
        return False

    def rewritten(self, name: str, key: Key) -> Mapping[str, str | None]:
        """Give a row of the current package with the ids that stand now."""
        old = self.stands.get((name, key))
        return self.rewrite(name, self.current[name].rows[old]) if old else {}

    def listed(self) -> list[Line]:
        """Give the conflicts of this merge, as they were told before where they are the same, and what is settled."""
        told: dict[tuple[str, str], list[Line]] = {}
        for line in self.earlier.conflicts:
            if not line["kind"].startswith(("decision.", "entity.contradiction", "entity.forbidden")):
                told.setdefault((line["conflict_id"], line["kind"]), []).append(line)
        by_id = {name: lines for (name, _), lines in told.items()}
        found: dict[tuple[str, str], list[Line]] = {}
        for line in self.conflicts:
            found.setdefault((line["conflict_id"], line["kind"]), []).append(line)
        result = []
        for (name, kind), lines in found.items():
            before = told.get((name, kind), by_id.get(name, []))
            same = bool(before) and not kind.startswith("decision.") and who_said(before) == who_said(lines)
            if same and before[0]["inputs_hash"] == lines[0]["inputs_hash"]:
                state = {column: lines[0][column] for column in ("status", "decided_by")}
                result += [line | state for line in before]
            else:
                result += lines
        anew = {name for name, kind in found if not kind.startswith("decision.")}
        for (name, kind), lines in told.items():
            left = any(line["batch"] in self.absent for line in lines)
            waits = kind == "schema.key_change" or (kind.startswith("schema.") and self.waits_still(lines[0]))
            open_still = waits and left
            if name not in anew and (lines[0]["status"] != "open" or open_still):
                result += lines
                result += self.said_since(lines)
                self.decisions.met.setdefault(name, set()).add(lines[0]["inputs_hash"])
        return result

    def said_since(self, told: list[Line]) -> list[Line]:
        """List the decisions on a conflict that came too late, and those that contradict each other by now."""
        name, inputs = told[0]["conflict_id"], told[0]["inputs_hash"]
        place = (told[0]["table"], told[0]["row_id"], told[0]["field"])
        fitting = [x for x in self.decisions.lines if (x.conflict_id, x.inputs_hash) == (name, inputs)]
        self.conflicts, found = [], self.conflicts
        if name in self.too_late:
            for line in fitting:
                more = {"conflict_id": name, "inputs_hash": inputs, "decided_by": line.decider}
                self.list_conflict("decision.stale", "stale", place, [chosen(line)], **more)
        mean = self.tables[place[0]].descriptor(place[2])
        outcomes = {
            meaning(mean, self.since(line, told)) if all(place) else (line.choice, line.take_from, line.value)
            for line in fitting
        }
        if len(outcomes) > 1:
            kind = told[0]["kind"]
            apart = kind if kind == "row.delete_referenced" or name == conflict_id("type", *place) else ""
            self.list_disagreement(place, [chosen(line) for line in fitting], inputs, apart)
        self.conflicts, found = found, self.conflicts
        return found

    def stood(self, sides: Sequence[Line]) -> str | None:
        return stood(sides, self.current[sides[0]["table"]].descriptor(sides[0]["field"]))

    def since(self, line: Resolution, sides: list[Line]) -> str | None:
        """Give the value that a decision takes of what is listed."""
        said = [x["value"] for x in sides if line.take_from in {x["contributor"], x["batch"]}]
        taken = min(said, key=len) if said else line.value
        return {
            "base": self.stood(sides),
            "take": clean(taken),
        }.get(line.choice, clean(line.value))

    # Identity

    def judge(self, judgements: Sequence[Judgement]) -> None:
        """Find the clusters of ids that mean one row, and the canonical id of each."""
        pairs: dict[tuple[str, str, str], list[Judgement]] = {}
        for judged in judgements:
            if judged.judgement != "unsure" and judged.left != judged.right:
                pairs.setdefault((judged.table, *sorted((judged.left, judged.right))), []).append(judged)
        for (table, left, right), lines in list(pairs.items()):
            if len({line.judgement for line in lines}) > 1:
                sides = [Side(line.decider, "decisions", line.judgement) for line in lines]
                self.list_disagreement((table, f"{left}|{right}", ""), sides)
                del pairs[table, left, right]
        for table in sorted({table for table, _, _ in pairs}):
            self.cluster(table, {(a, b): lines for (t, a, b), lines in pairs.items() if t == table})
        for line in self.earlier.redirects:
            name, old, to = line["table"], line["old_id"], line["canonical_id"]
            if (old,) not in self.current[name].rows:
                self.canonical.setdefault((name, old), self.canonical.get((name, to), to))
        for (name, old), to in self.canonical.items():
            while (name, to) in self.canonical and to != old:
                to = self.canonical[name, to]  # noqa: PLW2901 (step by step)
            self.canonical[name, old] = to
        self.redirects = [x | {"canonical_id": self.canonical[x["table"], x["old_id"]]} for x in self.redirects]

    def cluster(self, table: str, pairs: dict[tuple[str, str], list[Judgement]]) -> None:
        same = {pair for pair, lines in pairs.items() if lines[0].judgement == "positive"}
        for cluster in components(same):
            against = [pair for pair in sorted(set(pairs) - same) if set(pair) <= cluster]
            for pair in against:
                sides = [Side(line.decider, "decisions", "negative") for line in pairs[pair]]
                place = (table, "|".join(pair), "")
                name, inputs = conflict_id("entity", *place), inputs_hash(None, ["negative"])
                self.list_conflict("entity.contradiction", "open", place, sides, conflict_id=name, inputs_hash=inputs)
            against = against or self.forbidden(table, cluster, same, pairs)
            if not against:
                published = {key[0] for key in self.current[table].rows} & cluster
                before = {x["canonical_id"] for x in self.earlier.redirects if x["table"] == table}
                told = cluster & {x["row_id"] for x in (*self.earlier.rows, *self.earlier.cells) if x["table"] == table}
                known = cluster & (told | self.known_ids(table))
                if not known:
                    continue
                stays = min(published or cluster & before or told or known, key=str.encode)
                for old in sorted(known - {stays}):
                    by = ", ".join(sorted({line.decider for pair in same if old in pair for line in pairs[pair]}))
                    self.canonical[table, old] = stays
                    self.redirects.append(dict(zip(REDIRECT_COLUMNS, (table, old, stays, by), strict=True)))

    def forbidden(
        self,
        table: str,
        cluster: set[str],
        same: Collection[tuple[str, str]],
        pairs: Mapping[tuple[str, str], list[Judgement]],
    ) -> list[tuple[str, str]]:
        """List the pairs of a cluster that cannot be the same, whatever people judge."""
        now = {x["old_id"]: x["canonical_id"] for x in self.earlier.redirects if x["table"] == table}
        now = {old: to for old, to in now.items() if (old,) not in self.current[table].rows}
        found: set[tuple[str, str]] = set()
        for described in self.current[table].fields:
            settings = described.get("identity", {})
            values = self.values_of(table, described["name"], now) if settings else {}
            has = {one: values.get(now.get(one, one), set()) for one in sorted(cluster)}
            never = {one for one in cluster if has[one] & set(settings.get("never", ()))}
            found |= {pair for pair in same if set(pair) & never and len({now.get(one, one) for one in pair}) > 1}
            if settings.get("as") == "identifier":
                for one in sorted(cluster):
                    apart = [other for other in has if has[one] and has[other] and not has[one] & has[other]]
                    first = [other for other in apart if all(has[other] != has[x] for x in has if x < other)]
                    found |= {(min(one, other), max(one, other)) for other in first[:1]}
        for left, right in sorted(found):
            path = shortest_path(left, right, same)
            people = {line.decider for pair in path for line in pairs[pair]}
            sides = [Side(who, "decisions", "positive") for who in sorted(people)]
            place = (table, f"{left}|{right}", "")
            name, inputs = conflict_id("entity", *place), inputs_hash(None, ["positive"])
            self.list_conflict("entity.forbidden", "open", place, sides, conflict_id=name, inputs_hash=inputs)
        return sorted(found)

    def values_of(self, table: str, column: str, now: Mapping[str, str]) -> dict[str, set[str]]:
        """Give all that is published of a column, or claimed by a batch that is not withdrawn, by row."""
        self.tables = self.current
        found: dict[str, set[str]] = {}

        def note(key: Key, text: str | None) -> None:
            if text:
                found.setdefault(now.get(key[0], key[0]), set()).add(text)

        for key, row in self.current[table].rows.items():
            note(key, clean(row.get(column)))
        canonical, self.canonical = self.canonical, {}
        for batch in self.batches:
            if self.base(batch, table).key == self.current[table].key and batch.batch not in self.superseded:
                for claim in self.extract(batch, table)[0]:
                    if not claim.restated and claim.field:
                        seen = self.base(batch, table).rows.get(claim.written_row, {})
                        note(claim.row, claim.value if claim.field == column else None)
                        note(claim.row, clean(seen.get(column)) if claim.row not in self.current[table].rows else None)
        self.canonical = canonical
        return found

    def known_ids(self, table: str) -> set[str]:
        """Name the rows that are published, claimed or told of."""
        self.tables = self.current
        told = [x for x in self.earlier.redirects if x["table"] == table]
        known = {x[name] for x in told for name in ("old_id", "canonical_id")} | self.earlier.rows_of(table)
        known |= {key[0] for key in self.current[table].rows}
        canonical, self.canonical = self.canonical, {}
        for batch in self.batches:
            if self.base(batch, table).key == self.current[table].key:
                claims, adds = self.extract(batch, table)
                known |= {claim.row[0] for claim in claims if not claim.restated} | {key[0] for key, _, _ in adds}
        self.canonical = canonical
        return known

    def denotes(self, table: str, name: str, row: Mapping[str, str | None]) -> str:
        """Name the table whose ids stand in a column, if one's do."""
        source = self.current[table]
        if source.role(name) == "record":
            return row.get(source.descriptor(name)["merge"]["table"]) or ""
        for fields, parent, parent_fields in source.references:
            if name in fields and (parent, parent_fields[fields.index(name)]) != (table, name):
                return self.denotes(parent, parent_fields[fields.index(name)], {})
        return table if source.key == (name,) else ""

    def rewrite(
        self, table: str, row: Mapping[str, str | None], batch: Contribution | None = None
    ) -> dict[str, str | None]:
        """Give a row with minted and canonical ids; blank cells are None."""
        tidy = {name: clean(text) for name, text in row.items()}
        return {name: self.rename(self.denotes(table, name, tidy), text, batch) for name, text in tidy.items()}

    def rename(self, table: str, text: str | None, batch: Contribution | None) -> str | None:
        if text is None or table not in self.current:
            return text
        if text.startswith("local:") and batch:
            text = self.mint(table, text, batch)
        return self.canonical.get((table, text), text)

    def follows_by_name(self, batch: Contribution) -> list[Contribution]:
        """Give the batches that one says are earlier, the first ones first."""
        found, todo = set(), [batch]
        while todo:
            one = todo.pop()
            names = {*one.follows, *one.replaces, *(entry["batch"] for entry in one.withdraws)}
            new = [c for c in self.batches if c.batch in names and c.batch not in found]
            found |= {c.batch for c in new}
            todo += new
        earlier = [c for c in self.batches if c.batch in found]
        return sorted(earlier, key=lambda c: (len(self.follows_by_name(c)), c.batch))

    def mint(self, table: str, local: str, batch: Contribution) -> str:
        key = self.current[table].key[0]
        role = self.current[table].descriptor(key).get("merge", {})
        mine = [row for row in batch.rows.get(table, ()) if clean(row[key]) == local]
        if "from" not in role or not mine or any(clean(mine[0].get(name)) is None for name in role["from"]):
            for one in self.follows_by_name(batch):
                if any(clean(row[key]) == local for row in one.rows.get(table, ())):
                    return self.mint_own(table, local, one)
        return self.mint_own(table, local, batch)

    def mint_own(self, table: str, local: str, batch: Contribution) -> str:
        source, slug = self.current[table], local.removeprefix("local:")
        role = source.descriptor(source.key[0]).get("merge", {})
        if "from" not in role:
            parts = (batch.contributor, batch.batch, table, slug)
            return f"{role.get('prefix', '')}{slug}-{short_hash(parts, 8)}"
        row = next(row for row in batch.rows[table] if clean(row[source.key[0]]) == local)
        natural = self.rewrite(table, {name: row.get(name) for name in role["from"]}, batch)
        return role.get("prefix", "") + short_hash([natural[name] for name in role["from"]], 16)

    # Schemas

    def edit_schemas(self) -> None:
        """Add and drop columns, and find the columns and tables whose claims have to wait."""
        self.tables = dict(self.current)
        for name in self.current:
            self.shut_tables(name)
        self.batches = [self.with_edits_left(c) for c in self.batches]
        for name in self.current:
            self.add_columns(name)
            self.drop_columns(name)
            self.match_columns(name)

    def with_edits_left(self, batch: Contribution) -> Contribution:
        """Take out what later batches of the same person say otherwise of the columns."""
        told = {(name, column) for old, _, name, column in self.earlier_columns if old == batch.batch}
        drop, add = {}, {}
        for name in self.current:
            mine = [*batch.drop.get(name, ()), *(f["name"] for f in batch.add.get(name, ()))]
            out = {column for column in mine if (name, column) in told}
            for column in mine:
                by = [c.batch for c in self.batches if self.says_otherwise(c, batch, name, column)]
                self.columns |= {(batch.batch, one, name, column) for one in by}
                out |= {column} if by else set()
            drop |= {name: [f for f in batch.drop[name] if f not in out]} if name in batch.drop else {}
            add |= {name: [f for f in batch.add[name] if f["name"] not in out]} if name in batch.add else {}
        return replace(batch, drop=drop, add=add)

    def says_otherwise(self, later: Contribution, batch: Contribution, name: str, column: str) -> bool:
        """Return whether a batch says otherwise of a column that another would drop or add."""
        named = [e for e in later.withdraws if (e["batch"], e["table"]) == (batch.batch, name) and "row" not in e]
        if later.batch not in self.superseded and {e.get("field") for e in named} & {column, None}:
            return True
        if (batch.batch, later.batch) not in self.pairs:
            return False
        filled = {claim.field for claim in self.extract(later, name)[0] if not claim.restated}
        added = {f["name"] for f in later.add.get(name, ())}
        return column in added | (filled if column in batch.drop.get(name, ()) else set())

    def live(self, table: str) -> list[Contribution]:
        return [c for c in self.batches if c.batch not in self.superseded and (table, c.batch) not in self.shut]

    def base(self, batch: Contribution, table: str) -> PlainTable:
        """Give the own base of a batch: what is published by now of batches that a patch comes after is laid over."""
        known = (batch.base or self.as_published).get(table) or replace(self.current[table], rows={})
        names = {early for early, late in self.pairs if late == batch.batch} | {*batch.follows, *batch.replaces}
        names |= {entry["batch"] for entry in batch.withdraws}
        if batch.base is None or batch.mode != "patch" or not names or known.key != self.current[table].key:
            return known
        if batch.batch in self.superseded:  # it takes no part, so nothing has become of what it says
            return known
        rows = {key: dict(row) for key, row in known.rows.items()}
        for line in self.earlier.rows:
            key = key_of(line["row_id"])
            if line["table"] == table and line["batch"] in names and key in self.current[table].rows:
                rows.setdefault(key, dict(zip(known.key, key, strict=True)))
        for key in rows.keys() & self.current[table].rows.keys():
            now = self.current[table].rows[key]
            for column in self.current[table].names():
                if column not in known.key and self.is_by(names, table, key, column):
                    rows[key].pop(column, None)
                    rows[key] |= {column: now[column]} if column in now else {}
        return replace(known, rows=rows)

    def is_by(self, names: set[str], table: str, key: Key, column: str) -> bool:
        """Return whether a published cell comes from these batches alone."""
        place = (table, row_id(key))
        lines = [x for x in self.earlier.cells if (x["table"], x["row_id"]) == place and x["field"] == column]
        accepted = [x["batch"] for x in lines if x["status"] == "accepted"]
        of_row = [x["batch"] for x in self.earlier.rows if (x["table"], x["row_id"]) == place]
        return names >= set(accepted or ([] if lines else of_row)) and bool(accepted or (of_row and not lines))

    def shut_tables(self, name: str) -> None:
        now = "|".join(self.current[name].key)
        then = {c: "|".join(self.base(c, name).key) for c in self.batches}
        self.shut |= {(name, c.batch) for c in self.batches if then[c] != now}
        sides = [
            Side(c.contributor, c.batch, then[c])
            for c in self.batches
            if then[c] != now and c.says_something_of(name) and c.batch not in self.superseded
        ]
        if sides:
            sides += self.asked_of(name, "", "schema.key_change").values()
            self.conflict("schema.key_change", (name, "", ""), None, [*sides, Side("", self.published, now)])

    def add_columns(self, name: str) -> None:
        added: dict[str, list[tuple[Side, Field]]] = {}
        for batch in self.live(name):
            for new in batch.add.get(name, ()):
                added.setdefault(new["name"], []).append(
                    (Side(batch.contributor, batch.batch, as_json(typed(new))), new)
                )
        for column, offers in added.items():
            present = [f for f in self.current[name].fields if f["name"] == column]
            left = self.asked_of(name, column, CLASH) if present else {}
            sides = [side for side, _ in offers] + [Side("", self.published, as_json(typed(f))) for f in present]
            sides += left.values()
            chosen = offers[0][1]
            if len({side.value for side in sides}) > 1:
                decided = self.conflict(CLASH, (name, "", column), None, sides)
                takes = [new for side, new in offers if decided and decided.take_from in {side.batch, side.contributor}]
                if present:
                    waiting = [*(side.batch for side, _ in offers), *(c.batch for c in left)]
                    self.aside_of |= set() if decided else {(name, column, batch) for batch in waiting}
                elif not takes:
                    (self.refused if decided else self.aside).add((name, column))
                    continue
                chosen = takes[0] if takes else chosen
            if not present:
                self.tables[name] = replace(self.tables[name], fields=(*self.tables[name].fields, chosen))

    def drop_columns(self, name: str) -> None:
        columns = {f for c in self.live(name) for f in c.drop.get(name, ()) if f in self.current[name].names()}
        for column in sorted(columns):
            droppers = [c for c in self.live(name) if column in c.drop.get(name, ())]
            asked = self.earlier.asked(name, "", column)
            asked = [x for x in asked if x["kind"] == DROP_EDIT]
            known = bool(asked) and all(x["contributor"] for x in asked)
            since = not known and any(self.changed_since(name, column, self.base(c, name)) for c in droppers)
            as_before = [c.batch for c in droppers if c.batch in self.absent or c.base is not None]
            since |= any(not x["contributor"] for x in asked) and any(x["batch"] in as_before for x in asked)
            fillers = [c for c in self.live(name) if c not in droppers and self.fills(c, name, column, DROP_EDIT)]
            wishes = {c: self.wishes(c, name, column, DROP_EDIT) for c in fillers}
            sides = [Side(c.contributor, c.batch, counted(len(said))) for c, said in wishes.items()]
            sides += [Side("", self.published, "published")] * since
            goes = not sides
            if not goes:
                sides += [Side(c.contributor, c.batch, None) for c in droppers]
                values = [None, *(text for said in wishes.values() for text in said)]
                values += ["published"] * since
                decided = self.conflict(DROP_EDIT, (name, "", column), None, sides, values=values)
                goes = bool(decided) and decided.choice == "take"
                if not decided:
                    self.aside.add((name, column))
            if goes:
                self.refused.add((name, column))
                rest = tuple(f for f in self.tables[name].fields if f["name"] != column)
                self.tables[name] = replace(self.tables[name], fields=rest)

    def changed_since(self, name: str, column: str, base: PlainTable) -> bool:
        """Return whether a column is filled with something else than an own base has."""
        mean = self.current[name].descriptor(column)
        rows = self.current[name].rows.items()
        cells = [(clean(row.get(column)), clean(base.rows.get(key, {}).get(column))) for key, row in rows]
        return any(now is not None and meaning(mean, now) != meaning(mean, then) for now, then in cells)

    def wishes(self, batch: Contribution, name: str, column: str, kind: str) -> list[str]:
        """Give what a batch fills in a column: what was dealt with only if it is asked about that column already."""
        claims = next(claims for b, claims, _ in self.said(name) if b is batch)
        asked = any(x["batch"] == batch.batch and x["value"] for x in self.asked_about(name, column, kind))
        claims = [c for c in claims if c.field == column and not c.withdrawn]
        claims = [c for c in claims if asked or batch.batch in self.absent or not self.was_told(c)]
        return [f"{row_id(c.row)}={c.value or ''}" for c in claims]

    def fills(self, batch: Contribution, name: str, column: str, kind: str) -> bool:
        """Return whether a batch takes part in a conflict about a column; a batch that is gone may still be asked."""
        return bool(self.wishes(batch, name, column, kind)) or batch in self.asked_of(name, column, kind)

    def asked_about(self, name: str, column: str, kind: str) -> list[Line]:
        return [x for x in self.earlier.asked(name, "", column) if x["kind"] == kind]

    def match_columns(self, name: str) -> None:
        """Find columns that own bases have and the current package lacks, or has with another type."""
        now = {f["name"]: f for f in self.current[name].fields}
        coming = {f["name"] for c in self.live(name) for f in c.add.get(name, ())}
        then: dict[str, list[tuple[Contribution, Field]]] = {}
        for batch in self.live(name):
            for old in self.base(batch, name).fields:
                same = old["name"] in now and now[old["name"]].get("type") == old.get("type")
                asked = {(name, old["name"])} & (self.aside | self.refused)
                kind = CLASH if old["name"] in now else DROP_EDIT
                if not same and not asked and old["name"] not in coming and self.fills(batch, name, old["name"], kind):
                    then.setdefault(old["name"], []).append((batch, old))
        told = {x["field"] for x in self.earlier.conflicts if x["table"] == name and x["kind"].startswith("schema.")}
        for column in sorted(told - coming - {c for t, c in self.aside | self.refused if t == name}):
            for batch, side in self.asked_of(name, column, CLASH if column in now else DROP_EDIT).items():
                then.setdefault(column, []).append((batch, json.loads(side.value or "") if column in now else {}))
        for column, known in then.items():
            place, published = (name, "", column), Side("", self.published, None)
            if column in now:
                self.aside_of |= {(name, column, c.batch) for c, _ in known}
                sides = [Side(c.contributor, c.batch, as_json(typed(old))) for c, old in known]
                sides.append(replace(published, value=as_json(typed(now[column]))))
                self.conflict(CLASH, place, None, sides)
                continue
            self.aside.add((name, column))
            wishes = {c: self.wishes(c, name, column, DROP_EDIT) for c, _ in known}
            sides = [Side(c.contributor, c.batch, counted(len(said))) for c, said in wishes.items()]
            values = [None, *(text for said in wishes.values() for text in said)]
            self.conflict(DROP_EDIT, place, None, [*sides, published], values=values)

    def asked_of(self, name: str, column: str, kind: str) -> dict[Contribution, Side]:
        """Give those who have left and of whom it is open what becomes of a column, each with their side."""
        lines = {x["batch"]: x for x in self.asked_about(name, column, kind) if x["value"]}
        absent = [c for c in self.live(name) if c.batch in self.absent and c.batch in lines]
        return {c: Side(c.contributor, c.batch, lines[c.batch]["value"]) for c in absent}

    def waits(self, claim: Claim) -> bool:
        """Return whether a claim waits for a decision on its column."""
        return (claim.table, claim.field) in self.aside or (claim.table, claim.field, claim.batch) in self.aside_of

    # Claims

    def claim(self) -> None:
        """Take in the current rows and everybody's claims on them."""
        for name, table in self.current.items():
            self.gather(name, table)
        for name in self.current:
            for batch, claims, adds in self.said(name):
                for claim in claims:
                    self.claims.setdefault((name, claim.row), []).append(self.dated(claim))
                if batch.batch in self.superseded:
                    continue
                for key, source, written in adds:
                    adder = (batch.contributor, batch.batch, called(written, key), source)
                    self.adders.setdefault((name, key), []).append(adder)
                edited = [(claim.row, claim.written_row) for claim in claims if claim.field and not claim.withdrawn]
                for key, written in [*edited, *((key, written) for key, _, written in adds)]:
                    if self.minted(name, written, batch) != key:
                        self.otherwise.add((name, key, batch.batch))
        for name in self.current:
            self.claim_what_fell(name)

    def claim_what_fell(self, name: str) -> None:
        """Take what was published and fell into other rows before, as far as it is open."""
        for claim in self.told_claims(name, self.published)[0]:
            self.claims.setdefault((name, claim.row), []).append(self.dated(claim))
            self.otherwise.add((name, claim.row, self.published))

    def find_what_stands(self) -> None:
        """Find which of the current rows that fall together stays."""
        for name, table in self.current.items():
            together: dict[Key, list[Key]] = {}
            for old in table.rows:
                together.setdefault(self.new_key(name, old), []).append(old)
            for key, olds in together.items():
                self.stands[name, key] = min(olds, key=lambda old: (old != key, [part.encode() for part in old]))

    def gather(self, name: str, table: PlainTable) -> None:
        """Rewrite the current rows; of those that fall together one stays, the others' cells are claims."""
        self.merged[name] = {}
        written = {}
        for key, row in table.rows.items():
            tidy = self.rewrite(name, {**row, **dict(zip(table.key, key, strict=True))})
            written.setdefault(tuple(tidy[part] or "" for part in table.key), []).append((key, tidy))
        for key, rows in written.items():
            rows.sort(key=lambda pair, key=key: (pair[0] != key, [part.encode() for part in pair[0]]))
            (old, first), *others = rows
            if old != key:
                self.otherwise.add((name, key, self.published))
            self.renamed_cells[name, key] = {
                column: text
                for column, text in table.rows[old].items()
                if column not in table.key and clean(text) != first.get(column)
            }
            self.merged[name][key] = {f: text for f, text in first.items() if text is not None}
            self.default[name, key] = self.known_origin(name, old) or self.origin(table, first)
            for old, row in others:
                _, batch, _, source = self.origin(table, row)
                self.adders.setdefault((name, key), []).append(("", batch, row_id(old), source))
                self.otherwise.add((name, key, batch))
                for column in table.names():
                    if column not in table.key and row.get(column) is not None:
                        claim = Claim(name, key, column, "", batch, row[column], source, written_row=old)
                        claim = replace(claim, written=clean(table.rows[old].get(column)))
                        self.claims.setdefault((name, key), []).append(self.dated(claim))
        self.was[name] = dict(self.merged[name])

    def known_origin(self, name: str, written: Key) -> Origin | None:
        """Give the origin of a current row, if earlier merges have told it."""
        place = (name, row_id(written))
        told = [line for line in self.earlier.rows if (line["table"], line["row_id"]) == place]
        columns = ("contributor", "batch", "original_row_id", "source_id")
        return next(((w, b, o, s) for w, b, o, s in ([x[c] for c in columns] for x in told)), None)

    def origin(self, table: PlainTable, row: Mapping[str, str | None]) -> Origin:
        return (first_of(table, "contributor", row), self.published, "", first_of(table, "source", row))

    def dated(self, claim: Claim) -> Claim:
        now = self.merged[claim.table].get(claim.row, {}).get(claim.field)
        descriptor = self.tables[claim.table].descriptor(claim.field)
        late = bool(claim.field) and meaning(descriptor, claim.base) != meaning(descriptor, now)
        return replace(claim, late=late and not self.was_in_time(claim))

    def was_in_time(self, claim: Claim) -> bool:
        """Return whether a claim is open since what is published took no part in its conflict."""
        row = self.merged[claim.table].get(claim.row)
        told = self.took_no_part(claim.table, row_id(claim.row), claim.field, row)
        return bool(told) and self.is_open_still(claim)

    def extract(self, batch: Contribution, name: str) -> tuple[list[Claim], list[tuple[Key, str, Key]]]:
        """Give what a batch claims of a table, and the rows it adds, each with its source."""
        table, base = self.tables[name], self.base(batch, name)
        if batch.batch in self.absent:
            return self.told_claims(name, batch.batch)
        claims: list[Claim] = []
        adds: list[tuple[Key, str, Key]] = []
        if (name, batch.batch) in self.shut:
            return claims, adds
        seen: set[Key] = set()
        stamp = {"contributor": batch.contributor, "batch": batch.batch, "withdrawn": batch.batch in self.superseded}
        for row in batch.rows.get(name, ()):
            written = tuple(clean(row[part]) or "" for part in table.key)
            old = base.rows.get(written)
            seen.add(written)
            tidy, then = self.rewrite(name, row, batch), self.rewrite(name, old or {})
            key = tuple(tidy[part] or "" for part in table.key)
            source = first_of(table, "source", tidy).replace(ERASE, "")
            if old is None:
                adds.append((key, source, written))
            for column, raw in row.items():
                text, was = clean(raw), clean((old or {}).get(column))
                descriptor = table.descriptor(column) if column in table.names() else base.descriptor(column)
                blank = text is None and (batch.mode == "patch" or old is None)
                text = None if batch.mode == "patch" and text == ERASE else text
                same = meaning(descriptor, text) == meaning(descriptor, was)
                restated = same and old is not None and batch.mode == "patch" and self.follows_others(batch)
                if column in table.key or blank or (same and not restated):
                    continue
                value = tidy[column] if text else None
                claim = Claim(name, key, column, value=value, source=source, base=then.get(column), **stamp)
                claims.append(replace(claim, restated=restated, written_row=written, written=text))
        removed = [(key, reason, source) for t, key, reason, source in batch.deletes if t == name]
        if batch.mode == "snapshot" and name in batch.rows:
            removed += [(key, "", "") for key in base.rows if key not in seen]
        for old, reason, source in removed:
            names = dict(zip(table.key, old, strict=True))
            key = tuple(self.rewrite(name, names, batch)[part] or "" for part in table.key)
            claims.append(Claim(name, key, "", value=None, source=source, reason=reason, written_row=old, **stamp))
        return claims, adds

    def follows_others(self, batch: Contribution) -> bool:
        was_open = any(line["batch"] == batch.batch and line["status"] == "open" for line in self.earlier.cells)
        return was_open or any(later == batch.batch for _, later in self.pairs)

    def is_open_still(self, claim: Claim) -> bool:
        """Return whether a claim is open since an earlier merge."""
        for line, key in self.moved(self.earlier.cells):
            place = (line["table"], row_id(key) if key else line["row_id"], line["field"], line["batch"])
            same = place == (claim.table, row_id(claim.row), claim.field, claim.batch)
            same &= claim.called == (line["original_row_id"] or (line["row_id"] if place[1] != line["row_id"] else ""))
            if same and (line["status"], line["value"]) == ("open", claim.value or ""):
                return True
        return False

    def said(self, name: str) -> list[tuple[Contribution, list[Claim], list[tuple[Key, str, Key]]]]:
        """Give what everybody claims of a table; what a later word of the same person leaves behind is withdrawn."""
        told = [(batch, *self.extract(batch, name)) for batch in self.batches]
        left = {
            batch.batch: [replace(c, withdrawn=c.withdrawn or self.is_dropped(c)) for c in claims]
            for batch, claims, _ in told
        }
        adding = {batch.batch: {key for key, _, _ in adds} for batch, _, adds in told}
        first = {b: {(c.row, c.field) for c in of if not c.withdrawn and not c.restated} for b, of in left.items()}
        for batch, claims in left.items():
            before = {place for early, late in self.pairs if late == batch for place in first[early]}
            left[batch] = [c for c in claims if not c.restated or (c.row, c.field) in before or self.is_open_still(c)]
        live = {batch: [c for c in claims if not c.withdrawn] for batch, claims in left.items()}
        result = []
        for batch, _, adds in told:
            claims = [
                replace(c, withdrawn=c.withdrawn or self.is_overtaken(c, live, adding)) for c in left[batch.batch]
            ]
            after = [c for early, late in self.pairs if early == batch.batch for c in live[late]]
            gone = {c.row for c in after if not c.field and self.is_deletion(c)}
            kept = []
            for key, source, written in adds:
                mine = [c for c in claims if (c.row, c.called) == (key, called(written, key)) and c.field]
                mine = mine or [Claim(name, key, "added", batch.contributor, batch.batch, None, written_row=written)]
                if key not in gone and not all(c.withdrawn or self.is_dropped(c) for c in mine):
                    kept.append((key, source, written))
            result.append((batch, claims, kept))
        return result

    def is_dropped(self, claim: Claim) -> bool:
        """Return whether a later batch names a claim as superseded."""
        entries = [e for c in self.batches if c.batch not in self.superseded for e in c.withdraws]
        for entry in (e for e in entries if (e["batch"], e["table"]) == (claim.batch, claim.table)):
            rows = {row_id(claim.row), row_id(claim.written_row)}
            if entry.get("row") in {None, *rows} and entry.get("field") in {None, claim.field}:
                return claim.batch not in self.superseded
        return False

    def is_overtaken(self, claim: Claim, live: Mapping[str, list[Claim]], adding: Mapping[str, set[Key]]) -> bool:
        if claim.withdrawn or not (claim.field or self.is_deletion(claim)):
            return claim.withdrawn
        for later in [late for early, late in self.pairs if early == claim.batch]:
            there = [c for c in live[later] if c.row == claim.row]
            if claim.field:
                dropped = next(c for c in self.batches if c.batch == later).drop.get(claim.table, ())
                if claim.field in dropped or any(
                    c.field == claim.field or (not c.field and self.is_deletion(c)) for c in there
                ):
                    return True
            elif claim.row in adding[later] or any(c.field and self.is_edit(c) for c in there):
                return True
        return False

    def minted(self, name: str, written: Key, batch: Contribution) -> Key:
        """Give a key with minted, but not yet canonical ids: where it differs from the row's, rows fell together."""
        canonical, self.canonical = self.canonical, {}
        tidy = self.rewrite(name, dict(zip(self.current[name].key, written, strict=True)), batch)
        self.canonical = canonical
        return tuple(tidy[part] or "" for part in self.current[name].key)

    def new_key(self, name: str, key: Key) -> Key:
        tidy = self.rewrite(name, dict(zip(self.current[name].key, key, strict=True)))
        return tuple(tidy[part] or "" for part in self.current[name].key)

    # Rows

    def settle_rows(self) -> None:
        for name in self.current:
            keys = {key for table, key in (*self.claims, *self.adders) if table == name}
            for key in sorted(keys, key=row_id):
                self.settle_row(name, key)

    def settle_row(self, name: str, key: Key) -> None:
        claims = self.claims.get((name, key), [])
        live = [c for c in claims if not c.withdrawn]
        self.mark([c for c in claims if c.withdrawn], "superseded")
        refused = [c for c in live if (name, c.field) in self.refused]
        self.mark(refused, "rejected")
        live = [c for c in live if c not in refused]
        self.row_rule(name, key, live, self.adders.get((name, key), []))

    def row_rule(self, name: str, key: Key, live: list[Claim], adders: list[Origin]) -> None:
        table, row = self.tables[name], self.merged[name].get(key)
        deletions = [c for c in live if not c.field and self.is_deletion(c)]
        self.mark([c for c in live if not c.field and c not in deletions], "accepted")
        live = [c for c in live if c.field or c in deletions]
        edits = [c for c in live if c.field and table.role(c.field) not in ABOUT_THE_WORK]
        added = {adder[1] for adder in adders}
        self.find_updaters(name, key, live, adders)
        edits_in_base = [c for c in edits if c.batch not in added]
        about = self.earlier.asked(name, row_id(key), "")
        about = [x for x in about if x["kind"] == "row.delete_edit"]
        asked = bool(about) and all(x["contributor"] and not x["value"] for x in about)
        if row is not None and deletions and (edits or adders or asked):
            self.row_conflict("row.delete_edit", name, key, live, adders)
        elif row is not None and deletions and self.late(live, adders) & {c.batch for c in deletions}:
            self.row_conflict("row.delete_edit", name, key, live, adders, published="editor")
        elif row is not None and deletions:
            self.delete(name, key, live)
        elif row is None and edits_in_base:
            self.row_conflict("row.delete_edit", name, key, live, adders, published="deleter")
        elif row is None and not adders:
            self.mark(deletions, "accepted")
            self.mark([c for c in live if c.field], "noted")
        elif (
            table.merge.get("granularity") == "row"
            and not self.is_cell_by_cell(edits)
            and self.rows_differ(table, live, edits, adders)
        ):
            kind = "row.add_add" if row is None else "row.edit_edit"
            now = {c.batch for c in edits if not self.waits(c)}
            late = self.late(live, adders) & {c.batch for c in edits if self.differs(c)} & now
            self.row_conflict(kind, name, key, live, adders, published="editor" if late else "")
        elif row is None and self.key_reused(table, edits) and not self.renaming(name, key):
            self.row_conflict("row.key_reuse", name, key, live, adders)
        elif self.was_reused(name, key, live, adders):
            self.row_conflict("row.key_reuse", name, key, live, adders, published="editor")
        else:
            self.mark(deletions, "accepted")
            self.set_cells(name, key, [c for c in live if c.field], adders)

    def is_cell_by_cell(self, edits: Sequence[Claim]) -> bool:
        """Return whether all that is claimed of a row is what was left open in its cells when the row was decided."""
        edits = [c for c in edits if self.differs(c) and not self.waits(c)]
        return bool(edits) and all(
            self.earlier.asked(c.table, row_id(c.row), c.field) and self.is_open_still(c) for c in edits
        )

    def find_updaters(self, name: str, key: Key, live: list[Claim], adders: list[Origin]) -> None:
        """Find who adds a row without what every row needs, while somebody else's is whole."""
        table = self.tables[name]
        required = {f["name"] for f in table.fields if f.get("constraints", {}).get("required")} - set(table.key)
        adding = {adder[1] for adder in adders}
        filled = {b: {c.field for c in live if c.batch == b and not self.waits(c)} for b in adding}
        whole = set()
        for one in adding:
            together = [o for o in adding if o == one or {(o, one), (one, o)} & self.pairs]
            if required <= set().union(*(filled[o] for o in together)):
                whole.add(one)
        self.updaters[name, key] = adding - whole if whole and key not in self.merged[name] else set()

    def is_deletion(self, claim: Claim) -> bool:
        """Return whether a deletion is of the row that stays, not of one that is gone anyway."""
        told = self.earlier.rows_of(claim.table)
        if any(part.startswith("local:") for part in claim.written_row):
            return True
        if self.was_without_effect(claim):
            return False
        before = bool(told) and row_id(claim.written_row) not in told  # the id that a published row had before
        return before or claim.written_row == self.stands.get((claim.table, claim.row), claim.row)

    def was_without_effect(self, claim: Claim) -> bool:
        """Return whether the deletion of a row that fell into this one was told as accepted, though no row went."""
        went = [x for x in self.earlier.rows if (x["table"], x["row_id"]) == (claim.table, row_id(claim.row))]
        if any(line["status"] == "deleted" for line in went):
            return False
        for line, key in self.moved(self.earlier.cells):
            place = (line["table"], key, line["field"], line["batch"])
            same = place == (claim.table, claim.row, "", claim.batch) and bool(claim.called)
            if same and (line["status"], line["original_row_id"]) == ("accepted", claim.called):
                return True
        return False

    def renaming(self, name: str, key: Key) -> set[str]:
        """Name the batches that know a row under another id."""
        return {batch for table, row, batch in self.otherwise if (table, row) == (name, key)}

    def is_edit(self, claim: Claim) -> bool:
        return self.tables[claim.table].role(claim.field) not in ABOUT_THE_WORK

    def delete(self, name: str, key: Key, live: list[Claim], decided: Resolution | None = None) -> None:
        if self.merged[name].pop(key, None) is not None:
            self.gone.add((name, key))
        self.mark([c for c in live if not c.field], "accepted", decided)
        self.mark([c for c in live if c.field], "rejected" if decided else "noted", decided)

    def differs(self, claim: Claim) -> bool:
        now = self.merged[claim.table].get(claim.row, {}).get(claim.field)
        descriptor = self.tables[claim.table].descriptor(claim.field)
        return meaning(descriptor, now) != meaning(descriptor, claim.value)

    def edit_fields(self, name: str) -> list[str]:
        table = self.tables[name]
        return [f for f in table.names() if f not in table.key and table.role(f) not in ABOUT_THE_WORK]

    def late(self, claims: Sequence[Claim], adders: Sequence[Origin]) -> set[str]:
        """Name the batches that have seen a row of the current package otherwise, or not at all."""
        there = [c for c in claims if c.row in self.merged[c.table]]
        edits = [c for c in there if c.field and not self.waits(c) and self.is_edit(c)]
        found = {c.batch for c in edits if c.late} | {c.batch for c in there if c.contributor and self.changed_row(c)}
        adding = {adder[1] for adder in adders}
        row = self.merged[there[0].table][there[0].row] if there else {}
        is_bare = there and all(row.get(f) is None for f in self.edit_fields(there[0].table))
        return (found | adding) - ({self.published} | (adding if is_bare else set())) if there else set()

    def changed_row(self, claim: Claim) -> bool:
        """Return whether a row, under the id that a claim's batch uses, was published otherwise than it saw it."""
        if claim.batch in self.absent:
            about = self.earlier.asked(claim.table, row_id(claim.row), "")
            return any(not line["contributor"] and line["value"] == "published" for line in about)
        table = self.current[claim.table]
        now, then = table.rows.get(claim.written_row), self.seen_row(claim)
        if now is None or not then:
            return True
        now = self.rewrite(claim.table, now)
        described = [(f, table.descriptor(f)) for f in self.edit_fields(claim.table)]
        return any(meaning(d, now.get(f)) != meaning(d, then.get(f)) for f, d in described)

    def seen_row(self, claim: Claim) -> dict[str, str | None]:
        batch = next(c for c in self.batches if c.batch == claim.batch)
        if claim.batch in self.absent:
            place = (claim.table, row_id(claim.row), "superseded")
            lines = [x for x in self.earlier.cells if (x["table"], x["row_id"], x["status"]) == place and x["field"]]
            lines.sort(key=lambda x: (x["batch"].startswith("published@"), x["batch"]))
            keys = dict(zip(self.current[claim.table].key, claim.row, strict=True))
            return self.rewrite(claim.table, {**keys, **{x["field"]: x["value"] for x in lines}})
        return self.rewrite(claim.table, self.base(batch, claim.table).rows.get(claim.written_row, {}))

    def rows_differ(self, table: PlainTable, live: list[Claim], edits: list[Claim], adders: Sequence[Origin]) -> bool:
        wishes: dict[str, set[tuple[str, object]]] = {}
        for claim in edits:
            wishes.setdefault(claim.batch, set()).add(
                (claim.field, meaning(table.descriptor(claim.field), claim.value))
            )
        moving = {c.batch for c in edits if self.differs(c)}
        late_ones = self.updaters[edits[0].table, edits[0].row] if edits else set()
        different = False
        for group in (moving & late_ones, moving - late_ones):
            ways = set()
            for batch in group:
                if not any((batch, late) in self.pairs for late in group):
                    before = [early for early in group if (early, batch) in self.pairs]
                    ways.add(frozenset().union(wishes[batch], *(wishes[early] for early in before)))
            different |= len(ways) > 1
        now = {c.batch for c in edits if not self.waits(c)}
        return different or bool(self.late(live, adders) & moving & now)

    def key_reused(self, table: PlainTable, edits: list[Claim]) -> bool:
        said: dict[str, dict[str, object]] = {}
        for claim in edits:
            if table.role(claim.field) not in SETTLED_BY_ROLE:
                said.setdefault(claim.batch, {})[claim.field] = meaning(table.descriptor(claim.field), claim.value)
        for one in said.values():
            for other in said.values():
                shared = [f for f in one if f in other]
                if len(shared) >= 3 and 4 * sum(one[f] != other[f] for f in shared) >= 3 * len(shared):
                    return True
        return False

    def row_conflict(  # noqa: PLR0913 (a rule looks at that much)
        self,
        kind: str,
        name: str,
        key: Key,
        live: list[Claim],
        adders: list[Origin],
        published: str = "",
    ) -> None:
        deletions = [c for c in live if not c.field]
        edits = [c for c in live if c.field and self.tables[name].role(c.field) not in ABOUT_THE_WORK]
        sides = [self.side(c) for c in deletions]
        values: list[str | None] = [None] * (published == "deleter" or bool(deletions))
        for batch in sorted({c.batch for c in edits}):
            theirs = sorted((c for c in edits if c.batch == batch), key=lambda c: c.order)
            said = sorted({f"{c.field}={c.value or ''}" for c in theirs})
            sides.append(replace(self.side(theirs[0]), value="; ".join(said)))
            values += said
        if published:
            source = first_of(self.tables[name], "source", self.was[name].get(key, {}))
            values += ["published"] * (published == "editor")
            sides.append(Side("", self.published, "published" if published == "editor" else None, source))
        before = self.row_before(name, key, live, adders)
        decided = self.conflict(kind, (name, row_id(key), ""), None, sides, values=values, before=before)
        if decided is None:
            self.mark(live, "open")
        elif decided.inputs_hash in before and decided.inputs_hash != inputs_hash(None, list({*values})):
            self.decide_as_before(name, key, live, adders, decided)
        elif decided.choice == "base":
            self.mark(live, "rejected", decided)
        else:
            self.take_row(name, key, live, adders, decided)

    # Rows of which one side has been published since

    def row_before(self, name: str, key: Key, live: Sequence[Claim], adders: Sequence[Origin]) -> dict[str, str | None]:
        """Give the hash that a row's conflict had when what was published since had only been claimed."""
        since = self.published_since(name, key, live, adders)
        edits = {f"{c.field}={c.value or ''}" for c in live if c.field and self.is_edit(c)}
        said = {f"{f}={now or ''}" for f, now, _ in since if f in self.edit_fields(name)}
        hashed = inputs_hash(None, list({*([None] if any(not c.field for c in live) else []), *edits, *said}))
        lines = [x for x in self.decisions.lines if x.inputs_hash == hashed]
        lines = [x for x in lines if x.conflict_id == conflict_id("row", name, row_id(key), "")]
        fits = all(self.can_be_as_before(name, key, live, adders, line) for line in lines)
        return {hashed: None} if said and lines and fits else {}

    def can_be_as_before(
        self, name: str, key: Key, live: Sequence[Claim], adders: Sequence[Origin], line: Resolution
    ) -> bool:
        """Return whether a row can be as it would be if a decision had been there from the start."""
        theirs = [c for c in live if line.take_from in {c.batch, c.contributor}]
        if line.choice == "take" and theirs and not any(c.field for c in theirs):
            return True
        since = self.published_since(name, key, live, adders)
        known = len({f for f, _, _ in since}) == len(since) and not self.renaming(name, key)
        return known and (line.choice == "take" or not self.unknown_to(name, key, adders))

    def unknown_to(self, name: str, key: Key, adders: Sequence[Origin]) -> set[str]:
        """Name the batches at hand that add a row which is published by now."""
        called_so = [a for a in adders if not a[2] or a[2].startswith("local:")]
        there = key in self.current[name].rows
        return {a[1] for a in called_so if a[0] and a[1] not in self.absent} if there else set()

    def published_since(
        self, name: str, key: Key, live: Sequence[Claim], adders: Sequence[Origin]
    ) -> set[tuple[str, str | None, str | None]]:
        """Give what was published since of a row: the fields, their texts now, and those that were seen."""
        found: set[tuple[str, str | None, str | None]] = set()
        row = self.was[name].get(key, {})
        unknown = self.unknown_to(name, key, adders)
        if unknown:
            found |= {(f, text, None) for f, text in row.items() if f not in self.current[name].key}
        for claim in live:
            now = self.current[name].rows.get(claim.written_row)
            at_hand = claim.contributor and claim.batch not in self.absent | unknown | {"decisions"}
            then = self.seen_row(claim) if at_hand and now is not None else {}
            if then and now is not None:
                now = self.rewrite(name, now)
                for f in self.edit_fields(name):
                    if self.mean(claim, f, now) != self.mean(claim, f, then):
                        found.add((f, now.get(f), then.get(f)))
                work = (f for f in self.tables[name].names() if self.tables[name].role(f) in ABOUT_THE_WORK)
                found |= {(f, now[f], None) for f in work if now.get(f) is not None and then.get(f) is None}
        return found

    def was_reused(self, name: str, key: Key, live: Sequence[Claim], adders: Sequence[Origin]) -> bool:
        """Return whether it was decided of a row, before it was published, that it is not one with what others add."""
        return bool(self.unknown_to(name, key, adders)) and bool(self.row_before(name, key, live, adders))

    def decide_as_before(
        self, name: str, key: Key, live: list[Claim], adders: list[Origin], decided: Resolution
    ) -> None:
        """Take back what was published since, but for what is said by the one whose side is taken."""
        theirs = [c for c in live if decided.choice == "take" and decided.take_from in {c.batch, c.contributor}]
        taken = [c for c in theirs if c.field]
        if theirs and not taken:
            self.take_row(name, key, live, adders, decided)
            return
        back = {
            f: then
            for f, _, then in self.published_since(name, key, live, adders)
            if decided.choice == "base" or decided.take_from not in self.owners(name, key, f)
        }
        row = {f: text for f, text in {**self.merged[name][key], **back}.items() if text is not None}
        self.merged[name][key] = row
        if self.unknown_to(name, key, adders) and taken:
            self.back.add((name, key))
        self.mark([c for c in live if c not in taken], "rejected", decided)
        self.set_taken(name, key, taken, [a for a in adders if decided.take_from in a[:2]], decided)
        for f, then in back.items():
            descriptor = self.tables[name].descriptor(f)
            same = meaning(descriptor, self.merged[name][key].get(f)) == meaning(descriptor, then)
            if same and not any(c.field == f and self.status[c][0] == "accepted" for c in taken):
                claim = Claim(name, key, f, decided.decider, "decisions", then, written_row=key, written=then)
                self.claims.setdefault((name, key), []).append(claim)
                self.mark([claim], "accepted", decided)

    def owners(self, name: str, key: Key, column: str) -> set[str]:
        """Name the contributors and batches that a published cell comes from."""
        told = [line for line in self.told_of(name, key, column) if line["field"]]
        lines = [line for line in told if line["status"] == "accepted"]
        if not told:
            rows = [(line, row_id(to) if to else line["row_id"]) for line, to in self.moved(self.earlier.rows)]
            lines = [line for line, now in rows if (line["table"], now) == (name, row_id(key))]
        return {line[one] for line in lines for one in ("contributor", "batch")}

    def mean(self, claim: Claim, column: str, row: Mapping[str, str | None]) -> object:
        return meaning(self.tables[claim.table].descriptor(column), row.get(column))

    def take_row(self, name: str, key: Key, live: list[Claim], adders: list[Origin], decided: Resolution) -> None:
        theirs = [c for c in live if decided.take_from in {c.batch, c.contributor}]
        taken = [c for c in theirs if c.field]
        adders = [adder for adder in adders if decided.take_from in adder[:2]]
        if len(theirs) > len(taken) == 0 and not adders:
            self.delete(name, key, live, decided)
            self.mark([c for c in live if not c.field], "accepted", decided)
            return
        self.mark([c for c in live if c not in taken], "rejected", decided)
        if not taken and not adders:  # what they say is published by now
            return
        seen = [c for c in taken if c.batch not in {adder[1] for adder in adders}]
        if key not in self.merged[name] and seen:  # somebody of theirs saw the row, which is gone
            first = min(seen, key=lambda c: c.order)
            revived = {f: text for f, text in self.seen_row(first).items() if text is not None}
            self.merged[name][key] = revived
            self.back.add((name, key))
            self.default[name, key] = first.origin
        self.set_taken(name, key, taken, adders, decided)

    def set_taken(self, name: str, key: Key, taken: Sequence[Claim], adders: list[Origin], decided: Resolution) -> None:
        """Merge what one side says, all of it in time, and note the decision beside it."""
        self.set_cells(name, key, [replace(c, late=False) for c in taken], adders)
        for claim in taken:
            status, decision, reason = self.status.pop(replace(claim, late=False))
            if status != "open":
                decision, reason = decision or decided.conflict_id, reason or decided.reason
            self.status[claim] = (status, decision, reason)

    # Cells

    def set_cells(self, name: str, key: Key, claims: list[Claim], adders: list[Origin]) -> None:
        table = self.tables[name]
        row = dict(self.merged[name].get(key, dict(zip(table.key, key, strict=True))))
        waits = False
        self.mark([c for c in claims if self.waits(c)], "open")
        claims = [c for c in claims if not self.waits(c)]
        for column in sorted({c.field for c in claims}):
            mine = [c for c in claims if c.field == column]
            rule = self.audit_rule if table.role(column) in ABOUT_THE_WORK else self.cell_rule
            value, is_open = rule(name, key, column, row.get(column), sorted(mine, key=lambda c: c.order), adders)
            descriptor = table.descriptor(column)
            if meaning(descriptor, value) != meaning(descriptor, row.get(column)):  # what is equal keeps its text
                row.pop(column, None)
                row |= {column: value} if value is not None else {}
            required = descriptor.get("constraints", {}).get("required")
            waits |= key not in self.merged[name] and bool(required) and (is_open or value is None)
        if waits:
            self.mark(claims, "open")
            self.leave_open(name, key, lambda line: bool(line["field"]))
            return
        if key not in self.merged[name]:
            self.default[name, key] = min([a for a in adders if a[1] not in self.updaters[name, key]] or adders)
        self.merged[name][key] = row

    def leave_open(self, name: str, key: Key, is_meant: Callable[[Line], bool]) -> None:
        """List decided conflicts of a row as open: nothing is done of what was decided."""
        for line in self.conflicts:
            at = (line["table"], line["row_id"]) == (name, row_id(key))
            if at and line["status"] == "resolved" and is_meant(line):
                line["status"] = "open"

    def audit_rule(
        self,
        name: str,
        key: Key,
        column: str,
        current: str | None,
        claims: list[Claim],
        _adders: list[Origin],
    ) -> tuple[str | None, bool]:
        descriptor = self.tables[name].descriptor(column)
        claims = sorted(claims, key=lambda c: c.batch in self.updaters[name, key])
        current = None if (name, key) in self.back else current
        value = current if current is not None else next((c.value for c in claims if c.value is not None), None)
        other = [c for c in claims if meaning(descriptor, c.value) != meaning(descriptor, current)]
        decided = None
        if current is not None and other and self.tables[name].role(column) == "audit":
            place, sides = (name, row_id(key), column), self.cell_sides(name, key, current, other)
            values = [*self.forms(descriptor, other).values(), *([current] if any(c.late for c in other) else [])]
            outcome = self.outcome(current, other, descriptor)
            before = self.before(descriptor, current, other)
            decided = self.conflict(
                "audit.kept", place, current, sides, values=values, auto=True, outcome=outcome, before=before
            )
            if decided:
                value = self.decided_value(decided, current, other)
        for claim in claims:
            taken = meaning(descriptor, claim.value) == meaning(descriptor, value)
            self.mark([claim], "accepted" if taken else "noted", decided)
        if decided:
            self.claim_of_decider(name, key, column, value, claims, decided)
        return value, False

    def cell_rule(  # noqa: PLR0913 (a rule looks at that much)
        self,
        name: str,
        key: Key,
        column: str,
        current: str | None,
        claims: list[Claim],
        adders: list[Origin],
    ) -> tuple[str | None, bool]:
        """Give what is published in a cell, and whether it is in conflict."""
        table, place = self.tables[name], (name, row_id(key), column)
        descriptor = table.descriptor(column)
        claims = self.updated(name, key, column, claims)
        other = [c for c in claims if meaning(descriptor, c.value) != meaning(descriptor, current)]
        if not other:
            self.mark(claims, "accepted")
            return current, False
        forms, late = self.forms(descriptor, other), any(c.late for c in other)
        if late:
            forms[meaning(descriptor, current)] = current
        kind, value = self.by_itself(table, column, current, other, forms, late=late)
        if not kind and len(forms) == 1 and len({c.value for c in other}) > 1 and len({c.batch for c in other}) > 1:
            kind = "cell.same_value"
        is_open = len(forms) > 1 and not kind
        if not is_open and not kind:
            self.mark(claims, "superseded")
            self.mark(other, "accepted")
            return value, False
        auto = bool(kind)
        kind = kind or self.cell_kind(name, key, current, other, forms, adders)
        values = [c.value for c in other] if kind == "cell.same_value" else list(forms.values())
        sides = self.cell_sides(name, key, current, other)
        outcome = self.outcome(current, other, descriptor)
        before = self.before(descriptor, current, other)
        decided = self.conflict(kind, place, current, sides, values=values, auto=auto, outcome=outcome, before=before)
        if decided:
            value = self.decided_value(decided, current, other)
            is_open = False
            self.claim_of_decider(name, key, column, value, claims, decided)
        elif auto and any(line["kind"] == "decision.disagree" for line in self.conflicts[-2:] if self.at(line, place)):
            value, is_open = current, True
        for claim in claims:
            taken = meaning(descriptor, claim.value) == meaning(descriptor, current if is_open else value)
            taken |= not decided and not is_open and kind == "cell.set_union"
            lost = "superseded" if claim not in other and not decided else "rejected"
            self.mark([claim], "accepted" if taken else "open" if is_open else lost, decided)
        return (current if is_open else value), is_open

    def before(self, descriptor: Field, current: str | None, claims: Sequence[Claim]) -> dict[str, str | None]:
        """Give the hashes that a cell's conflict had when what is published by now had only been claimed."""
        forms = {meaning(descriptor, current): current, **self.forms(descriptor, claims)}
        return {inputs_hash(c.base, list(forms.values())): c.base for c in claims if c.late}

    def updated(self, name: str, key: Key, column: str, claims: list[Claim]) -> list[Claim]:
        """Leave out what those say who register a row, where those who change it say one other thing."""
        descriptor = self.tables[name].descriptor(column)
        mine = [c for c in claims if c.batch in self.updaters[name, key]]
        rest = [c for c in claims if c not in mine]
        one, other = ({meaning(descriptor, c.value) for c in of} for of in (mine, rest))
        if self.tables[name].role(column) == "set" or len(one) != 1 or len(other) != 1 or one == other:
            return claims
        self.mark(rest, "superseded")
        return mine

    def forms(self, descriptor: Field, claims: Sequence[Claim]) -> dict[object, str | None]:
        """Map what is claimed to the text for it."""
        means = {meaning(descriptor, c.value) for c in claims}
        return {mean: shortest(c.value for c in claims if meaning(descriptor, c.value) == mean) for mean in means}

    def cell_sides(self, name: str, key: Key, current: str | None, other: Sequence[Claim]) -> list[Side]:
        source = first_of(self.current[name], "source", self.was[name].get(key, {}))
        published = Side("", self.published, current, source)
        return [self.side(c) for c in other] + [published] * (key in self.merged[name])

    def cell_kind(  # noqa: PLR0913
        self,
        name: str,
        key: Key,
        current: str | None,
        other: Sequence[Claim],
        forms: Mapping[object, str | None],
        adders: Sequence[Origin],
    ) -> str:
        batches = {c.batch for c in other}
        if self.renaming(name, key) & batches:
            return "entity.merged_values"
        if None in forms:
            return "cell.edit_erase"
        if batches & {adder[1] for adder in adders}:
            return "row.add_add"
        return "cell.fill_fill" if current is None else "cell.edit_edit"

    def at(self, line: Line, place: tuple[str, str, str]) -> bool:
        return (line["table"], line["row_id"], line["field"]) == place

    def by_itself(  # noqa: PLR0913
        self,
        table: PlainTable,
        column: str,
        current: str | None,
        other: list[Claim],
        forms: Mapping[object, str | None],
        *,
        late: bool,
    ) -> tuple[str, str | None]:
        """Give the kind under which a cell's candidates merge by themselves, if they do, and the value."""
        descriptor = table.descriptor(column)
        role = table.role(column)
        if len(forms) == 1:
            return "", next(iter(forms.values()))
        if role == "set":
            wishes = [(elements(descriptor, c.base), elements(descriptor, c.value)) for c in other]
            more = frozenset().union(*(new - old for old, new in wishes))
            less = frozenset().union(*(old - new for old, new in wishes))
            if not more & less:
                result = sorted((elements(descriptor, current) | more) - less, key=str.encode)
                union = descriptor["merge"].get("separator", ";").join(result) or None
                return "cell.set_union", union
        order = descriptor.get("merge", {}).get("order", [])
        if role == "lowest" and all(value in order for value in forms.values()):
            return "cell.lowest", min(forms.values(), key=order.index)
        policy = descriptor.get("merge", {}) if "onConflict" in descriptor.get("merge", {}) else table.merge
        if policy.get("onConflict") == "prefer_source_kind" and not late:
            return self.preferred(table, column, other, policy["sourceKinds"])
        return "", None

    def preferred(
        self, table: PlainTable, column: str, other: list[Claim], best: Sequence[str]
    ) -> tuple[str, str | None]:
        """Take the value that the best kind of source has, if it has one only."""
        ranked = [(best.index(kind), c.value) for c in other if (kind := self.kind_of(table, c.source)) in best]
        first = [value for rank, value in ranked if rank == min(r for r, _ in ranked)]
        if len({meaning(table.descriptor(column), value) for value in first}) != 1:
            return "", None
        return "cell.preferred", shortest(first)

    def kind_of(self, table: PlainTable, source: str) -> str:
        parents = [(p, pf) for f, p, pf in table.references if len(f) == 1 and table.role(f[0]) == "source"]
        for parent, _ in parents:
            row = self.merged[parent].get((source,), {})
            return row.get("source_kind", "")
        return ""

    def outcome(
        self, current: str | None, claims: Sequence[Claim], descriptor: Field | None = None
    ) -> Callable[[Resolution], object]:
        return lambda line: meaning(descriptor or {}, self.decided_value(line, current, claims))

    def decided_value(self, line: Resolution, current: str | None, claims: Sequence[Claim]) -> str | None:
        if line.choice == "base":
            return current
        if line.choice == "value":
            return clean(line.value)
        values = {c.value for c in claims if line.take_from in {c.batch, c.contributor}}
        return shortest(values) if values else clean(line.value)  # what they said is published by now

    def claim_of_decider(  # noqa: PLR0913 (a rule looks at that much)
        self, name: str, key: Key, column: str, value: str | None, claims: list[Claim], decided: Resolution
    ) -> None:
        """A value that nobody claimed is the decider's."""
        descriptor = self.tables[name].descriptor(column)
        current = self.was[name].get(key, {}).get(column)
        if decided.choice == "value" and meaning(descriptor, value) not in {
            meaning(descriptor, current),
            *(meaning(descriptor, c.value) for c in claims),
        }:
            claim = Claim(name, key, column, decided.decider, "decisions", value, written_row=key, written=value)
            self.claims.setdefault((name, key), []).append(claim)
            self.mark([claim], "accepted", decided)

    # References

    def hold_back_deletions(self) -> None:
        """Bring back deleted rows that a row still refers to, until there are none."""
        while lost := [place for place in sorted(self.gone) if self.is_referred_to(*place)]:
            for name, key in lost:
                self.gone.remove((name, key))
                self.merged[name][key] = dict(self.was[name][key])
                claims = [c for c in self.claims[name, key] if not c.withdrawn and (c.field or self.is_deletion(c))]
                deletions = [c for c in claims if not c.field]
                sides = [self.side(c) for c in deletions]
                decided = self.conflict("row.delete_referenced", (name, row_id(key), ""), None, sides)
                self.mark(claims, "rejected" if decided else "open", decided)
                if not decided:
                    self.leave_open(name, key, lambda line: line["kind"] == "row.delete_edit")

    def is_referred_to(self, name: str, key: Key) -> bool:
        row = self.was[name][key]
        for child, table in self.tables.items():
            for fields, parent, parent_fields in table.references:
                if parent != name or not set(fields) <= set(table.names()):
                    continue
                wanted = [row.get(f) for f in parent_fields]
                if any([r.get(f) for f in fields] == wanted for r in self.merged[child].values()):
                    return True
        return False

    # Outputs

    def publish(self) -> Merged:
        conflicts = self.listed()
        self.conflicts = []
        for status, line in self.decisions.idle():
            more = {"conflict_id": line.conflict_id, "inputs_hash": line.inputs_hash, "decided_by": line.decider}
            place = (line.table, line.row_id, line.field)
            self.list_conflict(f"decision.{status}", status, place, [chosen(line)], **more)
        conflicts += self.conflicts
        tables = {name: replace(table, rows=self.published_rows(name)) for name, table in self.tables.items()}
        rows, cells = self.provenance()
        every = [(claim, self.status[claim][0]) for claims in self.claims.values() for claim in claims]
        conflicts = sorted(conflicts, key=lambda line: in_order(line, CONFLICT_ORDER))
        self.redirects = [line for line in self.redirects if self.leads_somewhere(line)]
        redirects = sorted(
            [*self.redirects, *self.earlier_redirects()], key=lambda line: in_order(line, REDIRECT_COLUMNS)
        )
        return Merged(tables, rows, cells, conflicts, redirects, every)

    def leads_somewhere(self, redirect: Line) -> bool:
        """Return whether a redirect is to a row that is there, or was."""
        key = (redirect["canonical_id"],)
        return any(key in rows[redirect["table"]] for rows in (self.merged, self.was))

    def earlier_redirects(self) -> list[Line]:
        """Give the redirects of earlier merges, straight to the id that stands now."""
        new = {(line["table"], line["old_id"]) for line in self.redirects}
        kept = [line for line in self.earlier.redirects if (line["table"], line["old_id"]) not in new]
        ids = [self.canonical.get((line["table"], line["canonical_id"]), line["canonical_id"]) for line in kept]
        return [line | {"canonical_id": to} for line, to in zip(kept, ids, strict=True)]

    def published_rows(self, name: str) -> dict[Key, Row]:
        names = self.tables[name].names()
        rows = sorted(self.merged[name].items(), key=lambda pair: [part.encode() for part in pair[0]])
        return {key: {f: row[f] for f in names if f in row} for key, row in rows}

    def provenance(self) -> tuple[list[Line], list[Line]]:
        rows, cells = self.earlier_rows(), []
        for name in self.tables:
            places = {key for table, key in (*self.claims, *self.default) if table == name}
            for key in places:
                there, gone = key in self.merged[name], (name, key) in self.gone
                if there or gone:
                    status = "present" if there else "deleted"
                    who, batch, called_there, source = self.default[name, key]
                    line = (name, row_id(key), who, batch, source, status, called_there)
                    rows.append(dict(zip(ROW_COLUMNS, line, strict=True)))
                cells += self.cell_lines(name, key, there=there, gone=gone)
        for line in cells:
            self.date_as_told(line)
        cells += self.earlier_cells(cells)
        return (
            sorted(rows, key=lambda line: in_order(line, ("table", "row_id"))),
            sorted(cells, key=lambda line: in_order(line, ("table", "row_id", "field", *CELL_COLUMNS[3:]))),
        )

    def date_as_told(self, line: Line) -> None:
        """Tell what was published under the version that it had when it was told first."""
        same = ("table", "row_id", "field", "value", "original_row_id")
        for before, key in self.moved(self.earlier.cells) if line["batch"] == self.published else ():
            told = before | {"row_id": row_id(key) if key else before["row_id"]}
            if told["batch"].startswith("published@") and all(told[c] == line[c] for c in same):
                line["batch"] = told["batch"]

    def cell_lines(self, name: str, key: Key, *, there: bool, gone: bool) -> list[Line]:
        """Give the lines of a row's cells: those that its default does not tell."""
        claims = self.claims.get((name, key), [])
        default = self.default.get((name, key), ("", "", "", ""))
        was_published = key in self.was[name]
        before = self.was[name][key] if was_published else {}
        renamed = self.renamed_cells.get((name, key), {}) if was_published else {}
        standing = dict(zip(("contributor", "batch", "original_row_id", "source_id"), default, strict=True))
        known = [(line, key) for line, key in self.moved(self.earlier.cells) if line["status"] == "accepted"]
        told = {(line["table"], key, line["field"]) for line, key in known}
        columns = (
            {c.field for c in claims}
            | set(renamed)
            | ({f for f in before if f not in self.tables[name].key} if gone else set())
        )
        lines = []
        for column in columns:
            mine = [c for c in claims if c.field == column]
            alone = len(mine) == 1 and self.status[mine[0]][0] == "accepted" and mine[0].value is not None
            others = [x for x in self.told_of(name, key, column) if not self.is_by_default(x, name, key)]
            if there and alone and column and not was_published and mine[0].origin == default and not others:
                continue
            descriptor = self.tables[name].descriptor(column)
            now = self.merged[name].get(key, {}).get(column)
            lines += map(self.cell_line, mine)
            if column in before and (name, key, column) in told:
                continue
            if column in before:
                stands = there and meaning(descriptor, now) == meaning(descriptor, before[column])
                line = dict.fromkeys(CELL_COLUMNS, "") | {"table": name, "row_id": row_id(key), "field": column}
                line |= standing
                line |= {"value": before[column], "status": "accepted" if stands else "superseded"}
                same = ("field", "batch", "value", "source_id", "status", "original_row_id")
                if not (stands and any(all(line[c] == told_line[c] for c in same) for told_line in lines)):
                    lines.append(line | {"original_value": renamed.get(column, "")})
            elif there and now is not None and not any(self.status[c][0] == "accepted" for c in mine):
                line = dict.fromkeys(CELL_COLUMNS, "") | {"table": name, "row_id": row_id(key), "field": column}
                line |= standing
                lines.append(line | {"value": now, "status": "accepted"})
        return lines

    def told_of(self, name: str, key: Key, column: str) -> list[Line]:
        place = (name, row_id(key), column)
        told = [
            line | {"row_id": row_id(now) if now else line["row_id"]} for line, now in self.moved(self.earlier.cells)
        ]
        return [line for line in told if (line["table"], line["row_id"], line["field"]) == place]

    def is_by_default(self, line: Line, name: str, key: Key) -> bool:
        """Return whether what was open of a cell is told by the line of its row, which is new."""
        _, batch, named, _ = self.default.get((name, key), ("", "", "", ""))
        is_new = key in self.merged[name] and key not in self.was[name]
        return is_new and line["status"] == "open" and (line["batch"], line["original_row_id"]) == (batch, named)

    def moved(self, lines: Iterable[Line]) -> list[tuple[Line, Key | None]]:
        """Give lines of earlier merges, each with the row that stands for theirs now, if it is not another."""
        keys = {(name, row_id(old)): key for (name, key), old in self.stands.items()}
        return [(line, keys.get((line["table"], line["row_id"]))) for line in lines]

    def earlier_rows(self) -> list[Line]:
        """Give what is told of rows that are no longer there: deleted before, or fallen into others now."""
        there = {(name, key) for name in self.tables for key in (*self.was[name], *self.merged[name])}
        ids = {(name, row_id(key)) for name, key in there}
        gone = [line for line, key in self.moved(self.earlier.rows) if not key]
        return [line | {"status": "deleted"} for line in gone if (line["table"], line["row_id"]) not in ids]

    def earlier_cells(self, new: Sequence[Line]) -> list[Line]:
        """Give what is told of cells, but for what batches say anew."""
        same = ("table", "row_id", "field", "batch", "original_row_id")
        said = {tuple(line[c] for c in same) for line in new}
        accepted = {tuple(line[c] for c in same) for line in new if line["status"] == "accepted"}
        claimed = {(c.table, row_id(c.row), c.field, c.batch) for of in self.claims.values() for c in of}
        lines = []
        for line, key in self.moved(self.earlier.cells):
            stands = self.stands_still(line, key)
            status = "superseded" if line["status"] == "accepted" and not stands else line["status"]
            told = line | {"row_id": row_id(key) if key else line["row_id"], "status": status}
            at_hand = told["batch"] in {c.batch for c in self.batches} - self.absent
            if at_hand and status == "open" and tuple(told[c] for c in same[:4]) not in claimed:
                told["status"] = "superseded"  # its contributor has taken it back
            replaced = {old for batch in self.batches for old in batch.replaces} - {c.batch for c in self.batches}
            if status == "open" and told["batch"] in replaced:
                told["status"] = "superseded"
            name, place = line["table"], key or key_of(line["row_id"])
            filled = line["field"] and self.merged[name].get(place, {}).get(line["field"]) is not None
            if filled and self.is_by_default(told, name, place):
                continue
            stands_there = told["status"] == "accepted" and told["field"]
            if tuple(told[c] for c in same) not in (accepted if stands_there else said):
                lines.append(told)
        return lines

    def stands_still(self, line: Line, key: Key | None) -> bool:
        """Return whether nothing has become of what a line of an earlier merge is about."""
        name, column = line["table"], line["field"]
        if not column:
            return True
        if key is None:
            return line["row_id"] not in map(row_id, self.current[name].rows)
        if key not in self.merged[name]:
            return False
        now, then = (rows[name][key].get(column) for rows in (self.merged, self.was))
        descriptor = self.tables[name].descriptor(column)
        return meaning(descriptor, now) == meaning(descriptor, then)

    def cell_line(self, claim: Claim) -> Line:
        status, decision, reason = self.status[claim]
        original = claim.written if claim.written != claim.value else None
        cells = (
            claim.table,
            row_id(claim.row),
            claim.field,
            claim.contributor,
            claim.batch,
            claim.value or "",
            claim.source,
        )
        return dict(zip(CELL_COLUMNS, (*cells, status, claim.called, original or "", decision, reason), strict=True))


def who_said(lines: Iterable[Line]) -> list[tuple[str, ...]]:
    columns = ("contributor", "batch", "value", "source_id")
    return sorted(tuple(line[c] for c in columns) for line in lines if line["contributor"])


def stood(sides: Sequence[Line], mean: Field) -> str | None:
    """Give what was published when a conflict on a cell was listed; what fell into the row is a side too."""
    published = [x["value"] or None for x in sides if not x["contributor"]]
    for value in published:
        others = {meaning(mean, x["value"] or None): x["value"] or None for x in sides}
        others.pop(meaning(mean, value), None)
        hashes = [inputs_hash(value, list(others.values())), inputs_hash(value, [*others.values(), value])]
        if sides[0]["inputs_hash"] in hashes:
            return value
    return published[0] if published else None


def applied(sides: Sequence[Line], lines: Sequence[Line], mean: Field) -> str | None:
    """Give what a decision made the published value."""
    taken = [x["value"] or None for x in lines if x["status"] in {"accepted", "superseded"}]
    return taken[0] if taken else stood(sides, mean)


CONFLICT_ORDER = ("table", "row_id", "field", "kind", "conflict_id", "contributor", "batch", "value", "source_id")


def in_order(line: Line, columns: Sequence[str]) -> list[bytes]:
    return [line[column].encode() for column in columns]


def typed(descriptor: Field) -> Field:
    """Leave out of a descriptor what is prose."""
    return {name: said for name, said in descriptor.items() if name not in {"title", "description", "example"}}


def chosen(line: Resolution) -> Side:
    """Give a decision as a side of a conflict."""
    said = line.value if line.choice == "value" else f"{line.choice} {line.take_from}".strip()
    return Side(line.decider, "decisions", said)


def counted(cells: int) -> str:
    return f"{cells} cell" + "s" * (cells != 1)


def first_of(table: PlainTable, role: str, row: Mapping[str, str | None]) -> str:
    return next((row.get(name) or "" for name in table.with_role(role)), "")


def shortest_path(start: str, end: str, pairs: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give the pairs that lead from one id to another, the first such way in the order of the ids."""
    ways: dict[str, list[tuple[str, str]]] = {start: []}
    for one in (todo := [start]):
        for pair in sorted(pair for pair in pairs if one in pair):
            other = pair[0] if pair[1] == one else pair[1]
            if other not in ways:
                ways[other] = [*ways[one], pair]
                todo.append(other)
    return ways[end]


def components(pairs: Iterable[tuple[str, str]]) -> list[set[str]]:
    """Give the sets of ids that pairs connect."""
    found: list[set[str]] = []
    for pair in sorted(pairs):
        touched = [c for c in found if c & set(pair)]
        found = [c for c in found if c not in touched] + [set(pair).union(*touched)]
    return sorted(found, key=sorted)

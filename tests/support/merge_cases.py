"""Small random merges: packages of a few rows, two to four contributions, few values, so that they collide."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from plain_merge import (
    ERASE,
    Contribution,
    Judgement,
    Key,
    PlainTable,
    Resolution,
    Tables,
    clean,
    row_id,
)

T = TypeVar("T")
Pick = Callable[[Sequence[Any]], Any]

WHO = ("ctr-ann", "ctr-bob", "ctr-cem", "ctr-dee")
THINGS = ("t1", "t2", "t3", "t4")
PLACES = ("p1", "p2", "p3")
VALUES: dict[str, tuple[str, ...]] = {
    "name": ("x", "y", "z"),
    "note": ("u", "v"),
    "size": ("1", "1.0", "2"),
    "tags": ("p", "q", "p|q", "q|r", "p|q|r"),
    "state": ("draft", "final", "odd"),
    "site": PLACES,
    "near": PLACES,
    "source_id": ("src-1", "src-2"),
    "contributor_id": WHO[:2],
    "seen": ("2026", "2027"),
    "extra": ("k", "l"),
    "label": ("m", "n"),
    "former": ("f", "g"),
    "place_id": PLACES,
    "year": ("2020", "2021"),
}
FIELDS: dict[str, dict[str, Any]] = {
    "name": {"type": "string"},
    "note": {"type": "string"},
    "size": {"type": "number"},
    "tags": {"type": "string", "merge": {"as": "set", "separator": "|"}},
    "state": {"type": "string", "merge": {"as": "lowest", "order": ["draft", "final"]}},
    "site": {"type": "string"},
    "near": {"type": "string"},
    "source_id": {"type": "string", "merge": {"as": "source"}},
    "contributor_id": {"type": "string", "merge": {"as": "contributor"}},
    "seen": {"type": "string", "merge": {"as": "audit"}},
    "label": {"type": "string"},
}
REFERS = {"site": "places", "near": "places", "source_id": "sources", "contributor_id": "contributors"}
IDENTIFIES: dict[str, dict[str, Any]] = {
    "note": {"identity": {"as": "identifier"}},
    "state": {"identity": {"as": "code", "never": ["odd"]}},
}
EXTRAS = ({"name": "extra", "type": "string"}, {"name": "extra", "type": "string", "constraints": {"maxLength": 9}})
AGES = {"earlier": 4, "first": 5, "second": 6}  # of older bases
PREFERS = {"onConflict": "prefer_source_kind", "sourceKinds": ["law", "press"]}


@dataclass(frozen=True)
class Case:
    """All that goes into a merge."""

    current: Tables
    contributions: tuple[Contribution, ...]
    judgements: tuple[Judgement, ...] = ()
    resolutions: tuple[Resolution, ...] = ()


@dataclass(frozen=True)
class Kinds:
    """What a case may have in it."""

    values: tuple[str, ...] = ("name", "note", "size", "tags", "state", "site")
    about: tuple[str, ...] = ("source_id", "contributor_id", "seen")
    policies: tuple[dict[str, Any], ...] = ({}, {}, {"granularity": "row"}, PREFERS)
    modes: tuple[str, ...] = ("patch", "snapshot")
    older: bool = True
    schemas: bool = True
    judgements: bool = True
    parents: bool = True
    supersedes: bool = True
    required: bool = True
    links: bool = False  # a table whose key is of two fields, one of which names a place
    changes: bool = False  # of the schema of things since an older base
    follows: bool = False  # batches of one person follow each other
    identity: bool = False  # schemas say what forbids that two rows are the same


def make(pick: Pick, kinds: Kinds) -> Case:
    """Make a case; `pick` takes one of some options."""
    current = package(pick, kinds)
    whos = WHO[: pick([2, 2, 3, 4])]
    contributions = tuple(contribution(pick, kinds, current, who) for who in whos)
    if kinds.supersedes and pick([False, False, True]):
        earlier = contribution(pick, kinds, current, whos[0], "earlier")
        supersedes = pick([(), (earlier.batch,)])
        contributions = (earlier, replace(contributions[0], supersedes=supersedes), *contributions[1:])
    if kinds.follows:
        contributions = (*following(pick, kinds, current, contributions[0]), *contributions[1:])
        contributions = with_updates(pick, current, contributions)
    judgements = tuple(judgement(pick) for _ in range(pick([0, 0, 1, 2, 3]) if kinds.judgements else 0))
    return Case(current, contributions, tuple(set_by_pair(judgements).values()))


def following(pick: Pick, kinds: Kinds, current: Tables, last: Contribution) -> tuple[Contribution, ...]:
    """Give a contribution with one or two before it by the same person, in an order that is told or is not."""
    made: list[Contribution] = []
    for number, name in enumerate(("a", "z", "")[pick([0, 1, 1]) :]):
        shared = last.base if pick([True, False]) else None
        one = contribution(pick, kinds, current, last.contributor, name, shared) if name else last
        age = last.age if one.base is last.base else 99 if one.base is None else pick([number, 9 - number])
        before = [other.batch for other in made if pick([True, True, False])]
        how = pick(["follows", "follows", "base", "some", "whole"])
        place = some_claim(pick, made[-1], current) if made and how == "some" else None
        one = replace(one, age=one.age if one is last else age, supersedes=(place,) if place else one.supersedes)
        if before and how == "whole":
            one = replace(one, supersedes=tuple(before[:1]))
        made.append(replace(one, follows=tuple(before) if how == "follows" else ()))
    return tuple(made)


def with_updates(pick: Pick, current: Tables, made: Sequence[Contribution]) -> tuple[Contribution, ...]:
    """Let some of the rows that are new to a contribution lack what somebody else's row has, and every row needs."""
    required = [name for name in current["things"].names() if is_required(current["things"], name)]
    made = list(made)

    def counts(other: Contribution) -> bool:  # nothing of it is taken back, or waits for its key
        return other.contributor != made[0].contributor and same_key(other)

    def same_key(other: Contribution) -> bool:
        return (other.base or current)["things"].key == current["things"].key

    for at, one in enumerate(made) if required else ():
        rows = []
        for row in one.rows["things"]:
            known = named((one.base or current)["things"], row["thing_id"]) in (one.base or current)["things"].rows
            others = [r for other in made if other is not one and counts(other) for r in other.rows["things"]]
            there = any(r["thing_id"] == row["thing_id"] and r.get(required[0]) for r in others)
            leaves = one.mode == "patch" and same_key(one) and not known and there and pick([True, True, False])
            rows.append({f: text for f, text in row.items() if not leaves or f != required[0]})
        made[at] = replace(one, rows={**one.rows, "things": rows})
    return tuple(made)


def some_claim(pick: Pick, made: Contribution, current: Tables) -> dict[str, str] | None:
    """Name something that a contribution claims for certain."""
    tables = made.base or current
    same_key = [name for name in tables if tables[name].key == current[name].key]
    found = [{"table": table, "row": row_id(key)} for table, key, *_ in made.deletes if table in same_key]
    for name in made.rows:
        table = tables[name]
        for row in made.rows[name] if name in same_key and made.mode == "patch" else ():
            key = tuple(row[part] for part in table.key)
            found += [
                {"table": name, "row": row_id(key), "field": column}
                for column, text in row.items()
                if column in table.names() and column not in table.key and key in table.rows and text != ERASE
                if clean(text) and clean(text) != clean(table.rows[key].get(column)) and column != "size"
            ]  # fmt: skip
    return {"batch": made.batch, **pick(found)} if found else None


def set_by_pair(judgements: Sequence[Judgement]) -> dict[tuple[str, ...], Judgement]:
    """Keep one judgement a pair and person."""
    return {(j.decider, j.table, *sorted((j.left, j.right))): j for j in judgements}


def judgement(pick: Pick) -> Judgement:
    table, ids = pick([("things", THINGS), ("things", THINGS), ("places", PLACES)])
    left = pick(ids)
    right = pick([i for i in ids if i != left])
    return Judgement(
        pick(WHO[:2]), table, left, right, pick(["positive", "positive", "positive", "negative", "unsure"])
    )


def package(pick: Pick, kinds: Kinds) -> Tables:
    values = [f for f in kinds.values if pick([True, True, False])] or ["name"]
    about = [f for f in kinds.about if pick([True, False])]
    fields = [{"name": "thing_id", "type": "string"}, *({"name": f, **FIELDS[f]} for f in (*values, *about))]
    if kinds.required and pick([True, False, False]) and FIELDS[values[0]].get("merge") is None:
        fields[1] = {**fields[1], "constraints": {"required": True}}
    references = tuple(((f,), REFERS[f], (f"{REFERS[f][:-1]}_id",)) for f in (*values, *about) if f in REFERS)
    things = PlainTable(tuple(fields), ("thing_id",), {}, pick(kinds.policies), references)
    label = {"name": "label", "type": "string"}
    if kinds.identity:
        label = {**label, "identity": {"as": pick(["name", "identifier"])}}
        things = replace(things, fields=tuple({**f, **IDENTIFIES.get(f["name"], {})} for f in things.fields))
    places = PlainTable(({"name": "place_id", "type": "string"}, label), ("place_id",))
    rows = {(p,): {"place_id": p, "label": pick(["m", "n"])} for p in PLACES}
    whos = {(who,): {"contributor_id": who} for who in (*WHO, "ctr-zoe")}
    sources = {
        ("src-1",): {"source_id": "src-1", "source_kind": "law"},
        ("src-2",): {"source_id": "src-2", "source_kind": "press"},
    }
    made = {
        "contributors": PlainTable(({"name": "contributor_id", "type": "string"},), ("contributor_id",), whos),
        "places": replace(places, rows=rows),
        "sources": PlainTable(
            ({"name": "source_id", "type": "string"}, {"name": "source_kind", "type": "string"}),
            ("source_id",),
            sources,
        ),
        "things": replace(things, rows=things_rows(pick, things)),
    }
    return made | {"links": links(pick)} if kinds.links else made


def links(pick: Pick) -> PlainTable:
    """Make a table whose rows are named by a place and a year."""
    fields = [{"name": name, "type": "string"} for name in ("place_id", "year")]
    fields += [{"name": name, **FIELDS[name]} for name in ("note", "size")]
    table = PlainTable(tuple(fields), ("place_id", "year"), {}, {}, ((("place_id",), "places", ("place_id",)),))
    return replace(table, rows=links_rows(pick, table, [True, False]))


def links_rows(pick: Pick, table: PlainTable, some: Sequence[bool]) -> dict[Key, dict[str, str]]:
    keys = [(place, year) for place in PLACES for year in VALUES["year"] if pick(some)]
    return {key: dict(zip(table.key, key, strict=True)) | filled(pick, table, ["", None, None]) for key in keys}


def changed_since(pick: Pick, table: PlainTable) -> PlainTable:
    """Give the schema of a table as it was once."""
    how = pick(["key", "former", "lately", "retyped", "same"])
    last = next((f["name"] for f in reversed(table.fields) if f["name"] in ("name", "note", "size", "tags")), "")
    if how == "key":
        return replace(table, key=("thing_id", last) if last else table.key)
    if how == "former":
        return replace(table, fields=(*table.fields, {"name": "former", "type": "string"}))
    if how == "lately":
        return replace(table, fields=tuple(f for f in table.fields if f["name"] != last or is_required(table, last)))
    if how == "retyped":
        return replace(table, fields=tuple({**f, "type": "string"} for f in table.fields))
    return table


def things_rows(pick: Pick, table: PlainTable) -> dict[Key, dict[str, str]]:
    keys = [t for t in THINGS if pick([True, True, False])]
    return {named(table, t): row_of(table, t) | filled(pick, table, ["", *([None] * 3)]) for t in keys}


def row_of(table: PlainTable, thing: str) -> dict[str, str]:
    """Give the key of a thing as cells; that of an older base may have more fields."""
    return {"thing_id": thing} | {name: VALUES[name][0] for name in table.key[1:]}


def named(table: PlainTable, thing: str) -> Key:
    return tuple(row_of(table, thing).values())


def is_required(table: PlainTable, name: str) -> bool:
    return bool(table.descriptor(name).get("constraints", {}).get("required"))


def filled(pick: Pick, table: PlainTable, blanks: Sequence[str | None]) -> dict[str, str]:
    """Fill the cells of a row, some of them with one of the given marks."""
    row = {}
    for name in table.names():
        if name not in table.key:
            mark = None if is_required(table, name) else pick(blanks)
            text = pick(VALUES[name]) if mark is None else mark
            if text:
                row[name] = text
    return row


def contribution(  # noqa: PLR0913 (that much goes into one)
    pick: Pick, kinds: Kinds, current: Tables, who: str, batch: str = "first", base: Tables | None = None
) -> Contribution:
    if base is None and kinds.older and pick([False, False, True]):
        then = changed_since(pick, current["things"]) if kinds.changes else current["things"]
        base = {**current, "things": replace(then, rows=things_rows(pick, then))}
    own = base or current
    mode = pick(kinds.modes)
    made = Contribution(who, f"{who[4:]}/{batch}", mode, base=base, age=AGES.get(batch, 0) if base else 99)
    if kinds.schemas and pick([False, False, False, True]):
        made = with_schema(pick, made, own)
    table = own["things"]
    added = tuple(made.add.get("things", ()))
    table = replace(table, fields=(*(f for f in table.fields if f["name"] not in made.drop.get("things", ())), *added))
    if mode == "snapshot":
        rows = snapshot_rows(pick, table)
        return replace(made, rows={"things": rows} | link_rows(pick, own, mode))
    made = replace(made, rows={"things": patch_rows(pick, table)} | link_rows(pick, own, mode))
    return replace(made, deletes=deletes(pick, kinds, own, made))


def link_rows(pick: Pick, own: Tables, mode: str) -> dict[str, list[dict[str, str]]]:
    """Make the rows of links: a snapshot's are mostly as they were."""
    if "links" not in own or pick([True, False]):
        return {}
    table = own["links"]
    new = links_rows(pick, table, [True, False, False])
    if mode == "patch":
        return {"links": list(new.values())}
    kept = {key: row for key, row in table.rows.items() if pick([True] * 4 + [False])}
    blank = dict.fromkeys(table.names(), "")
    return {"links": [blank | row for row in {**kept, **new}.values()]}


def with_schema(pick: Pick, made: Contribution, own: Tables) -> Contribution:
    values = [f["name"] for f in own["things"].fields if "merge" not in f and "constraints" not in f]
    values = [v for v in values if v not in (*own["things"].key, *REFERS)]
    if values and pick([True, False]):
        return replace(made, drop={"things": (pick(values),)})
    return replace(made, add={"things": (pick(EXTRAS),)})


def snapshot_rows(pick: Pick, table: PlainTable) -> list[dict[str, str]]:
    rows = []
    for t in THINGS:
        old = table.rows.get(named(table, t))
        if old is None and pick([False, False, True]):
            rows.append(row_of(table, t) | filled(pick, table, ["", None]))
        if old is not None and pick([True] * 5 + [False]):
            new = filled(pick, table, ["", None])
            kept = {f: old.get(f, "") for f in table.names()}
            rows.append(
                {f: new.get(f, "") if f not in table.key and pick([False] * 3 + [True]) else kept[f] for f in kept}
            )
    return rows


def patch_rows(pick: Pick, table: PlainTable) -> list[dict[str, str]]:
    rows = []
    for t in THINGS:
        if pick([True, False]):
            there = named(table, t) in table.rows
            new = filled(pick, table, ["", "", r"\N", None] if there else ["", None])
            blank = [f for f in new if there and pick([False, False, True])]
            rows.append(row_of(table, t) | {f: text for f, text in new.items() if f not in blank})
    return rows


def deletes(pick: Pick, kinds: Kinds, own: Tables, made: Contribution) -> tuple[tuple[str, Key, str, str], ...]:
    said = {row["thing_id"] for row in made.rows["things"]}
    found = [("things", key, "double", "") for key in own["things"].rows if key[0] not in said and pick([False, True])]
    if "links" in own:
        written = {(row["place_id"], row["year"]) for row in made.rows.get("links", ())}
        found += [("links", k, "double", "") for k in own["links"].rows if k not in written and pick([False, True])]
    if kinds.parents:
        found += [("places", (p,), "gone", "") for p in PLACES if pick([False] * 5 + [True])]
    return tuple(found)


def random_case(seed: int, kinds: Kinds) -> Case:
    """Make the case of a number."""
    return make(random.Random(seed).choice, kinds)  # noqa: S311 (not for secrets)


def decided(pick: Pick, case: Case, conflicts: Sequence[dict[str, str]]) -> Case:
    """Settle some of a merge's conflicts, now and then by two people."""
    sides: dict[str, list[dict[str, str]]] = {}
    for line in conflicts:
        if line["status"] in {"open", "auto"} and line["kind"].split(".")[0] in {"cell", "row", "audit"}:
            sides.setdefault(line["conflict_id"], []).append(line)
    made = []
    for lines in sides.values():
        made += [resolution(pick, decider, lines) for decider in WHO[: pick([0, 1, 1, 2])]]
    return replace(case, resolutions=tuple(made))


def merged_again(pick: Pick, case: Case, tables: Tables, told: Sequence[dict[str, str]] = ()) -> Case:
    """Make a case of new contributions to what a merge gave, by some of the people and batches of the first.

    `told` is what was told of the batches of the first, some of which are superseded.
    """
    kinds = Kinds(older=False, schemas=False, parents=False)
    made = [contribution(pick, kinds, tables, who, pick(["first", "second"])) for who in WHO[: pick([2, 3])]]
    made = [with_places_that_are_there(one, {place for (place,) in tables["places"].rows}) for one in made]
    made = [replace(one, supersedes=replaced(pick, one, told)) for one in made]
    known = {j.table for j in case.judgements} - {"things"}  # a place that is no longer there stays redirected
    judgements = [j for j in (judgement(pick) for _ in range(pick([0, 0, 1, 2]))) if j.table not in known]
    return Case(tables, tuple(made), tuple(set_by_pair([*judgements, *case.judgements]).values()))


def replaced(pick: Pick, made: Contribution, told: Sequence[dict[str, str]]) -> tuple[str, ...]:
    """Name now and then an earlier batch of the same contributor."""
    known = {line["batch"] for line in told if line["contributor"] == made.contributor}
    return pick([(), (), *((batch,) for batch in sorted(known - {made.batch, "decisions"}) if "@" not in batch)])


def with_places_that_are_there(made: Contribution, places: set[str]) -> Contribution:
    """Let a contribution name no place that fell into another: validation, which the plain merge lacks, refuses it."""

    def there(name: str, text: str) -> str:
        return text if REFERS.get(name) != "places" or text in {*places, "", r"\N"} else ""

    rows = {table: [{f: there(f, text) for f, text in row.items()} for row in of] for table, of in made.rows.items()}
    if "links" in rows:
        rows["links"] = [row for row in rows["links"] if row["place_id"] in places]
    return replace(made, rows=rows)


def resolution(pick: Pick, decider: str, lines: Sequence[dict[str, str]]) -> Resolution:
    first, named = lines[0], [line for line in lines if line["contributor"]]
    choices = ["base"]
    batches = {(line["contributor"], line["batch"]) for line in named}
    whos = sorted(who for who, _ in batches if sum(other == who for other, _ in batches) == 1)
    if whos and first["kind"] != "row.delete_referenced":
        choices += ["take", "take"]
    if first["field"] and first["kind"] != "row.delete_edit":
        choices.append("value")
    choice = pick(choices)
    taken = pick(whos) if choice == "take" else ""
    said = [line["value"] for line in named if first["field"] and line["contributor"] == taken]
    return Resolution(
        decider,
        first["conflict_id"],
        first["inputs_hash"],
        choice,
        taken,
        pick(VALUES[first["field"]])
        if choice == "value"
        else min(said, key=lambda text: (len(text), text), default=""),
        "so",
        first["table"],
        first["row_id"],
        first["field"],
    )

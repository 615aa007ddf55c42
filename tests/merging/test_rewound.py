"""What a package was before anything was merged into it, made from its provenance: docs/decisions/0017."""

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from conftest import Ran, Run
from merge_cases import Case, Kinds, decided, merged_again, random_case
from merge_files import VERSION, plain, publish, shipped, write_contribution, write_decisions, write_package
from plain_merge import Contribution, Judgement, PlainTable, Row, Tables
from plain_merge import merge as plain_merge

from depositary.check.documents.descriptor import sound_package
from depositary.merging.claims.rewound import Rewound
from depositary.merging.claims.staged import fields
from depositary.merging.merge import merge
from depositary.read.bases import package_hash

TEXT = [{"name": name, "type": "string"} for name in ("id", "age", "fax", "note", "paper")]
PEOPLE = PlainTable((*TEXT[:3],), ("id",), {(k,): {"id": k, "age": "22", "fax": f"0{k}"} for k in ("p1", "p2", "p3")})
LINKS = PlainTable(
    (TEXT[4], TEXT[0], TEXT[3]),
    ("paper", "id"),
    {("a", k): {"paper": "a", "id": k, "note": k} for k in ("p2", "p3")},
    references=((("id",), "people", ("id",)),),
)
FIRST = {"people": PEOPLE, "links": LINKS}
BEN = Contribution("ctr-ben", "ben/first", rows={"people": [{"id": "p1", "age": "24"}]})
DROPS = replace(BEN, rows={}, drop={"people": ["fax"]})
EVE = Contribution("ctr-eve", "eve/first", rows={"people": [{"id": "p2", "age": "7"}]})
SAME = (Judgement("ctr-ben", "people", "p3", "p1", "positive"),)


class Story:
    """A package that was merged into and published, once or more, and the bases that were kept of it."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder, self.run, self.number = folder, run, 1
        self.current = folder / "1"
        write_package(self.current, FIRST, "1.0.0")

    def release(self, *made: Contribution, judgements: tuple[Judgement, ...] = (), version: str = "") -> None:
        """Merge and publish: as 2.0.0, 3.0.0 and so on."""
        written = [self.written(one, sound_package(self.current).version) for one in made]
        self.number += 1
        decisions = self.folder / f"decisions{self.number}"
        write_decisions(decisions, Case(FIRST, (), judgements))
        merged = self.folder / f"merged{self.number}"
        merge(self.current, written, output_dir=merged, decisions=decisions)
        self.current = publish(merged, self.folder / str(self.number), version or f"{self.number}.0.0")

    def written(self, made: Contribution, version: str = "1.0.0", hashed: str = "") -> Path:
        place = write_contribution(self.folder, made, FIRST, version)
        manifest = place / "contribution.toml"
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(text.replace("}", f', hash = "{hashed}"}}', 1) if hashed else text, encoding="utf-8")
        return place

    def merged(self, *written: Path, keep_bases: bool = False, options: tuple[str, ...] = ()) -> Ran:
        bases = self.folder / "bases"
        bases.mkdir(exist_ok=True)
        for number in range(1, self.number if keep_bases else 1):
            shutil.copytree(self.folder / str(number), bases / str(number))
        return self.run(
            "merge", self.current, *written, "--output-dir", self.folder / "out", "--bases", bases, *options
        )

    def table(self, name: str) -> list[dict[str, str | None]]:
        return pl.read_csv(self.folder / "out" / f"{name}.csv", infer_schema=False).to_dicts()

    def bytes(self, folder: Path) -> dict[str, bytes]:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def story(tmp_path: Path, run: Run) -> Story:
    return Story(tmp_path, run)


def hash_of(folder: Path) -> str:
    return package_hash(sound_package(folder))


# By its hash


@pytest.mark.short(1)
@pytest.mark.parametrize("later", [(), (EVE,)], ids=["one release", "two releases"])
@pytest.mark.parametrize("version", ["", "1.0.0"], ids=["new version", "old version"])
def test_a_base_that_is_named_by_its_hash_is_made_from_the_provenance(story, later, version):
    known = hash_of(story.current)
    story.release(BEN, version=version)
    for one in later:
        story.release(one, version=version)
    other = Contribution("ctr-ann", "ann/late", rows={"people": [{"id": "p1", "age": "22", "fax": "9"}]})
    assert story.merged(story.written(other, hashed=known)).code == 0
    assert story.table("people")[0] == {"id": "p1", "age": "24", "fax": "9"}


def test_a_snapshot_against_a_hash_deletes_nothing_that_was_added_since(story):
    known = hash_of(story.current)
    story.release(replace(BEN, rows={"people": [{"id": "p9", "age": "1"}]}))
    rows = [{**row, "age": "23"} if row["id"] == "p1" else row for row in PEOPLE.rows.values()]
    written = story.written(Contribution("ctr-ann", "ann/all", mode="snapshot", rows={"people": rows}), hashed=known)
    assert story.merged(written).code == 0
    assert [(row["id"], row["age"]) for row in story.table("people")] == [
        *(("p1", "23"), ("p2", "22"), ("p3", "22"), ("p9", "1"))
    ]


def test_merging_again_into_what_was_published_says_nothing_new_of_where_it_is_from(story):
    story.release(BEN)
    story.release(EVE)
    described = json.loads((story.current / "datapackage.json").read_text("utf-8"))
    assert [(one["version"], one["hash"]) for one in described["merged_from"]] == [
        (f"{number}.0.0", hash_of(story.folder / str(number))) for number in (1, 2)
    ]
    contributions = [story.folder / "contributions" / one.batch for one in (BEN, EVE)]
    assert story.merged(*contributions, keep_bases=True).code == 0
    found, known = story.bytes(story.folder / "out"), story.bytes(story.current)
    assert [json.loads(of.pop("datapackage.json")) for of in (found, known)] == [described] * 2
    assert found == known


def test_a_merge_that_changes_nothing_is_a_beginning_too(story):
    known = hash_of(story.current)
    story.release(replace(BEN, rows={"people": [{"id": "p1", "age": "22"}]}))
    story.release(EVE)
    written = story.written(
        Contribution("ctr-ann", "ann/b", rows={"people": [{"id": "p2", "age": "22"}]}), hashed=known
    )
    assert story.merged(written).code == 0
    assert story.table("people")[1]["age"] == "7"


def test_a_state_between_two_merges_has_to_be_at_hand(story):
    story.release(BEN)
    between = hash_of(story.current)
    story.release(EVE)
    done = story.merged(story.written(Contribution("ctr-ann", "ann/b", rows=EVE.rows), "2.0.0", between))
    assert done.code == 2
    assert f"ann/b: its base has the hash {between} (that of cases 2.0.0), but no package that was found" in done.err
    assert story.merged(story.folder / "contributions/ann/b", keep_bases=True).code == 0


@pytest.mark.parametrize("told", ["x", [1], [{"version": "1"}], [{"version": "1", "hash": "h", "renamed": {"t": 1}}]])
def test_what_a_package_was_made_from_has_to_be_as_merging_writes_it(story, told):
    story.release(BEN)
    descriptor = story.current / "datapackage.json"
    described = json.loads(descriptor.read_text("utf-8")) | {"merged_from": told}
    descriptor.write_text(json.dumps(described), encoding="utf-8")
    done = story.merged(story.folder / "contributions/ben/first")
    assert (done.code, "`merged_from`" in done.err) == (2, True)


# What is not told


def test_a_claim_in_a_column_that_was_dropped_is_refused_and_says_what_to_do(story):
    story.release(DROPS)
    for made in (
        Contribution("ctr-ann", "ann/patch", rows={"people": [{"id": "p1", "fax": "9"}]}),
        Contribution("ctr-ann", "ann/all", mode="snapshot", rows={"people": list(PEOPLE.rows.values())}),
    ):
        written = story.written(made)
        done = story.merged(written)
        assert done.code == 2
        assert f"{made.batch}: people.fax: it is based on cases 1.0.0" in done.err
        assert "Put the package cases 1.0.0 into a folder among the bases" in done.err
        assert f"{made.batch}: it cannot be merged" in story.merged(written, options=("--set-aside",)).out
    assert story.merged(written, keep_bases=True).code == 0


@pytest.mark.short(1, long=2)
@pytest.mark.parametrize(
    "made",
    [
        Contribution("ctr-ann", "ann/b", rows={"people": [{"id": "p1", "age": "23"}]}),
        Contribution("ctr-ann", "ann/b", rows={"people": [{"id": "p1", "age": "23", "fax": ""}]}),
        Contribution("ctr-ann", "ann/b", rows={"people": [{"id": "p1", "age": "23"}]}, drop={"people": ["fax"]}),
        Contribution("ctr-ann", "ann/b", deletes=[("people", ("p1",), "double", "")]),
        Contribution("ctr-ann", "ann/b", mode="snapshot", rows={"links": [{"paper": "a", "id": "p2", "note": "n"}]}),
    ],
    ids=["other column", "blank", "drops it too", "deletes", "other table"],
)
def test_who_says_nothing_of_what_is_not_told_is_merged_as_with_the_base(story, made):
    story.release(DROPS)
    written = story.written(made)
    assert story.merged(written, story.folder / "contributions/ben/first").code == 0
    without = story.bytes(story.folder / "out")
    assert story.merged(written, story.folder / "contributions/ben/first", keep_bases=True).code == 0
    assert story.bytes(story.folder / "out") == without


def test_a_key_that_merging_rewrote_is_rewound(story):
    story.release(judgements=SAME)
    written = story.written(
        Contribution("ctr-ann", "ann/b", rows={"links": [{"paper": "a", "id": "p3", "note": "more"}]})
    )
    assert story.merged(written).code == 1  # which fax the two people have is asked
    assert [(row["id"], row["note"]) for row in story.table("links")] == [("p1", "more"), ("p2", "p2")]


def test_rows_that_fell_into_others_and_are_not_told_are_refused_in_their_table_only(story):
    double = {("a", k): {"paper": "a", "id": k} for k in ("p1", "p3")}
    shutil.rmtree(story.current)
    write_package(story.current, {**FIRST, "links": replace(LINKS, rows=double)}, "1.0.0")
    story.release(judgements=SAME)
    links = story.written(Contribution("ctr-ann", "ann/b", rows={"links": [{"paper": "a", "id": "p3", "note": "n"}]}))
    goes = story.written(Contribution("ctr-ann", "ann/c", deletes=[("links", ("a", "p3"), "double", "")]))
    for name, written in (("b", links), ("c", goes)):
        done = story.merged(written)
        assert (done.code, f"ann/{name}: links: it is based on cases 1.0.0" in done.err) == (2, True)
    assert story.merged(links, goes, keep_bases=True).code in (0, 1)
    shutil.rmtree(story.folder / "bases")
    assert story.merged(story.written(EVE)).code == 1  # as above
    assert story.table("people")[1]["age"] == "7"


# The law


def rows_of(table: PlainTable) -> dict[tuple[str, ...], Row]:
    whole = ((key, {**row, **dict(zip(table.key, key, strict=True))}) for key, row in table.rows.items())
    return {key: {name: text for name, text in row.items() if text} for key, row in whole}


def require_as_it_was(published: Path, was: Tables, folder: Path) -> None:
    """Hold that each table is as it was, but for what is known not to be told."""
    folder.mkdir()
    rewound = Rewound(sound_package(published), folder)
    for name, table in was.items():
        now = rewound.package[name]
        assert sorted(now.table.field_names) == sorted(table.names())
        gaps = rewound.gaps.get(name)
        lost = gaps.columns if gaps else ()
        if gaps is None or gaps.has_all_rows:
            found = pl.concat(fields(now)).select(table.names()).to_dicts()
            then = {tuple(row[k] for k in table.key): {n: t for n, t in row.items() if t} for row in found}
            wanted = {key: {n: t for n, t in row.items() if n not in lost} for key, row in rows_of(table).items()}
            assert then == wanted


@pytest.mark.short(1, long=2)
@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(s, marks=pytest.mark.soak) for s in range(6, 120))])
def test_a_package_is_rewound_to_what_it_was_or_it_is_known_what_is_not_told(tmp_path, seed):
    case = random_case(seed, Kinds(links=True, changes=True))
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    case = decided(chance.choice, case, plain(case).conflicts)
    shipped(case, tmp_path)
    published = publish(tmp_path / "merged", tmp_path / "published", "3.0.0")
    require_as_it_was(published, case.current, tmp_path / "rewound")
    tables = plain_merge(case.current, case.contributions, case.judgements, case.resolutions, VERSION).tables
    after = merged_again(chance.choice, case, tables)
    (tmp_path / "second").mkdir()
    shipped(after, tmp_path / "second", published)
    published = publish(tmp_path / "second" / "merged", tmp_path / "published again", "4.0.0")
    require_as_it_was(published, case.current, tmp_path / "rewound again")

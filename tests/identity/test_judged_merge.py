"""What judgements do to a merge, and what no judgement may do."""

import pytest
from identity_case import actor, places, work_of, workspace
from test_suggest import ANN, BOB, found, judge

from depositary.identity.places import opened
from depositary.model.decision import Verdict

ZOE = "zoe/one"


def case(folder, *rows):
    """Write a workspace in which each of some people has one actor, and give the ids of the suggested pairs."""
    names = (ANN, BOB, ZOE)
    people = ("ctr-ann", "ctr-bob", "ctr-zoe")
    workspace(
        folder, {n: {"actors": [{**row, **work_of(who)}]} for n, row, who in zip(names, rows, people, strict=False)}
    )
    return sorted({id_ for one in found(folder) for id_ in (one.left, one.right)})


def merged(folder, run):
    done = run("merge", cwd=folder)
    files = sorted((folder / "merged").rglob("*.csv")) if (folder / "merged").exists() else []
    return done, {str(file.relative_to(folder)): file.read_bytes() for file in files}


QUAY = actor("quay", "Quay Shipping", jurisdiction="KOR")


def test_taking_a_judgement_back_gives_the_earlier_bytes(tmp_path, run):
    one, other = case(tmp_path, QUAY, QUAY)
    _, before = merged(tmp_path, run)
    assert run("identity", "same", one, other, "--as", "ctr-zoe", "--on", "2026-11-30", cwd=tmp_path).code == 0
    _, together = merged(tmp_path, run)
    assert together["merged/data/actors.csv"] != before["merged/data/actors.csv"]
    assert run("identity", "undo", one, other, cwd=tmp_path).code == 0
    _, after = merged(tmp_path, run)
    assert after == before


def test_a_negative_inside_a_cluster_stops_the_merge_with_the_shortest_path(tmp_path, run):
    one, two, three = case(tmp_path, QUAY, QUAY, QUAY)
    judge(tmp_path, "actors", one, two, Verdict.POSITIVE)
    judge(tmp_path, "actors", two, three, Verdict.POSITIVE)
    judge(tmp_path, "actors", one, three, Verdict.NEGATIVE)
    done, _ = merged(tmp_path, run)
    shown = run("conflicts", cwd=tmp_path).out
    assert done.code == 1
    assert "entity.contradiction" in done.out + shown
    assert all(id_ in shown for id_ in (one, two, three))
    file = tmp_path / "merged" / "data" / "actors.csv"
    assert not file.exists() or all(f"\n{id_}," in file.read_text(encoding="utf-8") for id_ in (one, two, three))


NOBODY = actor("source", "", "unnamed_person", described_as="A person with knowledge of the talks")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ((NOBODY, NOBODY), "unnamed_person"),
        (({**QUAY, "wikidata_qid": "Q1"}, {**QUAY, "wikidata_qid": "Q2"}), "wikidata_qid"),
    ],
)
def test_what_can_never_be_the_same_is_refused(tmp_path, run, rows, why):
    case(tmp_path, *rows)
    with opened(places(tmp_path)) as there:
        ids = sorted(there.matching(["actors"]).records("actors").new)
    done = run("identity", "same", *ids, "--as", "ctr-zoe", cwd=tmp_path)
    assert (done.code, why in done.err) == (2, True)

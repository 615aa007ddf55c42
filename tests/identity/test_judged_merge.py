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


def ids_of(folder):
    with opened(places(folder)) as there:
        return sorted(there.matching(["actors"]).records("actors").new)


def judged_by_hand(folder, *pairs):
    """Write positive judgements as somebody does without the commands."""
    for one, other in pairs:
        judge(folder, "actors", one, other, Verdict.POSITIVE)


def kept_apart(folder, run):
    """Merge, and give the message of the conflict that keeps all rows apart."""
    ids = ids_of(folder)
    done, files = merged(folder, run)
    shown = run("conflicts", "merged", cwd=folder).out
    assert done.code == 1
    rows = files.get("merged/data/actors.csv", b"").decode()
    assert all(f"\n{id_}," in rows for id_ in ids)
    assert "entity.forbidden" in shown
    return " ".join(shown.split())


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


IDENTIFIERS = {
    "wikidata_qid": ("Q1", "Q2"),
    "lei": ("AAAAAAAAAAAAAAAAAA26", "BBBBBBBBBBBBBBBBBB77"),  # with their check digits
    "opensanctions_id": ("NK-1", "NK-2"),
}
FORBIDDEN = [
    *(pytest.param([{**QUAY, name: text} for text in both], name, id=name) for name, both in IDENTIFIERS.items()),
    pytest.param((NOBODY, {**NOBODY, "actor_id": "local:other"}), "unnamed_person", id="two without a name"),
    pytest.param((NOBODY, QUAY), "unnamed_person", id="one without a name"),
]


@pytest.mark.short(2)
@pytest.mark.parametrize(("rows", "why"), FORBIDDEN)
def test_a_line_by_hand_makes_no_row_of_what_can_never_be_the_same(tmp_path, run, rows, why):
    case(tmp_path, *rows)
    ids = ids_of(tmp_path)
    judged_by_hand(tmp_path, ids)
    message = kept_apart(tmp_path, run)
    assert all(text in message for text in (*ids, why, "ctr-zoe", "depositary identity undo"))
    explained = run("identity", "explain", *ids, cwd=tmp_path).out
    assert why in explained
    assert "makes one row" not in explained


def test_different_identifiers_keep_a_chain_of_judgements_apart(tmp_path, run):
    one, other = ({**QUAY, "actor_id": f"local:a-{number}", "wikidata_qid": f"Q{number}"} for number in (1, 2))
    case(tmp_path, one, {**QUAY, "actor_id": "local:between"}, other)
    ids = ids_of(tmp_path)
    between = next(id_ for id_ in ids if "between" in id_)
    judged_by_hand(tmp_path, *(sorted((between, id_)) for id_ in ids if id_ != between))
    message = kept_apart(tmp_path, run)
    assert "wikidata_qid" in message
    assert f"= {between} (" in message

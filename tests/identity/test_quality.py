"""How often the suggestions are right, by the judgements at hand."""

import pytest
from identity_case import actor, places, workspace
from test_suggest import ANN, BOB, found, judge

import depositary
from depositary.identity.places import opened
from depositary.identity.quality import Share, quality
from depositary.model.decision import Verdict

NAMES = ("Quay Shipping", "Harbour Steel", "Nothing Alike")


def rows(*names):
    return {"actors": [actor(name.split()[0].lower(), name, jurisdiction="KOR") for name in names]}


@pytest.fixture
def case(tmp_path):
    """Give a workspace in which two of three pairs would be suggested, and the pairs."""
    workspace(tmp_path, {ANN: rows(*NAMES), BOB: rows("Quay Shiping", "Harbor Steel", "Very Different")})
    with opened(places(tmp_path)) as there:
        by_name = {row[1]: row[0] for row in there.matching(["actors"]).records("actors").values.rows() if row[2] == 1}
    others = ("Quay Shiping", "Harbor Steel", "Very Different")
    return tmp_path, [(by_name[one], by_name[other]) for one, other in zip(NAMES, others, strict=True)]


def measured(folder):
    with opened(places(folder)) as there:
        return quality(there)


def test_precision_and_recall_are_of_the_judged_pairs(case):
    folder, (right, wrong, missed) = case
    assert len(found(folder)) == 2
    for pair, verdict in ((right, Verdict.POSITIVE), (wrong, Verdict.NEGATIVE), (missed, Verdict.POSITIVE)):
        judge(folder, "actors", *pair, verdict)
    (one,) = measured(folder)
    assert (one.table, one.precision, one.recall, one.left_out) == ("actors", Share(1, 2), Share(1, 2), 0)


def test_what_is_unsure_or_gone_is_left_out(case):
    folder, (right, _, _) = case
    judge(folder, "actors", *right, Verdict.UNSURE)
    judge(folder, "actors", right[0], "act-gone", Verdict.POSITIVE)
    (one,) = measured(folder)
    assert (one.precision, one.recall, one.left_out) == (Share(0, 0), Share(0, 0), 2)


def test_without_judgements_it_says_so(case, run):
    folder, _ = case
    asked = run("identity", "quality", cwd=folder)
    assert (asked.code, asked.out.startswith("nobody has judged a pair")) == (0, True)


def test_the_command_and_python_give_the_same(case, run):
    folder, (right, _, _) = case
    judge(folder, "actors", *right, Verdict.POSITIVE)
    asked = run("identity", "quality", "--table", "actors", cwd=folder)
    assert asked.code == 0
    assert "precision  1.000  95 %: 0.207 to 1.000  (1 of 1 " in asked.out
    (one,) = depositary.identity_quality(
        folder / "datapackage", places(folder).contributions, decisions=folder / "decisions"
    )
    assert one.precision.value == 1.0


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [(Share(0, 10), 0.0, 0.2775), (Share(5, 10), 0.2366, 0.7634), (Share(81, 263), 0.2553, 0.3662)],
)
def test_the_interval_is_wilsons(share, low, high):
    assert share.interval == pytest.approx((low, high), abs=5e-5)  # R: prop.test(…, correct = FALSE)

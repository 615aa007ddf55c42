"""What two coders made of the article: who found what, how far the values agree, and where they do not."""

import csv
import io
import json
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from depositary.agreement.agree import Agreement
from depositary.agreement.coefficients import Unit, alpha
from depositary.agreement.formats import write_tables, written
from depositary.agreement.latent import estimates
from depositary.agreement.matching import MatchedBy
from depositary.agreement.measured import Measured
from depositary.agreement.places import AgreementRequest, agreement_of
from depositary.agreement.resampled import interval
from depositary.agreement.scale import Level
from depositary.errors import UsageError
from depositary.identity.places import Places
from depositary.merging.merge import merge
from depositary.model.agreement_format import AgreementFormat

CODING = ROOT / "examples" / "coding"
PACKAGE = CODING / "package"
BOTH = (CODING / "contributions" / "ana" / "article", CODING / "contributions" / "ben" / "article")
ARTICLE = "src-chip-talks-article"
JUDGED = CODING / "decided"
OF_ARTICLE = AgreementRequest((ARTICLE,))


def compared(*folders: Path, decisions: Path | None = JUDGED, asked: AgreementRequest = OF_ARTICLE) -> Agreement:
    return agreement_of(Places(PACKAGE, folders or BOTH, decisions), asked)


@pytest.fixture(scope="module")
def found() -> Agreement:
    return compared()


def variable(agreement: Agreement, name: str) -> Measured:
    return next(one for one in agreement.variables if f"{one.variable.table}.{one.variable.name}" == name)


def test_items_of_one_coder_are_listed_apart_from_values(found: Agreement) -> None:
    statements = next(one for one in found.detections if one.table == "statements")
    pair = statements.pairs[0]
    assert (pair.both, pair.own, pair.others) == (10, 15, 13)
    assert (pair.precision, pair.recall, pair.f1, pair.jaccard) == (
        Fraction(2, 3),
        Fraction(10, 13),
        Fraction(5, 7),
        Fraction(5, 9),
    )
    assert [one.recall for one in statements.against_all] == [Fraction(15, 18), Fraction(13, 18)]
    assert len(statements.alone) == 8


def test_rows_are_matched_by_judgement_and_their_references_with_them(found: Agreement) -> None:
    participants = [item for item in found.items if item.table == "meeting_participants"]
    assert [item.by for item in participants].count(MatchedBy.JUDGEMENT) == 2
    assert variable(found, "statements.meeting_id").agreement.value == 1


def test_without_judgements_suggestions_match_rows_and_say_so() -> None:
    suggested = compared(decisions=None)
    minister = next(item for item in suggested.items if item.table == "actors" and len(item.rows) == 2)
    assert minister.by is MatchedBy.SUGGESTION
    assert minister.score
    assert not minister.row_id  # so that no conflict is named, because the merge has two rows
    alone = compared(decisions=None, asked=AgreementRequest((ARTICLE,), is_suggested=False))
    assert all(len(item.rows) == 1 for item in alone.items)


def test_a_key_matches_before_all_else(tmp_path: Path) -> None:
    for who, folder in zip(("ana", "ben"), BOTH, strict=True):
        shutil.copytree(folder, tmp_path / who)
        rows = "meeting_id,place_text\nmtg-apec-conference," + ("Detroit\n" if who == "ana" else "the city\n")
        (tmp_path / who / "meetings.csv").write_text(rows)
        for file in ("meeting_participants", "evidence", "statements", "statement_parties"):
            (tmp_path / who / f"{file}.csv").unlink()
    meetings = compared(tmp_path / "ana", tmp_path / "ben").detections
    assert next(one for one in meetings if one.table == "meetings").matched[MatchedBy.KEY] == 1


def test_values_are_measured_by_variable(found: Agreement) -> None:
    act = variable(found, "statements.speech_act")
    assert (act.compared, act.left_out, act.pairable, act.missing) == (10, 0, 20, 0)
    assert act.agreement.value == Fraction(9, 10)
    units = [unit.values for unit in act.units]
    assert act.alpha == alpha(units)
    assert act.alpha.value == Fraction(144, 163)
    assert act.interval == interval(units)
    assert sum(act.coincidences.values()) == 20
    second = variable(found, "statements.second_topic")
    assert (second.compared, second.left_out) == (6, 4)
    assert second.missing == Fraction(7, 20)


def test_dates_are_measured_by_the_days_that_they_share(found: Agreement) -> None:
    said = variable(found, "statements.said")
    assert said.variable.level is Level.TIME
    assert said.worst[0].distance == 1 - Fraction(1, 366)


def test_no_variation_is_undefined_with_a_reason(found: Agreement) -> None:
    channel = variable(found, "meetings.channel")
    assert channel.alpha.value is None
    assert "all values are the same" in channel.alpha.reason


def test_a_single_coder_has_a_reason_instead_of_figures() -> None:
    alone = compared(BOTH[0])
    assert all(len(item.rows) == 1 for item in alone.items)
    assert not alone.variables
    for form in (AgreementFormat.TEXT, AgreementFormat.JSON, AgreementFormat.HTML):
        assert "there is only one coder, ctr-ana" in written(alone, form)


def test_disagreements_name_the_conflicts_of_the_merge(found: Agreement, tmp_path: Path) -> None:
    merged = merge(PACKAGE, BOTH, output_dir=tmp_path / "merged", decisions=JUDGED)
    conflicts = {(one.table, one.row_id, one.field): one.conflict_id for one in merged.conflicts}
    cases = [(one.variable, case) for one in found.variables for case in one.worst]
    assert cases
    judged = [(of, case) for of, case in cases if case.unit.item.by is MatchedBy.JUDGEMENT]
    assert {of.table for of, _ in judged} == {"source_derivations", "actors", "meetings"}
    for of, case in judged:
        assert conflicts[of.table, case.unit.item.row_id, of.name] == case.conflict_id
    assert all(not case.conflict_id for _, case in cases if case.unit.item.by is MatchedBy.SUGGESTION)


def test_confused_codes_come_with_who_how_often_and_the_passages(found: Agreement) -> None:
    act = variable(found, "statements.speech_act")
    confused = {one.codes: one for one in act.confusions}
    one = confused["announce_measure", "threaten"]
    assert one.by == {("ctr-ana", "threaten"): 1, ("ctr-ben", "announce_measure"): 1}
    assert [(p.start, p.end) for some in one.cases[0].passages.values() for p in some] == [("2053", "2140")] * 2
    text = written(found, AgreementFormat.TEXT)
    assert "threaten, include:" in text
    assert "[2053, 2140)" in text


def test_all_formats_have_the_same_figures_and_the_same_bytes_each_time(found: Agreement, tmp_path: Path) -> None:
    document = json.loads(written(found, AgreementFormat.JSON))
    rows = list(csv.DictReader(io.StringIO(written(found, AgreementFormat.CSV))))
    assert [row["alpha"] for row in rows] == [
        "" if one["alpha"] is None else str(one["alpha"]) for one in document["variables"]
    ]
    files = write_tables(found, tmp_path)
    assert {file.stem for file in files} >= {"variables", "units", "items", "detection", "coincidences"}
    again = compared(*reversed(BOTH))
    for form in AgreementFormat:
        assert written(again, form) == written(found, form)


def test_every_figure_can_be_computed_again_from_the_published_units(found: Agreement) -> None:
    document = json.loads(written(found, AgreementFormat.JSON))
    for one in document["variables"]:
        if one["level"] != "nominal":
            continue
        units: dict[str, dict[str, str]] = {}
        for row in document["units"]:
            if (row["table"], row["variable"]) == (one["table"], one["variable"]):
                units.setdefault(row["item"], {})[row["coder"]] = row["value"]
        value = alpha(units.values()).value
        assert one["alpha"] == (None if value is None else round(float(value), 6))


def test_the_page_loads_nothing_and_styles_nothing_in_place(found: Agreement) -> None:
    page = written(found, AgreementFormat.HTML)
    assert "default-src &#x27;none&#x27;" in page
    assert "style=" not in page
    assert "they might ask" in page


def test_two_rounds_are_compared(found: Agreement) -> None:
    text = written(found, AgreementFormat.TEXT, found)
    assert "statements.topic: α 0.465 → 0.465 (+0.000)" in text
    assert "announce_measure and threaten confused: 1 → 1" in text


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (AgreementRequest(("src-chip-talks-artikel",)), "no row of these contributions was coded from"),
        (AgreementRequest(tables=("statement",)), "is not a table"),
        (AgreementRequest(tables=("jurisdictions",)), "has nothing that coders code"),
    ],
)
def test_what_is_not_there_is_one_line(asked: AgreementRequest, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        compared(asked=asked)


UNITS = st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), min_size=2), min_size=2, max_size=8)


@pytest.mark.short(30)
@given(UNITS, st.sampled_from([Level.NOMINAL, Level.ORDINAL, Level.INTERVAL, Level.RATIO]))
def test_the_interval_is_the_same_each_time_and_ordered(units: list[Unit], level: Level) -> None:
    one = interval(units, level, [1, 2, 3])
    assert one == interval(units, level, [1, 2, 3])
    if one:
        assert one[0] <= one[1] <= 1


@given(UNITS)
def test_estimates_are_shares(units: list[Unit]) -> None:
    found = estimates(units)
    if found:
        assert sum(found.shares.values()) == pytest.approx(1, abs=0.001)
        assert all(0 <= share <= 1 for of in found.coders.values() for share in of.values())

"""Pictures of positions and of trade figures: what they show, what they leave out, and that a table says the same."""

import csv
import re
import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from site_pages import Read, assert_sound, words_of

from depositary.site.build import build_site
from depositary.site.drawing.columns import Column, columns
from depositary.site.drawing.course import Step, course
from depositary.site.drawing.days import WIDTH

DAYS = st.none() | st.dates(date(1990, 1, 1), date(2030, 12, 31))
STEPS = st.builds(Step, st.just("t"), st.sampled_from(["affirms", "silent", "new"]), st.text("ab ", max_size=40), DAYS,
                  DAYS, st.text(max_size=9)).filter(lambda one: one.first or one.last)  # fmt: skip
NUMBERS = st.none() | st.floats(-1e12, 1e12)


@pytest.mark.short(20)
@given(st.lists(st.tuples(st.text(max_size=9), st.lists(STEPS, max_size=30)), max_size=4))
def test_every_position_is_drawn_in_the_picture_or_counted(topics):
    picture, missing = course(topics, "x")
    drawn = re.findall(r'class="step', picture)
    assert len(drawn) + missing == sum(len(steps) for _, steps in topics)
    if picture:
        ET.fromstring(picture)  # noqa: S314 (drawn here)
        assert all(float(x) <= WIDTH for x in re.findall(r' x="([-0-9.]+)"', picture))


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=48), st.booleans())
def test_a_column_is_as_high_as_its_figure_and_a_gap_has_none(pairs, is_share):
    shown = []
    for at, (one, other) in enumerate(pairs):
        low, high = (None, None) if None in (one, other) else (min(one, other), max(one, other))
        shown.append(Column(str(2000 + at), low, high, "about"))
    picture = ET.fromstring(columns(shown, "x", is_share=is_share))  # noqa: S314 (drawn here)
    bars = [one for one in picture.iter("rect") if one.get("class") == "bar"]
    assert len(bars) == sum(one.low is not None for one in shown)
    assert len([one for one in picture.iter("line") if one.get("class") == "none"]) == len(shown) - len(bars)
    high = float(picture.get("height"))
    ends = [(float(one.get("y")), float(one.get("height"))) for one in bars]
    assert all(y >= 0 and y + height <= high for y, height in ends)


def _appended(file: Path, rows: Iterable[dict[str, str]], key: str) -> None:
    with file.open(encoding="utf-8", newline="") as stream:
        old = list(csv.DictReader(stream))
    both = sorted([*old, *({**dict.fromkeys(old[0], ""), **one} for one in rows)], key=lambda one: one[key])
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, old[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(both)


def _stances() -> Iterable[dict[str, str]]:
    same = {"party_id": "act-kr-government", "access_basis": "inspected", "source_id": "src-kr-readout",
            "document_source_id": "src-kr-readout"}  # fmt: skip
    dated = [("denies", "2023-06-12"), ("affirms", "2024-02/.."), ("affirms", "2024-02/..")]
    for n, (stance, day) in enumerate(dated):
        topic = "stm-cn-kr-chip-dialogue" if n != 2 else "stm-talks-chips"
        yield {**same, "stance_id": f"stc-x-{n}", "statement_id": topic, "stance": stance, "as_of": day}


def _flows() -> Iterable[dict[str, str]]:
    same = {"period_basis": "stated", "reporter": "KOR", "partner": "CHN", "flow": "X", "value_qualifier": "exact",
            "unit": "pct", "unit_multiplier": "0", "retrieved_on": "2026-11-22", "source_id": "src-chip-talks-article",
            "contributor_id": "ctr-maintainers", "recorded_on": "2026-11-22", "record_status": "draft",
            "classification": "H6", "product_code": "8542"}  # fmt: skip
    share = {**same, "indicator": "share", "frequency": "A", "share_of": "exports of the product",
             "partner_level": "country", "vintage": "January 2025"}  # fmt: skip
    figures = [("2019", "41.50", "exact"), ("2020", "40", "exact"), ("2023", "30", "about"), ("2023", "33", "exact")]
    for n, (period, value, qualifier) in enumerate(figures):
        yield {**share, "trade_flow_id": f"flw-a-{n}", "period": period, "value": value, "value_qualifier": qualifier}
    yield {**share, "trade_flow_id": "flw-b", "period": "2024", "value": "1", "vintage": "March 2025"}
    yield {**share, "trade_flow_id": "flw-c", "period": "2022", "value": "2", "record_status": "deprecated"}
    growth = {**same, "indicator": "growth", "frequency": "Q"}
    for n, value in enumerate(["-1", "2"], 4):
        yield {**growth, "trade_flow_id": f"flw-g-{n}", "period": f"20{19 + n // 5}-Q{4 - n % 4 * 3}", "value": value}


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the site of the published package with more stances and figures."""
    folder = tmp_path_factory.mktemp("moving")
    shutil.copytree(ROOT / "datapackage", folder / "package")
    _appended(folder / "package" / "data" / "stances.csv", _stances(), "stance_id")
    _appended(folder / "package" / "data" / "trade_flows.csv", _flows(), "trade_flow_id")
    return build_site(folder / "package", folder / "site").folder


@pytest.mark.long
def test_the_page_of_an_actor_says_how_its_positions_follow_each_other(moving):
    assert_sound(moving)
    page = moving / "actors" / "act-kr-government.html"
    finding = (
        "Semiconductors: affirms 1 statement (on or before 27 May 2023) through an unnamed person; qualifies 1 "
        "statement (on or before 27 May 2023) through an unnamed person; is silent on 2 statements (on or before 27 "
        "May 2023); denies 1 statement (12 June 2023); affirms 2 statements (since February 2024)."
    )
    (label,) = [one for one in Read(page).values("aria-label") if one.startswith("Positions of")]
    assert label == f"Positions of South Korea over time, in 1 topic. {finding}"
    words = words_of(page)
    assert finding in words
    assert "1 more position on these topics has no known day and is not in the picture." in words
    assert "Semiconductors 12 June 2023 denies China and South Korea will strengthen dialogue" in words
    picture = page.read_text(encoding="utf-8").split('<svg viewBox="0 0 780')[1].split("</svg>\n")[0]
    assert ">affirms (2)</text>" in picture
    assert picture.count("#fade-end)") == 1
    assert "Positions over time" not in words_of(moving / "actors" / "act-ahn-duk-geun.html")


@pytest.mark.long
def test_the_page_of_flows_shows_a_series_within_its_whole_and_vintage(moving):
    words = words_of(moving / "flows" / "index.html")
    assert "Share, exports: South Korea with China, 8542 Per cent · Shares of: exports of the product" in words
    assert "Vintage: January 2025 It falls from 41.5 in 2019 to 30–33 (figures: 2, about) in 2023." in words
    assert "The highest is 41.5 in 2019. 2 periods between them have no figure." in words
    assert "2021 no figure 2022 no figure 2023 30–33 (figures: 2, about)" in words
    assert "It rises from -1 in 2019-Q4 to 2 in 2020-Q1." in words
    assert "March 2025 It" not in words
    assert words.count("The same as a table") == 2

"""The example of two coders: what they give under different ids becomes one, with its independent roots."""

import shutil

import polars as pl
import pytest
from conftest import ROOT

import depositary

EXAMPLE = ROOT / "examples" / "coding"


@pytest.fixture
def coding(tmp_path):
    shutil.copytree(EXAMPLE, tmp_path / "coding")
    return tmp_path / "coding"


def merged(run, folder, *options):
    run("merge", *options, cwd=folder)
    return folder / "merged"


def shown(package):
    """Give the ids of the minister and the meeting, the addresses of its sources, and their roots."""
    actors, meetings, sources, roots, evidence = (
        depositary.load(package, name, as_="polars")
        for name in ("actors", "meetings", "sources", "source_roots", "evidence")
    )
    met = meetings.filter(pl.col("part_of_meeting_id").is_not_null())["meeting_id"]
    named = evidence.filter(pl.col("record_id").is_in(met.implode()))["source_id"].unique()
    return (
        len(actors.filter(pl.col("name").str.contains("Wang Wentao"))),
        len(met),
        sources.filter(pl.col("source_id").is_in(named.implode()))["url"].drop_nulls().n_unique(),
        roots.filter(pl.col("source_id").is_in(named.implode()))["root_id"].n_unique(),
    )


def test_the_package_and_both_contributions_are_valid(run, coding):
    done = run("validate", cwd=coding)
    assert done.code == 0, done.out
    assert "all 3 valid: 0 errors, 0 warnings" in done.out


def test_before_the_judgements_there_are_two_ministers_two_meetings_and_four_addresses(run, coding):
    assert shown(merged(run, coding)) == (2, 2, 4, 3)


def test_after_three_judgements_there_are_one_minister_one_meeting_and_two_roots(run, coding):
    lines = (coding / "decided" / "judgements" / "ctr-rosa.csv").read_text("utf-8").splitlines()
    assert len(lines) == 1 + 3
    ministers, meetings, _, roots = shown(merged(run, coding, "--decisions", "decided"))
    assert (ministers, meetings, roots) == (1, 1, 2)
    assert run("conflicts", cwd=coding).code == 0

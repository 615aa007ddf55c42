"""No input of a stranger gives a traceback, commands the terminal, or takes the machine: tests/fuzz/README.md."""

import json
import re
from pathlib import Path

import pytest
from called import called
from judged import run
from soak import soak
from spoil import _EXPORTS, _FORMATS, Case, case
from world import build

from depositary.exporting.formats import FORMATS
from depositary.reports import Format

_KEPT = [json.loads(line) for line in (Path(__file__).parent / "kept.jsonl").read_text(encoding="utf-8").splitlines()]
_OF_EACH = 25  # inputs; twenty shares of them in all
_OTHERS = range(2, 20)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("fuzz") / "world")


@pytest.mark.short(8, long=16)
@pytest.mark.parametrize("kept", _KEPT, ids=[re.sub(r"\W+", "-", one["fault"]) for one in _KEPT])
def test_what_failed_once_is_refused_in_words(world, tmp_path, kept):
    ended, faults = run(world, Case(kept["edits"], kept["call"]), tmp_path / "case")
    assert not faults, ended


@pytest.mark.parametrize(
    "share", [0, pytest.param(1, marks=pytest.mark.long), *(pytest.param(at, marks=pytest.mark.soak) for at in _OTHERS)]
)
def test_spoilt_inputs_give_findings_or_one_line(world, tmp_path, share):
    for number in range(share * _OF_EACH, (share + 1) * _OF_EACH):
        one = case(world, f"test:{number}")
        ended, faults = run(world, one, tmp_path / "case")
        assert not faults, (one.line(), ended)


def test_every_format_of_a_report_and_of_an_export_is_asked_for():
    assert set(_FORMATS) == set(Format), "a new format of reports goes into _FORMATS of tests/fuzz/spoil.py"
    assert set(_EXPORTS) == set(FORMATS), "a new format of exports goes into _EXPORTS of tests/fuzz/spoil.py"


@pytest.mark.soak
def test_spoilt_inputs_without_end_give_findings_or_one_line():
    assert not soak(runs=20_000, seed="soak").faults


def test_the_workspace_is_sound_before_it_is_spoilt(world):
    assert called(world, "validate", "package", "contributions/ann/x", "merged").code == 0


def test_a_fault_would_be_seen(world, tmp_path, monkeypatch):
    def broken(*_: object) -> None:
        print("\x1b[2J")  # noqa: T201 (a trick on the terminal, as it is looked for)
        raise KeyError

    monkeypatch.setattr("depositary.merging.status.workspace_status", broken)
    _, faults = run(world, Case({}, ["status"]), tmp_path / "case")
    assert [fault.split()[0] for fault in faults] == ["traceback", "raw"]

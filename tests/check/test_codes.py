"""Every code shows itself: its bad example gives exactly this finding, its good one none."""

import pytest

import depositary
from depositary.model.codes import CODES

BESIDE = {"second-table": ("extra-cell",)}  # it never comes alone: its rows have cells too many or too few
SHOWN = [code for code in CODES.values() if not code.name.startswith("evidence-")]


def test_every_code_has_examples():
    assert len(SHOWN) >= 40
    assert all(code.bad and code.good for code in CODES.values())


def judged(folder, files):
    """Validate the demonstration package, or the contribution to it that lies in its folder `mine`."""
    if any(name.startswith("mine/") for name in files):
        return depositary.validate(folder / "mine", base=folder)
    return depositary.validate(folder)


@pytest.mark.parametrize("code", SHOWN, ids=lambda code: code.name)
def test_bad_example_gives_exactly_this_code(code, demo):
    report = judged(demo(code.bad), code.bad)
    assert [finding.code for finding in report if finding.code not in BESIDE.get(code.name, ())] == [code.name]


@pytest.mark.parametrize("code", SHOWN, ids=lambda code: code.name)
def test_good_example_is_valid(code, demo):
    report = judged(demo(code.good), code.good)
    assert list(report) == []
    assert report.not_judged == ()

"""`depositary publish` against services on this machine that behave as theirs document, and fail at every step."""

import pytest
from loopback import FAULTS, Fault
from publications import FAKES, publication

from depositary.publishing import service

SERVICES = list(FAKES)


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch):
    monkeypatch.setattr(service, "PAUSES", (0.0, 0.0, 0.0))


@pytest.mark.parametrize("kind", SERVICES)
def test_a_release_is_published_once_however_often_it_is_sent(tmp_path, kind):
    with publication(kind, tmp_path / "dist") as it:
        first = it.run()
        assert (first.code, first.err) == (0, "")
        assert first.out.startswith("published: made-facts-1.0.0\n")
        assert it.faults_after(first) == []
        assert it.run().out == first.out
        it.journal.unlink()  # what is published is found again
        assert it.run().code == 0
        assert it.is_whole()


def steps_of(kind, folder):
    """Count the requests of a run to which nothing happens."""
    with publication(kind, folder) as it:
        assert it.run().code == 0
        return len(it.loopback.asked)


def faults_of(kind, folder, fault):
    """Let a fault happen to a run, then run again; say what is not as it must be."""
    with publication(kind, folder) as it:
        it.loopback.begin(fault)
        ran = it.run()
        found = it.faults_after(ran)
        it.loopback.begin()
        again = it.run()
        found += [f"then {one}" for one in it.faults_after(again)]
        if again.code != 0:
            found.append(f"the next run does not end it: {again}, after {ran}")
        return [f"{fault}: {one}" for one in found]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", SERVICES)
def test_a_fault_leaves_nothing_half_and_the_next_run_ends_it(tmp_path, kind, fault):
    # Each fault meets every fourth step, so each step is met by many; the test below has them all.
    steps, first = steps_of(kind, tmp_path / "counted"), FAULTS.index(fault) % 4
    tried = [Fault(step, fault, lasts=bool(step // 4 % 2)) for step in range(first, steps, 4)]
    assert len(tried) >= 2
    assert [one for number, each in enumerate(tried) for one in faults_of(kind, tmp_path / f"{number}", each)] == []


@pytest.mark.soak
@pytest.mark.parametrize("lasts", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", SERVICES)
def test_a_fault_at_any_step_leaves_nothing_half_and_the_next_run_ends_it(tmp_path, kind, fault, lasts):
    tried = [Fault(step, fault, lasts) for step in range(steps_of(kind, tmp_path / "counted"))]
    assert [one for number, each in enumerate(tried) for one in faults_of(kind, tmp_path / f"{number}", each)] == []

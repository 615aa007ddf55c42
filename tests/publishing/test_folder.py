"""`depositary publish --to folder`: copied whole or not at all, compared afterwards, and never changed."""

import os
import sys

import pytest
from forked_runs import ForkedRuns
from small_release import make_release

import depositary
from depositary.releasing.sums import wrong_sums

LABEL = "made-facts-1.0.0"


@pytest.fixture
def dist(tmp_path):
    (tmp_path / "dist").mkdir()
    make_release(tmp_path / "dist")
    return tmp_path / "dist"


@pytest.fixture
def target(tmp_path):
    (tmp_path / "public").mkdir()
    return tmp_path / "public"


def arguments(dist, target):
    return ["publish", str(dist / f"{LABEL}.zip"), "--to", "folder", "--folder", str(target)]


def seen(target):
    return sorted(path.name for path in target.iterdir())


def is_whole(dist, target):
    same = (target / f"{LABEL}.zip").read_bytes() == (dist / f"{LABEL}.zip").read_bytes()
    return same and list(wrong_sums(target / LABEL)) == [] and seen(target) == [LABEL, f"{LABEL}.zip"]


def test_python_publishes_too_and_says_where(dist, target):
    done = depositary.publish(dist / LABEL, "folder", folder=target)
    assert (done.release, done.url) == (LABEL, str(target / f"{LABEL}.zip"))
    assert is_whole(dist, target)
    assert depositary.publish(str(dist / LABEL), "folder", folder=str(target)) == done
    for wrong in ({"folder": None}, {"folder": target, "tag": "v1"}, {"folder": 5}):
        with pytest.raises(depositary.errors.UsageError):
            depositary.publish(dist / LABEL, "folder", **wrong)
    with pytest.raises(depositary.errors.UsageError, match="is not one of folder, github"):
        depositary.publish(dist / LABEL, "osf")


def test_a_release_is_copied_as_folder_and_archive(run, dist, target):
    done = run(*arguments(dist, target))
    assert (done.code, done.err) == (0, "")
    assert is_whole(dist, target)
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*")}
    assert run(*arguments(dist, target)).code == 0
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*")} == before


def test_a_rehearsal_names_what_would_be_copied(run, dist, target):
    done = run(*arguments(dist, target), "--dry-run")
    assert done.code == 0
    assert str(target / LABEL) in done.out
    assert seen(target) == []
    assert not list(dist.glob("*.publish.json"))


@pytest.mark.parametrize("what", ["folder", "archive", "file of the folder"])
@pytest.mark.parametrize("journal", ["kept", "lost"])
def test_another_content_of_the_version_is_not_replaced(run, dist, target, what, journal):
    assert run(*arguments(dist, target)).code == 0
    if journal == "lost":
        (dist / f"{LABEL}.publish.json").unlink()
    if what == "archive":
        (target / f"{LABEL}.zip").write_bytes(b"another")
    elif what == "folder":
        make_release(dist, row="e1,2025")
    else:
        (target / LABEL / "data" / "events.csv").write_text("event_id,held\n")
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    done = run(*arguments(dist, target))
    assert done.code == 2
    assert LABEL in done.err
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before


def test_a_folder_that_is_missing_or_cannot_be_written_is_named(run, dist, target):
    assert "there is no such folder" in run(*arguments(dist, target / "none")).err
    (target / "file").write_text("")
    assert "there is no such folder" in run(*arguments(dist, target / "file")).err
    assert "--to folder needs --folder" in run("publish", dist / LABEL, "--to", "folder").err


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_without_rights_is_named(run, dist, target):
    target.chmod(0o500)
    done = run(*arguments(dist, target))
    assert done.code == 2
    assert "cannot be written" in done.err


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_killed_before_any_change_of_a_file_nothing_half_has_its_name(run, dist, target, tmp_path):
    with ForkedRuns() as forks:
        for dies_at in range(1, 200):
            code = forks.run(*arguments(dist, target), errors=tmp_path / "errors.txt", dies_at=dies_at)
            named = [name for name in seen(target) if not name.startswith(".")]
            assert LABEL not in named or list(wrong_sums(target / LABEL)) == []
            archive = target / f"{LABEL}.zip"
            assert archive.name not in named or archive.read_bytes() == (dist / archive.name).read_bytes()
            assert run(*arguments(dist, target)).code == 0
            assert is_whole(dist, target)
            assert sorted(path.name for path in dist.iterdir()) == [LABEL, f"{LABEL}.publish.json", f"{LABEL}.zip"]
            if code == 0:
                break
            for path in (*target.rglob("*"), dist / f"{LABEL}.publish.json"):
                if path.is_file():
                    path.unlink()
            for path in sorted(target.rglob("*"), reverse=True):
                path.rmdir()
        assert code == 0
        assert dies_at > 15

"""`depositary publish` against services on this machine that behave as theirs document, and fail at every step."""

import json
import re
import sys
from pathlib import Path

import pytest
from forked_runs import ForkedRuns
from loopback import FAULTS, Fault
from publications import FAKES, publication, tokens_in
from services import TOKEN
from small_release import make_release

from depositary.publishing import service
from depositary.publishing.bodies import upload_of
from depositary.publishing.journal import journal_of
from depositary.publishing.release import Release, opened

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


@pytest.mark.short(6, long=24)
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


# Kills, and two runs at once


@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
@pytest.mark.parametrize("when", ["killed before", pytest.param("killed after", marks=pytest.mark.soak)])
@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.long
def test_a_run_that_is_killed_at_any_step_is_ended_by_the_next(tmp_path, kind, when):
    with ForkedRuns() as forks:
        for step in range(steps_of(kind, tmp_path / "counted")):
            with publication(kind, tmp_path / f"dist-{step}") as it:
                it.loopback.on_kill = forks.kill
                it.loopback.begin(Fault(step, when))
                assert forks.run(*it.arguments, errors=tmp_path / "errors.txt") == -9
                assert it.published == [] or it.is_whole()
                assert list(tokens_in(tmp_path)) == []
                it.loopback.begin()
                again = it.run()
                assert (again.code, it.faults_after(again)) == (0, []), (step, again)


@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
@pytest.mark.soak
@pytest.mark.parametrize("kind", ["github", "zenodo", "ckan"])
def test_a_run_that_is_killed_before_any_change_of_a_file_is_ended_by_the_next(tmp_path, kind):
    with ForkedRuns() as forks:
        for dies_at in range(1, 200, 3):  # a step writes its file by several calls
            with publication(kind, tmp_path / f"dist-{dies_at}") as it:
                code = forks.run(*it.arguments, errors=tmp_path / "errors.txt", dies_at=dies_at)
                assert it.published == [] or it.is_whole()
                again = it.run()
                assert (again.code, it.faults_after(again)) == (0, []), (dies_at, again)
                if code == 0:
                    break
        assert code == 0
        assert dies_at > 15


@pytest.mark.short(1)
@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
@pytest.mark.parametrize("kind", SERVICES)
def test_a_second_run_at_the_same_time_is_refused(tmp_path, kind):
    with ForkedRuns() as forks, publication(kind, tmp_path / "dist") as it:
        seen = []

        def meanwhile():
            code = forks.run(*it.arguments, errors=tmp_path / "errors.txt")
            seen.append((code, (tmp_path / "errors.txt").read_text("utf-8")))

        it.loopback.on_kill = meanwhile
        it.loopback.begin(Fault(5, "meanwhile"))
        assert it.run().code == 0
        assert it.is_whole()
    ((code, error),) = seen
    assert code == 2
    assert "another run is writing it" in error


# The token


@pytest.mark.parametrize("kind", SERVICES)
def test_without_a_token_nothing_is_sent(tmp_path, kind):
    with publication(kind, tmp_path / "dist", token="") as it:
        ran = it.run()
        assert ran.code == 2
        assert "keyring set depositary 127.0.0.1:" in ran.err
        assert it.loopback.asked == []
        assert not it.journal.exists()


@pytest.mark.parametrize("bad", ["8f3a2c9d 7e6b", "8f3a2c9d\n7e6b", "8f3a2c9dé7e6b", "8f3a2c9"])
def test_a_token_that_cannot_be_one_is_refused_and_not_shown(tmp_path, bad):
    with publication("zenodo", tmp_path / "dist", token=bad) as it:
        ran = it.run()
        assert ran.code == 2
        assert "the token in ZENODO_TOKEN" in ran.err
        assert bad[:7] not in ran.err
        assert it.loopback.asked == []


def test_a_token_comes_from_the_keyring(tmp_path, monkeypatch):
    (tmp_path / "modules").mkdir()
    code = f"def get_password(name, user):\n    return {TOKEN!r} if name == 'depositary' else None\n"
    (tmp_path / "modules" / "keyring.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path / "modules"))
    with publication("zenodo", tmp_path / "dist", token="") as it:
        assert it.run().code == 0
    del sys.modules["keyring"]


def test_a_token_with_a_line_end_as_files_have_it_is_taken(tmp_path):
    with publication("zenodo", tmp_path / "dist", token=f"{TOKEN}\n") as it:
        assert it.run().code == 0


def test_no_command_takes_a_token(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it:
        ran = it.run("--token", TOKEN)
        assert ran.code == 2
        assert "No such option" in ran.err
        address = it.loopback.address.replace("//", f"//ann:{TOKEN}@")
        for server in (address, f"{it.loopback.address}?access_token={TOKEN}"):
            ran = it.run("--server", server)
            assert ran.code == 2
            assert TOKEN not in ran.err
        assert it.loopback.asked == []


def test_downloads_from_another_host_are_asked_for_without_the_token(tmp_path):
    with publication("github-old", tmp_path / "dist") as it:
        assert it.run().code == 0
        elsewhere = [one for one in it.loopback.asked if one.path.startswith("/storage/")]
        assert len(elsewhere) >= 2
        assert [one for one in elsewhere if "authorization" in one.headers] == []


@pytest.mark.parametrize(
    ("kind", "fault", "said"),
    [
        ("zenodo", "401", "the token is not accepted (401): Bad credentials. Give a valid token in ZENODO_TOKEN."),
        ("zenodo", "403", "The token of ZENODO_TOKEN needs the scopes deposit:write and deposit:actions."),
        ("github", "403", "The token of GH_TOKEN needs the permission to write contents of the repository."),
        ("ckan", "403", "The token of CKAN_TOKEN needs the role of an editor in the organization."),
        ("github", "413", "the file is too large for it (413): Request Entity Too Large."),
        ("zenodo", "429 for an hour", "asks to wait for 3,600 seconds. Run this again then."),
        ("zenodo", "500", "list your records: it has a fault (500): Internal server error. Run this again later."),
        (
            "zenodo",
            "html",
            "answers with nonsense, which is not JSON: <!DOCTYPE html><html><title>Log in</title></html>",
        ),
        ("github", "a redirect", "leads elsewhere, to elsewhere.invalid."),
        ("ckan", "slow", "it does not answer within 0.25 seconds, after 4 tries. Run this again later."),
    ],
)
def test_an_error_says_what_is_wrong_and_what_to_do(tmp_path, kind, fault, said):
    with publication(kind, tmp_path / "dist") as it:
        it.loopback.begin(Fault(0, fault, lasts=True))
        ran = it.run()
        assert ran.code == 2
        first, second = ran.err.splitlines()
        assert first.startswith(f"depositary: {kind}: ")
        assert said in first
        assert second.endswith("has what is done so far. Run the same command again: it goes on from there.")


def test_what_a_service_answers_can_always_be_written_down(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it, journal_of(it.journal, opened(it.folder), "there") as journal:
        journal.published("https://zenodo.example/\ud800\x1b[31m", doi="\udc80")
        assert json.loads(it.journal.read_text("utf-8"))["places"]["there"]["doi"] == "\udc80"


@pytest.mark.parametrize("other", ["facts.more", "facts-more", "more-facts", "facts.", "my.facts"])
def test_a_package_is_not_taken_for_one_whose_name_begins_like_its_own(other):
    one, another = (Release(name, "1.0.0", {}, upload_of(f"{name}.zip", b""), Path()) for name in ("facts", other))
    for part in (one.of_package, one.kind, one.mark):
        assert part in one.mark
        assert part not in another.mark


# Where it goes


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("http://zenodo.example", "only https is allowed"),
        ("ftp://zenodo.example", "only https is allowed"),
        ("zenodo.example", "is not an address"),
        ("https://", "is not an address"),
        ("https://zenodo.example/#a", "Leave out what follows it"),
        ("https://[::1", "this is not an address"),
        ("https://zenodo.example:99999", "this is not an address"),
        ("http://127.0.0.1.example", "only https is allowed"),
        ("https://zenodo.example\\@evil.example", "Leave it out"),
    ],
)
def test_other_addresses_are_refused(tmp_path, server, said):
    with publication("zenodo", tmp_path / "dist") as it:
        ran = it.run("--server", server)
        assert ran.code == 2
        assert said in ran.err


@pytest.mark.parametrize("server", ["https://ann:hidden@a.example", "https:/ann:hidden@a.example", "ann:hidden@a"])
def test_a_password_in_an_address_is_not_shown(tmp_path, server):
    with publication("zenodo", tmp_path / "dist") as it:
        ran = it.run("--server", server)
        assert (ran.code, "hidden" in ran.out + ran.err) == (2, False)


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("github", ("--repository", "facts"), "is not a repository such as owner/name"),
        ("github", ("--repository", "../x"), "is not a repository such as owner/name"),
        ("github", ("--tag", "../v1"), "is not a tag"),
        ("github", ("--tag", "v2.0.0"), "git push origin v2.0.0"),
        ("github", ("--organization", "facts"), "--organization is not an option of --to github"),
        ("github", ("--repository", "ann/secrets"), "has no tag v1.0.0, or the token may not see it"),
        ("zenodo", ("--repository", "ann/facts"), "--repository is not an option of --to zenodo"),
        ("zenodo", ("--folder", "out"), "--folder is not an option of --to zenodo"),
        ("zenodo", ("--record", "no record"), "is not the id or DOI of a record"),
        ("zenodo", ("--record", "999"), "there is no such thing"),
        ("zenodo", ("--timeout", "0"), "more than 0 seconds"),
        ("ckan", ("--organization", "others"), "Organization does not exist"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, kind, more, said):
    with publication(kind, tmp_path / "dist") as it:
        ran = it.run(*more)
        assert ran.code == 2
        assert said in ran.err
        assert it.published == []


@pytest.mark.parametrize("kind", SERVICES)
def test_a_version_that_is_published_never_gets_another_content(tmp_path, kind):
    with publication(kind, tmp_path / "dist") as it:
        assert it.run().code == 0
        before = it.published
        make_release(it.dist, row="e1,2025")
        with_journal = it.run()
        it.journal.unlink()
        without = it.run()
        assert (with_journal.code, without.code) == (2, 2)
        assert "A release never changes" in with_journal.err.replace("\n", " ")
        assert "never changes" in without.err.replace("\n", " ")
        assert it.published == before


@pytest.mark.short(1)
@pytest.mark.parametrize("kind", SERVICES)
def test_a_draft_of_an_earlier_build_gets_the_content_of_this_one(tmp_path, kind):
    steps = steps_of(kind, tmp_path / "counted")
    for step in range(2, steps):
        with publication(kind, tmp_path / f"dist-{step}") as it:
            it.loopback.begin(Fault(step, "dropped before", lasts=True))
            assert it.run().code == 2
            make_release(it.dist, row="e1,2025")
            it.loopback.begin()
            ran = it.run()
            assert (ran.code, it.faults_after(ran)) == (0, []), (step, ran)


def test_the_journal_says_why_a_run_stopped_until_it_is_published_and_then_stays(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it:
        it.loopback.begin(Fault(4, "413", lasts=True))
        stopped = it.run()
        (entry,) = json.loads(it.journal.read_text("utf-8"))["places"].values()
        assert entry["stopped"] in stopped.err
        assert entry["next"] == "Run the same command again: it goes on from here."
        it.loopback.begin()
        assert it.run().code == 0
        done = it.journal.read_bytes()
        assert b"stopped" not in done
        it.loopback.begin(Fault(0, "dropped before", lasts=True))
        assert it.run().code == 2
        assert it.journal.read_bytes() == done


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"places": []}', '{"places": {"a": 1}}', '{"places": {"a": {"steps": 1}}}']
)
def test_a_journal_that_is_none_is_named_and_can_be_moved_away(tmp_path, text):
    with publication("github", tmp_path / "dist") as it:
        assert it.run().code == 0
        it.journal.write_text(text)
        ran = it.run()
        assert ran.code == 2
        assert "Move it away; what is published is found again." in ran.err
        assert it.journal.read_text() == text
        it.journal.unlink()
        assert it.run().code == 0
        assert it.is_whole()


# A release that is not one


def test_what_is_not_a_sound_release_is_not_sent(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it:
        (it.folder / "data" / "events.csv").write_text("event_id,held\ne1,2025\n")
        ran = it.run()
        assert ran.code == 2
        assert "data/events.csv" in ran.err
        (it.folder / "data" / "events.csv").unlink()
        assert it.run().code == 2
        assert it.loopback.asked == []


# The rehearsal


def without_ids(target):
    return re.sub(r"/(records|releases|resource)/(NEW-ID|r-\d+|\d+)(?=/|$)", r"/\1/ID", target)


@pytest.mark.parametrize("kind", ["github", "zenodo", "ckan"])
def test_a_rehearsal_shows_the_requests_of_a_run_and_sends_nothing(tmp_path, kind):
    with publication(kind, tmp_path / "dist") as it:
        dry = it.run("--dry-run")
        assert (dry.code, dry.err) == (0, "")
        assert it.loopback.asked == []
        assert not it.journal.exists()
        assert TOKEN not in dry.out
        it.run()
        shown = re.findall(r"^(GET|POST|PUT|PATCH|DELETE) (\S+)", dry.out, re.MULTILINE)
        sent = [(one.method, f"{it.loopback.address}{one.target}") for one in it.loopback.asked]
        assert [(how, without_ids(what)) for how, what in shown] == [(how, without_ids(what)) for how, what in sent]
        bodies = re.findall(r"^  (?:form: )?([{\[].*)$", dry.out, re.MULTILINE)
        assert len(bodies) >= sum(one.headers.get("content-type") == "application/json" for one in it.loopback.asked)


def test_a_rehearsal_needs_no_token(tmp_path):
    with publication("zenodo", tmp_path / "dist", token="") as it:
        dry = it.run("--dry-run")
        assert dry.code == 0
        assert "Set ZENODO_TOKEN" in dry.out

"""`depositary fetch`: downloaded, verified, and only then put in its place."""

import json
import shutil
import sys
import zipfile

import pytest
from forked_runs import ForkedRuns
from loopback import FAULTS, Asked, Fault, Reply, serving
from publications import publication
from services import FakeHandles, sha256
from small_release import make_release

import depositary
from depositary.publishing import service
from depositary.releasing.archive import write_archive

LABEL = "made-facts-1.0.0"


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch):
    monkeypatch.setattr(service, "PAUSES", (0.0, 0.0))


class Files:
    """A server of files; a redirect is a text that begins with `->`."""

    def __init__(self, **files):
        self.files = files

    def answer(self, asked: Asked) -> Reply:
        content = self.files.get(asked.path.removeprefix("/"))
        if isinstance(content, str):
            return Reply(302, None, {"Location": content.removeprefix("->")})
        return Reply(200, content) if content is not None else Reply(404, b"<html>Not found</html>")


@pytest.fixture
def archive(tmp_path):
    (tmp_path / "made").mkdir()
    return make_release(tmp_path / "made").with_suffix(".0.zip").read_bytes()


def left(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_python_fetches_too_and_gives_the_archive(tmp_path, archive):
    with serving(Files(download=archive)) as at:
        done = depositary.fetch(f"{at.address}/download", tmp_path / "in", sha256=sha256(archive))
        assert (done.release, done.archive) == (LABEL, tmp_path / "in" / f"{LABEL}.zip")
        assert depositary.load(done.archive, "events", "polars")["event_id"].to_list() == ["e1"]
        with pytest.raises(depositary.errors.ServiceError, match="more than 10 bytes"):
            depositary.fetch(f"{at.address}/download", tmp_path / "small", max_bytes=10)
    assert left(tmp_path / "small") == []


def test_a_release_is_fetched_and_gets_its_own_name(run, tmp_path, archive):
    with serving(Files(download=archive)) as at:
        done = run("fetch", f"{at.address}/download?x=1", "--output-dir", tmp_path / "in" / "here")
        assert (done.code, done.err) == (0, "")
        assert f"{LABEL}.zip: {LABEL} is sound\nsha256 {sha256(archive)}\n" in done.out
        assert left(tmp_path / "in" / "here") == [f"{LABEL}.zip"]
        assert run("verify", tmp_path / "in" / "here" / f"{LABEL}.zip").code == 0
        again = run("fetch", f"{at.address}/download", "--output-dir", tmp_path / "in" / "here")
        assert again.code == 0
        assert left(tmp_path / "in" / "here") == [f"{LABEL}.zip"]


@pytest.mark.parametrize("wanted", [str.lower, str.upper])
def test_the_hash_that_is_asked_for_is_compared(run, tmp_path, archive, wanted):
    with serving(Files(a=archive)) as at:
        right, wrong = sha256(archive), sha256(b"")
        done = run("fetch", f"{at.address}/a", "--output-dir", tmp_path / "in", "--sha256", wanted(wrong))
        assert done.code == 2
        assert f"has the SHA-256 {right}, not {wrong}" in done.err
        assert left(tmp_path / "in") == []
        assert run("fetch", f"{at.address}/a", "--output-dir", tmp_path / "in", "--sha256", wanted(right)).code == 0
        assert "is not a SHA-256" in run("fetch", f"{at.address}/a", "--output-dir", tmp_path, "--sha256", "abc").err


def _packed(tmp_path, name, change):
    """Make an archive of a changed copy of the release."""
    folder = tmp_path / "changed" / LABEL
    shutil.copytree(tmp_path / "made" / LABEL, folder)
    change(folder)
    with (tmp_path / "changed.zip").open("wb") as stream:
        write_archive(folder, name, stream)
    return (tmp_path / "changed.zip").read_bytes()


def changed(folder):
    (folder / "data" / "events.csv").write_text("event_id,held\ne1,2025\n")


def added(folder):
    (folder / "more.txt").write_text("more")


def removed(folder):
    (folder / "README.md").unlink()


def without_sums(folder):
    (folder / "SHA256SUMS").unlink()


def named_otherwise(folder):
    document = json.loads((folder / "datapackage.json").read_text())
    (folder / "datapackage.json").write_text(json.dumps({**document, "name": "../evil"}))


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("change", [changed, added, removed, without_sums, named_otherwise])
def test_what_is_not_sound_does_not_get_a_name(run, tmp_path, change):
    with serving(Files(a=_packed(tmp_path, LABEL, change))) as at:
        done = run("fetch", f"{at.address}/a", "--output-dir", tmp_path / "in")
        assert done.code == 2
        assert len(done.err.splitlines()) == 1
    assert left(tmp_path) == ["changed", "changed.zip", "made"]


def _zip(**members):
    def write(path):
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in members.items():
                archive.writestr(name.replace("UP", "../").replace("ROOT", "/"), text)

    return write


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"<!DOCTYPE html><title>Log in</title>"),
        lambda path: path.write_bytes(b"PK\x03\x04 and no more"),
        _zip(UPevil="x"),
        _zip(ROOTevil="x"),
        _zip(readme="x"),
        _zip(**{"a/SHA256SUMS": "", "a/datapackage.json": "[]"}),
        _zip(**{"a/SHA256SUMS": "", "a/datapackage.json": "{"}),
    ],
)
def test_what_is_not_a_release_does_not_get_a_name(run, tmp_path, write):
    write(tmp_path / "a.zip")
    with serving(Files(a=(tmp_path / "a.zip").read_bytes())) as at:
        done = run("fetch", f"{at.address}/a", "--output-dir", tmp_path / "in")
        assert done.code == 2
        assert done.err.startswith("depositary: ")
        assert left(tmp_path / "in") == []


def test_no_more_than_the_limit_is_read(run, tmp_path, archive):
    with serving(Files(a=archive)) as at:
        done = run("fetch", f"{at.address}/a", "--output-dir", tmp_path / "in", "--max-bytes", len(archive) - 1)
        assert done.code == 2
        assert f"more than {len(archive) - 1:,} bytes" in done.err
        assert run("fetch", f"{at.address}/a", "--output-dir", tmp_path / "in", "--max-bytes", len(archive)).code == 0


def test_another_content_that_is_there_stays(run, tmp_path, archive):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"{LABEL}.zip").write_bytes(b"mine")
    with serving(Files(a=archive)) as at:
        done = run("fetch", f"{at.address}/a", "--output-dir", tmp_path / "in")
    assert done.code == 2
    assert "is already there with another content" in done.err
    assert (tmp_path / "in" / f"{LABEL}.zip").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "url", ["http://data.example/a.zip", "file:///etc/passwd", "a.zip", "https://ann:pw@data.example/a"]
)
def test_only_https_is_read(run, tmp_path, url):
    done = run("fetch", url, "--output-dir", tmp_path / "in")
    assert done.code == 2
    assert "pw" not in done.err
    assert left(tmp_path / "in") == []


def test_redirects_are_followed_but_not_from_https_to_other_schemes_or_for_ever(run, tmp_path, archive):
    files = Files(
        one="->/two",
        two="->three",
        three=archive,
        loop="->/loop",
        ftp="->ftp://data.example/a",
        plain="->http://data.example/a",
    )
    with serving(files) as at:
        assert run("fetch", f"{at.address}/one", "--output-dir", tmp_path / "in").code == 0
        for name, said in (("loop", "without an end"), ("ftp", "only https"), ("plain", "only https")):
            done = run("fetch", f"{at.address}/{name}", "--output-dir", tmp_path / "other")
            assert (done.code, said in done.err) == (2, True), done


def test_no_password_of_the_user_is_sent(run, tmp_path, archive, monkeypatch):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".netrc").write_text("machine 127.0.0.1 login ann password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GITHUB_TOKEN", "tok-8f3a2c9d7e6b5a4f")
    with serving(Files(a=archive)) as at:
        assert run("fetch", f"{at.address}/a", "--output-dir", tmp_path / "in").code == 0
        assert [one for one in at.asked if "authorization" in one.headers] == []


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "changed"])
def test_a_fault_leaves_nothing_and_the_next_run_fetches(run, tmp_path, archive, fault, lasts):
    with serving(Files(a=archive)) as at:
        at.begin(Fault(0, fault, lasts))
        arguments = ("fetch", f"{at.address}/a", "--output-dir", tmp_path / "in")
        patience = ("--timeout", "0.25" if fault == "slow" else "30")
        done = run(*arguments, *patience)
        assert done.code in (0, 2)
        assert left(tmp_path / "in") == ([f"{LABEL}.zip"] if done.code == 0 else [])
        assert done.code == 0 or done.err.startswith("depositary: ")
        at.begin()
        assert run(*arguments).code == 0
        assert (tmp_path / "in" / f"{LABEL}.zip").read_bytes() == archive


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_killed_before_any_change_of_a_file_nothing_half_has_its_name(run, tmp_path, archive):
    folder = tmp_path / "in"
    with ForkedRuns() as forks, serving(Files(a=archive)) as at:
        arguments = ("fetch", f"{at.address}/a", "--output-dir", str(folder))
        for dies_at in range(1, 200):
            code = forks.run(*arguments, errors=tmp_path / "errors.txt", dies_at=dies_at)
            named = [name for name in left(folder) if not name.startswith(".")]
            assert named in ([], [f"{LABEL}.zip"])
            assert run(*arguments).code == 0
            assert left(folder) == [f"{LABEL}.zip"]
            assert (folder / f"{LABEL}.zip").read_bytes() == archive
            if code == 0:
                break
            shutil.rmtree(folder)
        assert code == 0
        assert dies_at > 5


@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_on_a_full_disk_nothing_is_left(tmp_path, archive):
    folder, errors = tmp_path / "in", tmp_path / "errors.txt"
    with ForkedRuns() as forks, serving(Files(a=archive)) as at:
        arguments = ("fetch", f"{at.address}/a", "--output-dir", str(folder))
        assert forks.run(*arguments, errors=errors, largest=len(archive) - 1) == 2
    assert "cannot be written: File too large" in errors.read_text("utf-8")
    assert left(folder) == []


# By DOI

DOI = "10.5281/zenodo.1000"


@pytest.fixture
def deposited(tmp_path):
    """Publish a release on a Zenodo of this machine, with the handle service beside it."""
    with publication("zenodo", tmp_path / "dist") as it:
        assert it.run().code == 0
        record = {
            DOI: f"{it.loopback.address}/records/1000",
            "10.5281/zenodo.999": f"{it.loopback.address}/doi/10.5281/zenodo.999",
        }
        with serving(FakeHandles(**record, **{"10.1234/other": "https://elsewhere.example/x"})) as handles:
            yield it, ("--output-dir", tmp_path / "in", "--server", it.loopback.address, "--resolver", handles.address)


@pytest.mark.parametrize("given", [DOI, f"doi:{DOI}", f"https://doi.org/{DOI}", "10.5281/zenodo.999"])
def test_a_doi_of_a_version_or_of_all_versions_leads_to_the_archive(run, tmp_path, deposited, given):
    it, options = deposited
    done = run("fetch", given, *options)
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "in" / f"{LABEL}.zip").read_bytes() == it.folder.with_suffix(".0.zip").read_bytes()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("10.5281/zenodo.1", "is not a DOI that is registered"),
        ("10.1234/other", "leads to elsewhere.example, whose records this command cannot read"),
    ],
)
def test_a_doi_that_leads_to_no_archive_is_named(run, tmp_path, deposited, given, said):
    _, options = deposited
    done = run("fetch", given, *options)
    assert done.code == 2
    assert said in done.err
    assert left(tmp_path / "in") == []


def test_a_record_with_two_archives_or_none_is_not_guessed_at(run, deposited):
    it, options = deposited
    files = it.loopback.service.records["1000"]["files"]
    files["other.zip"] = files[f"{LABEL}.zip"]
    assert "other.zip. Give the address of one" in run("fetch", DOI, *options).err
    files.clear()
    assert "but none" in run("fetch", DOI, *options).err


def test_an_archive_that_is_not_what_the_record_says_is_refused(run, tmp_path, deposited):
    it, options = deposited
    steps = len(it.loopback.asked)
    assert run("fetch", DOI, *options).code == 0
    downloaded = len(it.loopback.asked) - steps - 1
    shutil.rmtree(tmp_path / "in")
    entries = it.loopback.service._entries
    it.loopback.service._entries = lambda record: json.loads(json.dumps(entries(record)).replace("md5:", "md5:0"))
    done = run("fetch", DOI, *options)
    assert downloaded >= 2
    assert done.code == 2
    assert "has the MD5" in done.err
    assert left(tmp_path / "in") == []

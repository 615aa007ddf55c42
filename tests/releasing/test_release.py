"""A release: what it refuses, which number it proposes, what it writes, and that it never changes."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT
from releases import ROWS, package, with_row, without

import depositary
from depositary.errors import UnreleasableError, UsageError
from depositary.releasing.release import release
from depositary.releasing.verify import verify
from depositary.write.companions import copy_companions, left_behind
from depositary.write.disk import alone

DAY = date(2026, 2, 1)
BEGAN = date(2026, 1, 1)
NAME = "meetings-of-people"


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """Give the first release, in a folder of releases."""
    return release(package(tmp_path / "start"), tmp_path / "dist", on=BEGAN).folder


def refused(*arguments, **options) -> str:
    with pytest.raises(UnreleasableError) as found:
        release(*arguments, **options)
    assert found.value.reasons
    return str(found.value)


# What it writes


def test_a_first_release_has_the_version_of_its_package(first):
    assert first.name == f"{NAME}-1.0.0"
    descriptor = json.loads((first / "datapackage.json").read_text())
    assert (descriptor["version"], descriptor["created"]) == ("1.0.0", "2026-01-01T00:00:00Z")
    for resource in descriptor["resources"]:
        data = (first / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert {"README.md", "CHANGELOG.md", "CODEBOOK.md", "SHA256SUMS"} <= {path.name for path in first.iterdir()}
    assert not (first / "changes").exists()


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="there is no sha256sum here")
def test_its_sums_are_those_of_sha256sum(first):
    subprocess.run(["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=first, check=True)


def test_it_is_a_valid_package_and_its_archive_holds_the_same_files(first):
    report = depositary.validate(first)
    assert (report.errors, report.warnings) == (0, 0)
    with zipfile.ZipFile(f"{first}.zip") as archive:
        assert archive.testzip() is None
        held = {name.removeprefix(f"{first.name}/"): archive.read(name) for name in archive.namelist()}
    assert held == {p.relative_to(first).as_posix(): p.read_bytes() for p in first.rglob("*") if p.is_file()}


@pytest.mark.long
def test_the_bytes_do_not_depend_on_zone_rights_folder_or_language(first, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "dist"
    code = (
        "import os, sys, datetime; os.umask(0o077)\n"
        "from depositary.releasing.release import release\n"
        "release(sys.argv[1], sys.argv[2], on=datetime.date(2026, 1, 1))\n"
    )
    moved = shutil.copytree(tmp_path / "start", tmp_path / "another name")
    for path in moved.rglob("*"):
        os.utime(path, (86_400, 86_400))
    environment = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, str(moved), str(elsewhere)], check=True, env=environment)
    assert (elsewhere / f"{first.name}.zip").read_bytes() == Path(f"{first}.zip").read_bytes()


def test_the_same_again_writes_nothing(first, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in first.parent.rglob("*")}
    again = release(tmp_path / "start", tmp_path / "dist", on=BEGAN)
    assert not again.is_new
    assert {path: path.stat().st_mtime_ns for path in first.parent.rglob("*")} == before


def test_a_lost_archive_is_made_again(first, tmp_path):
    archive = Path(f"{first}.zip")
    before = archive.read_bytes()
    archive.unlink()
    release(tmp_path / "start", tmp_path / "dist", on=BEGAN)
    assert archive.read_bytes() == before


def test_formats_lie_beside_the_tables_with_their_notes(tmp_path):
    made = release(package(tmp_path / "start"), tmp_path / "dist", formats=["csv", "parquet", "sqlite"])
    assert sorted(path.name for path in (made.folder / "formats").iterdir()) == ["EXPORT-NOTES.md", "parquet", "sqlite"]
    meetings = pl.read_parquet(made.folder / "formats" / "parquet" / "meetings.parquet")
    assert meetings["id"].to_list() == [row[0] for row in ROWS["meetings"]]
    assert verify(made.folder).is_sound
    with pytest.raises(UsageError, match="not an export format"):
        release(tmp_path / "start", tmp_path / "dist2", formats=["docx"])


def test_texts_of_people_are_kept(tmp_path):
    start = package(tmp_path / "start")
    (start / "README.md").write_text("# Written by a person\n", encoding="utf-8")
    (start / "CHANGELOG.md").write_text("# Old\n\nSince forever.\n", encoding="utf-8")
    made = release(start, tmp_path / "dist")
    assert (made.folder / "ABOUT.md").read_text(encoding="utf-8") == "# Written by a person\n"
    assert "Since forever." in (made.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    next_one = package(Path(shutil.copytree(made.folder, tmp_path / "next")), with_row("people", "cem", "Cem"))
    again = release(next_one, tmp_path / "dist", previous=made.archive, on=DAY)
    assert (again.folder / "ABOUT.md").read_text(encoding="utf-8") == "# Written by a person\n"
    log = (again.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert log.index("## 1.1.0 (2026-02-01)") < log.index("## 1.0.0 (2026-01-01)") < log.index("Since forever.")
    assert log.count("# Changelog") == 1


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"licenses": [{"name": "x", "path": "https://a.example/>)<script>"}]}, "The package: x."),
        ({"licenses": [{"name": "x", "path": "https://a.example/by"}]}, "The package: [x](<https://a.example/by>)."),
        ({"contributors": [{"title": "Ana", "roles": "editor"}]}, "- Ana (editor)"),
        ({"waiting": 5}, "The checks before the release found nothing."),
    ],
)
def test_odd_values_of_a_descriptor_do_not_break_the_readme(tmp_path, given, shown):
    made = release(package(tmp_path / "start", edit=lambda d: d.update(given)), tmp_path / "dist")
    assert shown in (made.folder / "README.md").read_text(encoding="utf-8").splitlines()


def test_a_contributor_gets_the_orcid_that_the_tables_have(tmp_path):
    def with_orcids(descriptor):
        described = descriptor["resources"][0]
        fields = [{"name": name, "type": "string"} for name in ("id", "name", "orcid")]
        described.update(
            name="contributors", path="data/contributors.csv", schema={**described["schema"], "fields": fields}
        )
        descriptor["resources"][1]["schema"].pop("foreignKeys")
        descriptor["contributors"] = [{"title": "Ana Example"}, {"title": "Ben Example", "path": "https://example.org"}]

    rows = {**ROWS, "contributors": [("ana", "Ana Example", "0000-0002-1825-0097"), ("ben", "Ben Example", "")]}
    made = release(package(tmp_path / "start", rows, with_orcids), tmp_path / "dist")
    descriptor = json.loads((made.folder / "datapackage.json").read_text())
    paths = [one["path"] for one in descriptor["contributors"]]
    assert paths == ["https://orcid.org/0000-0002-1825-0097", "https://example.org"]


# What it refuses


def test_what_a_release_needs_is_asked_for_at_once(tmp_path):
    start = package(tmp_path / "start", edit=lambda d: (d.pop("licenses"), d.update(contributors=[{"path": "x"}])))
    text = refused(start, tmp_path / "dist")
    assert "no licence" in text
    assert "names no contributors" in text
    assert list((tmp_path / "dist").iterdir()) == []


def test_errors_are_refused(tmp_path):
    start = package(tmp_path / "start", with_row("meetings", "m4", "2023-13-01", "talks", "nobody", "x"))
    assert "the package has 3 errors" in refused(start, tmp_path / "dist")


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-rc1", "01.0.0", "1.0.0 ", "latest"])
def test_what_is_not_a_version_is_refused(tmp_path, version):
    assert "is not a version" in refused(package(tmp_path / "start"), tmp_path / "dist", version=version)


def test_a_package_without_version_asks_for_one(tmp_path):
    start = package(tmp_path / "start", edit=lambda d: d.pop("version"))
    assert "Give the first one with --version" in refused(start, tmp_path / "dist")
    assert release(start, tmp_path / "dist", version="0.1.0").version == "0.1.0"


def test_the_day_never_comes_from_the_clock(first, tmp_path):
    start = package(tmp_path / "next", with_row("people", "cem", "Cem"))
    with pytest.raises(UsageError, match="Give it with --on"):
        release(start, tmp_path / "dist", previous=first)
    text = refused(start, tmp_path / "dist", previous=first, on=date(1970, 1, 1))
    assert "before that of the earlier release" in text


def test_a_release_of_another_package_is_refused(first, tmp_path):
    other = package(tmp_path / "other", edit=lambda d: d.update(name="something-else"))
    with pytest.raises(UsageError, match='is a release of "meetings-of-people"'):
        release(other, tmp_path / "dist", previous=first, on=DAY)


def test_a_package_is_no_release(tmp_path):
    start = package(tmp_path / "start")
    with pytest.raises(UsageError, match="it has no SHA256SUMS"):
        release(start, tmp_path / "dist", previous=start, on=DAY)


def test_an_earlier_release_that_was_changed_is_refused(first, tmp_path):
    with (first / "data" / "people.csv").open("a") as stream:
        stream.write("cem,Cem\n")
    with pytest.raises(depositary.errors.DocumentError, match=r"the earlier release was changed: data/people.csv"):
        release(package(tmp_path / "next"), tmp_path / "dist", previous=first, on=DAY)


def test_nothing_new_is_no_release(first, tmp_path):
    text = refused(package(tmp_path / "next"), tmp_path / "dist", previous=first, on=DAY)
    assert "nothing changed since 1.0.0" in text


def test_a_release_is_never_changed(first, tmp_path):
    changed = package(tmp_path / "next", with_row("people", "cem", "Cem"))
    before = {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="is there already, with other content"):
        release(changed, tmp_path / "dist", on=BEGAN)
    assert before == {path: path.read_bytes() for path in first.rglob("*") if path.is_file()}
    (first / "data" / "people.csv").write_text("id,name\n")
    with pytest.raises(UsageError, match="was changed after its release"):
        release(tmp_path / "start", tmp_path / "dist", on=BEGAN)


def test_another_file_with_the_name_of_the_archive_stays(first, tmp_path):
    Path(f"{first}.zip").write_bytes(b"something else")
    with pytest.raises(UsageError, match="is not the archive of this release"):
        release(tmp_path / "start", tmp_path / "dist", on=BEGAN)
    assert Path(f"{first}.zip").read_bytes() == b"something else"


def test_a_record_that_vanished_is_refused(first, tmp_path):
    gone = package(tmp_path / "next", without("meetings", "m2"))
    text = refused(gone, tmp_path / "dist", previous=first, on=DAY, version="2.0.0")
    assert "1 record of the earlier release is gone" in text
    assert "meetings m2" in text


def with_provenance(folder: Path, rows, deleted, claims=()) -> Path:
    """Write the package with lines of a merge: records that it deleted, and deletions that batches claimed."""
    fields = {
        "provenance_rows": ("table", "row_id", "contributor", "batch", "source_id", "status"),
        "provenance_cells": ("table", "row_id", "field", "contributor", "batch", "source_id", "status"),
    }

    def edit(descriptor):
        for name, names in fields.items():
            schema = {"fields": [{"name": one, "type": "string"} for one in names], "missingValues": [""]}
            one = {"name": name, "type": "table", "path": f"data/{name}.csv", "schema": schema}
            descriptor["resources"].append(one)

    lines = {
        "provenance_rows": [(table, row, "", "published@1.0.0", "", "deleted") for table, row in deleted],
        "provenance_cells": [(table, row, "", "ana", batch, "", "accepted") for table, row, batch in claims],
    }
    return package(folder, {**rows, **lines}, edit)


@pytest.mark.long
def test_a_deletion_counts_only_if_the_earlier_release_does_not_record_it(tmp_path):
    gone, m2 = without("meetings", "m2"), ("meetings", "m2")
    old, new = (*m2, "old@1"), (*m2, "new@1")
    for number, (before, claimed, after, claims, is_fine) in enumerate([
        ([], [], [m2], [], True),
        ([m2], [], [m2], [], False),  # deleted once, put back by hand, and removed by hand
        ([m2], [old], [m2], [old], False),
        ([m2], [old], [m2], [old, new], True),  # deleted again, by a merge
        ([], [], [("meetings", "m1")], [], False),
    ]):  # fmt: skip
        here = tmp_path / str(number)
        first = release(with_provenance(here / "one", ROWS, before, claimed), here / "dist", on=BEGAN).folder
        later = with_provenance(here / "two", gone, after, claims)
        if is_fine:
            assert release(later, here / "dist", previous=first, on=DAY).version == "2.0.0"
        else:
            text = refused(later, here / "dist", previous=first, on=DAY)
            assert "1 record of the earlier release is gone" in text


def test_a_table_is_removed_only_for_a_reason_that_the_package_gives(first, tmp_path):
    def without_meetings(descriptor):
        descriptor["resources"].pop()
        descriptor.update(questions=[])

    def withdrawn(entries):
        return lambda descriptor: (without_meetings(descriptor), descriptor.update(withdrawn=entries))

    text = refused(package(tmp_path / "next", edit=without_meetings), tmp_path / "dist", previous=first, on=DAY)
    assert "whole tables of the earlier release are gone: meetings" in text
    assert '{"withdrawn": [{"table": "meetings", "reason": "…"}]}' in text
    for entries in (5, ["meetings"], [{"table": "meetings"}], [{"table": "meetings", "reason": " "}]):
        odd = package(tmp_path / "next", edit=withdrawn(entries))
        with pytest.raises(depositary.errors.DocumentError, match="is not a list such as"):
            release(odd, tmp_path / "dist", previous=first, on=DAY)
    stays = package(tmp_path / "next", edit=lambda d: d.update(withdrawn=[{"table": "people", "reason": "r"}]))
    with pytest.raises(depositary.errors.DocumentError, match="names the table people, which the package has"):
        release(stays, tmp_path / "dist", previous=first, on=DAY)
    why = [{"table": "meetings", "reason": "They are a package of their own now."}]
    shutil.rmtree(tmp_path / "next")
    made = release(package(tmp_path / "next", edit=withdrawn(why)), tmp_path / "dist", previous=first, on=DAY)
    assert made.version == "2.0.0"
    assert "the table meetings was removed: They are a package of their own now." in (
        (made.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    )
    assert verify(made.archive, first).faults == ()
    again = package(tmp_path / "last", with_row("people", "cem", "Cem"), withdrawn(why))
    assert release(again, tmp_path / "dist", previous=made.folder, on=date(2026, 3, 1)).version == "2.1.0"


def test_a_citation_of_a_person_is_not_replaced(tmp_path):
    start = package(tmp_path / "start")
    (start / "CITATION.cff").write_text("cff-version: 1.2.0\n", encoding="utf-8")
    assert "move it away" in refused(start, tmp_path / "dist")


def with_file(start: Path, path: str, text: str = "{}") -> Path:
    """Add a resource that is not a table."""
    (start / path).parent.mkdir(exist_ok=True)
    if path != "datapackage.json":
        (start / path).write_text(text, encoding="utf-8")
    descriptor = json.loads((start / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["resources"].append({"name": "more", "path": path, "format": "json"})
    (start / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    return start


@pytest.mark.parametrize(
    "path",
    [
        *("README.md", "ABOUT.md", "CHANGELOG.md", "CODEBOOK.md", "CITATION.cff", "SHA256SUMS", "datapackage.json"),
        *("changes/more.json", "changes", "formats/more.json", "metadata/dcat.ttl", "ro-crate-metadata.json"),
        *("data/csv-metadata.json", "codebook.md", "Changes/more.json"),
    ],
)
def test_a_file_at_a_path_that_a_release_writes_is_refused(tmp_path, path):
    text = refused(with_file(package(tmp_path / "start"), path), tmp_path / "dist")
    assert f"the package has a file {path}, and a release writes one there. Give it another path." in text


@pytest.mark.parametrize("end", ["\n", "\r", b"\xff".decode("utf-8", "surrogateescape")])
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_no_list_of_sums_can_have_is_refused(tmp_path, end):
    start = package(tmp_path / "start")
    (start / f"LICENSE{end}").write_text("x", encoding="utf-8")
    assert "so SHA256SUMS cannot list it" in refused(start, tmp_path / "dist")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one file there")
def test_two_files_that_differ_in_case_only_are_refused(tmp_path):
    start = package(tmp_path / "start")
    text = refused(with_file(start, "data/People.csv"), tmp_path / "dist")
    assert "data/People.csv and data/people.csv differ in case only" in text


def test_a_file_that_is_not_a_table_counts_too(tmp_path):
    def next_one(name: str, path: str, text: str) -> Path:
        return with_file(package(tmp_path / name), path, text)

    dist = tmp_path / "dist"
    one = release(next_one("one", "metadata/map.json", "{}"), dist, on=BEGAN)
    refused(next_one("same", "metadata/map.json", "{}"), dist, previous=one.archive, on=DAY)
    two = release(next_one("two", "metadata/map.json", "[]"), dist, previous=one.archive, on=DAY)
    assert (two.version, two.reasons[0].text) == ("1.0.1", "the file metadata/map.json was changed")
    assert verify(two.archive, one.archive).is_sound
    three = release(next_one("three", "map.json", "[]"), dist, previous=two.archive, on=DAY)
    assert three.version == "2.0.0"
    assert {one.text for one in three.reasons} >= {
        "the file map.json was added",
        "the file metadata/map.json was removed",
    }


def test_a_package_without_tables_has_releases_too(tmp_path):
    def map_alone(name: str, text: str) -> Path:
        start = package(tmp_path / name, {}, lambda d: d.update(resources=[], questions=[]))
        return with_file(start, "map.json", text)

    one = release(map_alone("one", "{}"), tmp_path / "dist", on=BEGAN)
    two = release(map_alone("two", "[]"), tmp_path / "dist", previous=one.archive, on=DAY)
    assert (two.earlier, two.version) == ("1.0.0", "1.0.1")
    assert verify(two.archive, one.archive).faults == ()


def test_another_text_of_a_person_or_question_is_a_release(first, tmp_path):
    start = package(tmp_path / "next")
    (start / "README.md").write_text("# By a person\n", encoding="utf-8")
    (start / "questions" / "hosts.sql").write_text("-- Who?\nSELECT id FROM people\n", encoding="utf-8")
    made = release(start, tmp_path / "dist", previous=first, on=DAY)
    assert made.version == "1.0.1"
    assert [one.text for one in made.reasons] == [
        "the file ABOUT.md was added",
        "the file questions/hosts.sql was changed",
    ]


@pytest.mark.parametrize("name", ["../up", "a b", "é", "x/y", ".hidden"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path, name):
    start = package(tmp_path / "start", edit=lambda d: d.update(name=name))
    with pytest.raises(depositary.errors.DepositaryError):
        release(start, tmp_path / "dist")
    assert not (tmp_path / "dist").exists() or list((tmp_path / "dist").iterdir()) == []


def test_a_target_that_cannot_be_written_is_one_line(tmp_path, run):
    start = package(tmp_path / "start")
    (tmp_path / "file").write_text("x")
    ran = run("release", start, "--output-dir", tmp_path / "file" / "dist")
    assert ran.code == 2
    assert ran.err.count("\n") == 1


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("setpriv") or os.geteuid() != 0, reason="only root can give up its rights here")
def test_a_folder_without_rights_is_one_line_that_names_it(first, tmp_path):
    without_rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    (tmp_path / "closed").mkdir(mode=0o555)
    program = [sys.executable, "-c", "from depositary.cli import main; main()"]
    for arguments in (
        ["release", tmp_path / "start", "--output-dir", tmp_path / "closed", "--on", "2026-01-01"],
        ["release", tmp_path / "start", "--output-dir", tmp_path / "closed" / "dist", "--on", "2026-01-01"],
        ["publish", first, "--to", "folder", "--folder", tmp_path / "closed"],
        ["fetch", "https://127.0.0.1:9/x.zip", "--output-dir", tmp_path / "closed"],
    ):
        command = [*without_rights, *program, *map(str, arguments)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
        assert str(tmp_path / "closed") in ran.stderr
        assert "Permission denied" in ran.stderr
        assert ".lock" not in ran.stderr
        assert list((tmp_path / "closed").iterdir()) == []


# Which number


def column(name):
    return lambda descriptor: next(f for f in descriptor["resources"][1]["schema"]["fields"] if f["name"] == name)


def changed(find, **properties):
    return lambda descriptor: find(descriptor).update(properties)


def another_key(descriptor):
    descriptor["resources"][0]["schema"].update(primaryKey=["id", "name"])
    descriptor["resources"][1]["schema"].pop("foreignKeys")  # a reference to a part of a key is refused


SIZES = {
    "a corrected cell": (with_row("people", "ana", "Ana Other"), None, "1.0.1"),
    "a blank that is filled": (with_row("meetings", "m2", "2023-05-27", "visit", "ben", "4"), None, "1.0.1"),
    "another title": (ROWS, lambda d: d.update(title="Other"), "1.0.1"),
    "a new description of a column": (ROWS, changed(column("kind"), description="What it was"), "1.0.1"),
    "a new row": (with_row("people", "cem", "Cem"), None, "1.1.0"),
    "a new column": (ROWS, lambda d: d["resources"][0]["schema"]["fields"].append({"name": "age"}), "1.1.0"),
    "a new table": (
        ROWS,
        lambda d: d["resources"].append({**d["resources"][0], "name": "more", "path": "data/more.csv"}),
        "1.1.0",
    ),
    "a new coded value": (
        ROWS,
        changed(column("kind"), constraints={"enum": ["visit", "talks", "call", "x"]}),
        "1.1.0",
    ),
    "a coded value gone": (ROWS, changed(column("kind"), constraints={"enum": ["visit", "talks"]}), "2.0.0"),
    "a column gone": (ROWS, lambda d: d["resources"][1]["schema"]["fields"].pop(), "2.0.0"),
    "another type": (ROWS, changed(column("guests"), type="number"), "2.0.0"),
    "another key": (ROWS, another_key, "2.0.0"),
}


@pytest.mark.short(3, long=4)
@pytest.mark.parametrize("case", SIZES)
def test_the_number_follows_from_what_changed(first, tmp_path, case):
    rows, edit, version = SIZES[case]
    made = release(package(tmp_path / "next", rows, edit), tmp_path / "dist", previous=first, on=DAY)
    assert made.version == version
    assert verify(made.folder, first).faults == ()


def test_a_higher_number_may_be_given_and_a_lower_one_not(first, tmp_path):
    start = package(tmp_path / "next", with_row("people", "cem", "Cem"))
    for low in ("0.9.0", "1.0.0", "1.0.5"):
        text = refused(start, tmp_path / "dist", previous=first, on=DAY, version=low)
        assert "it is at least 1.1.0, because 1 row of people added" in text
    assert release(start, tmp_path / "dist", previous=first, on=DAY, version="3.0.0").version == "3.0.0"


def test_after_a_version_0_a_change_that_breaks_gives_1_0_0_and_says_why(tmp_path, run):
    first = release(package(tmp_path / "one"), tmp_path / "dist", on=BEGAN, version="0.4.0").folder
    rows, edit, _ = SIZES["a column gone"]
    later, why = package(tmp_path / "two", rows, edit), "such a change gives 1.0.0 after 0.x too"
    asked = ("release", later, "--output-dir", tmp_path / "dist", "--previous", first, "--on", "2026-02-01")
    too_low = run(*asked, "--version", "0.5.0")
    assert (too_low.code, why in too_low.err) == (2, True)
    made = run(*asked)
    assert (made.code, "0.4.0 → 1.0.0 (major)" in made.out, why in made.out) == (0, True, True)


# The published package and its examples


@pytest.mark.soak  # `make demo`, which a test runs, does the same
def test_the_examples_are_merged_and_released(tmp_path, run):
    for name in ("datapackage", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    here = tmp_path / "examples"
    began = run("release", "../datapackage", "--output-dir", "dist", "--on", "2026-11-29", cwd=here)
    assert began.code == 0, began.err
    earlier = "dist/depositary-trade-policy-0.1.0.zip"
    assert run("merge", "--decisions", "decided", cwd=here).code == 1
    again = ("release", "merged", "--output-dir", "dist", "--previous", earlier, "--on", "2026-12-01")
    open_ones = run(*again, cwd=here)
    assert open_ones.code == 2
    assert "conflicts are not decided: 3 open" in open_ones.err
    for conflict, choice in (("cfl-syu2gtu4dq3t", ["--keep-base"]), ("cfl-royegvb4spyq", ["--take", "ctr-wei"])):
        why = ["--reason", "r", "--as", "ctr-maintainers", "--on", "2026-11-23", "--decisions", "decided"]
        assert run("resolve", conflict, *choice, *why, cwd=here).code == 0
    assert run("merge", "--decisions", "decided", cwd=here).code == 0
    done = run(*again, cwd=here)
    assert done.code == 0, done.err
    assert "Did South Korea confirm the chip agreement?" in done.out
    checked = run("verify", "dist/depositary-trade-policy-1.0.0.zip", "--previous", earlier, cwd=here)
    assert (checked.code, checked.out.count("not checked")) == (0, 0)
    delta = pl.read_csv(here / "dist" / "depositary-trade-policy-1.0.0" / "changes" / "delta.csv", infer_schema=False)
    founded = delta.filter((pl.col("row_id") == "act-apec") & (pl.col("field") == "founded"))
    assert founded.select("before", "after", "contributor").row(0) == (None, "1989", "ctr-rosa")


@pytest.mark.long
def test_a_decision_for_other_values_stops_a_release(tmp_path, run):
    for name in ("datapackage", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    here = tmp_path / "examples"
    for file in (here / "decided" / "resolutions").glob("*.csv"):
        lines = pl.read_csv(file, infer_schema=False)
        lines.with_columns(inputs_hash=pl.lit("aaaaaaaaaaaa")).write_csv(file)
    assert run("merge", "--decisions", "decided", cwd=here).code == 1
    refused = run("release", "merged", "--output-dir", "dist", "--on", "2026-12-01", cwd=here)
    assert (refused.code, "(stale)" in refused.err) == (2, True), refused.err


# A release as the base of the next round


def test_a_package_made_from_a_release_has_no_texts_of_it_and_misses_none(first, tmp_path):
    (first / "ABOUT.md").write_text("By a person.\n", encoding="utf-8")
    (first / "mine.txt").write_text("x")
    copied = copy_companions(first, json.loads((first / "datapackage.json").read_text()), tmp_path / "merged")
    names = {path.relative_to(tmp_path / "merged").as_posix() for path in copied}
    assert names == {"ABOUT.md", "data/people.csv", "data/meetings.csv", "questions/hosts.sql"}
    assert left_behind(first) == "mine.txt"


# A disk that is full, and two runs at once


@pytest.mark.short(1)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.parametrize("bytes_left", [500, 5_000, 12_000])
def test_a_full_disk_leaves_nothing_half(tmp_path, bytes_left):
    start = package(tmp_path / "start")
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from depositary.cli import main\n"
        "sys.dont_write_bytecode = True\n"  # Python takes a module that it wrote in part for whole
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)\n"  # as a full disk: writing more fails
        "main()\n"
    )
    command = [
        sys.executable,
        "-c",
        code,
        str(bytes_left),
        "release",
        str(start),
        "--output-dir",
        str(tmp_path / "dist"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert str(tmp_path / "dist") in ran.stderr
    assert [path.name for path in (tmp_path / "dist").iterdir() if not path.name.startswith(".")] == []
    assert release(start, tmp_path / "dist").is_new


def test_two_runs_do_not_write_at_once(tmp_path):
    (tmp_path / "dist").mkdir()
    with (
        alone(tmp_path / "dist" / ".release.lock", tmp_path / "dist"),
        pytest.raises(UsageError, match="another run is writing it"),
    ):
        release(package(tmp_path / "start"), tmp_path / "dist")

"""A merge takes a contribution as a zip archive or by its manifest, with the same result as its folder."""

import shutil
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

EXAMPLES = ROOT / "examples" / "contributions"
CLEAN = EXAMPLES / "mira" / "dispatch-reading"
BASE = ROOT / "datapackage"


def pack(folder: Path, file: Path, within: str = "") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{within}{path.name}")
    return file


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def workspace(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(BASE, folder / "datapackage")
    (folder / "depositary.toml").write_text('package = "datapackage"\ncontributions = "in"\n', encoding="utf-8")
    return folder


@pytest.fixture
def by_folder(run, tmp_path) -> dict[str, bytes]:
    """Merge the folder of a contribution, and give the files of the result."""
    folder = workspace(tmp_path / "folder")
    shutil.copytree(CLEAN, folder / "in" / "mira" / "dispatch-reading")
    assert run("merge", cwd=folder).code == 0
    return files(folder / "merged")


@pytest.mark.short(1)
@pytest.mark.parametrize("within", ["", "dispatch-reading/"])
def test_an_archive_in_a_workspace_gives_the_same_as_its_folder(run, tmp_path, by_folder, within):
    folder = workspace(tmp_path / "packed")
    pack(CLEAN, folder / "in" / "mira" / "dispatch-reading.zip", within)
    assert run("merge", cwd=folder).code == 0
    assert files(folder / "merged") == by_folder
    assert run("status", cwd=folder).code == 0
    assert "in/mira/dispatch-reading.zip" in run("validate", cwd=folder).out
    leftover = list(Path(tmp_path).glob("depositary-*"))
    assert leftover == []


@pytest.mark.long
def test_an_archive_or_a_manifest_may_be_named(run, tmp_path, by_folder):
    packed = pack(CLEAN, tmp_path / "mira" / "dispatch-reading.zip")
    for name, place in {"zip": packed, "manifest": CLEAN / "contribution.toml"}.items():
        assert run("merge", BASE, place, "--output-dir", tmp_path / name, cwd=tmp_path).code == 0
        assert files(tmp_path / name) == by_folder


@pytest.mark.parametrize("name", ["tables.xlsx", "tables.ods", "actors.csv"])
def test_a_single_table_is_refused_with_what_it_lacks(run, tmp_path, name):
    (tmp_path / name).write_bytes(b"PK")
    done = run("merge", BASE, tmp_path / name, "--output-dir", "merged", cwd=tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert f"{name}: a merge needs the contribution.toml" in done.err


@pytest.mark.parametrize("set_aside", [(), ("--set-aside",)])
def test_errors_in_an_archive_name_the_archive(run, tmp_path, set_aside):
    shutil.copytree(CLEAN, tmp_path / "spoilt")
    manifest = tmp_path / "spoilt" / "contribution.toml"
    manifest.write_text("contributor =", encoding="utf-8")
    packed = pack(tmp_path / "spoilt", tmp_path / "in" / "mira.zip")
    done = run("merge", BASE, packed, "--output-dir", "merged", *set_aside, cwd=tmp_path)
    assert done.code in (1, 2)
    assert str(packed / "contribution.toml") in done.out + done.err
    assert "/depositary-" not in done.out + done.err


def test_an_invalid_archive_is_reported_by_its_path(run, tmp_path):
    shutil.copytree(CLEAN, tmp_path / "spoilt")
    (tmp_path / "spoilt" / "sources.csv").write_text(
        "source_id,reliability\nsrc-reuters-dispatch,Z\n", encoding="utf-8"
    )
    packed = pack(tmp_path / "spoilt", tmp_path / "mira" / "first.zip")
    done = run("merge", BASE, packed, "--output-dir", "merged", cwd=tmp_path)
    assert done.code == 2
    assert "mira/first" in done.err
    assert "/depositary-" not in done.out + done.err


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_a_broken_archive_in_a_workspace_is_not_passed_over(run, tmp_path, content):
    folder = workspace(tmp_path / "broken")
    (folder / "in" / "mira").mkdir(parents=True)
    (folder / "in" / "mira" / "first.zip").write_bytes(content)
    done = run("merge", cwd=folder)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "first.zip" in done.err


def test_other_archives_in_a_workspace_are_not_contributions(run, tmp_path, by_folder):
    folder = workspace(tmp_path / "others")
    shutil.copytree(CLEAN, folder / "in" / "mira" / "dispatch-reading")
    pack(BASE / "rules" if (BASE / "rules").is_dir() else BASE / "data", folder / "in" / "downloads.zip")
    assert run("merge", cwd=folder).code == 0
    assert files(folder / "merged") == by_folder


def test_a_folder_and_its_archive_are_one_batch_twice(run, tmp_path):
    folder = workspace(tmp_path / "twice")
    shutil.copytree(CLEAN, folder / "in" / "mira" / "dispatch-reading")
    pack(CLEAN, folder / "in" / "mira" / "dispatch-reading.zip")
    done = run("merge", cwd=folder)
    assert done.code == 2
    assert "both are the batch mira/dispatch-reading" in done.err
    assert "dispatch-reading.zip" in done.err

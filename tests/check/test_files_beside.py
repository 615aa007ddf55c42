"""Resources that are no tables: they are judged, carried by every export and merge, or named as losses."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import depositary
from depositary.errors import DepositaryError, UsageError
from depositary.exporting.formats import FORMATS

ROWS = b"id\na\nb\n"
TABLE = {"name": "t", "path": "t.csv", "schema": {"fields": [{"name": "id", "type": "string"}], "primaryKey": ["id"]}}
FILES = {
    "codebook.pdf": b"%PDF-1.4\n\xff",
    "data/regions.csv": b"code\n01\n",
    "notes/a.json": b"{}",
    "scans/1.png": b"one",
    "scans/2.png": b"two",
}


def package(folder: Path, *more: dict[str, Any], files: dict[str, bytes] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = {"name": "p", "version": "1", "resources": [TABLE, *more]}
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    for path, content in {"t.csv": ROWS, **(files or {})}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture
def mixed(tmp_path):
    """Give a package with files that are no tables, one of them a list of paths."""
    alone = [{"name": path.split("/")[-1].replace(".", "-"), "path": path} for path in list(FILES)[:3]]
    scans = {"name": "scans", "path": ["scans/1.png", "scans/2.png"]}
    return package(tmp_path / "p", *alone, scans, files=FILES)


def losses(out: Path, form: str) -> list[str]:
    text = (out / "EXPORT-NOTES.md").read_text(encoding="utf-8").split(f"## {form}\n")[1].split("\n## ")[0]
    return [line[2:].replace("\\", "") for line in text.splitlines() if line.startswith("- ")]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_carries_them_as_they_are_with_their_hashes_in_the_notes(mixed, tmp_path, form):
    depositary.export(mixed, [form], tmp_path / "out")
    for path, content in FILES.items():
        assert (tmp_path / "out" / form / path).read_bytes() == content
        line = f"| `{form}/{path}` |  | {len(content)} | `{hashlib.sha256(content).hexdigest()}` |"
        assert line in (tmp_path / "out/EXPORT-NOTES.md").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_descriptors_of_exports_name_them_in_their_place_and_export_again(mixed, tmp_path, form):
    depositary.export(mixed, [form], tmp_path / "out")
    there = json.loads((tmp_path / "out" / form / "datapackage.json").read_text())["resources"]
    expected = json.loads((mixed / "datapackage.json").read_text())["resources"]
    assert there[1:] == expected[1:]
    depositary.export(tmp_path / "out" / form, ["csv"], tmp_path / "again")
    assert all((tmp_path / "again/csv" / path).read_bytes() == content for path, content in FILES.items())


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_loader_beside_an_export_loads_its_tables_only(mixed, tmp_path, form):
    depositary.export(mixed, [form], tmp_path / "out")
    ran = subprocess.run(
        [sys.executable, tmp_path / "out" / form / "load.py"], capture_output=True, text=True, check=True
    )
    assert "2 entries" in ran.stdout


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("datapackage.json", "files/datapackage.json"),
        ("load.py", "files/load.py"),
        ("T.csv", "files/T.csv"),
        ("t.csv.d/x", "t.csv.d/x"),
        ("a`|b.txt", "a__b.txt"),
    ],
)
def test_a_file_whose_place_is_taken_gets_another_which_is_listed(tmp_path, path, here):
    made = package(tmp_path / "p", {"name": "other", "path": path}, files={path: b"mine"})
    (made / "datapackage.json").write_text(
        json.dumps({"name": "p", "version": "1", "resources": [TABLE, {"name": "other", "path": path}]})
    )
    content = (made / path).read_bytes()
    for _ in range(2):  # the second takes the place of the first
        depositary.export(made, ["csv"], tmp_path / "out")
    assert (tmp_path / "out/csv" / here).read_bytes() == content
    told = [f"other: its file {path} has the path {here} here"] if path != here else []
    assert losses(tmp_path / "out", "csv") == told
    assert depositary.validate(tmp_path / "out/csv").valid


_CANNOT = {
    "remote": ({"path": "https://example.org/x.pdf"}, "not followed: it is remote"),
    "outside": ({"path": "../x.pdf"}, "not followed: it leads out"),
    "one of several": ({"path": ["in.txt", "/x.pdf"]}, "not followed: it is absolute"),
}


@pytest.mark.parametrize("case", _CANNOT)
def test_a_path_that_is_not_followed_stops_the_export(tmp_path, case):
    resource, said = _CANNOT[case]
    made = package(tmp_path / "p", {"name": "other", **resource}, files={"in.txt": b"x"})
    with pytest.raises(DepositaryError, match=said):
        depositary.export(made, ["csv"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_data_in_the_descriptor_go_where_there_is_one_and_are_a_loss_elsewhere(tmp_path, form):
    made = package(tmp_path / "p", {"name": "inline", "data": {"a": 1}})
    depositary.export(made, [form], tmp_path / "out")
    if form in ("csv", "parquet"):
        there = json.loads((tmp_path / "out" / form / "datapackage.json").read_text())["resources"]
        assert there[1] == {"name": "inline", "data": {"a": 1}}
    else:
        assert any(loss.startswith("inline: not kept") for loss in losses(tmp_path / "out", form))


@pytest.mark.parametrize("resource", [{"path": ["1.xlsx", "2.xlsx"]}, {"path": "3.xlsx"}, {"path": "4.csv.zst"}])
def test_a_table_in_another_form_is_carried_and_said_to_be_no_table_here(tmp_path, resource):
    paths = resource["path"] if isinstance(resource["path"], list) else [resource["path"]]
    spread = {"name": "u", "schema": {"fields": [{"name": "id"}]}, **resource}
    made = package(tmp_path / "p", spread, files=dict.fromkeys(paths, ROWS))
    depositary.export(made, ["csv", "sqlite"], tmp_path / "out")
    for form in ("csv", "sqlite"):
        assert all((tmp_path / "out" / form / path).read_bytes() == ROWS for path in paths)
        assert any("u: copied unchanged, not read as a table" in loss for loss in losses(tmp_path / "out", form))


def left_out(out: Path) -> list[str]:
    _, _, text = (out / "EXPORT-NOTES.md").read_text(encoding="utf-8").partition("## Left out\n")
    return text.replace("\\", "").strip().removesuffix(".").partition("were left out: ")[2].split(", ")


def test_the_notes_of_an_export_name_the_files_that_no_resource_names(mixed, tmp_path):
    for path in (
        "b.pdf",
        "data/a_[1].csv",
        ".hidden",
        "Thumbs.db",
        "README.md",
        ".git/config",
        "other/datapackage.json",
    ):
        (mixed / path).parent.mkdir(exist_ok=True)
        (mixed / path).write_text("{}", encoding="utf-8")
    for _ in range(2):  # the second time, the output of the first lies in the folder
        depositary.export(mixed, ["csv", "jsonl"], mixed / "out")
        assert left_out(mixed / "out") == ["b.pdf", "data/a_[1].csv"]
        assert losses(mixed / "out", "csv") == []
    depositary.export(mixed / "out/csv", ["csv"], tmp_path / "again")
    assert left_out(tmp_path / "again") == [""]


def test_many_files_that_no_resource_names_are_counted(mixed, tmp_path):
    for number in range(25):
        (mixed / f"{number:02}.txt").touch()
    depositary.export(mixed, ["csv"], tmp_path / "out")
    assert left_out(tmp_path / "out") == [*(f"{number:02}.txt" for number in range(19)), "19.txt and 5 more"]


def test_a_merge_names_the_files_that_no_resource_names(mixed, tmp_path, run):
    (mixed / "b.pdf").touch()
    ended = run("merge", mixed, "--output-dir", tmp_path / "out")
    assert "left out, because no resource names them: b.pdf\n" in ended.out


@pytest.mark.parametrize("gone", FILES)
def test_a_missing_file_is_an_error_and_stops_exports_and_merges(mixed, tmp_path, run, gone):
    (mixed / gone).unlink()
    report = depositary.validate(mixed)
    assert [(f.code, f.level, f.file) for f in report] == [("missing-file", "error", gone)]
    assert run("export", mixed, "--to", "csv", "--output-dir", tmp_path / "out").code == 2
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match=gone):
        depositary.merge(mixed, [])


def test_a_folder_in_the_place_of_a_file_is_said_to_be_one(mixed):
    (mixed / "codebook.pdf").unlink()
    (mixed / "codebook.pdf").mkdir()
    assert [f.message for f in depositary.validate(mixed)] == ["codebook.pdf is a folder, not a file"]


@pytest.mark.parametrize("stated", [{"bytes": 3}, {"hash": "0" * 32}, {"hash": "sha256:" + "0" * 64}])
def test_another_size_or_hash_than_the_descriptor_says_is_an_error(tmp_path, stated):
    made = package(tmp_path / "p", {"name": "x", "path": "x.bin", **stated}, files={"x.bin": b"four"})
    assert [f.code for f in depositary.validate(made)] == ["byte-count" if "bytes" in stated else "hash-count"]
    right = {"bytes": 4, "hash": f"sha256:{hashlib.sha256(b'four').hexdigest()}"}
    made = package(tmp_path / "q", {"name": "x", "path": "x.bin", **right}, files={"x.bin": b"four"})
    assert depositary.validate(made).valid


@pytest.mark.parametrize("name", ["t", "x"], ids=["a table", "another file"])
@pytest.mark.parametrize("stated", [{"bytes": 3}, {"hash": "0" * 32}, {"hash": "sha256:" + "0" * 64}, {"rows": 5}])
def test_an_export_names_the_files_that_are_not_as_the_descriptor_says(tmp_path, name, stated):
    made = package(tmp_path / "p", {"name": "x", "path": "x.bin"}, files={"x.bin": b"four"})
    said = json.loads((made / "datapackage.json").read_text())
    next(one for one in said["resources"] if one["name"] == name).update(stated)
    (made / "datapackage.json").write_text(json.dumps(said), encoding="utf-8")
    depositary.export(made, list(FORMATS), tmp_path / "out")
    is_unlike = "rows" not in stated or name == "t"  # other files have no rows
    for form in FORMATS:
        said = [line for line in losses(tmp_path / "out", form) if line.startswith(f"{name}: the file")]
        assert ["but the descriptor gives" in line for line in said] == [True] * is_unlike


@pytest.mark.parametrize("stated", [{"bytes": 3}, {"hash": "0" * 32}])
def test_a_file_that_is_not_as_the_descriptor_says_has_a_hint(tmp_path, run, stated):
    made = package(tmp_path / "p", {"name": "x", "path": "x.bin", **stated}, files={"x.bin": b"four"})
    assert "→ get the file again, or correct" in run("validate", made).out


def test_a_merged_package_has_them_and_a_diff_names_them(mixed, tmp_path):
    mine = tmp_path / "ann/x"
    mine.mkdir(parents=True)
    (mine / "contribution.toml").write_text(
        'contributor = "ctr-ann"\nmode = "patch"\nrole = "coder"\nlicense = "CC0-1.0"\n'
        '[base]\npackage = "p"\nversion = "1"\n'
    )
    (mine / "t.csv").write_bytes(b"id\nc\n")
    depositary.merge(mixed, [mine], tmp_path / "merged")
    assert all((tmp_path / "merged" / path).read_bytes() == content for path, content in FILES.items())
    assert "scans" in depositary.diff(mixed, tmp_path / "merged").not_compared


def test_asking_for_one_as_a_table_says_why_there_is_none(mixed):
    with pytest.raises(
        UsageError, match=r"regions-csv \(data/regions\.csv\) is not loaded as a table: it has no Table"
    ):
        depositary.load(mixed, "regions-csv")


def test_rows_for_one_are_refused_with_the_reason(mixed, tmp_path):
    mine = tmp_path / "ann/x"
    mine.mkdir(parents=True)
    (mine / "contribution.toml").write_text(
        'contributor = "ctr-ann"\nmode = "patch"\nrole = "coder"\nlicense = "CC0-1.0"\n'
        '[base]\npackage = "p"\nversion = "1"\n'
    )
    shutil.copy(mixed / "data/regions.csv", mine)
    messages = [f.message for f in depositary.validate(mine, mixed) if f.code == "unknown-table"]
    assert messages == [
        "regions.csv is a file of the package, but rows cannot be contributed to it: it has no Table Schema"
    ]


@pytest.mark.parametrize("name", ["regions.json", "notes.json", "data.py", "codes.yaml"])
def test_a_file_of_another_kind_is_not_taken_for_a_misspelled_table(mixed, tmp_path, name):
    mine = tmp_path / "ann/x"
    mine.mkdir(parents=True)
    (mine / "contribution.toml").write_text(
        'contributor = "ctr-ann"\nmode = "patch"\nrole = "coder"\nlicense = "CC0-1.0"\n'
        '[base]\npackage = "p"\nversion = "1"\n'
    )
    (mine / name).write_text("{}")
    (hint,) = [f.hint for f in depositary.validate(mine, mixed) if f.code == "unknown-table"]
    assert hint.startswith("only CSV files and workbooks are tables")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_carries_what_usually_lies_beside_a_package(tmp_path, form):
    folder = package(tmp_path / "p", files={"README.md": b"# p", "LICENSE": b"CC0"})
    depositary.export(folder, [form], tmp_path / "out")
    assert (tmp_path / "out" / form / "README.md").read_bytes() == b"# p"
    assert f"| `{form}/LICENSE` |" in (tmp_path / "out/EXPORT-NOTES.md").read_text(encoding="utf-8")


@pytest.mark.short(3)
@pytest.mark.parametrize("form", FORMATS)
def test_rules_are_carried_or_named_as_a_loss(published, tmp_path, form):
    depositary.export(published, [form], tmp_path / "out")
    lost = [line for line in losses(tmp_path / "out", form) if "rules" in line]
    assert (tmp_path / "out" / form / "rules").is_dir() == (lost == []) == (form in ("csv", "parquet"))

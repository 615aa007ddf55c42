"""The workspace file: what it may name, and what is wrong with one."""

from pathlib import Path

import pytest
from conftest import ROOT

from depositary.errors import DocumentError
from depositary.read.workspace import find_workspace


@pytest.fixture
def folder(tmp_path) -> Path:
    """Give a folder with a package beside it and two batches in it."""
    (tmp_path / "package").mkdir()
    for batch in ("batches/ann/first", "batches/bob/second"):
        (tmp_path / "work" / batch).mkdir(parents=True)
        (tmp_path / "work" / batch / "contribution.toml").touch()
    return tmp_path / "work"


def write(folder: Path, *lines: str) -> None:
    (folder / "depositary.toml").write_text("\n".join(lines), encoding="utf-8")


def test_the_nearest_workspace_above_counts(folder):
    write(folder.parent, 'package = "package"')
    write(folder, 'package = "../package"', 'decisions = "d"')
    assert find_workspace(folder / "batches" / "ann").decisions == folder / "d"


def test_the_package_may_lie_above(folder):
    write(folder, 'package = "../package"')
    assert find_workspace(folder).package == folder.parent / "package"


def test_what_is_not_named_is_empty_and_the_output_has_a_name(folder):
    write(folder, 'package = "../package"')
    found = find_workspace(folder)
    assert (found.contributions, found.decisions, found.bases, found.output) == ((), None, None, folder / "merged")


@pytest.mark.parametrize("named", ['"batches"', '["batches/ann", "batches/bob/second"]', '["batches", "batches/ann"]'])
def test_contributions_are_named_or_lie_in_folders_that_are(folder, named):
    write(folder, 'package = "../package"', f"contributions = {named}")
    assert find_workspace(folder).contributions == (folder / "batches/ann/first", folder / "batches/bob/second")


def test_there_may_be_no_workspace(tmp_path):
    assert find_workspace(tmp_path) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('package = "nowhere"', "nowhere"),
        ("package = 3", "package"),
        ('package = "/nowhere/at/all"', "does not exist"),
        ('package = "../../../../../../../../etc/passwd/../x"', "package"),
        ('decision = "d"', "Did you mean decisions"),
        ('decisions = "../d"', "leads out of the folder"),
        ("bases = 1", "bases"),
        ('output = ""', "output"),
        ('contributions = "nowhere"', "nowhere"),
        ("contributions = 1", "contributions"),
        ('contributions = ["../x"]', "leads out of the folder"),
    ],
)
def test_what_a_workspace_may_not_say_stops_and_names_the_file(folder, line, said):
    write(folder, *([] if line.startswith("package") else ['package = "../package"']), line)
    with pytest.raises(DocumentError, match=r"depositary\.toml") as error:
        find_workspace(folder)
    assert said in str(error.value)


@pytest.mark.parametrize("named", ['"none"', '["batches", "none"]', '"none/deep"'])
@pytest.mark.parametrize("verb", ["merge", "status"])
def test_a_folder_without_contributions_is_named_where_they_are_asked_for(folder, run, named, verb):
    (folder / "none" / "deep" / "a" / "b" / "c").mkdir(parents=True)
    (folder / "none" / "deep" / "a" / "b" / "c" / "contribution.toml").touch()
    write(folder, 'package = "../package"', f"contributions = {named}")
    assert find_workspace(folder).package == folder.parent / "package"
    ended = run(verb, cwd=folder)
    assert (ended.code, "has no contribution" in ended.err, "none" in ended.err) == (2, True, True)


def test_the_workspace_of_the_examples_leads_to_what_is_there():
    found = find_workspace(ROOT / "examples")
    assert found.package == ROOT / "datapackage"
    assert len(found.contributions) == 6
    assert found.decisions.is_dir()
    assert found.bases.is_dir()

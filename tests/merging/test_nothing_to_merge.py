"""A merge without contributions does not replace an earlier result by the package alone."""

import shutil

import pytest
from conftest import ROOT

CLEAN = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"


@pytest.mark.long
def test_a_workspace_without_contributions_does_not_replace_what_was_merged(run, tmp_path):
    shutil.copytree(ROOT / "datapackage", tmp_path / "datapackage")
    shutil.copytree(CLEAN, tmp_path / "in" / "mira")
    toml = tmp_path / "depositary.toml"
    toml.write_text('package = "datapackage"\n', encoding="utf-8")
    assert run("merge", "datapackage", "in/mira", "--output-dir", "merged", cwd=tmp_path).code in (0, 1)
    before = {path: path.read_bytes() for path in (tmp_path / "merged").rglob("*") if path.is_file()}
    done = run("merge", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "names no contributions" in done.err
    assert {path: path.read_bytes() for path in (tmp_path / "merged").rglob("*") if path.is_file()} == before
    toml.write_text('package = "datapackage"\ncontributions = "in"\n', encoding="utf-8")
    assert run("merge", cwd=tmp_path).code in (0, 1)

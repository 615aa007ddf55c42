"""A merge judges once what does not change, and writes once what it writes: docs/decisions/0026."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT, manifest_of
from golden_merges import CASES, merged

from depositary.check import validate
from depositary.check.documents.descriptor import sound_package
from depositary.check.reading import columns
from depositary.merging.merge import merge
from depositary.merging.provenance import publish
from depositary.model.codes import CODES
from depositary.model.target import Input

READING = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"


def tree(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def written(tmp_path: Path) -> dict[str, bytes]:
    """Merge one contribution into the shipped package."""
    merge(ROOT / "datapackage", [READING], output_dir=tmp_path / "written")
    return tree(tmp_path / "written")


@pytest.mark.long
def test_the_package_is_the_same_if_its_files_are_told_apart_by_their_stamps(written, tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "SMALL", 0)
    merge(ROOT / "datapackage", [READING], output_dir=tmp_path / "merged")
    assert tree(tmp_path / "merged") == written


@pytest.mark.long
def test_tables_that_nobody_touched_are_judged_once_without_rules_if_they_are_large(tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "SMALL", 0)
    package = tmp_path / "package"
    shutil.copytree(ROOT / "datapackage", package)
    text = (package / "datapackage.json").read_text(encoding="utf-8").replace('"rules": [', '"former_rules": [')
    (package / "datapackage.json").write_text(text, encoding="utf-8")
    judged, judge = Counter[str](), validate.judge_table

    def counted(entry: Input, *how: object) -> object:
        judged[f"{entry.mode}/{entry.resource.name}"] += 1
        return judge(entry, *how)

    monkeypatch.setattr(validate, "judge_table", counted)
    merge(package, [READING], output_dir=tmp_path / "merged")
    before, after = tree(package), tree(tmp_path / "merged")
    same = {one.name for one in sound_package(package) if before[one.path] == after[one.path]}
    assert len(same) > 10
    assert {name: judged[f"table/{name}"] for name in same} == dict.fromkeys(same, 1)


def test_a_rule_that_the_published_package_has_and_that_is_refused_is_no_conflict_of_the_merge(demo, tmp_path):
    mine = {"mine/contribution.toml": manifest_of("demo"), "mine/events.csv": "event_id,guests\nev-1,7\n"}
    text = (CASES.parent / "demo" / "datapackage.json").read_text(encoding="utf-8")
    ruled = {"datapackage.json": text.replace('"version"', '"rules": ["rules.yaml"], "version"', 1)}
    package = demo({**ruled, "rules.yaml": CODES["rule-error"].bad["rules.yaml"], **mine})
    found = merge(package, [package / "mine"], output_dir=tmp_path / "merged")
    assert found.open == ()
    assert [finding.code for finding in found.report if finding.level == "error"] == ["rule-error"]


@pytest.mark.parametrize("case", ["constraint", "edit-edit"])
def test_files_that_nobody_touched_are_copied_once_though_the_merge_is_tried_again(case, tmp_path, monkeypatch):
    copied, copy = Counter[str](), publish.copy_companions

    def counted(*how: object) -> object:
        copies = copy(*how)
        copied.update(path.name for path in copies)
        return copies

    monkeypatch.setattr(publish, "copy_companions", counted)
    merged(case, tmp_path)
    changed = set(tree(CASES / case / "expected"))
    assert set(copied.values()) == {1}
    assert not changed & copied.keys()

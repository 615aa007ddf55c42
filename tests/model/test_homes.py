"""A column's role and the ending of a file's name each have one home."""

import ast
from pathlib import Path

import pytest
from conftest import ROOT

from depositary.errors import DocumentError
from depositary.merging.conflicts.decisions import read_decisions
from depositary.model.file_kinds import TABULAR, FileKind, endings, file_kind
from depositary.model.role import ROLES, Role, RoleEntry, role_named

TOOLKIT = ROOT / "toolkit" / "depositary"
ENDINGS = {*endings(*FileKind)} - {".csv", ".txt"}  # files that we write, and one named as a table would be


def test_each_role_has_an_entry():
    assert [*ROLES] == [*Role]


@pytest.mark.parametrize("name", ["money", None, 3, [], {"as": "set"}])
def test_of_another_role_nothing_is_known(name):
    assert role_named(name) == RoleEntry()


def test_endings_are_written_down_once():
    assert [file.name for file in TOOLKIT.rglob("*.py") if _constants(file) & ENDINGS] == ["file_kinds.py"]


def _constants(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    within = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {node.value for node in texts if id(node) not in within}


@pytest.mark.parametrize("ending", endings(*FileKind))
def test_capitals_do_not_change_what_an_ending_says(ending):
    assert file_kind(f"a{ending}") is file_kind(Path("b") / f"A{ending.upper()}") is not None


@pytest.mark.parametrize("ending", endings(*sorted(TABULAR)))
def test_decisions_in_a_table_at_another_place_are_not_passed_over(tmp_path, ending):
    (tmp_path / "judgements").mkdir()
    (tmp_path / f"all{ending}").write_bytes(b"")
    with pytest.raises(DocumentError, match="this file is not read"):
        read_decisions(tmp_path)


@pytest.mark.parametrize("ending", endings(FileKind.PROSE))
def test_prose_beside_decisions_is_no_table(tmp_path, ending):
    (tmp_path / "judgements").mkdir()
    (tmp_path / f"README{ending}").write_bytes(b"")
    read_decisions(tmp_path)

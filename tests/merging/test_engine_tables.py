"""The tables of the engine that a merge uses: what is declared of them is what merges do."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import golden_merges
import pytest
from conftest import ROOT
from engine_trace import traced
from merge_cases import Kinds, random_case
from merge_files import publish, shipped

from depositary.merging.claims import engine_tables
from depositary.merging.claims.engine_tables import ENGINE_TABLES, OF_EACH, EngineTable
from depositary.merging.merge import merge
from depositary.model.conflict import Status
from depositary.model.decision import Choice
from depositary.model.provenance import ClaimStatus, RowStatus

MERGING = ROOT / "toolkit/depositary/merging"
CONSTANTS = {name: table for name, table in vars(engine_tables).items() if isinstance(table, EngineTable)}
GIVEN_BY = {"published": "CURRENT", "own_base": "OWN_BASE"}  # methods of Claims that give the name of a table
CASES = ("delete-edit", "key-reuse", "column-drop-edit")
SEEDS = (3, 7)


def merges(folder: Path) -> Iterator[None]:
    """Merge small cases, some of them into what others published."""
    for name in CASES:
        golden_merges.merged(name, folder / name)
        yield
    for seed in SEEDS:
        case, here = random_case(seed, replace(Kinds(), links=True, changes=True, follows=True)), folder / f"{seed}"
        shipped(case, here)
        published = publish(here / "merged", here / "bases" / "merged", "3.0.0")
        (here / "current").rename(here / "bases" / "current")
        batches = [here / "contributions" / batch for batch in {one.batch: one for one in case.contributions}]
        places = {"decisions": here / "decisions", "bases": here / "bases"}
        (here / "again").mkdir()
        merge(published, batches[:1], output_dir=here / "again" / "merged", **places)
        yield


@pytest.mark.long
def test_merges_make_write_and_read_the_tables_as_they_are_declared(tmp_path):
    with traced() as trace:
        for _ in merges(tmp_path):
            pass
    assert trace.undeclared() == []
    assert trace.overlooked == set()
    assert len(trace.made) > len(ENGINE_TABLES)


def modules() -> dict[str, Path]:
    """Map the modules of merging to their files; a diff has an engine, and tables, of its own."""
    files = {".".join(file.relative_to(MERGING).with_suffix("").parts): file for file in MERGING.rglob("*.py")}
    return {name: file for name, file in files.items() if not name.startswith("diff.")}


def named_in(file: Path) -> set[str]:
    """Name the tables that a module imports from their declaration, or asks the claims for."""
    nodes = list(ast.walk(ast.parse(file.read_text("utf-8"))))
    froms = [one for one in nodes if isinstance(one, ast.ImportFrom) and one.module == engine_tables.__name__]
    imported = {alias.name for one in froms for alias in one.names} & CONSTANTS.keys()
    used = {one.id for one in nodes if isinstance(one, ast.Name)}
    asked = {GIVEN_BY[one.attr] for one in nodes if isinstance(one, ast.Attribute) and one.attr in GIVEN_BY}
    return imported & used | asked


def test_the_modules_that_write_and_read_a_table_are_those_that_name_it():
    named = {name: named_in(file) for name, file in modules().items()}
    for constant, table in CONSTANTS.items():
        who = {name for name, tables in named.items() if constant in tables}
        services = {"claims.staged"} if constant == "CURRENT" else set()  # fills it for claims.extract
        assert {*table.written_by, *table.read_by} == who - services, constant


def texts_in(file: Path) -> Iterator[str]:
    """Give the texts of a module but for its docstrings, those with gaps in one piece."""
    tree = ast.parse(file.read_text("utf-8"))
    parts = {id(value) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values}
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | prose:
            yield node.value


@cache
def sql_of_merging() -> list[tuple[str, str]]:
    return [(name, text) for name, file in modules().items() for text in texts_in(file)]


def test_no_other_module_makes_a_table_or_lists_the_columns_of_one():
    made = re.compile(r"\bCREATE (OR REPLACE )?(TEMP )?(TABLE|VIEW)|\bINSERT INTO\b")
    assert {name for name, text in sql_of_merging() if made.search(text)} == {"claims.engine_tables"}


def test_no_statement_names_a_table_by_a_text_of_its_own():
    of_each = "|".join(table.name for table in ENGINE_TABLES if table.group == OF_EACH)
    alone = "|".join(table.name for table in ENGINE_TABLES if table.is_temporary)
    named = re.compile(rf"(?<!DISTINCT )\b(FROM|JOIN|INTO|UPDATE|TABLE) ({alone}|({of_each})\.|provenance\.)\b")
    local = {"rules.schema": "FROM taken)", "provenance.remembered": "FROM fallen"}  # of WITH, in the same statement
    found = [(name, text) for name, text in sql_of_merging() if named.search(text)]
    assert [one for one in found if one[0] not in local or local[one[0]] not in one[1]] == []


def test_a_column_that_is_not_declared_is_refused():
    with pytest.raises(KeyError):
        engine_tables.CLAIMS.select({"colour": "'red'"}, "FROM anywhere")


# Statuses and choices


def test_no_statement_of_merging_spells_a_status_by_itself():
    words = "|".join([*ClaimStatus, *RowStatus, *Status])
    assert [one for one in sql_of_merging() if re.search(rf"= '({words})'|IN \('({words})'", one[1])] == []


@pytest.mark.parametrize("room", ["merging", "cli"])
def test_a_status_or_choice_is_compared_with_a_member_and_not_with_a_text(room):
    words = {str(member) for enum in (ClaimStatus, RowStatus, Status, Choice) for member in enum}
    found = []
    for file in sorted((ROOT / "toolkit/depositary" / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            texts = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            texts += (
                [one.value for one in node.keywords if one.arg in {"status", "choice"}]
                if isinstance(node, ast.Call)
                else []
            )
            found += [(file.name, one.value) for one in texts if isinstance(one, ast.Constant) and one.value in words]
    assert found == []


# What a run's steps are made of


def assigned_in(file: Path) -> Iterator[tuple[str, str, str]]:
    """Give the attributes that functions assign: the class they are in, of which object, and the name."""
    for owner in ast.walk(ast.parse(file.read_text("utf-8"))):
        for one in ast.walk(owner) if isinstance(owner, (ast.ClassDef, ast.FunctionDef)) else ():
            if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store):
                yield owner.name if isinstance(owner, ast.ClassDef) else "", ast.unparse(one.value), one.attr


def made_by(file: Path) -> set[tuple[str, str]]:
    """Give the attributes that an object has from the start, with its class: its fields, and what `__init__` sets."""
    found = set()
    for owner in (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.ClassDef)):
        found |= {(owner.name, one.target.id) for one in owner.body if isinstance(one, ast.AnnAssign)}
        first = [one for one in owner.body if getattr(one, "name", "") in {"__init__", "__post_init__"}]
        nodes = [node for one in first for node in ast.walk(one)]
        stored = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
        found |= {(owner.name, node.attr) for node in stored}
    return found


def test_no_step_sets_an_attribute_of_another_object_or_one_that_an_object_lacks_from_the_start():
    for file in sorted(MERGING.rglob("*.py")):
        assigned = set(assigned_in(file))
        assert {(of, name) for _, of, name in assigned if of != "self"} == set(), file
        assert {(owner, name) for owner, _, name in assigned if owner} <= made_by(file), file

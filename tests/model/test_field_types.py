"""The table of field types and constraints: no layer lacks one of them, and none asks for a type by its name."""

import ast
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from conftest import ROOT

from depositary.check.reading import bulk, datapackage_v2
from depositary.compile import accept, arrow, frames, json_schema
from depositary.drafting.package import type_roles
from depositary.exporting.formats import cells as workbook_cells
from depositary.exporting.formats import sqlite, stata, worksheets
from depositary.loading import typed
from depositary.model.codes import CODES
from depositary.model.field_types import CONSTRAINTS, FIELD_TYPES, STORAGES, TEXT, FieldType, Storage, field_type
from depositary.model.table import Field, Table
from depositary.read.files.typed_texts import as_text
from depositary.reference import frictionless
from depositary.releasing.metadata import forms
from depositary.wording import cells as words

TOOLKIT = ROOT / "toolkit" / "depositary"
NOTATION = json.loads((ROOT / "schemas" / "notation" / "descriptor.json").read_text("utf-8"))["$defs"]["field"]
LOADERS = TOOLKIT / "exporting" / "loaders"

# The registries of each layer: who adds a type, a storage or a constraint adds it here too, unless a fact says it all.
OF_TYPES: Mapping[str, Mapping[str, Any]] = {
    "exact reader": datapackage_v2.READERS,
    "bulk reader": bulk.READERS,
    "accept": accept.TYPES,
    "messages and hints": words.TYPES,
    "JSON Schema": json_schema.TYPES,
    "other vocabularies": forms.FORMS,
    "drafts": type_roles.TYPE_ROLES,
}
OF_STORAGES: Mapping[str, Mapping[Storage, Any]] = {
    "Arrow": arrow.TYPES,
    "typed rows": typed.TYPES,
    "pandera": frames.VALUES,
    "SQLite": sqlite.CELLS,
    "Stata": stata.VARIABLES,
    "Excel": workbook_cells.READERS,
}
OF_CONSTRAINTS: Mapping[str, Mapping[str, Any]] = {
    "accept": accept.CONSTRAINTS,
    "pandera": frames.CONSTRAINTS,
    "JSON Schema": json_schema.KEYWORDS,
}


def lacking(registry: Mapping[Any, Any], wanted: Mapping[str, Any] | tuple[Storage, ...]) -> list[str]:
    return [getattr(one, "name", one) for one in wanted if one not in registry]


@pytest.mark.parametrize("layer", OF_TYPES)
def test_each_layer_has_an_entry_for_each_type(layer):
    assert lacking(OF_TYPES[layer], FIELD_TYPES) == []
    assert set(OF_TYPES[layer]) == set(FIELD_TYPES), "an entry is of no type"


@pytest.mark.parametrize("layer", OF_STORAGES)
def test_each_layer_has_an_entry_for_each_storage(layer):
    assert lacking(OF_STORAGES[layer], STORAGES) == []


@pytest.mark.parametrize("layer", OF_CONSTRAINTS)
def test_each_layer_has_an_entry_for_each_constraint(layer):
    assert lacking(OF_CONSTRAINTS[layer], CONSTRAINTS) == []


def test_a_missing_entry_is_found():
    assert lacking(dict.fromkeys(FIELD_TYPES.keys() - {"geopoint"}), FIELD_TYPES) == ["geopoint"]
    assert lacking(dict.fromkeys(STORAGES[1:]), STORAGES) == ["text"]


def test_types_and_constraints_are_those_that_a_descriptor_may_name():
    assert sorted(FIELD_TYPES) == NOTATION["properties"]["type"]["enum"]
    told = NOTATION["properties"]["constraints"]["properties"]
    assert told.keys() <= CONSTRAINTS.keys()


# Facts


@pytest.mark.parametrize("kind", FIELD_TYPES.values(), ids=lambda kind: kind.name)
def test_the_reference_reads_each_type_and_knows_its_constraints(kind: FieldType):
    field = frictionless.Field.from_descriptor({"name": "x", "type": kind.name})
    ours = {one.name for one in CONSTRAINTS.values() if one.is_beyond or one.name == "unique"}
    assert kind.constraints - ours <= {*field.supported_constraints}
    assert {*field.supported_constraints} <= kind.constraints
    assert kind.constraints <= CONSTRAINTS.keys()


@pytest.mark.parametrize("storage", STORAGES, ids=lambda storage: storage.name)
def test_the_names_of_a_storage_mean_the_same_as_its_arrow_type(storage: Storage):
    (found,) = duckdb.connect().sql(f"SELECT CAST(NULL AS {storage.duckdb}) AS x").to_arrow_table().schema.types
    assert found == typed.TYPES[storage] or (found.tz and typed.TYPES[storage].tz)
    assert storage.worksheet in worksheets._FORMS
    assert as_text(pa.RecordBatch.from_arrays([pa.nulls(1, typed.TYPES[storage])], ["x"]))["x"].to_list() == [None]
    pd.Series([None], dtype=storage.pandas or pd.ArrowDtype(arrow.TYPES[storage]))


def test_each_constraint_has_a_code_with_its_meaning():
    assert [one.code for one in CONSTRAINTS.values() if one.code not in CODES] == []


@pytest.mark.parametrize("constraint", [c for c in CONSTRAINTS.values() if not c.is_of_rows], ids=lambda c: c.name)
def test_what_breaks_a_constraint_is_said_in_words(constraint):
    value = {"pattern": "a", "enum": ["a"], "jsonSchema": {}}.get(constraint.name, 3)
    kind = next(kind for kind in FIELD_TYPES.values() if constraint.name in kind.constraints)
    message, _ = words.describe(Field("x", kind.name, {constraint.name: value}), constraint.name, "b")
    assert '"b"' in message
    assert words.code_of(constraint.name) == constraint.code


# The scripts that load exports cannot read the table; they are asked


@pytest.mark.parametrize("kind", FIELD_TYPES.values(), ids=lambda kind: kind.name)
def test_the_scripts_that_load_csv_give_each_type_what_it_holds(tmp_path: Path, kind: FieldType):
    texts = pd.Series([None, None], dtype="str")
    assert (_loader(tmp_path).typed(texts, kind.name).dtype == texts.dtype) is (kind.storage is TEXT)
    listed = re.search(r"switch\(field\$type,(.*?)\n  \)", (LOADERS / "csv_load.R").read_text("utf-8"), re.DOTALL)
    assert (f"{kind.name} =" in listed[1]) is (kind.storage is not TEXT)


def _loader(folder: Path) -> Any:
    """Import the script from where an export has it."""
    shutil.copy(LOADERS / "csv_load.py", folder / "load.py")
    (folder / "datapackage.json").write_text('{"resources": []}', encoding="utf-8")
    spec = spec_from_file_location("load", folder / "load.py")
    loader = module_from_spec(spec)
    spec.loader.exec_module(loader)
    return loader


# Every format


def test_every_format_holds_a_column_of_each_type(tmp_path: Path, run):
    fields = [{"name": "id", "type": "string"}, *({"name": name, "type": name} for name in FIELD_TYPES)]
    resource = {"name": "t", "type": "table", "path": "t.csv", "schema": {"fields": fields, "primaryKey": ["id"]}}
    (tmp_path / "datapackage.json").write_text(json.dumps({"name": "p", "resources": [resource]}), "utf-8")
    (tmp_path / "t.csv").write_text(f"id,{','.join(FIELD_TYPES)}\n1{',' * len(FIELD_TYPES)}\n", "utf-8")
    formats = "csv,parquet,sqlite,duckdb,xlsx,dta,jsonl"
    assert run("export", tmp_path, "--to", formats, "--output-dir", tmp_path / "out").code == 0
    (row,) = (tmp_path / "out" / "jsonl" / "t.jsonl").read_text("utf-8").splitlines()
    assert json.loads(row) == {"id": "1", **dict.fromkeys(FIELD_TYPES)}


@pytest.mark.parametrize("backend", ["pandas", "polars"])
def test_pandera_has_a_type_for_a_column_of_each_type(backend):
    table = Table("t", tuple(Field(name, name) for name in FIELD_TYPES))
    schema = frames.frame_schema(table, [], backend)
    types = {name: str(column.dtype) for name, column in schema.columns.items()}
    assert types.keys() == FIELD_TYPES.keys()
    assert len({types[kind.name] for kind in FIELD_TYPES.values() if kind.storage is TEXT}) == 1


# Nobody else knows the types


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(TOOLKIT.rglob("*.py")):
        if file.parent != LOADERS:
            name = ".".join(("depositary", *file.relative_to(TOOLKIT).with_suffix("").parts))
            yield name, ast.parse(file.read_text("utf-8"))


def _is_type(node: ast.AST) -> bool:
    """Tell whether an expression is the type of a field: `field.type`, or `descriptor.get("type")`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value == "type"
    return isinstance(node, ast.Attribute) and node.attr == "type"


def _named(module: str, node: ast.AST) -> set[str]:
    """Give the names of types that an expression has, written out or as a constant of the module."""
    parts = list(ast.walk(node))
    names = (getattr(import_module(module), part.id, None) for part in parts if isinstance(part, ast.Name))
    texts = {part.value for part in parts if isinstance(part, ast.Constant)}
    texts |= {text for held in names if isinstance(held, (tuple, list, set, frozenset, dict)) for text in held}
    return texts & FIELD_TYPES.keys()


def test_no_module_compares_a_type_with_a_name():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(map(_is_type, (node.left, *node.comparators)))
        and any(_named(name, part) for part in (node.left, *node.comparators))
    ]
    assert found == []


def test_what_is_looked_up_by_a_type_is_one_of_the_registries():
    registries = [id(one) for one in OF_TYPES.values()]
    found = [
        f"{name}:{node.lineno}"
        for name, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and _is_type(node.slice) and isinstance(node.value, ast.Name)
        if id(getattr(import_module(name), node.value.id, None)) not in registries
    ]
    assert found == []


def test_a_type_that_nobody_knows_has_no_facts():
    assert field_type("money") == FieldType("")


def test_a_descriptor_with_an_unknown_type_is_refused(tmp_path: Path, run):
    fields = [{"name": "x", "type": "money"}]
    resource = {"name": "t", "type": "table", "path": "t.csv", "schema": {"fields": fields, "primaryKey": ["x"]}}
    (tmp_path / "datapackage.json").write_text(json.dumps({"name": "p", "resources": [resource]}), "utf-8")
    (tmp_path / "t.csv").write_text("x\n1\n", "utf-8")
    assert run("validate", tmp_path).code == 1

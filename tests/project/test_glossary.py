"""The glossary against the program: the classes, columns and keys that it names exist."""

import dataclasses
import importlib
import json
import re
from typing import Any

import pytest
from conftest import ROOT

from depositary.read.views import shipped_views
from depositary.read.workspace import Workspace

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = [
    (line[2:-2].split(" | ")[0], line[2:-2].split(" | ")[1], line[2:-2].split(" | ")[2:])
    for line in GLOSSARY.splitlines()
    if line.startswith("| ") and not line.startswith("| term |")
]
CARRIERS = sorted({name for _, _, rest in ROWS for cell in rest for name in re.findall(r"`([^`]+)`", cell)})
EXPECTED = (
    "package resource table field constraint finding code contribution batch claim base snapshot patch conflict side "
    "kind decision resolution judgement redirect provenance release lane target workspace worksheet"
)


def columns() -> dict[str, set[str]]:
    files = [
        file for folder in ("tables", "codelists", "provenance") for file in (ROOT / "schemas" / folder).glob("*.json")
    ]
    files.append(ROOT / "schemas" / "notation" / "deletes.json")
    found = {file.stem: {f["name"] for f in json.loads(file.read_text(encoding="utf-8"))["fields"]} for file in files}
    return found | {view.name: set(view.columns) for view in shipped_views()}


def keys(file: str) -> set[str]:
    if file == "depositary.toml":
        return {field.name for field in dataclasses.fields(Workspace)}
    return set(
        json.loads((ROOT / "schemas" / "notation" / "contribution.json").read_text(encoding="utf-8"))["properties"]
    )


def named(path: str) -> Any:
    """Import what a dotted path names: a class, or an attribute or field of one."""
    module, _, name = path.rpartition(".")
    try:
        owner = importlib.import_module(module)
    except ModuleNotFoundError:
        owner = named(module)
    return getattr(owner, name, None) or getattr(owner, "__dataclass_fields__", {})[name]


def exists(name: str) -> bool:
    if ".toml " in name:
        file, key = name.split()
        return key in keys(file)
    if name.startswith("depositary."):
        return named(name) is not None
    table, _, column = name.partition(".")
    return table in columns() and (not column or column in columns()[table])


@pytest.mark.parametrize("name", CARRIERS)
def test_what_the_glossary_names_exists(name):
    assert exists(name)


def test_every_term_has_one_sentence_and_a_carrier():
    assert [
        term for term, meaning, rest in ROWS if not meaning.endswith(".") or not re.findall(r"`", "".join(rest))
    ] == []


def test_no_term_is_explained_twice():
    terms = [term for term, _, _ in ROWS]
    assert sorted(terms) == sorted(set(terms))


def test_the_terms_of_the_project_are_explained():
    assert set(EXPECTED.split()) - {term for term, _, _ in ROWS} == set()

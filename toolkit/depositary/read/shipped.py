"""The schemas and code lists that come with the program."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from depositary.errors import NotFoundError
from depositary.model.package import Package, Resource
from depositary.model.table import Table
from depositary.read.documents import read_json


@cache
def schemas() -> Path:
    """Find the folder `schemas`: inside the package in a wheel, at the top of the checkout otherwise."""
    package = Path(str(files("depositary")))
    for folder in (package / "schemas", package.parent.parent / "schemas"):
        if (folder / "tables").is_dir():
            return folder
    raise NotFoundError("the program's own schemas are missing. Install depositary again.")


@cache
def shipped_package() -> Package:
    """Give the tables and code lists that come with the program, as a package without facts.

    It is used when no package is given: its version is empty, and only its code lists have rows.
    """
    folder = schemas()
    tables = [_resource(file, file.parent / f"{file.stem}.csv") for file in sorted((folder / "tables").glob("*.json"))]
    lists = [_resource(file, file.with_suffix(".csv")) for file in sorted((folder / "codelists").glob("*.json"))]
    rules, questions = _paths("rules/*.yaml"), _paths("questions/*.sql")
    return Package("", "", folder, (*tables, *lists), descriptor={"rules": rules, "questions": questions})


def _paths(pattern: str) -> list[str]:
    return [file.relative_to(schemas()).as_posix() for file in sorted(schemas().glob(pattern))]


def shipped_descriptor() -> dict[str, Any]:
    """Describe the package of trade-policy facts with its schemas in place, so that every reader finds them."""
    package = read_json(schemas() / "package.json")
    own = {key: value for key, value in package.items() if key not in ("tables", "codelists")}
    facts = [_described(name, "tables", "data") for name in package["tables"]]
    lists = [_described(name, "codelists", "data/codelists") for name in package["codelists"]]
    return {**own, "resources": [*facts, *lists]}


def _described(name: str, folder: str, data: str) -> dict[str, Any]:
    schema = read_json(schemas() / folder / f"{name}.json")
    return {
        "name": name,
        # R's frictionless reads no table without this profile, though version 2 says it with `type`.
        "profile": "tabular-data-resource",
        "type": "table",
        "title": schema["title"],
        "description": schema["description"],
        "path": f"{data}/{name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {key: value for key, value in schema.items() if key not in ("name", "title", "description")},
    }


def _resource(schema: Path, data: Path) -> Resource:
    table = Table.from_descriptor(schema.stem, read_json(schema))
    return Resource(name=schema.stem, path=data.name, file=data, table=table)

"""The schemas and code lists that come with the program."""

from functools import cache
from importlib.resources import files
from pathlib import Path

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
    rules = [file.relative_to(folder).as_posix() for file in sorted((folder / "rules").glob("*.yaml"))]
    return Package("", "", folder, (*tables, *lists), descriptor={"rules": rules})


def _resource(schema: Path, data: Path) -> Resource:
    table = Table.from_descriptor(schema.stem, read_json(schema))
    return Resource(name=schema.stem, path=data.name, file=data, table=table)

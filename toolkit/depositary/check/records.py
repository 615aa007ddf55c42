"""JSON Schemas: for the records of a package's tables, for the whole package, and for a contribution to it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import sound_or_shipped
from depositary.check.rules.compiler import RowRules
from depositary.compile.json_schema import DIALECT, RecordRule, package_schema, record_schema
from depositary.model.package import Package, Resource
from depositary.read.documents import read_json
from depositary.read.package import table_of
from depositary.read.shipped import schemas


def json_schema(table: str | None, package: str | Path | None) -> dict[str, Any]:
    """Write the JSON Schema of one record of a table, or of the whole package.

    Raises:
        UsageError: the package has no such table.
    """
    whole = sound_or_shipped(package)
    rules = RowRules(whole)
    if table is None:
        return package_schema({resource.name: _record_schema(resource, rules) for resource in whole})
    return {"$schema": DIALECT, **_record_schema(table_of(whole, table), rules)}


def all_schemas(package: Package) -> Iterator[tuple[str, dict[str, Any]]]:
    """Write the schemas of all tables, of the whole package and of a contribution to it, each with a file name."""
    rules = RowRules(package)
    tables = {resource.name: _record_schema(resource, rules) for resource in package}
    for name, schema in tables.items():
        yield f"tables/{name}.json", {"$schema": DIALECT, **schema}
    yield "package.json", package_schema(tables)
    yield "contribution.json", _contribution_schema(package)


def record_rules(rules: RowRules, table: str) -> list[RecordRule]:
    """Give the rules that can be checked on one record; warnings are left out, because they do not make it invalid."""
    tests = (test for test in rules.tests(table) if test.rule.level == "error" and not test.fields)
    return [RecordRule(test.rule.id, test.rule.says, test.test) for test in tests]


def _record_schema(resource: Resource, rules: RowRules) -> dict[str, Any]:
    return record_schema(resource.table, record_rules(rules, resource.name))


def _contribution_schema(package: Package) -> dict[str, Any]:
    """Limit the schema of manifests to contributions to this package."""
    schema = read_json(schemas() / "notation" / "contribution.json")
    if package.name:
        schema["properties"]["base"]["properties"]["package"]["const"] = package.name
    return schema

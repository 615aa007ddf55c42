"""The properties in a descriptor, one by one, independent of how files are stored."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from depositary.model.package import Package, Resource, of_its_file
from depositary.read.package import plain_path

TABLES, FIELDS = "resources", "schema.fields"  # properties that have only names, in their order


@dataclass
class TableView:
    """The properties of a resource and, as `schema.…`, of its schema; and the descriptors of its fields."""

    properties: dict[str, Any]
    fields: dict[str, Any]

    def resource(self) -> dict[str, Any]:
        """Build the descriptor of the resource."""
        own = {name: value for name, value in self.properties.items() if not name.startswith("schema.")}
        of_schema = {name.removeprefix("schema."): value for name, value in self.properties.items() if name not in own}
        fields = [self.fields[name] for name in self.properties[FIELDS]]
        return {**own, "schema": {**of_schema, "fields": fields}}

    @property
    def key(self) -> tuple[str, ...]:
        """Name the fields of the key."""
        key = self.properties.get("schema.primaryKey", [])
        return (key,) if isinstance(key, str) else tuple(key)


@dataclass
class DescriptorView:
    """The properties of a package and of its tables; `others` has the resources that are not tables."""

    properties: dict[str, Any]
    tables: dict[str, TableView]
    others: list[Any] = field(default_factory=list)

    def descriptor(self) -> dict[str, Any]:
        """Build the descriptor of the package."""
        tables = [self.tables[name].resource() for name in self.properties[TABLES]]
        return {**self.properties, TABLES: [*tables, *self.others]}


def view_of(package: Package) -> DescriptorView:
    """Split a package's descriptor into properties."""
    resources = package.descriptor.get("resources") or []
    return DescriptorView(
        properties={**package.descriptor, TABLES: [resource.name for resource in package]},
        tables={resource.name: view_of_table(_described(resource, package)) for resource in package},
        others=[resource for resource in resources if resource.get("name") not in package],
    )


def view_of_table(resource: Mapping[str, Any]) -> TableView:
    """Split the descriptor of a table into properties."""
    schema = resource["schema"]
    fields = {described["name"]: described for described in schema.get("fields", [])}
    own = {name: value for name, value in resource.items() if name != "schema"}
    of_schema = {f"schema.{name}": value for name, value in schema.items()}
    return TableView({**own, **of_schema, FIELDS: list(fields)}, fields)


def _described(resource: Resource, package: Package) -> dict[str, Any]:
    """Describe a table as plain CSV with the standard's dialect."""
    left = (*of_its_file(resource), "schema")
    own = {name: value for name, value in resource.descriptor.items() if name not in left}
    return {**own, "path": plain_path(resource, package), "schema": resource.table.descriptor}


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str | None, str | None]]:
    """Give the properties in which two descriptors differ, with their values as JSON, or None if missing."""
    for name in sorted(before.keys() | after.keys()):
        if name not in before or name not in after or not is_same(before[name], after[name]):
            old, new = (to_json(of[name]) if name in of else None for of in (before, after))
            yield name, old, new


def is_same(one: object, other: object) -> bool:
    """Return whether two values of descriptors are the same JSON; in Python, 1, true and 1.0 are equal."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def to_json(value: object) -> str:
    """Write a value of a descriptor in one line."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character, which JSON can write but UTF-8 cannot
        return json.dumps(value)
    return text

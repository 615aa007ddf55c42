"""What a descriptor says of a package, property by property, whatever its files are stored like."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from depositary.model.package import OF_ONE_FILE, Package, Resource
from depositary.read.files.compressed import unpacked

TABLES, FIELDS = "resources", "schema.fields"  # properties that hold names alone, in their order
_OF_THE_FILE = (*OF_ONE_FILE, "schema")


@dataclass
class TableView:
    """The properties of a resource and, as `schema.…`, of its schema; and the descriptors of its fields."""

    properties: dict[str, Any]
    fields: dict[str, Any]

    def resource(self) -> dict[str, Any]:
        """Put the descriptor of the resource together."""
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
    """The properties of a package, and what is said of its tables; `others` are the resources that are no tables."""

    properties: dict[str, Any]
    tables: dict[str, TableView]
    others: list[Any] = field(default_factory=list)

    def descriptor(self) -> dict[str, Any]:
        """Put the descriptor of the package together."""
        tables = [self.tables[name].resource() for name in self.properties[TABLES]]
        return {**self.properties, TABLES: [*tables, *self.others]}


def said_of(package: Package) -> DescriptorView:
    """Take a package's descriptor apart."""
    resources = package.descriptor.get("resources") or []
    return DescriptorView(
        properties={**package.descriptor, TABLES: [resource.name for resource in package]},
        tables={resource.name: said_of_table(_described(resource)) for resource in package},
        others=[resource for resource in resources if resource.get("name") not in package],
    )


def said_of_table(resource: Mapping[str, Any]) -> TableView:
    """Take the descriptor of a table apart."""
    schema = resource["schema"]
    fields = {described["name"]: described for described in schema.get("fields", [])}
    own = {name: value for name, value in resource.items() if name != "schema"}
    of_schema = {f"schema.{name}": value for name, value in schema.items()}
    return TableView({**own, **of_schema, FIELDS: list(fields)}, fields)


def _described(resource: Resource) -> dict[str, Any]:
    """Describe a table as it is when it is stored as plain CSV in the standard's own dialect."""
    own = {name: value for name, value in resource.descriptor.items() if name not in _OF_THE_FILE}
    path = unpacked(Path(resource.place)).with_suffix(".csv").as_posix()
    return {**own, "path": path, "schema": resource.table.descriptor}


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, str | None, str | None]]:
    """Give the names under which two descriptors differ, with what stands there as JSON, or None for nothing."""
    for name in sorted(before.keys() | after.keys()):
        if name not in before or name not in after or not is_same(before[name], after[name]):
            old, new = (to_json(of[name]) if name in of else None for of in (before, after))
            yield name, old, new


def is_same(one: object, other: object) -> bool:
    """Return whether two values of descriptors are the same JSON; to Python, 1 and true and 1.0 are equal."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def to_json(value: object) -> str:
    """Write a value of a descriptor in one line."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, which JSON can write and UTF-8 cannot
        return json.dumps(value)
    return text

"""Judging a descriptor: the reference's verdict, and what a stranger's descriptor must not do."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import frictionless

from depositary.check.header import lean
from depositary.model.codes import CODES
from depositary.model.finding import Finding
from depositary.model.package import Package
from depositary.model.table import Table
from depositary.read.package import DESCRIPTOR
from depositary.read.paths import unsafe

_PROFILES = ("data-package", "tabular-data-package", "data-resource", "tabular-data-resource")


def finding(code: str, message: str, hint: str = "", *, table: str = "", file: str = DESCRIPTOR) -> Finding:
    """Make a finding on a descriptor or manifest."""
    reference = {"type": CODES[code].reference, "note": message}
    return Finding(code=code, level="error", table=table, file=file, message=message, hint=hint, reference=reference)


def paths(descriptor: Mapping[str, Any], directory: Path) -> list[Finding]:
    """Find the paths that would leave the package; they are never followed."""
    found = list(_profile("the package", "", descriptor))
    resources = descriptor.get("resources")
    for resource in resources if isinstance(resources, list) else []:
        if isinstance(resource, str):
            found.append(_unsafe("", "resources", resource, "write the resource into the descriptor itself"))
        if isinstance(resource, dict):
            found += _resource_paths(resource, directory)
    return found


def _resource_paths(resource: Mapping[str, Any], directory: Path) -> Iterator[Finding]:
    name = str(resource.get("name", ""))
    yield from _profile(name, name, resource)
    for key in ("path", "schema", "dialect"):
        value = resource.get(key)
        for path in value if isinstance(value, list) else [value]:
            reason = unsafe(directory, path) if isinstance(path, str) else ""
            if reason:
                yield _unsafe(name, key, str(path), reason)


def _profile(what: str, table: str, descriptor: Mapping[str, Any]) -> Iterator[Finding]:
    profile = descriptor.get("profile")
    if isinstance(profile, str) and profile not in _PROFILES:
        reason = f"profiles are not fetched; {what} may have one of {', '.join(_PROFILES)}"
        yield _unsafe(table, "profile", profile, reason)


def _unsafe(table: str, key: str, path: str, reason: str) -> Finding:
    return finding("unsafe-path", f"{key} {path!r} is not followed: {reason}", table=table)


def standing(descriptor: Mapping[str, Any], directory: Path) -> list[Finding]:
    """Judge a descriptor, with its schemas in place, by the standard as the reference reads it."""
    report = frictionless.Package.validate_descriptor(_without_links(descriptor, directory), basepath=str(directory))
    found = []
    for error in report.errors:
        reference = error.to_descriptor()
        message = reference["note"] or reference["message"]
        found.append(
            Finding(
                code="descriptor-error",
                level="error",
                table="",
                file=DESCRIPTOR,
                message=message,
                hint="see the Data Package standard, version 2",
                reference=reference,
            )
        )
    return found


def _without_links(descriptor: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    """Leave out what was refused already, so that the reference neither follows it nor says it again."""

    def clean(item: Mapping[str, Any]) -> dict[str, Any]:
        profile, path = item.get("profile"), item.get("path")
        if isinstance(profile, str) and profile not in _PROFILES:
            item = {k: v for k, v in item.items() if k != "profile"}
        if isinstance(path, str) and unsafe(directory, path):
            item = {**item, "path": "refused.csv"}
        return dict(item)

    resources = descriptor.get("resources")
    if not isinstance(resources, list):
        return clean(descriptor)
    return {**clean(descriptor), "resources": [clean(r) if isinstance(r, dict) else r for r in resources]}


def schemas(package: Package) -> list[Finding]:
    """Find what the reference would only notice, or stumble over, when it reads the rows."""
    found: list[Finding] = []
    for resource in package:
        table = resource.table
        found += [_wrong(table, message) for message in _fields(table)]
        found += [_wrong(table, message) for message in _keys(table, package)]
    return found


def _wrong(table: Table, message: str) -> Finding:
    return finding("descriptor-error", f"{table.name}: {message}", table=table.name)


def _fields(table: Table) -> Iterator[str]:
    for descriptor in table.descriptor.get("fields", []):
        field = frictionless.Field.from_descriptor(lean(descriptor))
        try:
            read = field.create_value_reader()
            field.create_cell_reader()
        except re.error as error:
            yield f"the pattern of {field.name} is not a regular expression: {error}"
            continue
        for bound in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
            limit = field.constraints.get(bound)
            if limit is not None and read(limit) is None:
                yield f"{bound} of {field.name} is {limit!r}, which is no {field.type}"


def _keys(table: Table, package: Package) -> Iterator[str]:
    for key in table.unique_keys:
        for name in set(key) - set(table.field_names):
            yield f"a unique key names {name}, which is no field of the table"
    for reference in table.foreign_keys:
        what = f"the foreign key of {', '.join(reference.fields)}"
        declared = {str(r.get("name")) for r in package.descriptor.get("resources", []) if isinstance(r, dict)}
        if reference.table not in declared:
            yield f"{what} leads to {reference.table}, which is no resource of the package"
        elif reference.table in package:
            for name in set(reference.parent_fields) - set(package[reference.table].table.field_names):
                yield f"{what} leads to {reference.table}.{name}, which is no field there"

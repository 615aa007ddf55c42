"""Check a descriptor: its paths, its shape, and the standard as the reference reads it."""

import json
import re
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depositary.check.documents.document_schema import violations
from depositary.check.reading.header import json_schema_of, lean, understood, ungrouped
from depositary.check.reading.kept import kept
from depositary.check.reading.nested import schema_faults
from depositary.errors import DocumentError
from depositary.model.codes import CODES
from depositary.model.field_types import BOUNDS
from depositary.model.finding import Finding
from depositary.model.package import Package
from depositary.model.table import Table
from depositary.read.documents import read_json
from depositary.read.package import DESCRIPTOR, STORED, build_package, dereference, find_descriptor
from depositary.read.paths import given, unsafe
from depositary.read.shipped import shipped_package
from depositary.reference import frictionless
from depositary.visible import visible
from depositary.wording.cells import fix
from depositary.wording.plain import shown

_PROFILES = ("data-package", "tabular-data-package", "data-resource", "tabular-data-resource")
_LONGEST = 300  # characters of a note
_HALF = "has half of a character, which no file can have"
_WHOLE = "replace a single escape such as \\ud83d by the whole character"
_STANDARD = "see the Data Package standard, version 2"


@dataclass(frozen=True)
class DescriptorJudgement:
    """The findings in a descriptor, and the part of it that can be used to check tables.

    `descriptor` has its links resolved, without the resources in which something was found; these are `refused`.
    """

    findings: tuple[Finding, ...]
    descriptor: Mapping[str, Any]
    refused: tuple[str, ...]


def judge_descriptor(raw: Mapping[str, Any], directory: Path, formats: Collection[str] = STORED) -> DescriptorJudgement:
    """Check a descriptor; a resource with an error is refused, and the others are still checked.

    Fields and keys of resources in other formats are not checked.

    Raises:
        DocumentError: a schema or dialect in a separate file is broken.
    """
    exam = _Exam(raw, directory, formats)
    exam.paths()
    exam.links()
    if exam.found_nothing and isinstance(raw.get("resources"), list):
        return _by_content(exam.linked, directory, tuple(formats))
    exam.content()
    return exam.judgement()


@kept(50)
def _by_content(linked: Mapping[str, Any], directory: Path, formats: tuple[str, ...]) -> DescriptorJudgement:
    """Check a descriptor whose paths are safe and whose links are resolved; a merge asks for the same one often."""
    exam = _Exam(linked, directory, formats)
    exam.content()
    return exam.judgement()


def sound_package(path: str | Path, formats: Collection[str] = STORED) -> Package:
    """Open a package whose descriptor is valid; all other modules open packages with this function.

    Resources that are not tables in local files of these formats are left out; `validate` names them.

    Raises:
        NotFoundError: there is no package at the path.
        DocumentError: the descriptor is not valid; the message gives the first error.
    """
    file = find_descriptor(given(path))
    judgement = judge_descriptor(read_json(file), file.parent, formats)
    if judgement.findings:
        first = judgement.findings[0].message
        raise DocumentError(f"{file}: this is not a valid package: {first}. Run depositary validate on it.")
    return build_package(judgement.descriptor, file.parent, formats)


def sound_or_shipped(path: str | Path | None) -> Package:
    """Open a package whose descriptor is valid, or give the tables that come with the program.

    Raises:
        NotFoundError: there is no package at the path.
        DocumentError: the descriptor is not valid; the message gives the first error.
    """
    return sound_package(path) if path is not None else shipped_package()


def finding(code: str, message: str, hint: str = "", *, table: str = "", file: str = DESCRIPTOR) -> Finding:
    """Make a finding on a descriptor or manifest; the default hint is that of its code."""
    reference = {"type": CODES[code].reference, "note": message}
    advice = hint or fix(code)
    return Finding(code=code, level="error", table=table, file=file, message=message, hint=advice, reference=reference)


class _Exam:
    """One descriptor, its resources, and the findings so far in each of them and in the whole."""

    def __init__(self, raw: Mapping[str, Any], directory: Path, formats: Collection[str]) -> None:
        self._raw, self._directory, self._formats = raw, directory, formats
        resources = raw.get("resources")
        self._resources: list[Any] = list(resources) if isinstance(resources, list) else []
        self._general: list[Finding] = []
        self._found: dict[int, list[Finding]] = {}

    @property
    def found_nothing(self) -> bool:
        """Return whether there are no findings so far."""
        return not (self._general or self._found)

    @property
    def linked(self) -> dict[str, Any]:
        """Give the descriptor with the schemas and dialects that its links lead to."""
        return {**self._raw, "resources": self._resources}

    def content(self) -> None:
        """Find what is wrong with the descriptor whatever its files are."""
        self.texts()
        self.shape()
        self.by_standard()
        self.twins()
        self.references()

    def judgement(self) -> DescriptorJudgement:
        """Give all findings and the part that is left."""
        refused = dict.fromkeys(self._name(at) for at in sorted(self._found))
        findings = (*self._general, *(f for at in sorted(self._found) for f in self._found[at]))
        return DescriptorJudgement(findings, self._left(), tuple(refused))

    def paths(self) -> None:
        """Find the paths that lead outside the package; they are never followed."""
        self._general += _profile("", self._raw)
        for at, resource in enumerate(self._resources):
            self._blame(at, _paths(self._name(at), resource, self._directory))

    def links(self) -> None:
        """Put schemas and dialects from separate files into their resources."""
        for at in self._sound():
            self._resources[at] = dereference(self._resources[at], self._directory)

    def texts(self) -> None:
        """Find texts that no file can have: half of a character, which JSON can write but UTF-8 cannot."""
        rest = {key: value for key, value in self._raw.items() if key != "resources"}
        if _has_half_a_character(rest):
            self._general.append(finding("descriptor-error", f"the descriptor {_HALF}", _WHOLE))
        for at in self._sound():
            if _has_half_a_character(self._resources[at]):
                table = self._name(at)
                self._blame(at, [finding("descriptor-error", f"{table}: it {_HALF}", _WHOLE, table=table)])

    def shape(self) -> None:
        """Find values of a wrong type."""
        sound = set(self._sound())
        resources = self._resources if isinstance(self._raw.get("resources"), list) else self._raw.get("resources")
        for v in violations({**self._raw, "resources": resources}, "descriptor", "the descriptor"):
            at = v.path[1] if v.path[:1] == ("resources",) and len(v.path) > 1 else None
            if not isinstance(at, int):
                self._general.append(finding("descriptor-error", v.message, v.hint or _STANDARD))
            elif at in sound:
                table = self._name(at)
                self._blame(at, [finding("descriptor-error", f"{table}: {v.message}", v.hint, table=table)])

    def by_standard(self) -> None:
        """Check with the standard, as the reference reads it: each resource, then the rest of the descriptor."""
        for at in self._sound():
            resource = _understood(self._resources[at])
            alone = {k: v for k, v in self._raw.items() if k == "$schema"} | {"resources": [resource]}
            self._blame(at, _reference(alone, self._name(at)))
        if not self._general:
            self._general += _reference({**self._raw, "resources": []}, "")

    def twins(self) -> None:
        """Find two resources with the same name."""
        names: set[str] = set()
        for at in self._sound():
            name = self._name(at)
            if name in names:
                message = f"two resources are named {name}"
                self._blame(at, [finding("descriptor-error", message, "give one of them another name", table=name)])
            names.add(name)

    def references(self) -> None:
        """Find patterns, limits and keys that would only fail later, when the reference reads the rows."""
        # A name may be missing only because its resource is refused.
        declared = None if self._found else {self._name(at) for at in range(len(self._resources))}
        package = build_package(self._left(), self._directory, self._formats)
        for at in self._sound():
            resource = package.get(self._name(at))
            if resource:
                messages = [*_fields(resource.table), *_keys(resource.table, package, declared)]
                self._blame(at, [_wrong(resource.table, message) for message in messages])

    def _blame(self, at: int, findings: Iterable[Finding]) -> None:
        found = list(findings)
        if found:
            self._found.setdefault(at, []).extend(found)

    def _sound(self) -> list[int]:
        return [at for at in range(len(self._resources)) if at not in self._found]

    def _left(self) -> dict[str, Any]:
        return {**self._raw, "resources": [self._resources[at] for at in self._sound()]}

    def _name(self, at: int) -> str:
        resource = self._resources[at]
        name = resource.get("name") if isinstance(resource, dict) else None
        return name if isinstance(name, str) and name else f"resource {at + 1}"


# Paths


def _paths(name: str, resource: object, directory: Path) -> Iterator[Finding]:
    if isinstance(resource, str):
        yield _unsafe(
            name, "resources", resource, "resources are not downloaded; write the resource into the descriptor itself"
        )
    if not isinstance(resource, dict):
        return
    yield from _profile(name, resource)
    for key in ("path", "schema", "dialect"):
        value = resource.get(key)
        for path in value if isinstance(value, list) else [value]:
            if isinstance(path, str) and (reason := unsafe(directory, path)):
                yield _unsafe(name, key, path, reason)


def _profile(table: str, descriptor: Mapping[str, Any]) -> Iterator[Finding]:
    profile = descriptor.get("profile")
    if isinstance(profile, str) and profile not in _PROFILES:
        yield _unsafe(table, "profile", profile, f"profiles are not downloaded; use one of {', '.join(_PROFILES)}")


def _unsafe(table: str, key: str, path: str, reason: str) -> Finding:
    hint = "put the file into the package's folder and name it by a relative path"
    return finding("unsafe-path", f"{key} {path!r} is not followed: {reason}", hint, table=table)


# The reference


@kept(500)
def _reference(descriptor: Mapping[str, Any], table: str) -> list[Finding]:
    """Check a descriptor whose links are resolved, so that its folder does not matter."""
    descriptor = {k: v for k, v in descriptor.items() if k != "profile" or v in _PROFILES}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = frictionless.Package.validate_descriptor(descriptor)
    except Exception:  # noqa: BLE001 (a wrong value can cause any error)
        message = _within(table, "", "it cannot be read: a value in it does not have the type of the standard")
        return [finding("descriptor-error", message, _STANDARD, table=table)]
    return [_as_finding(error, descriptor, table) for error in report.errors]


def _understood(resource: object) -> object:
    """Remove properties that are in the standard but unknown to the reference; `_fields` checks them."""
    if not isinstance(resource, dict) or not isinstance(schema := resource.get("schema"), dict):
        return resource
    return {**resource, "schema": {**schema, "fields": [understood(field) for field in schema["fields"]]}}


def _as_finding(error: frictionless.Error, descriptor: Mapping[str, Any], table: str) -> Finding:
    reference = error.to_descriptor()
    note = _short(reference["note"] or reference["message"])
    field = _field_of(note, descriptor) if reference["type"] == "field-error" else ""
    return Finding(
        code="descriptor-error",
        level="error",
        table=table,
        file=DESCRIPTOR,
        field=field,
        message=_within(table, field, note),
        hint=_STANDARD,
        reference=reference,
    )


def _short(note: str) -> str:
    # The reference repeats whole values, even large ones.
    return f"{note[:_LONGEST]}…" if len(note) > _LONGEST else note


def _within(table: str, field: str, note: str) -> str:
    place = ".".join(filter(None, [table, field]))
    return f"{place}: {note}" if place else note


def _field_of(note: str, descriptor: Mapping[str, Any]) -> str:
    # The reference does not name the field; if each field is checked alone, the same note comes again.
    for field in descriptor["resources"][0]["schema"]["fields"]:
        if note in (error.note for error in frictionless.Field.validate_descriptor(dict(field)).errors):
            return str(field["name"])
    return ""


# Schemas


def _wrong(table: Table, message: str) -> Finding:
    return finding("descriptor-error", f"{table.name}: {message}", _STANDARD, table=table.name)


def _has_half_a_character(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _fields(table: Table) -> Iterator[str]:
    for name in (table.name, *table.field_names):
        if "\0" in name:
            yield f"the name {shown(visible(name))} has the character U+0000, at which other programs end a name"
    for field in table.fields:
        if "format" in field.descriptor or {"pattern", *BOUNDS} & set(field.constraints):
            yield from _field(ungrouped(lean(field.descriptor)))
        schema = json_schema_of(field.descriptor)
        if schema is not None:
            yield from (f"the jsonSchema of {field.name}: {fault}" for fault in schema_faults(schema))


@kept(5_000)
def _field(descriptor: Mapping[str, Any]) -> list[str]:
    return list(_field_faults(frictionless.Field.from_descriptor(dict(descriptor))))


def _field_faults(field: frictionless.Field) -> Iterator[str]:
    pattern = str(field.constraints.get("pattern", ""))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # if Python warns about a pattern, a later version may read it differently
            re.compile(pattern)
            re.compile(f"^{pattern}$")  # as in the reference
    except (re.error, RecursionError, OverflowError, Warning) as error:
        yield f"the pattern {shown(pattern)} of {field.name} is not a regular expression: {str(error)[:100]}"
    try:
        read = field.create_value_reader()
    except frictionless.FrictionlessException:  # wkt, which is not in the standard, needs another library
        yield f"the format {shown(field.format)} of {field.name} is not a format of the standard"
        return
    for bound in BOUNDS:
        limit = field.constraints.get(bound)
        if limit is not None and _is_no_value(read, limit):
            yield f"{bound} of {field.name} is {limit!r}, which is not a value of type {field.type}"


def _is_no_value(read: Any, limit: object) -> bool:  # noqa: ANN401 (the reference's readers have several types)
    try:
        return read(limit) is None
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        return True


def _keys(table: Table, package: Package, declared: set[str] | None) -> Iterator[str]:
    for key in table.unique_keys:
        for name in set(key) - set(table.field_names):
            yield f"uniqueKeys names {name}, which is not a field of the table"
    for reference in table.foreign_keys:
        what = f"the foreign key of {', '.join(reference.fields)}"
        if declared is not None and reference.table not in declared:
            yield f"{what} refers to {reference.table}, which is not a resource of the package"
        elif reference.table in package:
            for name in set(reference.parent_fields) - set(package[reference.table].table.field_names):
                yield f"{what} refers to {reference.table}.{name}, which is not a field there"

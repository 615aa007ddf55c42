"""Judging the manifest of a contribution."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from depositary.check.descriptor import finding
from depositary.check.hints import suggest
from depositary.check.references import Parents
from depositary.model.codes import CODES
from depositary.model.finding import Finding
from depositary.model.package import Package
from depositary.read.contribution import MANIFEST
from depositary.read.documents import read_json
from depositary.read.shipped import schemas

_CONTRIBUTORS, _CONTRIBUTOR_ID = "contributors", "contributor_id"


def manifest(document: Mapping[str, Any]) -> list[Finding]:
    """Judge a manifest by its JSON Schema, in words."""
    validator = Draft202012Validator(read_json(schemas() / "notation" / "contribution.json"))
    errors = sorted(validator.iter_errors(document), key=lambda e: (list(map(str, e.absolute_path)), e.message))
    words = dict.fromkeys(pair for error in errors for pair in _words(error))
    return [finding("manifest-error", *pair, file=MANIFEST) for pair in words]


def contributor(name: str, parents: Parents) -> list[Finding]:
    """Find out whether the contributor of a manifest is in the table of contributors, where there is one."""
    if not name or not parents.files.get(_CONTRIBUTORS):
        return []
    known = parents.keys(_CONTRIBUTORS, (_CONTRIBUTOR_ID,))
    if known.reason or (name,) in known.keys:
        return []  # a table that cannot be read is said to be one where it is judged
    hint = suggest(name, parents.names(_CONTRIBUTORS, _CONTRIBUTOR_ID))
    message = f"contributor is {name!r}, who is not in the table contributors"
    hint = hint or "add yourself in a contributors.csv of this contribution"
    return [finding("manifest-error", message, hint, file=MANIFEST)]


def base(document: Mapping[str, Any], package: Package) -> list[Finding]:
    """Compare the base that a manifest names with the package at hand."""
    named = document["base"]
    if named["package"] != package.name:
        message = f"the contribution is to {named['package']!r}, the package at hand is {package.name!r}"
        return [finding("manifest-error", message, "name the right package with --base", file=MANIFEST)]
    if named["version"] != package.version:
        message = f"made against version {named['version']}, the package at hand is {package.version}"
        code = CODES["base-version"]
        return [
            Finding(
                code=code.name,
                level="warning",
                table="",
                file=MANIFEST,
                message=message,
                hint="nothing has to be done if that is meant",
                reference={"type": code.reference, "note": message},
            )
        ]
    return []


def _words(error: ValidationError) -> list[tuple[str, str]]:
    """Say what is wrong at one place, and what is right there: a pair for each property."""
    schema: Any = error.schema
    wanted: Any = error.validator_value
    found: Any = error.instance
    place = ".".join(str(part) for part in error.absolute_path)
    within = f"{place} of the manifest" if place else "the manifest"
    properties = schema.get("properties", {})
    if error.validator == "required":
        return [(f"{within} lacks `{name}`", properties[name]["description"]) for name in wanted if name not in found]
    if error.validator == "additionalProperties":
        extra = sorted(set(found) - set(properties))
        return [(f"{within} has `{name}`, which is not known", f"known are {', '.join(properties)}") for name in extra]
    if error.validator == "enum":
        return [(f"{place} is {str(found)!r}", f"allowed are {', '.join(map(str, wanted))}")]
    if error.validator == "type":
        return [(f"{place} is {str(found)!r}, and has to be {_TYPES[wanted]}", str(schema["description"]))]
    return [(f"{place} is {str(found)!r}", f"write {schema['description']}")]


_TYPES = {"string": "a text in quotes", "array": "a list of texts", "object": "a table, such as [base]"}

"""Judging the manifest of a contribution."""

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from depositary.check.descriptor import finding
from depositary.model.codes import CODES
from depositary.model.finding import Finding
from depositary.model.package import Package
from depositary.read.contribution import MANIFEST
from depositary.read.documents import read_json
from depositary.read.shipped import schemas


def manifest(document: Mapping[str, Any]) -> list[Finding]:
    """Judge a manifest by its JSON Schema, in words."""
    validator = Draft202012Validator(read_json(schemas() / "notation" / "contribution.json"))
    errors = sorted(validator.iter_errors(document), key=lambda e: (list(map(str, e.absolute_path)), e.message))
    return [finding("manifest-error", *_words(error), file=MANIFEST) for error in errors]


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


def _words(error: ValidationError) -> tuple[str, str]:
    place = ".".join(str(part) for part in error.absolute_path) or "the manifest"
    schema = error.schema if isinstance(error.schema, dict) else {}
    wanted: Any = error.validator_value
    hint = str(schema.get("description", ""))
    if error.validator == "required":
        present: Any = error.instance
        missing = next(name for name in wanted if name not in present)
        properties = schema.get("properties", {})
        return f"{place} lacks `{missing}`", str(properties.get(missing, {}).get("description", ""))
    if error.validator == "additionalProperties":
        instance: Any = error.instance
        extra = sorted(set(instance) - set(schema.get("properties", {})))
        return f"{place} has `{extra[0]}`, which is not known", f"known are {', '.join(schema['properties'])}"
    if error.validator == "enum":
        return f"{place} is {error.instance!r}", f"allowed are {', '.join(map(str, wanted))}"
    return f"{place}: {error.message}", hint

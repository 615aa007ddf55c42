"""Check JSON and TOML documents with our JSON Schemas, with messages in plain words."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from depositary.check.reading.kept import kept
from depositary.json_fit import certainly_fits
from depositary.read.documents import read_json
from depositary.read.shipped import schemas
from depositary.wording.suggest import suggest

_TYPES = {"string": "a text in quotes", "array": "a list", "object": "a table, such as [base]"}
_SHOWN = 60  # characters of a value that a message quotes


@dataclass(frozen=True)
class Violation:
    """One place of a document that does not fit its schema; `path` has the steps that lead there."""

    path: tuple[str | int, ...]
    message: str
    hint: str


@kept(50)
def violations(document: Mapping[str, Any], profile: str, what: str) -> list[Violation]:
    """Find the violations of a schema in `schemas/notation`; messages call the document `what`."""
    if certainly_fits(document, _schema(profile)):
        return []
    errors = sorted(_validator(profile).iter_errors(document), key=lambda e: [*map(str, e.absolute_path), e.message])
    found = (violation for error in errors for violation in _violations(error, what))
    return list({(v.path, v.message): v for v in found}.values())


@cache
def _schema(profile: str) -> Mapping[str, Any]:
    return read_json(schemas() / "notation" / f"{profile}.json")


@cache
def _validator(profile: str) -> Draft202012Validator:
    return Draft202012Validator(_schema(profile))


def _violations(error: ValidationError, what: str) -> Iterator[Violation]:
    schema: Any = error.schema
    wanted: Any = error.validator_value
    found: Any = error.instance
    path = tuple(error.absolute_path)
    path_text = ".".join(map(str, path))
    within = f"{path_text} of {what}" if path_text else what
    properties = schema.get("properties", {})
    description = str(schema.get("description", ""))
    if error.validator == "required":
        for name in (name for name in wanted if name not in found):
            yield Violation(path, f"{within} has no `{name}`", str(properties.get(name, schema).get("description", "")))
    elif error.validator == "additionalProperties":
        for name in sorted(set(found) - set(properties)):
            hint = suggest(name, {p: p for p in properties}) or f"allowed are {', '.join(properties)}"
            yield Violation(path, f"{within} has the unknown property `{name}`", hint)
    elif error.validator == "enum":
        yield Violation(path, f"{path_text} is {_shown(found)}", f"allowed are {', '.join(map(str, wanted))}")
    elif error.validator == "type" and not description:
        yield Violation(path, f"{path_text} is {_shown(found)}", f"write {_TYPES.get(str(wanted), wanted)}")
    else:
        yield Violation(path, f"{path_text} is {_shown(found)}", f"write {description}")


def _shown(value: object) -> str:
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return f"{text[:_SHOWN]}…" if len(text) > _SHOWN else text

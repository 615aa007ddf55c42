"""Check arrays and objects with the JSON Schema of their field (Data Package v2, "jsonSchema").

The schema is written by strangers: it downloads nothing, and no pattern and no chain of references in it may run
forever.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from threading import local
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012, specification_with

from depositary.check.reading.patterns import is_harmless

_FOLLOWED = 10_000  # references for checking one value; each may lead to two others
_DATA = ("const", "default", "enum", "examples")  # their values are not schemas
_SHOWN = 100  # characters of an error


class _TooManyError(Exception):
    """Raised if there are too many references."""


def fitting(schema: Mapping[str, Any]) -> Callable[[str], bool]:
    """Give the function that returns whether a JSON text fits a valid schema."""
    state = local()  # several threads check columns
    validator = _validator(schema, state)

    def fits(text: str) -> bool:
        state.followed = 0
        try:
            return bool(validator.is_valid(json.loads(text)))
        except (RecursionError, Unresolvable, _TooManyError):
            return False

    return fits


def _validator(schema: Mapping[str, Any], state: local) -> Validator:
    kind = validator_for(schema, default=Draft202012Validator)

    def counted(follow: Any) -> Any:  # noqa: ANN401 (keywords of jsonschema have no types)
        def keyword(*arguments: Any) -> Iterator[Any]:  # noqa: ANN401 (the same)
            state.followed += 1
            if state.followed > _FOLLOWED:
                raise _TooManyError
            yield from follow(*arguments) or ()

        return keyword

    followers = {name: counted(kind.VALIDATORS[name]) for name in ("$ref", "$dynamicRef") if name in kind.VALIDATORS}
    counting: type[Validator] = extend(kind, followers)  # type: ignore[no-untyped-call]
    return counting(schema, registry=Registry())  # which cannot download anything


def schema_faults(schema: object) -> Iterator[str]:
    """List the errors of a JSON Schema: its shape, references that lead outside it, patterns that may hang."""
    if not isinstance(schema, dict):
        yield "it is not a JSON Schema: write an object"
        return
    try:
        validator_for(schema, default=Draft202012Validator).check_schema(schema)
        for keyword, value in _keywords(schema):
            yield from _keyword_faults(schema, keyword, value)
    except SchemaError as error:
        yield f"it is not a JSON Schema: {error.message[:_SHOWN]}"
    except RecursionError:
        yield "it is nested too deeply"


def _keywords(schema: object) -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        for keyword, value in schema.items():
            if keyword not in _DATA:
                yield keyword, value
                yield from _keywords(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _keywords(item)


def _keyword_faults(schema: Mapping[str, Any], keyword: str, value: object) -> Iterator[str]:
    if keyword == "pattern" and isinstance(value, str):
        yield from _pattern_faults(value)
    elif keyword == "patternProperties" and isinstance(value, dict):
        for pattern in value:
            yield from _pattern_faults(pattern)
    elif keyword in ("$ref", "$dynamicRef") and isinstance(value, str) and not _leads_within(schema, value):
        yield f"its reference {value[:_SHOWN]!r} is not in it, and nothing is downloaded"


def _pattern_faults(pattern: str) -> Iterator[str]:
    try:
        if not is_harmless(pattern):
            yield f"its pattern {pattern[:_SHOWN]!r} may take too long; write it without nested repetition"
    except re.error as error:
        yield f"its pattern {pattern[:_SHOWN]!r} is not a regular expression: {error}"


def _leads_within(schema: Mapping[str, Any], reference: str) -> bool:
    specification = specification_with(str(schema.get("$schema", "")), default=DRAFT202012)
    root = str(schema.get("$id", ""))
    try:
        known: Registry[Any] = Registry().with_resource(root, specification.create_resource(schema))
        known.resolver(root).lookup(reference)
    except (Unresolvable, ValueError):
        return False
    return True

"""A quick look at whether a document fits a JSON Schema: whatever is not certain, the library jsonschema judges.

Most documents fit. For these, `jsonschema` takes several times as long: it makes an object for each value and keyword.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN = (dict, list, str, int, float, bool, type(None))
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
}


class _UncertainError(Exception):
    """Raised for a keyword or value that this module does not know."""


def certainly_fits(document: object, schema: Mapping[str, Any]) -> bool:
    """Return whether a document certainly fits a schema; False says nothing."""
    try:
        return _fits(document, schema, schema)
    except (_UncertainError, RecursionError, re.error):
        return False


def _fits(value: Any, schema: Any, root: Mapping[str, Any]) -> bool:  # noqa: ANN401 (any value of JSON)
    if isinstance(schema, bool):
        return schema
    if not isinstance(value, _PLAIN) or not isinstance(schema, Mapping):
        raise _UncertainError
    for keyword, wanted in schema.items():
        check = _KEYWORDS.get(keyword)
        if not check:
            raise _UncertainError
        if not check(value, wanted, schema, root):
            return False
    return True


def _draft(_value: Any, wanted: Any, _schema: Any, _root: Any) -> bool:  # noqa: ANN401
    if wanted != _DRAFT:
        raise _UncertainError
    return True


def _reference(value: Any, wanted: str, _schema: Any, root: Any) -> bool:  # noqa: ANN401
    before, _, name = wanted.rpartition("/")
    if before != "#/$defs" or name not in root.get("$defs", {}) or "~" in name or "%" in name:
        raise _UncertainError
    return _fits(value, root["$defs"][name], root)


def _type(value: Any, wanted: Any, _schema: Any, _root: Any) -> bool:  # noqa: ANN401
    names = [wanted] if isinstance(wanted, str) else wanted
    if not set(names) <= _TYPES.keys():
        raise _UncertainError
    return any(_TYPES[name](value) for name in names)


def _properties(value: Any, wanted: Any, _schema: Any, root: Any) -> bool:  # noqa: ANN401
    if not isinstance(value, dict):
        return True
    return all(_fits(value[name], of, root) for name, of in wanted.items() if name in value)


def _additional(value: Any, wanted: Any, schema: Any, root: Any) -> bool:  # noqa: ANN401
    known = schema.get("properties", {})
    return not isinstance(value, dict) or all(_fits(value[name], wanted, root) for name in value if name not in known)


def _unique(value: Any, wanted: Any, _schema: Any, _root: Any) -> bool:  # noqa: ANN401
    if not wanted or not isinstance(value, list):
        return True
    if not all(isinstance(item, str) for item in value):
        raise _UncertainError
    return len(set(value)) == len(value)


def _same(value: Any, wanted: Any) -> bool:  # noqa: ANN401
    if isinstance(wanted, str) or isinstance(value, str):
        return bool(value == wanted)
    raise _UncertainError  # numbers and booleans may be equal in Python and not in JSON


def _number(value: Any) -> bool:  # noqa: ANN401
    return _TYPES["number"](value)


_KEYWORDS: Mapping[str, Callable[[Any, Any, Any, Any], bool]] = {
    **dict.fromkeys(("title", "description", "$defs"), lambda *_: True),
    "$schema": _draft,
    "$ref": _reference,
    "type": _type,
    "properties": _properties,
    "additionalProperties": _additional,
    "required": lambda value, wanted, *_: not isinstance(value, dict) or all(name in value for name in wanted),
    "items": lambda value, wanted, _, root: (
        not isinstance(value, list) or all(_fits(item, wanted, root) for item in value)
    ),
    "minItems": lambda value, wanted, *_: not isinstance(value, list) or len(value) >= wanted,
    "uniqueItems": _unique,
    "minLength": lambda value, wanted, *_: not isinstance(value, str) or len(value) >= wanted,
    "maxLength": lambda value, wanted, *_: not isinstance(value, str) or len(value) <= wanted,
    "pattern": lambda value, wanted, *_: not isinstance(value, str) or re.search(wanted, value) is not None,
    "minimum": lambda value, wanted, *_: not _number(value) or value >= wanted,
    "maximum": lambda value, wanted, *_: not _number(value) or value <= wanted,
    "enum": lambda value, wanted, *_: any(_same(value, one) for one in wanted),
    "const": lambda value, wanted, *_: _same(value, wanted),
    "anyOf": lambda value, wanted, _, root: any(_fits(value, one, root) for one in wanted),
    "not": lambda value, wanted, _, root: not _fits(value, wanted, root),
}

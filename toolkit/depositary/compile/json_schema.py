"""Tables and their row rules as JSON Schema (2020-12), for records as JSON.

A record breaks a rule only if the expression is false for it, as in SQL; an absent or null property is NULL.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from depositary.compile.language import NotSayableError, RowTest
from depositary.model.field_types import BOUNDS, Length
from depositary.model.table import Field, Table, kind_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


@dataclass(frozen=True)
class RecordRule:
    """A rule that can be checked on a single record."""

    id: str
    says: str
    test: RowTest


def record_schema(table: Table, rules: Sequence[RecordRule]) -> Schema:
    """Write the schema of one record of a table; rules that JSON Schema cannot express are left out."""
    conditions = [schema for rule in rules if (schema := rule_schema(rule))]
    return {
        "title": table.descriptor.get("title", table.name),
        "description": table.descriptor.get("description", ""),
        "type": "object",
        "properties": {f.name: _property(table, f) for f in table.fields},
        "required": [f.name for f in table.fields if table.is_filled(f)],
        "additionalProperties": False,
        **({"allOf": conditions} if conditions else {}),
    }


def rule_schema(rule: RecordRule) -> Schema | None:
    """Write one rule; None if JSON Schema cannot express it."""
    try:
        kept = _kept(rule.test.holds)
        if rule.test.when is None:
            return {"title": rule.id, "description": rule.says, **kept}
        return {"title": rule.id, "description": rule.says, "if": _true(rule.test.when), "then": kept}
    except NotSayableError:
        return None


def package_schema(tables: Mapping[str, Schema]) -> Schema:
    """Write the schema of a whole package as JSON: one list of records for each table."""
    return {
        "$schema": DIALECT,
        "title": "Package",
        "description": "A whole package as one JSON object: the records of each table, as a list.",
        "type": "object",
        "properties": {name: {"type": "array", "items": {"$ref": f"#/$defs/{name}"}} for name in tables},
        "additionalProperties": False,
        "$defs": dict(tables),
    }


# Properties


def _property(table: Table, field: Field) -> Schema:
    schema = {"title": field.descriptor.get("title", field.name), **TYPES[field.type].schema}
    for say in KEYWORDS.values():
        schema |= say(table, field)
    if not table.is_filled(field) and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return schema


def _as_is(value: Any) -> Any:  # noqa: ANN401 (any value of a schema)
    return value


def _number(value: Any) -> int | float:  # noqa: ANN401 (a schema may write a number as text)
    return float(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class TypeSchema:
    """How JSON Schema says a type.

    `value` reads a value of a constraint; `is_number` is true if it has bounds; `formats` are those that both know.
    """

    schema: Schema
    value: Callable[[Any], Any] = _as_is
    is_number: bool = False
    formats: tuple[str, ...] = ()


# A date in JSON; only `format` can check whether the day exists, if a validator supports it.
_DATE = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_WHOLE = TypeSchema({"type": "integer"}, int, is_number=True)
_UNSAID = TypeSchema({})
TYPES: Mapping[str, TypeSchema] = {
    "string": TypeSchema({"type": "string"}, formats=("uri", "email", "uuid")),
    "number": TypeSchema({"type": "number"}, _number, is_number=True),
    "integer": _WHOLE,
    "year": _WHOLE,
    "boolean": TypeSchema({"type": "boolean"}),
    "date": TypeSchema({"type": "string", "format": "date", "pattern": _DATE}),
    **dict.fromkeys(("any", "datetime", "time", "yearmonth", "duration"), _UNSAID),
    **dict.fromkeys(("array", "object", "list", "geopoint", "geojson"), _UNSAID),
}


def _nothing(*_: object) -> Schema:
    return {}


_Keyword = Callable[[Table, Field], Schema]


def _bound(name: str) -> _Keyword:
    def say(_: Table, field: Field) -> Schema:
        kind = TYPES[field.type]
        return {name: kind.value(field.constraints[name])} if kind.is_number and name in field.constraints else {}

    return say


def _least_length(table: Table, field: Field) -> Schema:
    least = table.least_length(field) if kind_of(field).length is Length.CHARACTERS else None
    return {} if least is None else {"minLength": least}


def _most_length(_: Table, field: Field) -> Schema:
    most = field.constraints.get("maxLength") if kind_of(field).length is Length.CHARACTERS else None
    return {} if most is None else {"maxLength": most}


def _format(_: Table, field: Field) -> Schema:
    form = field.descriptor.get("format")
    return {"format": form} if form in TYPES[field.type].formats else {}


def _pattern(_: Table, field: Field) -> Schema:
    has_pattern = "pattern" in field.constraints and "pattern" in kind_of(field).constraints
    return _whole(field.constraints["pattern"]) if has_pattern else {}


def _enum(table: Table, field: Field) -> Schema:
    if "enum" not in field.constraints:
        return {}
    values = [TYPES[field.type].value(value) for value in field.constraints["enum"]]
    return {"enum": values if table.is_filled(field) else [*values, None]}


# What a property says beside its type, in the order in which it is written: the constraints, and formats.
KEYWORDS: Mapping[str, _Keyword] = {
    **{name: _bound(name) for name in BOUNDS},
    "minLength": _least_length,
    "maxLength": _most_length,
    "format": _format,
    "pattern": _pattern,
    "enum": _enum,
    "required": _nothing,  # the record says it
    "unique": _nothing,  # a record knows of no other
    "jsonSchema": _nothing,  # it is about JSON in the cell of a table
}


def _whole(pattern: str) -> Schema:
    """Match whole texts; in some languages, such as Python, `$` also matches before a last newline."""
    return {"pattern": f"^(?:{pattern})$", "not": {"type": "string", "pattern": "\\n$"}}


# An expression is translated in two ways: when it is true (`_true`), and when it is not false (`_kept`).


def _true(tree: exp.Expr) -> Schema:
    return _asked(tree, known=True)


def _kept(tree: exp.Expr) -> Schema:
    return _asked(tree, known=False)


def _asked(tree: exp.Expr, *, known: bool) -> Schema:
    if isinstance(tree, exp.Paren):
        return _asked(tree.this, known=known)
    if isinstance(tree, exp.And):
        return _all([_asked(part, known=known) for part in tree.flatten()])
    if isinstance(tree, exp.Or):
        return {"anyOf": [_asked(part, known=known) for part in tree.flatten()]}
    if isinstance(tree, exp.Not):
        return _not(_asked(tree.this, known=not known))
    if isinstance(tree, exp.Coalesce) and len(tree.expressions) == 1 and isinstance(tree.expressions[0], exp.Boolean):
        return _asked(tree.this, known=not tree.expressions[0].this)
    if isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null):
        return _empty(_name(tree.this))
    if isinstance(tree, (exp.EQ, exp.NEQ)) and _is_condition(tree.this) and _is_condition(tree.expression):
        return _same(tree, known=known)
    return _about_value(tree, known=known)


def _is_condition(tree: exp.Expr) -> bool:
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return isinstance(tree, (exp.Is, exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.In))


def _same(tree: exp.EQ | exp.NEQ, *, known: bool) -> Schema:
    """Write that two conditions are both true or both false; if one is unknown, the result is unknown."""
    left, right = tree.this, exp.not_(tree.expression.copy()) if isinstance(tree, exp.NEQ) else tree.expression
    if known:
        both = [_all([_true(left), _true(right)]), _all([_not(_kept(left)), _not(_kept(right))])]
        return {"anyOf": both}
    return _all([{"if": _true(left), "then": _kept(right)}, {"if": _true(right), "then": _kept(left)}])


def _about_value(tree: exp.Expr, *, known: bool) -> Schema:
    """Write a condition on the value of one property; if it is empty, the result is unknown."""
    name, value = _value(tree)
    if known:
        return {"properties": {name: _filled(value)}, "required": [name]}
    return {"properties": {name: {"anyOf": [{"type": "null"}, value]}}}


def _filled(value: Schema) -> Schema:
    if "const" in value or "enum" in value:
        return value
    return _all([{"not": {"type": "null"}}, value])


def _value(tree: exp.Expr) -> tuple[str, Schema]:
    if isinstance(tree, exp.In):
        return _name(tree.this), {"enum": [_literal(item) for item in tree.expressions]}
    if isinstance(tree, exp.Between):
        return _name(tree.this), {"minimum": _literal(tree.args["low"]), "maximum": _literal(tree.args["high"])}
    if isinstance(tree, exp.RegexpFullMatch):
        return _name(tree.this), _whole(tree.expression.name)
    if isinstance(tree, exp.EQ) and isinstance(tree.this, exp.Mod) and _literal(tree.expression) == 0:
        return _name(tree.this.this), {"multipleOf": _literal(tree.this.expression)}
    compare = _COMPARISONS.get(type(tree))
    if compare is None:
        raise NotSayableError(f"{type(tree).__name__} cannot be written as JSON Schema")
    return _name(tree.this), compare(_literal(tree.expression))


_COMPARISONS: Mapping[type[exp.Expr], Callable[[Any], Schema]] = {
    exp.EQ: lambda value: {"const": value},
    exp.NEQ: lambda value: {"not": {"const": value}},
    exp.GT: lambda value: {"exclusiveMinimum": value},
    exp.GTE: lambda value: {"minimum": value},
    exp.LT: lambda value: {"exclusiveMaximum": value},
    exp.LTE: lambda value: {"maximum": value},
}


def _name(tree: exp.Expr) -> str:
    if not isinstance(tree, exp.Column):
        raise NotSayableError("JSON Schema can only compare one property with fixed values")
    return tree.name


def _literal(tree: exp.Expr) -> Any:  # noqa: ANN401 (a text or a number)
    if isinstance(tree, exp.Paren):
        return _literal(tree.this)
    if isinstance(tree, exp.Neg):
        return -_literal(tree.this)
    if not isinstance(tree, exp.Literal):
        raise NotSayableError("JSON Schema compares only with literal values")
    if tree.is_string:
        return tree.this
    return int(tree.this) if re.fullmatch(r"[0-9]+", tree.this) else float(tree.this)


def _empty(name: str) -> Schema:
    return {"properties": {name: {"type": "null"}}}


def _all(parts: Iterable[Schema]) -> Schema:
    parts = list(parts)
    return parts[0] if len(parts) == 1 else {"allOf": parts}


def _not(schema: Schema) -> Schema:
    if set(schema) == {"not"}:
        inner: Schema = schema["not"]
        return inner
    return {"not": schema}

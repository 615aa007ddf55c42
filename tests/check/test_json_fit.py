"""A quick look at documents: what it calls certain, jsonschema calls valid."""

import datetime as dt
import json

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from depositary.json_fit import certainly_fits
from depositary.read.rules import read_rules
from depositary.reference import frictionless

WORDS = st.sampled_from(["", "a", "b", "ab", "1", "é"])
LEAVES = WORDS | st.integers(-2, 3) | st.sampled_from([True, False, None, 0.0, 1.0, 1.5, dt.date(2026, 1, 2)])
DOCUMENTS = st.recursive(
    LEAVES, lambda of: st.lists(of, max_size=3) | st.dictionaries(WORDS, of, max_size=3), max_leaves=8
)
TYPES = st.sampled_from(["object", "array", "string", "boolean", "null", "number", "integer"])
SIZES = st.integers(0, 2)


def keywords(schemas):
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
            "properties": st.dictionaries(WORDS, schemas, max_size=2),
            "additionalProperties": schemas,
            "patternProperties": st.dictionaries(st.sampled_from(["a", "^1"]), schemas, max_size=1),
            "required": st.lists(WORDS, max_size=2, unique=True),
            "items": schemas,
            "prefixItems": st.lists(schemas, min_size=1, max_size=1),
            "minItems": SIZES,
            "maxItems": SIZES,
            "uniqueItems": st.booleans(),
            "minLength": SIZES,
            "maxLength": SIZES,
            "pattern": st.sampled_from(["a", "^a?$", "["]),
            "minimum": SIZES,
            "maximum": SIZES,
            "enum": st.lists(LEAVES, min_size=1, max_size=2),
            "const": LEAVES,
            "anyOf": st.lists(schemas, min_size=1, max_size=2),
            "oneOf": st.lists(schemas, min_size=1, max_size=2),
            "not": schemas,
            "$ref": st.sampled_from(["#/$defs/x", "#", "#/properties/a"]),
            "description": WORDS,
        },
    )


SCHEMAS = st.recursive(st.booleans() | keywords(st.booleans()), keywords, max_leaves=6)
WHOLE = st.tuples(keywords(SCHEMAS), keywords(st.booleans())).map(lambda two: {**two[0], "$defs": {"x": two[1]}})


@given(DOCUMENTS, WHOLE)
def test_what_certainly_fits_is_valid(document, schema):
    if certainly_fits(document, schema):
        assert Draft202012Validator(schema).is_valid(document)


NOTATIONS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "schemas" / "notation").glob("*.json")
}


@pytest.mark.parametrize("file", sorted((ROOT / "schemas" / "rules").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_shipped_rules_certainly_fit(file):
    assert certainly_fits(read_rules(file), NOTATIONS["rules"])


def test_the_shipped_descriptor_certainly_fits():
    descriptor = json.loads((ROOT / "datapackage" / "datapackage.json").read_text(encoding="utf-8"))
    assert certainly_fits(descriptor, NOTATIONS["descriptor"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 1},
        {"name": "f", "constraints": {"enum": 5}},
        {"name": "f", "type": "string", "format": 3},
        {"type": "date"},
    ],
)
def test_the_reference_still_finds_what_is_wrong(wrong):
    assert not frictionless.Field.validate_descriptor(wrong).valid


def test_a_document_that_is_nested_without_end_is_not_certain():
    schema = {"type": "array", "items": {"$ref": "#/$defs/x"}, "$defs": {"x": {"items": {"$ref": "#/$defs/x"}}}}
    document: list = []
    for _ in range(5_000):
        document = [document]
    assert not certainly_fits(document, schema)

"""What an accept lets through, the reference's reader accepts: for every type and constraint, in both printings."""

import re
from collections.abc import Sequence
from typing import Any

import duckdb
import frictionless
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp
from test_reference import MISSING, PATTERNS, POOL, fields, mostly

from depositary.check.reading.cells import Column, reader_of
from depositary.compile.accept import accept
from depositary.compile.polars import expression
from depositary.compile.portable_regex import ascii_form
from depositary.model.table import Table

Descriptor = dict[str, Any]
TABLE_SCHEMA = "https://datapackage.org/profiles/2.0/tableschema.json"


def let_through(tree: exp.Expr, cells: Sequence[str]) -> dict[str, set[str]]:
    """Name the cells that an accept lets through, by printing."""
    frame = pl.DataFrame({"cell": cells}, schema={"cell": pl.String})
    by_polars = frame.filter(expression(tree).fill_null(value=False))["cell"].to_list()
    query = exp.select("cell").from_("cells").where(tree).sql("duckdb")
    with duckdb.connect() as database:
        database.register("cells", frame.to_arrow())
        by_duckdb = [cell for (cell,) in database.execute(query).fetchall()]
    return {"polars": set(by_polars), "duckdb": set(by_duckdb)}


def accepted(field: Descriptor, cells: Sequence[str], missing: Sequence[Any] | None = None) -> set[str]:
    """Name what the accept of a field lets through, once it is certain that the reference accepts all of it."""
    schema = {"$schema": TABLE_SCHEMA, "fields": [field], **({} if missing is None else {"missingValues": missing})}
    table = Table.from_descriptor("t", schema)
    tree = accept(table, table.fields[0])
    if tree is None:
        return set()
    column = Column("a", 1, reader_of(frictionless.Schema.from_descriptor(schema).fields[0]))
    found = let_through(tree, cells)
    wrong = [
        (printing, cell, column.reading(cell))
        for printing, let in found.items()
        for cell in sorted(let)
        if column.reading(cell)[1] or column.value(cell) is None
    ]
    assert wrong == []
    assert found["polars"] == found["duckdb"]
    return found["polars"]


NEAR = st.text(st.sampled_from("0123456789-+.,:eETZ_ P/\t\n\r\u00a0٣²aäTrue$%"), max_size=12)
DATES = st.dates().map(str) | st.datetimes().map(lambda moment: moment.isoformat("T", "seconds"))
ODD = st.sampled_from(POOL) | NEAR | DATES | st.integers().map(str) | st.floats().map(str) | st.decimals().map(str)


@pytest.mark.short(40)
@settings(max_examples=300, deadline=None)
@given(fields("a"), st.lists(ODD, max_size=30), mostly(None, *MISSING))
def test_what_an_accept_lets_through_is_accepted(field, cells, missing):
    drawn, texts = field
    accepted(drawn, [*texts, *cells, *POOL], missing)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None)
@given(fields("a"), st.lists(ODD, max_size=30), mostly(None, *MISSING))
def test_of_many_fields_what_an_accept_lets_through_is_accepted(field, cells, missing):
    drawn, texts = field
    accepted(drawn, [*texts, *cells, *POOL], missing)


def of(kind: str, **constraints: object) -> Descriptor:
    return {"name": "a", "type": kind, "constraints": constraints}


LETS: dict[str, tuple[Descriptor, list[str], list[str]]] = {
    "texts": (of("string"), ["a", " ", "ä", "a\nb"], [""]),
    "lengths": (of("string", minLength=2, maxLength=2), ["ab", "äö", "🙂🙂"], ["a", "abc"]),
    "enums": (of("string", enum=["a", "b"]), ["a", "b"], ["c", "A", ""]),
    "whole numbers": (of("integer", minimum=-5, exclusiveMaximum="10"), ["-5", "0", "9"], ["10", "-6", " 1", "1_0"]),
    "numbers": (of("number", minimum=0, maximum=2.5), ["0", "2.5", "0.000001"], ["2.500001", "-1", "1e0", "nan"]),
    "years": (of("year", minimum=2000), ["2000", "2024"], ["1999", "20", "02024"]),
    "dates": (of("date", minimum="2020-01-31"), ["2020-01-31", "2021-12-30"], ["2020-01-30", "2021-2-1", "2021-02-30"]),
    "dates in leap years": (of("date"), ["2020-02-28"], ["2020-02-29", "2019-02-29"]),
    "times": (of("time"), ["00:00:00", "23:59:59"], ["24:00:00", "12:00", "12:00:00Z"]),
    "moments": (of("datetime"), ["2020-01-01T12:00:00"], ["2020-01-01 12:00:00", "2020-01-01T24:00:00"]),
    "months": (of("yearmonth"), ["2020-01"], ["2020-13", "2020-1"]),
    "booleans": (of("boolean"), ["true", "False", "1"], ["yes", "T"]),
    "six digits": (of("string", pattern="[0-9]{6}"), ["010121"], ["10121", "0101210", "٠١٠١٢١", "010121\n"]),
    "two numbers of many digits": (of("number", maximum=0.3), ["0.3", "0.299999999"], ["0.30000000000000004"]),
}


@pytest.mark.parametrize(("field", "good", "others"), LETS.values(), ids=LETS.keys())
def test_an_accept_lets_the_usual_forms_through_and_no_others(field, good, others):
    assert accepted(field, [*good, *others]) == set(good)


@pytest.mark.parametrize(
    "field",
    [
        {**of("number"), "decimalChar": "0"},
        {**of("date"), "format": "%d/%m/%Y"},
        of("yearmonth", minimum="2020-01"),
        of("number", minimum="0.1234567890123456789"),
        of("number", minimum="NaN"),
        of("integer", enum=["x"]),
        of("string", pattern="(a)\\1"),
        of("object"),
    ],
    ids=str,
)
def test_a_field_of_which_more_is_asked_than_can_be_said_has_no_accept(field):
    table = Table.from_descriptor("t", {"fields": [field]})
    assert accept(table, table.fields[0]) is None


# Patterns

PIECES = [
    "a",
    "[a-c]",
    "[^a]",
    r"\d",
    r"\w",
    r"\s",
    ".",
    "(?:ab|c)",
    "x{2,3}",
    "b*",
    "c+?",
    "d?",
    r"\.",
    "é",
    r"[\d-]",
    "^",
    "$",
]


@pytest.mark.short(40)
@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=4).map("".join) | st.sampled_from(PATTERNS), st.data())
def test_the_form_of_a_pattern_matches_nothing_that_the_pattern_does_not(pattern, data):
    form = ascii_form(pattern)
    if form is None:
        return
    cells = data.draw(st.lists(st.text(st.sampled_from("abcdx.-é1٣_ \n\u2028"), max_size=5), min_size=5, max_size=30))
    cells += data.draw(st.lists(st.from_regex(f"(?:{pattern})", fullmatch=True), max_size=5))
    tree = exp.RegexpFullMatch(this=exp.column("cell", quoted=True), expression=exp.Literal.string(form))
    for found in let_through(tree, cells).values():
        assert all(re.fullmatch(pattern, cell) for cell in found)
        assert {c for c in cells if c.isascii() and c.isprintable() and re.fullmatch(pattern, c)} <= found


@pytest.mark.parametrize(
    "pattern", ["a(?=b)", r"\bA", "(?i)a", "(a)\\1", "é+", "(?:a{100}){100}", "a|^b", "(?P<n>a)(?(n)b|c)"]
)
def test_a_pattern_that_engines_read_in_several_ways_has_no_form(pattern):
    assert ascii_form(pattern) is None

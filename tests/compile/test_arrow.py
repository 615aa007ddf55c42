"""Columns that are put together from their buffers are those that Arrow makes itself."""

from datetime import UTC, date, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depositary.compile import arrow
from depositary.model.table import Field

_TEXTS = st.text(st.characters(codec=None), max_size=5)  # half of a character too
_VALUES = {
    "string": _TEXTS,
    "list": _TEXTS,
    "integer": st.integers() | st.integers(-(2**63) - 2, 2**63 + 1),
    "number": st.decimals(allow_infinity=True, allow_nan=True) | st.decimals(-(10**31), 10**31, places=3) | st.floats(),
    "boolean": st.booleans(),
    "date": st.dates(),
    "datetime": st.datetimes() | st.datetimes(timezones=st.just(UTC)),
    "time": st.times(),
}
_ODD = st.sampled_from([1, True, "x", 1.5, Decimal("1E+28"), Decimal("1E+29"), date.min, date.max, time.max])


@pytest.mark.short(2)
@pytest.mark.parametrize("name", _VALUES)
@settings(deadline=None)  # the first example imports pandas
@given(data=st.data())
def test_a_short_column_is_what_arrow_makes_of_its_values(name, data):
    values: list[Any] = data.draw(st.lists(st.none() | _VALUES[name] | (_ODD if name != "list" else _VALUES[name])))
    field = Field(name, name, {"name": name, "type": name})
    mine, misfits = arrow.array(field, values, is_long=False)
    mine.validate(full=True)
    arrows, theirs = arrow.array(field, values)
    assert (mine.type, mine.to_pylist(), misfits) == (arrows.type, arrows.to_pylist(), theirs)


@settings(deadline=None)  # the first example imports pandas
@given(st.lists(st.none() | st.lists(st.text(max_size=3), max_size=3)))
def test_a_column_of_lists_is_what_arrow_makes_of_its_values(values):
    mine = arrow.lists(values)
    mine.validate(full=True)
    assert mine.equals(pa.array(values, pa.list_(pa.string())))

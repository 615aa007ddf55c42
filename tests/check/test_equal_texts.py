"""Values of any types have one text if and only if Python has them as one key."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import frictionless
from hypothesis import given, settings
from hypothesis import strategies as st
from test_reference import KINDS, POOL

from depositary.check.reading.cells import Column, reader_of
from depositary.check.reading.equal_texts import equal_text


def assert_equal_as_keys(values: Iterable[Any]) -> None:
    values = [value for value in values if value is not None and value == value]  # noqa: PLR0124 (NaN)
    for one in values:
        for other in values:
            keys = {one, other}  # of a duration of a year and one of twelve months, both
            assert (equal_text(one) == equal_text(other)) == (len(keys) == 1), (one, other)


numbers = st.integers() | st.integers(-3, 3) | st.decimals(allow_nan=False) | st.floats(allow_nan=False) | st.booleans()
scaled = st.builds(lambda digits, zeros: digits * 10**zeros, st.integers(-11, 11), st.integers(90, 110))
exponents = st.builds(lambda digits, zeros: Decimal(f"{digits}e{zeros}"), st.integers(-11, 11), st.integers(-3, 110))
zones = st.sampled_from([None, *(timezone(timedelta(minutes=at)) for at in (0, 60, -90))])
moments = st.datetimes(datetime(2020, 1, 1), datetime(2020, 1, 1, 3), timezones=zones)  # noqa: DTZ001 (some have none)
times = st.builds(time, st.integers(0, 2), st.sampled_from([0, 30]), tzinfo=zones)
durations = st.builds(timedelta, st.integers(-2, 2), st.sampled_from([0, 1, 86_400]))
others = moments | times | durations | st.just(date(2020, 1, 1)) | st.sampled_from(["1", "a", "", "2020-01-01"])
values = numbers | scaled | exponents | others
values |= st.tuples(numbers | others, numbers) | st.floats(0, 3).map(Decimal)


@settings(deadline=None)
@given(st.lists(values, min_size=2, max_size=8))
def test_equal_values_have_one_text(drawn):
    assert_equal_as_keys(drawn)


def test_equal_cells_of_all_types_have_one_text():
    cells = [value for _, values in KINDS for value in values if isinstance(value, str)]
    read = []
    for kind, own in KINDS:
        field = frictionless.Field.from_descriptor({"name": "a", "type": "any", **kind})
        column = Column("a", 1, reader_of(field))
        texts = [value for value in own if isinstance(value, str)]
        read += [column.value(text) for text in [*texts, *cells, *POOL]]
    assert len(set(map(type, read))) > 10
    assert_equal_as_keys({(type(value), repr(value)): value for value in read}.values())

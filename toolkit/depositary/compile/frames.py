"""Tables and their row rules as pandera schemas for typed frames, in pandas and in polars. Nothing is coerced."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any, Literal

import polars as pl
import pyarrow as pa

from depositary.compile import arrow
from depositary.model.field_types import BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, TEXT, TIME, Length, Storage
from depositary.model.finding import Level
from depositary.model.table import Field, Table, kind_of

Backend = Literal["pandas", "polars"]


@dataclass(frozen=True)
class FrameRule:
    """A rule that can be checked on one row, and the columns that it reads.

    `holds` is an expression that is false for the rows that break it, or a function of the text in its one column.
    """

    id: str
    says: str
    level: Level
    holds: pl.Expr | Callable[[str], bool]
    columns: tuple[str, ...]

    def kept(self) -> pl.Expr:
        """Give the expression that is false for the rows that break the rule, and never null."""
        if isinstance(self.holds, pl.Expr):
            return self.holds
        # Made only when needed: an expression that calls Python can be neither copied nor pickled.
        return pl.col(self.columns[0]).map_elements(self.holds, return_dtype=pl.Boolean).fill_null(value=True)


def frame_schema(table: Table, rules: Sequence[FrameRule], backend: Backend) -> Any:  # noqa: ANN401 (one of two classes)
    """Write the `pandera.DataFrameSchema` of a table: types, ranges, patterns, values, key, and its rules by name."""
    pandera = import_module(f"pandera.{backend}")  # it takes a second to load
    if backend == "polars":
        return _schema(table, rules, pandera, _IN_POLARS)
    return _schema(table, rules, pandera, _IN_PANDAS, report_duplicates="exclude_first", unique_column_names=True)


def _schema(table: Table, rules: Sequence[FrameRule], pandera: Any, means: "_Means", **more: object) -> Any:  # noqa: ANN401
    """Write the schema with the pandera of one backend; `more` are the options that only one of them has."""
    return pandera.DataFrameSchema(
        {
            f.name: pandera.Column(
                means.type_of(f),
                [check for make in CONSTRAINTS.values() for check in make(_Asked(f, table, pandera.Check, means))],
                nullable=not table.is_filled(f),
                title=str(f.descriptor.get("title", f.name)),
            )
            for f in table.fields
        },
        checks=[pandera.Check(partial(means.kept, rule, table), **_named(rule)) for rule in rules],
        unique=list(table.primary_key) or None,
        strict=True,
        name=table.name,
        **more,
    )


def _named(rule: FrameRule) -> dict[str, Any]:
    """Name a check by its rule; a rule of level warning gives pandera's `SchemaWarning`."""
    return {
        "name": rule.id,
        "error": f"{rule.id}: {rule.says}",
        "raise_warning": rule.level == "warning",
        "ignore_na": False,
    }


def _pandas_type(field: Field) -> Any:  # noqa: ANN401 (a type that pandas accepts)
    import pandas as pd  # noqa: PLC0415

    kind = arrow.type_of(field)
    return kind_of(field).storage.pandas or pd.ArrowDtype(kind)


def _polars_type(field: Field) -> Any:  # noqa: ANN401 (a type that polars accepts)
    empty = pl.from_arrow(pa.table({"x": pa.array([], arrow.type_of(field))}))
    return empty.schema["x"] if isinstance(empty, pl.DataFrame) else empty.dtype


# Values of constraints, as frames hold them


def _day(value: Any) -> Any:  # noqa: ANN401 (as a schema has it)
    return date.fromisoformat(value) if isinstance(value, str) else value


def _as_is(value: Any) -> Any:  # noqa: ANN401 (as a schema has it)
    return value


VALUES: Mapping[Storage, Callable[[Any], Any]] = {
    DECIMAL: lambda value: Decimal(str(value)),
    DATE: _day,
    **dict.fromkeys((TEXT, INTEGER, BOOLEAN, DATETIME, TIME), _as_is),
}


# Constraints


@dataclass(frozen=True)
class _Asked:
    """A field whose constraints are written, and the means of the backend; `check` is pandera's Check."""

    field: Field
    table: Table
    check: Any
    means: "_Means"

    def has(self, constraint: str) -> bool:
        return constraint in self.field.constraints

    def typed(self, value: Any) -> Any:  # noqa: ANN401 (any type a field can have)
        return VALUES[kind_of(self.field).storage](value)


_Checks = Callable[[_Asked], Iterable[Any]]


def _bound(name: str, method: str) -> _Checks:
    def checks(asked: _Asked) -> Iterator[Any]:
        if asked.has(name):
            yield getattr(asked.check, method)(asked.typed(asked.field.constraints[name]))

    return checks


def _enum(asked: _Asked) -> Iterator[Any]:
    if asked.has("enum"):
        yield asked.check.isin([asked.typed(value) for value in asked.field.constraints["enum"]])


def _lengths(asked: _Asked) -> Iterator[Any]:
    if kind_of(asked.field).length is Length.CHARACTERS:
        least, most = asked.table.least_length(asked.field), asked.field.constraints.get("maxLength")
        if (least, most) != (None, None):
            yield asked.check.str_length(least, most)


# The functions of checks are partials of functions in this module, so that a schema can be pickled.


def _pattern(asked: _Asked) -> Iterator[Any]:
    if asked.has("pattern") and "pattern" in kind_of(asked.field).constraints:
        pattern = asked.field.constraints["pattern"]
        yield asked.check(partial(asked.means.matched, pattern), name="pattern", error=f"pattern({pattern})")


def _nothing(_: _Asked) -> Iterable[Any]:
    return ()


CONSTRAINTS: Mapping[str, _Checks] = {
    "minimum": _bound("minimum", "ge"),
    "maximum": _bound("maximum", "le"),
    "exclusiveMinimum": _bound("exclusiveMinimum", "gt"),
    "exclusiveMaximum": _bound("exclusiveMaximum", "lt"),
    "enum": _enum,
    "minLength": _lengths,
    "maxLength": _nothing,  # included in the least length
    "pattern": _pattern,
    "required": _nothing,  # expressed by `nullable`
    "unique": _nothing,  # only the key is checked
    "jsonSchema": _nothing,  # frames hold arrays and objects as text
}


def _matched_in_pandas(pattern: str, column: Any) -> Any:  # noqa: ANN401 (a pandas Series)
    return column.isin([value for value in column.dropna().unique() if re.fullmatch(pattern, value)])


def _matched_in_polars(pattern: str, data: Any) -> Any:  # noqa: ANN401 (pandera's PolarsData)
    column = pl.col(data.key)
    try:
        pl.Series([""]).str.contains(f"^(?:{pattern})$")
    except pl.exceptions.ComputeError:  # polars has no look-around
        by_python = re.compile(pattern)
        return data.lazyframe.select(
            column.map_elements(lambda value: bool(by_python.fullmatch(value)), return_dtype=pl.Boolean)
        )
    return data.lazyframe.select(column.str.contains(f"^(?:{pattern})$"))


def _kept_in_polars(rule: FrameRule, _table: Table, data: Any) -> Any:  # noqa: ANN401 (pandera's PolarsData)
    if not set(rule.columns) <= set(data.lazyframe.collect_schema()):
        return data.lazyframe.select(pl.lit(value=True))  # another check reports the missing column
    return data.lazyframe.select(rule.kept())


def _kept_in_pandas(rule: FrameRule, table: Table, frame: Any) -> Any:  # noqa: ANN401 (a pandas DataFrame and Series)
    """Check a pandas frame after converting it to Arrow, so that both backends use one expression."""
    import pandas as pd  # noqa: PLC0415

    if not set(rule.columns) <= set(frame.columns):
        return pd.Series(data=True, index=frame.index, dtype=bool)  # another check reports the missing column
    types = arrow.types(table[name] for name in rule.columns)
    rows = pl.from_arrow(pa.Table.from_pandas(frame[list(rule.columns)], types, preserve_index=False))
    verdict = rows.select(rule.kept().alias("kept"))["kept"] if isinstance(rows, pl.DataFrame) else rows
    return pd.Series(verdict.to_list(), index=frame.index, dtype=bool)


@dataclass(frozen=True)
class _Means:
    """How one backend writes a type and checks a pattern and a rule."""

    type_of: Callable[[Field], Any]
    matched: Callable[[str, Any], Any]
    kept: Callable[[FrameRule, Table, Any], Any]


_IN_PANDAS = _Means(_pandas_type, _matched_in_pandas, _kept_in_pandas)
_IN_POLARS = _Means(_polars_type, _matched_in_polars, _kept_in_polars)

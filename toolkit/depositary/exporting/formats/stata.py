"""Stata: one file for each table, its codes as labelled numbers.

pandas writes the files (version 118, which Stata 14 and later can read). Of the two libraries that can write them, only
pandas lets us set the time stamp, keeps small numbers in small types, and writes dates before 1970.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pyarrow import compute

from depositary.errors import UsageError
from depositary.exporting.content import Batches, Content, TableContent
from depositary.exporting.created import created
from depositary.exporting.doubles import unheld
from depositary.exporting.names import file_names, short_names
from depositary.exporting.written import File, Loss, Written
from depositary.loading.typed import Shape
from depositary.model.field_types import BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, TEXT, TIME, Storage
from depositary.model.labels import distinct_labels
from depositary.model.table import Field, kind_of
from depositary.read.files.typed_texts import as_text

CODES = "codes.csv"
_MOST_VARIABLES = 32_767
_NAME = 32  # characters
_LABEL = 80  # characters, of a variable and of a dataset
_VALUE_LABEL = 32_000  # bytes
_VALUE_LABELS = 65_536  # in one set
_TEXT = 2_045  # bytes of a text in a column of fixed width; longer ones are strL
_INTEGERS = (("Int8", -127, 100), ("Int16", -32_767, 32_740), ("Int32", -2_147_483_647, 2_147_483_620))
_LEAST_LABELLED, _MOST_LABELLED = _INTEGERS[-1][1:]
_FIRST = np.datetime64("0100-01-01")  # Stata does not show dates of earlier years
_YES_NO = {0: "no", 1: "yes"}

# Words that Stata reserves, and further words that pandas would rename.
_RESERVED = (
    "_all _b _coef _cons _loop _N _n _pi _pred _rc _se _skip aggregate array boolean break byte case catch class "
    "colvector complex const continue default delegate delete do double else eltypedef end enum explicit export "
    "external float for friend function global goto if in inline int local long NULL pragma protected quad rowvector "
    r"short str\d* strL typedef typename using virtual with"
)
_UNSAFE = re.compile(rf"^(?=\d|[^\w]|(?:{'|'.join(_RESERVED.split())})$)|[^\w]|[\x80-\xbf\xd7\xf7]")
_UNHELD = "digits that a double does not keep"


def export_dta(content: Content, folder: Path) -> Written:
    """Write each table as .dta, with labels of the dataset, its variables and their values.

    Coded texts become the numbers from 1 in the order of the categories, with their labels; `codes.csv` lists the code
    of each number. Coded integers keep their numbers, and have labels too.

    Args:
        content: the package.
        folder: an empty folder.

    Raises:
        UsageError: a table cannot be read, or has more columns than Stata takes.
    """
    names = file_names(t.name for t in content.tables)
    files, losses, codes = [], list[Loss](), list[_Code]()
    for table in content.tables:
        path = folder / f"{names[table.name]}.dta"
        writing = _Writing(content, table, path)
        files.append(File.at(folder, path, table.write(writing.write)))
        losses += writing.losses()
        codes += writing.codes()
    if codes:
        _write_codes(folder / CODES, codes)
        files.append(File.at(folder, folder / CODES, len(codes)))
        losses.insert(
            0, Loss("", "", f"codes that are texts are numbers with labels; {CODES} has the code of each number")
        )
    return Written("dta", files, losses)


_Code = tuple[str, str, str, int, str, str]  # table, column, variable, number, code, label


def _write_codes(path: Path, codes: Iterable[_Code]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(("table", "column", "variable", "number", "code", "label"))
        rows.writerows(codes)


@dataclass
class _Variable:
    """A column as Stata holds it: its cells, the labels and codes of its numbers, and its losses."""

    cells: Any  # a column that pandas accepts
    labels: Mapping[int, str] = field(default_factory=dict)
    codes: Mapping[int, str] = field(default_factory=dict)
    losses: "_Losses" = ()
    form: str = ""  # `td` or `tc`
    is_long: bool = False


_Losses = Sequence[tuple[str, int | None]]  # a text, and the number of values if they were counted


class _Writing:
    def __init__(self, content: Content, table: TableContent, path: Path) -> None:
        if len(table.fields) > _MOST_VARIABLES:
            raise UsageError(
                f"{table.name} cannot be written for Stata: it has {len(table.fields):,} columns, and a file of Stata "
                f"holds {_MOST_VARIABLES:,} at most. Leave dta out of the formats."
            )
        self._content, self._table, self._path = content, table, path
        self._names = stata_names(f.name for f in table.fields)
        self._variables: dict[str, _Variable] = {}

    def write(self, shape: Shape, rows: Batches) -> int:
        """Write the rows, and count them."""
        data = pa.Table.from_batches(rows, shape.schema)
        self._variables = {f.name: VARIABLES[shape.storage_of(f)](f, data[f.name]) for f in self._table.fields}
        named = {self._names[name]: variable for name, variable in self._variables.items()}
        frame = pd.DataFrame({name: one.cells for name, one in named.items()}, index=range(data.num_rows), copy=False)
        frame.to_stata(
            self._path,
            version=118,
            byteorder="little",
            write_index=False,
            time_stamp=created(self._content),
            data_label=_cut(self._title),
            variable_labels={self._names[f.name]: _cut(_label(f)) for f in self._table.fields},
            value_labels={name: dict(one.labels) for name, one in named.items() if one.labels},
            convert_dates={name: one.form for name, one in named.items() if one.form},
            convert_strl=[name for name, one in named.items() if one.is_long],
        )
        return int(data.num_rows)

    @property
    def _title(self) -> str:
        return _in_one_line(self._table.resource.descriptor.get("title") or self._table.name)

    def codes(self) -> Iterator[_Code]:
        """List the code of each number."""
        for name, variable in self._variables.items():
            for number, code in variable.codes.items():
                yield self._table.name, name, self._names[name], number, code, variable.labels[number]

    def losses(self) -> Iterator[Loss]:
        """List what was not kept."""
        yield from self._table.losses()
        if len(self._title) > _LABEL:
            yield Loss(self._table.name, "", f"its label is cut at {_LABEL} characters")
        cut = sum(len(_label(f)) > _LABEL for f in self._table.fields)
        if cut:
            yield Loss(self._table.name, "", f"labels of variables are cut at {_LABEL} characters", cut)
        for name, variable in self._variables.items():
            if name != self._names[name]:
                yield Loss(self._table.name, name, f"named {self._names[name]}, the name of a variable in Stata")
            yield from (Loss(self._table.name, name, what, count) for what, count in variable.losses if count != 0)


def stata_names(names: Iterable[str]) -> dict[str, str]:
    """Map the name of each column to that of a variable: letters, digits, underscores, not a reserved word."""
    return short_names(names, _NAME, _UNSAFE)


def _label(one: Field) -> str:
    return _in_one_line(one.descriptor.get("title") or one.descriptor.get("description") or one.name)


def _in_one_line(text: object) -> str:
    return " ".join(str(text).replace("\0", " ").split())


def _cut(text: str) -> str:
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1]}…"


# Columns


def _texts_or_codes(one: Field, column: pa.ChunkedArray) -> _Variable:
    if kind_of(one).codes is TEXT and 0 < len(one.categories) <= _VALUE_LABELS:
        return _codes(one, pl.Series(column))
    return _texts(pl.Series(column), _unlabelled(one))


def _yes_no(_: Field, column: pa.ChunkedArray) -> _Variable:
    return _Variable(_nullable(column.cast(pa.int8()), "Int8"), _YES_NO)


def _decimals(one: Field, column: pa.ChunkedArray) -> _Variable:
    texts = _text_of(column)
    return _Variable(_doubles(texts), losses=[(_UNHELD, unheld(texts)), *_unlabelled(one)])


def _hours(_: Field, column: pa.ChunkedArray) -> _Variable:
    return _texts(_text_of(column), [("text, because Stata has no type for times of day", None)])


def _unlabelled(one: Field) -> _Losses:
    unlabelled = f"no labels of codes: Stata has labels for whole numbers up to {_MOST_LABELLED:,}"
    return [(unlabelled, None)] if one.categories else []


def _fitting(labels: Mapping[str, str]) -> tuple[dict[str, str], _Losses]:
    """Cut labels of codes that are too long, make equal labels different, and count both."""
    plain = {code: text.replace("\0", " ") for code, text in labels.items()}
    fitting = distinct_labels(plain, _VALUE_LABEL)
    cut = sum(len(text.encode()) > _VALUE_LABEL or text != labels[code] for code, text in plain.items())
    alike = sum(not plain[code].startswith(text) for code, text in fitting.items())
    return fitting, [
        (f"labels of codes are cut at {_VALUE_LABEL:,} bytes", cut),
        ("several codes have the same label, so the code is added in brackets", alike),
    ]


def _text_of(column: pa.ChunkedArray) -> pl.Series:
    return as_text(pa.table({"texts": column}))["texts"]


def _nullable(column: pa.ChunkedArray, kind: str) -> pd.Series:
    return column.to_pandas(types_mapper=lambda _: pd.api.types.pandas_dtype(kind))


def _doubles(texts: pl.Series) -> Any:  # noqa: ANN401 (a numpy array)
    """Read numbers as the nearest doubles; no other conversion from decimals is exact in the last digit."""
    return texts.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _integers(one: Field, column: pa.ChunkedArray) -> _Variable:
    extremes = compute.min_max(column).as_py()
    least, most = extremes["min"] or 0, extremes["max"] or 0
    labels, losses = _labels_of_integers(one)
    for kind, lowest, highest in _INTEGERS:
        if lowest <= least and most <= highest:
            cells = _nullable(column.cast(pa.from_numpy_dtype(kind.lower())), kind)
            return _Variable(cells, labels, losses=losses)
    texts = _text_of(column)
    return _Variable(_doubles(texts), labels, losses=[(_UNHELD, unheld(texts)), *losses])


def _labels_of_integers(one: Field) -> tuple[dict[int, str], _Losses]:
    try:
        numbers = {code: int(code) for code in one.categories}
    except ValueError:
        return {}, _unlabelled(one)
    fit = all(_LEAST_LABELLED <= n <= _MOST_LABELLED for n in numbers.values()) and len(numbers) <= _VALUE_LABELS
    if not fit:
        return {}, _unlabelled(one)
    labels, losses = _fitting(one.categories)
    return {numbers[code]: label for code, label in labels.items()}, losses


def _days(_: Field, column: pa.ChunkedArray) -> _Variable:
    days = column.cast(pa.timestamp("s")).to_numpy()
    return _Variable(days, form="td", losses=[_unshown(days)])


def _times(_: Field, column: pa.ChunkedArray) -> _Variable:
    exact = column.cast(pa.timestamp("us")).to_numpy()
    times = exact.astype("datetime64[ms]")
    lost = int(np.count_nonzero((exact != times) & ~np.isnat(exact)))
    losses = [("fractions of a second are cut after milliseconds", lost), _unshown(times)]
    return _Variable(times, form="tc", losses=losses)


def _unshown(times: Any) -> tuple[str, int]:  # noqa: ANN401 (a numpy array)
    return "years before 100, which are stored but which Stata does not show", int(np.count_nonzero(times < _FIRST))


def _codes(one: Field, column: pl.Series) -> _Variable:
    known = one.categories
    others = sorted(set(column.drop_nulls().unique().to_list()) - known.keys())
    codes = [*known, *others]
    number = {code: n for n, code in enumerate(codes, start=1)}
    kind = next(kind for kind, _, highest in _INTEGERS if len(codes) <= highest)
    numbers = column.replace_strict(number, return_dtype=pl.Int32).to_arrow()
    labels, losses = _fitting({code: known.get(code, code) for code in codes})
    strays = int(column.is_in(others).sum()) if others else 0
    return _Variable(
        _nullable(pa.chunked_array([numbers]).cast(pa.from_numpy_dtype(kind.lower())), kind),
        {number[code]: label for code, label in labels.items()},
        {n: code for code, n in number.items()},
        [("values that are not codes of the column, used as their own labels", strays), *losses],
    )


def _texts(column: pl.Series, losses: _Losses) -> _Variable:
    empty = int((column == "").sum())
    ends = int(column.str.contains("\0", literal=True).sum())
    texts = column.str.replace_all("\0", "\ufffd", literal=True) if ends else column
    longest = texts.str.len_bytes().max()
    return _Variable(
        texts.fill_null("").to_pandas(),
        is_long=isinstance(longest, int) and longest > _TEXT,
        losses=[
            *losses,
            ("empty texts, which are read as missing", empty),
            ("a NUL character, which ends a text in Stata, is replaced by �", ends),
        ],
    )


VARIABLES: Mapping[Storage, Callable[[Field, pa.ChunkedArray], _Variable]] = {
    TEXT: _texts_or_codes,
    INTEGER: _integers,
    DECIMAL: _decimals,
    BOOLEAN: _yes_no,
    DATE: _days,
    DATETIME: _times,
    TIME: _hours,
}

"""Scan all rows of a table in the engine: how many texts of each column have which form.

All rows are counted, never a sample. The engine uses files where the memory is not enough.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from depositary.drafting.package.forms import FORMS
from depositary.engine.duckdb import DuckDB
from depositary.engine.sql import literal, quoted
from depositary.model.package import Resource
from depositary.read.files.records import Records

_GATHERED = 100_000  # rows that are given to the engine at once
_ROW = "row"
_SHOWN = 3  # values that a line quotes
# Texts that usually mean that a value is missing. NA may be Namibia, and None an answer: types.py decides.
MISSING = (
    *("NA", "N/A", "n/a", "#N/A", "<NA>", "n.a.", "NaN", "nan", "NULL", "null", "None", "none", "na"),
    *("-", "--", ".", "..", "...", "…", ":"),
)
_SENTINELS = ("-9", "-99", "-999", "-9999")


@dataclass(frozen=True)
class ScannedColumn:
    """What a scan counted in one column.

    Args:
        at: its place in the header, from 0.
        filled: cells that are not empty.
        distinct: different texts among them.
        longest: characters of the longest.
        shortest: characters of the shortest.
        forms: how many cells have each form; those without any are absent.
        first: the first text that has each form.
        missing: how many cells have each text that may mean a missing value.
        sentinels: the same for numbers that may.
        is_text: whether the file itself declares texts, as Parquet does.
    """

    name: str
    at: int
    filled: int = 0
    distinct: int = 0
    longest: int = 0
    shortest: int = 0
    forms: Mapping[str, int] = field(default_factory=dict)
    first: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    sentinels: Mapping[str, int] = field(default_factory=dict)
    is_text: bool = False

    def of(self, form: str) -> int:
        """Count the cells of a form."""
        return self.forms.get(form, 0)


@dataclass(frozen=True)
class Scan:
    """A scanned table: its rows, its columns, and the rows that are longer or shorter than the header."""

    table: int
    rows: int
    columns: tuple[ScannedColumn, ...]
    ragged: tuple[int, ...] = ()
    ragged_count: int = 0

    def column(self, name: str) -> ScannedColumn:
        """Give a column by its name."""
        return next(column for column in self.columns if column.name == name)


class Scans:
    """All scanned tables, and the questions about them that the engine answers."""

    def __init__(self, engine: DuckDB) -> None:
        self._engine = engine
        self._tables = 0

    def scan(self, resource: Resource, texts: Sequence[str] = ()) -> Scan:
        """Read a file to its end and count; `texts` are the columns that it declares to be texts.

        Raises:
            UnreadableFile: it cannot be read.
            EngineError: the engine fails.
        """
        number, self._tables = self._tables, self._tables + 1
        with Records(resource) as records:
            labels = tuple(records.labels)
            ragged = _Ragged(len(labels))
            columns = pa.schema([(_ROW, pa.int64()), *((_name(at), pa.string()) for at in range(len(labels)))])
            filling = self._engine.fill(_table(number), columns, is_new=True)
            for batch in _batches(records, columns, ragged):
                filling.put([batch])
            filling.close()
        if not ragged.rows:
            self._engine.create(_table(number), columns)
        counted = tuple(self._column(number, at, label) for at, label in enumerate(labels))
        typed = tuple(replace(one, is_text=one.name in texts) for one in counted)
        return Scan(number, ragged.rows, typed, tuple(ragged.first), ragged.count)

    def _column(self, number: int, at: int, label: str) -> ScannedColumn:
        name, distinct = _name(at), _distinct(number, at)
        self._engine.run(
            f"CREATE TABLE {distinct} AS SELECT {name} AS x, count(*) AS n, min({_ROW}) AS r "
            f"FROM {_table(number)} WHERE {name} <> '' GROUP BY {name}"
        )
        kept = {f"form{i}": (form, sql) for i, (form, sql) in enumerate(FORMS.items())}
        asked = ", ".join(
            f"coalesce(sum(n) FILTER (WHERE {sql}), 0) AS {key}, arg_min(x, r) FILTER (WHERE {sql}) AS {key}x"
            for key, (_, sql) in kept.items()
        )
        (row,) = self._engine.rows(
            "SELECT coalesce(sum(n), 0) AS filled, count(*) AS texts, coalesce(max(length(x)), 0) AS longest, "
            f"coalesce(min(length(x)), 0) AS shortest, {asked} FROM {distinct}"
        )
        return ScannedColumn(
            name=label,
            at=at,
            filled=int(row["filled"]),
            distinct=int(row["texts"]),
            longest=int(row["longest"]),
            shortest=int(row["shortest"]),
            forms={form: int(row[key]) for key, (form, _) in kept.items() if row[key]},
            first={form: row[f"{key}x"] for key, (form, _) in kept.items() if row[key]},
            missing=self._counts(distinct, MISSING),
            sentinels=self._counts(distinct, _SENTINELS),
        )

    def _counts(self, distinct: str, texts: Sequence[str]) -> dict[str, int]:
        listed = ", ".join(map(literal, texts))
        found = {
            row["x"]: int(row["n"]) for row in self._engine.rows(f"SELECT x, n FROM {distinct} WHERE x IN ({listed})")
        }
        return {text: found[text] for text in texts if text in found}

    # Questions

    def values(self, scan: Scan, column: ScannedColumn, most: int) -> list[tuple[str, int]]:
        """Give the texts of a column with their counts, sorted; at most so many."""
        query = f"SELECT x, n FROM {_distinct(scan.table, column.at)} ORDER BY x LIMIT {most}"
        return [(row["x"], int(row["n"])) for row in self._engine.rows(query)]

    def ends(self, scan: Scan, column: ScannedColumn) -> tuple[str, ...]:
        """Give the first and the last text of a column, in the order of texts."""
        query = f"SELECT min(x) AS first, max(x) AS last FROM {_distinct(scan.table, column.at)}"
        row = next(iter(self._engine.rows(query)))
        return tuple(row.values()) if row["first"] is not None else ()

    def different(self, scan: Scan, columns: Sequence[ScannedColumn]) -> int:
        """Count the different rows of some columns."""
        names = ", ".join(_name(column.at) for column in columns)
        query = f"SELECT count(*) AS n FROM (SELECT DISTINCT {names} FROM {_table(scan.table)})"
        return int(next(iter(self._engine.rows(query)))["n"])

    def repeated(
        self, scan: Scan, columns: Sequence[ScannedColumn], most: int
    ) -> list[tuple[tuple[str, ...], list[int]]]:
        """Give the first values that occur in several rows, each with its first rows."""
        names = [_name(column.at) for column in columns]
        query = (
            f"SELECT {', '.join(names)}, list_sort(list({_ROW}))[1:4] AS listed FROM {_table(scan.table)} "
            f"GROUP BY {', '.join(names)} HAVING count(*) > 1 ORDER BY min({_ROW}) LIMIT {most}"
        )
        return [(tuple(str(row[name]) for name in names), list(row["listed"])) for row in self._engine.rows(query)]

    def blank_rows(self, scan: Scan, column: ScannedColumn, most: int) -> list[int]:
        """Give the first rows in which a column is blank."""
        name = _name(column.at)
        query = f"SELECT {_ROW} AS r FROM {_table(scan.table)} WHERE {name} = '' ORDER BY {_ROW} LIMIT {most}"
        return [int(row["r"]) for row in self._engine.rows(query)]

    def without_values(self, scan: Scan, missing: Sequence[Sequence[str]]) -> list[int]:
        """Give the first rows in which each column is blank, or has a text that means so."""
        blank = (f"{_name(at)} IN ({', '.join(map(literal, ('', *texts)))})" for at, texts in enumerate(missing))
        where = " AND ".join(blank)
        query = f"SELECT {_ROW} AS r FROM {_table(scan.table)} WHERE {where} ORDER BY {_ROW} LIMIT {_SHOWN + 1}"
        return [int(row["r"]) for row in self._engine.rows(query)]

    def outside(
        self, child: Scan, column: ScannedColumn, parent: Scan, key: ScannedColumn, passing: Sequence[str]
    ) -> tuple[int, list[str]]:
        """Count the texts of a column that are not in a column of another table, and give the first."""
        there = _distinct(parent.table, key.at)
        passed = f"x NOT IN ({', '.join(map(literal, passing))}) AND " if passing else ""
        query = (
            f"SELECT count(*) AS n, list_sort(list(x))[1:{_SHOWN}] AS listed FROM {_distinct(child.table, column.at)} "
            f"WHERE {passed}NOT EXISTS (SELECT 1 FROM {there} AS p WHERE p.x = {_distinct(child.table, column.at)}.x)"
        )
        row = next(iter(self._engine.rows(query)))
        return int(row["n"]), list(row["listed"] or ())

    def are_inside(
        self, child: Scan, columns: Sequence[ScannedColumn], parent: Scan, key: Sequence[ScannedColumn]
    ) -> bool:
        """Return whether each combination of some columns is in another table."""
        pairs = zip(columns, key, strict=True)
        same = " AND ".join(f"p.{_name(there.at)} = c.{_name(here.at)}" for here, there in pairs)
        query = (
            f"SELECT 1 AS one FROM {_table(child.table)} AS c "
            f"WHERE NOT EXISTS (SELECT 1 FROM {_table(parent.table)} AS p WHERE {same}) LIMIT 1"
        )
        return not list(self._engine.rows(query))

    def elements(self, scan: Scan, column: ScannedColumn, separator: str) -> dict[str, int]:
        """Count, for cells that may be lists: those with the mark, elements, different, longest and odd ones."""
        query = (
            "SELECT coalesce(sum(n) FILTER (WHERE many), 0) AS lists, count(*) AS elements, "
            "count(DISTINCT e) AS texts, coalesce(max(length(e)), 0) AS longest, "
            "count(*) FILTER (WHERE e = '' OR e LIKE '%.') AS odd FROM "
            f"(SELECT CASE WHEN generate_subscripts(parts, 1) = 1 THEN n END AS n, len(parts) > 1 AS many, "
            f"trim(unnest(parts)) AS e FROM (SELECT n, string_split(x, {literal(separator)}) AS parts "
            f"FROM {_distinct(scan.table, column.at)}))"
        )
        return {name: int(value) for name, value in next(iter(self._engine.rows(query))).items()}


def _name(at: int) -> str:
    return f"c{at}"


def _table(number: int) -> str:
    return quoted(f"t{number}")


def _distinct(number: int, at: int) -> str:
    return quoted(f"d{number}_{at}")


class _Ragged:
    """The rows of a file, and those among them with more or fewer cells than the header."""

    def __init__(self, width: int) -> None:
        self.width, self.rows, self.count = width, 0, 0
        self.first: list[int] = []

    def fitted(self, number: int, row: list[str]) -> list[str]:
        """Give a row with as many cells as the header."""
        if len(row) == self.width:
            return row
        self.count += 1
        self.first = self.first if len(self.first) > 2 else [*self.first, number]  # noqa: PLR2004 (shown)
        return (row + [""] * self.width)[: self.width]


def _batches(records: Records, columns: pa.Schema, ragged: _Ragged) -> Iterator[pa.RecordBatch]:
    numbers: list[int] = []
    rows: list[list[str]] = []
    for numbered, chunk in records.chunks():
        numbers += numbered
        rows += [ragged.fitted(number, row) for number, row in zip(numbered, chunk, strict=True)]
        if len(rows) >= _GATHERED:
            yield _batch(numbers, rows, columns)
            ragged.rows += len(rows)
            numbers, rows = [], []
    if rows:
        yield _batch(numbers, rows, columns)
        ragged.rows += len(rows)


def _batch(numbers: list[int], rows: list[list[str]], columns: pa.Schema) -> pa.RecordBatch:
    cells: list[Any] = [numbers, *zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(
        [pa.array(list(one), field.type) for one, field in zip(cells, columns, strict=True)], schema=columns
    )

"""Tables as text in the engine, for comparing and patching: columns have numbers, rows the ids of their records."""

from collections.abc import Iterator, Sequence

import polars as pl

from depositary.engine.duckdb import DuckDB
from depositary.errors import DocumentError, UsageError
from depositary.merging.claims.engine_tables import ID
from depositary.merging.claims.staged import fields, put, tidy_column, with_id, without_missing
from depositary.model.package import Resource
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile

_ADVICE = "Run depositary validate on it."


def column(at: int) -> str:
    """Name a column of an engine table; the fields' own names could be those of its other columns."""
    return f"c{at}"


def columns(count: int, alias: str = "") -> list[str]:
    """Name all columns of an engine table."""
    before = f"{alias}." if alias else ""
    return [before + column(at) for at in range(count)]


def create_staged(engine: DuckDB, staged: str, count: int) -> None:
    """Create an empty engine table with `count` columns."""
    cells = "".join(f", {name} VARCHAR" for name in columns(count))
    engine.run(f"CREATE OR REPLACE TEMP TABLE {staged} (id VARCHAR{cells})")


def fill_staged(engine: DuckDB, staged: str, resource: Resource, names: Sequence[str], key: Sequence[str]) -> None:
    """Copy all rows of a table into an engine table with a column for each name; without a key, they have no id.

    Raises:
        DocumentError: the file cannot be read, or does not have the columns of its schema.
        UsageError: a row has no key, or the key of another row.
    """
    create_staged(engine, staged, len(names))
    path = str(resource.file)
    try:
        _require_columns(resource)
        for frame in _tidy_frames(resource):
            put(engine, staged, _numbered(frame, names, key))
    except UnreadableFile as fault:
        raise DocumentError(f"{fault.part or path}: {fault.message}. {_ADVICE}") from fault
    if key:
        _require_ids(engine, staged, path, key)


def texts_with_ids(resource: Resource, names: Sequence[str]) -> pl.DataFrame:
    """Read columns of a table with a key as tidy texts, with the id of each row as `ID`, in the order of the file.

    Raises:
        DocumentError: the file cannot be read.
    """
    key = resource.table.primary_key
    try:
        frames = [with_id(frame.select(list(dict.fromkeys([*key, *names]))), key) for frame in _tidy_frames(resource)]
    except UnreadableFile as fault:
        raise DocumentError(f"{fault.part or resource.file}: {fault.message}. {_ADVICE}") from fault
    return pl.concat(frames)


def _require_columns(resource: Resource) -> None:
    with Records(resource) as records:
        labels = [label.casefold() for label in records.labels]
    wanted = [name.casefold() for name in resource.table.field_names]
    if labels and sorted(labels) != sorted(wanted):
        odd = sorted(set(labels) ^ set(wanted))
        raise UnreadableFile("labels", f"its columns are not those of its schema: {', '.join(odd or labels)}")


def _tidy_frames(resource: Resource) -> Iterator[pl.DataFrame]:
    table = resource.table
    for frame in fields(resource):
        yield pl.DataFrame([without_missing(tidy_column(frame[f.name]), table.missing_values(f)) for f in table.fields])


def _numbered(frame: pl.DataFrame, names: Sequence[str], key: Sequence[str]) -> pl.DataFrame:
    ids = with_id(frame, key)[ID] if key else pl.repeat(None, len(frame), dtype=pl.String, eager=True)
    blank = pl.repeat(None, len(frame), dtype=pl.String, eager=True)
    cells = [frame[name] if name in frame.columns else blank for name in names]
    return pl.DataFrame([ids.alias("id"), *(cell.alias(column(at)) for at, cell in enumerate(cells))])


def _require_ids(engine: DuckDB, staged: str, path: str, key: Sequence[str]) -> None:
    for found in engine.rows(
        f"SELECT id FROM {staged} GROUP BY id HAVING id IS NULL OR count(*) > 1 ORDER BY id LIMIT 1"
    ):
        what = f"{found['id']} occurs twice" if found["id"] is not None else "a row has no key"
        raise UsageError(f"{path}: rows are compared by their key ({', '.join(key)}), but {what}. {_ADVICE}")

"""Parquet: exact types, and all that the descriptor says in the files' own metadata."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet as pq

from depositary.check.typed import Shape
from depositary.exporting.content import Content, Rows, TableContent
from depositary.exporting.descriptor import plain_schema, write_descriptor
from depositary.exporting.names import file_names
from depositary.exporting.written import File, Loss, Written

_GROUP = 100_000  # rows at least in a row group, but for the last


def export_parquet(content: Content, folder: Path) -> Written:
    """Write each table as Parquet, and the descriptor with sizes and hashes.

    A file's metadata hold the package's name and version and the table's part of the descriptor; those of a column its
    title and description. Codes are plain text: readers differ in what they make of dictionaries.

    Args:
        content: the package.
        folder: an empty folder.

    Raises:
        UsageError: a table cannot be read.
    """
    paths = {name: folder / f"{file}.parquet" for name, file in file_names(t.name for t in content.tables).items()}
    files, losses = {}, list[Loss]()
    for table in content.tables:
        path = paths[table.name]
        rows = table.write(lambda shape, rows, table=table, path=path: _write(content, table, path, shape, rows))  # type: ignore[misc]
        files[table.name] = File.at(folder, path, rows)
        losses += table.losses()
    write_descriptor(content, folder, files, "parquet", "application/vnd.apache.parquet")
    return Written("parquet", (File.at(folder, folder / "datapackage.json"), *files.values()), losses)


def _write(content: Content, table: TableContent, path: Path, shape: Shape, rows: Rows) -> int:
    count = 0
    schema = _schema(content, table, shape)
    with pq.ParquetWriter(path, schema, compression="snappy", write_statistics=True) as writer:
        for group in _groups(rows, shape.schema):
            writer.write_table(group.cast(schema))
            count += group.num_rows
    return count


def _schema(content: Content, table: TableContent, shape: Shape) -> pa.Schema:
    described = {
        "name": table.name,
        **{key: table.resource.descriptor[key] for key in ("title", "description") if key in table.resource.descriptor},
        "schema": plain_schema(table),
    }
    about = {
        "package": content.package.name,
        "version": content.package.version,
        "resource": json.dumps(described, ensure_ascii=False, separators=(",", ":")),
    }
    fields = [
        pa.field(f.name, shape.type_of(f), not table.table.is_filled(f), metadata=_said(f.descriptor))
        for f in shape.fields
    ]
    return pa.schema(fields, metadata=about)


def _said(descriptor: object) -> dict[str, str]:
    known = descriptor if isinstance(descriptor, dict) else {}
    return {key: str(known[key]) for key in ("title", "description") if known.get(key)}


def _groups(rows: Rows, schema: pa.Schema) -> Iterator[pa.Table]:
    """Put batches together until they are worth a row group."""
    waiting: list[pa.RecordBatch] = []
    for batch in rows:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= _GROUP:
            yield pa.Table.from_batches(waiting, schema)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting, schema)

"""Parquet: exact types, and the whole descriptor in the files' own metadata."""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet as pq

from depositary.exporting.beside import copy_rules
from depositary.exporting.content import Batches, Content, TableContent
from depositary.exporting.descriptor import plain_schema, write_descriptor
from depositary.exporting.names import file_names
from depositary.exporting.parts import Part, TableFiles, write_files
from depositary.exporting.written import File, Hashed, Loss, Written
from depositary.loading.typed import Shape

_PACKED = "snappy"  # every reader can unpack it
_SCHEMA = "ARROW:schema"
_GROUP = 100_000  # the fewest rows in a row group, except the last


def export_parquet(content: Content, folder: Path) -> Written:
    """Write each table as Parquet, the package's rules and questions, and the descriptor with sizes and hashes.

    A file's metadata have the package's name and version and the table's part of the descriptor; those of a column have
    its title and description. Codes are plain text, because readers handle dictionaries differently.

    Args:
        content: the package.
        folder: an empty folder.

    Raises:
        UsageError: a table cannot be read, or rules cannot be copied.
    """
    names = file_names(t.name for t in content.tables)
    files, losses = {}, list[Loss]()
    for table in content.tables:
        of_table = TableFiles(folder, names[table.name], "parquet", content.parts)
        parts = write_files(content, table, of_table, partial(_rows_writer, content, table), coded=True)
        files[table.name] = [part.file for part in parts]
        losses += table.losses()
    beside = write_descriptor(content, folder, files, "parquet", "application/vnd.apache.parquet")
    companions = [File.at(folder, path) for path in copy_rules(content.package, folder)]
    descriptor = File.at(folder, folder / "datapackage.json")
    tables = chain.from_iterable(files.values())
    return Written("parquet", (descriptor, *tables, *companions, *beside.files), [*losses, *beside.losses])


def _rows_writer(content: Content, table: TableContent, shape: Shape) -> "_ParquetRows":
    return _ParquetRows(_schema(content, table, shape))


@dataclass(frozen=True)
class _ParquetRows:
    """Writes rows of a table; the schema has its metadata."""

    schema: pa.Schema

    def write(self, path: Path, rows: Batches) -> Part:
        """Write rows to a new file."""
        return Part(_write_file(self.schema, path, rows))


def _write_file(schema: pa.Schema, path: Path, rows: Batches) -> File:
    first = next(rows, None)
    if first is None:
        pq.write_table(schema.empty_table(), path, compression=_PACKED)
        return File.at(path.parent, path, 0)
    # Repeated texts are dictionaries here and in the file. But readers should see plain text, so the schema for Arrow's
    # readers has plain text.
    found = pa.schema([f.with_type(first.schema.field(f.name).type) for f in schema])
    metadata = {**schema.metadata, _SCHEMA: base64.b64encode(schema.serialize())}
    count = 0
    with Hashed(path) as file, _writer(file, found) as writer:
        for group in _groups(chain([first], rows), found):
            writer.write_table(group)
            count += group.num_rows
        writer.add_key_value_metadata(metadata)
    return file.described(count)


def _writer(file: Hashed, schema: pa.Schema) -> pq.ParquetWriter:
    # With an index of pages, a reader of a few rows reads little more than these: the site does, over a network.
    return pq.ParquetWriter(file, schema, compression=_PACKED, store_schema=False, write_page_index=True)


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
        pa.field(f.name, shape.type_of(f), not table.table.is_filled(f), metadata=_title_and_description(f.descriptor))
        for f in shape.fields
    ]
    return pa.schema(fields, metadata=about)


def _title_and_description(descriptor: object) -> dict[str, str]:
    known = descriptor if isinstance(descriptor, dict) else {}
    return {key: str(known[key]) for key in ("title", "description") if known.get(key)}


def _groups(rows: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Combine batches until they are large enough for a row group."""
    waiting: list[list[pa.Array]] = []
    count = 0
    for batch in rows:
        waiting.append([_typed(column, kind) for column, kind in zip(batch.columns, schema.types, strict=True)])
        count += batch.num_rows
        if count >= _GROUP:
            yield _together(waiting, schema)
            waiting, count = [], 0
    if waiting:
        yield _together(waiting, schema)


def _typed(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """Give a column of text as in the first batch, with or without a dictionary."""
    if column.type == kind:
        return column
    return column.dictionary_encode() if pa.types.is_dictionary(kind) else column.cast(kind)


def _together(batches: Sequence[Sequence[pa.Array]], schema: pa.Schema) -> pa.Table:
    columns = [
        pa.chunked_array(chunks, kind) for chunks, kind in zip(zip(*batches, strict=True), schema.types, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema).unify_dictionaries()

"""Write many rows into a Parquet file, which the engine reads column by column where a rule asks for them.

Texts that come as dictionaries are written as such, so repeated texts cost little in time, memory and room.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from depositary.compile.arrow import is_coded
from depositary.errors import EngineError


class RowFile:
    """The rows of one file; `ready` is called when it is complete.

    Raises:
        EngineError: the file cannot be written.
    """

    def __init__(self, path: Path, ready: Callable[[Path], None]) -> None:
        self._path, self._ready = path, ready
        self._writer: parquet.ParquetWriter | None = None
        self._columns: pa.Schema | None = None

    def put(self, rows: Sequence[pa.RecordBatch]) -> None:
        """Add rows as one group; the first rows decide which columns are written by a dictionary."""
        if self._columns is None:
            self._columns = rows[0].schema
        columns = self._columns
        with _engine_errors():
            table = pa.Table.from_batches([_like(columns, batch) for batch in rows], columns).unify_dictionaries()
            if self._writer is None:
                coded = [field.name for field in columns if is_coded(field.type)]
                texts = [field.name for field in columns if pa.types.is_string(field.type)]
                self._writer = parquet.ParquetWriter(
                    self._path, columns, compression="none", store_schema=False, use_dictionary=coded or texts
                )
            self._writer.write_table(table, row_group_size=max(1, len(table)))

    def close(self) -> None:
        """Complete the file."""
        if self._writer:
            with _engine_errors():
                self._writer.close()
            self._writer = None
            self._ready(self._path)

    def stop(self) -> None:
        """Remove the file, unless it is complete."""
        if self._writer:
            with suppress(OSError, pa.ArrowException):  # what was interrupted may not be possible to complete
                self._writer.close()
            self._writer = None
            self._path.unlink(missing_ok=True)


def _like(columns: pa.Schema, rows: pa.RecordBatch) -> pa.RecordBatch:
    arrays = [_alike(field.type, array) for field, array in zip(columns, rows.columns, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def _alike(kind: pa.DataType, array: pa.Array) -> pa.Array:
    if is_coded(kind) == is_coded(array.type):
        return array
    return array.dictionary_encode() if is_coded(kind) else array.dictionary_decode()


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise EngineError(f"its rows cannot be written to a temporary file: {str(error).splitlines()[0]}") from error

"""Fill a table of an engine that has no files of its own for rows."""

from collections.abc import Sequence

import pyarrow as pa

from depositary.compile.arrow import decoded
from depositary.engine.engine import Engine


class Appending:
    """Appends rows to a table; each method raises EngineError as the engine does."""

    def __init__(self, engine: Engine, table: str, columns: pa.Schema, *, is_new: bool) -> None:
        self._engine, self._table = engine, table
        if is_new:
            engine.create(table, columns)

    def put(self, rows: Sequence[pa.RecordBatch]) -> None:
        """Add rows; texts may be given by their indexes in a dictionary."""
        self._engine.append(self._table, pa.Table.from_batches(map(decoded, rows)))

    def close(self) -> None:
        """End it."""

    def stop(self) -> None:
        """Forget the rows."""
        self._engine.drop(self._table)

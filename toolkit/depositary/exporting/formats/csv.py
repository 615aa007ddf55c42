"""CSV and its descriptor: the canonical form of a package, which every reader of Data Packages accepts."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import polars as pl

from depositary.exporting.beside import copy_rules
from depositary.exporting.content import Batches, Content, TableContent
from depositary.exporting.descriptor import write_descriptor
from depositary.exporting.names import file_names
from depositary.exporting.parts import TableFiles
from depositary.exporting.written import File, Loss, Written
from depositary.loading.typed import Shape
from depositary.model.table import kind_of
from depositary.read.files.typed_texts import as_text
from depositary.write.tables import write_table

_RUN = r"^[=+\-@\t\r]"  # the beginning of a cell that a spreadsheet may run as a formula


def export_csv(content: Content, folder: Path, *, safe_cells: bool = False) -> Written:
    """Write each table as CSV (UTF-8, LF, commas, a header), the package's rules and questions, and the descriptor.

    Args:
        content: the package.
        folder: an empty folder.
        safe_cells: put an apostrophe before text that a spreadsheet would run as a formula.

    Raises:
        UsageError: a table cannot be read, or rules cannot be copied.
    """
    names = file_names(t.name for t in content.tables)
    files, losses = {}, list[Loss]()
    for table in content.tables:
        writing = _Writing(table, TableFiles(folder, names[table.name], "csv", content.parts), safe_cells)
        files[table.name] = table.write(writing.write, written=True)
        losses += writing.losses()
    companions = [File.at(folder, path) for path in copy_rules(content.package, folder)]
    beside = write_descriptor(content, folder, files, "csv", "text/csv")
    descriptor = File.at(folder, folder / "datapackage.json")
    tables = chain.from_iterable(files.values())
    return Written("csv", (descriptor, *tables, *companions, *beside.files), [*losses, *beside.losses])


class _Writing:
    def __init__(self, table: TableContent, files: TableFiles, safe_cells: bool) -> None:  # noqa: FBT001 (passed on)
        self._table, self._files, self._safe_cells = table, files, safe_cells
        self._safe: Counter[str] = Counter()
        self._empty: Counter[str] = Counter()

    def write(self, shape: Shape, rows: Batches) -> list[File]:
        """Write the rows."""
        self._safe.clear()
        self._empty.clear()
        return self._files.write(rows, partial(self._write, shape))

    def _write(self, shape: Shape, path: Path, rows: Batches) -> File:
        self._count = 0
        write_table(path, shape.schema.names, self._frames(rows))
        return File.at(path.parent, path, self._count)

    def _frames(self, rows: Batches) -> Iterator[pl.DataFrame]:
        texts = [f.name for f in self._table.fields if kind_of(f).is_text]
        padded = [f for f in self._table.fields if kind_of(f).digits]  # 5 is not a year, 0005 is one
        for batch in rows:
            self._count += batch.num_rows
            frame = as_text(batch).with_columns(pl.col(f.name).str.zfill(kind_of(f).digits) for f in padded)
            self._empty.update({name: int((frame[name] == "").sum()) for name in texts})
            if self._safe_cells:
                risky = {name: frame[name].str.contains(_RUN) for name in texts}
                self._safe.update({name: int(mask.sum()) for name, mask in risky.items()})
                frame = frame.with_columns(
                    pl.when(mask).then("'" + frame[name]).otherwise(frame[name]).alias(name)
                    for name, mask in risky.items()
                )
            yield frame

    def losses(self) -> Iterator[Loss]:
        """List what was not kept."""
        for name, count in sorted(self._empty.items()):
            if count:
                yield Loss(self._table.name, name, "empty texts, which are read as missing", count)
        for name, count in sorted(self._safe.items()):
            if count:
                yield Loss(self._table.name, name, "an apostrophe is added before the text (--safe-cells)", count)
        yield from self._table.general_losses()

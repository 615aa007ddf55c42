"""CSV and its descriptor: the canonical form of a package, which every reader of Data Packages accepts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow as pa

from depositary.exporting.beside import copy_rules
from depositary.exporting.content import Batches, Content
from depositary.exporting.descriptor import write_descriptor
from depositary.exporting.names import file_names
from depositary.exporting.parts import Part, TableFiles, write_files
from depositary.exporting.written import File, Loss, Written
from depositary.model.table import Field, kind_of
from depositary.read.files.typed_texts import as_text
from depositary.write.tables import write_table

_EMPTY = "empty texts, which are read as missing"
_MARKED = "an apostrophe is added before the text (--safe-cells)"
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
        of_table = TableFiles(folder, names[table.name], "csv", content.parts)
        parts = write_files(content, table, of_table, lambda shape: _CsvRows(shape.fields, safe_cells), written=True)
        files[table.name] = [part.file for part in parts]
        losses += [*_losses(table.name, parts), *table.general_losses()]
    companions = [File.at(folder, path) for path in copy_rules(content.package, folder)]
    beside = write_descriptor(content, folder, files, "csv", "text/csv")
    descriptor = File.at(folder, folder / "datapackage.json")
    tables = chain.from_iterable(files.values())
    return Written("csv", (descriptor, *tables, *companions, *beside.files), [*losses, *beside.losses])


@dataclass(frozen=True)
class _CsvRows:
    """Writes rows of a table that has some columns."""

    fields: tuple[Field, ...]
    safe_cells: bool

    def write(self, path: Path, rows: Batches) -> Part:
        """Write rows to a new file."""
        lost: Counter[tuple[str, str]] = Counter()
        count = 0

        def frames() -> Iterator[pl.DataFrame]:
            nonlocal count
            for batch in rows:
                count += batch.num_rows
                yield self._frame(batch, lost)

        write_table(path, [f.name for f in self.fields], frames())
        return Part(File.at(path.parent, path, count), lost)

    def _frame(self, batch: pa.RecordBatch, lost: Counter[tuple[str, str]]) -> pl.DataFrame:
        texts = [f.name for f in self.fields if kind_of(f).is_text]
        padded = [f for f in self.fields if kind_of(f).digits]  # 5 is not a year, 0005 is one
        frame = as_text(batch).with_columns(pl.col(f.name).str.zfill(kind_of(f).digits) for f in padded)
        lost.update({(name, _EMPTY): int((frame[name] == "").sum()) for name in texts})
        if not self.safe_cells:
            return frame
        risky = {name: frame[name].str.contains(_RUN) for name in texts}
        lost.update({(name, _MARKED): int(mask.sum()) for name, mask in risky.items()})
        return frame.with_columns(
            pl.when(mask).then("'" + frame[name]).otherwise(frame[name]).alias(name) for name, mask in risky.items()
        )


def _losses(table: str, parts: Sequence[Part]) -> Iterator[Loss]:
    """List the texts that were not kept."""
    total = sum((part.lost for part in parts), Counter[tuple[str, str]]())
    for what in (_EMPTY, _MARKED):
        yield from (Loss(table, name, of, count) for (name, of), count in sorted(total.items()) if of == what)

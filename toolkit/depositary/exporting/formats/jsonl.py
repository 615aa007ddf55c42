"""JSON Lines: one JSON object for each row, for programs that read text."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from depositary.exporting.content import Batches, Content, TableContent
from depositary.exporting.names import file_names
from depositary.exporting.written import File, Loss, Written
from depositary.loading.typed import Shape
from depositary.read.files.typed_texts import as_text

_MOST = 1 << 53  # readers that have only doubles can distinguish whole numbers up to this
_DIGITS = 15  # digits of a decimal that such readers keep


def export_jsonl(content: Content, folder: Path) -> Written:
    """Write each table as JSON Lines: every object has every field, with null for a blank.

    Numbers are JSON numbers with all their digits, booleans are booleans, days and times are text.

    Args:
        content: the package.
        folder: an empty folder.

    Raises:
        UsageError: a table cannot be read.
    """
    paths = {name: folder / f"{file}.jsonl" for name, file in file_names(t.name for t in content.tables).items()}
    files, losses = [], list[Loss]()
    for table in content.tables:
        writing = _Writing(table, paths[table.name])
        files.append(File.at(folder, paths[table.name], table.write(writing.write)))
        losses += table.losses()
        losses += (
            Loss(table.name, name, "digits that readers with only doubles, such as JavaScript, do not keep", count)
            for name, count in sorted(writing.long.items())
        )
    return Written("jsonl", files, losses)


class _Writing:
    def __init__(self, table: TableContent, path: Path) -> None:
        self._table, self._path = table, path
        self.long: Counter[str] = Counter()  # numbers, by column, that a double does not hold

    def write(self, shape: Shape, rows: Batches) -> int:
        """Write the rows, and count them."""
        self.long.clear()
        count = 0
        with self._path.open("w", encoding="utf-8", newline="\n") as stream:
            for batch in rows:
                self._put(stream, shape, batch)
                count += batch.num_rows
        return count

    def _put(self, stream: TextIO, shape: Shape, batch: pa.RecordBatch) -> None:
        texts = as_text(batch)
        columns = []
        for one in shape.fields:
            is_json = shape.storage_of(one).is_json
            says = str if is_json else _quoted
            cells = texts[one.name].to_list()
            if is_json:
                self.long.update({one.name: found} if (found := sum(map(_is_long, cells))) else {})
            head = _quoted(one.name) + ":"
            columns.append([head + ("null" if cell is None else says(cell)) for cell in cells])
        stream.writelines("{" + ",".join(cells) + "}\n" for cells in zip(*columns, strict=True))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _is_long(text: str | None) -> bool:
    return text is not None and len(text) > _DIGITS and Decimal(text) != Decimal(repr(float(text)))

"""Choose the rows of a file, and split, join and unpivot its columns, before anything is translated."""

from collections.abc import Callable, Collection, Iterator, Sequence

from depositary.model.mapping import UNTRANSLATED, ColumnMapping
from depositary.read.files.rendered import Chunk

_Derive = Callable[[list[str]], None]  # appends cells to a row
Numbered = list[tuple[int, list[str]]]  # the rows of a chunk with their numbers in the file


class Shape:
    """The columns and rows of a file after they were chosen, split, joined and unpivoted.

    `labels` are the columns that remain. A row that is too short is passed on short, so that it is found.
    """

    def __init__(self, labels: Sequence[str], mapping: ColumnMapping, ours: Collection[str]) -> None:
        self._mapping, self._width = mapping, len(labels)
        names = [label.strip() for label in labels]
        self._derive = [*self._splits(names), *self._joins(names)]
        self._wide = len(names)
        self._conditions = [(names.index(c.column), c) for c in mapping.where if c.column in names]
        unpivot = mapping.unpivot
        self._unpivoted = (
            [(names.index(c), at) for at, c in enumerate(unpivot.columns) if c in names] if unpivot else []
        )
        gone = {at for at, _ in self._unpivoted}
        self._kept = [at for at, name in enumerate(names) if at not in gone and self._is_kept(name, ours)]
        added = [unpivot.name, unpivot.value] if unpivot else []
        self.labels = [*(labels[at] if at < len(labels) else names[at] for at in self._kept), *added]

    def _is_kept(self, name: str, ours: Collection[str]) -> bool:
        return name in self._mapping.columns or name in ours or name not in self._mapping.consumed

    def _splits(self, names: list[str]) -> Iterator[_Derive]:
        for split in self._mapping.split:
            if split.column in names:
                at = names.index(split.column)
                names += split.into
                yield _splitting(at, split.by, len(split.into))

    def _joins(self, names: list[str]) -> Iterator[_Derive]:
        for join in self._mapping.join:
            if all(label in names for label in join.of):
                indexes = [names.index(label) for label in join.of]
                names.append(join.label)
                yield _joining(indexes, join.by, self._width)

    def chunks(self, chunks: Iterator[Chunk]) -> Iterator[Numbered]:
        """Give the rows with the numbers of their rows in the file, and note these numbers."""
        number, row, left_out = 2, 2, 0
        origins = self._mapping.origins if self._mapping.moves_rows else None
        for chunk in chunks:
            shaped: Numbered = []
            for cells in chunk:
                if not self._is_chosen(cells):
                    left_out += 1
                    row += 1
                    continue
                for label, made in self._rows(cells):
                    if origins:
                        origins.note(number, row, label)
                    shaped.append((row, made))
                    number += 1
                row += 1
            if origins:
                origins.left_out = max(origins.left_out, left_out)
            yield shaped

    def _is_chosen(self, cells: list[str]) -> bool:
        """Derive the new cells of a row, and return whether it meets the conditions; a short row is kept as it is."""
        if len(cells) < self._width:
            return True
        more = cells[self._width :]
        del cells[self._width :]
        for derive in self._derive:
            derive(cells)
        chosen = all(condition.holds(cells[at]) for at, condition in self._conditions)
        cells += more
        return chosen

    def _rows(self, cells: list[str]) -> Iterator[tuple[int, list[str]]]:
        if len(cells) < self._width:
            yield 0, [cells[at] for at in self._kept if at < len(cells)]
            return
        more = cells[self._wide :]
        kept = [cells[at] for at in self._kept]
        if self._mapping.unpivot is None:
            yield 0, [*kept, *more]
            return
        for at, label in self._unpivoted:
            if cells[at].strip():
                yield label, [*kept, self._mapping.unpivot.columns[label], cells[at], *more]


def _splitting(at: int, by: str, count: int) -> _Derive:
    def derive(cells: list[str]) -> None:
        text = cells[at]
        parts = text.split(by, count) if text.strip() else [""] * count
        cells.extend(map(str.strip, parts) if len(parts) == count else [f"{UNTRANSLATED}{text}"] * count)

    return derive


def _joining(indexes: Sequence[int], by: str, made: int) -> _Derive:
    """Join columns; a part that could not be split is passed on, and only such parts, which begin at `made`."""

    def derive(cells: list[str]) -> None:
        parts = [cells[at].strip() for at in indexes]
        failed = next(
            (part for at, part in zip(indexes, parts, strict=True) if at >= made and part.startswith(UNTRANSLATED)),
            None,
        )
        cells.append(by.join(filter(None, parts)) if failed is None else failed)

    return derive

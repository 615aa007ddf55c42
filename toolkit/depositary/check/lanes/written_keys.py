"""The ids of the rows of a table: an id is the key as written, not its value.

Of a small file all keys are read. Of a large one only those that are asked for are looked up, and the few keys that are
not written in the most usual form of their values. The cache stores the numbers of these rows: if there are none, the
next run need not look for them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from depositary.check.reading.cells import Column
from depositary.check.reading.columns import Key, _values, is_large, is_remembered, open_columns, rows_with
from depositary.model.record_id import key_of, record_id
from depositary.model.target import Input
from depositary.model.tidy import tidy
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile

Written = tuple[int, Key, tuple[str, ...]]  # the number of a row, the values of its key, and their tidy texts


@dataclass
class WrittenKeys:
    """The ids of the rows of a base and of earlier batches by their typed keys; the first row of a key has the id.

    Raises:
        UnreadableFile: one of them cannot be read to its end, or lacks a column of the key.
    """

    files: Sequence[Input]
    key: tuple[str, ...]
    _odd: dict[int, dict[int, Written]] = field(default_factory=dict)  # by index of the file and number of the row

    @cached_property
    def ids(self) -> Mapping[Key, str]:
        """Give the ids of all rows."""
        ids: dict[Key, str] = {}
        for entry in self.files:
            for _, values, texts in read_written(entry, self.key):
                ids.setdefault(values, record_id(texts))
        return ids

    def of(self, keys: Collection[Key]) -> Mapping[Key, str]:
        """Give the ids of the rows that have some keys."""
        if not any(map(is_looked_up, self.files)):
            return self.ids
        ids: dict[Key, str] = {}
        for at, _ in enumerate(self.files):
            for _, values, name in self._rows(at, keys):
                ids.setdefault(values, name)
        return ids

    def named(self, names: Collection[str]) -> Mapping[Key, str]:
        """Give the ids that are among some names."""
        if not names:
            return {}
        found = self.of(self._keys(names))
        return {key: name for key, name in found.items() if name in names}

    def numbers(self, names: Collection[str]) -> set[int]:
        """Give the numbers of the rows of the first file whose ids are among some names."""
        if not (names and self.files):
            return set()
        if not is_looked_up(self.files[0]):
            return {number for number, _, texts in read_written(self.files[0], self.key) if record_id(texts) in names}
        return {number for number, _, name in self._rows(0, self._keys(names)) if name in names}

    def odd(self, at: int) -> Mapping[int, Written]:
        """Give the rows of a large file whose keys may not be written in the most usual form, by their numbers."""
        if at not in self._odd:
            self._odd[at] = {row[0]: row for row in odd_keys(self.files[at], self.key)}
        return self._odd[at]

    def _rows(self, at: int, keys: Collection[Key]) -> Iterator[tuple[int, Key, str]]:
        if not is_looked_up(self.files[at]):
            rows = read_written(self.files[at], self.key)
            yield from ((number, values, record_id(texts)) for number, values, texts in rows if values in keys)
            return
        odd = self.odd(at)
        for number, values in rows_with(self.files[at], self.key, keys, self.key):
            if None not in values:
                yield number, values, record_id(odd[number][2] if number in odd else map(plainly, values))

    def _keys(self, names: Collection[str]) -> set[Key]:
        """Give the keys that rows with some ids may have."""
        keys = {values for name in names if (values := self._key(name))}
        for at, entry in enumerate(self.files):
            written = self.odd(at).values() if is_looked_up(entry) else read_written(entry, self.key)
            keys.update(values for _, values, texts in written if record_id(texts) in names)
        return keys

    def same_key(self, name: str) -> str:
        """Give the id of the row whose key has the value of a name; empty if there is none."""
        return self.ids.get(self._key(name), "")

    def _key(self, name: str) -> Key:
        """Read the values of a name; empty if it has another number of parts, or one of them is not a value."""
        parts = key_of(name)
        if len(parts) != len(self._columns):
            return ()
        values = tuple(c.value(part) for c, part in zip(self._columns, parts, strict=True))
        return () if None in values else values

    @cached_property
    def _columns(self) -> Sequence[Column]:
        if not self.files:
            return ()
        with Records(self.files[0].resource, as_is=self.files[0].reference_only) as records:
            return [column for _, column in open_columns(self.files[0], records, self.key)[1]]


def read_written(entry: Input, fields: Sequence[str]) -> Iterator[Written]:
    """Read some columns row by row, without rows with a blank or wrong cell: the row's number, values and tidy texts.

    Raises:
        UnreadableFile: the file cannot be read to its end, or lacks one of the columns.
    """
    with Records(entry.resource, as_is=entry.reference_only) as records:
        _, columns = open_columns(entry, records, fields)
        for numbers, rows in records.chunks():
            texts = [[row[at] if at < len(row) else "" for row in rows] for at, _ in columns]
            values = [_values(column, cells) for (_, column), cells in zip(columns, texts, strict=True)]
            for number, key, written in zip(numbers, zip(*values, strict=True), zip(*texts, strict=True), strict=True):
                if None not in key:
                    yield number, key, tuple(map(tidy, written))
            for _, column in columns:
                column.forget()


def is_looked_up(entry: Input) -> bool:
    """Return whether a file is so large that keys are looked up in it; all keys of others are read."""
    with suppress(UnreadableFile), Records(entry.resource, as_is=entry.reference_only) as records:
        return is_large(entry, records)
    return False


def odd_keys(entry: Input, fields: Sequence[str]) -> list[Written]:
    """Give the rows of a large file whose keys may not be written in the most usual form of their values.

    Raises:
        UnreadableFile: the file cannot be read to its end, or lacks one of the columns.
    """
    if is_remembered(entry):
        import numpy as np  # noqa: PLC0415 (it takes time to load)

        from depositary.check.reading.remembered import remembered_hashes  # noqa: PLC0415 (as above)

        rows: list[Written] | None = None

        def numbers() -> Sequence["np.ndarray[Any, np.dtype[np.uint64]]"]:
            nonlocal rows
            rows = _odd_keys(entry, fields)
            return [np.array([number for number, *_ in rows], np.uint64)]

        (stored,) = remembered_hashes(entry, [f"odd {list(fields)}"], numbers)
        if not len(stored):
            return []
        return _odd_keys(entry, fields) if rows is None else rows
    return _odd_keys(entry, fields)


def _odd_keys(entry: Input, fields: Sequence[str]) -> list[Written]:
    from depositary.check.reading.written_blocks import odd_rows  # noqa: PLC0415 (its libraries take time to load)
    from depositary.read.files.blocks import NeedsExactLane  # noqa: PLC0415 (as above)

    with Records(entry.resource, as_is=entry.reference_only) as records:
        width, columns = open_columns(entry, records, fields)
        try:
            rows = list(odd_rows(records, entry.resource.table, width, columns))
        except NeedsExactLane:
            rows = None
        if rows is not None:
            keys = (
                (number, tuple(c.value(t) for (_, c), t in zip(columns, texts, strict=True)), texts)
                for number, texts in rows
            )
            return [(number, values, tuple(map(tidy, texts))) for number, values, texts in keys if None not in values]
    return list(read_written(entry, fields))


def record_name(text: str) -> str:
    """Normalise the id of a record, as a merge does."""
    return record_id(map(tidy, key_of(tidy(text))))


def plainly(value: Any) -> str:  # noqa: ANN401 (any type a field can have)
    """Write a value in its most usual form."""
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value.normalize():f}"
    return str(value)

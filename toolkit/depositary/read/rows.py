"""The rows of a table as texts by column, for texts about the table; nothing is judged."""

from collections.abc import Iterator
from itertools import chain, islice

from depositary.model.package import Resource
from depositary.read.files.records import Records


def text_rows(resource: Resource, most: int | None = None) -> Iterator[dict[str, str]]:
    """Read the rows of a table, or the first ones; a short row lacks its last columns.

    Raises:
        UnreadableFile: the file cannot be read to the last of these rows.
    """
    with Records(resource) as records:
        labels = list(records.labels)
        rows = chain.from_iterable(rows for _, rows in records.chunks())
        yield from (dict(zip(labels, row, strict=False)) for row in islice(rows, most))

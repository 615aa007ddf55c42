"""The interface between the fast lane and a cluster, which judges the blocks of a table on other machines."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from depositary.check.lanes.block import BlockVerdict
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.check.lanes.references import Parents
from depositary.model.target import Input
from depositary.read.files.blocks import Span


@dataclass(frozen=True)
class JudgedBlock:
    """A judged block: where its rows are, the parts that begin in it with the rows before them, and the verdict."""

    span: Span
    begins: tuple[tuple[int, int], ...]
    verdict: BlockVerdict


@dataclass(frozen=True)
class BlockTask:
    """All that another machine needs to judge blocks of a table.

    `parents` has only the keys to which the table refers; `names` are the columns whose typed values the rules read,
    None if no rule reads the table; `first` is the number of the table's first row.
    """

    entry: Input
    parents: Parents
    names: tuple[str, ...] | None
    examples: int
    first: int


class JudgedTable(Protocol):
    """A table whose blocks are judged."""

    @property
    def undecodable(self) -> tuple[int, int] | None:
        """Give part and offset of the first byte that is not text; it is known after the last block."""
        ...

    def blocks(self) -> Iterator[JudgedBlock]:
        """Give the judged blocks in the order of the table.

        Raises:
            NeedsExactLane: the exact lane must read the table.
        """
        ...

    def repeated(self) -> dict[int, RowNumbers]:
        """Give by key check the numbers of all rows whose key may occur more than once, in order."""
        ...


class Cluster(Protocol):
    """Machines that judge tables."""

    def takes(self, entry: Input) -> bool:
        """Return whether a table is so large that it is judged there."""
        ...

    def table(self, task: BlockTask) -> AbstractContextManager[JudgedTable]:
        """Begin to judge a table."""
        ...

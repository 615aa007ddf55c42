"""The interface between the fast lane and a cluster, which judges the blocks of a table on other machines."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from depositary.check.lanes.block import BlockVerdict, Typed
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.check.lanes.keys_elsewhere import Fields
from depositary.check.lanes.references import Parents
from depositary.model.table import ForeignKey
from depositary.model.target import Input
from depositary.read.files.blocks import Span


@dataclass(frozen=True)
class JudgedBlock:
    """A judged block: where its rows are, the parts that begin in it with the rows before them, and the verdict."""

    span: Span
    begins: tuple[tuple[int, int], ...]
    verdict: BlockVerdict


@dataclass(frozen=True)
class FoundRow:
    """A row of what a rule found: its values, and the names of those that are numbers of rows of the divided table."""

    values: Mapping[str, Any]
    numbers: tuple[str, ...]

    def renumbered(self, number: Callable[[int], int]) -> "FoundRow":
        """Give a copy with other numbers."""
        new = {name: _renumbered(self.values[name], number) for name in self.numbers}
        return replace(self, values={**self.values, **new})


def _renumbered(value: Any, number: Callable[[int], int]) -> Any:  # noqa: ANN401 (a number, a list of numbers, or a blank)
    if isinstance(value, list):
        return [_renumbered(one, number) for one in value]
    return None if value is None else number(value)


@dataclass(frozen=True)
class FoundRows:
    """What one rule found in a part of a table's rows.

    `rows` are the first ones, in the order in which the rule gives them; `more` counts the others, by the tables whose
    rows take part and the column of the finding; `error` is the reason why the rule failed.
    """

    rows: Sequence[FoundRow] = ()
    more: Counter[tuple[tuple[str, ...], str]] = field(default_factory=Counter)
    error: str = ""

    def renumbered(self, number: Callable[[int], int]) -> "FoundRows":
        """Give a copy with other numbers."""
        return replace(self, rows=[row.renumbered(number) for row in self.rows])


Found = Mapping[str, FoundRows]  # by rule


class PartJudge(Protocol):
    """Judges the rules on a part of a table's rows."""

    def take(self, numbers: RowNumbers, typed: Typed) -> None:
        """Add rows, which may have other numbers than in the table, in the same order."""
        ...

    def found(self) -> Found:
        """Judge the rules on the rows that were added."""
        ...


class DividedRules(Protocol):
    """Rules that may be judged on the rows of a table in parts; they can be sent to another machine.

    `names` are the columns that they read. Rows that are equal in the columns `by` must be together; without these
    columns, each row is judged by itself.
    """

    @property
    def names(self) -> Sequence[str]:
        """Name the columns of the table that they read."""
        ...

    @property
    def by(self) -> Sequence[str]:
        """Name the columns by which rows belong together."""
        ...

    def opened(self) -> AbstractContextManager[PartJudge]:
        """Open what judges one part."""
        ...


@dataclass(frozen=True)
class Misled:
    """References of one key check that lead nowhere, or to a key that is written in another form, by their rows.

    `texts` has, for the first different ones of the latter, how the key is written; blank if that is plainly.
    """

    check: int
    nowhere: RowNumbers
    otherwise: RowNumbers
    texts: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BlockTask:
    """All that another machine needs to judge blocks of a table.

    `parents` has only the keys to which the table refers; `names` are the columns whose typed values the rules read,
    None if no rule reads the table; `first` is the number of the table's first row. The rules in `divided` are judged
    there; `sent` are the columns that the other rules read, which are judged here. `asked` are the columns to which
    other tables refer, whose hashes stay there; `joins` has the references that are compared with such hashes, by key
    check.
    """

    entry: Input
    parents: Parents
    names: tuple[str, ...] | None
    examples: int
    first: int
    divided: tuple[DividedRules, ...] = ()
    sent: tuple[str, ...] = ()
    asked: tuple[Fields, ...] = ()
    joins: Mapping[int, ForeignKey] = field(default_factory=dict)


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

    def found(self) -> list[Found]:
        """Give what the divided rules found, part by part in the order of the table, or of groups."""
        ...

    def misled(self, rows: RowNumbers) -> list[Misled]:
        """Give which of some rows have a reference that leads nowhere, and texts of keys written in another form."""
        ...

    @property
    def given(self) -> Sequence[Fields]:
        """Give the columns whose hashes may be compared with references from now on."""
        ...


class Cluster(Protocol):
    """Machines that judge tables."""

    def takes(self, entry: Input) -> bool:
        """Return whether a table is so large that it is judged there."""
        ...

    def package(self) -> AbstractContextManager[None]:
        """Begin to judge the tables of a package; hashes to which references lead are kept up to its end."""
        ...

    def table(self, task: BlockTask) -> AbstractContextManager[JudgedTable]:
        """Begin to judge a table."""
        ...

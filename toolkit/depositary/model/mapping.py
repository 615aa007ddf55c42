"""How columns with other names are read as ours."""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

UNTRANSLATED = "untranslated: "  # the beginning of a cell that could not be translated; the reader refuses such a cell


@dataclass(frozen=True)
class CodeList:
    """A column of a table whose texts are translated to the keys of its rows; `name` is table.column.

    `elsewhere` has the texts of its other columns, each with the names of these columns and the key, for hints.
    """

    name: str
    codes: Mapping[str, str]
    elsewhere: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class NumberForm:
    """How the numbers of a column are written, and the factor by which they are multiplied."""

    decimal: str = "."
    group: str = ""
    times: Decimal = Decimal(1)


@dataclass(frozen=True)
class Condition:
    """A condition on a column of theirs: its cell is one of some texts, or none of them."""

    column: str
    texts: frozenset[str]
    excludes: bool = False

    def holds(self, cell: str) -> bool:
        """Return whether a cell meets the condition."""
        return (cell.strip() in self.texts) is not self.excludes


@dataclass(frozen=True)
class Split:
    """A column of theirs whose cells are split into new columns."""

    column: str
    by: str
    into: tuple[str, ...]


@dataclass(frozen=True)
class Join:
    """A new column whose cells are joined from columns of theirs."""

    label: str
    of: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True)
class Unpivot:
    """Columns of theirs that become rows: their names in the new column `name`, their cells in `value`."""

    columns: tuple[str, ...]
    name: str
    value: str


class RowOrigins:
    """The rows of a file from which the rows that are read come, and the columns of those that were unpivoted.

    It is filled while the file is read; reading the file again gives the same. `left_out` counts the rows that do not
    meet the conditions.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self._rows, self._labels = array("q"), array("L")

    def note(self, number: int, row: int, label: int) -> None:
        """Note the origin of a row that is read, in order; the first row after the header has the number 2."""
        if number - 2 == len(self._rows):
            self._rows.append(row)
            self._labels.append(label)

    def row(self, number: int) -> int:
        """Give the row of the file from which a row comes."""
        return self._rows[number - 2] if 0 <= number - 2 < len(self._rows) else number

    def label(self, number: int) -> int | None:
        """Give the index of the unpivoted column from which a row comes."""
        return self._labels[number - 2] if 0 <= number - 2 < len(self._labels) else None


@dataclass(frozen=True)
class ColumnMapping:
    """The mapping of one file in a manifest: which of its columns are which of ours, and how values are translated.

    `columns` maps their names to ours, `constants` our columns to the text of every row, `values` our columns to a
    mapping of their values to ours. `lists`, `periods` and `numbers` say for our columns by which code list they are
    translated, or from which forms of periods or numbers. `local` are our columns that hold ids of theirs, `mint` ours
    from whose values a row gets its id, which goes to the column `minted`. `ignore` are columns of theirs. `where`,
    `split`, `join` and `unpivot` change rows and columns before all that. `needed` are columns of theirs that a
    profile needs, `optional` those that the file need not have. A column that is in none of them and has the name of
    one of ours is ours. `delimiter` is the mark between cells, if it is not a comma.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lists: Mapping[str, CodeList] = field(default_factory=dict)
    periods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, NumberForm] = field(default_factory=dict)
    local: tuple[str, ...] = ()
    mint: tuple[str, ...] = ()
    minted: str = ""
    ignore: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()
    split: tuple[Split, ...] = ()
    join: tuple[Join, ...] = ()
    unpivot: Unpivot | None = None
    needed: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    delimiter: str = ""
    origins: RowOrigins = field(default_factory=RowOrigins, repr=False, compare=False)

    @property
    def moves_rows(self) -> bool:
        """Return whether a row may have another number than its row of the file."""
        return bool(self.where or self.unpivot)

    @cached_property
    def translated(self) -> frozenset[str]:
        """Name our columns whose cells may be impossible to translate."""
        parts = {label for split in self.split for label in split.into}
        parts |= {join.label for join in self.join if not parts.isdisjoint(join.of)}
        derived = {self.columns.get(label, label) for label in parts}
        return frozenset({*self.lists, *self.periods, *self.numbers, *derived})

    @cached_property
    def consumed(self) -> frozenset[str]:
        """Name the columns of theirs that are used otherwise, so that they need not be mapped or ignored."""
        of_rows = self.unpivot.columns if self.unpivot else ()
        joined = (label for join in self.join for label in join.of)
        return frozenset((*(c.column for c in self.where), *(s.column for s in self.split), *joined, *of_rows))

    def ours(self, label: str) -> str | None:
        """Give our name of one of their columns, or None if it is ignored."""
        name = label.strip()
        if name in self.ignore:
            return None
        return self.columns.get(name, name)

    def theirs(self, name: str, number: int = 0) -> str:
        """Give their name of one of our columns if it differs from ours; otherwise an empty text.

        `number` is that of a row, for columns that are unpivoted.
        """
        label = next((label for label, ours in self.columns.items() if ours == name), name)
        label = self._unpivoted(label, number)
        label = next((", ".join(join.of) for join in self.join if join.label == label), label)
        label = next((split.column for split in self.split if label in split.into), label)
        return "" if label == name else label

    def _unpivoted(self, label: str, number: int) -> str:
        if self.unpivot is None or label not in (self.unpivot.name, self.unpivot.value):
            return label
        at = self.origins.label(number)
        return label if at is None else self.unpivot.columns[at]

    def row_of(self, number: int) -> int:
        """Give the row of the file from which a row comes."""
        return self.origins.row(number) if self.moves_rows else number

    def named(self) -> Iterator[tuple[str, str]]:
        """Give the columns of theirs that a file must have, and what the manifest does with them."""
        made = {label for split in self.split for label in split.into} | {join.label for join in self.join}
        made |= {self.unpivot.name, self.unpivot.value} if self.unpivot else set()
        uses = [(label, f"maps to {ours}") for label, ours in self.columns.items() if label not in made]
        uses += [(split.column, "splits") for split in self.split]
        uses += [(label, f"joins to {join.label}") for join in self.join for label in join.of if label not in made]
        uses += [(c.column, "names in `where`") for c in self.where if c.column not in made]
        uses += [(label, "unpivots") for label in (self.unpivot.columns if self.unpivot else ())]
        named = {label for label, _ in uses}
        uses += [(label, "needs for its profile") for label in self.needed if label not in named | made]
        yield from ((label, use) for label, use in uses if label not in self.optional)

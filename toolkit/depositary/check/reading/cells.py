"""Check the cells of one column with the reference's own reader, each distinct text once."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from depositary.check.reading.bulk import Bulk
from depositary.check.reading.patterns import GaveUp, is_harmless, matcher
from depositary.reference import frictionless

if TYPE_CHECKING:
    from depositary.check.reading.numerals import NumeralForm, Numerals
    from depositary.check.reading.patch_notation import Notation

# A cell as read: its typed value, and the reference's notes by constraint (or "type") if it is refused.
Notes = Mapping[str, str]
Reading = tuple[Any, Notes | None]
Reader = Callable[[str | None], Reading]

_MANY = 20  # for fewer cells, reading one by one is as fast
_MANY_AT_ONCE = 1_000  # cells; if one is not certainly valid, so many are read one by one
_REMEMBERED = 100_000  # distinct cells; with more, storing them is not faster
_REMEMBERED_IN_BULK = 3_000  # reading again is faster than a lookup beyond the processor's cache


def reader_of(field: frictionless.Field) -> Reader:
    """Make the reader of a field: that of frictionless, with a time limit for risky patterns.

    Raises:
        re.error: the field's pattern is not a regular expression.
    """
    pattern = field.constraints.get("pattern")
    if pattern is None or "pattern" not in field.supported_constraints or is_harmless(pattern):
        return _comparing(field)
    return _guarded(field, pattern)


_STUMBLES = (TypeError, ArithmeticError, ValueError, AttributeError, RecursionError)


def _comparing(field: frictionless.Field) -> Reader:
    """Read as the reference does, and refuse values on which it fails, such as a time with an offset and a limit.

    There the reference stops with an exception; here the value breaks the limit, like NaN, or does not have the type.
    """
    read, read_value = field.create_cell_reader(), field.create_value_reader()

    def reader(cell: str | None) -> Reading:
        try:
            return read(cell)
        except _STUMBLES:
            return stumbled(cell)

    def stumbled(cell: str | None) -> Reading:
        with suppress(*_STUMBLES):
            return read_value(cell), _broken_limits(field, cell)
        return None, {"type": f'type is "{field.type}/{field.format}"'}

    return reader


def _broken_limits(field: frictionless.Field, cell: str | None) -> Notes:
    notes: dict[str, str] = {}
    for name in field.supported_constraints:
        if name in field.constraints:
            read = _reader_with(field, {name: field.constraints[name]})
            try:
                notes |= read(cell)[1] or {}
            except _STUMBLES:
                notes[name] = f'constraint "{name}" is "{field.constraints[name]}"'
    return notes


def _guarded(field: frictionless.Field, pattern: str) -> Reader:
    read = _reader_with(field, {k: v for k, v in field.constraints.items() if k != "pattern"})
    matches = matcher(pattern)

    def reader(cell: str | None) -> Reading:
        value, notes = read(cell)
        if value is None or matches(value):
            return value, notes
        return value, _in_order({**(notes or {}), "pattern": f'constraint "pattern" is "{pattern}"'}, field)

    return reader


def _reader_with(field: frictionless.Field, constraints: dict[str, Any]) -> Reader:
    everything = field.constraints
    field.constraints = constraints
    read: Reader = field.create_cell_reader()
    field.constraints = everything
    return read


def _in_order(notes: dict[str, str], field: frictionless.Field) -> Notes:
    return {name: notes[name] for name in ("type", *field.supported_constraints) if name in notes}


class Column:
    """One column of a file: its field and the values of its cells."""

    def __init__(
        self, name: str, number: int, read: Reader, bulk: Bulk | None = None, notation: "Notation | None" = None
    ) -> None:
        self.name, self.number, self.notation = name, number, notation
        self.gave_up = False
        self.is_translated = False  # whether some of its cells may have been impossible to translate
        self.watched: frozenset[str] = frozenset()  # texts to look for
        self.met: set[str] = set()  # those of them that occurred
        self.numerals: Numerals | None = None  # looks for forms of numbers
        self.forms: dict[str, NumeralForm] = {}  # the forms of number texts that have one
        self._read, self._bulk = read, bulk
        self._most = _REMEMBERED_IN_BULK if bulk else _REMEMBERED
        self._good: dict[str | None, Any] = {}
        self._bad: dict[str | None, Reading] = {}

    def look_for(self, numerals: "Numerals") -> None:
        """Look for forms of numbers from now on."""
        self.numerals = numerals

    def begin_again(self) -> None:
        """Read all cells again: what is looked for in them is noted only when they are read."""
        self._good.clear()
        self._bad.clear()
        self.forms.clear()
        self.met.clear()

    def bad(self, cells: Iterable[str | None]) -> set[str | None]:
        """Read the new cells, and give the refused ones."""
        distinct = set(cells)
        # Not `distinct - self._good.keys()`: that would go through all stored cells.
        new = distinct.difference(self._good)
        new.difference_update(self._bad)
        if not self.watched.isdisjoint(new):
            self.met |= self.watched & new
        for cell in self._left(self._bulk, new) if self._bulk and len(new) >= _MANY else new:
            self._judge(cell)
        if self.numerals and new:
            forms = self.numerals.forms(new)
            self.forms.update((text, form) for text, form in forms.items() if self._is_number(text))
        return {cell for cell in distinct if cell in self._bad} if self._bad else set()

    def unproven(self, cells: Sequence[str | None]) -> list[int]:
        """Give the indexes of the cells that are not known to be good and filled."""
        self.bad(cells)
        good = self._good
        return [index for index, cell in enumerate(cells) if good.get(cell) is None]

    def value(self, cell: str | None) -> Any:  # noqa: ANN401 (any type a field can have)
        """Give the typed value of a cell; None if it is missing or has the wrong type."""
        if cell in self._good:
            return self._good[cell]
        return self.reading(cell)[0]

    def values(self, cells: Sequence[str | None]) -> list[Any]:
        """Give the typed values of many cells."""
        try:
            return list(map(self._good.__getitem__, cells))
        except KeyError:  # some are refused, or were never read
            return [self.value(cell) for cell in cells]

    def reading(self, cell: str | None) -> Reading:
        """Give the value of a cell and the notes on it."""
        if cell not in self._good and cell not in self._bad:
            self._judge(cell)
        return (self._good[cell], None) if cell in self._good else self._bad[cell]

    def forget(self) -> None:
        """Remove the stored cells if there are too many."""
        if len(self._good) > self._most or len(self.forms) > _REMEMBERED:
            self._good.clear()  # both, because a form is found when a cell is read
            self.forms.clear()
        if len(self._bad) > _REMEMBERED:
            self._bad.clear()

    def _is_number(self, text: str) -> bool:
        value = self._good.get(text)
        return value is not None and not isinstance(value, str)  # `local:` names are texts

    def _left(self, bulk: Bulk, cells: set[str | None]) -> list[str | None]:
        """Read cells in bulk if they are certainly valid, and give those that must be read one by one."""
        there = [cell for cell in cells if cell is not None and cell not in bulk.missing]
        if self.notation:
            there = [cell for cell in there if not self.notation.may_be_in(cell)]
        left: list[str | None] = list(cells.difference(there))
        for at in range(0, len(there), _MANY_AT_ONCE):
            some = there[at : at + _MANY_AT_ONCE]
            try:
                self._good.update(zip(some, bulk.read(some), strict=True))
            except (ValueError, ArithmeticError):
                self._most = _REMEMBERED  # cells that are read one by one are kept longer
                left += some
        return left

    def _judge(self, cell: str | None) -> None:
        value, notes = (cell, None) if self.gave_up else self._tried(cell)
        if notes:
            self._bad[cell] = _hashable(value), notes
        else:
            self._good[cell] = _hashable(value)

    def _tried(self, cell: str | None) -> Reading:
        try:
            return self._read(cell)
        except GaveUp:
            self.gave_up = True
            return cell, None


def _hashable(value: Any) -> Any:  # noqa: ANN401 (any type a field can have)
    """Replace arrays, objects and sNaN, which cannot be in a key, by text. The reference raises an exception."""
    try:
        hash(value)
    except (TypeError, ValueError):  # a list; a time whose offset is more than a day
        return json.dumps(value, sort_keys=True, default=repr)
    return value

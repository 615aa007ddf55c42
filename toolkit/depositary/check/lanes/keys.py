"""Store which keys were seen, and in which row."""

from typing import Any


class Ledger:
    """The keys of one constraint so far; each method gives the reference's note if a row breaks it."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Any, ...], int] = {}

    def unique(self, values: tuple[Any, ...], row: int) -> str:
        """Note a value of a `unique` field; missing values may repeat."""
        return "" if values == (None,) else self._claim(values, row)

    def primary(self, values: tuple[Any, ...], row: int) -> str:
        """Note a primary key; a key without any value is a separate error."""
        if set(values) == {None}:
            return 'cells composing the primary keys are all "None"'
        return self._claim(values, row)

    def combination(self, values: tuple[Any, ...], row: int) -> str:
        """Note a unique key: as in SQL, one with a missing part is never equal to another (Data Package v2)."""
        return "" if None in values else self._claim(values, row)

    def _claim(self, values: tuple[Any, ...], row: int) -> str:
        # The note names the last row with this key, not the first, as in the reference.
        before = self._rows.get(values)
        self._rows[values] = row
        if before is None or any(value != value for value in values):  # noqa: PLR0124 (NaN is equal to nothing)
            return ""
        return f"the same as in the row at position {before}"

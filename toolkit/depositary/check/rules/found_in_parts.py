"""Put together what one rule finds in all parts of a table: here, and on other machines."""

from collections import Counter
from collections.abc import Iterable
from heapq import merge
from itertools import chain
from typing import TYPE_CHECKING, Any

from depositary.check.rules.compiler import Test
from depositary.check.rules.violations import FoundValues, Violations
from depositary.errors import EngineError

if TYPE_CHECKING:  # its libraries take time to load
    from depositary.check.lanes.elsewhere import FoundRows


class FoundInParts:
    """What one rule finds in all parts; without parts, what it finds here."""

    def __init__(self, violations: Violations) -> None:
        self._violations, rule = violations, violations.ready.rule.id
        found = {
            table: [part[rule] for part in parts if rule in part] for table, parts in violations.stage.found.items()
        }
        self._found = {table: parts for table, parts in found.items() if parts}

    def of_test(self, test: Test) -> Iterable[FoundValues]:
        """Give the rows that break a test, in order.

        Raises:
            EngineError: the rule failed.
        """
        parts = self._found.get(test.table)
        return self._violations.of_test(test) if parts is None else chain(*map(_values, parts))

    def of_several(self) -> Iterable[FoundValues]:
        """Give what the check or the query finds, in the order of the values.

        Raises:
            EngineError: the rule failed.
        """
        here = self._violations.of_several(self._found.keys())
        if self._violations.ready.tests or not self._found:
            return here
        there = [_values(part) for parts in self._found.values() for part in parts]
        return merge(here, *there, key=_order) if self._violations.ready.query else chain(here, *there)

    def more(self, table: str) -> Counter[tuple[tuple[str, ...], str]]:
        """Count what other machines found in a table and did not send, by the tables that take part and the column."""
        more: Counter[tuple[tuple[str, ...], str]] = Counter()
        for part in self._found.get(table, ()):
            more.update(part.more)
        return more


def _values(part: "FoundRows") -> list[FoundValues]:
    if part.error:
        raise EngineError(part.error)
    return [row.values for row in part.rows]


def _order(found: FoundValues) -> tuple[Any, ...]:
    """Order as the engine does: NaN is greater than all numbers, and a blank comes last."""
    return tuple(map(_key, found.values()))


def _key(value: Any) -> tuple[bool, bool, Any]:  # noqa: ANN401 (any value of an engine)
    if isinstance(value, list):
        return False, False, sorted(map(_key, value))
    is_nan = value != value  # noqa: PLR0124
    return value is None, is_nan, 0 if value is None or is_nan else value

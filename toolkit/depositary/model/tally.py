"""Counting findings exactly while keeping only some of them as examples."""

from collections import Counter
from collections.abc import Callable, Mapping

from depositary.model.finding import Finding, Level
from depositary.model.report import Total

EXAMPLES = 100  # kept per code and field


class Tally:
    """The findings of one table, or of none."""

    def __init__(self, table: str, examples: int = EXAMPLES) -> None:
        self._table, self._examples = table, examples
        self._counts: Counter[tuple[str, str, Level, str]] = Counter()
        self._kept: list[Finding] = []

    def add(self, code: str, field: str, make: Callable[[], Finding], level: Level = "error", rule: str = "") -> None:
        """Count a finding, and make it if more examples are wanted."""
        key = (code, field, level, rule)
        self._counts[key] += 1
        if self._counts[key] <= self._examples:
            self._kept.append(make())

    def count(self, code: str, field: str, count: int, level: Level, rule: str) -> None:
        """Count more findings, after those that are examples."""
        self._counts[code, field, level, rule] += count

    def settle(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Set the exact counts of errors by code and field, if only the examples were added."""
        for (code, field), count in counts.items():
            self._counts[code, field, "error", ""] = count

    def put(self, finding: Finding) -> None:
        """Count a finding that is already made."""
        self.add(finding.code, finding.field, lambda: finding, finding.level, finding.rule)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give the examples, in the order in which they were found."""
        return tuple(self._kept)

    def sort_by_row(self) -> None:
        """Sort the examples by row; those of one row stay in the order in which they were found."""
        self._kept.sort(key=lambda finding: finding.row)

    @property
    def totals(self) -> tuple[Total, ...]:
        """Give the exact counts, sorted."""
        return tuple(
            sorted(Total(self._table, c, f, level, n, rule) for (c, f, level, rule), n in self._counts.items())
        )

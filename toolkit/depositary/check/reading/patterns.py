"""Match patterns that strangers wrote: none may run forever.

Python's `re` backtracks, so a pattern such as `(a+)+` can take longer than the age of the universe. Patterns that have
few ways to match are left to the reference's own reader; for all others `regex` matches with a time limit.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from math import inf, log
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from time import monotonic
from typing import Any

import regex

TIME_LIMIT = 1.0  # seconds for one cell; a harmless pattern needs some microseconds
BUDGET = 5.0  # seconds for all slow cells of a column
_QUICK = 0.001  # seconds
_FEW = 10_000  # ways to match one cell
_LONG = 1_000  # so many repetitions count as unlimited


class GaveUp(Exception):  # noqa: N818 (a signal to the caller, which turns it into a finding)
    """Raised when matching one cell took longer than the limit."""


@lru_cache(maxsize=5_000)
def is_harmless(pattern: str) -> bool:
    """Return whether backtracking through a pattern stays small for every cell.

    Raises:
        re.error: it is not a regular expression.
    """
    return _ways(_parser.parse(f"^{pattern}$")) <= _FEW


def matcher(pattern: str) -> Callable[[str], bool]:
    """Match whole cells as the reference does (`^pattern$`), with a time limit.

    The function raises `GaveUp` if it takes longer than the limit.
    """
    compiled = regex.compile(f"^{_LITERAL_BRACE.sub(_escaped, pattern)}$")
    left = BUDGET

    def matches(cell: str) -> bool:
        nonlocal left
        start = monotonic()
        try:
            return compiled.match(cell, timeout=max(_QUICK, min(TIME_LIMIT, left))) is not None
        except TimeoutError as error:
            raise GaveUp(pattern) from error
        finally:
            left -= max(0.0, monotonic() - start - _QUICK)

    return matches


# A brace that does not count repetitions is plain text in `re`; in `regex` it may mean "with so many errors".
_LITERAL_BRACE = re.compile(r"\\.|\{(?!(?:[0-9]+(?:,[0-9]*)?|,[0-9]*)\})", re.DOTALL)


def _escaped(found: re.Match[str]) -> str:
    return "\\{" if found[0] == "{" else found[0]


# An upper bound of the ways in which a matcher that backtracks can try a pattern on one cell. A repetition without
# end of a single character counts as 1,000, so that two of them are too many; of anything that can itself match in
# several ways, as infinitely many.


def _ways(nodes: Iterable[Any]) -> float:
    product = 1.0
    for op, argument in nodes:
        product *= _ways_of(op, argument)
    return product


def _ways_of(op: object, argument: Any) -> float:  # noqa: ANN401 (the parser's tree has no types)
    if op is ops.BRANCH:
        return float(sum(_ways(branch) for branch in argument[1]))
    if op is ops.SUBPATTERN:
        return _ways(argument[-1])
    if op in (ops.ASSERT, ops.ASSERT_NOT):
        return _ways(argument[1])
    if op is ops.ATOMIC_GROUP:
        return _ways(argument)
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        return _ways_of_repeat(*argument)
    if op in (ops.GROUPREF, ops.GROUPREF_EXISTS):
        return inf
    return 1.0


def _ways_of_repeat(least: int, most: int, body: Iterable[Any]) -> float:
    inner = _ways(body)
    if inner == 1:
        return float(most - least + 1 if most < _LONG else _LONG)
    if most >= _LONG or most * log(inner) > log(_FEW):
        return inf
    return sum(inner**n for n in range(least, most + 1))

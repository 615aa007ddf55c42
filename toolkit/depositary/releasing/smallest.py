"""Find a smallest set of changes that has an effect.

This is "ddmin" of Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input (2002), section 3.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
_HALVES = 2  # without one of two halves, the other is left, which was tried already


class OutOfTriesError(Exception):
    """Raised by a test that was asked too often."""


def smallest(changes: Sequence[T], has_effect: Callable[[Sequence[T]], bool]) -> tuple[list[T], bool]:
    """Reduce changes to a set from which none can be left out alone.

    Args:
        changes: the changes, which together have the effect.
        has_effect: whether some of them have it.

    Returns:
        The changes that are left, in their order, and whether the search came to its end: `has_effect` may raise
        `OutOfTriesError` to stop it.
    """
    left, parts = list(changes), _HALVES
    try:
        while len(left) > 1:
            size = -(-len(left) // parts)
            chunks = [left[at : at + size] for at in range(0, len(left), size)]
            found = next((chunk for chunk in chunks if has_effect(chunk)), None)
            if found is not None:
                left, parts = found, _HALVES
                continue
            rest = next((r for at in range(len(chunks)) if has_effect(r := _without(chunks, at))), None)
            if rest is not None and parts > _HALVES:
                left, parts = rest, max(parts - 1, _HALVES)
            elif parts >= len(left):
                break
            else:
                parts = min(len(left), 2 * parts)
    except OutOfTriesError:
        return left, False
    return left, True


def _without(chunks: Sequence[Sequence[T]], at: int) -> list[T]:
    return [one for number, chunk in enumerate(chunks) if number != at for one in chunk]

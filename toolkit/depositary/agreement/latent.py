"""Estimates of what each coder does, by Dawid and Skene (1979): information, and never a verdict."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from depositary.agreement.coefficients import Unit, pairable

_ROUNDS = 100
_STEADY = 1e-9
_LEAST = 1e-12  # so that nothing is impossible
_DIGITS = 4
_MOST = 100  # codes; of more there is too little of each

_Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Estimates:
    """The estimated share of each code, and by coder how often a code is given where another one is right."""

    shares: Mapping[Hashable, float]
    coders: Mapping[str, Mapping[tuple[Hashable, Hashable], float]]  # (right code, given code)


@dataclass(frozen=True)
class _Given:
    """What each coder gave: the patterns with a value of theirs, and the place of that value among the codes.

    `times` says how often each pattern of values is given.
    """

    times: _Numbers
    coders: Mapping[str, tuple[_Numbers, _Numbers]]
    codes: int


def estimates(units: Iterable[Unit]) -> Estimates | None:
    """Estimate by expectation and maximisation, from the shares of the votes; None if there is nothing to compare."""
    patterns = Counter(tuple(sorted(unit.items())) for unit in pairable(units))
    codes = sorted({value for pattern in patterns for _, value in pattern}, key=str)
    if not patterns or not 1 < len(codes) <= _MOST:
        return None
    given = _given(patterns, codes)
    believed = _votes(given)
    shares, habits = _most_likely(given, believed)
    for _ in range(_ROUNDS - 1):
        before, believed = believed, _expected(given, shares, habits)
        if np.abs(believed - before).max() < _STEADY:
            break
        shares, habits = _most_likely(given, believed)
    return Estimates(
        {code: round(float(share), _DIGITS) for code, share in zip(codes, shares, strict=True)},
        {coder: _rounded(codes, given.coders[coder][1], of) for coder, of in habits.items()},
    )


def _given(patterns: Mapping[tuple[tuple[str, Hashable], ...], int], codes: Sequence[Hashable]) -> _Given:
    at = {code: place for place, code in enumerate(codes)}
    found: dict[str, list[tuple[int, int]]] = {}
    for place, pattern in enumerate(sorted(patterns, key=str)):
        for coder, value in pattern:
            found.setdefault(coder, []).append((place, at[value]))
    times = np.array([patterns[pattern] for pattern in sorted(patterns, key=str)], dtype=float)
    columns = {coder: np.array(found[coder]).T for coder in sorted(found)}
    return _Given(times, {coder: (rows, values) for coder, (rows, values) in columns.items()}, len(codes))


def _votes(given: _Given) -> _Numbers:
    """Believe in each code as much as coders gave it, pattern by pattern."""
    votes = np.zeros((len(given.times), given.codes))
    for rows, values in given.coders.values():
        votes[rows, values] += 1
    return _as_shares(votes)


def _most_likely(given: _Given, believed: _Numbers) -> tuple[_Numbers, dict[str, _Numbers]]:
    """Give the shares of the codes, and by coder the share of each given code for each right one."""
    weights = believed * given.times[:, None]
    habits = {}
    for coder, (rows, values) in given.coders.items():
        of = np.zeros((given.codes, given.codes))  # by the given code
        np.add.at(of, values, weights[rows])
        sums = of.sum(axis=0)
        habits[coder] = np.divide(of, sums, out=np.zeros_like(of), where=sums > 0).T
    return weights.sum(axis=0) / given.times.sum(), habits


def _expected(given: _Given, shares: _Numbers, habits: Mapping[str, _Numbers]) -> _Numbers:
    """Believe in each code as likely as the shares and habits make it, pattern by pattern."""
    weights = np.tile(shares + _LEAST, (len(given.times), 1))
    for coder, (rows, values) in given.coders.items():
        weights[rows] *= habits[coder].T[values] + _LEAST
    return _as_shares(weights)


def _as_shares(rows: _Numbers) -> _Numbers:
    shares: _Numbers = rows / rows.sum(axis=1, keepdims=True)
    return shares


def _rounded(codes: Sequence[Hashable], values: _Numbers, habits: _Numbers) -> dict[tuple[Hashable, Hashable], float]:
    """Give the habits of a coder, for the codes that the coder gave."""
    used = sorted(set(values.tolist()))
    return {
        (right, codes[place]): round(float(habits[at, place]), _DIGITS)
        for at, right in enumerate(codes)
        for place in used
    }

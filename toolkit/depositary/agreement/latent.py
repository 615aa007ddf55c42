"""Estimates of what each coder does, by Dawid and Skene (1979): information, and never a verdict."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from depositary.agreement.coefficients import Unit, coders_of, pairable

_ROUNDS = 100
_STEADY = 1e-9
_LEAST = 1e-12  # so that nothing is impossible
_DIGITS = 4
_MOST = 100  # codes; of more there is too little of each


@dataclass(frozen=True)
class Estimates:
    """The estimated share of each code, and by coder how often a code is given where another one is right."""

    shares: Mapping[Hashable, float]
    coders: Mapping[str, Mapping[tuple[Hashable, Hashable], float]]  # (right code, given code)


def estimates(units: Iterable[Unit]) -> Estimates | None:
    """Estimate by expectation and maximisation, from the shares of the votes; None if there is nothing to compare."""
    patterns = Counter(tuple(sorted(unit.items())) for unit in pairable(units))
    codes = sorted({value for pattern in patterns for _, value in pattern}, key=str)
    if not patterns or not 1 < len(codes) <= _MOST:
        return None
    coders = coders_of(dict(pattern) for pattern in patterns)
    believed = {pattern: _votes([value for _, value in pattern], codes) for pattern in sorted(patterns, key=str)}
    shares: dict[Hashable, float] = {}
    habits: dict[str, dict[tuple[Hashable, Hashable], float]] = {}
    for _ in range(_ROUNDS):
        shares, habits = _most_likely(patterns, believed, codes, coders)
        before, believed = believed, {p: _expected(p, codes, shares, habits) for p in believed}
        if all(abs(believed[p][code] - before[p][code]) < _STEADY for p in believed for code in codes):
            break
    rounded = {coder: {pair: round(share, _DIGITS) for pair, share in of.items()} for coder, of in habits.items()}
    return Estimates({code: round(share, _DIGITS) for code, share in shares.items()}, rounded)


_Pattern = tuple[tuple[str, Hashable], ...]
_Belief = dict[Hashable, float]


def _votes(values: Sequence[Hashable], codes: Sequence[Hashable]) -> _Belief:
    return {code: values.count(code) / len(values) for code in codes}


def _most_likely(
    patterns: Mapping[_Pattern, int],
    believed: Mapping[_Pattern, _Belief],
    codes: Sequence[Hashable],
    coders: Sequence[str],
) -> tuple[dict[Hashable, float], dict[str, dict[tuple[Hashable, Hashable], float]]]:
    total = sum(patterns.values())
    shares = {code: sum(believed[p][code] * patterns[p] for p in believed) / total for code in codes}
    habits: dict[str, dict[tuple[Hashable, Hashable], float]] = {coder: {} for coder in coders}
    for pattern, belief in believed.items():
        for coder, value in pattern:
            for code in codes:
                weight = belief[code] * patterns[pattern]
                habits[coder][code, value] = habits[coder].get((code, value), 0.0) + weight
    for of in habits.values():
        for code in codes:
            sum_ = sum(of.get((code, value), 0.0) for value in codes)
            of.update({(code, v): of[code, v] / sum_ if sum_ else 0.0 for v in codes if (code, v) in of})
    return shares, habits


def _expected(
    pattern: _Pattern,
    codes: Sequence[Hashable],
    shares: Mapping[Hashable, float],
    habits: Mapping[str, Mapping[tuple[Hashable, Hashable], float]],
) -> _Belief:
    weights = {
        code: (shares[code] + _LEAST) * prod(habits[coder].get((code, value), 0.0) + _LEAST for coder, value in pattern)
        for code in codes
    }
    total = sum(weights.values())
    return {code: weight / total for code, weight in weights.items()}

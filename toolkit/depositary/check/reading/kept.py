"""What is made of a descriptor is kept: a merge opens the same tables dozens of times, a server the same packages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, TypeVar, TypeVarTuple

_LARGEST = 1_000_000  # characters of a descriptor that is kept

_Rest = TypeVarTuple("_Rest")
_Made = TypeVar("_Made")
_Making = Callable[[Mapping[str, Any], *_Rest], _Made]


@dataclass(frozen=True)
class _Key:
    """A descriptor that equals whichever says the same, in the same order."""

    text: str
    descriptor: Mapping[str, Any] = field(compare=False)


def kept(most: int) -> Callable[[_Making[*_Rest, _Made]], _Making[*_Rest, _Made]]:
    """Keep what a function last made of so many descriptors; nobody may change what it takes or gives.

    The descriptor, of JSON's and TOML's values, is its first argument; the others have to be hashable.
    """

    def keeping(make: _Making[*_Rest, _Made]) -> _Making[*_Rest, _Made]:
        @lru_cache(most)
        def of(key: _Key, *rest: *_Rest) -> _Made:
            return make(key.descriptor, *rest)

        @wraps(make)
        def given(descriptor: Mapping[str, Any], *rest: *_Rest) -> _Made:
            key = _Key(repr(descriptor), descriptor)
            if len(key.text) > _LARGEST:
                return make(descriptor, *rest)
            return of(key, *rest)

        return given

    return keeping

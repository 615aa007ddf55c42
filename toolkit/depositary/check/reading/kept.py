"""Keep objects that are made from descriptors: a merge or a server opens the same tables many times."""

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
    """A descriptor as a key; descriptors with the same content in the same order are equal."""

    text: str
    descriptor: Mapping[str, Any] = field(compare=False)


def kept(most: int) -> Callable[[_Making[*_Rest, _Made]], _Making[*_Rest, _Made]]:
    """Keep the last results of a function, for `most` descriptors; arguments and results must not be changed.

    The descriptor, with values of JSON or TOML, is the first argument; the other arguments must be hashable.
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

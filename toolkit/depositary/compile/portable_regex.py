"""Write a pattern as a regular expression that Python, Rust, RE2 and Java read in the same way."""

import re
from collections.abc import Iterable
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_LETTERS = frozenset(range(0x20, 0x7F))  # ASCII that can be printed
_DIGITS = frozenset(range(ord("0"), ord("9") + 1))
_WORD = _DIGITS | frozenset(range(ord("a"), ord("z") + 1)) | frozenset(range(ord("A"), ord("Z") + 1)) | {ord("_")}
_CATEGORIES = {
    ops.CATEGORY_DIGIT: _DIGITS,
    ops.CATEGORY_NOT_DIGIT: _LETTERS - _DIGITS,
    ops.CATEGORY_WORD: _WORD,
    ops.CATEGORY_NOT_WORD: _LETTERS - _WORD,
    ops.CATEGORY_SPACE: frozenset({ord(" ")}),
    ops.CATEGORY_NOT_SPACE: _LETTERS - {ord(" ")},
}
_MOST = 1_000  # repetitions, including those around them; RE2 does not allow more
_LONGEST = 2_000  # characters of the result; engines unroll nested repetitions


class _NotPlainError(ValueError):
    """Raised when engines read a pattern differently."""


def ascii_form(pattern: str) -> str | None:
    """Write a pattern so that Python's `fullmatch` also matches every printable ASCII text that the result matches.

    None if the pattern has look-around, back-references, flags or anchors inside it.
    """
    try:
        tree = _parser.parse(pattern)
        if tree.state.flags & ~re.UNICODE:
            return None
        form = _sequence(_bare(list(tree)))
    except (_NotPlainError, re.error, RecursionError, OverflowError):
        return None
    return form if len(form) <= _LONGEST else None


def _bare(nodes: list[Any]) -> list[Any]:
    """Remove the anchors at the ends, which a match of the whole text implies."""
    if nodes[:1] and nodes[0] == (ops.AT, ops.AT_BEGINNING):
        nodes = nodes[1:]
    if nodes[-1:] and nodes[-1] == (ops.AT, ops.AT_END):
        nodes = nodes[:-1]
    return nodes


def _sequence(nodes: Iterable[Any], times: int = 1) -> str:
    return "".join(_node(op, argument, times) for op, argument in nodes)


def _node(op: Any, argument: Any, times: int) -> str:  # noqa: ANN401 (the parser's tree has no types)
    """Write one node; `times` is the number of repetitions around it."""
    if op is ops.LITERAL:
        return _class({argument} & _LETTERS)
    if op is ops.NOT_LITERAL:
        return _class(_LETTERS - {argument})
    if op is ops.ANY:
        return _class(_LETTERS)
    if op is ops.IN:
        return _class(_members(argument))
    if op is ops.BRANCH:
        return f"(?:{'|'.join(_sequence(branch, times) for branch in argument[1])})"
    if op is ops.SUBPATTERN:
        _, add, remove, body = argument
        if add or remove:
            raise _NotPlainError
        return f"(?:{_sequence(body, times)})"
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT):
        least, most, body = argument
        return _repeat(least, most, body, times)
    raise _NotPlainError


def _repeat(least: int, most: int, body: Iterable[Any], times: int) -> str:
    endless = most is ops.MAXREPEAT
    times *= max(1, least if endless else most)
    if times > _MOST:
        raise _NotPlainError
    return f"(?:{_sequence(body, times)}){{{least},{'' if endless else most}}}"


def _members(items: list[Any]) -> frozenset[int]:
    negated = bool(items) and items[0][0] is ops.NEGATE
    members: set[int] = set()
    for op, argument in items[1:] if negated else items:
        if op is ops.LITERAL:
            members.add(argument)
        elif op is ops.RANGE:
            members.update(range(argument[0], min(argument[1], 0x7F) + 1))
        elif op is ops.CATEGORY:
            members |= _CATEGORIES[argument]
        else:
            raise _NotPlainError
    return _LETTERS - members if negated else _LETTERS & members


def _class(letters: Iterable[int]) -> str:
    """Write a set of letters as ranges; characters other than letters and digits by their number."""
    wanted = sorted(letters)
    if not wanted:
        raise _NotPlainError  # empty: this part would never match
    ranges: list[list[int]] = []
    for letter in wanted:
        if ranges and ranges[-1][1] == letter - 1:
            ranges[-1][1] = letter
        else:
            ranges.append([letter, letter])
    written = "".join(_sign(a) if a == b else f"{_sign(a)}-{_sign(b)}" for a, b in ranges)
    return f"[{written}]" if len(wanted) > 1 or not written.isalnum() else written


def _sign(letter: int) -> str:
    return chr(letter) if chr(letter).isalnum() else f"\\x{letter:02x}"

"""Find the pairs of rows that are worth comparing, without comparing each row with each other one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from rapidfuzz import fuzz, process

from depositary.identity.folded import folded, sorted_words, words_of
from depositary.identity.judged import Pair, pair_of
from depositary.identity.likeness import canonical_address
from depositary.identity.records import Record, Records
from depositary.identity.roles import IdentityField, IdentityRole

_MOST = 100  # rows with the same key; more say that the key tells nothing
_STRIP = 512  # names that are compared with all others at once
_BELOW = 0.2  # how much less alike two names may be as wholes than word by word
_RARE = 20  # rows that have a word by which texts are compared
_LONG_WORD = 5


def candidates(records: Records, least: float, groups: Mapping[str, Mapping[str, str]]) -> list[Pair]:
    """Give pairs of ids, in order.

    `groups` has, by table, the ids that stand for rows that may be the same: rows that refer to them are compared.
    """
    rows = [row for id_, row in records.by_id.items() if id_ not in records.hidden]
    pairs = set(_by_keys(_keys(records, rows, groups)))
    pairs.update(_by_names(records, rows, least))
    return sorted(pairs)


def _by_keys(keys: Iterable[tuple[str, str]]) -> Iterator[Pair]:
    blocks: dict[str, dict[str, None]] = defaultdict(dict)
    for key, id_ in keys:
        blocks[key][id_] = None
    for block in blocks.values():
        ids = sorted(block) if 1 < len(block) <= _MOST else []
        yield from ((one, other) for at, one in enumerate(ids) for other in ids[at + 1 :])


def _keys(
    records: Records, rows: Sequence[Record], groups: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    policy = records.policy
    has_texts = bool(policy.of(IdentityRole.TEXT))
    for number, one in enumerate(policy.fields):
        if one.role in (IdentityRole.IDENTIFIER, IdentityRole.ADDRESS):
            yield from ((f"{one.role} {canonical_address(text)}", row.id) for row in rows for text in row[one])
        elif one.role is IdentityRole.TEXT:
            yield from ((f"{number} {key}", row.id) for key, row in _text_keys(rows, one))
        elif one.role is IdentityRole.MEMBER or (one.role is IdentityRole.REFERENCE and has_texts):
            of = groups.get(one.table, {})
            yield from ((f"{number} {of.get(text, text)}", row.id) for row in rows for text in row[one])


def _text_keys(rows: Sequence[Record], one: IdentityField) -> Iterator[tuple[str, Record]]:
    """Give each text, and its rare words, as keys."""
    words: dict[str, list[Record]] = defaultdict(list)
    for row in rows:
        for text in row[one]:
            yield folded(text), row
            for word in set(words_of(text)):
                words[word].append(row)
    for word, some in words.items():
        if len(word) >= _LONG_WORD and 1 < len(some) <= _RARE:
            yield from ((word, row) for row in some)


def _by_names(records: Records, rows: Sequence[Record], least: float) -> Iterator[Pair]:
    """Compare all names with all others, as wholes, their words in the order of the alphabet."""
    named = records.policy.of(IdentityRole.NAME)
    entries = sorted({(sorted_words(text), row.id) for row in rows for one in named for text in row[one]})
    names, ids = [name for name, _ in entries], [id_ for _, id_ in entries]
    cutoff = max(0.0, 100 * (least - _BELOW))
    for start in range(0, len(names), _STRIP):
        strip = names[start : start + _STRIP]
        alike = process.cdist(strip, names[start:], scorer=fuzz.ratio, score_cutoff=cutoff, dtype=np.uint8, workers=-1)
        for i, j in zip(*np.nonzero(alike), strict=True):
            one, other = ids[start + i], ids[start + j]
            if j > i and one != other:
                yield pair_of(one, other)

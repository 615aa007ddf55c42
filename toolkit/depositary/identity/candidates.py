"""Find the pairs of rows that are worth comparing, without comparing each row with each other one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

import polars as pl

from depositary.identity.blocks import alike_names
from depositary.identity.likeness import Rarity
from depositary.identity.records import Records
from depositary.merging.claims.addresses import canonical_address
from depositary.merging.claims.distinct import Pair, pair_of
from depositary.merging.claims.engine_tables import ID
from depositary.merging.claims.folded import folded, words_of
from depositary.merging.claims.identifying import IdentityRole

MANY = 100_000  # rows of a table of which two published ones are not compared, if there are new ones
_MOST = 100  # rows with the same key; more say that the key distinguishes nothing
_BELOW = 0.2  # how much less alike the names of a pair may be than the pair
_RAISING = (IdentityRole.TEXT, IdentityRole.MEMBER, IdentityRole.SHARED)  # what can make a pair more alike than names
_RARE = 20  # rows that have a word by which texts are compared
_LONG_WORD = 5


def candidates(records: Records, rarity: Rarity, least: float, groups: Mapping[str, Mapping[str, str]]) -> list[Pair]:
    """Give pairs of ids, in order.

    `groups` has, by table, the ids that stand for rows that may be the same: rows that refer to them are compared.
    """
    new = records.new if len(records.ids) > MANY and records.new else records.ids
    pairs = set(_by_keys(_keys(records, groups), new))
    pairs.update(_by_names(records, rarity, least - _BELOW if records.policy.of(*_RAISING) else least, new))
    return sorted(pairs)


def _by_keys(keys: Iterable[tuple[str, str]], new: Collection[str]) -> Iterator[Pair]:
    blocks: dict[str, dict[str, None]] = defaultdict(dict)
    for key, id_ in keys:
        blocks[key][id_] = None
    for block in blocks.values():
        ids = sorted(block) if 1 < len(block) <= _MOST else []
        pairs = ((one, other) for at, one in enumerate(ids) for other in ids[at + 1 :])
        yield from ((one, other) for one, other in pairs if one in new or other in new)


def _keys(records: Records, groups: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    policy, shown = records.policy, records.shown()
    has_texts = bool(policy.of(IdentityRole.TEXT))
    for number, one in enumerate(policy.fields):
        texts = shown.filter(pl.col("field") == number).select(ID, "text")
        if one.role in (IdentityRole.IDENTIFIER, IdentityRole.ADDRESS):
            yield from ((f"{one.role} {canonical_address(text)}", id_) for id_, text in texts.iter_rows())
        elif one.role is IdentityRole.TEXT:
            yield from ((f"{number} {key}", id_) for key, id_ in _text_keys(texts))
        elif one.role is IdentityRole.MEMBER or (one.role is IdentityRole.REFERENCE and has_texts):
            of = groups.get(one.table, {})
            yield from ((f"{number} {of.get(text, text)}", id_) for id_, text in texts.iter_rows())


def _text_keys(texts: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Give each text, and its rare words, as keys."""
    words: dict[str, list[str]] = defaultdict(list)
    for id_, text in texts.iter_rows():
        yield folded(text), id_
        for word in set(words_of(text)):
            words[word].append(id_)
    for word, some in words.items():
        if len(word) >= _LONG_WORD and 1 < len(some) <= _RARE:
            yield from ((word, id_) for id_ in some)


def _by_names(records: Records, rarity: Rarity, least: float, new: Collection[str]) -> Iterator[Pair]:
    """Give the rows with names that are alike in their words; new rows are compared with all."""
    is_shown = (pl.col("form") != "") & ~pl.col(ID).is_in(list(records.hidden))
    forms = records.names.filter(is_shown).select("form", ID).unique().sort("form", ID)
    forms = forms.with_columns(new=pl.col(ID).is_in(list(new)))
    names = forms.group_by("form").agg(pl.col("new").any()).sort("form")
    alike = pl.DataFrame(list(alike_names(names, rarity, least)), ("form", "other"), orient="row")
    both = pl.concat([names.filter("new").select("form", other="form"), alike.cast(pl.String)])
    pairs = both.join(forms, on="form").join(forms.select(other="form", id=ID, also="new"), on="other")
    wanted = pairs.filter((pl.col(ID) != pl.col("id")) & (pl.col("new") | pl.col("also")))
    yield from (pair_of(one, other) for one, other in wanted.select(ID, "id").iter_rows())

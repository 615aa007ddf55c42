"""Compare two rows field by field, and score how likely they are the same: docs/identity.md, "The score"."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from depositary.identity.likeness import (
    Rarity,
    alone_likeness,
    name_likeness,
    span_of,
    text_likeness,
)
from depositary.identity.records import Record, Records, without_period
from depositary.identity.suggestion import FieldScore, Suggestion
from depositary.merging.claims.addresses import canonical_address
from depositary.merging.claims.distinct import Pair, are_different, pair_of
from depositary.merging.claims.identifying import IdentityField, IdentityPolicy, IdentityRole
from depositary.wording.plain import shown

METHOD = "identity-3"  # the name of this way to compare, in judgements; a change of scores needs another number

_OF_NAMES, _OF_MEMBERS = 8.0, 12.0  # weights beside those of texts, which are how much a text distinguishes, in bits
_MOST_BITS, _LEAST_BITS = 12.0, 1.0
_OF_DESCRIPTIONS = 2.0  # the weight of the name of an event with members, which each coder words in their own way
_OF_A_PART = 0.85  # how alike members are if one row has some of those of the other
_BY_ADDRESS = 0.97  # the score of two rows with the same address
_AT_MOST = 0.99  # without the same identifier
_BY_NAME_ALONE = 0.9  # of the likeness of names, for a pair that agrees in nothing else but codes, such as the kind
_SUPPORT = 0.2  # of what lacks to 1, that something in common adds
_LEFT_TOGETHER = 0.7  # of the score of two events that one contribution has from the same source
_DIGITS = 4

_Texts = tuple[str, ...]

# What is left of a score if two rows differ in a field.
_LEFT = {
    IdentityRole.CODE: 0.9,
    IdentityRole.PLACE: 0.75,
    IdentityRole.TIME: 0.5,
    IdentityRole.REFERENCE: 0.8,
}


@dataclass(frozen=True)
class Alike:
    """How alike the rows of tables are that were compared before, by table and pair; the same row is 1."""

    scores: Mapping[str, Mapping[Pair, float]] = field(default_factory=dict)

    def of(self, table: str, one: str, other: str) -> float:
        """Give how alike two rows are."""
        return 1.0 if one == other else self.scores.get(table, {}).get(pair_of(one, other), 0.0)


@dataclass(frozen=True)
class Comparison:
    """What is needed to compare the rows of one table; `bits` has how much each text distinguishes."""

    policy: IdentityPolicy
    rarity: Rarity
    bits: Mapping[IdentityField, float]
    words: Mapping[IdentityField, Rarity]
    alike: Alike

    @classmethod
    def of(cls, records: Records, alike: Alike) -> "Comparison":
        """Learn from all rows of a table how much a word or a text distinguishes."""
        policy = records.policy
        texts = {one: records.texts(one)["text"].to_list() for one in policy.of(IdentityRole.TEXT)}
        bits = {one: _bits(some) for one, some in texts.items()}
        words = {one: Rarity.of(some) for one, some in texts.items()}
        return cls(policy, Rarity.of_forms(records.names["form"]), bits, words, alike)

    def compared(self, left: Record, right: Record, least: float = 0.0) -> Suggestion | None:
        """Compare two rows; None if a difference rules out that they are the same, or their score is below `least`."""
        fields = [found for one in self._parts() if (found := one(left, right))]
        fields += self._together(left, right)
        if any(part.rules_out for part in fields):
            return None
        score = _score(fields)
        score = None if score is None else round(score, _DIGITS)
        if score is None or score < least:
            return None
        shown_fields = tuple(FieldScore(one.label, round(one.score, _DIGITS), one.why) for one in fields if one.why)
        first, second = sorted((left.id, right.id))
        return Suggestion(self.policy.name, first, second, score, shown_fields)

    def _together(self, left: Record, right: Record) -> "Iterator[_Part]":
        """Note that one contribution has both rows from the same source: its coder distinguishes two events."""
        both = sorted(set(left.batches) & set(right.batches))
        shared = (one for one in self.policy.of(IdentityRole.SHARED) if not set(left[one]).isdisjoint(right[one]))
        if both and self.policy.of(IdentityRole.TEXT, IdentityRole.MEMBER) and any(shared):
            where = both[0] or "the package"
            yield _Part("", 0.0, note=f"{where} has both, from the same source", left=_LEFT_TOGETHER)

    def _parts(self) -> "Iterator[Callable[[Record, Record], _Part | None]]":
        yield self._identifiers
        yield self._names
        for one in self.policy.fields:
            if one.role in _COMPARED:
                yield _Bound(self, one)

    def _identifiers(self, left: Record, right: Record) -> "_Part | None":
        """Compare identifiers and addresses: the first that both have and that says something."""
        found = None
        for one in self.policy.of(IdentityRole.IDENTIFIER):
            if are_different(left[one], right[one]):
                return _Part(one.label, 0.0, (left[one], right[one]), rules_out=True)
            if left[one] and right[one]:
                found = _Part(one.label, 1.0, (left[one], right[one]), decides=1.0)
        return found or self._addresses(left, right)

    def _addresses(self, left: Record, right: Record) -> "_Part | None":
        """Compare all addresses of two rows: the archived copy of a page is found at its address too."""
        fields = self.policy.of(IdentityRole.ADDRESS)
        ours, theirs = ({canonical_address(t): one for one in fields for t in row[one]} for row in (left, right))
        same = min(ours.keys() & theirs.keys(), default="")
        return _Part(ours[same].label, 1.0, ((same,), (same,)), decides=_BY_ADDRESS) if same else None

    def _names(self, left: Record, right: Record) -> "_Part | None":
        named = self.policy.of(IdentityRole.NAME)
        pairs = ((a, b, x, y) for a in named for x in left[a] for b in named for y in right[b])
        scored = ((name_likeness(x, y, self.rarity), a, b, x, y) for a, b, x, y in pairs)
        best = max(scored, key=lambda one: one[0], default=None)
        if best is None:
            return None
        score, a, b, x, y = best
        label = a.name if a == b else f"{a.name}, {b.name}"
        alone = _BY_NAME_ALONE * min(score, alone_likeness(x, y))
        return _Part(label, score, ((x,), (y,)), weight=_OF_NAMES, alone=alone, is_name=True)


@dataclass(frozen=True)
class _Part:
    """The comparison of one field: `weight` is its part of the mean, `left` what a difference leaves of the score.

    `alone` is the score of the pair if nothing else agrees.
    """

    label: str
    score: float
    sides: tuple[_Texts, _Texts] | None = None
    note: str = ""
    weight: float = 0.0
    left: float = 1.0
    decides: float = 0.0
    supports: bool = False
    rules_out: bool = False
    is_name: bool = False
    is_code: bool = False
    alone: float = 1.0

    @property
    def why(self) -> str:
        """Write what was compared; empty if it says nothing."""
        return self.note or (_both(*self.sides) if self.sides else "")


def _score(parts: list[_Part]) -> float | None:
    decided = max((part.decides for part in parts), default=0.0)
    if decided:
        return decided
    core = [part for part in parts if part.weight]
    if not core:
        return None
    has_members = any(part.weight == _OF_MEMBERS for part in core)
    weights = [_OF_DESCRIPTIONS if has_members and part.is_name else part.weight for part in core]
    score = sum(part.score * weight for part, weight in zip(core, weights, strict=True)) / sum(weights)
    is_of_texts = not any(part.is_name for part in core)  # what is said in other words needs what is around it
    for part in parts:
        if part.score and (part.supports or (is_of_texts and part.left < 1)):
            score += (1 - score) * _SUPPORT * part.score
    if not any(part.score for part in parts if not part.is_name and not part.is_code):
        score = min(part.alone for part in parts)  # a frequent word that only one name has may distinguish them
    score = min(score, _AT_MOST)
    return score * math.prod(part.left + (1 - part.left) * part.score for part in parts)


@dataclass(frozen=True)
class _Bound:
    """The comparison of one field of two rows."""

    of: Comparison
    field: IdentityField

    def __call__(self, left: Record, right: Record) -> _Part | None:
        ours, theirs = left[self.field], right[self.field]
        if not ours or not theirs:
            return None
        return _COMPARED[self.field.role](self.of, self.field, ours, theirs)


def _text(of: Comparison, one: IdentityField, ours: _Texts, theirs: _Texts) -> _Part:
    score, x, y = max((text_likeness(x, y, of.words[one]), x, y) for x in ours for y in theirs)
    return _Part(one.label, score, ((x,), (y,)), weight=of.bits[one])


def _members(of: Comparison, one: IdentityField, ours: _Texts, theirs: _Texts) -> _Part:
    score = _overlap(of, one, ours, theirs)
    return _Part(one.label, score, (ours, theirs), weight=_OF_MEMBERS)


def _shared(of: Comparison, one: IdentityField, ours: _Texts, theirs: _Texts) -> _Part:
    pairs = [(without_period(x), without_period(y)) for x in ours for y in theirs]
    alike = [(of.alike.of(one.table, x, y), one_span, other) for (x, one_span), (y, other) in pairs]
    same = [(score, not (a and b) or a.overlaps(b)) for score, a, b in alike if score]
    score = max((score for score, is_at_once in same if is_at_once), default=0.0)
    left = _LEFT[IdentityRole.TIME] if same and not score else 1.0  # the same post, but at other times
    return _Part(one.label, score, (ours, theirs) if same else None, left=left, supports=True)


def _reference(of: Comparison, one: IdentityField, ours: _Texts, theirs: _Texts) -> _Part:
    score = max(of.alike.of(one.table, x, y) for x in ours for y in theirs)
    return _Part(one.label, score, (ours, theirs), left=_LEFT[IdentityRole.REFERENCE])


def _code(_of: Comparison, one: IdentityField, ours: _Texts, theirs: _Texts) -> _Part:
    score, is_code = float(not set(ours).isdisjoint(theirs)), one.role is IdentityRole.CODE
    return _Part(one.label, score, (ours, theirs), left=_LEFT[one.role], is_code=is_code)


def _time(_of: Comparison, one: IdentityField, ours: _Texts, theirs: _Texts) -> _Part | None:
    spans = [(a, b) for x in ours for y in theirs if (a := span_of(x)) and (b := span_of(y))]
    if not spans:
        return None
    score = float(any(a.overlaps(b) for a, b in spans))
    return _Part(one.label, score, (ours, theirs), left=_LEFT[one.role])


def _overlap(of: Comparison, one: IdentityField, ours: _Texts, theirs: _Texts) -> float:
    """Pair members, the most alike first; give the part of them that is paired, of all or of the fewer."""
    table = one.table
    pairs = sorted((-of.alike.of(table, x, y), x, y) for x in ours for y in theirs)
    used: set[tuple[int, str]] = set()
    shared = 0.0
    for likeness, x, y in pairs:
        if likeness < 0 and (0, x) not in used and (1, y) not in used:
            used |= {(0, x), (1, y)}
            shared -= likeness
    return max(2 * shared / (len(ours) + len(theirs)), _OF_A_PART * shared / min(len(ours), len(theirs)))


_COMPARED: Mapping[IdentityRole, Callable[[Comparison, IdentityField, _Texts, _Texts], _Part | None]] = {
    IdentityRole.TEXT: _text,
    IdentityRole.MEMBER: _members,
    IdentityRole.SHARED: _shared,
    IdentityRole.REFERENCE: _reference,
    IdentityRole.CODE: _code,
    IdentityRole.PLACE: _code,
    IdentityRole.TIME: _time,
}


def _both(ours: _Texts, theirs: _Texts) -> str:
    """Write what two rows have in a field."""
    if set(ours) == set(theirs):
        return f"{_listed(ours)} in both"
    return f"{_listed(ours)} / {_listed(theirs)}"


def _listed(texts: _Texts) -> str:
    return ", ".join(map(shown, sorted(texts)))


def _bits(texts: Sequence[str]) -> float:
    """Give how much a value of a field distinguishes, in bits: the more rows share it, the less."""
    counts = Counter(text.casefold() for text in texts)
    number = counts.total()
    same = sum(n * n for n in counts.values()) / (number * number) if number else 1.0
    return min(_MOST_BITS, max(_LEAST_BITS, -math.log2(same)))

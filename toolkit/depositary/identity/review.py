"""Ask about one pair after the other, the most useful first; each answer is written at once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import wrap

from depositary.identity.compare import METHOD
from depositary.identity.judge import contradictions, folder_of
from depositary.identity.judged import Judged, judged
from depositary.identity.listing import in_order
from depositary.identity.places import Places
from depositary.identity.suggest import Matching, groups_of
from depositary.identity.suggestion import Suggestion
from depositary.merging.conflicts.decisions import add_judgements, remove_judgement
from depositary.merging.conflicts.resolve import Decider
from depositary.model.decision import Judgement, Verdict
from depositary.visible import visible
from depositary.wording.plain import number

NARROW = 40  # characters; below, the sides are under each other
_GAP = "  "


def by_use(matching: Matching) -> list[Suggestion]:
    """Order the suggestions: first those on whose answer most others depend, and then the most likely ones.

    Others depend on a pair if they are about rows that the same pairs connect, or about parts of its rows.
    """
    groups = {
        table: groups_of((one.left, one.right) for one in matching.suggestions if one.table == table)
        for table in matching.policies
    }
    connected = Counter((one.table, groups[one.table][one.left]) for one in matching.suggestions)
    parts = Counter(of for _, of in in_order(matching) if of)
    tables = list(matching.policies)

    def order(one: Suggestion) -> tuple[int, float, int, str, str]:
        use = connected[one.table, groups[one.table][one.left]] + parts[one]
        return -use, -one.score, tables.index(one.table), one.left, one.right

    return sorted(matching.suggestions, key=order)


@dataclass
class Review:
    """The pairs to ask about, and the answers of one person.

    `earlier` are the judgements of before; `passed` are the pairs that were shown, so that one can go back.
    """

    places: Places
    matching: Matching
    decider: Decider
    earlier: tuple[Judgement, ...] = ()
    reason: str = ""
    answers: dict[Suggestion, Judgement] = field(default_factory=dict)
    passed: list[Suggestion] = field(default_factory=list)
    queue: list[Suggestion] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.queue = self.queue or by_use(self.matching)

    @property
    def current(self) -> Suggestion | None:
        """Give the pair to ask about: the next one that no answer has decided; None at the end."""
        known = self._known()
        return next((one for one in self.queue if one not in self.passed and not _is_decided(known, one)), None)

    @property
    def left(self) -> int:
        """Count the pairs that are still to be asked about."""
        known = self._known()
        return sum(one not in self.passed and not _is_decided(known, one) for one in self.queue)

    @property
    def skipped(self) -> int:
        """Count the pairs that were left out."""
        return len(self.passed) - len(self.answers)

    def answer(self, verdict: Verdict) -> list[str]:
        """Write the answer to the current pair, and describe what it contradicts.

        Raises:
            DepositaryError: the file of judgements cannot be written.
        """
        one = self.current
        if one is None:
            return []
        line = Judgement(
            table=one.table,
            left_id=one.left,
            right_id=one.right,
            judgement=verdict,
            method=METHOD,
            score=one.score,
            reason=self.reason,
            source_id="",
            decided_by=self.decider.name,
            decided_on=self.decider.day,
        )
        before = [*self.earlier, *self.answers.values()]
        add_judgements(folder_of(self.places), [line])
        self.answers[one] = line
        self.passed.append(one)
        return contradictions(self.matching, [*before, line], [line])

    def skip(self) -> None:
        """Leave the current pair out; the next review asks about it again."""
        if one := self.current:
            self.passed.append(one)

    def back(self) -> bool:
        """Return to the pair before, and take its answer back; False at the first pair.

        Raises:
            DepositaryError: the file of judgements cannot be written.
        """
        if not self.passed:
            return False
        one = self.passed.pop()
        line = self.answers.pop(one, None)
        if line:
            remove_judgement(folder_of(self.places), line.table, (line.left_id, line.right_id), line.decided_by)
        return True

    def summary(self) -> str:
        """Count the answers."""
        counts = Counter(line.judgement for line in self.answers.values())
        words = {Verdict.POSITIVE: "the same", Verdict.NEGATIVE: "different", Verdict.UNSURE: "unsure"}
        told = ", ".join(f"{counts[verdict]} {word}" for verdict, word in words.items() if counts[verdict])
        return (
            f"{number(len(self.answers), 'pair')} judged{f' ({told})' if told else ''}, {self.left + self.skipped} left"
        )

    def _known(self) -> Judged:
        lines = [*self.earlier, *self.answers.values()]
        return judged(lines, self.matching.given, self.matching.known.identity.earlier, self.matching.policies)


def _is_decided(known: Judged, one: Suggestion) -> bool:
    same = known.stands_for(one.table, one.left) == known.stands_for(one.table, one.right)
    return same or bool(known.on(one.table, one.left, one.right))


# What is shown


def side_by_side(matching: Matching, one: Suggestion, width: int) -> Iterator[str]:
    """Show two rows beside each other, one line for each field that one of them fills, with its score."""
    records = matching.records(one.table)
    left, right = records[one.left], records[one.right]
    scores: dict[str, float] = {name: of.score for of in one.fields for name in of.field.split(", ")}
    rows = [("", one.left, one.right), ("from", left.origin, right.origin)]
    for field_ in records.policy.fields:
        ours, theirs = ("; ".join(row[field_]) for row in (left, right))
        if ours or theirs:
            rows.append((field_.label, ours, theirs))
    names = min(max(len(name) for name, _, _ in rows), width // 4)
    each = max((width - names - 2 * len(_GAP) - 6) // 2, NARROW // 2)
    yield f"{one.table}  score {one.score:.2f}"
    for name, ours, theirs in rows:
        yield from _beside(
            name if len(name) <= names else f"…{name[1 - names :]}", ours, theirs, scores.get(name), names, each
        )
    yield from (f"{of.why} [{of.score:.2f}]" for of in one.fields if not of.field)


def _beside(  # noqa: PLR0913 (the cells of one line, and their widths)
    name: str, ours: str, theirs: str, score: float | None, names: int, each: int
) -> Iterator[str]:
    mark = "    " if score is None else f"{score:.2f}"
    lines = (_wrapped(ours, each), _wrapped(theirs, each))
    for at in range(max(map(len, lines))):
        one, other = (of[at] if at < len(of) else "" for of in lines)
        head = f"{name if at == 0 else '':{names}}{_GAP}{mark if at == 0 else '    '}"
        yield f"{head}{_GAP}{_padded(one, each)}{_GAP}{other}".rstrip()


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text; a wide character, as of Chinese, takes two places."""
    from rich.cells import chop_cells  # noqa: PLC0415 (only a review shows rows so)

    lines = wrap(visible(text), width) or ["—"]
    return [piece for line in lines for piece in chop_cells(line, width)]


def _padded(text: str, width: int) -> str:
    from rich.cells import cell_len  # noqa: PLC0415 (as above)

    return text + " " * max(0, width - cell_len(text))


KEYS: Mapping[str, Verdict] = {"y": Verdict.POSITIVE, "n": Verdict.NEGATIVE, "u": Verdict.UNSURE}
HELP = "y same  n different  u unsure  b back  s skip  q quit"

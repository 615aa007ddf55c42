"""Conflicts as text for people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from depositary.merging.conflicts.conflicts_file import place, status_text
from depositary.merging.conflicts.remedies import advice, named_sides, value_text
from depositary.model.conflict import Conflict, Status
from depositary.model.package import Package
from depositary.visible import visible

UNSETTLED = (Status.OPEN, Status.STALE, Status.UNUSED)
_COLOURS = {Status.OPEN: "31", Status.STALE: "33", Status.UNUSED: "33", Status.RESOLVED: "32", Status.AUTO: "2"}
_NARROWEST = 60  # characters; a terminal narrower than that breaks the lines itself
_WORDS = {
    Status.OPEN: "open",
    Status.RESOLVED: "resolved",
    Status.AUTO: "merged automatically",
    Status.STALE: "decided for other values (stale)",
    Status.UNUSED: "decided without effect (unused)",
}


def counted(conflicts: Iterable[Conflict]) -> str:
    """Count conflicts by status, in one line."""
    counts = Counter(c.status for c in conflicts)
    return ", ".join(f"{counts[status]:,} {words}" for status, words in _WORDS.items() if counts[status])


def conflicts_text(
    package: Package,
    conflicts: Sequence[Conflict],
    others: Sequence[Conflict] = (),
    *,
    colour: bool = False,
    width: int | None = None,
) -> str:
    """Write conflicts as text, each with its sides and what to do; the others are only counted."""
    text = _Text(colour, width)
    lines = [line for conflict in conflicts for line in [*text.conflict(conflict), ""]]
    head = f"{package.name} {package.version}".strip()
    total = counted([*conflicts, *others]) or "no conflicts"
    return "\n".join([*lines, f"{visible(head)}: {total}.", *_more(others)]) + "\n"


def _more(others: Sequence[Conflict]) -> Iterator[str]:
    if others:
        statuses = [status for status in _WORDS if any(c.status is status for c in others)]
        shown = " ".join(f"--status {status}" for status in statuses)
        yield f"Not listed here: {counted(others)}. To see them: depositary conflicts {shown}"


@dataclass(frozen=True)
class _Text:
    colour: bool
    width: int | None

    def conflict(self, conflict: Conflict) -> Iterator[str]:
        head = visible(f"{conflict.conflict_id}  {conflict.kind}  {status_text(conflict)}")
        yield f"\x1b[{_COLOURS[conflict.status]}m{head}\x1b[0m" if self.colour else head
        yield from self._line(f"{place(conflict)}: {conflict.message}", 2)
        names = named_sides(conflict)
        widest = max(map(len, names), default=0)
        for name, side in names.items():
            origin = ", ".join(filter(None, [side.source_id, side.batch]))
            yield from self._line(f"{name:{widest}}  {value_text(conflict, side)}  [{origin}]", 4, widest + 2)
        if conflict.status in UNSETTLED:
            first, *others = advice(conflict)
            yield from self._line(f"→ {first}", 2)
            for other in others:
                yield from self._line(other, 4)

    def _line(self, text: str, indent: int, hang: int = 2) -> list[str]:
        text = visible(text)
        if not self.width or self.width < _NARROWEST:
            return [" " * indent + text]
        later = " " * (indent + hang)
        return wrap(
            text,
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=later,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
        )

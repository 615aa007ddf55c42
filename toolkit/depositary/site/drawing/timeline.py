"""A timeline: one lane a topic, one mark a fact, drawn as wide as its date is uncertain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from depositary.site.drawing.days import BOTTOM, FADE, TOP, WIDTH, Lane, Scale, axis, day_in_words, span_bar
from depositary.site.drawing.svg import element, picture
from depositary.site.words import say, words

_STEP, _MOST_LINES, _MOST_LANES = 14.0, 8, 14


@dataclass(frozen=True)
class Event:
    """A fact on a lane, from the first to the last day that it can mean; an open end is None."""

    lane: str
    kind: str
    first: date | None
    last: date | None
    text: str
    href: str = ""


def timeline(events: Sequence[Event]) -> Markup:
    """Draw the events that have a date; nothing if none has."""
    dated = [one for one in events if one.first or one.last]
    scale = Scale.of(dated)
    if not scale:
        return Markup()
    counts: dict[str, int] = {}
    for one in dated:
        counts[one.lane] = counts.get(one.lane, 0) + 1
    names = sorted(counts, key=lambda lane: (-counts[lane], lane))[:_MOST_LANES]
    lanes, y = list[Lane[Event]](), TOP
    for name in names:
        lanes.append(Lane(name, y, _stacked(scale, [one for one in dated if one.lane == name]), _STEP))
        y += lanes[-1].height
    label = say(
        words().timeline.label, n=len(dated), first=day_in_words(scale.first), last=day_in_words(scale.last),
        lane=names[0], most=counts[names[0]],
    )  # fmt: skip
    parts = [FADE, axis(scale, y + BOTTOM), *(lane.drawn() for lane in lanes)]
    marks = [_mark(scale, at, one) for lane in lanes for at, one in lane.marks()]
    return picture(WIDTH, y + BOTTOM, label, parts, marks)


def _stacked(scale: Scale, events: Sequence[Event]) -> list[list[Event]]:
    """Put each event on the first line on which it has room; what finds none is on the last line."""
    lines: list[list[Event]] = []
    ends: list[float] = []
    for one in sorted(events, key=lambda e: (e.first or date.min, e.last or date.max, e.text)):
        x1, x2 = scale.span(one)
        at = next((n for n, end in enumerate(ends) if end + 4 < x1), len(ends))
        if at == len(ends) and at < _MOST_LINES:
            lines.append([])
            ends.append(0)
        at = min(at, _MOST_LINES - 1)
        lines[at].append(one)
        ends[at] = max(ends[at], x2)
    return lines


def _mark(scale: Scale, y: float, one: Event) -> Markup:
    x1, x2 = scale.span(one)
    title, kind = element("title", one.text), f"mark-shape v-{one.kind}"
    if x2 - x1 < 13:  # noqa: PLR2004 (a day: the dot and a hair)
        return element("circle", title, cx=(x1 + x2) / 2, cy=y, r=5.5, class_=kind)
    return span_bar(x1, x2, y, one, kind, title)

"""A timeline: one lane a topic, one mark a fact, drawn as wide as its date is uncertain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from depositary.site.drawing.svg import clipped, element, picture
from depositary.site.words import say, words

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 780.0, 32.0, 20.0, 8.0, 40.0
_PAD, _STEP, _MOST_LINES = 8.0, 14.0, 8  # of a lane: the room around its lines, each line, and how many there may be
_NAME = 18.0  # the room of its name, which is above its lines, so that a phone shows lines and not only names
_MOST_LANES, _STEPS = 14, (1, 2, 7, 14, 31, 62, 92, 183, 366, 732, 1830, 3660, 18300)
_MOST_TICKS, _CALENDAR = 8, 28  # from this many days on, ticks are at the first of a month


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
    days = sorted({day for one in dated for day in (one.first, one.last) if day})
    if not days:
        return Markup()
    counts: dict[str, int] = {}
    for one in dated:
        counts[one.lane] = counts.get(one.lane, 0) + 1
    names = sorted(counts, key=lambda lane: (-counts[lane], lane))[:_MOST_LANES]
    scale, lanes, y = _Scale(days[0], days[-1]), list[_Lane](), _TOP
    for name in names:
        lanes.append(_Lane(name, y, _stacked(scale, [one for one in dated if one.lane == name])))
        y += lanes[-1].height
    height = y + _BOTTOM
    texts = words().timeline
    label = say(
        texts.label, n=len(dated), first=_day(days[0]), last=_day(days[-1]), lane=names[0], most=counts[names[0]]
    )
    parts = [_FADE, _axis(scale, height), *(_lane(lane) for lane in lanes)]
    marks = [
        _mark(scale, lane.y + _PAD + _NAME + _STEP * (at + 0.5), one) for lane in lanes for at, one in lane.marks()
    ]
    return picture(_WIDTH, height, label, parts, marks)


@dataclass(frozen=True)
class _Lane:
    """A lane of the timeline: its events on as many lines as are needed, so that none covers another."""

    name: str
    y: float
    lines: Sequence[Sequence[Event]]

    @property
    def height(self) -> float:
        return 2 * _PAD + _NAME + _STEP * len(self.lines)

    def marks(self) -> Iterator[tuple[int, Event]]:
        for at, line in enumerate(self.lines):
            yield from ((at, one) for one in line)


def _stacked(scale: "_Scale", events: Sequence[Event]) -> list[list[Event]]:
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


def _day(day: date) -> str:
    months: list[str] = words().dates.months
    return f"{day.day} {months[day.month - 1]} {day.year}"


@dataclass(frozen=True)
class _Scale:
    first: date
    last: date

    @property
    def days(self) -> int:
        return max(1, (self.last - self.first).days)

    def at(self, day: date | None, otherwise: float) -> float:
        if day is None:
            return otherwise
        inner = _WIDTH - _LEFT - _RIGHT - 24
        return round(_LEFT + 12 + inner * (day - self.first).days / self.days, 1)

    def span(self, one: Event) -> tuple[float, float]:
        return self.at(one.first, _LEFT) - 6, self.at(one.last, _WIDTH - _RIGHT) + 6

    def ticks(self) -> list[date]:
        step = next((one for one in _STEPS if self.days / one <= _MOST_TICKS), _STEPS[-1])
        found, day = [], self.first
        while day <= self.last:
            found.append(day)
            day += timedelta(days=step)
            if step >= _CALENDAR:
                day = date(day.year, day.month, 1)
        return found


def _axis(scale: _Scale, height: float) -> Markup:
    ticks = []
    for day in scale.ticks():
        x = scale.at(day, _LEFT)
        ticks.append(element("line", x1=x, x2=x, y1=_TOP, y2=height - _BOTTOM + 6, class_="grid"))
        ticks.append(element("text", _tick(scale, day), x=x, y=height - 14, text_anchor="middle", class_="tick"))
    return element("g", ticks)


def _tick(scale: _Scale, day: date) -> str:
    months: list[str] = words().dates.short_months
    if scale.days > _MOST_TICKS * 92:
        return str(day.year)
    month = months[day.month - 1]
    return f"{month} {day.year}" if scale.days > _MOST_TICKS * 14 else f"{day.day} {month} {day.year}"


def _lane(lane: _Lane) -> Markup:
    y = lane.y + lane.height
    line = element("line", x1=0, x2=_WIDTH, y1=y, y2=y, class_="lane")
    text = element("text", clipped(lane.name, 60), x=0, y=lane.y + _PAD + 10, class_="lane-name")
    return element("g", line, text)


def _mark(scale: _Scale, y: float, one: Event) -> Markup:
    x1, x2 = scale.span(one)
    title, kind = element("title", one.text), f"mark-shape v-{one.kind}"
    if x2 - x1 < 13:  # noqa: PLR2004 (a day: the dot and a hair)
        return element("circle", title, cx=(x1 + x2) / 2, cy=y, r=5.5, class_=kind)
    mask = {(True, False): "url(#fade-start)", (False, True): "url(#fade-end)"}.get(
        (one.first is None, one.last is None)
    )
    return element("rect", title, x=x1, y=y - 4, width=x2 - x1, height=8, rx=4, class_=f"{kind} span", mask=mask)


def _fade(name: str, first: str, last: str) -> Markup:
    stops = [element("stop", offset=at, stop_color=colour) for at, colour in (("0", first), ("1", last))]
    shade = element("linearGradient", stops, id=f"{name}-shade")
    rect = element("rect", width=1, height=1, fill=f"url(#{name}-shade)")
    return element("g", shade, element("mask", rect, id=name, maskContentUnits="objectBoundingBox"))


_FADE = element("defs", _fade("fade-start", "black", "white"), _fade("fade-end", "white", "black"))

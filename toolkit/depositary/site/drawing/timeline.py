"""A timeline: one lane a topic, one mark a fact, drawn as wide as its date is uncertain."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from depositary.site.drawing.svg import clipped, element, picture
from depositary.site.words import count, say, words

_WIDTH, _LEFT, _RIGHT, _LANE, _TOP, _BOTTOM = 880.0, 190.0, 26.0, 34.0, 12.0, 40.0
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
    lanes = sorted(counts, key=lambda lane: (-counts[lane], lane))[:_MOST_LANES]
    scale = _Scale(days[0], days[-1])
    height = _TOP + _LANE * len(lanes) + _BOTTOM
    parts = [_axis(scale, height), *(_lane(at, lane, counts[lane]) for at, lane in enumerate(lanes))]
    marks = [_mark(scale, lanes.index(one.lane), one) for one in dated if one.lane in lanes]
    texts = words().timeline
    label = say(
        texts.label, n=len(dated), first=_day(days[0]), last=_day(days[-1]), lane=lanes[0], most=counts[lanes[0]]
    )
    return picture(_WIDTH, height, label, parts, marks)


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


def _lane(at: int, name: str, number: int) -> Markup:
    y = _TOP + _LANE * (at + 0.5)
    line = element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="lane")
    text = element("text", clipped(name, 24), x=_LEFT - 14, y=y + 5, text_anchor="end", class_="label")
    title = element("title", count(words().statements, number))
    return element("g", line, text, title)


def _mark(scale: _Scale, at: int, one: Event) -> Markup:
    y = _TOP + _LANE * (at + 0.5)
    x1, x2 = scale.at(one.first, _LEFT), scale.at(one.last, _WIDTH - _RIGHT)
    title = element("title", one.text)
    kind = f"mark-shape v-{one.kind}"
    if x2 - x1 < 1:
        return element("circle", title, cx=x1, cy=y, r=6, class_=kind)
    open_ended = " open" if one.first is None or one.last is None else ""
    return element(
        "rect", title, x=x1 - 5, y=y - 5, width=x2 - x1 + 10, height=10, rx=5, class_=f"{kind} span{open_ended}"
    )

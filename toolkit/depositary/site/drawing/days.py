"""Days from left to right: lanes with a name each, on which every mark is as wide as its date is uncertain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, Protocol, TypeVar

from markupsafe import Markup

from depositary.site.drawing.svg import clipped, element
from depositary.site.words import words

WIDTH, TOP, BOTTOM = 780.0, 8.0, 40.0
_LEFT, _RIGHT, _INSET, _OPEN = 32.0, 20.0, 12.0, 96.0  # an open end needs room to be seen
_PAD, _NAME = 8.0, 18.0  # of a lane: the room around its lines, and of its name, which is above them for a phone
_STEPS = (1, 2, 7, 14, 31, 62, 92, 183, 366, 732, 1830, 3660, 18300)
_TICK = 84.0  # the room of the name of a day
_MOST_TICKS, _CALENDAR = 8, 28  # from this many days on, ticks are at the first of a month


class Dated(Protocol):
    """What has a first and a last day that it can mean; an open end is None."""

    @property
    def first(self) -> date | None: ...  # noqa: D102 (as above)
    @property
    def last(self) -> date | None: ...  # noqa: D102


E = TypeVar("E", bound=Dated)


@dataclass(frozen=True)
class Scale:
    """The days of a picture, with room for open ends."""

    first: date
    last: date
    before: float
    after: float
    beside: float

    @classmethod
    def of(cls, events: Sequence[Dated], beside: float = 0.0) -> "Scale | None":
        """Fit a scale to events, with room beside the last of them for words; None if none has a date."""
        days = sorted({day for one in events for day in (one.first, one.last) if day})
        if not days:
            return None
        before = _OPEN if any(one.first is None and one.last for one in events) else _INSET
        after = _OPEN if any(one.last is None and one.first for one in events) else _INSET
        return cls(days[0], days[-1], before, after, beside)

    @property
    def end(self) -> float:
        """Give the place at which marks end."""
        return WIDTH - _RIGHT - self.beside

    @property
    def days(self) -> int:
        """Count the days between the first and the last."""
        return max(1, (self.last - self.first).days)

    def at(self, day: date | None, otherwise: float) -> float:
        """Give the place of a day."""
        if day is None:
            return otherwise
        inner = self.end - _LEFT - self.before - self.after
        return round(_LEFT + self.before + inner * (day - self.first).days / self.days, 1)

    def span(self, one: Dated) -> tuple[float, float]:
        """Give the ends of a mark."""
        return self.at(one.first, _LEFT) - 6, self.at(one.last, self.end) + 6

    def ticks(self) -> list[date]:
        """Give the days that are named below."""
        step = next((one for one in _STEPS if self.days / one <= _MOST_TICKS), _STEPS[-1])
        found, day = [], self.first
        while day <= self.last:
            found.append(day)
            day += timedelta(days=step)
            if step >= _CALENDAR:
                day = date(day.year, day.month, 1)
        return found


@dataclass(frozen=True)
class Lane(Generic[E]):
    """A lane: its name, its place, and its events on as many lines as are needed, so that none covers another."""

    name: str
    y: float
    lines: Sequence[Sequence[E]]
    step: float

    @property
    def height(self) -> float:
        """Give its height."""
        return 2 * _PAD + _NAME + self.step * len(self.lines)

    def marks(self) -> Iterator[tuple[float, E]]:
        """Give each event with the height at which it is drawn."""
        for at, line in enumerate(self.lines):
            yield from ((self.y + _PAD + _NAME + self.step * (at + 0.5), one) for one in line)

    def drawn(self) -> Markup:
        """Draw its name, and the line below it."""
        y = self.y + self.height
        line = element("line", x1=0, x2=WIDTH, y1=y, y2=y, class_="lane")
        return element(
            "g", line, element("text", clipped(self.name, 60), x=0, y=self.y + _PAD + 10, class_="lane-name")
        )


def day_in_words(day: date) -> str:
    """Write a day in words."""
    months: list[str] = words().dates.months
    return f"{day.day} {months[day.month - 1]} {day.year}"


def axis(scale: Scale, height: float) -> Markup:
    """Draw the days that are named."""
    ticks: list[Markup] = []
    free = 0.0
    for day in scale.ticks():
        x = scale.at(day, _LEFT)
        if x < free:
            continue
        free = x + _TICK
        ticks.append(element("line", x1=x, x2=x, y1=TOP, y2=height - BOTTOM + 6, class_="grid"))
        ticks.append(element("text", _tick(scale, day), x=x, y=height - 14, text_anchor="middle", class_="tick"))
    return element("g", ticks)


def _tick(scale: Scale, day: date) -> str:
    months: list[str] = words().dates.short_months
    if scale.days > _MOST_TICKS * 92:
        return str(day.year)
    month = months[day.month - 1]
    return f"{month} {day.year}" if scale.days > _MOST_TICKS * 14 else f"{day.day} {month} {day.year}"


def span_bar(x1: float, x2: float, y: float, one: Dated, kind: str, *content: Markup) -> Markup:
    """Draw the days that a date can mean; an open end fades."""
    mask = {(True, False): "url(#fade-start)", (False, True): "url(#fade-end)"}.get(
        (one.first is None, one.last is None)
    )
    return element("rect", content, x=x1, y=y - 4, width=x2 - x1, height=8, rx=4, class_=f"{kind} span", mask=mask)


def _fade(name: str, first: str, last: str) -> Markup:
    stops = [element("stop", offset=at, stop_color=colour) for at, colour in (("0", first), ("1", last))]
    shade = element("linearGradient", stops, id=f"{name}-shade")
    rect = element("rect", width=1, height=1, fill=f"url(#{name}-shade)")
    return element("g", shade, element("mask", rect, id=name, maskContentUnits="objectBoundingBox"))


FADE = element("defs", _fade("fade-start", "black", "white"), _fade("fade-end", "white", "black"))

"""Figures by period: a column for each, a dash where there is none, and a line as long as a figure is uncertain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from depositary.site.drawing.svg import clipped, element, picture

_WIDTH, _LEFT, _TOP, _HIGH, _BOTTOM = 700.0, 8.0, 24.0, 150.0, 30.0
_STEP, _WIDEST, _LETTER = 96.0, 48.0, 7.5
_WHOLE = 100.0  # per cent


@dataclass(frozen=True)
class Column:
    """A period with the least and the greatest of its figures, and these in words; without a figure both are None."""

    period: str
    low: float | None
    high: float | None
    text: str


def columns(periods: Sequence[Column], label: str, *, is_share: bool) -> Markup:
    """Draw the figures of one series from zero; a share is drawn within its whole."""
    scale = _Scale.of(periods, is_share=is_share)
    parts = [part for at, one in enumerate(periods) for part in _column(scale, at, one, is_share=is_share)]
    wide = 2 * _LEFT + scale.step * len(periods)
    zero = element("line", x1=0, x2=wide, y1=scale.y(0), y2=scale.y(0), class_="grid")
    parts += _figures(scale, periods)
    return picture(wide, _TOP + _HIGH + _BOTTOM, label, zero, parts, _names(scale, periods))


@dataclass(frozen=True)
class _Scale:
    least: float
    most: float
    step: float

    @classmethod
    def of(cls, periods: Sequence[Column], *, is_share: bool) -> "_Scale":
        ends = [0.0, *(end for one in periods for end in (one.low, one.high) if end is not None)]
        most = max(*ends, _WHOLE) if is_share else max(ends)
        step = min(_STEP, (_WIDTH - 2 * _LEFT) / max(1, len(periods)))
        return cls(min(ends), most if most > min(ends) else min(ends) + 1, step)

    def x(self, at: int) -> float:
        return round(_LEFT + self.step * (at + 0.5), 1)

    def y(self, value: float) -> float:
        return round(_TOP + _HIGH * (self.most - value) / (self.most - self.least), 1)

    @property
    def wide(self) -> float:
        return round(min(_WIDEST, self.step * 0.7), 1)


def _column(scale: _Scale, at: int, one: Column, *, is_share: bool) -> Iterator[Markup]:
    x, zero = scale.x(at), scale.y(0)
    title = element("title", f"{one.period}: {one.text}")
    if one.low is None or one.high is None:
        yield element("g", title, element("line", x1=x - 5, x2=x + 5, y1=zero - 9, y2=zero - 9, class_="none"))
        return
    near = one.low if one.low >= 0 else min(one.high, 0.0)  # the part that all figures have
    top, bottom = sorted((scale.y(near), zero))
    left = x - scale.wide / 2
    if is_share:
        yield element(
            "rect", x=left, y=scale.y(_WHOLE), width=scale.wide, height=zero - scale.y(_WHOLE), class_="whole"
        )
    yield element("rect", title, x=left, y=top, width=scale.wide, height=max(1.0, bottom - top), class_="bar")
    if one.low != one.high:
        yield element("line", x1=x, x2=x, y1=scale.y(one.low), y2=scale.y(one.high), class_="between")


def _figures(scale: _Scale, periods: Sequence[Column]) -> Iterator[Markup]:
    """Write the figures above the columns; if they have no room there, only the highest."""
    filled = [(at, one, one.high) for at, one in enumerate(periods) if one.high is not None]
    if any(_LETTER * len(one.text) > scale.step for _, one, _ in filled):
        filled = sorted(filled, key=lambda of: -of[2])[:1]
    end = 2 * _LEFT + scale.step * len(periods)
    for at, one, high in filled:
        half = min(_LETTER * len(one.text) / 2, end / 2)
        x = min(max(scale.x(at), half), end - half)
        yield element("text", one.text, x=x, y=scale.y(max(high, 0.0)) - 7, text_anchor="middle", class_="tick")


def _names(scale: _Scale, periods: Sequence[Column]) -> Iterator[Markup]:
    """Name as many periods below as have room."""
    free = 0.0
    for at, one in enumerate(periods):
        name = clipped(one.period, 12)
        room = _LETTER * len(name) / 2
        x = scale.x(at)
        if x - room >= free:
            free = x + room + _LETTER
            yield element("text", name, x=x, y=_TOP + _HIGH + 20, text_anchor="middle", class_="tick")

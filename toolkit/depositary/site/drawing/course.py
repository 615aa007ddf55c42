"""How positions follow each other: one lane a topic, each mark a shape, a colour and a word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from depositary.site.drawing.days import BOTTOM, FADE, TOP, WIDTH, Lane, Scale, axis, span_bar
from depositary.site.drawing.shapes import SIDE, shape_parts
from depositary.site.drawing.svg import element, picture

_STEP, _MOST_LINES = 24.0, 8
_LETTER, _BESIDE, _DAY = 7.5, 7.0, 13.0  # the width of a letter, the room beside a mark, and the width of one day


@dataclass(frozen=True)
class Step:
    """A position on a topic, from the first to the last day that its date can mean; an open end is None."""

    topic: str
    kind: str
    word: str
    first: date | None
    last: date | None
    text: str


def course(topics: Sequence[tuple[str, Sequence[Step]]], label: str) -> tuple[Markup, int]:
    """Draw the steps of each topic, which all have a date, and count those that have no room."""
    drawn = [one for _, steps in topics for one in steps]
    scale = Scale.of(drawn, max(map(_room, drawn), default=0.0))
    if not scale:
        return Markup(), 0
    lanes, y, missing = list[Lane[Step]](), TOP, 0
    for topic, steps in topics:
        lines, more = _stacked(scale, steps)
        lanes.append(Lane(topic, y, lines, _STEP))
        y += lanes[-1].height
        missing += more
    parts = [FADE, axis(scale, y + BOTTOM), *(lane.drawn() for lane in lanes)]
    marks = [_mark(scale, at, one) for lane in lanes for at, one in lane.marks()]
    return picture(WIDTH, y + BOTTOM, label, parts, marks), missing


def _stacked(scale: Scale, steps: Sequence[Step]) -> tuple[list[list[Step]], int]:
    """Put each step with its word on the first line on which it has room, and count those that find none."""
    lines: list[list[Step]] = []
    taken: list[list[tuple[float, float]]] = []
    missing = 0
    for one in steps:
        left, right = scale.span(one)
        right += _room(one)
        at = next((n for n, of in enumerate(taken) if all(right < x1 or left > x2 for x1, x2 in of)), len(taken))
        if at == _MOST_LINES:
            missing += 1
            continue
        if at == len(taken):
            lines.append([])
            taken.append([])
        lines[at].append(one)
        taken[at].append((left, right))
    return lines, missing


def _room(one: Step) -> float:
    """Give the room that the word of a mark needs."""
    return _LETTER * len(one.word) + 2 * _BESIDE


def _mark(scale: Scale, y: float, one: Step) -> Markup:
    return element("g", element("title", one.text), _parts(scale, y, one), class_=f"step s-{one.kind}")


def _parts(scale: Scale, y: float, one: Step) -> Iterator[Markup]:
    x1, x2 = scale.span(one)
    if x2 - x1 >= _DAY:
        yield span_bar(x1, x2, y, one, "mark-shape")
    middle = x2 - 6 if one.first is None else x1 + 6 if one.last is None else (x1 + x2) / 2
    place = f"translate({middle - SIDE / 2:.1f} {y - SIDE / 2:.1f})"
    back = element("circle", cx=SIDE / 2, cy=SIDE / 2, r=SIDE / 2 + 1, class_="back")
    yield element("g", back, element("g", shape_parts(one.kind), class_="shape"), transform=place)
    yield element("text", one.word, x=x2 + _BESIDE, y=y + 4.5, class_="word")

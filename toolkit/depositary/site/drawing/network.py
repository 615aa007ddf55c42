"""Who met whom and who speaks about whom: parties on a circle, lines between them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from depositary.site.addresses import Link
from depositary.site.drawing.svg import clipped, element, picture
from depositary.site.words import say, words

_HEIGHT, _ROUND = 480.0, 170.0
_LONGEST = 34  # characters of a label
_LETTER, _BESIDE = 8.0, 20.0  # width of a character, and of what is between a place and its label


@dataclass(frozen=True)
class Edge:
    """A pair of parties: the meetings of both, and the statements that tie them."""

    one: str
    other: str
    met: int
    spoke: int


class _Middle(NamedTuple):
    x: float
    y: float


def network(names: Sequence[str], edges: Sequence[Edge], links: Mapping[str, Link]) -> Markup:
    """Draw the parties and their ties; nothing without ties."""
    shown = [edge for edge in edges if edge.one in names and edge.other in names]
    if not shown:
        return Markup()
    grown = max(1.0, len(names) / 14)
    height, radius = _HEIGHT * grown, _ROUND * grown
    order = sorted(names)
    around = {name: _place(at, len(order), height / 2, radius) for at, name in enumerate(order)}
    texts = {name: clipped(links[name].text, _LONGEST) for name in order}
    left, right = _ends([(around[name][0], texts[name]) for name in order])
    places = {name: (x - left, y) for name, (x, y) in around.items()}
    lines = [_line(edge, places) for edge in shown]
    nodes = [_node(name, places[name], _Middle(-left, height / 2), texts[name]) for name in order]
    label = say(words().actors.map_label, parties=len(order), met=sum(1 for e in shown if e.met), ties=len(shown))
    return picture(right - left, height, label, lines, nodes)


def _place(at: int, count: int, y: float, radius: float) -> tuple[float, float]:
    """Give a place on the circle, whose middle is at 0 from left to right."""
    angle = 2 * math.pi * at / count - math.pi / 2
    return round(radius * math.cos(angle), 1), round(y + radius * math.sin(angle), 1)


def _side(x: float) -> str:
    return "start" if x > 1 else "end" if x < -1 else "middle"


def _ends(labels: Sequence[tuple[float, str]]) -> tuple[float, float]:
    """Give the left and the right end of the labels, so that the picture is no wider than they need."""
    left, right = [], []
    for x, text in labels:
        side, width = _side(x), _LETTER * len(text)
        before = {"start": 0.0, "middle": width / 2, "end": width}[side]
        left.append(x - before - _BESIDE)
        right.append(x + width - before + _BESIDE)
    return min(left), max(right)


def _line(edge: Edge, places: Mapping[str, tuple[float, float]]) -> Markup:
    (x1, y1), (x2, y2) = places[edge.one], places[edge.other]
    kind = "tie met" if edge.met else "tie spoke"
    width = round(min(6.0, 1.2 + 0.5 * (edge.met + edge.spoke)), 1)
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind, stroke_width=width)


def _node(name: str, place: tuple[float, float], middle: _Middle, label: str) -> Markup:
    x, y = place
    side = _side(x - middle.x)
    shift = {"start": 13.0, "end": -13.0, "middle": 0.0}[side]
    down = 4.5 if side != "middle" else (-14.0 if y < middle.y else 24.0)
    text = element("text", label, x=x + shift, y=y + down, text_anchor=side)
    return element("g", element("circle", cx=x, cy=y, r=7), text, class_="node", data_actor=name)

"""Who met whom and who speaks about whom: parties on a circle, lines between them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from depositary.site.addresses import Link
from depositary.site.drawing.svg import clipped, element, picture
from depositary.site.words import say, words

_WIDTH, _HEIGHT, _ROUND = 880.0, 480.0, 170.0
_LONGEST = 34


@dataclass(frozen=True)
class Edge:
    """A pair of parties: the meetings of both, and the statements that tie them."""

    one: str
    other: str
    met: int
    spoke: int


def network(names: Sequence[str], edges: Sequence[Edge], links: Mapping[str, Link]) -> Markup:
    """Draw the parties and their ties; nothing without ties."""
    shown = [edge for edge in edges if edge.one in names and edge.other in names]
    if not shown:
        return Markup()
    grown = max(1.0, len(names) / 14)
    width, height, radius = _WIDTH * min(grown, 1.4), _HEIGHT * grown, _ROUND * grown
    order = sorted(names)
    places = {name: _place(at, len(order), width / 2, height / 2, radius) for at, name in enumerate(order)}
    lines = [_line(edge, places) for edge in shown]
    nodes = [_node(name, places[name], width / 2, links[name]) for name in order]
    label = say(words().actors.map_label, parties=len(order), met=sum(1 for e in shown if e.met), ties=len(shown))
    return picture(width, height, label, lines, nodes)


def _place(at: int, count: int, x: float, y: float, radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * at / count - math.pi / 2
    return round(x + radius * math.cos(angle), 1), round(y + radius * math.sin(angle), 1)


def _line(edge: Edge, places: Mapping[str, tuple[float, float]]) -> Markup:
    (x1, y1), (x2, y2) = places[edge.one], places[edge.other]
    kind = "tie met" if edge.met else "tie spoke"
    width = round(min(6.0, 1.2 + 0.5 * (edge.met + edge.spoke)), 1)
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind, stroke_width=width)


def _node(name: str, place: tuple[float, float], middle: float, link: Link) -> Markup:
    x, y = place
    side = "start" if x > middle + 1 else "end" if x < middle - 1 else "middle"
    shift = {"start": 13.0, "end": -13.0, "middle": 0.0}[side]
    down = 4.5 if side != "middle" else (-14.0 if y < middle else 24.0)
    text = element("text", clipped(link.text, _LONGEST), x=x + shift, y=y + down, text_anchor=side)
    return element("g", element("circle", cx=x, cy=y, r=7), text, class_="node", data_actor=name)

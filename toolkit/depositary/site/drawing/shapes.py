"""The shapes of stances and verdicts: what a colour says, a shape says too."""

from collections.abc import Mapping

from markupsafe import Markup

from depositary.site.drawing.svg import element

SIDE = 16.0  # of the square on which they are drawn


def shape(kind: str) -> Markup:
    """Draw a shape beside a word, which says the same."""
    return element(
        "svg", shape_parts(kind), class_="shape", viewbox=f"0 0 {SIDE:.0f} {SIDE:.0f}", width=SIDE, height=SIDE,
        aria_hidden="true", focusable="false",
    )  # fmt: skip


def shape_parts(kind: str) -> Markup:
    """Give the parts of a shape, for a picture; what is of no known kind is a dash."""
    return _SHAPES.get(kind, _line("M4 8h8"))


def _path(course: str, name: str | None = None) -> Markup:
    return element("path", d=course, class_=name)


def _line(course: str) -> Markup:
    return _path(course, "line")


def _circle(radius: float, name: str | None = None) -> Markup:
    return element("circle", cx=8, cy=8, r=radius, class_=name)


_RING = _circle(6.2, "ring")
_TICK = _circle(7) + _path("M4.6 8.3l2.3 2.3 4.5-5", "cut")
_CROSS = _path("M8 .8L15.2 8 8 15.2.8 8z") + _path("M5.8 5.8l4.4 4.4m0-4.4l-4.4 4.4", "cut")
_HALF = _RING + _path("M8 1.8a6.2 6.2 0 0 1 0 12.4z")
_GAPS = _circle(6.2, "ring dashed")
_POINT = _RING + _circle(3)
_SHAPES: Mapping[str, Markup] = {
    "affirms": _TICK,
    "agreed": _TICK,
    "denies": _CROSS,
    "contested": _CROSS,
    "contested_one_sided": _CROSS,
    "qualifies": _HALF,
    "one_sided": _HALF,
    "reserves": element("rect", class_="ring", x=2, y=2, width=12, height=12, rx=2) + _line("M5 8h6"),
    "silent": _GAPS,
    "open": _GAPS,
    "declines_comment": _RING + _line("M3.8 12.2l8.4-8.4"),
    "states": _POINT,
    "own": _POINT,
    "anonymous": _path("M8 1.5L14.5 13.5h-13z", "ring") + _line("M8 6v3.4m0 1.7v.6"),
    "ascribed": _RING,
    "addressed": _line("M2 8h11m-4-4l4 4-4 4"),
}

"""Bars: a length for each number, with the number beside it."""

from collections.abc import Sequence

from markupsafe import Markup

from depositary.site.drawing.svg import clipped, element, picture
from depositary.site.words import say

_WIDTH, _LEFT, _ROW, _MOST = 880.0, 220.0, 30.0, 12


def bars(numbers: Sequence[tuple[str, int]], label: str) -> Markup:
    """Draw the largest numbers, in order; nothing if there are none."""
    shown = sorted((one for one in numbers if one[1]), key=lambda one: (-one[1], one[0]))[:_MOST]
    if not shown:
        return Markup()
    most = shown[0][1]
    parts = []
    for at, (name, number) in enumerate(shown):
        y = at * _ROW
        width = max(2.0, (_WIDTH - _LEFT - 120) * number / most)
        parts += [
            element("text", clipped(name, 30), x=_LEFT - 14, y=y + 20, text_anchor="end", class_="label"),
            element("rect", x=_LEFT, y=y + 7, width=round(width, 1), height=_ROW - 14, rx=3, class_="bar"),
            element("text", f"{number:,}", x=_LEFT + width + 10, y=y + 20, class_="tick"),
        ]
    return picture(_WIDTH, len(shown) * _ROW, say(label, name=shown[0][0], n=most), parts)

"""How texts depend on each other: each text to the right of those from which it took content."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from depositary.site.drawing.svg import clipped, element, picture
from depositary.site.words import say, words

_COLUMN, _ROW, _BOX, _HIGH = 300.0, 74.0, 220.0, 46.0
_MOST = 60  # texts that are drawn
_LONGEST = 56


@dataclass(frozen=True)
class Branch:
    """A text, the one that it took content from, the names of both, how, and what changed."""

    text: str
    parent: str
    label: str
    parent_label: str
    how: str
    drift: str


def tree(branches: Sequence[Branch], roots: Collection[str]) -> Markup:
    """Draw the derivations; nothing, if there are none or too many to be read."""
    labels = {one.text: one.label for one in branches} | {one.parent: one.parent_label for one in branches}
    if not branches or len(labels) > _MOST:
        return Markup()
    levels = _levels(branches, labels)
    columns: dict[int, list[str]] = {}
    for name in sorted(labels, key=lambda one: (levels[one], one not in roots, one)):
        columns.setdefault(levels[name], []).append(name)
    high = max(map(len, columns.values())) * _ROW
    places = {
        name: (level * _COLUMN, (high - len(of) * _ROW) / 2 + at * _ROW + (_ROW - _HIGH) / 2)
        for level, of in columns.items()
        for at, name in enumerate(of)
    }
    lines = [_line(one, places) for one in branches]
    boxes = [_box(name, labels[name], places[name], is_root=name in roots) for name in labels]
    texts = words().sources
    drawn = sum(1 for name in labels if name in roots)
    label = say(texts.tree_label, texts=len(labels), roots=drawn, drifted=sum(1 for one in branches if _drifts(one)))
    return picture(max(columns) * _COLUMN + _BOX + 2, high, label, lines, boxes)


def _levels(branches: Sequence[Branch], labels: Mapping[str, str]) -> dict[str, int]:
    """Put each text one level after its parents; texts in a circle stay where the search ends."""
    levels = dict.fromkeys(labels, 0)
    for _ in labels:
        for one in branches:
            levels[one.text] = min(len(labels), max(levels[one.text], levels[one.parent] + 1))
    used = sorted(set(levels.values()))
    return {name: used.index(level) for name, level in levels.items()}


def _drifts(branch: Branch) -> bool:
    return branch.drift not in ("", "none")


def _line(one: Branch, places: Mapping[str, tuple[float, float]]) -> Markup:
    (x1, y1), (x2, y2) = places[one.parent], places[one.text]
    x1, y1, y2 = x1 + _BOX, y1 + _HIGH / 2, y2 + _HIGH / 2
    middle = (x1 + x2) / 2
    path = element(
        "path", d=f"M{x1:.0f} {y1:.0f}C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2:.0f} {y2:.0f}", fill="none"
    )
    text = element("text", one.how.lower(), x=middle, y=(y1 + y2) / 2 - 5, text_anchor="middle")
    return element("g", path, text, class_="branch drifted" if _drifts(one) else "branch")


def _box(name: str, label: str, place: tuple[float, float], *, is_root: bool) -> Markup:
    x, y = place[0] + 1, place[1]
    rect = element("rect", x=x, y=y, width=_BOX, height=_HIGH, rx=6)
    first, second = _two_lines(clipped(label, _LONGEST))
    texts = [element("text", first, x=x + 12, y=y + (20 if second else 28))]
    texts += [element("text", second, x=x + 12, y=y + 36)] if second else []
    return element(
        "g", element("title", label), rect, texts, class_="text root" if is_root else "text", data_source=name
    )


def _two_lines(label: str) -> tuple[str, str]:
    if len(label) <= _LONGEST // 2:
        return label, ""
    at = label.rfind(" ", 0, _LONGEST // 2 + 1)
    at = at if at > 0 else _LONGEST // 2
    return label[:at].strip(), clipped(label[at:].strip(), _LONGEST // 2)

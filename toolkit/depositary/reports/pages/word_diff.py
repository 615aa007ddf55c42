"""Two values side by side; words that only one of them has are marked."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from depositary.reports.pages.markup import element

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_COMPARED = 2_000  # words of a value; longer ones are shown without marks


def marked(before: str | None, after: str | None, *, new: str = "ins") -> tuple[Sequence[str], Sequence[str]]:
    """Give both values in parts, text and markup; `new` is the element for added words."""
    if before is None or after is None:
        return [before or ""], [after or ""]
    old, now = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(now)) > _COMPARED:
        return [before], [after]
    changes = SequenceMatcher(None, old, now, autojunk=False).get_opcodes()
    left = [_part("del", "".join(old[a:b]), kind) for kind, a, b, _, _ in changes if b > a]
    right = [_part(new, "".join(now[c:d]), kind) for kind, _, _, c, d in changes if d > c]
    return left, right


def _part(name: str, words: str, kind: str) -> str:
    return words if kind == "equal" else element(name, words)

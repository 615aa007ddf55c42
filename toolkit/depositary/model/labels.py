"""Make equal labels of different codes different, for formats that show only labels."""

from collections import Counter
from collections.abc import Mapping


def distinct_labels(labels: Mapping[str, str], longest: int | None = None) -> dict[str, str]:
    """Add the code to each label that another code has too, as in `Other (x)`.

    Labels that differ only in spaces at their ends are equal, because some readers remove these spaces.

    Args:
        labels: the label of each code.
        longest: the most bytes of UTF-8 in a label; it is cut first, and again to make room for its code.
    """
    ends = dict.fromkeys(labels, "")
    while True:
        found = {code: _cut(label, longest, ends[code]) + ends[code] for code, label in labels.items()}
        counts = Counter(label.strip() for label in found.values())
        doubles = [code for code, label in found.items() if counts[label.strip()] > 1]
        if not doubles:
            return found
        for code in doubles:
            ends[code] += f" ({code})"


def _cut(label: str, longest: int | None, end: str) -> str:
    if longest is None:
        return label
    return label.encode()[: max(0, longest - len(end.encode()))].decode("utf-8", "ignore")

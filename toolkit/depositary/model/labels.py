"""Labels of codes that are told apart: what shows labels only would otherwise make one value of two codes."""

from collections import Counter
from collections.abc import Mapping


def told_apart(labels: Mapping[str, str], longest: int | None = None) -> dict[str, str]:
    """Put the code behind each label that another code has as well, as in `Other (x)`.

    Labels that differ in spaces at their ends only are alike: some readers take these away.

    Args:
        labels: the label of each code.
        longest: how many bytes of UTF-8 a label may have; it is cut first, and again to make room for its code.
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

"""The forms of a law that counts its examples itself; the mark `short` is for all others."""

from collections.abc import Sequence

import pytest


def forms(count: int) -> list[tuple[str, int, Sequence[pytest.MarkDecorator]]]:
    """Name the forms of a law, with their examples: a few in every run, all and many more in the soak."""
    return [
        ("short", max(1, count // 8), []),
        ("all", count, [pytest.mark.soak]),
        ("many", 20 * count, [pytest.mark.soak]),
    ]

"""Names that a format can hold: short enough, with letters that it knows, and different without regard to case."""

import re
from collections.abc import Iterable

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


def short_names(names: Iterable[str], longest: int, unsafe: re.Pattern[str] = _UNSAFE) -> dict[str, str]:
    """Map each name to one that fits; a name that fits and is not taken by an earlier one does not change.

    Args:
        names: the names, each once.
        longest: the most characters that the format allows.
        unsafe: matches a character that it does not allow.
    """
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in names:
        base = unsafe.sub("_", name)[:longest] or "_"
        fitting, n = base, 1
        while fitting.casefold() in taken:
            n += 1
            fitting = f"{base[: longest - len(str(n)) - 1]}_{n}"
        taken.add(fitting.casefold())
        found[name] = fitting
    return found


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Map the name of each table to that of its file, without the extension."""
    return {name: fitting.lstrip(".") or "_" for name, fitting in short_names(names, 100).items()}

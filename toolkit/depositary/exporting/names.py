"""Names that a format can hold: short enough, of letters it knows, and told apart without regard to case."""

import re
from collections.abc import Iterable

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


def short_names(names: Iterable[str], longest: int, unsafe: re.Pattern[str] = _UNSAFE) -> dict[str, str]:
    """Map each name to one that fits; a name that fits, and is not taken by one before it, stays as it is.

    Args:
        names: the names, each once.
        longest: how many characters the format allows.
        unsafe: matches a character that it does not.
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
    """Map the name of each table to that of its file, without an ending."""
    return {name: fitting.lstrip(".") or "_" for name, fitting in short_names(names, 100).items()}

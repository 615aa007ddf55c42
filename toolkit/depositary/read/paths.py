"""Paths written by strangers: they stay inside their folder."""

import re
from pathlib import Path, PurePosixPath, PureWindowsPath

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def unsafe(root: Path, relative: str) -> str:
    """Say why a path must not be followed, or nothing if it may.

    Data Package v2, "Path": relative, no `..`, POSIX; links are followed only if they end inside the folder.
    """
    if _SCHEME.match(relative):
        return "it is remote; download the file into the package and name it by a relative path"
    if PurePosixPath(relative).is_absolute() or PureWindowsPath(relative).drive or relative.startswith("~"):
        return "it is absolute; name the file relative to the folder of the descriptor"
    if "\\" in relative:
        return "it is written with backslashes; use / between folders"
    if ".." in PurePosixPath(relative).parts:
        return "it climbs out of the folder with `..`"
    try:
        if not (root / relative).resolve().is_relative_to(root.resolve()):
            return "it follows a link that leads out of the folder"
    except (OSError, RuntimeError, ValueError) as error:  # too long, a link to itself, a NUL or half a character
        return f"no file can have it ({error})"
    return ""

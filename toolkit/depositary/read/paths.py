"""Paths: those that callers name, and those written by strangers, which stay inside their folder."""

import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

from depositary.errors import UsageError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def given(path: object) -> Path:
    """Take a path that a caller or the command line names; there need not be anything at it.

    Raises:
        UsageError: it is no path, or one that no file can have.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str):
        raise UsageError(f"{path!r} is not a path: name a file or folder by a text or a pathlib.Path.")
    if not text:
        raise UsageError("a path is empty: name a file or folder, or leave it out.")
    if reason := _impossible(text):
        raise UsageError(f"{text}: no file can be named so ({reason}).")
    return Path(text)


def given_or_none(path: object) -> Path | None:
    """Take a path that a caller may leave out.

    Raises:
        UsageError: it is no path, or one that no file can have.
    """
    return None if path is None else given(path)


def given_all(paths: object) -> list[Path]:
    """Take several paths that a caller names.

    Raises:
        UsageError: they are no list, or one of them is not a path, or one that no file can have.
    """
    if isinstance(paths, str | bytes | os.PathLike) or not isinstance(paths, Iterable):
        raise UsageError(f"{paths!r} is not a list of paths: put it into one, as in [{paths!r}].")
    return [given(path) for path in paths]


def _impossible(path: str) -> str:
    """Say why the system cannot look at a path, or nothing if it can, or may not."""
    try:
        os.stat(path)  # noqa: PTH116 (of some, no Path can be made)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ""
    except OSError as error:  # too long, or a link to itself
        return error.strerror or str(error)
    except ValueError as error:  # a NUL, or half a character
        return str(error)
    return ""


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

"""Paths from callers, and paths from strangers, which must stay inside their folder."""

import os
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

from depositary.errors import UsageError

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)")
_WITHOUT_HOST = ("file",)


def given(path: object) -> Path:
    """Accept a path from a caller or the command line; it need not exist.

    Raises:
        UsageError: it is not a path, or no file can have it.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str):
        raise UsageError(f"{path!r} is not a path. Give the path of a file or folder as a text or a pathlib.Path.")
    if not text:
        raise UsageError("a path is empty. Name a file or folder, or leave it out.")
    if reason := _impossible(text):
        raise UsageError(f"{text}: no file can have this name ({reason}).")
    return Path(text)


def given_or_none(path: object) -> Path | None:
    """Accept a path that a caller may leave out.

    Raises:
        UsageError: it is not a path, or no file can have it.
    """
    return None if path is None else given(path)


def given_all(paths: object) -> list[Path]:
    """Accept several paths from a caller.

    Raises:
        UsageError: they are not a list, or one of them is not a path, or no file can have it.
    """
    if isinstance(paths, str | bytes | os.PathLike) or not isinstance(paths, Iterable):
        raise UsageError(f"{paths!r} is not a list of paths. Write it as a list: [{paths!r}].")
    return [given(path) for path in paths]


def address_of(path: object) -> str:
    """Give the address on storage of a cluster that a path is, or nothing; a path has lost one of its slashes."""
    found = _ADDRESS.fullmatch(str(path))
    if found is None:
        return ""
    scheme, rest = found.groups()
    return f"{scheme}://{'/' if scheme in _WITHOUT_HOST else ''}{rest}".rstrip("/")


def _impossible(path: str) -> str:
    """Give the reason why the system cannot access a path; empty if it can, or if it is only not allowed."""
    try:
        os.stat(path)  # noqa: PTH116 (some cannot become a Path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return ""
    except OSError as error:  # too long, or a link to itself
        return error.strerror or str(error)
    except ValueError as error:  # a NUL, or half a character
        return str(error)
    return ""


def unsafe(root: Path, relative: str) -> str:
    """Give the reason why a path must not be followed; empty if it may be followed.

    Data Package v2, "Path": relative, no `..`, POSIX; links are followed only if they end inside the folder.
    """
    if _SCHEME.match(relative):
        return "it is remote; download the file into the package and name it by a relative path"
    if PurePosixPath(relative).is_absolute() or PureWindowsPath(relative).drive or relative.startswith("~"):
        return "it is absolute; name the file relative to the folder of the descriptor"
    if "\\" in relative:
        return "it is written with backslashes; use / between folders"
    if ".." in PurePosixPath(relative).parts:
        return "it leads out of the folder with `..`"
    try:
        if not (root / relative).resolve().is_relative_to(root.resolve()):
            return "it follows a link that leads out of the folder"
    except (OSError, RuntimeError, ValueError) as error:  # too long, a link to itself, a NUL or half a character
        return f"no file can have this path ({error})"
    return ""

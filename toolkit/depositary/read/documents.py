"""Read JSON and TOML documents; errors give the position."""

import json
import tomllib
from pathlib import Path
from typing import Any

from depositary.errors import DocumentError, NotFoundError

# A descriptor of 10,000 columns has about 2 MB; a larger file is not a descriptor.
_LARGEST = 64 * 1024 * 1024


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        NotFoundError: there is no such file.
        DocumentError: it is not a JSON object in UTF-8.
    """
    text = _without_conflict(path)
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"{path}: not JSON: {error.msg} at line {error.lineno}, column {error.colno}. "
            "Correct it there; usually a comma is missing, or there is one too many."
        ) from error
    except RecursionError as error:
        raise DocumentError(f"{path}: nested too deeply for a descriptor. Correct it.") from error
    except ValueError as error:
        raise DocumentError(f"{path}: this JSON cannot be read: {error}.") from error
    if not isinstance(document, dict):
        raise DocumentError(
            f"{path}: not a JSON object but a {type(document).__name__}. Put the content between `{{` and `}}`."
        )
    return document


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML document.

    Raises:
        NotFoundError: there is no such file.
        DocumentError: it is not TOML in UTF-8.
    """
    try:
        return tomllib.loads(_without_conflict(path))
    except RecursionError as error:
        raise DocumentError(f"{path}: nested too deeply for a manifest. Correct it.") from error
    except ValueError as error:  # TOMLDecodeError, or a number without end
        raise DocumentError(f'{path}: not TOML: {error}. Text values need quotes: name = "value".') from error


def _without_conflict(path: Path) -> str:
    """Read a document in which git left no conflict.

    Raises:
        DocumentError: it has lines with which git marks two versions.
    """
    text = read_text(path)
    for number, line in enumerate(text.splitlines(), start=1) if "<<<<<<< " in text else ():
        if line.startswith("<<<<<<< "):
            raise DocumentError(
                f"{path}: git left two versions of some lines in the file, from line {number} on. Keep the right "
                "lines, and delete the lines <<<<<<<, ======= and >>>>>>>."
            )
    return text


def read_text(path: Path) -> str:
    """Read a document as UTF-8 text.

    Raises:
        NotFoundError: there is no such file.
        DocumentError: it is too large, cannot be read, or is not UTF-8.
    """
    if not is_file(path):
        raise NotFoundError(f"{path}: there is no such file.")
    try:
        if path.stat().st_size > _LARGEST:
            raise DocumentError(f"{path}: larger than {_LARGEST:,} bytes, so it is not a descriptor. Check the path.")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{path}: not UTF-8 text: {error.reason} at byte {error.start}. Save it as UTF-8."
        ) from error
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read: {error.strerror}.") from error
    if "\0" in text:
        raise DocumentError(f"{path}: not UTF-8 but probably UTF-16. Save it as UTF-8.")
    return text


def is_file(path: Path) -> bool:
    """Return whether a path is a regular file; False for a path that is not possible."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False

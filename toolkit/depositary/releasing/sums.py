"""SHA256SUMS: the checksum of each file in a release, in the form that `sha256sum -c` reads."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from depositary.read.paths import unsafe
from depositary.releasing.layout import SUMS, files_in
from depositary.visible import visible

_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_LARGEST = 10 << 20  # bytes of a file of sums; one line has about 100


def digest(file: Path) -> str:
    """Give the SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_sums(folder: Path) -> None:
    """Write the sums of all files in a folder, sorted by path."""
    lines = [f"{digest(folder / name)}  {name}\n" for name in files_in(folder) if name != SUMS]
    (folder / SUMS).write_bytes("".join(lines).encode())


def wrong_sums(folder: Path) -> Iterator[str]:
    """List what is wrong with the sums of a folder: a line for each file that is changed, missing or not named."""
    try:
        sums = _read(folder)
    except ValueError as error:
        yield f"{SUMS}: {error}"
        return
    there = set(files_in(folder)) - {SUMS}
    for name in sorted(there - sums.keys()):
        yield f"{visible(name)}: is not part of the release. Remove it."
    for name, wanted in sums.items():
        if name not in there:
            yield f"{visible(name)}: is missing"
        elif (folder / name).is_symlink() or not (folder / name).is_file():
            yield f"{visible(name)}: is not a file of its own"
        elif digest(folder / name) != wanted:
            yield f"{visible(name)}: was changed; its SHA-256 is not that in {SUMS}"


def _read(folder: Path) -> Mapping[str, str]:
    """Read the sums.

    Raises:
        ValueError: the file is not there, or is not a list of sums; the text gives the reason.
    """
    file = folder / SUMS
    if file.is_symlink() or not file.is_file():
        raise ValueError("is missing, so this is not a release")
    if file.stat().st_size > _LARGEST:
        raise ValueError("is too large to be a list of sums")
    data = file.read_bytes()
    if b"\r" in data:
        raise ValueError("has lines that end with CR LF; it was changed on its way, perhaps by a program for texts")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8") from error
    if not text.endswith("\n"):
        raise ValueError("is cut off: its last line has no end")
    return dict(_entries(folder, text))


def _entries(folder: Path, text: str) -> Iterator[tuple[str, str]]:
    before = ""
    for number, line in enumerate(text[:-1].split("\n"), 1):
        parts = _LINE.fullmatch(line)
        if not parts:
            raise ValueError(f"line {number} is not a sum, two spaces and a path")
        name = parts[2]
        if reason := unsafe(folder, name):
            raise ValueError(f"line {number} names {visible(name)!r}: {reason}")
        if name <= before:
            raise ValueError(f"line {number} is not after the line before it; the paths are sorted, each one once")
        before = name
        yield name, parts[1]

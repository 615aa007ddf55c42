"""Whether the files of a release are those of its SHA256SUMS."""

import re
from pathlib import Path

from depositary.errors import DocumentError
from depositary.publishing.bodies import upload_of

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def require_sound(folder: Path) -> None:
    """Compare all files with the sums.

    Raises:
        DocumentError: a file is changed, missing or not listed.
    """
    listed = _listed(folder / SUMS)
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()} - {SUMS}
    for path in sorted(there ^ set(listed)):
        what = "is missing" if path in listed else f"is not in {SUMS}"
        raise DocumentError(f"the release is not sound: {path} {what}. Build it again.")
    for path, expected in listed.items():
        if upload_of(path, folder / path).sha256 != expected:
            raise DocumentError(f"the release is not sound: {path} is not what {SUMS} says. Build it again.")


def _listed(file: Path) -> dict[str, str]:
    if not file.is_file():
        raise DocumentError(f"this is not a release: there is no {SUMS} in it. Build one with `depositary release`.")
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        match = _LINE.fullmatch(line)
        if not match:
            raise DocumentError(f"the release is not sound: {SUMS} has a line that is not a sum: {line!r}.")
        found[match[2]] = match[1]
    return found

"""Check the files of a package that are not tables: whether they exist and fit the descriptor."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import finding
from depositary.model.finding import Finding
from depositary.model.package import Package
from depositary.read.package import is_table, left_out, missing_file, paths_of
from depositary.read.paths import unsafe

_KINDS = ("md5", "sha1", "sha256", "sha512")  # kinds of hashes; others are not checked


def judge_files_beside(package: Package) -> Iterator[Finding]:
    """Find files that are missing, or whose size or hash differs from the descriptor (Data Package v2)."""
    for resource, _ in left_out(package):
        if is_table(resource):
            continue  # another finding reports that it is not read
        name, paths = str(resource.get("name", "")), paths_of(resource)
        safe = [path for path in paths if not unsafe(package.directory, path)]
        for path in safe:
            message = missing_file(package.directory, path)
            if message:
                hint = "add the file, correct its path, or remove the resource"
                yield finding("missing-file", message, hint, table=name, file=path)
            elif len(paths) == 1:  # several files have no size in the standard
                unlike = unlike_stated(resource, package.directory / path)
                yield from (finding(code, message, table=name, file=path) for code, message in unlike)


def unlike_stated(stated: Mapping[str, Any], file: Path) -> Iterator[tuple[str, str]]:
    """Give the code and message for each of `bytes` and `hash` that differs from the file."""
    size = file.stat().st_size
    if isinstance(stated.get("bytes"), int) and stated["bytes"] not in (0, size):
        yield "byte-count", f"the file has {size:,} bytes, but the descriptor gives {stated['bytes']:,}"
    kind, _, digest = str(stated.get("hash") or "").rpartition(":")
    kind = kind or "md5"
    if digest and kind in _KINDS:
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, kind).hexdigest()
        if found != digest.lower():
            yield "hash-count", f"the file's {kind} is {found}, but the descriptor gives {digest}"

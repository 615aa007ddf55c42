"""The files of a package that are no tables: whether they are there, and are what the descriptor says."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from depositary.check.descriptor import finding
from depositary.model.finding import Finding
from depositary.model.package import Package
from depositary.read.package import is_table, left_out, missing_file, paths_of
from depositary.read.paths import unsafe

_KINDS = ("md5", "sha1", "sha256", "sha512")  # of hashes; another one is not judged


def judge_files_beside(package: Package) -> Iterator[Finding]:
    """Find files that are missing, or have another size or hash than the descriptor says (Data Package v2)."""
    for resource, _ in left_out(package):
        if is_table(resource):
            continue  # that it is not read has been said
        name, paths = str(resource.get("name", "")), paths_of(resource)
        safe = [path for path in paths if not unsafe(package.directory, path)]
        for path in safe:
            message = missing_file(package.directory, path)
            if message:
                hint = "add the file, correct its path, or remove the resource"
                yield finding("missing-file", message, hint, table=name, file=path)
            elif len(paths) == 1:  # of several files together, the standard says no size
                yield from _sizes(name, path, package.directory / path, resource)


def _sizes(name: str, path: str, file: Path, resource: Mapping[str, Any]) -> Iterator[Finding]:
    stated, size = resource.get("bytes"), file.stat().st_size
    if isinstance(stated, int) and stated and stated != size:
        yield finding(
            "byte-count", f"the file has {size:,} bytes, the descriptor says {stated:,}", table=name, file=path
        )
    kind, _, digest = str(resource.get("hash") or "").rpartition(":")
    kind = kind or "md5"
    if digest and kind in _KINDS:
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, kind).hexdigest()
        if found != digest.lower():
            message = f"the file's {kind} is {found}, the descriptor says {digest}"
            yield finding("hash-count", message, table=name, file=path)

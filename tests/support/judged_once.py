"""Validation that is shared by merges: files that were validated before, to the byte, are not validated again.

It is shared by all tests of a process that ask for it with `pytest.mark.usefixtures("shared_validation")`. Tests that
change how files are validated do not.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from depositary.check.lanes.known import Known
from depositary.merging import merge
from depositary.merging.claims import admission
from depositary.model.package import Package, Resource
from depositary.model.report import Report
from depositary.model.target import Input, Target

_KNOWN: dict[bytes, Report] = {}
_KEPT = 2_000  # reports, the last ones


@contextmanager
def judged_once() -> Iterator[None]:
    """Give the same report again for the same bytes, as long as it lasts, about the subject that is asked about."""
    judge = merge.judge_target

    def judged(subject: Target, *how: Any, known: Known) -> Report:
        key = sha256(repr((_files(subject), *how)).encode()).digest()
        if key not in _KNOWN:
            if len(_KNOWN) == _KEPT:
                del _KNOWN[next(iter(_KNOWN))]
            _KNOWN[key] = judge(subject, *how, known=known)
        return replace(_KNOWN[key], subject=subject.label)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merge, "judge_target", judged)
        patch.setattr(admission, "judge_target", judged)
        yield


def _files(subject: Target) -> tuple[Any, ...]:
    """Tell apart what is judged: the rows, how they are described, and the package with its rules."""
    known = (subject.name, subject.version, subject.contributor, subject.is_part, subject.refused, subject.needs_rows)
    own = tuple(map(_input, subject.inputs))
    parents = tuple((name, *map(_input, entries)) for name, entries in sorted(subject.parents.items()))
    return known, subject.findings, subject.not_judged, own, parents, _package(subject.package)


def _input(entry: Input) -> tuple[Any, ...]:
    base = _file(entry.base) if entry.base else ()
    return entry.mode, entry.is_earlier, entry.reference_only, _file(entry.resource), base


def _file(resource: Resource) -> tuple[Any, ...]:
    how = (resource.dialect, resource.encoding, resource.sheet, resource.mapping, resource.is_frame)
    described = json.dumps([resource.table.descriptor, resource.descriptor])
    return resource.name, resource.path, how, described, _digest(resource.file)


def _package(package: Package | None) -> tuple[Any, ...]:
    """Give what a package has beside its tables, such as its rules."""
    if package is None:
        return ()
    others = sorted(file for file in package.directory.rglob("*") if file.suffix != ".csv")
    return json.dumps(package.descriptor), [(file.name, _digest(file)) for file in others]


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest() if file.is_file() else ""

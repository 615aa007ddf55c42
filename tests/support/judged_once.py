"""Validation that is shared by merges: files that were validated before, to the byte, are not validated again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import pytest

from depositary.merging import merge
from depositary.merging.claims import admission
from depositary.model.report import Report
from depositary.model.target import Input, Target


@contextmanager
def judged_once() -> Iterator[None]:
    """Give the same report again for the same bytes, as long as it lasts."""
    judge, known = merge.judge_target, {}

    def judged(subject: Target, *how: Any) -> Report:
        key = (_files(subject), *map(repr, how))
        if key not in known:
            known[key] = judge(subject, *how)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merge, "judge_target", judged)
        patch.setattr(admission, "judge_target", judged)
        yield


def _files(subject: Target) -> tuple[Any, ...]:
    """Tell apart what is judged: the rows, how they are described, and the package."""
    own = tuple(map(_file, subject.inputs))
    parents = tuple((name, *map(_file, entries)) for name, entries in sorted(subject.parents.items()))
    described = json.dumps(subject.package.descriptor) if subject.package else ""
    return own, parents, described, subject.contributor, subject.is_part, subject.needs_rows, repr(subject.findings)


def _file(entry: Input) -> tuple[Any, ...]:
    digests = [sha256(one.file.read_bytes()).hexdigest() for one in (entry.resource, entry.base) if one]
    described = json.dumps(entry.resource.table.descriptor)
    return entry.resource.name, described, entry.mode, entry.is_earlier, entry.reference_only, *digests

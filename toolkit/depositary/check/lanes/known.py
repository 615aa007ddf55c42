"""What one run has judged already, for the next validations in it: docs/decisions/0026-a-merge-judges-once.md.

A merge validates the published package, each contribution, and the merged package, perhaps several times. Everything
here is addressed by what it was made from: the content of the files and the descriptors of their tables. So nothing
has to be removed to be right, and a changed file is judged again.
"""

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from depositary.check.reading.columns import SMALL, is_small
from depositary.model.finding import Finding
from depositary.model.package import Mode
from depositary.model.target import Input
from depositary.read.files.stamp import Stamp, stamp_of

if TYPE_CHECKING:
    from depositary.check.lanes.references import FileKeys, ParentKeys
    from depositary.check.lanes.table import Outcome

_FEW = 100_000  # keys of a parent that are kept
_MOST = 1_000  # verdicts, tables or keys of one kind that are kept; a round of a merge adds a few

_Value = TypeVar("_Value")


class Recent(dict[Hashable, _Value]):
    """What was put in last; the oldest goes when there is more than `_MOST`."""

    def __setitem__(self, address: Hashable, value: _Value) -> None:
        """Put one in, as the newest."""
        self.pop(address, None)
        super().__setitem__(address, value)
        if len(self) > _MOST:
            del self[next(iter(self))]


@dataclass(frozen=True)
class Known:
    """The verdicts of one run on tables and rules, the rows that rules read, and the keys of small parents.

    `clean` has the tables without a finding, each with the keys to which its rows could refer. `originals` has the
    stamps of the files of which large files are copies, by the stamps of the copies; so a copy need not be judged if
    its original was. Only what was put in last is kept: what is not known is judged again.
    """

    outcomes: "Recent[Outcome]" = field(default_factory=Recent)
    clean: "Recent[tuple[Outcome, tuple[ParentKeys, ...]]]" = field(default_factory=Recent)
    rows: Recent[Any] = field(default_factory=Recent)
    violations: Recent[tuple[Finding, ...]] = field(default_factory=Recent)
    keys: "Recent[FileKeys]" = field(default_factory=Recent)
    originals: dict[Hashable, Stamp] = field(default_factory=dict)

    def note_copies(self, copied: Mapping[Path, Stamp]) -> None:
        """Note which files are copies, with the stamps of their originals."""
        self.originals.update((content_of(copy), stamp) for copy, stamp in copied.items() if not _is_small(copy))


@dataclass(frozen=True)
class Recall:
    """What is known of the files of one validation, by table; the content of each file is looked at once."""

    files: Mapping[str, Sequence[Input]]
    known: Known = field(default_factory=Known)
    is_shared: bool = False  # whether the run has other validations
    _contents: dict[Path, Hashable] = field(default_factory=dict)
    _described: dict[int, Hashable] = field(default_factory=dict)

    def table(self, entry: Input) -> Hashable:
        """Tell apart a whole table and those to which its references lead; None if it is not stored.

        That is so for rows of contributions, and if there is no other validation.
        """
        parents = {key.table: self.files.get(key.table, ()) for key in entry.resource.table.foreign_keys}
        entries = (entry, *(p for name in sorted(parents) for p in parents[name]))
        if not self.is_shared or any(one.mode is not Mode.TABLE or one.resource.is_frame for one in entries):
            return None
        return tuple(map(self.file, entries))

    def outcome(self, table: Hashable, examples: int) -> "Outcome | None":
        """Give an earlier verdict on a table, if it has the findings that are wanted now."""
        if table is None:
            return None
        whole = self.known.outcomes.get((table, None))
        if whole and all(total.count <= examples for total in whole.report.totals):
            return whole
        return self.known.outcomes.get((table, examples))

    def note(self, table: Hashable, examples: int, outcome: "Outcome") -> None:
        """Store a verdict on a table; one that leaves no finding out also fits other numbers of examples."""
        report = outcome.report
        is_whole = len(report.findings) == sum(total.count for total in report.totals)
        if table is not None:
            self.known.outcomes[table, None if is_whole else examples] = outcome

    def clean(self, entry: Input, parents: "Sequence[ParentKeys]") -> "Outcome | None":
        """Give an earlier verdict on a table that has no finding, if all keys to which it could refer are still there.

        Then it has none now: a row of a parent is at most a reason that something is no error.
        """
        outcome, before = self.known.clean.get(self.file(entry), (None, ()))
        still_there = all(then.keys <= now.keys and not now.reason for then, now in zip(before, parents, strict=False))
        return outcome if still_there else None

    def note_clean(self, entry: Input, outcome: "Outcome", parents: "Sequence[ParentKeys]") -> bool:
        """Store the verdict on a table that has no finding, if the keys to which it refers are few, and texts."""
        few = all(len(one.keys) <= _FEW and not (one.reason or one.is_typed or one.is_elsewhere) for one in parents)
        is_clean = few and not (outcome.report.totals or outcome.not_judged)
        if is_clean:
            self.known.clean[self.file(entry)] = (outcome, tuple(parents))
        return is_clean

    def keys(self, entry: Input, wanted: Hashable, read: Callable[[], "FileKeys"]) -> "FileKeys":
        """Give the keys of one file: from an earlier reading, if it is small."""
        if not self.is_shared or entry.resource.is_frame or not is_small(entry.resource):
            return read()
        address = (self.file(entry), wanted)
        if address not in self.known.keys:
            self.known.keys[address] = read()
        return self.known.keys[address]

    def file(self, entry: Input) -> Hashable:
        """Tell apart the content of one file and what its table is."""
        if id(entry) not in self._described:
            self._described[id(entry)] = (_described(entry), *map(self._content, entry.resource.files))
        return self._described[id(entry)]

    def _content(self, file: Path) -> Hashable:
        if file not in self._contents:
            content = content_of(file)
            self._contents[file] = self.known.originals.get(content, content)
        return self._contents[file]


def content_of(file: Path) -> Hashable:
    """Tell apart the content of a file in one run: by the hash of a small one, by the stamp of a large one."""
    with suppress(OSError):
        return hashlib.sha256(file.read_bytes()).digest() if _is_small(file) else stamp_of(file)
    return ""


def _is_small(file: Path) -> bool:
    return file.stat().st_size < SMALL


def _described(entry: Input) -> Hashable:
    """Tell apart everything that decides how a file is read and judged, except its content."""
    resource = entry.resource
    how = (resource.table.descriptor, resource.dialect, resource.descriptor, resource.mapping)
    mode = (entry.mode, entry.is_overlay, entry.is_earlier, entry.reference_only)
    # Rows that were chosen or unpivoted have the numbers of the file only after this resource was read.
    origins = resource.mapping.origins if resource.mapping and resource.mapping.moves_rows else None
    return (resource.name, resource.paths, resource.encoding, resource.sheet, mode, origins, repr(how))

"""References from large tables to large tables: a cluster compares hashes of their values; the keys do not come here.

A table is judged after those to which it refers, so that the hashes of their keys are there already; a table that
refers to itself has both in one reading. In a circle of tables, the references of the first one are compared here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from depositary.check.reading.columns import is_large, open_columns
from depositary.model.package import Mode
from depositary.model.table import ForeignKey
from depositary.model.target import Input
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile

Fields = tuple[str, ...]


@dataclass
class KeysElsewhere:
    """The keys of large tables of which a cluster may have hashes.

    `asked` has the columns to which large tables refer, by table; `kept` has those whose hashes the cluster has.
    """

    large: Mapping[str, Input] = field(default_factory=dict)
    asked: Mapping[str, tuple[Fields, ...]] = field(default_factory=dict)
    kept: set[tuple[str, Fields]] = field(default_factory=set)
    _compared_here: set[str] = field(default_factory=set)  # tables whose references are compared on this machine

    @classmethod
    def among(
        cls, entries: Iterable[Input], files: Mapping[str, Sequence[Input]], takes: Callable[[Input], bool]
    ) -> Self:
        """Find the large tables among some, and the columns to which they refer; `files` has those of all tables."""
        whole = (entry for entry in entries if entry.mode is Mode.TABLE and not entry.resource.is_frame)
        large = {entry.resource.name: entry for entry in whole if takes(entry) and _is_alone(entry, files)}
        asked: dict[str, dict[Fields, None]] = {}
        for entry in large.values():
            for key in entry.resource.table.foreign_keys:
                asked.setdefault(key.table, {})[key.parent_fields] = None
        given = {name: tuple(_given(large[name], fields)) for name, fields in asked.items() if name in large}
        return cls(large, given)

    def order(self, entries: Sequence[Input]) -> list[Input]:
        """Put tables in the order in which they are judged: large ones last, each after those to which it refers."""
        waiting, ordered = dict(self.large), [entry for entry in entries if entry.resource.name not in self.large]
        while waiting:
            ready = (name for name, entry in waiting.items() if not _parents(entry) & waiting.keys() - {name})
            ordered.append(waiting.pop(next(ready, next(iter(waiting)))))
        return ordered

    def has(self, entry: Input, reference: ForeignKey) -> bool:
        """Return whether the cluster compares a reference of a table."""
        name, parent, fields = entry.resource.name, reference.table, reference.parent_fields
        if self.large.get(name) is not entry or name in self._compared_here:
            return False
        return fields in self.asked.get(parent, ()) and (parent == name or (parent, fields) in self.kept)

    def is_beside(self, child: str, parent: str) -> bool:
        """Return whether a table is large for the cluster, and another one that refers to it is not."""
        return parent in self.large and child not in self.large

    def keep(self, table: str, given: Iterable[Fields]) -> None:
        """Note that the cluster has the hashes of some columns of a table."""
        self.kept.update((table, fields) for fields in given)

    def compare_here(self, table: str) -> None:
        """Note that the keys to which a table refers are needed on this machine."""
        self._compared_here.add(table)


def _parents(entry: Input) -> set[str]:
    return {key.table for key in entry.resource.table.foreign_keys}


def _is_alone(entry: Input, files: Mapping[str, Sequence[Input]]) -> bool:
    """Return whether a table has no other rows, as the base of a contribution has."""
    of_table = files.get(entry.resource.name, ())
    return len(of_table) == 1 and of_table[0] is entry


def _given(entry: Input, asked: Iterable[Fields]) -> Iterable[Fields]:
    """Give those of some columns that a file has where its schema says, if it is plain enough for the cluster."""
    with suppress(UnreadableFile), Records(entry.resource, as_is=entry.reference_only) as records:
        for fields in asked if is_large(entry, records) else ():
            with suppress(UnreadableFile):
                open_columns(entry, records, fields)
                yield fields

"""The tasks of a cluster in this process, so that laws can have many examples; what goes to a worker is pickled."""

import pickle
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from depositary.check.lanes.elsewhere import BlockTask
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.cluster.ranges import ranges_of
from depositary.cluster.table import ClusterTable
from depositary.cluster.worker import End, Found, Judged, Keys, in_buckets, judge_ranges, repeated_in
from depositary.model.target import Input

T = TypeVar("T")


class TasksHere:
    def __init__(self, found: Sequence[Found]) -> None:
        self._found = found

    def run(self) -> int:
        return sum(len(one.hashes) for one in self._found if isinstance(one, Keys))

    def results(self) -> Iterator[Judged | End]:
        return (one for one in self._found if not isinstance(one, Keys))

    def repeated(self, buckets: int) -> Iterable[tuple[int, RowNumbers]]:
        grouped = {}
        for keys in self._found:
            for bucket, found in in_buckets(keys, buckets) if isinstance(keys, Keys) else ():
                grouped.setdefault(bucket, []).append(found)
        for (check, _), found in grouped.items():
            yield check, repeated_in(found)


class ClusterHere:
    """Cuts tables into tasks of some bytes; it counts the tables and the tasks."""

    def __init__(self, size: int) -> None:
        self.size, self.tables, self.tasks = size, 0, 0

    def takes(self, _: Input) -> bool:
        return True

    @contextmanager
    def table(self, task: BlockTask) -> Iterator[ClusterTable]:
        ranges = ranges_of(task.entry.resource, self.size, lambda stretches: [one.quotes() for one in stretches])
        self.tables, self.tasks = self.tables + 1, self.tasks + len(ranges)
        found = [one for at, some in enumerate(ranges) for one in judge_ranges(sent(task), at, some)]
        yield ClusterTable(TasksHere(sent(found)), task.first)


def sent(thing: T) -> T:
    """Give what arrives on another machine."""
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 (what we wrote)

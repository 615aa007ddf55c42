"""The tasks of a cluster in this process, so that laws can have many examples; what goes to a worker is pickled."""

import pickle
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from typing import Self, TypeVar

import pytest

from depositary.check.lanes.elsewhere import BlockTask
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.cluster.ranges import Ranges, ranges_of
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


def judge(task: BlockTask, number: int, ranges: Ranges) -> list[Found]:
    return list(judge_ranges(task, number, ranges))


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
        found = [one for at, some in enumerate(ranges) for one in self.judge(sent(task), at, some)]
        yield ClusterTable(TasksHere(sent(found)), task.first)

    def judge(self, task: BlockTask, number: int, ranges: Ranges) -> list[Found]:
        return judge(task, number, ranges)


class ClusterOfProcesses(ClusterHere):
    """Has workers in processes of their own, which take the tasks in turn; each hashes texts in its own way."""

    def __init__(self, size: int, workers: Sequence[ProcessPoolExecutor]) -> None:
        super().__init__(size)
        self._workers = workers

    def judge(self, task: BlockTask, number: int, ranges: Ranges) -> list[Found]:
        return self._workers[number % len(self._workers)].submit(judge, task, number, ranges).result()

    @classmethod
    @contextmanager
    def opened(cls, size: int) -> Iterator[Self]:
        with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
            workers = []
            for seed in "12":
                patch.setenv("PYTHONHASHSEED", seed)
                workers.append(stack.enter_context(ProcessPoolExecutor(1, get_context("spawn"))))
                workers[-1].submit(len, "").result()  # it begins with this seed
            yield cls(size, workers)


def sent(thing: T) -> T:
    """Give what arrives on another machine."""
    return pickle.loads(pickle.dumps(thing))  # noqa: S301 (what we wrote)

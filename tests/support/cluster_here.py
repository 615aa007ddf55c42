"""The tasks of a cluster in this process, so that laws can have many examples; what goes to a worker is pickled."""

import pickle
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from typing import Self, TypeVar

import pytest

from depositary.check.lanes.elsewhere import BlockTask, Found
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.cluster.groups import Rows, in_groups, judge_groups
from depositary.cluster.ranges import Ranges, ranges_of
from depositary.cluster.table import ClusterTable
from depositary.cluster.worker import End, Judged, Keys, Output, in_buckets, judge_ranges, repeated_in
from depositary.model.package import Resource
from depositary.model.target import Input

T = TypeVar("T")


class TasksHere:
    def __init__(self, outputs: Sequence[Output], task: BlockTask) -> None:
        self._outputs, self._task = outputs, task

    def run(self) -> int:
        return sum(len(one.hashes) for one in self._outputs if isinstance(one, Keys))

    def results(self) -> Iterator[Judged | End]:
        return (one for one in self._outputs if isinstance(one, Judged | End))

    def repeated(self, buckets: int) -> Iterable[tuple[int, RowNumbers]]:
        grouped = {}
        for keys in self._outputs:
            for bucket, found in in_buckets(keys, buckets) if isinstance(keys, Keys) else ():
                grouped.setdefault(bucket, []).append(found)
        for (check, _), found in grouped.items():
            yield check, repeated_in(found)

    def grouped(self, parts: int) -> Iterable[Found]:
        grouped = {}
        for rows in self._outputs:
            for part, some in in_groups(rows, self._task.divided, parts) if isinstance(rows, Rows) else ():
                grouped.setdefault(part, []).append(some)
        return sent([judge_groups(sent(self._task).divided, sent(rows)) for rows in grouped.values()])


def judge(task: BlockTask, number: int, ranges: Ranges) -> list[Output]:
    return list(judge_ranges(task, number, ranges))


class ClusterHere:
    """Cuts tables into tasks of some bytes; it counts the tables and the tasks, and notes the columns that it sends.

    `large` names the tables that it takes; by default all.
    """

    def __init__(self, size: int, large: Collection[str] | None = None) -> None:
        self.size, self.large, self.tables, self.tasks = size, large, 0, 0
        self.columns: dict[str, set[str]] = {}  # that were sent, by table
        self.divided: dict[str, set[str]] = {}  # rules, by table

    def takes(self, entry: Input) -> bool:
        return self.large is None or entry.resource.name in self.large

    @contextmanager
    def table(self, task: BlockTask) -> Iterator[ClusterTable]:
        ranges = ranges_of(task.entry.resource, self.size, lambda stretches: [one.quotes() for one in stretches])
        self.tables, self.tasks = self.tables + 1, self.tasks + len(ranges)
        outputs = [one for at, some in enumerate(ranges) for one in self.judge(sent(task), at, some)]
        self._note(task, outputs)
        yield ClusterTable(TasksHere(sent(outputs), task), task)

    def each(self, resource: Resource, work: Callable[[Ranges], T]) -> list[T]:
        ranges = ranges_of(resource, self.size, lambda stretches: [one.quotes() for one in stretches])
        self.tables, self.tasks = self.tables + 1, self.tasks + len(ranges)
        return sent([sent(work)(sent(some)) for some in ranges])

    def _note(self, task: BlockTask, outputs: Iterable[Output]) -> None:
        name = task.entry.resource.name
        typed = [typed for one in outputs if isinstance(one, Judged) for typed in one.block.verdict.typed]
        self.columns[name] = {column for one in typed for column in one.columns}
        self.divided[name] = {ready.rule.id for rules in task.divided for ready in rules.rules}

    def judge(self, task: BlockTask, number: int, ranges: Ranges) -> list[Output]:
        return judge(task, number, ranges)


class ClusterOfProcesses(ClusterHere):
    """Has workers in processes of their own, which take the tasks in turn; each hashes texts in its own way."""

    def __init__(self, size: int, workers: Sequence[ProcessPoolExecutor]) -> None:
        super().__init__(size)
        self._workers = workers

    def judge(self, task: BlockTask, number: int, ranges: Ranges) -> list[Output]:
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

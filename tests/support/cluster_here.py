"""The tasks of a cluster in this process, so that laws can have many examples; what goes to a worker is pickled."""

import pickle
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from typing import Self, TypeVar

import pytest

from depositary.check.lanes.elsewhere import BlockTask, Found, Misled
from depositary.check.lanes.hashed_rows import HashedRows, References, ReferredKeys
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.cluster.groups import Rows, in_groups, judge_groups
from depositary.cluster.joins import among, misled
from depositary.cluster.joins import in_buckets as in_joined_buckets
from depositary.cluster.ranges import Ranges, ranges_of
from depositary.cluster.table import ClusterTable
from depositary.cluster.worker import End, Judged, Keys, Output, in_buckets, judge_ranges, repeated_in
from depositary.model.package import Resource
from depositary.model.target import Input

T = TypeVar("T")


class TasksHere:
    def __init__(
        self, outputs: Sequence[Output], task: BlockTask, judge_again: Callable[..., list[Output]] = list
    ) -> None:
        self.outputs, self._task, self._judge_again = outputs, task, judge_again
        self.parents: dict[str, TasksHere] = {}
        self._misled: list[tuple[int, Misled]] = []

    def run(self) -> int:
        return sum(one.count for one in self.outputs if isinstance(one, Keys))

    def compare(self, most: int) -> int:
        hashes = sum(one.count for one in self.outputs if isinstance(one, HashedRows))
        buckets, grouped = hashes // most + 1, {}
        for check, key in self._task.joins.items():
            parent = self if key.table == self._task.entry.resource.name else self.parents[key.table]
            at = parent._task.asked.index(key.parent_fields)
            mine = [one for one in self.outputs if isinstance(one, References) and one.at == check]
            theirs = [one for one in parent.outputs if isinstance(one, ReferredKeys) and one.at == at]
            for rows in (*mine, *theirs):
                for bucket, some in in_joined_buckets(rows, [check], buckets):
                    grouped.setdefault(bucket, []).append(some)
        self._misled = sent([one for (check, _), rows in grouped.items() for one in misled(check, sent(rows))])
        return sum(len(one.nowhere) + len(one.otherwise) for _, one in self._misled)

    def judge_again(self) -> None:
        self.outputs = self._judge_again(self._misled)

    def misled(self, rows: RowNumbers) -> Iterable[Misled]:
        return [among(rows, one) for _, one in self._misled]

    def results(self) -> Iterator[Judged | End]:
        return (one for one in self.outputs if isinstance(one, Judged | End))

    def repeated(self, buckets: int) -> Iterable[tuple[int, RowNumbers]]:
        grouped = {}
        for keys in self.outputs:
            for bucket, found in in_buckets(keys, buckets) if isinstance(keys, Keys) else ():
                grouped.setdefault(bucket, []).append(found)
        for (check, _), found in grouped.items():
            yield check, repeated_in(found)

    def grouped(self, parts: int) -> Iterable[Found]:
        grouped = {}
        for rows in self.outputs:
            for part, some in in_groups(rows, self._task.divided, parts) if isinstance(rows, Rows) else ():
                grouped.setdefault(part, []).append(some)
        return sent([judge_groups(sent(self._task).divided, sent(rows)) for rows in grouped.values()])


def judge(task: BlockTask, number: int, ranges: Ranges, misled: Sequence[Misled] | None = None) -> list[Output]:
    return list(judge_ranges(task, number, ranges, misled))


class ClusterHere:
    """Cuts tables into tasks of some bytes; it counts the tables and the tasks, and notes the columns that it sends.

    `large` names the tables that it takes; by default all.
    """

    def __init__(self, size: int, large: Collection[str] | None = None) -> None:
        self.size, self.large, self.tables, self.tasks = size, large, 0, 0
        self.joined = self.again = 0  # references that are compared on it, and tables that are judged twice for them
        self._kept: dict[str, TasksHere] = {}
        self.columns: dict[str, set[str]] = {}  # that were sent, by table
        self.divided: dict[str, set[str]] = {}  # rules, by table

    @contextmanager
    def package(self) -> Iterator[None]:
        self._kept.clear()
        yield

    def takes(self, entry: Input) -> bool:
        return self.large is None or entry.resource.name in self.large

    @contextmanager
    def table(self, task: BlockTask) -> Iterator[ClusterTable]:
        ranges = ranges_of(task.entry.resource, self.size, lambda stretches: [one.quotes() for one in stretches])
        self.tables, self.tasks = self.tables + 1, self.tasks + len(ranges)
        outputs = [one for at, some in enumerate(ranges) for one in self.judge(sent(task), at, some)]
        self._note(task, outputs)

        def again(misled: Sequence[tuple[int, Misled]]) -> list[Output]:
            self.again += 1
            by_task = [[one for number, one in misled if number == at] for at, _ in enumerate(ranges)]
            return sent(
                [one for at, some in enumerate(ranges) for one in self.judge(sent(task), at, some, by_task[at])]
            )

        tasks = TasksHere(sent(outputs), task, again)
        tasks.parents = self._kept
        judged = ClusterTable(tasks, task)
        self.joined += len(task.joins)
        yield judged
        if judged.given:
            self._kept[task.entry.resource.name] = tasks

    def each(self, resource: Resource, work: Callable[[Ranges], T]) -> list[T]:
        ranges = ranges_of(resource, self.size, lambda stretches: [one.quotes() for one in stretches])
        self.tables, self.tasks = self.tables + 1, self.tasks + len(ranges)
        return sent([sent(work)(sent(some)) for some in ranges])

    def _note(self, task: BlockTask, outputs: Iterable[Output]) -> None:
        name = task.entry.resource.name
        typed = [typed for one in outputs if isinstance(one, Judged) for typed in one.block.verdict.typed]
        self.columns[name] = {column for one in typed for column in one.columns}
        self.divided[name] = {ready.rule.id for rules in task.divided for ready in rules.rules}

    def judge(
        self, task: BlockTask, number: int, ranges: Ranges, misled: Sequence[Misled] | None = None
    ) -> list[Output]:
        return judge(task, number, ranges, misled)


class ClusterOfProcesses(ClusterHere):
    """Has workers in processes of their own, which take the tasks in turn; each hashes texts in its own way."""

    def __init__(self, size: int, workers: Sequence[ProcessPoolExecutor]) -> None:
        super().__init__(size)
        self._workers = workers

    def judge(
        self, task: BlockTask, number: int, ranges: Ranges, misled: Sequence[Misled] | None = None
    ) -> list[Output]:
        return self._workers[number % len(self._workers)].submit(judge, task, number, ranges, misled).result()

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

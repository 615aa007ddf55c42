"""Run the tasks of a table on Spark: ranges of its files are judged there, and hashes of its keys are grouped there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from depositary.check.lanes.elsewhere import BlockTask, JudgedBlock
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.check.reading.columns import size_of
from depositary.cluster import worker
from depositary.cluster.ranges import Ranges, Stretch, ranges_of
from depositary.cluster.worker import ADDRESS, End, Found, Judged, Keys
from depositary.errors import UsageError
from depositary.model.target import Input
from depositary.read.files.blocks import NeedsExactLane
from depositary.reference import CsvControl, Dialect

if TYPE_CHECKING:
    from pyspark import RDD, Broadcast, SparkContext

TASK = 64 << 20  # bytes of a file that a task reads
_KEYS = 4_000_000  # hashes of keys that are compared in one task
_JAVA = 17  # the oldest version that Spark 4 runs on
_QUIET = {"spark.ui.enabled": "false", "spark.log.level": "ERROR", "spark.ui.showConsoleProgress": "false"}


class SparkCluster:
    """A Spark session, and the tables that are judged in it.

    Args:
        master: the address of the cluster; by default the one in the settings, or else all cores of this machine.
        settings: settings of Spark, by name.
        size: bytes of a task; a table that has no more is judged on this machine.
    """

    def __init__(self, master: str = "", settings: Mapping[str, str] | None = None, size: int = TASK) -> None:
        self._master, self._settings, self._size = master, dict(settings or {}), size

    def __enter__(self) -> Self:
        self._spark = _context(self._master, self._settings)
        return self

    def __exit__(self, *_: object) -> None:
        self._spark.stop()

    def takes(self, entry: Input) -> bool:
        """Return whether a table is so large that it is judged there."""
        return size_of(entry.resource) > self._size

    @contextmanager
    def table(self, task: BlockTask) -> "Iterator[_Table]":
        """Begin to judge a table.

        Raises:
            UsageError: the cluster failed, or a worker cannot read the files.
        """
        with _in_plain_words():
            ranges = ranges_of(task.entry.resource, self._size, partial(self._quotes, task))
            shared = self._spark.broadcast(task)
            found = self._spark.parallelize(list(enumerate(ranges)), len(ranges)).flatMap(partial(_judge, shared))
            found = found.persist(_on_disk())
            try:
                yield _Table(found, task.first)
            finally:
                found.unpersist()
                shared.destroy()

    def _quotes(self, task: BlockTask, stretches: Sequence[Stretch]) -> Sequence[int]:
        if not stretches:
            return ()
        control = CsvControl.from_dialect(Dialect.from_descriptor(dict(task.entry.resource.dialect)))
        quote = (control.quote_char or '"').encode()
        counted = self._spark.parallelize(stretches, len(stretches)).map(partial(_quotes, quote))
        return counted.collect()


class _Table:
    """A table that the cluster judges."""

    def __init__(self, found: "RDD[Found]", first: int) -> None:
        self._found, self._first = found, first
        self._rows: list[int] = []  # of each task
        self._keys = 0
        self.undecodable: tuple[int, int] | None = None

    def blocks(self) -> Iterator[JudgedBlock]:
        """Give the judged blocks in the order of the table.

        Raises:
            NeedsExactLane: the exact lane must read the table.
            UsageError: a worker cannot read the files.
        """
        self._keys = self._found.map(_count_keys).sum()  # all tasks run; without this, they would run one by one
        rows = 0
        for one in self._found.filter(_is_no_key).toLocalIterator(prefetchPartitions=True):
            if isinstance(one, Judged):
                rows += one.block.verdict.count
                yield one.block
                continue
            _require_whole(one)
            self._rows.append(rows)
            rows, self.undecodable = 0, one.undecodable
            if one.undecodable:
                return

    def repeated(self) -> dict[int, RowNumbers]:
        """Give by key check the numbers of all rows whose hash occurs more than once, in order."""
        buckets = max(1, -(-self._keys // _KEYS))
        hashes = self._found.filter(_is_key).flatMap(partial(worker.in_buckets, buckets=buckets))
        rows = hashes.groupByKey(buckets).map(_repeated_in).collect()
        found: dict[int, list[RowNumbers]] = {}
        for check, addresses in rows:
            found.setdefault(check, []).append(self._numbers(addresses))
        return {check: np.sort(np.concatenate(numbers)) for check, numbers in sorted(found.items())}

    def _numbers(self, addresses: RowNumbers) -> RowNumbers:
        """Give the numbers of rows in the table; those after a byte that is not text are left out."""
        tasks, rows = addresses >> ADDRESS, addresses & ((1 << ADDRESS) - 1)
        before = self._first + np.concatenate([[0], np.cumsum(self._rows)])
        known = tasks < len(self._rows)
        return before[tasks[known]] + rows[known]


def _require_whole(end: Found) -> None:
    if isinstance(end, End) and end.needs_exact:
        raise NeedsExactLane
    if isinstance(end, End) and end.fault:
        raise UsageError(
            f"A worker of the cluster cannot read {end.fault}. The package must be on storage that all workers have "
            "under the same path."
        )


# Tasks. They are functions of this module, so that workers find them by their names.


def _judge(task: "Broadcast[BlockTask]", numbered: tuple[int, Ranges]) -> Iterator[Found]:
    return worker.judge_ranges(task.value, *numbered)


def _quotes(quote: bytes, stretch: Stretch) -> int:
    return stretch.quotes(quote)


def _is_key(found: Found) -> bool:
    return isinstance(found, Keys)


def _is_no_key(found: Found) -> bool:
    return not isinstance(found, Keys)


def _count_keys(found: Found) -> int:
    return len(found.hashes) if isinstance(found, Keys) else 0


def _repeated_in(bucket: tuple[tuple[int, int], Any]) -> tuple[int, RowNumbers]:
    (check, _), found = bucket
    return check, worker.repeated_in(found)


# The session


def _context(master: str, settings: Mapping[str, str]) -> "SparkContext":
    """Open a session.

    Raises:
        UsageError: Spark or Java is missing, or the cluster cannot be reached.
    """
    try:
        from pyspark import SparkConf, SparkContext  # noqa: PLC0415 (an extra, which takes time to load)
    except ImportError as error:
        raise UsageError("--engine spark needs PySpark. Install it with: pip install 'depositary[spark]'") from error
    _require_java()
    conf = SparkConf().setAppName("depositary").setAll(list({**_QUIET, **settings}.items()))
    if master or "spark.master" not in settings:
        conf.setMaster(master or "local[*]")
    with _in_plain_words():
        context = SparkContext(conf=conf)
    # PySpark reads this from the environment only, which is not ours to change. Workers on this machine run as we do.
    python = conf.get("spark.pyspark.python", None)
    is_here = str(conf.get("spark.master")).startswith("local")
    context.pythonExec = python or (sys.executable if is_here else context.pythonExec)
    return context


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    where = f"in JAVA_HOME, {home}" if home else "on the path"
    if java is None:
        raise UsageError(f"Spark needs Java {_JAVA} or newer, and there is no java {where}.")
    stated = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(?:1\.)?(\d+)', stated)
    if version and int(version[1]) < _JAVA:
        raise UsageError(f"Spark needs Java {_JAVA} or newer; the java {where} is version {version[1]}.")


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """Turn an error of Spark into one line."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 (comes with Spark)
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (Py4JError, PySparkException) as error:
        raise UsageError(_explained(str(error))) from error


_EXPLAINED = (
    (r"No module named 'depositary[^']*'", "The workers of the cluster lack depositary. {ship}"),
    (r"PYTHON_VERSION_MISMATCH[^\n]*", "The workers have another version of Python than this machine. {ship}"),
    (
        r"All masters are unresponsive|Could not parse Master URL[^\n]*|Invalid [Mm]aster[^\n]*",
        "The cluster cannot be reached: {found}.",
    ),
)
_SHIP = "Send them an environment that has it: --conf spark.archives=env.tar.gz#env --conf spark.pyspark.python=env/bin/python"


def _explained(text: str) -> str:
    for pattern, words in _EXPLAINED:
        if found := re.search(pattern, text):
            return words.format(ship=_SHIP, found=found[0])
    first = next((line.strip() for line in text.splitlines() if "Exception" in line or "Error" in line), text[:300])
    return f"Spark failed: {first}"


def _on_disk() -> Any:  # noqa: ANN401 (a StorageLevel)
    from pyspark import StorageLevel  # noqa: PLC0415

    return StorageLevel.DISK_ONLY

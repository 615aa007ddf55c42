"""Run the tasks of a table on Spark: ranges of its files are judged there, and hashes of its keys are grouped there."""

import gc
import os
import re
import shutil
import socket
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from depositary.check.lanes.elsewhere import BlockTask, Found, Misled
from depositary.check.lanes.hashed_rows import HashedRows, References, ReferredKeys
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.check.reading.columns import size_of
from depositary.cluster import joins, worker
from depositary.cluster.groups import Rows, in_groups, judge_groups
from depositary.cluster.ranges import Done, Quotes, Ranges, Stretch, ranges_of
from depositary.cluster.storage import StoredFolder, require_readable
from depositary.cluster.table import ClusterTable
from depositary.cluster.worker import End, Judged, Keys, Output
from depositary.errors import UsageError
from depositary.model.package import Resource
from depositary.model.table import ForeignKey
from depositary.model.target import Input
from depositary.read.files.remote import RemoteFile

if TYPE_CHECKING:
    from pyspark import RDD, Broadcast, SparkContext

TASK = 64 << 20  # bytes of a file that a task reads
_JAVA = 17  # the oldest version that Spark 4 runs on
_ADDRESS = re.compile(r"local(-cluster)?(\[[^]]*\])?|spark://.+:\d+|yarn|k8s://.+")
_SECONDS = 10  # for a connection to the cluster
_LOGS = Path(__file__).parent / "assets" / "log4j2.properties"
_TOGETHER = 8  # tasks whose results are asked for at once; each request takes about a tenth of a second
_COMPILER = "-XX:TieredStopAtLevel=1"  # Java only moves bytes here, and its second compiler takes more than it saves
# Java reads the default options before the extra ones, which are for the user.
_DEFAULTS = {
    "spark.ui.enabled": "false",
    "spark.driver.defaultJavaOptions": f"{_COMPILER} -Dlog4j2.configurationFile={_LOGS.as_uri()}",
    "spark.executor.defaultJavaOptions": _COMPILER,
    "spark.executorEnv.POLARS_MAX_THREADS": "1",  # a worker has one core; there is a worker for each
}


class SparkCluster:
    """A Spark session, and the tables that are judged in it.

    Args:
        master: the address of the cluster; by default the one in the settings, or else all cores of this machine.
        settings: settings of Spark, by name.
        size: bytes of a task; a table that has no more is judged on this machine.
    """

    def __init__(self, master: str = "", settings: Mapping[str, str] | None = None, size: int = TASK) -> None:
        self._master, self._settings, self.size = master, dict(settings or {}), size
        self._kept: dict[str, _Tasks] = {}  # the tasks of tables to which others refer, by table

    def __enter__(self) -> Self:
        self._spark = _context(self._master, self._settings)
        return self

    def __exit__(self, *_: object) -> None:
        self._spark.stop()

    @contextmanager
    def package(self) -> Iterator[None]:
        """Begin to judge the tables of a package; hashes to which references lead are kept up to its end."""
        self._kept = {}
        try:
            yield
        finally:
            for tasks in self._kept.values():
                with in_plain_words():
                    tasks.close()

    def takes(self, entry: Input) -> bool:
        """Return whether a table is so large that it is judged there."""
        with suppress(OSError):  # reading the file reports this
            return size_of(entry.resource) > self.size
        return False

    @contextmanager
    def table(self, task: BlockTask) -> Iterator[ClusterTable]:
        """Begin to judge a table.

        Raises:
            UsageError: the cluster failed, or a worker cannot read the files.
        """
        with in_plain_words():
            ranges = ranges_of(task.entry.resource, self.size, self._count)
            entry = replace(task.entry, resource=task.entry.resource.absolute)
            tasks = _Tasks(self._spark, replace(task, entry=entry), ranges, self._kept)
            judged = ClusterTable(tasks, task)
            try:
                yield judged
            finally:
                if judged.given:
                    self._kept[task.entry.resource.name] = tasks
                else:
                    tasks.close()

    def each(self, resource: Resource, work: Callable[[Ranges], Done]) -> list[Done]:
        """Divide a table, and work on the ranges of each task; give the results in the order of the table.

        Raises:
            UsageError: the cluster failed, or a file is not there any more.
        """
        with in_plain_words():
            ranges = ranges_of(resource, self.size, self._count)
            shared = self._spark.broadcast(work)
            try:
                tasks = self._spark.parallelize(ranges, len(ranges)).map(partial(_work, shared))
                done: list[Done] = tasks.collect()
            finally:
                shared.destroy()
            return done

    def stored(self, address: str) -> StoredFolder:
        """Give the folder at an address on storage of the cluster, as far as it is laid out here.

        Raises:
            UsageError: it cannot be read.
        """
        with in_plain_words():
            return StoredFolder(self._spark, address, self.size)

    def _count(self, stretches: Sequence[Stretch]) -> Sequence[Quotes]:
        if not stretches:
            return ()
        counts: list[Quotes] = self._spark.parallelize(stretches, len(stretches)).map(Stretch.quotes).collect()
        return counts


class _Tasks:
    """The tasks of one table on Spark; their outputs are kept there until the table, or all, are judged."""

    def __init__(
        self, spark: "SparkContext", task: BlockTask, ranges: Sequence[Ranges], parents: "Mapping[str, _Tasks]"
    ) -> None:
        self._spark, self._joins, self._asked, self._parents = spark, task.joins, task.asked, parents
        self._name, self._count = task.entry.resource.name, len(ranges)
        self._task = spark.broadcast(task)
        self._ranges = ranges
        self._remote = [file for file in task.entry.resource.files if isinstance(file, RemoteFile)]
        self._keep(self._of_files() if self._remote else self._numbered().flatMap(partial(_judge, self._task)))
        self._misled: RDD[tuple[int, Misled]] | None = None
        self._hashes: Counter[str] = Counter()

    def _keep(self, outputs: "RDD[Output]") -> None:
        """Keep outputs on the cluster, and also by themselves the results, which are read without the hashes."""
        self._outputs = outputs.persist(_on_disk())
        self._results = self._outputs.filter(_is_result).persist(_on_disk())

    def close(self) -> None:
        """Remove what the cluster keeps of the table."""
        self._results.unpersist()
        self._outputs.unpersist()
        if self._misled is not None:
            self._misled.unpersist()
        self._task.destroy()

    def _numbered(self) -> "RDD[tuple[int, Ranges]]":
        return self._spark.parallelize(list(enumerate(self._ranges)), self._count)

    def _of_files(self, misled: Mapping[int, Iterable[Misled]] | None = None) -> "RDD[Output]":
        """Give what the tasks find in a table on storage of the cluster, whose files they get from Spark."""
        require_readable(self._remote)
        each = []
        for number, some in enumerate(self._ranges):
            files = self._spark.binaryFiles(",".join(self._remote[one.part].address for one in some), 1).coalesce(1)
            its = None if misled is None else misled.get(number, ())
            each.append(files.mapPartitions(partial(_judge_files, self._task, number, some, its)))
        return self._spark.union(each)

    def run(self) -> int:
        """Run all tasks, and count the hashes of keys; an iterator over the results would run them one by one."""
        self._hashes = self._results.map(_hashes_of).reduce(add)
        return self._hashes["Keys"]

    def compare(self, most: int) -> int:
        """Compare references with keys, so many hashes in one task; count the rows about which something is found."""
        parents = {
            key.table: self if key.table == self._name else self._parents[key.table] for key in self._joins.values()
        }
        hashes = self._hashes["References"] + sum(parent._hashes["ReferredKeys"] for parent in parents.values())  # noqa: SLF001 (of this class)
        buckets = max(1, -(-hashes // most))
        rows = [self._outputs.filter(_is_reference).flatMap(partial(_in_own_buckets, buckets))]
        rows += [parent.in_buckets(name, self._joins, buckets) for name, parent in parents.items()]
        self._misled = self._spark.union(rows).groupByKey(buckets).flatMap(_misled_in).persist(_on_disk())
        return int(self._misled.map(_count_rows).sum())

    def in_buckets(
        self, name: str, asking: Mapping[int, ForeignKey], buckets: int
    ) -> "RDD[tuple[joins.Bucket, HashedRows]]":
        """Give the keys of this table for those references of a table that lead here."""
        checks = {
            at: [s for s, key in asking.items() if (key.table, key.parent_fields) == (name, fields)]
            for at, fields in enumerate(self._asked)
        }
        return self._outputs.filter(_is_referred).flatMap(partial(_in_buckets, checks, buckets))

    def judge_again(self) -> None:
        """Run all tasks again, with what was found about the references."""
        before, misled = self._outputs, self._misled if self._misled is not None else self._spark.emptyRDD()
        self._results.unpersist()
        if self._remote:  # its files cannot be joined with what was found, so that goes by this machine
            again = self._of_files(misled.groupByKey(self._count).mapValues(list).collectAsMap())
        else:
            found = self._numbered().leftOuterJoin(misled.groupByKey(self._count), self._count)
            again = found.flatMap(partial(_judge_again, self._task))
        self._keep(again)
        self._results.count()
        before.unpersist()

    def misled(self, rows: RowNumbers) -> Iterable[Misled]:
        """Give what was found about the references of some rows, by their addresses."""
        if self._misled is None:
            return []
        found: list[Misled] = self._misled.values().map(partial(joins.among, rows)).collect()
        return found

    def results(self) -> Iterator[Judged | End]:
        """Give the blocks in the order of the table; the end of each task follows its last block."""
        for first in range(0, self._count, _TOGETHER):
            tasks = range(first, min(first + _TOGETHER, self._count))
            yield from self._spark.runJob(self._results, iter, tasks)

    def repeated(self, buckets: int) -> Iterable[tuple[int, RowNumbers]]:
        """Give by key check the addresses of rows whose hash occurs more than once."""
        hashes = self._outputs.filter(_has_hashes).flatMap(partial(worker.in_buckets, buckets=buckets))
        rows: list[tuple[int, RowNumbers]] = hashes.groupByKey(buckets).map(_repeated_in).collect()
        return rows

    def grouped(self, parts: int) -> Iterable[Found]:
        """Give what rules found that look at groups of rows, divided into so many parts."""
        rows = self._outputs.filter(_has_rows).flatMap(partial(_in_groups, self._task, parts))
        found: list[Found] = rows.groupByKey(parts).values().map(partial(_judge_groups, self._task)).collect()
        return found


# Tasks. They are functions of this module, so that workers find them by their names.


def _judge(task: "Broadcast[BlockTask]", numbered: tuple[int, Ranges]) -> Iterator[Output]:
    return _judging(worker.judge_ranges(task.value, *numbered))


def _judging(outputs: Iterator[Output]) -> Iterator[Output]:
    """Keep what is loaded out of PySpark's search for garbage after each task, which took a tenth of a second."""
    gc.freeze()
    return outputs


def _work(work: "Broadcast[Callable[[Ranges], Any]]", ranges: Ranges) -> Any:  # noqa: ANN401 (whatever it gives)
    return work.value(ranges)


def _judge_files(
    task: "Broadcast[BlockTask]",
    number: int,
    ranges: Ranges,
    misled: Iterable[Misled] | None,
    files: Iterable[tuple[str, bytes]],
) -> Iterator[Output]:
    return _judging(worker.judge_files(task.value, number, ranges, files, misled))


def _judge_again(task: "Broadcast[BlockTask]", numbered: tuple[int, tuple[Ranges, Any]]) -> Iterator[Output]:
    number, (ranges, misled) = numbered
    return _judging(worker.judge_ranges(task.value, number, ranges, misled or ()))


def _in_own_buckets(buckets: int, rows: References) -> Iterator[tuple[joins.Bucket, HashedRows]]:
    return joins.in_buckets(rows, [rows.at], buckets)


def _in_buckets(
    checks: Mapping[int, Sequence[int]], buckets: int, rows: ReferredKeys
) -> Iterator[tuple[joins.Bucket, HashedRows]]:
    return joins.in_buckets(rows, checks[rows.at], buckets)


def _misled_in(bucket: tuple[joins.Bucket, Any]) -> Iterator[tuple[int, Misled]]:
    (check, _), found = bucket
    return joins.misled(check, found)


def _count_rows(misled: tuple[int, Misled]) -> int:
    return len(misled[1].nowhere) + len(misled[1].otherwise)


def _is_reference(output: Output) -> bool:
    return isinstance(output, References)


def _is_referred(output: Output) -> bool:
    return isinstance(output, ReferredKeys)


def _in_groups(task: "Broadcast[BlockTask]", parts: int, rows: Rows) -> Iterator[tuple[int, Rows]]:
    return in_groups(rows, task.value.divided, parts)


def _judge_groups(task: "Broadcast[BlockTask]", rows: Iterable[Rows]) -> Found:
    return judge_groups(task.value.divided, rows)


def _has_rows(output: Output) -> bool:
    return isinstance(output, Rows)


def _has_hashes(output: Output) -> bool:
    return isinstance(output, Keys)


def _is_result(output: Output) -> bool:
    return isinstance(output, Judged | End)


def _hashes_of(output: Judged | End) -> Counter[str]:
    return output.hashes if isinstance(output, End) else Counter()


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
    progress = {"spark.ui.showConsoleProgress": str(sys.stderr.isatty()).lower()}  # Spark does not look itself
    conf = SparkConf().setAppName("depositary").setAll(list({**_DEFAULTS, **progress, **settings}.items()))
    if master or "spark.master" not in settings:
        conf.setMaster(master or "local[*]")
    _require_master(str(conf.get("spark.master")))
    with in_plain_words(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # about frames of pandas, which are not used here
        context = SparkContext(conf=conf)
    # PySpark reads this from the environment only, which is not ours to change. Workers on this machine run as we do.
    python = conf.get("spark.pyspark.python", None)
    is_here = str(conf.get("spark.master")).startswith("local")
    context.pythonExec = python or (sys.executable if is_here else context.pythonExec)
    return context


def _require_master(address: str) -> None:
    """Refuse an address that Spark would try in vain, which takes it minutes."""
    if not _ADDRESS.fullmatch(address):
        raise UsageError(
            f"{address} is not the address of a cluster: write local[4], spark://HOST:7077, yarn or k8s://HOST:PORT."
        )
    if not address.startswith("spark://"):
        return
    reasons = []
    for one in address.removeprefix("spark://").split(","):
        host, _, port = one.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=_SECONDS).close()
        except (OSError, ValueError) as error:
            reasons.append(f"{one}: {error}")
        else:
            return
    raise UsageError(f"the cluster cannot be reached ({'; '.join(reasons)}).")


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
def in_plain_words() -> Iterator[None]:
    """Turn an error of Spark into one line.

    Raises:
        UsageError: Spark failed.
    """
    from py4j.protocol import Py4JError  # noqa: PLC0415 (comes with Spark)
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (Py4JError, PySparkException) as error:
        raise UsageError(_explained(str(error))) from error


_EXPLAINED = (
    (r"No module named 'depositary[^']*'", "the workers of the cluster lack depositary. {ship}"),
    (r"PYTHON_VERSION_MISMATCH[^\n]*", "the workers have another version of Python than this machine. {ship}"),
    (r"(?<=FileNotFoundError: )[^\n]+", "a worker of the cluster cannot read a file: {found}. {shared}"),
    ("JAVA_GATEWAY_EXITED", "Spark did not start; what it wrote above has the reason, such as a wrong --conf."),
    (r"(?<=SparkException: ).*", "Spark failed: {found}"),
)
_SHARED = "The package must be on storage that all workers have under the same path."
_SHIP = (
    "Send them an environment that has it: --conf spark.archives=env.tar.gz#env "
    "--conf spark.pyspark.python=./env/bin/python"
)


def _explained(text: str) -> str:
    for pattern, words in _EXPLAINED:
        if found := re.search(pattern, text):
            return words.format(ship=_SHIP, shared=_SHARED, found=found[0])
    first = next((line.strip() for line in text.splitlines() if "Exception" in line or "Error" in line), text[:300])
    return f"Spark failed: {first}"


def _on_disk() -> Any:  # noqa: ANN401 (a StorageLevel)
    from pyspark import StorageLevel  # noqa: PLC0415

    return StorageLevel.DISK_ONLY

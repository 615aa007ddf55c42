"""Packages on storage that Spark reads, such as HDFS or S3: small files are copied here, large ones stay there.

Spark's own connectors read them, with the credentials of its settings: the driver through the interface of Hadoop's
file systems, the tasks as files that Spark gives them as a whole.
"""

import io
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from depositary.check.documents.find_target import find_target
from depositary.check.lanes.table import OnRows
from depositary.check.validate import judge_target
from depositary.errors import DepositaryError, UsageError
from depositary.model.limits import Limits
from depositary.model.package import Resource
from depositary.model.report import Report
from depositary.model.rule import RuleOptions
from depositary.model.target import Target
from depositary.read.documents import read_json
from depositary.read.files.compressed import require_piece
from depositary.read.files.parts import RowsOfParts
from depositary.read.files.remote import RemoteFile
from depositary.read.package import DESCRIPTOR, paths_of
from depositary.read.paths import unsafe

if TYPE_CHECKING:
    from pyspark import SparkContext

    from depositary.check.lanes.elsewhere import Cluster

_MOST = 100_000  # files of a package
_BLOCK = 1 << 20  # bytes that are asked for at once
_COPIED = 64 << 20  # bytes of a file that belongs to no table
_LARGEST = 1 << 30  # bytes of a part; Spark holds a part in the memory of an executor
_PATTERN = set("*?[]{}\\,")  # characters that Spark reads as a pattern, or as the end of a name


class StorageCluster(Protocol):
    """A cluster with storage."""

    def stored(self, address: str) -> "StoredFolder":
        """Give the folder at an address, as far as it is laid out here."""
        ...


@dataclass(frozen=True)
class Stored:
    """A file on the storage: where it is, its bytes, and the time of its last change in milliseconds."""

    address: str
    size: int
    written: int


class StoredFolder:
    """A folder on storage of a cluster, as far as it is laid out here; that is removed when nothing refers to it.

    Args:
        spark: the session.
        address: the address of the folder.
        size: bytes of a table from which on it stays where it is.

    Raises:
        UsageError: there is no such folder, or it has far too many files.
    """

    def __init__(self, spark: "SparkContext", address: str, size: int) -> None:
        self.address, self._spark = address, spark
        java: Any = spark._jvm  # noqa: SLF001 (PySpark has no other way to its file systems)
        self._java = java.org.apache.hadoop.fs
        self._system = self._at(address).getFileSystem(spark._jsc.hadoopConfiguration())  # noqa: SLF001
        self.path = Path(tempfile.mkdtemp(prefix="depositary-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        self._files = self._listed()
        self.remote: dict[Path, RemoteFile] = {}
        self._lay_out(size)

    def _at(self, address: str) -> Any:  # noqa: ANN401 (a path of Hadoop)
        return self._java.Path(address)

    def _listed(self) -> Mapping[str, Stored]:
        """Give the files by their paths in the folder."""
        found: dict[str, Stored] = {}
        root = self._system.makeQualified(self._at(self.address))
        if not self._system.exists(root):
            raise UsageError(f"{self.address}: there is no such folder.")
        start = f"{root.toString()}/"
        each = self._system.listFiles(root, True)  # noqa: FBT003 (Java has no names for arguments)
        while each.hasNext():
            one = each.next()
            address = one.getPath().toString()
            found[address.removeprefix(start)] = Stored(address, one.getLen(), one.getModificationTime())
            if len(found) > _MOST:
                raise UsageError(f"{self.address}: it has more than {_MOST:,} files. Give the folder of one package.")
        return dict(sorted(found.items()))

    def _lay_out(self, size: int) -> None:
        """Copy the files of small tables and the other files; tables with more bytes stay where they are."""
        self._copy(DESCRIPTOR)
        large = self._large(size)
        for name, file in self._files.items():
            if unsafe(self.path, name):
                continue
            if name in large:
                here = self.path / name
                self.remote[here] = RemoteFile.at(
                    here, file.address, file.size, file.written, partial(_RemoteBytes, self._system, self._at, file)
                )
            elif name in self._of_tables or file.size <= _COPIED:
                self._copy(name)

    def _copy(self, name: str) -> None:
        if name in self._files:
            here = self.path / name
            here.parent.mkdir(parents=True, exist_ok=True)
            there = self._at(self._files[name].address)
            self._system.copyToLocalFile(False, there, self._at(here.as_uri()), True)  # noqa: FBT003 (as above)

    def _large(self, size: int) -> set[str]:
        """Name the files of large tables."""
        self._of_tables, large = set[str](), set[str]()
        for resource in self._described().get("resources") or ():
            names = set(paths_of(resource) if isinstance(resource, dict) else ()) & set(self._files)
            self._of_tables |= names
            if sum(self._files[name].size for name in names) > size:
                large |= names
        return large

    def _described(self) -> Mapping[str, Any]:
        """Give the descriptor; what is wrong with it is found later."""
        with suppress(DepositaryError, OSError):
            return read_json(self.path / DESCRIPTOR)
        return {}

    def found(self, target: Target) -> Target:
        """Give a target in the laid-out folder with the large files where they are."""
        return target.with_resources(self._stored)

    def _stored(self, resource: Resource) -> Resource:
        parts = tuple(map(self._stored, resource.parts))
        found = replace(resource, file=self.remote.get(resource.file, resource.file), parts=parts)
        return replace(found, part_rows=RowsOfParts(found.stored)) if resource.part_rows else found

    def shown(self, file: Path) -> str:
        """Give the address of a file or folder."""
        rest = file.relative_to(self.path).as_posix() if file.is_relative_to(self.path) else "."
        return self.address if rest == "." else f"{self.address}/{rest}"

    @contextmanager
    def named_as_given(self) -> Iterator[None]:
        """Let errors have the address instead of the folder here."""
        try:
            yield
        except DepositaryError as error:
            shown = (str(line).replace(str(self.path), self.address) for line in error.args)
            raise type(error)(*shown) from error

    def require_unchanged(self) -> None:
        """Refuse a report on files that were written meanwhile.

        Raises:
            UsageError: a file is new, is gone, or was changed.
        """
        now = self._listed()
        changed = sorted(name for name in {*now, *self._files} if now.get(name) != self._files.get(name))
        if changed:
            where = f"{self.address}/{changed[0]}"
            raise UsageError(f"{where}: changed while it was read, so there is no report. Run this again.")


def find_stored(
    cluster: "StorageCluster | None", address: str, base: Path | None, table: str | None, contributor: str
) -> Target:
    """Find the target of a validation at an address on storage of the cluster.

    Raises:
        DepositaryError: there is no cluster, or nothing there that can be validated.
    """
    if cluster is None:
        raise UsageError(
            f"{address}: an address on storage of a cluster is read with --engine spark only. Without it, give the "
            "path of a folder on this machine."
        )
    folder = cluster.stored(address)
    with folder.named_as_given():
        target = find_target(folder.path, base, table, contributor)
    return replace(folder.found(target), label=address, held=folder, laid_out=folder)


def judge_stored(
    target: Target,
    asked: RuleOptions,
    limits: Limits,
    on_rows: OnRows,
    *,
    cluster: "Cluster | None",
) -> Report:
    """Check a target that may be on storage of the cluster; see `judge_target`.

    Raises:
        UsageError: a file changed while it was read.
    """
    folder = target.laid_out
    if not isinstance(folder, StoredFolder):
        return judge_target(target, asked, limits, on_rows, cluster=cluster)
    with folder.named_as_given():
        report = judge_target(target, asked, limits, on_rows, cluster=cluster)
    folder.require_unchanged()
    return report


def require_readable(files: Iterable[RemoteFile]) -> None:
    """Refuse files that Spark does not give to tasks.

    Raises:
        UsageError: a name has a character that Spark reads as a pattern, or a file is too large.
    """
    for file in files:
        if strange := sorted(_PATTERN & set(file.address)):
            raise UsageError(
                f"{file.address}: Spark reads {' '.join(strange)} in a name as a pattern. Give the file another name."
            )
        if file.size > _LARGEST:
            raise UsageError(
                f"{file.address}: it has {file.size:,} bytes. Spark gives a file on storage to a task as a whole, so "
                f"store the table in parts of up to {_LARGEST:,} bytes."
            )


class _RemoteBytes(io.RawIOBase):
    """The bytes of a file on the storage, for the few places that are read on this machine."""

    def __init__(self, system: Any, at: Any, file: Stored) -> None:  # noqa: ANN401 (objects of Java)
        self._system, self._file, self._size = system, at(file.address), file.size
        self._stream, self._next = system.open(self._file), 0  # the place of the stream
        self._place, self._start, self._block = 0, 0, b""  # what was asked for together

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read some bytes; what reads an archive must not read a directory of any size."""
        require_piece(size)
        return super().read(-1 if size is None else size) or b""

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 (as in the class above)
        """Read some bytes."""
        wanted = memoryview(buffer).cast("B")
        if not self._start <= self._place < self._start + len(self._block):
            self._start, self._block = self._place, self._bytes_at(self._place)
        data = self._block[self._place - self._start :][: len(wanted)]
        wanted[: len(data)] = data
        self._place += len(data)
        return len(data)

    def _bytes_at(self, place: int) -> bytes:
        """Ask for bytes; some file systems can only go forward."""
        from py4j.protocol import Py4JJavaError  # noqa: PLC0415 (comes with Spark)

        if place != self._next:
            try:
                self._stream.seek(place)
            except Py4JJavaError:
                self._stream.close()
                self._stream = self._system.open(self._file)
                self._stream.skipNBytes(place)
        data = bytes(self._stream.readNBytes(_BLOCK))
        self._next = place + len(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def tell(self) -> int:
        """Give the place."""
        return self._place

    def close(self) -> None:
        """Close it."""
        if not self.closed:
            self._stream.close()
        super().close()

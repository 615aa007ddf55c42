"""Write with a DuckDB whose new memory is zeros: in this process if possible, else in a child process.

Unused bytes in DuckDB's files have the old content of its memory, so no two files would be the same. Its allocator
gives zeros if an environment variable is set before DuckDB is loaded. The command line sets it for its own process
(cli/export.py); the library does not change the environment of its caller.
"""

import ctypes
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import _duckdb

from depositary.errors import UsageError
from depositary.exporting.content import Content
from depositary.exporting.written import Written

_VARIABLE, _ZEROS = "DUCKDB_JE_MALLOC_CONF", "zero:true"
_CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); from depositary.exporting.zeroed import "
    "answer; answer()"
)
Write = Callable[[Content, Path], Written]


def write_zeroed(write: Write, content: Content, folder: Path) -> Written:
    """Write a package with a function of a module, in a process whose DuckDB gives zeros.

    Raises:
        UsageError: the function raised it, or the child process ended early.
    """
    if _has_zeros() or not sys.executable:
        return write(content, folder)
    environment = {**os.environ, _VARIABLE: ",".join(filter(None, [os.environ.get(_VARIABLE), _ZEROS]))}
    command = [sys.executable, "-c", _CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as child:  # noqa: S603 (ourselves)
        try:
            return _heard(child, pickle.dumps((write, content.package, folder)), content)
        finally:
            child.kill()


def _has_zeros() -> bool:
    """Return whether the DuckDB of this process gives zeros."""
    try:
        ask = ctypes.CDLL(_duckdb.__file__).duckdb_je_mallctl
    except (AttributeError, OSError):  # it is built without its own allocator, or hides it
        return _VARIABLE in os.environ
    zero, size = ctypes.c_bool(), ctypes.c_size_t(1)
    ask(b"opt.zero", ctypes.byref(zero), ctypes.byref(size), None, ctypes.c_size_t(0))
    return zero.value


def _heard(child: "subprocess.Popen[bytes]", order: bytes, content: Content) -> Written:
    """Send the child its order, and read its progress until it has written."""
    try:
        _stream(child.stdin).write(f"{json.dumps(sys.path)}\n".encode() + order)
        _stream(child.stdin).close()
        while True:
            kind, *values = pickle.load(_stream(child.stdout))  # noqa: S301 (our own child's)
            if kind == "rows":
                content.tell(*values)
            elif kind == "error":
                raise values[0]
            else:
                _know(content, values[1])
                written: Written = values[0]
                return written
    except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
        raise UsageError(
            "the process that writes DuckDB files ended too early; use the command line: depositary export."
        ) from error


def _stream(pipe: Any) -> BinaryIO:  # noqa: ANN401 (the pipe of Popen)
    stream: BinaryIO = pipe
    return stream


def answer() -> None:
    """Carry out the parent's order in a child process, and answer on standard output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # only answers may go there

    def say(*words: object) -> None:
        pickle.dump(words, answers)
        answers.flush()

    write, package, folder = pickle.load(sys.stdin.buffer)  # noqa: S301 (our own parent's)
    content = Content(package, lambda table, rows: say("rows", table, rows))
    try:
        written = write(content, folder)
    except Exception as error:  # noqa: BLE001 (the parent raises it)
        say("error", error)
    else:
        say("written", written, _known(content))


def _known(content: Content) -> list[tuple[Any, ...]]:
    """Give what is known about the tables after they are written."""
    return [(table.misfits, table.met, table.count) for table in content.tables]


def _know(content: Content, known: list[tuple[Any, ...]]) -> None:
    for table, (misfits, met, count) in zip(content.tables, known, strict=True):
        table.misfits, table.met, table.count = misfits, met, count

"""Stopping a process before each of its calls that change a file system, whichever library makes them.

On Linux, x86-64. The process is a fork that lets itself be traced; a filter of seccomp stops it, and each thread of it,
at those calls only. What makes them plays no part: Python, DuckDB, Arrow and SQLite all ask the system.
"""

import ctypes
import os
import platform
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

_LIBC = ctypes.CDLL(None, use_errno=True)
_TRACE_ME, _CONTINUE, _OPTIONS, _CALL_INFO = 0, 7, 0x4200, 0x420E
_FOLLOWED = 0x80 | 0x8 | 0x2 | 0x4 | 0x100000  # seccomp's stops, clone, fork, vfork; and killed when the tracer ends
_STOPPED_BY_FILTER = 7
_ALL_THREADS = 0x40000000  # __WALL
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _IF_EQUAL, _RETURN, _TRACE, _ALLOW = 0x20, 0x15, 0x06, 0x7FF00000, 0x7FFF0000
_HERE = 2**32 - 100  # AT_FDCWD
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

# Number and what the arguments are: f a file's descriptor, d a folder's with the path behind it, p a path, o flags.
_CALLS = {
    "write": (1, "f"), "pwrite64": (18, "f"), "writev": (20, "f"), "pwritev": (296, "f"), "pwritev2": (328, "f"),
    "sendfile": (40, "f"), "splice": (275, "__f"), "copy_file_range": (326, "__f"), "fallocate": (285, "f"),
    "truncate": (76, "p"), "ftruncate": (77, "f"), "open": (2, "po"), "creat": (85, "p"), "openat": (257, "dpo"),
    "openat2": (437, "dp"), "mkdir": (83, "p"), "mkdirat": (258, "dp"), "mknod": (133, "p"), "mknodat": (259, "dp"),
    "rename": (82, "pp"), "renameat": (264, "dpdp"), "renameat2": (316, "dpdp"), "link": (86, "pp"),
    "linkat": (265, "dpdp"), "symlink": (88, "_p"), "symlinkat": (266, "_dp"), "unlink": (87, "p"),
    "unlinkat": (263, "dp"), "rmdir": (84, "p"), "chmod": (90, "p"), "fchmod": (91, "f"), "fchmodat": (268, "dp"),
    "fchmodat2": (452, "dp"), "chown": (92, "p"), "fchown": (93, "f"), "lchown": (94, "p"), "fchownat": (260, "dp"),
    "utime": (132, "p"), "utimes": (235, "p"), "futimesat": (261, "dp"), "utimensat": (280, "dp"),
    "setxattr": (188, "p"), "lsetxattr": (189, "p"), "fsetxattr": (190, "f"), "removexattr": (197, "p"),
    "lremovexattr": (198, "p"), "fremovexattr": (199, "f"), "fsync": (74, "f"), "fdatasync": (75, "f"),
}  # fmt: skip
_BY_NUMBER = {number: (name, form) for name, (number, form) in _CALLS.items()}


@dataclass(frozen=True)
class Call:
    """A call that is about to be made: its name, and the files and folders that it is about."""

    name: str
    paths: tuple[Path, ...]


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("value", ctypes.c_uint))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def can_trace() -> bool:
    """Return whether a process can be stopped here; sandboxes may forbid it."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return False
    with suppress(OSError):
        return traced(lambda: 0, lambda _call: True) == 0
    return False


def traced(action: Callable[[], int], go_on: Callable[[Call], bool]) -> int | None:
    """Run an action in a fork; before each of its calls `go_on` is asked, and if it says no, the fork is killed.

    Gives the exit code, None for a process that was killed. The caller must have no other threads.
    """
    child = os.fork()
    if child == 0:
        _run(action)
    _, status = os.waitpid(child, 0)
    if not os.WIFSTOPPED(status):
        raise OSError("no process can be traced here")
    _ptrace(_OPTIONS, child, _FOLLOWED)
    _ptrace(_CONTINUE, child, 0)
    while True:
        thread, status = os.waitpid(-1, _ALL_THREADS)
        if os.WIFSTOPPED(status):
            call = _call(thread) if status >> 16 == _STOPPED_BY_FILTER else None
            if call and not go_on(call):
                os.kill(child, signal.SIGKILL)
                continue
            ours = status >> 16 or os.WSTOPSIG(status) == signal.SIGSTOP
            with suppress(ProcessLookupError):
                _ptrace(_CONTINUE, thread, 0 if ours else os.WSTOPSIG(status))
        elif thread == child:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None


def _run(action: Callable[[], int]) -> NoReturn:
    try:
        _ptrace(_TRACE_ME, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        _stop_at_calls()
        os._exit(action())
    except BaseException:  # noqa: BLE001 (nothing of the fork may go on)
        sys.excepthook(*sys.exc_info())
        os._exit(99)


def _stop_at_calls() -> None:
    numbers = sorted(_BY_NUMBER)
    tests = [(_IF_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    code = [(_LOAD, 0, 0, 0), *tests, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _TRACE)]
    program = _Program(len(code), (_Instruction * len(code))(*code))
    for asked in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if _LIBC.prctl(*asked) != 0:
            raise OSError(ctypes.get_errno(), "no filter can be set here")


def _ptrace(request: int, pid: int, data: object, address: int = 0) -> None:
    pointer = ctypes.c_void_p(data) if isinstance(data, int) else data
    if _LIBC.ptrace(ctypes.c_long(request), ctypes.c_long(pid), ctypes.c_void_p(address), pointer) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


# What a call is about


def _call(thread: int) -> Call | None:
    """Read the call at which a thread is stopped; one that changes nothing on a disk is none."""
    room = ctypes.create_string_buffer(88)
    try:
        _ptrace(_CALL_INFO, thread, room, len(room))
    except ProcessLookupError:  # killed meanwhile
        return None
    number, *arguments = struct.unpack_from("<7Q", room.raw, 24)
    name, form = _BY_NUMBER[number]
    if name in ("open", "openat") and not arguments[form.index("o")] & _WRITING:
        return None
    paths = tuple(_paths(thread, form, arguments))
    return (
        Call(name, paths)
        if all(path.is_absolute() and path.parts[1] not in ("dev", "proc") for path in paths)
        else None
    )


def _paths(thread: int, form: str, arguments: list[int]) -> Iterator[Path]:
    folder = Path(f"/proc/{thread}/cwd").readlink()
    start = folder
    for kind, argument in zip(form, arguments, strict=False):
        if kind == "f":
            yield _opened(thread, argument)
        elif kind == "d":
            start = folder if argument & 0xFFFFFFFF == _HERE else _opened(thread, argument)
        elif kind == "p":
            yield start / os.fsdecode(_text(thread, argument))
            start = folder


def _opened(thread: int, descriptor: int) -> Path:
    return Path(f"/proc/{thread}/fd/{descriptor & 0xFFFFFFFF}").readlink()  # pipes have no absolute path


def _text(thread: int, address: int) -> bytes:
    with open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 (not a file of a disk)
        memory.seek(address)
        return memory.read(4096).partition(b"\0")[0]

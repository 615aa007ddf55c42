"""Runs of `depositary` in forks of one process, which has imported everything: cheap, and they can be killed.

Run as a program it reads a run from each line, forks for it, and writes its process id and then how it ended.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from depositary.cli import main

# Calls of Python that change a file system; each is met just before it is made (PEP 578).
_CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.link")


class ForkedRuns:
    """A process that runs commands in forks of itself."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        self._pid = 0
        self._known = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def run(self, *arguments: str, errors: Path, dies_at: int = 0, largest: int = 0) -> int:
        """Run a command; give its exit code, -9 if it was killed.

        It may kill itself before its n-th change of a file, or find the disk full when a file gets larger than so many
        bytes.
        """
        order = {
            "arguments": arguments,
            "environment": dict(os.environ),
            "errors": str(errors),
            "dies_at": dies_at,
            "largest": largest,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        self._pid = int(self._process.stdout.readline())
        self._known.set()
        code = int(self._process.stdout.readline())
        self._known.clear()
        return code

    def kill(self) -> None:
        """Kill the command that runs now."""
        self._known.wait(10)
        os.kill(self._pid, signal.SIGKILL)


def _die_at(number: int) -> None:
    met = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal met
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if event in _CHANGES or writes:
            met += 1
            if met == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def _child(order: dict[str, Any]) -> int:
    with Path(order["errors"]).open("wb") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    os.environ.update(order["environment"])
    sys.argv = ["depositary", *order["arguments"]]
    if order["largest"]:
        sys.dont_write_bytecode = True  # Python takes a module that it wrote in part for whole
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest"], order["largest"]))
    if order["dies_at"]:
        _die_at(order["dies_at"])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
    return 0


def _serve() -> None:
    for module in ("publish", "fetch"):
        __import__(f"depositary.publishing.{module}")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os._exit(_child(json.loads(line)))
        print(pid, flush=True)  # noqa: T201 (the protocol)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201


if __name__ == "__main__":
    _serve()

"""The program run here, with all that it writes, what it raised, and how long it took."""

import contextlib
import gc
import io
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from depositary.cli import main
from depositary.errors import DepositaryError

LIMIT = 10.0  # seconds of the processor: on a busy machine the clock says little


@dataclass(frozen=True)
class Called:
    """The exit code (None after a call from Python), the two streams, the traceback if there was one, the seconds."""

    code: int | None
    out: str
    err: str
    trace: str
    seconds: float


class _LateError(BaseException):
    """Raised in a run that takes too long."""


def called(folder: Path, *arguments: str) -> Called:
    """Run the command line in a folder."""
    return asked(folder, lambda: _command(arguments))


def asked(folder: Path, call: Callable[[], object]) -> Called:
    """Make a call in a folder; an error of ours is written to standard error, as an interpreter does."""
    out, err = io.BytesIO(), io.BytesIO()
    trace, code, begun = "", None, time.process_time()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(io.TextIOWrapper(out, "utf-8", "surrogateescape")) as written,
        contextlib.redirect_stderr(io.TextIOWrapper(err, "utf-8", "surrogateescape")) as said,
        warnings.catch_warnings(),
        _in_time(),
    ):
        warnings.simplefilter("always")
        try:
            call()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        except DepositaryError as error:
            said.write(str(error))
        except BaseException:  # noqa: BLE001 (whatever it is, it is what we look for)
            trace = traceback.format_exc()
        written.flush()
        said.flush()
    seconds = time.process_time() - begun
    return Called(code, _text(out), _text(err), trace, seconds)


def _text(stream: io.BytesIO) -> str:
    return stream.getvalue().decode("utf-8", "surrogateescape")


def _command(arguments: tuple[str, ...]) -> None:
    given, sys.argv = sys.argv, ["depositary", *arguments]
    try:
        main()
    finally:
        sys.argv = given
        gc.enable()


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    def late(*_: object) -> None:
        raise _LateError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 6 * LIMIT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

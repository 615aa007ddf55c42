"""Judge again what changes, until somebody stops the command."""

import gc
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from depositary.cli import terminal
from depositary.errors import DepositaryError, UsageError
from depositary.read.contribution import MANIFEST, is_aside
from depositary.read.package import DESCRIPTOR
from depositary.read.workspace import find_package

_QUIET = 50  # milliseconds without a change before a target is judged again
_TURN = 200  # milliseconds without a change after which it looks whether it should stop
_LONGEST = 400  # milliseconds that changes one after the other are collected

Pair = tuple[Path, Path | None]


def watch(pairs: Sequence[Pair], judge: Callable[[Sequence[Pair]], object], output: Path | None = None) -> None:
    """Judge all targets, then those whose files or base change, until Ctrl+C.

    Args:
        pairs: the targets, each with its base if one is named.
        judge: judges some of the targets and writes their report.
        output: the file of the report, which is no reason to judge again.

    Raises:
        UsageError: the library that waits for changes is not installed.
    """
    try:
        import watchfiles
    except ImportError as error:
        raise UsageError(
            "--watch cannot wait for changes, because a library is not installed. Run pip install 'depositary[watch]'."
        ) from error
    places = {pair: [*_places(pair)] for pair in pairs}
    # Of a file, its folder is watched: programs replace the file, and the new one would not be noticed.
    every = {place if place.is_dir() else place.parent for of in places.values() for place in of}
    own = output.resolve() if output else None
    stop, begun = _stopped_by_the_user(), False
    for changes in watchfiles.watch(
        *every, step=_QUIET, debounce=_LONGEST, rust_timeout=_TURN, yield_on_timeout=True, stop_event=stop
    ):
        if not begun:  # not before changes are noticed: one that is made while they are judged must not be lost
            _judged(pairs, judge)
            begun = True
        # Hidden files are not read; the report is written by way of one.
        changed = [one for _, path in changes if (one := Path(path)) != own and not is_aside(Path(one.name))]
        touched = [pair for pair, of in places.items() if any(_is_in(one, place) for one in changed for place in of)]
        if touched:
            try:
                _judged(touched, judge)
            except DepositaryError as error:  # while somebody edits, a file may be broken for a moment
                terminal.complain(f"depositary: {error}")


def _stopped_by_the_user() -> threading.Event:
    """Give an event that the first Ctrl+C sets, so that what is being judged is reported; a second one interrupts."""
    stop = threading.Event()

    def note(_signal: int, _frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, note)
    return stop


def _judged(pairs: Sequence[Pair], judge: Callable[[Sequence[Pair]], object]) -> None:
    """Judge targets, and free what that took: other runs are short and free nothing."""
    try:
        judge(pairs)
    finally:
        gc.unfreeze()
        gc.collect()


def _places(pair: Pair) -> Iterator[Path]:
    """Give the folders whose changes change the verdict on a target."""
    path, base = pair
    yield _folder(path)
    package = base or find_package(path.resolve().parent)
    if package is not None:
        yield _folder(package)


def _folder(path: Path) -> Path:
    whole = path.resolve()
    return whole.parent if whole.name in (DESCRIPTOR, MANIFEST) else whole


def _is_in(path: Path, place: Path) -> bool:
    return path == place or path.is_relative_to(place)

"""Judge again what changes, until somebody stops the command."""

import gc
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from depositary.cli import terminal
from depositary.errors import DepositaryError, UsageError
from depositary.model.package import MANIFEST
from depositary.read.contribution import is_aside
from depositary.read.files.stamp import stamp_of
from depositary.read.package import DESCRIPTOR
from depositary.read.workspace import find_package

_QUIET = 50  # milliseconds without a change before a target is judged again
_TURN = 200  # milliseconds without a change after which it looks whether it should stop
_LONGEST = 400  # milliseconds that changes one after the other are collected

Pair = tuple[Path, Path | None]
_Judge = Callable[[Sequence[Pair]], object]


@dataclass(frozen=True)
class Watched:
    """What is watched.

    Args:
        find: gives the targets of now, each with its base if one is named.
        of_all: files and folders that concern all targets, such as the coded texts.
        around: folders in which new targets may appear; `find` is asked again if something changes in them.
        workspace: the file that names the targets; `find` is asked again if it changes.
        output: the file of the report, which is no reason to judge again.
    """

    find: Callable[[], Sequence[Pair]]
    of_all: Sequence[Path] = ()
    around: Sequence[Path] = ()
    workspace: Path | None = None
    output: Path | None = None


def watch(watched: Watched, judge: _Judge) -> None:
    """Judge all targets, then those whose files or base change, until Ctrl+C.

    `judge` judges some of the targets and writes their report.

    Raises:
        UsageError: the library that waits for changes is not installed.
        DepositaryError: the targets cannot be judged at the beginning.
    """
    pairs: Sequence[Pair] | None = watched.find()
    stop = _stopped_by_the_user()
    first = True
    while pairs is not None:
        pairs = _Round(watched, pairs, judge, is_first=first).until_others(stop)
        first = False


class _Round:
    """The time in which the targets are the same."""

    def __init__(self, watched: Watched, pairs: Sequence[Pair], judge: _Judge, *, is_first: bool) -> None:
        self._watched, self._pairs, self._judge, self._is_first = watched, pairs, judge, is_first
        concerns_all = [*map(_folder, watched.of_all)]
        self._places = {pair: [*_places(pair), *concerns_all] for pair in pairs}
        self._around = [*map(_folder, watched.around)]
        self._own = watched.output.resolve() if watched.output else None
        self._stamp = self._workspace_stamp()

    def until_others(self, stop: threading.Event) -> Sequence[Pair] | None:
        """Judge what changes, and give the targets as soon as there are others; None if the user stops it.

        Raises:
            UsageError: the library that waits for changes is not installed.
            DepositaryError: the targets cannot be judged in the first round.
        """
        begun = False
        for changes in _changes(self._folders(), stop):
            if not begun:  # not before changes are noticed: one that is made while they are judged must not be lost
                self._begin()
                begun = True
            # Hidden files are not read; the report is written by way of one.
            changed = [one for one in changes if one != self._own and not is_aside(Path(one.name))]
            others = self._others(changed)
            if others is not None:
                return others
            touched = [pair for pair, of in self._places.items() if _are_in(changed, of)]
            if touched:
                self._judged_or_complained(touched)
        return None

    def _folders(self) -> set[Path]:
        # Of a file, its folder is watched: programs replace the file, and the new one would not be noticed.
        places = [*(place for of in self._places.values() for place in of), *self._around]
        return {place if place.is_dir() else place.parent for place in places}

    def _begin(self) -> None:
        if self._is_first:
            _judged(self._pairs, self._judge)
        else:
            self._judged_or_complained(self._pairs)

    def _others(self, changed: Sequence[Path]) -> Sequence[Pair] | None:
        """Give the targets if they are not the same any more."""
        stamp = self._workspace_stamp()
        if stamp == self._stamp and not _are_in(changed, self._around):
            return None
        self._stamp = stamp
        try:
            found = self._watched.find()
        except DepositaryError as error:
            terminal.complain(f"depositary: {error}")
            return None
        return None if list(found) == list(self._pairs) else found

    def _workspace_stamp(self) -> object:
        with suppress(OSError):  # while it is replaced, it may not be there
            return stamp_of(self._watched.workspace) if self._watched.workspace else None
        return None

    def _judged_or_complained(self, pairs: Sequence[Pair]) -> None:
        try:
            _judged(pairs, self._judge)
        except DepositaryError as error:  # while somebody edits, a file may be broken for a moment
            terminal.complain(f"depositary: {error}")


def _changes(folders: Iterable[Path], stop: threading.Event) -> Iterator[list[Path]]:
    """Give the files that changed, and an empty list from time to time."""
    try:
        import watchfiles
    except ImportError as error:
        raise UsageError(
            "--watch cannot wait for changes, because a library is not installed. Run pip install 'depositary[watch]'."
        ) from error
    for changes in watchfiles.watch(
        *folders, step=_QUIET, debounce=_LONGEST, rust_timeout=_TURN, yield_on_timeout=True, stop_event=stop
    ):
        yield [Path(path) for _, path in changes]


def _stopped_by_the_user() -> threading.Event:
    """Give an event that the first Ctrl+C sets, so that what is being judged is reported; a second one interrupts."""
    stop = threading.Event()

    def note(_signal: int, _frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, note)
    return stop


def _judged(pairs: Sequence[Pair], judge: _Judge) -> None:
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


def _are_in(paths: Iterable[Path], places: Sequence[Path]) -> bool:
    return any(path == place or path.is_relative_to(place) for path in paths for place in places)

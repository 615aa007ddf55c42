"""Judge again what changes, until somebody stops the command."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from depositary.cli import terminal
from depositary.errors import DepositaryError, UsageError
from depositary.read.workspace import find_package

_QUIET = 50  # milliseconds without a change before a target is judged again
_TURN = 200  # milliseconds without a change after which it looks whether it should stop
_LONGEST = 400  # milliseconds that changes one after the other are collected

Pair = tuple[Path, Path | None]


def watch(pairs: Sequence[Pair], judge: Callable[[Sequence[Pair]], object]) -> None:
    """Judge all targets, then those whose files or base change, until Ctrl+C.

    Args:
        pairs: the targets, each with its base if one is named.
        judge: judges some of the targets and writes their report.

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
    every = {place for of in places.values() for place in of}
    with suppress(KeyboardInterrupt):  # Ctrl+C is how it ends
        begun = False
        for changes in watchfiles.watch(
            *every, step=_QUIET, debounce=_LONGEST, rust_timeout=_TURN, yield_on_timeout=True
        ):
            if not begun:  # not before changes are noticed: one that is made while they are judged must not be lost
                judge(pairs)
                begun = True
            changed = [Path(path) for _, path in changes]
            touched = [
                pair for pair, of in places.items() if any(_is_in(one, place) for one in changed for place in of)
            ]
            if touched:
                _judged_again(touched, judge)


def _judged_again(pairs: Sequence[Pair], judge: Callable[[Sequence[Pair]], object]) -> None:
    """Judge targets; while somebody edits, a file may be broken for a moment, which is no reason to stop."""
    try:
        judge(pairs)
    except DepositaryError as error:
        terminal.complain(f"depositary: {error}")


def _places(pair: Pair) -> Iterator[Path]:
    """Give the folders whose changes change the verdict on a target."""
    path, base = pair
    yield _folder(path)
    package = base or find_package(path.resolve().parent)
    if package is not None:
        yield _folder(package)


def _folder(path: Path) -> Path:
    whole = path.resolve()
    return whole if whole.is_dir() or whole.suffix in (".zip", ".csv", ".xlsx") else whole.parent


def _is_in(path: Path, place: Path) -> bool:
    return path == place or path.is_relative_to(place)

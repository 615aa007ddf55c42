"""What stops a command, and what a caller is warned of; faults of the data are findings, not exceptions.

DepositaryError
├── NotFoundError (FileNotFoundError)   a path that is not there
├── DocumentError (ValueError)          a descriptor, manifest or schema that cannot be read at all
├── UsageError (ValueError)             a request that does not fit what it is about
│   ├── MissingBaseError                no package at hand is the base of a contribution
│   └── RefusedError                    contributions that can be opened, but not be merged
├── InvalidContributionError            contributions that are not valid by themselves
├── MisfitError                         a diff that is not one of the package at hand
└── EngineError                         a query that the database refuses or gives up

MisfitWarning (UserWarning)             a column that is loaded as text
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from depositary.visible import visible

__all__ = [
    "DepositaryError",
    "DocumentError",
    "EngineError",
    "InvalidContributionError",
    "MisfitError",
    "MisfitWarning",
    "MissingBaseError",
    "NotFoundError",
    "RefusedError",
    "UsageError",
    "in_our_words",
]


class DepositaryError(Exception):
    """Raised when a command cannot run; the message says what to do about it.

    Each argument is a line of the message. What it repeats of a file or a command line is made visible.
    """

    def __str__(self) -> str:
        return "\n  ".join(visible(str(line)) for line in self.args)


class NotFoundError(DepositaryError, FileNotFoundError):
    """Raised when a file or folder that was asked for does not exist."""


class DocumentError(DepositaryError, ValueError):
    """Raised when a JSON or TOML document is broken, so that nothing it describes can be judged."""


class UsageError(DepositaryError, ValueError):
    """Raised when a request does not fit its object, such as a table name that the package lacks."""


class MissingBaseError(UsageError):
    """Raised when no package at hand is the base of a contribution."""


class RefusedError(UsageError):
    """Raised when contributions cannot be merged, though they can be opened; `batches` are their names."""

    def __init__(self, batches: Sequence[str], *lines: object) -> None:
        super().__init__(*lines)
        self.batches = tuple(batches)


class InvalidContributionError(DepositaryError):
    """Raised when contributions are not valid by themselves.

    `waiting` are the contributions (`depositary.Waiting`), and `reports` (`depositary.Report`) say what is wrong with
    those that could be opened.
    """

    def __init__(self, waiting: Sequence[Any], *lines: object) -> None:
        super().__init__(*lines)
        self.waiting = tuple(waiting)
        self.reports = tuple(one.report for one in waiting if one.report)


class MisfitError(DepositaryError):
    """Raised when a diff is not one of the package at hand; `misfits` say where, one text each."""

    def __init__(self, misfits: Sequence[str], *lines: object) -> None:
        super().__init__(*lines)
        self.misfits = tuple(misfits)


class EngineError(DepositaryError):
    """Raised when the database refuses a query or gives it up; its text is one line."""


class MisfitWarning(UserWarning):
    """Given where a column is left as text, because some of its values do not fit its type."""


@contextmanager
def in_our_words() -> Iterator[None]:
    """Give what the system refuses, such as a folder that may not be read or a full disk, as an error of ours.

    Every function of the public surface, and the command line, runs in it.

    Raises:
        UsageError: the system refused something.
    """
    try:
        yield
    except DepositaryError:
        raise
    except OSError as error:
        raise UsageError(f"{error.filename or 'the system'}: {error.strerror or error}.") from error

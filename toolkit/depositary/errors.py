"""The errors that stop a command, and the warnings for a caller; errors in the data are findings, not exceptions.

DepositaryError
├── NotFoundError (FileNotFoundError)   a path that does not exist
├── DocumentError (ValueError)          a descriptor, manifest or schema that cannot be read at all
├── UsageError (ValueError)             a request that cannot be carried out
│   ├── MissingBaseError                the base of a contribution is not found
│   ├── RefusedError                    contributions that can be opened, but not merged
│   └── UnreleasableError               a package that cannot be released as it is
├── InvalidContributionError            contributions that are not valid by themselves
├── MisfitError                         a diff that does not fit the package
├── EngineError                         a query that the database refuses or stops
└── ServiceError                        a service that refuses, or cannot be reached

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
    "ServiceError",
    "UnreleasableError",
    "UsageError",
    "in_our_words",
]


class DepositaryError(Exception):
    """Raised when a command cannot run; the message says what to do about it.

    Each argument is a line of the message. Characters that cannot be seen are written out as escapes.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy, as for another process, has the lines and attributes; __init__ may need more than the lines.
        return _restored, (type(self), self.args), self.__dict__

    def __str__(self) -> str:
        return "\n  ".join(visible(str(line)) for line in self.args)


def _restored(kind: type[DepositaryError], lines: tuple[object, ...]) -> DepositaryError:
    return kind.__new__(kind, *lines)


class NotFoundError(DepositaryError, FileNotFoundError):
    """Raised when a file or folder in a request does not exist."""


class DocumentError(DepositaryError, ValueError):
    """Raised when a JSON or TOML document cannot be read, so that nothing that it describes can be checked."""


class UsageError(DepositaryError, ValueError):
    """Raised when a request cannot be carried out, for example if it names a table that the package does not have."""


class MissingBaseError(UsageError):
    """Raised when the base of a contribution is not found."""


class RefusedError(UsageError):
    """Raised when contributions cannot be merged, though they can be opened; `batches` are their names."""

    def __init__(self, batches: Sequence[str], *lines: object) -> None:
        super().__init__(*lines)
        self.batches = tuple(batches)


class UnreleasableError(UsageError):
    """Raised when a package cannot be released as it is; `reasons` has each reason with what to do."""

    def __init__(self, reasons: Sequence[str], *lines: object) -> None:
        super().__init__(*lines)
        self.reasons = tuple(reasons)


class InvalidContributionError(DepositaryError):
    """Raised when contributions are not valid by themselves.

    `waiting` lists the contributions (`depositary.Waiting`). `reports` (`depositary.Report`) has the findings in those
    that could be opened.
    """

    def __init__(self, waiting: Sequence[Any], *lines: object) -> None:
        super().__init__(*lines)
        self.waiting = tuple(waiting)
        self.reports = tuple(one.report for one in waiting if one.report)


class MisfitError(DepositaryError):
    """Raised when a diff does not fit the package; `misfits` has one text for each place where it does not fit."""

    def __init__(self, misfits: Sequence[str], *lines: object) -> None:
        super().__init__(*lines)
        self.misfits = tuple(misfits)


class EngineError(DepositaryError):
    """Raised when the database refuses or stops a query; its text is one line."""


class ServiceError(DepositaryError):
    """Raised when a service refuses something, cannot be reached, or answers with nonsense.

    `unsure` says that it is not known whether the request was carried out.
    """

    def __init__(self, *lines: object, unsure: bool = False) -> None:
        super().__init__(*lines)
        self.unsure = unsure


class MisfitWarning(UserWarning):
    """Issued when a column is loaded as text, because some of its values do not fit its type."""


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn an error of the system, such as a full disk or a folder that may not be read, into a `UsageError`.

    All public functions and the command line run inside it.

    Raises:
        UsageError: the system refused something.
    """
    try:
        yield
    except DepositaryError:
        raise
    except OSError as error:
        raise UsageError(f"{error.filename or 'the system'}: {error.strerror or error}.") from error

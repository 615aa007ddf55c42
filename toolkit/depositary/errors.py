"""What stops a command; faults of the data are findings, not exceptions.

DepositaryError
├── NotFoundError (FileNotFoundError)   a path that is not there
├── DocumentError (ValueError)          a descriptor, manifest or schema that cannot be read at all
└── UsageError (ValueError)             a request that does not fit what it is about
"""

from collections.abc import Iterator
from contextlib import contextmanager

from depositary.visible import visible


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

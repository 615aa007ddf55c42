"""Show progress of long work at a terminal, and nothing elsewhere."""

import os
import sys
import time
from types import TracebackType
from typing import Self

from depositary.visible import visible
from depositary.wording.plain import number

_PATIENCE = 2.0  # seconds before anything is shown
_PAUSE = 0.2


class Progress:
    """One line on standard error with the current step, such as a table and its rows so far."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"  # such a terminal cannot clear a line
        self._next = time.monotonic() + _PATIENCE
        self._dirty = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._dirty:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def rows(self, table: str, rows: int) -> None:
        """Show how many rows of a table are done."""
        self.step(f"{table}: {number(rows, 'row')}")

    def step(self, what: str) -> None:
        """Show the current step."""
        if self._shown and time.monotonic() >= self._next:
            sys.stderr.write(f"\r\x1b[K{visible(what)}")
            sys.stderr.flush()
            self._dirty, self._next = True, time.monotonic() + _PAUSE

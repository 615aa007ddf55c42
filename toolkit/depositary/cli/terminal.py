"""Write to the terminal; nothing else in the program does."""

import os
import re
import shutil

import typer

from depositary.errors import UsageError
from depositary.visible import visible, visible_in_lines, visible_lines

_COLOURS = re.compile(r"(\x1b\[[0-9;]*m)")  # what our own texts are painted with

# Control characters but for tabs and line ends, overrides of direction, and halves of characters.
_COMMANDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def colour() -> bool:
    """Return whether to use colours: at a terminal that has them, unless NO_COLOR is set (no-color.org)."""
    dumb = os.environ.get("TERM") == "dumb"
    return not dumb and not os.environ.get("NO_COLOR") and _is_terminal()


def width() -> int | None:
    """Return the width for line breaks, if the output is a terminal."""
    return shutil.get_terminal_size().columns if _is_terminal() else None


def put(text: str, *, colour: bool = False) -> None:
    """Write lines to standard output, without control sequences except our own colours."""
    lines = text.rstrip("\n")
    parts = _COLOURS.split(lines) if colour else [lines]
    typer.echo("".join(part if at % 2 else visible_in_lines(part) for at, part in enumerate(parts)), color=colour)


def put_data(text: str) -> None:
    """Write a table, whose cells must not change, to standard output.

    Raises:
        UsageError: the text has control sequences.
    """
    found = _COMMANDS.search(text)
    if found:
        raise UsageError(
            f"there is {visible(found[0])} in it, which a terminal obeys: write it to a file with --output."
        )
    typer.echo(text, nl=False, color=True)


def complain(text: str) -> None:
    """Write lines to standard error, without control sequences."""
    typer.echo(visible_lines(text), err=True)


def can_ask() -> bool:
    """Return whether there is a terminal that shows questions and takes keys."""
    return _is_terminal() and typer.get_text_stream("stdin").isatty()


def _is_terminal() -> bool:
    return typer.get_text_stream("stdout").isatty()

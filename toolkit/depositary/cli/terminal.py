"""What the terminal can show."""

import os
import shutil

import typer


def colour() -> bool:
    """Tell whether colours are wanted: at a terminal that has them, unless NO_COLOR is set (no-color.org)."""
    dumb = os.environ.get("TERM") == "dumb"
    return not dumb and not os.environ.get("NO_COLOR") and _is_terminal()


def width() -> int | None:
    """Give the width at which lines are broken, if a terminal reads them."""
    return shutil.get_terminal_size().columns if _is_terminal() else None


def _is_terminal() -> bool:
    return typer.get_text_stream("stdout").isatty()

"""Ask about pairs of rows in the terminal, by single keys."""

import typer

from depositary.cli import terminal
from depositary.identity.review import HELP, KEYS, Review, side_by_side

_END = {"q", "\x03", "\x04"}  # also Ctrl-C and Ctrl-D, as they arrive


def ask(review: Review) -> None:
    """Show one pair after the other, and take an answer to each, until none is left or the user quits."""
    while one := review.current:
        terminal.put(f"\n{review.left} left")
        terminal.put("\n".join(side_by_side(review.matching, one, terminal.width() or 80)))
        terminal.put(HELP)
        if not _answered(review):
            return


def _answered(review: Review) -> bool:
    """Take one answer; False if the user quits."""
    while True:
        key = _key()
        if key in _END:
            return False
        if key in KEYS:
            for line in review.answer(KEYS[key]):
                terminal.put(line)
            return True
        if key == "s":
            review.skip()
            return True
        if key == "b":
            if not review.back():
                terminal.put("this is the first pair")
            return True
        terminal.put(f"press one of these keys: {HELP}")


def _key() -> str:
    try:
        return typer.getchar().lower()
    except (KeyboardInterrupt, EOFError):
        return "q"

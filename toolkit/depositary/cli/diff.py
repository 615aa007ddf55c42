"""`depositary diff`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class DiffFormat(StrEnum):
    """The format in which to write the differences."""

    TEXT = "text"
    CSV = "csv"
    HTML = "html"
    MARKDOWN = "markdown"


def diff(
    before: Annotated[Path, typer.Argument(help="A data package.", metavar="BEFORE")],
    after: Annotated[Path, typer.Argument(help="Another package, or a later version of it.", metavar="AFTER")],
    *,
    table: Annotated[
        list[str] | None,
        typer.Option(help="Only this table, with all its rows; you can repeat the option.", metavar="NAME"),
    ] = None,
    form: Annotated[
        DiffFormat,
        typer.Option(
            "--format",
            help="text for people, with the first rows of each table; csv with one line for each difference, which "
            "depositary.patch applies; html for a page with the old and new values beside each other; "
            "markdown for the summary of a CI job or a comment.",
        ),
    ] = DiffFormat.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
    memory_limit: Annotated[
        str, typer.Option(help="Memory for comparing rows; further rows go to temporary files.")
    ] = "1GB",
) -> None:
    """Compare two packages cell by cell: rows by their keys, values as text.

    Exit code 0: no differences; 1: there are some; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.merging.diff.diff import diff as run
    from depositary.merging.diff.diff_formats import written
    from depositary.model.limits import in_bytes
    from depositary.write.atomic import write_text

    found = run(before, after, tables=table or (), memory=in_bytes(memory_limit))
    colour = output is None and terminal.colour()
    text = written(found, form, whole=bool(table), colour=colour, width=None if output else terminal.width())
    if output:
        write_text(output, text)
    elif form is DiffFormat.CSV:
        terminal.put_data(text)
    else:
        terminal.put(text, colour=colour)
    raise typer.Exit(1 if len(found) else 0)

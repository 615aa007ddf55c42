"""`depositary conflicts`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing


class ConflictFormat(StrEnum):
    """The format in which to write the conflicts."""

    TEXT = "text"
    CSV = "csv"
    XLSX = "xlsx"
    HTML = "html"


def conflicts(
    package: Annotated[
        Path | None, typer.Argument(help="The merged package [default: the output that depositary.toml names].")
    ] = None,
    *,
    table: Annotated[
        list[str] | None,
        typer.Option(help="Only conflicts of this table.", metavar="NAME", autocompletion=completing.merged_tables),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this kind, such as cell.edit_edit, or this family, such as row.", autocompletion=completing.kinds
        ),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this status: open, resolved, auto (merged automatically), stale, unused, or all "
            "[default: all that are not settled]."
        ),
    ] = None,
    form: Annotated[
        ConflictFormat,
        typer.Option(
            "--format",
            help="text for people; csv or xlsx for a worksheet that you fill in for resolve --from; html for a page.",
        ),
    ] = ConflictFormat.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
) -> None:
    """List the conflicts of a merged package, with their sides and the commands that decide them.

    Exit code 0: none is open; 1: some are; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import merged_or_workspace
    from depositary.merging.conflicts.conflict_formats import listing

    shown = listing(merged_or_workspace(package), table or [], kind or [], status or [])
    if output:
        shown.write(form, output)
    else:
        colour = terminal.colour()
        terminal.put(shown.text(form, colour=colour, width=terminal.width()), colour=colour)
    raise typer.Exit(1 if shown.is_open else 0)

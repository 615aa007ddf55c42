"""`depositary undo`."""

from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing


def undo(
    conflict: Annotated[
        str,
        typer.Argument(
            help="The id of the decided conflict, or its first characters.", autocompletion=completing.decided
        ),
    ],
    *,
    decider: Annotated[
        str | None,
        typer.Option(
            "--as",
            envvar="DEPOSITARY_AS",
            help="The contributor whose decision is taken back [default: the only decision].",
            metavar="CONTRIBUTOR",
        ),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(help="The folder of decisions [default: the one in depositary.toml].", metavar="DIR"),
    ] = None,
) -> None:
    """Take a decision back; the next merge ignores it, except where its result is already published.

    Exit code 0: taken back; 2: there is no such decision.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import decisions_or_workspace
    from depositary.merging.settle import take_back
    from depositary.read.workspace import find_workspace

    workspace = find_workspace(Path.cwd()) if decisions is None else None
    terminal.put(take_back(decisions_or_workspace(decisions), conflict, decider, workspace))

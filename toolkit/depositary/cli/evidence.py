"""`depositary evidence`."""

from pathlib import Path
from typing import Annotated

import typer

from depositary.cli.verb import Verb

evidence = typer.Typer(help="Prove the rows from the texts they were coded from.", no_args_is_help=True)


@evidence.callback()
def verbs() -> None:
    """Prove the rows from the texts they were coded from."""


@evidence.command(cls=Verb)
def check(
    package: Annotated[
        Path | None, typer.Argument(help="The data package [default: the one depositary.toml names].")
    ] = None,
    *,
    text: Annotated[Path, typer.Option(help="The text that a source was coded from.")],
) -> None:
    """Recompute hashes, offsets and quotes of all evidence taken from a text.

    Exit code 0: all evidence holds; 1: some does not; 2: it could not run.
    """
    from depositary.check.rules.evidence import check_evidence
    from depositary.cli import terminal
    from depositary.read.workspace import package_or_workspace
    from depositary.reports.text import to_text

    report = check_evidence(package_or_workspace(package), text)
    colour = terminal.colour()
    terminal.put(to_text(report, colour=colour), colour=colour)
    raise typer.Exit(0 if report.valid else 1)

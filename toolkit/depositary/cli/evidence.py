"""`depositary evidence`."""

from pathlib import Path
from typing import Annotated

import typer

from depositary.cli.verb import Verb

evidence = typer.Typer(help="Check the evidence of rows against the texts.", no_args_is_help=True)


@evidence.callback()
def verbs() -> None:
    """Check the evidence of rows against the texts."""


@evidence.command(cls=Verb)
def check(
    package: Annotated[
        Path | None, typer.Argument(help="The data package [default: the package in depositary.toml].")
    ] = None,
    *,
    text: Annotated[Path, typer.Option(help="The text that a source was coded from.")],
) -> None:
    """Check the hashes, offsets and quotes of all evidence that comes from a text.

    Exit code 0: all evidence is correct; 1: some is not; 2: it could not run.
    """
    from depositary.check.rules.evidence import check_evidence
    from depositary.cli import terminal
    from depositary.read.workspace import package_or_workspace
    from depositary.reports.text import to_text

    report = check_evidence(package_or_workspace(package), text)
    colour = terminal.colour()
    terminal.put(to_text(report, colour=colour), colour=colour)
    raise typer.Exit(0 if report.valid else 1)

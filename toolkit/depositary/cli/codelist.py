"""`depositary codelist`."""

from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing
from depositary.cli.verb import Verb

codelist = typer.Typer(help="Extend the code lists of a package.", no_args_is_help=True)


@codelist.callback()
def verbs() -> None:
    """Extend the code lists of a package."""


@codelist.command(cls=Verb, epilog="depositary codelist add products more-products.csv --keep")
def add(
    name: Annotated[str, typer.Argument(help="The code list, such as products.", autocompletion=completing.code_lists)],
    file: Annotated[Path, typer.Argument(help="A CSV file with the longer list.")],
    *,
    package: Annotated[
        Path | None, typer.Option(help="The data package [default: the package in depositary.toml].")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="The column of the file that fills a column of the list, such as code=hscode.", metavar="TO=FROM"
        ),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(help="A value for a whole column, such as classification=H6.", metavar="TO=VALUE"),
    ] = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(help="A text of the file that means no value; rows with this code are left out."),
    ] = None,
    replace: Annotated[
        bool | None,
        typer.Option(
            "--replace/--keep",
            help="If both have a row for a code, replace or keep that of the list [default: an error].",
        ),
    ] = None,
) -> None:
    """Add the rows of a file to a code list of the package.

    Exit code 0: added; 1: the rows are not valid, and nothing was written; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.merging.codelist import add_rows, pairs
    from depositary.read.workspace import package_or_workspace
    from depositary.reports.text import to_text

    outcome = add_rows(
        package_or_workspace(package),
        name,
        file,
        columns=pairs(column),
        values=pairs(value),
        missing=missing or (),
        replace=replace,
    )
    if outcome.report.valid:
        terminal.put(outcome.summary)
        raise typer.Exit(0)
    terminal.put(to_text(outcome.report))
    raise typer.Exit(1)

"""`depositary describe`."""

from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing


def describe(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            autocompletion=completing.names,
            help="A table, a view, a column, a code, a question, or the name of a row, such as H6 or Namibia; in full "
            "TABLE.COLUMN.VALUE [default: list the tables, views and questions].",
        ),
    ] = None,
    *,
    search: Annotated[str | None, typer.Option(help="List all entries that have these words.")] = None,
    package: Annotated[
        Path | None,
        typer.Option(help="The package [default: that of the workspace, else the tables of this program]."),
    ] = None,
) -> None:
    """Describe tables, views, columns, codes and questions, and search in them.

    Exit code 0: described; 2: nothing has this name or these words.
    """
    from depositary.check import describe as dictionary
    from depositary.check.documents.descriptor import sound_or_shipped
    from depositary.cli import terminal
    from depositary.errors import UsageError
    from depositary.read.workspace import find_package

    if name is not None and search is not None:
        raise UsageError("give a name or --search, not both.")
    whole = sound_or_shipped(package or find_package(Path.cwd()))
    terminal.put(dictionary.description(whole, name) if search is None else dictionary.search(whole, search))

"""`depositary blame` and `depositary history`."""

from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing

_Package = Annotated[
    Path | None, typer.Option(help="The merged package [default: the output that depositary.toml names].")
]
_Table = Annotated[str, typer.Argument(help="The table, such as actors.", autocompletion=completing.merged_tables)]
_Row = Annotated[
    str,
    typer.Argument(
        help="The key of the row; join several values with |.", metavar="ID", autocompletion=completing.merged_rows
    ),
]


def blame(
    table: _Table,
    row: _Row,
    field: Annotated[
        str | None,
        typer.Argument(help="One column [default: all filled columns].", autocompletion=completing.merged_columns),
    ] = None,
    *,
    package: _Package = None,
) -> None:
    """Show where the cells of a row came from: contributor, source, evidence, decision, and the rejected values.

    Exit code 0: shown; 2: there is no such row, or it could not run.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import contributions_around, merged_or_workspace, require_table
    from depositary.merging.provenance.blame_text import blame as blame_text
    from depositary.merging.provenance.lineage import Lineage

    require_table("blame", table, [row, *([field] if field else [])], package)
    lineage = Lineage.open(merged_or_workspace(package))
    terminal.put(blame_text(lineage, table, row, field, contributions_around()))


def history(ctx: typer.Context, table: _Table, row: _Row, *, package: _Package = None) -> None:
    """List all claims ever made about a row, batch by batch, with deletions and earlier ids.

    Exit code 0: shown; 2: there is no such row, or it could not run.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import merged_or_workspace, require_table
    from depositary.errors import UsageError
    from depositary.merging.provenance.blame_text import history as blame_text
    from depositary.merging.provenance.lineage import Lineage

    require_table("history", table, [row, *ctx.args], package)
    if ctx.args:
        raise UsageError(
            f"history is about a whole row, so {' '.join(ctx.args)} is too much. For one column: "
            f"depositary blame {table} {row} {ctx.args[0]}"
        )
    terminal.put(blame_text(Lineage.open(merged_or_workspace(package)), table, row))

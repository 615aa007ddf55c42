"""`depositary new`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing
from depositary.cli.verb import Verb

_HELP = "Start a contribution, a part of its manifest, a package, or a workspace."
new = typer.Typer(help=_HELP, no_args_is_help=True)


@new.callback()
def verbs() -> None:
    """Start a contribution, a part of its manifest, a package, or a workspace."""


@new.command(
    cls=Verb,
    epilog='depositary new contribution contributions/ann/talks --by ctr-ann --name "Ann Example" --for meeting --xlsx',
)
def contribution(
    folder: Annotated[Path, typer.Argument(help="The folder to write, such as contributions/mira/first-look.")],
    *,
    by: Annotated[
        str,
        typer.Option(
            help="Your id in the table contributors, such as ctr-mira.", autocompletion=completing.contributors
        ),
    ],
    name: Annotated[str, typer.Option(help="Your name, if you are not in the table contributors yet.")] = "",
    base: Annotated[
        Path | None, typer.Option(help="The package to contribute to [default: the package in depositary.toml].")
    ] = None,
    items: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar="ITEM",
            help="What you want to code: meeting, statement, policy-action or trade-flow; can be repeated.",
            autocompletion=completing.items,
        ),
    ] = None,
    tables: Annotated[
        str,
        typer.Option(
            autocompletion=completing.tables,
            metavar="TABLE[,TABLE]",
            help="The tables to fill in [default: those of --for, or all].",
        ),
    ] = "",
    xlsx: Annotated[bool, typer.Option("--xlsx", help="Write one workbook instead of CSV files.")] = False,
    role: Annotated[str, typer.Option(help="Your role for this batch: coder, reviewer or maintainer.")] = "coder",
    licence: Annotated[
        str, typer.Option("--license", help="The SPDX name of the licence of your rows [default: the package's].")
    ] = "",
    blind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE",
            help="Code this source without seeing what others coded from it: FOLDER-base is a package without their "
            "rows, to look things up in; can be repeated.",
        ),
    ] = None,
) -> None:
    """Write the folder of a contribution, with its manifest and the headers of its tables, ready to be filled in.

    Exit code 0: written; 2: it could not run, and nothing was written.
    """
    from depositary.check.documents.descriptor import sound_package
    from depositary.cli import terminal
    from depositary.drafting.contribution import Who, draft_contribution, require_empty, tables_to_fill
    from depositary.read.workspace import package_or_workspace

    named = [one.strip() for one in tables.split(",") if one.strip()]
    package = sound_package(package_or_workspace(base))
    tables_to_fill(package, named, items or ())
    if blind:
        from depositary.drafting.blind import write_blind

        require_empty(folder)
        base = folder.parent / f"{folder.name}-base"
        package = write_blind(package, blind, by, base)
    chosen = tables_to_fill(package, named, items or ())
    who = Who(by, name, role, licence)
    drafted = draft_contribution(folder, package, who, chosen, workbook=xlsx, blind=bool(blind))
    terminal.put(drafted.summary(base))


@new.command(
    cls=Verb,
    epilog="depositary new mapping contributions/noor/public-bodies/agencies.csv --table actors",
)
def mapping(
    file: Annotated[Path, typer.Argument(help="A CSV file or workbook with other columns than the table.")],
    *,
    table: Annotated[
        str,
        typer.Option(help="The table that its rows belong to, such as trade_flows.", autocompletion=completing.tables),
    ],
    base: Annotated[
        Path | None, typer.Option(help="The data package [default: the package in depositary.toml].")
    ] = None,
    sheet: Annotated[str, typer.Option(help="The worksheet, if the file is a workbook [default: the first].")] = "",
) -> None:
    """Draft an entry [[files]] for a contribution.toml from the columns and the first rows of a file.

    The draft is printed. Check each line, and decide on those that are comments. Exit code 0: printed;
    2: it could not run.
    """
    from depositary.check.documents.descriptor import sound_package
    from depositary.cli import terminal
    from depositary.drafting.mapping import draft_mapping
    from depositary.read.workspace import package_or_workspace

    terminal.put(draft_mapping(file, table, sound_package(package_or_workspace(base)), sheet))


@new.command(cls=Verb, epilog="depositary new package our-tables")
def package(
    folder: Annotated[Path, typer.Argument(help="The folder with CSV, Excel or Parquet files.")] = Path(),
    *,
    update: Annotated[
        bool, typer.Option("--update", help="Bring the descriptor that is there up to date, and keep what was edited.")
    ] = False,
) -> None:
    """Draft the descriptor of a package from a folder of tables: types, keys, references, values, with the evidence.

    Exit code 0: written; 1: written, but files were left out or are gone; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.drafting.package.draft import draft_package

    drafted = draft_package(folder, update=update)
    terminal.put(drafted.summary())
    raise typer.Exit(1 if drafted.needs_a_look else 0)


class Schemas(StrEnum):
    """The schemas from which a workspace can start."""

    TRADE_POLICY = "trade-policy"


@new.command(cls=Verb, epilog="depositary new workspace our-facts --from trade-policy")
def workspace(
    folder: Annotated[Path, typer.Argument(help="The folder to write; it may be an empty repository.")],
    *,
    schemas: Annotated[
        Schemas, typer.Option("--from", help="The tables and code lists to start from: trade-policy.")
    ] = Schemas.TRADE_POLICY,
) -> None:
    """Start a repository: an empty package, its rules and code lists, depositary.toml, checks in CI and before commits.

    Exit code 0: written; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.drafting.workspace import draft_workspace

    if schemas is Schemas.TRADE_POLICY:
        terminal.put(draft_workspace(folder).summary())

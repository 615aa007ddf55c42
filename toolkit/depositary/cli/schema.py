"""`depositary schema`."""

from pathlib import Path
from typing import Annotated

import typer

from depositary.cli.verb import Verb

schema = typer.Typer(help="Write the schemas of a package for other tools.", no_args_is_help=True)


@schema.callback()
def verbs() -> None:
    """Write the schemas of a package for other tools."""


@schema.command(
    cls=Verb,
    epilog="depositary schema build --output-dir schemas",
)
def build(
    package: Annotated[
        Path | None, typer.Argument(help="The data package [default: the package in depositary.toml].")
    ] = None,
    *,
    output_dir: Annotated[Path, typer.Option(help="The folder to write to.", metavar="DIR")],
) -> None:
    """Write JSON Schemas (2020-12) of a package: of the records of each table, of the whole, and of contributions.

    Exit code 0: written; 2: it could not run.
    """
    import json

    from depositary.check.documents.descriptor import sound_package
    from depositary.check.records import all_schemas
    from depositary.cli import terminal
    from depositary.read.workspace import package_or_workspace
    from depositary.write.atomic import write_text
    from depositary.write.disk import make_folders

    count = 0
    for name, document in all_schemas(sound_package(package_or_workspace(package))):
        file = output_dir / name
        make_folders(file.parent)
        write_text(file, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        count += 1
    terminal.put(f"{count} schemas written to {output_dir.as_posix()}")

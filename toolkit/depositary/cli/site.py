"""`depositary site`."""

from pathlib import Path
from typing import Annotated

import typer


def site(
    package: Annotated[Path, typer.Argument(help="A data package: its folder or its datapackage.json.")],
    *,
    output_dir: Annotated[
        Path, typer.Option(help="The folder to write to; it replaces a site that was built there before.")
    ],
    title: Annotated[str, typer.Option(help="The name of the site [default: the title of the package].")] = "",
) -> None:
    """Build a site of static pages from a package, for reading in a folder or on a web host.

    Exit code 0: built; 2: it could not run, and nothing was written.
    """
    from depositary.cli import terminal
    from depositary.cli.progress import Progress
    from depositary.site.build import build_site
    from depositary.wording.plain import number

    with Progress() as progress:
        built = build_site(package, output_dir, title=title, tell=lambda what, n: progress.step(f"{what}: {n:,}"))
    terminal.put(f"{number(built.pages, 'page')}, {built.bytes:,} bytes\nopen {built.first}\n")

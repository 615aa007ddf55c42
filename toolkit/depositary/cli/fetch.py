"""`depositary fetch`."""

from pathlib import Path
from typing import Annotated

import typer


def fetch(
    source: Annotated[str, typer.Argument(help="The address of a release archive, or a DOI.", metavar="URL|DOI")],
    *,
    output_dir: Annotated[Path, typer.Option(help="The folder for the archive; it is made if it is not there.")],
    sha256: Annotated[str, typer.Option(help="The SHA-256 that the archive must have.", metavar="HEX")] = "",
    max_bytes: Annotated[int, typer.Option(help="Stop if the archive has more bytes.", min=1)] = 2 << 30,
    server: Annotated[str, typer.Option(help="For a DOI: an instance of InvenioRDM of your own.", metavar="URL")] = "",
    resolver: Annotated[str, typer.Option(help="For a DOI: the handle service.", metavar="URL")] = "https://doi.org",
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a service that sends nothing.")] = 60.0,
) -> None:
    """Download a release, verify it, and put it into a folder as NAME-VERSION.zip.

    Exit code 0: it is there and sound; 2: it could not be downloaded, or is not sound, and nothing is left behind.
    """
    from depositary.cli import terminal
    from depositary.cli.progress import Progress
    from depositary.publishing.fetch import WantedRelease
    from depositary.publishing.fetch import fetch as run

    with Progress() as progress:
        done = run(
            WantedRelease(source, sha256, max_bytes, server, resolver), output_dir, timeout=timeout, tell=progress.step
        )
    terminal.put(f"{done.archive}: {done.release} is sound\nsha256 {done.sha256}")

"""`depositary publish`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class To(StrEnum):
    """Where a release can go."""

    FOLDER = "folder"
    GITHUB = "github"
    ZENODO = "zenodo"
    SANDBOX = "zenodo-sandbox"
    CKAN = "ckan"


def publish(
    release: Annotated[
        Path, typer.Argument(help="A release: its folder or its archive; the other one lies beside it.")
    ],
    *,
    to: Annotated[To, typer.Option(help="Where it goes. A token comes from the environment or a keyring.")],
    folder: Annotated[Path | None, typer.Option(help="For folder: where to copy it.")] = None,
    repository: Annotated[str, typer.Option(help="For github: the repository.", metavar="OWNER/NAME")] = "",
    tag: Annotated[str, typer.Option(help="For github: the tag, which must exist; by default v and the version.")] = "",
    record: Annotated[
        str,
        typer.Option(help="For zenodo: an earlier record, by id or DOI; without it your latest one of this package."),
    ] = "",
    organization: Annotated[str, typer.Option(help="For ckan: the organization that has the dataset.")] = "",
    server: Annotated[
        str, typer.Option(help="The address of an instance of your own; for ckan of the portal.", metavar="URL")
    ] = "",
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a service that sends nothing.")] = 60.0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the requests and what would be public, and send nothing.")
    ] = False,
) -> None:
    """Publish a release, after it is verified. A run that was cut off goes on where it stopped.

    Exit code 0: it is published, now or before; 2: it could not run, or the service refused. What is done is written
    down in NAME-VERSION.publish.json beside the release.
    """
    from depositary.cli import terminal
    from depositary.cli.progress import Progress
    from depositary.publishing.destination import Destination
    from depositary.publishing.publish import publish as run
    from depositary.publishing.publish import rehearse

    there = Destination(to.value, folder, repository, tag, record, organization, server)
    if dry_run:
        terminal.put("\n".join(rehearse(release, there)))
        return
    with Progress() as progress:
        done = run(release, there, timeout=timeout, tell=progress.step)
    doi = f"DOI {done.doi}\n" if done.doi else ""
    terminal.put(f"published: {done.release}\n{done.url}\n{doi}journal: {done.journal}")

"""`depositary status`."""

import typer

from depositary.cli.cache_options import CacheFolder, NoCache, cache_folder


def status(*, cache: CacheFolder = None, no_cache: NoCache = False) -> None:
    """Show what is new in the workspace, what is in conflict, and whether the merged package is up to date.

    It tries a merge and writes nothing. Exit code 0: there is nothing to do; 1: there is; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import workspace_around
    from depositary.merging.status import workspace_status
    from depositary.model.limits import Limits

    found = workspace_status(workspace_around(), Limits(cache=cache_folder(cache, no_cache=no_cache)))
    terminal.put(found.text())
    raise typer.Exit(0 if found.is_settled else 1)

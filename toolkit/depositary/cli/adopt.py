"""`depositary adopt`."""

from depositary.cli.cache_options import CacheFolder, NoCache, cache_folder


def adopt(*, cache: CacheFolder = None, no_cache: NoCache = False) -> None:
    """Make the merged package the package of the workspace, the base of the next contributions.

    The package before is kept in the folder of bases. Exit code 0: done, or there was nothing to do; 2: it could not
    run, and nothing was written.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import workspace_around
    from depositary.merging.adopt import adopt as run
    from depositary.model.limits import Limits

    made = run(workspace_around(), Limits(cache=cache_folder(cache, no_cache=no_cache)))
    terminal.put(made.text())

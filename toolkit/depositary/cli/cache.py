"""`depositary cache`."""

from typing import Annotated

import typer

from depositary.cli.cache_options import CacheFolder


def cache(
    *,
    cache: CacheFolder = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove everything in it that this program stored.")] = False,
) -> None:
    """Show where large tables are stored as they were read, for the next run, and how much that is.

    The cache is never needed: a run without it reads the files again, and gives the same report.
    Exit code 0: shown or removed; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.cli.cache_options import cache_folder
    from depositary.write import cache_folder as stored

    folder = cache_folder(cache, no_cache=False)
    if folder is None:
        terminal.put("there is no cache: this system has no folder for it. Name one with --cache.")
        return
    found = stored.CacheFolder(folder)
    tables, size = found.contents()
    if clear:
        found.clear()
    what = f"{tables:,} {'table' if tables == 1 else 'tables'}, {size:,} bytes"
    terminal.put(f"{folder}: {what}{', removed' if clear else ''}")

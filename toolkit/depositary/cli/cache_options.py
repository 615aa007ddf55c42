"""The options for the cache, shared by the commands that read a published package."""

from pathlib import Path
from typing import Annotated

import typer

_VARIABLE = "DEPOSITARY_CACHE"  # as in write/cache_folder.py, whose import would slow `--help` down

CacheFolder = Annotated[
    Path | None,
    typer.Option(
        envvar=_VARIABLE,
        metavar="DIR",
        help="The folder that stores large tables as they were read, for the next run [default: the platform's folder "
        "for caches].",
    ),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Store nothing, and read nothing that was stored.")]


def cache_folder(cache: Path | None, *, no_cache: bool) -> Path | None:
    """Return the folder of the cache; None if there is to be none.

    Raises:
        UsageError: it is inside a package.
    """
    from depositary.write.cache_folder import default_folder, outside_packages

    if no_cache:
        return None
    return outside_packages(cache) if cache else default_folder()

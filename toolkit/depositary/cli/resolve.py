"""`depositary resolve`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing
from depositary.cli.cache_options import CacheFolder, NoCache, cache_folder


def resolve(
    conflict: Annotated[
        str | None,
        typer.Argument(help="The id of the conflict, or its first characters.", autocompletion=completing.conflicts),
    ] = None,
    *,
    take: Annotated[
        str | None,
        typer.Option(
            help="Take the value of this contributor; contributor:batch if they have several batches.",
            metavar="WHO",
            autocompletion=completing.merged_contributors,
        ),
    ] = None,
    value: Annotated[
        str | None, typer.Option(help="Set another value; '\\N' makes the cell empty.", metavar="X")
    ] = None,
    keep_base: Annotated[bool, typer.Option("--keep-base", help="Keep the published value.")] = False,
    reason: Annotated[str, typer.Option(help="The reason; it is kept with the decision.", metavar="TEXT")] = "",
    source: Annotated[
        str, typer.Option(help="A source that shows which value is right, if there is one.", metavar="ID")
    ] = "",
    decider: Annotated[
        str | None,
        typer.Option(
            "--as",
            envvar="DEPOSITARY_AS",
            help="The contributor who decides.",
            metavar="CONTRIBUTOR",
            autocompletion=completing.merged_contributors,
        ),
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The date of the decision [default: today].")
    ] = None,
    worksheet: Annotated[
        Path | None,
        typer.Option("--from", help="A filled-in worksheet of depositary conflicts, CSV or Excel."),
    ] = None,
    package: Annotated[
        Path | None, typer.Option(help="The merged package [default: the output that depositary.toml names].")
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(help="The folder of decisions [default: the one in depositary.toml].", metavar="DIR"),
    ] = None,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
) -> None:
    """Decide a conflict, or all that are filled in on a worksheet; the next merge applies the decisions.

    Exit code 0: written; 2: it could not run, and nothing was written.
    """
    from datetime import date

    from depositary.cli import terminal
    from depositary.cli.workspace_paths import decisions_or_workspace, merged_or_workspace
    from depositary.errors import UsageError
    from depositary.merging.settle import request, settle, settle_all, signed

    day = on.date() if on else date.today()  # noqa: DTZ011 (the day where the decider is)
    who, merged = signed(decider, day.isoformat()), merged_or_workspace(package)
    folder, store = decisions_or_workspace(decisions), cache_folder(cache, no_cache=no_cache)
    if worksheet and (conflict or keep_base or source or take is not None or value is not None):
        raise UsageError("--from reads the decisions from the worksheet: leave out the conflict and the choice.")
    if worksheet:
        terminal.put(settle_all(merged, folder, worksheet, who, reason, cache=store))
    elif conflict:
        chosen = request(take=take, value=value, keep_base=keep_base, reason=reason, source_id=source)
        terminal.put(settle(merged, folder, conflict, chosen, who, cache=store))
    else:
        raise UsageError("name a conflict, or a worksheet with --from; depositary conflicts lists them.")

"""`depositary resolve`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def resolve(
    conflict: Annotated[str | None, typer.Argument(help="The conflict's id, or the beginning of it.")] = None,
    *,
    take: Annotated[
        str | None,
        typer.Option(help="Take what this contributor says; contributor:batch where they have several.", metavar="WHO"),
    ] = None,
    value: Annotated[str | None, typer.Option(help="Another value; '\\N' erases the cell.", metavar="X")] = None,
    keep_base: Annotated[bool, typer.Option("--keep-base", help="Keep what was published.")] = False,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the decision.", metavar="TEXT")] = "",
    source: Annotated[str, typer.Option(help="The source that settles it, if one does.", metavar="ID")] = "",
    decider: Annotated[
        str | None, typer.Option("--as", envvar="DEPOSITARY_AS", help="Who decides.", metavar="CONTRIBUTOR")
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it was decided [default: today].")
    ] = None,
    worksheet: Annotated[
        Path | None,
        typer.Option("--from", help="A worksheet of depositary conflicts that was filled in, CSV or Excel."),
    ] = None,
    package: Annotated[
        Path | None, typer.Option(help="The merged package [default: the output that depositary.toml names].")
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(help="The folder of decisions [default: the one depositary.toml names].", metavar="DIR"),
    ] = None,
) -> None:
    """Settle a conflict, or all that are filled in on a worksheet; the next merge applies it.

    Exit code 0: written; 2: it could not be, and nothing was.
    """
    from datetime import date

    from depositary.cli import terminal
    from depositary.cli.places import decisions_or_workspace, merged_or_workspace
    from depositary.errors import UsageError
    from depositary.merging.settle import settle, settle_all, signed, wish

    day = on.date() if on else date.today()  # noqa: DTZ011 (the day where the decider is)
    who, merged = signed(decider, day.isoformat()), merged_or_workspace(package)
    folder = decisions_or_workspace(decisions)
    if worksheet and (conflict or keep_base or source or take is not None or value is not None):
        raise UsageError("with --from, the worksheet says what is decided: leave out the conflict and the choice.")
    if worksheet:
        terminal.put(settle_all(merged, folder, worksheet, who, reason))
    elif conflict:
        chosen = wish(take=take, value=value, keep_base=keep_base, reason=reason, source_id=source)
        terminal.put(settle(merged, folder, conflict, chosen, who))
    else:
        raise UsageError("name a conflict, or a worksheet with --from; depositary conflicts lists them.")

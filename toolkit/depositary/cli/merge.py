"""`depositary merge`."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from depositary.cli.cache_options import CacheFolder, NoCache, cache_folder


class MergeFormat(StrEnum):
    """The format in which to write the result of a merge."""

    TEXT = "text"
    MARKDOWN = "markdown"


def merge(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="The published package, then the contributions [default: those in depositary.toml].",
            metavar="[CURRENT] [CONTRIBUTION...]",
        ),
    ] = None,
    *,
    decisions: Annotated[
        Path | None,
        typer.Option(help="The folder with resolutions and judgements [default: the one in depositary.toml]."),
    ] = None,
    bases: Annotated[
        Path | None,
        typer.Option(help="A folder with earlier packages that contributions are based on [default: as above]."),
    ] = None,
    output_dir: Annotated[
        Path | None,
        typer.Option(help="The folder of the merged package; it replaces an earlier one [default: as above]."),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Write nothing; only show what the merge would do.")] = False,
    names: Annotated[
        Path | None,
        typer.Option(help="A CSV file to write: the ids of the rows that contributors named, such as local:kita."),
    ] = None,
    set_aside: Annotated[
        bool, typer.Option("--set-aside", help="Merge the valid contributions, and list which others wait and why.")
    ] = False,
    rules: Annotated[bool, typer.Option(help="Check the rules of the package too.")] = True,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day that the rules use as today [default: today, UTC]."),
    ] = None,
    form: Annotated[
        MergeFormat,
        typer.Option("--format", help="text for people; markdown for the summary of a CI job or a comment."),
    ] = MergeFormat.TEXT,
    memory_limit: Annotated[
        str, typer.Option(help="Memory for comparing rows; further rows go to temporary files.")
    ] = "1GB",
    cache: CacheFolder = None,
    no_cache: NoCache = False,
) -> None:
    """Merge contributions into a package, with the provenance of every cell.

    Exit code 0: merged; 1: merged, but conflicts are open (the published values stay) or contributions wait; 2: it
    could not run, and nothing was written.
    """
    from depositary.cli import terminal
    from depositary.cli.progress import Progress
    from depositary.cli.workspace_paths import merge_paths
    from depositary.errors import InvalidContributionError, UsageError
    from depositary.merging.merge import merge as run
    from depositary.merging.summary import summary_text
    from depositary.model.limits import Limits, in_bytes
    from depositary.model.rule import RuleOptions
    from depositary.reports.text import to_text

    folders = merge_paths(paths or [], decisions, bases, output_dir, plan=plan)
    if names and (names.is_dir() or not names.resolve().parent.is_dir()):
        raise UsageError(f"{names}: --names must be a file, in a folder that exists. Name another file.")
    asked = RuleOptions(rules=rules, as_of=as_of.date() if as_of else None)
    try:
        with Progress() as progress:
            merged = run(
                folders.current,
                folders.contributions,
                output_dir=None if plan else folders.output,
                decisions=folders.decisions,
                bases=folders.bases,
                asked=asked,
                limits=Limits(memory=in_bytes(memory_limit), cache=cache_folder(cache, no_cache=no_cache)),
                on_step=progress.step,
                set_aside=set_aside,
                compare=plan,
            )
    except InvalidContributionError as error:
        for report in error.reports:
            terminal.put(to_text(report, colour=terminal.colour(), width=terminal.width()), colour=terminal.colour())
        raise
    if names:
        from depositary.merging.provenance.named_rows import names_csv
        from depositary.write.atomic import write_text

        write_text(names, names_csv(merged.names))
    if form is MergeFormat.MARKDOWN:
        from depositary.merging.summary_markdown import summary_markdown

        terminal.put(summary_markdown(merged, plan=plan, names=names))
    else:
        terminal.put(summary_text(merged, plan=plan, names=names, output=folders.output))
        if not (paths or plan or merged.open or merged.waiting) and merged.changes and folders.bases:
            terminal.put("to base the next contributions on it, once you have looked at it: depositary adopt")
    raise typer.Exit(1 if merged.open or merged.waiting else 0)

"""`depositary validate`."""

import gc
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing
from depositary.cli.cache_options import CacheFolder, NoCache, cache_folder
from depositary.cli.cluster_options import Conf, Engine, Master, opened_cluster, require_spark
from depositary.reports import Format


class FailOn(StrEnum):
    """The lowest level of findings that makes the command fail."""

    ERROR = "error"
    WARNING = "warning"


def validate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="A data package, a contribution (a folder with contribution.toml), a zip archive of one, a CSV file; "
            "several are allowed [default: the package and the contributions in depositary.toml].",
            metavar="PATH",
        ),
    ] = None,
    *,
    base: Annotated[
        Path | None,
        typer.Option(
            help="The package of the contribution or file [default: the one in the nearest depositary.toml above]."
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            help="The table of a CSV file, if its name is not the name of a table.",
            metavar="NAME",
            autocompletion=completing.tables,
        ),
    ] = None,
    as_contribution: Annotated[
        bool,
        typer.Option("--as-contribution", help="Check tables without a contribution.toml as a patch of --by."),
    ] = False,
    by: Annotated[
        str,
        typer.Option(
            help="Who contributes them, such as ctr-mira.", metavar="ID", autocompletion=completing.contributors
        ),
    ] = "",
    rules: Annotated[bool, typer.Option(help="Check the rules of the package too.")] = True,
    select: Annotated[
        list[str] | None,
        typer.Option(
            help="Check only these rules: an id, a number or a pattern such as R2?.",
            metavar="RULE",
            autocompletion=completing.rules,
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day that the rules use as today [default: today, UTC]."),
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="Check the rules for releases too.")] = False,
    previous: Annotated[
        Path | None, typer.Option(help="An earlier release of the package; its records must still exist.")
    ] = None,
    snapshots: Annotated[
        Path | None, typer.Option(help="A folder with the coded texts; quotes are compared with them.")
    ] = None,
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="The format of the report: text for people, json for programs (frictionless reads it), sarif for code "
            "hosts and editors, github for annotations in GitHub Actions, html for a page with the rows around each "
            "finding, markdown for the summary of a CI job or a comment.",
        ),
    ] = Format.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file instead of the terminal.")] = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="The lowest level of findings that gives exit code 1.")
    ] = FailOn.ERROR,
    max_findings: Annotated[
        int, typer.Option(min=1, help="The number of findings kept for each code and field; totals are always exact.")
    ] = 100,
    memory_limit: Annotated[
        str, typer.Option(help="Memory for comparing keys and checking rules; further data goes to temporary files.")
    ] = "1GB",
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again whatever changes, until you press Ctrl+C.")
    ] = False,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    engine: Annotated[
        Engine, typer.Option(help="Where large tables are judged: on this machine, or on a Spark cluster.")
    ] = Engine.DUCKDB,
    master: Master = "",
    conf: Conf = None,
) -> None:
    """Check packages, contributions or CSV files against their schema.

    Exit code 0: valid, or stopped while watching; 1: there are findings of the level in --fail-on; 2: it could not run.
    """
    from depositary.check.documents.find_target import find_target
    from depositary.cli import terminal
    from depositary.cli.progress import Progress
    from depositary.cli.watch import Pair, Watched
    from depositary.cli.watch import watch as watch_targets
    from depositary.cli.workspace_paths import named_by_workspace, validated_paths
    from depositary.cluster.storage import find_stored, judge_stored
    from depositary.errors import UsageError
    from depositary.model.limits import Limits, in_bytes
    from depositary.model.rule import RuleOptions
    from depositary.read.paths import address_of
    from depositary.reports.formats import written
    from depositary.write.atomic import write_text

    if select and not rules:
        raise UsageError("--select runs some rules and --no-rules runs none: leave one of them out.")
    if as_contribution is not bool(by):
        raise UsageError("--as-contribution and --by belong together: give both, or leave both out.")
    asked = RuleOptions(
        rules=rules,
        select=tuple(select or ()),
        as_of=as_of.date() if as_of else None,
        release=release,
        previous=previous,
        snapshots=snapshots,
    )
    limits = Limits(examples=max_findings, memory=in_bytes(memory_limit), cache=cache_folder(cache, no_cache=no_cache))
    require_spark(engine, master, conf)

    def judge_all(pairs: Sequence[Pair]) -> bool:
        with Progress() as progress, opened_cluster(engine, master, conf) as cluster:
            targets = [
                find_stored(cluster, address, near, table, by)
                if (address := address_of(path))
                else find_target(path, near, table, by)
                for path, near in pairs
            ]
            if any(target.package and asked.concerns(target.package.descriptor) for target in targets):
                import depositary.check.rules.rules  # noqa: F401 (now, so that it is frozen too)
            gc.freeze()  # what is there stays; looking through it once more at the end took a fifth of a small run
            judged = [
                (target, judge_stored(target, asked, limits, progress.rows, cluster=cluster)) for target in targets
            ]
            colour = output is None and terminal.colour()
            text = written(form, judged, colour=colour, width=None if output else terminal.width())
        if output:
            write_text(output, text)
        else:
            terminal.put(text, colour=colour)
        return any(r.errors or (fail_on is FailOn.WARNING and r.warnings) for _, r in judged)

    if watch:
        if address := next(filter(None, map(address_of, paths or ())), ""):
            raise UsageError(f"{address}: --watch looks at files of this machine. Leave it out.")
        file, around = named_by_workspace(paths or ())
        of_all = [path for path in (snapshots, previous) if path]
        find = partial(validated_paths, paths or (), base)
        watch_targets(Watched(find, of_all, around, file, output), judge_all)
        raise typer.Exit(0)
    raise typer.Exit(1 if judge_all(validated_paths(paths or (), base)) else 0)

"""`depositary agree`."""

from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing
from depositary.model.agreement_format import AgreementFormat


def agree(
    contributions: Annotated[
        list[Path] | None,
        typer.Argument(help="The contributions of two coders or more.", metavar="CONTRIBUTION..."),
    ] = None,
    *,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Only what was coded from this source.", metavar="ID", autocompletion=completing.sources),
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(help="Only this table.", metavar="NAME", autocompletion=completing.tables),
    ] = None,
    before: Annotated[
        list[Path] | None,
        typer.Option(
            help="A contribution of an earlier round; the figures of both rounds are compared.", metavar="CONTRIBUTION"
        ),
    ] = None,
    after: Annotated[
        list[Path] | None,
        typer.Option(help="A contribution of the later round, as an argument names it.", metavar="CONTRIBUTION"),
    ] = None,
    least_score: Annotated[
        float,
        typer.Option("--min-score", min=0, max=1, help="The score with which a suggested pair counts as one item."),
    ] = 0.8,
    judged_only: Annotated[
        bool, typer.Option("--judged-only", help="Match rows by key and judgement, and not by suggestions.")
    ] = False,
    form: Annotated[
        AgreementFormat,
        typer.Option(
            "--format",
            help="text for people; csv with one line for each variable; json with everything; html for a page.",
        ),
    ] = AgreementFormat.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
    tables_dir: Annotated[
        Path | None, typer.Option("--tables-dir", help="Also write all tables as CSV into this folder.", metavar="DIR")
    ] = None,
    package: Annotated[
        Path | None, typer.Option(help="The published package [default: the one in depositary.toml].")
    ] = None,
    decisions: Annotated[
        Path | None, typer.Option(help="The folder of decisions [default: the one in depositary.toml].", metavar="DIR")
    ] = None,
    bases: Annotated[
        Path | None,
        typer.Option(help="A folder with earlier packages on which contributions are based.", metavar="DIR"),
    ] = None,
) -> None:
    """Measure how far coders agree: what each found, and the values that they gave to what several found.

    Exit code 0: they agree in everything; 1: they differ; 2: it could not run.
    """
    from depositary.agreement.formats import write_tables, written
    from depositary.agreement.places import AgreementRequest, agreement_of
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import agreement_places
    from depositary.write.atomic import write_text

    asked = AgreementRequest(tuple(source or ()), tuple(table or ()), least_score, is_suggested=not judged_only)
    now = [*(contributions or ()), *(after or ())]
    found = agreement_of(agreement_places(now, package, decisions, bases), asked)
    earlier = agreement_of(agreement_places(before, package, decisions, bases), asked) if before else None
    text = written(found, form, earlier)
    if tables_dir:
        write_tables(found, tables_dir)
    if output:
        write_text(output, text)
    elif form in (AgreementFormat.CSV, AgreementFormat.JSON):
        terminal.put_data(text)
    else:
        terminal.put(text)
    raise typer.Exit(0 if found.agrees else 1)

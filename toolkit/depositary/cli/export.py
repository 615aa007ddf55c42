"""`depositary export`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing
from depositary.cli.cluster_options import Conf, Engine, Master, opened_cluster, require_spark
from depositary.exporting.formats import FORMATS


def export(
    package: Annotated[Path, typer.Argument(help="A data package: its folder or its datapackage.json.")],
    *,
    to: Annotated[
        list[str],
        typer.Option(
            help=f"The formats: {', '.join(FORMATS)}; separate several with commas, or repeat the option.",
            metavar="FORMAT[,FORMAT]",
            autocompletion=completing.formats,
        ),
    ],
    output_dir: Annotated[
        Path,
        typer.Option(help="The folder to write to; it replaces an earlier export. Each format has a folder there."),
    ],
    safe_cells: Annotated[
        bool,
        typer.Option(
            "--safe-cells", help="In CSV, put an apostrophe before text that a spreadsheet would run as a formula."
        ),
    ] = False,
    parts: Annotated[
        int | None,
        typer.Option(
            help="In CSV and Parquet, the most rows of a file; a table with more rows is written in parts.",
            metavar="ROWS",
            min=1,
        ),
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option(
            help="Where large tables are written: on this machine, or, to CSV and Parquet, in parts on a Spark cluster."
        ),
    ] = Engine.DUCKDB,
    master: Master = "",
    conf: Conf = None,
) -> None:
    """Write a package in other formats, and list what each format could not keep.

    Exit code 0: exported; 2: it could not run, and nothing was written.
    """
    require_spark(engine, master, conf)
    formats = list(dict.fromkeys(name.strip() for given in to for name in given.split(",") if name.strip()))
    if "duckdb" in formats:
        _ask_for_zeros()

    from depositary.cli import terminal
    from depositary.cli.progress import Progress
    from depositary.exporting.export import export as run
    from depositary.exporting.export import require_formats
    from depositary.exporting.notes import summary_text
    from depositary.exporting.progress import ExportProgress
    from depositary.loading.load import open_tables

    require_formats(formats, parts, on_cluster=engine is Engine.SPARK)
    opened = open_tables(package)
    with Progress() as progress, opened_cluster(engine, master, conf) as cluster:
        work = ExportProgress(opened, formats)
        done = run(
            opened,
            formats,
            output_dir,
            safe_cells=safe_cells,
            parts=parts,
            cluster=cluster,
            tell=lambda form, table, rows: progress.step(work.note(form, table, rows)),
        )
    terminal.put(summary_text(done, output_dir))


def _ask_for_zeros() -> None:
    # For this process alone, which is ours: exporting/zeroed.py writes DuckDB's files here then, and needs no child.
    # No other verb asks: a merge with such memory takes a third more time.
    if "_duckdb" not in sys.modules:
        os.environ.setdefault("DUCKDB_JE_MALLOC_CONF", "zero:true")

"""Export a package to a folder with one subfolder for each format; it replaces the folder of an earlier export."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from depositary.errors import UsageError
from depositary.exporting.beside import carry, files_left_behind, files_unlike_stated, require_files, rules_not_carried
from depositary.exporting.content import Content, OnRows
from depositary.exporting.formats import FORMATS
from depositary.exporting.notes import EXPORT, NOTES, notes
from depositary.exporting.parts import require_parts
from depositary.exporting.scripts import write_scripts
from depositary.exporting.written import Written
from depositary.loading.load import open_tables
from depositary.model.package import Package
from depositary.read.paths import given
from depositary.write.exchange import building

if TYPE_CHECKING:  # its libraries take time to load
    from depositary.cluster.ranges import Workers

Exporter = Callable[[Content, Path], Written]


def export(  # noqa: PLR0913 (each is an option of the command)
    package: str | Path | Package,
    formats: Sequence[str],
    output_dir: str | Path,
    *,
    safe_cells: bool = False,
    parts: int | None = None,
    cluster: "Workers | None" = None,
    tell: Callable[[str, str, int], None] | None = None,
) -> list[Written]:
    """Export a package to formats, each into a subfolder of its name, with EXPORT-NOTES.md beside them.

    Args:
        package: a package or its path.
        formats: names of `FORMATS`.
        output_dir: the folder to write; it may replace one that was written there before.
        safe_cells: in CSV, put an apostrophe before text that a spreadsheet would run as a formula.
        parts: in CSV and Parquet, the most rows of a file; a table with more rows is written in parts.
        cluster: writes large tables, in parts, to CSV and Parquet.
        tell: called with a format, a table's name and the number of its rows written so far.

    Raises:
        UsageError: there is no such format, a table cannot be read, or the folder cannot be replaced.
    """
    require_formats(formats, parts, on_cluster=cluster is not None)
    exporters = {name: _exporter(name, safe_cells=safe_cells) for name in dict.fromkeys(formats)}
    opened = package if isinstance(package, Package) else open_tables(package)
    require_files(opened)
    unlike = files_unlike_stated(opened)
    done: list[Written] = []
    with building(given(output_dir), EXPORT) as folder:
        for name, exporter in exporters.items():
            on_rows: OnRows = partial(tell, name) if tell else lambda _table, _rows: None
            (folder / name).mkdir()
            content = Content(opened, on_rows, parts, cluster)
            written = exporter(content, folder / name)
            scripts = write_scripts(content, written, folder / name)
            if not FORMATS[name].has_descriptor:
                beside = carry(opened, folder / name, described=False)
                written = replace(
                    written, files=[*written.files, *beside.files], losses=[*written.losses, *beside.losses]
                )
            if not FORMATS[name].has_rules:
                written = replace(written, losses=[*written.losses, *rules_not_carried(opened)])
            written = replace(written, files=[*written.files, *scripts], losses=[*written.losses, *unlike])
            done.append(written.within(name))
        (folder / NOTES).write_bytes(notes(opened, done, files_left_behind(opened, folder, output_dir)).encode())
    return done


def require_formats(formats: Sequence[str], parts: int | None, *, on_cluster: bool) -> None:
    """Refuse formats that are not there, or that cannot be written as is asked for.

    Raises:
        UsageError: there is no such format, or it has no parts.
    """
    for name in formats:
        if name not in FORMATS:
            raise UsageError(f"{name!r} is not an export format. Use one of {', '.join(FORMATS)}.")
    if not formats:
        raise UsageError(f"no format is given. Use one or more of {', '.join(FORMATS)}.")
    require_parts(parts)
    single = [name for name in dict.fromkeys(formats) if not FORMATS[name].has_parts]
    if parts is not None and len(single) == len(set(formats)):
        raise UsageError(f"{', '.join(single)}: only csv and parquet have parts. Leave --parts out.")
    if on_cluster and single:
        raise UsageError(
            f"{', '.join(single)}: a cluster writes only csv and parquet. Export other formats without --engine spark."
        )


def _exporter(name: str, *, safe_cells: bool) -> Exporter:
    module, function = FORMATS[name].exporter.split(".")
    exporter: Callable[..., Written] = getattr(import_module(f"depositary.exporting.formats.{module}"), function)
    return partial(exporter, safe_cells=safe_cells) if name == "csv" else exporter

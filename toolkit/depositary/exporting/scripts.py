"""Short scripts that load an export, written beside it; they do not need this program."""

import re
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path, PurePosixPath

from depositary.engine.sql import literal, quoted
from depositary.exporting.content import Content, TableContent
from depositary.exporting.names import file_names, short_names
from depositary.exporting.parts import PART
from depositary.exporting.written import File, Written
from depositary.loading.typed import Shape

_ORDINARY = re.compile(r"[^A-Za-z0-9_]")


def write_scripts(content: Content, written: Written, folder: Path) -> list[File]:
    """Write the scripts that load one format, and give their files.

    Args:
        content: the package; its rows are written already.
        written: the files that were written.
        folder: the folder of these files, and of the scripts.
    """
    found = []
    for name, text in _SCRIPTS.get(written.format, dict[str, "_Text"]()).items():
        (folder / name).write_bytes(text(content, written).encode())
        found.append(File.at(folder, folder / name))
    return found


_Text = Callable[[Content, Written], str]


def _shipped(name: str) -> _Text:
    return lambda _content, _written: (files("depositary.exporting.loaders") / name).read_text(encoding="utf-8")


# SQL, for DuckDB

_HEAD = """\
-- {what} In this folder:
--   duckdb mine.duckdb -c ".read load.sql"
"""

_COLUMNS_OF_CSV = """\
CREATE OR REPLACE TABLE {table} AS FROM read_csv(
  {file}, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', new_line = '\\n', nullstr = '',
  columns = {{
    {columns}
  }}
);
"""


def _sql_of_csv(content: Content, written: Written) -> str:
    head = _HEAD.format(what="Makes the tables in DuckDB, each column with its type in the schema.")
    return "\n".join([head, *(_table_of_csv(one, of) for one, of in _files(content, written, "csv"))])


def _table_of_csv(table: TableContent, files: Sequence[str]) -> str:
    shape = Shape(table.fields, frozenset(table.misfits))
    types = ((one.name, shape.storage_of(one).duckdb) for one in shape.fields)
    columns = ",\n    ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types)
    return _COLUMNS_OF_CSV.format(table=quoted(table.name), file=_named(files), columns=columns)


def _sql_of_parquet(content: Content, written: Written) -> str:
    head = _HEAD.format(what="Makes a view of each table in DuckDB; a query reads only the columns that it names.")
    views = (
        f"CREATE OR REPLACE VIEW {quoted(table.name)} AS FROM read_parquet({_named(of)});\n"
        for table, of in _files(content, written, "parquet")
    )
    return "\n".join([head, "".join(views)])


def _files(content: Content, written: Written, ending: str) -> Iterator[tuple[TableContent, Sequence[str]]]:
    names = file_names(table.name for table in content.tables)
    paths = [file.path for file in written.files]
    for table in content.tables:
        whole, parts = f"{names[table.name]}.{ending}", f"{names[table.name]}/{PART}"
        yield table, [whole] if whole in paths else [path for path in paths if path.startswith(parts)]


def _named(files: Sequence[str]) -> str:
    """Write a file, or a list of several, in SQL."""
    texts = list(map(literal, files))
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


# Stata


def _do(_content: Content, written: Written) -> str:
    paths = [PurePosixPath(file.path) for file in written.files if file.path.endswith(".dta")]
    frames = short_names((path.stem for path in paths), 32, _ORDINARY)
    lines = [
        "* Loads each table into a frame with its name (Stata 16 or newer). In this folder:",
        "*   do load.do",
        "*   frame change NAME",
        "version 16",
        "",
    ]
    for path in paths:
        frame = frames[path.stem]
        lines += [f"capture frame drop {frame}", f"frame create {frame}", f'frame {frame}: use "{path}"']
    return "\n".join([*lines, "frames dir", ""])


_SCRIPTS: dict[str, dict[str, _Text]] = {
    "csv": {"load.py": _shipped("csv_load.py"), "load.R": _shipped("csv_load.R"), "load.sql": _sql_of_csv},
    "parquet": {"load.py": _shipped("parquet_load.py"), "load.sql": _sql_of_parquet},
    "dta": {"load.do": _do},
}

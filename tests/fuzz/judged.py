"""One case run in a copy of the workspace, and what is wrong with how it went."""

import inspect
import re
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
from called import LIMIT, Called, asked, called
from edits import apply, rows_of
from spoil import Case

import depositary

MEMORY = 2 << 30  # bytes
# Control characters, halves of characters, and what is read in another order or not seen at all.
_RAW = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_IN_TABLES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WRITTEN = ("report.out", "out/EXPORT-NOTES.md", "exported/EXPORT-NOTES.md")


def run(world: Path, case: Case, folder: Path) -> tuple[Called, list[str]]:
    """Run a case; the faults are the kind and the place of each, empty if all is well."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(world, folder)
    for file, edits in case.edits.items():
        apply(folder / file, edits)
    ended = asked(folder, _call(folder, case.call)) if isinstance(case.call[-1], dict) else called(folder, *case.call)
    return ended, list(_faults(folder, case, ended))


def _call(folder: Path, call: list[Any]) -> Callable[[], object]:
    name, arguments = call
    asked_for = inspect.signature(getattr(depositary, name)).parameters
    needed = {key for key, one in asked_for.items() if one.default is one.empty}
    arguments = {key: value for key, value in arguments.items() if value not in ("", None) or key in needed}
    if name == "validate_frame":
        arguments["frame"] = _frame(folder / "events.csv")
    if "table" in arguments and name in ("load", "load_all"):
        return lambda: _looked_at(
            getattr(depositary, name)(arguments.pop("package"), arguments.pop("table"), **arguments)
        )
    return lambda: getattr(depositary, name)(**arguments)


def _looked_at(frame: Any) -> None:
    """Use what was loaded: a relation reads only then."""
    if hasattr(frame, "to_arrow_table"):
        frame.to_arrow_table()


def _frame(file: Path) -> pl.DataFrame:
    rows = rows_of(file.read_bytes())
    if not rows or not rows[0]:
        return pl.DataFrame()
    names = list(dict.fromkeys(name.encode("utf-8", "replace").decode() for name in rows[0]))
    cells = [[cell.encode("utf-8", "replace").decode() for cell in row] for row in rows[1:]]
    columns = {name: [row[at] if at < len(row) else None for row in cells] for at, name in enumerate(names)}
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def _faults(folder: Path, case: Case, ended: Called) -> Iterator[str]:
    if ended.trace:
        yield f"traceback {_last(ended.trace)}"
    if ended.code not in (None, 0, 1, 2):
        yield f"exit code {ended.code}"
    if ended.seconds > LIMIT:
        yield f"late {ended.seconds:.0f} s"
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > MEMORY:
        yield "memory"
    in_tables = "csv" in case.call and case.call[0] in ("conflicts", "diff")
    for stream, text in (("out", ended.out), ("err", ended.err)):
        found = (_IN_TABLES if in_tables and stream == "out" else _RAW).search(text)
        if found:
            yield f"raw {stream} U+{ord(found[0]):04X}"
    if ended.code == 2 and not _is_one_line(ended.err):
        yield "refused in more than a line"
    for name in _WRITTEN:
        file = folder / name
        found = _RAW.search(file.read_bytes().decode("utf-8", "surrogateescape")) if file.is_file() else None
        if found:
            yield f"raw {name} U+{ord(found[0]):04X}"


def _is_one_line(err: str) -> bool:
    """Return whether an error is one line; a list of faults below it is indented, and the usage is typer's."""
    lines = err.rstrip("\n").split("\n")
    return lines[0].startswith("Usage: ") or (
        lines[0].startswith("depositary: ") and all(line.startswith("  ") for line in lines[1:])
    )


def _last(trace: str) -> str:
    """Name the last place in our code, and the error."""
    places = re.findall(r'File "[^"]*depositary/([^"]+)", line (\d+), in (\w+)', trace)
    error = trace.rstrip().rsplit("\n", 1)[-1].split(":")[0]
    kind = error if re.fullmatch(r"[\w.]+", error) else "?"
    kinds = re.findall(r"^([A-Za-z_][\w.]*(?:Error|Exception|Exit|Misfit|Fault|Interrupt)\w*)", trace, re.MULTILINE)
    return f"{':'.join(places[-1]) if places else '?'} {kinds[-1] if kinds else kind}"

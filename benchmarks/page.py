"""Write docs/benchmarks.md: what was measured, on which machine and with which versions; text written by hand stays."""

import os
import platform
import re
import sys
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
MARK = "<!-- Written by hand from here on: benchmarks/validate.py keeps it. -->"
LIBRARIES = ["depositary", "duckdb", "polars", "pyarrow", "frictionless", "pandera", "dataframely", "pointblank"]


def write(table: str, day: date, how: str, load: float) -> None:
    """Put a table of that day in the place of the last."""
    text = PARTS.format(table=table, day=day.isoformat(), how=how, machine=machine(load), versions=versions())
    PAGE.write_text(f"{text}\n{MARK}{kept()}", encoding="utf-8", newline="\n")


def kept() -> str:
    """Give the hand-written part of the page; a page without the mark is not overwritten."""
    if not PAGE.is_file():
        return "\n"
    _, mark, hand = PAGE.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        sys.exit(f"docs/{PAGE.name} has no line {MARK!r}: put it above what is to be kept.")
    return hand


def machine(load: float) -> str:
    """Describe the machine by what matters for the times."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    kernel = ".".join(platform.release().split(".")[:2])
    system = f"{platform.system()} {kernel}, Python {platform.python_version()}"
    return (
        f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GB of memory; {system}. Load before the run: {load:.1f}."
    )


def processor() -> str:
    """Give the processor's model where the system tells it."""
    told = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", told.read_text(encoding="utf-8")) if told.is_file() else None
    return found[1] if found else platform.processor() or platform.machine()


def versions() -> str:
    """Give the versions of all libraries that are compared, or used by one that is."""
    return "\n".join(f"- {name} {version(name)}" for name in LIBRARIES if find_spec(name))


PARTS = """\
# Benchmarks

_Measured by `python benchmarks/validate.py` on {day}:
{how}._

The file is one of trade flows with 11 columns: a key, two codes of 240, a product of six digits, a year, a direction,
a value, a quantity (one in five is empty), a unit, a source out of 1,000 in a second table, and a day. `clean` has no
fault; in `dirty` one row in a thousand has one of ten, in turn: an unknown code, a product of five digits, a year out
of range, a negative value, a word for a value, an empty cell that is required, a source that is not there, a day
written `31/12/2021`, a key used before, a row without its last two cells. `odd-dates` writes all days as `%d/%m/%Y`,
and says so; `quoted` has quotes around all texts and a column of notes of 200 to 400 characters, with commas, quotes
and here and there a line break; `gz` is the clean file, packed. `own` is the package of this repository with its
table of trade flows (33 columns) filled up, without and with its rules.

The bare scan is DuckDB reading every cell as text and adding up their lengths; for `dirty` it is told `null_padding`,
since it refuses short rows otherwise. depositary runs as `depositary validate PACKAGE --no-rules`, and frictionless
as `frictionless validate PACKAGE --json` without its limit of 1,000 errors, up to 1,000,000 rows. pandera,
dataframely and pointblank judge data frames, so that a script (`benchmarks/peers.py`) reads the file with polars and
tells them all that the descriptor says. They are run in the way that costs them least: what polars makes of the file
is taken for the file. So a short row passes for one with empty cells, without a word; an empty row, a line too long
or a wrong header are not asked for; and every text becomes a value by what polars can read. They count both rows of a
key used twice, the others only the second. pandera can name the numbers of the frame's rows, pointblank those of the
first 500 in each step (left out here, in its favour), and dataframely hands back the rows themselves.

## The machine

{machine}

{versions}

## Times and memory

{table}
Wall time is from the start of the process to its end, with the start of Python and all imports; CPU time is that of
all its threads; memory is the most that it held at once (1 MB = 1,000,000 bytes). Findings are as the tool itself
counts them: depositary and frictionless report a short row as two missing cells besides the empty cell that is
required.

## To measure it yourself

`make bench` installs the checkers named above and prints the table; `make bench BENCH="1e5 --rounds 1"` takes
a minute. `ROWS:FILES` and `--tools` choose, `--folder` keeps the files for the next run, `--memory-limit` is passed
on to depositary. `--write --on YYYY-MM-DD` rewrites this page down to a mark; what stands below it was written by
hand.
"""

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
CONTRIBUTIONS = "<!-- From here: benchmarks/contribution.py. -->", "<!-- To here. -->"
IDENTITY = "<!-- From here: benchmarks/identity.py. -->", "<!-- To here: identity. -->"
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


def put_contributions(table: str, day: date, how: str) -> None:
    """Put the table of benchmarks/contribution.py between its marks in the hand-written part."""
    _put(CONTRIBUTIONS, f"_Measured by `python benchmarks/contribution.py` on {day.isoformat()}: {how}_\n\n{table}")


def put_identity(tables: str, day: date, how: str) -> None:
    """Put the tables of benchmarks/identity.py between their marks in the hand-written part."""
    _put(IDENTITY, f"_Measured by `make bench-identity` on {day.isoformat()}: {how}_\n\n{tables}")


def _put(marks: tuple[str, str], measured: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    begin, end = marks
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        sys.exit(f"docs/{PAGE.name} has no lines {begin!r} and {end!r}: put them where the table is to be.")
    PAGE.write_text(f"{before}{begin}\n{measured}\n{end}{after}", encoding="utf-8", newline="\n")


def machine(load: float) -> str:
    """Describe the machine by what matters for the times."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    kernel = ".".join(platform.release().split(".")[:2])
    system = f"{platform.system()} {kernel}, Python {platform.python_version()}"
    return (
        f"{processor()}, {os.cpu_count()} cores, {memory:.0f} GB of memory; {system}. Load before the run: {load:.1f}."
    )


def processor() -> str:
    """Give the processor's model where the system gives it."""
    cpu_info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", cpu_info.read_text(encoding="utf-8")) if cpu_info.is_file() else None
    return found[1] if found else platform.processor() or platform.machine()


def versions() -> str:
    """Give the versions of all libraries that are compared, or used by one that is."""
    return "\n".join(f"- {name} {version(name)}" for name in LIBRARIES if find_spec(name))


PARTS = """\
# Benchmarks

_Measured by `python benchmarks/validate.py` on {day}:
{how}._

The file has trade flows with 11 columns: a key, two codes (each one of 240), a product of six digits, a year, a
direction, a value, a quantity (one in five is empty), a unit, a source (one of 1,000 in a second table), and a day. It
has these variants:

- `clean` has no errors.
- `dirty` has an error in one row of a thousand. Ten errors take turns: an unknown code, a product of five digits, a
  year out of range, a negative value, a word instead of a value, a required cell that is empty, a source that does not
  exist, a day written `31/12/2021`, a key that was used before, a row without its last two cells.
- `odd-dates` writes all days as `%d/%m/%Y`, and its descriptor says so.
- `quoted` has quotes around all texts, and a column of notes with 200 to 400 characters, with commas, quotes and some
  line breaks.
- `gz` is the clean file, compressed.
- `own` is the package of this repository with many rows in its table of trade flows (33 columns), without and with its
  rules.

In the bare scan, DuckDB reads every cell as text and adds the lengths. For `dirty` it has the option `null_padding`,
because it refuses short rows otherwise. depositary runs as `depositary validate PACKAGE --no-rules`. frictionless runs
as `frictionless validate PACKAGE --json`, without its limit of 1,000 errors, on up to 1,000,000 rows.

pandera, dataframely and pointblank check data frames. A script (`benchmarks/peers.py`) reads the file with polars and
gives them all conditions of the descriptor. We run them in their cheapest mode and accept polars' reading of the file.
They therefore do not report short rows, empty rows, rows that are too long, or a wrong header, and polars decides which
text is which value. They count both rows of a key that is used twice; the other tools count only the second. pandera
can give the row numbers in the frame; pointblank can give those of the first 500 rows in each step (switched off here,
which helps it); dataframely returns the rows themselves.

## The machine

{machine}

{versions}

## Times and memory

{table}
Wall time is the time from the start of the process to its end, including the start of Python and all imports. CPU time
is the time of all its threads. Memory is the highest amount in use at one time (1 MB = 1,000,000 bytes). Each tool
counts its own findings: depositary and frictionless report a short row as two missing cells, and a required cell that
is empty as one more.

## Measure it yourself

`make bench` installs the checkers named above and prints the table; `make bench BENCH="1e5 --rounds 1"` takes
a minute. `ROWS:FILES` and `--tools` select what is measured, `--folder` keeps the files for the next run, and
`--memory-limit` is for depositary. `--write --on YYYY-MM-DD` rewrites this page down to a mark; the text below the mark
was written by hand.
"""

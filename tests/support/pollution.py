"""Clean tables and what befalls them: quotes, delimiters and line ends more or less, notes, headers, second tables.

The kinds are those of Pollock (Vitagliano et al., VLDB 2023), a benchmark of programs that load CSV. Each pollution is
made at each place where it can be. All columns are text without constraints, so that nothing but the form can show it.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from depositary.check.validate import validate
from depositary.model.package import Resource
from depositary.model.table import Table
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile

LABELS = ["code", "day", "product", "size", "maker"]
ROWS = [
    ["a1", "2018-01-28", "Boots, waterproof", "9", "Ada"],
    ["a2", "2018-01-29", "Jacket", "", "Bo, Inc."],
    ["a3", "2018-01-30", 'Table 48"', "2", "Cy"],
    ["a4", "2018-01-31", "Rods", "1", ""],
    ["a5", "2018-02-13", "Pillow", "4", 'The "Dee" works'],
    ["a6", "2018-02-14", "Vest", "7", "Eve"],
]
Rows = list[list[str]]

# Where a pollution gives a correct table: the text of a quoted cell has a delimiter or line end more or less, and no
# reader can know that it was not meant.
WITHIN = ", within a quoted cell"


@dataclass(frozen=True)
class Polluted:
    """A file that should have held the clean table; `rows` are what it should be read as."""

    kind: str
    text: str
    rows: list[list[str]]


def written(rows: Rows, *, all_quoted: bool, end: str = "\n", **more: object) -> str:
    text = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(text, quoting=quoting, lineterminator=end, **more).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


def polluted() -> Iterator[Polluted]:
    """Give every pollution of the clean table, written with all quotes and with those that are needed."""
    for all_quoted in (False, True):
        lines = [written([row], all_quoted=all_quoted) for row in [LABELS, *ROWS]]
        for kind, text in (*_in_lines(lines), *_of_rows(all_quoted=all_quoted), *_of_file(all_quoted=all_quoted)):
            yield Polluted(f"{kind}, {'all quoted' if all_quoted else 'few quotes'}", text, ROWS)


def _in_lines(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Put in or take out one character at each place of each row below the header."""
    for at, line in enumerate(lines[1:], start=1):
        for name, changed in _changes(line):
            yield name, "".join([*lines[:at], changed, *lines[at + 1 :]])


def _changes(line: str) -> Iterator[tuple[str, str]]:
    body = line.rstrip("\n")
    for place in range(len(body) + 1):
        before, after = body[:place], body[place:]
        where = WITHIN if before.count('"') % 2 else ""
        yield "a quote more", f'{before}"{after}\n'
        yield f"a delimiter more{where}", f"{before},{after}\n"
        yield f"a line end more{where}", f"{before}\n{after}\n"
        yield "an escaped quote", f'{before}\\"{after}\n'
    for place, char in enumerate(body):
        before, after = body[:place], body[place + 1 :]
        where = WITHIN if before.count('"') % 2 else ""
        if char == '"':
            yield "a quote less", f"{before}{after}\n"
            yield "a single quote for a double one", f"{before}'{after}\n"
        if char == ",":
            yield f"a delimiter less{where}", f"{before}{after}\n"
            yield f"another delimiter{where}", f"{before};{after}\n"
    yield "a line end less", body
    yield "a delimiter for a line end", f"{body},"


def _of_rows(*, all_quoted: bool) -> Iterator[tuple[str, str]]:
    """Change one row as a whole."""
    clean = [LABELS, *ROWS]
    for at in range(1, len(clean)):
        before = written(clean[:at], all_quoted=all_quoted)
        after = written(clean[at + 1 :], all_quoted=all_quoted)
        row = clean[at]
        yield "a row in single quotes", before + written([row], all_quoted=True, quotechar="'") + after
        curly = ",".join(f"\u201c{cell}\u201d" for cell in row) + "\n"
        yield "a row in curly quotes", before + curly + after
        escaped = written([row], all_quoted=all_quoted, doublequote=False, escapechar="\\")
        if escaped != written([row], all_quoted=all_quoted):
            yield "escapes instead of doubled quotes", before + escaped + after
        yield "another delimiter in a row", before + written([row], all_quoted=all_quoted, delimiter=";") + after
        yield (
            "a row as one cell",
            before + written([[written([row], all_quoted=all_quoted).rstrip("\n")]], all_quoted=True) + after,
        )
        yield "fewer cells", before + written([row[:3]], all_quoted=all_quoted) + after
        yield "more cells", before + written([[*row, "x"]], all_quoted=all_quoted) + after
        yield "the header again", before + written([LABELS, row], all_quoted=all_quoted) + after
        yield "another line end in a row", before + written([row], all_quoted=all_quoted, end="\r") + after
        for column in range(len(LABELS) if at < len(ROWS) else 0):
            yield "two stray quotes", _two_strays(clean, at, column)


def _two_strays(clean: Rows, at: int, column: int) -> str:
    """Open a quote in one row, and close it in the next, behind the same column."""
    plain = [[cell.replace(",", "").replace('"', "") for cell in row] for row in clean]
    plain[at][column] = '"' + plain[at][column]
    plain[at + 1][column] += '"'
    return "".join(",".join(row) + "\n" for row in plain)


def _of_file(*, all_quoted: bool) -> Iterator[tuple[str, str]]:
    clean = written([LABELS, *ROWS], all_quoted=all_quoted)
    empty = [""] * (len(LABELS) - 1)
    for lines in (1, 3):
        for name, cells in (("alone", ["PREAMBLE"]), ("delimited", ["PREAMBLE", *empty])):
            note = written([cells] * lines, all_quoted=all_quoted)
            foot = note.replace("PREAMBLE", "FOOTNOTE")
            yield f"preamble, {name}", note + clean
            yield f"preamble and an empty row, {name}", note + "\n" + clean
            yield f"footnote, {name}", clean + foot
            yield f"footnote and an empty row, {name}", clean + "\n" + foot
            yield (
                f"footnote and a row of delimiters, {name}",
                clean + written([["", *empty]], all_quoted=all_quoted) + foot,
            )
    head, body = written([LABELS], all_quoted=all_quoted), written(ROWS, all_quoted=all_quoted)
    for at, label in enumerate(LABELS):
        second = written([[label if place == at else "" for place in range(len(LABELS))]], all_quoted=all_quoted)
        yield "a second header row of one label", head + second + body
        yield "a first header row of one label", second + head + body
        yield "a label less", written([[*LABELS[:at], "", *LABELS[at + 1 :]]], all_quoted=all_quoted) + body
        yield "another label", written([[*LABELS[:at], "HEAD/%R", *LABELS[at + 1 :]]], all_quoted=all_quoted) + body
    yield "the header twice", head + head + body
    yield "no header", body
    for width in (3, 5, 8):
        table = written(
            [[f"c{n}" for n in range(width)], *([f"{n}" for n in range(width)] for _ in range(3))],
            all_quoted=all_quoted,
        )
        yield "a second table and an empty row", clean + "\n" + table
        if width != len(LABELS):
            yield "a second table", clean + table
    yield from _below(clean, all_quoted=all_quoted)
    yield "the table twice", clean + clean
    yield (
        "the table twice in another order",
        clean + written([[*row[1:], row[0]] for row in [LABELS, *ROWS]], all_quoted=all_quoted),
    )
    for end in ("\r", "\r\n", "\n\r", "\r\r\n"):
        yield "other line ends", written([LABELS, *ROWS], all_quoted=all_quoted, end=end)
    for delimiter in (";", "\t", "|", " ", ":"):
        yield "other delimiters", written([LABELS, *ROWS], all_quoted=all_quoted, delimiter=delimiter)
    yield "delimiters with a space", clean.replace(",", ", ") if all_quoted else clean
    yield "other quotes", written([LABELS, *ROWS], all_quoted=True, quotechar="'")
    yield (
        "a row of numbers",
        written([["", *LABELS], *([str(n), *row] for n, row in enumerate(ROWS))], all_quoted=all_quoted),
    )
    yield "a line for spreadsheets", "sep=,\n" + clean
    yield "a conflict", clean + "<<<<<<< HEAD\nb1,,,,\n=======\nb1,,,,x\n>>>>>>> b\n"


OTHERS: dict[str, Rows] = {
    "with dates and numbers": [
        ["Land", "Jahr", "Ware", "Menge", "Wer"],
        ["DE", "2019", "Rods", "3", "Flo"],
        ["FR", "2018", "Vest", "12", "Gus"],
        ["IT", "2017", "Pins", "8", "Hal"],
    ],
    "of texts": [
        ["Land", "Hauptstadt", "Sprache", "Kontinent", "Wer"],
        ["DE", "Berlin", "Deutsch", "Europa", "Flo"],
        ["FR", "Paris", "Französisch", "Europa", "Gus"],
        ["JP", "Tokio", "Japanisch", "Asien", "Hal"],
    ],
    "padded": [
        ["Land", "Hauptstadt", "", "", ""],
        ["DE", "Berlin", "", "", ""],
        ["FR", "Paris", "", "", ""],
        ["JP", "Tokio", "", "", ""],
    ],
    "padded at both sides": [
        ["", "Land", "Hauptstadt", "", ""],
        ["", "DE", "Berlin", "", ""],
        ["", "FR", "Paris", "", ""],
    ],
    "with years for labels": [
        ["Land", "2017", "2018", "2019", ""],
        ["DE", "5.1", "6.5", "7", ""],
        ["FR", "8", "1", "12.5", ""],
    ],
}
BEFORE_YEARS = ("one empty row", "three empty rows", "a row of delimiters", "a title and an empty row")
LINES = {
    "units": ["", "date", "", "pieces", ""],
    "one unit": ["", "", "", "(pieces)", ""],
    "labels": ["Key", "Date", "Article", "Number", "Made by"],
    "types": ["text", "date", "text", "integer", "text"],
}
TOTALS = [["Total", "", "", "23", ""], ["Grand total:", "", "", "23", "all"], ["", "TOTAL", "", "23", ""]]
NOTES = ["Source: own count", "Note: of the day", "* Notes: as of May"]


def _below(clean: str, *, all_quoted: bool) -> Iterator[tuple[str, str]]:
    """Put something of the table's width below it, beside it, or below its header."""
    empty = [""] * len(LABELS)
    parts = {
        "nothing": "",
        "one empty row": "\n",
        "three empty rows": "\n\n\n",
        "a row of delimiters": written([empty], all_quoted=all_quoted),
        "a title": written([["Table 2: more", *empty[1:]]], all_quoted=all_quoted),
        "a title and an empty row": "\n" + written([["More of it", *empty[1:]]], all_quoted=all_quoted) + "\n",
    }
    for other, rows in OTHERS.items():
        table = written(rows, all_quoted=all_quoted)
        for between, text in parts.items():
            if other != "with years for labels" or between in BEFORE_YEARS:
                yield f"a second table {other} behind {between}", clean + text + table
                yield f"two more tables {other} behind {between}", clean + text + table + text + table
    head, body = written([LABELS], all_quoted=all_quoted), written(ROWS, all_quoted=all_quoted)
    for line, cells in LINES.items():
        yield f"a second line of the header with {line}", head + written([cells], all_quoted=all_quoted) + body
    lines = written([LINES["units"], LINES["types"]], all_quoted=all_quoted)
    yield "two more lines of the header", head + lines + body
    for cells in TOTALS:
        yield "a row of totals", clean + written([cells], all_quoted=all_quoted)
        yield "a row of totals and an empty row", clean + "\n" + written([cells], all_quoted=all_quoted)
    for note in NOTES:
        yield "a note that says so", clean + written([[note, *empty[1:]]], all_quoted=all_quoted)
    again = [f" {label.upper()} " for label in LABELS]
    half = len(ROWS) // 2
    page = written([*ROWS[:half], again, *ROWS[half:]], all_quoted=all_quoted)
    yield "the header again in other letters", head + page
    for gap in (1, 2):
        beside = [[*row, *[""] * gap, *more] for row, more in zip([LABELS, *ROWS[:3]], OTHERS["of texts"], strict=True)]
        yield "a table beside it", written(beside, all_quoted=all_quoted)


def put(folder: Path, text: str) -> Resource:
    """Write a package of the one table."""
    schema = {"fields": [{"name": name, "type": "string"} for name in LABELS]}
    resource = {"name": "t", "path": "t.csv", "schema": schema}
    profile = "https://datapackage.org/profiles/2.0/datapackage.json"
    (folder / "datapackage.json").write_text(json.dumps({"$schema": profile, "name": "p", "resources": [resource]}))
    (folder / "t.csv").write_bytes(text.encode())
    return Resource(
        name="t", path="t.csv", file=folder / "t.csv", table=Table.from_descriptor("t", schema), descriptor=resource
    )


def was_read(resource: Resource) -> list[list[str]] | None:
    """Give the rows as they are read; none if the file cannot be read to its end."""
    try:
        with Records(resource) as records:
            return [row for _, rows in records.chunks() for row in rows]
    except UnreadableFile:
        return None


def is_silent_misread(folder: Path, polluted: Polluted) -> bool:
    """Return whether a file is read as other rows than it should, and nothing is found."""
    resource = put(folder, polluted.text)
    return not list(validate(folder)) and was_read(resource) != polluted.rows

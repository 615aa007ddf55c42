"""A workbook with the oddities of spreadsheets, saved by LibreOffice in both forms.

`python tests/support/odd_workbook.py` writes tests/cases/opendocument again; it needs LibreOffice.
"""

import datetime as dt
import tempfile
from pathlib import Path

import openpyxl
from office import saved_by_libreoffice

FOLDER = Path(__file__).resolve().parent.parent / "cases" / "opendocument"
HEADER = ["event_id", "held", "country", "kind", "open", "guests", "note"]
ROWS = [
    ["ev-1", dt.date(2023, 5, 26), "KOR", "talks", True, 12, " a  b "],
    ["ev-2", dt.date(2023, 5, 1), "KOR", "talks", False, 0.4, "shown as a month and as percent"],
    ["ev-3", dt.date(2023, 5, 27), "NA", "visit", True, 2500, "hidden row; shown in thousands"],
    ["ev-4", dt.date(2023, 5, 28), 101, "talks", True, -5, "a number for a code"],
    ["ev-5", dt.date(2023, 5, 29), "CHN", "talks", True, "=1/0", "an error"],
    ["ev-6", dt.date(2023, 5, 30), "CHN", "talks", True, "=6*7", 5],
    ["ev-7", dt.date(2023, 5, 31), "CHN", "merged", None, 12345678901234567, dt.date(2023, 6, 1)],
    [None, None, None, None, None, None, None],
    ["ev-8", "2023-06", "0101", "tälks ☕", True, 7, "line\nend & <mark>"],
    ["ev-9", dt.datetime(2023, 6, 1, 14, 30), "CHN", "talks", True, 7, dt.time(12, 30)],  # noqa: DTZ001 (no zones there)
    ["ev-10", dt.date(2023, 6, 2), "CHN", "talks", True, 7, dt.timedelta(hours=30)],
]
FORMATS = {
    "B3": "mmm yyyy",
    "F3": "0%",
    "F4": '0.0,"k"',
    "F5": "#,##0;[Red]-#,##0",
    "C10": "@",
    "F10": "0000",
    "B11": "yyyy-mm-dd hh:mm",
    "G11": "hh:mm",
    "G12": "[hh]:mm:ss",
    "F12": ";;;",
}


def make(file: Path) -> None:
    """Write the workbook with openpyxl; LibreOffice computes its formulas."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "events"
    for row in [HEADER, *ROWS]:
        sheet.append(row)
    for at, code in FORMATS.items():
        sheet[at].number_format = code
    sheet.merge_cells("D8:E8")
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["G"].hidden = True
    hidden = book.create_sheet("countries")
    hidden.sheet_state = "hidden"
    for row in [["code", "label"], ["NA", "Namibia"], ["0101", "zeros"]]:
        hidden.append(row)
    book.create_sheet("notes").append(["nothing that is read"])
    book.create_sheet("empty")
    book.save(file)


def save_in(folder: Path) -> tuple[Path, Path]:
    """Write the workbook as .xlsx and .ods, both as LibreOffice saves them."""
    with tempfile.TemporaryDirectory() as aside:
        made = Path(aside) / "odd.xlsx"
        make(made)
        saved = [saved_by_libreoffice(made, form, Path(aside) / form) for form in ("xlsx", "ods")]
        return tuple((folder / file.name, (folder / file.name).write_bytes(file.read_bytes()))[0] for file in saved)


if __name__ == "__main__":
    save_in(FOLDER)

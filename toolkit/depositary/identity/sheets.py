"""Write pairs as a page or as a worksheet."""

from pathlib import Path

from depositary.errors import UsageError
from depositary.identity.page import pairs_page
from depositary.identity.suggest import Matching
from depositary.identity.worksheet import earlier, worksheet_of
from depositary.merging.conflicts.worksheet_files import to_worksheet_csv, to_worksheet_excel
from depositary.model.package import Package
from depositary.model.suggestion_format import ReviewFormat
from depositary.write.atomic import write_bytes, write_text

_MARK = "\ufeff"  # spreadsheets need it to read a file as UTF-8


def write_pairs(matching: Matching, package: Package, form: ReviewFormat, file: Path) -> None:
    """Write pairs to a file; what is filled in on an existing worksheet is kept.

    Raises:
        UsageError: pairs in this form are asked about in a terminal.
        DepositaryError: the existing worksheet cannot be read, or the file cannot be written.
    """
    if form is ReviewFormat.HTML:
        write_text(file, pairs_page(matching, f"{package.name} {package.version}".strip()))
    elif form is ReviewFormat.XLSX:
        write_bytes(file, to_worksheet_excel(worksheet_of(matching, earlier(file))))
    elif form is ReviewFormat.CSV:
        write_text(file, _MARK + to_worksheet_csv(worksheet_of(matching, earlier(file))))
    else:
        raise UsageError("text is asked about in a terminal: choose html, csv or xlsx.")

"""Find cells of a worksheet that show another value than is read, or have another kind than their column.

A number in a column of texts has lost its zeros; a percent cell is read as a hundredth of the shown value; Excel has
cut the end of a long number. Each is reported once for each column, with the number of cells and the first of them.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal

from depositary.check.lanes.worksheets import FEW, CheckedSheet, SheetColumn, addresses
from depositary.check.reading.columns import key_chunks
from depositary.check.reading.patterns import GaveUp, matcher
from depositary.model.target import Input
from depositary.read.files.number_format import NumberFormat
from depositary.read.files.survey import LONG
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import SheetCell
from depositary.wording.plain import number

_MOST_TEXTS = 10_000  # texts of a column for which suggestions are looked up
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?")
_YEARS = range(1_000, 10_000)
_KEPT = 12  # with so many digits before the zeros at its end, a long number was probably not written with these zeros
_OTHERWISE, _PART, _LONG, _UNSEEN, _NO_DAY, _OTHER_DAY = "otherwise", "part", "long", "unseen", "no day", "other day"
_LEAP_DAY = 60  # Excel's number of 1900-02-29, a day that only Excel has


@dataclass
class _Noted:
    """Cells of a column with one oddity: their number, the first of them, and the first of each text."""

    count: int = 0
    first: list[SheetCell] = field(default_factory=list)
    texts: dict[str, SheetCell] = field(default_factory=dict)

    def add(self, cell: SheetCell, text: str) -> None:
        self.count += 1
        if len(self.first) < FEW:
            self.first.append(cell)
        if len(self.texts) < _MOST_TEXTS:
            self.texts.setdefault(text, cell)


def report_shown(sheet: CheckedSheet) -> None:
    """Report the cells of each column whose value is not the shown one, or does not have the kind of the column.

    Raises:
        UnreadableFile: the workbook is broken.
    """
    odd = _Odd(sheet)
    wanted = {at for at, stated, style in sheet.worksheet.survey.kinds if odd.may_be(at, stated, style)}
    noted: dict[tuple[int, str], _Noted] = {}
    for cell in sheet.worksheet.cells(wanted) if wanted else ():
        text = sheet.worksheet.written(cell)
        for oddity in odd.of(sheet.columns[cell.column], cell, text):
            noted.setdefault((cell.column, oddity), _Noted()).add(cell, text)
    words = _Words(sheet)
    for at, oddity in sorted(noted):
        words.report(sheet.columns[at], oddity, noted[at, oddity])


class _Odd:
    """Finds odd cells and their oddity."""

    def __init__(self, sheet: CheckedSheet) -> None:
        self._columns, self._worksheet = sheet.columns, sheet.worksheet
        self._mapping = sheet.file_findings.entry.resource.mapping

    def may_be(self, at: int, stated: str, style: str) -> bool:
        """Return whether the cells with a column, type and style must be checked one by one."""
        column = self._columns.get(at)
        kind, form = self._worksheet.kind(stated, style), self._worksheet.format(style)
        if column is None or kind == "error":
            return False
        if kind == "text":
            return form.hides_text
        if not column.takes.numbers:
            return True
        if kind == "date":
            return bool(form.lacks) or _hides_times(column, form) or at in self._worksheet.survey.low
        return not form.is_plain or at in self._worksheet.survey.long

    def of(self, column: SheetColumn, cell: SheetCell, text: str) -> Iterator[str]:
        """Name the oddities of a cell."""
        if cell.kind == "text":
            if cell.format.hides_text:
                yield _UNSEEN
        elif cell.kind == "number":
            if (value := Decimal(text)).is_finite():
                yield from self._of_number(column, value, cell.format)
        elif early := self._early(cell):
            yield early
        elif cell.kind == "date" and cell.format.lacks and not _takes_days(column):
            yield "date"
        elif cell.kind == "date" and (cell.format.lacks or ("T" in text and _hides_times(column, cell.format))):
            yield _PART
        elif not _takes_days(column) and cell.kind in ("date", "boolean"):
            yield cell.kind

    def _early(self, cell: SheetCell) -> str:
        """Name the oddity of a date in the first two months of 1900."""
        days = self._worksheet.days_from_1900(cell)
        if not 1 <= days < _LEAP_DAY + 1:
            return ""
        return _NO_DAY if days >= _LEAP_DAY else _OTHER_DAY

    def _of_number(self, column: SheetColumn, value: Decimal, form: NumberFormat) -> Iterator[str]:
        is_text, is_whole = not column.takes.numbers, column.takes.is_whole
        otherwise = form.differs(value) or ((is_text or is_whole) and form.pads(value))
        is_exact = is_text or (is_whole and len(f"{value:f}".rstrip("0")) > _KEPT)
        if is_exact and abs(value) >= LONG:
            yield _LONG
        elif otherwise and not form.shown(value):
            yield _UNSEEN
        elif is_text and not self._is_meant(column, value, otherwise=otherwise):
            yield "number"
        elif otherwise and not is_text:
            yield _OTHERWISE

    def _is_meant(self, column: SheetColumn, value: Decimal, *, otherwise: bool) -> bool:
        """Return whether a number is valid as a text: a year of EDTF, or an id or value of a mapped file."""
        mapping = self._mapping
        if mapping and (f"{value:f}" in mapping.values.get(column.name, {}) or column.name in mapping.translated):
            return True
        is_local = mapping is not None and column.name in mapping.local
        is_year = column.field is not None and column.field.is_edtf and value in _YEARS
        return (is_local or is_year) and not otherwise


def _hides_times(column: SheetColumn, form: NumberFormat) -> bool:
    return column.takes.times and not form.shows_time


def _takes_days(column: SheetColumn) -> bool:
    return column.takes.numbers or (column.field is not None and column.field.is_edtf)


def _is_other(form: NumberFormat, value: Decimal) -> bool:
    return form.differs(value) or form.pads(value)


def _have_the_form(column: SheetColumn, noted: _Noted) -> bool:
    """Return whether numbers are shown unchanged and have the form that a column requires, such as that of a year."""
    pattern = column.field.constraints.get("pattern") if column.field else None
    if not pattern or any(_is_other(cell.format, Decimal(text)) for text, cell in noted.texts.items()):
        return False
    try:
        return all(map(matcher(pattern), noted.texts))
    except (GaveUp, re.error):  # the check of the cells reports this
        return False


class _Words:
    """Reports odd cells."""

    def __init__(self, sheet: CheckedSheet) -> None:
        self._sheet, self._worksheet = sheet, sheet.worksheet
        self._entry, self._parents = sheet.file_findings.entry, sheet.file_findings.parents

    def report(self, column: SheetColumn, oddity: str, noted: _Noted) -> None:
        """Report the cells of a column with one oddity."""
        one = noted.count == 1
        if oddity == _OTHERWISE:
            are = "is" if one else "are"
            message = f"{number(noted.count, 'number')} {are} shown with another value than is read: "
            self._tell("shown-otherwise", message + self._examples(noted.first), "", column, noted)
        elif oddity == _PART:
            message = f"{number(noted.count, 'date')} shown only in part, but read in full: "
            hint = "show the whole date and check it; if a part of it is not known, write the known part as text"
            self._tell("shown-otherwise", message + self._examples(noted.first), hint, column, noted)
        elif oddity == _NO_DAY:
            message = (
                f"{number(noted.count, 'date')} shown as 1900-02-29, a day that did not exist, and read as the day "
                "before"
            )
            self._tell("shown-otherwise", message, "write the right day as text, YYYY-MM-DD", column, noted)
        elif oddity == _OTHER_DAY:
            message = (
                f"{number(noted.count, 'date')} before March 1900, read as Excel shows it; other programs show the day "
                "before: "
            )
            hint = "check the date, and write it as text, YYYY-MM-DD"
            self._tell("shown-otherwise", message + self._examples(noted.first), hint, column, noted)
        elif oddity == _LONG:
            message = f"{number(noted.count, 'number')} with more than 15 digits, but a spreadsheet keeps only 15: "
            self._tell("cut-digits", message + self._examples(noted.first), "", column, noted)
        elif oddity == _UNSEEN:
            message = f"{number(noted.count, 'cell')} with a format that hides the value, but it is read"
            self._tell("hidden-cells", message, "", column, noted)
        else:
            self._report_kind(column, oddity, noted)

    def _report_kind(self, column: SheetColumn, kind: str, noted: _Noted) -> None:
        """Report cells that are not texts in a column of texts; cells with a suggestion come first."""
        meant = self._meant(column, noted) if kind == "number" else {}
        if kind == "number" and not meant and _have_the_form(column, noted):
            return
        first = [noted.texts[text] for text in meant][:FEW]
        first += [cell for cell in noted.first if cell.address not in {c.address for c in first}][: FEW - len(first)]
        what = {"number": "number", "date": "date", "boolean": "logical value"}[kind]
        message = f"{number(noted.count, what)} in a column of texts: {self._examples(first)}"
        known = list(dict.fromkeys(text for texts in meant.values() for text in texts))[:FEW]
        hint = f"did you mean {' or '.join(known)}? Format the column as text, and write it again" if known else ""
        self._tell("cell-kind", message, hint, column, _Noted(noted.count, first))

    def _tell(self, code: str, message: str, hint: str, column: SheetColumn, noted: _Noted) -> None:
        where = addresses([cell.address for cell in noted.first], noted.count)
        self._sheet.tell(code, where, message, hint, row=noted.first[0].row, name=column.name)

    def _examples(self, cells: Sequence[SheetCell]) -> str:
        return ", ".join(map(self._example, cells))

    def _example(self, cell: SheetCell) -> str:
        """Write the value of a cell, and the shown value if it differs."""
        text, seen = self._worksheet.written(cell), ""
        if cell.kind == "number":
            value = Decimal(text)
            seen = cell.format.shown(value) if _is_other(cell.format, value) else ""
        elif (
            cell.kind == "date" and not cell.format.shows_time and isinstance(day := self._worksheet.day(cell), dt.date)
        ):
            seen = cell.format.shown_day(day)
        return f"{text} (shown as {seen})" if seen and seen != text else text

    # Suggestions

    def _meant(self, column: SheetColumn, noted: _Noted) -> Mapping[str, list[str]]:
        """Give, for numbers that are not known texts, the known texts with the same number or with the shown text."""
        wanted = {Decimal(text): text for text in noted.texts}
        known: dict[str, set[str]] = {}
        for text in self._known(column):
            number = Decimal(text) if _NUMBER.fullmatch(text) else None
            if number in wanted:
                known.setdefault(wanted[number], set()).add(text)
        meant: dict[str, list[str]] = {}
        for text, cell in noted.texts.items():
            padded = [cell.format.shown(Decimal(text))] if cell.format.pads(Decimal(text)) else []
            texts = padded or sorted(known.get(text, ()))
            if texts and text not in known.get(text, ()):
                meant[text] = texts
        return meant

    def _known(self, column: SheetColumn) -> Iterator[str]:
        """Give the values that a column may have, and its published values."""
        if column.field is None:
            return
        yield from map(str, column.field.constraints.get("enum") or ())
        yield from column.field.categories
        keys = [key for key in self._entry.resource.table.foreign_keys if key.fields == (column.name,)]
        parents = [(self._parents.base(key.table), key.parent_fields) for key in keys]
        own = Input(self._entry.base, cache=self._entry.cache) if self._entry.base else None
        for base, fields in (*parents, (own, (column.name,))):
            with suppress(UnreadableFile):  # another finding reports this, or nothing is published
                for values in key_chunks(base, fields) if base else ():
                    yield from {str(value) for (value,) in values if value is not None}

"""Oddities: valid cells that are probably errors, such as NaN as a text, a header among the rows, footnotes.

Both lanes look for them in the distinct cells of their columns and pass them on, chunk by chunk or block by block; they
are reported after all rows were read.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from depositary.check.lanes.below import Below, RaggedRow, blank_row, ragged
from depositary.check.lanes.edges import EDGE, lines_of_header, notes, totals
from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.key_rows import compared_keys
from depositary.check.lanes.odd_texts import UNSEEN, OddTexts, described, odd_texts
from depositary.check.lanes.reference_forms import ReferenceForms, Referring, first_in
from depositary.check.lanes.stacked import Labels, Suspects, kinds, look, note, numbered, settled
from depositary.check.reading.cells import Column
from depositary.check.reading.numerals import Met, Noted, noted_in, numerals_of
from depositary.model.finding import Level
from depositary.model.package import Mode
from depositary.model.table import Field, kind_of
from depositary.read.files.records import Records
from depositary.wording.cells import kind, shown_with_spaces
from depositary.wording.likeness import may_fold
from depositary.wording.plain import shown

# Texts that programs write for a missing value.
NULLS = frozenset(
    [
        *("nan", "NaN", "NAN", "-nan", "-NaN", "NaT", "NULL", "null", "Null", "(null)", "None", "NA", "N/A", "n/a"),
        *("<NA>", "#N/A", "#N/A N/A", "#NA", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!"),
        *("#CALC!", "#NV", "#BEZUG!", "#WERT!", "#N/D", "#VALEUR!", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
        "undefined",
    ]
)
_CODES = frozenset(("NA",))  # these are also codes: NA is Namibia
MARKS = ("'", "\u2018", "\u201c", "\u201e", "\u00ab", "`")  # opening quotes of other kinds
_CLOSING = ("'", "\u2019", "\u201d", "\u201c", "\u00bb", "`")
OTHER_QUOTES = {  # the closing quotes by the opening quote
    "'": "'",
    "\u2018": "\u2019\u2018",
    "\u201a": "\u2018\u2019",
    "\u201c": "\u201d\u201c",
    "\u201d": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u00ab": "\u00bb",
    "\u00bb": "\u00ab",
    "\u2039": "\u203a",
    "\u203a": "\u2039",
    "`": "`'\u00b4",
    "\u00b4": "\u00b4",
}
SPLIT = 4  # the most cells of one text in such quotes, so that two distant quotes do not count as a pair
_BREAK = re.compile(r"\r\n|\r|\n")
_SPACES = ("", " ", "  ")  # spaces that may be beside a label
_DIGIT = re.compile(r"\d")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\D\d{3})+(?:\D\d+)?")  # 1,234,567
_MADE_UP_FOR = 2  # delimiters
_SINGLE = 20  # cells with one delimiter that a blank cell may make up for; more are lists
_OTHERS = 3  # rows beside them
_TOLD_APART = 3  # columns; rows of such a table have more delimiters than a line of an address


@dataclass
class Odd:
    """The oddities in some rows, by the indexes of the rows.

    `nulls` has column, text, count and first index; `split` has index and cells; `swallowing` and `padded` have index,
    column and cell; `filled` and `listing` have column and the number of cells with a text, and with a delimiter in it;
    `numerals` has column and forms of numbers; `ragged` has rows with another width than the table, and blank rows;
    `references` has column, the number of references to a key in another form, and the first ones; `odd_keys` is true
    if a key may look like another; `stacked` has rows that may be a second header; `texts` has column, kind, number of
    odd texts, index and text of the first.
    """

    nulls: list[tuple[int, str, int, int]] = field(default_factory=list)
    headers: list[int] = field(default_factory=list)
    enclosed: list[int] = field(default_factory=list)
    split: list[tuple[int, str]] = field(default_factory=list)
    swallowing: list[tuple[int, int, str]] = field(default_factory=list)
    padded: list[tuple[int, int, str]] = field(default_factory=list)
    filled: list[tuple[int, int]] = field(default_factory=list)
    listing: list[tuple[int, int]] = field(default_factory=list)
    numerals: list[tuple[int, Noted]] = field(default_factory=list)
    ragged: list[RaggedRow] = field(default_factory=list)
    references: list[tuple[int, int, Sequence[tuple[int, str]]]] = field(default_factory=list)
    odd_keys: bool = False
    stacked: Suspects = field(default_factory=Suspects)
    texts: list[tuple[int, str, int, int, str]] = field(default_factory=list)


class Oddities:
    """The oddities of one file so far."""

    def __init__(
        self,
        columns: Sequence[Column],
        records: Records,
        file_findings: FileFindings,
        references: Mapping[int, ReferenceForms] = MappingProxyType({}),
    ) -> None:
        self._columns, self._file_findings, self._records = columns, file_findings, records
        self.references = references  # by the indexes of their columns
        self.labels = frozenset(label for label in records.labels if label)
        self._variants = [_variants(label) for label in records.labels] if len(records.labels) > 1 else []
        self.watched = NULLS.union(self.labels, *self._variants)
        self.delimiter = records.delimiter
        self.width = len(columns)
        self.of_values = kinds(records.first_rows, self.width)
        known = (
            (at, numerals_of(file_findings.entry.resource.table, column.name)) for at, column in enumerate(columns)
        )
        self.numerals = {at: numerals for at, numerals in known if numerals}
        keyed = {name for key in compared_keys(file_findings.entry.resource.table) for name in key}
        self.of_texts = [at for at, column in enumerate(columns) if _holds_texts(file_findings, column.name)]
        self.keyed = [at for at, column in enumerate(columns) if column.name in keyed]
        self.clear()
        for column in columns:
            column.watched = self.watched

    def clear(self) -> None:
        """Remove everything, to begin again."""
        self._nulls: Counter[tuple[int, str]] = Counter()
        self._first: dict[tuple[int, str], int] = {}
        self._headers: list[int] = []
        self._enclosed: list[int] = []
        self._split: list[tuple[int, str]] = []
        self._swallowing: list[tuple[int, int, str]] = []
        self._padded: list[tuple[int, int, str]] = []
        self._filled: Counter[int] = Counter()
        self._listing: Counter[int] = Counter()
        self._padded_in: Counter[int] = Counter()
        self.odd_keys = False
        self._rows = self._singles = 0
        self._met = {at: Met() for at in self.numerals}
        self._referring = {at: Referring() for at in self.references}
        self._below = Below()
        self._stacked = Suspects()
        self._texts: dict[tuple[int, str], OddTexts] = {}
        self._head: list[tuple[int, Sequence[str]]] = []
        self._tail: list[tuple[int, Sequence[str]]] = []

    def watch(self) -> None:
        """Make the columns look for texts and forms of numbers while they read cells, for the exact lane."""
        for column in self._columns:
            column.begin_again()  # the fast lane may have read cells before it gave the file up
        for at, numerals in self.numerals.items():
            self._columns[at].look_for(numerals)

    # Find oddities in rows

    @property
    def labels_of_header(self) -> int:
        """Give the number of labels in a row that repeats the header."""
        return max(min(2, self.width), (self.width + 1) // 2)

    def is_label(self, at: int, text: str) -> bool:
        """Return whether a text is a label, or that of its column apart from case and spaces."""
        return text in self.labels or (at < len(self._variants) and text in self._variants[at])

    def is_swallowing(self, at: int, cell: str) -> bool:
        """Return whether a cell with line breaks has the rest of a row, whole rows, and the beginning of another."""
        lines = _BREAK.split(cell)
        if len(lines) == 1 or self.width == 1 or self.delimiter + " " in cell:
            return False
        first, *whole, last = lines
        wanted = [self.width - 1 - at, *[self.width - 1] * len(whole), at]
        counts = [line.count(self.delimiter) for line in lines]
        return counts == wanted or self._has_rows(first, list(filter(None, whole)), last, at)

    def _has_rows(self, first: str, whole: Sequence[str], last: str, at: int) -> bool:
        """Return whether the lines within a cell are whole rows; those at its ends may be shorter than rows are."""
        if self.width < _TOLD_APART or not whole or first.count(self.delimiter) >= self.width - at:
            return False
        if {line.count(self.delimiter) for line in whole} != {self.width - 1}:
            return False
        rest = last.count(self.delimiter)
        numbered = all(_DIGIT.search(line.split(self.delimiter)[0]) for line in (whole[-1], last))
        return rest < self.width and (rest > 0 or len(whole) > 1 or numbered)  # an address may have one such line

    def chunk(
        self,
        numbers: Sequence[int],
        rows: Sequence[list[str]],
        cells: Sequence[Sequence[str | None]],
        blank: Collection[int],
    ) -> None:
        """Find oddities in the next rows, whose cells were read before; for the exact lane."""
        odd = Odd()
        hits: Counter[int] = Counter()
        for at, (column, values) in enumerate(zip(self._columns, cells, strict=True)):
            if column.forms:
                odd.numerals += ((at, noted) for noted in noted_in(values, column.forms))
            for text in sorted(column.met):
                indexes = [i for i, value in enumerate(values) if value == text]
                if indexes and text in NULLS:
                    odd.nulls.append((at, text, len(indexes), indexes[0]))
                if self.is_label(at, text):
                    hits.update(indexes)
        odd.headers = sorted(i for i, count in hits.items() if count >= self.labels_of_header)
        odd.ragged = [*self.ragged(enumerate(rows), blank), *map(blank_row, blank)]
        odd.stacked = note(cells, self.of_values, {row.index for row in odd.ragged})
        if self._may_be_enclosed(cells[0] if cells else ()):
            odd.enclosed = [i for i, row in enumerate(rows) if is_enclosed(row)]
        if any(map(self._may_be_enclosed, cells)) or odd.ragged:
            odd.split = [*self.split(enumerate(rows))]
        if self._records.has_quotes:
            odd.swallowing = self._swallowing_in(rows, cells)
        for at, forms in self.references.items():
            found = forms.otherwise(cells[at], self._columns[at].value)
            odd.references += [(at, *first_in(cells[at], found))] if found else []
        odd.odd_keys = self.odd_keys or any(may_fold(cells[at]) for at in self.keyed)
        odd.texts = [(at, *found) for at in self.of_texts for found in odd_texts(cells[at])]
        self._count(odd, rows, cells)
        self.take(numbers, odd)
        self.edges(zip(numbers[:EDGE], rows[:EDGE], strict=True), zip(numbers[-EDGE:], rows[-EDGE:], strict=True))

    def ragged(self, rows: Iterable[tuple[int, Sequence[str]]], blank: Collection[int]) -> list[RaggedRow]:
        """Note the rows with another width than the table that are not blank."""
        return [ragged(index, row) for index, row in rows if len(row) != self.width and index not in blank]

    def split(self, rows: Iterable[tuple[int, Sequence[str | None]]]) -> Iterator[tuple[int, str]]:
        """Note the rows in which cells are in quotes that are not CSV quotes, with a delimiter between them."""
        for index, row in rows:
            cells = split_cells(row)
            if cells:
                yield index, self.delimiter.join(cells)

    def _may_be_enclosed(self, cells: Iterable[str | None]) -> bool:
        text = "\n".join(["", *filter(None, cells)])
        return any(before + mark in text for mark in OTHER_QUOTES for before in ("\n", " "))

    def _swallowing_in(
        self, rows: Sequence[list[str]], cells: Sequence[Sequence[str | None]]
    ) -> list[tuple[int, int, str]]:
        found = []
        for at, values in enumerate(cells):
            text = "".join(filter(None, values))
            if "\n" not in text and "\r" not in text:
                continue
            for i, cell in enumerate(values):
                if cell and len(rows[i]) == self.width and self.is_swallowing(at, cell):
                    found.append((i, at, cell))
        return sorted(found)

    def _count(self, odd: Odd, rows: Sequence[list[str]], cells: Sequence[Sequence[str | None]]) -> None:
        """Count the cells with a text, and those with a delimiter in it; note those that only blank cells follow."""
        for at, values in enumerate(cells):
            odd.filled.append((at, sum(map(bool, values))))
            if self.delimiter not in "".join(filter(None, values)):
                continue
            indexes = [i for i, cell in enumerate(values) if cell and self.delimiter in cell]
            odd.listing.append((at, len(indexes)))
            for i in indexes if at < self.width - 1 else ():
                if len(rows[i]) == self.width and self.may_be_padded(at, rows[i][at]) and not any(rows[i][at + 1 :]):
                    odd.padded.append((i, at, rows[i][at]))

    def may_be_padded(self, at: int, cell: str) -> bool:
        """Return whether blank cells at the end of a row could balance the delimiters in its last filled cell."""
        count = cell.count(self.delimiter)
        if not 1 <= count < self.width - at or (count < _MADE_UP_FOR and at < self.width - 2):
            return False
        is_text = self.delimiter + " " in cell or _GROUPED.fullmatch(cell) or _BREAK.search(cell)
        return not is_text

    def take(self, numbers: Sequence[int], odd: Odd) -> None:
        """Add the oddities of the next rows."""
        for at, text, count, index in odd.nulls:
            self._nulls[at, text] += count
            self._first[at, text] = min(self._first.get((at, text), numbers[index]), numbers[index])
        for at, kind_of_odd, count, index, text in odd.texts:
            self._texts.setdefault((at, kind_of_odd), OddTexts()).take(count, numbers[index], text)
        for at in {at for at, _ in odd.numerals}:
            self._met[at].take((noted for index, noted in odd.numerals if index == at), numbers)
        self._below.take(odd.ragged, numbers)
        self.odd_keys |= odd.odd_keys
        for at in {at for at, _, _ in odd.references}:
            parts = [(count, first) for index, count, first in odd.references if index == at]
            # Rows of other widths come after all others of their block.
            first = sorted(one for _, found in parts for one in found)
            count = sum(count for count, _ in parts)
            self._referring[at].take(count, ((numbers[index], text) for index, text in first))
        self._stacked.add(odd.stacked, numbers)
        self._headers += (numbers[index] for index in odd.headers)
        self._enclosed += (numbers[index] for index in odd.enclosed)
        self._rows += len(numbers)
        self._filled.update(_counts(odd.filled))
        self._listing.update(_counts(odd.listing))
        self._padded_in.update(at for _, at, _ in odd.padded)
        for index, at, cell in sorted(odd.padded):
            is_single = cell.count(self.delimiter) < _MADE_UP_FOR
            self._singles += is_single
            if not is_single or self._singles <= _SINGLE:
                self._padded.append((numbers[index], at, cell))
        self._split += ((numbers[index], cells) for index, cells in odd.split)
        self._swallowing += ((numbers[index], at, cell) for index, at, cell in odd.swallowing)

    def edges(self, head: Iterable[tuple[int, list[str]]], tail: Iterable[tuple[int, list[str]]]) -> None:
        """Store the first rows and the last rows."""
        self._head = [*self._head, *(head if len(self._head) < EDGE else ())][:EDGE]
        self._tail = [*self._tail, *tail][-EDGE:]

    # Report oddities

    def swallowing(self) -> set[tuple[int, int]]:
        """Give row and column, from 1, of the cells that seem to contain whole rows or other cells."""
        padded = filter(self._is_made_up_for, self._padded)
        return {(row, at + 1) for row, at, _ in (*self._swallowing, *padded)}

    def report(self, known: Collection[tuple[int, int]] = ()) -> None:
        """Report the oddities of all rows, except cells that are reported already for containing others."""
        self._swallowing = [one for one in self._swallowing if (one[0], one[1] + 1) not in known]
        self._padded = [one for one in self._padded if (one[0], one[1] + 1) not in known]
        for at, column in enumerate(self._columns):
            self._report_column(at, column)
        below = self._tables_of_the_same_width()
        self._report_tables(below)
        self._report_quotes()
        self._report_edges(min((labels.row for labels in below), default=0))

    def _report_edges(self, other: int) -> None:
        """Report rows at either end that do not belong to the table; another table may begin at row `other`."""
        aside = notes(self._head, self._tail, self.width)
        for row in aside:
            message = (
                "only one cell of the row is filled, unlike the rows next to it: a title, a note or a second header?"
            )
            self._warn("note-row", message, row)
        for row in lines_of_header(
            [one for one in self._head if one[0] not in aside and not 0 < other <= one[0]], self.width
        ):
            message = "the row has texts in columns with only numbers or dates below: a second line of the header?"
            hint = "delete the row; put its content into the column names or into a column"
            self._warn("note-row", message, row, hint=hint)
        for row, at in totals(self._tail, self.width, aside):
            if not self._is_code(self._columns[at].name):
                hint = "if it does, delete the row: a total is not a row of the table"
                self._warn("note-row", "the row seems to be the total of the rows above it", row, hint=hint)

    def _is_code(self, name: str) -> bool:
        """Return whether the texts of a column are codes of a list."""
        table = self._file_findings.entry.resource.table
        known = table[name] if name in table else Field(name, "any")
        listed = "enum" in known.constraints or known.categories
        return bool(listed) or any(name in key.fields for key in table.foreign_keys)

    def _report_tables(self, below: Iterable[Labels]) -> None:
        for row in sorted(self._headers):
            self._warn("repeated-header", "the row repeats the header; another table may begin here", row)
        for table in self._below.tables(self._head[0][0], self._tail[-1][0]) if self._head else ():
            message = (
                f"another table seems to begin here: {table.count:,} rows have {table.width} cells, not {self.width}"
            )
            self._warn("second-table", message, table.first)
        for labels in below:
            message = f"another table seems to begin here, whose columns are {labels}"
            self._warn("second-table", message, labels.row)

    def _report_quotes(self) -> None:
        if self._enclosed:
            which = f"{len(self._enclosed):,} rows have" if len(self._enclosed) > 1 else "the row has"
            message = f"{which} quotes around the cells that are not CSV quotes, so they are read as part of the text"
            self._warn("other-quotes", message, min(self._enclosed))
        if self._split:
            row, cells = min(self._split)
            which = f"{len(self._split):,} rows have" if len(self._split) > 1 else "the row has"
            message = f"{which} a text in quotes that are not CSV quotes, so the delimiter in it splits it into cells: "
            self._warn("other-quotes", message + shown(cells), row)
        for row, at, cell in sorted(self._swallowing):
            name = self._columns[at].name
            message = f"the content of a quoted cell in {name} looks like whole rows: {shown(cell)}"
            self._warn("swallowed-cells", message, row, name, cell)
        for row, at, cell in sorted(filter(self._is_made_up_for, self._padded)):
            name = self._columns[at].name
            message = f"a quoted cell in {name} has delimiters, and as many blank cells follow it: {shown(cell)}"
            self._warn("swallowed-cells", message, row, name, cell)

    def _tables_of_the_same_width(self) -> list[Labels]:
        """Read the noted rows, and the rows after blank rows, in the file again."""
        last = self._tail[-1][0] if self._tail else 0
        numbers = self._stacked.rows(self._below.gaps(last)).difference(self._headers)
        if not numbers:
            return []
        with Records(self._records.resource) as records:
            found = list(look(numbers, numbered(records.chunks()), self.width))
        if not found:
            return []
        with Records(self._records.resource) as records:
            known = set(self._headers)
            return [one for one in settled(found, numbered(records.chunks())) if one.row not in known]

    def _report_column(self, at: int, column: Column) -> None:
        self._report_nulls(at, column)
        self._report_texts(at, column.name)
        if at in self._met and self._met[at].counts:
            self._report_numerals(column.name, self._met[at], identifies=self.numerals[at].identifies)
        if at in self._referring and self._referring[at].count:
            self._report_references(column, self.references[at], self._referring[at])

    def _warn(  # noqa: PLR0913 (a finding has that many properties)
        self,
        code: str,
        message: str,
        row: int,
        name: str = "",
        value: str = "",
        *,
        hint: str = "",
        level: Level = "warning",
    ) -> None:
        at = self._file_findings.row_of(row)
        # If rows of the file are several rows here, the number of the row that was read distinguishes its columns.
        read = {"rowNumber": row} if at != row else None
        self._file_findings.add(code, message, hint, row=at, field=name, value=value, level=level, reference=read)

    def _report_nulls(self, at: int, column: Column) -> None:
        met = {
            text: count for (index, text), count in self._nulls.items() if index == at and self._is_value(column, text)
        }
        if not met:
            return
        first = min(met, key=lambda text: (self._first[at, text], text))
        texts = ", ".join(f"{shown(text)} {count:,}" for text, count in sorted(met.items()))
        hold = "cell has" if sum(met.values()) == 1 else "cells have"
        message = f"{sum(met.values()):,} {hold} a text for a missing value that is read as a value: {texts}"
        self._warn("null-text", message, self._first[at, first], column.name, first)

    def _report_texts(self, at: int, name: str) -> None:
        """Report damaged and invisible characters; in a key, the latter are an error."""
        table = self._file_findings.entry.resource.table
        in_key = any(name in fields for fields in (table.primary_key, *table.unique_keys))
        for odd_kind, met in sorted((odd, met) for (index, odd), met in self._texts.items() if index == at):
            message, hint = described(odd_kind, met, in_key=in_key)
            level: Level = "error" if in_key and odd_kind == UNSEEN else "warning"
            self._warn(odd_kind, message, met.row, name, met.text, hint=hint, level=level)

    def _report_numerals(self, name: str, met: Met, *, identifies: bool) -> None:
        entry = self._file_findings.entry
        first, text = met.beginning
        count = sum(met.counts.values())
        cells = "1 cell has" if count == 1 else f"{count:,} cells have"
        message = f"{cells} parts that {kind(entry.resource.table[name])} does not keep: {met}"
        if identifies:
            message += "; in a key or reference, cells that differ only in these parts are the same"
        hint = ""
        if entry.mode is not Mode.TABLE:
            hint = "write the plain number; if these are codes, the package must declare the column `string`"
        self._warn("lost-digits", message, first, name, text, hint=hint)

    def note_texts(self, texts: Mapping[tuple[int, int], str]) -> None:
        """Note the texts of keys that are elsewhere, by key check and the row of a reference in another form."""
        for at, forms in self.references.items():
            for text, row in self._referring[at].first.items():
                if (forms.check, row) in texts:
                    forms.elsewhere[self._columns[at].value(text)] = texts[forms.check, row]

    def _report_references(self, column: Column, forms: ReferenceForms, met: Referring) -> None:
        keys = {text: forms.key(column.value(text)) for text in met.first}
        cells = "1 cell names a key" if met.count == 1 else f"{met.count:,} cells name keys"
        texts = ", ".join(f"{shown_with_spaces(text)} for {key}" for text, key in keys.items())
        text, row = next(iter(met.first.items()))
        message = f"{cells} of {forms.table} in another form: {texts}"
        self._warn("key-form", message, row, column.name, text, hint=f"write them as in {forms.table}")

    def _is_value(self, column: Column, text: str) -> bool:
        """Return whether a text for a missing value is read as a value, although it is not an intended value."""
        table = self._file_findings.entry.resource.table
        known = table[column.name] if column.name in table else Field(column.name, "any")
        value, notes = column.reading(text)
        if value is None or notes or not kind_of(known).reads_null:
            return False
        if text in map(str, known.constraints.get("enum") or ()) or text in known.categories:
            return False
        if any(key.fields == (column.name,) for key in table.foreign_keys):
            return not self._leads_somewhere(column.name, text)
        is_code = "pattern" in known.constraints or column.name in table.primary_key
        return not (text in _CODES and is_code)

    def _is_made_up_for(self, padded: tuple[int, int, str]) -> bool:
        """Return whether the column has no other lists, and the following blank cells are filled in most rows."""
        _, at, cell = padded
        count = cell.count(self.delimiter)
        if count < _MADE_UP_FOR:
            return self._is_made_up_for_once(at)
        if at == 0 and count == self.width - 1:
            return True  # a whole row
        if self._listing[at] > self._padded_in[at]:
            return False
        return all(2 * self._filled[behind] >= self._rows for behind in range(at + 1, at + 1 + count))

    def _is_made_up_for_once(self, at: int) -> bool:
        """Return whether no other cell of the column has a delimiter and all other rows fill the last column."""
        others = self._rows - self._padded_in[at]
        alone = self._listing[at] == self._padded_in[at] and self._singles <= _SINGLE
        return alone and others >= _OTHERS and self._filled[self.width - 1] == others

    def _leads_somewhere(self, name: str, text: str) -> bool:
        keys = [key for key in self._file_findings.entry.resource.table.foreign_keys if key.fields == (name,)]
        return any(self._file_findings.parents.leads_somewhere(key, text) for key in keys)


def _holds_texts(file_findings: FileFindings, name: str) -> bool:
    """Return whether the values of a column are texts; other columns refuse cells with odd characters."""
    table = file_findings.entry.resource.table
    return name not in table or kind_of(table[name]).is_text


def _variants(label: str) -> frozenset[str]:
    """Give the forms of a label with other case or spaces."""
    words = {label.strip(), label.replace(" ", ""), label.replace(" ", "_"), label.replace("_", " ")}
    cases = (str, str.lower, str.upper, str.title, str.capitalize, str.casefold, _first_upper, _first_lower)
    texts = {case(word) for word in words for case in cases if word}
    return frozenset(before + text + after for text in texts for before in _SPACES for after in _SPACES)


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def is_enclosed(row: Sequence[str | None]) -> bool:
    """Return whether all filled cells of a row, including the first, are in quotes of another kind."""
    filled = [cell for cell in row if cell]
    return len(filled) > 1 and bool(row[0]) and all(is_quoted(cell) for cell in filled)


def _counts(pairs: Iterable[tuple[int, int]]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for at, count in pairs:
        counts[at] += count
    return counts


def split_cells(row: Sequence[str | None]) -> list[str]:
    """Give the first cells of a row that seem to be one text in quotes of another kind, split at its delimiters."""
    for at, cell in enumerate(row):
        if not cell or not _opens(cell):
            continue
        closing = OTHER_QUOTES[cell.lstrip(" ")[0]]
        for end in range(at + 1, min(at + SPLIT, len(row))):
            text = row[end]
            if not text or text.lstrip(" ")[:1] in OTHER_QUOTES:
                break
            if _ends(text, closing):
                return [part for part in row[at : end + 1] if part]
    return []


def _ends(cell: str, closing: str) -> bool:
    text = cell.strip(" ")
    return len(text) > 1 and text.endswith(tuple(closing))


def _opens(cell: str) -> bool:
    """Return whether a cell begins with a quote that is not a CSV quote, and does not end with its closing quote."""
    closing = OTHER_QUOTES.get(cell.lstrip(" ")[:1])
    return bool(closing) and not _ends(cell, closing or "")


def is_quoted(cell: str) -> bool:
    """Return whether a text is in quotes that are not CSV quotes."""
    return len(cell) > 1 and cell.startswith(MARKS) and cell.endswith(_CLOSING)

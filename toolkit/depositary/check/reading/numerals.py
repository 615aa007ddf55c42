"""Forms of written numbers: the digits and signs of a cell that its value does not keep, such as the zero of `0101`.

Validation reports the forms in which a code may be meant or a digit is lost; an export lists everything that it does
not keep. A pattern accepts plainly written numbers; the others are checked one by one.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from depositary.model.field_types import Notation
from depositary.model.table import Field, Table, kind_of
from depositary.wording.cells import shown_with_spaces

EXAMPLES = 3  # different texts of each form in a message
_EXACT = 15  # digits of a decimal number that a double always keeps
_PRINTED = 17  # digits with which programs print a double
_LONG = 1 << 63  # the first whole number that does not fit in 64 bits
_AROUND = re.compile(r"(^[^-\d]*)|(\D*$)")  # as the reference removes it if `bareNumber` is false
_MINUS = frozenset("-()\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d")
_SYMBOLS = "[$%\u20ac\u00a3\u00a5 ]*"
_PARTS = re.compile(r"([+-]?)([0-9]*)(?:(\.)([0-9]*))?(?:[eE]([+-]?)([0-9]+))?")
_ALIKE = bytes.maketrans(b"0123456789.-", b"0" * 12)
_SIXTEEN = b"0" * (_EXACT + 1)
_ZERO_FIRST = re.compile(rb"\n(?:-0\n|-?0[0-9])")
_FRACTION = re.compile(r"[.,][0-9]{6}[0-9]*[1-9]")
_SHORT_FRACTION = r"[^.,]*(?:[.,][0-9]{0,6}(?:[^0-9.,][^.,]*)?)?"


class NumeralForm(StrEnum):
    """Parts of a text that its value does not keep; those that validation reports come first."""

    SCRIPT = "digits other than 0 to 9"
    UNDERSCORE = "underscores"
    ZEROS = "leading zeros"
    PLUS = "a plus sign"
    LETTERS = "letters around the digits"
    BRACKETS = "a minus or brackets that do not make the number negative"
    GROUPS = "group marks at odd places"
    EXPONENT = "an E between digits"
    DIGITS = "more digits than a double or 64 bits can hold"
    ROUNDED = "digits that a double does not keep"
    FRACTION = "digits after microseconds"
    TRAILING = "zeros at the end"
    POWER = "an exponent"
    POINT = "a point without digits before or after it"
    NEGATIVE_ZERO = "the sign of zero"
    SYMBOLS = "the text around the number"
    SPACES = "spaces"


# These are common in numbers: 2.50, 1.5e-05, .5, -0.0, 40% if the schema allows it. In keys and references they are
# reported too, because the text identifies a row.
_USUAL = frozenset(
    (
        NumeralForm.TRAILING,
        NumeralForm.POWER,
        NumeralForm.POINT,
        NumeralForm.NEGATIVE_ZERO,
        NumeralForm.SYMBOLS,
        NumeralForm.SPACES,
    )
)
_NOT_OF_KEYS = frozenset((NumeralForm.SYMBOLS, NumeralForm.SPACES))


class Numerals:
    """The forms of numbers in one column.

    Args:
        complete: whether to look for all forms, and not only those that validation reports.
        written: whether to look for them only in texts that cannot be written into another file unchanged.
    """

    def __init__(self, table: Table, field: Field, *, complete: bool = False, written: bool = False) -> None:
        self.field, self.complete = field, complete
        self._how, self._digits = kind_of(field).notation or Notation(), kind_of(field).digits
        self.identifies = field.name in table.identifying_fields
        descriptor = self.field.descriptor
        self._is_bare = descriptor.get("bareNumber", True) is not False or not self._how.has_marks
        self._group = str(descriptor.get("groupChar") or "") if self._how.has_marks else ""
        self._point = str(descriptor.get("decimalChar") or ".") if self._how.has_point else "."
        if self._point == self._group:
            self._point = "\0"  # the reference reads all of them as marks of groups
        self._is_float = self._how.has_point and bool(descriptor.get("floatNumber"))
        self.plain = f"{self._plain()}|{self.kept}" if written else self._plain()
        self._is_plain, self._is_kept = re.compile(self.plain).fullmatch, re.compile(self.kept).fullmatch

    def forms(self, texts: Collection[str | None]) -> dict[str, NumeralForm]:
        """Give the forms of the texts that are not plainly written."""
        plain = self._is_plain
        unproven = [text for text in self._unproven(texts) if not plain(text)]
        found = ((text, self.form(text)) for text in unproven)
        return {text: form for text, form in found if form and self.is_reported(form)}

    @property
    def looks_at_all(self) -> bool:
        """Return whether it looks for a form that cells which are proven good can have."""
        if self._digits:
            return self.complete
        return self._how.has_point and (self.complete or self.identifies)

    @property
    def is_whole(self) -> bool:
        """Return whether the numbers are whole ones of any length."""
        return self._how.has_marks and not self._how.has_point

    @property
    def is_standard(self) -> bool:
        """Return whether numbers are written in the standard's default form."""
        return not self._group and self._point == "."

    @property
    def kept(self) -> str:
        """Give the pattern of texts that are the same number without the field's notation."""
        if self._digits:
            return f"[0-9]{{{self._digits}}}"
        if not self._how.has_marks or self._group or self._point.isalnum():
            return "[^\\s\\S]"  # nothing
        if self.is_whole or self._point != ".":
            return "[+-]?[0-9]+"
        return r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"

    def _unproven(self, texts: Collection[str | None]) -> Collection[str]:
        """Remove plainly written texts all at once: checking each text takes five times as long."""
        there: Collection[str] = [t for t in texts if t is not None] if None in texts else texts  # type: ignore[assignment]
        if self._how.is_clock:
            return there if _FRACTION.search("\n".join(there)) else ()
        if self._is_swift and there:
            lines = "\n".join(["", *there, ""]).encode(errors="replace")
            if not lines.translate(None, b"0123456789.-\n") and not _ZERO_FIRST.search(lines):
                if _SIXTEEN not in lines.translate(_ALIKE):
                    return ()
                least = _EXACT if self.is_whole else _PRINTED + 1
                return [text for text in there if len(text) > _EXACT and (len(text) > least or "." not in text)]
        return there

    @property
    def _is_swift(self) -> bool:
        is_usual = self.is_whole or not (self.complete or self.identifies)
        return is_usual and self._is_bare and self.is_standard and not self._is_float

    def is_reported(self, form: NumeralForm) -> bool:
        """Return whether it looks for a form."""
        if self.complete:
            return form is not NumeralForm.DIGITS  # the types of an export keep them, or the export reports them itself
        return form not in _USUAL or (self.identifies and form not in _NOT_OF_KEYS)

    def written(self, text: str, value: Any) -> str:  # noqa: ANN401 (a number of any type)
        """Write a number as in its cell; plainly, if it can be read only with the field's notation."""
        if self._is_kept(text):
            return text
        if isinstance(value, int):
            return f"{value:0{self._digits}}" if self._digits else str(value)
        digits = f"{Decimal(str(value)):f}"
        plain = digits.rstrip("0").rstrip(".") if "." in digits else digits
        return "0" if plain == "-0" else plain

    # Plainly written texts, as a pattern that Python and polars read in the same way

    def _plain(self) -> str:
        if self._digits:
            return f"[1-9][0-9]{{{self._digits - 1}}}" if self.complete else self.kept
        if self._how.is_clock:
            return _SHORT_FRACTION
        point = _literally(self._point)
        if self._is_float:
            return "0"
        if self.complete or self.identifies:
            most = "*" if self.complete else f"{{0,{_EXACT - 1}}}"
            fraction = rf"(?:{point}[0-9]{'*' if self.complete else '{0,15}'}[1-9])"
            if self.is_whole:
                return f"0|-?[1-9][0-9]{most}"
            if not self.complete:
                shapes = "|".join(rf"[1-9][0-9]{{{n}}}{point}[0-9]{{0,{_PRINTED - 2 - n}}}[1-9]" for n in range(15))
                return f"0|-?[1-9][0-9]{most}|-?0{point}[0-9]{{0,16}}[1-9]|-?(?:{shapes})"
            return f"0|-?[1-9][0-9]*{fraction}?|-?0{fraction}"
        return f"{self._symbols}-?(?:{self._usual(point)}){self._symbols}"

    @property
    def _symbols(self) -> str:
        return "" if self._is_bare else _SYMBOLS

    def _usual(self, point: str) -> str:
        mark = _literally(self._group)
        grouped = f"|[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}}){{1,4}}" if mark else ""
        whole = f"(?:0|[1-9][0-9]{{0,{_EXACT - 1}}}{grouped})"
        if self.is_whole:
            return whole
        shapes = "|".join(rf"[1-9][0-9]{{{n}}}{point}[0-9]{{0,{_PRINTED - 1 - n}}}" for n in range(_EXACT))
        more = f"|[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}}){{1,4}}{point}[0-9]{{0,2}}" if mark else ""
        parts = f"(?:0?{point}0*[0-9]{{0,{_PRINTED}}}|{shapes}{more})"
        return f"{whole}(?:[eE][+-][0-9]+)?|{parts}(?:[eE][+-]?[0-9]+)?"

    @property
    def common(self) -> Mapping[NumeralForm, str]:
        """Give the patterns of forms that may be frequent, as in a column of codes; a matching text has that form."""
        if not self._is_bare or self._group or self._point != "." or not self._how.has_marks:
            return {}
        rest = r"[0-9]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?"
        return {NumeralForm.ZEROS: f"[+-]?0[0-9]{rest}", NumeralForm.PLUS: rf"\+(?:0?\.[0-9]|[1-9]){rest}|\+0"}

    # One text after the other

    def form(self, text: str) -> NumeralForm | None:
        """Give the form of a text, the part that its value does not keep; None if it keeps everything."""
        if self._how.is_clock:
            return NumeralForm.FRACTION if _FRACTION.search(text) else None
        stripped = text.strip()
        core = stripped if self._is_bare else _AROUND.sub("", stripped)
        if not core:
            return None
        before, _, behind = stripped.partition(core)
        plain = core.replace(self._group, "").replace(self._point, ".").strip()
        if "_" in plain:
            return NumeralForm.UNDERSCORE
        if not plain.isascii():
            return NumeralForm.SCRIPT if any(map(str.isdigit, plain)) else None
        parts = _PARTS.fullmatch(plain)
        if parts is None or not any(map(str.isdigit, plain)):
            return None  # NaN and infinity
        return self._form(parts, before + behind, core) or (NumeralForm.SPACES if stripped != text else None)

    def _form(self, parts: re.Match[str], around: str, core: str) -> NumeralForm | None:
        sign, whole, point, fraction, _, power = (part or "" for part in parts.groups())
        found = {
            NumeralForm.ZEROS: len(whole) > 1 and whole[0] == "0" and (self.complete or not self._digits),
            NumeralForm.PLUS: sign == "+",
            NumeralForm.LETTERS: any(map(str.isalpha, around)),
            NumeralForm.BRACKETS: not _MINUS.isdisjoint(around),
            NumeralForm.GROUPS: bool(self._group) and not self._is_grouped(core),
            NumeralForm.EXPONENT: bool(power) and not point and not parts[5],
            NumeralForm.ROUNDED: self._is_float and not _is_printed(parts[0], fraction),
            NumeralForm.DIGITS: not power and not self._is_float and _is_long(whole, fraction),
            NumeralForm.NEGATIVE_ZERO: sign == "-" and not (whole + fraction).strip("0"),
            NumeralForm.TRAILING: fraction.endswith("0"),
            NumeralForm.POWER: bool(power),
            NumeralForm.POINT: bool(point) and not (whole and fraction),
            NumeralForm.SYMBOLS: bool(around),
        }
        return next((form for form, holds in found.items() if holds), None)

    def _is_grouped(self, core: str) -> bool:
        """Return whether grouped digits are in groups of three, or grouped as in India or China."""
        whole = re.split(f"{re.escape(self._point)}|[eE]", core.lstrip("+-"))
        groups = whole[0].split(self._group)
        sizes = [len(group) for group in groups[1:]]
        if any(self._group in part for part in whole[1:]):
            return False
        by_three = sizes[-1:] == [3] and set(sizes) <= {2, 3} and 0 < len(groups[0]) <= 3  # noqa: PLR2004
        return not sizes or by_three or (set(sizes) == {4} and 0 < len(groups[0]) <= 4)  # noqa: PLR2004


def numerals_of(table: Table, name: str, *, complete: bool = False, written: bool = False) -> Numerals | None:
    """Give the numerals of a column; None if its type has neither numbers nor times."""
    if name not in table or kind_of(table[name]).notation is None:
        return None
    return Numerals(table, table[name], complete=complete, written=written)


def _literally(text: str) -> str:
    return "".join(rf"\{one}" if one in r".,*+?^$|()[]{}-/\&~#" else one for one in text)


def _is_long(whole: str, fraction: str) -> bool:
    """Return whether digits are lost in a double, or in a whole number of 64 bits."""
    if not fraction:
        number = whole.lstrip("0")
        if len(number) <= _EXACT:
            return False
        return int(number[:20]) >= _LONG or int(float(number)) != int(number)
    text = f"{whole or 0}.{fraction}"
    return len((whole + fraction).strip("0")) > _PRINTED and not _is_printed(text, fraction)


def _is_printed(text: str, fraction: str) -> bool:
    """Return whether a text is printed from a double, so that reading it as a double loses nothing."""
    held = float(text)
    return Decimal(text) == Decimal(repr(held)) or text == f"{held:.{len(fraction)}f}"


# Forms that occur in a column


@dataclass(frozen=True)
class Noted:
    """A form that occurs in some rows: its count, and its first different texts with their rows in order."""

    form: NumeralForm
    count: int
    first: Sequence[tuple[int, str]]


def noted_in(values: Sequence[str | None], forms: Mapping[str, NumeralForm]) -> Iterator[Noted]:
    """Give the forms that occur in the cells of some rows, whose indexes count from 0."""
    counts: dict[NumeralForm, int] = {}
    first: dict[NumeralForm, dict[str, int]] = {}
    for index, text in enumerate(values):
        form = forms.get(text) if text is not None else None
        if form:
            counts[form] = counts.get(form, 0) + 1
            texts = first.setdefault(form, {})
            if len(texts) < EXAMPLES:
                texts.setdefault(text or "", index)
    for form, count in counts.items():
        yield Noted(form, count, [(index, text) for text, index in first[form].items()])


@dataclass
class Met:
    """The forms in one column so far: the count of each form, and its first different texts with their rows."""

    counts: dict[NumeralForm, int] = field(default_factory=dict)
    first: dict[NumeralForm, dict[str, int]] = field(default_factory=dict)

    def take(self, noted: Iterable[Noted], numbers: Sequence[int] | None = None) -> None:
        """Add the forms in the next rows; `numbers` has their row numbers."""
        found: list[tuple[int, NumeralForm, str]] = []
        for one in noted:
            self.counts[one.form] = self.counts.get(one.form, 0) + one.count
            found += ((index, one.form, text) for index, text in one.first)
        for index, form, text in sorted(found):
            texts = self.first.setdefault(form, {})
            if len(texts) < EXAMPLES:
                texts.setdefault(text, numbers[index] if numbers else index)

    def add(self, later: "Met") -> None:
        """Add the forms in later rows of the column, which were read by themselves."""
        for form, count in later.counts.items():
            self.counts[form] = self.counts.get(form, 0) + count
            texts = self.first.setdefault(form, {})
            for text, row in later.first.get(form, {}).items():
                if len(texts) < EXAMPLES:
                    texts.setdefault(text, row)

    @property
    def forms(self) -> list[NumeralForm]:
        """Give the forms that occurred, in the order of their declaration."""
        return [form for form in NumeralForm if form in self.counts]

    def examples(self, form: NumeralForm) -> str:
        """Quote the first texts of a form."""
        return ", ".join(map(shown_with_spaces, self.first[form]))

    @property
    def beginning(self) -> tuple[int, str]:
        """Give the first row with a form, and its text."""
        return min((row, text) for texts in self.first.values() for text, row in texts.items())

    def __str__(self) -> str:
        """Write the count of each form, with examples."""
        return "; ".join(f"{form} {self.counts[form]:,}, as in {self.examples(form)}" for form in self.forms)

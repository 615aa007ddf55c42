"""How a spreadsheet shows a number, by the format of its cell.

Only the parts that matter here: percent, omitted thousands, units, leading zeros, signs, parts of a date. Widths are
ignored, and so are colours except red, which is usual for negative numbers.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]*)"?  | \\(?P<escaped>.)  | [_*].  | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General)  | (?P<exponent>E[+-][0\#?]+)  | (?P<digit>[0\#?])  | (?P<point>\.)  | (?P<comma>,)
    | (?P<percent>%)  | (?P<fraction>/)  | (?P<text>@)  | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9]+(?:\.[0-9]*)?)")
_DATE_TOKEN = re.compile(r"\"([^\"]*)\"?|\\(.)|\[[^\]]*\]|[_*].|(y+|e+|m+|d+|am/pm|a/p|[hs]+)|(.)", re.IGNORECASE)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MOST = 255  # characters of a format that are read, more than Excel accepts
_MOST_DECIMALS = 30  # the most digits after the point that are shown
_CONVENTIONS = ("-", "\u2013", "\u2014", "\u2212")  # that mean 0 or a minus
_BELOW_ZERO = (*_CONVENTIONS, "(")
_PLACEHOLDERS = ("0", "#", "?")
_GROUPING = (" ", "'", "\u2019", "\u00a0", "\u202f")  # between thousands, if it is not the comma
_PERCENT = ("%", "\u2030")
_SHORT_MONTH, _LONG_MONTH = 3, 4  # letters in a format for a month's name


@dataclass(frozen=True)
class _Section:
    """One of the sections of a format; each section is for other numbers.

    `whole` has the digits before the point and the text between them; a number is divided by `scale`.
    """

    condition: tuple[str, Decimal] | None = None
    before: str = ""
    whole: tuple[str, ...] = ()
    decimals: int = 0
    least_decimals: int = 0
    behind: str = ""
    scale: Decimal = Decimal(1)
    grouped: bool = False
    is_general: bool = False
    exponent: bool = False
    red: bool = False

    @property
    def has_minus(self) -> bool:
        """Return whether it always writes a minus, or brackets that mean a minus."""
        return self.before.strip().endswith(_BELOW_ZERO) or self.behind.strip().startswith(_CONVENTIONS)

    @property
    def hides(self) -> bool:
        """Return whether it shows no digit of a number."""
        return not (self.whole or self.decimals or self.is_general)

    @property
    def zeros(self) -> int:
        """Give the fewest digits that are shown before the point."""
        return self.whole.count("0")

    @property
    def unit(self) -> bool:
        """Return whether words, currency signs or similar text are beside the digits or between them."""
        between = any(token not in _PLACEHOLDERS and token not in _GROUPING for token in self.whole)
        around = any(
            c.isalpha() or c in _PERCENT or unicodedata.category(c) in ("Sc", "So") for c in self.before + self.behind
        )
        return (between and not self.is_general) or around

    def fits(self, value: Decimal) -> bool:
        """Return whether a number meets the section's condition."""
        sign, limit = self.condition or ("", Decimal(0))
        return {
            "<": value < limit,
            "<=": value <= limit,
            ">": value > limit,
            ">=": value >= limit,
            "=": value == limit,
            "<>": value != limit,
        }.get(sign, True)

    def shown(self, value: Decimal) -> str:
        """Write a number that is not negative."""
        if self.hides or self.is_general:
            return f"{self.before}{_plain(value) if self.is_general else ''}{self.behind}"
        scaled = value / self.scale
        if self.exponent:
            return f"{self.before}{float(scaled):.{self.decimals}E}{self.behind}"
        whole, _, rest = f"{scaled:.{self.decimals}f}".partition(".")
        while len(rest) > self.least_decimals and rest.endswith("0"):
            rest = rest[:-1]
        return f"{self.before}{self._digits(whole)}{'.' if rest else ''}{rest}{self.behind}"

    def _digits(self, whole: str) -> str:
        """Put the digits before the point into the format, from the right."""
        if self.grouped:
            return f"{int(whole):,}".rjust(self.zeros, "0")
        left = list(whole if whole != "0" else "")
        written: list[str] = []
        for token in reversed(self.whole):
            if token in _PLACEHOLDERS:
                written.append(left.pop() if left else token.strip("#?"))
            elif left or "0" in self.whole:
                written.append(token)
        return "".join([*left, *reversed(written)])


class NumberFormat:
    """The format of a cell, as Excel writes it.

    `is_date` is true if its numbers are dates or times, `is_duration` if they are times that may be longer than a day.
    """

    def __init__(self, code: str, *, is_date: bool = False, is_duration: bool = False) -> None:
        self.is_date, self.is_duration = is_date, is_duration
        self._code = code[:_MOST]

    @cached_property
    def _sections(self) -> Sequence[_Section]:
        return [_section(part) for part in _parts(self._code)]

    def _chosen(self, value: Decimal) -> tuple[_Section, Decimal]:
        """Choose the section for a number, and give the number that it shows, with or without its minus."""
        numbers = self._sections[:3]
        if any(section.condition for section in numbers):
            return next((s for s in numbers if s.fits(value)), numbers[-1]), value
        if value < 0 and len(numbers) > 1:
            return numbers[1], abs(value)
        if value == 0 and len(numbers) > 2:  # noqa: PLR2004 (for numbers above, below and at zero)
            return numbers[2], value
        return numbers[0], value

    def shown(self, value: Decimal) -> str:
        """Write a number as it is shown."""
        section, left = self._chosen(value)
        minus = "-" if left < 0 else ""
        return f"{minus}{section.shown(abs(left))}".strip()

    @property
    def is_plain(self) -> bool:
        """Return whether numbers are shown unchanged, or only rounded."""
        numbers = self._sections[:3]
        signed = not numbers[0].has_minus and all(s.has_minus or s.red for s in numbers[1:2])
        return signed and all(s.is_general and not s.unit for s in numbers)

    def differs(self, value: Decimal) -> bool:
        """Return whether a number is shown as another one, with a unit, or not at all."""
        section, left = self._chosen(value)
        if section.hides:
            shown = section.shown(left).strip()
            return not (value == 0 and shown.startswith(_CONVENTIONS))
        return section.scale != 1 or section.unit or _changes_sign(section, value, left)

    def pads(self, value: Decimal) -> bool:
        """Return whether unnecessary zeros are shown before a number."""
        section, left = self._chosen(value)
        return section.zeros > max(1, len(str(int(abs(left) / section.scale))))

    @property
    def hides_text(self) -> bool:
        """Return whether texts are not shown, because the fourth section has no `@`."""
        parts = _parts(self._code)
        return len(parts) > 3 and "@" not in parts[3] and "general" not in parts[3].lower()  # noqa: PLR2004

    # Dates

    @cached_property
    def _date_tokens(self) -> list[str]:
        return [found[3].lower() for found in _DATE_TOKEN.finditer(_parts(self._code)[0]) if found[3]]

    @property
    def shows_time(self) -> bool:
        """Return whether hours or seconds are shown."""
        return any(token.startswith(("h", "s")) for token in self._date_tokens)

    @cached_property
    def lacks(self) -> str:
        """Name the parts of a date that are not shown: year, month or day; empty if times are shown too."""
        if not self.is_date or self.shows_time:
            return ""
        there = {"year": ("y", "e"), "month": ("m",), "day": ("d",)}
        kept = [t for t in self._date_tokens if not (t.startswith("d") and len(t) > 2)]  # noqa: PLR2004 (a weekday)
        missing = [name for name, marks in there.items() if not any(t.startswith(marks) for t in kept)]
        return " and ".join(missing) if len(missing) < len(there) else ""

    def shown_day(self, day: dt.date) -> str:
        """Write a day as it is shown."""
        return "".join(_part_of(day, found) for found in _DATE_TOKEN.finditer(_parts(self._code)[0])).strip()


def _changes_sign(section: _Section, value: Decimal, left: Decimal) -> bool:
    """Return whether a negative number is shown without a minus, or another number with a minus."""
    if value < 0:
        return not (left < 0 or section.has_minus or section.red)
    return value > 0 and section.has_minus


def _part_of(day: dt.date, found: re.Match[str]) -> str:
    token = (found[3] or "").lower()
    if not token:
        return found[1] or found[2] or found[4] or ""
    count = len(token)
    if token[0] in "ye":
        return f"{day.year:04}" if count > 2 or token[0] == "e" else f"{day.year % 100:02}"  # noqa: PLR2004
    if token[0] == "m":
        name = _MONTHS[day.month - 1]
        return (name if count >= _LONG_MONTH else name[:3]) if count >= _SHORT_MONTH else f"{day.month:0{count}}"
    if token[0] == "d":
        name = _DAYS[day.weekday()]
        return (name if count >= _LONG_MONTH else name[:3]) if count >= _SHORT_MONTH else f"{day.day:0{count}}"
    return ""


def _parts(code: str) -> list[str]:
    """Split a format into its sections; a semicolon in quotes or after a backslash does not separate them."""
    parts = [""]
    for found in _TOKEN.finditer(code):
        if found[0] == ";":
            parts.append("")
        else:
            parts[-1] += found[0]
    return parts


def _section(code: str) -> _Section:
    condition = None
    texts, whole, percent = {False: "", True: ""}, [], 0
    numbers = ""  # only digits, points and commas
    is_general = exponent = fraction = red = False
    tokens = list(_TOKEN.finditer(code))
    last = max((at for at, t in enumerate(tokens) if t["digit"] or t["general"] or t["exponent"]), default=-1)
    for at, token in enumerate(tokens):
        literal = token["quoted"] or token["escaped"] or token["plain"] or token["percent"] or ""
        if bracket := token["bracket"]:
            found = _CONDITION.fullmatch(bracket)
            condition = (found[1], Decimal(found[2])) if found else condition
            red = red or bracket.strip().lower() == "red"
            literal = bracket[1:].partition("-")[0] if bracket.startswith("$") else ""
        percent += bool(token["percent"])
        is_general, exponent = is_general or bool(token["general"]), exponent or bool(token["exponent"])
        fraction = fraction or bool(token["fraction"])
        numbers += token["digit"] or token["point"] or token["comma"] or ""
        within = bool(numbers.strip(".,")) and at < last
        if "." not in numbers and (token["digit"] or (within and literal)):
            whole.append(token["digit"] or literal)
        elif literal:
            texts[bool(numbers.strip(".,")) or is_general] += literal
    before, _, behind = numbers.partition(".")
    thousands = (len(before) - len(before.rstrip(","))) + (len(behind) - len(behind.rstrip(",")))
    decimals = behind.rstrip(",").replace(",", "")[:_MOST_DECIMALS]
    return _Section(
        condition,
        texts[False],
        tuple(whole),
        len(decimals),
        decimals.count("0"),
        texts[True],
        Decimal(1000) ** thousands / Decimal(100) ** percent,
        "," in before.rstrip(","),
        is_general or fraction or bool(code.strip() == "@"),
        exponent,
        red,
    )


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

"""The forms in which texts are values: each as SQL over the distinct texts `x` of a column.

A form is narrower than what the type reads, so a column whose texts all have a form can have the type.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from depositary.check.lanes.odd_texts import UNSEEN_CHARACTERS
from depositary.engine.sql import literal

_DIGITS = "(0|[1-9][0-9]{0,17})"


def _like(pattern: str) -> str:
    return f"regexp_full_match(x, {literal(pattern)})"


def _is_date(pattern: str, form: str) -> str:
    return f"({_like(pattern)} AND try_strptime(x, {literal(form)}) IS NOT NULL)"


# The forms of days other than ISO 8601, by the format of the type.
_DAY, _MONTH, _IN = "[0-3]?[0-9]", "[01]?[0-9]", "[12][0-9]{3}"
DAYS: Mapping[str, str] = {
    "%d.%m.%Y": rf"{_DAY}\.{_MONTH}\.{_IN}",
    "%d/%m/%Y": f"{_DAY}/{_MONTH}/{_IN}",
    "%m/%d/%Y": f"{_MONTH}/{_DAY}/{_IN}",
    "%d-%m-%Y": f"{_DAY}-{_MONTH}-{_IN}",
    "%m-%d-%Y": f"{_MONTH}-{_DAY}-{_IN}",
    "%Y/%m/%d": f"{_IN}/{_MONTH}/{_DAY}",
}
COMPACT_DAY = "%Y%m%d"


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written: the decimal mark, and the mark between groups of three digits, if there is one."""

    decimal: str
    group: str = ""

    @property
    def name(self) -> str:
        """Name the form of texts that may be such numbers."""
        return f"number {self.decimal}{self.group}"

    @property
    def clear(self) -> str:
        """Name the form of texts that can be no other numbers."""
        return f"clear {self.decimal}{self.group}"

    @property
    def pattern(self) -> str:
        """Give the pattern of texts that may be such numbers."""
        grouped = f"|[1-9][0-9]{{0,2}}({_escaped(self.group)}[0-9]{{3}}){{1,5}}" if self.group else ""
        return f"-?({_DIGITS}{grouped})({_escaped(self.decimal)}[0-9]{{1,30}})?"

    @property
    def clear_pattern(self) -> str:
        """Give the pattern of texts with both marks, two groups, or decimals that are not three digits."""
        point = _escaped(self.decimal)
        decimals = f"-?({_DIGITS}{point}([0-9]{{1,2}}|[0-9]{{4,30}})|0{point}[0-9]+|[1-9][0-9]{{3,}}{point}[0-9]{{3}})"
        if not self.group:
            return decimals
        one = f"-?[1-9][0-9]{{0,2}}({_escaped(self.group)}[0-9]{{3}})"
        return f"{decimals}|{one}+{point}[0-9]+|{one}{{2,}}" + (f"|{one}" if self.group not in ".," else "")


def _escaped(mark: str) -> str:
    return f"\\{mark}" if mark == "." else mark


STYLES = tuple(NumberStyle(*marks) for marks in (",", ",.", ".,", ", ", ". ", ",\u00a0", ".\u00a0", ",\u202f", ".'"))
INTEGER, NUMBER, PADDED, DIGITS, YEAR, MONTH = "integer", "number", "padded", "digits", "year", "yearmonth"
DATE, ZONED, PLAIN_TIME, TIME, BOOLEAN, SPACED, TWO_LETTERS, UNSEEN = (
    "date",
    "zoned",
    "local",
    "time",
    "boolean",
    "spaced",
    "two",
    "unseen",
)
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_STAMP = rf"[12][0-9]{{3}}-[01][0-9]-[0-3][0-9][T ]{_CLOCK}(\.[0-9]{{1,6}})?"
FORMS: Mapping[str, str] = {
    INTEGER: _like("0|-?[1-9][0-9]{0,14}"),
    NUMBER: _like(rf"-?{_DIGITS}(\.[0-9]{{1,30}})?([eE](-[0-9]{{1,2}}|[+]?([01]?[0-9]|2[0-8])))?"),
    PADDED: _like("0[0-9]+"),
    DIGITS: _like("[0-9]+"),
    YEAR: _like("1[5-9][0-9]{2}|2[01][0-9]{2}"),
    MONTH: _like("[12][0-9]{3}-(0[1-9]|1[0-2])"),
    DATE: f"({_like('[12][0-9]{3}-[01][0-9]-[0-3][0-9]')} AND try_cast(x AS DATE) IS NOT NULL)",
    PLAIN_TIME: f"({_like(_STAMP)} AND try_cast(x AS TIMESTAMP) IS NOT NULL)",
    ZONED: f"({_like(_STAMP + '(Z|[-+][01][0-9]:[0-5][0-9])')} AND try_cast(x[1:10] AS DATE) IS NOT NULL)",
    TIME: _like(_CLOCK),
    BOOLEAN: "x IN ('true', 'false', 'TRUE', 'FALSE', 'True', 'False')",
    SPACED: "x <> trim(x)",
    TWO_LETTERS: _like("[A-Z]{2}"),
    UNSEEN: f"regexp_matches(x, {literal(f'[{UNSEEN_CHARACTERS}]')})",  # in a key they are errors
    COMPACT_DAY: _is_date(f"{_IN}[01][0-9][0-3][0-9]", COMPACT_DAY),
    **{form: _is_date(pattern, form) for form, pattern in DAYS.items()},
    **{style.name: _like(style.pattern) for style in STYLES},
    **{style.clear: _like(style.clear_pattern) for style in STYLES},
}

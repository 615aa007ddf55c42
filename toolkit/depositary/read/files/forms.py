"""Read periods and numbers that are written in another form."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal

from depositary.model.mapping import NumberForm

_MONTHS, _QUARTERS = 12, 4
_YEAR, _MONTH, _DAY, _QUARTER = "\x01", "\x02", "\x03", "\x04"
_SAMPLES = (("2022", _YEAR), ("05", _MONTH), ("31", _DAY), ("1", _QUARTER))
_SEPARATORS = frozenset("-/., :MmQqTtKk")  # what may stand beside the digits of a period
_NUMBER = re.compile(r"([+-]?)([0-9]{1,60}(?:\.[0-9]{1,60})?)(?:[eE]([+-]?[0-9]{1,2}))?")
OURS = ("2022", "2022-05", "2022-05-31", "2022-Q1")  # forms of periods that need no translation
USUAL = ("202205", "2022M05", "2022-M05", "2022Q1", "20220531", "31.05.2022", "31/05/2022", "05/2022")
_FORMS = (  # in which numbers are written, ours first
    NumberForm(),
    *(NumberForm(group=group) for group in (",", " ", "'", "\u2019", "\u00a0", "\u202f")),
    NumberForm(decimal=","),
    *(NumberForm(decimal=",", group=group) for group in (".", " ", "'", "\u2019", "\u00a0", "\u202f")),
)
_EXACT = Context(prec=300)
_GROUP = 3  # digits
Read = Callable[[str], str | None]


@dataclass(frozen=True)
class PeriodForm:
    """A form of periods, as a text with a mark for each digit of the year, month, day or quarter."""

    template: str

    def read(self, text: str) -> str | None:
        """Write a period as 2022, 2022-05, 2022-05-31 or 2022-Q1; None if the text does not have the form."""
        if len(text) != len(self.template):
            return None
        found = dict.fromkeys((_YEAR, _MONTH, _DAY, _QUARTER), "")
        for mark, character in zip(self.template, text, strict=True):
            if mark in found:
                if not ("0" <= character <= "9"):
                    return None
                found[mark] += character
            elif mark != character:
                return None
        return _period(*found.values())


def period_form(sample: str) -> PeriodForm | None:
    """Make the form from how it writes 2022, May 2022, 31 May 2022 or the first quarter of 2022; None if it cannot."""
    template = sample
    for digits, mark in _SAMPLES:
        template = template.replace(digits, mark * len(digits), 1)
    has = {mark for _, mark in _SAMPLES if mark in template}
    known = has in ({_YEAR}, {_YEAR, _MONTH}, {_YEAR, _MONTH, _DAY}, {_YEAR, _QUARTER})
    others = template.translate(dict.fromkeys(map(ord, "".join(has))))
    return PeriodForm(template) if known and set(others) <= _SEPARATORS else None


def _period(year: str, month: str, day: str, quarter: str) -> str | None:
    if quarter:
        return f"{year}-Q{quarter}" if 1 <= int(quarter) <= _QUARTERS else None
    if month and not 1 <= int(month) <= _MONTHS:
        return None
    if day:
        try:
            return date(int(year), int(month), int(day)).isoformat()
        except ValueError:
            return None
    return f"{year}-{month}" if month else year


def reading_periods(samples: tuple[str, ...]) -> Read:
    """Give the function that reads a period in one of some forms."""
    forms = [form for sample in samples if (form := period_form(sample))]

    def read(text: str) -> str | None:
        return next((period for form in forms if (period := form.read(text)) is not None), None)

    return read


def form_of(text: str) -> str:
    """Give the form in which a text is a period, as it writes May 2022; empty if it is in none of the usual forms."""
    return next((form for form in (*OURS, *USUAL) if reading_periods((form,))(text.strip()) is not None), "")


def reading_numbers(form: NumberForm) -> Read:
    """Give the function that reads a number in a form: it writes it plainly, with a point and without an exponent."""

    def read(text: str) -> str | None:
        plain = _ungrouped(text, form)
        parts = _NUMBER.fullmatch(plain) if plain is not None else None
        if parts is None:
            return None
        if form.times == 1 and not parts[3]:
            return f"{parts[1].removeprefix('+')}{parts[2]}"
        value = _EXACT.multiply(Decimal(parts[0]), form.times)
        return _short(value)

    return read


def number_forms(values: Sequence[str]) -> list[NumberForm]:
    """Give the forms in which all of some texts are numbers; of forms that read the same numbers, the shortest one."""
    found: dict[tuple[str | None, ...], NumberForm] = {}
    for form in _FORMS:
        read = reading_numbers(form)
        numbers = tuple(None if _is_padded(value, form) else read(value) for value in values)
        if None not in numbers:
            found.setdefault(numbers, form)
    return list(found.values())


def _is_padded(text: str, form: NumberForm) -> bool:
    """Return whether a number begins with a zero before a mark of groups: nobody writes 0.125 for 125."""
    return bool(form.group) and text.lstrip("+-").startswith("0") and form.group in text


def _short(value: Decimal) -> str:
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _ungrouped(text: str, form: NumberForm) -> str | None:
    """Write a number with a point and without marks between groups of digits; None if the marks are at other places."""
    whole, point, fraction = text.partition(form.decimal)
    if "." in whole.replace(form.group, "") if form.group else "." in whole:
        return None
    if form.group:
        first, *groups = whole.split(form.group)
        if groups and not (1 <= len(first.lstrip("+-")) <= 3 and all(len(group) == 3 for group in groups)):  # noqa: PLR2004 (digits)
            return None
        whole = first + "".join(groups)
    return f"{whole}.{fraction}" if point else whole

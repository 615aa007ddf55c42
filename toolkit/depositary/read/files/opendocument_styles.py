"""The styles of an OpenDocument spreadsheet: what is hidden, and the formats of numbers as Excel writes them.

Clauses are those of ODF 1.3, part 3: 16.29 for the formats of numbers, 17 for the properties.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

_GENERAL = "General"
_POINTS = {"in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4, "pt": 1.0, "pc": 12.0, "px": 0.75}
_CHARACTER = 5.5  # points of a character in the usual font
_MOST = 30  # digits of a format
_DATES = {
    "year": ("yy", "yyyy"),
    "day": ("d", "dd"),
    "day-of-week": ("ddd", "dddd"),
    "hours": ("h", "hh"),
    "minutes": ("m", "mm"),
    "seconds": ("s", "ss"),
    "am-pm": ("AM/PM", "AM/PM"),
    "era": ("e", "e"),
}
_FORMATS = {f"{kind}-style" for kind in ("number", "percentage", "currency", "date", "time", "boolean", "text")}
_SIGNS: Sequence[Sequence[str]] = (
    [],
    [">=0"],
    [">0"],
    [">0", "<0"],
    [">0", "<0", "=0"],
)  # conditions that two or three sections have by themselves


@dataclass
class _Style:
    """A style of cells, columns, rows or tables: the properties that matter here."""

    parent: str = ""
    format: str = ""
    size: float | None = None  # points
    display: bool = True


@dataclass
class _Format:
    """A format while it is read: its parts, its conditions, and whether negative numbers are red."""

    kind: str
    parts: list[str] = field(default_factory=list)
    sections: list[tuple[str, str]] = field(default_factory=list)
    counts_on: bool = False  # hours beyond a day


class Styles:
    """The styles of a document, filled by the elements that its reader passes on."""

    def __init__(self) -> None:
        self._styles: dict[tuple[str, str], _Style] = {}
        self._formats: dict[str, _Format] = {}
        self._style: _Style | None = None
        self._format: _Format | None = None
        self._in_text = False

    # Reading

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """Take the beginning of an element; names have no namespace."""
        if name == "style":
            key = given.get("family", ""), given.get("name", "")
            self._style = self._styles[key] = _Style(
                given.get("parent-style-name", ""), given.get("data-style-name", "")
            )
        elif name in _FORMATS:
            counts_on = given.get("truncate-on-overflow") == "false"
            self._format = self._formats[given.get("name", "")] = _Format(
                name.removesuffix("-style"), counts_on=counts_on
            )
        elif self._format is not None:
            self._part(self._format, name, given)
        elif self._style is not None:
            self._property(self._style, name, given)

    def text(self, text: str) -> None:
        """Take a text within an element."""
        if self._format is not None and self._in_text:
            self._format.parts.append(
                "%" if self._format.kind == "percentage" and text.strip() == "%" else _quoted(text)
            )

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name == "style":
            self._style = None
        elif name in _FORMATS:
            self._format = None
        elif name in ("text", "currency-symbol"):
            self._in_text = False

    def _property(self, style: _Style, name: str, given: Mapping[str, str]) -> None:
        if name == "table-column-properties":
            style.size = _points(given.get("column-width", ""))
        elif name == "table-row-properties":
            style.size = _points(given.get("row-height", ""))
        elif name == "table-properties":
            style.display = given.get("display") != "false"

    def _part(self, form: _Format, name: str, given: Mapping[str, str]) -> None:
        is_long = given.get("style") == "long"
        if name in ("text", "currency-symbol"):
            self._in_text = True
        elif name == "month":
            form.parts.append(("mmm", "mmmm")[is_long] if given.get("textual") == "true" else ("m", "mm")[is_long])
        elif name in _DATES:
            part = _DATES[name][is_long]
            form.parts.append(f"[{part}]" if name == "hours" and form.counts_on else part)
        elif name in _NUMBERS:
            form.parts.append(_NUMBERS[name](given))
        elif name == "text-properties" and given.get("color", "").lower() == "#ff0000":
            form.parts.insert(0, "[Red]")
        elif name == "map":
            condition = given.get("condition", "").replace(" ", "").removeprefix("value()").replace("!=", "<>")
            form.sections.append((condition, given.get("apply-style-name", "")))

    # Results

    def format_of(self, cell: str) -> str:
        """Give the format of cells with a style."""
        seen: set[str] = set()
        while cell and cell not in seen:
            seen.add(cell)
            style = self._styles.get(("table-cell", cell), _Style())
            if style.format:
                return self._code(style.format)
            cell = style.parent
        return _GENERAL

    def width(self, column: str) -> float | None:
        """Give the width of columns with a style, in characters."""
        size = self._styles.get(("table-column", column), _Style()).size
        return None if size is None else size / _CHARACTER

    def height(self, row: str) -> float | None:
        """Give the height of rows with a style, in points."""
        return self._styles.get(("table-row", row), _Style()).size

    def is_displayed(self, table: str) -> bool:
        """Return whether tables with a style are shown."""
        return self._styles.get(("table", table), _Style()).display

    def _code(self, name: str) -> str:
        form = self._formats.get(name)
        if form is None:
            return _GENERAL
        conditions = [condition for condition, _ in form.sections]
        bracket = conditions not in _SIGNS
        mapped = [(f"[{c}]" if bracket else "") + self._own(style) for c, style in form.sections]
        if form.kind == "text" and mapped:
            mapped += [_GENERAL] * (3 - len(mapped))
        return ";".join([*mapped, self._own(name)]) or '""'

    def _own(self, name: str) -> str:
        form = self._formats.get(name)
        return "".join(form.parts) if form else _GENERAL


def _number(given: Mapping[str, str]) -> str:
    least, grouped = _count(given, "min-integer-digits"), given.get("grouping") == "true"
    if "decimal-places" not in given and not grouped and least <= 1:
        return _GENERAL
    whole = "#,##" + "0" * max(least, 1) if grouped else "0" * least or "#"
    return whole + _decimals(given) + "," * _thousands(given.get("display-factor", "1"))


def _scientific(given: Mapping[str, str]) -> str:
    return "0" * max(_count(given, "min-integer-digits"), 1) + _decimals(given) + "E+00"


def _decimals(given: Mapping[str, str]) -> str:
    most = _count(given, "decimal-places")
    least = min(_count(given, "min-decimal-places") if "min-decimal-places" in given else most, most)
    return "." + "0" * least + "#" * (most - least) if most else ""


_NUMBERS: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "number": _number,
    "scientific-number": _scientific,
    "fraction": lambda _: "# ?/?",
    "text-content": lambda _: "@",
    "boolean": lambda _: _GENERAL,
}


def _count(given: Mapping[str, str], name: str) -> int:
    text = given.get(name, "0")
    return min(int(text), _MOST) if text.isdecimal() and len(text) < _MOST else 0


def _thousands(factor: str) -> int:
    digits = factor.partition(".")[0]
    return (len(digits) - 1) // 3 if digits[:1] == "1" and not digits[1:].strip("0") else 0


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '"\\""') + '"'


def _points(size: str) -> float | None:
    number, unit = size[:-2], size[-2:]
    try:
        return float(number) * _POINTS[unit]
    except (ValueError, KeyError):
        return None

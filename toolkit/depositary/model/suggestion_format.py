"""The formats in which suggestions are listed."""

from enum import StrEnum


class SuggestionFormat(StrEnum):
    """The format in which to list suggestions."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


class SuggestionEngine(StrEnum):
    """What scores pairs of rows."""

    DEPOSITARY = "depositary"
    SPLINK = "splink"


class ReviewFormat(StrEnum):
    """How pairs are judged: in the terminal, on a page, or on a worksheet."""

    TEXT = "text"
    HTML = "html"
    CSV = "csv"
    XLSX = "xlsx"

"""The formats in which suggestions are listed."""

from enum import StrEnum


class SuggestionFormat(StrEnum):
    """The format in which to list suggestions."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"

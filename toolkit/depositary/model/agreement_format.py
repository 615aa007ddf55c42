"""The formats in which an agreement is written."""

from enum import StrEnum


class AgreementFormat(StrEnum):
    """The format in which to write how far coders agree."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"
    HTML = "html"

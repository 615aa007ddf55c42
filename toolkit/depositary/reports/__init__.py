"""Writing reports: as text for people, as JSON and SARIF for programs, as annotations for CI, as a page to look at."""

from enum import StrEnum


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    HTML = "html"

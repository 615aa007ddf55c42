"""Write reports: as text or a page for people, as JSON and SARIF for programs, as annotations and Markdown for CI."""

from enum import StrEnum


class Format(StrEnum):
    """The format of a report."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    HTML = "html"
    MARKDOWN = "markdown"

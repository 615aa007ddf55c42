"""Write a report in one of the formats."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from depositary.model.report import Report, join, located
from depositary.model.target import Target
from depositary.reports import Format
from depositary.reports.text import to_texts

if TYPE_CHECKING:
    from depositary.reports.files import Files

_Judged = Sequence[tuple[Target, Report]]


def written(form: Format, judged: _Judged, *, colour: bool = False, width: int | None = None) -> str:
    """Write the reports of one or several targets as one; colour and width apply only to text."""
    reports = [report for _, report in judged]
    match form:  # mypy refuses a format that has no branch
        case Format.TEXT:
            return to_texts(reports, colour=colour, width=width)
        case Format.JSON:
            return (join([located(r) for r in reports]) if len(reports) > 1 else reports[0]).to_json()
        case Format.SARIF:
            return _sarif(judged)
        case Format.GITHUB:
            return _github(judged)
        case Format.HTML:
            return _html(judged)
        case Format.MARKDOWN:
            return _markdown(reports)


# What follows loads its libraries when it is asked for: a text needs none of them.


def _sarif(judged: _Judged) -> str:
    from depositary.reports.glossary import Glossary  # noqa: PLC0415
    from depositary.reports.sarif import to_sarif  # noqa: PLC0415

    report, files = _joined(judged)
    return to_sarif(report, files, Glossary.of([target for target, _ in judged], report))


def _github(judged: _Judged) -> str:
    from depositary.reports.github import to_github  # noqa: PLC0415

    return to_github(*_joined(judged))


def _html(judged: _Judged) -> str:
    from depositary.reports.files import Files  # noqa: PLC0415
    from depositary.reports.glossary import Glossary  # noqa: PLC0415
    from depositary.reports.html import to_html  # noqa: PLC0415

    targets, reports = zip(*judged, strict=True)
    if len(reports) == 1:  # the page has its folder at the top
        report, files = reports[0], Files.of(judged, located=False)
    else:
        report, files = _joined(judged)
    return to_html(reports, report, files, Glossary.of(targets, report))


def _markdown(reports: Sequence[Report]) -> str:
    from depositary.reports.markdown import to_markdown  # noqa: PLC0415

    return to_markdown(reports)


def _joined(judged: _Judged) -> tuple[Report, "Files"]:
    """Give one report, and its files, named from the current folder."""
    from depositary.reports.files import Files  # noqa: PLC0415

    return join([located(report) for _, report in judged]), Files.of(judged, located=True)

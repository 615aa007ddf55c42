"""A report in the form that is asked for."""

from collections.abc import Sequence

from depositary.model.report import Report, join, located
from depositary.model.target import Target
from depositary.reports import Format
from depositary.reports.text import to_texts


def written(
    form: Format,
    judged: Sequence[tuple[Target, Report]],
    *,
    colour: bool = False,
    width: int | None = None,
) -> str:
    """Write the reports of one or several subjects as one; colour and width are those of a text."""
    reports = [report for _, report in judged]
    if form is Format.TEXT:
        return to_texts(reports, colour=colour, width=width)
    if form is Format.JSON:
        return (join([located(r) for r in reports]) if len(reports) > 1 else reports[0]).to_json()
    return _with_files(form, judged)


def _with_files(form: Format, judged: Sequence[tuple[Target, Report]]) -> str:
    from depositary.reports.files import Files  # noqa: PLC0415 (a text needs none of these)
    from depositary.reports.github import to_github  # noqa: PLC0415
    from depositary.reports.glossary import Glossary  # noqa: PLC0415
    from depositary.reports.html import to_html  # noqa: PLC0415
    from depositary.reports.sarif import to_sarif  # noqa: PLC0415

    subjects, reports = zip(*judged, strict=True)
    if form is Format.HTML and len(reports) == 1:  # its folder stands at the head of the page
        return to_html(reports, reports[0], Files.of(judged, located=False), Glossary.of(subjects, reports[0]))
    report, files = join([located(report) for report in reports]), Files.of(judged, located=True)
    if form is Format.GITHUB:
        return to_github(report, files)
    glossary = Glossary.of(subjects, report)
    return to_sarif(report, files, glossary) if form is Format.SARIF else to_html(reports, report, files, glossary)

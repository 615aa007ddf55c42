"""A report as Markdown, for the summary of a CI job or a comment on a pull request."""

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from depositary.model.finding import Finding
from depositary.model.report import Report, TableReport
from depositary.reports.groups import (
    Group,
    Section,
    about,
    clean,
    clean_count,
    kind,
    levels,
    row_name,
    sections,
    size,
    verdict,
)
from depositary.visible import visible
from depositary.wording.plain import number

SHOWN = 10  # findings of one kind
_ACTIVE = re.compile(
    r"[&<@#]|:(?=//)|(?<=www)\.|(?<=GH)-", re.IGNORECASE
)  # entities, tags, mentions, numbers of issues, addresses
_BLOCK = re.compile(r"^(\d*)([-+=.)])")  # what makes a list or a heading at the start of a line
_NAME = re.compile(r"[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*")  # has no marks, as `_` within a word is none
_MARKS = re.compile(r"([\\`*\[\]|~>$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")  # within a word, `_` is not a mark


def to_markdown(reports: Sequence[Report]) -> str:
    """Write reports, each with its result, its findings by table, and what could not be judged."""
    return "\n\n".join(part for report in reports for part in _parts(report)) + "\n"


def _parts(report: Report) -> Iterator[str]:
    yield f"### {markdown(report.subject)}"
    outcome, _, counted = verdict(report).partition(":")
    yield f"**{outcome.capitalize()}**:{counted}{_about(report)}"
    for section in sections(report):
        yield _heading(report, section)
        rows = (row for one in section.groups for row in _rows(one, section.table))
        yield "\n".join(table(["where", "finding", "what to do"], rows))
    if clean(report):
        yield f"{clean_count(report)}."
    if report.not_judged:
        lines = (
            f"- {markdown(', '.join(filter(None, [one.table, one.what])))}: {markdown(one.reason)}"
            for one in report.not_judged
        )
        yield "\n".join(["Not judged:", "", *lines])


def _heading(report: Report, section: Section) -> str:
    if section.table is None:
        return f"#### The {kind(report)} as a whole"
    one = section.table
    return f"#### {markdown(one.name)} ({markdown(one.place)}): {size(one)}, {levels(one)}"


def _about(report: Report) -> str:
    what = markdown(about(report))
    return (
        f" {f'{what[:1].upper()}{what[1:]}' if kind(report) == 'contribution' else f'Package: {what}'}." if what else ""
    )


def _rows(group: Group, table: TableReport | None) -> Iterator[tuple[str, str, str]]:
    for finding in group.findings[:SHOWN]:
        mark = "" if finding.level == "error" else "warning: "
        yield _where(finding, table), f"{mark}{finding.message} [{group.names}]", finding.hint
    left = group.count - min(len(group.findings), SHOWN)
    if left:
        yield "", f"{number(left, 'more finding')} of {group.names}", group.advice


def _where(finding: Finding, table: TableReport | None) -> str:
    return ", ".join(filter(None, [row_name(finding, table) or finding.file, finding.field]))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write a table; texts in cells may have any characters."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(markdown, row))} |"


def markdown(text: str) -> str:
    """Write a text of a file so that Markdown shows it as it is: no marks, no HTML, no links, no mentions."""
    plain = _MARKS.sub(r"\\\1", visible(text.replace("\n", " ")))
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", plain).encode("utf-8", "backslashreplace").decode()


def paragraph(text: str) -> str:
    """Write a text of a file as a paragraph, which does not begin a list, a heading or a block of code."""
    return _BLOCK.sub(r"\1\\\2", markdown(" ".join(text.split())))


def code(text: str) -> str:
    """Write a text of a file as code, if nothing in it ends the code or a cell of a table."""
    return paragraph(text) if not text or set(text) & set("`|\\") else f"`{visible(text)}`"


def named(text: str) -> str:
    """Write a name of a file; one that is a plain word stays as it is."""
    return text if _NAME.fullmatch(text) else paragraph(text)


def link(text: str, path: str) -> str:
    """Write a link to a file beside the page, or to a heading in it."""
    return f"[{named(text)}]({quote(path, safe='/#')})"

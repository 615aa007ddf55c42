"""A report as workflow annotations of GitHub Actions."""

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest

from depositary.model.finding import Finding, Level
from depositary.model.report import Report
from depositary.reports.files import Files
from depositary.reports.groups import Group, Section, sections, verdict
from depositary.visible import visible
from depositary.wording.plain import number

SHOWN = 10  # annotations of one level that GitHub accepts from a step

_Found = tuple[Group, Finding]


def to_github(report: Report, files: Files) -> str:
    """Write a report as annotations; paths of files are relative to the current folder.

    GitHub shows ten errors and ten warnings of a step. So the first finding of each kind comes before any second ones,
    and a notice at the end counts those that are not shown.
    """
    shown = [found for level in ("error", "warning") for found in _most_telling(report, level)]
    at = files.lines(report, ((finding.file, finding.row) for _, finding in shown))
    lines = [_annotation(g, f, files.path(f.file), at[f.file].get(f.row, 0)) for g, f in shown]
    lines.append(_notice(report, shown))
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace").decode()


def _most_telling(report: Report, level: Level) -> Sequence[_Found]:
    groups = [g for section in sections(report) for g in section.groups if g.level == level and g.findings]
    rounds = zip_longest(*([(group, finding) for finding in group.findings] for group in groups))
    return [found for found in chain.from_iterable(rounds) if found][:SHOWN]


def _annotation(group: Group, finding: Finding, path: str, line: int) -> str:
    title = ": ".join(filter(None, [", ".join(filter(None, [finding.table, finding.field])), group.names]))
    properties = {"file": path, "line": str(line) if path and line else "", "title": title}
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    row = f"row {finding.row}: " if finding.row else ""
    first = finding is group.findings[0]
    return f"::{finding.level} {written}::{_data([row + finding.message, finding.hint, _more(group) if first else ''])}"


def _more(group: Group) -> str:
    return f"{group.count:,} of these in the table" if group.count > 1 else ""


def _notice(report: Report, shown: Sequence[_Found]) -> str:
    return f"::notice title=depositary validate::{_data([*_summary(report, shown)])}"


def _summary(report: Report, shown: Sequence[_Found]) -> Iterator[str]:
    yield f"{report.subject}: {verdict(report)}"
    rest = [line for section in sections(report) if (line := _left_out(section, shown))]
    if rest:
        yield "Not shown here; other formats of depositary validate show them:"
        yield from rest
    if report.not_judged:
        yield f"{number(len(report.not_judged), 'thing')} could not be judged; other formats list the reasons."


def _left_out(section: Section, shown: Sequence[_Found]) -> str:
    groups = [
        (g.names, g.count - sum(1 for _, f in shown if any(f is own for own in g.findings))) for g in section.groups
    ]
    parts = ", ".join(f"{count:,} {names}" for names, count in groups if count)
    return f"{section.table.place if section.table else 'the package as a whole'}: {parts}" if parts else ""


# A value from a file must not end the command and begin another: the runner reads each line by itself, and a property
# ends at a comma or colon.


def _data(lines: Sequence[str]) -> str:
    return "%0A".join(visible(line).replace("%", "%25") for line in lines if line)


def _property(text: str) -> str:
    return visible(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")

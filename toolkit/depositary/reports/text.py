"""A report as text for people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from depositary.model.finding import Finding
from depositary.model.report import Report, TableReport
from depositary.reports.groups import (
    Group,
    Section,
    about,
    by_field,
    clean,
    clean_count,
    has_others,
    levels,
    row_name,
    sections,
    size,
    verdict,
)
from depositary.visible import visible
from depositary.wording.plain import at_release, number

_COLOURS = {"error": "31", "warning": "33", "title": "1", "good": "32", "quiet": "2"}
_SHOWN = 5  # findings of a group that are listed; the other formats have all that are kept
_ROWS = 10  # other rows of a finding that are listed
_NAMED = 10  # tables without findings that are named; more are only counted
_NARROWEST = 40  # characters; a terminal narrower than that breaks the lines itself


def to_text(report: Report, *, colour: bool = False, width: int | None = None) -> str:
    """Write a report as text: findings by table and code, tables without findings, what was not judged, and the total.

    Lines are broken at the width, if it is given.
    """
    return _Text(colour, width).report(report)


def to_texts(reports: Sequence[Report], *, colour: bool = False, width: int | None = None) -> str:
    """Write several reports one after the other, with the total at the end."""
    text = _Text(colour, width)
    parts = [text.report(report) for report in reports]
    return "\n".join([*parts, *([text.sum_of(reports)] if len(reports) > 1 else [])])


@dataclass(frozen=True)
class _Text:
    colour: bool
    width: int | None

    def report(self, report: Report) -> str:
        head = ": ".join(filter(None, [report.subject, about(report)]))
        lines = [*(self._paint(line, "title") for line in self._line(head, 0)), ""]
        found = sections(report)
        for section in found:
            lines += [*self._section(section), ""]
        lines += self._clean(report)
        lines += [*self._rules(report), *self._not_judged(report), *self._sum(report, found)]
        return _whole("\n".join(lines) + "\n")

    def sum_of(self, reports: Sequence[Report]) -> str:
        failed = sum(not report.valid for report in reports)
        errors, warnings = sum(r.errors for r in reports), sum(r.warnings for r in reports)
        verdict = f"{failed} of {len(reports)} invalid" if failed else f"all {len(reports)} valid"
        painted = self._paint(verdict, "error" if failed else "good")
        return f"{painted}: {number(errors, 'error')}, {number(warnings, 'warning')} in all.\n"

    def _clean(self, report: Report) -> Iterator[str]:
        """Count the tables without findings in one line, and name them if they are few."""
        tables = clean(report)
        names = ", ".join(f"{table.name} ({size(table)})" for table in tables) if len(tables) <= _NAMED else ""
        if tables:
            yield from self._line(": ".join(filter(None, [clean_count(report), names])), 0)
            yield ""

    def _section(self, section: Section) -> Iterator[str]:
        if section.table:
            table = section.table
            title = f"{table.name} ({table.place})"
            first, *others = self._line(f"{title}: {size(table)}, {levels(table)}", 0)
            yield first.replace(visible(title), self._paint(visible(title), "title"), 1)
            yield from others
        for group in section.groups:
            if group.count == 1 and group.findings:
                yield from self._alone(group, group.findings[0], section.table)
            else:
                yield from self._together(group, section.table)

    def _alone(self, group: Group, finding: Finding, table: TableReport | None) -> Iterator[str]:
        level = "warning: " if finding.level == "warning" else ""
        line = f"{_start(finding, table)}{level}{finding.message}"
        yield from self._line(line, 2, group.names, finding.level)
        if has_others(finding):
            yield from self._line(f"with {_also(finding)}", 6)
        yield from self._line(f"→ {finding.hint}", 6)

    def _together(self, group: Group, table: TableReport | None) -> Iterator[str]:
        head = f"{group.names}: {number(group.count, group.level)}"
        yield f"  {self._paint(visible(head), group.level)}"
        for finding in group.findings[:_SHOWN]:
            hint = f" → {group.hint(finding)}" if group.hint(finding) else ""
            also = f" (with {_also(finding)})" if has_others(finding) else ""
            yield from self._line(f"{_start(finding, table)}{finding.message}{also}{hint}", 4)
        rest = group.rest(_SHOWN)
        if rest:
            yield from self._line(f"… and {by_field(rest)}", 4)
        yield from self._line(f"→ {group.advice}", 4)

    def _rules(self, report: Report) -> Iterator[str]:
        if report.rules.judged or report.rules.off:
            yield f"rules: {len(report.rules.judged):,} judged, as of {report.rules.as_of}"
            for off in report.rules.off:
                yield from self._line(f"{off.rule} is switched off: {off.reason}", 2)
            yield ""

    def _not_judged(self, report: Report) -> Iterator[str]:
        if report.not_judged:
            yield "not judged"
            for item in report.not_judged:
                yield from self._line(f"{', '.join(filter(None, [item.table, item.what]))}: {item.reason}", 2)
            yield ""

    def _sum(self, report: Report, found: Sequence[Section]) -> Iterator[str]:
        outcome, _, counted = verdict(report).partition(":")
        yield f"{self._paint(outcome, 'good' if report.valid else 'error')}:{counted}"
        if report.errors_at_release:
            yield f"{at_release(report.errors_at_release)} To see them as errors, add --release."
        if found:
            first = found[0].groups[0]
            yield f"What a code means: depositary explain {first.rule if first.code == 'rule' else first.code}"

    def _line(self, text: str, indent: int, label: str = "", level: str = "") -> Iterator[str]:
        """Write a line, broken at the width and indented further after a break; the label in colour ends it."""
        # A label is not broken: it has no-break spaces.
        mark = f"[{label}]".replace(" ", "\xa0") if label else ""
        text = f"{visible(text)} {mark}".rstrip(" ")
        first, later = " " * indent, " " * (indent + (2 if text.startswith("→") else 4))
        lines = [first + text]
        if self.width and self.width >= _NARROWEST:
            lines = wrap(
                text,
                self.width,
                initial_indent=first,
                subsequent_indent=later,
                break_long_words=False,
                break_on_hyphens=False,
            )
        painted = self._paint(f"[{label}]", level) if label else ""
        yield from (*lines[:-1], lines[-1].removesuffix(mark) + painted if mark else lines[-1])

    def _paint(self, text: str, what: str) -> str:
        return f"\x1b[{_COLOURS[what]}m{text}\x1b[0m" if self.colour else text


def _whole(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _start(finding: Finding, table: TableReport | None) -> str:
    place = ", ".join(filter(None, [row_name(finding, table), finding.field]))
    if table is None:
        place = finding.table if finding.table and not finding.message.startswith(finding.table) else ""
        place = place or ("" if finding.table else finding.file)
    return f"{place}: " if place else ""


def _also(finding: Finding) -> str:
    """Name the other rows that take part, by file."""
    rows: dict[str, list[str]] = {}
    for place in finding.also[:_ROWS]:
        rows.setdefault("" if place.file == finding.file else f" of {place.file}", []).append(f"{place.row:,}")
    parts = [f"row{'s' if len(n) > 1 else ''} {', '.join(n)}{where}" for where, n in rows.items()]
    more = len(finding.also) - _ROWS
    return "; ".join([*parts, *([f"{more:,} more"] if more > 0 else [])])

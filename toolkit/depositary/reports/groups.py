"""Findings of one kind in one table as a group, with what to do about them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from depositary.model.codes import CODES
from depositary.model.finding import Finding, Level
from depositary.model.report import Report, TableReport, Total
from depositary.wording.cells import fix
from depositary.wording.plain import number


@dataclass
class Group:
    """The findings of one code, rule and level; `findings` has those that were kept, `fields` counts all of them."""

    code: str
    rule: str
    level: Level
    findings: list[Finding] = field(default_factory=list)
    fields: Counter[str] = field(default_factory=Counter)

    @property
    def id(self) -> str:
        """Give its name for `depositary explain`."""
        return self.rule or self.code

    @property
    def names(self) -> str:
        """Name code and rule."""
        return " ".join(name for name in (self.code if self.code != "rule" else "", self.rule) if name)

    @property
    def title(self) -> str:
        """Give the title of the code."""
        return CODES[self.code].title

    @property
    def count(self) -> int:
        """Count the findings, including those that were not kept."""
        return sum(self.fields.values())

    @property
    def advice(self) -> str:
        """Give the advice for all of them: the hint that they share, or else the general hint of the code."""
        hints = {finding.hint for finding in self.findings}
        if len(hints) > 1:
            hints = {hint for hint in hints if not hint.endswith("?")}
        if len(hints) == 1:
            return hints.pop()
        return f"read what the rule is for: depositary explain {self.rule}" if self.code == "rule" else fix(self.code)

    def hint(self, finding: Finding) -> str:
        """Give the hint of one finding if it is more than the advice for all."""
        return "" if finding.hint in (self.advice, fix(self.code)) else finding.hint

    def rest(self, shown: int) -> Counter[str]:
        """Count by field the findings that are left after the first ones."""
        return self.fields - Counter(finding.field for finding in self.findings[:shown])


def grouped(findings: Iterable[Finding], totals: Iterable[Total]) -> list[Group]:
    """Group findings by code, rule and level: errors first, then in the order in which they were found."""
    groups: dict[tuple[str, str, Level], Group] = {}
    for finding in findings:
        key = (finding.code, finding.rule, finding.level)
        groups.setdefault(key, Group(*key)).findings.append(finding)
    for total in totals:
        key = (total.code, total.rule, total.level)
        groups.setdefault(key, Group(*key)).fields[total.field] += total.count
    return sorted(groups.values(), key=lambda group: group.level != "error")


@dataclass(frozen=True)
class Section:
    """The findings of one table; `table` is None for findings of no single table."""

    table: TableReport | None
    groups: list[Group]


def sections(report: Report) -> list[Section]:
    """Give the findings by table; those of no single table come first."""
    found = [Section(None, grouped(report.findings, report.totals))]
    found += [Section(table, grouped(table.findings, table.totals)) for table in report.tables]
    return [section for section in found if section.groups]


def clean(report: Report) -> list[TableReport]:
    """Give the tables without findings."""
    return [table for table in report.tables if not table.totals]


def clean_count(report: Report) -> str:
    """Count the tables without findings in a few words; empty if there are none."""
    count = len(clean(report))
    return f"{number(count, 'table')} without findings" if count else ""


def size(table: TableReport) -> str:
    """Write how many rows of a table were read."""
    return "not read" if table.rows is None else number(table.rows, "row")


def levels(table: TableReport) -> str:
    """Count the findings of a table by level; a level without findings is left out."""
    counts = ((table.count("error"), "error"), (table.count("warning"), "warning"))
    return ", ".join(number(count, level) for count, level in counts if count)


def kind(report: Report) -> str:
    """Name what a report is about: a contribution, a file or a package."""
    if not report.is_part:
        return "package"
    return "file" if any(table.file == report.subject for table in report.tables) else "contribution"


def about(report: Report) -> str:
    """Write what the subject of a report is: the package, or who contributes to it; empty if that is not known."""
    package = f"{report.name} {report.version}".strip()
    if kind(report) != "contribution":
        return package
    by = f" by {report.contributor}" if report.contributor else ""
    return f"contribution{by}{f' to {package}' if package else ''}"


def by_field(rest: Counter[str], most: int = 6) -> str:
    """Write how many more findings there are, by field if there are several."""
    named = [(name, count) for name, count in sorted(rest.items(), key=lambda item: (-item[1], item[0])) if count]
    total = f"{rest.total():,} more"
    if len(named) == 1:
        return f"{total} of {named[0][0]}" if named[0][0] else total
    parts = [f"{count:,} of {name or 'no column'}" for name, count in named[:most]]
    if named[most:]:
        parts.append(f"{sum(count for _, count in named[most:]):,} of {number(len(named) - most, 'other column')}")
    return f"{total}: {', '.join(parts)}"


def verdict(report: Report) -> str:
    """Write the result in one line."""
    counted = f"{number(report.errors, 'error')}, {number(report.warnings, 'warning')}"
    read = f"{number(len(report.tables), 'table')}, {number(report.rows, 'row')}"
    return f"{'valid' if report.valid else 'invalid'}: {counted} in {read}."


def row_name(finding: Finding, table: TableReport | None, form: str = "") -> str:
    """Name the row of a finding, with its file if the table has parts; empty if it is about the table as a whole."""
    row = f"row {finding.row:{form}}" if finding.row else ""
    return " of ".join(filter(None, [row, finding.file])) if table and table.more else row


def has_others(finding: Finding) -> bool:
    """Return whether other rows take part that the message itself does not name."""
    return bool(finding.also) and finding.code == "rule"

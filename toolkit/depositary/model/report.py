"""A report: every finding of one validation, with exact totals."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from depositary.model.finding import Finding, Level
from depositary.visible import visible_json

BASE = "base: "  # prefix of files of the package that a contribution is based on


@dataclass(frozen=True, order=True)
class Total:
    """The number of findings of one code in a field of a table; exact, even if few are kept as examples."""

    table: str
    code: str
    field: str
    level: Level
    count: int
    rule: str = ""


@dataclass(frozen=True, order=True)
class NotJudged:
    """A check that could not be made, with the reason; `subject` is set in a report on several targets."""

    table: str
    what: str
    reason: str
    subject: str = ""


@dataclass(frozen=True, order=True)
class SwitchedOff:
    """A rule that the package switches off, and why; `subject` is set in a report on several targets."""

    rule: str
    reason: str
    subject: str = ""


@dataclass(frozen=True)
class RulesReport:
    """The rules that were judged, the day that was today, and the rules that the package switches off.

    `stricter` has the rules that were judged as warnings, and are errors before a release.
    """

    as_of: str = ""
    judged: tuple[str, ...] = ()
    off: tuple[SwitchedOff, ...] = ()
    stricter: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TableReport:
    """The findings in one table; `rows` is None if its file could not be read.

    Of a table in parts, `file` is the first one, and `more` has the others.
    """

    name: str
    file: str
    rows: int | None
    labels: tuple[str, ...]
    findings: tuple[Finding, ...]
    totals: tuple[Total, ...]
    more: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Give the paths of all its files."""
        return (self.file, *self.more)

    @property
    def place(self) -> str:
        """Name its file, or the first of its parts and the number of the others."""
        others = len(self.more)
        return f"{self.file} and {others:,} more part{'s' if others > 1 else ''}" if others else self.file

    def count(self, level: Level) -> int:
        """Count the findings of a level, including those that were not kept."""
        return sum(t.count for t in self.totals if t.level == level)


@dataclass(frozen=True)
class Report:
    """The result of a validation.

    `findings` are those of no single table, such as errors in the descriptor; iterating gives all that are kept.
    `name` and `version` are those of the package. A report that `is_part` is about a contribution to it, or one file;
    `contributor` is who contributes.
    """

    subject: str
    name: str
    version: str
    tables: tuple[TableReport, ...] = field(repr=False)
    findings: tuple[Finding, ...] = field(default=(), repr=False)
    totals: tuple[Total, ...] = ()
    not_judged: tuple[NotJudged, ...] = field(default=(), repr=False)
    rules: RulesReport = field(default_factory=RulesReport, repr=False)
    is_part: bool = False
    contributor: str = ""

    @property
    def valid(self) -> bool:
        """Return whether nothing of level error was found."""
        return self.errors == 0

    @property
    def errors_at_release(self) -> int:
        """Count the warnings that are errors before a release."""
        totals = [*self.totals, *(total for table in self.tables for total in table.totals)]
        return sum(one.count for one in totals if one.level == "warning" and one.rule in self.rules.stricter)

    @property
    def errors(self) -> int:
        """Count the errors."""
        return self._count("error")

    @property
    def warnings(self) -> int:
        """Count the warnings."""
        return self._count("warning")

    @property
    def rows(self) -> int:
        """Count the rows that were read."""
        return sum(table.rows or 0 for table in self.tables)

    def __iter__(self) -> Iterator[Finding]:
        yield from self.findings
        for table in self.tables:
            yield from table.findings

    def _count(self, level: Level) -> int:
        own = sum(t.count for t in self.totals if t.level == level)
        return own + sum(table.count(level) for table in self.tables)

    def to_json(self) -> str:
        """Write the report as JSON that frictionless's `Report.from_descriptor` loads."""
        return as_json(_descriptor(self))


def as_json(document: object) -> str:
    """Write a document as JSON; invisible characters become JSON escapes."""
    return visible_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def join(reports: Sequence[Report]) -> Report:
    """Join the reports of several targets, in the given order; they must be `located`."""
    if len(reports) == 1:
        return reports[0]
    return Report(
        subject=", ".join(r.subject for r in reports),
        name=", ".join(dict.fromkeys(r.name for r in reports if r.name)),
        version=", ".join(dict.fromkeys(r.version for r in reports if r.version)),
        tables=tuple(t for r in reports for t in r.tables),
        findings=tuple(f for r in reports for f in r.findings),
        totals=_summed(t for r in reports for t in r.totals),
        not_judged=tuple(n for r in reports for n in r.not_judged),
        rules=RulesReport(
            as_of=next((r.rules.as_of for r in reports if r.rules.as_of), ""),
            judged=tuple(dict.fromkeys(rule for r in reports for rule in r.rules.judged)),
            off=tuple(dict.fromkeys(off for r in reports for off in r.rules.off)),
            stricter=frozenset().union(*(r.rules.stricter for r in reports)),
        ),
    )


def located(report: Report) -> Report:
    """Give a copy with file paths relative to the current folder instead of the package."""
    subject = report.subject
    own = replace(report, tables=(), findings=tuple(_moved(f, report) for f in report.findings))
    return replace(
        own,
        tables=tuple(
            replace(
                t,
                file=path_from_here(report, t.file),
                more=tuple(path_from_here(report, file) for file in t.more),
                findings=tuple(_moved(f, report) for f in t.findings),
            )
            for t in report.tables
        ),
        not_judged=tuple(replace(n, subject=subject) for n in report.not_judged),
        rules=replace(report.rules, off=tuple(replace(off, subject=subject) for off in report.rules.off)),
    )


def _moved(finding: Finding, report: Report) -> Finding:
    also = tuple(replace(p, file=path_from_here(report, p.file)) for p in finding.also)
    return replace(finding, file=path_from_here(report, finding.file), also=also)


def path_from_here(report: Report, file: str) -> str:
    """Give the path of one file relative to the current folder; files of the base do not change."""
    subject = PurePosixPath(report.subject)
    if not file or file.startswith(BASE) or any(table.file == report.subject for table in report.tables):
        return file  # a single file has the path that was given
    return (subject.parent if subject.suffix == ".json" else subject).joinpath(file).as_posix()


def _summed(totals: Iterable[Total]) -> tuple[Total, ...]:
    counts: dict[Total, int] = {}
    for total in totals:
        kind = replace(total, count=0)
        counts[kind] = counts.get(kind, 0) + total.count
    return tuple(replace(kind, count=count) for kind, count in sorted(counts.items()))


# The layout is that of frictionless 5.21. `seconds` is always 0, so that the same input gives the same bytes.
# We add `code`, `rule`, `level`, `hint` and `also` to an error, and `notices`, `totals`, `notJudged` and `rules` to the
# report.


def _descriptor(report: Report) -> dict[str, Any]:
    warnings = [f for f in report.findings if f.level == "warning"]
    return {
        "valid": report.valid,
        "stats": {
            "tasks": len(report.tables),
            "errors": report.errors,
            "warnings": report.warnings,
            "seconds": 0,
        },
        "subject": report.subject,
        **({"contributor": report.contributor} if report.contributor else {}),
        "package": {"name": report.name, "version": report.version},
        "warnings": [f.message for f in warnings],
        "notices": [_finding(f) for f in warnings],
        "errors": [_finding(f) for f in report.findings if f.level == "error"],
        "totals": [_total(t) for t in report.totals],
        "notJudged": [{"table": n.table, "what": n.what, "reason": n.reason, **_of(n)} for n in report.not_judged],
        "rules": {
            "asOf": report.rules.as_of,
            "judged": list(report.rules.judged),
            "off": [{"rule": off.rule, "reason": off.reason, **_of(off)} for off in report.rules.off],
        },
        "tasks": [_task(table) for table in report.tables],
    }


def _of(item: NotJudged | SwitchedOff) -> dict[str, str]:
    return {"subject": item.subject} if item.subject else {}


def _task(table: TableReport) -> dict[str, Any]:
    warnings = [f for f in table.findings if f.level == "warning"]
    stats: dict[str, Any] = {"errors": table.count("error"), "warnings": table.count("warning"), "seconds": 0}
    if table.rows is not None:
        stats |= {"fields": len(table.labels), "rows": table.rows}
    return {
        "name": table.name,
        "type": "table",
        "valid": table.count("error") == 0,
        "place": table.file,
        **({"parts": list(table.files)} if table.more else {}),
        "labels": list(table.labels),
        "stats": stats,
        "warnings": [f.message for f in warnings],
        "notices": [_finding(f) for f in warnings],
        "errors": [_finding(f) for f in table.findings if f.level == "error"],
        "totals": [_total(t) for t in table.totals],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    from depositary.model.codes import CODES  # noqa: PLC0415 (the program starts faster without their examples)

    code = CODES[finding.code]
    defaults = {
        "type": code.reference,
        "title": code.title,
        "description": code.meaning,
        "tags": [],
        "note": "",
    }
    return {
        **defaults,
        **finding.reference,
        "message": finding.message,
        "code": finding.code,
        "rule": finding.rule or finding.code,
        "level": finding.level,
        "table": finding.table,
        "file": finding.file,
        "row": finding.row,
        "field": finding.field,
        "value": finding.value,
        "hint": finding.hint,
        "also": [{"table": place.table, "file": place.file, "row": place.row} for place in finding.also],
    }


def _total(total: Total) -> dict[str, Any]:
    return {
        "code": total.code,
        "rule": total.rule or total.code,
        "field": total.field,
        "level": total.level,
        "count": total.count,
    }

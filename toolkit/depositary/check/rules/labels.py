"""Add the ids of rules to findings of other checks."""

from collections.abc import Sequence
from dataclasses import replace

from depositary.model.report import TableReport
from depositary.model.rule import Label, Rule


def labelled(report: TableReport, rules: Sequence[Rule], dates: Sequence[str] = ()) -> TableReport:
    """Add rule ids to the findings and totals of a table; `dates` has its columns of EDTF dates."""

    def rule(code: str, column: str) -> str:
        fits = (r.id for r in rules for label in r.labels if _fits(label, code, column, dates))
        return next(fits, "")

    return replace(
        report,
        findings=tuple(replace(f, rule=f.rule or rule(f.code, f.field)) for f in report.findings),
        totals=tuple(replace(t, rule=t.rule or rule(t.code, t.field)) for t in report.totals),
    )


def _fits(label: Label, code: str, column: str, dates: Sequence[str]) -> bool:
    return label.code == code and (not label.edtf or column in dates) and (not label.fields or column in label.fields)

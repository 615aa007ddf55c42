"""A report as text for people."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from depositary.model.finding import Finding
from depositary.model.report import Report, TableReport, Total

_COLOURS = {"error": "31", "warning": "33", "title": "1", "good": "32", "quiet": "2"}
Paint = Callable[[str, str], str]
_MANY = 1_000  # findings of one table that are written out; the JSON report has all that are kept


def to_text(report: Report, *, colour: bool = False) -> str:
    """Write a report as text: tables with their rows, findings by table, what was not judged, the sum."""
    paint = _paint if colour else _plain
    lines = [
        paint(": ".join(filter(None, [report.subject, f"{report.name} {report.version}".strip()])), "title"),
        "",
        *_tables(report),
        *_findings("", report.findings, report.totals, paint),
    ]
    for table in report.tables:
        lines += _findings(f"{table.name} ({table.file})", table.findings, table.totals, paint)
    lines += _rules(report)
    lines += _not_judged(report)
    lines += _sum(report, paint)
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode() + "\n"


def _plain(text: str, _: str) -> str:
    return visible(text)


def _paint(text: str, what: str) -> str:
    return f"\x1b[{_COLOURS[what]}m{visible(text)}\x1b[0m"


def visible(text: str) -> str:
    """Write control characters out: a value from a file must not command the terminal."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", text)


def visible_lines(text: str) -> str:
    """Write control characters of a text of several lines out."""
    return "\n".join(map(visible, text.rstrip("\n").split("\n")))


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\udc80-\udcff]")


def _tables(report: Report) -> Iterator[str]:
    if not report.tables:
        return
    width = max(len(t.name) for t in report.tables)
    yield f"{'table':{width}}  {'rows':>12}  errors  warnings"
    for table in report.tables:
        rows = "not read" if table.rows is None else f"{table.rows:,}"
        yield f"{visible(table.name):{width}}  {rows:>12}  {_count(table, 'error'):>6}  {_count(table, 'warning'):>8}"
    yield ""


def _count(table: TableReport, level: str) -> str:
    count = sum(t.count for t in table.totals if t.level == level)
    return f"{count:,}" if count else "-"


def _findings(title: str, kept: Iterable[Finding], totals: Iterable[Total], paint: Paint) -> list[str]:
    kept, totals = list(kept), list(totals)
    if not kept:
        return []
    lines = [paint(title, "title")] if title else []
    shown = kept[:_MANY]
    for finding in shown:
        lines += _finding(finding, paint, alone=not title)
    lines += _rest(shown, totals)
    return [*lines, ""]


def _finding(finding: Finding, paint: Paint, *, alone: bool) -> Iterator[str]:
    place = ", ".join(filter(None, [f"row {finding.row}" if finding.row else "", finding.field]))
    if alone:
        place = finding.table if finding.table and not finding.message.startswith(finding.table) else ""
        place = place or ("" if finding.table else finding.file)
    start = f"  {place}: " if place else "  "
    level = "warning: " if finding.level == "warning" else ""
    names = " ".join(filter(None, [finding.code if finding.code != "rule" else "", finding.rule]))
    yield visible(f"{start}{level}{finding.message} ") + paint(f"[{names}]", finding.level)
    if finding.also:
        yield visible(f"      with {_also(finding)}")
    if finding.hint:
        yield visible(f"      {finding.hint}")


def _also(finding: Finding) -> str:
    """Name the other rows that take part, by file."""
    rows: dict[str, list[str]] = {}
    for place in finding.also:
        rows.setdefault("" if place.file == finding.file else f" of {place.file}", []).append(f"{place.row:,}")
    return "; ".join(f"row{'s' if len(n) > 1 else ''} {', '.join(n)}{where}" for where, n in rows.items())


def _rest(shown: list[Finding], totals: list[Total]) -> Iterator[str]:
    told = Counter((f.code, f.field, f.level, f.rule) for f in shown)
    left = [(t, t.count - told[t.code, t.field, t.level, t.rule]) for t in totals]
    left = [(total, count) for total, count in left if count]
    for total, count in left[:_MANY]:
        of = f" of {visible(total.field)}" if total.field else ""
        yield f"  … and {count:,} more [{total.rule if total.code == 'rule' else total.code}]{of}"
    if len(left) > _MANY:
        yield f"  … and {sum(count for _, count in left[_MANY:]):,} more in {len(left) - _MANY:,} other columns"


def _rules(report: Report) -> Iterator[str]:
    if report.rules.judged or report.rules.off:
        yield f"rules: {len(report.rules.judged):,} judged, as of {report.rules.as_of}"
        for off in report.rules.off:
            yield visible(f"  {off.rule} is switched off: {off.reason}")
        yield ""


def _not_judged(report: Report) -> Iterator[str]:
    if report.not_judged:
        yield "not judged"
        for item in report.not_judged:
            yield visible(f"  {', '.join(filter(None, [item.table, item.what]))}: {item.reason}")
        yield ""


def _sum(report: Report, paint: Paint) -> Iterator[str]:
    verdict = "valid" if report.valid else "invalid"
    counted = (
        f"{_number(report.errors, 'error')}, {_number(report.warnings, 'warning')} in "
        f"{_number(len(report.tables), 'table')}, {_number(report.rows, 'row')}."
    )
    yield f"{paint(verdict, 'good' if report.valid else 'error')}: {counted}"
    first = next(iter(report), None)
    if first:
        yield f"What a code means: depositary explain {first.rule if first.code == 'rule' else first.code}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"

"""A report as SARIF 2.1.0, which code hosts and editors read."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from depositary.model.finding import Finding
from depositary.model.report import NotJudged, Report, SwitchedOff, as_json
from depositary.reports.files import Files
from depositary.reports.glossary import Entry, Glossary
from depositary.reports.groups import Group, Section, by_field, sections
from depositary.version import __version__

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_RELATED = 100  # other rows that a result lists; its properties count the rest

Object = dict[str, Any]


def to_sarif(report: Report, files: Files, glossary: Glossary) -> str:
    """Write a report as one SARIF run; paths of files are relative to the current folder."""
    found = sections(report)
    results = _Results(report, files, list(glossary.entries))
    run = {
        "tool": {"driver": _driver(glossary, found)},
        "invocations": [_invocation(report, found)],
        "columnKind": "unicodeCodePoints",
        "results": [result for section in found for result in results.of(section)],
        "properties": _properties(report),
    }
    return as_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def message(text: str) -> str:
    """Escape placeholders and links in a text (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    return re.sub(r"\](?=\()", "] ", text.replace("{", "{{").replace("}", "}}"))


def _text(text: str) -> Object:
    return {"text": message(text)}


# The tool


def _driver(glossary: Glossary, found: Sequence[Section]) -> Object:
    levels = {group.id: group.level for section in found for group in section.groups}
    return {
        "name": "depositary",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(entry, levels.get(entry.id, "error")) for entry in glossary.entries.values()],
    }


def _rule(entry: Entry, level: str) -> Object:
    help_text = "\n\n".join(filter(None, [entry.meaning, entry.why, f"What to do: {entry.fix}"]))
    return {
        "id": entry.id,
        "shortDescription": _text(f"{entry.title}."),
        "fullDescription": _text(entry.meaning),
        "help": _text(help_text),
        "defaultConfiguration": {"level": entry.level or level},
        "properties": {"tags": ["rule" if entry.why else "code"]},
    }


# The run


def _invocation(report: Report, found: Sequence[Section]) -> Object:
    left = [note for section in found for group in section.groups for note in _left_out(section, group)]
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": [*left, *map(_not_judged, report.not_judged)],
        "toolConfigurationNotifications": list(map(_switched_off, report.rules.off)),
    }


def _left_out(section: Section, group: Group) -> Iterator[Object]:
    rest = group.rest(len(group.findings))
    if rest:
        where = f" in {section.table.place}" if section.table else ""
        text = f"{group.names}{where}: {by_field(rest)} were counted but are not in the results."
        yield {"level": "note", "message": _text(text), "associatedRule": {"id": group.id}}


def _not_judged(item: NotJudged) -> Object:
    what = ", ".join(filter(None, [item.subject, item.table, item.what]))
    return {"level": "warning", "message": _text(f"Not judged: {what}: {item.reason}.")}


def _switched_off(off: SwitchedOff) -> Object:
    text = f"The package {off.subject} switches the rule {off.rule} off: {off.reason}"
    return {"level": "note", "message": _text(text)}


def _properties(report: Report) -> Object:
    return {
        "valid": report.valid,
        "errors": report.errors,
        "warnings": report.warnings,
        "asOf": report.rules.as_of,
        "rulesJudged": list(report.rules.judged),
        "totals": [
            {
                "file": file,
                "rule": t.rule or t.code,
                "code": t.code,
                "field": t.field,
                "level": t.level,
                "count": t.count,
            }
            for file, totals in [("", report.totals), *((t.file, t.totals) for t in report.tables)]
            for t in totals
        ],
    }


# The results


class _Results:
    """Makes results from findings; a counter distinguishes those with the same content."""

    def __init__(self, report: Report, files: Files, rules: Sequence[str]) -> None:
        self._files = files
        self._rules = {name: at for at, name in enumerate(rules)}
        self._alike: Counter[str] = Counter()
        places = (place for finding in report for place in _places(finding))
        self._lines = files.lines(report, places)

    def of(self, section: Section) -> Iterator[Object]:
        """Give the results of one table, in the order of its rows."""
        labels = section.table.labels if section.table else ()
        findings = [finding for group in section.groups for finding in group.findings]
        at = {file: n for n, file in enumerate(section.table.files)} if section.table else {}
        for finding in sorted(findings, key=lambda f: (at.get(f.file, 0), f.row)):
            yield self._result(finding, labels)

    def _result(self, finding: Finding, labels: Sequence[str]) -> Object:
        name = finding.rule or finding.code
        related = [self._location(p.file, p.row, id_=n) for n, p in enumerate(finding.also[:_RELATED], start=1)]
        more = len(finding.also) - _RELATED
        return {
            "ruleId": name,
            "ruleIndex": self._rules[name],
            "level": finding.level,
            "message": _text("\n".join(filter(None, [finding.message, finding.hint]))),
            **({"locations": [self._location(finding.file, finding.row, finding)]} if finding.file else {}),
            **({"relatedLocations": related} if related else {}),
            "partialFingerprints": {"depositary/v1": self._fingerprint(finding, labels)},
            "properties": {
                "code": finding.code,
                "table": finding.table,
                "row": finding.row,
                "field": finding.field,
                "value": finding.value,
                "hint": finding.hint,
                **({"furtherRelatedRows": more} if more > 0 else {}),
            },
        }

    def _location(self, file: str, row: int, finding: Finding | None = None, id_: int | None = None) -> Object:
        uri = self._files.uri(file)
        location: Object = {"artifactLocation": {"uri": uri}} if uri else {}
        line = self._lines.get(file, {}).get(row, row)
        if location and row:
            # A row is a record: if cells have line breaks, it is not on the line with the same number.
            location["region"] = {"startLine": line, "properties": {"row": row}}
        return {
            **({"id": id_} if id_ is not None else {}),
            **({"physicalLocation": location} if location else {}),
            **({"message": _text(f"row {row} of {file}")} if finding is None else _logical(finding)),
        }

    def _fingerprint(self, finding: Finding, labels: Sequence[str]) -> str:
        """Hash the finding and its cells without row numbers, so that it stays the same if rows are added before it."""
        cells = finding.reference.get("cells") or [finding.message]
        content = [finding.code, finding.rule, finding.table, finding.field, finding.value, [*labels], [*cells]]
        text = json.dumps(content)
        self._alike[text] += 1
        return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}:{self._alike[text]}"


def _places(finding: Finding) -> Iterator[tuple[str, int]]:
    yield finding.file, finding.row
    yield from ((place.file, place.row) for place in finding.also[:_RELATED])


def _logical(finding: Finding) -> Object:
    if not finding.table:
        return {}
    names = [f"{finding.table}.{name}" for name in finding.field.split(", ") if name] or [finding.table]
    kind = "member" if finding.field else "resource"
    return {"logicalLocations": [{"fullyQualifiedName": name, "kind": kind} for name in names]}

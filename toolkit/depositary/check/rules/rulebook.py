"""The rules of a package: read and check its rule files."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import finding
from depositary.check.documents.document_schema import Violation, violations
from depositary.errors import DocumentError, NotFoundError, UsageError
from depositary.model.finding import Finding
from depositary.model.report import SwitchedOff
from depositary.model.rule import RULES, RULES_OFF, Label, Need, Rule
from depositary.read.paths import unsafe
from depositary.read.rules import read_rules
from depositary.wording.suggest import suggest

_FORMS = ("holds", "query", "check")
_SHOWN = 60  # characters of a value that a message quotes


@dataclass
class Rulebook:
    """The rules of a package, those that it switches off, and the findings on its rule files."""

    rules: list[Rule] = field(default_factory=list)
    off: tuple[SwitchedOff, ...] = ()
    findings: list[Finding] = field(default_factory=list)

    def selected(self, patterns: Sequence[str]) -> "Rulebook":
        """Keep the rules whose id or number fits one of the patterns, such as R2?; all rules if no pattern is given.

        Raises:
            UsageError: one of the patterns fits no rule.
        """
        for pattern in patterns:
            if not self.findings and not any(_fits(rule, pattern) for rule in self.rules):
                raise UsageError(self._unfit(pattern))
        wanted = [rule for rule in self.rules if not patterns or any(_fits(rule, pattern) for pattern in patterns)]
        return Rulebook(wanted, self.off, self.findings)

    def _unfit(self, pattern: str) -> str:
        for item in self.off:
            if item.rule.casefold() == pattern.casefold():
                return f"the package has switched off the rule {item.rule}: {item.reason}"
        if not self.rules:
            return f"there is no rule {pattern!r}: the package has no rules."
        near = suggest(pattern, {name: name for rule in self.rules for name in (rule.id, rule.number)})
        known = f"the rules are {self.rules[0].id} to {self.rules[-1].id}; patterns such as R2? are allowed."
        return f"there is no rule {pattern!r}; {near or known}"


def _fits(rule: Rule, pattern: str) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for name in (rule.id, rule.number))


def read_rulebook(descriptor: Mapping[str, Any], directory: Path) -> Rulebook:
    """Read the rule files of a descriptor."""
    book = Rulebook()
    for name in _listed(descriptor, RULES, book):
        if isinstance(name, str):
            book.findings += _read(name, directory, book.rules)
        else:
            book.findings.append(
                _in_descriptor(f"`{RULES}` lists {_short(name)}, which is not a path", "write the path of a file")
            )
    book.findings += _twice(book)
    book.off = tuple(_switched_off(_listed(descriptor, RULES_OFF, book), book))
    off = {item.rule for item in book.off}
    book.rules = [rule for rule in book.rules if not off & {rule.id, rule.number}]
    return book


def _listed(descriptor: Mapping[str, Any], name: str, book: Rulebook) -> list[Any]:
    entries = descriptor.get(name, [])
    if isinstance(entries, list):
        return list({repr(entry): entry for entry in entries}.values())
    book.findings.append(
        _in_descriptor(f"`{name}` is {_short(entries)}, but it must be a list", "write it in brackets")
    )
    return []


def _switched_off(entries: Sequence[Any], book: Rulebook) -> Iterator[SwitchedOff]:
    known = {name for rule in book.rules for name in (rule.id, rule.number)}
    for entry in entries:
        rule, reason = (entry.get("rule"), entry.get("reason")) if isinstance(entry, Mapping) else (None, None)
        if not isinstance(rule, str) or not isinstance(reason, str) or not reason.strip():
            message = f"`{RULES_OFF}` has {_short(entry)}, which is not a rule with a reason"
            book.findings.append(_in_descriptor(message, 'write {"rule": "R50", "reason": "…"}'))
        elif rule not in known:
            message = f"`{RULES_OFF}` names {_short(rule)}, which is not a rule of the package"
            book.findings.append(_in_descriptor(message, "correct the id or remove the entry"))
        else:
            yield SwitchedOff(rule, reason)


def _in_descriptor(message: str, hint: str) -> Finding:
    return finding("rule-error", message, hint)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _read(name: str, directory: Path, rules: list[Rule]) -> Iterator[Finding]:
    reason = unsafe(directory, name)
    if reason:
        yield finding("unsafe-path", f"the rule file {name!r} is not read: {reason}")
        return
    try:
        document = read_rules(directory / name)
    except (DocumentError, NotFoundError) as error:
        yield _wrong(str(error).removeprefix(f"{directory / name}: "), "", name)
        return
    wrong = violations(document, "rules", "the rule file")
    broken = {violation.path[1] for violation in wrong if len(violation.path) > 1}
    for violation in wrong:
        yield _wrong(*_described(violation, document), name)
    if not wrong or broken:
        entries = [entry for at, entry in enumerate(document.get("rules", [])) if at not in broken]
        rules += [_rule(entry, name) for entry in entries]


def _described(violation: Violation, document: Mapping[str, Any]) -> tuple[str, str]:
    """Name the rule with an error, by its id if it has one."""
    if len(violation.path) < 2:  # noqa: PLR2004 (of no single rule)
        return violation.message, violation.hint
    at = int(violation.path[1])
    entry = document["rules"][at]
    known = isinstance(entry, Mapping) and isinstance(entry.get("id"), str)
    name = f"the rule {_short(entry['id'])[1:-1]}" if known else f"the rule number {at + 1}"
    message = violation.message.replace(f"rules.{at}", name, 1).replace(" of the rule file", "", 1)
    if len(violation.path) == 2 and known and message.startswith(f"{name} is "):  # noqa: PLR2004 (the rule as a whole)
        forms = [form for form in _FORMS if form in entry]
        return (
            f"{name} has {' and '.join(forms) or 'no form'}",
            f"a rule has one of {', '.join(_FORMS)}, or labels",
        )
    return message, violation.hint


def _wrong(message: str, hint: str, file: str) -> Finding:
    return finding("rule-error", message, hint or "correct the rule file", file=file)


def _twice(book: Rulebook) -> Iterator[Finding]:
    """Refuse rules whose id another rule has already."""
    kept: dict[str, Rule] = {}
    for rule in book.rules:
        if kept.setdefault(rule.id, rule) is not rule:
            yield _wrong(f"there is another rule {rule.id} before this one", "give one of them another id", rule.file)
    book.rules = list(kept.values())


def _rule(entry: Mapping[str, Any], file: str) -> Rule:
    fields = entry.get("fields", ())
    return Rule(
        **{key: value for key, value in entry.items() if key not in ("tables", "labels", "fields", "needs")},
        tables=tuple(dict.fromkeys(entry["tables"])),
        labels=tuple(_label(label) for label in entry.get("labels", ())),
        fields=(f"*{fields}",) if isinstance(fields, str) else tuple(fields),
        needs=tuple(Need(need) for need in entry.get("needs", ())),
        file=file,
    )


def _label(entry: Mapping[str, Any]) -> Label:
    return Label(**{**entry, "fields": tuple(entry.get("fields", ()))})

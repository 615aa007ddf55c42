"""Explanations of the codes and rules in a report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depositary.model.codes import CODES
from depositary.model.finding import Finding, Level
from depositary.model.package import Package
from depositary.model.target import Target
from depositary.wording.cells import fix

if TYPE_CHECKING:
    from depositary.model.rule import Rule


@dataclass(frozen=True)
class Entry:
    """The meaning of one code or rule, its reason, and what to do; a code has no reason."""

    id: str
    title: str
    meaning: str
    why: str
    fix: str
    level: Level | None = None


@dataclass(frozen=True)
class Glossary:
    """The entries of a report, by code or rule."""

    entries: Mapping[str, Entry]

    @classmethod
    def of(cls, targets: Iterable[Target], findings: Iterable[Finding]) -> "Glossary":
        """Explain the codes and rules of findings; rules in the words of the targets' packages."""
        findings = list(findings)
        wanted = {finding.rule for finding in findings if finding.rule}
        rules: dict[str, Rule] = {}
        for target in targets if wanted else ():
            for rule in _rules(target.package) if target.package else ():
                rules.setdefault(rule.id, rule)
        entries = {name: _of_code(name) for name in sorted({finding.code for finding in findings} - {"rule"})}
        entries |= {name: _of_rule(name, rules.get(name)) for name in sorted(wanted)}
        return cls(entries)

    def __getitem__(self, name: str) -> Entry:
        return self.entries[name]


def _rules(package: Package) -> list["Rule"]:
    from depositary.check.rules.rulebook import read_rulebook  # noqa: PLC0415 (needed only if there is something to explain)

    return read_rulebook(package.descriptor, package.directory).rules


def _of_code(name: str) -> Entry:
    code = CODES[name]
    return Entry(name, code.title, code.meaning, "", _sentence(fix(name)))


def _of_rule(name: str, rule: "Rule | None") -> Entry:
    from depositary.check.explain import plain  # noqa: PLC0415 (the same)

    if rule is None:  # the package has changed since it was checked
        code = CODES["rule"]
        return Entry(name, code.title, code.meaning, "", code.fix)
    return Entry(name, rule.says.rstrip("."), rule.says, rule.reason, _sentence(plain(rule.hint)), rule.level)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."

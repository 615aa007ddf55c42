"""Say in words which rows a rule looks at together, for `depositary explain`."""

from collections.abc import Iterator, Sequence

from depositary.check.rules.compiler import Compiler
from depositary.check.rules.named import CHECKS
from depositary.check.rules.violations import PreparedRule
from depositary.compile.language import RuleError
from depositary.compile.scope import Link, Links
from depositary.model.package import Package
from depositary.model.rule import Rule

_WHOLE = "all rows, because the rule does not show which of them it looks at together"


def scope_of(rule: Rule, package: Package) -> Iterator[str]:
    """Give a line for each table that a rule reads: the rows that it looks at together with a row that takes part.

    There are none if the rule is only a name for other findings, or if it is refused.
    """
    tables = {resource.name: resource.table for resource in package}
    try:
        ready = _prepared(rule, Compiler(tables, None)) if set(rule.tables) <= tables.keys() else None
    except RuleError:
        return
    for table, links in sorted((ready.links if ready else {}).items()):
        yield f"{table}: {_said(table, links)}"


def _prepared(rule: Rule, compiler: Compiler) -> PreparedRule | None:
    if rule.query:
        return PreparedRule(rule, query=compiler.query(rule))
    if rule.check:
        compiler.check(rule)
        return PreparedRule(rule, check=CHECKS[rule.check])
    tests = (compiler.test(rule, table) for table in rule.tables) if rule.holds else ()
    return PreparedRule(rule, tests=tuple(test for test in tests if test))


def _said(table: str, links: Links) -> str:
    if links is None:
        return _WHOLE
    others = sorted({_rows(table, link) for link in links if not (link.is_itself and link.other == table)})
    return "; and ".join(others) or "each row by itself"


def _rows(table: str, link: Link) -> str:
    pairs = sorted(link.pairs)
    if link.other == table and all(mine == its for mine, its in pairs):
        return f"rows with the same {_and([mine for mine, _ in pairs])}"
    return f"rows whose {_and([f'{mine} is the {its}' for mine, its in pairs])} of a row of {link.other}"


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))

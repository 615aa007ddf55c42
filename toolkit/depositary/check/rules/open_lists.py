"""Code lists to which no column refers: a code that they lack is an error only if a rule says so."""

from collections.abc import Iterator
from dataclasses import dataclass

from depositary.check.rules.compiler import RowRules
from depositary.model.package import Package
from depositary.model.rule import Rule


@dataclass(frozen=True)
class LookUp:
    """A rule that compares a column of a table with an open list."""

    rule: Rule
    table: str
    code_list: str

    @property
    def column(self) -> str:
        """Name the column."""
        return self.rule.place


def is_open(package: Package, name: str) -> bool:
    """Return whether a table is a code list to which no column refers."""
    resource = package.get(name)
    used = {key.table for one in package for key in one.table.foreign_keys}
    return resource is not None and resource.table.is_code_list and name not in used


def look_ups(package: Package, rules: RowRules, table: str) -> Iterator[LookUp]:
    """Give the rules that compare a column of a table with an open list.

    Raises:
        DocumentError: a rule file is refused.
    """
    for rule in rules.of_several_rows(table):
        yield from (LookUp(rule, table, name) for name in rule.tables if name != table and is_open(package, name))

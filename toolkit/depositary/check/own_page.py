"""What only the own page of a table or a column has: the codes of a list, and what rules ask of a column.

A search does not look here: it finds each code and each rule by itself.
"""

from collections.abc import Iterator
from functools import cached_property

from depositary.check.rules.asked import asked_of_columns
from depositary.check.rules.compiler import RowRules
from depositary.check.rules.open_lists import LookUp, is_open, look_ups
from depositary.compile.words import Words
from depositary.errors import DocumentError
from depositary.model.package import Package, Resource
from depositary.read.listed_codes import MOST_LABELLED, listed_codes
from depositary.wording.field_texts import codes_of, parents_of


class OwnPages:
    """Further paragraphs for the pages of a package; the rules are read when the first one needs them."""

    def __init__(self, package: Package) -> None:
        self._package = package

    def of_table(self, resource: Resource) -> Iterator[str]:
        """Give the codes of a code list, and write whether others are accepted."""
        if not resource.table.is_code_list or not resource.file.exists():
            return
        yield _codes(resource)
        if is_open(self._package, resource.name):
            yield "\n".join(self._is_open(resource.name))

    def _is_open(self, name: str) -> Iterator[str]:
        try:
            uses = [one for table in self._package for one in self._look_ups(table.name) if one.code_list == name]
        except DocumentError as error:
            yield _left_out(error)
            return
        unless = ", unless a rule refuses it:" if uses else "."
        yield f"No column refers to this list, so a code that is not in it is accepted{unless}"
        by_rule = dict.fromkeys(one.rule for one in uses)
        for rule in by_rule:
            columns = ", ".join(f"{one.table}.{one.column}" for one in uses if one.rule is rule)
            yield f"  {rule.id}, for {columns}: {rule.says}"

    def of_column(self, resource: Resource, name: str) -> Iterator[str]:
        """Give what rules ask of a column, and write whether its codes are all in a list."""
        try:
            asked = asked_of_columns(self._rules, resource.name, Words()).get(name, ())
            lists = dict.fromkeys(one.code_list for one in self._look_ups(resource.name) if one.column == name)
        except DocumentError as error:
            yield _left_out(error)
            return
        if asked:
            yield f"Rules: {' '.join(asked)}"
        if lists:
            yield f"Open: a code that is not in {' or '.join(lists)} is accepted, unless a rule refuses it."

    def ending(self, resource: Resource, name: str) -> Iterator[str]:
        """Give the command that describes one code of a column, or of a code list if no column is named."""
        if name and self._has_codes(resource, name):
            yield f"For one code: depositary describe {resource.name}.{name}.CODE."
        if not name and resource.table.is_code_list:
            yield f"For one code: depositary describe {resource.name}.{(*resource.table.primary_key, 'code')[-1]}.CODE."

    def _has_codes(self, resource: Resource, name: str) -> bool:
        field = resource.table[name]
        parents = (self._package.get(parent) for parent, _ in parents_of(resource.table, field))
        return bool(codes_of(field)) or any(one is not None and one.table.is_code_list for one in parents)

    @cached_property
    def _rules(self) -> RowRules:
        return RowRules(self._package)

    def _look_ups(self, table: str) -> list[LookUp]:
        return list(look_ups(self._package, self._rules, table))


def _codes(resource: Resource) -> str:
    try:
        codes = listed_codes(resource, MOST_LABELLED)
    except DocumentError as error:
        return f"Its codes are left out: {error}"
    if len(codes) > MOST_LABELLED:
        return f"It has more than {MOST_LABELLED:,} codes. To find one: depositary describe --search WORDS."
    width = max((len(one.key) for one in codes), default=0)
    return "\n".join(["Codes:", *(f"  {one.key:{width}}  {one.label}".rstrip() for one in codes)])


def _left_out(error: DocumentError) -> str:
    return f"The rules are left out: {error}"

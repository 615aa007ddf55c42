"""Read from the schemas of a package what identifies the rows of a table: docs/identity.md, "What is compared"."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from depositary.errors import DocumentError
from depositary.model.role import Role
from depositary.model.table import Field, Table, kind_of

_SETTING = "identity"
_SEPARATOR = ";"
_USUAL_NAMES = ("name", "title", "label")  # of columns with names, in tables whose schema says nothing


class IdentityRole(StrEnum):
    """What a field says about who or what its row is about, as `identity.as` names it."""

    NAME = "name"  # a name; all names of a row are compared with all of another
    IDENTIFIER = "identifier"  # the same one suggests a pair, two different ones rule it out
    ADDRESS = "address"  # the same one suggests a pair; one thing may have several
    TEXT = "text"  # words that are alike if the rows are
    MEMBER = "member"  # rows that belong to it, in another table
    CODE = "code"  # a code; two different ones make a pair less likely
    PLACE = "place"  # the same for a place, which is more certain
    TIME = "time"  # an EDTF date; two that do not overlap make a pair unlikely
    REFERENCE = "reference"  # another row; two different ones make a pair less likely
    SHARED = "shared"  # something in common supports a pair; nothing in common says nothing


_ENOUGH = (  # a table with none of these has nothing that could make two rows alike
    IdentityRole.NAME,
    IdentityRole.IDENTIFIER,
    IdentityRole.ADDRESS,
    IdentityRole.TEXT,
    IdentityRole.MEMBER,
)


@dataclass(frozen=True)
class IdentityField:
    """What one field says about its row.

    `table` is the table to which it refers, if it is a reference. Rows with a value of `never` are not compared.
    `link` is the table that has the field, if it is not the table itself; `of` then names the column with the row.
    `since` and `until` name the columns of `link` with the first and last day of it, if it has any. `is_usual` means
    that no schema says it: the column is taken for one by its name, or because it is unique.
    """

    name: str
    role: IdentityRole
    table: str = ""
    separator: str = ""
    never: tuple[str, ...] = ()
    link: str = ""
    of: str = ""
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    since: str = ""
    until: str = ""
    is_usual: bool = False

    @property
    def forbids(self) -> bool:
        """Return whether it can forbid that two rows are the same, whatever people judge: its schema says so."""
        return bool(self.never) or (self.role is IdentityRole.IDENTIFIER and not self.is_usual)

    @property
    def label(self) -> str:
        """Name the field in an explanation: that of another table with its table."""
        return f"{self.link}.{self.name}" if self.link else self.name


@dataclass(frozen=True)
class IdentityPolicy:
    """What identifies the rows of one table."""

    table: Table
    fields: tuple[IdentityField, ...]

    @property
    def name(self) -> str:
        """Name the table."""
        return self.table.name

    @property
    def key(self) -> str:
        """Name the field of the key."""
        return self.table.primary_key[0]

    @cached_property
    def own(self) -> tuple[IdentityField, ...]:
        """Give the fields of the table itself."""
        return tuple(one for one in self.fields if not one.link)

    @cached_property
    def linked(self) -> tuple[IdentityField, ...]:
        """Give the fields of other tables."""
        return tuple(one for one in self.fields if one.link)

    @cached_property
    def is_enough(self) -> bool:
        """Return whether two rows can be alike, so that pairs can be suggested."""
        return bool(self.of(*_ENOUGH))

    def of(self, *roles: IdentityRole) -> tuple[IdentityField, ...]:
        """Give the fields with some roles."""
        return tuple(one for one in self.fields if one.role in roles)

    @cached_property
    def forbidding(self) -> tuple[IdentityField, ...]:
        """Give the fields that can forbid that two rows are the same."""
        return tuple(one for one in self.fields if one.forbids)

    @property
    def refers_to(self) -> frozenset[str]:
        """Name the other tables whose rows are compared first."""
        return frozenset(one.table for one in self.fields if one.table and one.table != self.name)


def identity_policies(of: Iterable[Table]) -> dict[str, IdentityPolicy]:
    """Read what identifies the rows of each table with a key of one field, references leading to earlier tables.

    Raises:
        DocumentError: a schema has an unknown setting.
    """
    tables = {table.name: table for table in of}
    linked = [(one, of) for table in tables.values() for one, of in _linked(table, tables)]
    found = {}
    for name, table in tables.items():
        fields = (*_own(table), *(one for one, of in linked if of == name))
        if len(table.primary_key) == 1:
            found[name] = IdentityPolicy(table, fields)
    return {name: found[name] for name in _in_order(found)}


def _own(table: Table) -> tuple[IdentityField, ...]:
    """Give what the fields of a table say about its rows; without settings, by the usual names of columns."""
    said = [(f, _settings(table, f)) for f in table.fields]
    declared = tuple(_field(table, f, settings) for f, settings in said if settings and "of" not in settings)
    is_silent = not any(settings for _, settings in said)
    return tuple(_usual(table)) if is_silent and not table.is_code_list else declared


def _usual(table: Table) -> Iterator[IdentityField]:
    unique = {key[0] for key in table.unique_keys if len(key) == 1}
    for field in table.fields:
        if field.name in table.primary_key:
            continue
        if field.name in _USUAL_NAMES and kind_of(field).is_text:
            yield IdentityField(field.name, IdentityRole.NAME, is_usual=True)
        elif field.constraints.get("unique") or field.name in unique:
            yield IdentityField(field.name, IdentityRole.IDENTIFIER, is_usual=True)


def _linked(table: Table, tables: Mapping[str, Table]) -> Iterator[tuple[IdentityField, str]]:
    """Give what the fields of a table say about the rows of others, with their tables."""
    for field in table.fields:
        settings = _settings(table, field)
        if "of" not in settings:
            continue
        of = _target(table, str(settings["of"]))
        if of not in tables:
            raise DocumentError(
                f"{table.name}.{field.name}: identity.of names {settings['of']!r}, which does not refer to a table."
            )
        yield _field(table, field, settings), of


def _settings(table: Table, field: Field) -> Mapping[str, Any]:
    settings = field.descriptor.get(_SETTING, {})
    if not isinstance(settings, Mapping):
        raise DocumentError(f'{table.name}.{field.name}: `identity` must be an object, such as {{"as": "name"}}.')
    return settings


def _field(table: Table, field: Field, settings: Mapping[str, Any]) -> IdentityField:
    place = f"{table.name}.{field.name}"
    try:
        role = IdentityRole(settings.get("as", ""))
    except ValueError as error:
        known = ", ".join(IdentityRole)
        raise DocumentError(
            f"{place}: identity.as is {settings.get('as')!r}, but it must be one of {known}."
        ) from error
    merge = field.descriptor.get("merge")
    is_set = isinstance(merge, Mapping) and merge.get("as") == Role.SET
    is_linked = "of" in settings
    return IdentityField(
        name=field.name,
        role=role,
        table=_target(table, field.name),
        separator=str(merge.get("separator", _SEPARATOR)) if is_set and isinstance(merge, Mapping) else "",
        never=_texts(place, settings, "never"),
        link=table.name if is_linked else "",
        of=str(settings["of"]) if is_linked else "",
        where=_conditions(table, place, settings),
        since=_column(table, place, settings, "since"),
        until=_column(table, place, settings, "until"),
    )


def _conditions(table: Table, place: str, settings: Mapping[str, Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    where = settings.get("where", {})
    if not isinstance(where, Mapping) or any(name not in table.field_names for name in where):
        raise DocumentError(f"{place}: identity.where must give values of columns of {table.name}.")
    return tuple((str(name), _texts(place, where, name)) for name in where)


def _column(table: Table, place: str, settings: Mapping[str, Any], key: str) -> str:
    name = settings.get(key, "")
    if name and (name not in table.field_names or "of" not in settings):
        raise DocumentError(f"{place}: identity.{key} must name a column of {table.name}, beside identity.of.")
    return str(name)


def _texts(place: str, settings: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = settings.get(key, [])
    if not isinstance(values, list):
        raise DocumentError(f"{place}: identity.{key} must be a list of texts.")
    return tuple(map(str, values))


def _target(table: Table, name: str) -> str:
    """Name the table to which a column refers; empty if it refers to none."""
    return next((key.table for key in table.foreign_keys if key.fields == (name,)), "")


def _in_order(policies: Mapping[str, IdentityPolicy]) -> Iterator[str]:
    """Name the tables, those to which others refer first; in a circle, as in the descriptor."""
    waiting = list(policies)
    while waiting:
        free = (name for name in waiting if policies[name].refers_to.isdisjoint(waiting))
        name = next(free, waiting[0])
        waiting.remove(name)
        yield name

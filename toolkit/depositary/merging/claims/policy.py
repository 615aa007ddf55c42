"""Read from a schema how the fields of a table merge: docs/merge-rules.md, "Roles of fields"."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from depositary.errors import DocumentError
from depositary.model.role import ROLES, Role
from depositary.model.table import Field, Table


class OnConflict(StrEnum):
    """What settles a cell on which claims differ, where its role does not."""

    ASK = "ask"
    PREFER_SOURCE_KIND = "prefer_source_kind"


_SEPARATOR = ";"


@dataclass(frozen=True)
class FieldPolicy:
    """How one field merges; `source_kinds` has the preferred kinds of source, the best first."""

    name: str
    role: Role = Role.VALUE
    separator: str = _SEPARATOR
    order: tuple[str, ...] = ()
    table_field: str = ""
    on_conflict: OnConflict = OnConflict.ASK
    source_kinds: tuple[str, ...] = ()

    @property
    def is_edit(self) -> bool:
        """Return whether a claim on the field is about facts, and not about the work on a row."""
        return not ROLES[self.role].is_about_the_work

    @property
    def is_settled_by_role(self) -> bool:
        """Tell whether claims on the field that differ mostly merge by themselves."""
        return ROLES[self.role].is_settled


@dataclass(frozen=True)
class TablePolicy:
    """How the rows of one table merge; `prefix` and `natural_key` are for ids that are minted."""

    table: Table
    fields: Mapping[str, FieldPolicy]
    by_row: bool = False
    prefix: str = ""
    natural_key: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name the table."""
        return self.table.name

    @property
    def key(self) -> tuple[str, ...]:
        """Name the fields of the key."""
        return self.table.primary_key

    @cached_property
    def source(self) -> str:
        """Name the field with the source of a row, if there is one."""
        return self._first(Role.SOURCE)

    @cached_property
    def contributor(self) -> str:
        """Name the field with the contributor who recorded a row, if there is one."""
        return self._first(Role.CONTRIBUTOR)

    @cached_property
    def required(self) -> frozenset[str]:
        """Name the fields that every row fills."""
        return frozenset(f.name for f in self.table.fields if f.required)

    def _first(self, role: Role) -> str:
        return next((name for name, policy in self.fields.items() if policy.role is role), "")


def policy_of(table: Table) -> TablePolicy:
    """Read how a table merges from its schema.

    Raises:
        DocumentError: the schema has an unknown setting for merging.
    """
    whole = _settings(table.name, table.descriptor)
    granularity = whole.get("granularity", "cell")
    if granularity not in ("cell", "row"):
        raise DocumentError(f"table {table.name}: merge.granularity is {granularity!r}, but it must be cell or row.")
    settling = _settling(table.name, whole) or (OnConflict.ASK, ())
    minted = [_settings(f"{table.name}.{f.name}", f.descriptor) for f in table.fields if f.name in table.primary_key]
    mint = minted[0] if len(minted) == 1 else {}
    natural = tuple(mint.get("from", ()))
    if unknown := [str(name) for name in natural if name not in table.field_names]:
        place = f"{table.name}.{table.primary_key[0]}"
        raise DocumentError(f"{place}: merge.from names {unknown[0]}, which is not a field of {table.name}.")
    return TablePolicy(
        table=table,
        fields={f.name: _field(table, f, settling) for f in table.fields if f.name not in table.primary_key},
        by_row=granularity == "row",
        prefix=str(mint.get("prefix", "")),
        natural_key=natural,
    )


_Settling = tuple[OnConflict, tuple[str, ...]]  # and the kinds of source that are preferred


def _field(table: Table, field: Field, of_table: _Settling) -> FieldPolicy:
    place = f"{table.name}.{field.name}"
    settings = _settings(place, field.descriptor)
    try:
        role = Role(settings.get("as", Role.VALUE))
    except ValueError as error:
        known = ", ".join(r for r in Role if r is not Role.VALUE)
        raise DocumentError(f"{place}: merge.as is {settings['as']!r}, but it must be one of {known}.") from error
    if role is Role.RECORD and settings.get("table") not in table.field_names:
        raise DocumentError(f"{place}: merge.table must name the field of {table.name} that has the table.")
    on_conflict, source_kinds = _settling(place, settings) or of_table
    return FieldPolicy(
        name=field.name,
        role=role,
        separator=str(settings.get("separator", _SEPARATOR)),
        order=tuple(map(str, settings.get("order", ()))),
        table_field=str(settings.get("table", "")),
        on_conflict=on_conflict,
        source_kinds=source_kinds,
    )


def _settling(place: str, settings: Mapping[str, Any]) -> _Settling | None:
    """Read what settles a cell; None if nothing is set."""
    if "onConflict" not in settings:
        return None
    try:
        on_conflict = OnConflict(settings["onConflict"])
    except ValueError as error:
        known = " or ".join(OnConflict)
        raise DocumentError(
            f"{place}: merge.onConflict is {settings['onConflict']!r}, but it must be {known}."
        ) from error
    if on_conflict is not OnConflict.PREFER_SOURCE_KIND:
        return on_conflict, ()
    kinds = settings.get("sourceKinds")
    if not isinstance(kinds, list) or not kinds:
        raise DocumentError(f"{place}: merge.sourceKinds must list the kinds of source, the best first.")
    return on_conflict, tuple(map(str, kinds))


def _settings(place: str, descriptor: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = descriptor.get("merge", {})
    if not isinstance(settings, Mapping):
        raise DocumentError(f'{place}: `merge` must be an object, such as {{"as": "audit"}}.')
    return settings

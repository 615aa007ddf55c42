"""The one table of the roles that a column can have in a merge: docs/merge-rules.md, "Roles of fields"."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a field is to the merge, as `merge.as` names it; VALUE is that of a field which says nothing."""

    VALUE = "value"
    ID = "id"
    SOURCE = "source"
    CONTRIBUTOR = "contributor"
    AUDIT = "audit"
    SET = "set"
    LOWEST = "lowest"
    RECORD = "record"


@dataclass(frozen=True)
class RoleEntry:
    """What is known of a role.

    Args:
        is_about_the_work: whether its cells are about the work and not about the world, so that no conflict is on them.
        is_settled: whether claims on it that differ mostly merge by themselves.
        names_rows: whether its cells are names of rows, so that a `local:` name may be one.
    """

    is_about_the_work: bool = False
    is_settled: bool = False
    names_rows: bool = False


ROLES: Mapping[Role, RoleEntry] = {
    Role.VALUE: RoleEntry(),
    Role.ID: RoleEntry(),
    Role.SOURCE: RoleEntry(is_about_the_work=True),
    Role.CONTRIBUTOR: RoleEntry(is_about_the_work=True),
    Role.AUDIT: RoleEntry(is_about_the_work=True),
    Role.SET: RoleEntry(is_settled=True),
    Role.LOWEST: RoleEntry(is_settled=True),
    Role.RECORD: RoleEntry(names_rows=True),
}


def role_named(name: object) -> RoleEntry:
    """Give what is known of the role that a schema names, which may be anything; of another one, nothing."""
    return next((entry for role, entry in ROLES.items() if role == name), RoleEntry())

"""The tables in which pairs are suggested: those that are asked for, and those to which they refer."""

from depositary.errors import UsageError
from depositary.merging.claims.identifying import IdentityPolicy, identity_policies
from depositary.model.package import Package
from depositary.wording.plain import shown
from depositary.wording.suggest import suggest as meant


def chosen_policies(package: Package, tables: frozenset[str] | None) -> dict[str, IdentityPolicy]:
    """Give the policies of some tables and of those to which they refer, in which pairs can be suggested.

    If no tables are named, these are all.

    Raises:
        UsageError: a table is not known, or nothing identifies its rows.
        DocumentError: a schema has an unknown setting.
    """
    policies = {
        name: policy for name, policy in identity_policies(r.table for r in package).items() if policy.is_enough
    }
    for name in sorted(tables or ()):
        if name not in policies:
            what = "is not a table" if name not in package else "has no names or other columns that identify its rows"
            hint = meant(name, {one: one for one in policies}) or f"use one of {', '.join(policies)}."
            raise UsageError(f"{shown(name)} {what}; {hint}")
    wanted = set(policies if tables is None else tables)
    waiting = list(wanted)
    for name in waiting:
        more = [one for one in policies[name].refers_to if one in policies and one not in wanted]
        wanted.update(more)
        waiting += more
    return {name: policy for name, policy in policies.items() if name in wanted}

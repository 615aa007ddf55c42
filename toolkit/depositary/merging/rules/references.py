"""Find rows that may not be deleted, because rows of the merged package refer to them."""

from collections.abc import Collection, Mapping

from depositary.engine.sql import literal, quoted
from depositary.merging.claims.engine_tables import CURRENT, GONE, ID, MERGED
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.policy import FieldPolicy
from depositary.model.role import Role
from depositary.model.table import ForeignKey


def still_referred_to(claims: Claims, merged: Collection[str]) -> dict[str, dict[str, str]]:
    """Find deleted rows to which others refer: by table and id, one of the rows that refer to it."""
    found: dict[str, dict[str, str]] = {}
    losing = {name for name in merged if claims.has(GONE, name)}
    for child, policy in sorted(claims.policies.items()):
        for reference in policy.table.foreign_keys:
            if reference.table in losing:
                for row_id, referring in _going(claims, child, reference, merged).items():
                    found.setdefault(reference.table, {}).setdefault(row_id, f"{child} {referring}")
        for rule in policy.fields.values():
            for table in sorted(losing) if rule.role is Role.RECORD else ():
                for row_id, referring in _named(claims, child, rule, table, merged).items():
                    found.setdefault(table, {}).setdefault(row_id, f"{child} {referring}")
    return found


def _going(claims: Claims, child: str, reference: ForeignKey, merged: Collection[str]) -> Mapping[str, str]:
    children = MERGED.of(child) if child in merged else claims.published(child)
    pairs = list(zip(reference.fields, reference.parent_fields, strict=True))
    same = " AND ".join(f"child.{quoted(own)} = parent.{quoted(theirs)}" for own, theirs in pairs)
    still = " AND ".join(f"other.{quoted(theirs)} = parent.{quoted(theirs)}" for _, theirs in pairs)
    rows = claims.engine.rows(
        f"""
        SELECT parent.{ID} AS id, min(child.{ID}) AS referring
        FROM {CURRENT.of(reference.table)} AS parent JOIN {children} AS child ON {same}
        WHERE parent.{ID} IN (SELECT {ID} FROM {GONE.of(reference.table)})
          AND NOT EXISTS (SELECT 1 FROM {MERGED.of(reference.table)} AS other WHERE {still})
        GROUP BY parent.{ID}
        """
    )
    return {row["id"]: row["referring"] for row in rows}


def _named(claims: Claims, child: str, rule: FieldPolicy, table: str, merged: Collection[str]) -> Mapping[str, str]:
    """Find deleted rows of a table that rows of another table name by their record id."""
    children = MERGED.of(child) if child in merged else claims.published(child)
    rows = claims.engine.rows(
        f"""
        SELECT {quoted(rule.name)} AS id, min({ID}) AS referring FROM {children}
        WHERE {quoted(rule.table_field)} = {literal(table)}
          AND {quoted(rule.name)} IN (SELECT {ID} FROM {GONE.of(table)})
        GROUP BY ALL
        """
    )
    return {row["id"]: row["referring"] for row in rows}

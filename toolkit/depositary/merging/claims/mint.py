"""Mint ids for rows with `local:` names, and rewrite these names everywhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import polars as pl

from depositary.errors import UsageError
from depositary.merging.claims.engine_tables import ROW
from depositary.merging.claims.hashes import short_hash
from depositary.merging.claims.policy import TablePolicy
from depositary.model.record_id import key_of, record_id
from depositary.model.role import Role

LOCAL = "local:"


@dataclass
class IdMaps:
    """The new ids by table; `policies` has those of all tables of the package."""

    policies: Mapping[str, TablePolicy]
    maps: dict[str, dict[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.maps.values())

    def columns(self, table: str) -> dict[str, dict[str, str]]:
        """Give the ids to rewrite in the key and references of a table, by column."""
        named = {name: self._denoted(table, name) for name in self.policies[table].table.field_names}
        return {name: self.maps[of] for name, of in named.items() if of and self.maps.get(of)}

    def _denoted(self, table: str, name: str, passed: frozenset[tuple[str, str]] = frozenset()) -> str:
        """Name the table whose ids a column has: its own by the key, or the one to which it refers."""
        policy = self.policies.get(table)
        if policy is None or (table, name) in passed:
            return ""
        if policy.key == (name,):
            return table
        for reference in policy.table.foreign_keys:
            for own, parent in zip(reference.fields, reference.parent_fields, strict=True):
                if own == name and (found := self._denoted(reference.table, parent, passed | {(table, name)})):
                    return found
        return ""

    def record(self, table: str, name: str) -> str:
        """Rewrite the id of a record."""
        policy = self.policies.get(table)
        if policy is None:
            return name
        by_column = self.columns(table)
        parts = key_of(name)
        if len(parts) != len(policy.key):
            return name
        return record_id(by_column.get(k, {}).get(part, part) for k, part in zip(policy.key, parts, strict=True))

    def rewrite(self, frame: pl.DataFrame, table: str) -> pl.DataFrame:
        """Rewrite the ids in the rows of a table."""
        for name, ids in self.columns(table).items():
            if frame[name].is_in(list(ids)).any():
                frame = frame.with_columns(frame[name].replace(ids))
        for policy in self.policies[table].fields.values():
            if policy.role is Role.RECORD:
                frame = frame.with_columns(self._records(frame, policy.name, policy.table_field))
        return frame

    def _records(self, frame: pl.DataFrame, name: str, table: str) -> pl.Series:
        pairs = zip(frame[table].to_list(), frame[name].to_list(), strict=True)
        return pl.Series(name, [self.record(t, r) if t and r else r for t, r in pairs], pl.String)


def mint(
    contributor: str,
    batch: str,
    frames: Mapping[str, pl.DataFrame],
    policies: Mapping[str, TablePolicy],
    known: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> IdMaps:
    """Mint an id for each `local:` name in the keys of a contribution.

    `known` has the names, by table, of batches that it follows. If a row has its natural key, its id is made from it.

    Raises:
        UsageError: two rows of the contribution would get the same id.
    """
    names = IdMaps(policies, {table: dict(ids) for table, ids in known.items()})
    for table in sorted(frames, key=lambda name: (bool(policies[name].natural_key), name)):
        policy = policies[table]
        if len(policy.key) != 1:
            continue
        local = frames[table].filter(pl.col(policy.key[0]).str.starts_with(LOCAL))
        if not len(local):
            continue
        there = names.maps.setdefault(table, {})
        if policy.natural_key:
            blank = pl.any_horizontal(pl.col(policy.natural_key).is_null())
            mine = local.filter(~(blank & pl.col(policy.key[0]).is_in(list(there))))
            others = IdMaps(policies, {of: ids for of, ids in names.maps.items() if of != table})
            there |= _natural(batch, policy, others.rewrite(mine, table))
        else:
            slugs = [slug for slug in local[policy.key[0]].to_list() if slug not in there]
            there |= {s: _minted(contributor, batch, policy, s.removeprefix(LOCAL)) for s in slugs}
    return names


def _minted(contributor: str, batch: str, policy: TablePolicy, slug: str) -> str:
    return f"{policy.prefix}{slug}-{short_hash((contributor, batch, policy.name, slug), 8)}"


def _natural(batch: str, policy: TablePolicy, frame: pl.DataFrame) -> dict[str, str]:
    found: dict[str, str] = {}
    rows: dict[str, int] = {}
    columns = [frame[name].to_list() for name in policy.natural_key]
    for values, local, row in zip(zip(*columns, strict=True), frame[policy.key[0]], frame[ROW], strict=True):
        minted = f"{policy.prefix}{short_hash((policy.name, *values), 16)}"
        if minted in rows:
            raise UsageError(
                f"{batch}: {policy.name}: rows {rows[minted]} and {row} are about the same figure: "
                f"{', '.join(policy.natural_key)} are equal. Keep one of them."
            )
        found[local], rows[minted] = minted, row
    return found


def left_over(
    frames: Mapping[str, pl.DataFrame], policies: Mapping[str, TablePolicy]
) -> Iterable[tuple[str, str, str, int]]:
    """Find `local:` names that no row of the contribution has: table, column, name, row."""
    for table, frame in sorted(frames.items()):
        for name in _naming(policies[table]):
            left = frame.filter(pl.col(name).str.contains(LOCAL, literal=True))
            for value, row in zip(left[name], left[ROW], strict=True):
                if any(part.startswith(LOCAL) for part in key_of(value)):
                    yield table, name, value, row


def _naming(policy: TablePolicy) -> Sequence[str]:
    records = [f.name for f in policy.fields.values() if f.role is Role.RECORD]
    return [*dict.fromkeys([*policy.key, *policy.table.reference_fields, *records])]

"""Which rows cause an error of the merged package: found by what is read, and by what refers to what.

Only rows that are published otherwise than before can; of those, the rows that the finding names go first, then those
that references connect with them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from depositary.engine.sql import literal, quoted
from depositary.merging.claims.engine_tables import FRESH, GONE, ID, MERGED, SETTLED
from depositary.merging.claims.extract import Claims
from depositary.model.finding import Finding
from depositary.model.role import Role

Place = tuple[str, str]  # a table and the id of a row
Reads = Mapping[str, Mapping[str, set[str]]]  # by rule, then table: the columns that it reads


@dataclass(frozen=True)
class Causes:
    """What could have caused the errors of one state of the merged package."""

    claims: Claims
    reads: Reads
    _touched: dict[str, dict[str, set[str] | None]] = field(default_factory=dict)

    def near(self, finding: Finding, places: Iterable[Place], within: Collection[Place] | None = None) -> list[Place]:
        """Give the nearest rows that a finding may be due to: those it names, or those they are connected with.

        If `within` is given, only those can be.
        """
        read = self._read(finding)
        reached = {place for place in places if place[1]}
        waiting = reached
        while waiting:
            found = sorted(place for place in waiting if self._is_cause(place, read) and _is_in(place, within))
            if found:
                return found
            waiting = {place for place in self._linked(waiting, read) if place not in reached}
            reached = reached | waiting
        return []

    def all(self, finding: Finding, within: Collection[Place] | None = None) -> list[Place]:
        """Give all rows that a finding may be due to: those of the tables that are read; if there are none, of all."""
        read = self._read(finding)
        tables = self.claims.tables
        places = [(table, row_id) for table in tables for row_id in sorted(self._changed(table))]
        places = [place for place in places if _is_in(place, within)]
        return [place for place in places if self._is_cause(place, read)] or places

    def is_changed(self, place: Place) -> bool:
        """Return whether a row is published otherwise than before."""
        table, row_id = place
        return table in self.claims.tables and row_id in self._changed(table)

    def _is_cause(self, place: Place, read: Mapping[str, set[str]]) -> bool:
        table, row_id = place
        if table not in read or not self.is_changed(place):
            return False
        fields = self._changed(table)[row_id]
        return fields is None or not read[table] or bool(fields & read[table])

    def _read(self, finding: Finding) -> dict[str, set[str]]:
        """Name the columns by table that decide whether there is a finding; none where all of them may."""
        if finding.code == "rule":
            return {table: set(names) for table, names in self.reads.get(finding.rule, {}).items()}
        names = {name for name in finding.field.split(", ") if name}
        read = {finding.table: names}
        policy = self.claims.policies.get(finding.table)
        for key in policy.table.foreign_keys if policy and finding.code == "foreign-key" else ():
            if set(key.fields) & names:
                read.setdefault(key.table, set()).update(key.parent_fields)
        return read

    def _changed(self, table: str) -> dict[str, set[str] | None]:
        """Map the rows that are published otherwise to the fields that differ; None where the row came or went."""
        if table not in self._touched:
            rows = self._touched[table] = {}
            engine = self.claims.engine
            for row in engine.rows(f"SELECT {ID} AS id, field FROM {SETTLED.of(table)}"):
                rows.setdefault(row["id"], set()).add(row["field"])  # type: ignore[union-attr]
            for sheet in (GONE, FRESH):
                for row in engine.rows(f"SELECT {ID} AS id FROM {sheet.of(table)}"):
                    rows[row["id"]] = None
        return self._touched[table]

    # What refers to what

    def _linked(self, places: Iterable[Place], tables: Iterable[str]) -> Iterator[Place]:
        """Give the rows of some tables that refer to rows, or that these refer to, as they are or were."""
        known = {table for table in tables if table in self.claims.policies}
        ids: dict[str, list[str]] = {}
        for table, row_id in places:
            ids.setdefault(table, []).append(row_id)
        for child in sorted(known):
            for parent, names, same in self._references(child, known):
                joined = (
                    f"{self._rows(child, names[0])} AS child JOIN {self._rows(parent, names[1])} AS parent ON {same}"
                )
                for near, far, there in (("parent", "child", child), ("child", "parent", parent)):
                    wanted = ids.get(parent if near == "parent" else child)
                    if wanted:
                        within = ", ".join(map(literal, sorted(wanted)))
                        query = f"SELECT DISTINCT {far}.{ID} AS id FROM {joined} WHERE {near}.{ID} IN ({within})"
                        yield from ((there, row["id"]) for row in self.claims.engine.rows(query))

    def _references(self, child: str, known: set[str]) -> Iterator[tuple[str, tuple[list[str], list[str]], str]]:
        """Give the references of a table: to which, by which columns, and how they are compared."""
        policy = self.claims.policies[child]
        for key in policy.table.foreign_keys:
            if key.table in known:
                pairs = zip(key.fields, key.parent_fields, strict=True)
                same = " AND ".join(f"child.{quoted(own)} = parent.{quoted(theirs)}" for own, theirs in pairs)
                yield key.table, (list(key.fields), list(key.parent_fields)), same
        for rule in policy.fields.values():
            for table in sorted(known) if rule.role is Role.RECORD else ():
                same = (
                    f"child.{quoted(rule.table_field)} = {literal(table)} AND child.{quoted(rule.name)} = parent.{ID}"
                )
                yield table, ([rule.table_field, rule.name], []), same

    def _rows(self, table: str, names: Iterable[str]) -> str:
        columns = ", ".join([ID, *map(quoted, names)])
        before = f"SELECT {columns} FROM {self.claims.published(table)}"
        after = f" UNION ALL SELECT {columns} FROM {MERGED.of(table)}" if table in self.claims.tables else ""
        return f"({before}{after})"


def _is_in(place: Place, within: Collection[Place] | None) -> bool:
    return within is None or place in within


Trial = Callable[[list[Place]], bool]  # tells whether an error is gone if some rows are held back


def fewest(candidates: list[Place], is_gone_without: Trial) -> list[Place]:
    """Find few rows without whose claims an error is gone, always the same; none if it is there without all of them."""
    needed: list[Place] = []
    rest = candidates
    if not candidates or not is_gone_without(candidates):
        return []
    while not is_gone_without(needed):
        low, high = 0, len(rest)  # with the first `low` of them held back it is there, with the first `high` it is not
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if is_gone_without([*needed, *rest[:middle]]) else (middle, high)
        needed.append(rest[high - 1])
        rest = rest[: high - 1]
    return needed

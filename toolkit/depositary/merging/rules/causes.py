"""Find the rows that cause an error of the merged package, by columns that are read and by references.

Only rows that changed in the merge can cause it. The rows in the finding come first, then those that references connect
with them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from depositary.engine.sql import literal, quoted
from depositary.merging.claims.engine_tables import FRESH, GONE, ID, MERGED, SETTLED
from depositary.merging.claims.extract import Claims
from depositary.model.finding import Finding
from depositary.model.role import Role

RowPlace = tuple[str, str]  # a table and the id of a row
Reads = Mapping[str, Mapping[str, set[str]]]  # by rule and table: the columns that the rule reads


@dataclass(frozen=True)
class Causes:
    """The possible causes of errors in one state of the merged package."""

    claims: Claims
    reads: Reads
    _touched: dict[str, dict[str, set[str] | None]] = field(default_factory=dict)

    def near(
        self, finding: Finding, places: Iterable[RowPlace], within: Collection[RowPlace] | None = None
    ) -> list[RowPlace]:
        """Give the nearest rows that may cause a finding: the rows in it, or those that are connected with them.

        If `within` is given, only those rows are considered.
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

    def all(self, finding: Finding, within: Collection[RowPlace] | None = None) -> list[RowPlace]:
        """Give all rows that may cause a finding: those of the tables that are read, or else all."""
        read = self._read(finding)
        tables = self.claims.tables
        places = [(table, row_id) for table in tables for row_id in sorted(self._changed(table))]
        places = [place for place in places if _is_in(place, within)]
        return [place for place in places if self._is_cause(place, read)] or places

    def is_changed(self, place: RowPlace) -> bool:
        """Return whether a row changed in the merge."""
        table, row_id = place
        return table in self.claims.tables and row_id in self._changed(table)

    def _is_cause(self, place: RowPlace, read: Mapping[str, set[str]]) -> bool:
        table, row_id = place
        if table not in read or not self.is_changed(place):
            return False
        fields = self._changed(table)[row_id]
        return fields is None or not read[table] or bool(fields & read[table])

    def _read(self, finding: Finding) -> dict[str, set[str]]:
        """Name the columns, by table, that a finding depends on; none if all columns may matter."""
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
        """Map changed rows to the fields that differ; None if the row was added or deleted."""
        if table not in self._touched:
            rows = self._touched[table] = {}
            engine = self.claims.engine
            for staged in self.claims.with_rows(table, SETTLED):
                for row in engine.rows(f"SELECT {ID} AS id, field FROM {staged.of(table)}"):
                    rows.setdefault(row["id"], set()).add(row["field"])  # type: ignore[union-attr]
            for staged in self.claims.with_rows(table, GONE, FRESH):
                for row in engine.rows(f"SELECT {ID} AS id FROM {staged.of(table)}"):
                    rows[row["id"]] = None
        return self._touched[table]

    # References

    def _linked(self, places: Iterable[RowPlace], tables: Iterable[str]) -> Iterator[RowPlace]:
        """Give the rows of some tables that refer to the given rows, or to which these refer, before or after."""
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
        """Give the references of a table: the other table, the columns, and the condition that compares them."""
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


def _is_in(place: RowPlace, within: Collection[RowPlace] | None) -> bool:
    return within is None or place in within


Trial = Callable[[list[RowPlace]], bool]  # returns whether an error is gone if some rows are held back


def fewest(candidates: list[RowPlace], is_gone_without: Trial) -> list[RowPlace]:
    """Find few rows whose claims cause an error, always the same ones; none if the error stays without all of them."""
    needed: list[RowPlace] = []
    rest = candidates
    if not candidates or not is_gone_without(candidates):
        return []
    while not is_gone_without(needed):
        low, high = 0, len(rest)  # with the first `low` held back, the error is there; with the first `high`, not
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if is_gone_without([*needed, *rest[:middle]]) else (middle, high)
        needed.append(rest[high - 1])
        rest = rest[: high - 1]
    return needed

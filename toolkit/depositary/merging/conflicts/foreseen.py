"""Check decisions from the merged package alone, if there is no workspace with the inputs of the merge."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from depositary.errors import UsageError
from depositary.merging.claims.policy import policy_of
from depositary.merging.claims.releases import MERGED_FROM
from depositary.merging.conflicts.conflicts_file import rows_of
from depositary.merging.conflicts.remedies import is_constraint
from depositary.model.conflict import Conflict
from depositary.model.decision import Choice, Resolution
from depositary.model.package import Package
from depositary.model.record_id import record_id
from depositary.model.role import Role
from depositary.model.table import ForeignKey, Table

ForeseenRow = Mapping[str, str]
RowPlace = tuple[str, str]  # a table and the id of a row


def require_possible(package: Package, resolutions: Sequence[Resolution], conflicts: Mapping[str, Conflict]) -> None:
    """Refuse the deletion of a row to which others refer, and values that name no row or occur twice.

    If an earlier program merged the package, a value in a wrong row is refused, because the package does not have
    enough information for a merge without the contributions.

    Raises:
        UsageError: a decision is refused; the message names it and gives the reason.
    """
    foresight = _Foresight(package)
    for line in resolutions:
        is_value_of_wrong_row = line.choice is Choice.VALUE and is_constraint(conflicts[line.conflict_id])
        if is_value_of_wrong_row and MERGED_FROM not in package.descriptor:
            raise UsageError(
                f"{line.conflict_id}: this package does not show whether the row is valid with this value. Run "
                "depositary merge again, or decide it in the workspace."
            )
    going = {(line.table, line.row_id) for line in resolutions if _deletes(line, conflicts[line.conflict_id])}
    for line in resolutions:
        is_deletion = (line.table, line.row_id) in going
        reasons = foresight.referring(line, going) if is_deletion else foresight.wrong(line)
        for reason in reasons:
            raise UsageError(f"{line.conflict_id}: the next merge would not apply this decision: {reason}.")


def _deletes(line: Resolution, conflict: Conflict) -> bool:
    if line.choice is not Choice.TAKE or not line.row_id or line.field:
        return False
    sides = [
        side for side in conflict.sides if line.take_from in (side.contributor, f"{side.contributor}:{side.batch}")
    ]
    return all(side.value is None for side in sides)


@dataclass
class _Foresight:
    package: Package

    @cached_property
    def _tables(self) -> dict[str, dict[str, ForeseenRow]]:
        return {r.name: {_id(r.table, row): row for row in rows_of(r)} for r in self.package if r.table.primary_key}

    def referring(self, line: Resolution, going: set[RowPlace]) -> Iterator[str]:
        """Name a row that stays and refers to a row that would be deleted."""
        row = self._tables.get(line.table, {}).get(line.row_id)
        for resource in self.package if row else ():
            for row_id, other in self._tables.get(resource.name, {}).items():
                is_own = (resource.name, row_id) == (line.table, line.row_id)
                if (
                    not is_own
                    and (resource.name, row_id) not in going
                    and _refers(resource.table, other, line, row or {})
                ):
                    yield f"{resource.name} {row_id} refers to the row, so the row stays"

    def wrong(self, line: Resolution) -> Iterator[str]:
        """Give the reasons from other rows why a cell may not have a value."""
        resource = self.package.get(line.table)
        row = self._tables.get(line.table, {}).get(line.row_id, {})
        if resource is None or line.choice is not Choice.VALUE or not line.value:
            return
        cells = {**row, line.field: line.value}
        for key in resource.table.foreign_keys:
            if line.field in key.fields and not self._is_there(key, cells):
                yield f"{key.table} has no row {line.value}"
        unique = [(f.name,) for f in resource.table.fields if f.constraints.get("unique")]
        for names in (*unique, *resource.table.unique_keys):
            values = [cells.get(name, "") for name in names]
            others = (r for one, r in self._tables.get(line.table, {}).items() if one != line.row_id)
            if line.field in names and all(values) and any([r[n] for n in names] == values for r in others):
                yield f"another row already has {', '.join(values)} in {', '.join(names)}"

    def _is_there(self, key: ForeignKey, cells: ForeseenRow) -> bool:
        wanted = [cells.get(name, "") for name in key.fields]
        parents = self._tables.get(key.table)
        if not all(wanted) or parents is None:
            return True
        return any([row.get(name) for name in key.parent_fields] == wanted for row in parents.values())


def _id(table: Table, row: ForeseenRow) -> str:
    return record_id(row.get(name, "") for name in table.primary_key)


def _refers(table: Table, row: ForeseenRow, line: Resolution, parent: ForeseenRow) -> bool:
    keys = [key for key in table.foreign_keys if key.table == line.table]
    if any([row.get(n) for n in key.fields] == [parent.get(n) for n in key.parent_fields] for key in keys):
        return True
    records = [rule for rule in policy_of(table).fields.values() if rule.role is Role.RECORD]
    return any((row.get(rule.table_field), row.get(rule.name)) == (line.table, line.row_id) for rule in records)

"""The cells of each side of a conflict about a row, so that they can be compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from depositary.merging.conflicts.conflicts_file import rows_of
from depositary.merging.conflicts.remedies import is_constraint, named_sides, published_side
from depositary.model.conflict import Conflict, Side
from depositary.model.own_tables import CELLS
from depositary.model.package import Package
from depositary.model.record_id import record_id

NOW = "published now"  # the name of the published row, if it is not a side
_Cells = Mapping[str, str]
_Claims = Mapping[tuple[str, str, str], _Cells]  # by table, row and batch


@dataclass(frozen=True)
class RowSides:
    """The sides of a conflict about a row by name, each with the cells that it claims; None if it deletes the row.

    `fields` are those that a side claims, in the order of the table.
    """

    fields: Sequence[str]
    sides: Mapping[str, _Cells | None]

    def differ(self, name: str) -> bool:
        """Return whether two sides have different values for a field."""
        values = [cells[name] for cells in self.sides.values() if cells is not None and name in cells]
        return any(one != other for one, other in pairwise(values))


def row_sides(package: Package, conflicts: Iterable[Conflict]) -> dict[str, RowSides]:
    """Give the cells of the sides by conflict, for those that are about whole rows and whose cells are known.

    A conflict has the cells of a side as one text. The provenance shows where a cell ends in it, because a value may
    have any characters.
    """
    of_rows = [one for one in conflicts if one.row_id and (not one.field or is_constraint(one))]
    places = {(one.table, one.row_id) for one in of_rows}
    if not places or CELLS not in package:
        return {}
    claims, rows = _claims(package, places), _published(package, places)
    found = {one.conflict_id: _sides(package, one, claims, rows.get((one.table, one.row_id))) for one in of_rows}
    return {name: sides for name, sides in found.items() if sides}


def _claims(package: Package, places: set[tuple[str, str]]) -> _Claims:
    """Read the claimed cells of the rows at these places."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for line in rows_of(package[CELLS]):
        if line["field"] and (line["table"], line["row_id"]) in places:
            of = found.setdefault((line["table"], line["row_id"], line["batch"]), {})
            of[line["field"]] = line["value"]
    return found


def _published(package: Package, places: set[tuple[str, str]]) -> dict[tuple[str, str], _Cells]:
    """Read the published rows at these places."""
    found: dict[tuple[str, str], _Cells] = {}
    for resource in (package[table] for table in sorted({table for table, _ in places}) if table in package):
        for row in rows_of(resource):
            place = resource.name, record_id(row.get(name, "") for name in resource.table.primary_key)
            if place in places:
                found[place] = row
    return found


def _sides(package: Package, conflict: Conflict, claims: _Claims, row: _Cells | None) -> RowSides | None:
    """Give the cells of each side; None if they are not known, or if no side claims any."""
    sides: dict[str, _Cells | None] = {}
    claimed: set[str] = set()
    for name, side in named_sides(conflict).items():
        if not side.contributor:
            sides[name] = None if side.value is None else row
            continue
        sides[name] = _cells(side, claims.get((conflict.table, conflict.row_id, side.batch), {}))
        claimed |= set(sides[name] or ())
        if sides[name] is None and side.value is not None:
            return None
    resource = package.get(conflict.table)
    if resource is None or not claimed:
        return None
    if row and published_side(conflict) is None:
        sides = {NOW: row, **sides}
    return RowSides([name for name in resource.table.field_names if name in claimed], sides)


def _cells(side: Side, claimed: _Cells) -> dict[str, str] | None:
    """Give the cells that a side's text lists; None if it lists anything else."""
    rest, found = side.value or "", {}
    for text, name in sorted((f"{name}={value}", name) for name, value in claimed.items()):
        if rest == text or rest.startswith(f"{text}; "):
            found[name] = claimed[name]
            rest = rest.removeprefix(text).removeprefix("; ")
    return found if found and not rest else None

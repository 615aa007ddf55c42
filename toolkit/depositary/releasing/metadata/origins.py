"""Where the cells of a merged package come from, counted by table and contribution."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from depositary.model.own_tables import CELLS, ROWS
from depositary.model.package import Package
from depositary.model.provenance import ClaimStatus, RowStatus
from depositary.releasing.metadata.scan import counted

_KEY = ("table", "contributor", "batch")


@dataclass(frozen=True)
class TableOrigin:
    """What a contribution gave to a table: `rows` whose cells come from it, and `cells` for which it has its own claim.

    A row comes from one contribution, except the cells with claims of their own; these may agree with each other.

    `contributor` is an id of the table of contributors; empty if nobody is named.
    """

    table: str
    contributor: str
    batch: str
    rows: int
    cells: int


def origins_of(package: Package) -> Iterator[TableOrigin]:
    """Count the published rows and cells by table, contributor and contribution; sorted.

    There are none if the package has no provenance.
    """
    rows = _counts(package, ROWS, RowStatus.PRESENT, "row_id")
    cells = _counts(package, CELLS, ClaimStatus.ACCEPTED, "field")  # without a field, it is the deletion of a row
    for table, contributor, batch in sorted(rows.keys() | cells.keys()):
        key = (table, contributor, batch)
        yield TableOrigin(*key, rows[key], cells[key])


def _counts(package: Package, name: str, status: str, filled: str) -> Counter[tuple[str, str, str]]:
    resource = package.get(name)
    if resource is None or not {*_KEY, "status", filled} <= set(resource.table.field_names):
        return Counter()
    found = counted(resource, _KEY, {"status": str(status)}, filled)
    return Counter({(str(t), str(who), str(batch)): int(count) for t, who, batch, count in found})

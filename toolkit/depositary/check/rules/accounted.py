"""Records of an earlier release that are gone for a reason which the package gives."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from depositary.check.reading.columns import read_columns
from depositary.errors import DocumentError
from depositary.model.own_tables import CELLS, DELETED, REDIRECTS, ROWS
from depositary.model.package import Package
from depositary.model.target import Input
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.package import DESCRIPTOR

WITHDRAWN = "withdrawn"  # the property of a descriptor that names removed tables: [{"table": …, "reason": …}]

Record = tuple[str, str]  # a table, and the id of a row


def accounted_for(package: Package, previous: Package) -> set[Record]:
    """Name the records that have a redirect, or were deleted by a merge after the previous release.

    A deletion that the previous release records already is not that of a row which it has.
    """
    joined = {(table, row) for table, row in _lines(package, REDIRECTS, ("table", "old_id"))}
    deleted, before = (_deleted(one) for one in (package, previous))
    return joined | (deleted - before) | (_deleted_again(package, previous) if deleted & before else set())


def _deleted(package: Package) -> set[Record]:
    return {
        (table, row) for table, row, status in _lines(package, ROWS, ("table", "row_id", "status")) if status == DELETED
    }


def _deleted_again(package: Package, previous: Package) -> set[Record]:
    """Name the records whose deletion a contribution claimed that the previous release does not know."""
    wanted = ("table", "row_id", "field", "contributor", "batch", "status")
    claims, before = (set(_lines(one, CELLS, wanted)) for one in (package, previous))
    return {(table, row) for table, row, field, *_, status in claims - before if not field and status == "accepted"}


def _lines(package: Package, table: str, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    if table in package and {*names} <= {*package[table].table.field_names}:
        with suppress(UnreadableFile):  # its own check reports this
            for row in read_columns(Input(package[table]), names):
                yield tuple("" if cell is None else str(cell) for cell in row)


def withdrawn_tables(package: Package) -> dict[str, str]:
    """Give the tables that were removed on purpose, each with the reason, as the descriptor names them.

    Raises:
        DocumentError: the property is not a list of these, or names a table that is there.
    """
    named = package.descriptor.get(WITHDRAWN, [])
    if not isinstance(named, list) or not all(_is_reason(one) for one in named):
        raise DocumentError(
            f'{DESCRIPTOR}: `{WITHDRAWN}` is not a list such as [{{"table": "visits", "reason": "Why it is gone."}}].'
        )
    found = {one["table"]: " ".join(one["reason"].split()) for one in named}
    for name in found:
        if name in package:
            raise DocumentError(f"{DESCRIPTOR}: `{WITHDRAWN}` names the table {name}, which the package has.")
    return found


def _is_reason(one: object) -> bool:
    return isinstance(one, dict) and all(
        isinstance(one.get(key), str) and one[key].strip() for key in ("table", "reason")
    )

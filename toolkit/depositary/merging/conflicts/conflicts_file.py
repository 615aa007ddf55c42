"""Read the conflicts of a merged package from its `conflicts.csv`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import count, groupby
from pathlib import Path

from depositary.check.documents.descriptor import sound_package
from depositary.errors import DocumentError, UsageError
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.kinds import FAMILIES, KINDS, entry_of, family, is_of
from depositary.model.own_tables import CONFLICTS, OWN
from depositary.model.package import Package, Resource
from depositary.model.table import Table
from depositary.read.documents import read_json
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.shipped import schemas
from depositary.wording.plain import sentences, shown
from depositary.wording.suggest import closest, suggest

_SIDE = ("contributor", "batch", "value", "source_id")
STAYS = "the decided value is already published and stays; to change it, contribute the other value"
_PREFIX = "cfl-"
_SHOWN = 10  # ids in a message


def rows_of(resource: Resource) -> Iterator[dict[str, str]]:
    """Give the rows of a table as texts by column.

    Raises:
        DocumentError: the file is missing, or not CSV.
    """
    if not resource.file.is_file():
        raise DocumentError(f"{resource.path}: the file is missing; run depositary merge again.")
    try:
        with Records(resource) as records:
            labels = records.labels
            _require_columns(resource, labels)
            for numbers, rows in records.chunks():
                for number, row in zip(numbers, rows, strict=True):
                    if len(row) != len(labels):
                        raise DocumentError(
                            f"{resource.path}: row {number} has {len(row)} cells, but the header has {len(labels)} "
                            "columns."
                        )
                    yield dict(zip(labels, row, strict=True))
    except UnreadableFile as fault:
        raise DocumentError(f"{resource.path}: {sentences(fault.message, fault.hint)}") from fault


def _require_columns(resource: Resource, labels: Sequence[str]) -> None:
    missing = [name for name in resource.table.field_names if name not in labels]
    if missing:
        raise DocumentError(f"{resource.path}: the column {shown(missing[0])} is missing; run depositary validate.")
    if len(set(labels)) < len(labels):
        raise DocumentError(f"{resource.path}: two of its columns have the same name; run depositary validate.")


def sound_merged(path: Path) -> Package:
    """Open a package and check the columns of the tables that a merge writes, if it has them.

    Raises:
        NotFoundError: there is no package at the path.
        DocumentError: something is wrong; the message gives the first error.
    """
    package = sound_package(path)
    for name in OWN:
        if name in package:
            _require_own(path, package[name].table)
    return package


def _require_own(path: Path, table: Table) -> None:
    schema = read_json(schemas() / "provenance" / f"{table.name}.json")
    missing = [one["name"] for one in schema["fields"] if one["name"] not in table.field_names]
    if missing:
        raise DocumentError(
            f"{path}: its table {table.name} has no field {missing[0]}, which a merge writes. Run depositary merge "
            "again, and name its output folder."
        )


def open_merged(path: Path) -> Package:
    """Open a package that `depositary merge` has written.

    Raises:
        UsageError: the package was not merged.
    """
    package = sound_merged(path)
    if CONFLICTS not in package:
        raise UsageError(
            f"{path}: this package has no list of conflicts, so it was not merged. Run depositary merge, and name its "
            "output folder."
        )
    return package


def read_conflicts(package: Package) -> tuple[Conflict, ...]:
    """Read the conflicts of a merged package, in the order of its file.

    Raises:
        DocumentError: the file is not as a merge writes it.
    """
    return tuple(_conflicts(package[CONFLICTS]))


def conflicts_of(path: Path) -> tuple[Conflict, ...]:
    """Read the conflicts in a package; none, if it was not merged.

    Raises:
        DepositaryError: there is no package, or it is not as a merge writes it.
    """
    package = sound_merged(path)
    return read_conflicts(package) if CONFLICTS in package else ()


def _conflicts(resource: Resource) -> Iterator[Conflict]:
    names = [f.name for f in fields(Conflict) if f.name != "sides"] + [*_SIDE]
    rows = list(rows_of(resource))
    own = [name for name in names if name not in _SIDE]
    for _, lines in groupby(rows, key=lambda row: [row[name] for name in own]):
        sides = list(lines)
        head = {name: sides[0][name] for name in own}
        try:
            status = Status(head["status"])
        except ValueError as error:
            raise DocumentError(
                f"{resource.path}: {shown(head['status'])} is not a status of a conflict. Run depositary merge again."
            ) from error
        yield Conflict(**{**head, "status": status}, sides=tuple(map(_side, sides)))  # type: ignore[arg-type]


def _side(row: Mapping[str, str]) -> Side:
    return Side(row["contributor"], row["batch"], row["value"] or None, row["source_id"])


# Choose conflicts


def chosen(
    conflicts: Iterable[Conflict], tables: Sequence[str] = (), kinds: Sequence[str] = (), statuses: Sequence[str] = ()
) -> tuple[Conflict, ...]:
    """Give the conflicts of some tables, kinds and statuses; a family such as `cell` means all of its kinds.

    Raises:
        UsageError: there is no such kind.
    """
    known = list(conflicts)
    here = {c.kind for c in known} | set(FAMILIES)
    for kind in kinds:
        if kind not in here and entry_of(kind) is None:
            hint = (
                suggest(kind, {name: name for name in here.union(KINDS)})
                or f"the kinds here are {', '.join(sorted(here))}."
            )
            raise UsageError(f"{shown(kind)} is not a kind of conflict; {hint}")
    return tuple(
        c
        for c in known
        if (not tables or c.table in tables)
        and (not kinds or c.kind in kinds or family(c.kind) in kinds)
        and (not statuses or c.status in statuses)
    )


def by_id(conflicts: Iterable[Conflict]) -> dict[str, Conflict]:
    """Map ids to conflicts; a stale decision has the id of its conflict, and counts if that no longer exists."""
    return {c.conflict_id: c for c in sorted(conflicts, key=is_about_decisions, reverse=True)}


def full_id(ids: Collection[str], wanted: str) -> str:
    """Complete the beginning of an id, if only one id begins like this.

    Raises:
        UsageError: no id or several ids begin like this.
    """
    if wanted in ids:
        return wanted
    known = sorted(ids)
    start = wanted if wanted.startswith(_PREFIX) else f"{_PREFIX}{wanted}"
    found = [one for one in known if one.startswith(start)] if start != _PREFIX else []
    if len(found) == 1:
        return found[0]
    if found:
        some = f"{', '.join(found[:_SHOWN])}{' and others' if len(found) > _SHOWN else ''}"
        least = next(n for n in count(1) if len({one[:n] for one in found}) > 1)
        raise UsageError(
            f"{len(found):,} ids begin with {shown(wanted)}: {some}. Write at least {least} characters of the right "
            "one."
        )
    near = closest(wanted, {one: one for one in known})
    hint = f"Did you mean {' or '.join(near)}?" if near else "For a list, run depositary conflicts --status all."
    raise UsageError(f"there is no conflict {shown(wanted)}. {hint}")


def is_about_decisions(conflict: Conflict) -> bool:
    """Return whether an entry is about decisions: one that is stale or unused, or decisions that contradict."""
    return is_of(conflict.kind, "decision")


def is_waiting(conflict: Conflict) -> bool:
    """Return whether a conflict is decided but waits for other open conflicts of its row."""
    return conflict.status is Status.OPEN and bool(conflict.decided_by) and not is_about_decisions(conflict)


def status_text(conflict: Conflict) -> str:
    """Write the status of a conflict, and its decider; an open conflict that is decided waits with its row."""
    if not conflict.decided_by:
        return conflict.status.value
    if is_waiting(conflict):
        return (
            f"{conflict.status.value}, decided by {conflict.decided_by}: it waits for other open conflicts of the row"
        )
    return f"{conflict.status.value} by {conflict.decided_by}"


def place(conflict: Conflict) -> str:
    """Write the place of a conflict."""
    return " ".join(filter(None, [conflict.table, conflict.row_id, conflict.field and f"[{conflict.field}]"]))


def titles_of(package: Package) -> dict[str, str]:
    """Map the sources of a package to their titles."""
    return {row["source_id"]: row["title"] for row in _rows(package, "sources", "source_id", "title")}


def _rows(package: Package, table: str, *needed: str) -> list[dict[str, str]]:
    """Give the rows of a table that has these columns; none, if the package has no such table."""
    resource = package.get(table)
    fits = resource is not None and set(needed) <= set(resource.table.field_names)
    return list(rows_of(resource)) if resource and fits else []

"""How large a change is: the size of each difference between two releases, by what it means for a reader."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from depositary.check.rules.accounted import withdrawn_tables
from depositary.merging.diff.changes import Change, Diff, Kind
from depositary.model.own_tables import OWN
from depositary.model.package import Package
from depositary.releasing.agreement import agreement_tables
from depositary.releasing.other_files import changed_files
from depositary.releasing.version import Size, Version
from depositary.wording.plain import number, shown

_MOST_REASONS = 5  # of one size that are printed
_RETYPED = ("type", "format")
_KEYS = {"schema.primaryKey": "the key"}
_TEXTS = ("title", "description", "example", "rdfType", "categories", "merge")  # of a field
# Properties of a package that follow from the release or from the merge before it, and the list of its tables.
_NOT_COUNTED = ("version", "created", "merged_from", "column_changes", "waiting", "resources")


@dataclass(frozen=True, order=True)
class Reason:
    """One reason for a version number: the size of a change, and what changed."""

    size: Size
    text: str
    is_of_rows: bool = False


def reasons(difference: Diff, before: Package, after: Package) -> list[Reason]:
    """List what changed, the largest first.

    MAJOR may break the work of a reader: a table, column, key or coded value is gone, or has another type or key. What
    is new is MINOR. Corrected cells and texts are PATCH. The tables that a merge adds say how the others came about,
    and do not count.
    """
    withdrawn = withdrawn_tables(after)
    of_agreement = agreement_tables(before, after)
    found = [
        reason
        for table in difference.tables
        if table not in OWN and table not in of_agreement
        for reason in (*_of_table(difference, table, withdrawn), *_of_rows(difference, table, before, after))
    ]
    if of_agreement.intersection(difference.tables):
        found.append(Reason(Size.PATCH, "the tables on the agreement of coders changed"))
    found += _of_files(before, after)
    return sorted(found, key=lambda reason: (-reason.size, reason.text))


def size_of(found: list[Reason]) -> Size | None:
    """Give the size of the largest change; None if nothing changed."""
    return max((reason.size for reason in found), default=None)


def reasons_text(found: list[Reason], earlier: str) -> Iterator[str]:
    """Write the reasons of the largest size, and why it counts after a version such as 0.4.0."""
    largest = [reason for reason in found if reason.size is size_of(found)]
    yield from (reason.text for reason in largest[:_MOST_REASONS])
    if len(largest) > _MOST_REASONS:
        yield f"and {len(largest) - _MOST_REASONS:,} more reasons of this size"
    if size_of(found) is Size.MAJOR and earlier.startswith("0."):
        yield "such a change gives 1.0.0 after 0.x too, because data with a version 0.x are cited as any other"


def following(asked: str, earlier: str, found: list[Reason]) -> tuple[Version | None, str]:
    """Give the version of a release, or the reason why there is none.

    Args:
        asked: the version that somebody gave; if it is empty, the first that follows from the changes.
        earlier: the version of the release before; it is empty for a first release.
        found: what changed since then.
    """
    wanted, before = Version.read(asked), Version.read(earlier)
    if asked and wanted is None:
        return None, f"{shown(asked)} is not a version. Write three numbers, such as 1.4.0."
    if before is None:
        missing = "the package has no version. Give the first one with --version, such as --version 0.1.0."
        return wanted, "" if wanted else missing
    size = size_of(found)
    if size is None:
        return None, f"nothing changed since {before}, so there is nothing to release."
    least = before.after(size)
    if wanted and wanted < least:
        why = "; ".join(reasons_text(found, earlier))
        return None, f"the version {wanted} does not follow {before}: it is at least {least}, because {why}."
    return wanted or least, ""


def _of_table(difference: Diff, table: str, withdrawn: Mapping[str, str]) -> Iterator[Reason]:
    for change in difference.table_changes(table):
        if change.change == Kind.TABLE_REMOVED:
            why = f": {withdrawn[table]}" if table in withdrawn else ""
            yield Reason(Size.MAJOR, f"the table {table} was removed{why}")
        elif change.change == Kind.TABLE_ADDED:
            yield Reason(Size.MINOR, f"the table {table} was added")
        elif change.change == Kind.FIELD_REMOVED:
            yield Reason(Size.MAJOR, f"the column {table}.{change.field} was removed")
        elif change.change == Kind.FIELD_ADDED:
            yield Reason(Size.MINOR, f"the column {table}.{change.field} was added")
        elif change.change == Kind.FIELD_CHANGED:
            yield from _of_field(change)
        else:
            yield from _of_property(change)


def _of_property(change: Change) -> Iterator[Reason]:
    where = f"of {change.table}" if change.table else "of the package"
    if change.field in _KEYS:
        yield Reason(Size.MAJOR, f"{_KEYS[change.field]} {where} changed")
    elif change.field == "schema.fields" and change.table:
        # Added and removed columns have their own lines; another order alone does not break a reader by name.
        old, new = (set(json.loads(text or "[]")) for text in (change.before, change.after))
        if old == new:
            yield Reason(Size.PATCH, f"the columns of {change.table} have another order")
    elif change.table or change.field not in _NOT_COUNTED:
        yield Reason(Size.PATCH, f"the property {change.field} {where} changed")


def _of_field(change: Change) -> Iterator[Reason]:
    column = f"{change.table}.{change.field}"
    old, new = (json.loads(text or "{}") for text in (change.before, change.after))
    if any(old.get(name) != new.get(name) for name in _RETYPED):
        yield Reason(Size.MAJOR, f"the type of {column} changed from {_type(old)} to {_type(new)}")
    before, after = _codes(old), _codes(new)
    if before is not None and after is not None:
        for gone in sorted(before - after):
            yield Reason(Size.MAJOR, f"the value {gone} of {column} was removed")
        for come in sorted(after - before):
            yield Reason(Size.MINOR, f"the value {come} of {column} was added")
    elif before is not after:
        yield Reason(Size.MINOR, f"the list of values of {column} was {'added' if before is None else 'removed'}")
    if _limits(old) != _limits(new):
        yield Reason(Size.MINOR, f"the constraints of {column} changed")
    if any(old.get(name) != new.get(name) for name in _TEXTS):
        yield Reason(Size.PATCH, f"the description of {column} changed")
    others = {*old, *new} - {*_RETYPED, *_TEXTS, "constraints"}
    if any(old.get(name) != new.get(name) for name in others):
        yield Reason(Size.PATCH, f"the properties of {column} changed")


def _type(field: Mapping[str, Any]) -> str:
    return "/".join(str(field[name]) for name in _RETYPED if field.get(name)) or "any"


def _codes(field: Mapping[str, Any]) -> set[str] | None:
    enum = field.get("constraints", {}).get("enum")
    listed = field.get("categories") if enum is None else enum
    if not isinstance(listed, list):
        return None
    return {str(one.get("value") if isinstance(one, Mapping) else one) for one in listed}


def _limits(field: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in field.get("constraints", {}).items() if name != "enum"}


def _of_files(before: Package, after: Package) -> Iterator[Reason]:
    """A file of a resource counts as a table does; of any other, as a rule or a text about the data, only the text."""
    for path, what, is_of_a_resource in changed_files(before, after):
        size = {"removed": Size.MAJOR, "added": Size.MINOR}.get(what, Size.PATCH) if is_of_a_resource else Size.PATCH
        yield Reason(size, f"the file {path} was {what}")


def _of_rows(difference: Diff, table: str, before: Package, after: Package) -> Iterator[Reason]:
    if table not in before or table not in after:  # the table as a whole is a reason already
        return
    counts = Counter(difference.counts(table))
    if counts[Kind.ROW_REMOVED]:
        size = Size.MAJOR if after[table].table.primary_key else Size.MINOR
        what = "key" if size is Size.MAJOR else "row"
        yield Reason(size, f"{number(counts[Kind.ROW_REMOVED], what)} of {table} removed", is_of_rows=True)
    if counts[Kind.ROW_ADDED]:
        yield Reason(Size.MINOR, f"{number(counts[Kind.ROW_ADDED], 'row')} of {table} added", is_of_rows=True)
    if counts["cells"]:
        yield Reason(Size.PATCH, f"{number(counts['cells'], 'cell')} of {table} corrected", is_of_rows=True)

"""Whether a package can be released: every reason against it, each with what to do."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from depositary.check.rules.accounted import WITHDRAWN, accounted_for, withdrawn_tables
from depositary.merging.conflicts.conflict_text import counted
from depositary.merging.conflicts.conflicts_file import read_conflicts
from depositary.merging.diff.changes import Diff, Kind
from depositary.model.conflict import Status
from depositary.model.own_tables import CONFLICTS, OWN
from depositary.model.package import TO_WRITE, Package
from depositary.model.report import Report
from depositary.read.package import DESCRIPTOR
from depositary.releasing.agreement import agreement_tables
from depositary.visible import visible
from depositary.wording.plain import number, shown

_UNSETTLED = (Status.OPEN, Status.STALE)
_SHOWN = 10  # records or findings in a message


def not_described(descriptor: Mapping[str, Any]) -> Iterator[str]:
    """List what a descriptor lacks that every release has."""
    for name in ("title", "description"):
        text = str(descriptor.get(name) or "")
        if text.startswith(TO_WRITE):
            yield (
                f"`{name}` in {DESCRIPTOR} is still {shown(text)}. Write it there; of a merged package, in that of the "
                "package into which you merge, because the next merge writes the merged one anew."
            )
    licences = descriptor.get("licenses")
    if not _some(licences, "name", "path"):
        yield (
            f'there is no licence, so nobody may use the data. Add `licenses` to {DESCRIPTOR}, such as [{{"name": '
            '"CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}].'
        )
    if not _some(descriptor.get("contributors"), "title", "givenName", "familyName"):
        yield (
            f"the descriptor names no contributors, so nobody can be cited. Add `contributors` to {DESCRIPTOR}, as in "
            '[{"title": "Name of a person or team", "roles": ["editor"]}]; of a merged package, to that of the package '
            "into which you merge, because the next merge writes the merged one anew."
        )


def _some(entries: object, *names: str) -> bool:
    listed = entries if isinstance(entries, list) else []
    return any(isinstance(one, Mapping) and any(str(one.get(name) or "").strip() for name in names) for one in listed)


def unsettled(package: Package) -> Iterator[str]:
    """List the conflicts of a merged package that nobody has decided for the values as they are now."""
    if CONFLICTS not in package:
        return
    found = [conflict for conflict in read_conflicts(package) if conflict.status in _UNSETTLED]
    if found:
        ids = list(dict.fromkeys(conflict.conflict_id for conflict in found))
        yield (
            f"conflicts are not decided: {counted(found)} ({_some_of(ids)}). List them with "
            "depositary conflicts, decide them with depositary resolve, and merge again."
        )


def wrong(report: Report) -> Iterator[str]:
    """List the errors of a validation with the rules for releases."""
    if report.errors:
        errors = [one for one in report if one.level == "error"]
        shown = [f"{one.file}: {one.message}" for one in errors]
        yield (
            f"the package has {number(report.errors, 'error')} by the rules for releases: {_some_of(shown, '; ')}. See "
            "all with depositary validate --release, and correct them."
        )


def vanished(difference: Diff, package: Package, earlier: Package) -> Iterator[str]:
    """List the records that were released before and are gone, without a reason that the package gives."""
    aside = [*OWN, *withdrawn_tables(package), *agreement_tables(package, earlier)]
    gone = difference.lines.filter(
        (pl.col("change") == Kind.ROW_REMOVED) & (pl.col("field") == "") & ~pl.col("table").is_in(aside)
    ).select("table", "row_id")
    if len(gone):
        known = pl.DataFrame(list(accounted_for(package, earlier)), schema=gone.schema, orient="row")
        gone = gone.join(known, on=["table", "row_id"], how="anti")
    removed = sorted({*gone["table"]} - {resource.name for resource in package})
    if removed:
        example = json.dumps({WITHDRAWN: [{"table": removed[0], "reason": "…"}]}, ensure_ascii=False)
        yield (
            f"whole tables of the earlier release are gone: {_some_of(removed)}. Put them back. If they are to go, "
            f"say why in {DESCRIPTOR}: {visible(example)}."
        )
    gone = gone.filter(~pl.col("table").is_in(removed))
    if len(gone):
        names = [f"{table} {row_id}" for table, row_id in gone.sort("table", "row_id").iter_rows()]
        yield (
            f"{number(len(gone), 'record')} of the earlier release {'is' if len(gone) == 1 else 'are'} gone, without a "
            f"redirect, or a record of a deletion since then: {_some_of(names)}. Put them back with record_status "
            "deprecated, or delete or join them by a merge, which records it (rule R53)."
        )


def not_in_time(on: date, earlier: date | None) -> Iterator[str]:
    """Refuse a day before the earlier release."""
    if earlier and on < earlier:
        yield f"the day of the release is {on}, before that of the earlier release ({earlier}). Correct --on."


def _some_of(names: list[str], mark: str = ", ") -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return mark.join(visible(name) for name in names[:_SHOWN]) + more

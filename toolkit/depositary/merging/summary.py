"""The result of a merge, as text for people."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from depositary.merging.claims.overtaken import Dropped
from depositary.merging.conflicts.conflicts_file import is_waiting
from depositary.merging.merge import Merged, TableChange
from depositary.model.conflict import Conflict, Status
from depositary.wording.plain import at_release, number
from depositary.write.companions import left_behind

if TYPE_CHECKING:
    from polars import DataFrame

_NEW = 10  # new warnings that are listed
_NAMES, _LEAST_NAMES = 12, 3  # names that are listed: of all batches together, but so many of each


def summary_text(merged: Merged, *, plan: bool, names: Path | None = None, output: Path | None = None) -> str:
    """Write what was merged, what changed, what is in conflict, and what to do next.

    `names` is the file into which the ids of named rows were written, `output` the folder that a planned merge would
    write, if that is known.
    """
    return "\n".join([*_lines(merged, names), "", *_end(merged, output, plan=plan)]) + "\n"


def _lines(merged: Merged, names: Path | None) -> Iterator[str]:
    package = merged.package
    yield f"{package.directory}: {package.name} {package.version}, {number(len(merged.batches), 'contribution')}"
    for batch in merged.batches:
        withdrawn = " (withdrawn: a later batch supersedes it)" if batch.withdrawn else ""
        older = "" if batch.base.directory == package.directory else f", based on {batch.base.version}"
        if batch.compared_with_current:
            older = f", based on {batch.manifest['base']['version']}, compared with the current package"
        yield f"  {batch.name}: {batch.mode} by {batch.contributor}{older}{withdrawn}"
    yield from map(_dropped, merged.dropped)
    yield from _waiting(merged)
    yield ""
    yield from _changes(merged.changes)
    for redirect in merged.redirects:
        yield f"  {redirect.table}: {redirect.old_id} is now {redirect.canonical_id} ({redirect.decided_by})"
    yield from (f"  warning: {warning}" for warning in merged.warnings)
    left = left_behind(package.directory, [merged.written] if merged.written else [])
    if left:
        yield f"  left out, because no resource names them: {left}"
    yield from _names(merged, names)
    yield from _conflicts(merged.conflicts)


def new_among(merged: Merged) -> str:
    """Say how many warnings are new, if that is known and there are any."""
    if merged.new_warnings is None or not merged.report.warnings:
        return ""
    return f", {len(merged.new_warnings) or 'none'} of them new"


def new_warnings(merged: Merged) -> Iterator[str]:
    """Give the new warnings, the first ones in lines of their own."""
    new = merged.new_warnings or ()
    for one in new[:_NEW]:
        place = ", ".join(filter(None, [one.table, one.field]))
        yield f"{place}: {one.message} [{one.rule or one.code}]"
    if len(new) > _NEW:
        yield f"and {len(new) - _NEW:,} more; merge, then run depositary validate on the result"


def _names(merged: Merged, file: Path | None) -> Iterator[str]:
    """Write the ids of the new rows that contributors named themselves, a few of each batch, and the file with all."""
    new = merged.names.filter("is_new") if len(merged.names) else merged.names
    if len(new):
        yield ""
        yield from _new_names(merged, new, file)
    if file:
        yield from () if len(new) else ("",)
        yield named_ids(merged, file)


def _new_names(merged: Merged, new: "DataFrame", file: Path | None) -> Iterator[str]:
    by_batch = new.partition_by("batch", maintain_order=True)
    most = max(_LEAST_NAMES, _NAMES // len(by_batch))
    earlier = len(merged.names) - len(new)
    where = file.as_posix() if file else "the file of --names"
    also = f" ({earlier:,} more, of rows that the package has already, are in {where})" if earlier else ""
    yield f"ids of the new rows with local: names: {len(new):,}{also}"
    for names in by_batch:
        for line in names.head(most).iter_rows(named=True):
            state = "" if line["is_published"] else ", not published"
            yield f"  {line['batch']}: {line['table']} {line['name']} → {line['row_id']}{state}"
        if len(names) > most:
            rest = f"in {file.as_posix()}" if file else "which --names FILE writes to a file"
            yield f"  {names['batch'][0]}: {len(names) - most:,} more, {rest}"


def _waiting(merged: Merged) -> Iterator[str]:
    if merged.waiting:
        yield f"waiting, and not merged: {len(merged.waiting)}"
    for one in merged.waiting:
        yield f"  {one.name}: {one.why}"
        yield from (f"    {line}" for line in one.details)
    if merged.idle:
        yield "decisions that are not applied as long as contributions wait:"
        yield from (f"  {line.conflict_id} by {line.decided_by}" for line in merged.idle)


def _dropped(dropped: Dropped) -> str:
    """Write how many claims of an earlier batch a batch of the same contributor replaces."""
    if not dropped.count:
        return f"  {dropped.by} supersedes {dropped.batch}, but earlier merges have settled all of its claims"
    how = f"supersedes {number(dropped.count, 'claim')} of {dropped.batch}"
    if not dropped.is_named:
        how = f"is later than {dropped.batch}, and replaces {number(dropped.count, 'claim')} of it"
    more = dropped.count - len(dropped.examples)
    return f"  {dropped.by} {how}: {', '.join(dropped.examples)}{f' and {more:,} more' if more else ''}"


def _changes(changes: tuple[TableChange, ...]) -> Iterator[str]:
    if not changes:
        yield "nothing changes"
    width = max((len(change.table) for change in changes), default=0)
    for change in changes:
        counts = [
            number(change.added, "row") + " added" if change.added else "",
            number(change.deleted, "row") + " deleted" if change.deleted else "",
            number(change.cells, "cell") + " changed" if change.cells else "",
            _columns(change.new_columns, "added"),
            _columns(change.dropped_columns, "dropped, with its values"),
        ]
        yield f"  {change.table:{width}}  {', '.join(filter(None, counts))}"


def _columns(names: tuple[str, ...], done: str) -> str:
    return f"column{'' if len(names) == 1 else 's'} {', '.join(names)} {done}" if names else ""


def _conflicts(conflicts: tuple[Conflict, ...]) -> Iterator[str]:
    counts = Counter((_title(conflict), conflict.kind) for conflict in conflicts)
    for title in (_TITLES[Status.OPEN], _WAITING, *list(_TITLES.values())[1:]):
        kinds = {kind: count for (of, kind), count in sorted(counts.items()) if of == title}
        if kinds:
            yield ""
            yield f"{title}: {sum(kinds.values())}"
            for kind, count in kinds.items():
                yield f"  {kind}: {count}"


def _title(conflict: Conflict) -> str:
    return _WAITING if is_waiting(conflict) else _TITLES[conflict.status]


_WAITING = "decided, but waiting for open conflicts of the same row"
_TITLES = {
    Status.OPEN: "open conflicts, where the published values stay",
    Status.RESOLVED: "resolved",
    Status.AUTO: "conflicts that were merged automatically",
    Status.STALE: "stale decisions, which were not applied",
    Status.UNUSED: "decisions whose conflict no longer exists",
}


def named_ids(merged: Merged, file: Path) -> str:
    """Say that the ids of all rows that contributors named were written to a file."""
    return f"ids of all rows with local: names: {len(merged.names):,}, written to {file.as_posix()}"


def _end(merged: Merged, output: Path | None, *, plan: bool) -> Iterator[str]:
    report = merged.report
    rows = f"{number(report.errors, 'error')}, {number(report.warnings, 'warning')}"
    yield f"the merged package: {rows}{new_among(merged)}"
    if report.errors_at_release:
        folder = (merged.written or output or Path("FOLDER")).as_posix()
        first = "" if merged.written else "after the merge, "
        yield f"  {at_release(report.errors_at_release)} To see them: {first}depositary validate {folder} --release"
    yield from (f"  new: {line}" for line in new_warnings(merged))
    if plan:
        yield "nothing was written (--plan)"
    elif merged.written:
        yield f"written: {merged.written.as_posix()}"
    if merged.waiting:
        yield f"{number(len(merged.waiting), 'contribution')} must be corrected; then run depositary merge again"
    if merged.open:
        count = sum(not is_waiting(conflict) for conflict in merged.open)
        what = f"{number(count, 'conflict')} {'is' if count == 1 else 'are'} open"
        yield f"{what}: list them with depositary conflicts, and decide them with depositary resolve"

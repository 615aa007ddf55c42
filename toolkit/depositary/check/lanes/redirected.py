"""Find ids in a contribution that an earlier merge replaced, because two rows were judged to be the same.

A merge follows the redirects of the package, so such an id is understood: it is a warning that gives the new id.
"""

from collections.abc import Iterator
from contextlib import suppress

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.references import Parents
from depositary.check.reading.columns import rows_with
from depositary.model.finding import Finding
from depositary.model.package import Mode
from depositary.model.report import Total
from depositary.model.table import Table
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.plain import shown


def judge_redirected(entry: Input, parents: Parents, examples: int) -> tuple[tuple[Finding, ...], tuple[Total, ...]]:
    """Find the redirected ids in the key and in the references of a contribution."""
    tally = Tally(entry.resource.name, examples)
    if entry.mode is Mode.TABLE or entry.reference_only:
        return (), ()
    file_findings, names = FileFindings(entry, tally, parents), entry.resource.table.field_names
    for number, name, old, new in sorted(_redirected(entry, parents), key=lambda one: (one[0], names.index(one[1]))):
        message = f"{shown(old)} is now {new}: an earlier merge made one row of both"
        file_findings.add(
            "redirected-id",
            message,
            f"write {new}; the merge reads it so",
            row=file_findings.row_of(number),
            field=name,
            value=old,
            level="warning",
        )
    return tally.findings, tally.totals


def _redirected(entry: Input, parents: Parents) -> Iterator[tuple[int, str, str, str]]:
    """Give each row, its column, the old id and the new one."""
    for name, table, key in _naming(entry.resource.table):
        ids = parents.redirects(table)
        found: list[tuple[int, str]] = []
        with suppress(UnreadableFile):  # other findings report this, and a patch may lack the column
            found = [(number, str(old)) for number, (old,) in rows_with(entry, (name,), {(i,) for i in ids}, (name,))]
        again = parents.there(table, key, {old for _, old in found}) if found else frozenset()
        yield from ((number, name, old, ids[old]) for number, old in found if old not in again)


def _naming(table: Table) -> Iterator[tuple[str, str, str]]:
    """Give the columns that name rows, each with the table of the rows and its key."""
    if len(table.primary_key) == 1:
        yield table.primary_key[0], table.name, table.primary_key[0]
    for reference in table.foreign_keys:
        if len(reference.fields) == 1:
            yield reference.fields[0], reference.table, reference.parent_fields[0]

"""Where the cells of a row came from, as text for `depositary blame` and `depositary history`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from depositary.check.reading.patch_notation import LOCAL
from depositary.errors import UsageError
from depositary.merging.provenance.downloads import Download, downloads_of
from depositary.merging.provenance.lineage import ClaimLine, Lineage, Origin, RowLineage
from depositary.model.conflict import Conflict, Status
from depositary.model.provenance import ClaimStatus
from depositary.visible import visible
from depositary.wording.plain import shown
from depositary.wording.suggest import closest

_LISTED = 30  # names of columns in a message


def blame(
    lineage: Lineage, table: str, wanted: str, field: str | None = None, contributions: Sequence[Path] = ()
) -> str:
    """Write for each cell of a row, or for one, who claims it, from which source, and the status of other claims.

    In `contributions`, the rows of downloads are looked up that the row comes from.

    Raises:
        UsageError: there is no such table, row or column.
    """
    row = lineage.row(table, wanted)
    names = _columns(lineage, row, field)
    own = {claim.field for claim in row.exceptions} | {c.field for c in _about(lineage, row)} | {field}
    own |= {name for name in names if lineage.evidence(row.table, row.row_id, name)}
    plain = [f"    {name}: {_value(row.cell(name))}" for name in names if name not in own and row.cell(name)]
    lines = [*_head(row, wanted), *_deletions(lineage, row), *(["", "  as recorded", *plain] if plain else [])]
    for name in (name for name in names if name in own):
        lines += ["", f"  {name}: {_value(row.cell(name))}", *_claims(lineage, row, name)]
        lines += [*_evidence(lineage, row, name), *_open(lineage, row, name)]
    whole = [*_evidence(lineage, row, ""), *_open(lineage, row, "")]
    lines += ["", "  the row as a whole", *whole] if whole else []
    found = [_downloaded(one, field) for one in downloads_of(row, lineage.package, contributions)]
    lines += ["", "  in the download", *found] if found else []
    return _text([*lines, *_sources(lineage, lines)])


def history(lineage: Lineage, table: str, wanted: str) -> str:
    """Write what each batch claims about a row, in the order of batches, with the status of the claims, and its ids.

    Raises:
        UsageError: there is no such table or row.
    """
    row = lineage.row(table, wanted)
    lines = _head(row, wanted)
    claims = sorted(row.claims(), key=lambda claim: claim.order)  # columns keep their order in a batch
    for batch, theirs in groupby(claims, key=lambda claim: (claim.contributor, claim.batch)):
        lines += ["", f"  {_who(*batch)}"]
        lines += [_past(lineage, claim) for claim in theirs]
    fields = dict.fromkeys(conflict.field for conflict in _about(lineage, row))
    lines += [""] * bool(fields)
    lines += [f"  {field or 'row'} {line.strip()}" for field in fields for line in _open(lineage, row, field)]
    return _text([*lines, *_sources(lineage, lines)])


def _text(lines: Iterable[str]) -> str:
    return "\n".join(map(visible, lines)) + "\n"


def _downloaded(one: Download, field: str | None) -> str:
    """Name a row of a download, and the columns whose names differ from ours."""
    columns = ", ".join(f"{shown(theirs)} is {ours}" for ours, theirs in one.columns if field in (None, ours))
    return f"    {one.batch}: {one.file}, row {one.row:,}{f'; column {columns}' if columns else ''}"


def _columns(lineage: Lineage, row: RowLineage, field: str | None) -> Sequence[str]:
    names = [n for n in lineage.package[row.table].table.field_names if n not in row.key]
    gone = sorted({claim.field for claim in row.exceptions if claim.field} - {*names, *row.key})
    known = [*names, *gone]
    if field is None:
        return known
    if field in row.key:
        raise UsageError(
            f"{field} is the key of {row.table}: it names the row, so there are no claims on it. Leave it out."
        )
    if field not in known:
        near = closest(field, {name: name for name in known}) or known[:_LISTED]
        raise UsageError(f"{row.table} has no column {shown(field)}. Its columns are {', '.join(near)}.")
    return [field]


def _head(row: RowLineage, wanted: str) -> list[str]:
    lines = [f"{row.table} {row.row_id}{'' if row.cells is not None else ' (not published)'}"]
    origins = (row.origin,) if row.origin else ()
    named: tuple[ClaimLine | Origin, ...] = (*row.claims(), *origins)  # a row that is only a key has no claims
    by = next((one.batch for one in named if one.original_row_id == wanted), "")
    if by and LOCAL in wanted:
        lines.insert(0, f"{wanted} is the name of {row.row_id} in {by}.")
    elif wanted != row.row_id:
        lines.insert(0, f"{wanted} was judged to be the same as {row.row_id}, which replaces it.")
    if row.old_ids:
        lines.append(f"  also replaces {', '.join(row.old_ids)}")
    if row.origin:
        origin = row.origin
        of = f", as {origin.original_row_id}" if origin.original_row_id else ""
        lines.append(f"  recorded by {_who(origin.contributor, origin.batch)}{_from(origin.source_id)}{of}")
    return lines


def _who(contributor: str, batch: str) -> str:
    return f"{contributor or 'an unknown contributor'}, {batch}"


def _value(value: str | None) -> str:
    return value or "(blank)"


def _from(source_id: str) -> str:
    return f", from {source_id}" if source_id else ""


def _sources(lineage: Lineage, lines: Iterable[str]) -> Iterator[str]:
    """Give the titles of the named sources."""
    words = {word.strip(",;") for line in lines for word in line.split()}
    named = {source: title for source, title in lineage.titles.items() if source in words and title}
    yield from ["", "  sources"] if named else []
    yield from (f"    {source}: {title}" for source, title in sorted(named.items()))


def _claims(lineage: Lineage, row: RowLineage, name: str) -> Iterator[str]:
    """List the claims on a cell, published ones first; the value only if it is not published."""
    claims = [claim for claim in row.claims() if claim.field == name]
    for claim in sorted(claims, key=lambda c: c.status != ClaimStatus.ACCEPTED):
        is_published = claim.status == ClaimStatus.ACCEPTED and claim.value == row.cell(name)
        value = "" if is_published else f" {_value(claim.value)}"
        original = f", written as {claim.original_value}" if claim.original_value else ""
        of = f", of {claim.original_row_id}" if claim.original_row_id else ""
        who = _who(claim.contributor, claim.batch)
        yield f"    {claim.status}{value}: {who}{_from(claim.source_id)}{of}{original}"
        yield from _why(lineage, claim)


def _why(lineage: Lineage, claim: ClaimLine) -> Iterator[str]:
    """Write the decision that gave a claim its status, or the reason for the claim."""
    deciders = next((c.decided_by for c in lineage.conflicts if c.conflict_id == claim.decision and c.decided_by), "")
    by = f" by {deciders}" if deciders else ""
    if claim.decision:
        yield f"      decided{by} ({claim.decision}){f': {claim.reason}' if claim.reason else ''}"
    elif claim.reason:
        yield f"      because: {claim.reason}"


def _deletions(lineage: Lineage, row: RowLineage) -> Iterator[str]:
    for claim in (claim for claim in row.exceptions if not claim.field):
        yield f"  deletion, {claim.status}: {_who(claim.contributor, claim.batch)}{_from(claim.source_id)}"
        yield from _why(lineage, claim)


def _evidence(lineage: Lineage, row: RowLineage, field: str) -> Iterator[str]:
    for found in lineage.evidence(row.table, row.row_id, field):
        span = f", characters {found['char_start']}-{found.get('char_end', '')}" if found.get("char_start") else ""
        quote = f": “{found['quote']}”" if found.get("quote") else ""
        support = f"{found['support']} " if found.get("support") else ""
        source = found.get("source_id", "")
        yield f"    evidence {found.get('evidence_id', '')}: {support}in {source}{span}{quote}"


def _open(lineage: Lineage, row: RowLineage, field: str) -> Iterator[str]:
    for conflict in _about(lineage, row):
        if conflict.field == field:
            yield f"    in conflict: {conflict.conflict_id} ({conflict.kind}), see depositary conflicts"


def _about(lineage: Lineage, row: RowLineage) -> list[Conflict]:
    place = (row.table, row.row_id)
    return [c for c in lineage.conflicts if (c.table, c.row_id) == place and c.status is Status.OPEN]


def _past(lineage: Lineage, claim: ClaimLine) -> str:
    what = f"{claim.field} = {_value(claim.value)}" if claim.field else "delete the row"
    of = f" (as {claim.original_row_id})" if claim.original_row_id else ""
    why = " ".join(line.strip() for line in _why(lineage, claim))
    return f"    {claim.status}: {what}{of}{_from(claim.source_id)}{f'; {why}' if why else ''}"

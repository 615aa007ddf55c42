"""Find keys of a contribution that are published in another form: 101 if the package writes the number as 0101.

A merge finds rows by their keys as written. A key with the same value in another form would be a new row besides the
published one, and both rows would have the same key.
"""

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.references import Parents
from depositary.check.lanes.written_keys import Written, WrittenKeys, is_looked_up, odd_keys, plainly, read_written
from depositary.check.reading.columns import Key, rows_with
from depositary.model.finding import Finding
from depositary.model.package import Mode
from depositary.model.record_id import key_of, record_id
from depositary.model.report import Total
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.plain import shown


def judge_key_forms(entry: Input, parents: Parents, examples: int) -> tuple[tuple[Finding, ...], tuple[Total, ...]]:
    """Find the rows of a contribution whose key is written in another form in the base or an earlier batch."""
    tally = Tally(entry.resource.name, examples)
    key = entry.resource.table.primary_key
    if entry.mode is Mode.TABLE or entry.reference_only or not entry.resource.table.has_typed_key:
        return (), ()
    file_findings = FileFindings(entry, tally, parents)
    try:
        written = parents.written(entry.resource.table.name)
        rows = _odd_rows(entry, written) if is_looked_up(entry) else list(read_written(entry, key))
        ids = written.of({values for _, values, _ in rows})
        for number, values, texts in rows:
            published = ids.get(values)
            if published is not None and published != record_id(texts):
                pairs = zip(key, texts, key_of(published), strict=True)
                _report(file_findings, number, *next(pair for pair in pairs if pair[1] != pair[2]))
    except UnreadableFile:
        return (), ()  # other findings report errors in the file and in the base
    return tally.findings, tally.totals


def _odd_rows(entry: Input, written: WrittenKeys) -> list[Written]:
    """Give the rows of a large file whose key may be published in another form: one of both is not the usual one."""
    key = entry.resource.table.primary_key
    rows = {number: (number, values, texts) for number, values, texts in odd_keys(entry, key)}
    published: set[Key] = set()
    for at, other in enumerate(written.files):
        odd = written.odd(at).values() if is_looked_up(other) else read_written(other, key)
        published.update(values for _, values, texts in odd if tuple(map(plainly, values)) != texts)
    for number, values in rows_with(entry, key, published, key):
        rows.setdefault(number, (number, values, tuple(map(plainly, values))))
    return sorted(rows.values(), key=lambda row: row[0])


def _report(file_findings: FileFindings, number: int, name: str, text: str, published: str) -> None:
    message = f"{shown(text)} is written as {published} in the package, and rows are found by their keys as written"
    file_findings.add(
        "key-form", message, f"write {published}", row=file_findings.row_of(number), field=name, value=text
    )

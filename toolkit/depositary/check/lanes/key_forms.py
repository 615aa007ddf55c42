"""Keys of a contribution that are published in another form: 101 where the package writes 0101 and has whole numbers.

Merging finds rows by their keys as they are written. A key that is read alike and written otherwise would be a new row
beside the published one, and the two would have one key.
"""

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.references import Parents, read_written
from depositary.model.finding import Finding
from depositary.model.package import Mode
from depositary.model.record_id import key_of, record_id
from depositary.model.report import Total
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.plain import shown


def judge_key_forms(entry: Input, parents: Parents, examples: int) -> tuple[tuple[Finding, ...], tuple[Total, ...]]:
    """Find the rows of a contribution whose key the base, or an earlier batch, writes in another form."""
    tally = Tally(entry.resource.name, examples)
    key = entry.resource.table.primary_key
    if entry.mode is Mode.TABLE or entry.reference_only or not entry.resource.table.has_typed_key:
        return (), ()
    faults = FileFindings(entry, tally, parents)
    try:
        ids = parents.written(entry.resource.table.name).ids
        for number, values, texts in read_written(entry, key):
            published = ids.get(values)
            if published is not None and published != record_id(texts):
                pairs = zip(key, texts, key_of(published), strict=True)
                _report(faults, number, *next(pair for pair in pairs if pair[1] != pair[2]))
    except UnreadableFile:
        return (), ()  # what is wrong with the file has been said; of a base that cannot be read, where rows are judged
    return tally.findings, tally.totals


def _report(faults: FileFindings, number: int, name: str, text: str, published: str) -> None:
    message = f"{shown(text)} is written {published} in the package, and rows are found by their keys as written"
    faults.add("key-form", message, f"write {published}", row=number, field=name, value=text)

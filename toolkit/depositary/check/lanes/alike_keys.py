"""Find keys that look the same to a person but differ for the program: in one table, or in a contribution and its base.

Rows are found by their keys as written, so such a key makes a second row besides the intended one.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.key_rows import KeyLength, KeyRow, compared_keys, key_rows
from depositary.check.lanes.references import Parents
from depositary.model.finding import Finding
from depositary.model.package import Mode
from depositary.model.record_id import record_id
from depositary.model.report import Total
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.model.tidy import tidy
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.likeness import Texts, best, fold_all, looks, meant, spelled


def judge_alike_keys(
    entry: Input, parents: Parents, examples: int, numbers: Collection[str]
) -> tuple[tuple[Finding, ...], tuple[Total, ...]]:
    """Find keys that look like others of the file, or of the base and earlier batches.

    `numbers` has the columns with a finding that numbers are used instead of texts, so that zeros are lost.
    """
    table, tally = entry.resource.table, Tally(entry.resource.name, examples)
    file_findings = FileFindings(entry, tally, parents)
    others = () if entry.mode is Mode.TABLE else _others(entry, parents)
    for key in compared_keys(table):
        files = (entry, *(others if key == table.primary_key else ()))
        try:
            found = key_rows(files, key)
        except UnreadableFile:
            continue  # other findings report the error in the file
        deleted = parents.deleted(table.name) if len(files) > 1 else ()
        groups = _grouped(found.rows, deleted)
        pairs = list(_pairs(groups, found.lengths))
        for pair in sorted(pairs, key=lambda pair: pair.row.number):
            if not (pair.is_of_numbers and pair.names(key) & set(numbers)):
                _report(file_findings, pair, key, files)
    return tally.findings, tally.totals


def _others(entry: Input, parents: Parents) -> tuple[Input, ...]:
    """Give the base and the earlier batches, whose rows exist already."""
    files = parents.files.get(entry.resource.name, ())
    before = (one for one in files if one is not entry and (one.mode is Mode.TABLE or one.is_earlier))
    key = set(entry.resource.table.primary_key)
    return tuple(one for one in before if key <= set(one.resource.table.field_names))  # the key may have changed


@dataclass
class _Group:
    """The keys that look alike, each with its first row: those of the file, and those that exist already."""

    own: dict[Texts, KeyRow] = field(default_factory=dict)
    before: dict[Texts, KeyRow] = field(default_factory=dict)


@dataclass(frozen=True)
class _Pair:
    """A row of the file, and one whose key looks like its own."""

    row: KeyRow
    other: KeyRow

    @property
    def differing(self) -> list[int]:
        """Give the indexes of the texts that differ."""
        return [at for at, text in enumerate(self.row.texts) if text != self.other.texts[at]]

    @property
    def is_of_numbers(self) -> bool:
        """Return whether the two differ visibly, so that they are the same number."""
        return any(looks(self.row.texts[at]) != looks(self.other.texts[at]) for at in self.differing)

    @property
    def lengths(self) -> list[KeyLength]:
        """Give the number of digits of the row's texts that are the same number as those of the other row."""
        texts = [(at, self.row.texts[at]) for at in self.differing] if self.is_of_numbers else []
        return [(at, len(text)) for at, text in texts if text.isascii() and text.isdigit()]

    def names(self, key: Sequence[str]) -> set[str]:
        """Name the columns in which the two differ."""
        return {key[at] for at in self.differing}


def _grouped(rows: Sequence[KeyRow], deleted: Collection[str]) -> list[_Group]:
    groups: dict[Texts, _Group] = {}
    for row in rows:
        group = groups.setdefault(fold_all(row.texts), _Group())
        if row.file == 0:
            group.own.setdefault(row.texts, row)
        elif record_id(map(tidy, row.texts)) not in deleted:
            group.before.setdefault(row.texts, row)
    return [group for group in groups.values() if group.own and len(group.own | group.before) > 1]


def _pairs(groups: Sequence[_Group], lengths: Mapping[KeyLength, int]) -> Iterator[_Pair]:
    """Pair keys of the file with existing ones, or else with each other."""
    within: list[_Pair] = []
    for group in groups:
        known = group.before or group.own
        chosen = known[best(known)]
        pairs = [_Pair(row, chosen) for texts, row in group.own.items() if texts not in group.before]
        pairs = [pair for pair in pairs if pair.row is not chosen]
        if group.before:
            yield from pairs
        else:
            within += pairs
    left = Counter(lengths)
    left.subtract(length for pair in within for length in pair.lengths)
    # Codes of several levels, such as 1 and 01 in SITC, are not errors: others in the table have as many digits.
    yield from (pair for pair in within if not any(left[length] > 0 for length in pair.lengths))


def _report(file_findings: FileFindings, pair: _Pair, key: Sequence[str], files: Sequence[Input]) -> None:
    at = pair.differing[0]
    text, other = pair.row.texts[at], pair.other.texts[at]
    how = "is the same number as" if pair.is_of_numbers else "looks like"
    message = f"{spelled(text)} {how} {spelled(other)}, {_where(pair, files)}"
    hint = meant([(other,)])
    if pair.other.file == 0:
        hint += " If both keys are right, keep them"
    elif tuple(map(tidy, pair.row.texts)) == tuple(map(tidy, pair.other.texts)):
        message += "; a merge treats it as that row"
    else:
        message += "; a merge would make another row"
    row = file_findings.row_of(pair.row.number)
    file_findings.add("key-form", message, hint, row=row, field=key[at], value=text, level="warning")


def _where(pair: _Pair, files: Sequence[Input]) -> str:
    """Describe the place of the other key."""
    if pair.other.file == 0:
        return f"the key of {_named_row(files[0], pair.other.number)}"
    entry = files[pair.other.file]
    whose = "an earlier batch" if entry.is_earlier else "the package"
    place = entry.resource.place(entry.resource.row_of(pair.other.number))
    return f"the key of a row of {whose} ({place.file}, row {place.row})"


def _named_row(entry: Input, number: int) -> str:
    return entry.resource.named_row(entry.resource.row_of(number))

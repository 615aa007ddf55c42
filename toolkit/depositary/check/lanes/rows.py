"""The checks of the rows of one file: its columns, keys and references, and the report on a row with errors."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.keys import Ledger
from depositary.check.lanes.merged_findings import MergeChecks
from depositary.check.lanes.reference_forms import ReferenceForms
from depositary.check.lanes.references import ParentKeys, Parents
from depositary.check.reading.cells import Column, Reading
from depositary.check.reading.patch_notation import ERASE
from depositary.model.package import Mode
from depositary.model.report import NotJudged
from depositary.model.table import ForeignKey
from depositary.model.target import Input

if TYPE_CHECKING:
    from depositary.check.lanes.oddities import Oddities

Values = tuple[Any, ...]
KeyProblem = Callable[[Values, int], str]
Broken = Mapping[int, tuple[Values, str]]  # key check → the values that break it, and the reference's note


@dataclass(frozen=True)
class KeyCheck:
    """One key or reference to check in each row; `indexes` has the indexes of its columns."""

    code: str
    fields: tuple[str, ...]
    indexes: tuple[int, ...]
    reference: ForeignKey | None = None
    parent: ParentKeys | None = None

    @property
    def is_elsewhere(self) -> bool:
        """Return whether a cluster compares this reference with the keys of the parent."""
        return self.parent is not None and self.parent.is_elsewhere

    def leads_nowhere(self, values: Values) -> bool:
        """Return whether a reference is filled but the parent, whose keys are here, has no such row."""
        if self.parent is None or self.parent.is_elsewhere:
            return False
        return values not in self.parent.keys and set(values) != {None}

    def check(self) -> KeyProblem:
        """Give the function that checks the values of the rows one by one and gives a note for an error."""
        if self.parent:
            return lambda values, _: "not found" if self.leads_nowhere(values) else ""
        ledger = Ledger()
        return {
            "unique-error": ledger.unique,
            "primary-key": ledger.primary,
            "unique-key": ledger.combination,
        }[self.code]


class TableChecks:
    """The columns of one file, the key checks of its rows, and the findings about its rows."""

    def __init__(self, entry: Input, columns: Sequence[Column], parents: Parents, file_findings: FileFindings) -> None:
        self.count = 0  # rows checked so far
        self.columns, self.file_findings = columns, file_findings
        self.not_judged: list[NotJudged] = []
        self.reference_only = entry.reference_only
        self.oddities: Oddities | None = None
        self.may_add = True  # whether a row may be new, that is not in the base
        self._is_patch = entry.mode is Mode.PATCH
        self.indexes = {column.name: at for at, column in enumerate(columns)}
        self.key_checks = list(self._make_key_checks(entry, parents))

    def compare_here(self, parents: Parents) -> None:
        """Begin again, and compare all references with keys that are read on this machine."""
        self.not_judged = []
        parents.elsewhere.compare_here(self.file_findings.entry.resource.name)
        self.key_checks = list(self._make_key_checks(self.file_findings.entry, parents))
        if self.oddities:
            self.oddities.references = self.reference_forms
            self.oddities.clear()

    @property
    def compares_elsewhere(self) -> bool:
        """Return whether a cluster compares a reference."""
        return any(key_check.is_elsewhere for key_check in self.key_checks)

    # Keys and references, in the order in which the reference checks them: unique fields, primary key, foreign keys.
    # Our `uniqueKeys` come last.

    def _make_key_checks(self, entry: Input, parents: Parents) -> Iterator[KeyCheck]:
        table = entry.resource.table
        merges = MergeChecks.fit(entry, self.columns)  # checks on the merged row are not made here
        for column in self.columns:
            if merges or column.name not in table:
                continue
            if table[column.name].constraints.get("unique"):
                yield self._key_check("unique-error", (column.name,))
        if table.primary_key and self._has(table.primary_key):
            yield self._key_check("primary-key", table.primary_key)
        for key in table.foreign_keys:
            if self._has(key.fields) and (len(key.fields) == 1 or not merges):
                yield from self._reference(entry, key, parents)
        if not merges and not entry.reference_only:
            for fields in table.unique_keys:
                if self._has(fields):
                    yield self._key_check("unique-key", fields)

    def _reference(self, entry: Input, key: ForeignKey, parents: Parents) -> Iterator[KeyCheck]:
        parent = parents.keys_for(entry, key)
        if parent.reason:
            what = f"references of {', '.join(key.fields)}"
            self.not_judged.append(NotJudged(entry.resource.name, what, parent.reason))
            return
        yield self._key_check("foreign-key", key.fields, key, parent)

    def _key_check(
        self,
        code: str,
        fields: tuple[str, ...],
        reference: ForeignKey | None = None,
        parent: ParentKeys | None = None,
    ) -> KeyCheck:
        return KeyCheck(code, fields, tuple(self.indexes[name] for name in fields), reference, parent)

    @property
    def reference_forms(self) -> dict[int, ReferenceForms]:
        """Give the references to keys that are not texts, by the indexes of their columns."""
        table, found = self.file_findings.entry.resource.table, {}
        for s, key_check in enumerate(self.key_checks):
            if key_check.reference and key_check.parent and key_check.parent.is_typed and key_check.fields[0] in table:
                column = table[key_check.fields[0]]
                found[key_check.indexes[0]] = ReferenceForms(column, key_check.reference.table, key_check.parent, s)
        return found

    def _has(self, fields: Sequence[str]) -> bool:
        return all(name in self.indexes for name in fields)

    def unresolved(self, key_checks: Iterable[int]) -> set[str]:
        """Name the columns of the references among some key checks."""
        return {name for s in key_checks if self.key_checks[s].reference for name in self.key_checks[s].fields}

    def erases(self, row: Sequence[str]) -> bool:
        """Return whether a row of a patch erases a cell, so that it is not blank."""
        return self._is_patch and ERASE in row

    def is_empty(self, cells: Sequence[str | None]) -> bool:
        """Return whether no cell of a row has a value or a refused text."""
        return all(value is None and set(notes or ()) <= {"required"} for value, notes in self._readings(cells))

    def _readings(self, cells: Sequence[str | None]) -> list[Reading]:
        return [column.reading(cell) for column, cell in zip(self.columns, cells, strict=True)]

    # A row with errors

    def report(self, number: int, row: Sequence[str], broken: Broken) -> None:
        """Report all errors of one row, in the reference's order."""
        cells = even(row, len(self.columns))
        readings = self._readings(cells)
        report = self.file_findings.row(number, row)
        blank = self.is_empty(cells) and not self.erases(row)
        if blank:
            report.blank()
        else:
            for at in self._order(broken):
                _, notes = readings[at]
                for note, text in (notes or {}).items():
                    report.cell(self.columns[at], cells[at], note, text)
            report.width([c.name for c in self.columns])
        for s in sorted(broken):
            key_check = self.key_checks[s]
            refused = blank or any(readings[at][1] for at in key_check.indexes)
            if refused and key_check.code == "primary-key" and set(broken[s][0]) == {None} and not self.reference_only:
                continue  # another finding reports that the key is missing or refused
            report.key(key_check.code, key_check.fields, broken[s], key_check.reference, indexes=key_check.indexes)

    def _order(self, broken: Broken) -> list[int]:
        # The reference reads the columns of its key checks first, one check after the other, until the first one fails;
        # then it reads all other columns in order.
        first: list[int] = []
        for s, key_check in enumerate(self.key_checks):
            if key_check.code != "unique-key":
                first.extend(key_check.indexes)
            if s in broken:
                break
        return list(dict.fromkeys([*first, *range(len(self.columns))]))


def even(row: Sequence[str], width: int) -> list[str | None]:
    """Give the cells of a row in the width of the table; missing cells at its end are None."""
    return [*row[:width], *[None] * (width - len(row))]

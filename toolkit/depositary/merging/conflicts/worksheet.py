"""Conflicts as a worksheet: one line for each, with its sides, and three columns to fill in.

When the worksheet comes back, the values on each line are compared, so that nobody decides about other values than they
saw. Columns with explanations are not compared, nor are columns that people add for notes; notes are kept when the
worksheet is written again.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from depositary.errors import UsageError
from depositary.merging.claims.values import ERASE
from depositary.merging.conflicts.explained import Explained
from depositary.merging.conflicts.layout import ABOUT, EXPLANATIONS, FILLED, HASH, KEEP, OTHER, PUBLISHED, TAKEN
from depositary.merging.conflicts.remedies import choices, keeps_published, named_sides, published_side, takeable
from depositary.merging.conflicts.resolve import ConflictList, Decider, ResolutionRequest
from depositary.model.conflict import Conflict, Side
from depositary.model.decision import Choice, Resolution
from depositary.model.package import Package
from depositary.model.tidy import tidy
from depositary.read.files.workbook import ERROR_VALUES
from depositary.visible import visible_lines
from depositary.wording.plain import number, shown
from depositary.wording.suggest import closest

_SETTLED = "no longer one of the listed conflicts"
_OURS = TAKEN - {PUBLISHED}  # a column for a side if published rows were judged to be the same
_LONGEST = 32_000  # characters of a cell; Excel allows 32,767

WorksheetLine = Mapping[str, str]


@dataclass(frozen=True)
class ConflictWorksheet:
    """Lines by column; `choices` has the allowed values of the column `choice` for each line.

    `things` are what is decided, as the sheet is named, and `remedy` is shown for a choice that is not allowed.
    """

    columns: tuple[str, ...]
    lines: tuple[WorksheetLine, ...]
    choices: tuple[tuple[str, ...], ...] = ()
    things: str = "conflicts"
    remedy: str = (
        "Choose from the list: a side, base (keep the published value) or value (the value that you write beside it)."
    )

    @cached_property
    def by_id(self) -> Mapping[str, WorksheetLine]:
        """Map conflicts to their lines."""
        return {line.get("conflict_id", ""): line for line in self.lines}


def worksheet_of(
    package: Package, conflicts: Sequence[Conflict], before: ConflictWorksheet | None = None
) -> ConflictWorksheet:
    """Write the conflicts that can be decided, with entries and notes from the worksheet `before`."""
    listed = [conflict for conflict in conflicts if choices(conflict)]
    names = sorted({name for conflict in listed for name in _sides(conflict)})
    notes = _notes(before, ConflictList(package)) if before else []
    columns = (*ABOUT, *names, *EXPLANATIONS, HASH, *FILLED, *notes)
    blank = dict.fromkeys(columns, "")
    explained = Explained(package)
    lines = [{**blank, **_line(c), **_explanations(explained, c)} for c in listed]
    kept = [_carried(line, before.by_id.get(line["conflict_id"]), notes) if before else line for line in lines]
    left = [{**blank, **line} for line in _left(before, {line["conflict_id"] for line in lines}, notes)]
    return ConflictWorksheet(columns, (*kept, *left), (*map(_choices, listed), *[()] * len(left)))


def _line(conflict: Conflict) -> dict[str, str]:
    about = {name: getattr(conflict, name) for name in (*ABOUT, HASH) if name != KEEP}
    before = published_side(conflict)
    base = "" if before is None or before.value is None else before.value
    sides = {name: ERASE if side.value is None else side.value for name, side in _sides(conflict).items()}
    return {name: _as_shown(text) for name, text in {**about, KEEP: base, **sides}.items()}


def _explanations(explained: Explained, conflict: Conflict) -> dict[str, str]:
    """Explain a line: the conflict, its row, the meaning of codes and ids, and the sources."""
    texts = (
        conflict.message,
        explained.row(conflict.table, conflict.row_id),
        "; ".join(f"{one} = {label}" for one, label in explained.values(conflict).items()),
        "; ".join(f"{name}: {source}" for name, source in explained.sources(named_sides(conflict)).items()),
    )
    return {name: _as_shown(text) for name, text in zip(EXPLANATIONS, texts, strict=True)}


def _notes(sheet: ConflictWorksheet, conflict_list: ConflictList) -> list[str]:
    """Name the columns that people have added to a worksheet."""
    return [name for name in sheet.columns if name and name not in _OURS and not _is_side(name, conflict_list)]


def _is_side(name: str, conflict_list: ConflictList) -> bool:
    """Return whether a column has the name of a side, even of one that has no part in these conflicts."""
    return name not in _OURS and name.partition(" (")[0].partition(":")[0] in conflict_list.people


def _carried(line: WorksheetLine, old: WorksheetLine | None, notes: Sequence[str]) -> WorksheetLine:
    """Add notes to a conflict, and entries if its values are still the same."""
    if old is None:
        return line
    noted = {name: old.get(name, "") for name in notes}
    filled = {name: old.get(name, "") for name in FILLED}
    if old.get(HASH) == line[HASH]:
        return {**line, **noted, **filled}
    text = " ".join(filter(None, filled.values()))
    changed = f"; this was filled in for other values: {text}" if text else ""
    return {**line, **noted, "message": line["message"] + changed}


def _left(before: ConflictWorksheet | None, listed: set[str], notes: Sequence[str]) -> Iterator[WorksheetLine]:
    """Give the lines with notes on conflicts that are no longer listed; nothing can be decided on them."""
    for line in before.lines if before else ():
        if line.get("conflict_id", "") not in listed and any(tidy(line[name]) for name in notes):
            about = {name: line.get(name, "") for name in ABOUT if name != KEEP}
            yield {**about, "message": _SETTLED, **{name: line[name] for name in notes}}


def _sides(conflict: Conflict) -> dict[str, Side]:
    """Give the sides that have their own columns; the published value is in the column `base`."""
    before = published_side(conflict)
    return {name: side for name, side in named_sides(conflict).items() if side is not before}


def _choices(conflict: Conflict) -> tuple[str, ...]:
    allowed = choices(conflict)
    takes = [name for name in takeable(conflict) if name in _sides(conflict) or not keeps_published(conflict)]
    words = {Choice.TAKE: takes, Choice.BASE: [KEEP], Choice.VALUE: [OTHER]}
    return tuple(word for choice in allowed for word in words[choice])


def _as_shown(text: str) -> str:
    """Write control characters out, and cut a text that is too long for a cell, with its length."""
    text = visible_lines(text)
    return f"{text[:_LONGEST]}… ({len(text):,} characters in all)" if len(text) > _LONGEST else text


# Read a worksheet that was filled in


def decided(
    conflict_list: ConflictList, sheet: ConflictWorksheet, decider: Decider, file: Path, reason: str = ""
) -> list[Resolution]:
    """Give the resolutions of the filled-in lines; `reason` is used for lines without one.

    Raises:
        UsageError: something is wrong with the worksheet; all errors are listed with their rows.
    """
    faults = list(_header_faults(sheet.columns))
    found: list[Resolution] = []
    seen: dict[str, int] = {}
    for row, line in enumerate(sheet.lines, 2) if not faults else ():
        if any(tidy(line[name]) for name in FILLED):
            try:
                filled = replace(_wish(line), reason=line["reason"] or reason)
                found.append(_resolution(conflict_list, line, filled, decider, seen, row))
            except UsageError as error:
                faults.append(f"row {row}: {error}")
    if faults:
        raise UsageError(f"{file}: {number(len(faults), 'error')}, so nothing was decided:", *faults)
    if not found:
        raise UsageError(f"{file}: no line is filled in. Write into the columns choice and reason.")
    return found


def _header_faults(columns: Sequence[str]) -> Iterator[str]:
    for name, count in Counter(columns).items():
        if count > 1 and name:  # of two columns for notes, one would be lost later
            yield f"row 1: the column {shown(name)} is there {count} times. Keep one."
    for name in (*ABOUT, *FILLED, HASH):
        if name not in columns:
            yield f"row 1: the column {name} is missing. Add it, or write the worksheet again."


def _resolution(  # noqa: PLR0913 (a line, and what it is compared with)
    conflict_list: ConflictList,
    line: WorksheetLine,
    request: ResolutionRequest,
    decider: Decider,
    seen: dict[str, int],
    number: int,
) -> Resolution:
    wanted = tidy(line["conflict_id"])
    conflict = conflict_list.find(wanted)
    if conflict.conflict_id in seen:
        raise UsageError(f"{wanted} is already decided in row {seen[conflict.conflict_id]}. Keep one of the two.")
    seen[conflict.conflict_id] = number
    _compare(conflict_list, conflict, line)
    if request.choice is Choice.TAKE and request.take_from not in _choices(conflict):
        near = closest(request.take_from, {name: name for name in _choices(conflict)}) or _choices(conflict)
        raise UsageError(f"{wanted}: the choice is {shown(request.take_from)}. Write {' or '.join(near)}.")
    return conflict_list.resolution(wanted, request, decider)


def _wish(line: WorksheetLine) -> ResolutionRequest:
    choice, value = tidy(line["choice"]), tidy(line["value"])
    broken = next((name for name in FILLED if tidy(line[name]) in ERROR_VALUES), None)
    if broken:
        what = f"{broken} is {line[broken]}, the error of a formula"
        raise UsageError(f"{line['conflict_id']}: {what}. Write the value itself.")
    if not choice:
        what = "there is a value" if value else "there is a reason"
        raise UsageError(f"{line['conflict_id']}: {what}, but no choice. Write {OTHER} to set another value.")
    if choice == OTHER:
        return ResolutionRequest(Choice.VALUE, value=value)
    if value:
        raise UsageError(
            f"{line['conflict_id']}: the choice is {shown(choice)}, but there is also a value. Keep one of the two."
        )
    return ResolutionRequest(Choice.BASE) if choice == KEEP else ResolutionRequest(Choice.TAKE, take_from=choice)


def _compare(conflict_list: ConflictList, conflict: Conflict, line: WorksheetLine) -> None:
    """Refuse a line whose values are not those of the conflict."""
    expected = _line(conflict)
    others = [n for n, text in line.items() if n not in expected and _is_side(n, conflict_list) and tidy(text)]
    for name in (*expected, *others):
        there, here = expected.get(name, ""), line.get(name)
        if here is None:
            raise UsageError(f"{conflict.conflict_id}: the column {name} is missing. Write the worksheet again.")
        if tidy(here) != tidy(there):
            raise UsageError(
                f"{conflict.conflict_id}: {name} is {shown(here)} here but {shown(there)} in the package: it was "
                "changed, or merged again. Write the worksheet again (as xlsx, if a spreadsheet changed it)."
            )

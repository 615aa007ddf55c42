"""Conflicts as a worksheet: a line for each, with its sides, and three columns to fill in.

What is on a line is compared when the worksheet comes back, so that nobody decides about other values than they saw.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from depositary.check.hints import closest
from depositary.check.wording import shown
from depositary.errors import UsageError
from depositary.merging.remedies import choices, keeps_published, named_sides, published_side, takeable
from depositary.merging.resolve import Bench, Decider, Wish
from depositary.merging.values import ERASE, tidy
from depositary.model.conflict import Conflict, Side
from depositary.model.decision import Choice, Resolution
from depositary.read.workbook import ERROR_VALUES
from depositary.visible import visible_lines

CURRENT = "current"
ABOUT = ("conflict_id", "kind", "table", "row_id", "field", CURRENT)
FILLED = ("choice", "value", "reason")
KEEP, OTHER = "base", "value"
_LONGEST = 32_000  # characters of a cell; Excel takes 32,767

Line = Mapping[str, str]


@dataclass(frozen=True)
class Worksheet:
    """Lines by column; `choices` are what can stand in the column `choice` of each."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    choices: tuple[tuple[str, ...], ...] = ()


def worksheet_of(conflicts: Sequence[Conflict]) -> Worksheet:
    """Lay out the conflicts that can be decided."""
    listed = [conflict for conflict in conflicts if choices(conflict)]
    names = sorted({name for conflict in listed for name in _sides(conflict)})
    columns = (*ABOUT, *names, *FILLED)
    blank = dict.fromkeys(columns, "")
    return Worksheet(columns, tuple(blank | _line(c) for c in listed), tuple(map(_choices, listed)))


def _line(conflict: Conflict) -> dict[str, str]:
    about = {name: getattr(conflict, name) for name in ABOUT if name != CURRENT}
    before = published_side(conflict)
    current = "" if before is None or before.value is None else before.value
    sides = {name: ERASE if side.value is None else side.value for name, side in _sides(conflict).items()}
    return {name: _as_shown(text) for name, text in {**about, CURRENT: current, **sides}.items()}


def _sides(conflict: Conflict) -> dict[str, Side]:
    """Give the sides that have columns of their own; what was published stands in the column `current`."""
    before = published_side(conflict)
    return {name: side for name, side in named_sides(conflict).items() if side is not before}


def _choices(conflict: Conflict) -> tuple[str, ...]:
    allowed = choices(conflict)
    takes = [name for name in takeable(conflict) if name in _sides(conflict) or not keeps_published(conflict)]
    words = {Choice.TAKE: takes, Choice.BASE: [KEEP], Choice.VALUE: [OTHER]}
    return tuple(word for choice in allowed for word in words[choice])


def _as_shown(text: str) -> str:
    """Write control characters out, and say of a text that no cell can hold how long it is."""
    text = visible_lines(text)
    return f"{text[:_LONGEST]}… ({len(text):,} characters in all)" if len(text) > _LONGEST else text


# Coming back


def decided(bench: Bench, sheet: Worksheet, decider: Decider, file: Path, reason: str = "") -> list[Resolution]:
    """Give the resolutions of the lines that were filled in; `reason` is for those without one.

    Raises:
        UsageError: something is wrong with the worksheet; all faults are listed, with the rows they are in.
    """
    faults = list(_header_faults(sheet.columns))
    found: list[Resolution] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(sheet.lines, 2) if not faults else ():
        if any(tidy(line[name]) for name in FILLED):
            try:
                filled = replace(_wish(line), reason=line["reason"] or reason)
                found.append(_resolution(bench, line, filled, decider, seen, number))
            except UsageError as error:
                faults.append(f"row {number}: {error}")
    if faults:
        count = f"{len(faults):,} fault{'s' if len(faults) > 1 else ''}"
        raise UsageError(f"{file}: {count}, nothing was decided:", *faults)
    if not found:
        raise UsageError(f"{file}: no line is filled in; write into the columns choice and reason.")
    return found


def _header_faults(columns: Sequence[str]) -> Iterator[str]:
    for name, count in Counter(columns).items():
        if count > 1 and name:
            yield f"row 1: the column {shown(name)} is there {count} times; keep one."
    for name in (*ABOUT, *FILLED):
        if name not in columns:
            yield f"row 1: the column {name} is missing; put it back, or write the worksheet anew."


def _resolution(  # noqa: PLR0913 (a line, and what it is compared with)
    bench: Bench, line: Line, wish: Wish, decider: Decider, seen: dict[str, int], number: int
) -> Resolution:
    wanted = tidy(line["conflict_id"])
    conflict = bench.find(wanted)
    if conflict.conflict_id in seen:
        raise UsageError(f"{wanted} is decided in row {seen[conflict.conflict_id]} already; keep one of the two.")
    seen[conflict.conflict_id] = number
    _compare(conflict, line)
    if wish.choice is Choice.TAKE and wish.take_from not in _choices(conflict):
        near = closest(wish.take_from, {name: name for name in _choices(conflict)}) or _choices(conflict)
        raise UsageError(f"{wanted}: the choice is {shown(wish.take_from)}; write {' or '.join(near)}.")
    return bench.resolution(wanted, wish, decider)


def _wish(line: Line) -> Wish:
    choice, value = tidy(line["choice"]), tidy(line["value"])
    broken = next((name for name in FILLED if tidy(line[name]) in ERROR_VALUES), None)
    if broken:
        what = f"{broken} is {line[broken]}, which a formula without a result gives"
        raise UsageError(f"{line['conflict_id']}: {what}; write the value itself.")
    if not choice:
        what = "there is a value" if value else "there is a reason"
        raise UsageError(f"{line['conflict_id']}: {what}, but no choice; write {OTHER} for a value of your own.")
    if choice == OTHER:
        return Wish(Choice.VALUE, value=value)
    if value:
        raise UsageError(
            f"{line['conflict_id']}: the choice is {shown(choice)}, and there is a value as well; keep one of the two."
        )
    return Wish(Choice.BASE) if choice == KEEP else Wish(Choice.TAKE, take_from=choice)


def _compare(conflict: Conflict, line: Line) -> None:
    """Refuse a line that is not what the conflict is about."""
    expected = _line(conflict)
    others = [n for n, text in line.items() if n not in expected and n not in FILLED and n and tidy(text)]
    for name in (*expected, *others):
        there, here = expected.get(name, ""), line.get(name)
        if here is None:
            raise UsageError(f"{conflict.conflict_id}: the column {name} is missing; write the worksheet anew.")
        if tidy(here) != tidy(there):
            raise UsageError(
                f"{conflict.conflict_id}: {name} is {shown(here)} here and {shown(there)} in the package; it was "
                "changed, or merged again since; write the worksheet anew (as xlsx, if a spreadsheet changed it)."
            )

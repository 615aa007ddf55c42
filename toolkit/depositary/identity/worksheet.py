"""Pairs as a worksheet, with a column to fill in; and a worksheet that was filled in."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from depositary.errors import DocumentError, UsageError
from depositary.identity.judge import JudgementRequest, Judging, contradictions, folder_of, from_here
from depositary.identity.listing import cell, line_of
from depositary.identity.places import Places, opened
from depositary.identity.review import by_use
from depositary.identity.suggest import Matching
from depositary.merging.conflicts.decisions import add_judgements
from depositary.merging.conflicts.resolve import Decider
from depositary.merging.conflicts.worksheet import ConflictWorksheet
from depositary.merging.conflicts.worksheet_files import read_worksheet
from depositary.model.decision import Judgement, Verdict
from depositary.model.tidy import tidy
from depositary.read.documents import is_file
from depositary.read.files.workbook import ERROR_VALUES
from depositary.visible import visible_lines
from depositary.wording.plain import number, shown

THINGS = "pairs"  # the name of the sheet
WORDS = {"same": Verdict.POSITIVE, "different": Verdict.NEGATIVE, "unsure": Verdict.UNSURE}
_PAIR = ("table", "left_id", "right_id")
_SEEN = ("left_label", "right_label")  # they must be as they were, so that nobody judges other rows than they saw
_ABOUT = (*_PAIR, "score", *_SEEN, "left_from", "right_from", "fields")
FILLED = ("choice", "reason")
_REMEDY = "Choose from the list: same, different or unsure."


def worksheet_of(matching: Matching, before: ConflictWorksheet | None = None) -> ConflictWorksheet:
    """Write the suggestions, the most useful first, with what is filled in on an earlier worksheet."""
    filled = {_pair(line): line for line in before.lines} if before else {}
    lines = []
    for one in by_use(matching):
        line = {name: visible_lines(cell(value)) for name, value in line_of(matching, one, None).items()}
        old = filled.get(_pair(line), {})
        lines.append({**{name: line[name] for name in _ABOUT}, **{name: old.get(name, "") for name in FILLED}})
    choices = tuple(tuple(WORDS) for _ in lines)
    return ConflictWorksheet((*_ABOUT, *FILLED), tuple(lines), choices, things=THINGS, remedy=_REMEDY)


def earlier(file: Path) -> ConflictWorksheet | None:
    """Read an existing worksheet, to keep what is filled in; None if there is none.

    Raises:
        DocumentError: it cannot be read.
    """
    if not is_file(file):
        return None
    sheet = read_worksheet(file, _PAIR[0], THINGS)
    if set(_PAIR) <= set(sheet.columns):
        return sheet
    raise DocumentError(f"{file}: this file exists, and is not a worksheet of pairs. Name another file.")


def _pair(line: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(tidy(line.get(name, "")) for name in _PAIR)


def apply(places: Places, file: Path, decider: Decider, reason: str = "") -> str:
    """Write the judgements of a worksheet, all or none, and report their number; `reason` is for lines without one.

    Raises:
        UsageError: something is wrong with the worksheet; all errors are listed with their rows.
        DepositaryError: a file cannot be read or written.
    """
    sheet = read_worksheet(file, _PAIR[0], THINGS)
    with opened(places) as there:
        judging = Judging.of(there)
        lines = _judgements(judging, sheet, file, decider, reason)
        (written,) = add_judgements(folder_of(places), lines)
        new = {(line.subject, line.decided_by) for line in lines}
        kept = [line for line in there.judgements if (line.subject, line.decided_by) not in new]
        against = contradictions(judging.matching, [*kept, *lines], lines)
    done = f"{number(len(lines), 'pair')} judged. Written to {from_here(written)}; depositary merge applies it."
    return "\n".join([done, *against])


def _judgements(
    judging: Judging, sheet: ConflictWorksheet, file: Path, decider: Decider, reason: str
) -> list[Judgement]:
    faults = [f"row 1: the column {name} is missing." for name in (*_ABOUT, *FILLED) if name not in sheet.columns]
    found: list[Judgement] = []
    seen: dict[tuple[str, ...], int] = {}
    for row, line in enumerate(sheet.lines, 2) if not faults else ():
        if not any(tidy(line[name]) for name in FILLED):
            continue
        try:
            judgement = judging.judgement(_request(judging, line, reason), decider)
        except UsageError as error:
            faults.append(f"row {row}: {error}")
            continue
        if judgement.subject in seen:
            faults.append(f"row {row}: this pair is already judged in row {seen[judgement.subject]}. Keep one of both.")
        seen[judgement.subject] = row
        found.append(judgement)
    if faults:
        raise UsageError(f"{file}: {number(len(faults), 'error')}, so nothing was judged:", *faults)
    if not found:
        raise UsageError(f"{file}: no line is filled in. Write {_listed(tuple(WORDS))} into the column choice.")
    return found


def _request(judging: Judging, line: Mapping[str, str], reason: str) -> JudgementRequest:
    if broken := next((name for name in FILLED if tidy(line[name]) in ERROR_VALUES), None):
        raise UsageError(f"{broken} is {tidy(line[broken])}, the error of a formula. Write the text itself.")
    choice = tidy(line["choice"]).casefold()
    if choice not in WORDS:
        said = f"the choice is {shown(line['choice'])}" if choice else "there is a reason, but no choice"
        raise UsageError(f"{said}. Write {_listed(tuple(WORDS))}.")
    table, left, right = judging.pair(line["left_id"], line["right_id"], line["table"])
    apart = judging.apart(table)
    records = apart.records(table) if apart else None
    for id_, name in zip((line["left_id"], line["right_id"]), _SEEN, strict=True):
        now = records[tidy(id_)].label(records.policy) if records and tidy(id_) in records else None
        if now is not None and tidy(line[name]) != tidy(visible_lines(now)):
            raise UsageError(
                f"{tidy(id_)} is {shown(line[name])} here, but {shown(now)} now. Write the worksheet again."
            )
    return JudgementRequest(left, right, WORDS[choice], line["reason"] or reason, "", table)


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"

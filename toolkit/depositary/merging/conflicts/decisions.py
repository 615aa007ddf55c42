"""Read and write the files of decisions: `resolutions/<decider>.csv` and `judgements/<decider>.csv`, one line each.

Each decider has separate files, so that two people who decide at the same time never change the same lines.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from depositary.errors import DocumentError, UsageError
from depositary.model.decision import Choice, Decisions, Judgement, Resolution, Verdict
from depositary.model.file_kinds import TABULAR, FileKind, file_kinds
from depositary.read.documents import read_text
from depositary.read.files.cell_limit import CELL_LIMIT
from depositary.read.workspace import Workspace, find_workspace
from depositary.wording.plain import shown
from depositary.wording.suggest import suggest
from depositary.write.atomic import write_text
from depositary.write.csv import to_csv
from depositary.write.disk import in_turn, make_folders

USUAL = "decisions"  # the name of the folder that the first decision creates
RESOLUTIONS = "resolutions"
JUDGEMENTS = "judgements"
RESOLUTION_FIELDS = tuple(f.name for f in fields(Resolution))
JUDGEMENT_FIELDS = tuple(f.name for f in fields(Judgement))
CONFLICT_ID = re.compile(r"cfl-[a-z2-7]{12}")
_DECIDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_Line = TypeVar("_Line", Resolution, Judgement)


def read_decisions(folder: Path | None) -> Decisions:
    """Read all decisions of a folder; without one there are none.

    Raises:
        UsageError: there is no such folder.
        DocumentError: a file is wrong; the message gives the row and what to do.
    """
    if folder is None:
        return Decisions()
    if not folder.exists():
        raise UsageError(f"{folder}: this folder of decisions does not exist. {_meant(folder)}")
    _refuse_strangers(folder)
    resolutions = _read(folder / RESOLUTIONS, RESOLUTION_FIELDS, _resolution)
    judgements = _read(folder / JUDGEMENTS, JUDGEMENT_FIELDS, _judgement)
    return Decisions(
        tuple(sorted(resolutions, key=lambda line: line.order)), tuple(sorted(judgements, key=lambda line: line.order))
    )


def require_judgeable(folder: Path, tables: Mapping[str, Collection[str]]) -> None:
    """Refuse judgements on tables that are unknown or have a key of several fields; `tables` gives their keys.

    Raises:
        DocumentError: a judgement is refused; the message gives the file, the row and a suggestion.
    """
    judgeable = {name: name for name, key in tables.items() if len(key) == 1}
    for file in sorted((folder / JUDGEMENTS).glob("*.csv")):
        for number, cells in _records(file, JUDGEMENT_FIELDS):
            table = cells["table"]
            if table not in judgeable:
                what = "is not a table" if table not in tables else "has a key of several fields"
                hint = suggest(table, judgeable) or f"use one of {', '.join(sorted(judgeable))}."
                raise DocumentError(f"{file}: row {number}: {shown(table)} {what}; {hint}")


def not_yet_made(folder: Path) -> bool:
    """Return whether a folder of decisions does not exist yet and the first decision creates it.

    Only a folder with the usual name may be missing, and only if no folder beside it has decisions. Any other missing
    folder is an error, because existing decisions would be ignored silently.

    Raises:
        UsageError: the folder does not exist and is not created.
    """
    if folder.exists():
        return False
    if folder.name != USUAL or _beside(folder):
        raise UsageError(f"{folder}: this folder of decisions does not exist. {_meant(folder)}")
    return True


def _meant(folder: Path) -> str:
    near = [path.name for path in _beside(folder)]
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return f"{hint}Correct the name, or create the folder if nothing is decided yet."


def _beside(folder: Path) -> list[Path]:
    """Give the folders with decisions beside a missing folder."""
    above = folder.parent
    others = sorted(path for path in above.iterdir() if path.is_dir()) if above.is_dir() else []
    return [path for path in others if any((path / name).is_dir() for name in (RESOLUTIONS, JUDGEMENTS))]


def unknown_deciders(decisions: Decisions, contributors: Collection[str]) -> tuple[str, ...]:
    """Name the deciders who are not known as contributors, with suggestions.

    Their decisions are applied, because their contribution may only be left out of the merge.
    """
    unknown = [decider for decider in decisions.deciders if decider not in contributors]
    hints = {name: suggest(name, {c: c for c in contributors}) for name in unknown}
    return tuple(f"{name} ({hint})" if hint else name for name, hint in hints.items())


def require_contributor(name: str, contributors: Collection[str]) -> None:
    """Refuse a decider who is not a contributor.

    Raises:
        UsageError: they are not a contributor.
    """
    if name not in contributors:
        near = suggest(name, {c: c for c in contributors})
        raise UsageError(
            f"the decider {shown(name)} is not in the table contributors; "
            f"{near or 'add a row for them, or decide as another contributor'}"
        )


def add_resolutions(folder: Path, resolutions: Iterable[Resolution]) -> list[Path]:
    """Write resolutions to their deciders' files; earlier resolutions of the same people and conflicts are replaced.

    Raises:
        DepositaryError: an existing file cannot be read, or a file cannot be written.
    """
    return _add(_OF_RESOLUTIONS, folder, resolutions)


def add_judgements(folder: Path, judgements: Iterable[Judgement]) -> list[Path]:
    """Write judgements to their deciders' files; earlier judgements of the same people on the same pairs are replaced.

    Raises:
        DepositaryError: an existing file cannot be read, or a file cannot be written.
    """
    return _add(_OF_JUDGEMENTS, folder, judgements)


def remove_resolution(folder: Path, conflict_id: str, decider: str) -> Path:
    """Remove the line of a decider on a conflict, and give its file.

    Raises:
        UsageError: there is no such line.
    """
    return _remove(_OF_RESOLUTIONS, folder, (conflict_id,), conflict_id, decider)


def remove_judgement(folder: Path, table: str, pair: tuple[str, str], decider: str) -> Path:
    """Remove the line of a decider on two rows, and give its file.

    Raises:
        UsageError: there is no such line.
    """
    left, right = sorted(pair)
    return _remove(_OF_JUDGEMENTS, folder, (table, left, right), f"{left} and {right}", decider)


def resolutions_file(folder: Path, decider: str) -> Path:
    """Give the file of a decider's resolutions.

    Raises:
        UsageError: no file can have this name.
    """
    return _OF_RESOLUTIONS.file(folder, decider)


@dataclass(frozen=True)
class _Kind(Generic[_Line]):
    """One of the two kinds of decisions: the name of its folder, its columns, and how a line is read."""

    folder: str
    columns: tuple[str, ...]
    read: "Callable[[_Row], _Line]"

    def file(self, folder: Path, decider: str) -> Path:
        if not _DECIDER.fullmatch(decider):
            raise UsageError(f"{shown(decider)} is not the id of a contributor. An id has the form ctr-maintainers.")
        return folder / self.folder / f"{decider}.csv"

    def lines(self, file: Path) -> list[_Line]:
        return list(_lines(file, self.columns, self.read)) if file.exists() else []

    def write(self, file: Path, lines: Iterable[_Line]) -> Path:
        ordered = sorted(lines, key=lambda line: line.order)
        write_text(file, to_csv(self.columns, [[_cell(getattr(line, n)) for n in self.columns] for line in ordered]))
        return file


def _add(kind: _Kind[_Line], folder: Path, lines: Iterable[_Line]) -> list[Path]:
    by_decider: dict[str, dict[tuple[str, ...], _Line]] = {}
    for line in lines:
        by_decider.setdefault(line.decided_by, {})[line.subject] = line
    return [_added(kind, kind.file(folder, decider), new) for decider, new in sorted(by_decider.items())]


def _added(kind: _Kind[_Line], file: Path, new: Mapping[tuple[str, ...], _Line]) -> Path:
    make_folders(file.parent)
    with in_turn(file):  # otherwise lines that another run writes at the same time would be lost
        return kind.write(file, {**{line.subject: line for line in kind.lines(file)}, **new}.values())


def _remove(kind: _Kind[_Line], folder: Path, subject: tuple[str, ...], what: str, decider: str) -> Path:
    file = kind.file(folder, decider)
    refusal = f"{decider} has not decided {what}: {file} has no line for it."
    if not file.exists():
        raise UsageError(refusal)
    with in_turn(file):
        lines = kind.lines(file)
        rest = [line for line in lines if line.subject != subject]
        if len(rest) == len(lines):
            raise UsageError(refusal)
        return kind.write(file, rest)


def _cell(value: object) -> str:
    return "" if value is None else str(value)


# Read


def _refuse_strangers(folder: Path) -> None:
    """Refuse tables in folders in which they are not read, and a folder without decisions."""
    if not folder.is_dir():
        raise DocumentError(f"{folder}: this is a file, but decisions are in a folder. Name the folder.")
    if folder.name in (RESOLUTIONS, JUDGEMENTS) and not any((folder / n).is_dir() for n in (RESOLUTIONS, JUDGEMENTS)):
        raise DocumentError(f"{folder}: decisions are read from the folder above. Name {folder.parent}.")
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if _is_astray(file.relative_to(folder)):
            raise DocumentError(
                f"{file}: this file is not read. Move it to {RESOLUTIONS}/<who>.csv or {JUDGEMENTS}/<who>.csv."
            )
    held = [path for path in folder.iterdir() if not path.name.startswith(".")]
    if held and not any((folder / name).is_dir() for name in (RESOLUTIONS, JUDGEMENTS)):
        raise DocumentError(
            f"{folder}: this folder has neither {RESOLUTIONS} nor {JUDGEMENTS}. Name a folder of decisions."
        )


def _is_astray(path: Path) -> bool:
    """Return whether a file looks like decisions but is not read."""
    if any(part.startswith((".", "~$")) for part in path.parts) or path.name.endswith("~"):
        return False
    kinds = file_kinds(path)
    if len(path.parts) == 2 and path.parts[0] in (RESOLUTIONS, JUDGEMENTS):  # noqa: PLR2004 (folder and file)
        return path.suffix != ".csv" and kinds != {FileKind.PROSE}
    return not TABULAR.isdisjoint(kinds) or ".json" in map(str.lower, path.suffixes)


def _read(folder: Path, names: Sequence[str], make: "Callable[[_Row], _Line]") -> list[_Line]:
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    return [line for file in files for line in _lines(file, names, make)]


def _lines(file: Path, names: Sequence[str], make: "Callable[[_Row], _Line]") -> Iterator[_Line]:
    seen: dict[object, int] = {}
    for number, cells in _records(file, names):
        row = _Row(file, number, cells)
        line = make(row)
        key = line.subject
        if key in seen:
            row.refuse(f"the same is already decided in row {seen[key]}", "keep one of the two lines")
        seen[key] = number
        yield line


def _records(file: Path, names: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with CELL_LIMIT:
            rows = list(csv.reader(io.StringIO(read_text(file), newline=""), strict=True))
    except csv.Error as error:
        raise DocumentError(
            f"{file}: this is not CSV: it cannot be split into cells. Check its quotes and line ends."
        ) from error
    if not rows or tuple(rows[0]) != tuple(names):
        raise DocumentError(f"{file}: its first row must be {','.join(names)}.")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names):
            raise DocumentError(
                f"{file}: row {number} has {len(row)} cells, but the header has {len(names)} columns. Correct the row."
            )
        yield number, dict(zip(names, row, strict=True))


@dataclass(frozen=True)
class _Row:
    """One line of a file, and its checks."""

    file: Path
    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells[name]

    def refuse(self, what: str, remedy: str) -> None:
        raise DocumentError(f"{self.file}: row {self.number}: {what}; {remedy}.")

    def filled(self, *names: str) -> None:
        for name in names:
            if not self[name].strip():
                self.refuse(f"{name} is empty", "every line needs it")

    def one_of(self, name: str, allowed: Collection[str]) -> None:
        if self[name] not in allowed:
            self.refuse(f"{name} is {shown(self[name])}", f"use one of {', '.join(allowed)}")

    def signed(self) -> None:
        if self["decided_by"] != self.file.stem:
            self.refuse(
                f"decided_by is {shown(self['decided_by'])}, but this is the file of {self.file.stem}",
                "each decider has a separate file: move the line to the right file",
            )
        if not is_day(self["decided_on"]):
            self.refuse(f"decided_on is {shown(self['decided_on'])}", "write the day like 2026-11-23")


def _resolution(row: _Row) -> Resolution:
    row.filled("conflict_id", "table", "kind", "inputs_hash", "reason")
    if not CONFLICT_ID.fullmatch(row["conflict_id"]):
        row.refuse(f"{shown(row['conflict_id'])} is not the id of a conflict", "copy it from conflicts.csv")
    row.one_of("choice", [*Choice])
    choice = Choice(row["choice"])
    if (choice is Choice.TAKE) != bool(row["take_from"]):
        row.refuse(
            f"choice is {choice} and take_from is {shown(row['take_from'])}",
            "only the choice take has a side in take_from",
        )
    if row["value"] and choice is Choice.BASE:
        row.refuse("choice is base, but there is a value", "write value as the choice, or remove the value")
    row.signed()
    return Resolution(**{**row.cells, "choice": choice})  # type: ignore[arg-type]


def _judgement(row: _Row) -> Judgement:
    row.filled("table", "left_id", "right_id")
    if row["left_id"] == row["right_id"]:
        row.refuse(f"{shown(row['left_id'])} is compared with itself", "name two rows")
    row.one_of("judgement", [*Verdict])
    row.signed()
    left, right = sorted((row["left_id"], row["right_id"]))
    pair = {"left_id": left, "right_id": right}
    typed = {"judgement": Verdict(row["judgement"]), "score": _score(row)}
    return Judgement(**{**row.cells, **pair, **typed})  # type: ignore[arg-type]


def _score(row: _Row) -> float | None:
    if not row["score"]:
        return None
    if not re.fullmatch(r"0(\.[0-9]+)?|1(\.0+)?", row["score"]):
        row.refuse(f"score is {shown(row['score'])}", "write a number from 0 to 1, or nothing")
    return float(row["score"])


_OF_RESOLUTIONS = _Kind(RESOLUTIONS, RESOLUTION_FIELDS, _resolution)
_OF_JUDGEMENTS = _Kind(JUDGEMENTS, JUDGEMENT_FIELDS, _judgement)


def is_day(text: str) -> bool:
    """Return whether a text is an existing day, such as 2026-11-23."""
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def decisions_of(workspace: Workspace) -> Path | None:
    """Give the folder of decisions of a workspace; None if it has none, or nothing is decided yet.

    Raises:
        UsageError: the folder does not exist, and is not one that the first decision creates.
    """
    folder = workspace.decisions
    return None if folder is None or not_yet_made(folder) else folder


def around(package: Path, decisions: Path) -> Workspace | None:
    """Give the workspace of a merged package and decisions: around the current folder, or around the package."""
    own = (package.resolve(), decisions.resolve())
    for folder in (Path.cwd(), own[0].parent):
        workspace = find_workspace(folder)
        if workspace and workspace.decisions and own == (workspace.output.resolve(), workspace.decisions.resolve()):
            return workspace
    return None

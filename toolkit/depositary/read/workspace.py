"""The workspace file `depositary.toml`: the paths of the package, its contributions and the decisions."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from depositary.errors import DocumentError, UsageError
from depositary.model.file_kinds import FileKind, file_kind
from depositary.model.package import MANIFEST
from depositary.read.archive import has_mark, is_archive
from depositary.read.documents import read_toml
from depositary.read.paths import unsafe

WORKSPACE = "depositary.toml"
_PACKAGE, _CONTRIBUTIONS = "package", "contributions"
_FOLDERS = ("decisions", "bases", "output")
_OUTPUT = "merged"
_KEYS = (_PACKAGE, _CONTRIBUTIONS, *_FOLDERS)


@dataclass(frozen=True)
class Workspace:
    """The paths in a workspace file, as whole paths; a path that it does not give is empty.

    `contributions` has the folders of single batches, sorted; `folders` has the named folders that they are in, and
    `without_any` those of them without a batch, except those in which there is nothing yet.
    `decisions`, `bases` and `output` need not exist yet. By default, the output is the folder `merged` beside the file.
    """

    file: Path
    package: Path
    contributions: tuple[Path, ...]
    decisions: Path | None
    bases: Path | None
    output: Path
    without_any: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()


def find_workspace(start: Path) -> Workspace | None:
    """Look for the workspace file in a folder and those above it, and read the nearest.

    Raises:
        DocumentError: it is broken, names something that does not exist, or has an unknown key.
    """
    for folder in [start.resolve(), *start.resolve().parents]:
        file = folder / WORKSPACE
        if file.is_file():
            return _read(file)
    return None


def find_package(start: Path) -> Path | None:
    """Look for the workspace file in a folder and those above it, and give its package.

    Raises:
        DocumentError: the workspace file is broken or names no package.
    """
    workspace = find_workspace(start)
    return workspace.package if workspace else None


def contributions_of(workspace: Workspace) -> tuple[Path, ...]:
    """Give the contributions of a workspace.

    Raises:
        DocumentError: a folder named for contributions has none; its content would be ignored silently.
    """
    if workspace.without_any:
        name = workspace.without_any[0]
        raise DocumentError(
            f"{workspace.file}: the folder {name!r} under {_CONTRIBUTIONS} has no contribution: there is no "
            f"{MANIFEST} in it, or one or two folders further down. Correct the name, or remove it."
        )
    return workspace.contributions


def package_or_workspace(package: Path | None) -> Path:
    """Give the named package, or else the one of the workspace around the current folder.

    Raises:
        UsageError: no package was named, and there is no workspace.
    """
    found = package or find_package(Path.cwd())
    if found is None:
        raise UsageError(
            f"no data package is named, and there is no {WORKSPACE} here or in a folder above. Name the package."
        )
    return found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else found


def _read(file: Path) -> Workspace:
    document = read_toml(file)
    for key in document:
        if key not in _KEYS:
            meant = "".join(f" Did you mean {near}?" for near in get_close_matches(key, _KEYS, n=1))
            raise DocumentError(f"{file}: {key!r} is not a known key.{meant} The keys are {', '.join(_KEYS)}.")
    folders = {key: _folder(file, key, document[key]) for key in _FOLDERS if key in document}
    named = _named_for_contributions(file, document)
    return Workspace(
        file=file,
        package=_package(file, document),
        contributions=tuple(sorted({batch for path in named.values() for batch in _batches(path)})),
        decisions=folders.get("decisions"),
        bases=folders.get("bases"),
        output=folders.get("output", file.parent / _OUTPUT),
        folders=tuple(named.values()),
        without_any=tuple(name for name, path in named.items() if not _batches(path) and not _is_new(path)),
    )


def _package(file: Path, document: Mapping[str, Any]) -> Path:
    named = document.get(_PACKAGE)
    if not isinstance(named, str) or (not Path(named).is_absolute() and _leads_away(file.parent, named)):
        raise DocumentError(
            f'{file}: the key package is missing. Write the folder of the package: package = "datapackage".'
        )
    path = (file.parent / named).resolve()
    if not path.exists():
        raise DocumentError(f"{file}: the package {named!r} does not exist. Correct the path.")
    return path


def _leads_away(folder: Path, path: str) -> bool:
    """Return whether a path may not be followed; the user's own path of the package may have `..`."""
    steps = Path(path).parts
    while steps and steps[0] == "..":
        folder, steps = folder.parent, steps[1:]
    return bool(unsafe(folder, "/".join(steps)))


def _named_for_contributions(file: Path, document: Mapping[str, Any]) -> dict[str, Path]:
    named = document.get(_CONTRIBUTIONS, [])
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list):
        raise DocumentError(
            f'{file}: {_CONTRIBUTIONS} must be one folder or a list of folders: {_CONTRIBUTIONS} = ["mira"].'
        )
    paths = {str(name): _folder(file, _CONTRIBUTIONS, name) for name in names}
    for name, path in paths.items():
        if not path.is_dir():
            raise DocumentError(f"{file}: the folder {name!r} under {_CONTRIBUTIONS} does not exist. Correct the path.")
    return paths


def _batches(folder: Path) -> set[Path]:
    """Find the batches at a folder: the folder itself, those in it, and those one folder further down."""
    if (folder / MANIFEST).is_file():
        return {folder}
    folders = {file.parent for deeper in ("*", "*/*") for file in folder.glob(f"{deeper}/{MANIFEST}")}
    packed = (file for deeper in ("*", "*/*") for file in folder.glob(f"{deeper}.zip") if file.parent not in folders)
    return folders | {file for file in packed if is_archive(file) and has_mark(file, MANIFEST)}


def _is_new(folder: Path) -> bool:
    """Return whether a folder has no files but pages for people, as in a new workspace: nothing in it is ignored."""
    from depositary.read.contribution import is_aside  # noqa: PLC0415 (it reads tables, and a completion must not)

    files = (path for path in folder.rglob("*") if path.is_file())
    return all(file_kind(path) is FileKind.PROSE or is_aside(path.relative_to(folder)) for path in files)


def _folder(file: Path, key: str, named: object) -> Path:
    if not isinstance(named, str) or not named:
        raise DocumentError(f'{file}: {key} must be the path of a folder, in quotes: {key} = "{key}".')
    reason = "" if Path(named).is_absolute() else unsafe(file.parent, named)
    if reason:
        raise DocumentError(f"{file}: the path {named!r} under {key} is not followed: {reason}.")
    return file.parent / named

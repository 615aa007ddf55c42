"""Find packages, contributions and decisions: by options, or by the workspace file."""

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import isfile  # unlike Path, it does not fail for a name that is too long
from pathlib import Path
from typing import TYPE_CHECKING

from depositary.check.documents.own_base import own_base
from depositary.errors import UsageError
from depositary.merging.conflicts.decisions import decisions_of, not_yet_made
from depositary.model.package import MANIFEST
from depositary.read.package import DESCRIPTOR, find_descriptor
from depositary.read.paths import given_all
from depositary.read.workspace import WORKSPACE, Workspace, contributions_of, find_workspace
from depositary.write.exchange import roll_forward

if TYPE_CHECKING:
    from depositary.identity.places import Places


@dataclass(frozen=True)
class MergePaths:
    """The inputs of a merge, and its output folder."""

    current: Path
    contributions: tuple[Path, ...]
    decisions: Path | None
    bases: Path | None
    output: Path | None


def merge_paths(
    paths: Sequence[Path], decisions: Path | None, bases: Path | None, output: Path | None, *, plan: bool
) -> MergePaths:
    """Combine the given paths with those of the workspace around the current folder.

    Raises:
        UsageError: a path is missing, and no workspace gives it.
    """
    workspace = find_workspace(Path.cwd())
    _require_in_order(paths, workspace)
    if not paths and workspace is None:
        raise UsageError(f"name the published package and the contributions: there is no {WORKSPACE} here or above.")
    current = paths[0] if paths else _of(workspace).package
    if paths:
        find_descriptor(paths[0])  # what is wrong with the package is more than that no output is named
    if paths and output is None and not plan:
        raise UsageError("give the folder of the merged package with --output-dir, or use --plan to write nothing.")
    if paths:
        return MergePaths(current, tuple(paths[1:]), decisions, bases, output)
    named = _of(workspace)
    found = decisions or decisions_of(named)
    contributions = contributions_of(named)
    _require_some(named, contributions, output or named.output)
    return MergePaths(current, contributions, found, bases or named.bases, output or named.output)


def _require_some(workspace: Workspace, contributions: Sequence[Path], output: Path) -> None:
    """Refuse a merge of nothing that would replace an earlier result.

    Raises:
        UsageError: the workspace names no contributions, and there is a merged package.
    """
    if not contributions and (output / DESCRIPTOR).is_file():
        raise UsageError(
            f"{workspace.file} names no contributions, or a folder without any, so the merge would replace "
            f"{_from_here(output)} by the package alone. "
            'Write contributions = ["contributions"], with the folder that they are in; or name the package and '
            "the contributions on the command line."
        )


def _require_in_order(paths: Sequence[Path], workspace: Workspace | None) -> None:
    """Refuse a contribution given as the package, and a package given as a contribution.

    Raises:
        UsageError: the order is wrong; the message shows the right command.
    """
    paths = given_all(paths)
    contributions = [path for path in paths if (path / MANIFEST).is_file() or path.name == MANIFEST]
    packages = [path for path in paths if path not in contributions and _is_package(path)]
    if paths and paths[0] in contributions:
        own = _from_here(workspace.package).as_posix() if workspace else "PACKAGE"
        package = packages[0].as_posix() if packages else own
        named = " ".join(path.as_posix() for path in contributions)
        raise UsageError(
            f"{paths[0]}: this is a contribution; the published package goes first: "
            f"depositary merge {package} {named} --output-dir merged"
        )
    for path in paths[1:]:
        if path in packages:
            raise UsageError(f"{path}: this is a package, not a contribution; only the first path may be a package.")


def _is_package(path: Path) -> bool:
    return (path / DESCRIPTOR).is_file() or path.name == DESCRIPTOR


def _from_here(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _of(workspace: Workspace | None) -> Workspace:
    if workspace is None:
        raise UsageError(f"there is no {WORKSPACE} here or in a folder above.")
    return workspace


def validated_paths(paths: Sequence[Path], base: Path | None) -> Sequence[tuple[Path, Path | None]]:
    """Return the given paths with their base, else the package and the contributions of the workspace around here.

    Raises:
        UsageError: none is given and there is no workspace.
    """
    if paths:
        return [(path, base) for path in paths]
    workspace = find_workspace(Path.cwd())
    if workspace is None:
        raise UsageError(f"name a package, a contribution or a file: there is no {WORKSPACE} here or above.")
    contributions = [(_from_here(one), base or own_base(one, workspace)) for one in contributions_of(workspace)]
    return [(_from_here(workspace.package), None), *contributions]


def identity_places(paths: Sequence[Path], decisions: Path | None, bases: Path | None) -> "Places":
    """Give the package, contributions and decisions that are compared: the given ones, or those of the workspace.

    Raises:
        UsageError: no package is given and there is no workspace; or a folder of decisions does not exist, and a
            decision does not create it.
    """
    from depositary.identity.places import Places

    workspace = find_workspace(Path.cwd())
    _require_in_order(paths, workspace)
    if paths:
        if decisions is not None:
            not_yet_made(decisions)
        return Places(paths[0], tuple(given_all(paths[1:])), decisions, bases)
    named = _of(workspace)
    folder = decisions or named.decisions
    if folder is not None:
        not_yet_made(folder)
    return Places(named.package, contributions_of(named), folder, bases or named.bases)


def agreement_places(
    contributions: Sequence[Path], package: Path | None, decisions: Path | None, bases: Path | None
) -> "Places":
    """Give the contributions that are compared, with the package and decisions of the workspace around the first.

    Raises:
        UsageError: there are no contributions; no package is given, and there is no workspace; or a folder of
            decisions does not exist, and a decision does not create it.
    """
    from depositary.identity.places import Places

    if not contributions:
        raise UsageError("name the contributions of two coders or more.")
    places = tuple(given_all(contributions))
    workspace = find_workspace(places[0]) or find_workspace(Path.cwd())
    current = package or _of(workspace).package
    folder = decisions or (workspace.decisions if workspace and package is None else None)
    if folder is not None:
        not_yet_made(folder)
    return Places(current, places, folder, bases or (workspace.bases if workspace and package is None else None))


def named_by_workspace(paths: Sequence[Path]) -> tuple[Path | None, tuple[Path, ...]]:
    """Give the workspace file and its folders of contributions, if no path is given."""
    workspace = None if paths else find_workspace(Path.cwd())
    return (workspace.file, workspace.folders) if workspace else (None, ())


def workspace_around() -> Workspace:
    """Return the workspace around the current folder.

    Raises:
        UsageError: there is none.
    """
    workspace = find_workspace(Path.cwd())
    if workspace is None:
        raise UsageError(
            f"there is no {WORKSPACE} here or in a folder above; it names the package and the contributions."
        )
    return workspace


def contributions_around() -> tuple[Path, ...]:
    """Give the contributions of the workspace around the current folder; none without one."""
    workspace = find_workspace(Path.cwd())
    return workspace.contributions if workspace else ()


def merged_or_workspace(package: Path | None) -> Path:
    """Return the given merged package, else the output of the workspace around the current folder.

    Raises:
        UsageError: none is given and there is no workspace, or nothing was merged yet.
    """
    if package is not None:
        return package
    workspace = find_workspace(Path.cwd())
    if workspace is None:
        raise UsageError(f"name the merged package: there is no {WORKSPACE} here or in a folder above.")
    if not workspace.output.exists():
        roll_forward(workspace.output)  # a merge may have been killed between taking the old one away and this
    if not workspace.output.exists():
        raise UsageError(f"{workspace.output}: nothing was merged yet. Run depositary merge.")
    return workspace.output


def require_table(verb: str, table: str, rest: Sequence[str], package: Path | None) -> None:
    """Refuse the folder of a package in the place of a table of `blame` or `history`, unless --package names one.

    Raises:
        UsageError: it is a folder with a package, or the folder of the merged package; the message has the command.
    """
    workspace = find_workspace(Path.cwd())
    output = _from_here(workspace.output) if workspace else None
    if package is None and (Path(table) == output or isfile(Path(table, DESCRIPTOR))):  # noqa: PTH113
        right = " ".join(rest if rest[1:] else [*rest, "ID"])
        raise UsageError(
            f"{table} is the folder of a package; the first word must be a table. Name the package with --package: "
            f"depositary {verb} {right} --package {table}"
        )


def decisions_or_workspace(folder: Path | None) -> Path:
    """Return the given folder of decisions, else that of the workspace around the current folder.

    Raises:
        UsageError: none is given and no workspace has one; or it does not exist, and a decision does not create it.
    """
    workspace = find_workspace(Path.cwd()) if folder is None else None
    named = folder if workspace is None else workspace.decisions
    if named is None:
        raise UsageError(
            'name the folder of decisions with --decisions, or write decisions = "decisions" into the '
            f"{WORKSPACE} of the workspace."
        )
    not_yet_made(named)
    return named

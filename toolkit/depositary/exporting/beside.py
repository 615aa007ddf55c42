"""The files of a package that are not tables: copied unchanged beside the tables, or listed as losses."""

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from filecmp import cmp
from pathlib import Path, PurePosixPath
from typing import Any

from depositary.check.documents.beside import unlike_stated
from depositary.errors import UsageError
from depositary.exporting.notes import NOTES
from depositary.exporting.written import File, Loss
from depositary.model.package import Package
from depositary.read.package import is_table, left_out, missing_file, paths_of
from depositary.read.paths import unsafe
from depositary.wording.plain import number
from depositary.write.companions import copy_companions, left_behind

_OURS = (
    "datapackage.json",
    "load.py",
    "load.R",
    "load.sql",
    "load.do",
    "codes.csv",
)  # an export writes these itself
_UNSAYABLE = re.compile(r"[\x00-\x1f\x7f`|]")  # characters that the list of files in the notes cannot hold
_ELSEWHERE = "files"  # the folder for files whose own path is taken


@dataclass
class Beside:
    """The copied files, their new paths by their old ones, and what could not be copied."""

    files: list[File] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)


def require_files(package: Package) -> None:
    """Make sure that the files that are not tables exist.

    Raises:
        UsageError: one is missing.
    """
    for resource, _ in left_out(package):
        for path in paths_of(resource):
            missing = "" if unsafe(package.directory, path) else missing_file(package.directory, path)
            if missing:
                raise UsageError(
                    f"{resource.get('name')}: {missing}. Add it, or remove the resource from the descriptor."
                )


def carry(package: Package, folder: Path, *, described: bool) -> Beside:
    """Copy the files that are not tables into a folder with written tables, each to its own path if that is free.

    Args:
        package: the package that has the files.
        folder: the folder of one format.
        described: whether the format has a descriptor, which can also hold inline data.
    """
    beside = Beside()
    for resource, reason in left_out(package):
        name = str(resource.get("name", ""))
        beside.losses += _not_carried(name, resource, package, described=described)
        for path in paths_of(resource):
            if unsafe(package.directory, path):
                continue
            if path not in beside.paths:
                _copy(package.directory / path, path, folder, beside)
            if beside.paths[path] != path:
                beside.losses.append(Loss(name, "", f"its file {path} has the path {beside.paths[path]} here"))
        if is_table(resource) and paths_of(resource):
            beside.losses.append(Loss(name, "", f"copied unchanged, not read as a table: {reason}"))
    copied = copy_companions(package.directory, {"resources": []}, folder)  # a licence, a README
    beside.files += (File.at(folder, file) for file in copied)
    return beside


def files_unlike_stated(package: Package) -> list[Loss]:
    """List the files whose size or hash differs from the descriptor."""
    stated = [(one.name, one.sizes, one.file) for one in package if one.file.is_file() and not one.parts]
    for resource, _ in left_out(package):
        paths = paths_of(resource)
        if len(paths) == 1 and not unsafe(package.directory, paths[0]):  # several files have no size in the standard
            stated.append((str(resource.get("name", "")), resource, package.directory / paths[0]))
    return [Loss(name, "", what) for name, sizes, file in stated for _, what in unlike_stated(sizes, file)]


def files_left_behind(package: Package, *outputs: str | Path) -> str:
    """Name the files in the package's folder that no resource names, without those that an export writes itself."""
    directory = package.directory
    is_exported = (directory.parent / NOTES).is_file()
    ours = (directory / name for name in _OURS) if is_exported else ()
    return left_behind(directory, [*ours, *map(Path, outputs)])


def copy_rules(package: Package, folder: Path) -> list[Path]:
    """Copy the rules and questions that the descriptor names, and usual files beside it, such as a licence.

    Raises:
        UsageError: one of the files cannot be copied.
    """
    listed = {key: package.descriptor.get(key) or () for key in ("rules", "questions")}
    copied = copy_companions(package.directory, {"resources": [], **listed}, folder)
    for name in (name for names in listed.values() for name in names if isinstance(name, str)):
        if folder / name not in copied:
            raise UsageError(
                f"the file {name!r} in the descriptor cannot be copied. depositary validate gives the reason."
            )
    return list(copied)


def rules_not_carried(package: Package) -> Iterator[Loss]:
    """Report that the package's rules are left out, because they are checked on CSV and Parquet."""
    count = len(package.descriptor.get("rules") or ())
    if count:
        yield Loss(
            "",
            "",
            f"not kept: the package's rules ({number(count, 'file')}), which are checked on CSV and Parquet only",
        )


def _not_carried(name: str, resource: Mapping[str, Any], package: Package, *, described: bool) -> Iterator[Loss]:
    if "data" in resource and not described:
        yield Loss(name, "", "not kept: its data are in the descriptor, and this format has no descriptor")
    for path in paths_of(resource):
        reason = unsafe(package.directory, path)
        if reason:
            yield Loss(name, "", f"not kept: its path {path} is not followed: {reason}")


def _copy(source: Path, path: str, folder: Path, beside: Beside) -> None:
    path_there = _free_path(source, PurePosixPath(path), folder)
    target = folder / path_there
    beside.paths[path] = path_there
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        beside.files.append(File.at(folder, target))


def _free_path(source: Path, path: PurePosixPath, folder: Path) -> str:
    """Give the first path in a folder that is free or already has the same file."""
    there = {one.relative_to(folder).as_posix().casefold(): one for one in folder.rglob("*")}
    free, count = PurePosixPath(_UNSAYABLE.sub("_", path.as_posix())), 1
    plain = free
    while not _is_free(source, free, there):
        free = PurePosixPath(_ELSEWHERE if count == 1 else f"{_ELSEWHERE}_{count}", plain)
        count += 1
    return free.as_posix()


def _is_free(source: Path, path: PurePosixPath, there: Mapping[str, Path]) -> bool:
    taken = there.get(path.as_posix().casefold())
    if taken:
        return taken.is_file() and cmp(source, taken, shallow=False)
    above = (there.get(folder.as_posix().casefold()) for folder in path.parents)
    return path.as_posix() not in _OURS and not any(one.is_file() for one in above if one)


def described_as_carried(package: Package, beside: Beside) -> dict[str, dict[str, Any]]:
    """Give the descriptors of the copied resources by name, with the new paths of their files."""
    found = {}
    for resource, _ in left_out(package):
        paths = paths_of(resource)
        if all(path in beside.paths for path in paths):
            here = [beside.paths[path] for path in paths]
            moved = {"path": here if isinstance(resource.get("path"), list) else here[0]} if paths else {}
            found[str(resource.get("name", ""))] = {**resource, **moved}
    return found

"""Find out what is at a path: a package, a contribution, or one CSV file."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from depositary.check.documents import manifest as manifests
from depositary.check.documents.beside import judge_files_beside
from depositary.check.documents.descriptor import finding, judge_descriptor, sound_package
from depositary.check.documents.mapping import judge_edits, judge_files
from depositary.check.documents.own_base import own_base
from depositary.errors import NotFoundError, UsageError
from depositary.model.file_kinds import FileKind, file_kind
from depositary.model.finding import Finding
from depositary.model.package import MANIFEST, Contribution, Mode, Package, Resource
from depositary.model.report import NotJudged
from depositary.model.target import Input, Target
from depositary.read.archive import is_archive, root_of, unpack
from depositary.read.contribution import DELETES, SHEET, is_aside, open_contribution, passed_over, read_manifest
from depositary.read.documents import read_json
from depositary.read.files.compressed import unpacked
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import sheets
from depositary.read.package import (
    DESCRIPTOR,
    build_package,
    find_descriptor,
    is_table,
    left_out,
    nothing_at,
    paths_of,
    refuse_archive,
    table_of,
)
from depositary.read.paths import unsafe
from depositary.read.shipped import schemas, shipped_package
from depositary.read.workspace import WORKSPACE, find_package, find_workspace
from depositary.wording.suggest import suggest

_FEW = 10  # files that a message names


def find_target(path: Path, base: Path | None, table: str | None, contributor: str = "") -> Target:
    """Find the target of a validation at a path.

    Args:
        path: a folder, a descriptor or manifest, a CSV file, a workbook, or a zip archive of a folder.
        base: the package to which a contribution or file belongs.
        table: the table of a single CSV file.
        contributor: who contributes tables that have no manifest; they are checked as a patch of this person.

    Raises:
        NotFoundError: there is nothing at the path that can be validated.
        UsageError: the table, base or contributor does not fit.
        DocumentError: a descriptor or manifest is broken.
    """
    if is_archive(path):
        return _unpacked(path, base, table, contributor)
    refuse_archive(path)
    if (path / MANIFEST).is_file() or path.name == MANIFEST:
        if contributor:
            raise UsageError(f"{path}: it has a {MANIFEST}. Leave --as-contribution and --by out.")
        return _contribution(path if path.is_dir() else path.parent, base)
    if contributor:
        return _without_manifest(path, base, contributor)
    if path.is_dir() and not (path / DESCRIPTOR).is_file():
        raise NotFoundError(*_what_is_missing(path, base))
    if not path.is_dir() and file_kind(unpacked(path)) in (FileKind.CSV, FileKind.TSV, FileKind.PARQUET):
        return _single(path, base, table)
    if path.is_file() and path.suffix.lower() != ".json":
        raise UsageError(*_what_is_missing(path, base))
    if table or base:
        option = "--table is for a single CSV file" if table else "--base is for contributions and single CSV files"
        raise UsageError(f"{path}: {option}, not for a package. Leave the option out.")
    return _package(path)


def _unpacked(path: Path, base: Path | None, table: str | None, contributor: str) -> Target:
    """Find the target in an archive of a folder, which is unpacked for as long as the target is needed."""
    try:
        held = unpack(path)
    except UnreadableFile as fault:
        wrong = finding(fault.code, fault.message, fault.hint, file=path.name)
        return Target(
            label=path.as_posix(), findings=(wrong,), not_judged=(NotJudged("", "all tables", "no file can be read"),)
        )
    root = root_of(held.path, MANIFEST, DESCRIPTOR) or held.path
    near = base or find_package(path.resolve().parent)
    is_package = (root / DESCRIPTOR).is_file() and not (root / MANIFEST).is_file()
    if near is None and (root / MANIFEST).is_file():
        raise _unknown_base(path)
    with held.named_as_given():
        target = find_target(root, base if is_package else near, table, contributor)
    return replace(target, label=held.shown(root).as_posix(), held=held)


def _package(path: Path) -> Target:
    file = find_descriptor(path)
    judgement = judge_descriptor(read_json(file), file.parent)
    package = build_package(judgement.descriptor, file.parent)
    inputs = tuple(Input(r) for r in package)
    return Target(
        label=path.as_posix(),
        name=package.name,
        version=package.version,
        inputs=inputs,
        parents={entry.resource.name: (entry,) for entry in inputs},
        findings=(*judgement.findings, *_unreadable_tables(package), *judge_files_beside(package)),
        not_judged=(
            *(NotJudged(name, "the table", "its descriptor must be corrected first") for name in judgement.refused),
            *_no_tables(package),
        ),
        package=package,
        refused=judgement.refused,
    )


def _unreadable_tables(package: Package) -> Iterator[Finding]:
    for resource, reason in left_out(package):
        if is_table(resource):
            name = resource["name"]
            hint = "store it as one plain CSV file with a Table Schema"
            yield finding("unsupported-format", f"{name} is not read: {reason}", hint, table=name)


def _no_tables(package: Package) -> Iterator[NotJudged]:
    for resource, reason in left_out(package):
        if not is_table(resource):
            yield NotJudged(resource["name"], "the resource", reason)


def _contribution(directory: Path, base: Path | None) -> Target:
    document = read_manifest(directory)
    label = directory.as_posix()
    wrong = manifests.manifest(document)
    if wrong:
        return _refused(label, wrong)
    package = _base(base or _own_base(directory), directory)
    if package is None:
        raise _unknown_base(directory)
    wrong = judge_edits(document, package) or judge_files(document, directory, package)
    return _refused(label, wrong) if wrong else _of_contribution(label, directory, document, package)


def _of_contribution(
    label: str, directory: Path, document: Mapping[str, Any], package: Package, only: Path | None = None
) -> Target:
    contribution = open_contribution(directory, document, package, only)
    entries = tuple(_entry(r, contribution.mode, package) for r in contribution.resources)
    return Target(
        label=label,
        name=package.name,
        version=package.version,
        inputs=entries,
        parents=_parents(package, entries),
        findings=(*manifests.base(document, package), *_unread(contribution, package)),
        contributor=document["contributor"],
        package=package,
        is_part=True,
        needs_rows=contribution.mode is Mode.PATCH and not _asks_for_more(contribution),
    )


def _unknown_base(path: Path) -> UsageError:
    steps = [step for step in path.parts if step not in (path.anchor, "..")]
    named = path.name if path.is_absolute() or not steps else steps[0]
    return UsageError(
        f"{path}: the base is not known. Name the package on which it is based with --base, or write a {WORKSPACE} in "
        "a folder above, with the paths from there:",
        'package = "datapackage"',
        *([f"contributions = [{json.dumps(named, ensure_ascii=False)}]"] if named and path.is_dir() else []),
    )


# Tables without a manifest


def _without_manifest(path: Path, base: Path | None, contributor: str) -> Target:
    """Give a folder or file with tables as a patch of a person, as its manifest would have it."""
    if (path / DESCRIPTOR).is_file() or path.name == DESCRIPTOR or not path.exists():
        raise UsageError(nothing_at(path) if not path.exists() else f"{path}: this is a package, not a contribution.")
    package = _base(base, path)
    if package is None:
        raise _unknown_base(path)
    document = manifests.drafted(contributor, package)
    document["license"] = document["license"] or "CC-BY-4.0"  # a check makes no promise about the rows
    for wrong in manifests.manifest(document):
        raise UsageError(f"--by: {wrong.message}; {wrong.hint}.")
    directory, only = (path, None) if path.is_dir() else (path.parent, path)
    return _of_contribution(path.as_posix(), directory, document, package, only)


def _what_is_missing(path: Path, base: Path | None) -> Sequence[str]:
    """Say what a folder or workbook needs to be a contribution, with the manifest to write, in lines."""
    general = "Name a data package, a contribution, a CSV file, or a workbook (.xlsx, .ods) of a contribution."
    is_workbook = path.is_file() and file_kind(path) is FileKind.WORKBOOK
    if path.is_file() and not is_workbook:
        how = f"S{_BOOK[1:]}." if file_kind(path) is FileKind.SPREADSHEET else general
        return [f"{path}: files of this kind are not read. {how}"]
    if not is_workbook and not _has_tables(path):
        return [f"{path}: there is no {DESCRIPTOR} and no {MANIFEST} in this folder. {general}"]
    package = _base(base, path)
    if package is None:
        return [
            (
                f"{path}: there is no {MANIFEST} with these tables, and the package that they belong to is not known. "
                f"Name it with --base. Then this command shows the {MANIFEST} to write."
            )
        ]
    what = "put the workbook into a folder, and write" if is_workbook else "write"
    return [
        (
            f"{path}: these tables have no {MANIFEST}. If they are a contribution, {what} this {MANIFEST} beside them, "
            "with your own id:"
        ),
        *manifests.as_toml(manifests.drafted("ctr-…", package)).splitlines(),
        f"To check them without it: depositary validate {path} --as-contribution --by ctr-…",
    ]


def _has_tables(folder: Path) -> bool:
    kinds = (FileKind.CSV, FileKind.TSV, FileKind.PARQUET, FileKind.WORKBOOK)
    return any(file_kind(one) in kinds for one in folder.iterdir() if not is_aside(Path(one.name)))


def _refused(label: str, wrong: Sequence[Finding]) -> Target:
    reason = NotJudged("", "all tables", f"{MANIFEST} must be corrected first")
    return Target(label=label, findings=tuple(wrong), not_judged=(reason,), is_part=True)


def _own_base(contribution: Path) -> Path | None:
    workspace = find_workspace(contribution.resolve().parent)
    return own_base(contribution, workspace) if workspace else None


def _base(base: Path | None, near: Path) -> Package | None:
    """Open the named package, or else the one of the workspace around a contribution or file."""
    found = base or find_package(near.resolve().parent)
    return sound_package(found) if found else None


def _owner(path: Path) -> Path | None:
    """Find the package in whose folder a file is."""
    return next((folder for folder in path.resolve().parents if (folder / DESCRIPTOR).is_file()), None)


def _own_name(package: Package, path: Path) -> str:
    return next((r.name for r in package if path.resolve() in [file.resolve() for file in r.files]), "")


def _entry(resource: Resource, mode: Mode, package: Package) -> Input:
    return Input(resource, mode, package.get(resource.name))


def _parents(package: Package, entries: tuple[Input, ...]) -> dict[str, tuple[Input, ...]]:
    own = {entry.resource.name: (entry,) for entry in entries}
    # The tables that come with the program have schemas; only their code lists have rows.
    base = {r.name: (Input(r),) for r in package if package.directory != schemas() or r.file.is_file()}
    return {name: (*own.get(name, ()), *base.get(name, ())) for name in dict.fromkeys([*own, *base])}


def _unread(contribution: Contribution, package: Package) -> list[Finding]:
    """Find the files that are not read; if there are no others and no other claims, that is an error."""
    found = list(_unknown(contribution, package))
    says_something = contribution.resources or _asks_for_more(contribution)
    return found if found or says_something else [_nothing(contribution)]


def _asks_for_more(contribution: Contribution) -> bool:
    """Return whether a manifest has claims that need no rows."""
    return any(contribution.manifest.get(key) for key in ("schema", "supersedes"))


def _nothing(contribution: Contribution) -> Finding:
    files = [f"{name} ({_why_passed_over(name)})" for name in passed_over(contribution.directory)]
    there = (
        f"the files beside {MANIFEST} are {', '.join(files[:_FEW])}" if files else f"there is no file beside {MANIFEST}"
    )
    there += f" and {len(files) - _FEW:,} more" if len(files) > _FEW else ""
    hint = "add CSV files or a workbook (.xlsx, .ods) with worksheets; their names must be names of tables"
    return finding("nothing-read", f"no table was read: {there}", hint, file=MANIFEST)


def _why_passed_over(name: str) -> str:
    path = Path(name)
    if is_aside(path):
        return "hidden, in use, or a file of the system"
    if file_kind(path) is FileKind.WORKBOOK:
        return "its worksheets are blank or notes"
    return "prose" if len(path.parts) == 1 else "in a folder, without the name of a table"


def _unknown(contribution: Contribution, package: Package) -> Iterator[Finding]:
    for name in contribution.unknown:
        reason = unsafe(contribution.directory, name)
        if reason:
            yield finding("unsafe-path", f"{name} is not read: {reason}", file=name)
            continue
        fault = _broken_workbook(contribution.directory / name)
        if fault:
            yield finding(fault.code, fault.message, fault.hint, file=name)
            continue
        yield _not_a_table(name, package)
    for name in contribution.doubles:
        message = f"{name} is a second file of the same table"
        yield finding("manifest-error", message, "put the rows of both files into one of them", file=name)


def _not_a_table(name: str, package: Package) -> Finding:
    for resource, reason in left_out(package):
        if name in (Path(path).name for path in paths_of(resource)):
            message = f"{name} is a file of the package, but rows cannot be contributed to it: {reason}"
            return finding(
                "unknown-table", message, "ask the maintainers of the package to describe it as a table", file=name
            )
    message = f"{name} does not have the name of a table of the package"
    return finding("unknown-table", message, _better_name(name, package), file=name)


_BOOK = "save it as an Excel workbook (.xlsx) whose worksheets have the names of tables, or as CSV files (UTF-8)"
_UNPACK = "unpack it, and put the tables in it beside contribution.toml"
_COMMAS = "save it as CSV (UTF-8) with commas, with the name of its table"
_SAVED_AS: Mapping[FileKind | None, str] = {
    FileKind.SPREADSHEET: _BOOK,
    FileKind.ARCHIVE: _UNPACK,
    FileKind.TSV: _COMMAS,
    FileKind.TABLE: _COMMAS,
}


def _better_name(name: str, package: Package) -> str:
    path, _, sheet = name.partition(SHEET)
    if name == f"{DELETES}.csv":
        return "only a patch can have deletes; in a snapshot, leave the rows out"
    hint = _SAVED_AS.get(file_kind(path))
    names = {r.name: r.name if sheet else f"{r.name}.csv" for r in package}
    plain = Path(path).stem
    meant = plain if file_kind(plain) is FileKind.CSV else f"{plain}.csv"
    if file_kind(path) is FileKind.PROSE and meant in names.values():
        return f"did you mean {meant}? Then rename it; if it has notes, use a name that is not like a table"
    if hint:
        return hint
    if not sheet and Path(path).suffix and file_kind(path) is None:
        return "only CSV files and workbooks are tables; save its rows as one, or move the file out of the folder"
    rest = "give it the name of its table, or map it under [[files]] in the manifest"
    rest += "; a worksheet named notes is not read" if sheet else ""
    return suggest(sheet or Path(path).stem, names) or rest


def _broken_workbook(file: Path) -> UnreadableFile | None:
    if file_kind(file) is not FileKind.WORKBOOK or not file.is_file():
        return None
    try:
        sheets(file)
    except UnreadableFile as fault:
        return fault
    return None


def _packed_as(resource: Resource) -> dict[str, Any]:
    return {key: value for key, value in resource.descriptor.items() if key in ("compression", "innerpath")}


def _single(path: Path, base: Path | None, table: str | None) -> Target:
    if not path.is_file():
        raise NotFoundError(f"{path}: there is no such file.")
    if (path.parent / MANIFEST).is_file():
        raise UsageError(
            f"{path}: this is a file of a contribution, which is read with its {MANIFEST}. Name the folder "
            f"{path.parent}."
        )
    found = _base(base or _owner(path), path)
    package = found or shipped_package()
    own_name = _own_name(package, path)
    name = table or own_name or unpacked(path).stem
    if name not in package and table is None:
        tables = ", ".join(r.name for r in package)
        raise UsageError(f"{path}: the table of this file is not known. Give it with --table; the tables are {tables}.")
    known = table_of(package, name)
    resource = Resource(
        name=name,
        path=path.as_posix(),
        file=path,
        table=known.table,
        dialect=known.dialect,
        encoding=known.encoding,
        descriptor=_packed_as(known) if own_name == name else {},
    )
    target = part(path.as_posix(), Input(resource), package)
    return target if own_name else replace(target, as_patch=_as_patch(path, base, is_known=found is not None))


def _as_patch(path: Path, base: Path | None, *, is_known: bool) -> str:
    """Give the command that checks a single file as a patch."""
    named = f" --base {base.as_posix()}" if base else "" if is_known else " --base PACKAGE"
    return f"depositary validate {path.as_posix()}{named} --as-contribution --by ctr-…"


def part(label: str, entry: Input, package: Package) -> Target:
    """Give one file as a table of a package, with the package to check it against."""
    return Target(
        label=label,
        name=package.name,
        version=package.version,
        inputs=(entry,),
        parents=_parents(package, (entry,)),
        package=package,
        is_part=True,
    )

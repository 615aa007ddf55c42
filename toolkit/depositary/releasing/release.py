"""Make a release of a package: a folder and an archive that never change, with all that a reader needs to cite it."""

import filecmp
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import sound_package
from depositary.check.validate import validate
from depositary.errors import UnreleasableError, UsageError
from depositary.exporting.export import export
from depositary.exporting.formats import FORMATS as KNOWN_FORMATS
from depositary.merging.diff.changes import Diff
from depositary.merging.diff.diff import diff, opened
from depositary.model.limits import Limits
from depositary.model.package import Package
from depositary.model.report import Report
from depositary.model.rule import RuleOptions
from depositary.read.archive import as_given
from depositary.read.documents import read_json
from depositary.read.package import DESCRIPTOR
from depositary.read.paths import given, given_or_none
from depositary.releasing.agreement import require_agreement, take_agreement
from depositary.releasing.answers import ChangedAnswer, changed_answers, write_answers
from depositary.releasing.archive import write_archive
from depositary.releasing.canonical import write_canonical, write_descriptor
from depositary.releasing.changelog import Notes, changelog, earlier_changelogs
from depositary.releasing.codebook import codebook
from depositary.releasing.delta import new_redirects, with_final_properties, with_origins, write_delta
from depositary.releasing.layout import ABOUT, CHANGELOG, CODEBOOK, FORMATS, README, SUMS, release_name
from depositary.releasing.metadata.dataset import contributors_with_orcids
from depositary.releasing.metadata.write import require_libraries, write_metadata
from depositary.releasing.other_files import misplaced, take_texts
from depositary.releasing.proposal import Reason, following, reasons, size_of
from depositary.releasing.questions import questions_of
from depositary.releasing.readiness import not_described, not_in_time, unsettled, vanished, wrong
from depositary.releasing.readme import About, readme
from depositary.releasing.sums import write_sums, wrong_sums
from depositary.releasing.verify import opened_release
from depositary.releasing.version import Size, Version
from depositary.wording.plain import shown
from depositary.write.companions import WRITTEN
from depositary.write.disk import alone, make_folders, sync, sync_folder
from depositary.write.exchange import write_out

_CSV = "csv"  # the form of every release


@dataclass(frozen=True)
class Release:
    """A release: its folder, its archive, and what changed.

    `earlier` is the version before, empty for a first release. `is_new` is False if the same release was there already.
    """

    folder: Path
    archive: Path
    version: str
    earlier: str
    size: Size | None
    reasons: tuple[Reason, ...]
    answers: tuple[ChangedAnswer, ...]
    report: Report
    is_new: bool


def release(  # noqa: PLR0913 (each is an option of the command)
    package: str | Path | Package,
    output_dir: str | Path,
    *,
    previous: str | Path | None = None,
    version: str = "",
    on: date | None = None,
    formats: Sequence[str] = (),
    agreement: str | Path | None = None,
    limits: Limits | None = None,
    tell: Callable[[str, int], None] | None = None,
) -> Release:
    """Release a package into a folder of releases, as a folder and an archive named by its name and version.

    Args:
        package: a package or its path.
        output_dir: the folder of releases; it is made if it does not exist.
        previous: the release before, as a folder or an archive; without it, this is the first.
        version: the version; by default the one that follows from what changed.
        on: the day of the release; by default `created` of the package, if it is later than that of the release before.
        formats: further formats of the tables, as `depositary export` has them; CSV is always there.
        agreement: a package with tables on the agreement of coders, which the release takes along.
        limits: the memory for checking and comparing.
        tell: called with a table's name and the number of its rows checked so far.

    Raises:
        UnreleasableError: the package cannot be released as it is.
        DepositaryError: something cannot be read or written; the message gives the reason.
    """
    require_libraries()
    _require_formats(formats)
    start = opened(package)
    earlier = _earlier(start, given_or_none(previous))
    day = _day(start, earlier, on)
    agreeing = require_agreement(given(agreement)) if agreement is not None else None
    questions_of(start)  # a question that cannot be asked is refused before anything is written
    report = validate(start.directory, asked=RuleOptions(release=True, as_of=day), limits=limits, on_rows=tell)
    folder = given(output_dir)
    make_folders(folder)
    with _room_in(folder) as room:
        draft = _Draft(start, earlier, report, day, room / "release", tuple(formats), agreeing)
        made = draft.made(version, folder)
        return _placed(made, draft.folder, room)


@contextmanager
def _room_in(folder: Path) -> Iterator[Path]:
    """Give an empty folder on the disk of the releases, for one run at a time, in place of what a killed run left."""
    with alone(folder / ".release.lock", folder):
        room = folder / ".release.new"
        try:
            if room.exists():
                shutil.rmtree(room)
            room.mkdir()
            yield room
        except OSError as error:
            if error.filename is not None:
                raise
            raise UsageError(  # a file that is open has no name in the error, such as that a disk is full
                f"{folder}: the release was not written: {error.strerror or error}. Make room, then run this again."
            ) from error
        finally:
            shutil.rmtree(room, ignore_errors=True)  # the next run removes what is left


def _require_formats(formats: Sequence[str]) -> None:
    for name in formats:
        if name not in KNOWN_FORMATS:
            raise UsageError(f"{name!r} is not an export format. Use one of {', '.join(KNOWN_FORMATS)}.")


def _earlier(start: Package, previous: Path | None) -> Package | None:
    """Open the release before, if it is one of this package."""
    if previous is None:
        return None
    earlier = opened_release(previous)
    if earlier.name != start.name:
        raise UsageError(
            f"{previous}: is a release of {shown(earlier.name)}, and the package is {shown(start.name)}. Name a "
            "release of this package with --previous."
        )
    if Version.read(earlier.version) is None:
        raise UsageError(f"{previous}: its version {shown(earlier.version)} is not of the form 1.4.0.")
    return earlier


def _day(start: Package, earlier: Package | None, on: date | None) -> date:
    """Give the day of the release, which never comes from the clock."""
    if on:
        return on
    own, then = (_created(package) if package is not None else None for package in (start, earlier))
    if own is None or (then is not None and own <= then):
        raise UsageError("the day of the release is not known. Give it with --on, such as --on 2026-11-30.")
    return own


def _created(package: Package) -> date | None:
    try:
        return date.fromisoformat(str(package.descriptor.get("created"))[:10])
    except ValueError:
        return None


@dataclass(frozen=True)
class _Draft:
    """A release before it has its place; `folder` is where it is written."""

    start: Package
    earlier: Package | None
    report: Report
    day: date
    folder: Path
    formats: Sequence[str]
    agreement: Package | None

    def made(self, version: str, output_dir: Path) -> Release:
        """Write all files, and give the release with the place that it will have."""
        self.folder.mkdir()
        write_canonical(self.start, self.folder)
        if self.agreement is not None:
            take_agreement(self.agreement, self.folder)
        own_texts = list(misplaced(self.start, self.folder)) or take_texts(self.folder)
        candidate = sound_package(self.folder)
        difference = diff(self.earlier, candidate) if self.earlier is not None else None
        found = (
            reasons(difference, self.earlier, candidate) if difference is not None and self.earlier is not None else []
        )
        chosen = self._chosen(version, found, own_texts, difference)
        write_descriptor(self.folder, self._final(chosen, candidate))
        final = sound_package(self.folder)
        answers = self._write_changes(final, difference, found)
        self._write_texts(final)
        name = release_name(final.name, final.version)
        write_sums(self.folder)
        return Release(
            folder=output_dir / name,
            archive=output_dir / f"{name}.zip",
            version=final.version,
            earlier=self._earlier_version,
            size=size_of(found),
            reasons=tuple(found),
            answers=answers,
            report=self.report,
            is_new=True,
        )

    def _chosen(self, version: str, found: list[Reason], refused: list[str], difference: Diff | None) -> Version:
        """Choose the version, if nothing is against the release."""
        against = [*refused, *not_described(self.start.descriptor), *unsettled(self.start), *wrong(self.report)]
        if difference is not None and self.earlier is not None:
            against += [*vanished(difference, self.start, self.earlier), *not_in_time(self.day, _created(self.earlier))]
        chosen, reason = following(version or self._own_version, self._earlier_version, found)
        against += [reason] if reason else []
        if against or chosen is None:
            raise UnreleasableError(against, f"{as_given(self.start.directory)} is not released:", *against)
        return chosen

    @property
    def _own_version(self) -> str:
        return "" if self.earlier is not None else self.start.version

    @property
    def _earlier_version(self) -> str:
        return self.earlier.version if self.earlier is not None else ""

    def _final(self, version: Version, candidate: Package) -> dict[str, Any]:
        return {
            **read_json(self.folder / DESCRIPTOR),
            "contributors": contributors_with_orcids(candidate),
            "version": str(version),
            "created": f"{self.day.isoformat()}T00:00:00Z",
        }

    def _write_changes(
        self, final: Package, difference: Diff | None, found: Sequence[Reason]
    ) -> tuple[ChangedAnswer, ...]:
        """Write the delta, the changed answers and the change log."""
        notes = Notes(final.version, self.day.isoformat(), "", final)
        if self.earlier is not None and difference is not None:
            lines = with_origins(with_final_properties(difference, self.earlier, final), self.earlier, final)
            redirects = new_redirects(self.earlier, final)
            write_delta(self.folder, lines, redirects, self.earlier.directory)
            answers = tuple(changed_answers(self.earlier, final, difference))
            write_answers(self.folder, answers)
            notes = replace(
                notes,
                earlier=self.earlier.version,
                reasons=found,
                difference=difference,
                lines=lines,
                redirects=redirects,
                answers=answers,
            )
        text = changelog(notes, earlier_changelogs(self.start, self.earlier))
        (self.folder / CHANGELOG).write_bytes(text.encode())
        return notes.answers if isinstance(notes.answers, tuple) else ()

    def _write_texts(self, final: Package) -> None:
        """Write the code book, the formats, the README and the descriptions for catalogues."""
        note = f"<!-- {WRITTEN} -->"
        tables = [resource.table for resource in final]
        (self.folder / CODEBOOK).write_bytes(codebook(tables, note).encode())
        wanted = [name for name in dict.fromkeys(self.formats) if name != _CSV]
        if wanted:
            export(final, wanted, self.folder / FORMATS)
        about = About(final, self.start, self.report, self.earlier is not None, (self.folder / ABOUT).is_file(), wanted)
        (self.folder / README).write_bytes(readme(about).encode())
        write_metadata(self.folder)


def _placed(made: Release, folder: Path, room: Path) -> Release:
    """Put a finished release in its place; one that is there already stays as it is."""
    archive = room / "archive.zip"
    with archive.open("wb") as stream:
        write_archive(folder, made.folder.name, stream)
    sync(archive)
    is_new = not os.path.lexists(made.folder)
    if not is_new:
        _require_same(made, folder / SUMS)
    has_archive = os.path.lexists(made.archive)
    if has_archive and not (made.archive.is_file() and filecmp.cmp(archive, made.archive, shallow=False)):
        raise UsageError(f"{made.archive}: is there already, and is not the archive of this release. Move it away.")
    if is_new:
        write_out(folder)
        folder.rename(made.folder)
        sync_folder(made.folder.parent)
    if not has_archive:
        archive.rename(made.archive)
        sync_folder(made.archive.parent)
    return replace(made, is_new=is_new or not has_archive)


def _require_same(made: Release, sums: Path) -> None:
    there = made.folder / SUMS
    if not there.is_file() or there.read_bytes() != sums.read_bytes():
        raise UsageError(
            f"{made.folder}: version {made.version} is there already, with other content. A release is never changed: "
            "give this one a higher --version, or write it to another --output-dir."
        )
    faults = list(wrong_sums(made.folder))
    if faults:
        raise UsageError(
            f"{made.folder}: was changed after its release: {faults[0]}. Move it away, and run this again."
        )

"""Check, merge and publish tables of trade-policy facts, with the source of every cell.

>>> import depositary
>>> report = depositary.validate("datapackage")
>>> report.valid
True
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from depositary import errors
from depositary.errors import in_our_words
from depositary.model.package import Mode, Package, PartRows, Resource
from depositary.model.table import Field, ForeignKey, Table
from depositary.version import __version__

if TYPE_CHECKING:
    import datetime as dt

    from depositary.agreement.report import AgreementReport
    from depositary.evidence.add import AddedEvidence
    from depositary.evidence.anchor import Anchor
    from depositary.evidence.move import MovedEvidence, MovedRow
    from depositary.exporting.written import File, Loss, Written
    from depositary.identity.quality import Quality, Share
    from depositary.identity.suggestion import FieldScore, Suggestion
    from depositary.merging.claims.identity import Redirect
    from depositary.merging.claims.inputs import Batch
    from depositary.merging.claims.overtaken import Dropped
    from depositary.merging.claims.rewound import Gaps
    from depositary.merging.claims.waiting import Waiting
    from depositary.merging.diff.changes import Change, Diff, Kind, RowChange
    from depositary.merging.merge import Merged, TableChange
    from depositary.model.conflict import Conflict, Side, Status
    from depositary.model.finding import Finding, Place
    from depositary.model.mapping import (
        CodeList,
        ColumnMapping,
        Condition,
        Join,
        NumberForm,
        RowOrigins,
        Split,
        Unpivot,
    )
    from depositary.model.report import NotJudged, Report, RulesReport, SwitchedOff, TableReport, Total
    from depositary.publishing.fetch import Fetched
    from depositary.publishing.publish import Published
    from depositary.releasing.answers import ChangedAnswer
    from depositary.releasing.proposal import Reason
    from depositary.releasing.release import Release
    from depositary.releasing.verify import Verification
    from depositary.releasing.version import Size

Frames = Literal["pandas", "polars", "arrow", "duckdb", "spark"]

__all__ = [
    "AddedEvidence",
    "AgreementReport",
    "Anchor",
    "Batch",
    "Change",
    "ChangedAnswer",
    "CodeList",
    "ColumnMapping",
    "Condition",
    "Conflict",
    "Diff",
    "Dropped",
    "Fetched",
    "Field",
    "FieldScore",
    "File",
    "Finding",
    "ForeignKey",
    "Gaps",
    "Join",
    "Kind",
    "Loss",
    "Merged",
    "Mode",
    "MovedEvidence",
    "MovedRow",
    "NotJudged",
    "NumberForm",
    "Package",
    "PartRows",
    "Place",
    "Published",
    "Quality",
    "Reason",
    "Redirect",
    "Release",
    "Report",
    "Resource",
    "RowChange",
    "RowOrigins",
    "RulesReport",
    "Share",
    "Side",
    "Size",
    "Split",
    "Status",
    "Suggestion",
    "SwitchedOff",
    "Table",
    "TableChange",
    "TableReport",
    "Total",
    "Unpivot",
    "Verification",
    "Waiting",
    "Written",
    "__version__",
    "add_evidence",
    "agree",
    "check_evidence",
    "diff",
    "errors",
    "export",
    "fetch",
    "identity_quality",
    "json_schema",
    "load",
    "load_all",
    "merge",
    "move_evidence",
    "open",
    "pandera_schema",
    "patch",
    "publish",
    "release",
    "suggest_identity",
    "validate",
    "validate_frame",
    "verify",
]

# The modules of these results need heavy libraries, so they are imported only when they are used.
_LATER = {
    "AddedEvidence": "evidence.add",
    "AgreementReport": "agreement.report",
    "Anchor": "evidence.anchor",
    "Batch": "merging.claims.inputs",
    "Change": "merging.diff.changes",
    "ChangedAnswer": "releasing.answers",
    "CodeList": "model.mapping",
    "ColumnMapping": "model.mapping",
    "Condition": "model.mapping",
    "Conflict": "model.conflict",
    "Diff": "merging.diff.changes",
    "Dropped": "merging.claims.overtaken",
    "Fetched": "publishing.fetch",
    "FieldScore": "identity.suggestion",
    "File": "exporting.written",
    "Finding": "model.finding",
    "Gaps": "merging.claims.rewound",
    "Join": "model.mapping",
    "Kind": "merging.diff.changes",
    "Loss": "exporting.written",
    "Merged": "merging.merge",
    "MovedEvidence": "evidence.move",
    "MovedRow": "evidence.move",
    "NotJudged": "model.report",
    "NumberForm": "model.mapping",
    "Place": "model.finding",
    "Published": "publishing.publish",
    "Quality": "identity.quality",
    "Reason": "releasing.proposal",
    "Redirect": "merging.claims.identity",
    "Release": "releasing.release",
    "Report": "model.report",
    "RowChange": "merging.diff.changes",
    "RowOrigins": "model.mapping",
    "RulesReport": "model.report",
    "Share": "identity.quality",
    "Side": "model.conflict",
    "Size": "releasing.version",
    "Split": "model.mapping",
    "Status": "model.conflict",
    "Suggestion": "identity.suggestion",
    "SwitchedOff": "model.report",
    "TableChange": "merging.merge",
    "TableReport": "model.report",
    "Total": "model.report",
    "Unpivot": "model.mapping",
    "Verification": "releasing.verify",
    "Waiting": "merging.claims.waiting",
    "Written": "exporting.written",
}


if not TYPE_CHECKING:  # type checkers know the names from the imports above, and must refuse all others

    def __getattr__(name: str) -> Any:  # noqa: ANN401 (a class of another module)
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"depositary.{_LATER[name]}"), name)


@in_our_words()
def open(path: str | Path) -> Package:
    """Open a data package by its folder or its `datapackage.json`.

    Raises:
        depositary.errors.NotFoundError: there is no package at the path.
        depositary.errors.DocumentError: its descriptor is not valid, or names files outside it.
    """
    from depositary.check.documents.descriptor import sound_package

    return sound_package(path)


@in_our_words()
def validate(  # noqa: PLR0913 (each is an option of the command)
    path: str | Path,
    base: str | Path | None = None,
    *,
    contributor: str = "",
    rules: bool = True,
    select: Sequence[str] = (),
    as_of: "dt.date | None" = None,
    cache: str | Path | None = None,
) -> "Report":
    """Validate a data package, a contribution to one, or a single CSV file.

    Args:
        path: a folder with `datapackage.json` or `contribution.toml`, one of these files, a CSV file, or a zip archive
            of such a folder.
        base: the package that a contribution or file belongs to; by default the one that the nearest
            `depositary.toml` above it names.
        contributor: who contributes tables that have no `contribution.toml`: a folder, a CSV file or a workbook. They
            are checked as a patch of this person.
        rules: also check the package's rules.
        select: only these rules: ids, numbers or patterns such as `R2?`.
        as_of: the day that rules use as today; by default the current one in UTC.
        cache: a folder that stores large tables of the base as they were read, for the next call; by default the one
            in the environment variable DEPOSITARY_CACHE, or none.

    Raises:
        depositary.errors.DepositaryError: nothing could be validated; the message gives the reason.
    """
    from depositary.check.validate import validate as run
    from depositary.model.limits import Limits
    from depositary.model.rule import RuleOptions
    from depositary.write.cache_folder import chosen_folder

    limits, asked = Limits(cache=chosen_folder(cache)), RuleOptions(rules=rules, select=select, as_of=as_of)
    return run(path, base, contributor=contributor, asked=asked, limits=limits)


@in_our_words()
def validate_frame(
    frame: Any,  # noqa: ANN401 (pandas, polars, pyarrow, or whatever else gives Arrow)
    table: str,
    *,
    package: str | Path | None = None,
    as_of: "dt.date | None" = None,
) -> "Report":
    """Validate a frame as one table, with the findings that a CSV file of the same values gets.

    The first row of the frame is row 2, because row 1 of a file is its header. Columns are found by their names and may
    be in any order. Values may be typed or text. None, NaN, NaT and an empty text are blank. As pandas writes them, a
    float without a fraction is accepted in an integer column, and a time at midnight without a zone in a date column.
    The index of a pandas frame is left out, unless it has the name of a column that the frame does not have.

    Args:
        frame: a pandas or polars frame (a LazyFrame is collected), a duckdb relation, or anything that Arrow can read.
        table: the name of the table.
        package: the package that the table belongs to; by default the schemas, code lists and rules that come with
            the program.
        as_of: the day that rules use as today; by default the current one in UTC.

    Raises:
        depositary.errors.DepositaryError: there is no such table or package, or the frame cannot be read.
    """
    from depositary.check.frames import validate_frame as run

    return run(frame, table, package, as_of)


@in_our_words()
def pandera_schema(
    table: str,
    backend: Literal["pandas", "polars"] = "pandas",
    *,
    package: str | Path | None = None,
    as_of: "dt.date | None" = None,
) -> Any:  # noqa: ANN401 (a DataFrameSchema of the backend)
    """Write a table as a `pandera.DataFrameSchema` for typed frames; nothing is coerced.

    It has the types, required fields, ranges, patterns, allowed values and the key. It also has the rules of the table
    that need only one row, each as a check with the rule's id; a rule of level warning gives pandera's `SchemaWarning`.
    References, unique keys and rules over several rows are checked only by `validate_frame`. In a polars LazyFrame,
    pandera checks only names and types: collect it first.

    Raises:
        depositary.errors.DepositaryError: there is no such table, backend or package.
    """
    from depositary.check.frames import pandera_schema as build

    return build(table, backend, package, as_of)


@in_our_words()
def json_schema(table: str | None = None, *, package: str | Path | None = None) -> dict[str, Any]:
    """Write the JSON Schema (2020-12) of one record of a table, or of a whole package as JSON.

    Raises:
        depositary.errors.DepositaryError: there is no such table or package.
    """
    from depositary.check.records import json_schema as build

    return build(table, package)


@in_our_words()
def merge(  # noqa: PLR0913 (each is an option of the command)
    current: str | Path,
    contributions: Sequence[str | Path],
    output_dir: str | Path | None = None,
    *,
    decisions: str | Path | None = None,
    bases: str | Path | None = None,
    set_aside: bool = False,
    rules: bool = True,
    as_of: "dt.date | None" = None,
    cache: str | Path | None = None,
) -> "Merged":
    """Merge contributions into a package, cell by cell and by key, with the provenance of every cell.

    Where contributors disagree, the published value stays, and the result's `conflicts` has a conflict; `open` counts
    those that nobody has decided. The result also has the changes of each table and the report on the merged package.

    Args:
        current: the published package; it is not changed.
        contributions: folders with a `contribution.toml`, in any order.
        output_dir: the folder for the merged package; it may replace one from an earlier merge. If it is not given,
            nothing is written.
        decisions: the folder with `resolutions` and `judgements`.
        bases: a folder with earlier packages that contributions were made against.
        set_aside: merge only the contributions that are valid; the result's `waiting` has the others, with reasons.
        rules: also check the package's rules.
        as_of: the day that rules use as today; by default the current one in UTC.
        cache: as for `validate`.

    Raises:
        depositary.errors.DepositaryError: a contribution is not valid and `set_aside` is not given, or nothing could
            be merged; the message gives the reason, and nothing is written.
    """
    from depositary.merging.merge import merge as run
    from depositary.model.limits import Limits
    from depositary.model.rule import RuleOptions
    from depositary.write.cache_folder import chosen_folder

    asked = RuleOptions(rules=rules, as_of=as_of)
    return run(
        current,
        contributions,
        output_dir=output_dir,
        decisions=decisions,
        bases=bases,
        asked=asked,
        limits=Limits(cache=chosen_folder(cache)),
        set_aside=set_aside,
    )


@in_our_words()
def diff(before: str | Path | Package, after: str | Path | Package, tables: Sequence[str] = ()) -> "Diff":
    """Compare two packages cell by cell: rows by their keys, values as text.

    The diff is an iterable of lines (table, row_id, field, change, before, after); `lines` has them as a polars frame,
    `write(path)` writes them as CSV.

    Args:
        before: a package or its path; it must be valid.
        after: another package or its path; it must be valid.
        tables: only these tables, without the properties of the package as a whole.

    Raises:
        depositary.errors.DepositaryError: they cannot be compared; the message gives the reason.
    """
    from depositary.merging.diff.diff import diff as run

    return run(before, after, tables)


@in_our_words()
def patch(package: str | Path | Package, diff: "Diff | str | Path", output_dir: str | Path) -> Package:
    """Apply a diff to a package and write the result; a diff from package A to package B turns A into B.

    Tables are written as plain CSV, with tidy cells and the rows sorted by key. Files that a diff does not compare,
    such as a README, are copied from the package.

    Args:
        package: the package that the diff starts from, or its path.
        diff: a diff, or a CSV file with its lines.
        output_dir: the folder for the new package; it may replace one that was written there before.

    Raises:
        depositary.errors.DepositaryError: the diff does not fit the package, or something cannot be read or written;
            the message gives the reason, and nothing is written.
    """
    from depositary.merging.diff.patch import patch as run

    return run(package, diff, output_dir)


@in_our_words()
def load(  # noqa: PLR0913 (each is an option of loading)
    package: str | Path | Package,
    table: str,
    as_: "Frames" = "pandas",
    *,
    columns: Sequence[str] = (),
    where: str = "",
    dates: bool = False,
    labels: bool = False,
) -> Any:  # noqa: ANN401 (a frame of the kind in `as_`)
    """Load a table or derived view with the schema's types.

    Whole numbers stay whole if some are missing, decimals are exact (38 digits, 9 of them after the point), days are
    days, times are in UTC, `NA` is text. A column with categories is categorical, in the schema's order: in pandas and
    Arrow it may be ordered; in polars it is an Enum, except for coded numbers. If a value does not fit the type of its
    column, the column is text, with a `MisfitWarning`. Title, description and labels are in `frame.attrs` of pandas and
    in the schema's metadata of Arrow.

    Args:
        package: a package of CSV or Parquet files, or its path.
        table: the name of a table, or of a view (docs/views.md).
        as_: the kind of frame; for duckdb, a relation; for spark, a frame of the open session (docs/scale.md).
        columns: only these columns, in this order.
        where: only the rows for which this is true: an expression in the language of rules (docs/rules.md), such as
            `"reporter = 'KOR' AND value > 0"`. It is applied while the file is read.
        dates: after each EDTF column, add its first and last possible day; `said_earliest` and `said_latest` follow
            the column `said`.
        labels: replace codes by their labels; if two codes have the same label, the code is added to it.

    Raises:
        depositary.errors.DepositaryError: there is no such package, table or column, the condition is not valid, or
            a cell is refused; the message gives the reason.
    """
    from depositary.loading.load import load as run

    return run(package, table, as_, columns=columns, where=where, dates=dates, labels=labels)


@in_our_words()
def load_all(
    package: str | Path | Package, as_: "Frames" = "pandas", *, dates: bool = False, labels: bool = False
) -> dict[str, Any]:
    """Load all tables of a package, by name; views are loaded by `load`.

    Raises:
        depositary.errors.DepositaryError: as for `load`.
    """
    from depositary.loading.load import load_all as run

    return run(package, as_, dates=dates, labels=labels)


@in_our_words()
def export(
    package: str | Path | Package,
    formats: Sequence[str],
    output_dir: str | Path,
    *,
    safe_cells: bool = False,
    parts: int | None = None,
) -> "list[Written]":
    """Export a package to formats: csv, parquet, sqlite, duckdb, xlsx, dta, jsonl.

    Each format gets a folder with its name. `EXPORT-NOTES.md` beside them lists the files, and everything that a format
    could not keep, as the result does. The folder is replaced as a whole at the end. In CSV and Parquet, a table with
    more rows than `parts` is written in parts of so many rows.

    Raises:
        depositary.errors.DepositaryError: there is no such format, a table cannot be read, or the folder cannot be
            replaced; the message gives the reason, and nothing is written.
    """
    from depositary.exporting.export import export as run

    return run(package, formats, output_dir, safe_cells=safe_cells, parts=parts)


@in_our_words()
def add_evidence(  # noqa: PLR0913 (each is an option of the command)
    path: str | Path,
    table: str,
    record: str,
    *,
    source: str,
    text: str | Path,
    quote: str = "",
    absent: bool = False,
    field: str = "",
    nth: int | None = None,
    keep_quote: bool = False,
    set_snapshot: bool = False,
    values: "Mapping[str, str] | None" = None,
    contributor: str = "",
    base: str | Path | None = None,
) -> "AddedEvidence":
    """Find a quote in the text of a source, and write its offsets and hash as evidence for a row.

    White space and the form of accents may differ; all else must be as in the text. The words are not written, unless
    `keep_quote` asks for it. If the result's `outcome` is *refused*, its `findings` has the errors that the row would
    have, and nothing was written.

    Args:
        path: a package or a contribution, whose `evidence.csv` is written.
        table: the table of the row that the quote supports.
        record: the key of the row; several values are joined with `|`.
        source: the id of the source that has the quote.
        text: the file with the text of the source, in UTF-8.
        quote: the words of the text.
        absent: instead of a quote: the whole text was read, and it does not mention the matter.
        field: the column that they support; empty for the whole row.
        nth: which occurrence is meant, from 1, if the quote is there several times.
        keep_quote: also write the words into the column `quote`, if the package's rules allow them.
        set_snapshot: write the hash of the text to a source without one, even if its other evidence has no passages.
        values: cells of other columns, such as `{"support": "computed"}`.
        contributor: who adds it to a package; a contribution names its contributor itself.
        base: the package on which a contribution is based; by default that of the nearest `depositary.toml`.

    Raises:
        depositary.errors.DepositaryError: the quote is not in the text or is there several times, or something else
            does not fit; the message gives the closest passage or the places, and nothing is written.
    """
    from depositary.evidence.add import EvidenceRequest
    from depositary.evidence.add import add_evidence as run

    asked = EvidenceRequest(
        table=table,
        record=record,
        source=source,
        quote=quote,
        absent=absent,
        field=field,
        nth=nth,
        keep_quote=keep_quote,
        set_snapshot=set_snapshot,
        values=values or {},
        contributor=contributor,
    )
    return run(path, text, asked, base=base)


@in_our_words()
def check_evidence(path: str | Path, text: str | Path, base: str | Path | None = None) -> "Report":
    """Check the hashes, offsets and quotes of all evidence that comes from a text.

    Args:
        path: a package, or a contribution, whose own rows are checked.
        text: the file with the text; the sources whose `snapshot_sha256` is its SHA-256 have it.
        base: the package on which a contribution is based; by default that of the nearest `depositary.toml`.

    Raises:
        depositary.errors.DepositaryError: no source has this text, or something cannot be read.
    """
    from depositary.evidence.check import check_evidence as run

    return run(path, text, base)


@in_our_words()
def move_evidence(
    path: str | Path,
    old: str | Path,
    new: str | Path,
    *,
    write: bool = False,
    base: str | Path | None = None,
) -> "MovedEvidence":
    """Find the passages of all evidence from a text in a new version of the text.

    A passage is the same, moved, ambiguous or gone; none is guessed. Rows whose passage is ambiguous or gone keep the
    offsets of the old text.

    Args:
        path: a package, or a contribution; a patch also moves the published evidence of the sources.
        old: the file with the text that the sources have.
        new: the file with the text that they get.
        write: write the new offsets, and the hash of the new text; otherwise nothing is written.
        base: the package on which a contribution is based; by default that of the nearest `depositary.toml`.

    Raises:
        depositary.errors.DepositaryError: no source has the old text, or something cannot be read or written.
    """
    from depositary.evidence.move import move_evidence as run

    return run(path, old, new, base=base, write=write)


@in_our_words()
def release(  # noqa: PLR0913 (each is an option of the command)
    package: str | Path | Package,
    output_dir: str | Path,
    *,
    previous: str | Path | None = None,
    version: str = "",
    on: "dt.date | None" = None,
    formats: Sequence[str] = (),
    agreement: str | Path | None = None,
) -> "Release":
    """Release a package into a folder of releases, as a folder and an archive named by its name and version.

    Args:
        package: a package or its path.
        output_dir: the folder of releases; it is made if it does not exist.
        previous: the release before, as a folder or an archive; without it, this is the first.
        version: the version; by default the one that follows from what changed.
        on: the day of the release; by default `created` of the package, if it is later than that of the release before.
        formats: further formats of the tables, such as `parquet`; CSV is always there.
        agreement: a package with tables on the agreement of coders, which the release takes along.

    Raises:
        depositary.errors.UnreleasableError: the package cannot be released as it is; nothing is written.
        depositary.errors.DepositaryError: something cannot be read or written; the message gives the reason.
    """
    from depositary.releasing.release import release as run

    return run(package, output_dir, previous=previous, version=version, on=on, formats=formats, agreement=agreement)


@in_our_words()
def verify(release: str | Path, previous: str | Path | None = None) -> "Verification":
    """Check that a release, a folder or an archive, is as it was made: no byte changed, missing or added.

    Args:
        release: the release.
        previous: the release before; then the delta is applied to it, and the result is compared.

    Raises:
        depositary.errors.DepositaryError: there is no release at one of the paths, or it cannot be read.
    """
    from depositary.read.paths import given, given_or_none
    from depositary.releasing.verify import verify as run

    return run(given(release), given_or_none(previous))


@in_our_words()
def publish(  # noqa: PLR0913 (each is an option of the command)
    release: str | Path,
    to: Literal["folder", "github", "zenodo", "zenodo-sandbox", "ckan"],
    *,
    folder: str | Path | None = None,
    repository: str = "",
    tag: str = "",
    record: str = "",
    organization: str = "",
    server: str = "",
    timeout: float = 60.0,
) -> "Published":
    """Publish a release, after it is verified; a second call goes on where the first one stopped, or changes nothing.

    The token comes from the environment or a keyring, as for the command.

    Args:
        release: the release, as a folder or an archive; the other one lies beside it.
        to: the kind of place.
        folder: for `folder`: where it is copied.
        repository: for `github`: the repository, as `owner/name`.
        tag: for `github`: the tag, which must exist; by default `v` and the version.
        record: for `zenodo`: an earlier record, by id or DOI; by default your latest one of this package.
        organization: for `ckan`: the organization that has the dataset.
        server: the address of an instance of one's own; for `ckan`, of the portal.
        timeout: seconds to wait for a service that sends nothing.

    Raises:
        depositary.errors.ServiceError: the service refuses or cannot be reached; the journal has what was done.
        depositary.errors.DepositaryError: the release, or what is at the service, does not allow it.
    """
    from depositary.publishing.destination import Destination
    from depositary.publishing.publish import publish as run
    from depositary.read.paths import given, given_or_none

    there = Destination(to, given_or_none(folder), repository, tag, record, organization, server)
    return run(given(release), there, timeout=timeout)


@in_our_words()
def fetch(  # noqa: PLR0913 (each is an option of the command)
    source: str,
    output_dir: str | Path,
    *,
    sha256: str = "",
    max_bytes: int = 2 << 30,
    server: str = "",
    timeout: float = 60.0,
) -> "Fetched":
    """Download a release, verify it, and put it into a folder as `NAME-VERSION.zip`.

    Args:
        source: the https address of an archive, or a DOI.
        output_dir: the folder; it is made if it does not exist.
        sha256: the SHA-256 that the archive must have.
        max_bytes: the most that is read.
        server: for a DOI: an instance of InvenioRDM beside Zenodo.
        timeout: seconds to wait for a service that sends nothing.

    Raises:
        depositary.errors.DepositaryError: it cannot be downloaded, or is not sound; nothing is left behind.
    """
    from depositary.publishing.fetch import WantedRelease
    from depositary.publishing.fetch import fetch as run
    from depositary.read.paths import given

    return run(WantedRelease(source, sha256, max_bytes, server), given(output_dir), timeout=timeout)


@in_our_words()
def agree(  # noqa: PLR0913 (each is an option of the command)
    package: str | Path,
    contributions: Sequence[str | Path],
    *,
    decisions: str | Path | None = None,
    bases: str | Path | None = None,
    sources: Sequence[str] = (),
    tables: Sequence[str] = (),
    least_score: float = 0.8,
    suggested: bool = True,
) -> "AgreementReport":
    """Measure how far the contributors of several contributions agree.

    Args:
        package: the package to which they contribute, or its path.
        contributions: the folders of the contributions of two coders or more.
        decisions: the folder of decisions, whose judgements match rows.
        bases: a folder with earlier packages on which contributions are based.
        sources: only what was coded from these sources; otherwise all.
        tables: only these tables; otherwise all that coders code.
        least_score: the score with which a suggested pair counts as one item.
        suggested: whether suggestions match rows that neither key nor judgement matches.

    Raises:
        depositary.errors.DepositaryError: something cannot be compared or read; the message gives the reason.
    """
    from depositary.agreement.places import AgreementRequest
    from depositary.agreement.report import report
    from depositary.identity.places import places_of

    places = places_of(package, contributions, decisions, bases)
    return report(places, AgreementRequest(tuple(sources), tuple(tables), least_score, is_suggested=suggested))


@in_our_words()
def suggest_identity(  # noqa: PLR0913 (each is an option of the command)
    package: str | Path,
    contributions: Sequence[str | Path] = (),
    *,
    decisions: str | Path | None = None,
    bases: str | Path | None = None,
    tables: Sequence[str] = (),
    least_score: float = 0.8,
) -> "tuple[Suggestion, ...]":
    """Suggest pairs of rows of a package and of contributions that may be about the same thing.

    Args:
        package: the package to which they contribute, or its path.
        contributions: the folders of contributions.
        decisions: the folder of decisions; pairs that are judged there are not suggested again.
        bases: a folder with earlier packages on which contributions are based.
        tables: only these tables; otherwise all whose schemas say what identifies a row.
        least_score: the score from which on a pair is suggested.

    Raises:
        depositary.errors.DepositaryError: a table is not known, or something cannot be read; the message says why.
    """
    from depositary.identity.places import opened, places_of

    with opened(places_of(package, contributions, decisions, bases)) as there:
        there.refuse_waiting()
        return there.matching(tables or None, least_score).suggestions


@in_our_words()
def identity_quality(  # noqa: PLR0913 (each is an option of the command)
    package: str | Path,
    contributions: Sequence[str | Path] = (),
    *,
    decisions: str | Path,
    bases: str | Path | None = None,
    tables: Sequence[str] = (),
    least_score: float = 0.8,
) -> "tuple[Quality, ...]":
    """Measure how often the suggestions are right, by the judgements in a folder of decisions, table by table.

    The parameters are those of `suggest_identity`.

    Raises:
        depositary.errors.DepositaryError: a table is not known, or something cannot be read; the message says why.
    """
    from depositary.identity.places import opened, places_of
    from depositary.identity.quality import quality

    with opened(places_of(package, contributions, decisions, bases)) as there:
        there.refuse_waiting()
        return quality(there, tables or None, least_score)

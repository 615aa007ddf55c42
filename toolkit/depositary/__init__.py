"""Check, merge and publish tables of trade-policy facts, with the source of every cell.

>>> import depositary
>>> report = depositary.validate("datapackage")
>>> report.valid
True
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from depositary import errors
from depositary.errors import in_our_words
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.finding import Finding, Place
from depositary.model.mapping import ColumnMapping
from depositary.model.package import Mode, Package, Resource
from depositary.model.report import NotJudged, Report, RulesReport, SwitchedOff, TableReport, Total
from depositary.model.table import Field, ForeignKey, Table
from depositary.version import __version__

if TYPE_CHECKING:
    import datetime as dt

    from depositary.exporting.written import File, Loss, Written
    from depositary.merging.claims.identity import Redirect
    from depositary.merging.claims.inputs import Batch
    from depositary.merging.claims.overtaken import Dropped
    from depositary.merging.claims.rewound import Gaps
    from depositary.merging.claims.waiting import Waiting
    from depositary.merging.diff.changes import Change, Diff, Kind, RowChange
    from depositary.merging.merge import Merged, TableChange

Frames = Literal["pandas", "polars", "arrow", "duckdb"]

__all__ = [
    "Batch",
    "Change",
    "ColumnMapping",
    "Conflict",
    "Diff",
    "Dropped",
    "Field",
    "File",
    "Finding",
    "ForeignKey",
    "Gaps",
    "Kind",
    "Loss",
    "Merged",
    "Mode",
    "NotJudged",
    "Package",
    "Place",
    "Redirect",
    "Report",
    "Resource",
    "RowChange",
    "RulesReport",
    "Side",
    "Status",
    "SwitchedOff",
    "Table",
    "TableChange",
    "TableReport",
    "Total",
    "Waiting",
    "Written",
    "__version__",
    "diff",
    "errors",
    "export",
    "json_schema",
    "load",
    "load_all",
    "merge",
    "open",
    "pandera_schema",
    "patch",
    "validate",
    "validate_frame",
]

# Results whose modules need heavy libraries are loaded when they are asked for.
_LATER = {
    "Batch": "merging.claims.inputs",
    "Change": "merging.diff.changes",
    "Diff": "merging.diff.changes",
    "Dropped": "merging.claims.overtaken",
    "File": "exporting.written",
    "Gaps": "merging.claims.rewound",
    "Kind": "merging.diff.changes",
    "Loss": "exporting.written",
    "Merged": "merging.merge",
    "Redirect": "merging.claims.identity",
    "RowChange": "merging.diff.changes",
    "TableChange": "merging.merge",
    "Waiting": "merging.claims.waiting",
    "Written": "exporting.written",
}


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
def validate(
    path: str | Path,
    base: str | Path | None = None,
    *,
    rules: bool = True,
    select: Sequence[str] = (),
    as_of: "dt.date | None" = None,
) -> Report:
    """Validate a data package, a contribution to one, or a single CSV file.

    Args:
        path: a folder with `datapackage.json` or `contribution.toml`, one of these files, or a CSV file.
        base: the package that a contribution or file belongs to; by default the one that the nearest
            `depositary.toml` above it names.
        rules: judge the package's rules as well.
        select: only these rules: ids, numbers or patterns such as `R2?`.
        as_of: the day that rules take for today; by default the current one in UTC.

    Raises:
        depositary.errors.DepositaryError: nothing could be validated; the message says why.
    """
    from depositary.check.validate import validate as run
    from depositary.model.rule import RuleOptions

    return run(path, base, asked=RuleOptions(rules=rules, select=select, as_of=as_of))


@in_our_words()
def validate_frame(
    frame: Any,  # noqa: ANN401 (pandas, polars, pyarrow, or whatever else gives Arrow)
    table: str,
    *,
    package: str | Path | None = None,
    as_of: "dt.date | None" = None,
) -> Report:
    """Validate a frame as one table, with the findings that a CSV file of the same values gets.

    Row 2 is the first row of the frame, as row 1 of a file is its header. Columns are told by their names and may stand
    in any order. Values may be typed or text. None, NaN, NaT and an empty text are no value; a float without a fraction
    is a whole number for an integer column, and a time at midnight without a zone is a day for a date column, as pandas
    has them. The index of a pandas frame is left out, unless it is named like a column that the frame lacks.

    Args:
        frame: a pandas or polars frame (a LazyFrame is collected), a duckdb relation, or anything that Arrow reads.
        table: the name of the table.
        package: the package that the table belongs to; by default the schemas, code lists and rules that come with
            the program.
        as_of: the day that rules take for today; by default the current one in UTC.

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

    It holds the types, what has to be filled, ranges, patterns, values, the key, and those rules of the table that one
    row can be judged by, each as a check of the rule's name; a rule that warns gives pandera's `SchemaWarning`.
    References, unique keys and rules over several rows are left to `validate_frame`. Of a polars LazyFrame, pandera
    looks at names and types only: collect it first.

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
) -> "Merged":
    """Merge contributions into a package, cell by cell and by key, with the provenance of every cell.

    What contributors disagree about stays as it is published and is among the result's `conflicts`; `open` are those
    that nobody has settled. The result also has what changed in each table, and the report on the merged package.

    Args:
        current: the published package; it stays as it is.
        contributions: folders with a `contribution.toml`, in any order.
        output_dir: where the merged package goes, in place of one that was merged there before; nothing is written if
            none is given.
        decisions: the folder with `resolutions` and `judgements`.
        bases: a folder with earlier packages that contributions were made against.
        set_aside: merge the contributions that are valid; the result's `waiting` names the others, and why they wait.
        rules: judge the package's rules as well.
        as_of: the day that rules take for today; by default the current one in UTC.

    Raises:
        depositary.errors.DepositaryError: a contribution is not valid and none is to be set aside, or nothing could be
            merged; the message says why, and nothing is written.
    """
    from depositary.merging.merge import merge as run
    from depositary.model.rule import RuleOptions

    asked = RuleOptions(rules=rules, as_of=as_of)
    return run(
        current,
        contributions,
        output_dir=output_dir,
        decisions=decisions,
        bases=bases,
        asked=asked,
        set_aside=set_aside,
    )


@in_our_words()
def diff(before: str | Path | Package, after: str | Path | Package, tables: Sequence[str] = ()) -> "Diff":
    """Compare two packages cell by cell: rows by their keys, values as text.

    The diff is an iterable of lines (table, row_id, field, change, before, after); `lines` has them as a polars frame,
    `write(path)` writes them as CSV.

    Args:
        before: a package or its path; both have to be valid.
        after: the same.
        tables: only these tables, and nothing of the package as a whole.

    Raises:
        depositary.errors.DepositaryError: they cannot be compared; the message says why.
    """
    from depositary.merging.diff.diff import diff as run

    return run(before, after, tables)


@in_our_words()
def patch(package: str | Path | Package, diff: "Diff | str | Path", output_dir: str | Path) -> Package:
    """Write a package with a diff applied to it; what `diff` found between it and another gives that other one.

    Tables are written as plain CSV, each cell tidy, the rows sorted by key. What a diff does not compare, such as a
    README, is copied from the package.

    Args:
        package: what the diff starts from, or its path.
        diff: a diff, or a CSV file with its lines.
        output_dir: where the package goes, in place of one that was written there before.

    Raises:
        depositary.errors.DepositaryError: the diff does not fit the package, or something cannot be read or written;
            the message says what, and nothing is written.
    """
    from depositary.merging.diff.patch import patch as run

    return run(package, diff, output_dir)


@in_our_words()
def load(  # noqa: PLR0913 (what may be asked of a table)
    package: str | Path | Package,
    table: str,
    as_: "Frames" = "pandas",
    *,
    columns: Sequence[str] = (),
    where: str = "",
    dates: bool = False,
    labels: bool = False,
) -> Any:  # noqa: ANN401 (a frame of the kind that is asked for)
    """Load a table or derived view with the schema's types.

    Whole numbers stay whole where some are missing, decimals are exact (38 digits, 9 of them after the point), days are
    days, times are in UTC, `NA` is text. A column with categories is categorical, in the schema's order: pandas and
    Arrow know whether it is ordered; in polars it is an Enum, but for coded numbers. A column of which a value does not
    fit its type is text, with a `MisfitWarning`. Title, description and labels are in `frame.attrs` of pandas, and in
    the schema's metadata of Arrow.

    Args:
        package: a package of CSV or Parquet files, or its path.
        table: the name of a table, or of a view (docs/views.md).
        as_: the kind of frame; for duckdb, a relation.
        columns: only these columns, in this order.
        where: only the rows for which this is true: an expression in the language of rules (docs/rules.md), such as
            `"reporter = 'KOR' AND value > 0"`. It is applied while the file is read.
        dates: behind each EDTF column, put its first and last possible day, as `said_earliest` and `said_latest`.
        labels: labels in the place of codes; where two codes have one label, it is followed by the code.

    Raises:
        depositary.errors.DepositaryError: there is no such package, table or column, the condition cannot be asked, or
            a cell is refused; the message says which.
    """
    from depositary.loading.load import load as run

    return run(package, table, as_, columns=columns, where=where, dates=dates, labels=labels)


@in_our_words()
def load_all(
    package: str | Path | Package, as_: "Frames" = "pandas", *, dates: bool = False, labels: bool = False
) -> dict[str, Any]:
    """Load all tables of a package, by name; views are left to `load`.

    Raises:
        depositary.errors.DepositaryError: as for `load`.
    """
    from depositary.loading.load import load_all as run

    return run(package, as_, dates=dates, labels=labels)


@in_our_words()
def export(
    package: str | Path | Package, formats: Sequence[str], output_dir: str | Path, *, safe_cells: bool = False
) -> "list[Written]":
    """Export a package to formats: csv, parquet, sqlite, duckdb, xlsx, dta, jsonl.

    Each format gets a folder of its name; `EXPORT-NOTES.md` beside them lists the files and what each format could not
    carry, as the result does. The folder is exchanged as a whole at the end.

    Raises:
        depositary.errors.DepositaryError: there is no such format, a table cannot be read, or the folder cannot be
            replaced; the message says which, and nothing is written.
    """
    from depositary.exporting.export import export as run

    return run(package, formats, output_dir, safe_cells=safe_cells)

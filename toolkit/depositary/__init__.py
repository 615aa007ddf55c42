"""Check, merge and publish tables of trade-policy facts, with the source of every cell.

>>> import depositary
>>> report = depositary.validate("datapackage")
>>> report.valid
True
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from depositary.model.finding import Finding
from depositary.model.package import Package
from depositary.model.report import Report
from depositary.version import __version__

if TYPE_CHECKING:
    import datetime as dt

__all__ = [
    "Finding",
    "Package",
    "Report",
    "__version__",
    "json_schema",
    "open",
    "pandera_schema",
    "validate",
    "validate_frame",
]


def open(path: str | Path) -> Package:
    """Open a data package by its folder or its `datapackage.json`.

    Raises:
        depositary.errors.NotFoundError: there is no package at the path.
        depositary.errors.DocumentError: its descriptor is broken, or names files outside it.
    """
    from depositary.read.package import open_package

    return open_package(path)


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
    from depositary.model.rule import Asked

    return run(path, base, asked=Asked(rules=rules, select=select, as_of=as_of))


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


def json_schema(table: str | None = None, *, package: str | Path | None = None) -> dict[str, Any]:
    """Write the JSON Schema (2020-12) of one record of a table, or of a whole package as JSON.

    Raises:
        depositary.errors.DepositaryError: there is no such table or package.
    """
    from depositary.check.records import json_schema as build

    return build(table, package)

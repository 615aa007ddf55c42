"""Tables and rules for frames and records: pandera, JSON Schema, and frames judged as files are."""

import csv
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from depositary.check.rulebook import Compiler, Test, read_rulebook
from depositary.check.subject import Input, Subject
from depositary.check.validate import judge_subject
from depositary.compile.frames import Backend, FrameRule, frame_schema
from depositary.compile.json_schema import DIALECT, RecordRule, package_schema, record_schema
from depositary.compile.language import NotSayableError
from depositary.compile.polars import broken
from depositary.errors import UsageError
from depositary.model.check_digits import CELL_CHECKS
from depositary.model.package import Package, Resource
from depositary.model.report import Report
from depositary.model.rule import Asked, Rule
from depositary.read.package import open_package, table_of
from depositary.read.shipped import schemas, shipped_package


def pandera_schema(table: str, backend: Backend, package: str | Path | None, as_of: date | None) -> Any:  # noqa: ANN401
    """Write the pandera schema of a table.

    Raises:
        UsageError: the package has no such table, or there is no such backend.
    """
    if backend not in ("pandas", "polars"):
        raise UsageError(f"There is no backend {backend!r}; known are pandas and polars.")
    whole = _package(package)
    found = table_of(whole, table).table
    return frame_schema(found, list(_frame_rules(whole, table, as_of)), backend)


def json_schema(table: str | None, package: str | Path | None) -> dict[str, Any]:
    """Write the JSON Schema of one record of a table, or of the whole package.

    Raises:
        UsageError: the package has no such table.
    """
    whole = _package(package)
    if table is not None:
        return {"$schema": DIALECT, **_record_schema(whole, table_of(whole, table))}
    return package_schema({resource.name: _record_schema(whole, resource) for resource in whole})


def _record_schema(package: Package, resource: Resource) -> dict[str, Any]:
    tests = [t for t in row_tests(package, resource.name) if t.rule.level == "error" and not t.fields]
    rules = [RecordRule(t.rule.id, t.rule.says, t.test) for t in tests]
    return record_schema(resource.table, rules)


def _package(package: str | Path | None) -> Package:
    return open_package(package) if package is not None else shipped_package()


def row_tests(package: Package, table: str, as_of: date | None = None) -> Iterator[Test]:
    """Make the row rules of a table ready; those that are about whole packages or releases are left out."""
    compiler = Compiler({r.name: r.table for r in package}, as_of or datetime.now(UTC).date())
    for rule in read_rulebook(package.descriptor, package.directory).rules:
        if rule.holds and table in rule.tables and not rule.needs:
            test = compiler.test(rule, table)
            if test:
                yield test


def _frame_rules(package: Package, table: str, as_of: date | None) -> Iterator[FrameRule]:
    for test in row_tests(package, table, as_of):
        for cell in test.fields or ("",):
            columns = (cell,) if cell else test.columns
            try:
                yield FrameRule(test.rule.id, _says(test.rule, cell), test.rule.level, broken(test.test, cell), columns)
            except NotSayableError:
                continue  # it is judged by validate_frame
    for rule in read_rulebook(package.descriptor, package.directory).rules:
        if rule.check in CELL_CHECKS and table in rule.tables:
            yield FrameRule(rule.id, rule.says, rule.level, _by_check(rule), (rule.place,))


def _says(rule: Rule, cell: str) -> str:
    return f"{rule.says} ({cell})" if cell else rule.says


def _by_check(rule: Rule) -> pl.Expr:
    fits = CELL_CHECKS[rule.check]
    return ~pl.col(rule.place).map_elements(fits, return_dtype=pl.Boolean).fill_null(value=True)


# Frames as files


def validate_frame(frame: Any, table: str, package: str | Path | None, as_of: date | None) -> Report:  # noqa: ANN401
    """Judge a frame as the command line judges a CSV file with the same values; its first row is row 2.

    Raises:
        UsageError: the package has no such table, or the frame cannot be read.
    """
    whole = _package(package)
    known = table_of(whole, table)
    rows = _arrow(frame)
    ordered = sorted(rows.column_names, key=lambda name: _place(name, known.table.field_names))
    with tempfile.TemporaryDirectory(prefix="depositary-") as folder:
        file = Path(folder) / f"{table}.csv"
        _write(file, rows.select(ordered))
        entry = Input(Resource(name=table, place=f"{table} (frame)", file=file, table=known.table))
        others = {
            r.name: (Input(r),) for r in whole if r.name != table and (whole.directory != schemas() or r.file.is_file())
        }
        subject = Subject(
            label=f"{table} (frame)",
            name=whole.name,
            version=whole.version,
            inputs=(entry,),
            parents={table: (entry,), **others},
            package=whole,
            is_part=True,
        )
        return judge_subject(subject, Asked(as_of=as_of))


def _place(name: str, names: tuple[str, ...]) -> int:
    return names.index(name) if name in names else len(names)


def _arrow(frame: Any) -> pa.Table:  # noqa: ANN401 (any frame that Arrow can read)
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    try:
        return pa.table(frame)
    except (TypeError, pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise UsageError(f"The frame cannot be read by way of Arrow: {error}") from error


def _write(file: Path, rows: pa.Table) -> None:
    with file.open("w", newline="", encoding="utf-8", errors="surrogatepass") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(rows.column_names)
        for batch in rows.to_batches(max_chunksize=10_000):
            columns = [[_text(value) for value in column.to_pylist()] for column in batch.columns]
            writer.writerows(zip(*columns, strict=True))


def _text(value: object) -> str:
    """Write a value as a CSV file of the package has it; NaN is how pandas writes that nothing is known."""
    if value is None or value != value:  # noqa: PLR0124 (NaN alone is not equal to itself)
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)

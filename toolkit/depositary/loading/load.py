"""One table or view of a package, or all its tables, as frames with the right types."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from depositary.errors import UsageError
from depositary.loading.frames import KINDS, frame_of
from depositary.loading.rows import Wanted, no_rows_of, rows_of, rows_within
from depositary.model.package import Package, Resource
from depositary.model.table import Field
from depositary.read.package import left_out, paths_of

if TYPE_CHECKING:
    from depositary.read.files.blocks import Range
    from depositary.read.views import View

_BOUNDS = {"earliest": "EARLIEST", "latest": "LATEST"}


@dataclass(frozen=True)
class _Source:
    """A table or view that can be loaded: description, columns, and the function that reads its rows."""

    about: Mapping[str, Any]
    columns: Mapping[str, Mapping[str, Any]]
    fields: Mapping[str, Field]
    read: Callable[[Wanted], pl.DataFrame]
    resource: Resource | None = None

    def frame_of(self, rows: pl.DataFrame, kind: str, *, dates: bool, labels: bool) -> Any:  # noqa: ANN401 (one of five)
        """Give rows that were read as a frame of a kind."""
        described = {column: self.columns[column] for column in rows.columns}
        shown = _with_bounds(rows, self.fields) if dates else rows
        return frame_of(shown, self.fields, kind, {**self.about, "columns": described}, labels=labels)


def load(  # noqa: PLR0913 (each is an option of loading)
    package: str | Path | Package,
    name: str,
    as_: str,
    *,
    columns: Sequence[str] = (),
    where: str = "",
    dates: bool = False,
    labels: bool = False,
) -> Any:  # noqa: ANN401 (one of five)
    """Load a table or view, as `depositary.load` describes.

    Raises:
        DepositaryError: there is no such package, table, column or kind of frame, or the file cannot be read.
    """
    if as_ not in KINDS:
        raise UsageError(f"{as_!r} is not a kind of frame. Use one of {', '.join(KINDS)}.")
    _require_asked(columns, where)
    source = _found(package if isinstance(package, Package) else open_tables(package), name)
    for column in columns:
        if column not in source.columns:
            raise UsageError(f"{name} has no column {column!r}{_perhaps(column, source.columns)}.")
    wanted = Wanted(columns, where)
    if as_ == "spark" and source.resource is not None:
        from depositary.loading import spark  # noqa: PLC0415 (its libraries take time to load)

        if spark.is_large(source.resource):
            empty = source.frame_of(no_rows_of(source.resource, wanted), "arrow", dates=dates, labels=labels)
            read = partial(_of_range, wanted, dates=dates, labels=labels)
            return spark.frame_of_ranges(source.resource, read, empty)
    return source.frame_of(source.read(wanted), as_, dates=dates, labels=labels)


def _of_range(wanted: Wanted, part: Resource, within: "Range", *, dates: bool, labels: bool) -> Iterator[Any]:
    """Give rows of a part of a table as Arrow tables."""
    source = _of_table(part)
    for rows in rows_within(part, within, wanted):
        yield source.frame_of(rows, "arrow", dates=dates, labels=labels)


def _require_asked(columns: object, where: object) -> None:
    """Refuse columns that are not a list of different names, and a condition that is not a text."""
    if isinstance(columns, str) or not isinstance(columns, Sequence) or not all(isinstance(c, str) for c in columns):
        raise UsageError(f"the columns are {columns!r}. Give a list of column names.")
    if len(set(columns)) < len(columns):
        raise UsageError(f"the columns are {', '.join(columns)}. Name each column only once.")
    if not isinstance(where, str):
        raise UsageError(f'the condition is {where!r}. Write it as a text, such as "value > 0".')


def load_all(package: str | Path | Package, as_: str, *, dates: bool = False, labels: bool = False) -> dict[str, Any]:
    """Load all tables by name, in the package's order.

    Raises:
        DepositaryError: there is no such package or kind of frame, or a file cannot be read.
    """
    opened = package if isinstance(package, Package) else open_tables(package)
    return {one.name: load(opened, one.name, as_, dates=dates, labels=labels) for one in opened}


def open_tables(path: str | Path) -> Package:
    """Open a package whose tables are stored as CSV or as Parquet."""
    from depositary.check.documents.descriptor import sound_package  # noqa: PLC0415 (its libraries take time to load)

    return sound_package(path)


def _found(package: Package, name: str) -> _Source:
    resource = package.get(name)
    if resource is not None:
        return _of_table(resource)
    from depositary.read.views import views_of  # noqa: PLC0415 (its libraries take time to load)

    views = {view.name: view for view in views_of(package)}
    if name in views:
        return _of_view(package, views[name])
    for other, reason in left_out(package):
        if other.get("name") == name:
            files = ", ".join(paths_of(other)) or "in the descriptor"
            raise UsageError(f"{name} ({files}) is not loaded as a table: {reason}.")
    known = [*(one.name for one in package), *views]
    raise UsageError(f"{package.name or 'the package'} has no table or view {name!r}{_perhaps(name, known)}.")


def _of_table(resource: Resource) -> _Source:
    table = resource.table
    return _Source(
        about=_title_and_description({**table.descriptor, **resource.descriptor}),
        columns={f.name: {**_title_and_description(f.descriptor), "labels": f.categories} for f in table.fields},
        fields={f.name: f for f in table.fields},
        read=partial(rows_of, resource),
        resource=resource,
    )


def _of_view(package: Package, view: "View") -> _Source:
    from depositary.loading.derived import rows_of_view  # noqa: PLC0415

    fields = view.fields(package)
    labels = {name: field.categories for name, field in fields.items()}
    titles = {name: str(field.descriptor.get("title") or name) for name, field in fields.items()}
    return _Source(
        about={"title": view.name, "description": view.description},
        columns={
            name: {"title": titles.get(name, name), "description": text, "labels": labels.get(name, {})}
            for name, text in view.columns.items()
        },
        fields=fields,
        read=partial(rows_of_view, package, view),
    )


def _title_and_description(descriptor: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(descriptor.get(key, "")) for key in ("title", "description")}


def _perhaps(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]}?" if close else f"; it has {', '.join(known)}"


def _with_bounds(rows: pl.DataFrame, fields: Mapping[str, Field]) -> pl.DataFrame:
    """Add after each EDTF column the first and the last day that its dates can mean."""
    from sqlglot import exp  # noqa: PLC0415

    from depositary.compile import edtf  # noqa: PLC0415
    from depositary.compile.polars import expression  # noqa: PLC0415

    columns: list[pl.Expr] = []
    for name in rows.columns:
        columns.append(pl.col(name))
        if name in fields and fields[name].is_edtf:
            columns += [
                expression(edtf.expand(function, exp.column(name))).alias(f"{name}_{bound}")
                for bound, function in _BOUNDS.items()
            ]
    return rows.select(columns)

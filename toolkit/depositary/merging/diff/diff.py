"""Compare two packages cell by cell: rows are matched by their keys, values are compared as text."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from depositary.check.documents.descriptor import sound_package
from depositary.engine.duckdb import DuckDB
from depositary.engine.sql import literal, quoted
from depositary.errors import UsageError
from depositary.merging.diff.changes import COLUMNS, SCHEMA, Change, Diff, Kind, in_order
from depositary.merging.diff.descriptors import FIELDS, TableView, differing, to_json, view_of
from depositary.merging.diff.staged_tables import column, columns, create_staged, fill_staged
from depositary.model.package import Package, Resource
from depositary.read.archive import as_given, is_archive
from depositary.read.documents import is_file
from depositary.read.package import DESCRIPTOR, refuse_archive, table_of
from depositary.read.paths import given

SECONDS = 36_000.0  # limit for one statement
MEMORY = 1 << 30  # bytes; beyond this, comparing uses files


def diff(
    before: str | Path | Package, after: str | Path | Package, tables: Collection[str] = (), *, memory: int = MEMORY
) -> Diff:
    """Compare two packages: find what was added, removed and changed from the first to the second.

    Args:
        before: a package or its path; it must be valid.
        after: another package or its path; it must be valid.
        tables: only these tables, without the properties of the package as a whole.
        memory: bytes; beyond this, comparing uses files.

    Raises:
        DepositaryError: they cannot be compared; the message gives the reason.
    """
    pair = opened(before), opened(after)
    with DuckDB(SECONDS, memory) as engine:
        return _Comparison(engine, *pair).run(tables)


def opened(package: str | Path | Package) -> Package:
    """Open a package, if it is not open yet.

    Raises:
        DepositaryError: there is no package at the path, or its descriptor is not valid.
    """
    if isinstance(package, Package):
        return package
    path = given(package)
    if not is_archive(path):
        refuse_archive(path)  # of another kind
    if is_file(path) and path.suffix.lower() != ".json" and not is_archive(path):
        raise UsageError(f"{path}: this is not a data package. Name the folder of a package or its {DESCRIPTOR}.")
    return sound_package(path)


@dataclass
class _Comparison:
    engine: DuckDB
    before: Package
    after: Package

    def __post_init__(self) -> None:
        self._views = view_of(self.before), view_of(self.after)

    def run(self, tables: Collection[str]) -> Diff:
        """Compare the packages' properties and tables, or only the given tables."""
        names = self._names(tables)
        found = [pl.DataFrame([] if tables else self._properties(), schema=SCHEMA, orient="row")]
        fields, same = {}, []
        for name in names:
            lines = pl.concat(self._table(name))
            if len(lines):
                fields[name] = self._fields(name)
                found.append(lines)
            else:
                same.append(name)
        titles = _title(self.before), _title(self.after)
        return Diff(in_order(pl.concat(found)), fields, titles, tuple(same), self._not_compared())

    def _names(self, tables: Collection[str]) -> list[str]:
        known = dict.fromkeys(resource.name for package in (self.after, self.before) for resource in package)
        for name in tables:
            if name not in known:
                table_of(self.after, name)
        return [name for name in known if not tables or name in tables]

    def _not_compared(self) -> tuple[str, ...]:
        return tuple(sorted({str(other.get("name", "")) for view in self._views for other in view.others}))

    def _fields(self, name: str) -> list[str]:
        """Name the fields of a table in either package, in order."""
        found = [of.tables[name].properties[FIELDS] for of in reversed(self._views) if name in of.tables]
        return list(dict.fromkeys(field for names in found for field in names))

    def _properties(self) -> Iterator[Change]:
        before, after = (view.properties for view in self._views)
        for name, old, new in differing(before, after):
            yield Change("", "", name, Kind.PROPERTY_CHANGED, old, new)

    def _table(self, name: str) -> Iterator[pl.DataFrame]:
        """Compare one table: its properties and its rows."""
        old, new = (view.tables.get(name) for view in self._views)
        yield pl.DataFrame(list(_table_changes(name, old, new)), schema=SCHEMA, orient="row")
        if old and new and old.fields == new.fields and self._is_one_file(name):
            return
        keys = {of.key for of in (old, new) if of}
        key = keys.pop() if len(keys) == 1 else ()  # with different keys, rows can only be matched by all their cells
        rows = _Rows(
            self.engine, name, self._fields(name), key, len({tuple(of.fields) for of in (old, new) if of}) == 1
        )
        yield from rows.lines(self.before.get(name), self.after.get(name))

    def _is_one_file(self, name: str) -> bool:
        """Return whether a table's file is the same in both packages, read in the same way."""
        pair = self.before[name], self.after[name]
        ways = [(r.dialect, r.encoding, [r.descriptor.get(k) for k in ("compression", "innerpath")]) for r in pair]
        blanks = [[r.table.missing_values(f) for f in r.table.fields] for r in pair]
        return ways[0] == ways[1] and blanks[0] == blanks[1] and _digests(pair[0]) == _digests(pair[1])


def _title(package: Package) -> str:
    return f"{as_given(package.directory).as_posix()} ({package.name} {package.version}".strip() + ")"


def _digests(resource: Resource) -> list[bytes | None]:
    return list(map(_digest, resource.files))


def _digest(file: Path) -> bytes | None:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except OSError:  # reading its rows reports this
        return None


def _table_changes(name: str, old: TableView | None, new: TableView | None) -> Iterator[Change]:
    if old is None or new is None:
        kind = Kind.TABLE_ADDED if new else Kind.TABLE_REMOVED
        yield Change(name, "", "", kind, *(to_json(of.resource()) if of else None for of in (old, new)))
        return
    for property_, before, after in differing(old.properties, new.properties):
        yield Change(name, "", property_, Kind.PROPERTY_CHANGED, before, after)
    for field, before, after in differing(old.fields, new.fields):
        kind = Kind.FIELD_ADDED if before is None else Kind.FIELD_REMOVED if after is None else Kind.FIELD_CHANGED
        yield Change(name, "", field, kind, before, after)


@dataclass(frozen=True)
class _Rows:
    """The rows of one table in two packages.

    They are read from the staging tables `old` and `new`, and sorted into `gone` and `come`.
    """

    engine: DuckDB
    table: str
    names: Sequence[str]
    key: Sequence[str]
    alike: bool  # the fields have the same order in both packages

    def lines(self, old: Resource | None, new: Resource | None) -> Iterator[pl.DataFrame]:
        """Give a line for each added or removed row, and for each cell that differs."""
        for staged, resource in (("old", old), ("new", new)):
            if resource:
                fill_staged(self.engine, staged, resource, self.names, self.key)
            else:
                create_staged(self.engine, staged, len(self.names))
        if self.key:
            self._sort_by_key()
            yield from self._cells_changed()
        else:
            self._sort_by_content()
        yield from self._rows("gone", Kind.ROW_REMOVED)
        yield from self._rows("come", Kind.ROW_ADDED)

    def _sort_by_key(self) -> None:
        for staged, own, other in (("gone", "old", "new"), ("come", "new", "old")):
            self._keep(staged, f"SELECT * FROM {own} ANTI JOIN {other} USING (id)")
        pairs = list(zip(columns(len(self.names), "old"), columns(len(self.names), "new"), strict=True))
        cells = [f"{one} AS old_{at}, {other} AS new_{at}" for at, (one, other) in enumerate(pairs)]
        some = " OR ".join(f"{one} IS DISTINCT FROM {other}" for one, other in pairs)
        self._keep("changed", f"SELECT id, {', '.join(cells)} FROM old JOIN new USING (id) WHERE {some}")

    def _sort_by_content(self) -> None:
        """Sort rows without a key: count how many more times each row is in one package than in the other."""
        cells = ", ".join(columns(len(self.names)))
        self._keep(
            "many",
            f"SELECT {cells}, sum(n)::BIGINT AS n FROM (SELECT *, 1 AS n FROM new UNION ALL SELECT *, -1 FROM old) "
            f"GROUP BY {cells} HAVING sum(n) <> 0",
        )
        # The numbers are those of the rows in the diff, padded with zeros so that they sort as text.
        indexes = list(range(len(self.names)))
        indexes = indexes if self.alike else sorted(indexes, key=lambda at: self.names[at])
        order = ", ".join(f"{column(at)} NULLS FIRST" for at in indexes)
        self._keep(
            "numbered",
            f"SELECT row_number() OVER (ORDER BY {order}) AS number, count(*) OVER () AS numbers, {cells}, n "
            f"FROM (SELECT {cells}, n, unnest(range(abs(n))) FROM many)",
        )
        number = "lpad(CAST(number AS VARCHAR), length(CAST(numbers AS VARCHAR))::INTEGER, '0')"
        for staged, sign in (("gone", "<"), ("come", ">")):
            self._keep(staged, f"SELECT {number} AS id, {cells} FROM numbered WHERE n {sign} 0")

    def _keep(self, staged: str, query: str) -> None:
        self.engine.run(f"CREATE OR REPLACE TEMP TABLE {staged} AS {query}")

    def _cells_changed(self) -> Iterator[pl.DataFrame]:
        for at, name in enumerate(self.names):
            old, new = f"old_{at}", f"new_{at}"
            yield self._fetch("changed", name, Kind.CELL_CHANGED, (old, new), f"{old} IS DISTINCT FROM {new}")

    def _rows(self, staged: str, kind: Kind) -> Iterator[pl.DataFrame]:
        yield self._fetch(staged, "", kind, ("NULL", "NULL"), "true")
        for at, name in enumerate(self.names):
            if name not in self.key:
                cells = (column(at), "NULL") if kind is Kind.ROW_REMOVED else ("NULL", column(at))
                yield self._fetch(staged, name, kind, cells, f"{column(at)} IS NOT NULL")

    def _fetch(self, staged: str, field: str, kind: Kind, cells: tuple[str, str], where: str) -> pl.DataFrame:
        """Give the cells of one field in a staging table as lines."""
        texts = (literal(self.table), "id", literal(field), literal(kind), *cells)
        named = ", ".join(
            f"CAST({text} AS VARCHAR) AS {quoted(name)}" for text, name in zip(texts, COLUMNS, strict=True)
        )
        batches = self.engine.batches(f"SELECT {named} FROM {staged} WHERE {where}")
        return pl.concat([pl.DataFrame(schema=SCHEMA), *map(pl.DataFrame, batches)])

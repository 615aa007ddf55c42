"""Apply a diff to a package: all of it, or nothing if it does not fit."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from depositary.engine.duckdb import DuckDB
from depositary.engine.sql import literal
from depositary.errors import MisfitError
from depositary.merging.diff.changes import OF_ROWS, SCHEMA, Change, Diff, read_diff
from depositary.merging.diff.descriptors import TableView, view_of
from depositary.merging.diff.diff import MEMORY, SECONDS, opened
from depositary.merging.diff.patch_descriptor import DescriptorPatch
from depositary.merging.diff.patch_rows import RowPatch
from depositary.merging.diff.staged_tables import column, create_staged, fill_staged
from depositary.model.package import Package
from depositary.model.table import Table
from depositary.read.package import DESCRIPTOR, open_package
from depositary.read.paths import given, unsafe
from depositary.write.companions import copy_companions
from depositary.write.exchange import building
from depositary.write.tables import write_table

_MOST = 20  # misfits in a message; the error has all of them


def patch(
    package: str | Path | Package, diff: Diff | str | Path, output_dir: str | Path, *, memory: int = MEMORY
) -> Package:
    """Apply a diff to a package and write the result; a diff from package A to package B turns A into B.

    Tables are written in their canonical form: plain CSV, with tidy cells and the rows sorted by key. Files that a diff
    does not compare, such as a README, are copied from the package.

    Args:
        package: the package that the diff starts from, or its path.
        diff: a diff, or a CSV file with its lines.
        output_dir: the folder for the new package; it may replace one that was written there before.
        memory: bytes; beyond this, rows go to files.

    Raises:
        MisfitError: the diff does not fit the package; nothing is written.
        DepositaryError: it cannot be read or written; the message gives the reason.
    """
    start = opened(package)
    lines = diff if isinstance(diff, Diff) else read_diff(diff)
    with building(given(output_dir)) as folder:
        write_patched(start, lines.lines, folder, memory)
    return open_package(output_dir)


def write_patched(package: Package, lines: pl.DataFrame, folder: Path, memory: int = MEMORY) -> None:
    """Write a package, changed by the lines of a diff, into an empty folder; without lines, in its canonical form.

    Raises:
        MisfitError: the lines do not fit the package.
        DepositaryError: it cannot be read or written; the message gives the reason.
    """
    with DuckDB(SECONDS, memory) as engine:
        _Patch(package, lines, engine, folder).run()


@dataclass
class _Patch:
    package: Package
    lines: pl.DataFrame
    engine: DuckDB
    folder: Path
    misfits: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Apply the lines table by table, and write the result if all of them fit."""
        of_rows = pl.col("change").is_in([kind.value for kind in OF_ROWS])
        descriptor = DescriptorPatch(view_of(self.package), self.misfits)
        descriptor.apply(Change(*line) for line in self.lines.filter(~of_rows).iter_rows())
        self._refuse()
        by_table = self.lines.filter(of_rows).partition_by("table", as_dict=True)
        rows = {str(table): lines for (table,), lines in by_table.items()}
        known = {**descriptor.before, **descriptor.after.tables}
        self.misfits += [f"{table}: there is no such table" for table in sorted(rows.keys() - known.keys())]
        for name in sorted(known.keys() & {*rows, *descriptor.after.tables, *descriptor.gone}):
            self._table(name, descriptor, rows.get(name, pl.DataFrame(schema=SCHEMA)))
        self._refuse()
        rest = {**descriptor.after.properties, "resources": descriptor.after.others}
        copy_companions(self.package.directory, rest, self.folder)
        text = json.dumps(descriptor.after.descriptor(), ensure_ascii=False, indent=2) + "\n"
        (self.folder / DESCRIPTOR).write_bytes(text.encode("utf-8", "backslashreplace"))

    def _refuse(self) -> None:
        if self.misfits:
            raise _unfit(self.package, self.misfits)

    def _table(self, name: str, descriptor: DescriptorPatch, lines: pl.DataFrame) -> None:
        old, new = descriptor.before.get(name), descriptor.after.tables.get(name)
        names = list(dict.fromkeys([*(old.fields if old else ()), *(new.fields if new else ())]))
        keys = {of.key for of in (old, new) if of}
        key = keys.pop() if len(keys) == 1 else ()
        if self._unknown(name, lines, names):
            return
        resource = self.package.get(name)
        if resource:
            fill_staged(self.engine, "old", resource, names, key)
        else:
            create_staged(self.engine, "old", len(names))
        rows = RowPatch(self.engine, name, names, key, self.misfits)
        rows.apply(lines)
        rows.require_blank([at for at, field in enumerate(names) if new is None or field not in new.fields])
        if new:
            self._write(name, new, names)

    def _unknown(self, table: str, lines: pl.DataFrame, names: Sequence[str]) -> bool:
        unknown = sorted(set(lines["field"]) - {"", *names})
        self.misfits += [f"{table}: there is no field {name}" for name in unknown]
        return bool(unknown)

    def _write(self, name: str, view: TableView, names: Sequence[str]) -> None:
        resource = view.resource()
        path = str(resource["path"])
        if reason := unsafe(self.folder, path):
            self.misfits.append(f"{name}: its path {path!r} is not followed: {reason}")
            return
        table = Table.from_descriptor(name, resource["schema"])
        columns = {field: column(at) for at, field in enumerate(names)}
        order = ", ".join(f"{columns[field]} NULLS FIRST" for field in (table.primary_key or table.field_names))
        marked = [_marked(columns[f.name], table.missing_values(f)) for f in table.fields]
        batches = self.engine.batches(f"SELECT {', '.join(marked)} FROM old ORDER BY {order}")
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        write_table(file, table.field_names, batches)


def _marked(cells: str, missing: Sequence[str]) -> str:
    """Write a blank as in the schema, if an empty text is not a blank there."""
    return cells if not missing or "" in missing else f"coalesce({cells}, {literal(missing[0])})"


def _unfit(package: Package, misfits: Sequence[str]) -> MisfitError:
    lines = [f"  {misfit}" for misfit in misfits[:_MOST]]
    more = [f"  and {len(misfits) - _MOST:,} more"] if len(misfits) > _MOST else []
    head = f"the diff does not fit {package.directory}, so nothing was written:"
    return MisfitError(misfits, "\n".join([head, *lines, *more]))

"""Applying a diff to a package: all of it, or nothing where it does not fit."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from depositary.engine.duckdb import Engine
from depositary.errors import DepositaryError
from depositary.merge.changes import COLUMNS, OF_ROWS, SCHEMA, Change, Diff, Kind, read_diff
from depositary.merge.descriptors import FIELDS, TABLES, Said, SaidOfTable, is_same, said_of, said_of_table, to_json
from depositary.merge.diff import MEMORY, SECONDS, opened
from depositary.merge.sheets import column, columns, create_sheet, fill_sheet
from depositary.merge.staged import literal, put
from depositary.model.package import Package
from depositary.model.record_id import key_of
from depositary.model.table import Table
from depositary.read.package import DESCRIPTOR, open_package
from depositary.read.paths import unsafe
from depositary.write.exchange import building
from depositary.write.tables import write_table

_TOLD = 20  # misfits that a message names; the error has all
_COMPANIONS = ("README*", "LICENSE*", "LICENCE*", "CHANGELOG*", "CITATION*")


class MisfitError(DepositaryError):
    """Raised when a diff is not one of the package at hand; `misfits` say where, one text each."""

    def __init__(self, package: Package, misfits: Sequence[str]) -> None:
        told = [f"  {misfit}" for misfit in misfits[:_TOLD]]
        more = [f"  and {len(misfits) - _TOLD:,} more"] if len(misfits) > _TOLD else []
        head = f"the diff does not fit {package.directory}, so nothing was written:"
        super().__init__("\n".join([head, *told, *more]))
        self.misfits = tuple(misfits)


def patch(
    package: str | Path | Package, diff: Diff | str | Path, output_dir: str | Path, *, memory: int = MEMORY
) -> Package:
    """Write a package with a diff applied to it: what `diff` found between it and another gives that other one.

    Tables are written in their canonical form: plain CSV, each cell tidy, the rows sorted by key. What a diff does not
    compare, such as a README, is copied from the package.

    Args:
        package: what the diff starts from, or its path.
        diff: a diff, or a CSV file with its lines.
        output_dir: where the package goes, in place of one that was written there before.
        memory: bytes; beyond, rows go to files.

    Raises:
        MisfitError: the package is not as the diff has it; nothing is written.
        DepositaryError: it cannot be read or written; the message says why.
    """
    start = opened(package)
    lines = diff if isinstance(diff, Diff) else read_diff(diff)
    with building(Path(output_dir)) as folder, Engine(SECONDS, memory) as engine:
        patched = _Patch(start, lines.lines, engine, folder)
        patched.run()
    return open_package(output_dir)


@dataclass
class _Patch:
    package: Package
    lines: pl.DataFrame
    engine: Engine
    folder: Path
    misfits: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Apply the lines table by table, and write what comes out if all of them fit."""
        of_rows = pl.col("change").is_in([kind.value for kind in OF_ROWS])
        said = _Saying(said_of(self.package), self.misfits)
        said.apply(Change(*line) for line in self.lines.filter(~of_rows).iter_rows())
        self._refuse()
        by_table = self.lines.filter(of_rows).partition_by("table", as_dict=True)
        rows = {str(table): lines for (table,), lines in by_table.items()}
        known = {**said.before, **said.after.tables}
        self.misfits += [f"{table}: there is no such table" for table in sorted(rows.keys() - known.keys())]
        for name in sorted(known.keys() & {*rows, *said.after.tables, *said.gone}):
            self._table(name, said, rows.get(name, pl.DataFrame(schema=SCHEMA)))
        self._refuse()
        self._copy_the_rest(said.after)
        text = json.dumps(said.after.descriptor(), ensure_ascii=False, indent=2) + "\n"
        (self.folder / DESCRIPTOR).write_bytes(text.encode("utf-8", "backslashreplace"))

    def _refuse(self) -> None:
        if self.misfits:
            raise MisfitError(self.package, self.misfits)

    def _table(self, name: str, said: "_Saying", lines: pl.DataFrame) -> None:
        old, new = said.before.get(name), said.after.tables.get(name)
        names = list(dict.fromkeys([*(old.fields if old else ()), *(new.fields if new else ())]))
        keys = {of.key for of in (old, new) if of}
        key = keys.pop() if len(keys) == 1 else ()
        if self._unknown(name, lines, names):
            return
        resource = self.package.get(name)
        if resource:
            fill_sheet(self.engine, "old", resource, names, key)
        else:
            create_sheet(self.engine, "old", len(names))
        rows = _Rows(self.engine, name, names, key, self.misfits)
        rows.apply(lines)
        rows.require_blank([at for at, field in enumerate(names) if new is None or field not in new.fields])
        if new:
            self._write(name, new, names)

    def _unknown(self, table: str, lines: pl.DataFrame, names: Sequence[str]) -> bool:
        unknown = sorted(set(lines["field"]) - {"", *names})
        self.misfits += [f"{table}: there is no field {name}" for name in unknown]
        return bool(unknown)

    def _write(self, name: str, said: SaidOfTable, names: Sequence[str]) -> None:
        resource = said.resource()
        path = str(resource["path"])
        if reason := unsafe(self.folder, path):
            self.misfits.append(f"{name}: its path {path!r} is not followed: {reason}")
            return
        table = Table.from_descriptor(name, resource["schema"])
        places = {field: column(at) for at, field in enumerate(names)}
        order = ", ".join(f"{places[field]} NULLS FIRST" for field in (table.primary_key or table.field_names))
        marked = [_marked(places[f.name], table.missing_values(f)) for f in table.fields]
        batches = self.engine.batches(f"SELECT {', '.join(marked)} FROM old ORDER BY {order}")
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        write_table(file, table.field_names, batches)

    def _copy_the_rest(self, said: Said) -> None:
        for name in _companions(self.package.directory, said):
            source, target = self.package.directory / name, self.folder / name
            if not unsafe(self.package.directory, name) and source.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


def _marked(cells: str, missing: Sequence[str]) -> str:
    """Write a blank as the schema has it, where it does not have the empty text."""
    return cells if not missing or "" in missing else f"coalesce({cells}, {literal(missing[0])})"


def _companions(directory: Path, said: Said) -> Iterator[str]:
    """Name the files of a package that are no tables."""
    for other in said.others:
        paths = other.get("path", [])
        yield from [paths] if isinstance(paths, str) else paths
    rules = said.properties.get("rules", ())
    yield from (rule for rule in rules if isinstance(rule, str))
    for pattern in _COMPANIONS:
        yield from (file.name for file in sorted(directory.glob(pattern)))


# What is said of the package


@dataclass
class _Saying:
    """A package's descriptor, property by property, before and after the diff."""

    after: Said
    misfits: list[str]
    before: dict[str, SaidOfTable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = {
            name: SaidOfTable(dict(of.properties), dict(of.fields)) for name, of in self.after.tables.items()
        }

    @property
    def gone(self) -> set[str]:
        """Name the tables that are to be removed."""
        return self.before.keys() - self.after.tables.keys()

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply all lines that are not of rows."""
        for change in changes:
            try:
                before, after = (json.loads(text) if text is not None else None for text in change[4:])
                misfit = self._apply(change, before, after)
            except (KeyError, TypeError, ValueError):
                misfit = "is not written as a diff has it"
            if misfit:
                self.misfits.append(f"{_place(change)}: {misfit}")
        if not self.misfits:
            self._require_order()

    def _apply(self, change: Change, before: Any, after: Any) -> str:  # noqa: ANN401 (JSON)
        tables = self.after.tables
        if change.change == Kind.PROPERTY_CHANGED:
            of = tables[change.table].properties if change.table else self.after.properties
            return _exchange(of, change.field, change, before, after)
        if change.change in (Kind.FIELD_ADDED, Kind.FIELD_REMOVED, Kind.FIELD_CHANGED):
            return _exchange(tables[change.table].fields, change.field, change, before, after)
        if change.change == Kind.TABLE_ADDED and change.table not in tables:
            tables[change.table] = said_of_table(after)
            return ""
        if change.change == Kind.TABLE_REMOVED and change.table in tables:
            found = tables.pop(change.table).resource()
            return "" if is_same(found, before) else "another table stands there"
        if change.change in (Kind.TABLE_ADDED, Kind.TABLE_REMOVED):
            return "the table is there already" if change.change == Kind.TABLE_ADDED else "there is no such table"
        return f"{change.change!r} is no change that a diff has"

    def _require_order(self) -> None:
        """See that the lists of names fit what is there now."""
        places = [("the package", self.after.properties[TABLES], self.after.tables)]
        places += [(name, of.properties[FIELDS], of.fields) for name, of in self.after.tables.items()]
        for place, listed, there in places:
            if sorted(listed) != sorted(there):
                odd = ", ".join(sorted(set(listed) ^ set(there)))
                self.misfits.append(f"{place}: what is there is not what the diff lists: {odd}")


def _exchange(of: dict[str, Any], name: str, change: Change, before: Any, after: Any) -> str:  # noqa: ANN401 (JSON)
    there = name in of
    if there != (change.before is not None) or (there and not is_same(of[name], before)):
        return f"the diff has {change.before or 'nothing'}, the package {to_json(of[name]) if there else 'nothing'}"
    if change.after is None:
        del of[name]
    else:
        of[name] = after
    return ""


def _place(change: Change) -> str:
    return " ".join(filter(None, [change.table or "the package", change.row_id, change.field and f"[{change.field}]"]))


# The rows


@dataclass(frozen=True)
class _Rows:
    """The rows of one table, in the sheet `old`, to which the lines of a diff are applied."""

    engine: Engine
    table: str
    names: Sequence[str]
    key: Sequence[str]
    misfits: list[str]

    def apply(self, lines: pl.DataFrame) -> None:
        """Apply the lines, and note where they do not fit."""
        if lines.is_empty():
            return
        self.engine.run(
            "CREATE OR REPLACE TEMP TABLE said (id VARCHAR, field VARCHAR, kind VARCHAR, old VARCHAR, new VARCHAR)"
        )
        put(self.engine, "said", lines.select(COLUMNS[1:]))
        before = len(self.misfits)
        self._require_sound()
        if len(self.misfits) > before:
            return
        self._pivot("gone", Kind.ROW_REMOVED, "old")
        self._pivot("come", Kind.ROW_ADDED, "new")
        if self.key:
            self._compare()
            self._exchange(lines)
        else:
            self._compare_content()
            self._exchange_content()

    def require_blank(self, places: Sequence[int]) -> None:
        """Note the cells of removed fields that are still filled."""
        for at in places:
            filled = f"SELECT id, {column(at)} AS found FROM old WHERE {column(at)} IS NOT NULL ORDER BY ALL"
            self._note(filled, self.names[at], lambda row: f"is to be removed, but holds {_shown(row['found'])}")

    def _require_sound(self) -> None:
        """Note rows that have two lines for one cell, or are both removed and added."""
        twice = "SELECT id, field FROM said GROUP BY id, field HAVING count(*) > 1 ORDER BY ALL"
        self._note(twice, "", lambda row: f"[{row['field']}] stands in the diff twice")
        mixed = "SELECT id FROM said GROUP BY id HAVING count(DISTINCT kind) > 1 ORDER BY ALL"
        self._note(mixed, "", lambda _: "has lines of several kinds in the diff")
        bare = f"SELECT id FROM said WHERE kind <> '{Kind.CELL_CHANGED}' GROUP BY id HAVING bool_and(field <> '') ORDER BY ALL"
        self._note(bare, "", lambda _: "has no line without a field, which says that the row was added or removed")

    def _pivot(self, sheet: str, kind: Kind, side: str) -> None:
        """Put the rows that were added or removed together from their cells."""
        cells = [f"max({side}) FILTER (field = {literal(name)}) AS {column(at)}" for at, name in enumerate(self.names)]
        self.engine.run(
            f"CREATE OR REPLACE TEMP TABLE {sheet} AS SELECT id, {', '.join(cells)} FROM said WHERE kind = '{kind}' GROUP BY id"
        )

    # With a key

    def _compare(self) -> None:
        """Note where the package is not as the diff has it."""
        absent = f"SELECT DISTINCT id FROM said ANTI JOIN old USING (id) WHERE kind <> '{Kind.ROW_ADDED}' ORDER BY id"
        self._note(absent, "", lambda _: "there is no such row")
        there = "SELECT id FROM come SEMI JOIN old USING (id) ORDER BY id"
        self._note(there, "", lambda _: "the row is there already")
        for at, name in enumerate(self.names):
            found = f"old.{column(at)}"
            if name not in self.key:
                removed = f"SELECT id, gone.{column(at)} AS said, {found} AS found FROM gone JOIN old USING (id)"
                changed = (
                    f"SELECT id, said.old AS said, {found} AS found FROM said JOIN old USING (id) "
                    f"WHERE kind = '{Kind.CELL_CHANGED}' AND field = {literal(name)}"
                )
                differing = (
                    f"SELECT * FROM ({removed} UNION ALL {changed}) WHERE said IS DISTINCT FROM found ORDER BY id"
                )
                self._note(differing, name, _as_it_is)

    def _exchange(self, lines: pl.DataFrame) -> None:
        self.engine.run("DELETE FROM old WHERE id IN (SELECT id FROM gone)")
        for at, name in enumerate(self.names):
            self.engine.run(
                f"UPDATE old SET {column(at)} = said.new FROM said WHERE old.id = said.id "
                f"AND kind = '{Kind.CELL_CHANGED}' AND field = {literal(name)}"
            )
        ids = lines.filter(pl.col("change") == Kind.ROW_ADDED)["row_id"].unique()
        keys = [key_of(name) for name in ids]
        if any(len(key) != len(self.key) for key in keys):
            self.misfits.append(f"{self.table}: a row was added whose id does not have the parts of the key")
            return
        sheet = {"id": ids, **{f"k{at}": [key[at] for key in keys] for at in range(len(self.key))}}
        self.engine.run(f"CREATE OR REPLACE TEMP TABLE ids ({', '.join(f'{name} VARCHAR' for name in sheet)})")
        put(self.engine, "ids", pl.DataFrame(sheet, schema=dict.fromkeys(sheet, pl.String)))
        cells = [f"k{self.key.index(name)}" if name in self.key else column(at) for at, name in enumerate(self.names)]
        self.engine.run(f"INSERT INTO old SELECT id, {', '.join(cells)} FROM come JOIN ids USING (id)")

    # Without one

    def _compare_content(self) -> None:
        cells = ", ".join(columns(len(self.names)))
        lacking = (
            f"SELECT min(id) AS id, sum(n) AS n FROM (SELECT *, 1 AS n FROM gone UNION ALL SELECT *, -1 FROM old) "
            f"GROUP BY {cells} HAVING sum(n) > 0 AND count(id) > 0 ORDER BY id"
        )
        self._note(lacking, "", lambda _: "there is no such row")
        changed = f"SELECT DISTINCT id FROM said WHERE kind = '{Kind.CELL_CHANGED}' ORDER BY id"
        self._note(changed, "", lambda _: "the table has no key by which the row could be found")

    def _exchange_content(self) -> None:
        cells = ", ".join(columns(len(self.names)))
        every = "SELECT *, 1 AS n FROM old UNION ALL SELECT *, 1 FROM come UNION ALL SELECT *, -1 FROM gone"
        self.engine.run(
            f"CREATE OR REPLACE TEMP TABLE old AS SELECT NULL::VARCHAR AS id, {cells} FROM (SELECT {cells}, "
            f"unnest(range(sum(n)::BIGINT)) FROM ({every}) GROUP BY {cells} HAVING sum(n) > 0)"
        )

    def _note(self, query: str, name: str, say: Callable[[Mapping[str, Any]], str]) -> None:
        field = f" [{name}]" if name else ""
        for row in self.engine.rows(query):
            row_id = f" {row['id']}" if row["id"] else ""
            self.misfits.append(f"{self.table}{row_id}{field}: {say(row)}")


def _as_it_is(row: Mapping[str, Any]) -> str:
    return f"the diff has {_shown(row['said'])}, the package {_shown(row['found'])}"


def _shown(text: str | None) -> str:
    return "nothing" if text is None else repr(text)

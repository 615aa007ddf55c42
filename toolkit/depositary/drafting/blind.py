"""A package for blind coding, without what others coded from a source: docs/agreement.md, "Blind coding"."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from depositary.check.documents.descriptor import sound_package
from depositary.errors import DocumentError, UsageError
from depositary.merging.claims.engine_tables import ID, ROW
from depositary.merging.claims.policy import TablePolicy, policy_of
from depositary.merging.claims.staged import fields, with_id
from depositary.merging.diff.changes import SCHEMA, Kind
from depositary.merging.diff.patch import write_patched
from depositary.model.package import Package
from depositary.model.role import Role
from depositary.model.table import ForeignKey
from depositary.read.bases import WRITTEN_BY_MERGING
from depositary.read.documents import read_json
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.package import DESCRIPTOR, paths_of
from depositary.wording.plain import sentences, shown
from depositary.wording.suggest import suggest
from depositary.write.exchange import building

_Ids = dict[str, set[str]]  # of rows, by table


def write_blind(package: Package, sources: Sequence[str], contributor: str, folder: Path) -> Package:
    """Write a package without the rows that others coded from some sources; the sources themselves are there.

    Rows that belong to these rows are left out too, and what merges record. A row to which rows from other sources
    refer is known without the source, and is there.

    Args:
        package: the published package.
        sources: the ids of the sources.
        contributor: who will code them; rows that they coded earlier are there.
        folder: a folder that does not exist or is empty.

    Raises:
        UsageError: a source is unknown, rows cannot be distinguished, or the folder has files.
        DocumentError: a file of the package cannot be read.
    """
    if folder.exists() and (folder.is_file() or any(folder.iterdir())):
        raise UsageError(f"{folder}: it is there already. Name a folder for the contribution beside which none is.")
    try:
        lines = _Coding(package, frozenset(sources), contributor).lines()
    except UnreadableFile as fault:
        hint = "Run depositary validate on the package."
        raise DocumentError(f"{package.directory}: {sentences(fault.message, hint)}") from fault
    folder.parent.mkdir(parents=True, exist_ok=True)
    with building(folder) as fresh:
        write_patched(package, lines, fresh)
        _leave_out_records(fresh)
    return sound_package(folder)


def _leave_out_records(folder: Path) -> None:
    """Remove the tables in which merges record the values of all contributors."""
    descriptor = read_json(folder / DESCRIPTOR)
    for resource in descriptor["resources"]:
        for path in paths_of(resource) if resource["name"] in WRITTEN_BY_MERGING else ():
            file = folder / path
            file.unlink(missing_ok=True)
            if file.parent != folder and not any(file.parent.iterdir()):
                file.parent.rmdir()
    kept = [one for one in descriptor["resources"] if one["name"] not in WRITTEN_BY_MERGING]
    text = json.dumps({**descriptor, "resources": kept}, ensure_ascii=False, indent=2) + "\n"
    (folder / DESCRIPTOR).write_bytes(text.encode("utf-8", "backslashreplace"))


@dataclass(frozen=True)
class _Coding:
    """The rows of a package, and those of them that others coded from some sources."""

    package: Package
    chosen: frozenset[str]
    contributor: str

    def lines(self) -> pl.DataFrame:
        """Give the lines of a diff that remove the rows."""
        self._require_known()
        gone = self._gone()
        parts = [_removing(table, self._rows[table], ids) for table, ids in sorted(gone.items()) if ids]
        return pl.concat([pl.DataFrame(schema=SCHEMA), *parts])

    def _gone(self) -> _Ids:
        """Find the rows to leave out: those coded from the sources and what belongs to them, less what others need."""
        needed: _Ids = {}
        while True:
            gone = self._with_parts({table: ids - needed.get(table, set()) for table, ids in self._coded.items()})
            more = self._needed(gone)
            if not any(more.values()):
                return gone
            for table, ids in more.items():
                needed.setdefault(table, set()).update(ids)
            needed = self._with_parts(needed)  # and their evidence, which rules ask for

    @cached_property
    def _policies(self) -> Mapping[str, TablePolicy]:
        kept = [resource for resource in self.package if resource.name not in WRITTEN_BY_MERGING]
        return {resource.name: policy_of(resource.table) for resource in kept if not resource.table.is_code_list}

    @cached_property
    def _rows(self) -> Mapping[str, pl.DataFrame]:
        return {table: self._read(policy) for table, policy in self._policies.items()}

    def _read(self, policy: TablePolicy) -> pl.DataFrame:
        frames = [with_id(frame, policy.key) if policy.key else frame for frame in fields(self.package[policy.name])]
        names = policy.table.field_names
        empty = pl.DataFrame(schema=dict.fromkeys((ID, *names), pl.String()))
        return pl.concat([empty, *(frame.drop(ROW) for frame in frames)], how="diagonal").rechunk()

    @cached_property
    def _sources(self) -> str:
        """Name the table of the sources: the one to which the columns with the role of a source refer."""
        for policy in self._policies.values():
            for key in policy.table.foreign_keys:
                if policy.source and key.fields == (policy.source,):
                    return key.table
        raise UsageError(
            "no column of the package has the source of a row, so nobody can code a source blindly. Give a column "
            '"merge": {"as": "source"} and a foreign key to the table of the sources.'
        )

    def _require_known(self) -> None:
        known = set(self._rows[self._sources][ID])
        for one in sorted(self.chosen - known):
            meant = suggest(one, {id_: id_ for id_ in known}) or "give the id of a source, or add its row first."
            raise UsageError(f"{shown(one)} is not in the table {self._sources} of the package; {meant}")

    @cached_property
    def _coded(self) -> _Ids:
        """Give the rows that refer to the sources, unless the contributor coded them."""
        found: _Ids = {}
        for table, policy in self._policies.items():
            columns = self._of_sources(policy)
            if not columns:
                continue
            rows = self._rows[table].filter(pl.any_horizontal(pl.col(columns).is_in(list(self.chosen))))
            if policy.contributor:
                rows = rows.filter(pl.col(policy.contributor).ne_missing(self.contributor))
            if len(rows) and not policy.key:
                raise UsageError(f"the table {table} has no key, so rows of it cannot be left out. Give it one.")
            found[table] = set(rows[ID].drop_nulls()) - (self.chosen if table == self._sources else frozenset())
        return found

    def _of_sources(self, policy: TablePolicy) -> list[str]:
        return [key.fields[0] for key in policy.table.foreign_keys if key.table == self._sources]

    def _with_parts(self, gone: _Ids) -> _Ids:
        """Add the rows that belong to rows that are left out."""
        gone = {table: set(ids) for table, ids in gone.items()}
        while True:
            before = sum(map(len, gone.values()))
            for table, policy in self._policies.items():
                rows = self._rows[table]
                if (owner := self._owner(policy)) is not None:
                    owned = rows.filter(_points(rows, owner, gone, self._policies))
                    gone.setdefault(table, set()).update(owned[ID].drop_nulls())
            for table, ids in self._about(gone).items():
                gone.setdefault(table, set()).update(ids)
            if sum(map(len, gone.values())) == before:
                return gone

    def _about(self, chosen: _Ids) -> _Ids:
        """Give the rows that are about some rows, such as their evidence."""
        found: _Ids = {}
        for table, policy in self._policies.items():
            rows = self._rows[table]
            for field in (one for one in policy.fields.values() if one.role is Role.RECORD):
                pairs = zip(rows[field.table_field], rows[field.name], rows[ID], strict=True)
                about = {id_ for of, record, id_ in pairs if record in chosen.get(of, ())}
                found.setdefault(table, set()).update(about)
        return found

    def _owner(self, policy: TablePolicy) -> ForeignKey | None:
        """Give the reference to the row to which a row belongs, if the table has no sources of its own."""
        filled = {*policy.key, *policy.required}
        keys = (one for one in policy.table.foreign_keys if filled.issuperset(one.fields) and one.table in self._rows)
        return None if self._of_sources(policy) or not policy.key else next(keys, None)

    def _needed(self, gone: _Ids) -> _Ids:
        """Find rows that are left out, although rows that are not refer to them."""
        found: _Ids = {}
        for table, policy in self._policies.items():
            rows = self._rows[table].filter(~pl.col(ID).is_in(list(gone.get(table, ()))).fill_null(value=False))
            for key in policy.table.foreign_keys:
                if gone.get(key.table):
                    found.setdefault(key.table, set()).update(_targets(rows, key, gone, self._policies))
        return found


def _named(rows: pl.DataFrame, key: ForeignKey, policies: Mapping[str, TablePolicy]) -> pl.Series | None:
    """Give the ids of the rows to which a reference leads; None if it does not lead to keys."""
    to = dict(zip(key.parent_fields, key.fields, strict=True))
    of = policies[key.table].key
    return with_id(rows, [to[name] for name in of])[ID] if of and set(of) == set(to) else None


def _points(rows: pl.DataFrame, key: ForeignKey, gone: _Ids, policies: Mapping[str, TablePolicy]) -> pl.Series:
    named = _named(rows, key, policies)
    none = pl.repeat(value=False, n=len(rows), dtype=pl.Boolean, eager=True)
    return none if named is None else named.is_in(list(gone.get(key.table, ()))).fill_null(value=False)


def _targets(rows: pl.DataFrame, key: ForeignKey, gone: _Ids, policies: Mapping[str, TablePolicy]) -> Collection[str]:
    named = _named(rows, key, policies)
    return set() if named is None else gone[key.table].intersection(named.drop_nulls())


def _removing(table: str, rows: pl.DataFrame, ids: Collection[str]) -> pl.DataFrame:
    """Write the lines of a diff that remove some rows."""
    lines = [line for row in rows.filter(pl.col(ID).is_in(list(ids))).iter_rows(named=True) for line in _of(table, row)]
    return pl.DataFrame(lines, schema=SCHEMA, orient="row")


def _of(table: str, row: Mapping[str, str | None]) -> Iterator[tuple[str | None, ...]]:
    kind = Kind.ROW_REMOVED.value
    yield table, row[ID], "", kind, None, None
    for name, value in row.items():
        if name != ID and value is not None:
            yield table, row[ID], name, kind, value, None

"""What each coder coded: the rows of their contributions, under the ids that a merge gives them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from depositary.agreement.variables import coded_tables
from depositary.identity.records import claimed, read_fields
from depositary.merging.claims.engine_tables import ID, ROW
from depositary.merging.claims.inputs import Batch
from depositary.merging.claims.mint import IdMaps
from depositary.merging.claims.policy import TablePolicy, policy_of
from depositary.merging.claims.staged import with_id
from depositary.merging.claims.values import ERASE
from depositary.model.package import Mode, Package
from depositary.model.role import Role

_WORDS = ("name", "title", "proposition")  # columns that say what a row is about


@dataclass(frozen=True)
class Coded:
    """One row of one coder; blank and erased cells are not in `cells`.

    `given` is the id under which the coder's contribution merges, `judged` the one after the judgements, and `id`
    the one after the suggestions that are taken too. `source` is the source that it was coded from.
    """

    coder: str
    table: str
    given: str
    judged: str
    id: str
    cells: Mapping[str, str]
    source: str = ""

    @property
    def words(self) -> str:
        """Say in words what the row is about; empty if no column does."""
        return next((self.cells[name] for name in _WORDS if self.cells.get(name)), "")


@dataclass(frozen=True)
class Renaming:
    """The ids that stand for others, by table: those that judgements give, and those of suggestions too."""

    judged: IdMaps
    all: IdMaps


@dataclass(frozen=True)
class CodedRows:
    """The rows of all coders as text, with minted ids, by coder and table."""

    package: Package
    policies: Mapping[str, TablePolicy]
    frames: Mapping[tuple[str, str], pl.DataFrame]
    tables: tuple[str, ...]
    coders: tuple[str, ...]
    published: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)

    def ids(self, table: str) -> dict[str, frozenset[str]]:
        """Give the ids of the rows of a table, by coder."""
        return {
            coder: frozenset(frame[ID].to_list())
            for (coder, name), frame in sorted(self.frames.items())
            if name == table
        }

    def rows(self, renaming: Renaming) -> "list[Coded]":
        """Give the rows under the ids that stand for theirs, sorted."""
        rows: dict[tuple[str, str, str], Coded] = {}
        for (coder, table), frame in sorted(self.frames.items()):
            for row in self._renamed(coder, table, frame, renaming):
                known = rows.get((coder, table, row.id))
                cells = {**row.cells, **known.cells} if known else row.cells  # a coder may have two rows for one thing
                rows[coder, table, row.id] = Coded(
                    coder, table, (known or row).given, (known or row).judged, row.id, cells
                )
        with_sources = _Sources(self, rows)
        return [
            Coded(r.coder, r.table, r.given, r.judged, r.id, r.cells, with_sources.of(r))
            for _, r in sorted(rows.items())
        ]

    def evidence(self) -> Iterator[tuple[str, str, str, Mapping[str, str]]]:
        """Give the rows that are about other rows: coder, table and id of the other row, and the cells."""
        for (coder, table), frame in sorted(self.frames.items()):
            for about in (f for f in self.policies[table].fields.values() if f.role is Role.RECORD):
                for row in frame.iter_rows(named=True):
                    if row[about.table_field] and row[about.name]:
                        yield coder, row[about.table_field], row[about.name], _filled(row, ())

    def _renamed(self, coder: str, table: str, frame: pl.DataFrame, renaming: Renaming) -> Iterator[Coded]:
        policy = self.policies[table]
        judged = with_id(renaming.judged.rewrite(frame, table), policy.key)
        final = with_id(renaming.all.rewrite(frame, table), policy.key)
        ids = zip(frame[ID], judged[ID], strict=True)
        for (given, then), row in zip(ids, final.iter_rows(named=True), strict=True):
            yield Coded(coder, table, given, then, row[ID], _filled(row, policy.table.field_names))


@dataclass
class _Sources:
    """Which source each row was coded from: its own, or that of the row to which its key refers."""

    coded: CodedRows
    rows: Mapping[tuple[str, str, str], Coded]

    def of(self, row: Coded, passed: Collection[str] = ()) -> str:
        """Name the source of a row; empty if it has none."""
        if row.table in passed:
            return ""
        policy = self.coded.policies[row.table]
        published = self.coded.published.get(row.table, {}).get(row.given, {})
        column = policy.source or _source_column(policy, self._sources)
        if column:
            return row.cells.get(column) or published.get(column, "")
        for reference in policy.table.foreign_keys:
            if len(reference.fields) == 1 and reference.fields[0] in policy.key:
                to = (row.coder, reference.table, row.cells.get(reference.fields[0], ""))
                if to in self.rows:
                    return self.of(self.rows[to], (*passed, row.table))
        return ""

    @cached_property
    def _sources(self) -> str:
        """Name the table of the sources: the one to which the columns with the role of a source refer."""
        for policy in self.coded.policies.values():
            for reference in policy.table.foreign_keys:
                if policy.source and reference.fields == (policy.source,):
                    return reference.table
        return ""


def _source_column(policy: TablePolicy, sources: str) -> str:
    """Name the column that refers to the sources under the name of their key, outside the key of the table."""
    for reference in policy.table.foreign_keys:
        if reference.table == sources and reference.fields == reference.parent_fields:
            return reference.fields[0]
    return ""


def coded_rows(package: Package, batches: Sequence[Batch]) -> CodedRows:
    """Read the rows of contributions, without those that are as they are published.

    Raises:
        DepositaryError: a contribution has an id that is not certain, or a file cannot be read.
    """
    policies = {resource.name: policy_of(resource.table) for resource in package}
    found: dict[tuple[str, str], list[pl.DataFrame]] = {}
    published: dict[str, dict[str, dict[str, str]]] = {}
    for batch, frames in claimed(batches, policies):
        for table, frame in sorted(frames.items()):
            policy = policies[table]
            named = with_id(frame, policy.key).filter(pl.col(ID).is_not_null())
            known = _published(package, policy, named[ID].to_list())
            published.setdefault(table, {}).update(known)
            if batch.mode is not Mode.PATCH:
                same = [_filled(row, policy.table.field_names) == known.get(row[ID]) for row in named.rows(named=True)]
                named = named.filter(~pl.Series(same, dtype=pl.Boolean))
            texts = pl.col(policy.table.field_names)
            found.setdefault((batch.contributor, table), []).append(
                named.select(ID, pl.when(texts != ERASE).then(texts))
            )
    frames_of = {key: pl.concat(some) for key, some in found.items()}
    coders = tuple(sorted({batch.contributor for batch in batches}))
    return CodedRows(package, policies, frames_of, tuple(coded_tables(policies)), coders, published)


def _published(package: Package, policy: TablePolicy, ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Give the published rows with some ids."""
    found: dict[str, dict[str, str]] = {}
    wanted = pl.Series(list(ids), dtype=pl.String)
    for frame in read_fields(package[policy.name]):
        there = with_id(frame, policy.key).filter(pl.col(ID).is_in(wanted.implode()))
        found.update({row[ID]: _filled(row, policy.table.field_names) for row in there.iter_rows(named=True)})
    return found


def _filled(row: Mapping[str, str | None], names: Collection[str]) -> dict[str, str]:
    return {
        name: value
        for name, value in row.items()
        if value is not None and (name in names if names else name not in (ID, ROW))
    }

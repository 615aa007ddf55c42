"""The rows of a package and of contributions, under the ids that a merge gives them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from depositary.errors import DocumentError
from depositary.identity.likeness import Span, span_of
from depositary.merging.claims.engine_tables import ID, ROW
from depositary.merging.claims.folded import sorted_words
from depositary.merging.claims.identifying import IdentityField, IdentityPolicy, IdentityRole
from depositary.merging.claims.identity import Identity
from depositary.merging.claims.inputs import Batch
from depositary.merging.claims.mint import LOCAL, IdMaps, mint
from depositary.merging.claims.policy import TablePolicy, policy_of
from depositary.merging.claims.staged import fields, tidied, with_id
from depositary.merging.claims.succession import named_earlier
from depositary.merging.claims.values import ERASE
from depositary.model.package import Mode, Package, Resource
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.plain import sentences

BATCH = "§batch"  # the contribution of a row; empty for a published one
LOCAL_NAME = "§local"  # the name that the contribution gives a new row, such as local:kita


@dataclass(frozen=True)
class Rows:
    """The rows of all tables as text, with `ID`, `BATCH` and `LOCAL_NAME`.

    A row that several people have is there several times.
    """

    policies: Mapping[str, TablePolicy]
    frames: Mapping[str, pl.DataFrame]

    def ids(self, table: str, *, published: bool) -> frozenset[str]:
        """Give the ids of the published rows of a table, or of those in contributions."""
        frame = self.frames[table]
        return frozenset(frame.filter((pl.col(BATCH) == "") == published)[ID].to_list())

    def named(self, table: str, local: str) -> list[str]:
        """Give the ids of the rows that contributions name so."""
        frame = self.frames[table]
        return sorted(frame.filter(pl.col(LOCAL_NAME) == local)[ID].unique().to_list())

    def texts(self, table: str, one: IdentityField, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Give the distinct values that some rows of a table have in a field."""
        found = _texts(self.frames[one.link or table], one)
        of = found.filter(pl.col(ID).is_in(sorted(ids))).group_by(ID, maintain_order=True).agg("text")
        return {id_: tuple(texts) for id_, texts in of.iter_rows()}

    def under(self, identity: Identity) -> "Rows":
        """Give the rows under the ids that stand for them after all judgements."""
        by_table = {
            table: {old: one.canonical_id for old, one in of.items()} for table, of in identity.redirects.items()
        }
        maps = IdMaps(self.policies, {table: of for table, of in by_table.items() if table in self.policies})
        return Rows(self.policies, {table: self._renamed(table, frame, maps) for table, frame in self.frames.items()})

    def _renamed(self, table: str, frame: pl.DataFrame, maps: IdMaps) -> pl.DataFrame:
        for name, ids in maps.columns(table).items():
            if name in frame.columns:
                frame = frame.with_columns(frame[name].replace(ids))
        key = [name for name in self.policies[table].key if name in frame.columns]
        return with_id(frame, key) if key else frame


def rows_of_all(package: Package, batches: Sequence[Batch], policies: Mapping[str, IdentityPolicy]) -> Rows:
    """Read the rows of the tables that some policies need.

    Raises:
        DepositaryError: a contribution has an id that is not certain, or a file cannot be read.
    """
    wanted = _wanted(policies)
    merging = {resource.name: policy_of(resource.table) for resource in package}
    parts: dict[str, list[pl.DataFrame]] = {table: [] for table in wanted}
    for table, columns in wanted.items():
        parts[table] += [_part(frame, merging[table], columns, "") for frame in read_fields(package[table])]
    for batch, frames in claimed(batches, merging):
        for table in frames.keys() & wanted.keys():
            parts[table].append(_part(_erased(frames[table]), merging[table], wanted[table], batch.name))
    return Rows(merging, {table: pl.concat(some) if some else _none(wanted[table]) for table, some in parts.items()})


def _wanted(policies: Mapping[str, IdentityPolicy]) -> dict[str, list[str]]:
    """Name the columns that are read, by table."""
    wanted: dict[str, dict[str, None]] = {}
    for policy in policies.values():
        own = wanted.setdefault(policy.name, {})
        own.update(dict.fromkeys((policy.key, *(one.name for one in policy.own))))
        for one in policy.linked:
            names = (one.of, one.name, *(name for name, _ in one.where), *filter(None, (one.since, one.until)))
            wanted.setdefault(one.link, {}).update(dict.fromkeys(names))
    return {table: list(names) for table, names in wanted.items()}


def _part(frame: pl.DataFrame, policy: TablePolicy, columns: Sequence[str], batch: str) -> pl.DataFrame:
    blank = pl.lit(None, pl.String)
    lacking = [n for n in (LOCAL_NAME, *columns) if n not in frame.columns]
    kept = frame.with_columns([blank.alias(n) for n in lacking]).select(
        *dict.fromkeys([*policy.key, LOCAL_NAME, *columns])
    )
    named = with_id(kept, policy.key).filter(pl.col(ID).is_not_null())
    return named.select(ID, pl.lit(batch).alias(BATCH), LOCAL_NAME, *columns)


def _none(columns: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys((ID, BATCH, LOCAL_NAME, *columns), pl.String()))


def _erased(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave out the marks that a cell is erased."""
    texts = pl.col(pl.String)
    return frame.with_columns(pl.when(texts != ERASE).then(texts))


def claimed(
    batches: Sequence[Batch], policies: Mapping[str, TablePolicy]
) -> Iterator[tuple[Batch, Mapping[str, pl.DataFrame]]]:
    """Give the rows of contributions, with minted ids; a contribution comes after those that it follows."""
    earlier = named_earlier(batches)
    minted: dict[str, Mapping[str, Mapping[str, str]]] = {}
    for batch in sorted(batches, key=lambda batch: (len(earlier.get(batch.name, ())), batch.rank)):
        frames = {
            table: _read(batch.name, resource, policies[table])
            for table, resource in batch.tables.items()
            if table in policies
        }
        if batch.mode is Mode.PATCH:
            known: dict[str, dict[str, str]] = {}
            for name in sorted(earlier.get(batch.name, ())):
                for table, ids in minted.get(name, {}).items():
                    known[table] = {**ids, **known.get(table, {})}
            names = mint(batch.contributor, batch.name, frames, policies, known)
            minted[batch.name] = names.maps
            frames = {table: _rewritten(names, table, frame, policies[table]) for table, frame in frames.items()}
        if not batch.withdrawn:
            yield batch, frames


def _rewritten(names: IdMaps, table: str, frame: pl.DataFrame, policy: TablePolicy) -> pl.DataFrame:
    """Give the rows with minted ids, each with the name that it had."""
    if len(policy.key) != 1:
        return names.rewrite(frame, table)
    key = pl.col(policy.key[0])
    named = frame.with_columns(pl.when(key.str.starts_with(LOCAL)).then(key).alias(LOCAL_NAME))
    return names.rewrite(named, table)


def read_fields(resource: Resource, name: str = "") -> Iterator[pl.DataFrame]:
    """Give all fields of a table as text; `name` is that of the contribution that has it.

    Raises:
        DocumentError: the file cannot be read to its end.
    """
    try:
        yield from fields(resource)
    except UnreadableFile as fault:
        place = "/".join(filter(None, [name, fault.part or resource.path]))
        raise DocumentError(f"{place} cannot be read: {sentences(fault.message, fault.hint)}") from fault


def _read(name: str, resource: Resource, policy: TablePolicy) -> pl.DataFrame:
    blank = pl.lit(None, pl.String)
    columns = policy.table.field_names
    frames = (
        frame.select([ROW, *(n if n in frame.columns else blank.alias(n) for n in columns)])
        for frame in read_fields(resource, name)
    )
    tidy_frames = [tidied(frame, policy, columns) for frame in frames]
    return pl.concat(tidy_frames) if tidy_frames else pl.DataFrame(schema=dict.fromkeys((ROW, *columns), pl.String()))


# Records

_PERIOD = (" (", " to ")  # before the first day of a value that has a period, and before its last day


def without_period(text: str) -> tuple[str, Span | None]:
    """Take the period from a value with one; None if no day of it is known."""
    value, _, period = text.partition(_PERIOD[0])
    first, _, last = period.removesuffix(")").partition(_PERIOD[1].strip())
    start, end = (span_of(day.strip()) if day.strip() else None for day in (first, last))
    return value, Span(start.first if start else None, end.last if end else None) if start or end else None


@dataclass(frozen=True)
class Record:
    """One row: its id, its distinct values by field, and the contributions that have it."""

    id: str
    values: Mapping[IdentityField, tuple[str, ...]]
    batches: tuple[str, ...] = ()

    def __getitem__(self, field: IdentityField) -> tuple[str, ...]:
        return self.values.get(field, ())

    def label(self, policy: IdentityPolicy) -> str:
        """Give the first name or text of the row; its id if it has none."""
        told = policy.of(IdentityRole.NAME, IdentityRole.TEXT)
        return next((self[one][0] for one in told if self[one]), self.id)

    @property
    def origin(self) -> str:
        """Name the contributions that have the row, and whether it is published."""
        return ", ".join(batch or "published" for batch in self.batches)

    @property
    def is_published(self) -> bool:
        """Return whether the published package has the row."""
        return "" in self.batches


@dataclass(frozen=True)
class Records:
    """The rows of one table by their ids; `hidden` are those that are not compared with others.

    `values` has the distinct values of all fields: `ID`, the number of the `field` in the policy, `text`. A row becomes
    a `Record` when it is asked for, as of a large table few are.
    """

    policy: IdentityPolicy
    values: pl.DataFrame
    batches: pl.DataFrame
    hidden: frozenset[str] = frozenset()
    _made: dict[str, Record] = field(default_factory=dict)

    @cached_property
    def ids(self) -> frozenset[str]:
        """Give the ids of all rows."""
        return frozenset(self.batches[ID])

    @cached_property
    def new(self) -> frozenset[str]:
        """Give the ids of the rows that a contribution has."""
        return frozenset(self.batches.filter(pl.col(BATCH) != "")[ID])

    def __contains__(self, id_: str) -> bool:
        return id_ in self.ids

    def __getitem__(self, id_: str) -> Record:
        if id_ not in self._made:
            self.want([id_])
        return self._made[id_]

    def want(self, ids: Iterable[str]) -> None:
        """Make the records of rows that will be asked for, all at once."""
        wanted = pl.DataFrame({ID: sorted({*ids} - self._made.keys())}, schema={ID: pl.String})
        if wanted.is_empty():
            return
        values: dict[str, dict[IdentityField, tuple[str, ...]]] = {}
        of = self.values.join(wanted, on=ID, how="semi").group_by(ID, "field", maintain_order=True).agg("text")
        for id_, number, texts in of.iter_rows():
            values.setdefault(id_, {})[self.policy.fields[number]] = tuple(texts)
        batches = self.batches.join(wanted, on=ID, how="semi").group_by(ID, maintain_order=True).agg(BATCH)
        for id_, names in batches.iter_rows():
            self._made[id_] = Record(id_, values.get(id_, {}), tuple(names))

    def texts(self, one: IdentityField) -> pl.DataFrame:
        """Give the distinct values of a field, as `ID` and `text`."""
        return self.values.filter(pl.col("field") == self.policy.fields.index(one)).select(ID, "text")

    @cached_property
    def names(self) -> pl.DataFrame:
        """Give the names of all rows, as `ID` and `form`: its words, folded and in order; empty if it has none."""
        named = [number for number, one in enumerate(self.policy.fields) if one.role is IdentityRole.NAME]
        texts = self.values.filter(pl.col("field").is_in(named)).select(ID, "text")
        distinct = texts["text"].unique(maintain_order=True)
        forms = pl.Series("form", [sorted_words(text) for text in distinct], pl.String)
        folded = pl.DataFrame({"text": distinct, "form": forms})
        return texts.join(folded, on="text", maintain_order="left").select(ID, "form")

    def shown(self) -> pl.DataFrame:
        """Give the values of the rows that are compared with others."""
        return self.values.filter(~pl.col(ID).is_in(list(self.hidden)))


def records_of(rows: Rows, policy: IdentityPolicy) -> Records:
    """Collect what identifies the rows of a table."""
    frame = rows.frames[policy.name]
    parts = [
        _texts(rows.frames[one.link] if one.link else frame, one).with_columns(field=pl.lit(number, pl.Int16))
        for number, one in enumerate(policy.fields)
    ]
    nothing = pl.DataFrame(schema={ID: pl.String, "text": pl.String, "field": pl.Int16})
    values = pl.concat([nothing, *parts]).join(frame.select(ID), on=ID, how="semi", maintain_order="left")
    never = [
        (pl.col("field") == number) & pl.col("text").is_in(list(one.never)) for number, one in enumerate(policy.fields)
    ]
    hidden = values.filter(pl.any_horizontal(*never)) if never else nothing
    batches = frame.select(ID, BATCH).unique(maintain_order=True)
    return Records(policy, values, batches, frozenset(hidden[ID]))


def _texts(frame: pl.DataFrame, one: IdentityField) -> pl.DataFrame:
    """Give the distinct values of a field, those of a list each by itself, with the rows that they are about."""
    for name, texts in one.where:
        frame = frame.filter(pl.col(name).is_in(texts))
    text = pl.col("text")
    found = frame.select(pl.col(one.of or ID).alias(ID), pl.col(one.name).alias("text"))
    if one.since or one.until:
        days = [pl.col(name).fill_null("") if name else pl.lit("") for name in (one.since, one.until)]
        period = pl.concat_str(pl.col(one.name), pl.lit(_PERIOD[0]), days[0], pl.lit(_PERIOD[1]), days[1], pl.lit(")"))
        has_days = pl.any_horizontal(*(day != "" for day in days))
        found = found.with_columns(
            text=frame.select(pl.when(has_days).then(period).otherwise(pl.col(one.name))).to_series()
        )
    if one.separator:
        found = found.with_columns(text.str.split(one.separator)).explode("text")
    filled = found.with_columns(text.str.strip_chars()).filter((text != "") & pl.col(ID).is_not_null())
    return filled.unique(maintain_order=True)

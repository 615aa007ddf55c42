"""Claims that a later claim of the same contributor replaces: docs/merge-rules.md, "Batches of one person".

They are found when all claims are known, under the ids that are valid now, and are put aside as superseded when those
that earlier merges have dealt with are out. Until then the table OVERTAKEN has them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from depositary.engine.sql import literal, quoted
from depositary.errors import RefusedError
from depositary.merging.claims.cells import cells
from depositary.merging.claims.column_changes import recorded_changes
from depositary.merging.claims.engine_tables import (
    ADDS,
    CLAIMED,
    CLAIMS,
    DELETIONS,
    DONE,
    DROPPING,
    EARLIER,
    ID,
    LATE,
    LIVE,
    NAMED,
    ORIGINAL,
    OVERTAKEN,
    PROVENANCE_CELLS,
    PROVENANCE_ROWS,
    RANK,
    RENAMED,
    RESTATED,
    RESTORED,
    TAKEN,
    TOUCHED,
    EngineTable,
)
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.inputs import Batch, superseded
from depositary.merging.claims.policy import TablePolicy
from depositary.merging.claims.replaced import Replaced
from depositary.merging.claims.staged import keep, make, put_query, put_rows
from depositary.merging.claims.succession import Succession
from depositary.model.provenance import ClaimStatus

_FEW = 5  # places in a message
_ADDED = "§added"  # instead of a field: the batch adds the row
_FATE = {"status": literal(ClaimStatus.SUPERSEDED), "decision": "''", "contributor": "''"}
_SAME_CLAIM = (
    f"claimed.rank = o.rank AND claimed.{ID} = o.{ID} AND claimed.field = o.field "
    "AND claimed.original IS NOT DISTINCT FROM o.original"
)


@dataclass(frozen=True)
class Dropped:
    """The number of claims of an earlier batch that a later one of the contributor replaces, with their first places.

    `is_named` is true if the manifest names the earlier batch under `supersedes`; claims that earlier merges have
    settled are not replaced.
    """

    batch: str
    by: str
    is_named: bool
    count: int
    examples: tuple[str, ...]


@dataclass
class Overtaken:
    """The claims of each batch that later ones of the same contributor replace."""

    claims: Claims
    batches: Sequence[Batch]  # with the remaining changes of columns
    succession: Succession
    waiting: frozenset[str] = frozenset()  # batches that were set aside, whose claims are not known
    recorded: frozenset[Replaced] = frozenset()  # notes of earlier merges, if one of the two batches is not given
    rows: dict[str, set[str]] = field(default_factory=dict)  # rows with replaced claims, by table
    _columns: set[Replaced] = field(default_factory=set)
    _dropped: list[tuple[tuple[str, str, bool], list[str]]] = field(default_factory=list)

    # Changes of columns

    def edited(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """Remove the changes of columns that later batches replace."""
        self._columns = {one for batch in batches for one in self._replaced_of(batch)}
        self.batches = [replace(batch, manifest={**batch.manifest, "schema": self._left(batch)}) for batch in batches]
        return self.batches

    @property
    def replaced(self) -> frozenset[Replaced]:
        """Give replaced claims that no line of the provenance has, from this merge or earlier ones."""
        named = {Replaced(old, batch.name) for batch in self.batches for old in batch.replaces}
        return self.recorded | self._columns | named

    def _left(self, batch: Batch) -> dict[str, dict[str, Any]]:
        out = {(o.table, o.field) for o in self.recorded | self._columns if o.contribution == batch.name}
        return {
            table: {
                "drop": [name for name in edits.get("drop", ()) if (table, name) not in out],
                "add": [one for one in edits.get("add", ()) if (table, one["name"]) not in out],
            }
            for table, edits in batch.schema_edits.items()
        }

    def _replaced_of(self, batch: Batch) -> Iterator[Replaced]:
        """Give the changes of columns of a batch that others replace, or name under `supersedes`."""
        names = {later for early, later in self.succession.pairs if early == batch.name}
        for table, edits in batch.schema_edits.items():
            drops, adds = set(edits.get("drop", ())), _names(edits.get("add", ()))
            for other in (other for other in self.batches if other.name in names):
                added = _names(other.schema_edits.get(table, {}).get("add", ()))
                filled = self._filled(table, other.rank) if drops else set()
                for name in drops & (filled | added) | adds & added:
                    yield Replaced(batch.name, other.name, table, name)
            for other, entry in self._entries:
                if (entry["batch"], entry["table"]) == (batch.name, table) and "row" not in entry:
                    for name in {entry["field"]} & (drops | adds) if "field" in entry else drops | adds:
                        yield Replaced(batch.name, other.name, table, name)

    def _filled(self, table: str, rank: int) -> set[str]:
        """Name the columns of a table that a batch fills."""
        if table not in self.claims.tables:
            return set()
        return self._changed(table, rank) | self._added(table, rank)

    def _changed(self, table: str, rank: int) -> set[str]:
        """Name the columns in which a batch claims another value than it saw."""
        query = f"SELECT DISTINCT field, value, seen FROM {self.claims.made(CLAIMS, table)} WHERE rank = {rank}"
        form = self.claims.forms[table].of
        rows = self.claims.engine.rows(query)
        return {row["field"] for row in rows if form(row["field"], row["value"]) != form(row["field"], row["seen"])}

    def _added(self, table: str, rank: int) -> set[str]:
        """Name the columns that a batch fills in the rows that it adds."""
        names = self.claims.policies[table].fields
        query = " UNION ".join(
            f"SELECT {literal(name)} AS field FROM {self.claims.made(ADDS, table)} "
            f"WHERE {RANK} = {rank} AND {quoted(name)} IS NOT NULL"
            for name in names
        )
        return {row["field"] for row in self.claims.engine.rows(query)} if names else set()

    # Find replaced claims

    def find(self) -> None:
        """Find the replaced claims.

        Raises:
            RefusedError: an entry of `supersedes` names something that the batch does not claim.
        """
        if self.succession.pairs or self._entries or self.claims.patches_that_follow:
            self._stage_pairs()
            for table in self.claims.tables:
                self._find(table)
            self._require_found()

    @property
    def _entries(self) -> list[tuple[Batch, Mapping[str, str]]]:
        live = (batch for batch in self.batches if not batch.withdrawn)
        return [(b, one) for b in live for one in b.manifest.get("supersedes", ()) if isinstance(one, dict)]

    def _stage_pairs(self) -> None:
        engine = self.claims.engine
        make(engine, EARLIER)
        put_rows(engine, EARLIER, sorted(self.succession.by_rank))
        make(engine, NAMED)
        put_rows(engine, NAMED, ((rank, name) for name, rank in sorted(self.succession.ranks.items())))

    def _find(self, table: str) -> None:
        policy = self.claims.policies[table]
        self._stage_cells(table, policy)
        for batch, entry in self._entries:
            if entry["table"] == table and entry["batch"] in self.succession.ranks:
                self._take_named(policy, batch, entry)
        taken = f"SELECT 1 FROM {self.claims.made(OVERTAKEN, table)} AS o WHERE {_SAME_CLAIM}"
        rest = f"FROM {CLAIMED} AS claimed WHERE NOT EXISTS ({taken})"
        keep(self.claims.engine, LIVE, LIVE.select({}, rest, alias="claimed"))
        if self.claims.has(RESTATED, table):
            self._take_restated(table)
        put_query(self.claims.engine, OVERTAKEN, self._left_behind(policy), table)

    def _stage_cells(self, table: str, policy: TablePolicy) -> None:
        """Stage the claims: cells, deletions, and added rows."""
        kept = (f"{RANK} AS rank", ID, f"{ORIGINAL} AS original")
        adds = cells((None, *policy.fields), f"{ADDS.of(table)} WHERE {RANK} >= 0", *kept)
        added = {"field": f"coalesce(each.field, {literal(_ADDED)})"}
        claimed = {
            CLAIMS: CLAIMED.select({}, f"FROM {CLAIMS.of(table)} WHERE rank >= 0"),
            ADDS: CLAIMED.select(added, f"FROM ({adds}) AS each WHERE each.field IS NULL OR each.value IS NOT NULL"),
            DELETIONS: CLAIMED.select({"field": "''"}, f"FROM {DELETIONS.of(table)}"),
        }
        some = [claimed[staged] for staged in self.claims.with_rows(table, *claimed)]
        if some:
            keep(self.claims.engine, CLAIMED, " UNION ALL ".join(some))
        else:
            make(self.claims.engine, CLAIMED)

    def _take_named(self, policy: TablePolicy, batch: Batch, entry: Mapping[str, str]) -> None:
        """Take the claims that an entry of `supersedes` names, also deletions of rows with redirected ids."""
        wanted = [f"rank = {self.succession.ranks[entry['batch']]}"]
        if "row" in entry:
            row = literal(entry["row"])
            wanted.append(f"({ID} = {row} OR original = {row})")
        if "field" in entry:
            wanted.append(f"field = {literal(entry['field'])}")
        where, done = " AND ".join(wanted), self.claims.made(DONE, policy.name)
        fallen = CLAIMED.select({}, f"FROM {done}")
        named = f"FROM (SELECT {CLAIMED.listed()} FROM {CLAIMED} UNION ALL {fallen}) WHERE {where} GROUP BY ALL"
        taken = OVERTAKEN.select({"late": str(batch.rank), "is_named": "true"}, named)
        put_query(self.claims.engine, OVERTAKEN, taken, policy.name)
        superseded = f"status = {literal(ClaimStatus.SUPERSEDED)}"
        self.claims.engine.run(f"UPDATE {done} SET {superseded} WHERE {where}")

    def _take_restated(self, table: str) -> None:
        """Make a value that is equal to the own base a claim, if an earlier batch claims another value.

        It was a claim already if the earlier batch has gone and the claim is still open.
        """
        is_open = (
            f"EXISTS ({self._recorded_as(table, 'restated', ClaimStatus.OPEN)} AND recorded.field = restated.field "
            "AND recorded.value IS NOT DISTINCT FROM restated.value "
            "AND recorded.original_row_id IS NOT DISTINCT FROM restated.original)"
        )
        is_later = (
            f"EXISTS (SELECT 1 FROM {LIVE} AS live JOIN {EARLIER} ON early = live.rank WHERE late = restated.rank "
            f"AND live.{ID} = restated.{ID} AND live.field = restated.field)"
        )
        for real in (is_open, f"{is_later} AND NOT {is_open}"):  # open claims first: others may be later than these
            self._add_restated(table, f"FROM {RESTATED.of(table)} AS restated WHERE {real}")

    def _add_restated(self, table: str, rows: str) -> None:
        """Add values that are equal to the own base to the claims."""
        has_other_id = "restated.original IS NOT NULL AND NOT starts_with(restated.original, 'local:')"
        renamed = f"{rows} AND {has_other_id} GROUP BY ALL"
        # LIVE comes last, because the condition on the rows reads it.
        for made, of in ((CLAIMS, rows), (RENAMED, renamed), (LIVE, rows)):
            put_query(self.claims.engine, made, made.select({}, of, alias="restated"), table)

    def _recorded_as(self, table: str, staged: str, status: ClaimStatus) -> str:
        """Select lines of earlier merges about a batch and a row of an engine table, with a status."""
        return (
            f"SELECT 1 FROM {PROVENANCE_CELLS} AS recorded JOIN {NAMED} AS named USING (batch) "
            f"WHERE named.rank = {staged}.rank "
            f'AND recorded."table" = {literal(table)} AND recorded.row_id = {staged}.{ID} '
            f"AND recorded.status = {literal(status)}"
        )

    def _left_behind(self, policy: TablePolicy) -> str:
        """Select the claims that later batches replace: on the cell, on the row, on the column."""
        work = [name for name, rule in policy.fields.items() if not rule.is_edit]
        edits = " AND ".join(["later.field <> ''", *([f"later.field NOT IN ({_list(work)})"] if work else [])])
        drops = [
            (batch.rank, name)
            for batch in self.batches
            if not batch.withdrawn
            for name in batch.schema_edits.get(policy.name, {}).get("drop", ())
        ]
        make(self.claims.engine, DROPPING)
        put_rows(self.claims.engine, DROPPING, drops)
        rows = f"FROM {LIVE} AS one JOIN {EARLIER} AS earlier ON early = one.rank"
        one = OVERTAKEN.select({"late": "earlier.late", "is_named": "false"}, rows, alias="one")
        return f"""
            SELECT DISTINCT * FROM (
              {one} JOIN {LIVE} AS later ON later.rank = earlier.late AND later.{ID} = one.{ID}
              WHERE later.field = one.field AND one.field NOT IN ('', {literal(_ADDED)})
                OR later.field = '' AND one.field <> '' OR one.field = '' AND {edits}
              UNION ALL {one} JOIN {DROPPING} AS dropping ON dropping.rank = earlier.late
                AND dropping.field = one.field
            )
            """

    # Entries of `supersedes`

    def _require_found(self) -> None:
        for batch, entry in self._entries:
            if entry["batch"] not in self.waiting and not self._is_found(batch, entry):
                place = " ".join(filter(None, [entry["table"], entry.get("row"), _in_brackets(entry.get("field", ""))]))
                raise RefusedError(
                    [batch.name],
                    f"{batch.name}: `supersedes` names {place} of {entry['batch']}, which has no claim there. "
                    "Correct the entry, or remove it.",
                )

    def _is_found(self, batch: Batch, entry: Mapping[str, str]) -> bool:
        old = next((one for one in self.batches if one.name == entry["batch"]), None)
        if (old is not None and old.withdrawn) or any(
            one.by == batch.name and _is(one, entry) for one in self.replaced
        ):
            return True
        if entry["table"] in self.claims.tables and old is not None:
            taken = self._overtaken(entry["table"], old.rank, batch.rank)
            if any(_fits(entry, row[ID], row["original"], row["field"]) for row in taken):
                return True
        return any(_fits(entry, *recorded) for recorded in self._recorded(entry)) or self._is_recorded_change(entry)

    def _is_recorded_change(self, entry: Mapping[str, str]) -> bool:
        """Return whether earlier merges noted a change of the columns that an entry names."""
        wanted = (entry["batch"], entry["table"])
        recorded = {
            one.field for one in recorded_changes(self.claims.current) if (one.contribution, one.table) == wanted
        }
        return "row" not in entry and bool({entry["field"]} & recorded if "field" in entry else recorded)

    def _overtaken(self, table: str, rank: int, by: int) -> list[dict[str, Any]]:
        staged = self.claims.made(OVERTAKEN, table)
        return list(self.claims.engine.rows(f"SELECT * FROM {staged} WHERE rank = {rank} AND late = {by} AND is_named"))

    def _recorded(self, entry: Mapping[str, str]) -> Iterator[tuple[str, str | None, str]]:
        """Give the lines of earlier merges about a batch in a table; the line of a row means all of its cells."""
        where = f'WHERE batch = {literal(entry["batch"])} AND "table" = {literal(entry["table"])}'
        cells = (
            f"SELECT row_id, original_row_id AS original, coalesce(field, '') AS field FROM {PROVENANCE_CELLS} {where}"
        )
        rows = f"SELECT row_id, original_row_id AS original, {literal(entry.get('field', ''))} AS field "
        for line in self.claims.engine.rows(f"{cells} UNION ALL {rows} FROM {PROVENANCE_ROWS} {where}"):
            yield line["row_id"], line["original"], line["field"]

    # Set replaced claims aside

    def put_aside(self) -> None:
        """Store replaced claims as superseded; they no longer take part."""
        for table in (table for table in self.claims.tables if self.claims.has(OVERTAKEN, table)):
            query = f"SELECT DISTINCT {ID} AS id FROM {OVERTAKEN.of(table)}"
            ids = {row["id"] for row in self.claims.engine.rows(query)}
            if ids:
                self.rows[table] = ids
                self._put_aside(table)

    def _put_aside(self, table: str) -> None:
        engine, policy = self.claims.engine, self.claims.policies[table]
        self._stage_cells(table, policy)
        taken = f"FROM {OVERTAKEN.of(table)} AS o WHERE EXISTS (SELECT 1 FROM {CLAIMED} AS claimed WHERE {_SAME_CLAIM})"
        keep(engine, TAKEN, TAKEN.select({}, taken))  # but for what earlier merges have dealt with
        self._note_dropped(table)
        for staged, cell, columns in (
            (CLAIMS, "taken.field = staged.field", {}),
            (DELETIONS, "taken.field = ''", {"field": "''", "value": "NULL"}),
        ):
            if self.claims.has(staged, table):
                fate = {**_FATE, "reason": "''"} if staged is CLAIMS else _FATE
                same = f"{_same_row(staged)} AND {cell}"
                rows = f"FROM {staged.of(table)} AS staged WHERE EXISTS (SELECT 1 FROM {TAKEN} AS taken WHERE {same})"
                put_query(engine, DONE, DONE.select({**columns, **fate}, rows, alias="staged"), table)
                engine.run(f"DELETE FROM {staged.of(table)} AS staged USING {TAKEN} AS taken WHERE {same}")
        if self.claims.has(ADDS, table):
            self._put_adds_aside(policy)
        self._forget_who_is_silent(table)

    def _put_adds_aside(self, policy: TablePolicy) -> None:
        """Remove cells from added rows; the rest of such a row becomes claims, which have its source."""
        engine, table = self.claims.engine, policy.name
        adds, claims, same = ADDS.of(table), self.claims.made(CLAIMS, table), _same_row(ADDS)
        touched = f"EXISTS (SELECT 1 FROM {TAKEN} AS taken WHERE {same})"
        rows = TOUCHED.select({}, f"FROM {adds} AS staged WHERE {touched}", policy.table)
        keep(engine, TOUCHED, rows, policy.table)
        source = quoted(policy.source) if policy.source else "NULL"
        kept = (RANK, ID, ORIGINAL, f"{source} AS source")
        filled = f"FROM ({cells(policy.fields, str(TOUCHED), *kept)}) AS staged WHERE staged.value IS NOT NULL AND"
        taken = f"EXISTS (SELECT 1 FROM {TAKEN} AS taken WHERE {same} AND taken.field = staged.field)"
        cell = {"rank": f"staged.{RANK}", "original": f"staged.{ORIGINAL}"}
        done = DONE.select({**cell, **_FATE, "reason": "''"}, f"{filled} {taken}", alias="staged")
        put_query(engine, DONE, done, table)
        left = CLAIMS.select({**cell, "seen": "NULL"}, f"{filled} NOT {taken}", alias="staged")
        put_query(engine, CLAIMS, left, table)
        if policy.fields:
            blank = ", ".join(f"{quoted(name)} = NULL" for name in policy.fields)
            engine.run(f"UPDATE {adds} AS staged SET {blank} WHERE {touched}")
        is_same = f"left_over.rank = staged.{RANK} AND left_over.{ID} = staged.{ID}"
        left = f"SELECT 1 FROM {claims} AS left_over WHERE {is_same} "
        left += f"AND left_over.original IS NOT DISTINCT FROM staged.{ORIGINAL}"
        engine.run(f"DELETE FROM {adds} AS staged WHERE {touched} AND NOT EXISTS ({left})")

    def _forget_who_is_silent(self, table: str) -> None:
        """Remove the names of rows for batches without remaining claims on them."""
        claimed = " UNION ".join(
            f"SELECT {staged.rank} AS rank, {ID} FROM {self.claims.made(staged, table)}"
            for staged in (CLAIMS, ADDS, DELETIONS)
        )
        for staged in self.claims.with_rows(table, LATE, RENAMED, RESTORED):
            self.claims.engine.run(
                f"DELETE FROM {staged.of(table)} AS staged USING {TAKEN} AS taken "
                f"WHERE taken.rank = staged.{staged.rank} AND taken.{ID} = staged.{ID} "
                f"AND (staged.{staged.rank}, staged.{ID}) NOT IN (SELECT * FROM ({claimed}))"
            )

    # Report replaced claims

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """List the replaced claims, in the order of the batches, and also entries that replace nothing."""
        found: dict[tuple[str, str, bool], Counter[str]] = {key: Counter() for key in self._naming()}
        for key, of_cells in self._dropped:
            found.setdefault(key, Counter()).update(of_cells)
        order = {batch.name: batch.rank for batch in self.batches}
        keys = sorted(found, key=lambda key: (order.get(key[1], -1), order.get(key[0], -1), not key[2]))
        return tuple(Dropped(*key, found[key].total(), tuple(found[key])[:_FEW]) for key in keys)

    def _naming(self) -> Iterator[tuple[str, str, bool]]:
        for batch in self.batches:
            named = [*superseded(batch.manifest), *(entry["batch"] for b, entry in self._entries if b is batch)]
            yield from ((old, batch.name, True) for old in named)

    def note_withdrawn(self) -> None:
        """Store the withdrawn claims of batches that are superseded completely."""
        by = {old: batch.name for batch in self.batches for old in superseded(batch.manifest)}
        withdrawn = [batch for batch in self.batches if batch.withdrawn and batch.name in by]
        for table in self.claims.tables if withdrawn else ():
            self._stage_cells(table, self.claims.policies[table])
            for batch in withdrawn:
                query = (
                    f"SELECT {ID} AS id, field FROM {CLAIMED} WHERE rank = {batch.rank} AND field <> {literal(_ADDED)}"
                )
                rows = self.claims.engine.rows(f"{query} ORDER BY ALL")
                self._dropped.append(((batch.name, by[batch.name], True), [_place(table, row) for row in rows]))

    def _note_dropped(self, table: str) -> None:
        names = {rank: name for name, rank in self.succession.ranks.items()}
        query = (
            f"SELECT rank, {ID} AS id, field, max(late) AS late, bool_or(is_named) AS named FROM {TAKEN} "
            f"WHERE field <> {literal(_ADDED)} GROUP BY ALL ORDER BY ALL"
        )
        for row in self.claims.engine.rows(query):
            key = (names[row["rank"]], names[row["late"]], row["named"])
            self._dropped.append((key, [_place(table, row)]))


def _place(table: str, row: Mapping[str, str]) -> str:
    return f"{table} {row['id']} {_in_brackets(row['field']) or '(its deletion)'}"


def _fits(entry: Mapping[str, str], row_id: str, original: str | None, name: str) -> bool:
    return entry.get("row") in (None, row_id, original) and entry.get("field", name) == name


def _is(replaced: Replaced, entry: Mapping[str, str]) -> bool:
    """Return whether an entry without a row names a replaced change of a column."""
    place = (replaced.contribution, replaced.table, replaced.field)
    return "row" not in entry and place == (entry["batch"], entry["table"], entry.get("field", replaced.field))


def _names(described: Iterable[Mapping[str, Any]]) -> set[str]:
    return {one["name"] for one in described}


def _in_brackets(name: str) -> str:
    return f"[{name}]" if name else ""


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(literal, names))


def _same_row(staged: EngineTable) -> str:
    """Write the condition that what is taken is of a row of a staging table."""
    return (
        f"taken.rank = staged.{staged.rank} AND taken.{ID} = staged.{ID} "
        f"AND taken.original IS NOT DISTINCT FROM staged.{staged.original}"
    )

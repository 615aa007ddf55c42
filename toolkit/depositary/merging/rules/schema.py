"""Columns that contributions add or drop, or that have changed: docs/merge-rules.md, "Schema edits"."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from depositary.engine.sql import literal, quoted
from depositary.merging.claims.engine_tables import ADDS, CLAIMS, ID, LATE, ORIGINAL, OVERTAKEN, RANK
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.hashes import conflict_id, inputs_hash
from depositary.merging.claims.inputs import Batch
from depositary.merging.claims.ranks import PUBLISHED
from depositary.merging.rules.resolutions import AppliedResolution, Resolutions
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.decision import Choice
from depositary.model.kinds import ConflictKind, message
from depositary.model.package import Package, Resource
from depositary.model.provenance import ClaimStatus
from depositary.model.table import Table
from depositary.wording.plain import number

Descriptor = Mapping[str, Any]
Gone = frozenset[tuple[str, str]]  # columns, as table and field
_SAYS_NOTHING = ("title", "description", "example")  # properties that do not change the allowed values of a field


def working(package: Package, batches: Sequence[Batch], own: Iterable[str]) -> dict[str, Resource]:
    """Give the tables of a package with all fields in the package and in contributions, those of the package first."""
    tables = {r.name: r for r in package if r.name not in own and r.table.primary_key}
    for name, resource in tables.items():
        more: dict[str, Descriptor] = {}
        for batch in batches:
            known = batch.base.get(name)
            added = batch.schema_edits.get(name, {}).get("add", ())
            seen = [f.descriptor for f in known.table.fields] if known else []
            for described in (*added, *seen):
                if described["name"] not in resource.table.field_names:
                    more.setdefault(described["name"], described)
        tables[name] = _with_fields(resource, more.values())
    return tables


def with_gone(tables: Mapping[str, Resource], asked: Iterable[Conflict]) -> tuple[dict[str, Resource], Gone]:
    """Add columns that are only known from open conflicts of earlier merges: claims in them wait.

    They are no longer published, and their type is not known.
    """
    gone = frozenset(
        (c.table, c.field)
        for c in asked
        if c.status is Status.OPEN and c.kind == ConflictKind.COLUMN_DROP_EDIT
        if c.table in tables and c.field not in tables[c.table].table.field_names
    )
    return {
        name: _with_fields(resource, [{"name": n, "type": "string"} for t, n in sorted(gone) if t == name])
        for name, resource in tables.items()
    }, gone


def _with_fields(resource: Resource, more: Collection[Descriptor]) -> Resource:
    described = resource.table.descriptor
    schema = {**described, "fields": [*described["fields"], *more]}
    return replace(resource, table=Table.from_descriptor(resource.name, schema)) if more else resource


@dataclass
class SchemaMerge:
    """The schemas of the merged package; `fields` are the field descriptors of tables whose schema changes."""

    claims: Claims
    batches: Sequence[Batch]
    resolutions: Resolutions
    who: Mapping[int, tuple[str, str]]
    asked: Collection[tuple[str, str]] = ()  # columns with an open conflict about dropping them
    recorded: Mapping[str, Conflict] = field(default_factory=dict)  # open conflicts of earlier merges
    absent: Mapping[str, int] = field(default_factory=dict)  # the ranks of contributions that have left, by name
    conflicts: list[Conflict] = field(default_factory=list)
    fields: dict[str, list[Descriptor]] = field(default_factory=dict)
    _since: set[tuple[str, str]] = field(default_factory=set)
    _recorded_of: dict[tuple[str, str, str], dict[int, list[str]]] = field(default_factory=dict)

    def look_at_drops(self) -> None:
        """Find dropped columns that have changed since the base; before ids are rewritten."""
        for batch in self._live():
            for table, edits in batch.schema_edits.items():
                takes_part = (batch.rank, table) not in self.claims.keyed_otherwise
                for name in edits.get("drop", ()) if takes_part else ():
                    if (table, name) not in self.asked and self._changed_since(batch, table, name):
                        self._since.add((table, name))

    def look_at_fills(self) -> None:
        """Find the values of the sides of an open conflict about a column, before settled claims are removed.

        Some claims may have been decided with their rows; a side stays as long as it is claimed, and always if the
        contribution has gone.
        """
        live = {batch.rank for batch in self._live()}
        for recorded in self.recorded.values():
            claimed = self._filled(recorded.table, recorded.field, but_overtaken=True)
            sides = {(side.contributor, side.batch) for side in recorded.sides if side.value}
            waiting = {r for r in live if self.who[r] in sides and (r in claimed or r in self.absent.values())}
            self._recorded_of[recorded.kind, recorded.table, recorded.field] = {
                rank: claimed.get(rank, []) for rank in waiting
            }

    def _live(self) -> list[Batch]:
        return [batch for batch in self.batches if not batch.withdrawn]

    def run(self) -> None:
        """Decide which columns are added and dropped, and set the claims in dropped columns aside."""
        for table in sorted(self.claims.policies):
            live = self._live()
            published = self.claims.current[table].table
            self._keys(table, published, live)
            live = [batch for batch in live if (batch.rank, table) not in self.claims.keyed_otherwise]
            dropped = {name for name in published.field_names if self._is_dropped(table, name, live)}
            added = list(self._added(table, published, live))
            for name in dropped:
                self._let_be(table, name)
            proposed = set().union(*(_names(b.schema_edits.get(table, {}).get("add", ())) for b in live))
            self._strangers(table, published, {f["name"] for f in added} | proposed)
            self._retyped(table, published, proposed, live)
            if dropped or added:
                kept = [d for d in published.descriptor["fields"] if d["name"] not in dropped]
                self.fields[table] = [*kept, *added]

    def _keys(self, table: str, published: Table, live: Iterable[Batch]) -> None:
        now = "|".join(published.primary_key)
        sides = [
            self._side(batch.rank, "|".join(batch.base[table].table.primary_key))
            for batch in live
            if (batch.rank, table) in self.claims.keyed_otherwise
        ]
        recorded = self.recorded.get(conflict_id("schema", table, "", ""))
        sides += [side for side in recorded.sides if side.batch in self.absent] if sides and recorded else []
        if sides:
            candidates = [now, *sorted({side.value or "" for side in sides})]
            sides.append(self._side(PUBLISHED, now))
            self._settle(ConflictKind.KEY_CHANGE, table, "", sides, candidates, message(ConflictKind.KEY_CHANGE))

    # Dropped columns

    def _is_dropped(self, table: str, name: str, live: Iterable[Batch]) -> bool:
        droppers = [b for b in live if name in b.schema_edits.get(table, {}).get("drop", ())]
        if not droppers:
            return False
        claimed = self._claims_on(ConflictKind.COLUMN_DROP_EDIT, table, name)
        since = (table, name) in self._since or self._saw_other(table, name, droppers)
        if not claimed and not since:
            self._aside(table, name, ClaimStatus.REJECTED, ranks=[PUBLISHED])
            return True
        sides = [self._side(batch.rank, None) for batch in droppers]
        sides += [self._side(rank, number(len(of), "cell")) for rank, of in sorted(claimed.items())]
        sides += [self._side(PUBLISHED, "published")] if since else []
        candidates = [
            None,
            *sorted({text for of in claimed.values() for text in of}),
            *(["published"] if since else []),
        ]
        applied = self._settle(
            ConflictKind.COLUMN_DROP_EDIT, table, name, sides, candidates, message(ConflictKind.COLUMN_DROP_EDIT)
        )
        dropping = applied is not None and applied.choice == Choice.TAKE and any(self._is(applied, b) for b in droppers)
        if applied is None or dropping:
            self._aside(table, name, ClaimStatus.REJECTED if dropping else ClaimStatus.OPEN, applied)
        return dropping

    def _saw_other(self, table: str, name: str, droppers: Iterable[Batch]) -> bool:
        """Return whether a side of an earlier conflict had not seen the changes of the column.

        They still have not seen it: the contribution has gone, or its own base is unchanged.
        """
        recorded = self.recorded.get(conflict_id("schema", table, "", name))
        if recorded is None or all(side.contributor for side in recorded.sides):
            return False
        as_before = {b.name for b in droppers if b.name in self.absent or not self.claims.is_now(b)}
        return any(side.batch in as_before for side in recorded.sides)

    def _changed_since(self, batch: Batch, table: str, name: str) -> bool:
        """Return whether the column has changed since a contribution's own base."""
        published = self.claims.current.get(table)
        if self.claims.is_now(batch) or published is None or name not in published.table.field_names:
            return False
        base = self.claims.own_base(batch, table)
        forms = self.claims.forms[table]
        query = (
            f"SELECT DISTINCT now.{quoted(name)} AS now, base.{quoted(name)} AS base "
            f"FROM {self.claims.published(table)} AS now LEFT JOIN {base} AS base USING ({ID}) "
            f"WHERE now.{quoted(name)} IS NOT NULL AND now.{quoted(name)} IS DISTINCT FROM base.{quoted(name)}"
        )
        pairs = self.claims.engine.rows(query)
        return any(forms.of(name, pair["now"]) != forms.of(name, pair["base"]) for pair in pairs)

    # Added columns

    def _added(self, table: str, published: Table, live: Sequence[Batch]) -> Iterator[Descriptor]:
        wanted: dict[str, dict[int, Descriptor]] = {}
        for batch in live:
            for described in batch.schema_edits.get(table, {}).get("add", ()):
                wanted.setdefault(described["name"], {})[batch.rank] = described
        for name, by_rank in wanted.items():
            there = next((f.descriptor for f in published.fields if f.name == name), None)
            chosen = self._one_of(table, name, by_rank, there)
            if chosen is not None and there is None:
                yield chosen

    def _one_of(
        self, table: str, name: str, by_rank: Mapping[int, Descriptor], there: Descriptor | None
    ) -> Descriptor | None:
        """Give the descriptor of a new column, if all agree on it or it was decided."""
        sides = [self._side(rank, as_text(described)) for rank, described in sorted(by_rank.items())]
        left = self._left(table, name) if there else {}
        sides += [self._side(rank, text) for rank, text in left.items()]
        sides += [self._side(PUBLISHED, as_text(there))] if there else []
        if len({side.value for side in sides}) == 1:
            return next(iter(by_rank.values()))
        candidates = sorted({side.value or "" for side in sides})
        applied = self._settle(
            ConflictKind.TYPE_CLASH, table, name, sides, list(candidates), message(ConflictKind.TYPE_CLASH)
        )
        taken = [b.rank for b in self.batches if applied and applied.choice == Choice.TAKE and self._is(applied, b)]
        chosen = next((by_rank[rank] for rank in taken if rank in by_rank), None)
        if chosen is None and there is None:
            self._aside(table, name, ClaimStatus.OPEN if applied is None else ClaimStatus.REJECTED, applied)
        elif applied is None:
            self._aside(table, name, ClaimStatus.OPEN, ranks=[*by_rank, *left])
        return chosen

    def _left(self, table: str, name: str) -> dict[int, str]:
        """Give the type of a published column for contributions that have gone and have waiting claims in it."""
        recorded = self.recorded.get(conflict_id("type", table, "", name))
        sides = recorded.sides if recorded and recorded.kind == ConflictKind.TYPE_CLASH else ()
        return {self.absent[side.batch]: side.value or "" for side in sides if side.batch in self.absent}

    # Columns that have changed

    def _strangers(self, table: str, published: Table, proposed: set[str]) -> None:
        """Set aside claims in columns that are no longer published."""
        known = {*published.field_names, *proposed}
        for name in (name for name in self.claims.policies[table].table.field_names if name not in known):
            self._let_be(table, name)
            claimed = self._claims_on(ConflictKind.COLUMN_DROP_EDIT, table, name)
            if not claimed:
                continue
            sides = [self._side(rank, number(len(of), "cell")) for rank, of in sorted(claimed.items())]
            candidates = [None, *sorted({text for of in claimed.values() for text in of})]
            text = message(ConflictKind.COLUMN_DROP_EDIT, "dropped")
            sides.append(self._side(PUBLISHED, None))
            applied = self._settle(ConflictKind.COLUMN_DROP_EDIT, table, name, sides, candidates, text, ("published",))
            self._aside(table, name, ClaimStatus.OPEN if applied is None else ClaimStatus.REJECTED, applied)

    def _retyped(self, table: str, published: Table, proposed: Collection[str], live: Iterable[Batch]) -> None:
        """Set aside claims in columns whose type differs from that in a contribution's own base."""
        then: dict[str, dict[int, str]] = {}
        for batch in live:
            known = batch.base.get(table)
            for field_then in known.table.fields if known and batch.base is not self.claims.current else ():
                now = field_then.name in published.field_names and published[field_then.name]
                if (
                    now
                    and now.type != field_then.type
                    and batch.rank in self._claims_on(ConflictKind.TYPE_CLASH, table, now.name)
                ):
                    then.setdefault(now.name, {})[batch.rank] = as_text(field_then.descriptor)
        for name in (name for name in published.field_names if name not in proposed):
            left = self._left(table, name)
            then |= {name: then.get(name, {}) | left} if left else {}
        for name, by_rank in sorted(then.items()):
            sides = [self._side(rank, described) for rank, described in by_rank.items()]
            sides.append(self._side(PUBLISHED, as_text(published[name].descriptor)))
            candidates = sorted({side.value or "" for side in sides})
            text = message(ConflictKind.TYPE_CLASH, "retyped")
            applied = self._settle(ConflictKind.TYPE_CLASH, table, name, sides, list(candidates), text, ("published",))
            self._aside(
                table, name, ClaimStatus.REJECTED if applied else ClaimStatus.OPEN, applied, ranks=list(by_rank)
            )

    # Helpers

    def _claims_on(self, kind: ConflictKind, table: str, name: str) -> dict[int, list[str]]:
        """Give the claims in a column for a kind of conflict, as `row=value`, by rank."""
        return dict(sorted((self._filled(table, name) | self._recorded_of.get((kind, table, name), {})).items()))

    def _filled(self, table: str, name: str, *, but_overtaken: bool = False) -> dict[int, list[str]]:
        """Give the values of all claims in a column, as `row=value`, by rank."""
        found: dict[int, list[str]] = {}
        if table not in self.claims.tables or name not in self.claims.policies[table].fields:
            return found
        left = f"(rank, {ID}, original) NOT IN (SELECT rank, {ID}, original FROM taken)" if but_overtaken else "true"
        claims, adds, overtaken = (self.claims.made(staged, table) for staged in (CLAIMS, ADDS, OVERTAKEN))
        query = (
            f"WITH taken AS (SELECT rank, {ID}, coalesce(original, '') AS original FROM {overtaken} "
            f"WHERE field = {literal(name)}) SELECT rank, id, value FROM ("
            f"SELECT rank, {ID}, {ID} AS id, coalesce(original, '') AS original, value FROM {claims} "
            f"WHERE field = {literal(name)} AND rank >= 0 UNION ALL "
            f"SELECT {RANK}, {ID}, {ID}, coalesce({ORIGINAL}, ''), {quoted(name)} FROM {adds} "
            f"WHERE {quoted(name)} IS NOT NULL AND {RANK} >= 0) WHERE {left} ORDER BY ALL"
        )
        for row in self.claims.engine.rows(query):
            found.setdefault(row["rank"], []).append(f"{row['id']}={row['value'] or ''}")
        return found

    def _aside(
        self,
        table: str,
        name: str | None,
        status: ClaimStatus,
        applied: AppliedResolution | None = None,
        ranks: Sequence[int] = (),
    ) -> None:
        if table in self.claims.tables:
            decision = (applied.conflict_id, applied.reason) if applied else ("", "")
            self.claims.put_aside(table, name, status, ranks=ranks, decision=decision)

    def _let_be(self, table: str, name: str) -> None:
        """Remove entries on a column that is not published, so that it never makes a base count as outdated."""
        if self.claims.has(LATE, table):
            self.claims.engine.run(f"DELETE FROM {LATE.of(table)} WHERE field = {literal(name)}")

    def _is(self, applied: AppliedResolution, batch: Batch) -> bool:
        return applied.who in (batch.contributor, f"{batch.contributor}:{batch.name}")

    def _side(self, rank: int, value: str | None) -> Side:
        return Side(*self.who[rank], value)

    def _settle(  # noqa: PLR0913 (a conflict has that many properties)
        self,
        kind: ConflictKind,
        table: str,
        name: str,
        sides: Sequence[Side],
        candidates: Sequence[str | None],
        text: str,
        only: Sequence[str] = (),
    ) -> AppliedResolution | None:
        """Give the decision; `only` has the sides that can be taken, if not all can."""
        # A published column can have a conflict about dropping it too.
        is_second = kind == ConflictKind.TYPE_CLASH and name in self.claims.current[table].table.field_names
        conflict = Conflict(
            conflict_id=conflict_id("type" if is_second else "schema", table, "", name),
            kind=kind,
            status=Status.OPEN,
            table=table,
            row_id="",
            field=name,
            sides=tuple(sorted(sides, key=lambda side: side.order)),
            inputs_hash=inputs_hash(None, candidates),
            message=text,
        )
        recorded = self.recorded.get(conflict.conflict_id)
        if recorded and recorded.kind == kind and self._is_same(conflict, recorded):
            conflict = recorded  # some of its claims were decided with their rows
        applied, conflicts = self.resolutions.settle(conflict)
        if applied and only and applied.choice == Choice.TAKE and applied.who not in only:
            applied, conflicts = None, [conflict]
        self.conflicts += conflicts
        return applied

    def _is_same(self, found: Conflict, recorded: Conflict) -> bool:
        """Return whether a conflict has the same sides as before, except contributions that have gone."""
        now, before = _claimants(found), _claimants(recorded)
        return now <= before and all(name in self.absent for _, name in before - now)


def _claimants(conflict: Conflict) -> set[tuple[str, str]]:
    return {(side.contributor, side.batch) for side in conflict.sides if side.contributor}


def as_text(described: Descriptor | None) -> str:
    """Write a field's descriptor as a side of a conflict, without prose."""
    properties = {key: value for key, value in (described or {}).items() if key not in _SAYS_NOTHING}
    return json.dumps(properties, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _names(described: Iterable[Descriptor]) -> set[str]:
    return {one["name"] for one in described}

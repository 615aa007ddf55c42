"""Prepare a merge: all claims, their contributors, and their results in earlier merges."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from depositary.engine.duckdb import DuckDB
from depositary.engine.sql import literal
from depositary.errors import DepositaryError, RefusedError
from depositary.merging.claims import succession
from depositary.merging.claims.distinct import distinct
from depositary.merging.claims.engine_tables import (
    ADDS,
    CLAIMS,
    DELETIONS,
    ID,
    PROVENANCE_CELLS,
    PROVENANCE_ROWS,
    RESTORED,
)
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.identifying import identity_policies
from depositary.merging.claims.identity import Identity, Redirect, identify
from depositary.merging.claims.inputs import Batch
from depositary.merging.claims.overtaken import Overtaken
from depositary.merging.claims.policy import policy_of
from depositary.merging.claims.ranks import PUBLISHED
from depositary.merging.claims.rename import rename
from depositary.merging.claims.replaced import still_replaced
from depositary.merging.claims.respelled import Respelled
from depositary.merging.claims.staged import fields
from depositary.merging.claims.succession import Succession
from depositary.merging.claims.values import NormalisedValues
from depositary.merging.claims.waiting import Waiting
from depositary.merging.conflicts.decisions import unknown_deciders
from depositary.merging.provenance.provenance import Provenance, stage_earlier
from depositary.merging.provenance.publish import OWN, REDIRECTS, Publication
from depositary.merging.provenance.remembered import Remembered, earlier_conflicts, opened_again, with_absent
from depositary.merging.rules.changed import Changed
from depositary.merging.rules.resolutions import Resolutions
from depositary.merging.rules.schema import Gone, SchemaMerge, with_gone, working
from depositary.model.conflict import Conflict
from depositary.model.decision import Decisions
from depositary.model.package import Mode, Package, Resource
from depositary.model.provenance import ClaimStatus

OnStep = Callable[[str], None]

_REDIRECT = ("table", "old_id", "canonical_id", "decided_by")


@dataclass(frozen=True)
class Given:
    """The inputs of a merge."""

    package: Package
    batches: Sequence[Batch]  # the given contributions
    decisions: Decisions
    waiting: Sequence[Waiting]  # contributions that were set aside
    engine: DuckDB
    folder: Path  # the folder for the merged package
    say: OnStep


@dataclass(frozen=True)
class Prepared:
    """Everything that is known before the tables merge."""

    batches: Sequence[Batch]  # also those that are only known from earlier merges
    who: Mapping[int, tuple[str, str]]  # by rank, contributor and batch
    late: Collection[int]  # the ranks whose own base is not the current package
    claims: Claims
    resolutions: Resolutions
    order: Succession  # of the batches of one contributor
    remembered: Remembered  # from earlier merges
    overtaken: Overtaken
    identity: Identity
    redirects: Sequence[Redirect]  # of earlier merges
    schema: SchemaMerge
    provenance: Provenance
    publication: Publication
    respelled: Sequence[str]  # warnings about rows whose key was changed by hand
    unknown_deciders: Sequence[str]


def prepare(given: Given) -> Prepared:
    """Read all claims into the engine, and set those aside that take no part.

    Raises:
        RefusedError: a contribution cannot be read.
    """
    package, decisions = given.package, given.decisions
    conflicts, resolutions = earlier_conflicts(package), Resolutions(decisions.resolutions)
    changed = Changed.of(package, conflicts, resolutions)
    batches = with_absent(given.batches, package, conflicts, changed.people)
    names = {batch.name for batch in given.batches}
    at_hand = [batch for batch in batches if batch.name in names]
    absent = {batch.name: batch.rank for batch in batches if batch.name not in names}
    who = {batch.rank: (batch.contributor, batch.name) for batch in batches}
    who[PUBLISHED] = ("", f"published@{package.version}")

    stage_earlier(given.engine, package)
    order = _order(given, batches, at_hand, conflicts)
    claims, gone = _open_claims(given, batches, at_hand, conflicts, order)
    provenance = Provenance(claims)
    _take(given, claims, batches)
    provenance.rank(who)
    reopened = opened_again(conflicts, changed.reopen(claims, who))
    remembered = Remembered(claims, reopened, absent, gone, frozenset(changed.without_effect))
    remembered.take_part_again()

    replaced = still_replaced(package, names)
    overtaken = Overtaken(claims, batches, order, frozenset(one.name for one in given.waiting), replaced)
    edited = overtaken.edited(remembered.edited(batches))
    schema = SchemaMerge(claims, edited, resolutions, who, remembered.asked, remembered.of_schema(), absent)
    schema.look_at_drops()
    redirects = earlier_redirects(package)
    identity = _identify(claims, decisions, redirects, {batch.rank for batch in batches if batch.withdrawn})
    rename(claims, identity)
    claims.settle_forms(set(remembered.ranks.values()))
    provenance.follow()
    overtaken.find()
    schema.look_at_fills()
    remembered.deal_with(batches)
    overtaken.note_withdrawn()
    claims.withdraw([batch.rank for batch in batches if batch.withdrawn])
    overtaken.put_aside()
    respelled = Respelled(claims, at_hand).warnings()
    unknown = unknown_deciders(decisions, _contributors(claims, batches, remembered))

    publication = Publication(claims, given.folder, given.waiting, overtaken.replaced, batches)
    schema.run()
    for table in schema.fields:
        claims.require(table)
    return Prepared(
        batches=batches,
        who=who,
        late={batch.rank for batch in batches if not claims.is_now(batch)},
        claims=claims,
        resolutions=resolutions,
        order=order,
        remembered=remembered,
        overtaken=overtaken,
        identity=identity,
        redirects=redirects,
        schema=schema,
        provenance=provenance,
        publication=publication,
        respelled=respelled,
        unknown_deciders=unknown,
    )


def _open_claims(
    given: Given, batches: Sequence[Batch], at_hand: Sequence[Batch], conflicts: Sequence[Conflict], order: Succession
) -> tuple[Claims, Gone]:
    """Give the store for claims, and the dropped columns with open conflicts."""
    tables, gone = with_gone(working(given.package, batches, OWN), conflicts)
    policies = {name: policy_of(resource.table) for name, resource in tables.items()}
    forms = {name: NormalisedValues(resource, policies[name].fields) for name, resource in tables.items()}
    following = {late for _, late in order.by_rank} | _still_open(given.engine, batches)
    patches = frozenset(batch.rank for batch in at_hand if batch.rank in following and batch.mode is Mode.PATCH)
    claims = Claims(
        given.engine,
        given.package,
        policies,
        forms,
        patches_that_follow=patches,
        followed=order.followed(batches),
        named=succession.named_earlier(batches),
    )
    return claims, gone


def _order(
    given: Given, batches: Sequence[Batch], at_hand: Sequence[Batch], conflicts: Sequence[Conflict]
) -> Succession:
    """Find which batches follow each other."""
    absent = {batch.name for batch in batches} - {batch.name for batch in at_hand}
    waits = {one.name: one.contributor for one in given.waiting}
    succession.require_known(at_hand, given.package, conflicts, waits)
    return succession.succession(batches, absent, given.package)


def _still_open(engine: DuckDB, batches: Sequence[Batch]) -> set[int]:
    """Give the ranks of batches with claims that are open since earlier merges."""
    if not engine.has_rows(str(PROVENANCE_CELLS)):
        return set()
    is_open = f"status = {literal(ClaimStatus.OPEN)}"
    rows = engine.rows(f"SELECT DISTINCT batch FROM {PROVENANCE_CELLS} WHERE {is_open}")
    open_batches = {row["batch"] for row in rows}
    return {batch.rank for batch in batches if batch.name in open_batches}


def _take(given: Given, claims: Claims, batches: Sequence[Batch]) -> None:
    """Read the claims of each batch, after those of the batches that it names."""
    for batch in sorted(batches, key=lambda batch: len(claims.named[batch.name])):
        given.say(f"comparing {batch.name}")
        try:
            claims.take(batch)
        except DepositaryError as error:
            raise RefusedError([batch.name], *error.args) from error


# Who is who


def _identify(
    claims: Claims, decisions: Decisions, redirects: Sequence[Redirect], withdrawn: Collection[int]
) -> Identity:
    """Apply the judgements; `withdrawn` are the ranks of batches whose values do not count."""
    judged = {judgement.table for judgement in decisions.judgements}
    known = [redirect for redirect in redirects if redirect.table in claims.policies]
    ids = {table: _ids(claims, table) for table in judged | {redirect.table for redirect in known}}
    recorded = {table: _recorded_ids(claims, table) for table in judged}
    claimed = {table: _claimed_ids(claims, table) for table in judged}
    policies = identity_policies(resource.table for resource in claims.current)
    return identify(
        decisions.judgements,
        ids,
        known,
        recorded,
        claimed,
        lambda table, rows: distinct(claims, policies[table], rows, withdrawn),
    )


def _ids(claims: Claims, table: str) -> Collection[str]:
    return {row["id"] for row in claims.engine.rows(f"SELECT {ID} AS id FROM {claims.published(table)}")}


def _recorded_ids(claims: Claims, table: str) -> Collection[str]:
    """Name the rows in lines of earlier merges, published or not."""
    of_table = f'WHERE "table" = {literal(table)}'
    query = " UNION ".join(
        f"SELECT row_id AS id FROM {lines} {of_table}" for lines in (PROVENANCE_ROWS, PROVENANCE_CELLS)
    )
    return {row["id"] for row in claims.engine.rows(query)}


def _claimed_ids(claims: Claims, table: str) -> Collection[str]:
    """Name the rows in claims of contributions, published or not."""
    staged_tables = claims.with_rows(table, CLAIMS, ADDS, DELETIONS, RESTORED)
    query = " UNION ".join(f"SELECT {ID} AS id FROM {staged.of(table)}" for staged in staged_tables)
    return {row["id"] for row in claims.engine.rows(query)} if query else set()


def _contributors(claims: Claims, batches: Sequence[Batch], remembered: Remembered) -> Collection[str]:
    """Name the contributors in the package or in a contribution."""
    tables = {
        reference.table
        for policy in claims.policies.values()
        for reference in policy.table.foreign_keys
        if policy.contributor in reference.fields and reference.table in claims.policies
    }
    known: set[str] = {batch.contributor for batch in batches} | claims.recorded_contributors()
    known |= {who for c in remembered.conflicts for who in c.decided_by.split(", ") if who}
    known |= {side.contributor for c in remembered.conflicts for side in c.sides if side.contributor}
    for table in sorted(tables):
        known |= set(_ids(claims, table))
        if claims.has(ADDS, table):
            known |= {row["id"] for row in claims.engine.rows(f"SELECT {ID} AS id FROM {ADDS.of(table)}")}
    return known


def earlier_redirects(package: Package) -> list[Redirect]:
    """Give the redirects that a package has from earlier merges."""
    resource = package.get(REDIRECTS)
    return list(_earlier(resource)) if resource else []


def _earlier(resource: Resource) -> Iterator[Redirect]:
    for frame in fields(resource):
        for table, old_id, canonical_id, decided_by in frame.select(_REDIRECT).iter_rows():
            yield Redirect(table, old_id, canonical_id, decided_by or "")

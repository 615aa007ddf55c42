"""Merge contributions into a published package, and write a package with the provenance of every cell."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from depositary.check.documents.descriptor import sound_package
from depositary.check.documents.find_target import find_target
from depositary.check.lanes.known import Known
from depositary.check.reading.columns import have_few_rows
from depositary.check.validate import judge_target
from depositary.engine.duckdb import DuckDB
from depositary.errors import RefusedError, UsageError
from depositary.merging.claims.admission import Admission, require_readable
from depositary.merging.claims.engine_tables import ADDS, FRESH, GONE, ID, MERGED, SETTLED, EngineTable
from depositary.merging.claims.identity import Redirect
from depositary.merging.claims.inputs import Batch, open_batches
from depositary.merging.claims.overtaken import Dropped
from depositary.merging.claims.policy import TablePolicy
from depositary.merging.claims.rewound import Rewound
from depositary.merging.claims.waiting import Waiting
from depositary.merging.conflicts.decisions import read_decisions, require_judgeable
from depositary.merging.prepare import Given, OnStep, Prepared, prepare
from depositary.merging.provenance.named_rows import named_rows
from depositary.merging.provenance.publish import OWN
from depositary.merging.rules.causes import RowPlace, fewest
from depositary.merging.rules.invalid_after_merge import Error, Held, Holding, decided_before, hold_undecided
from depositary.merging.rules.references import still_referred_to
from depositary.merging.rules.table_rules import TableRules
from depositary.merging.rules.tables import JudgedRows, TableMerge
from depositary.model.conflict import Conflict, Status
from depositary.model.decision import Choice, Judgement
from depositary.model.finding import Finding
from depositary.model.kinds import ConflictKind
from depositary.model.limits import Limits, half_of
from depositary.model.package import Package
from depositary.model.report import Report
from depositary.model.rule import RuleOptions
from depositary.read.paths import given_all, given_or_none
from depositary.wording.plain import shown
from depositary.write.exchange import building

_SECONDS = 36_000.0  # limit for one statement
_STAYS_GONE = "a decision keeps the row unchanged, but it was deleted before; contribute it again if it should exist"
_ALL = 1_000_000  # findings that are kept, because rows of the merged package with errors are held back one by one


@dataclass(frozen=True)
class TableChange:
    """The changes of one table in a merge, with the names of added and dropped columns."""

    table: str
    added: int
    deleted: int
    cells: int
    new_columns: tuple[str, ...] = ()
    dropped_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Merged:
    """The result of a merge: the changes, the conflicts, and the report on the merged package.

    `waiting` has the contributions that were set aside, and `idle` the decisions that are not applied as long as they
    wait. `new_warnings` has the warnings of `report` that the current package does not have; None if nobody asked.
    `names` has the rows that contributors named themselves, such as `local:kita`, with their ids: a frame with the
    columns contributor, batch, table, name, row_id, is_published and is_new: the package before does not have the row.
    """

    package: Package
    batches: tuple[Batch, ...]
    changes: tuple[TableChange, ...]
    conflicts: tuple[Conflict, ...]
    redirects: tuple[Redirect, ...]
    dropped: tuple[Dropped, ...]
    report: Report
    written: Path | None
    warnings: tuple[str, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    idle: tuple[Conflict, ...] = ()
    new_warnings: tuple[Finding, ...] | None = None
    names: pl.DataFrame = field(default_factory=pl.DataFrame, compare=False, repr=False)

    @property
    def open(self) -> tuple[Conflict, ...]:
        """Give the conflicts that are open."""
        return tuple(conflict for conflict in self.conflicts if conflict.status is Status.OPEN)


def merge(  # noqa: PLR0913 (each is an option of the command)
    current: str | Path,
    contributions: Iterable[str | Path],
    *,
    output_dir: str | Path | None = None,
    decisions: str | Path | None = None,
    bases: str | Path | None = None,
    asked: RuleOptions | None = None,
    limits: Limits | None = None,
    on_step: OnStep | None = None,
    set_aside: bool = False,
    compare: bool = False,
) -> Merged:
    """Merge contributions into a package, and write it with the provenance of every cell.

    Args:
        current: the published package; it is not changed.
        contributions: folders with `contribution.toml`; their order does not matter.
        output_dir: the folder for the merged package; it may replace one from an earlier merge. If it is not given,
            nothing is written.
        decisions: the folder with `resolutions` and `judgements`.
        bases: a folder with earlier packages on which contributions are based.
        asked: the options for the package's rules.
        limits: the memory that may be used before rows go to files.
        on_step: called with the current step.
        set_aside: merge only the valid contributions; the others are in `waiting` of the result.
        compare: also find out which warnings are new, which checks the current package by the rules that warn.

    Raises:
        InvalidContributionError: contributions are not valid by themselves.
        DepositaryError: nothing could be merged; the message gives the reason.
    """
    say, limits, asked = on_step or _silent, limits or Limits(), asked or RuleOptions()
    limits = replace(limits, examples=_ALL)
    batches_at = given_all(contributions)
    output_dir, decisions, bases = map(given_or_none, (output_dir, decisions, bases))
    package = sound_package(current)
    _require_elsewhere(package, output_dir)
    known = Known()
    admission = Admission(package, limits, known, set_aside=set_aside)
    with _thrown_away() as earlier:
        rewound = Rewound(package, earlier)
        batches = open_batches(batches_at, package, bases, rewound, admission.waiting)
        say("validating the package")
        require_readable(package, limits, known)
        say("validating the contributions")
        left = admission.admitted(batches)
        while True:
            try:
                return _merged(package, left, admission, output_dir, decisions, asked, say, compare=compare)
            except RefusedError as error:  # found while its claims are read
                left = admission.without(error, left)


def _merged(  # noqa: PLR0913 (as above)
    package: Package,
    batches: Sequence[Batch],
    admission: Admission,
    output_dir: Path | None,
    decisions: Path | None,
    asked: RuleOptions,
    say: OnStep,
    *,
    compare: bool,
) -> Merged:
    decided = read_decisions(decisions)
    if decisions:
        require_judgeable(decisions, {r.name: r.table.primary_key for r in package if r.name not in OWN})
    limits, waiting = admission.limits, sorted(admission.waiting, key=lambda one: one.name.encode())
    with ExitStack() as opened:
        folder = opened.enter_context(building(output_dir) if output_dir else _thrown_away())
        half = replace(limits, memory=half_of(limits.memory))  # rules are checked while the claims are in the engine
        engine = opened.enter_context(DuckDB(_SECONDS, half.memory, few_rows=_have_few_rows(package, batches)))
        given = Given(package, batches, decided, waiting, engine, folder, say)
        run = MergeRun(given, asked, half, prepare(given), admission.known)
        merged = run.merged()
        if compare:
            merged = replace(merged, new_warnings=run.new_warnings(merged.report))
    merged = replace(merged, warnings=(*admission.warnings, *merged.warnings))
    return replace(merged, written=output_dir) if output_dir else merged


def _have_few_rows(package: Package, batches: Sequence[Batch]) -> bool:
    return have_few_rows((*package, *(file for batch in batches for file in (*batch.resources.values(), *batch.base))))


def _silent(_what: str) -> None:
    """Report nothing."""


@contextmanager
def _thrown_away() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="depositary-") as folder:
        yield Path(folder)


def _require_elsewhere(package: Package, output_dir: Path | None) -> None:
    if output_dir is None:
        return
    output, current = output_dir.resolve(), package.directory.resolve()
    if output == current or output in current.parents:
        raise UsageError(
            f"{output_dir}: this folder has the published package, and a merge never changes it. Name another folder."
        )


@dataclass
class MergeRun:
    """One merge, from the contributions' claims to the finished folder."""

    given: Given
    asked: RuleOptions
    limits: Limits
    known: Prepared
    judged_before: Known
    conflicts: dict[str, list[Conflict]] = field(default_factory=dict)
    held: Held = field(default_factory=Held)
    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    _given_up: set[Error] = field(default_factory=set)
    _merged_since: set[str] = field(default_factory=set)  # the tables that are not written yet as they are now

    def merged(self) -> Merged:
        """Merge the tables, check the result, and write it."""
        known = self.known
        decided_before(known.claims, self.held, self.given.decisions.resolutions, known.who)
        self._merge(known.claims.tables)
        self._keep_what_is_referred_to()
        report = self._check()
        conflicts, idle = self._separate_idle(self._all_conflicts())
        undecided = hold_undecided(self.known.claims, self.held, idle)
        if undecided:
            self.merge_anew(undecided)
            report = self._check()
            conflicts, idle = self._separate_idle(self._all_conflicts())
        self.given.say("writing the provenance")
        redirects = self._redirects()
        known.publication.write_account(known.provenance, conflicts, redirects)
        return Merged(
            package=self.given.package,
            batches=tuple(batch for batch in self.known.batches if batch.name not in self.known.remembered.absent),
            changes=tuple(self._changes()),
            conflicts=tuple(conflicts),
            redirects=tuple(redirects),
            dropped=self.known.overtaken.dropped,
            report=report,
            written=None,
            warnings=tuple(self._warnings(conflicts)),
            waiting=tuple(self.given.waiting),
            idle=tuple(idle),
            names=named_rows(known.claims, known.batches, redirects),
        )

    # The tables

    def _keep_what_is_referred_to(self) -> None:
        while True:
            found = still_referred_to(self.known.claims, self.known.claims.tables)
            changed = [table for table, rows in sorted(found.items()) if rows.keys() - self.kept.get(table, {}).keys()]
            if not changed:
                return
            for table in changed:
                self.kept[table] = {**found[table], **self.kept.get(table, {})}
            self._merge(changed)

    def _merge(self, tables: Iterable[str]) -> None:
        for table in tables:
            self._merged_since.add(table)
            self.given.say(f"merging {table}")
            policy = self.known.claims.policies[table]
            rules = TableRules(
                policy,
                self.known.claims.forms[table],
                self.known.resolutions,
                self.known.who,
                self._kinds(policy),
                self.known.order.by_rank,
            )
            judged_rows = JudgedRows(
                asked=[
                    *(line.row_id for line in self.given.decisions.resolutions if line.table == table and line.row_id),
                    *self.known.remembered.rows.get(table, ()),
                    *self.known.overtaken.rows.get(table, ()),
                ],
                kept=self.kept.get(table, {}),
                held=self.held.of(table),
                open_deletions=self.known.remembered.deletions_asked(table),
                open_cells=self.known.remembered.open_cells(table),
                overruled={row_id for where, row_id in self.held.overruled if where == table},
            )
            self.conflicts[table] = TableMerge(self.known.claims, rules, self.known.late, judged_rows).run()

    def _kinds(self, policy: TablePolicy) -> Mapping[str, str]:
        """Give the kinds of the sources in claims, if a policy needs them."""
        references = [r for r in policy.table.foreign_keys if r.fields == (policy.source,)]
        if not references or not any(rule.source_kinds for rule in policy.fields.values()):
            return {}
        table = references[0].table
        staged_tables = [ADDS.of(table)] if self.known.claims.has(ADDS, table) else []
        kinds: dict[str, str] = {}
        for staged in [*staged_tables, self.known.claims.published(table)]:
            query = f"SELECT {ID} AS id, source_kind AS kind FROM {staged} WHERE source_kind IS NOT NULL ORDER BY ALL"
            kinds |= {row["id"]: row["kind"] for row in self.given.engine.rows(query)}
        return kinds

    # The result

    def _check(self) -> Report:
        """Write the tables and validate them, and hold rows with errors back until there are no errors."""
        at_first, kept = self.held.copied(), {table: dict(of) for table, of in self.kept.items()}
        while True:
            report = self._held_back()
            if not self.holding.are_back(report):
                self.holding.keep_unattributed(report, self.known.remembered.unattributed)
                return report
            self.hold_only(at_first, kept)
            self.held.overruled.clear()
            self.held.overruled.update(at_first.overruled)
            self._given_up.clear()
            self.merge_anew(self.known.claims.tables)

    def _held_back(self) -> Report:
        while True:
            report = self.judged()
            new = self.holding.hold_back(report, self._errors_before(report)) or self._searched(report)
            if not new:
                return report
            self.merge_anew(new)

    def hold_only(self, held: Held, kept: Mapping[str, Mapping[str, str]]) -> None:
        """Hold back, and keep, what was held back and kept before, and nothing else."""
        self.held.rows.clear()
        self.held.rows.update(held.copied().rows)
        self.kept.clear()
        self.kept.update((table, dict(of)) for table, of in kept.items())

    def merge_anew(self, tables: Iterable[str]) -> None:
        """Merge some tables again, with the rows that are now held back."""
        self._merge(tables)
        self._keep_what_is_referred_to()

    def judged(self) -> Report:
        """Write the tables and validate them."""
        self.given.say("writing the tables")
        tables = self.known.claims.tables
        copied = self.known.publication.write_tables(tables, self.known.schema.fields, self._merged_since)
        self.judged_before.note_copies(copied)
        self._merged_since.clear()
        self.given.say("validating the merged package")
        return self._report_on(self.given.folder, self.asked)

    @cached_property
    def holding(self) -> Holding:
        """Give the object that holds back rows that are not valid."""
        from depositary.check.rules.rules import Rules  # noqa: PLC0415 (its libraries take time to load)

        target = find_target(self.given.folder, None, None)
        judges = target.package and self.asked.concerns(target.package.descriptor)
        reads = Rules(target, target.package, self.asked).reads if judges and target.package else {}
        return Holding(self.known.claims, self.held, self.known.who, reads)

    def _searched(self, report: Report) -> list[str]:
        """For an error without a known cause, hold back the fewest rows that remove it; one error at a time."""
        for error, conflicts in self.holding.unexplained(report, self._errors_before(report)):
            if conflicts and error not in self._given_up:
                self.given.say("looking for the cause of an error")
                trial = _Trial(self, error, conflicts)
                found = fewest(list(conflicts), trial.is_gone_without)
                trial.hold_back(found)
                self._given_up |= set() if found else {error}
                return trial.tables
        return []

    def _errors_before(self, report: Report) -> Report | None:
        """Validate the published package, if its own errors must be distinguished from new ones, by the same rules."""
        errors = [finding for finding in report if finding.level == "error"]
        return self._before(errors) if report.errors else None

    def new_warnings(self, report: Report) -> tuple[Finding, ...]:
        """Give the warnings of the merged package that the published one does not have, in their order."""
        warnings = [finding for finding in report if finding.level == "warning"]
        before = Counter(map(_without_place, self._before(warnings) if warnings else ()))
        new = []
        for finding in warnings:
            what = _without_place(finding)
            if before[what] > 0:
                before[what] -= 1
            else:
                new.append(finding)
        return tuple(new)

    def _before(self, findings: Sequence[Finding]) -> Report:
        """Validate the published package by the rules of some findings."""
        rules = {finding.rule for finding in findings} - {""}
        asked = replace(self.asked, rules=self.asked.rules and bool(rules), select=self.asked.select or sorted(rules))
        if any(finding.code == "rule-error" for finding in findings):  # which has no rule: the rule is refused
            asked = self.asked
        return self._report_on(self.given.package.directory, asked)

    def _report_on(self, folder: Path, asked: RuleOptions) -> Report:
        return judge_target(find_target(folder, None, None), asked, self.limits, known=self.judged_before)

    def _all_conflicts(self) -> list[Conflict]:
        found = [c for table in sorted(self.conflicts) for c in self.conflicts[table]]
        found += [*self.known.identity.conflicts, *self.known.schema.conflicts, *self.held.unattributed]
        found = self.known.remembered.listed(
            [self.known.order.explained(conflict) for conflict in found], self.known.resolutions
        )
        found += self.known.resolutions.unused(found)
        return sorted(found, key=lambda conflict: conflict.sort_key)

    def _is_kept_though_gone(self, conflict: Conflict) -> bool:
        """Return whether a decision without a listed conflict keeps a row unchanged that was deleted before."""
        gone = any(not side.contributor and side.value is None for side in conflict.sides)
        is_new = conflict.conflict_id not in {c.conflict_id for c in self.known.remembered.conflicts}
        chosen = {line.choice for line in self.known.resolutions.fitting(conflict)}
        is_about_it = conflict.kind == ConflictKind.DELETE_EDIT and conflict.status is Status.RESOLVED
        return is_about_it and gone and is_new and chosen == {Choice.BASE}

    def _warnings(self, conflicts: Iterable[Conflict]) -> Iterator[str]:
        """Warn about unknown rows and people in decisions; a row may be in a waiting contribution."""
        yield from map(_unknown, self.known.identity.unknown if not self.given.waiting else ())
        yield from self.known.respelled
        yield from self.known.order.warnings
        yield from (f"{c.table} {c.row_id}: {_STAYS_GONE}" for c in conflicts if self._is_kept_though_gone(c))
        if self.known.unknown_deciders:
            yield f"these deciders are not known as contributors: {', '.join(self.known.unknown_deciders)}"

    def _separate_idle(self, conflicts: Sequence[Conflict]) -> tuple[list[Conflict], list[Conflict]]:
        """Separate the decisions that fit nothing: they may be about claims of waiting contributions."""
        idle = [c for c in conflicts if self.given.waiting and c.kind in (ConflictKind.STALE, ConflictKind.UNUSED)]
        return [c for c in conflicts if c not in idle], idle

    def _redirects(self) -> list[Redirect]:
        """Give the redirects of this merge and of earlier ones, each directly to the current id."""
        there = {table: self._there(table) for table in self.known.identity.redirects}
        made = [
            r for of in self.known.identity.redirects.values() for r in of.values() if r.canonical_id in there[r.table]
        ]
        new = {(r.table, r.old_id): r for r in made}
        for redirect in self.known.redirects:
            to = new.get((redirect.table, redirect.canonical_id))
            straight = replace(redirect, canonical_id=to.canonical_id) if to else redirect
            new.setdefault((redirect.table, redirect.old_id), straight)
        return [new[index] for index in sorted(new)]

    def _there(self, table: str) -> set[str]:
        """Name the rows of a table that are or were published."""
        staged_tables = [self.known.claims.published(table)] + (
            [MERGED.of(table)] if table in self.known.claims.tables else []
        )
        return {
            row["id"] for staged in staged_tables for row in self.given.engine.rows(f"SELECT {ID} AS id FROM {staged}")
        }

    def _changes(self) -> Iterator[TableChange]:
        for table in self.known.claims.tables:
            added, gone, cells = (self._count(staged, table) for staged in (FRESH, GONE, SETTLED))
            before = list(self.given.package[table].table.field_names)
            after = (
                [f["name"] for f in self.known.schema.fields[table]] if table in self.known.schema.fields else before
            )
            came, went = (tuple(n for n in one if n not in other) for one, other in ((after, before), (before, after)))
            if any((added, gone, cells, came, went)):
                yield TableChange(table, added, gone, cells, came, went)

    def _count(self, staged: EngineTable, table: str) -> int:
        there = f"FROM {staged.of(table)}" if self.known.claims.has(staged, table) else ""
        return sum(row["n"] for row in self.given.engine.rows(f"SELECT count(*) AS n {there}")) if there else 0


@dataclass
class _Trial:
    """Tests whether an error disappears if more rows are held back."""

    run: MergeRun
    error: Error
    conflicts: Mapping[RowPlace, Conflict]

    def __post_init__(self) -> None:
        self.tables = sorted({table for table, _ in self.conflicts})
        self._held, self._kept = self.run.held.copied(), {table: dict(of) for table, of in self.run.kept.items()}

    def hold_back(self, places: Iterable[RowPlace]) -> None:
        """Hold these rows back, instead of those that were tried before."""
        self.run.hold_only(self._held, self._kept)
        for place in places:
            self.run.held.add(place, self.conflicts[place])

    def is_gone_without(self, places: Iterable[RowPlace]) -> bool:
        """Merge again without the claims on these rows, and check whether the error is gone."""
        self.hold_back(places)
        self.run.merge_anew(self.tables)
        return self.error not in self.run.holding.errors(self.run.judged())


def _unknown(found: tuple[Judgement, str]) -> str:
    judgement, one = found
    return (
        f"{judgement.table}: {judgement.decided_by} judges {shown(judgement.left_id)} and {shown(judgement.right_id)}, "
        f"but no row has or had the id {shown(one)}; correct the judgement, or remove it"
    )


def _without_place(finding: Finding) -> tuple[str, ...]:
    """Give what a finding is about without its row: other rows may have come before it."""
    return finding.table, finding.level, finding.code, finding.rule, finding.field, finding.value, finding.message

"""Validate a package, a contribution or a file, and give a report."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from depositary.check.documents.deletes import judge_deletes
from depositary.check.documents.find_target import find_target
from depositary.check.documents.local_names import LocalNames
from depositary.check.documents.manifest import contributor, no_rows
from depositary.check.documents.mapped_advice import mapped_advice
from depositary.check.lanes.alike_keys import judge_alike_keys
from depositary.check.lanes.key_forms import judge_key_forms
from depositary.check.lanes.keys_elsewhere import KeysElsewhere
from depositary.check.lanes.known import Known, Recall
from depositary.check.lanes.redirected import judge_redirected
from depositary.check.lanes.references import Parents
from depositary.check.lanes.sink import Sink
from depositary.check.lanes.table import OnRows, Outcome, judge_table
from depositary.check.reading.columns import is_small
from depositary.check.reading.patch_notation import LOCAL
from depositary.check.rules.labels import labelled
from depositary.errors import UsageError
from depositary.model.finding import Finding
from depositary.model.limits import Limits, half_of
from depositary.model.mapping import ColumnMapping
from depositary.model.package import Mode, Package
from depositary.model.report import NotJudged, Report, TableReport, Total
from depositary.model.rule import Rule, RuleOptions
from depositary.model.tally import Tally
from depositary.model.target import Input, Target
from depositary.read.contribution import DELETES
from depositary.read.files.stamp import Stamp, stamp_of
from depositary.read.paths import given, given_or_none
from depositary.wording.plain import shown

if TYPE_CHECKING:  # its libraries take time to load
    from depositary.check.lanes.elsewhere import Cluster
    from depositary.check.rules.rules import Rules
    from depositary.check.rules.staged_tables import StagedTables
    from depositary.check.rules.table_sink import TableSink


def validate(  # noqa: PLR0913 (two of them are for the command line and for tests)
    path: str | Path,
    base: str | Path | None = None,
    *,
    table: str | None = None,
    contributor: str = "",
    asked: RuleOptions | None = None,
    limits: Limits | None = None,
    on_rows: OnRows | None = None,
    reference_only: bool = False,
) -> Report:
    """Validate a data package, a contribution to one, or a single CSV file.

    Args:
        path: a folder with `datapackage.json` or `contribution.toml`, one of these files, a CSV file, or a zip archive
            of such a folder.
        base: the package that a contribution or file belongs to; by default the one that the nearest
            `depositary.toml` above it names.
        table: the table of a CSV file, if its name is not the name of a table.
        contributor: who contributes tables that have no `contribution.toml`; they are checked as a patch.
        asked: the options for the package's rules; by default all that can be checked.
        limits: the findings that are kept for each code, field and rule (totals are always exact), and the memory for
            keys and rules before they use files.
        on_rows: called with a table's name and the number of its rows checked so far.
        reference_only: leave out our checks beyond frictionless 5.21 (docs/parity.md); for tests.

    Raises:
        DepositaryError: nothing could be validated; the message gives the reason.
    """
    target = find_target(given(path), given_or_none(base), table, contributor)
    if reference_only:
        target = target.by_the_reference()
        asked = RuleOptions(rules=False)
    return judge_target(target, asked or RuleOptions(), limits, on_rows)


def judge_target(  # noqa: PLR0913 (three of them are for the rest of a run)
    target: Target,
    asked: RuleOptions,
    limits: Limits | None = None,
    on_rows: OnRows | None = None,
    *,
    known: Known | None = None,
    cluster: "Cluster | None" = None,
) -> Report:
    """Check the tables of a target, and its package's rules if wanted.

    `known` has what the same run has judged already, and what is judged now is added to it. A cluster judges the rows
    of large tables; by default this machine does.

    Raises:
        UsageError: a file changed while it was read.
    """
    limits = limits or Limits()
    if limits.cache:
        target = target.remembered_in(limits.cache)
    with _unchanged(target):
        recall = Recall(target.parents, known or Known(), is_shared=known is not None)
        judges_rules = target.package and asked.concerns(target.package.descriptor)
        if judges_rules and any(map(_is_joined, target.inputs)):  # two engines at the same time
            limits = replace(limits, memory=half_of(limits.memory))
        takes = cluster.takes if cluster else _nothing
        elsewhere = KeysElsewhere.among(target.inputs, target.parents, takes)
        parents = Parents(target.parents, recall, elsewhere)
        run = _Validation(target, parents, limits, on_rows or _silent, recall, cluster)
        with cluster.package() if cluster else nullcontext():
            if target.package and judges_rules:
                return run.with_rules(target.package, asked)
            return run.without_rules()


# A patch leaves out what it does not change, and refers to rows of its base.
_RIGHT_IN_A_PATCH = {"missing-label", "required-constraint", "missing-cell"}
_RIGHT_WITH_A_BASE = "foreign-key"


def _is_joined(entry: Input) -> bool:
    """Return whether a file is a patch so large that an engine joins it with its base."""
    return entry.is_overlay and not is_small(entry.resource)


@contextmanager
def _unchanged(target: Target) -> Iterator[None]:
    """Refuse a report on files that were written meanwhile: some of its findings would be about the earlier ones."""
    entries = (*target.inputs, *(entry for entries in target.parents.values() for entry in entries))
    files = sorted({file for entry in entries for file in entry.resource.files})
    before = list(map(_written, files))
    yield
    for file, stamp in zip(files, before, strict=True):
        if _written(file) != stamp:
            raise UsageError(f"{file}: changed while it was read, so there is no report. Run this again.")


def _written(file: Path) -> Stamp | None:
    """Give the stamp of a file, without the time of a new name or other rights; None if it is not there."""
    with suppress(OSError):
        return (*stamp_of(file)[:4], 0)
    return None


@dataclass(frozen=True)
class _Validation:
    target: Target
    parents: Parents
    limits: Limits
    on_rows: OnRows
    recall: Recall
    cluster: "Cluster | None" = None
    local_names: LocalNames = field(default_factory=LocalNames)

    def without_rules(self) -> Report:
        """Check only the tables."""
        outcomes = {id(entry): self._judge(entry) for entry in self.parents.elsewhere.order(self.target.inputs)}
        return self._report([outcomes[id(entry)] for entry in self.target.inputs])

    def with_rules(self, package: Package, asked: RuleOptions) -> Report:
        """Check the tables, and pass their typed rows to the rules."""
        from depositary.check.rules.rules import Rules  # noqa: PLC0415 (its libraries take time to load)
        from depositary.engine.chosen import OPENER  # noqa: PLC0415 (as above)

        rules = Rules(self.target, package, asked, self.recall)
        names = [entry.resource.name for entry in self.target.inputs]
        tallies = {name: Tally(name, self.limits.examples) for name in names}
        with rules.staged(OPENER, self.limits.memory) as stage:
            outcomes = self._judged_for(rules, stage)
            if stage:
                stage.close(self.parents)
            rules.judge(stage, tallies)
        outcomes = [
            _joined(outcome, entry, tallies[entry.resource.name], rules.labels)
            for entry, outcome in zip(self.target.inputs, outcomes, strict=True)
        ]
        report = self._report(outcomes, rules.findings)
        return replace(report, not_judged=(*report.not_judged, *rules.not_judged()), rules=rules.report())

    def _judged_for(self, rules: "Rules", stage: "StagedTables | None") -> list[Outcome]:
        """Check the tables, and stage their typed rows; those for the cluster come last, with the rules for it."""
        takes = self.cluster.takes if self.cluster else _nothing
        large = {entry.resource.name for entry in self.target.inputs if takes(entry)}
        outcomes: dict[int, Outcome] = {}
        ordered = self.parents.elsewhere.order(self.target.inputs)
        for entry in sorted(ordered, key=lambda entry: entry.resource.name in large):
            name = entry.resource.name
            sink = stage.sink(entry, is_beside=bool(large) and name not in large) if stage else None
            if stage and sink and name in large:
                rules.divide(sink, name, stage, large, self.limits.examples)
            outcomes[id(entry)] = self._judge(entry, sink)
        return [outcomes[id(entry)] for entry in self.target.inputs]

    def _judge(self, entry: Input, sink: "TableSink | None" = None) -> Outcome:
        """Judge a table, unless the same run has judged it, and has the rows for the rules."""
        recall, rows = self.recall, self.recall.known.rows
        table = recall.table(entry)
        if table is None:
            return self._judged(entry, sink)
        parents = [self.parents.keys_for(entry, key) for key in entry.resource.table.foreign_keys]
        clean = recall.clean(entry, parents)
        before = clean or recall.outcome(table, self.limits.examples)
        address = recall.file(entry) if clean else table
        if before and (sink is None or sink.take_again(rows.get(address))):
            return before
        outcome = self._judged(entry, sink)
        recall.note(table, self.limits.examples, outcome)
        is_clean = recall.note_clean(entry, outcome, parents)
        if sink and (kept := sink.kept):
            for one in (table, *((recall.file(entry),) if is_clean else ())):
                rows[one] = kept
        return outcome

    def _judged(self, entry: Input, sink: Sink | None) -> Outcome:
        outcome = _in_their_words(
            entry, judge_table(entry, self.parents, self.limits, self.on_rows, sink, self.cluster)
        )
        if entry.resource.mapping:
            outcome = _with(outcome, *self.local_names.judge(entry, self.parents, self.limits.examples))
        outcome = _with(outcome, *judge_key_forms(entry, self.parents, self.limits.examples))
        outcome = _with(outcome, *judge_redirected(entry, self.parents, self.limits.examples))
        compares = outcome.odd_keys if entry.mode is Mode.TABLE else outcome.may_add
        if compares and not entry.reference_only:
            numbers = {finding.field for finding in outcome.report.findings if finding.code == "cell-kind"}
            outcome = _with(outcome, *judge_alike_keys(entry, self.parents, self.limits.examples, numbers))
        if entry.resource.name == DELETES:
            return judge_deletes(entry, self.parents, self.limits.examples, outcome)
        return outcome

    def _report(self, outcomes: list[Outcome], more: Iterable[Finding] = ()) -> Report:
        tally = Tally("", self.limits.examples)
        general = (*self.target.findings, *contributor(self.target.contributor, self.parents))
        # What is wrong with a table may be why it has no rows, so its error is enough.
        rows = [None if outcome.report.count("error") else outcome.report.rows for outcome in outcomes]
        for finding in (*general, *(no_rows(rows) if self.target.needs_rows else ()), *more):
            tally.put(finding)
        return Report(
            subject=self.target.label,
            name=self.target.name,
            version=self.target.version,
            tables=tuple(_advised(self.target, outcome.report) for outcome in outcomes),
            findings=tally.findings,
            totals=tally.totals,
            not_judged=(
                *self.target.not_judged,
                *_as_patch(self.target, outcomes),
                *(n for outcome in outcomes for n in outcome.not_judged),
            ),
            is_part=self.target.is_part,
            contributor=self.target.contributor,
        )


def _as_patch(target: Target, outcomes: Iterable[Outcome]) -> Iterator[NotJudged]:
    """Say how to check a single file as a patch, if it has what is right in a patch and wrong in a whole table."""
    for outcome in outcomes if target.as_patch else ():
        if any(_is_right_in_a_patch(target, finding) for finding in outcome.report.findings):
            how = (
                "a file by itself is checked as a whole table. If its rows are to be added to a package or change it, "
                f"run {target.as_patch}"
            )
            yield NotJudged(outcome.report.name, "the rows as a contribution", how)


def _advised(target: Target, report: TableReport) -> TableReport:
    """Give another hint for missing columns of a single file: it may be a file of a patch, which has few columns."""
    if not target.as_patch:
        return report
    hint = (
        f"if its rows are to be added to a package or change it, they are a patch: run {target.as_patch}, or put a "
        "contribution.toml beside it, and check the folder; if it is a whole table, add the column"
    )
    lacking = (replace(f, hint=hint) if f.code == "missing-label" else f for f in report.findings)
    return replace(report, findings=tuple(lacking))


def _is_right_in_a_patch(target: Target, finding: Finding) -> bool:
    lacks_base = finding.code == _RIGHT_WITH_A_BASE and not target.version
    return finding.code in _RIGHT_IN_A_PATCH or lacks_base or finding.value.startswith(LOCAL)


def _joined(outcome: Outcome, entry: Input, rules: Tally, labels: Sequence[Rule]) -> Outcome:
    """Add the findings of rules after those of the table, and add rule ids to the latter."""
    report = labelled(outcome.report, labels, [f.name for f in entry.resource.table.fields if f.is_edtf])
    named = map(partial(_with_labels, entry.resource.mapping), rules.findings)
    at = {file: number for number, file in enumerate(report.files)}  # of a table in parts
    found = sorted(named, key=lambda finding: (at.get(finding.file, 0), finding.row, finding.rule))
    totals = tuple(sorted((*report.totals, *rules.totals)))
    return replace(outcome, report=replace(report, findings=(*report.findings, *found), totals=totals))


def _with(outcome: Outcome, findings: Sequence[Finding], totals: Sequence[Total]) -> Outcome:
    """Add more findings after those of a table."""
    report = outcome.report
    more = replace(report, findings=(*report.findings, *findings), totals=tuple(sorted((*report.totals, *totals))))
    return replace(outcome, report=more)


def _in_their_words(entry: Input, outcome: Outcome) -> Outcome:
    """Add the original column names of a mapped file to its findings, if they differ from ours."""
    if entry.resource.mapping is None:
        return outcome
    advised = (mapped_advice(entry.resource, finding) for finding in outcome.report.findings)
    named = tuple(map(partial(_with_labels, entry.resource.mapping), advised))
    return replace(outcome, report=replace(outcome.report, findings=named))


def _with_labels(mapping: ColumnMapping | None, finding: Finding) -> Finding:
    number = int(finding.reference.get("rowNumber") or finding.row)
    names = [label for name in finding.field.split(", ") if mapping and (label := mapping.theirs(name, number))]
    if mapping and finding.field in mapping.constants and finding.row > 1:
        return replace(finding, message=f"{finding.message} (from `constants` in the manifest)")
    named = f"{finding.message} (column {' and '.join(map(shown, names))} of the file)"
    return replace(finding, message=named) if names and finding.row > 1 else finding


def _nothing(_entry: Input) -> bool:
    """Take no table."""
    return False


def _silent(_table: str, _rows: int) -> None:
    """Report nothing."""

"""Choose the contributions to merge: those that can be opened and are valid, with those on which they depend."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from depositary.check.documents.find_target import find_target
from depositary.check.lanes.known import Known
from depositary.check.validate import judge_target
from depositary.errors import RefusedError, UsageError
from depositary.merging.claims.inputs import Batch, named_before, withdrawn_by
from depositary.merging.claims.succession import named_earlier
from depositary.merging.claims.waiting import Waiting, refused
from depositary.model.codes import CODES
from depositary.model.finding import Finding
from depositary.model.limits import Limits
from depositary.model.own_tables import REDIRECTS
from depositary.model.package import Package
from depositary.model.report import Report
from depositary.model.rule import RuleOptions
from depositary.model.target import Input, Target
from depositary.wording.plain import number

_OF_VALUES = ("type-error", "constraint-error", "unique-error", "foreign-key", "row-constraint")
_INVALID = "it is not valid"
_REFERENCE = "foreign-key"


def require_readable(package: Package, limits: Limits, known: Known) -> None:
    """Refuse a package whose rows are not certain; wrong values in its cells are allowed, a merge may correct them.

    Raises:
        UsageError: a file is missing or broken, has other columns, or uses a key twice.
    """
    report = judge_target(
        find_target(package.directory, None, None), RuleOptions(rules=False), replace(limits, examples=1), known=known
    )
    for found in uncertain(report):
        place = " ".join(filter(None, [found.table, f"row {found.row}" if found.row else ""]))
        raise UsageError(
            f"{package.directory}: {place or 'its descriptor'}: {found.message}. Nothing can be merged into it "
            "before this is corrected. depositary validate lists all errors."
        )


def uncertain(report: Report) -> Iterator[Finding]:
    """Give the errors that leave rows and columns uncertain; wrong values in cells are not among them."""
    return (one for one in report if one.level == "error" and CODES[one.code].reference not in _OF_VALUES)


@dataclass
class Admission:
    """The choice of contributions to merge; `waiting` has the others, an error unless they are set aside.

    `warnings` has the validation warnings of contributions that are merged anyway.
    """

    package: Package
    limits: Limits
    known: Known
    set_aside: bool
    waiting: list[Waiting] = field(default_factory=list)
    warnings: tuple[str, ...] = ()
    _targets: dict[str, Target] = field(default_factory=dict)

    def admitted(self, batches: Sequence[Batch]) -> list[Batch]:
        """Give the valid contributions: types are checked alone, references together with all other valid ones.

        Raises:
            DepositaryError: one is not valid, and invalid ones are not set aside.
        """
        left = self._with_readable_bases(batches)
        while True:
            before, left = left, self._valid(self._not_replaced(left))
            if self.waiting and not self.set_aside:
                raise refused(self.waiting)
            if len(left) == len(before):
                return [self._in_order(batch) for batch in left]

    def without(self, error: RefusedError, batches: Sequence[Batch]) -> list[Batch]:
        """Give the contributions that are left after some were found to be wrong during the merge.

        Raises:
            RefusedError: wrong ones are not set aside.
        """
        if not self.set_aside:
            raise error
        self.waiting += [_waits(batch, "it cannot be merged", error=error) for batch in _of(batches, error.batches)]
        return self.admitted([batch for batch in batches if batch.name not in error.batches])

    def _in_order(self, batch: Batch) -> Batch:
        """Make a contribution follow those that it follows through a waiting one."""
        waiting = {one.name: one.batch for one in self.waiting}
        named = [name for name in named_before(batch.manifest) if name in waiting]
        for name in named:  # the list grows in the loop
            between = waiting.get(name)
            named += [n for n in named_before(between.manifest) if n not in named] if between else []
        follows = [name for name in named if name not in waiting]
        if not follows:
            return batch
        return replace(batch, manifest={**batch.manifest, "follows": [*batch.manifest.get("follows", ()), *follows]})

    def _with_readable_bases(self, batches: Sequence[Batch]) -> list[Batch]:
        bases = {batch.base.directory: batch.base for batch in batches}
        unreadable: dict[object, UsageError] = {}
        for directory, base in bases.items():
            if directory != self.package.directory:
                try:
                    require_readable(base, self.limits, self.known)
                except UsageError as error:
                    unreadable[directory] = error
        for batch in batches:
            if batch.base.directory in unreadable:
                why = "the package on which it is based cannot be read"
                self.waiting.append(_waits(batch, why, error=unreadable[batch.base.directory]))
        return [batch for batch in batches if batch.base.directory not in unreadable]

    def _not_replaced(self, batches: Sequence[Batch]) -> list[Batch]:
        """Leave out what a waiting contribution supersedes, because its contributor has withdrawn it."""
        left = list(batches)
        for one in self.waiting:  # the list grows in the loop
            for batch in [
                batch for batch in left if one.contributor == batch.contributor and batch.name in one.replaces
            ]:
                self.waiting.append(_waits(batch, f"{one.name}, which supersedes it, waits", follows=True))
                left.remove(batch)
        return left

    def _valid(self, batches: Sequence[Batch]) -> list[Batch]:
        reports = {batch.name: self._judged(batch, batches) for batch in batches}
        wrong = [batch for batch in batches if reports[batch.name].errors]
        self.waiting += [self._invalid(batch, reports[batch.name], batches) for batch in wrong]
        right = [report for report in reports.items() if not report[1].errors]
        self.warnings = tuple(f"{name}: {_warned(report)}" for name, report in right if report.warnings)
        return [batch for batch in batches if not reports[batch.name].errors]

    def _judged(self, batch: Batch, others: Iterable[Batch]) -> Report:
        published = {resource.name: Input(resource) for resource in self.package}
        rest = [other for other in others if other is not batch]
        earlier = named_earlier([batch, *rest])[batch.name]
        beside = [self._earlier(o) if o.name in earlier else self._target(o) for o in rest]
        target = _together(self._target(batch), beside, published)
        return judge_target(target, RuleOptions(rules=False), replace(self.limits, examples=100), known=self.known)

    def _earlier(self, batch: Batch) -> Target:
        """Give the rows of an earlier batch that another one follows."""
        target = self._target(batch)
        return replace(target, inputs=tuple(replace(entry, is_earlier=True) for entry in target.inputs))

    def _target(self, batch: Batch) -> Target:
        if batch.name not in self._targets:
            self._targets[batch.name] = find_target(batch.directory, batch.base.directory, None)
        return self._targets[batch.name]

    def _invalid(self, batch: Batch, report: Report, others: Sequence[Batch]) -> Waiting:
        """Return why a contribution waits: it is wrong itself, or it needs rows of another one that waits."""
        report = replace(report, subject=batch.place.as_posix())
        known = [one for one in self.waiting if one.batch]
        unknown = [one for one in self.waiting if one.batch is None]
        needed = [w for w in known if w.batch and self._judged(batch, [*others, w.batch]).errors < report.errors]
        if needed:
            return _waits(batch, f"it refers to rows of {_listed(needed)}", report=report, follows=True)
        if unknown and all(finding.code == _REFERENCE for finding in report if finding.level == "error"):
            why = f"it refers to rows that do not exist, perhaps rows of {_listed(unknown)}"
            return _waits(batch, why, report=report)
        return _waits(batch, _INVALID, report=report)


def _warned(report: Report) -> str:
    codes = ", ".join(dict.fromkeys(finding.code for finding in report if finding.level == "warning"))
    return f"its validation gives {number(report.warnings, 'warning')} ({codes}); depositary validate lists them"


def _waits(
    batch: Batch, why: str, *, follows: bool = False, report: Report | None = None, error: UsageError | None = None
) -> Waiting:
    return Waiting(batch.name, why, batch.contributor, withdrawn_by(batch.manifest), follows, report, error, batch)


def _listed(waiting: Sequence[Waiting]) -> str:
    return f"{' and '.join(one.name for one in waiting)}, which {'waits' if len(waiting) == 1 else 'wait'}"


def _of(batches: Iterable[Batch], names: Sequence[str]) -> list[Batch]:
    return [batch for batch in batches if batch.name in names]


def _together(target: Target, others: Sequence[Target], published: Mapping[str, Input]) -> Target:
    """Allow references of a contribution to rows of the others, and to rows published since its own base."""
    parents = {REDIRECTS: (), **target.parents} if REDIRECTS in published else dict(target.parents)
    for name, known in parents.items():
        more = tuple(entry for other in others for entry in other.inputs if entry.resource.name == name)
        files = {entry.resource.file for entry in known}
        since = (published[name],) if name in published and published[name].resource.file not in files else ()
        parents[name] = (*known[:-1], *more, *known[-1:], *since)
    return replace(target, parents=parents)

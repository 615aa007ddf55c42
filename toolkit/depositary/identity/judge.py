"""Record what a person judges about two rows, explain a pair, and take a judgement back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from depositary.errors import UsageError
from depositary.identity.compare import METHOD
from depositary.identity.judged import judged
from depositary.identity.listing import pair_text
from depositary.identity.places import Opened, Places, opened
from depositary.identity.suggest import Matching
from depositary.identity.suggestion import Suggestion
from depositary.merging.claims.distinct import Distinct, pair_of
from depositary.merging.claims.identifying import identity_policies
from depositary.merging.claims.mint import LOCAL
from depositary.merging.conflicts.decisions import add_judgements, is_day, remove_judgement, require_contributor
from depositary.merging.conflicts.resolve import Decider
from depositary.model.decision import Judgement, Verdict
from depositary.model.tidy import tidy
from depositary.wording.plain import shown
from depositary.wording.suggest import suggest as meant

MANUAL = "manual"  # the method of a judgement on rows that cannot be compared
_CONTRIBUTORS, _SOURCES = "contributors", "sources"
_AS = {Verdict.POSITIVE: "the same", Verdict.NEGATIVE: "different", Verdict.UNSURE: "perhaps the same"}


@dataclass(frozen=True)
class JudgementRequest:
    """What is judged about two rows; `table` may be empty if the ids are in one table only."""

    one: str
    other: str
    verdict: Verdict
    reason: str = ""
    source_id: str = ""
    table: str = ""


@dataclass(frozen=True)
class Judging:
    """The rows of all tables with a key of one field, to judge pairs of them."""

    opened: Opened
    matching: Matching
    _apart: dict[str, Matching | None] = field(default_factory=dict)

    @classmethod
    def of(cls, opened: Opened) -> "Judging":
        """Read the rows.

        Raises:
            DepositaryError: a file cannot be read.
        """
        policies = identity_policies(r.table for r in opened.package)
        matching = Matching.of(opened.package, opened.batches, opened.judgements, policies=policies)
        return cls(opened, matching)

    def judgement(self, asked: JudgementRequest, decider: Decider) -> Judgement:
        """Make the line of a judgement.

        Raises:
            UsageError: the rows cannot be judged so; the message gives the reason.
        """
        self.admit(decider)
        table, left, right = self.pair(asked.one, asked.other, asked.table)
        if asked.verdict is Verdict.POSITIVE:
            self.allow(table, left, right)
        if asked.source_id:
            self._require_source(asked.source_id)
        found = self.compared(table, left, right)
        return Judgement(
            table=table,
            left_id=left,
            right_id=right,
            judgement=asked.verdict,
            method=METHOD if found else MANUAL,
            score=found.score if found else None,
            reason=tidy(asked.reason),
            source_id=asked.source_id,
            decided_by=decider.name,
            decided_on=decider.day,
        )

    def pair(self, one: str, other: str, table: str = "") -> tuple[str, str, str]:
        """Find the table of two rows, and give their ids in order; a row may be named as its contributor named it.

        Raises:
            UsageError: a row is not known, both are the same, or they are in different tables.
        """
        if table and table not in self.matching.policies:
            hint = meant(table, {name: name for name in self.matching.policies})
            raise UsageError(f"{shown(table)} is not a table with a key of one field; {hint or 'correct the name'}")
        tables = [table] if table else list(self.matching.policies)
        found = [{name: ids for name in tables if (ids := self._ids(name, text))} for text in (one, other)]
        for text, in_tables in zip((one, other), found, strict=True):
            if not in_tables:
                raise UsageError(f"{shown(text)} is not the id of a row. {self._near(tables, text)}")
        both = [name for name in tables if all(name in in_tables for in_tables in found)]
        if not both:
            where = " and ".join(", ".join(in_tables) for in_tables in found)
            raise UsageError(f"{one} and {other} are in different tables ({where}): name two rows of one table.")
        if len(both) > 1:
            raise UsageError(f"{one} and {other} are in {' and '.join(both)}. Choose one with --table.")
        ids = [self._one_of(text, in_tables[both[0]]) for text, in_tables in zip((one, other), found, strict=True)]
        if ids[0] == ids[1]:
            raise UsageError(f"{one} and {other} are the same row. Name two rows.")
        return both[0], *pair_of(*ids)

    def compared(self, table: str, left: str, right: str) -> Suggestion | None:
        """Compare two rows as if nothing was judged; None if they cannot be compared, or differ in an identifier."""
        apart = self.apart(table)
        return apart.compared(table, left, right) if apart else None

    def apart(self, table: str) -> Matching | None:
        """Give the rows of a table as if nothing was judged; None if nothing says what identifies them."""
        if table not in self._apart:
            is_enough = self.matching.policies[table].is_enough
            found = Matching.of(self.opened.package, self.opened.batches, tables=[table]) if is_enough else None
            self._apart[table] = found
        return self._apart[table]

    def admit(self, decider: Decider) -> None:
        """Refuse a decider who is not a contributor, and a day that does not exist.

        Raises:
            UsageError: the decider or the day is refused.
        """
        if not is_day(decider.day):
            raise UsageError(f"{shown(decider.day)} is not a day. Write it like 2026-11-23.")
        if _CONTRIBUTORS in self.matching.policies:
            people = self._all_ids(_CONTRIBUTORS) | {batch.contributor for batch in self.opened.batches}
            require_contributor(decider.name, people)

    def _require_source(self, source: str) -> None:
        if _SOURCES in self.matching.policies and source not in self._all_ids(_SOURCES):
            hint = meant(source, {one: one for one in sorted(self._all_ids(_SOURCES))})
            raise UsageError(f"the source {shown(source)} is not in the table sources; {hint or 'correct its id'}")

    def _all_ids(self, table: str) -> frozenset[str]:
        given, known = self.matching.given, self.matching.known.identity.of(table)
        return given.ids(table, published=True) | given.ids(table, published=False) | known.keys()

    def _ids(self, table: str, text: str) -> list[str]:
        """Give the rows that a text means: the one with this id, or those that contributors name so."""
        if text.startswith(LOCAL):
            return self.matching.given.named(table, text)
        return [text] if text in self._all_ids(table) else []

    def _one_of(self, text: str, ids: list[str]) -> str:
        if len(ids) > 1:
            raise UsageError(f"several contributors name a row {text}. Write its id: {' or '.join(ids)}.")
        return ids[0]

    def _near(self, tables: list[str], text: str) -> str:
        known = {id_: id_ for table in tables for id_ in self._all_ids(table)}
        return meant(text, known) or "depositary identity suggest lists pairs with their ids."

    def allow(self, table: str, left: str, right: str) -> None:
        """Refuse to make one row of two that cannot be the same.

        Raises:
            UsageError: they have different identifiers, or one of them is never the same as another.
        """
        apart = self.apart(table)
        if apart is None:
            return
        records = apart.records(table)
        there = [id_ for id_ in (left, right) if id_ in records]
        texts = {one: {id_: records[id_][one] for id_ in there} for one in records.policy.forbidding}
        why = Distinct(texts).why(left, right)
        if why:
            raise UsageError(
                f"{left} and {right} cannot be the same: {why}. If a value is wrong, contribute the right one first."
            )


# What the commands do


def judge(places: Places, asked: JudgementRequest, decider: Decider) -> str:
    """Write a judgement on two rows, and report what was written.

    Raises:
        DepositaryError: the rows cannot be judged so, or the file cannot be written.
    """
    with opened(places) as there:
        judging = Judging.of(there)
        line = judging.judgement(asked, decider)
        (file,) = add_judgements(folder_of(places), [line])
        after = [one for one in there.judgements if (one.subject, one.decided_by) != (line.subject, line.decided_by)]
        against = contradictions(judging.matching, [*after, line], [line])
    what = f"{line.table}: {line.left_id} and {line.right_id} are {_AS[line.judgement]}"
    then = "" if line.judgement is Verdict.UNSURE else "; depositary merge applies it"
    return "\n".join([f"{what}. Written to {from_here(file)}{then}.", *against])


def undo(places: Places, one: str, other: str, table: str, decider: str | None) -> str:
    """Take back the judgements on two rows, or that of one person, and report it.

    Raises:
        UsageError: there is no such judgement.
        DepositaryError: the files cannot be read or written.
    """
    pair = pair_of(one, other)
    lines = [line for line in places.judgements if (line.left_id, line.right_id) == pair]
    lines = [line for line in lines if decider in (None, line.decided_by) and table in ("", line.table)]
    if not lines:
        who = f"{decider} has not" if decider else "nobody has"
        raise UsageError(f"{who} judged {pair[0]} and {pair[1]}: depositary identity explain shows what is judged.")
    people, tables = ({line.decided_by for line in lines}, {line.table for line in lines})
    if len(people) > 1:
        raise UsageError(f"{' and '.join(sorted(people))} have judged this. Say whose judgement, with --as.")
    if len(tables) > 1:
        raise UsageError(f"this is judged in {' and '.join(sorted(tables))}. Choose one with --table.")
    file = remove_judgement(folder_of(places), lines[0].table, pair, lines[0].decided_by)
    was = _AS[lines[0].judgement]
    return f"{lines[0].decided_by} no longer judges that {pair[0]} and {pair[1]} are {was}. Changed: {from_here(file)}."


def explain(places: Places, one: str, other: str, table: str = "") -> str:
    """Explain a pair: its score, the comparison of each field, the judgements on it, and what they lead to.

    Raises:
        DepositaryError: a row is not known, or a file cannot be read.
    """
    with opened(places) as there:
        return "\n".join(_explained(Judging.of(there), one, other, table)) + "\n"


def _explained(judging: Judging, one: str, other: str, table: str) -> Iterator[str]:
    table, left, right = judging.pair(one, other, table)
    found, apart = judging.compared(table, left, right), judging.apart(table)
    yield table
    if found and apart:
        yield from (f"  {line}" for line in pair_text(apart, found))
    else:
        yield f"  {left} / {right}"
        yield f"      {_why_not(judging, table, left, right)}"
    lines = [line for line in judging.opened.judgements if line.subject == (table, left, right)]
    yield from (f"  {judgement_text(line)}" for line in lines)
    known = judging.matching.known
    ids = (known.stands_for(table, left), known.stands_for(table, right))
    if ids[0] == ids[1]:
        yield f"  the next merge makes one row of them: {ids[0]}"
    of_table = (conflict for conflict in known.identity.conflicts if conflict.table == table)
    yield from (f"  {one.message}" for one in of_table if left in one.message and right in one.message)


def _why_not(judging: Judging, table: str, left: str, right: str) -> str:
    try:
        judging.allow(table, left, right)
    except UsageError as error:
        return str(error)
    return "nothing in them can be compared"


def contradictions(matching: Matching, judgements: list[Judgement], new: list[Judgement]) -> list[str]:
    """Describe where new judgements contradict others, so that the merge does not make one row of the rows."""
    again = judged(judgements, matching.given, matching.known.identity.earlier, matching.policies)
    before = {conflict.message for conflict in matching.known.identity.conflicts}
    tables = {line.table for line in new}
    found = [one for one in again.identity.conflicts if one.table in tables and one.message not in before]
    return [f"but {one.message}" for one in found]


def judgement_text(line: Judgement) -> str:
    """Write a judgement in one line."""
    score = "" if line.score is None else f", score {line.score:.2f}"
    reason = f": {line.reason}" if line.reason else ""
    return f"{line.decided_by}, {line.decided_on} ({line.method}{score}): {_AS[line.judgement]}{reason}"


def folder_of(places: Places) -> Path:
    """Give the folder of decisions.

    Raises:
        UsageError: there is none.
    """
    if places.decisions is None:
        raise UsageError("name the folder of decisions with --decisions.")
    return places.decisions


def from_here(file: Path) -> Path:
    """Give a path relative to the current folder, if it is in it."""
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file

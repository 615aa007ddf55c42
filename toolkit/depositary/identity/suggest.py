"""Suggest pairs of rows that may be about the same thing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from depositary.identity import by_splink
from depositary.identity.candidates import candidates
from depositary.identity.chosen import chosen_policies
from depositary.identity.compare import Alike, Comparison
from depositary.identity.judged import Judged, judged
from depositary.identity.records import Records, Rows, records_of, rows_of_all
from depositary.identity.suggestion import Suggestion
from depositary.merging.claims.distinct import Pair
from depositary.merging.claims.identifying import IdentityPolicy
from depositary.merging.claims.inputs import Batch
from depositary.merging.prepare import earlier_redirects
from depositary.model.decision import Judgement
from depositary.model.package import Package
from depositary.model.suggestion_format import SuggestionEngine

LEAST_SCORE = 0.8  # of a pair that is suggested, unless another score is given


def suggest(
    package: Package,
    batches: Sequence[Batch] = (),
    judgements: Iterable[Judgement] = (),
    *,
    tables: Collection[str] | None = None,
    least_score: float = LEAST_SCORE,
) -> tuple[Suggestion, ...]:
    """Suggest pairs of rows of a package and of contributions that may be about the same thing.

    Pairs that are already judged are not suggested again, nor pairs that a negative judgement rules out. They are
    sorted by table, then by their ids. `tables` are all tables whose schemas say what identifies a row, unless some
    are named.

    Raises:
        UsageError: a table is not known, or nothing identifies its rows.
        DocumentError: a file of a contribution cannot be read.
    """
    return Matching.of(package, batches, judgements, tables=tables, least_score=least_score).suggestions


@dataclass(frozen=True)
class Matching:
    """The rows of some tables, the judgements on them, and what is suggested.

    `tables` are the tables that were asked for; `policies` also has those to which they refer. `given` has the rows
    under their own ids.
    """

    policies: Mapping[str, IdentityPolicy]
    given: Rows
    known: Judged
    tables: frozenset[str]
    least_score: float = LEAST_SCORE
    engine: SuggestionEngine = SuggestionEngine.DEPOSITARY
    _records: dict[str, Records] = field(default_factory=dict)
    _comparisons: dict[str, Comparison] = field(default_factory=dict)

    @classmethod
    def of(  # noqa: PLR0913 (what is compared, and what is asked for)
        cls,
        package: Package,
        batches: Sequence[Batch] = (),
        judgements: Iterable[Judgement] = (),
        *,
        tables: Collection[str] | None = None,
        least_score: float = LEAST_SCORE,
        policies: Mapping[str, IdentityPolicy] | None = None,
        engine: SuggestionEngine = SuggestionEngine.DEPOSITARY,
    ) -> "Matching":
        """Read the rows and apply the judgements.

        Raises:
            UsageError: a table is not known, nothing identifies its rows, or the engine does not take it.
            DocumentError: a file of a contribution cannot be read.
        """
        policies = policies or chosen_policies(package, None if tables is None else frozenset(tables))
        if engine is SuggestionEngine.SPLINK:
            tables = by_splink.tables_for(policies, tables)
        rows = rows_of_all(package, batches, policies)
        known = judged(judgements, rows, earlier_redirects(package), policies)
        asked = frozenset(policies if tables is None else tables)
        return cls(policies, rows, known, asked, least_score, engine)

    @cached_property
    def rows(self) -> Rows:
        """Give the rows under the ids that stand for them after all judgements."""
        return self.given.under(self.known.identity)

    def records(self, table: str) -> Records:
        """Give the rows of a table."""
        if table not in self._records:
            self._records[table] = records_of(self.rows, self.policies[table])
        return self._records[table]

    @cached_property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """Give the suggested pairs of the tables that were asked for, sorted."""
        return tuple(sorted(one for table, some in self._found.items() if table in self.tables for one in some))

    def compared(self, table: str, one: str, other: str) -> Suggestion | None:
        """Compare two rows, whatever their score is; None if a difference rules out that they are the same."""
        records = self.records(table)
        if table not in self._comparisons:
            self._comparisons[table] = Comparison.of(self.records(table), self._alike(self._found))
        return self._comparisons[table].compared(records[one], records[other])

    @cached_property
    def _found(self) -> dict[str, list[Suggestion]]:
        """Compare the rows of each table, after those to which they refer."""
        found: dict[str, list[Suggestion]] = {}
        for table, policy in self.policies.items():
            if not policy.is_enough:
                continue
            found[table] = self._of_table(table, found)
            if any(one.table == table for one in policy.fields):  # rows that refer to rows of the same table
                found[table] = self._of_table(table, found)
        return found

    def _of_table(self, table: str, found: Mapping[str, Sequence[Suggestion]]) -> list[Suggestion]:
        records = self.records(table)
        comparison = Comparison.of(records, self._alike(found))
        groups = {name: groups_of((one.left, one.right) for one in some) for name, some in found.items()}
        is_ours = self.engine is SuggestionEngine.DEPOSITARY or table not in self.tables
        least = self.least_score if is_ours else by_splink.LEAST_OF_PAIRS
        found_pairs = candidates(records, comparison.rarity, least, groups)
        pairs = [pair for pair in found_pairs if not self.known.on(table, *pair)]
        if not is_ours:
            return by_splink.scored(records, pairs, self.least_score)
        records.want(id_ for pair in pairs for id_ in pair)
        compared = (comparison.compared(records[one], records[other], self.least_score) for one, other in pairs)
        return [one for one in compared if one]

    def _alike(self, found: Mapping[str, Sequence[Suggestion]]) -> Alike:
        return Alike({table: {(one.left, one.right): one.score for one in some} for table, some in found.items()})


def groups_of(pairs: Iterable[Pair]) -> dict[str, str]:
    """Map each id to the smallest one that is connected with it by pairs."""
    to: dict[str, str] = {}

    def first(id_: str) -> str:
        while to.setdefault(id_, id_) != id_:
            to[id_] = to[to[id_]]
            id_ = to[id_]
        return id_

    for one, other in pairs:
        low, high = sorted((first(one), first(other)))
        to[high] = low
    return {id_: first(id_) for id_ in to}

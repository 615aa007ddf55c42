"""The package, contributions and decisions that a command on identity works on."""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from depositary.check.documents.descriptor import sound_package
from depositary.errors import UsageError
from depositary.identity.suggest import LEAST_SCORE, Matching
from depositary.merging.claims.inputs import Batch, open_batches
from depositary.merging.claims.rewound import Rewound
from depositary.merging.claims.waiting import Waiting
from depositary.merging.conflicts.decisions import not_yet_made, read_decisions
from depositary.model.decision import Judgement
from depositary.model.package import Package
from depositary.model.suggestion_format import SuggestionEngine
from depositary.read.paths import given, given_all, given_or_none


@dataclass(frozen=True)
class Places:
    """The paths of a package, of contributions, of decisions and of earlier packages; decisions may not exist yet."""

    package: Path
    contributions: tuple[Path, ...] = ()
    decisions: Path | None = None
    bases: Path | None = None

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """Read the judgements.

        Raises:
            DepositaryError: they cannot be read.
        """
        there = self.decisions if self.decisions and self.decisions.exists() else None
        return read_decisions(there).judgements


def places_of(
    package: str | Path,
    contributions: Sequence[str | Path],
    decisions: str | Path | None,
    bases: str | Path | None,
) -> Places:
    """Give the places that a caller in Python names; a folder of decisions that does not exist is refused.

    Raises:
        UsageError: a path cannot be one, or a folder of decisions is mistyped.
    """
    places = Places(given(package), tuple(given_all(contributions)), given_or_none(decisions), given_or_none(bases))
    if places.decisions is not None:
        not_yet_made(places.decisions)  # as on the command line
    return places


@dataclass(frozen=True)
class Opened:
    """What is at the places; `waiting` has the contributions that cannot be opened."""

    package: Package
    batches: tuple[Batch, ...]
    judgements: tuple[Judgement, ...]
    waiting: tuple[Waiting, ...] = ()

    def refuse_waiting(self) -> None:
        """Refuse contributions that cannot be opened, for callers that do not list them.

        Raises:
            DepositaryError: the first of them, with the reason.
        """
        for one in self.waiting:
            raise one.error or UsageError(f"{one.name} cannot be opened: {one.why}.")

    def matching(
        self,
        tables: Collection[str] | None = None,
        least_score: float = LEAST_SCORE,
        *,
        judged: bool = True,
        engine: SuggestionEngine = SuggestionEngine.DEPOSITARY,
    ) -> Matching:
        """Read the rows; `judged` says whether the judgements count.

        Raises:
            UsageError: a table is not known, nothing identifies its rows, or the engine does not take it.
            DocumentError: a file cannot be read.
        """
        lines: Iterable[Judgement] = self.judgements if judged else ()
        return Matching.of(self.package, self.batches, lines, tables=tables, least_score=least_score, engine=engine)


@contextmanager
def opened(places: Places) -> Iterator[Opened]:
    """Open what is at the places.

    Raises:
        DepositaryError: the package or the decisions cannot be read.
    """
    package, judgements = sound_package(places.package), places.judgements
    waiting: list[Waiting] = []
    with tempfile.TemporaryDirectory(prefix="depositary-") as earlier:
        batches = open_batches(places.contributions, package, places.bases, Rewound(package, Path(earlier)), waiting)
        yield Opened(package, batches, judgements, tuple(waiting))

"""Two rounds of coding beside each other: what changed after the codebook was rewritten or the coders were trained."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from depositary.agreement.agree import Agreement
from depositary.agreement.measured import Measured


@dataclass(frozen=True)
class Change:
    """The figures of one variable in two rounds; None in a round that has none."""

    table: str
    variable: str
    before: Measured | None
    after: Measured | None

    @property
    def alpha(self) -> Fraction | None:
        """Give how much α rose; None if it is not defined in both rounds."""
        one = self.before.alpha.value if self.before else None
        other = self.after.alpha.value if self.after else None
        return None if one is None or other is None else other - one

    @property
    def confusions(self) -> Iterator[tuple[tuple[str, str], int, int]]:
        """Give the pairs of codes that are confused in one round, and how often in each."""
        before, after = (
            {one.codes: one.times for one in of.confusions} if of else {} for of in (self.before, self.after)
        )
        for codes in sorted(before | after):
            yield codes, before.get(codes, 0), after.get(codes, 0)


def changes(before: Agreement, after: Agreement) -> list[Change]:
    """Compare the variables of two rounds, in the order of the later one, then those that it lacks."""
    earlier = {_place(one): one for one in before.variables}
    later = {_place(one): one for one in after.variables}
    return [Change(*place, earlier.get(place), later.get(place)) for place in {**later, **earlier}]


def _place(of: Measured) -> tuple[str, str]:
    return of.variable.table, of.variable.name

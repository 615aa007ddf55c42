"""A condition on rows, in the language of rules: an expression over the columns of one table."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from depositary.compile.language import Language, NotSayableError, RowTest, RuleError
from depositary.compile.polars import expression
from depositary.errors import EngineError, UsageError


def asked(name: str, known: Sequence[str], where: str) -> RowTest:
    """Read a condition on a table or view that has some columns.

    Raises:
        UsageError: it is not an expression, or it names other columns.
    """
    try:
        return Language({name: known}, datetime.now(UTC).date()).row_test(name, where)
    except RuleError as error:
        raise UsageError(f"the condition {where!r} does not fit {name}: {error}.") from error


@dataclass(frozen=True)
class Condition:
    """A condition on the rows of one table: its text, its expression in polars, and the columns that it reads."""

    name: str
    where: str
    test: pl.Expr
    columns: Sequence[str]

    def require_answer(self, empty: pl.DataFrame) -> None:
        """Refuse an expression that is not true or false, or does not fit the types of the columns.

        Raises:
            UsageError: the expression is refused.
        """
        with applied(self.name, self.where):
            (kind,) = empty.lazy().select(self.test.alias("condition")).collect_schema().dtypes()
        if kind != pl.Boolean:
            raise no_condition(self.name, self.where)

    def of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give the rows for which it is true.

        Raises:
            UsageError: it cannot be applied to the values.
        """
        with applied(self.name, self.where):
            return frame.filter(self.test)


@contextmanager
def applied(name: str, where: str) -> Iterator[None]:
    """Turn an error in applying a condition into a message.

    Raises:
        UsageError: the condition cannot be applied to the columns or values.
    """
    try:
        yield
    except (pl.exceptions.PolarsError, EngineError) as error:
        what = next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
        raise UsageError(f"the condition {where!r} cannot be applied to {name}: {what}.") from error


def no_condition(name: str, where: str) -> UsageError:
    """Refuse an expression that is not a condition."""
    return UsageError(
        f"the condition {where!r} on {name} is neither true nor false. Write a comparison, as in value > 0."
    )


def condition_on(name: str, known: Sequence[str], where: str) -> Condition:
    """Write a condition for polars.

    Raises:
        UsageError: it is not an expression, it names other columns, or polars has no equivalent.
    """
    test = asked(name, known, where)
    try:
        return Condition(name, where, expression(test.holds), test.columns)
    except NotSayableError as error:
        raise UsageError(
            f"the condition {where!r} cannot be applied while reading: {error}. Load the table without it and filter "
            "the frame."
        ) from error

"""A condition on rows, in the language of rules: an expression over the columns of one table."""

from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from depositary.compile.language import Language, NotSayableError, RowTest, RuleError
from depositary.compile.polars import expression
from depositary.errors import UsageError


def asked(name: str, known: Sequence[str], where: str) -> RowTest:
    """Read a condition on a table or view that has some columns.

    Raises:
        UsageError: it is no expression, or speaks of other columns.
    """
    try:
        return Language({name: known}, datetime.now(UTC).date()).row_test(name, where)
    except RuleError as error:
        raise UsageError(f"the condition {where!r} cannot be asked of {name}: {error}.") from error


def condition_on(name: str, known: Sequence[str], where: str) -> tuple[pl.Expr, Sequence[str]]:
    """Write a condition for polars, and name the columns that it reads.

    Raises:
        UsageError: it is no expression, speaks of other columns, or polars has no like of it.
    """
    test = asked(name, known, where)
    try:
        return expression(test.holds), test.columns
    except NotSayableError as error:
        raise UsageError(f"the condition {where!r} cannot be applied here: {error}; filter the frame.") from error

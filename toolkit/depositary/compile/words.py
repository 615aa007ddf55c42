"""What row rules ask of the columns of a table, in words for people who fill them in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from depositary.compile.language import NotSayableError, RowTest

Clause = tuple[str, str]  # a column, and what is asked of it


def _as_is(text: str) -> str:
    return text


@dataclass(frozen=True)
class Words:
    """How names, values and sentences of a package are written in a text; a page in Markdown marks names as code."""

    name: Callable[[str], str] = _as_is
    sentence: Callable[[str], str] = _as_is

    def any_of(self, names: list[str], last: str = "or") -> str:
        """List names, with a word before the last one."""
        *others, end = map(self.name, names)
        return f"{', '.join(others)} {last} {end}" if others else end


def clauses(test: RowTest, place: str, words: Words) -> list[Clause]:
    """Write what a rule asks of each column, such as `Required when access is read.`; empty, if no words are known.

    `place` is the column at which the rule reports: of several that a clause is about, it gets the clause.
    """
    found: list[Clause] = []
    for part in _parts(test.holds):
        try:
            found += _clauses(part, test.when, place, words)
        except NotSayableError:
            continue
    return found


def _clauses(part: exp.Expr, when: exp.Expr | None, place: str, words: Words) -> Iterator[Clause]:
    if _is_null(part):
        yield _empty_or_not(part, when, "Empty", words)
    elif isinstance(part, exp.Not) and _is_null(_bare(part.this)):
        yield _empty_or_not(_bare(part.this), when, "Required", words)
    elif isinstance(part, exp.Or):
        yield _one_of(part, when, place, words)
    elif isinstance(part, (exp.EQ, exp.NEQ)) and _knows_blanks(part):
        yield from _both_or_neither(part, when, words)
    elif isinstance(part, (exp.EQ, exp.NEQ)):
        yield _compared(part, when, place, words)
    else:
        raise NotSayableError(f"{type(part).__name__} has no words")


def _empty_or_not(part: exp.Expr, when: exp.Expr | None, what: str, words: Words) -> Clause:
    column = _column(part.this)
    return column, f"{what}{_when(when, words, column)}." if when else f"Always {what.lower()}."


def _one_of(part: exp.Or, when: exp.Expr | None, place: str, words: Words) -> Clause:
    """Write that at least one of some columns is filled."""
    parts = [_bare(one) for one in part.flatten()]
    if not all(isinstance(one, exp.Not) and _is_null(_bare(one.this)) for one in parts):
        raise NotSayableError("only columns that are filled can be listed")
    columns = [_column(_bare(one.this).this) for one in parts]
    at = place if place in columns else columns[0]
    return at, f"One of {words.any_of(columns, 'and')} is required{_when(when, words)}."


def _both_or_neither(part: exp.EQ | exp.NEQ, when: exp.Expr | None, words: Words) -> Iterator[Clause]:
    """Write that a column is filled just if a condition is true, or that just one of two columns is filled."""
    left, right = _bare(part.this), _bare(part.expression)
    if when is not None:
        raise NotSayableError("three conditions in one sentence cannot be read")
    if isinstance(part, exp.NEQ) and _is_null(left) and _is_null(right):
        names = [_column(left.this), _column(right.this)]
        yield from ((name, f"Either {words.any_of(names)} is filled, not both.") for name in names)
        return
    condition, blank = (right, left) if _is_blank_test(left) else (left, right)
    first, second = ("Empty", "required") if _is_null(blank) is isinstance(part, exp.EQ) else ("Required", "empty")
    column = _column((blank if _is_null(blank) else _bare(blank.this)).this)
    yield column, f"{first}{_when(condition, words)}, otherwise {second}."


def _compared(part: exp.EQ | exp.NEQ, when: exp.Expr | None, place: str, words: Words) -> Clause:
    """Write that a column has a value, or the value of another column, or not."""
    column, other = _column(part.this), _bare(part.expression)
    word = "Always" if isinstance(part, exp.EQ) else "Never"
    if not isinstance(other, exp.Column):
        return column, f"{word} {words.name(_value(other))}{_when(when, words)}."
    named = [column, other.name]
    at = place if place in named else column
    (same,) = [name for name in named if name != at] or [column]
    return at, f"{word} the same as {words.name(same)}{_when(when, words)}."


# Conditions


def _when(tree: exp.Expr | None, words: Words, column: str = "") -> str:
    """Write a condition; of alternatives, one that the column itself is filled is left out."""
    if tree is None:
        return ""
    alternatives = [one for one in _alternatives(tree) if not (column and _is_filled(one, column))]
    if not alternatives:
        raise NotSayableError("the condition is about the column itself")
    return f" when {' or '.join(_condition(one, words) for one in alternatives)}"


def _alternatives(tree: exp.Expr) -> list[exp.Expr]:
    tree = _bare(tree)
    return [_bare(one) for one in tree.flatten()] if isinstance(tree, exp.Or) else [tree]


def _condition(tree: exp.Expr, words: Words) -> str:
    tree = _bare(tree)
    if isinstance(tree, exp.And):
        return " and ".join(_condition(one, words) for one in tree.flatten())
    if isinstance(tree, exp.Not):
        return _negated(_bare(tree.this), words)
    if _is_null(tree):
        return f"{words.name(_column(tree.this))} is empty"
    if isinstance(tree, exp.In):
        return f"{words.name(_column(tree.this))} is {words.any_of(_values(tree))}"
    if isinstance(tree, (exp.EQ, exp.NEQ)):
        word = "is" if isinstance(tree, exp.EQ) else "is not"
        return f"{words.name(_column(tree.this))} {word} {words.name(_value(_bare(tree.expression)))}"
    raise NotSayableError(f"a condition with {type(tree).__name__} has no words")


def _negated(tree: exp.Expr, words: Words) -> str:
    if _is_null(tree):
        return f"{words.name(_column(tree.this))} is filled"
    if isinstance(tree, exp.In):
        return f"{words.name(_column(tree.this))} is not {words.any_of(_values(tree))}"
    raise NotSayableError(f"NOT with {type(tree).__name__} has no words")


def _values(tree: exp.In) -> list[str]:
    if not tree.expressions:
        raise NotSayableError("a list of values is needed")
    return [_value(_bare(one)) for one in tree.expressions]


# Trees


def _parts(tree: exp.Expr) -> Iterator[exp.Expr]:
    tree = _bare(tree)
    if isinstance(tree, exp.And):
        yield from (part for one in tree.flatten() for part in _parts(one))
    else:
        yield tree


def _bare(tree: exp.Expr) -> exp.Expr:
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return tree


def _is_null(tree: exp.Expr) -> bool:
    return isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null)


def _is_blank_test(tree: exp.Expr) -> bool:
    return _is_null(tree) or (isinstance(tree, exp.Not) and _is_null(_bare(tree.this)))


def _is_filled(tree: exp.Expr, column: str) -> bool:
    return isinstance(tree, exp.Not) and _is_null(_bare(tree.this)) and _bare(tree.this).this.name == column


def _knows_blanks(tree: exp.EQ | exp.NEQ) -> bool:
    return _is_blank_test(_bare(tree.this)) or _is_blank_test(_bare(tree.expression))


def _column(tree: exp.Expr) -> str:
    tree = _bare(tree)
    if not isinstance(tree, exp.Column):
        raise NotSayableError("only a column has a name")
    return tree.name


def _value(tree: exp.Expr) -> str:
    if not isinstance(tree, exp.Literal):
        raise NotSayableError("only a fixed value can be written")
    return tree.name

"""Find which rows of a table a query looks at together with a row that takes part in what it finds.

A contribution changes a few rows of large tables. What a rule finds counts only if one of these rows takes part in it,
so the rule needs only the rows that it looks at together with them: those of the same group, or those that equal
columns connect. This is read from the query: its result comes about in some ways, each from rows of tables, and columns
of these rows that are equal have one mark. Where this cannot be read, all rows are needed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from sqlglot import exp

from depositary.compile.language import ROW, Query

_MOST = 400  # ways in which a row of a result comes about; with more, all rows are needed
_LONGEST = 400  # parts of a query that are read, each as often as it is named; with more, all rows are needed


@dataclass(frozen=True)
class Link:
    """The rows of a table that a query looks at together with a row of `other` that takes part.

    `pairs` has the columns in which the two are equal, this table's first; a blank is equal to a blank. With `by_id`,
    the other's columns have ids of records, and this table's column is its key.
    """

    other: str
    pairs: frozenset[tuple[str, str]]
    by_id: bool = False

    @property
    def is_itself(self) -> bool:
        """Return whether it is the row that takes part, and no other."""
        return (ROW, ROW) in self.pairs


Links = frozenset[Link] | None  # of one table; None if all of its rows are needed


def links_of(query: Query, parts: Sequence[str]) -> dict[str, Links]:
    """Give the links of each table that a query reads; `parts` names the tables whose rows can take part."""
    found: dict[str, Links] = dict.fromkeys(query.columns, frozenset[Link]())
    try:
        for way in _Reader(query.columns).ways(query.tree):
            for table, links in _links(way, query.outputs, parts):
                found[table] = together(found[table], links)
    except _UnclearError:
        return dict.fromkeys(query.columns)
    return found


def divisible_by(query: Query, parts: Sequence[str], table: str) -> frozenset[str]:
    """Give the columns by whose values the rows of a table can be divided among several machines.

    Rows that are equal in them must be together. Then each machine finds what its own rows give, and a row of the table
    takes part in it. `_row` is one of them if each row is looked at by itself. There are none if the query does not
    show it.
    """
    found: set[str] | None = None
    try:
        for way in _Reader(query.columns).ways(query.tree):
            if table in way.tables:
                taking = [marks for name, marks in _taking_part(way, query.outputs, parts) if name == table]
                shared = {
                    column
                    for column, mark in way.tables[table].items()
                    if any(column in marks and marks[column].one is mark.one for marks in taking)
                }
                found = shared if found is None else found & shared
    except _UnclearError:
        return frozenset()
    return frozenset(found or ())


class _UnclearError(Exception):
    """Raised when a query does not show which rows it looks at together."""


class _Mark:
    """A value that columns of several rows have in common; `text` is that of a literal."""

    def __init__(self, text: str | None = None) -> None:
        self.text = text
        self.same: _Mark | None = None

    @property
    def one(self) -> "_Mark":
        """Give the mark that is used for all that are the same."""
        return self.same.one if self.same else self

    def make(self, other: "_Mark") -> None:
        """Make this mark the same as another one."""
        if self.one is not other.one:
            self.one.same = other.one


_Marks = Mapping[str, _Mark]  # by column
_Row = tuple[_Mark, str, _Marks]  # the mark of its number, its table, its marks
_Listed = dict[str, list[tuple[str, _Marks]]]  # by output: the tables and the marks of the rows


@dataclass
class _Way:
    """One way in which a row of a result comes about.

    `outputs` has the marks of its columns, as far as they have one. `tables` has the tables from whose rows it comes,
    with the marks that all these rows have. `rows` has the single rows among them, and `listed` the outputs that list
    numbers of rows.
    """

    outputs: dict[str, _Mark] = field(default_factory=dict)
    tables: dict[str, _Marks] = field(default_factory=dict)
    rows: list[_Row] = field(default_factory=list)
    listed: _Listed = field(default_factory=dict)

    def with_marks(self, new: Mapping[_Mark, _Mark]) -> "_Way":
        """Give the same way with other marks; what has none of these has no mark."""

        def of(marks: _Marks) -> dict[str, _Mark]:
            return {name: new[mark.one] for name, mark in marks.items() if mark.one in new}

        rows: list[_Row] = [
            (new[number.one], name, of(marks)) for number, name, marks in self.rows if number.one in new
        ]
        listed: _Listed = {output: [(name, of(marks)) for name, marks in some] for output, some in self.listed.items()}
        return _Way(of(self.outputs), {name: of(marks) for name, marks in self.tables.items()}, rows, listed)

    def copy(self) -> "_Way":
        """Give the same way with marks of its own."""
        return self.with_marks({mark: _Mark(mark.text) for mark in self.marks()})

    def marks(self) -> set[_Mark]:
        """Give all marks."""
        of = [self.outputs, *self.tables.values(), *(marks for _, _, marks in self.rows)]
        of += [marks for some in self.listed.values() for _, marks in some]
        return {mark.one for marks in of for mark in marks.values()} | {number.one for number, _, _ in self.rows}

    def row(self, number: _Mark | None) -> tuple[str, _Marks] | None:
        """Give the table and the marks of the row with a number."""
        found = ((name, marks) for mark, name, marks in self.rows if number and mark.one is number.one)
        return next(found, None)

    def add(self, tables: Mapping[str, _Marks]) -> None:
        """Note that it also comes from rows of some tables; their marks are those that all rows of a table have."""
        for name, marks in tables.items():
            before = self.tables.get(name, marks)
            kept = {column: mark for column, mark in before.items() if column in marks}
            self.tables[name] = {column: mark for column, mark in kept.items() if marks[column].one is mark.one}

    def settle(self) -> None:
        """Make two rows of one table the same row if they have the same number."""
        rows = {(number.one, name): marks for number, name, marks in self.rows}
        for number, name, marks in self.rows:
            kept = rows[number.one, name]
            for column in marks.keys() & kept.keys():
                marks[column].make(kept[column])

    def determined(self, keys: Iterable[_Mark]) -> set[_Mark]:
        """Give the marks that are fixed if some are: the columns of a row with its number."""
        found = {mark.one for mark in keys}
        for number, _, marks in self.rows:
            found |= {mark.one for mark in marks.values()} if number.one in found else set()
        return found


@dataclass
class _Sources:
    """What a SELECT reads, by the names that it uses; `outer` is what the query around it reads."""

    ways: Mapping[str, _Way]
    outer: "_Sources | None" = None

    def mark(self, tree: exp.Expr) -> _Mark | None:
        """Give the mark of a column, here or in the query around."""
        tree = tree.unnest()
        if isinstance(tree, exp.Literal):
            return _Mark(tree.name)
        if not isinstance(tree, exp.Column):
            return None
        if tree.table in self.ways:
            return self.ways[tree.table].outputs.get(tree.name)
        return self.outer.mark(tree) if self.outer else None

    def given(self) -> set[_Mark]:
        """Give the marks of the queries around."""
        if self.outer is None:
            return set()
        return self.outer.given().union(*(way.marks() for way in self.outer.ways.values()))

    def unite(self, condition: exp.Expr) -> None:
        """Make marks the same that a condition makes equal; it says nothing about the query around."""
        given = self.given()
        for one, other in _equal(condition):
            mine, theirs = self.mark(one), self.mark(other)
            if mine and theirs and mine.one not in given:
                mine.make(theirs)
            elif mine and theirs and theirs.one not in given:
                theirs.make(mine)


@dataclass(frozen=True)
class _Named:
    """A query that WITH names, with what it can read, and the names that it gives to its columns."""

    tree: exp.Expr
    reader: "_Reader"
    columns: Sequence[str]


@dataclass(frozen=True)
class _Reader:
    """Reads in which ways queries come about.

    `columns` has the columns of the tables, `named` the queries that WITH names, `read` the parts that were read.
    """

    columns: Mapping[str, Iterable[str]]
    named: Mapping[str, _Named] = field(default_factory=dict)
    outer: _Sources | None = None
    read: list[exp.Expr] = field(default_factory=list)

    def ways(self, tree: exp.Expr) -> list[_Way]:
        """Give all ways in which a row of a query's result comes about.

        Raises:
            _UnclearError: the query has something that is not read here.
        """
        self.read.append(tree)
        if len(self.read) > _LONGEST:
            raise _UnclearError
        reader = self._with_named(tree)
        if isinstance(tree, exp.Subquery):
            ways = reader.ways(tree.this)
        elif isinstance(tree, exp.Union):
            second = reader.ways(tree.expression)
            ways = reader.ways(tree.this) + _renamed(second, _names(tree.expression), _names(tree.this))
        elif isinstance(tree, exp.Select):
            ways = reader.selected(tree)
        else:
            raise _UnclearError
        if len(ways) > _MOST:
            raise _UnclearError
        return ways

    def _with_named(self, tree: exp.Expr) -> "_Reader":
        reader = self
        given: Any = tree.args.get("with_")
        for one in given.expressions if given else ():
            if given.args.get("recursive") and any(table.name == one.alias for table in one.find_all(exp.Table)):
                raise _UnclearError
            names = [column.name for column in one.args["alias"].args.get("columns") or ()]
            named = {**reader.named, one.alias: _Named(one.this, reader, names)}
            reader = _Reader(self.columns, named, self.outer, self.read)
        return reader

    def selected(self, tree: exp.Select) -> list[_Way]:
        """Give the ways of a SELECT whose WITH was read."""
        from_: Any = tree.args.get("from_")
        joins: Sequence[exp.Join] = tree.args.get("joins") or ()
        inner = [join for join in joins if join.side == ""]
        left = [join for join in joins if join.side == "LEFT"]
        if len(inner) + len(left) < len(joins) or any(join.kind in ("SEMI", "ANTI") for join in joins):
            raise _UnclearError
        absent = {join.this.alias_or_name: _Way() for join in left}  # their columns have no marks
        read = [*([from_.this] if from_ else []), *(join.this for join in inner)]
        where = tree.args.get("where")
        conditions = [join.args["on"] for join in inner if join.args.get("on")] + ([where.this] if where else [])
        found: list[tuple[_Sources, _Way]] = []
        for ways in product(*map(self._source, read)):
            if len(found) > _MOST:
                raise _UnclearError
            names = (one.alias_or_name for one in read)
            there = dict(zip(names, (way.copy() for way in ways), strict=True))
            sources = _Sources({**absent, **there}, self.outer)
            found.append((sources, self._joined(sources, conditions, left)))
        return _outcome(tree, found)

    def _source(self, tree: exp.Expr) -> list[_Way]:
        """Give the ways of a table, of a query with a name, or of a query in parentheses."""
        if not isinstance(tree, exp.Table):
            return self.ways(tree)
        if tree.name in self.named:
            named = self.named[tree.name]
            ways = named.reader.ways(named.tree)
            return _renamed(ways, _names(named.tree), named.columns) if named.columns else ways
        marks = {column: _Mark() for column in (*self.columns.get(tree.name, ()), ROW)}
        return [_Way(marks, {tree.name: marks}, [(marks[ROW], tree.name, marks)])]

    def _joined(self, sources: _Sources, conditions: Sequence[exp.Expr], left: Sequence[exp.Join]) -> _Way:
        """Join one way of each source."""
        for condition in conditions:
            sources.unite(condition)
        way = _Way()
        for source in sources.ways.values():
            if source.listed:
                raise _UnclearError  # the rows of a list go on to take part
            way.rows += source.rows
        way.settle()
        for source in sources.ways.values():
            way.add(source.tables)
        for join in left:
            for tables in self._beside(sources, join):
                way.add(tables)
        for condition in (*conditions, *(join.args["on"] for join in left if join.args.get("on"))):
            for inner in _inner(condition):
                # Elsewhere, as in NOT IN, a blank that an IN finds decides too, whatever is asked.
                is_equal = isinstance(inner, exp.In) and any(inner is part for part in _parts(condition))
                for tables in self._inside(sources, inner, is_equal=is_equal):
                    way.add(tables)
        return way

    def _beside(self, sources: _Sources, join: exp.Join) -> Iterator[Mapping[str, _Marks]]:
        """Give the rows of a LEFT JOIN; as they may be absent, their columns have no marks outside."""
        name = join.this.alias_or_name
        for way in self._source(join.this):
            beside = _Sources({name: way.copy()}, sources)
            if join.args.get("on"):
                beside.unite(join.args["on"])
            yield beside.ways[name].tables

    def _inside(self, sources: _Sources, inner: exp.Expr, *, is_equal: bool) -> Iterator[Mapping[str, _Marks]]:
        """Give the rows of a query in EXISTS or IN; equal columns connect them with the rows outside."""
        tree = inner.args["query"] if isinstance(inner, exp.In) else inner.this
        asked = sources.mark(inner.this) if is_equal else None
        for way in _Reader(self.columns, self.named, sources, self.read).ways(tree):
            output = next(iter(way.outputs.values()), None)
            if asked and output and output.one not in _Sources({}, sources).given():
                output.make(asked)
            yield way.tables


def _equal(condition: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Give the pairs that are equal wherever a condition holds."""
    for part in _parts(condition):
        if isinstance(part, (exp.EQ, exp.NullSafeEQ)):
            yield part.this, part.expression


def _parts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """Give the conditions that AND connects."""
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _parts(condition.this)
        yield from _parts(condition.expression)
    else:
        yield condition


def _inner(condition: exp.Expr) -> Iterator[exp.Expr]:
    """Give the EXISTS and IN with a query in a condition.

    Raises:
        _UnclearError: there is another query in it.
    """
    if isinstance(condition, exp.Exists) or (isinstance(condition, exp.In) and condition.args.get("query")):
        yield condition
        return
    if isinstance(condition, exp.Query):
        raise _UnclearError
    for part in condition.iter_expressions():
        yield from _inner(part)


def _names(tree: exp.Expr) -> Sequence[str]:
    tree = tree.unnest()
    return tree.named_selects if isinstance(tree, exp.Query) else ()


def _renamed(ways: Iterable[_Way], names: Sequence[str], wanted: Sequence[str]) -> list[_Way]:
    """Give the ways with other names for their outputs, by position."""
    new = dict(zip(names, wanted, strict=True))
    return [
        _Way(
            {new[name]: mark for name, mark in way.outputs.items()},
            way.tables,
            way.rows,
            {new[name]: some for name, some in way.listed.items()},
        )
        for way in ways
    ]


# What is selected


def _outcome(tree: exp.Select, found: Sequence[tuple[_Sources, _Way]]) -> list[_Way]:
    """Give the ways of a SELECT after its grouping, with their outputs."""
    rest = [*tree.expressions, *(tree.args[name] for name in ("having", "group", "order") if tree.args.get(name))]
    if any(one.find(exp.Query) for one in rest):
        raise _UnclearError
    windows = [window for one in tree.expressions for window in one.find_all(exp.Window)]
    group = tree.args.get("group")
    if group and set(group.args) - {"expressions"} and any(v for k, v in group.args.items() if k != "expressions"):
        raise _UnclearError
    is_grouped = bool(group) or any(_lists(one) for one in tree.expressions)
    if windows and (is_grouped or len(found) > 1):
        raise _UnclearError
    if windows:
        return [_windowed(tree, windows, *one) for one in found]
    if is_grouped:
        return [_grouped(tree, group.expressions if group else (), found)]
    return [_shown(tree, *one) for one in found]


def _lists(tree: exp.Expr) -> bool:
    return any(
        call.find_ancestor(exp.Window, exp.Select).__class__ is not exp.Window for call in tree.find_all(exp.AggFunc)
    )


def _shown(tree: exp.Select, sources: _Sources, way: _Way) -> _Way:
    """Add the outputs of a SELECT without groups."""
    marks = {one.alias_or_name: mark for one in tree.expressions if (mark := sources.mark(one.unalias()))}
    listed = {}
    for one in tree.expressions:
        if isinstance(one.unalias(), exp.Array):
            rows = [way.row(sources.mark(part)) for part in one.unalias().expressions]
            listed[one.alias_or_name] = [row for row in rows if row]
            if None in rows:
                del listed[one.alias_or_name]
    return _Way(marks, way.tables, way.rows, listed)


def _windowed(tree: exp.Select, windows: Sequence[exp.Expr], sources: _Sources, way: _Way) -> _Way:
    """Add the outputs of a SELECT whose rows look at others of the same partition."""
    shown = _shown(tree, sources, way)
    kept = way.marks()
    for window in windows:
        keys = [mark for key in window.args.get("partition_by") or () if (mark := sources.mark(key))]
        kept &= way.determined([*keys, *sources.given()])
    tables: dict[str, _Marks] = {
        name: {column: mark for column, mark in marks.items() if mark.one in kept} for name, marks in way.tables.items()
    }
    return _Way(shown.outputs, tables, shown.rows, shown.listed)


def _grouped(tree: exp.Select, keys: Sequence[exp.Expr], found: Sequence[tuple[_Sources, _Way]]) -> _Way:
    """Give the way in which a group comes about: from rows of all ways that have the same keys."""
    outcome = _Way()
    groups = [_Mark() for _ in keys]
    for sources, way in found:
        marks = [sources.mark(key) for key in keys]
        new = {mark: mark for mark in sources.given()}
        if len(found) == 1:
            new |= {mark: mark for mark in way.determined([*filter(None, marks), *new])}
        else:
            new |= {mark.one: group for mark, group in zip(marks, groups, strict=True) if mark}
        for one in tree.expressions:
            call = one.unalias().unnest()
            call = call.this if isinstance(call, exp.Filter) else call
            if isinstance(call, (exp.ArrayAgg, exp.Min, exp.Max)):
                row = way.row(sources.mark(_without_order(call.this)))
                way.listed.setdefault(one.alias_or_name, []).extend([row] if row else [])
            elif mark := sources.mark(call):
                way.outputs[one.alias_or_name] = mark
        literal = {name: mark for name, mark in way.outputs.items() if mark.text is not None}
        kept = way.with_marks(new | {mark.one: mark for mark in literal.values() if len(found) == 1})
        outcome.add(kept.tables)
        outcome.rows += kept.rows if len(found) == 1 else []
        outcome.outputs |= kept.outputs
        for name, some in kept.listed.items():
            outcome.listed.setdefault(name, []).extend(some)
    return outcome


def _without_order(tree: exp.Expr) -> exp.Expr:
    while isinstance(tree, (exp.Order, exp.Distinct)):
        tree = tree.this if isinstance(tree, exp.Order) else tree.expressions[0]
    return tree


# What takes part


def together(one: Links, other: Links) -> Links:
    """Give the links of a table that is read twice."""
    return None if one is None or other is None else one | other


def _links(way: _Way, outputs: Sequence[str], parts: Sequence[str]) -> Iterator[tuple[str, Links]]:
    """Link the tables of a way to the rows that take part."""
    taking = list(_taking_part(way, outputs, parts))
    for table, marks in way.tables.items():
        links: set[Link] = set()
        for other, theirs in taking:
            pairs = {(mine, its) for mine, mark in marks.items() for its, m in theirs.items() if m.one is mark.one}
            links.add(Link(other, frozenset(pairs)))
        yield table, frozenset(links) if all(link.pairs for link in links) else None


def _taking_part(way: _Way, outputs: Sequence[str], parts: Sequence[str]) -> Iterator[tuple[str, _Marks]]:
    """Give the rows that take part, by the names of their tables or by `in_table` and `in_row`.

    Raises:
        _UnclearError: it is not clear which these are, or there may be none.
    """
    named = [name for name in parts if name in outputs]
    for name in named:
        rows = way.listed.get(name) or [row for row in [way.row(way.outputs.get(name))] if row]
        if not rows or any(table != name for table, _ in rows):
            raise _UnclearError
        yield from rows
    if "in_row" in outputs:
        row, table = way.row(way.outputs.get("in_row")), way.outputs.get("in_table")
        if row is None or table is None or table.one.text != row[0]:
            raise _UnclearError
        yield row
    elif not named:
        raise _UnclearError

"""Propose foreign keys: columns whose values are all in the key of another table, or of the same one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from depositary.drafting.package.evidence import Line, some
from depositary.drafting.package.forms import DIGITS
from depositary.drafting.package.keys import Key, is_code
from depositary.drafting.package.scan import Scan, Scans
from depositary.drafting.package.type_roles import TYPE_ROLES
from depositary.drafting.package.types import STRING, TypedColumn, stems, words
from depositary.wording.plain import number

_NEARLY = 0.9  # of the values are there: probably a reference with errors
_GENERIC = frozenset(
    ("id", "ids", "code", "codes", "key", "name", "no", "number", "of", "iso", "iso2", "iso3", "2", "3")
)
_OF_COUNTRIES = ("iso", "m49")  # beginnings of words for codes of countries
_LONGEST = 100  # characters


@dataclass(frozen=True)
class DraftedTable:
    """A table with what is proposed so far."""

    name: str
    scan: Scan
    columns: tuple[TypedColumn, ...]
    key: Key
    references: tuple["Reference", ...] = ()
    lines: tuple[Line, ...] = ()

    def column(self, name: str) -> TypedColumn:
        """Give a column by its name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def referring(self) -> frozenset[str]:
        """Name the columns that refer to another table."""
        return frozenset(name for one in self.references for name in one.fields)


@dataclass(frozen=True)
class Reference:
    """A foreign key."""

    fields: tuple[str, ...]
    table: str
    parent_fields: tuple[str, ...]
    line: Line = field(repr=False)

    def descriptor(self, own: str) -> dict[str, Any]:
        """Describe it; a reference to the own table names no resource (Data Package v2)."""
        to: dict[str, Any] = {"resource": "" if self.table == own else self.table, "fields": [*self.parent_fields]}
        return {"fields": [*self.fields], "reference": to}


def with_references(tables: Sequence[DraftedTable], scans: Scans) -> list[DraftedTable]:
    """Propose the references of all tables; columns that refer to texts become texts."""
    referred = [_referring(table, tables, scans) for table in tables]
    return _alike(referred)


def _referring(table: DraftedTable, tables: Sequence[DraftedTable], scans: Scans) -> DraftedTable:
    references, lines = [], []
    for column in table.columns:
        found = list(_found(table, column, tables, scans))
        whole = [one for one in found if isinstance(one, Reference)]
        if whole:
            references.append(_also(whole))
        lines += [one for one in found if isinstance(one, Line)] if not whole else []
    references += _of_several(table, tables, scans)
    return replace(table, references=tuple(references), lines=(*table.lines, *lines))


def _also(found: Sequence[Reference]) -> Reference:
    """Take the first of several references, and name the others in its evidence."""
    first, *others = found
    if not others:
        return first
    names = ", ".join(f"{one.table}.{one.parent_fields[0]}" for one in others)
    return replace(first, line=replace(first.line, why=f"{first.line.why}; also in {names}"))


# One column


def _found(
    table: DraftedTable, column: TypedColumn, tables: Sequence[DraftedTable], scans: Scans
) -> Iterator["Reference | Line"]:
    """Give the references that a column may be, the likeliest first, and those that it nearly is."""
    if not TYPE_ROLES[column.type].is_reference or not column.distinct or column.column.longest > _LONGEST:
        return
    for parent, key in sorted(_parents(table, column, tables), key=lambda one: _rank(column, *one)):
        count, missing = scans.outside(table.scan, column.column, parent.scan, key.column, column.missing)
        there = f"`{parent.name}.{key.name}`"
        if not count:
            every = f"all of {column.distinct:,} values are" if column.distinct > 1 else "its one value is"
            if parent is table or not _is_mutual(table, column, parent, key, scans, tables):
                line = Line(column.name, "foreignKeys", there, f"{every} in {there}")
                yield Reference((column.name,), parent.name, (key.name,), line)
        elif count <= (1 - _NEARLY) * column.distinct and parent is not table and not _is_key(table, column):
            inside = f"{column.distinct - count:,} of {number(column.distinct, 'value')} are in {there}"
            yield Line(column.name, "foreignKeys", "", f"{inside}, but not {some(missing)}; correct or add these")


def _parents(
    table: DraftedTable, column: TypedColumn, tables: Sequence[DraftedTable]
) -> Iterator[tuple[DraftedTable, TypedColumn]]:
    for parent in tables:
        if parent is not table and _is_key(table, column) and _names(parent) == _names(table):
            continue  # two parts of one table
        for key in _keys(parent):
            is_same = parent is table and key.name == column.name
            kinds = {column.type, key.type}
            fits = len(kinds) == 1 or kinds == {STRING, "integer"}
            if not is_same and fits and (_affinity(column, parent, key) or _is_telling(column, is_own=parent is table)):
                yield parent, key


def _names(table: DraftedTable) -> list[str]:
    return [column.name for column in table.columns]


def _keys(parent: DraftedTable) -> Iterator[TypedColumn]:
    """Give the columns of a table to which others may refer: its key, and other codes that are unique."""
    if len(parent.key.columns) == 1:
        yield parent.key.columns[0]
    for column in parent.columns:
        unique = column.filled == column.distinct == parent.scan.rows
        if unique and column.type == STRING and is_code(column.name) and column.name not in parent.key.names:
            yield column


def _affinity(column: TypedColumn, parent: DraftedTable, key: TypedColumn) -> int:
    """Tell how well the name of a column says to which table it refers: 2 for the table's name, 1 for the key's."""
    mine = stems(column.name) - _GENERIC
    if any(word.startswith(_OF_COUNTRIES) for word in words(column.name)):
        mine.add("country")
    if mine & (stems(parent.name) - _GENERIC):
        return 2
    same = column.name == key.name and not {*words(column.name)} <= {"id", "code", "key", "name"}
    return 1 if same or mine & (stems(key.name) - _GENERIC) or "parent" in mine else 0


def _is_telling(column: TypedColumn, *, is_own: bool) -> bool:
    """Return whether values are such that they are hardly in a key by chance: texts of several characters."""
    is_text = column.type == STRING and not column.column.of(DIGITS) and column.column.shortest > 1
    return is_text and (is_code(column.name) or column.distinct > (2 if is_own else 1))


def _rank(column: TypedColumn, parent: DraftedTable, key: TypedColumn) -> tuple[int, int, bool, int]:
    """Order the tables to which a column may refer: those that its name says, then the longest list."""
    return -_affinity(column, parent, key), -key.distinct, key.name not in parent.key.names, len(parent.columns)


def _is_key(table: DraftedTable, column: TypedColumn) -> bool:
    return table.key.names == (column.name,)


def _is_mutual(  # noqa: PLR0913 (two columns of two tables)
    table: DraftedTable,
    column: TypedColumn,
    parent: DraftedTable,
    key: TypedColumn,
    scans: Scans,
    tables: Sequence[DraftedTable],
) -> bool:
    """Return whether two columns have the same values, and the reference goes the other way: only one is proposed."""
    if not (column.filled == column.distinct == table.scan.rows):
        return False
    count, _ = scans.outside(parent.scan, key.column, table.scan, column.column, key.missing)
    names = [one.name for one in tables]
    own, other = _affinity(column, table, column), _affinity(key, parent, key)
    goes_there = (-other, names.index(parent.name)) < (-own, names.index(table.name))
    return count == 0 and not goes_there


# Several columns


def _of_several(table: DraftedTable, tables: Sequence[DraftedTable], scans: Scans) -> Iterator[Reference]:
    """Find references to keys of several columns, which have the same names here."""
    here = {column.name: column for column in table.columns}
    for parent in tables:
        names = parent.key.names
        if parent is table or len(names) < 2 or not {*names} <= {*here} or {*names} == {*table.key.names}:  # noqa: PLR2004 (several)
            continue
        mine = [here[name] for name in names]
        kinds = [{one.type, there.type} for one, there in zip(mine, parent.key.columns, strict=True)]
        if any(len(kind) > 1 for kind in kinds) or any(one.filled < table.scan.rows for one in mine):
            continue
        columns, key = [one.column for one in mine], [one.column for one in parent.key.columns]
        if table.scan.rows and scans.are_inside(table.scan, columns, parent.scan, key):
            there = f"`{parent.name}` ({', '.join(names)})"
            why = f"all of {number(scans.different(table.scan, columns), 'combination')} are in {there}"
            yield Reference(names, parent.name, names, Line(", ".join(names), "foreignKeys", there, why))


# Types that refer to each other


def _alike(tables: Sequence[DraftedTable]) -> list[DraftedTable]:
    """Make columns of whole numbers texts if they refer to texts, or texts refer to them."""
    known = {(table.name, column.name): column for table in tables for column in table.columns}
    pairs = [
        ((table.name, mine), (one.table, theirs))
        for table in tables
        for one in table.references
        for mine, theirs in zip(one.fields, one.parent_fields, strict=True)
    ]
    changed = True
    while changed:
        changed = False
        for one, other in (*pairs, *((there, here) for here, there in pairs)):
            if known[one].type != STRING and known[other].type == STRING:
                known[one] = known[one].as_text(f"as `{'.'.join(other)}`, which is text")
                changed = True
    return [_renewed(table, known) for table in tables]


def _renewed(table: DraftedTable, known: Mapping[tuple[str, str], TypedColumn]) -> DraftedTable:
    columns = tuple(known[table.name, column.name] for column in table.columns)
    key = replace(table.key, columns=tuple(known[table.name, name] for name in table.key.names))
    return replace(table, columns=columns, key=key)

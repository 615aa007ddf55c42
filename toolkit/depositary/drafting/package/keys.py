"""Propose the primary key of a table: one column, or the fewest columns, whose values are different in all rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from depositary.drafting.package.evidence import Line, rows_of
from depositary.drafting.package.forms import UNSEEN
from depositary.drafting.package.scan import Scan, ScannedColumn, Scans
from depositary.drafting.package.type_roles import TYPE_ROLES
from depositary.drafting.package.types import CODE_WORDS, STRING, TypedColumn, stems, words
from depositary.visible import visible
from depositary.wording.plain import number, shown

_LONGEST = 100  # characters of a text that may be a part of a key
_LONG = 40  # characters of a text that is rather a title
_MOST_COLUMNS = 14  # that are tried together
_MOST_PARTS = 6  # of a key
_NEARLY = 0.9  # of the values are different: probably a key with errors
_SHOWN = 3


@dataclass(frozen=True)
class Key:
    """The proposed key of a table, which may be empty, and the evidence."""

    columns: tuple[TypedColumn, ...] = ()
    lines: tuple[Line, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """Name its columns."""
        return tuple(column.name for column in self.columns)


def key_of(table: str, scan: Scan, columns: Sequence[TypedColumn], scans: Scans) -> Key:
    """Propose the key of a table."""
    if not scan.rows:
        return Key()
    able = [column for column in columns if TYPE_ROLES[column.type].is_key and column.column.longest <= _LONGEST]
    filled = [one for one in able if one.filled == scan.rows and not one.column.of(UNSEEN)]
    named = sorted((one for one in able if is_code(one.name)), key=lambda one: _rank(table, one))
    for column in (*named, *filled[:1]):
        if column in filled and column.distinct == scan.rows and (column in named or _may_be_first(column, filled)):
            return Key((column,), (_unique((column,), scan.rows),))
        if column in named and _is_nearly(column, scan.rows):
            return Key(lines=(_nearly(column, scan, scans),))
    several = _several(scan, filled, scans)
    if several:
        return Key(tuple(several), (_unique(several, scan.rows),))
    unique = [one for one in filled if one.distinct == scan.rows]
    single = next((one for one in unique if one.type == STRING or one.column.at == 0), None)
    if single:
        return Key((single,), (_unique((single,), scan.rows),))
    return Key(lines=(_doubtful(unique[0]) if unique else _none(scan, filled, scans),))


def is_code(name: str) -> bool:
    """Return whether a name says that a column identifies something."""
    spelt = words(name)
    return bool(CODE_WORDS & {*spelt}) or any(word[:3] in ("iso", "hs") for word in spelt)


def _rank(table: str, column: TypedColumn) -> tuple[bool, bool, int]:
    """Order columns that may be a key: that of the table's own name first, then `id`, then as they come."""
    spelt = stems(column.name)
    own = bool(spelt & stems(table)) or spelt <= {"id", "code", "key"}
    return not own, "id" not in spelt, column.column.at


def _may_be_first(column: TypedColumn, filled: Sequence[TypedColumn]) -> bool:
    """Return whether a first column without a telling name may be a key: not if a panel of years is likelier."""
    is_panel = any(TYPE_ROLES[one.type].is_period for one in filled if one is not column)
    return TYPE_ROLES[column.type].is_likely_key and not is_panel


def _is_nearly(column: TypedColumn, rows: int) -> bool:
    is_broken = column.filled < rows or column.distinct < rows or bool(column.column.of(UNSEEN))
    return is_broken and column.distinct >= _NEARLY * rows


def _unique(columns: Sequence[TypedColumn], rows: int) -> Line:
    names = ", ".join(column.name for column in columns)
    what = "unique" if len(columns) == 1 else "together unique"
    return Line(names, "primaryKey", names, f"{what} in {number(rows, 'row')}, and never blank")


def _nearly(column: TypedColumn, scan: Scan, scans: Scans) -> Line:
    """Name the rows that keep a column from being the key."""
    found = []
    if column.distinct < column.filled:
        repeated = scans.repeated(scan, [column.column], _SHOWN + 1)
        listed = [f"{visible(shown(value))} in {rows_of(rows)}" for (value,), rows in repeated if value][:_SHOWN]
        found.append(f"not unique: {', '.join(listed)}{', …' if len(repeated) > _SHOWN else ''}")
    if column.filled < scan.rows:
        blank = scans.blank_rows(scan, column.column, _SHOWN)
        found.append(f"blank in {rows_of(blank)}" if blank else "without a value in some rows")
    if unseen := column.column.of(UNSEEN):
        first = visible(shown(column.column.first[UNSEEN]))
        found.append(f"{number(unseen, 'cell')} with characters that cannot be seen: first {first}")
    values = f"{column.distinct:,} different values in {number(scan.rows, 'row')}"
    return Line(column.name, "primaryKey", "", f"nearly a key ({values}), but {'; '.join(found)}. Correct these rows")


def _several(scan: Scan, filled: Sequence[TypedColumn], scans: Scans) -> list[TypedColumn]:
    """Find columns that are unique together: from all, those are left out, from the right, that are not needed."""
    likely = sorted(filled, key=lambda one: (_is_less_likely(one), one.column.at))[:_MOST_COLUMNS]
    if not likely or scans.different(scan, _columns(likely)) < scan.rows:
        return []
    for column in reversed(tuple(likely)):
        fewer = [one for one in likely if one is not column]
        if fewer and scans.different(scan, _columns(fewer)) == scan.rows:
            likely = fewer
    return sorted(likely, key=lambda one: one.column.at) if 1 < len(likely) <= _MOST_PARTS else []


def _is_less_likely(column: TypedColumn) -> bool:
    is_long = column.column.longest > _LONG and not is_code(column.name)
    return TYPE_ROLES[column.type].is_count or (column.type == STRING and is_long)


def _columns(columns: Sequence[TypedColumn]) -> list[ScannedColumn]:
    return [one.column for one in columns]


def _doubtful(column: TypedColumn) -> Line:
    """Say that the only column that could be the key is hardly meant to be one."""
    why = (
        f"unique and never blank, but it has the type {column.type} and is not named as an id; name the key, or add one"
    )
    return Line(column.name, "primaryKey", "", why)


def _none(scan: Scan, filled: Sequence[TypedColumn], scans: Scans) -> Line:
    """Say why there is no key, with the first rows that are alike."""
    why = "no columns are unique together"
    clean = " and free of characters that cannot be seen" if any(one.of(UNSEEN) for one in scan.columns) else ""
    alike = next(_alike(scan, filled, scans), "") if filled else f"no column is filled in all rows{clean}"
    advice = "give each row an id, or name the key in the descriptor; rows without a key cannot be merged"
    return Line("", "primaryKey", "", "; ".join(filter(None, [why, alike, advice])))


def _alike(scan: Scan, filled: Sequence[TypedColumn], scans: Scans) -> Iterator[str]:
    for _, rows in scans.repeated(scan, _columns(filled), 1):
        yield f"{rows_of(rows)} are alike in {', '.join(column.name for column in filled[:_SHOWN])}"

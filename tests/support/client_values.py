"""What a client read, as text, beside what the cells mean."""

import contextlib
import datetime as dt
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from nasty import Rows, typed

Texts = Mapping[str, Sequence[str | None]]  # a table: its columns


@dataclass(frozen=True)
class Limits:
    """What a client itself does not tell apart, whatever it reads.

    `doubles` are types whose values it holds as doubles; `milliseconds` says that it may leave smaller parts of a
    second out, `trims` that it leaves out the spaces before a text, `no_null_texts` that no text is an empty one.
    """

    doubles: frozenset[str] = frozenset()
    milliseconds: bool = False
    trims: bool = False
    no_null_texts: bool = False


@dataclass
class Source:
    """A package: the descriptor's tables, and what their cells mean."""

    folder: Path
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=dict)

    def __post_init__(self) -> None:
        descriptor = json.loads((self.folder / "datapackage.json").read_text(encoding="utf-8"))
        self.schemas = {one["name"]: one["schema"] for one in descriptor["resources"]}
        self.rows = typed(self.folder)


def columns_of(table: Any) -> Texts:
    """Give a table by columns, if it came as rows."""
    if isinstance(table, dict):
        return table
    return {name: [row[name] for row in table] for name in (table[0] if table else ())}


def differences(source: Source, tables: Mapping[str, Any], limits: Limits) -> dict[tuple[str, str], str]:
    """Compare, by table and field, what was read with what the cells mean; each difference with its first values.

    Columns are told by their places, as formats shorten names, and rows by their keys, as formats may order them anew.
    """
    found = {}
    for name, schema in source.schemas.items():
        found |= {(name, one): said for one, said in _of_table(schema, source.rows[name], tables[name], limits)}
    return found


def _of_table(
    schema: Mapping[str, Any],
    rows: Rows,
    table: Any,
    limits: Limits,
) -> list[tuple[str, str]]:
    fields = schema["fields"]
    columns = list(columns_of(table).values())
    if not rows and not columns:
        return []
    if len(columns) != len(fields) or any(len(column) != len(rows) for column in columns):
        return [("", f"{len(columns)} columns of {[len(column) for column in columns]} rows")]
    read = [[_read(f["type"], cell) for cell in column] for f, column in zip(fields, columns, strict=True)]
    names = [f["name"] for f in fields]
    keys = [names.index(name) for name in schema["primaryKey"]]
    want, got = (
        sorted(some, key=lambda row: [str(row[at]) for at in keys])
        for some in ([tuple(row.values()) for row in rows], zip(*read, strict=True))
    )
    found = []
    for at, f in enumerate(fields):
        pairs = ((left[at], right[at]) for left, right in zip(want, got, strict=True))
        unlike = next((pair for pair in pairs if not _same(*pair, f["type"], limits)), None)
        if unlike:
            found.append((f["name"], f"{unlike[0]!r:.80} is read as {unlike[1]!r:.80}"))
    return found


def _same(want: Any, got: Any, kind: str, limits: Limits) -> bool:
    if want is None or got is None:
        return want is got or (limits.no_null_texts and got == "")
    if (type(want) is type(got) and want == got) or str(want) == str(got):
        return True
    if kind in limits.doubles:
        try:
            return math.isclose(float(want), float(got), rel_tol=1e-14)
        except ValueError:
            return False
    if limits.milliseconds and isinstance(want, dt.datetime):
        return bool(got == want.replace(microsecond=want.microsecond // 1000 * 1000))
    return limits.trims and got == str(want).lstrip(" ")


def _read(kind: str, text: str | None) -> Any:
    if text is None:
        return None
    try:
        return _READERS.get(kind, str)(text)
    except (ArithmeticError, KeyError, ValueError):
        return text


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(_MIDNIGHT.sub("", text))


_MIDNIGHT = re.compile(r"T00:00:00\.0+(Z|\+00:00)$")  # what has no days tells them as times


def _time(text: str) -> dt.time:
    if text.isdigit():  # hyparquet: millionths of a second since midnight
        return (_SOME_DAY + dt.timedelta(microseconds=int(text))).time()
    for form in _HOURS_OF_LIBREOFFICE:
        with contextlib.suppress(ValueError):
            return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC).time()
    return dt.time.fromisoformat(text.rpartition("T")[2].removesuffix("+00:00"))


_SOME_DAY = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
_HOURS_OF_LIBREOFFICE = ("%I:%M:%S %p", "%M:%S.%f")


def _moment(text: str) -> dt.datetime:
    said = dt.datetime.fromisoformat(text)
    return said.astimezone(dt.UTC) if said.tzinfo else said.replace(tzinfo=dt.UTC)


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": lambda text: int(Decimal(text)),
    "year": lambda text: int(Decimal(text)),
    "number": Decimal,
    "boolean": lambda text: {"true": True, "false": False, "1": True, "0": False}[text.lower()],
    "date": _day,
    "time": _time,
    "datetime": _moment,
}

"""Pairs of small packages for Hypothesis, and what differs between them, found in the plainest way."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from depositary.model.record_id import record_id
from depositary.write.csv import to_csv

Row = tuple[str, ...]
CELLS = st.sampled_from(
    ["", "a", "b", " a", "a ", "é", "e\u0301", "x\r\ny", "x\ny", 'q"', "a,b", "NA", "1", "1.0", "\u2003a", "|", "\\"]
)
KEYS = st.sampled_from(["k1", "k2", "k3", "k|4", "k\\5", "é", "k,6"])
MISSING = st.sampled_from([[""], ["", "NA"], ["NA"]])


@dataclass(frozen=True)
class Sheet:
    """One table: its fields in order, how many of the first two named k and l are its key, and its rows."""

    fields: tuple[str, ...]
    key: tuple[str, ...]
    missing: tuple[str, ...]
    title: str
    rows: tuple[Row, ...]

    def schema(self) -> dict:
        fields = [{"name": name, "type": "string", "title": f"{name} {self.title}".strip()} for name in self.fields]
        key = {"primaryKey": list(self.key)} if self.key else {}
        return {"fields": fields, "missingValues": list(self.missing), **key}

    def tidy_rows(self) -> list[dict[str, str]]:
        """Give the rows by field, each cell in its one form; without those that are blank."""
        return [
            {name: text for name, cell in zip(self.fields, row, strict=True) if (text := self.tidy(cell))}
            for row in self.rows
        ]

    def tidy(self, cell: str) -> str:
        text = unicodedata.normalize("NFC", cell.replace("\r\n", "\n")).strip()
        return "" if cell in self.missing or text in self.missing else text


Book = Mapping[str, Sheet]


def write(folder: Path, book: Book, version: str) -> Path:
    """Write a package."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, sheet in book.items():
        (folder / f"{name}.csv").write_bytes(to_csv(sheet.fields, sheet.rows).encode())
    resources = [
        {"name": name, "type": "table", "path": f"{name}.csv", "schema": sheet.schema()} for name, sheet in book.items()
    ]
    text = json.dumps({"name": "pair", "version": version, "resources": resources})
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    return folder


@st.composite
def sheets(draw) -> Sheet:
    key = draw(st.sampled_from([(), ("k",), ("k", "l"), ("l", "k")]))
    others = draw(st.lists(st.sampled_from(["x", "y", "z", "X y"]), unique_by=str.casefold, min_size=1, max_size=3))
    fields = tuple(draw(st.permutations([*key, *others])))
    keys = draw(st.lists(st.tuples(*[KEYS for _ in key]), unique=bool(key), min_size=1, max_size=4))
    rows = []
    for values in keys:
        cells = {**dict(zip(key, values, strict=True)), **{name: draw(CELLS) for name in others}}
        rows.append(tuple(cells[name] for name in fields))
    return Sheet(fields, key, tuple(draw(MISSING)), draw(st.sampled_from(["", "new"])), tuple(rows))


@st.composite
def neighbours(draw, sheet: Sheet) -> Sheet:
    """Give a table that differs from another in some cells, rows, a field and the order of its fields and rows."""
    fields = list(draw(st.permutations(sheet.fields)))
    others = [name for name in fields if name not in sheet.key]
    if draw(st.booleans()) and len(others) > 1:
        fields.remove(draw(st.sampled_from(others)))
    if draw(st.booleans()):
        fields.insert(draw(st.integers(0, len(fields))), "new")
    rows = []
    for row in draw(st.permutations(sheet.rows)):
        cells = dict(zip(sheet.fields, row, strict=True))
        if draw(st.integers(0, 3)):
            changed = {name: draw(CELLS) for name in fields if name not in sheet.key and draw(st.booleans())}
            rows.append(tuple({**cells, **changed}.get(name, "") for name in fields))
    return Sheet(
        tuple(fields), sheet.key, tuple(draw(MISSING)), draw(st.sampled_from([sheet.title, "new"])), tuple(rows)
    )


@st.composite
def pairs(draw) -> tuple[Book, Book]:
    """Give two packages: some tables in both, nearly alike or not at all, some in one of them."""
    names = draw(st.lists(st.sampled_from(["s", "t", "u-1"]), unique=True, min_size=1))
    before: dict[str, Sheet] = {}
    after: dict[str, Sheet] = {}
    for name in names:
        where = draw(st.sampled_from(["both", "both", "both", "before", "after"]))
        sheet = draw(sheets())
        if where != "after":
            before[name] = sheet
        if where != "before":
            after[name] = draw(st.one_of(neighbours(sheet), sheets())) if where == "both" else sheet
    spare = Sheet(("k",), ("k",), ("",), "", ())
    return before or {"spare": spare}, after or {"spare": spare}


# What differs, in the plainest way


Line = tuple[str, str, str, str, str | None, str | None]


def expected_rows(before: Book, after: Book) -> Counter[Line]:
    """Give the lines on rows; for tables without a common key, the number of a row is left out."""
    return Counter(line for name in {*before, *after} for line in _lines(name, before.get(name), after.get(name)))


def _lines(name: str, old: Sheet | None, new: Sheet | None) -> Iterator[Line]:
    keys = {sheet.key for sheet in (old, new) if sheet}
    key = keys.pop() if len(keys) == 1 else ()
    left, right = (sheet.tidy_rows() if sheet else [] for sheet in (old, new))
    if not key:
        yield from _multiset(name, left, right)
        return
    olds, news = ({record_id(row[k] for k in key): row for row in rows} for rows in (left, right))
    for row_id in {*olds, *news}:
        if row_id not in news:
            yield from _whole(name, row_id, "row_removed", olds[row_id], key)
        elif row_id not in olds:
            yield from _whole(name, row_id, "row_added", news[row_id], key)
        else:
            one, other = olds[row_id], news[row_id]
            for field in {*one, *other}:
                if one.get(field) != other.get(field):
                    yield name, row_id, field, "cell_changed", one.get(field), other.get(field)


def _multiset(name: str, left: list[dict[str, str]], right: list[dict[str, str]]) -> Iterator[Line]:
    old, new = (Counter(tuple(sorted(row.items())) for row in rows) for rows in (left, right))
    for row in (old - new).elements():
        yield from _whole(name, "", "row_removed", dict(row), ())
    for row in (new - old).elements():
        yield from _whole(name, "", "row_added", dict(row), ())


def _whole(name: str, row_id: str, change: str, row: dict[str, str], key: tuple[str, ...]) -> Iterator[Line]:
    yield name, row_id, "", change, None, None
    for field, text in row.items():
        if field not in key:
            before, after = (text, None) if change == "row_removed" else (None, text)
            yield name, row_id, field, change, before, after

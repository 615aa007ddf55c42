"""Cases: what is spoilt in the workspace, and what is then asked of the program; a number gives always the same one."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from edits import Edit, read_tree, rows_of, unpacked

ESC, OSC, CSI = "\x1b[2J", "\x1b]52;c;ZWNobyBoaQ==\x07", "\x9b2J"
TEXTS = (
    ESC,
    OSC,
    CSI,
    "a\rb",
    "\nok: 0 errors",
    "::error::x\n::warning::y",
    "\u202etxt.exe\u2066",
    "a\u200bb\ufeff\u00ad",
    "\U000e0041\u2028",
    "\x00",
    "\ud800",
    "\udcff",
    "",
    " ",
    "\\N",
    "local:x",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\x",
    "~root/x",
    "https://example.org/x.csv",
    "file:///etc/passwd",
    "data/actors.csv",
    "data",
    "x" * 5000,
    "=1+1",
    "'; DROP TABLE x; --",
    '"',
    "{x}",
    "%s%n",
    "{{",
    "<b>&amp;",
    "_row",
    "actors",
    "events",
    "actor_id",
    "event_id",
    "string",
    "integer",
    "date",
    "any",
    "geojson",
    "2023-13-45",
    "0000-00-00",
    "9999999999-01-01",
    "1e400",
    "NaN",
    "-0",
    "1" * 400,
    "１２",
    "true",
    "[",
    "(a+)+$",
    "(?P<x",
    "%Y-%m-%d",
    "%",
    "utf-16",
    "utf-7",
    "rot13",
    "idna",
    "base64",
    "zip",
    "gz",
    "act-1|",
    "\\",
    "|",
    "ctr-ann",
    "published@1.0.0",
    "é" * 300,
    "𠀀🏳️‍🌈",
    "CON",
    "a/b",
    "a\\b",
    "x" * 300 + ".csv",
    "2023-05~/..",
    "[..2023-05-26]",
    "XXXX-12-25",
    "P1Y",
    '{"a": [}',
    "90,45",
    "a,b,,",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    10**30,
    -(10**400),
    1.5,
    float("nan"),
    float("inf"),
    [],
    {},
    [None],
    [[]],
    [{}],
    {"": ""},
    ["a", "a"],
    [1, "a", None],
    {"fields": []},
    {"fields": [{"name": "a"}]},
    {"value": None},
    {"resource": "actors", "fields": ["actor_id"]},
    {"path": "data/actors.csv"},
)
KEYS = (
    "data", "path", "name", "type", "format", "schema", "dialect", "encoding", "compression", "innerpath", "profile",
    "fields", "primaryKey", "foreignKeys", "uniqueKeys", "missingValues", "constraints", "categories", "rules", "merge",
    "categoriesOrdered", "fieldsMatch", "extrapaths", "basepath", "scheme", "control", "sources", "licenses", "title",
    "description", "groupChar", "decimalChar", "bareNumber", "trueValues", "pattern", "enum", "minimum", "maximum",
    "exclusiveMinimum", "minLength", "unique", "required", "jsonSchema", "rdfType", "arrayItem", "example", "delimiter",
    "quoteChar", "header", "headerRows", "commentChar", "commentRows", "skipInitialSpace", "doubleQuote",
    "lineTerminator", "escapeChar", "nullSequence", "query", "when", "holds", "tables", "place", "message", "hint",
    "level", "id", "good", "bad", "needs", "files", "columns", "constants", "values", "local", "ignore", "sheet",
    "supersedes", "follows", "batch", "row", "field", "base", "hash", "mediatype", "bytes", "stats", "$schema",
    "switched", "off",
)  # fmt: skip
CONDITIONS = (
    "guests > 0", "kind = 'talks'", "guests", "1", "'a'", "NULL", "", " ", "guests >", "nothing = 1", "kind > 3",
    "held > '2023'", "EARLIEST(held) < '2023'", "SELECT 1", "1; DROP TABLE events", "read_csv('/etc/passwd')",
    "guests = (SELECT 1)", "COUNT(*) > 1", "kind LIKE '%'", "kind SIMILAR TO '('", "regexp_matches(kind, '(')",
    "guests / 0 > 1", "CAST(kind AS INTEGER) = 1", "CAST(kind AS DATE) > held", "guests + 'x' = 1", "open", "NOT open",
    "NOT kind", "begun > 1", "held - 1 > held", "days_ago(1) > held", "share > 1e400", "share = 'x'", "hour > '25:00'",
    "year > 2020", "grade IN (1, 'a')", "kind IN ()", "a.b = 1", "event_id || 1 = '1'", "lower(guests) = '1'",
    "kind = " + "(" * 300 + "1" + ")" * 300, "kind = 'a'" + " OR kind = 'a'" * 3000, "-" * 500 + "guests > 0",
    "kind = '\x1b[2J'", "\x1b[2J", "kind = '\ud800'", "\x00", "*", "events", "guests BETWEEN 1", "$1", "?", "kind[1]",
    "about.a = 1", "CASE WHEN guests THEN 1 END", "true", "length(kind) > 1", "held = DATE '2023-99-99'", "parts = 1",
    "certainly_before(held, '2023')", "INTERVAL 1 DAY > held", "guests::VARCHAR = '1'", "guests > 99999999999999999999",
    "guests * 9223372036854775807 > 1", "CAST(share AS DECIMAL(99,1)) > 1", "sleep(9)", "repeat('a', 1000000000) = 'b'",
    "name IS NULL", "actor_id = 'act-1' AND name > 'a'", "founded > '1900'", "LATEST(founded) > '2000'",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Edits by file, and a call: arguments of the command line, or a function of the library with its arguments."""

    edits: dict[str, list[Edit]]
    call: list[Any]

    def line(self) -> str:
        """Write it as a line of JSON."""
        return json.dumps({"call": self.call, "edits": self.edits})

    @property
    def verb(self) -> str:
        """Name what is called."""
        first = self.call[0]
        return f"{first}()" if isinstance(self.call[-1], dict) else str(first)


def case(world: Path, number: str) -> Case:
    """Make the case of a number."""
    return _Spoiler(world, random.Random(number)).case()  # noqa: S311 (the same case each time)


class _Spoiler:
    def __init__(self, world: Path, chance: random.Random) -> None:
        self.world, self.chance = world, chance

    def case(self) -> Case:
        if self.chance.random() < 0.12:
            return Case({}, self._spoilt_call(self._call(self.chance.choice(list(_CALLS)))))
        area = self.chance.choices([a for a, _ in _AREAS], [w for _, w in _AREAS])[0]
        file = self.chance.choice(files(self.world, area))
        edits = {file: list(self._edits(file))}
        if self.chance.random() < 0.1:
            other = self.chance.choice(files(self.world, area))
            edits[other] = list(self._edits(other))
        return Case(edits, self._call(area))

    def _call(self, area: str) -> list[Any]:
        return self._filled(self.chance.choice(_CALLS[area]))

    def _filled(self, call: Sequence[Any]) -> list[Any]:
        """Choose where a call leaves a choice."""
        return [self._chosen(one) for one in call]

    def _chosen(self, one: Any) -> Any:
        if isinstance(one, tuple):
            return self._chosen(self.chance.choice(one))
        if isinstance(one, dict):
            return {key: self._chosen(value) for key, value in one.items()}
        return one

    def _spoilt_call(self, call: list[Any]) -> list[Any]:
        if isinstance(call[-1], dict):
            name, arguments = call
            key = self.chance.choice([*arguments, *(["columns", "where"] if name == "load" else [])])
            put = self.chance.choice(CONDITIONS) if key == "where" else self._text()
            return [name, {**arguments, key: [put] if key == "columns" else put}]
        if self.chance.random() < 0.3:
            option = self.chance.choice(_OPTIONS)
            return [*call, option, self._text()]
        at = self.chance.randrange(1, len(call)) if len(call) > 1 else 0
        return [*call[:at], self._text(), *call[at + 1 :]] if at else [*call, self._text()]

    def _text(self) -> str:
        # No argument of a process holds half a character that UTF-8 has, or a NUL.
        text = self.chance.choice(TEXTS)
        joined = text + self.chance.choice(("", "", "x", ".csv", self.chance.choice(TEXTS)))
        return joined.encode("utf-8", "replace").decode().replace("\0", "0")

    # Edits

    def _edits(self, file: str) -> Iterator[Edit]:
        content = (self.world / file).read_bytes()
        if self.chance.random() < 0.15:
            yield from self._raw(content)
            return
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            yield from self._kind(file)(file, content)

    def _kind(self, file: str) -> Callable[[str, bytes], Iterator[Edit]]:
        if file.endswith((".json", ".yaml", ".toml")):
            return self._tree
        if file.endswith(".xlsx"):
            return self._book
        if file.endswith(".parquet"):
            return self._frame
        if file.endswith((".csv", ".gz", ".zip")):
            return self._table
        return lambda _, content: self._raw(content)

    def _raw(self, content: bytes) -> Iterator[Edit]:
        choice = self.chance.randrange(9)
        size = len(content)
        start = self.chance.randrange(size + 1)
        if choice == 0:
            yield ["bytes", start, size, ""]
        elif choice == 1:
            yield ["bytes", start, start, self._text_of_bytes()]
        elif choice == 2:
            yield [
                "bytes",
                0,
                0,
                self.chance.choice(("\xef\xbb\xbf", "\xff\xfe", "\x00", "PK\x03\x04", "\x1f\x8b", "#!")),
            ]
        elif choice == 3:
            yield [
                "text",
                self.chance.choice(("", "\n", "{}", "[]", "null", "1", '"', "a,b\n1\n", "[" * 100_000, "\x00")),
            ]
        elif choice == 4:
            yield ["recode", self.chance.choice(("utf-16", "utf-32", "latin-1", "cp1252", "shift-jis", "utf-8-sig"))]
        elif choice == 5:
            yield ["repeat", self.chance.choice(('{"a":', "[", "- ", "a,", '"', "a\n", "\n", "a: {")), 60_000]
        elif choice == 6:
            yield ["bytes", start, min(size, start + self.chance.choice((1, 2, 8, 64))), ""]
        else:
            for _ in range(self.chance.choice((1, 1, 4, 16))):
                at = self.chance.randrange(size + 1)
                yield ["bytes", at, at + 1, chr(self.chance.randrange(256))]

    def _text_of_bytes(self) -> str:
        return self.chance.choice(TEXTS).encode("utf-8", "surrogatepass").decode("latin-1")

    def _tree(self, file: str, content: bytes) -> Iterator[Edit]:
        paths = list(_paths(read_tree(content, file)))
        path = self.chance.choice(paths)
        choice = self.chance.randrange(10)
        if choice <= 4:
            yield ["set", path, self._value()]
        elif choice == 5:
            yield ["drop", path]
        elif choice == 6:
            yield ["rename", path, self.chance.choice((*KEYS, *TEXTS))]
        elif choice == 7:
            yield ["double", path]
        elif choice == 8:
            yield ["set", [*path[:-1], self.chance.choice(KEYS)], self._value()]
        elif self.chance.random() < 0.3:
            yield ["deep", path, self.chance.choice((50, 500, 3000, 100_000))]
        else:
            other = self.chance.choice(paths)
            yield ["set", path, _at(read_tree(content, file), other)]

    def _value(self) -> Any:
        roll = self.chance.random()
        if roll < 0.5:
            return self.chance.choice(TEXTS)
        if roll < 0.9:
            return self.chance.choice(VALUES)
        return {self.chance.choice(KEYS): self.chance.choice((*VALUES, *TEXTS)) for _ in range(2)}

    def _table(self, file: str, content: bytes) -> Iterator[Edit]:
        if file.endswith((".gz", ".zip")):
            content = unpacked(content, file) or b""
        rows = rows_of(content) or [[""]]
        row = self.chance.choice((0, self.chance.randrange(len(rows))))
        column = self.chance.randrange(max(1, len(rows[0])))
        choice = self.chance.randrange(10)
        if choice <= 4:
            yield ["cell", row, column, self.chance.choice(TEXTS)]
        elif choice == 5:
            yield ["row", row, [self.chance.choice(TEXTS) for _ in range(self.chance.choice((0, 1, len(rows[0]), 90)))]]
        elif choice == 6:
            yield ["more", row, [self.chance.choice(TEXTS)] * self.chance.choice((1, 3))]
        elif choice == 7:
            yield [self.chance.choice(("drop row", "drop column")), column]
        elif choice == 8:
            yield ["row", row, rows[row]]
        else:
            yield ["cell", row, column, self.chance.choice(("x" * 200_000, "é" * 140_000, '"' * 999))]

    def _book(self, file: str, _: bytes) -> Iterator[Edit]:
        member = self.chance.choice(members(self.world, file))
        choice = self.chance.randrange(7)
        if choice == 0:
            yield ["member", member, None]
        elif choice == 1:
            yield ["member", "xl/workbook.xml", [["text", _NO_SHEETS]]]
        elif choice == 2:
            yield ["member", member, [["text", self.chance.choice(("", "<x/>", _BOMB, "<", "\x00", "<a>" * 50_000))]]]
        else:
            yield ["member", member, list(self._markup(file, member))]

    def _markup(self, file: str, member: str) -> Iterator[Edit]:
        """Put something else in the place of a value or name in XML."""
        import re  # noqa: PLC0415

        content = unpacked_member(self.world, file, member)
        spots = [m.span(1) for m in re.finditer(rb'[">]([^<>"]{1,40})["<]', content)]
        if not spots:
            return
        start, end = self.chance.choice(spots)
        put = self.chance.choice(
            (*TEXTS[:10], "", "0", "-1", "99999999999", "A0", "XFE1048577", "e", "s", "b", "str", "n")
        )
        yield ["bytes", start, end, put.encode("utf-8", "surrogatepass").decode("latin-1")]

    def _frame(self, file: str, _: bytes) -> Iterator[Edit]:
        from pyarrow import parquet  # noqa: PLC0415

        names = parquet.read_schema(self.world / file).names
        columns = {}
        for name in names:
            kind = self.chance.choice(("string",) * 9 + _KINDS)
            columns[name] = [
                kind,
                [self.chance.choice(("1", "2023-05-26", "true", "", None, *TEXTS[:3])) for _ in "ab"],
            ]
        if self.chance.random() < 0.2:
            columns.pop(self.chance.choice(names))
        yield ["parquet", columns]


_KINDS = (
    "int", "uint", "float", "bool", "day", "time", "moment", "zoned", "decimal", "bytes", "list", "null", "coded"
)  # fmt: skip
_BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><x>&i;</x>"
)
_NO_SHEETS = '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets></sheets></workbook>'


def _paths(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[list[Any]]:
    entries: Iterator[tuple[Any, Any]] = iter(())
    if isinstance(tree, dict):
        entries = iter(tree.items())
    elif isinstance(tree, list):
        entries = iter(enumerate(tree))
    for key, value in entries:
        yield [*at, key]
        yield from _paths(value, (*at, key))


def _at(tree: Any, path: Sequence[Any]) -> Any:
    for step in path:
        tree = tree[step]
    return tree


@cache
def files(world: Path, area: str) -> tuple[str, ...]:
    """List the files of an area that are spoilt."""
    start = world / area
    found = [start] if start.is_file() else [p for p in start.rglob("*") if p.is_file()]
    wanted = (p.relative_to(world).as_posix() for p in found if p.suffix in _ENDINGS)
    return tuple(sorted(wanted))


_ENDINGS = (".json", ".yaml", ".toml", ".csv", ".gz", ".zip", ".xlsx", ".parquet", ".txt")


@cache
def members(world: Path, file: str) -> tuple[str, ...]:
    """List the members of a workbook."""
    import zipfile  # noqa: PLC0415

    with zipfile.ZipFile(world / file) as archive:
        return tuple(sorted(archive.namelist()))


@cache
def unpacked_member(world: Path, file: str, member: str) -> bytes:
    """Read a member of a workbook."""
    import zipfile  # noqa: PLC0415

    with zipfile.ZipFile(world / file) as archive:
        return archive.read(member)


_FORMATS = ("text", "json", "html", "sarif", "github", "markdown")
_EXPORTS = ("csv", "parquet", "sqlite", "duckdb", "xlsx", "dta", "jsonl")
_KINDS_OF_FRAME = ("pandas", "polars", "arrow", "duckdb")
_TABLES = ("events", "actors", "regions", "flows", "source_derivations", "evidence")
_VIEWS = ("source_roots", "source_steps", "source_originals")
_OPTIONS = (
    "--format", "--output", "--base", "--table", "--select", "--as-of", "--previous", "--snapshots", "--fail-on",
    "--max-findings", "--memory-limit", "--decisions", "--bases", "--output-dir", "--kind", "--status", "--take",
    "--value", "--reason", "--source", "--as", "--on", "--from", "--package", "--to", "--text", "--column", "--missing",
)  # fmt: skip
_CONFLICT = "cfl-65cx3pkotfkv"
_QUOTED = ("--source", "src-a", "--text", "text.txt", "--quote", "The minister", "--nth", "1", "--keep-quote")


def _load(package: str, tables: tuple[str, ...] = (*_TABLES, *_VIEWS)) -> list[Any]:
    where = ("",) * 60 + CONDITIONS
    asked = {"package": package, "table": tables, "as_": _KINDS_OF_FRAME, "where": where}
    return ["load", {**asked, "dates": (False, True), "labels": (False, True)}]


_OF_PACKAGE: list[list[Any]] = [
    ["validate", "package", "--format", _FORMATS],
    ["validate", "package", "--format", _FORMATS, "--output", "report.out"],
    ["validate", "package", "--release", "--previous", "bases/1.0.0", "--snapshots", "."],
    ["validate", "contributions/ann/x", "--format", _FORMATS],
    ["validate", "events.csv", "--base", "package"],
    ["merge"],
    ["merge", "--plan"],
    ["status"],
    ["export", "package", "--to", _EXPORTS, "--output-dir", "out"],
    ["export", "package", "--to", _EXPORTS, "--output-dir", "out", "--safe-cells"],
    ["explain", "X1", "--package", "package"],
    ["evidence", "check", "package", "--text", "text.txt"],
    ["evidence", "check", "contributions/ann/x", "--text", "text.txt"],
    ["evidence", "add", "events", "ev-1", ("package", "contributions/ann/x"), *_QUOTED],
    ["evidence", "move", "package", "--from", "text.txt", "--to", ("text.txt", "events.csv"), "--write"],
    ["schema", "build", "package", "--output-dir", "out"],
    ["codelist", "add", "regions", "longer.csv", "--package", "package", ("--replace", "--keep")],
    ["diff", "package", "merged", "--format", ("text", "csv", "html")],
    ["diff", "bases/1.0.0", "package"],
    _load("package"),
    _load("package"),
    ["load_all", {"package": "package", "as_": _KINDS_OF_FRAME, "dates": (False, True), "labels": (False, True)}],
    ["json_schema", {"package": "package", "table": (None, *_TABLES)}],
    ["pandera_schema", {"package": "package", "table": _TABLES, "backend": ("pandas", "polars")}],
    ["validate_frame", {"package": "package", "table": ("events", "actors"), "frame": "events.csv"}],
    ["validate", {"path": "package"}],
    ["open", {"path": "package"}],
    ["patch", {"package": "package", "diff": "diff.csv", "output_dir": "out"}],
    ["diff", {"before": "package", "after": "bases/1.0.0"}],
]
_OF_MERGED: list[list[Any]] = [
    ["conflicts", "--format", ("text", "csv", "html"), "--status", ("all", "open")],
    ["conflicts", "--format", "xlsx", "--output", "c.xlsx"],
    ["conflicts", "--table", "events", "--kind", "cell"],
    ["resolve", _CONFLICT, "--take", "ctr-ben", "--reason", "so", "--as", "ctr-ann"],
    ["resolve", _CONFLICT, "--value", "13", "--reason", "so", "--as", "ctr-ben"],
    ["resolve", _CONFLICT, "--keep-base", "--reason", "so", "--as", "ctr-ann", "--source", "src-a"],
    ["resolve", "--from", ("sheet.csv", "sheet.xlsx"), "--as", "ctr-ann"],
    ["blame", "events", "ev-1"],
    ["blame", "events", "ev-1", "guests"],
    ["blame", "actors", "act-4"],
    ["blame", "regions", "KOR"],
    ["history", "actors", ("act-4", "act-3", "act-9")],
    ["history", "events", "ev-1"],
    ["status"],
    ["merge"],
    ["validate", "merged"],
    ["diff", "package", "merged", "--format", ("text", "csv", "html")],
    ["export", "merged", "--to", _EXPORTS, "--output-dir", "out"],
    _load("merged", ("conflicts", "provenance_rows", "provenance_cells", "redirects", "events")),
]
_CALLS: dict[str, list[list[Any]]] = {
    "package": _OF_PACKAGE,
    "bases": [
        ["merge"],
        ["status"],
        ["diff", "bases/1.0.0", "package"],
        ["validate", "package", "--previous", "bases/1.0.0"],
    ],
    "contributions": [
        ["validate", ("contributions/ann/x", "contributions/ben/y", "contributions/eve/z"), "--format", _FORMATS],
        ["merge"],
        ["merge", "--plan"],
        ["status"],
        ["validate", "contributions/ann/x", "contributions/ben/y", "contributions/eve/z"],
    ],
    "decisions": [
        ["merge"],
        ["status"],
        ["undo", _CONFLICT],
        ["undo", _CONFLICT, "--as", "ctr-ann"],
        ["resolve", _CONFLICT, "--take", "ctr-ben", "--reason", "so", "--as", "ctr-ann"],
    ],
    "merged": _OF_MERGED,
    "depositary.toml": [
        ["merge"],
        ["status"],
        ["conflicts"],
        ["blame", "events", "ev-1"],
        ["undo", _CONFLICT],
        ["validate", "contributions/ann/x"],
        ["schema", "build", "--output-dir", "out"],
        ["resolve", _CONFLICT, "--take", "ctr-ben", "--reason", "so", "--as", "ctr-ann"],
    ],
    "sheet.csv": [["resolve", "--from", "sheet.csv", "--as", "ctr-ann"]],
    "sheet.xlsx": [["resolve", "--from", "sheet.xlsx", "--as", "ctr-ann"]],
    "longer.csv": [
        ["codelist", "add", "regions", "longer.csv", "--package", "package", ("--replace", "--keep")],
        ["codelist", "add", "regions", "longer.csv", "--package", "package", "--value", "label=x", "--missing", "JPN"],
        ["validate", "longer.csv", "--base", "package", "--table", "regions"],
    ],
    "text.txt": [
        ["evidence", "check", "package", "--text", "text.txt"],
        ["evidence", "add", "events", "ev-1", "package", *_QUOTED],
        ["evidence", "move", "package", "--from", "text.txt", "--to", "events.csv", "--format", ("text", "json")],
    ],
    "diff.csv": [["patch", {"package": "package", "diff": "diff.csv", "output_dir": "out"}]],
    "events.csv": [
        ["validate", "events.csv", "--base", "package", "--format", _FORMATS],
        ["validate_frame", {"package": "package", "table": "events", "frame": "events.csv"}],
    ],
    "exported": [
        _load("exported/parquet"),
        _load("exported/parquet"),
        _load("exported/csv"),
        ["load_all", {"package": ("exported/parquet", "exported/csv"), "as_": _KINDS_OF_FRAME}],
        ["export", ("exported/parquet", "exported/csv"), "--to", _EXPORTS, "--output-dir", "out"],
        ["export", "package", "--to", "parquet", "--output-dir", "exported"],
        ["validate", "exported/csv"],
        ["validate", "exported/parquet"],
    ],
}
_AREAS = (
    ("package", 40), ("bases", 4), ("contributions", 20), ("decisions", 6), ("merged", 20), ("depositary.toml", 3),
    ("sheet.csv", 5), ("sheet.xlsx", 6), ("longer.csv", 4), ("text.txt", 1), ("diff.csv", 5), ("events.csv", 5),
    ("exported", 16),
)  # fmt: skip

"""The exact lane against its reference: both judge one package, and must say the same, error for error.

Hypothesis makes small packages, Table Schemas together with CSV text full of what goes wrong. What frictionless would
guess is stated everywhere: encoding, delimiter, quote, initial spaces and header (docs/parity.md says why we do not
guess). Fixed cases show the rules one by one, with what they give.
"""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import frictionless
import pytest
from conftest import ROOT
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from depositary.check.reading.bulk import bulk_of
from depositary.check.reading.cells import Column
from depositary.check.reading.datapackage_v2 import standard_reader
from depositary.check.reading.header import schema_of
from depositary.check.validate import validate
from depositary.model.limits import Limits
from depositary.model.package import Resource
from depositary.model.report import Report
from depositary.model.table import Table as SchemaTable
from depositary.model.target import Input

Descriptor = dict[str, Any]
Table = tuple[Descriptor, bytes]  # a resource and its file
Error = tuple[str, Mapping[str, Any]]  # a table and the error's descriptor

STATED = {"delimiter": ",", "quoteChar": '"', "skipInitialSpace": False, "header": True}


# What the two say


def their_errors(folder: Path) -> list[Error]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves archives open
        report = frictionless.Package(str(folder / "datapackage.json")).validate(limit_errors=10**9)
    assert report.errors == []
    return [(task.name, error.to_descriptor()) for task in report.tasks for error in task.errors]


def our_report(folder: Path) -> Report:
    return validate(folder, limits=Limits(examples=10**9), reference_only=True)


def our_errors(folder: Path) -> list[Error]:
    report = our_report(folder)
    assert report.not_judged == ()
    return [(finding.table, finding.reference) for finding in report]


def compared(errors: Sequence[Error]) -> list[Error]:
    empty = {table for table, error in errors if error["type"] == "source-error"}
    return [
        (table, {k: v for k, v in error.items() if k not in _left_out(error)})
        for table, error in errors
        if not (table in empty and error["type"] in SIZES)
    ]


SIZES = ("hash-count", "byte-count")  # not judged once the reading has ended early: docs/parity.md


def _left_out(error: Mapping[str, Any]) -> set[str]:
    standing = {"title", "description", "message", "tags"}
    if error["type"] == "source-error":  # an empty file: said in our words
        return standing | {"note"}
    return standing


def brief(errors: Iterable[Error]) -> list[str]:
    """Say row, type and field of each error."""
    return [_brief(error) for _, error in errors]


def _brief(error: Mapping[str, Any]) -> str:
    row = error.get("rowNumber") or error.get("rowNumbers", [""])[0]
    field = error.get("fieldName") or ",".join(error.get("fieldNames", []))
    return f"{row} {error['type']} {field}".strip()


# Packages


V1 = {"profile": "tabular-data-package"}
V2 = {"$schema": "https://datapackage.org/profiles/2.0/datapackage.json"}
V2_SCHEMA = {"$schema": "https://datapackage.org/profiles/2.0/tableschema.json"}


def put(folder: str | Path, tables: Sequence[tuple[Descriptor, bytes | None]], standard: Descriptor = V2) -> Path:
    profile = {"profile": "tabular-data-resource"} if standard is V1 else {}
    package = {**standard, "name": "made", "resources": [{**resource, **profile} for resource, _ in tables]}
    (Path(folder) / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    for resource, data in tables:
        if data is not None:
            (Path(folder) / resource["path"]).write_bytes(data)
    return Path(folder)


def resource_of(name: str, schema: Descriptor, dialect: Descriptor, encoding: str = "utf-8") -> Descriptor:
    stated = {"encoding": encoding, "dialect": {**STATED, **dialect}}
    return {"name": name, "type": "table", "path": f"{name}.csv", **stated, "schema": schema}


def assert_same(tables: Sequence[Table], standard: Descriptor = V2) -> None:
    with TemporaryDirectory() as folder:
        put(folder, tables, standard)
        assert compared(our_errors(Path(folder))) == compared(their_errors(Path(folder)))


# Random packages: fields

# Properties of a field with values that it accepts, as JSON or text; they serve as cells, enums and bounds.
# Times with an offset stand only where no bound does, arrays and objects not in keys: there frictionless raises, STOPS.
KINDS: list[tuple[Descriptor, list[Any]]] = [
    ({}, ["a", "1"]),
    ({"type": "any"}, ["a", "1", "1.0"]),
    ({"type": "string"}, ["a", "b", "ab", "1"]),
    ({"type": "string", "format": "uri"}, ["http://example.org/a", "urn:a:b", "mailto:a@b.ch"]),
    ({"type": "string", "format": "email"}, ["a@example.org", "b@example.org"]),
    ({"type": "string", "format": "uuid"}, ["95ecc380-afe9-11e4-9b6c-751b66dd541e"]),
    ({"type": "string", "format": "binary"}, ["YQ==", "YWI=", "YQ"]),
    ({"type": "integer"}, [0, 1, "1", "2", "-1", " 1 "]),
    ({"type": "integer", "bareNumber": False}, [0, "2", "$1", "1%"]),
    ({"type": "integer", "groupChar": ","}, [1, 1000]),
    ({"type": "number"}, [0, 2.5, "1", "1.0", "1e3", "-1", "infinity"]),
    ({"type": "number", "floatNumber": True}, [0, 2.5, "1", "1.0", "1e3"]),
    ({"type": "number", "decimalChar": ","}, [1, "1,0", "1,5"]),
    ({"type": "number", "decimalChar": ",", "groupChar": "."}, [1, "1,0", "1.000,5", 1000]),
    ({"type": "number", "groupChar": ","}, [1, "1,000", "1000"]),
    ({"type": "number", "bareNumber": False}, [1, "$1", "1.5%", "5"]),
    ({"type": "boolean"}, ["true", "True", "1", "false", "0"]),
    ({"type": "boolean", "trueValues": ["YES", "1"], "falseValues": ["no", "-"]}, ["YES", "1", "no", "-"]),
    ({"type": "boolean", "trueValues": ["x"], "falseValues": ["x", ""]}, ["x"]),
    ({"type": "date"}, ["2020-01-01", "2020-1-1", "2021-12-31"]),
    ({"type": "date", "format": "any"}, ["2020-01-01", "1 Jan 2020", "2020/01/01"]),
    ({"type": "date", "format": "%d/%m/%Y"}, ["01/02/2020", "1/2/2020", "31/12/2021"]),
    ({"type": "date", "format": "%Y"}, ["2020", "2021"]),
    ({"type": "year"}, ["2020", 2020, "2021", " 202"]),
    ({"type": "yearmonth"}, ["2020-01", "2020-1", "2021-12"]),
    ({"type": "datetime"}, ["2020-01-01T12:00:00", "2020-01-01T24:00:00"]),
    ({"type": "datetime", "format": "any"}, ["2020-01-01T12:00:00", "1 Jan 2020 12:00"]),
    ({"type": "datetime", "format": "%Y-%m-%d %H:%M"}, ["2020-01-01 12:00", "2021-1-1 1:1"]),
    ({"type": "datetime", "title": "unbounded"}, ["2020-01-01T12:00:00Z", "2020-01-01T14:00:00+02:00"]),
    ({"type": "time"}, ["12:00:00", "24:00:00", "00:00:00"]),
    ({"type": "time", "format": "any"}, ["12:00:00", "12:00", "3pm"]),
    ({"type": "time", "format": "%H:%M"}, ["12:00", "1:1"]),
    ({"type": "time", "title": "unbounded"}, ["12:00:00", "12:00:00Z"]),
    ({"type": "duration"}, ["P1Y", "P12M", "PT1H"]),
    ({"type": "geopoint"}, ["1,2", "1.0, 2", "180, -90"]),
    ({"type": "geopoint", "format": "array"}, ["[1,2]", '["1", 2.0]', [1, 2]]),
    ({"type": "geopoint", "format": "object"}, ['{"lon": 1, "lat": 2}', '{"lat": "2", "lon": 1.0}']),
    ({"type": "object"}, ["{}", '{"a": 1}', '{"a": 1, "b": [2]}', {"a": 1}]),
    ({"type": "array"}, ["[]", "[1]", '["a", {"b": null}]', [1]]),
    ({"type": "array", "arrayItem": {"type": "integer", "constraints": {"minimum": 1}}}, ["[1]", '["2", 3]', "[0]"]),
    ({"type": "array", "arrayItem": {"constraints": {"enum": [1, "a"]}}}, ["[1]", '["a", 1]', '["b"]']),
    ({"type": "list"}, ["a", "a,b", "a,,b"]),
    ({"type": "list", "delimiter": ";", "itemType": "integer"}, ["1", "1;2", " 1; 2"]),
    ({"type": "list", "delimiter": "--", "itemType": "date"}, ["2020-01-01", "2020-01-01--2020-1-2"]),
    *(({"type": "list", "itemType": kind}, ["1,0", "1"]) for kind in ("boolean", "number")),
    *(
        ({"type": "list", "itemType": kind}, ["2020-01-01T12:00:00", "12:00:00,12:00:00Z"])
        for kind in ("datetime", "time")
    ),
    ({"type": "geojson"}, ['{"type": "Point", "coordinates": [1, 2]}', {"type": "Point", "coordinates": [1, 2]}]),
    ({"type": "geojson", "format": "topojson"}, ['{"type": "Topology", "objects": {}, "arcs": []}']),
]
NO_KEYS = {"array", "object", "list", "geojson"}  # what they hold cannot be compared
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
# The second line is of those that may backtrack; for their letters see the last test.
PATTERNS = ["a|b", "a+", "[a-z]*", r"\d+", ".", "a$", "(?i:A)", r"\w*"]
PATTERNS += ["(a+)+", "(a*)*b", r"(a)\1?", "[^,]*,.*", "(a|b)+c?"]
WORDS = """
1 1.0 1e3 1_000 +1 -0 00 10 1,5 1.5 1.000,5 1,000 $1 5% 0x10 1e400 9223372036854775808 99999999999999999999999999e-5 ٣
YES yes no true True infinity -inf NaN nan None null NA - a A b ab x 'a' #a \\N aaaaaaaaaaaaaaaaaaaaaaaac é e\u0301
2020-01-01 2020-1-1 2020/01/01 2020-02-30 2020-13 2020-01 2020 2020-W01 24:00:00 12:00 2020-01-01T12:00:00
"""
POOL = [
    *WORDS.split(),
    *("", " ", "  ", "\u00a0", "\u2028", "\t", "\x00", " 1 ", "\u00a01\u00a0", " a", "a|b"),
    *('a"b', '"', "a,b", "a;b", "a\nb", "a\r\nb", "a\n", "\n"),
    *(
        "null",
        "[",
        "[1,]",
        "[1, [2]]",
        '{"a": 1}',
        '{"a": 1, "a": 2}',
        "[NaN]",
        "1,2",
        "181,0",
        "1;x",
        "POINT (1",
        "YQ=",
    ),
]
MISSING = [["", "-", "NA"], ["1", " "], [], ["a", ""], [{"value": "-", "label": "none"}, {"value": ""}]]


def mostly(usual: object, *others: object) -> st.SearchStrategy[Any]:
    return st.sampled_from([usual] * max(6, 3 * len(others)) + list(others))


@st.composite
def fields(draw: st.DrawFn, name: str) -> tuple[Descriptor, list[str]]:
    """Draw a field and the texts of values that it accepts."""
    kind, values = draw(st.sampled_from(KINDS))
    value = st.sampled_from(values)
    choices: dict[str, st.SearchStrategy[Any]] = {
        "required": st.booleans(),
        "enum": st.lists(value, min_size=1, max_size=3),
        **dict.fromkeys(("minLength", "maxLength"), st.integers(0, 3)),
        "pattern": st.sampled_from(PATTERNS),
        **({} if "title" in kind else dict.fromkeys(BOUNDS, value)),
    }
    possible = frictionless.Field.from_descriptor({"name": name, "type": "any", **kind}).supported_constraints
    choices = {constraint: choice for constraint, choice in choices.items() if constraint in possible}
    choices |= {} if kind.get("type") in NO_KEYS else {"unique": st.booleans()}
    wanted = draw(st.lists(st.sampled_from(list(choices)), max_size=3, unique=True))
    field = {"name": name, **kind, "constraints": {constraint: draw(choices[constraint]) for constraint in wanted}}
    missing, categories = draw(mostly(None, *MISSING)), draw(mostly(None, ["a", "1"]))
    field |= {} if missing is None else {"missingValues": missing}
    field |= {} if categories is None else {"categories": categories}
    return field, [v if isinstance(v, str) else json.dumps(v) for v in values]


# Random packages: tables

DIALECTS: list[Descriptor] = [
    *({"delimiter": d} for d in ";\t|"),
    {"quoteChar": "'"},
    {"skipInitialSpace": True},
    {"header": False},
    {"escapeChar": "\\", "doubleQuote": False},
    {"escapeChar": "\\"},
    {"skipBlankRows": True},
    {"commentChar": "#"},
    {"commentRows": [3]},
    {"commentRows": [1, 2]},
    {"headerRows": [2]},
    {"headerRows": [1, 3]},
    {"headerRows": []},
    {"headerRows": [3, 1]},
    {"headerRows": [1, 2], "headerJoin": "-"},
    {"headerCase": False},
    {"commentChar": "a"},
    {"lineTerminator": ";", "nullSequence": "NA"},
]
LINES = ["", "  ", ",", ",,,", "a,b,c,d,e,f", "\t", r"\",a"]
LINES += ['""', 'a"b,c', '"1"x,2', ' "a",b', '"a, "b",c', '"a""b",', '"never closed']
RELABEL: dict[str, Callable[[list[str]], list[str]]] = {
    "drop": lambda labels: labels[1:],
    "drop last": lambda labels: labels[:-1],
    "reverse": lambda labels: labels[::-1],
    "add": lambda labels: ["x", *labels],
    "add last": lambda labels: [*labels, "A"],
    "double": lambda labels: [*labels, *labels[:1]],
    "blank": lambda labels: ["", *labels[1:]],
    "blank all": lambda labels: [""] * len(labels),
    "pad": lambda labels: [f" {label}\n" for label in labels],
    "capitals": lambda labels: [label.upper() for label in labels],
}


@st.composite
def schemas(draw: st.DrawFn) -> tuple[Descriptor, list[list[str]]]:
    """Draw a schema without references, and for each field the texts of values that it accepts."""
    drawn = [draw(fields(name)) for name in "abc"[: draw(st.integers(1, 3))]]
    names = [field["name"] for field, _ in drawn]
    keys = [field["name"] for field, _ in drawn if field.get("type") not in NO_KEYS]
    choices = {
        "fieldsMatch": mostly(None, "exact", "equal", "subset", "superset", "partial"),
        "missingValues": mostly(None, *MISSING),
        "primaryKey": st.sampled_from([None, None, *([keys[0], keys[:1], keys, keys[::-1]] if keys else [])]),
        "uniqueKeys": mostly(None, [names]),
    }
    chosen = {key: draw(choice) for key, choice in choices.items()}
    schema = {key: value for key, value in chosen.items() if value is not None}
    return {"fields": [field for field, _ in drawn], **schema}, [texts for _, texts in drawn]


@st.composite
def dialects(draw: st.DrawFn, schema: Descriptor) -> Descriptor:
    dialect = draw(mostly({}, *DIALECTS)) | draw(mostly({}, *DIALECTS))
    if "headerCase" in dialect and "primaryKey" in schema:
        return {}  # the reference then takes every column into the key whose name differs only by case: DIFFERENCES
    if "headerRows" in dialect and schema.get("fieldsMatch", "exact") != "exact":
        return {}  # joined with cells, labels could be equal by chance, see `headers`
    return dialect


@st.composite
def headers(draw: st.DrawFn, schema: Descriptor, dialect: Descriptor) -> list[str]:
    labels = [field["name"] for field in schema["fields"]]
    for change in draw(mostly([]) | st.lists(st.sampled_from(sorted(RELABEL)), min_size=1, max_size=2)):
        labels = RELABEL[change](labels)
    if schema.get("fieldsMatch", "exact") == "exact":
        return labels
    # Where columns are matched by name, equal labels end the table in the reference's words or ours: DIFFERENCES.
    fold = str.strip if dialect.get("headerCase", True) else lambda label: label.strip().lower()
    return list({fold(label): label for label in labels}.values())


def is_whole(schema: Descriptor, dialect: Descriptor, labels: Sequence[str]) -> bool:
    """Return whether each field has its column; references to an empty file or to one without are not judged."""
    names = {field["name"] for field in schema["fields"]}
    if {"headerRows", "commentRows", "commentChar"} & dialect.keys() or not any(labels):
        return False
    if schema.get("fieldsMatch", "exact") == "exact":
        return len(labels) >= len(names)
    return names <= {label.strip() for label in labels}


def numbered(text: str, number: int) -> str:
    """Count up the digits at the end of a text, or put some there."""
    text, digits = re.fullmatch(r"(.*?)([0-9]*)", text, re.DOTALL).groups()
    return f"{text}{int(digits or 0) + number:0{len(digits)}}"


@st.composite
def files(
    draw: st.DrawFn, header: list[str] | None, columns: list[list[str]], dialect: Descriptor
) -> tuple[str, bytes]:
    """Draw an encoding and the bytes of a file."""
    delimiter, quote = dialect.get("delimiter", ","), dialect.get("quoteChar", '"')
    special = draw(mostly([delimiter, quote, "\r", "\n"], [""]))  # the empty text is in every cell: all are quoted

    def line(cells: Iterable[str]) -> str:
        return delimiter.join(
            quote + cell.replace(quote, quote * 2) + quote if any(s in cell for s in special) else cell
            for cell in cells
        )

    width = len(columns if header is None else header)
    cells = [st.sampled_from(texts * (60 // len(texts)) + POOL) for texts in [*columns, *[["z"]] * (width + 2)]]
    lines = [] if header is None else [line(header)]
    shapes = mostly("even", "short", "long", "blank", "again", "raw", "many")
    for shape in draw(st.lists(shapes, min_size=0 if lines else 1, max_size=8)):
        if shape == "raw":
            lines.append(draw(st.sampled_from(LINES)).replace(",", delimiter).replace('"', quote))
        elif shape == "blank":
            lines.append(draw(st.sampled_from(["", delimiter * (width - 1)])))
        elif shape == "again":
            lines += lines[-1:]
        elif shape == "many":  # distinct cells, enough to be read at once
            first = [draw(st.sampled_from(texts)) for texts in [*columns, *[["z"]] * (width - len(columns))]]
            lines += [line(numbered(cell, n) for cell in first[:width]) for n in range(25)]
        else:
            wide = {"even": width, "short": width - 1, "long": width + 1}[shape]
            lines.append(line([draw(cell) for cell in cells[: max(wide, 0)]]))
    end = draw(mostly("\n", "\r\n", "\r"))
    text = end.join(lines) + draw(st.sampled_from([end, ""]))
    assume(text[:70].count("\0") < 4)  # then we call it binary: docs/parity.md
    encoding = draw(mostly("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "latin1", "gb18030", "shift_jis"))
    mark = draw(mostly(b"", b"\xef\xbb\xbf")) if encoding == "utf-8" else b""
    return encoding, mark + text.encode(encoding, "replace")


@st.composite
def packed(draw: st.DrawFn, resource: Descriptor, data: bytes) -> Table:
    """Draw how the file is stored, and what the descriptor says of that."""
    name = resource["name"]
    how = draw(mostly("", "gz", "gz stated", "zip", "zip stated", "zip inner"))
    if how:
        data = gzip.compress(data, mtime=0) if how.startswith("gz") else zipped(f"{name}.csv", data)
    path, more = {
        "": (f"{name}.csv", {}),
        "gz": (f"{name}.csv.GZ", {}),
        "gz stated": (f"{name}.csv", {"compression": "gz"}),
        "zip": (f"{name}.csv.zip", {}),
        "zip stated": (f"{name}.zip", {"compression": "zip", "format": "csv"}),
        "zip inner": (f"{name}.zip", {"innerpath": f"{name}.csv"}),
    }[how]
    said = {"bytes": len(data), "hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    more |= draw(mostly({}, said, {"bytes": 7}, {"hash": "00"}, {"hash": "md5:00"}, {"hash": "sha1:00", "bytes": 0}))
    return {**resource, "path": path, **more}, data


def zipped(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


@st.composite
def references(draw: st.DrawFn, own: str, names: Mapping[str, list[str]], parents: list[str]) -> Descriptor:
    parent = draw(st.sampled_from(parents))
    most = min(2, len(names[own]), len(names[parent]))
    many = draw(st.integers(1, most))
    mine, theirs = (draw(st.permutations(names[table]))[:many] for table in (own, parent))
    resource = {"resource": parent}
    if parent == own:
        resource = draw(st.sampled_from([{"resource": own}, {"resource": ""}, {}]))
    if many == 1 and draw(st.booleans()):
        return {"fields": mine[0], "reference": {**resource, "fields": theirs[0]}}
    return {"fields": mine, "reference": {**resource, "fields": theirs}}


def may_stop(schema: Descriptor) -> bool:
    """Return whether a time with an offset may meet another field's bound, if columns change places: STOPS."""
    free = {field["type"] for field in schema["fields"] if field.get("title") == "unbounded"}
    return any(
        field.get("type") in free and not field["constraints"].keys().isdisjoint(BOUNDS) for field in schema["fields"]
    )


@st.composite
def packages(draw: st.DrawFn) -> tuple[list[Table], Descriptor]:
    tables: list[Table] = []
    names: dict[str, list[str]] = {}  # of fields that can be keys, by table
    parents = []
    for name in ("one", "two", "three")[: draw(st.integers(1, 3))]:
        schema, columns = draw(schemas())
        dialect = draw(dialects(schema))
        labels = draw(headers(schema, dialect))
        assume(not may_stop(schema) or labels == [field["name"] for field in schema["fields"]])
        encoding, data = draw(files(labels if dialect.get("header", True) else None, columns, dialect))
        tables.append(draw(packed(resource_of(name, schema, dialect, encoding), data)))
        names[name] = [field["name"] for field in schema["fields"] if field.get("type") not in NO_KEYS]
        # An empty file is an error of its own, and references to it are not judged.
        parents += [name] if data and names[name] and is_whole(schema, dialect, labels) else []
    for resource, _ in tables if parents else []:
        if names[resource["name"]]:
            keys = draw(st.lists(references(resource["name"], names, parents), max_size=2))
            resource["schema"] |= {"foreignKeys": keys} if keys else {}
    return tables, draw(mostly(V2, V1)) if all(is_of_version_1(resource) for resource, _ in tables) else V2


def is_of_version_1(resource: Descriptor) -> bool:
    """Return whether a resource has neither exclusive bounds nor missing values with labels."""
    return not any(word in json.dumps(resource) for word in ("exclusive", '"label"'))


@pytest.mark.short(40)
@settings(max_examples=300, deadline=None, derandomize=True)
@given(packages())
def test_random_packages_get_the_same_errors(package: tuple[list[Table], Descriptor]):
    assert_same(*package)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None)
@given(packages())
def test_many_random_packages_get_the_same_errors(package: tuple[list[Table], Descriptor]):
    assert_same(*package)


# Reading many cells at once


def entry_of(schema: Descriptor) -> Input:
    return Input(Resource("t", "t.csv", Path("t.csv"), SchemaTable.from_descriptor("t", schema)))


ODD = st.text(max_size=4) | st.from_regex(r"\A[-+ ]?[0-9٣_.]{1,9}(?:[eE][0-9]{1,2})?[\s\x1c\x85]?\Z")
ODD |= st.from_regex(r"\A[-+ 0-9]{3,4}-?[0-9W]{2,3}-?[0-9]{1,2}\Z") | st.sampled_from([*POOL, "sNaN", "-Infinity"])


BETWEEN = [{"minimum": 0, "maximum": "2000"}, {"exclusiveMinimum": 0, "exclusiveMaximum": "2000"}]
AT_ONCE: list[tuple[Descriptor, list[str]]] = [
    ({}, ["a"]),
    ({"type": "any"}, ["1"]),
    ({"type": "string"}, ["a"]),
    *(({"type": "string", "constraints": {"pattern": pattern}}, ["a", "b", "1", "A"]) for pattern in PATTERNS[:8]),
    ({"type": "integer"}, ["1", " 1 "]),
    *(({"type": "integer", "constraints": between}, ["0", "1", "2000"]) for between in BETWEEN),
    ({"type": "number"}, ["1", "1e3", "-1.5"]),
    *(({"type": "number", "constraints": between}, ["0", "1e3", "2000", "NaN", "0.5"]) for between in BETWEEN),
    ({"type": "date"}, ["2020-01-01", "2020-1-1", "20200101", "2020-W01-1", "2020W011"]),
]


@pytest.mark.short(10)
@pytest.mark.parametrize(("described", "usual"), AT_ONCE, ids=lambda part: json.dumps(part)[:60])
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data())
def test_cells_read_at_once_are_as_the_reference_reads_them(
    described: Descriptor, usual: list[str], data: st.DataObject
):
    entry = entry_of({**V2_SCHEMA, "fields": [{"name": "a", **described}], "missingValues": ["", "-"]})
    (expected,) = schema_of(entry).fields
    bulk = bulk_of(entry, expected)
    assert bulk
    drawn = data.draw(st.lists(st.sampled_from(usual), max_size=2)) + data.draw(st.lists(ODD, max_size=2))
    cells = [cell for cell in drawn if cell not in bulk.missing]
    try:
        values = bulk.read(cells)
    except (ValueError, ArithmeticError):
        return  # then they are read one by one
    read = standard_reader(entry, expected)
    assert [(repr(value), None) for value in values] == [(repr(value), notes) for value, notes in map(read, cells)]


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        *(("integer", bad) for bad in ([], ["x"], ["", "-1"], ["1_0", "٣"])),
        ("number", ["sNaN"]),
    ],
)
def test_a_column_reads_the_same_at_once_and_one_by_one(kind: str, bad: list[str]):
    entry = entry_of({"fields": [field("a", kind, **({"minimum": 0} if kind == "integer" else {}))]})
    (expected,) = schema_of(entry).fields
    cells = [*map(str, range(2_500)), *bad, None]
    columns = [Column("a", 1, standard_reader(entry, expected), bulk) for bulk in (None, bulk_of(entry, expected))]
    one, many = ([column.bad(cells), column.values(cells), column.unproven(cells)] for column in columns)
    assert one == many


# The rules one by one: a package and the errors that both give, as row, type and field


def field(name: str, kind: str = "string", **constraints: object) -> Descriptor:
    return {"name": name, "type": kind, "constraints": constraints}


def table(name: str, text: str, *columns: Descriptor, dialect: Descriptor | None = None, **schema: object) -> Table:
    return resource_of(name, {"fields": list(columns), **schema}, dialect or {}), text.encode()


def key(fields: list[str], parent: str, parent_fields: list[str]) -> Descriptor:
    return {"fields": fields, "reference": {"resource": parent, "fields": parent_fields}}


A, B, C = field("a"), field("b"), field("c")
INT, NUM = field("a", "integer"), field("a", "number")
PARENT = table("parent", "k,n\nx,1\ny,2\n,3\n", field("k"), field("n", "integer"))
# Several chunks: blank, broken and repeated cells far from each other.
MANY = ["" if i % 700 == 0 else "x" if i % 900 == 0 else "0" if i % 1100 == 0 else str(i) for i in range(5000)]
MANY[1] = "00"  # the first zero
MANY_ERRORS = {"": "blank-row", "x": "type-error a", "0": "unique-error a"}

ROWS: dict[str, tuple[list[Table], list[str]]] = {
    "blank lines count as rows, line breaks in cells do not": (
        [table("t", 'a\n\n"1\n2"\n3\nx\n', INT)],
        ["2 blank-row", "3 type-error a", "5 type-error a"],
    ),
    "a blank row replaces the errors of its cells": (
        [table("t", "a,b\n,\n,,,\n", field("a", required=True), B)],
        ["2 blank-row", "3 blank-row"],
    ),
    "header rows may be listed in any order, and stand behind comments": (
        [table("t", "x\ny\nb\n1\n", A, dialect={"commentRows": [1, 2], "headerRows": [3, 1]})],
        ["3 incorrect-label a"],
    ),
    "a blank row may have a cell too many, whatever stands in it": (
        [table("t", "a\n,\\N\n", A)],
        ["2 blank-row"],
    ),
    "a row of missing values is blank": (
        [table("t", "a,b\n-,-\n-,\n", A, B, missingValues=["-"])],
        ["2 blank-row"],
    ),
    "a row of spaces is not blank": ([table("t", "a\n \n\t\n", A)], []),
    "a row with a broken cell is not blank": ([table("t", "a,b\nx,\n", INT, B)], ["2 type-error a"]),
    "a blank row has no key either": (
        [table("t", "a,b\n,\n", A, B, primaryKey=["a"])],
        ["2 blank-row", "2 primary-key"],
    ),
    "a short row has its cells judged as missing, then one error each": (
        [table("t", "a,b,c\n1\n", INT, field("b", required=True), C)],
        ["2 constraint-error b", "2 missing-cell b", "2 missing-cell c"],
    ),
    "a long row has one error per cell too many": (
        [table("t", "a\nx,y,z\n", INT)],
        ["2 type-error a", "2 extra-cell", "2 extra-cell"],
    ),
    "a stray quote swallows rows and may pass": ([table("t", 'a,b\n"x,1\ny,2\nz",3\n', A, B)], []),
    "comments and skipped blank rows keep their numbers": (
        [table("t", "\n#\na\n\n#x\nx\n", INT, dialect={"commentChar": "#", "skipBlankRows": True, "headerRows": [3]})],
        ["6 type-error a"],
    ),
    "rows may begin after blank rows that are skipped, without a header": (
        [table("t", "\n\n1\nx\n", INT, dialect={"skipBlankRows": True, "header": False})],
        ["4 type-error a"],
    ),
    "a mark, CR LF and lone CR change nothing": (
        [table("t", "\ufeffa,b\r\n1,x\rx,y\n", INT, B)],
        ["3 type-error a"],
    ),
    "a file without anything has one error": ([table("t", "", A)], ["source-error"]),
    "errors stay in place over many rows": (
        [table("t", "\n".join(["a", *MANY, ""]), field("a", "integer", unique=True))],
        [f"{row} {MANY_ERRORS[cell]}" for row, cell in enumerate(MANY, start=2) if cell in MANY_ERRORS],
    ),
}

KEYS: dict[str, tuple[list[Table], list[str]]] = {
    "unique fields are read first": (
        [table("t", "a,b,c\nx,x,x\n", INT, field("b", "integer", unique=True), field("c", "integer"))],
        ["2 type-error b", "2 type-error a", "2 type-error c"],
    ),
    "key fields are read next, in the key's order": (
        [table("t", "a,b,c\nx,x,x\n", INT, field("b", "integer"), field("c", "integer"), primaryKey=["c", "b"])],
        ["2 type-error c", "2 type-error b", "2 type-error a", "2 primary-key"],
    ),
    "all other cells are read before the first key error is said": (
        [
            table(
                *("t", "a,b,c\n1,1,1\nx,1,x\n"),
                *(INT, field("b", "integer", unique=True), field("c", "integer", unique=True)),
            )
        ],
        ["3 type-error a", "3 type-error c", "3 unique-error b"],
    ),
    "unique, primary and foreign keys come in this order": (
        [
            table(
                *("t", "a,b\n1,z\n1,z\n"),
                *(field("a", "integer", unique=True, maximum=0), B),
                primaryKey=["b"],
                foreignKeys=[key(["b"], "parent", ["k"]), key(["a"], "parent", ["n"])],
            ),
            PARENT,
        ],
        [
            *("2 constraint-error a", "2 foreign-key b"),
            *("3 constraint-error a", "3 unique-error a", "3 primary-key", "3 foreign-key b"),
        ],
    ),
    "the third of three equal keys is like the second": (
        [table("t", "a\nx\nx\nx\n", A, primaryKey=["a"])],
        ["3 primary-key", "4 primary-key"],
    ),
    "keys are compared as typed values": (
        [table("t", "a,b\n1,1\n1.0,1.0\n1e0,x\n", field("a", "number", unique=True), field("b", unique=True))],
        ["3 unique-error a", "4 unique-error a"],
    ),
    "missing values may repeat in a unique field": ([table("t", "a,b\n,1\n,2\n", field("a", unique=True), B)], []),
    "broken cells count as missing": (
        [table("t", "a\nx\nx\n", field("a", "integer", unique=True))],
        ["2 type-error a", "3 type-error a"],
    ),
    "keys that are missing in part are compared": (
        [table("t", "a,b,c\n1,,x\n1,,y\n,,z\n", A, B, C, primaryKey=["a", "b"])],
        ["3 primary-key", "4 primary-key"],
    ),
    "NaN is never the same again": (
        [
            table(
                "t",
                "a,b\nNaN,NaN\nNaN,NaN\n",
                field("a", "number", unique=True),
                field("b", "number"),
                primaryKey=["b"],
            )
        ],
        [],
    ),
    "references that are missing in part are looked up, wholly missing ones are not": (
        [
            table(
                "t",
                "a,b\nx,1\n,3\n,1\n,\n",
                A,
                field("b", "integer"),
                foreignKeys=[key(["a", "b"], "parent", ["k", "n"])],
            ),
            PARENT,
        ],
        ["4 foreign-key a,b", "5 blank-row"],
    ),
    "a whole number and a text are never the same": (
        [table("t", "a\n1\n", A, foreignKeys=[key(["a"], "parent", ["n"])]), PARENT],
        ["2 foreign-key a"],
    ),
    "a number and a whole number may be the same": (
        [table("t", "a\n1.0\n", NUM, foreignKeys=[key(["a"], "parent", ["n"])]), PARENT],
        [],
    ),
    "a table may refer to itself": (
        [table("t", "a,b\nx,y\ny,z\n", A, B, foreignKeys=[key(["b"], "", ["a"]), key(["b"], "t", ["a"])])],
        ["3 foreign-key b", "3 foreign-key b"],
    ),
    "a table without rows is no parent of anything": (
        [table("t", "a\nx\n", A, foreignKeys=[key(["a"], "u", ["a"])]), table("u", "a\n", A)],
        ["2 foreign-key a"],
    ),
}

CELLS: dict[str, tuple[list[Table], list[str]]] = {
    "a pattern is one alternative open at the end or another open at the beginning": (
        [table("t", "a\nAxyz\nB\nxB\n", field("a", pattern="A|B"))],
        ["4 constraint-error a"],
    ),
    "a pattern lets a last line break pass": (
        [table("t", 'a\n"A\n"\n"A\n\n"\n', field("a", pattern="A"))],
        ["3 constraint-error a"],
    ),
    "digits are those of any script": (
        [table("t", "a,b\n٣,٣\n", INT, field("b", pattern=r"\d"))],
        [],
    ),
    "whole numbers": (
        [table("t", "a\n 1 \n\u00a01\u00a0\n+1\n1_000\n9223372036854775808\n1.0\n1e3\n1__0\n0x1\n", INT)],
        ["7 type-error a", "8 type-error a", "9 type-error a", "10 type-error a"],
    ),
    "numbers": (
        [table("t", 'a\n 1 \n1e5\nNaN\nINF\ninfinity\n1_000\n.5\n"1,5"\n1e\n', NUM)],
        ["9 type-error a", "10 type-error a"],
    ),
    "NaN is within no bounds": (
        [table("t", "a\nNaN\ninfinity\n", field("a", "number", minimum=0))],
        ["2 constraint-error a"],
    ),
    "enums and bounds are read as the cells are": (
        [table("t", "a,b\n1,2\n1.0,3\n", field("a", "number", enum=["1.0"]), field("b", "integer", maximum=" 2 "))],
        ["3 constraint-error b"],
    ),
    "decimal and group characters are replaced, and a point is then wrong": (
        [
            table("t", 'a\n"1.000,5"\n"1,5"\n1.5\n', NUM | {"decimalChar": ",", "groupChar": "."}),
            table("u", 'a\n"1,5"\n1.5\n', NUM | {"decimalChar": ","}),
        ],
        ["3 type-error a"],
    ),
    "whole numbers have no group character": (
        [table("t", 'a\n"1,000"\n', INT | {"groupChar": ","})],
        ["2 type-error a"],
    ),
    "numbers that are not bare lose what surrounds them": (
        [table("t", "a\n$1\n1%\n$ -1 a piece\n1x1\n", INT | {"bareNumber": False})],
        ["5 type-error a"],
    ),
    "dates": (
        [table("t", "a\n2020-01-01\n2020-1-1\n2020-02-30\n2020/01/01\n 2020-01-01\n", field("a", "date"))],
        ["4 type-error a", "5 type-error a", "6 type-error a"],
    ),
    "dates in any format may be a year or a day": (
        [table("t", "a\n2020\n10\n1 Jan 2020\nx\n", field("a", "date") | {"format": "any"})],
        ["5 type-error a"],
    ),
    "times may be at the end of the day": (
        [table("t", "a\n24:00:00\n12:00\n24:00:01\n", field("a", "time", maximum="00:00:00"))],
        ["3 type-error a", "4 type-error a"],
    ),
    "booleans are written as listed": (
        [
            table(
                "t",
                "a,b\ntrue,yes\nTRUE,no\ntRuE,YES\n",
                field("a", "boolean"),
                field("b", "boolean") | {"trueValues": ["yes"], "falseValues": ["no"]},
            )
        ],
        ["4 type-error a", "4 type-error b"],
    ),
    "missing values are compared before spaces are stripped": (
        [table("t", "a,b\nNA,x\n NA,x\n", INT, B, missingValues=["NA"])],
        ["3 type-error a"],
    ),
    "several constraints break in their own order": (
        [
            table(
                "t",
                "a,b\nxyz,xyz\n",
                *(field(name, enum=["a"], pattern=p, maxLength=1) for name, p in (("a", "a"), ("b", "(a+)+"))),
            )
        ],
        [*["2 constraint-error a"] * 3, *["2 constraint-error b"] * 3],
    ),
}

HEADERS: dict[str, tuple[list[Table], list[str]]] = {
    "labels are stripped": ([table("t", '" a ","b\n"\n1,2\n', A, B)], []),
    "a label in capitals is another": ([table("t", "A\n1\n", A)], ["1 incorrect-label a"]),
    "a label in capitals is the same if the dialect says so": (
        [table("t", "A\n1\n", A, dialect={"headerCase": False})],
        [],
    ),
    "labels in another order are judged by place": (
        [table("t", "b,a\nx,1\n", INT, B)],
        ["1 incorrect-label a", "1 incorrect-label b", "2 type-error a"],
    ),
    "an extra label is said once": ([table("t", "a,x\n1,2\n", A)], ["1 extra-label"]),
    "a missing label is said once and its field not judged": (
        [table("t", "a\n1\n", A, field("b", required=True))],
        ["1 missing-label b"],
    ),
    "a key without its column is not judged": (
        [table("t", "a\n1\n1\n", A, B, primaryKey=["a", "b"], foreignKeys=[key(["b"], "parent", ["k"])]), PARENT],
        ["1 missing-label b"],
    ),
    "a blank label": ([table("t", "a,\n1,2\n", A, B)], ["1 blank-label b"]),
    "a label twice": ([table("t", "a,a,a\n1,2,3\n", A, B, C)], ["1 duplicate-label b", "1 duplicate-label c"]),
    "a blank first row is no header, and none is missed": ([table("t", "\n1,2,3\n", A, B)], ["2 extra-cell"]),
    "equal takes any order": ([table("t", "b,a\nx,1\n", INT, B, fieldsMatch="equal")], []),
    "fields are numbered by their columns": (
        [table("t", "b,a\n1,x\n2,x\n", field("a", unique=True), B, fieldsMatch="equal")],
        ["3 unique-error a"],
    ),
    "equal misses and refuses": (
        [table("t", "b,x\n1,2\n", A, B, fieldsMatch="equal")],
        ["1 extra-label", "1 missing-label a"],
    ),
    "subset refuses nothing more": ([table("t", "x,b,a\n1,2,3\n", A, B, fieldsMatch="subset")], []),
    "subset misses": ([table("t", "x,b\n1,2\n", A, B, fieldsMatch="subset")], ["1 missing-label a"]),
    "superset misses only what is required": (
        [table("t", "b\n1\n", A, B, field("c", required=True), fieldsMatch="superset")],
        ["1 missing-label c"],
    ),
    "superset refuses": ([table("t", "b,x\n1,2\n", A, B, fieldsMatch="superset")], ["1 extra-label"]),
    "partial wants one label": ([table("t", "x\n1\n", A, B, fieldsMatch="partial")], ["1 unmatched-header"]),
    "a column that the schema does not know can be blank": (
        [table("t", "x,a\n,1\n,\n", A, fieldsMatch="subset")],
        ["3 blank-row"],
    ),
}

CASES = {**ROWS, **KEYS, **CELLS, **HEADERS}


@pytest.mark.parametrize(("tables", "errors"), CASES.values(), ids=CASES.keys())
def test_rule_holds_for_both(tables: list[Table], errors: list[str], tmp_path: Path):
    ours, theirs = our_errors(put(tmp_path, tables)), their_errors(tmp_path)
    assert brief(theirs) == errors
    assert compared(ours) == compared(theirs)


# Sizes that the descriptor gives, at the place of the standard and where frictionless had them

SIZED = b"a,b\n1,x\n\n2,y\n"
SAID = {
    "bytes": len(SIZED),
    "fields": 2,
    "rows": 3,
    "md5": hashlib.md5(SIZED).hexdigest(),  # noqa: S324 (what descriptors have)
    "sha256": hashlib.sha256(SIZED).hexdigest(),
}
OTHER = {name: value + 1 if isinstance(value, int) else value[::-1] for name, value in SAID.items()}
COUNTS = [
    *({name: said[name]} for said in (SAID, OTHER) for name in ("bytes", "fields", "rows")),
    *({"stats": {name: said[name]}} for said in (SAID, OTHER) for name in said),
    *({"stats": said} for said in (SAID, OTHER, {"rows": 0, "fields": 0, "bytes": 0, "md5": ""}, {})),
    {"rows": 0},
    {"rows": -1},
    {"rows": 3, "stats": {"rows": 4}},
    {"rows": 4, "stats": {"rows": 3}},
    {"hash": OTHER["md5"], "stats": {"sha256": SAID["sha256"]}},
    {"stats": {"md5": OTHER["md5"], "sha256": SAID["sha256"]}},
]


@pytest.mark.parametrize("said", COUNTS, ids=str)
@pytest.mark.parametrize("dialect", [{}, {"skipBlankRows": True}, {"header": False}], ids=str)
def test_sizes_are_compared(said: Descriptor, dialect: Descriptor):
    assert_same([({**resource_of("t", {"fields": [A, B]}, dialect), **said}, SIZED)])


# Where frictionless stops with an exception of Python, we report

STOPS: dict[str, tuple[list[Table], list[str]]] = {
    "a bound and a time with an offset": (
        [table("t", "a\n12:00:00Z\n", field("a", "time", minimum="10:00:00", enum=["12:00:00Z"]))],
        ["2 constraint-error a"],
    ),
    "a time without an offset and a bound that has one": (
        [table("t", "a\n12:00:00\n12:00:00Z\n09:00:00Z\n", field("a", "time", minimum="10:00:00Z"))],
        ["2 constraint-error a", "4 constraint-error a"],
    ),
    "a moment with an offset and a bound that has none": (
        [table("t", "a\n2020-01-01T00:00:00Z\n", field("a", "datetime", maximum="2021-01-01T00:00:00"))],
        ["2 constraint-error a"],
    ),
    "a bound and a signalling NaN": (
        [table("t", "a\nsNaN\n", field("a", "number", minimum=0, enum=["1"]))],
        ["2 constraint-error a", "2 constraint-error a"],
    ),
    "a unique signalling NaN": (
        [table("t", "a\nsNaN\nsNaN\n", field("a", "number", unique=True))],
        ["3 unique-error a"],
    ),
    "a unique array": (
        [table("t", "a\n[1]\n[2]\n[ 1 ]\n", field("a", "array", unique=True))],
        ["4 unique-error a"],
    ),
    "an object as key": (
        [table("t", 'a\n"{""x"": 1, ""y"": 2}"\n"{""y"": 2, ""x"": 1}"\n', field("a", "object"), primaryKey=["a"])],
        ["3 primary-key"],
    ),
    "a reference of arrays": (
        [
            table(
                "t",
                "a,b\n[1],[1]\n[2],[3]\n",
                field("a", "array"),
                field("b", "array"),
                foreignKeys=[key(["b"], "", ["a"])],
            )
        ],
        ["3 foreign-key b"],
    ),
    "header rows that are no numbers": (
        [table("t", "a\n1\n", A, dialect={"headerRows": ["first"]})],
        ["package-error"],
    ),
}


@pytest.mark.parametrize(("tables", "errors"), STOPS.values(), ids=STOPS.keys())
def test_what_stops_the_reference_is_reported(tables: list[Table], errors: list[str], tmp_path: Path):
    put(tmp_path, tables)
    with pytest.raises((TypeError, ArithmeticError)):
        their_errors(tmp_path)
    assert brief((finding.table, finding.reference) for finding in our_report(tmp_path)) == errors


# Where the two differ on purpose (docs/parity.md), reference_only or not: theirs, then ours

DIFFERENCES: dict[str, tuple[list[Table], list[str], list[str]]] = {
    **{
        f"equal labels under {how}, {text.splitlines()[0]}": (
            [table("t", text, A, B, fieldsMatch=how, dialect=dialect)],
            ["error"],
            ["duplicate-label"],
        )
        for how in ("equal", "subset", "superset", "partial")
        for text, dialect in (("a,b,b\n1,2,3\n", {}), ("c,c\n1,2\n", {}), ("a,A,b\n1,2,3\n", {"headerCase": False}))
    },
    **{
        f"a byte that is no text below {label}": (
            [(resource_of("t", {"fields": [A, B]}, {}), f"{label}\n{row}\n".encode() + b"\xff,1\n")],
            ["encoding-error"],
            [*ours, "encoding-error"],
        )
        for label, row, ours in (("a,b,c", "1,x,y", ["1 extra-label"]), ("a,x", "1,x", ["1 incorrect-label b"]))
    },
    "equal labels where columns are matched by name": (
        [table("t", "a,a\n1,2\n", A, B, fieldsMatch="equal")],
        ["error"],
        ["duplicate-label"],
    ),
    "a parent whose header cannot be read": (
        [
            table("t", "a\nx\ny,z\n", A, foreignKeys=[key(["a"], "u", ["a"])]),
            table("u", "a,a\nx,x\n", A, B, fieldsMatch="equal"),
        ],
        ["error", "error"],
        ["3 extra-cell", "duplicate-label"],
    ),
    "a parent without the column": (
        [table("t", "a\nx\n", A, foreignKeys=[key(["a"], "u", ["b"])]), table("u", "a\nx\n", A, B)],
        ["2 foreign-key a", "1 missing-label b"],
        ["1 missing-label b"],
    ),
    "a byte that is no text": (
        [(resource_of("t", {"fields": [INT]}, {}), b"a\nx\n\xff\n")],
        ["encoding-error"],
        ["2 type-error a", "encoding-error"],
    ),
    "a dialect that is not one of CSV": (
        [table("t", "a\n1\n", A, dialect={"delimiter": "::"})],
        ["source-error"],
        ["package-error"],
    ),
    **{
        f"{mark} is {json.dumps(given)}": (
            [table("t", 'a\n"1"\n', A, dialect={mark: given})],
            [] if given is None else ["source-error"],
            ["package-error"],
        )
        for mark, given in [
            *(("quoteChar", given) for given in ("", "ab", None)),
            *(("delimiter", given) for given in ("", "ab", None)),
            *(("escapeChar", given) for given in ("", "ab")),
        ]
    },
    **{
        f"headerRows {rows}": (
            [table("t", "a\n1\n", A, dialect={"headerRows": rows})],
            ["source-error"] if rows in ([1001], [1.5]) else [],
            ["package-error"],
        )
        for rows in ([0], [0, 1], [-1], [1.5], [True], [1001])
    },
    **{
        f"the encoding {name}": (
            [(resource_of("t", {"fields": [A]}, {}, name), b"a\n1\n")],
            [] if name == "idna" else ["source-error"],
            ["encoding-error"],
        )
        for name in ("rot13", "rot_13", "hex", "base64", "idna", "punycode", "zip", "bz2", "undefined")
    },
    **{
        f"{name} without a mark, in {order}": (
            [(resource_of("t", {"fields": [A]}, {}, name), "a\n1\n".encode(order))],
            ["source-error"],
            ["encoding-error"],
        )
        for name, order in (("utf-16", "utf-16-le"), ("utf-16", "utf-16-be"), ("utf-32", "utf-32-le"))
    },
    "a key where capitals do not matter takes columns of other names": (
        [table("t", "a,A\n1,x\n1,y\n", A, dialect={"headerCase": False}, primaryKey=["a"])],
        ["1 extra-label"],
        ["1 extra-label", "3 primary-key"],
    ),
    "rows after the first hundred, all skipped": (
        [table("t", "\n" * 150 + "x\n", INT, dialect={"skipBlankRows": True})],
        ["source-error", "151 type-error a"],
        ["151 type-error a"],
    ),
}


@pytest.mark.parametrize(("tables", "theirs", "ours"), DIFFERENCES.values(), ids=DIFFERENCES.keys())
def test_known_difference(tables: list[Table], theirs: list[str], ours: list[str], tmp_path: Path):
    put(tmp_path, tables)
    assert brief(their_errors(tmp_path)) == theirs
    assert brief((finding.table, finding.reference) for finding in our_report(tmp_path)) == ours


# The differences with the switch off, as docs/parity.md shows them


@dataclass(frozen=True)
class Example:
    """Resources with their files, and what either program says of them."""

    resources: list[Descriptor]
    files: list[bytes]
    theirs: list[str]
    ours: list[str]


def examples() -> dict[str, Example]:
    sections = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8").split("\n### ")[1:]
    return {section.partition("\n")[0]: example_in(section) for section in sections if "```json" in section}


def example_in(section: str) -> Example:
    blocks = re.findall(r"```(\w+) *(\S*)\n(.*?)```", section, re.DOTALL)
    described = json.loads(next(text for kind, _, text in blocks if kind == "json"))
    files = [text.replace("␀", "\0").encode(how or "utf-8") for kind, how, text in blocks if kind == "csv"]
    theirs, ours = (re.search(rf"^- {who}: (.*)$", section, re.MULTILINE) for who in ("frictionless", "we"))
    return Example(
        described.get("resources", [described]), files, *(re.findall("`(.+?)`", m[1]) for m in (theirs, ours))
    )


EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_documented_difference(example: Example, tmp_path: Path):
    named = [{"name": "t", **resource} for resource in example.resources]
    resources = [{"path": f"{resource['name']}.csv", **resource} for resource in named]
    put(tmp_path, list(zip_longest(resources, example.files)))
    try:
        theirs = brief(their_errors(tmp_path))
    except frictionless.FrictionlessException as error:
        theirs = [error.error.type]
    assert theirs == example.theirs
    assert [" ".join(filter(None, [str(f.row or ""), f.code, f.field])) for f in validate(tmp_path)] == example.ours


def test_every_difference_has_an_example():
    assert len(EXAMPLES) >= 17


# Archives: theirs, then ours

TWO_FILES = io.BytesIO()
with zipfile.ZipFile(TWO_FILES, "w") as both:
    both.writestr("u.csv", "a\nx\n")
    both.writestr("t.csv", "a\n1\n")
ARCHIVES: dict[str, tuple[str, bytes, list[str], list[str]]] = {
    "several files": ("t.csv.zip", TWO_FILES.getvalue(), ["2 type-error a"], ["compression-error"]),
    "no member": ("t.csv.zip", b"PK\x05\x06" + bytes(18), ["encoding-error"], ["compression-error"]),
    "no gzip file": ("t.csv.gz", b"a\n1\n", ["compression-error"], ["compression-error"]),
    "no zip file": ("t.csv.zip", b"a\n1\n", ["compression-error"], ["compression-error"]),
    "bzip2": ("t.csv.bz2", bz2.compress(b"a\nx\n"), ["2 type-error a"], ["format-error"]),
    "nothing in it": ("t.csv.gz", gzip.compress(b"", mtime=0), ["source-error"], ["source-error"]),
}


@pytest.mark.parametrize(("name", "content", "theirs", "ours"), ARCHIVES.values(), ids=ARCHIVES.keys())
def test_archive(name: str, content: bytes, theirs: list[str], ours: list[str], tmp_path: Path):
    put(tmp_path, [({**resource_of("t", {"fields": [INT]}, {}), "path": name}, content)])
    assert brief(their_errors(tmp_path)) == theirs
    assert [_brief(finding.reference) for finding in our_report(tmp_path)] == ours


@pytest.mark.parametrize("how", ["tar", "gzip", "GZ", "none", "zst"])
def test_compression_that_does_not_exist(how: str, tmp_path: Path):
    put(tmp_path, [({**resource_of("t", {"fields": [INT]}, {}), "compression": how}, b"a\n1\n")])
    assert brief(their_errors(tmp_path)) == ["compression-error"]
    assert [finding.code for finding in our_report(tmp_path)] == ["unsupported-format"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the reference leaves the file open
@pytest.mark.parametrize(
    ("path", "said"), [("t.csv", {"compression": "bz2"}), ("t.csv", {"compression": "xz"}), ("t.csv.bz2", {})]
)
def test_compression_that_is_not_read_of_a_plain_file(path: str, said: Descriptor, tmp_path: Path):
    put(tmp_path, [({**resource_of("t", {"fields": [INT]}, {}), "path": path, **said}, b"a\n1\n")])
    try:
        theirs = brief(their_errors(tmp_path))
    except lzma.LZMAError:
        theirs = ["an exception"]
    assert theirs in (["scheme-error"], ["an exception"])
    assert [finding.code for finding in our_report(tmp_path)] == ["unsupported-format"]


@pytest.mark.parametrize(
    ("dialect", "encoding", "data"),
    [
        ({"commentChar": ""}, "utf-8", b"a,b\n1,2\n#,x\n"),
        ({"headerRows": []}, "utf-8", b"a,b\n1,2\n"),
        ({}, "utf-16", "a,b\n1,2\n".encode("utf-16")),
        ({}, "utf-16-le", "a,b\n1,2\n".encode("utf-16-le")),
        ({}, "utf-16-be", "a,b\n1,2\n".encode("utf-16-be")),
        ({}, "utf-32-le", "a,b\n1,2\n".encode("utf-32-le")),
    ],
)
def test_what_both_read_gives_no_finding_at_all(dialect: Descriptor, encoding: str, data: bytes, tmp_path: Path):
    put(tmp_path, [(resource_of("t", {"fields": [A, B]}, dialect, encoding), data)])
    assert (their_errors(tmp_path), [*validate(tmp_path)]) == ([], [])


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_a_mark_where_the_order_is_stated_is_no_part_of_the_first_label(order: str, tmp_path: Path):
    put(tmp_path, [(resource_of("t", {"fields": [A]}, {}, order), "\ufeffa\nx\n".encode(order))])
    assert (their_errors(tmp_path), our_errors(tmp_path)) == ([], [])
    assert [finding.code for finding in validate(tmp_path)] == ["byte-order-mark"]


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-16"])
def test_a_nul_in_text_of_wide_characters_is_named_by_its_place(order: str, tmp_path: Path):
    data = "a\né\U0001f600\0\n".encode(order)
    put(tmp_path, [(resource_of("t", {"fields": [A]}, {}, order), data)])
    (finding,) = [finding for finding in validate(tmp_path) if finding.code == "nul-byte"]
    place = len("a\né\U0001f600".encode(order))
    assert (f"the first at byte {place:,}" in finding.message, "(1)" in finding.message) == (True, True)


def test_hash_is_judged_before_size():
    resource, data = table("t", "a\n1\n", A)
    assert_same([({**resource, "bytes": 5, "hash": "sha256:00"}, data)])


def test_risky_patterns_take_accents_that_stand_alone_for_letters(tmp_path: Path):
    # `regex` says so and `re` does not; docs/parity.md lists it.
    put(tmp_path, [table("t", "a\ne\u0301\n", field("a", pattern=r"(\w+)+"))])
    assert (len(their_errors(tmp_path)), our_errors(tmp_path)) == (1, [])

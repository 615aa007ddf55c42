"""Edits of files, as data: a case that failed is kept as the edits that made it.

Paths in trees are lists of keys and positions. Bytes are written as Latin-1 text, one character each.
"""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from pyarrow import parquet

Edit = Sequence[Any]
_TREES = (".json", ".yaml", ".toml")
_DEEP = "deeply nested here"  # stands for a value that is too deep to be written out by a library


def apply(file: Path, edits: Sequence[Edit]) -> None:
    """Make edits of one file, in order; one that does not fit what is there does nothing."""
    content = file.read_bytes() if file.exists() else b""
    for edit in edits:
        content = _edited(content, file.name, edit)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _edited(content: bytes, name: str, edit: Edit) -> bytes:
    op, *arguments = edit
    if op == "bytes":
        start, end, put = arguments
        return content[:start] + put.encode("latin-1") + content[end:]
    if op == "text":
        return str(arguments[0]).encode("utf-8", "surrogatepass")
    if op == "repeat":
        text, count = arguments
        return (text * count).encode("utf-8", "surrogatepass")
    if op == "recode":
        return content.decode("utf-8", "replace").encode(arguments[0], "replace")
    if op == "member":
        return _member(content, arguments[0], arguments[1])
    if op == "parquet":
        return _parquet(arguments[0])
    if name.endswith((".gz", ".zip")):
        return _packed(content, name, edit)
    if name.endswith(_TREES):
        return _tree(content, name, edit)
    return _cells(content, edit)


# Trees


def _tree(content: bytes, name: str, edit: Edit) -> bytes:
    try:
        tree = read_tree(content, name)
    except (ValueError, RecursionError, yaml.YAMLError):
        return content
    op, path, *value = edit
    put = value[0] if value else None
    deep = 0
    if op == "deep":
        op, put, deep = "set", _DEEP, put
    _put(tree, op, path, put)
    return written_tree(tree, name).replace(f'"{_DEEP}"', "[" * deep + "]" * deep).encode("utf-8", "surrogatepass")


def _put(tree: Any, op: str, path: Sequence[Any], value: Any) -> None:
    *way, last = path
    try:
        for step in way:
            tree = tree[step]
        if op == "set":
            tree[last] = value
        elif op == "drop":
            del tree[last]
        elif op == "rename":
            tree[value] = tree.pop(last)
        elif op == "double":
            tree.append(tree[last])
    except (LookupError, TypeError, AttributeError):
        return


def read_tree(content: bytes, name: str) -> Any:
    """Read a JSON, YAML or TOML document."""
    text = content.decode("utf-8", "surrogatepass")
    if name.endswith(".yaml"):
        return yaml.safe_load(text)
    if name.endswith(".toml"):
        import tomllib  # noqa: PLC0415

        return tomllib.loads(text)
    return json.loads(text)


def written_tree(tree: Any, name: str) -> str:
    """Write one."""
    if name.endswith(".toml"):
        return "".join(f"{_toml_key(key)} = {_toml(value)}\n" for key, value in tree.items())
    return json.dumps(tree, indent=1)  # which YAML reads as well


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml_key(key)} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if value is None:
        return '""'
    return json.dumps(value).replace("\\ud", "\\\\ud").replace("NaN", "nan").replace("Infinity", "inf")


def _toml_key(key: Any) -> str:
    return json.dumps(str(key)).replace("\\ud", "\\\\ud")


# Tables


def _cells(content: bytes, edit: Edit) -> bytes:
    op, *arguments = edit
    rows = rows_of(content)
    try:
        if op == "cell":
            row, column, text = arguments
            rows[row][column] = text
        elif op == "row":
            rows.insert(arguments[0], list(arguments[1]))
        elif op == "drop row":
            del rows[arguments[0]]
        elif op == "drop column":
            for row in rows:
                del row[arguments[0]]
        elif op == "more":
            rows[arguments[0]] += arguments[1]
    except (LookupError, TypeError):
        return content
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def rows_of(content: bytes) -> list[list[str]]:
    """Read CSV as well as it can be."""
    csv.field_size_limit(1 << 30)
    try:
        return list(csv.reader(io.StringIO(content.decode("utf-8", "surrogatepass"), newline="")))
    except (ValueError, csv.Error):
        return []


# What is packed


def _packed(content: bytes, name: str, edit: Edit) -> bytes:
    inner = unpacked(content, name)
    if inner is None:
        return content
    spoilt = _edited(inner, name.rsplit(".", 1)[0], edit)
    if name.endswith(".gz"):
        return gzip.compress(spoilt, mtime=0)
    return _zipped([(name.removesuffix(".zip"), spoilt)])


def unpacked(content: bytes, name: str) -> bytes | None:
    """Give what is packed in a file, if it can be had."""
    try:
        if name.endswith(".gz"):
            return gzip.decompress(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(archive.namelist()[0])
    except Exception:  # noqa: BLE001 (whatever an edit has made of it)
        return None


def _member(content: bytes, name: str, edits: Sequence[Edit] | None) -> bytes:
    """Edit a member of an archive, or take it out; one that is not there begins empty."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception:  # noqa: BLE001
        return content
    if edits is None:
        members.pop(name, None)
    else:
        for edit in edits:
            members[name] = _edited(members.get(name, b""), "", edit)
    return _zipped(list(members.items()))


def _zipped(members: Sequence[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def _parquet(columns: Mapping[str, Sequence[Any]]) -> bytes:
    stream = io.BytesIO()
    parquet.write_table(pa.table({name: _array(kind, values) for name, (kind, values) in columns.items()}), stream)
    return stream.getvalue()


_TYPES: dict[str, Callable[[], pa.DataType]] = {
    "string": pa.string,
    "int": pa.int64,
    "uint": pa.uint8,
    "float": pa.float64,
    "bool": pa.bool_,
    "day": pa.date32,
    "time": lambda: pa.time64("us"),
    "moment": lambda: pa.timestamp("ns"),
    "zoned": lambda: pa.timestamp("us", tz="UTC"),
    "decimal": lambda: pa.decimal128(38, 9),
    "bytes": pa.binary,
    "list": lambda: pa.list_(pa.string()),
    "null": pa.null,
    "coded": lambda: pa.dictionary(pa.int32(), pa.string()),
}


def _array(kind: str, values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string()).cast(_TYPES[kind]())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.nulls(len(values), _TYPES[kind]())

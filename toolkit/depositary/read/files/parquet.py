"""A Parquet file as the text of a CSV file, one part of a row group after the other.

So all that judges CSV judges Parquet: a cell is the text that an export to CSV writes for the value. A type that does
not fit its field, and a file whose metadata differ from its pages, are errors of the file.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from depositary.model.field_types import BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, TIME
from depositary.model.package import Resource
from depositary.model.table import Field, kind_of
from depositary.read.files.compressed import open_file, open_raw
from depositary.read.files.rendered import Rendered, as_csv
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.plain import shown

if TYPE_CHECKING:  # its libraries take time to load
    import io

    import polars as pl
    import pyarrow as pa
    from pyarrow import parquet as pq

_CODE = "parquet-error"
_ROWS = 10_000  # that are made into text together
_AGAIN = "write the file again with the program that made it"
_BUFFER = 1 << 20  # bytes of a column that are read together
# A column that repeats its values takes almost nothing in Parquet, so more is allowed than for an archive of text.
_SOON_JUDGED, _RATIO = 1 << 30, 1_000  # bytes of text, and bytes of text for each byte of the file
Groups = tuple[int, int | None]  # the index of the first row group, and of the one after the last; None for all others
ALL_GROUPS: Groups = (0, None)
_OF_TEXTS = ("default", "any", None)  # formats of a field that say nothing about the form of its texts


def open_text(resource: Resource, groups: Groups = ALL_GROUPS) -> BinaryIO:
    """Open one stored file as the bytes of CSV text, decompressed; of a Parquet file, the header and some row groups.

    Raises:
        UnreadableFile: the file is missing or cannot be read; reading raises it for errors further down.
    """
    return cast("BinaryIO", ParquetText(resource, groups)) if resource.is_parquet else open_file(resource)


class ParquetText(Rendered):
    """A Parquet file as CSV, with the delimiter and the quote of the standard.

    Raises:
        UnreadableFile: the file is missing or is no such table; reading raises it for errors further down.
    """

    def __init__(self, resource: Resource, groups: Groups = ALL_GROUPS) -> None:
        with ExitStack() as opened:
            table = _Table(resource, opened.enter_context(open_raw(resource.file, in_pieces=False)))
            super().__init__(table.texts(groups), opened.pop_all().close)


def rows_of_groups(resource: Resource) -> list[int]:
    """Give the number of rows in each row group; none if the file cannot be read."""
    return _of_groups(resource, "num_rows")


def bytes_of_groups(resource: Resource) -> list[int]:
    """Give the unpacked bytes of each row group; none if the file cannot be read."""
    return _of_groups(resource, "total_byte_size")


def _of_groups(resource: Resource, what: str) -> list[int]:
    try:
        with open_raw(resource.file, in_pieces=False) as stream:
            about = _opened(stream).metadata
            return [getattr(about.row_group(at), what) for at in range(about.num_row_groups)]
    except UnreadableFile:
        return []


@contextmanager
def sound(row: int = 0, part: str = "the file") -> Iterator[None]:
    """Turn whatever a library raises about a part of a file into the error that ends its reading."""
    import polars as pl  # noqa: PLC0415 (most packages have no Parquet)
    import pyarrow as pa  # noqa: PLC0415 (as above)

    try:
        yield
    except UnreadableFile:
        raise
    except (ArithmeticError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError,
            pa.ArrowException, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:  # fmt: skip
        raise UnreadableFile(_CODE, _what(error, part), _AGAIN, row) from error


def _what(error: BaseException, part: str) -> str:
    text = next(iter(str(error).splitlines()), "")
    if "encrypted" in text or "decrypt" in text.lower():
        return "the file is encrypted"
    return f"{part} cannot be read as Parquet: {text.rstrip('.') or type(error).__name__}"


def _opened(stream: "io.RawIOBase") -> "pq.ParquetFile":
    from pyarrow import parquet as pq  # noqa: PLC0415 (most packages have no Parquet)

    head = stream.read(4) or b""
    stream.seek(0)
    if not head:
        raise UnreadableFile(_CODE, "the file is empty", "write the table into it, or remove it")
    if head not in (b"PAR1", b"PARE"):
        raise UnreadableFile(
            _CODE, "the file is not Parquet: it does not begin with PAR1", "correct its ending, or its `format`"
        )
    with sound():
        return pq.ParquetFile(stream, buffer_size=_BUFFER, page_checksum_verification=True)


class _Table:
    """An open file, whose types fit the fields."""

    def __init__(self, resource: Resource, stream: "io.RawIOBase") -> None:
        self._resource = resource
        self._size = stream.seek(0, 2)
        stream.seek(0)
        self._file = _opened(stream)
        with sound():
            self._schema: pa.Schema = self._file.schema_arrow
        self._labels = [str(name) for name in self._schema.names]
        known = {field.name: field for field in resource.table.fields}
        self._fields = [known.get(name) for name in self._labels]
        _require_fit(self._schema, self._fields)

    def texts(self, groups: Groups) -> Iterator[bytes]:
        """Give the header, and the rows of some row groups, as CSV."""
        yield _header(self._labels)
        about = self._file.metadata
        every = range(about.num_row_groups)
        count, given = sum(about.row_group(group).num_rows for group in every[: groups[0]]), 0
        for group in every[slice(*groups)]:
            of = about.row_group(group)
            statistics = _Statistics(group)
            before = count
            for batch in self._batches(group, count):
                with sound(count + 2):
                    statistics.take(batch)
                    text = self._text(batch, count)
                count += batch.num_rows
                given += len(text)
                yield text
                self._require_likely(given)
            if count - before != of.num_rows:
                found = f"row group {group + 1} has {count - before:,} rows, but its metadata give {of.num_rows:,}"
                raise UnreadableFile(_CODE, found, _AGAIN)
            statistics.compare(of)

    def _batches(self, group: int, before: int) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa  # noqa: PLC0415 (most packages have no Parquet)

        with sound():
            batches = self._file.iter_batches(_ROWS, row_groups=[group], use_threads=False)
        while True:
            with sound(before + 2, f"row group {group + 1}"):
                batch = next(batches, None)
                if batch is None:
                    return
                batch.validate(full=True)
                arrays = [_plain(array) for array in batch.columns]
                batch = pa.RecordBatch.from_arrays(arrays, [str(at) for at in range(len(arrays))])
            yield batch
            before += batch.num_rows

    def _require_likely(self, given: int) -> None:
        most = max(_SOON_JUDGED, _RATIO * self._size)
        if given > most:
            message = f"the file has more than {most:,} bytes as text, the limit for a file of its size"
            raise UnreadableFile(_CODE, message, "if it is a table, store it in several parts, or as CSV")

    def _text(self, batch: "pa.RecordBatch", before: int) -> bytes:
        import polars as pl  # noqa: PLC0415 (most packages have no Parquet)

        columns = []
        for at, field in enumerate(self._fields):
            texts = self._column(batch, at, field, before)
            columns.append(texts.fill_null(self._blank(texts, field, before)).alias(str(at)))
        # Without quotes, an empty cell in a table of one column would be a blank line, which is no row.
        empty = pl.all() if len(columns) == 1 else pl.all().replace("", None)
        return pl.DataFrame(columns).select(empty).write_csv(include_header=False).encode()

    def _column(self, batch: "pa.RecordBatch", at: int, field: Field | None, before: int) -> "pl.Series":
        import polars as pl  # noqa: PLC0415 (most packages have no Parquet)
        from pyarrow import types  # noqa: PLC0415 (as above)

        from depositary.read.files.typed_texts import text_of, without_zeros  # noqa: PLC0415 (as above)

        kind = batch.schema.field(at).type
        if _is_list(kind):
            lists = batch.column(at).to_pylist()
            return pl.Series(
                str(at), [_list_text(one, field, before + n + 2) for n, one in enumerate(lists)], pl.String
            )
        if types.is_decimal256(kind):
            texts = without_zeros(pl.col("0")) if kind.scale > 0 else pl.col("0")
            frame = pl.DataFrame({"0": pl.Series(batch.column(at).cast("string").to_pylist(), dtype=pl.String)})
        elif _is_unknown(kind):
            return pl.Series(str(at), [None] * batch.num_rows, pl.String)
        else:
            frame = pl.DataFrame({"0": pl.Series(pl.from_arrow(batch.column(at)))})
            texts = text_of("0", frame.schema["0"])
        return frame.select(self._as_in(field, texts, frame.schema["0"]).alias(str(at))).to_series()

    @staticmethod
    def _as_in(field: Field | None, texts: "pl.Expr", kind: "pl.DataType") -> "pl.Expr":
        """Write typed values in the notation of their field."""
        import polars as pl  # noqa: PLC0415 (most packages have no Parquet)

        if field is None or kind == pl.String:
            return texts
        if kind == pl.Boolean and kind_of(field).storage is BOOLEAN:
            yes, no = _first(field, "trueValues", "true"), _first(field, "falseValues", "false")
            return pl.when(texts == "true").then(pl.lit(yes)).when(texts == "false").then(pl.lit(no))
        if isinstance(kind, pl.Datetime) and kind_of(field).storage is DATE:
            return texts.str.replace("T00:00:00(\\.0+)?Z?$", "")
        if kind.is_numeric() and kind_of(field).digits:
            return texts.str.zfill(kind_of(field).digits)
        mark = field.descriptor.get("decimalChar") or "."
        return texts.str.replace(".", str(mark), literal=True) if kind.is_numeric() and mark != "." else texts

    def _blank(self, texts: "pl.Series", field: Field | None, before: int) -> str:
        """Give the text that means a blank in a column, if it has blanks."""
        blanks = self._resource.table.missing_values(field)
        if "" in blanks or not texts.null_count():
            return ""
        if blanks:
            return blanks[0]
        message = f"{field.name if field else 'a column'} has a blank, but `missingValues` of its schema is empty"
        raise UnreadableFile(_CODE, message, 'add "" to `missingValues`', before + texts.is_null().arg_true()[0] + 2)


def _header(labels: Sequence[str]) -> bytes:
    if not labels:
        raise UnreadableFile(_CODE, "the file has no columns", _AGAIN)
    return as_csv([list(labels)])


def _first(field: Field, name: str, usual: str) -> str:
    values = field.descriptor.get(name)
    return str(values[0]) if isinstance(values, list) and values else usual


# Types


def _plain(array: "pa.Array") -> "pa.Array":
    """Give a column in a type that polars has: without a dictionary, with times in UTC."""
    import pyarrow as pa  # noqa: PLC0415 (most packages have no Parquet)

    kind = array.type
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if pa.types.is_timestamp(kind) and kind.tz not in (None, "UTC"):
        return array.cast(pa.timestamp(kind.unit, "UTC"))
    if pa.types.is_date64(kind):
        return array.cast(pa.date32())
    return array.cast(pa.float32()) if pa.types.is_float16(kind) else array


def _require_fit(schema: "pa.Schema", fields: Sequence[Field | None]) -> None:
    """Refuse a file in which the type of a column does not fit its field; all such columns are reported."""
    faults = []
    for one, field in zip(schema, fields, strict=True):
        if field and not fits(one.type, field):
            kind = f"the values of column {shown(field.name)} are {one.type}, but its field has the type {field.type}"
            faults.append(UnreadableFile(_CODE, kind, _hint(one.type, field)))
        elif field and _is_in_form(one.type, field):
            form = field.descriptor.get("format")
            kind = f"the values of column {shown(field.name)} are {one.type}, but its field has the format {form!r}"
            faults.append(UnreadableFile(_CODE, kind, "remove `format` of the field: it is for texts"))
    if faults:
        faults[0].others = faults[1:]
        raise faults[0]


def _hint(kind: "pa.DataType", field: Field) -> str:
    if kind_of(field).is_text and not _is_unknown(kind):
        return (
            "write the column as text, because a code such as 0101 has lost its zero; or correct the type of the field"
        )
    return f"write the column as text or as {field.type}, or correct the type of the field"


def _is_in_form(kind: "pa.DataType", field: Field) -> bool:
    is_time = kind_of(field).storage in (DATE, DATETIME, TIME)
    return is_time and not _is_text(kind) and field.descriptor.get("format") not in _OF_TEXTS


def fits(kind: "pa.DataType", field: Field) -> bool:
    """Return whether values of a type can be values of a field; the check of cells finds those that are none."""
    from pyarrow import types  # noqa: PLC0415 (most packages have no Parquet)

    plain = kind.value_type if types.is_dictionary(kind) else kind
    if _is_text(plain):
        return True
    if kind_of(field).lists:
        return _is_list(plain)
    if kind_of(field).is_text and kind_of(field).takes.numbers:
        return not _is_unknown(plain) and not _is_list(plain)
    of_storage: Mapping[object, Callable[[pa.DataType], bool]] = {
        INTEGER: _is_number,
        DECIMAL: _is_number,
        BOOLEAN: types.is_boolean,
        DATE: lambda one: types.is_date(one) or (types.is_timestamp(one) and one.tz is None),
        DATETIME: types.is_timestamp,
        TIME: types.is_time,
    }
    of = of_storage.get(kind_of(field).storage)
    return bool(of and of(plain))


def _is_text(kind: "pa.DataType") -> bool:
    from pyarrow import types  # noqa: PLC0415 (most packages have no Parquet)

    plain = kind.value_type if types.is_dictionary(kind) else kind
    return any(of(plain) for of in (types.is_string, types.is_large_string, types.is_string_view, types.is_null))


def _is_number(kind: "pa.DataType") -> bool:
    from pyarrow import types  # noqa: PLC0415 (most packages have no Parquet)

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _is_list(kind: "pa.DataType") -> bool:
    """Return whether values are lists of texts, whole numbers or booleans."""
    from pyarrow import types  # noqa: PLC0415 (most packages have no Parquet)

    if not (types.is_list(kind) or types.is_large_list(kind)):
        return False
    return _is_text(kind.value_type) or types.is_integer(kind.value_type) or types.is_boolean(kind.value_type)


def _is_unknown(kind: "pa.DataType") -> bool:
    """Return whether values have no text: bytes, structures, intervals."""
    from pyarrow import types  # noqa: PLC0415 (most packages have no Parquet)

    known = _is_text(kind) or _is_number(kind) or _is_list(kind) or types.is_boolean(kind)
    return not (known or types.is_date(kind) or types.is_time(kind) or types.is_timestamp(kind))


def _list_text(items: Sequence[Any] | None, field: Field | None, row: int) -> str | None:
    if items is None:
        return None
    if field is None or kind_of(field).lists != "delimiter":
        return json.dumps(items, ensure_ascii=False, separators=(",", ":"))
    by = str(field.descriptor.get("delimiter") or ",")
    texts = ["" if one is None else one if isinstance(one, str) else json.dumps(one) for one in items]
    if any(by in text for text in texts) or texts == [""]:
        message = f"an item of {field.name} has the delimiter {by!r} in it, or is a single empty text"
        raise UnreadableFile(_CODE, message, "choose another `delimiter` in the schema, or the type array", row)
    return by.join(texts)


# Statistics: programs that trust them leave out row groups without reading them


class _Statistics:
    """Compares the values of a row group with what its metadata say about them."""

    def __init__(self, group: int) -> None:
        self._group = group
        self._nulls: dict[int, int] = {}
        self._ranges: dict[int, list[Any]] = {}

    def take(self, batch: "pa.RecordBatch") -> None:
        """Note the blanks, and the smallest and largest values of a batch."""
        from pyarrow import compute  # noqa: PLC0415 (most packages have no Parquet)

        for at, array in enumerate(batch.columns):
            self._nulls[at] = self._nulls.get(at, 0) + array.null_count
            if _is_ordered(array.type):
                found = compute.min_max(array).as_py()
                ends = (found["min"], found["max"])
                self._ranges.setdefault(at, []).extend(one for one in ends if one is not None and one == one)  # noqa: PLR0124 (NaN)

    def compare(self, about: Any) -> None:  # noqa: ANN401 (pyarrow ships no types)
        """Refuse a row group whose values are not within its statistics.

        Only after its rows were read: that finds broken metadata, on which the library ends the whole process here.

        Raises:
            UnreadableFile: they are not.
        """
        with sound(0, f"row group {self._group + 1}"):
            columns = [about.column(at) for at in range(about.num_columns)]
            if any("." in column.path_in_schema for column in columns):  # columns of lists are in other places
                return
            for at, column in enumerate(columns):
                if column.statistics:
                    self._compare(at, column.path_in_schema, column.statistics)

    def _compare(self, at: int, label: str, stated: Any) -> None:  # noqa: ANN401 (pyarrow ships no types)
        if stated.has_null_count and stated.null_count != self._nulls.get(at, 0):
            self._refuse(label, f"{stated.null_count:,} blanks", f"{self._nulls.get(at, 0):,}")
        values = self._ranges.get(at)
        if values and stated.has_min_max and isinstance(values[0], type(stated.min)):
            if min(values) < stated.min:
                self._refuse(label, f"at least {stated.min!r}", repr(min(values)))
            if max(values) > stated.max:
                self._refuse(label, f"at most {stated.max!r}", repr(max(values)))

    def _refuse(self, label: str, stated: str, found: str) -> None:
        what = f"the statistics of row group {self._group + 1} give {shown(label)} {stated}, but it has {found}"
        raise UnreadableFile(_CODE, what, f"programs that trust them lose rows; {_AGAIN}")


def _is_ordered(kind: "pa.DataType") -> bool:
    """Return whether Python compares values of a type as the statistics do."""
    from pyarrow import types  # noqa: PLC0415 (most packages have no Parquet)

    is_text = types.is_string(kind) or types.is_large_string(kind)
    return bool(is_text or types.is_integer(kind) or types.is_float64(kind) or types.is_date32(kind))

"""Check the header of a file: whether it is a table, and which label is which field."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from depositary.check.reading.kept import kept
from depositary.model.field_types import CONSTRAINTS, FieldType, field_type
from depositary.model.package import Mode
from depositary.model.target import Input
from depositary.read.files.records import Records, other_delimiter
from depositary.read.files.unreadable import UnreadableFile
from depositary.reference import CsvControl, Header, frictionless
from depositary.wording.plain import shown


def schema_of(entry: Input) -> frictionless.Schema:
    """Give the reference's schema of a table, for the mode of the file."""
    return _schema(_described(entry))


def _described(entry: Input) -> dict[str, Any]:
    """Describe a table for the reference, for the mode of the file.

    In a contribution, columns are matched by name. In a patch they may be absent, and `required` is checked on the
    merged row instead of the cell.
    """
    descriptor = dict(entry.resource.table.descriptor)
    descriptor.setdefault("$schema", "https://datapackage.org/profiles/2.0/tableschema.json")
    descriptor["fields"] = [lean(f) if entry.reference_only else ungrouped(lean(f)) for f in descriptor["fields"]]
    if entry.mode is Mode.SNAPSHOT:
        descriptor["fieldsMatch"] = "equal"
    if entry.mode is Mode.PATCH:
        descriptor["fieldsMatch"] = "superset"
    if entry.is_overlay:
        key = set(entry.resource.table.primary_key)
        descriptor["fields"] = [f if f["name"] in key else _optional(f) for f in descriptor["fields"]]
    return descriptor


@kept(500)
def _schema(descriptor: Mapping[str, Any]) -> frictionless.Schema:
    return frictionless.Schema.from_descriptor(dict(descriptor))


# Properties that describe a field for people; copying and checking them took a third of the time of a small package.
_PROSE = {"title", "description", "categories", "categoriesOrdered", "example", "rdfType"}


def lean(field: Mapping[str, Any]) -> dict[str, Any]:
    """Remove from a field's descriptor what the reference's reader does not need or does not know."""
    return understood({k: v for k, v in field.items() if k not in _PROSE})


def understood(field: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a field as the reference knows it: without the constraints that only we judge."""
    constraints = field.get("constraints") or {}
    known_here = _type(field).constraints
    beyond = {name for name in known_here if CONSTRAINTS[name].is_beyond and constraints.get(name) is not None}
    known = dict(field)
    if beyond:
        known["constraints"] = {name: value for name, value in constraints.items() if name not in beyond}
    return known


def json_schema_of(field: Mapping[str, Any]) -> Any:  # noqa: ANN401 (an object if it is right)
    """Give the JSON Schema of a field whose values are arrays or objects (Data Package v2, "jsonSchema")."""
    constraints = field.get("constraints") or {}
    return constraints.get("jsonSchema") if "jsonSchema" in _type(field).constraints else None


def _type(field: Mapping[str, Any]) -> FieldType:
    """Give the facts of the type that a descriptor names, which may be anything."""
    return field_type(str(field.get("type", "string")))


def group_mark(field: Mapping[str, Any]) -> Any:  # noqa: ANN401 (a text if it is right)
    """Give the mark between groups of digits, if the reference does not read it (Data Package v2, "groupChar")."""
    return field.get("groupChar") if _type(field).marks_groups else None


def ungrouped(field: dict[str, Any]) -> dict[str, Any]:
    """Remove the marks between groups of digits from the constraints of a field of whole numbers."""
    mark = group_mark(field)
    if not mark:
        return field

    def bare(value: Any) -> Any:  # noqa: ANN401 (a constraint can have any value)
        if isinstance(value, list):
            return [bare(item) for item in value]
        return value.replace(mark, "") if isinstance(value, str) else value

    return {**field, "constraints": {k: bare(v) for k, v in (field.get("constraints") or {}).items()}}


def _optional(field: dict[str, Any]) -> dict[str, Any]:
    constraints = {k: v for k, v in field.get("constraints", {}).items() if k != "required"}
    return {**field, "constraints": constraints}


def match(entry: Input, records: Records) -> Header:
    """Match the labels of a file with fields as the reference does; `errors` has the errors of the header."""
    dialect = records.dialect
    schema, labels = _described(entry), list(records.labels)
    return _matched({"schema": schema, "labels": labels, "rows": dialect.header_rows, "case": dialect.header_case})


@kept(500)
def _matched(read: Mapping[str, Any]) -> Header:
    schema = _schema(read["schema"])
    return Header(
        read["labels"],
        fields=schema.fields,
        row_numbers=read["rows"],
        ignore_case=not read["case"],
        fields_match=schema.fields_match,
    )


_WIDE = 1_000  # columns that are checked one by one
_SEPARATORS = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "vertical bars"}


_SEP_LINE = re.compile(r"""["']?sep=(\\t|.?)["']?[,;\t|]*""", re.IGNORECASE)
_INDEX = re.compile(r"(?:Unnamed: \d+(?:\.\d+)?)?")  # the label that pandas and R give to a column of row numbers
_NUMBERING = ("index", "X", "rownames", "row.names")  # labels that a column of row numbers may have
_LOWEST = 10  # the last row in which a header is looked for
_NO_TABLES = (  # what programs save under the name of a table: its first line, what it is, what to do
    (
        re.compile("version https://git-lfs"),
        "a pointer of Git LFS to a file that was not fetched",
        "run git lfs pull, which fetches the file",
    ),
    (
        re.compile(r"\s*<(!doctype|html|\?xml|!--)", re.IGNORECASE),
        "a web page or XML",
        "download the table itself, as CSV; a page is often saved in its place if a login or a link is no longer valid",
    ),
    (
        re.compile(r"""\s*([\[{]\s*$|\{\s*"[^"]*"\s*:|\[\s*[{\[])"""),
        "JSON",
        "save the table as CSV (UTF-8)",
    ),
)
_CONFLICT = ("<<<<<<<", ">>>>>>>", "|||||||")  # beginnings of git's conflict markers
_BETWEEN = "======="  # the marker between the two versions, which git writes without a name


def require_table(entry: Input, records: Records) -> None:
    """Refuse a file without content, with other columns, or with another delimiter than in the descriptor.

    Raises:
        UnreadableFile: the file is refused.
    """
    if records.is_empty:
        raise UnreadableFile("empty-file", "the file is empty", "write at least the column names into its first row")
    if not entry.reference_only:
        _require_header(records)
    delimiter = "" if entry.reference_only else other_delimiter(records)
    if delimiter:
        expected = CsvControl.from_dialect(records.source.dialect).delimiter
        message = f"the columns are separated by {_SEPARATORS[delimiter]}, not by {_SEPARATORS.get(expected, expected)}"
        hint = "save the table as CSV with commas between the columns and decimal points"
        if entry.mode is Mode.TABLE:
            hint += f', or write "dialect": {json.dumps({"delimiter": delimiter})} in the descriptor'
        else:
            hint += f", or name the file under [[files]] in the manifest, with delimiter = {json.dumps(delimiter)}"
        raise UnreadableFile("wrong-delimiter", message, hint)
    if not entry.reference_only:
        _require_first(entry, records)
        _require_columns(entry, records.labels)
        _require_no_index(entry, records)


def _require_header(records: Records) -> None:
    """Refuse a first line that is an instruction for spreadsheets and not a header."""
    line = records.source.first_line
    if records.dialect.header and is_conflict([line]):
        raise conflict(1, line)
    for pattern, what, hint in _NO_TABLES if records.dialect.header and not records.resource.sheet else ():
        if pattern.match(line):
            raise UnreadableFile("binary-file", f"the file is not CSV; it is {what}", hint)
    if records.dialect.header and (parts := _SEP_LINE.fullmatch(line.strip())):
        line = shown(f"sep={parts[1]}")
        message = f"the first line, {line}, is only for spreadsheets; other programs read it as column names"
        raise UnreadableFile("sep-line", message, "delete the line, so that the first line has the column names", 1)


def is_conflict(row: Sequence[str]) -> bool:
    """Return whether a row is a conflict marker of git."""
    line = row[0].rstrip("\r\n") if row else ""
    return line == _BETWEEN or (line.startswith(_CONFLICT) and line[7:8] in ("", " "))


def conflict(row: int, mark: str) -> UnreadableFile:
    """Make the error for two versions of rows that git left in the file."""
    places = {"<": "from the line <<<<<<< on", "=": "with the line ======= between them"}
    message = f"git left two versions of some rows in the file, {places.get(mark[0], f'up to the line {mark[:7]}')}"
    hint = "keep the right rows, and delete the lines <<<<<<<, ======= and >>>>>>>"
    return UnreadableFile("conflict-markers", message, hint, row)


def _require_first(entry: Input, records: Records) -> None:
    """Refuse a table with text above its header; otherwise each label and each row would be an error."""
    if not records.dialect.header or list(records.dialect.header_rows) != [1]:
        return
    mapping = entry.resource.mapping
    names = {*entry.resource.table.field_names, *(mapping.columns if mapping else ())}
    most = _named(records.labels, names)
    for number, row in enumerate(records.first_rows[: _LOWEST - 1], start=2):
        filled = sum(bool(cell.strip()) for cell in row)
        count = _named(row, names)
        if count > max(most, 1) and count * 2 > filled:
            above = "the rows above it" if number > 2 else "row 1"  # noqa: PLR2004 (the first that has one above it)
            message = (
                f"the header is in row {number}: it names more of the table's columns ({count}) than row 1 ({most})"
            )
            raise UnreadableFile(
                "header-below", message, f"delete {above}, so that the first row has the column names", number
            )


def _named(cells: Sequence[str], names: set[str]) -> int:
    """Count the column names in a row."""
    return len({cell.strip() for cell in cells} & names)


def _require_no_index(entry: Input, records: Records) -> None:
    """Refuse a table whose first column only numbers the rows, as pandas and R write it by default."""
    labels, names = [label.strip() for label in records.labels], entry.resource.table.field_names
    if not labels or labels[0] in names or not set(labels[1:]) & set(names):
        return
    cells = [row[0] for row in records.first_rows if row]
    counts = cells in ([str(n) for n in range(start, start + len(cells))] for start in (0, 1))
    unnamed = _INDEX.fullmatch(labels[0]) and all(cell.isascii() and cell.isdigit() for cell in cells)
    if cells and (unnamed or (counts and labels[0] in _NUMBERING)):
        name = f", {shown(labels[0])}," if labels[0] else ", which has no name,"
        message = f"column 1{name} numbers the rows: an index, as pandas and R write it"
        raise UnreadableFile(
            "index-column", message, "write the table without this column: to_csv(index=False), row.names = FALSE", 1
        )


def _require_columns(entry: Input, labels: Sequence[str]) -> None:
    """Refuse a file with so many other columns that it is another table; the reference would need hours."""
    names = set(entry.resource.table.field_names)
    others = [label for label in labels if label.strip() not in names]
    if len(others) > _WIDE:
        code = "extra-label" if len(labels) > len(names) else "incorrect-label"
        message = f"{len(others):,} columns are not in the table; the first is {shown(others[0])}"
        raise UnreadableFile(code, message, "check that this is the right file for this table", 1)

"""Every code a finding can have: what it means, what to do, and the smallest rows that show it.

The examples are laid over the demonstration package in tests/cases/demo and run by the tests: `bad` gives exactly
this code, `good` is valid. Those of evidence need a text as well, and are run in tests/check/test_evidence.py.
A half character stands for a byte that is no text; a worksheet is shown by the XML that is in its workbook.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Code:
    """One kind of finding.

    `reference` is the error type of frictionless 5.21 under which its report carries the finding.
    `bad` and `good` map a file of the demonstration package to its text.
    """

    name: str
    reference: str
    title: str
    meaning: str
    mend: str
    bad: Mapping[str, str] = field(default_factory=dict)
    good: Mapping[str, str] = field(default_factory=dict)


def _events(*rows: str) -> dict[str, str]:
    """Lay rows below the header of the demonstration table `events`."""
    header = "event_id,held,country,kind,open,guests,note"
    return {"events.csv": "\n".join([header, *rows]) + "\n"}


_GOOD = _events("ev-1,2023-05-26,KOR,talks,true,12,")


def _row(name: str, reference: str, title: str, meaning: str, mend: str, *bad: str) -> Code:
    return Code(name=name, reference=reference, title=title, meaning=meaning, mend=mend, bad=_events(*bad), good=_GOOD)


def _constraint(name: str, meaning: str, mend: str, bad: str) -> Code:
    return _row(f"{name}-constraint", "constraint-error", f"Constraint {name}", meaning, mend, bad)


def _file(name: str, reference: str, title: str, meaning: str, mend: str, **bad: str) -> Code:
    overlay = {key.replace("__", "/").replace("_", "."): text for key, text in bad.items()}
    return Code(name=name, reference=reference, title=title, meaning=meaning, mend=mend, bad=overlay, good=_GOOD)


def _package(table: str, *lines: str) -> dict[str, str]:
    """Describe a package of one table by the text of its resource, and give the lines of its file."""
    head = '"$schema": "https://datapackage.org/profiles/2.0/datapackage.json", "name": "demo"'
    descriptor = f'{{{head}, "resources": [\n  {{"name": "events", {table}}}\n]}}\n'
    return {"datapackage.json": descriptor, **({"events.csv": "\n".join(lines) + "\n"} if lines else {})}


def _contribution(*lines: str, mode: str = "patch", version: str = "1.0.0", file: str = "events.csv") -> dict[str, str]:
    """Lay a contribution beside the demonstration package, in the folder `mine`."""
    manifest = [
        'contributor = "ctr-mira"',
        f'mode = "{mode}"',
        'role = "coder"',
        'license = "CC-BY-4.0"',
        "[base]",
        'package = "demo"',
        f'version = "{version}"',
    ]
    return {"mine/contribution.toml": "\n".join(manifest) + "\n", f"mine/{file}": "\n".join(lines) + "\n"}


def _keyed(published: str, *lines: str) -> dict[str, str]:
    """Lay a contribution beside a package whose table has numbers as keys, one of which is published."""
    fields = '[{"name": "id", "type": "number"}, {"name": "note", "type": "string"}]'
    table = f'"path": "events.csv", "schema": {{"fields": {fields}, "primaryKey": ["id"]}}'
    files = _package(table, "id,note", f"{published},first")
    files["datapackage.json"] = files["datapackage.json"].replace('"demo"', '"demo", "version": "1.0.0"')
    return {**files, **_contribution("id,note", *lines)}


def _sheet(*rows: str, before: str = "", behind: str = "", table: str = "events") -> dict[str, str]:
    """Lay a workbook with one worksheet beside the demonstration package, by the cells of its rows; style 1 is 0%."""
    lines = [f'<row r="{number}">{row}</row>' for number, row in enumerate(rows, start=1)]
    body = [f"{before}<sheetData>", *lines, f"</sheetData>{behind}"]
    return _contribution(*body, file=f"book.xlsx, sheet {table}")


def _texts(*cells: str) -> str:
    return "".join(f'<c t="str"><v>{cell}</v></c>' if cell else "<c/>" for cell in cells)


def _mapped(*lines: str) -> dict[str, str]:
    """Lay a contribution with somebody else's columns beside the demonstration package, in the folder `mine`."""
    files = _contribution(*lines, file="theirs.csv")
    files["mine/contribution.toml"] += """
[[files]]
path = "theirs.csv"
table = "events"
columns = { id = "event_id" }
constants = { kind = "talks" }
local = ["event_id", "country"]
"""
    return {**files, "mine/countries.csv": "code,label\nlocal:new-land,New Land\n"}


def _field(rest: str, *, more: str = "") -> str:
    """Write a resource whose schema has one field."""
    return f'"path": "events.csv"{more}, "schema": {{"fields": [{{"name": "id", {rest}}}]}}'


_HEADER = "event_id,held,country,kind,open,guests,note"
_ROW = "ev-1,2023-05-26,KOR,talks,true,12,"

_STRUCTURE = (
    _file(
        "blank-header",
        "blank-header",
        "Blank header",
        "The first row, which names the columns, is empty.",
        "Write the column names into the first row.",
        events_csv=f"\n{_ROW}\n",
    ),
    _file(
        "blank-label",
        "blank-label",
        "Blank label",
        "A column has no name.",
        "Write the column's name into the first row, or delete the column.",
        events_csv=f"event_id,,country,kind,open,guests,note\n{_ROW}\n",
    ),
    _file(
        "duplicate-label",
        "duplicate-label",
        "Duplicate label",
        "Two columns have the same name.",
        "Keep one of the two columns, or correct the name of the other.",
        events_csv=f"event_id,held,country,kind,open,guests,guests\n{_ROW}\n",
    ),
    _file(
        "incorrect-label",
        "incorrect-label",
        "Incorrect label",
        "A column's name is not the one that the schema has at this place.",
        "Use the schema's column names, in its order.",
        events_csv=f"event_id,held,country,kind,open,guest,note\n{_ROW}\n",
    ),
    _file(
        "extra-label",
        "extra-label",
        "Extra label",
        "The file has a column that the schema does not know.",
        "Delete the column, or correct its name; what it says may belong into `notes`.",
        events_csv=f"{_HEADER},colour\n{_ROW},blue\n",
    ),
    _file(
        "missing-label",
        "missing-label",
        "Missing label",
        "A column of the schema is not in the file.",
        "Add the column; leave its cells empty where nothing is known.",
        events_csv="event_id,held,country,kind,open,guests\nev-1,2023-05-26,KOR,talks,true,12\n",
    ),
    _file(
        "blank-columns",
        "blank-label",
        "Blank columns at the right",
        "The columns at the right have neither a name nor a cell, as a spreadsheet writes them; they are passed over.",
        "Nothing has to be done for a contribution; delete them if the file is to be published.",
        events_csv=f"{_HEADER},,\n{_ROW},,\n,,,,,,,,\n",
    ),
    _file(
        "index-column",
        "extra-label",
        "Column of row numbers",
        "The first column has no name and numbers the rows, as pandas and R write it unless they are asked not to.",
        "Write the table without it: `to_csv(index=False)`, `row.names = FALSE`.",
        events_csv=f",{_HEADER}\n0,{_ROW}\n",
    ),
    _file(
        "sep-line",
        "extra-label",
        "Line for spreadsheets",
        "The first line names the delimiter (`sep=;`). Only spreadsheets read it; others take it for the column names.",
        "Delete the line.",
        events_csv=f"sep=,\n{_HEADER}\n{_ROW}\n",
    ),
    _file(
        "header-below",
        "incorrect-label",
        "Header below row 1",
        "A row further down names the columns. What stands above it, such as a title, would be taken for the header.",
        "Delete the rows above the one that names the columns.",
        events_csv=f"Events of 2023\n{_HEADER}\n{_ROW}\n",
    ),
    Code(
        name="unmatched-header",
        reference="unmatched-header",
        title="Unmatched header",
        meaning="With `fieldsMatch: partial`, at least one column must be one of the schema's; none is.",
        mend="Check that this is the right file for this table, and that its first row names the columns.",
        bad=_package(
            '"path": "events.csv", "schema": {"fieldsMatch": "partial", "fields": [{"name": "id"}]}', "key", "1"
        ),
        good=_package(
            '"path": "events.csv", "schema": {"fieldsMatch": "partial", "fields": [{"name": "id"}]}', "id", "1"
        ),
    ),
    _row(
        "blank-row",
        "blank-row",
        "Blank row",
        "A row has no value at all.",
        "Delete the row.",
        _ROW,
        ",,,,,,",
        "ev-2,2023-05-27,CHN,talks,true,12,",
    ),
    _row(
        "extra-cell",
        "extra-cell",
        "Extra cell",
        "A row has more cells than there are columns.",
        "Remove the cell; if it is half of a value with a comma in it, put the value into quotes.",
        "ev-1,2023-05-26,KOR,talks,true,12,at noon, in Detroit",
    ),
    _row(
        "missing-cell",
        "missing-cell",
        "Missing cell",
        "A row has fewer cells than there are columns.",
        "Add the missing commas, so that every column has its cell.",
        "ev-1,2023-05-26,KOR,talks,true,12",
    ),
)

_VALUES = (
    _row(
        "type-error",
        "type-error",
        "Wrong type",
        "A value cannot be read as what its column holds: a date, a number, a boolean.",
        "Write the value in the form the message names; leave the cell empty if it is unknown.",
        "ev-1,2023-02-30,KOR,talks,true,12,",
    ),
    _constraint(
        "required",
        "A cell that every row must fill is empty.",
        "Fill it; if the fact is not known, the row may not belong into this table yet.",
        "ev-1,2023-05-26,KOR,,true,12,",
    ),
    _constraint(
        "enum",
        "A value is not one of those that its column allows.",
        "Use one of the listed values; the codebook says what each of them covers.",
        "ev-1,2023-05-26,KOR,talk,true,12,",
    ),
    _constraint(
        "pattern",
        "A value does not have the form that its column asks for.",
        "Write the value in the form of the example.",
        "event 1,2023-05-26,KOR,talks,true,12,",
    ),
    _constraint(
        "minimum",
        "A value is smaller than its column allows.",
        "Check the value and its unit.",
        "ev-1,2023-05-26,KOR,talks,true,-1,",
    ),
    _constraint(
        "maximum",
        "A value is larger than its column allows.",
        "Check the value and its unit.",
        "ev-1,2023-05-26,KOR,talks,true,1001,",
    ),
    Code(
        name="exclusive-minimum-constraint",
        reference="constraint-error",
        title="Constraint exclusiveMinimum",
        meaning="A value is not above the bound that its column names.",
        mend="Check the value and its unit.",
        bad=_package(_field('"type": "integer", "constraints": {"exclusiveMinimum": 0}'), "id", "0"),
        good=_package(_field('"type": "integer", "constraints": {"exclusiveMinimum": 0}'), "id", "1"),
    ),
    Code(
        name="exclusive-maximum-constraint",
        reference="constraint-error",
        title="Constraint exclusiveMaximum",
        meaning="A value is not below the bound that its column names.",
        mend="Check the value and its unit.",
        bad=_package(_field('"type": "integer", "constraints": {"exclusiveMaximum": 9}'), "id", "9"),
        good=_package(_field('"type": "integer", "constraints": {"exclusiveMaximum": 9}'), "id", "8"),
    ),
    Code(
        name="min-length-constraint",
        reference="constraint-error",
        title="Constraint minLength",
        meaning="A text is shorter than its column allows.",
        mend="Write the value out.",
        bad=_events("ev-1,2023-05-26,KOR,talks,true,12,a"),
        good=_GOOD,
    ),
    Code(
        name="max-length-constraint",
        reference="constraint-error",
        title="Constraint maxLength",
        meaning="A text is longer than its column allows.",
        mend="Shorten it; what does not fit may belong into another column or row.",
        bad=_events("ev-1,2023-05-26,KOR,talks,true,12,a note that goes on"),
        good=_GOOD,
    ),
    Code(
        name="json-schema-constraint",
        reference="constraint-error",
        title="Constraint jsonSchema",
        meaning="An array or object does not fit the JSON Schema that its column names.",
        mend="Compare it with the JSON Schema in the column's constraints.",
        bad=_package(_field('"type": "array", "constraints": {"jsonSchema": {"maxItems": 1}}'), "id", '"[1, 2]"'),
        good=_package(_field('"type": "array", "constraints": {"jsonSchema": {"maxItems": 1}}'), "id", "[1]"),
    ),
    Code(
        name="category-constraint",
        reference="constraint-error",
        title="Not a category",
        meaning="A value is not one of the categories that its column lists (where it lists no enum).",
        mend="Use one of the listed categories.",
        bad=_package(_field('"type": "string", "categories": ["yes", "no"]'), "id", "maybe"),
        good=_package(_field('"type": "string", "categories": ["yes", "no"]'), "id", "no"),
    ),
)

_TWO = '"path": "events.csv", "schema": {"fields": [{"name": "id"}, {"name": "to"}]}'
_THREE = '"path": "events.csv", "schema": {"fields": [{"name": "id"}, {"name": "to"}, {"name": "by"}]}'

_ODDITIES = (
    _row(
        "null-text",
        "source-error",
        "No value, written as a text",
        "Cells hold what programs write where there is no value (NaN, NULL, None, #N/A, #REF!), and it is read "
        "as a value.",
        "Leave a cell empty where nothing is known; if the text is meant, name it among the values of its column.",
        "ev-1,2023-05-26,KOR,talks,true,12,NULL",
    ),
    _row(
        "lost-digits",
        "source-error",
        "Digits or signs that a value does not keep",
        "Cells are numbers to their column, and have what a number does not keep: leading zeros, a plus sign, an E or "
        "underscores between digits, letters beside them, group marks at odd places, more digits than a double or 64 "
        "bits hold, digits behind millionths of a second. `0101` is read as 101, and most formats hold no more than "
        "that. Zeros at the end, as in 2.50, and exponents such as 1.5e-05 are usual where numbers are meant, and are "
        "told of in columns of keys and references alone; the notes of an export list them.",
        "Declare the column `string` if these are codes; if they are numbers, write plain digits.",
        "ev-1,2023-05-26,KOR,talks,true,012,",
    ),
    Code(
        name="repeated-header",
        reference="source-error",
        title="Header among the rows",
        meaning="A row holds the names of the columns again, as where files were put one below the other.",
        mend="Delete the row; if another table begins there, put it into a file of its own.",
        bad=_package(_TWO, "id,to", "a,b", "id,to"),
        good=_package(_TWO, "id,to", "a,b"),
    ),
    Code(
        name="second-table",
        reference="source-error",
        title="Another table below",
        meaning="From a row on, which could be a header or follows a blank row, the rows have another number of cells: "
        "a table below the table. Or they have as many, and a row among them looks like a header: its texts are "
        "nowhere else in their columns, and it is below a blank row or a title, or columns of numbers or dates have "
        "texts there, or columns are blank from there on.",
        mend="Put the other table into a file of its own.",
        bad=_package(_TWO, "id,to", "a,b", "code,label,since", "KOR,South Korea,1948"),
        good=_package(_TWO, "id,to", "a,b"),
    ),
    Code(
        name="other-quotes",
        reference="source-error",
        title="Quotes that CSV does not know",
        meaning="The cells of a row are in quotes such as '…' or “…”, which are read as part of the text; a delimiter "
        "within them cuts the text into cells.",
        mend="Put the cells into straight double quotes, or none.",
        bad=_package(_TWO, "id,to", "'a','b'"),
        good=_package(_TWO, "id,to", '"a","b"'),
    ),
    Code(
        name="note-row",
        reference="source-error",
        title="Row that looks like a note",
        meaning="At the beginning or end of a table, a row has one cell only, unlike the rows beside it: a title, a "
        "footnote, or a second line of the header. Or the first rows have texts, such as units, where all rows below "
        "have numbers or dates; or the last one is named `Total`.",
        mend="Delete the row, or fill its cells; notes belong into a column, or beside the table.",
        bad=_package(_THREE, "id,to,by", "a,b,c", "d,e,f", "g,h,i", "Source: own count,,"),
        good=_package(_THREE, "id,to,by", "a,b,c", "d,e,f", "g,h,i"),
    ),
)

_TALK = _texts("ev-1", "talks")
_GUESTS = _texts("event_id", "kind", "guests")

_WORKSHEETS = (
    Code(
        name="merged-cells",
        reference="source-error",
        title="Merged cells",
        meaning="Cells of a worksheet are merged: one has a value, the others are blank, and nobody knows for which of "
        "them the value is meant.",
        mend="Unmerge the cells, and write the value into each for which it is known.",
        bad=_sheet(
            _texts("event_id", "kind", "note"),
            _texts("ev-1", "talks", "in Seoul"),
            _texts("ev-2", "talks", ""),
            behind='<mergeCells count="1"><mergeCell ref="C2:C3"/></mergeCells>',
        ),
        good=_sheet(
            _texts("event_id", "kind", "note"),
            _texts("ev-1", "talks", "in Seoul"),
            _texts("ev-2", "talks", "in Seoul"),
        ),
    ),
    Code(
        name="hidden-cells",
        reference="source-error",
        title="Hidden cells",
        meaning="A worksheet, or rows, columns or cells of it, are hidden or filtered out. They are read as all "
        "others, and would be published.",
        mend="Show what is hidden, and delete what is not meant for others.",
        bad=_sheet(
            _texts("event_id", "kind", "note"),
            _texts("ev-1", "talks", "not sure"),
            before='<cols><col min="3" max="3" hidden="1"/></cols>',
        ),
        good=_sheet(_texts("event_id", "kind"), _TALK),
    ),
    Code(
        name="cell-kind",
        reference="source-error",
        title="Number in a column of texts",
        meaning="Cells of a worksheet hold numbers, dates or logical values where the column is of texts. Of a code "
        "such as 0101, a number has lost the zeros.",
        mend="Format the column as text, and write again what is meant.",
        bad=_sheet(_texts("event_id", "kind", "note"), f"{_TALK}<c><v>101</v></c>"),
        good=_sheet(_texts("event_id", "kind", "note"), _texts("ev-1", "talks", "0101")),
    ),
    Code(
        name="shown-otherwise",
        reference="source-error",
        title="Read otherwise than shown",
        meaning="The format of a cell makes of its value something else for people: a hundredfold with %, thousands, "
        "a number with a unit, a date without its day. What is read is the value.",
        mend="Write the value in the unit of the column, and give the cells a format that shows it as it is.",
        bad=_sheet(_GUESTS, f'{_TALK}<c s="1"><v>12</v></c>'),
        good=_sheet(_GUESTS, f"{_TALK}<c><v>12</v></c>"),
    ),
    Code(
        name="cut-digits",
        reference="source-error",
        title="Number longer than a spreadsheet keeps",
        meaning="A cell of a worksheet holds a number of more than 15 digits. A spreadsheet keeps 15 of them and "
        "writes zeros for the others, so that a long id is another one.",
        mend="Format the column as text, and paste the numbers again from where they come from.",
        bad=_sheet(
            _texts("code", "label"),
            f"{_texts('KOR')}<c><v>1.23456789012345E+18</v></c>",
            table="countries",
        ),
        good=_sheet(_texts("code", "label"), _texts("KOR", "1234567890123456789"), table="countries"),
    ),
)

_KEYS = (
    _row(
        "primary-key",
        "primary-key",
        "Key used twice",
        "Two rows have the same key, or a row has none.",
        "Give each row its own id; if both rows are about the same thing, keep one.",
        _ROW,
        "ev-1,2023-05-27,CHN,talks,true,12,",
    ),
    Code(
        name="unique-error",
        reference="unique-error",
        title="Value used twice",
        meaning="A column in which every value may stand once has one twice.",
        mend="Correct one of the two rows.",
        bad=_package(_field('"type": "string", "constraints": {"unique": true}'), "id", "a", "a"),
        good=_package(_field('"type": "string", "constraints": {"unique": true}'), "id", "a", "b"),
    ),
    _row(
        "unique-key",
        "row-constraint",
        "Combination used twice",
        "Two rows have the same values in columns that together may stand once (`uniqueKeys`).",
        "If both rows say the same, keep one; else correct the column in which they differ.",
        _ROW,
        "ev-2,2023-05-26,KOR,talks,false,3,",
    ),
    _row(
        "foreign-key",
        "foreign-key",
        "Unknown reference",
        "A value that names a row of another table names none that exists.",
        "Correct the id or code, or add the row it names.",
        "ev-1,2023-05-26,South Korea,talks,true,12,",
    ),
)

_FILES = (
    Code(
        name="missing-file",
        reference="scheme-error",
        title="Missing file",
        meaning="The descriptor names a file that is not there or cannot be opened.",
        mend="Add the file, correct its path in the descriptor, or remove the resource.",
        bad=_package('"path": "event.csv", "schema": {"fields": [{"name": "id"}]}'),
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="unsafe-path",
        reference="resource-error",
        title="Path out of the package",
        meaning="A path leads out of the package: it is absolute, climbs with `..`, follows a link, or is remote.",
        mend="Put the file into the package's folder and name it by a relative path.",
        bad=_package('"path": "../events.csv", "schema": {"fields": [{"name": "id"}]}'),
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="unsupported-format",
        reference="format-error",
        title="Format not read",
        meaning="The resource is a table in a form that this program does not read.",
        mend="Store the table as one plain CSV file.",
        bad=_package('"path": "events.xlsx", "schema": {"fields": [{"name": "id"}]}'),
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    _file(
        "empty-file",
        "source-error",
        "Empty file",
        "The file has no content, not even a header.",
        "Write at least the column names; a table without rows is a file with a header.",
        events_csv="",
    ),
    Code(
        name="binary-file",
        reference="format-error",
        title="Not a text file",
        meaning="The file is not CSV but a workbook, an archive, a PDF or other binary data.",
        mend="In the program it comes from, save the table as CSV (UTF-8).",
        bad={"events.csv": "PK\x03\x04\x14\x00"},
        good=_GOOD,
    ),
    Code(
        name="compression-error",
        reference="compression-error",
        title="Broken archive",
        meaning="The file is packed, and cannot be unpacked: it is damaged, encrypted, holds several files, or unpacks "
        "to far more than a table would.",
        mend="Pack one CSV file again, as `.csv.gz` or `.csv.zip`, or store it unpacked.",
        bad={**_package('"path": "events.csv.gz", "schema": {"fields": [{"name": "id"}]}'), "events.csv.gz": "id\na\n"},
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="encoding-error",
        reference="encoding-error",
        title="Wrong encoding",
        meaning="The file's bytes are not text in the encoding that the descriptor names (UTF-8 unless it says else).",
        mend="Save the file as CSV UTF-8. Rows after the place named are not judged.",
        bad=_events("ev-1,2023-05-26,KOR,talks,true,12,Caf\udce9"),
        good=_events("ev-1,2023-05-26,KOR,talks,true,12,Caf\u00e9"),
    ),
    Code(
        name="nul-byte",
        reference="source-error",
        title="NUL byte",
        meaning="The text holds NUL bytes, which many readers take for its end.",
        mend="Export the file again; a NUL is often a sign of a damaged copy.",
        bad=_events("ev-1,2023-05-26,KOR,talks,true,12,a\x00b"),
        good=_events("ev-1,2023-05-26,KOR,talks,true,12,ab"),
    ),
    Code(
        name="byte-order-mark",
        reference="encoding-error",
        title="Byte-order mark",
        meaning="The file begins with a byte-order mark; it is left out here, but not by every reader.",
        mend="Nothing has to be done for a contribution; a published file is written without it.",
        bad={"events.csv": "\ufeff" + _GOOD["events.csv"]},
        good=_GOOD,
    ),
    Code(
        name="csv-error",
        reference="source-error",
        title="Broken CSV",
        meaning="The text cannot be cut into cells: a quote is never closed, or a cell is longer than any real value.",
        mend="Look at the quotes around the place named. Rows after it are not judged.",
        bad=_events('ev-1,2023-05-26,KOR,talks,true,12,"never'),
        good=_GOOD,
    ),
    _row(
        "conflict-markers",
        "source-error",
        "Conflict of versions",
        "git found two versions of the same rows and left both in the file, between `<<<<<<<` and `>>>>>>>`.",
        "Keep the rows that are right, and delete the lines that git wrote. Rows from there on are not judged.",
        "<<<<<<< HEAD",
        _ROW,
        "=======",
        "ev-1,2023-05-27,KOR,talks,true,12,",
        ">>>>>>> theirs",
    ),
    Code(
        name="stray-quote",
        reference="source-error",
        title="Quote at an odd place",
        meaning="A quotation mark is inside a cell without quotes, or text follows the one that closes a cell. Readers "
        "make different things of it.",
        mend="Put quotes around the whole cell and double those within it, or take the stray one away.",
        bad=_events('ev-1,2023-05-26,KOR,talks,true,12,a 5" pipe'),
        good=_events('ev-1,2023-05-26,KOR,talks,true,12,"a 5"" pipe"'),
    ),
    Code(
        name="swallowed-cells",
        reference="source-error",
        title="Cells swallowed by a quote",
        meaning="A quote is missing or too many, so that a cell takes in the delimiters, cells or rows behind it.",
        mend="Look at the quotes from the row named on; add the missing one, or take away the one too many.",
        bad=_events('ev-1,2023-05-26,KOR,talks,true,12,"at', '"Rome"'),
        good=_events('ev-1,2023-05-26,KOR,talks,true,12,"at', 'Rome"'),
    ),
    _file(
        "wrong-delimiter",
        "format-error",
        "Wrong delimiter",
        "The columns are separated by another character than the descriptor says (a comma unless it says else).",
        "Save the file with commas, or name the delimiter in the resource's `dialect`.",
        events_csv="event_id;held;country;kind;open;guests;note\nev-1;2023-05-26;KOR;talks;true;12,5;\n",
    ),
    Code(
        name="byte-count",
        reference="byte-count",
        title="Wrong number of bytes",
        meaning="The file is not as long as the descriptor says.",
        mend="Fetch the file again, or correct `bytes` if the file was changed on purpose.",
        bad=_package(_field('"type": "string"', more=', "bytes": 6'), "id", "a"),
        good=_package(_field('"type": "string"', more=', "bytes": 5'), "id", "a"),
    ),
    Code(
        name="hash-count",
        reference="hash-count",
        title="Wrong hash",
        meaning="The file is not the one whose hash the descriptor gives.",
        mend="Fetch the file again, or correct `hash` if the file was changed on purpose.",
        bad=_package(_field('"type": "string"', more=', "hash": "d41d8cd98f00b204e9800998ecf8427e"'), "id", "a"),
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="field-count",
        reference="field-count",
        title="Wrong number of fields",
        meaning="The schema has another number of fields than the resource's `fields` or `stats` says.",
        mend="Correct the number if the schema was changed on purpose.",
        bad=_package(_field('"type": "string"', more=', "fields": 2'), "id", "a"),
        good=_package(_field('"type": "string"', more=', "fields": 1'), "id", "a"),
    ),
    Code(
        name="row-count",
        reference="row-count",
        title="Wrong number of rows",
        meaning="The file has another number of rows than the resource's `rows` or `stats` says.",
        mend="Fetch the file again, or correct `rows` if rows were added or removed on purpose.",
        bad=_package(_field('"type": "string"', more=', "stats": {"rows": 2}'), "id", "a"),
        good=_package(_field('"type": "string"', more=', "stats": {"rows": 1}'), "id", "a"),
    ),
)

_DESCRIPTORS = (
    Code(
        name="descriptor-error",
        reference="package-error",
        title="Invalid descriptor",
        meaning="The descriptor or a schema in it does not follow the Data Package standard.",
        mend="Correct the property that the message names; no table is judged before.",
        bad=_package(_field('"type": "text"'), "id", "a"),
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="unsafe-pattern",
        reference="field-error",
        title="Pattern that may run for ever",
        meaning="Matching a value against the column's pattern was given up: it backtracks without end.",
        mend="Rewrite the pattern so that there is only one way to match a text: x+ instead of (x|xx)+.",
        bad=_package(_field('"type": "string", "constraints": {"pattern": "(x|xx)+[yz]"}'), "id", "x" * 60),
        good=_package(_field('"type": "string", "constraints": {"pattern": "x+[yz]"}'), "id", "xxy"),
    ),
)

_CONTRIBUTIONS = (
    Code(
        name="manifest-error",
        reference="package-error",
        title="Invalid manifest",
        meaning="`contribution.toml` lacks a property, has one it does not know, or has a wrong value.",
        mend="Correct the property that the message names.",
        bad=_contribution("event_id,guests", "ev-1,5", mode="merge"),
        good=_contribution("event_id,guests", "ev-1,5"),
    ),
    Code(
        name="base-version",
        reference="package-error",
        title="Another base version",
        meaning="The contribution was made against another version or state of the package than the one at hand.",
        mend="Keep the package it was made against among the bases of the merge; or write `current = true` under "
        "[base], if a patch is meant for what is published now.",
        bad=_contribution("event_id,guests", "ev-1,5", version="0.9.0"),
        good=_contribution("event_id,guests", "ev-1,5"),
    ),
    Code(
        name="unknown-table",
        reference="resource-error",
        title="Unknown table",
        meaning="A file of the contribution is not named as a table of the package.",
        mend="Name the file after the table it belongs to.",
        bad=_contribution("event_id,guests", "ev-1,5", file="event.csv"),
        good=_contribution("event_id,guests", "ev-1,5"),
    ),
    Code(
        name="nothing-read",
        reference="resource-error",
        title="No table read",
        meaning="The contribution has no file that is read as a table, so it would say nothing.",
        mend="Add CSV files or a workbook with worksheets, named after the tables of the package.",
        bad=_contribution("nothing yet", file="notes.txt"),
        good=_contribution("event_id,guests", "ev-1,5"),
    ),
    Code(
        name="no-rows",
        reference="resource-error",
        title="No rows in a contribution",
        meaning="The tables of the contribution have no rows, and it asks for nothing else, so it changes nothing.",
        mend="Add the rows, and save the file that has them.",
        bad=_contribution("event_id,guests"),
        good=_contribution("event_id,guests", "ev-1,5"),
    ),
    Code(
        name="local-name",
        reference="primary-key",
        title="Ids that become one",
        meaning="Two ids of somebody else become the same local: name, so that two rows would be one.",
        mend="Translate one of them under values in the manifest, into another local: name.",
        bad=_mapped("id,country", "talks 1,New Land", "talks 2,new-land"),
        good=_mapped("id,country", "talks 1,New Land", "talks 2,New Land"),
    ),
    Code(
        name="key-form",
        reference="primary-key",
        title="Key in another form",
        meaning="A key that is the same for a person and written otherwise. Of numbers and other typed values it is "
        "the published key itself, as 101 beside 0101: an error in a row of a contribution, a warning in a "
        "reference. Of texts it is another key: a warning, where two keys are one number (`101`, `0101` and "
        "`101.0`), or differ in characters that are not seen or look alike (`A-1` with a hyphen and with a dash). "
        "Codes of several levels in one table, such as `1` and `01`, are left alone.",
        mend="Write the key as the package, or the other row, does.",
        bad=_keyed("1.50", "1.5,second"),
        good=_keyed("1.5", "1.5,second"),
    ),
    Code(
        name="erased-required",
        reference="constraint-error",
        title="Erased what is required",
        meaning="`\\N` erases a key or a value that every row must have.",
        mend="Give the right value instead, or delete the row with `deletes.csv`.",
        bad=_contribution("event_id,kind", "ev-1,\\N"),
        good=_contribution("event_id,note", "ev-1,\\N"),
    ),
)


def _evidence(row: str) -> dict[str, str]:
    """Show an evidence row on a text that begins with Zurich; its hash is that of the word."""
    digest = hashlib.sha256(b"Zurich").hexdigest()
    start, end, quote = row.split(",")
    return {"evidence.csv": f"char_start,char_end,quote_sha256,quote\n{start},{end},{digest},{quote}\n"}


_EVIDENCE = (
    Code(
        name="evidence-offsets",
        reference="row-constraint",
        title="Offsets outside the text",
        meaning="An evidence row points to characters that the text does not have.",
        mend="Count in characters, from 0, the end not included, in the text as it was hashed.",
        bad=_evidence("0,600,Zurich"),
        good=_evidence("0,6,Zurich"),
    ),
    Code(
        name="evidence-hash",
        reference="row-constraint",
        title="Another passage",
        meaning="The passage at the offsets does not have the hash that the evidence row gives.",
        mend="Find the passage again; the offsets count characters of the text as it was hashed.",
        bad=_evidence("1,6,urich"),
        good=_evidence("0,6,Zurich"),
    ),
    Code(
        name="evidence-quote",
        reference="row-constraint",
        title="Not the quote",
        meaning="The quote of an evidence row is not the passage at its offsets.",
        mend="Quote the passage as it stands, or narrow the offsets to the quote.",
        bad=_evidence("0,6,Geneva"),
        good=_evidence("0,6,Zurich"),
    ),
)

_RULE = """rules:
  - id: X1
    level: error
    says: Talks have guests.
    tables: [events]
    when: kind = 'talks'
    holds: guests > 0
    message: talks with {guests} guests
    hint: count the guests
    reason: Nobody talks alone.
"""
_RULED = _package(
    '"path": "events.csv", "schema": {"fields": [{"name": "kind"}, {"name": "guests", "type": "integer"}]}}],\n'
    '  "rules": ["rules.yaml"], "more": [{',
    "kind,guests",
    "talks,12",
)

_RULES = (
    Code(
        name="rule",
        reference="row-constraint",
        title="Broken rule",
        meaning="A row, or several together, are not as a rule of the package asks; the finding names the rule.",
        mend="See what the rule is for: depositary explain, and its id.",
        bad={**_RULED, "events.csv": "kind,guests\ntalks,0\n", "rules.yaml": _RULE},
        good={**_RULED, "rules.yaml": _RULE},
    ),
    Code(
        name="rule-error",
        reference="package-error",
        title="Rule refused",
        meaning="A rule or rule file of the package cannot be read, or asks for what a rule may not.",
        mend="Correct the rule: an SQL expression over the columns of its tables, with the functions that are allowed.",
        bad={**_RULED, "rules.yaml": _RULE.replace("guests > 0", "guests > getenv('HOME')")},
        good={**_RULED, "rules.yaml": _RULE},
    ),
)

CODES: Mapping[str, Code] = {
    code.name: code
    for group in (
        _STRUCTURE,
        _VALUES,
        _ODDITIES,
        _WORKSHEETS,
        _KEYS,
        _FILES,
        _DESCRIPTORS,
        _CONTRIBUTIONS,
        _EVIDENCE,
        _RULES,
    )
    for code in group
}

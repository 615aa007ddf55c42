"""All codes of findings: what each means, what to do, and the smallest rows that show it.

The tests put the examples over the demonstration package in tests/cases/demo and run them: `bad` gives exactly this
code, `good` is valid. The examples of evidence also need a text; tests/evidence/test_evidence_check.py runs them.
A half character represents a byte that is not text; a worksheet is given as the XML in its workbook.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Code:
    """One kind of finding.

    `reference` is the error type of the finding in a report of frictionless 5.21.
    `bad` and `good` map a file of the demonstration package to its text.
    """

    name: str
    reference: str
    title: str
    meaning: str
    fix: str
    bad: Mapping[str, str] = field(default_factory=dict)
    good: Mapping[str, str] = field(default_factory=dict)


def _events(*rows: str) -> dict[str, str]:
    """Write rows below the header of the demonstration table `events`."""
    header = "event_id,held,country,kind,open,guests,note"
    return {"events.csv": "\n".join([header, *rows]) + "\n"}


_GOOD = _events("ev-1,2023-05-26,KOR,talks,true,12,")


def _row(name: str, reference: str, title: str, meaning: str, fix: str, *bad: str) -> Code:
    return Code(name=name, reference=reference, title=title, meaning=meaning, fix=fix, bad=_events(*bad), good=_GOOD)


def _constraint(name: str, meaning: str, fix: str, bad: str) -> Code:
    return _row(f"{name}-constraint", "constraint-error", f"Constraint {name}", meaning, fix, bad)


def _file(name: str, reference: str, title: str, meaning: str, fix: str, **bad: str) -> Code:
    overlay = {key.replace("__", "/").replace("_", "."): text for key, text in bad.items()}
    return Code(name=name, reference=reference, title=title, meaning=meaning, fix=fix, bad=overlay, good=_GOOD)


def _package(table: str, *lines: str) -> dict[str, str]:
    """Describe a package of one table by the text of its resource, and give the lines of its file."""
    head = '"$schema": "https://datapackage.org/profiles/2.0/datapackage.json", "name": "demo"'
    descriptor = f'{{{head}, "resources": [\n  {{"name": "events", {table}}}\n]}}\n'
    return {"datapackage.json": descriptor, **({"events.csv": "\n".join(lines) + "\n"} if lines else {})}


def _contribution(*lines: str, mode: str = "patch", version: str = "1.0.0", file: str = "events.csv") -> dict[str, str]:
    """Put a contribution beside the demonstration package, in the folder `mine`."""
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


def _redirected(*lines: str) -> dict[str, str]:
    """Put a contribution beside a package whose event ev-9 was judged to be ev-1, as a merge writes it."""
    texts = ('{"name": "%s", "type": "string"}',) * 3
    ids = ", ".join(texts[:2]) % ("id", "part_of")
    within = '"foreignKeys": [{"fields": ["part_of"], "reference": {"fields": ["id"]}}]'
    events = f'"path": "events.csv", "schema": {{"fields": [{ids}], "primaryKey": ["id"], {within}}}'
    columns = ", ".join(texts) % ("table", "old_id", "canonical_id")
    redirects = f'"path": "redirects.csv", "schema": {{"fields": [{columns}], "primaryKey": ["table", "old_id"]}}'
    files = _package(f'{events}}}, {{"name": "redirects", {redirects}', "id,part_of", "ev-1,", "ev-2,")
    files["datapackage.json"] = files["datapackage.json"].replace('"demo"', '"demo", "version": "1.0.0"')
    return {**files, "redirects.csv": "table,old_id,canonical_id\nevents,ev-9,ev-1\n", **_contribution(*lines)}


def _keyed(published: str, *lines: str) -> dict[str, str]:
    """Put a contribution beside a package whose table has numbers as keys; one of them is published."""
    fields = '[{"name": "id", "type": "number"}, {"name": "note", "type": "string"}]'
    table = f'"path": "events.csv", "schema": {{"fields": {fields}, "primaryKey": ["id"]}}'
    files = _package(table, "id,note", f"{published},first")
    files["datapackage.json"] = files["datapackage.json"].replace('"demo"', '"demo", "version": "1.0.0"')
    return {**files, **_contribution("id,note", *lines)}


def _sheet(*rows: str, before: str = "", behind: str = "", table: str = "events") -> dict[str, str]:
    """Put a workbook with one worksheet beside the demonstration package, from the cells of its rows; style 1 is 0%."""
    lines = [f'<row r="{number}">{row}</row>' for number, row in enumerate(rows, start=1)]
    body = [f"{before}<sheetData>", *lines, f"</sheetData>{behind}"]
    return _contribution(*body, file=f"book.xlsx, sheet {table}")


def _texts(*cells: str) -> str:
    return "".join(f'<c t="str"><v>{cell}</v></c>' if cell else "<c/>" for cell in cells)


_THEIRS = """
[[files]]
path = "theirs.csv"
table = "events"
columns = { id = "event_id" }
constants = { kind = "talks" }
"""


def _mapped(*lines: str) -> dict[str, str]:
    """Put a contribution with other column names beside the demonstration package, in the folder `mine`."""
    files = _contribution(*lines, file="theirs.csv")
    files["mine/contribution.toml"] += f'{_THEIRS}local = ["event_id", "country"]\n'
    return {**files, "mine/countries.csv": "code,label\nlocal:new-land,New Land\n"}


def _translated(*lines: str) -> dict[str, str]:
    """Put a contribution with other values beside the demonstration package, in the folder `mine`."""
    files = _contribution(*lines, file="theirs.csv")
    translations = 'values = { country = "countries.label" }\nperiods = { held = ["31.05.2022"] }\n'
    files["mine/contribution.toml"] += f'{_THEIRS}local = ["event_id"]\n{translations}'
    return files


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
        "A column's name is not the name in the schema at this position.",
        "Use the schema's column names, in its order.",
        events_csv=f"event_id,held,country,kind,open,guest,note\n{_ROW}\n",
    ),
    _file(
        "extra-label",
        "extra-label",
        "Extra label",
        "The file has a column that is not in the schema.",
        "Delete the column, or correct its name; its content may belong in `notes`.",
        events_csv=f"{_HEADER},colour\n{_ROW},blue\n",
    ),
    _file(
        "missing-label",
        "missing-label",
        "Missing label",
        "A column of the schema is not in the file.",
        "Add the column; leave a cell empty if its value is not known.",
        events_csv="event_id,held,country,kind,open,guests\nev-1,2023-05-26,KOR,talks,true,12\n",
    ),
    _file(
        "blank-columns",
        "blank-label",
        "Blank columns at the right",
        "The columns at the right have no name and no values, as spreadsheets write them; they are ignored.",
        "For a contribution, nothing has to be done; in a file to be published, delete the columns.",
        events_csv=f"{_HEADER},,\n{_ROW},,\n,,,,,,,,\n",
    ),
    _file(
        "index-column",
        "extra-label",
        "Column of row numbers",
        "The first column has no name and numbers the rows, as pandas and R write it by default.",
        "Write the table without it: `to_csv(index=False)`, `row.names = FALSE`.",
        events_csv=f",{_HEADER}\n0,{_ROW}\n",
    ),
    _file(
        "sep-line",
        "extra-label",
        "Line for spreadsheets",
        "The first line names the delimiter (`sep=;`). Only spreadsheets know it; other programs read it as column "
        "names.",
        "Delete the line.",
        events_csv=f"sep=,\n{_HEADER}\n{_ROW}\n",
    ),
    _file(
        "header-below",
        "incorrect-label",
        "Header below row 1",
        "The column names are in a row further down. The text above it, such as a title, would be read as the header.",
        "Delete the rows above the row with the column names.",
        events_csv=f"Events of 2023\n{_HEADER}\n{_ROW}\n",
    ),
    Code(
        name="unmatched-header",
        reference="unmatched-header",
        title="Unmatched header",
        meaning="With `fieldsMatch: partial`, at least one column must be in the schema; here none is.",
        fix="Check that this is the right file for this table, and that its first row names the columns.",
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
        "Remove the cell; if it is a part of a value with a comma in it, put the value into quotes.",
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
        "A value cannot be read with the type of its column, such as date, number or boolean.",
        "Write the value in the form that the message gives; leave the cell empty if it is not known.",
        "ev-1,2023-02-30,KOR,talks,true,12,",
    ),
    _constraint(
        "required",
        "A cell is empty, but every row must have a value in this column.",
        "Fill the cell; if its value is not known, the row may not belong in this table yet.",
        "ev-1,2023-05-26,KOR,,true,12,",
    ),
    _constraint(
        "enum",
        "A value is not one of those that its column allows.",
        "Use one of the listed values; the codebook defines each of them.",
        "ev-1,2023-05-26,KOR,talk,true,12,",
    ),
    _constraint(
        "pattern",
        "A value does not have the form that its column requires.",
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
        meaning="A value is not greater than the limit of its column.",
        fix="Check the value and its unit.",
        bad=_package(_field('"type": "integer", "constraints": {"exclusiveMinimum": 0}'), "id", "0"),
        good=_package(_field('"type": "integer", "constraints": {"exclusiveMinimum": 0}'), "id", "1"),
    ),
    Code(
        name="exclusive-maximum-constraint",
        reference="constraint-error",
        title="Constraint exclusiveMaximum",
        meaning="A value is not less than the limit of its column.",
        fix="Check the value and its unit.",
        bad=_package(_field('"type": "integer", "constraints": {"exclusiveMaximum": 9}'), "id", "9"),
        good=_package(_field('"type": "integer", "constraints": {"exclusiveMaximum": 9}'), "id", "8"),
    ),
    Code(
        name="min-length-constraint",
        reference="constraint-error",
        title="Constraint minLength",
        meaning="A text is shorter than its column allows.",
        fix="Write the value without abbreviating it.",
        bad=_events("ev-1,2023-05-26,KOR,talks,true,12,a"),
        good=_GOOD,
    ),
    Code(
        name="max-length-constraint",
        reference="constraint-error",
        title="Constraint maxLength",
        meaning="A text is longer than its column allows.",
        fix="Shorten the text; a part of it may belong in another column or row.",
        bad=_events("ev-1,2023-05-26,KOR,talks,true,12,a note that goes on"),
        good=_GOOD,
    ),
    Code(
        name="json-schema-constraint",
        reference="constraint-error",
        title="Constraint jsonSchema",
        meaning="An array or object does not fit the JSON Schema of its column.",
        fix="Compare it with the JSON Schema in the column's constraints.",
        bad=_package(_field('"type": "array", "constraints": {"jsonSchema": {"maxItems": 1}}'), "id", '"[1, 2]"'),
        good=_package(_field('"type": "array", "constraints": {"jsonSchema": {"maxItems": 1}}'), "id", "[1]"),
    ),
    Code(
        name="category-constraint",
        reference="constraint-error",
        title="Not a category",
        meaning="A value is not one of the categories of its column (and the column has no enum).",
        fix="Use one of the listed categories.",
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
        "Text for a missing value",
        "Cells have a text that programs write for a missing value (NaN, NULL, None, #N/A, #REF!), and it is read as a "
        "value.",
        "Leave a cell empty if its value is not known; if the text is a real value, list it in the schema as a "
        "value of the column.",
        "ev-1,2023-05-26,KOR,talks,true,12,NULL",
    ),
    _row(
        "damaged-text",
        "source-error",
        "Damaged characters",
        "Texts have characters that a wrong encoding damaged: UTF-8 that was read as Windows-1252 (`CafÃ©` for "
        "`Café`), or U+FFFD in place of a character that could not be read.",
        "Import the file again as UTF-8, or write the characters again.",
        "ev-1,2023-05-26,KOR,talks,true,12,CafÃ©",
    ),
    _row(
        "unseen-character",
        "source-error",
        "Characters that cannot be seen",
        "Texts have characters that cannot be seen: spaces without width, a byte-order mark within a text, marks of "
        "writing direction, control characters. A search does not find such a text, and a key with them is another "
        "key, so in a key they are an error.",
        "Delete them.",
        "ev-1,2023-05-26,KOR,talks,true,12,at\u200bRome",
    ),
    _row(
        "lost-digits",
        "source-error",
        "Digits or signs that a value does not keep",
        "Cells are read as numbers, but have parts that a number does not keep: leading zeros, a plus sign, an E or "
        "underscores between digits, letters beside them, group marks at odd places, more digits than a double or 64 "
        "bits can hold, digits after microseconds. `0101` is read as 101, and most formats keep only 101. Zeros at the "
        "end, as in 2.50, and exponents such as 1.5e-05 are usual in numbers; they are reported only in columns of "
        "keys and references, and the notes of an export list them.",
        "If these are codes, declare the column `string`; if they are numbers, write plain digits.",
        "ev-1,2023-05-26,KOR,talks,true,012,",
    ),
    Code(
        name="repeated-header",
        reference="source-error",
        title="Header among the rows",
        meaning="A row has the names of the columns again, as if files were joined.",
        fix="Delete the row; if another table begins there, put that table into a separate file.",
        bad=_package(_TWO, "id,to", "a,b", "id,to"),
        good=_package(_TWO, "id,to", "a,b"),
    ),
    Code(
        name="second-table",
        reference="source-error",
        title="Another table below",
        meaning="A second table seems to begin below the first one. Either the rows have another number of cells from "
        "a row on that is below a blank row or looks like a header. Or they have the same number of cells, and a row "
        "among them looks like a header: its texts occur nowhere else in their columns; and it is below a blank row or "
        "a title, or it has texts in columns of numbers or dates, or columns are blank from there on.",
        fix="Put the second table into a separate file.",
        bad=_package(_TWO, "id,to", "a,b", "code,label,since", "KOR,South Korea,1948"),
        good=_package(_TWO, "id,to", "a,b"),
    ),
    Code(
        name="other-quotes",
        reference="source-error",
        title="Quotes that are not CSV quotes",
        meaning="The cells of a row are in quotes such as '…' or “…”. CSV reads these as part of the text, and a "
        "delimiter inside them splits the text into cells.",
        fix="Use straight double quotes around the cells, or no quotes.",
        bad=_package(_TWO, "id,to", "'a','b'"),
        good=_package(_TWO, "id,to", '"a","b"'),
    ),
    Code(
        name="note-row",
        reference="source-error",
        title="Row that looks like a note",
        meaning="At the beginning or end of a table, a row has only one cell, unlike the rows next to it: a title, a "
        "footnote, or a second line of the header. Or the first rows have texts, such as units, in columns in which "
        "all rows below have numbers or dates. Or the last row begins with `Total`.",
        fix="Delete the row, or fill its cells; put notes into a column or outside the table.",
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
        meaning="Cells of a worksheet are merged: one has a value and the others are blank, so it is not certain for "
        "which of them the value is meant.",
        fix="Unmerge the cells, and write the value into each cell for which it is meant.",
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
        meaning="A worksheet, or rows, columns or cells of it, are hidden or filtered out. They are read like all "
        "others and would be published.",
        fix="Show the hidden cells, and delete those that should not be published.",
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
        meaning="Cells of a worksheet are numbers, dates or logical values, but the column is for texts. If the text "
        "was a code such as 0101, the number has lost its leading zero.",
        fix="Format the column as text, and write the values again.",
        bad=_sheet(_texts("event_id", "kind", "note"), f"{_TALK}<c><v>101</v></c>"),
        good=_sheet(_texts("event_id", "kind", "note"), _texts("ev-1", "talks", "0101")),
    ),
    Code(
        name="shown-otherwise",
        reference="source-error",
        title="Shown value differs from the value that is read",
        meaning="The format of a cell shows its value in another form: multiplied by 100 with %, in thousands, with a "
        "unit, a date without its day. The stored value is read, not the shown one.",
        fix="Write the value in the unit of the column, and use a cell format that shows it unchanged.",
        bad=_sheet(_GUESTS, f'{_TALK}<c s="1"><v>12</v></c>'),
        good=_sheet(_GUESTS, f"{_TALK}<c><v>12</v></c>"),
    ),
    Code(
        name="cut-digits",
        reference="source-error",
        title="Number too long for a spreadsheet",
        meaning="A cell of a worksheet has a number with more than 15 digits. A spreadsheet keeps 15 of them and "
        "replaces the others by zeros, so a long id becomes another id.",
        fix="Format the column as text, and paste the numbers again from their source.",
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
        "Two rows have the same key, or a row has no key.",
        "Give each row its own key; if both rows are about the same thing, keep one of them.",
        _ROW,
        "ev-1,2023-05-27,CHN,talks,true,12,",
    ),
    Code(
        name="unique-error",
        reference="unique-error",
        title="Value used twice",
        meaning="A value occurs twice in a column in which every value may occur only once.",
        fix="Correct one of the two rows.",
        bad=_package(_field('"type": "string", "constraints": {"unique": true}'), "id", "a", "a"),
        good=_package(_field('"type": "string", "constraints": {"unique": true}'), "id", "a", "b"),
    ),
    _row(
        "unique-key",
        "row-constraint",
        "Combination used twice",
        "Two rows have the same values in columns whose combination may occur only once (`uniqueKeys`).",
        "If both rows mean the same, keep one of them; otherwise correct one of these columns.",
        _ROW,
        "ev-2,2023-05-26,KOR,talks,false,3,",
    ),
    _row(
        "foreign-key",
        "foreign-key",
        "Unknown reference",
        "A value refers to a row of another table, but this row does not exist.",
        "Correct the id or code, or add the row to which it refers.",
        "ev-1,2023-05-26,South Korea,talks,true,12,",
    ),
)

_FILES = (
    Code(
        name="missing-file",
        reference="scheme-error",
        title="Missing file",
        meaning="The descriptor names a file that does not exist or cannot be opened.",
        fix="Add the file, correct its path in the descriptor, or remove the resource.",
        bad=_package('"path": "event.csv", "schema": {"fields": [{"name": "id"}]}'),
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="unsafe-path",
        reference="resource-error",
        title="Path outside the package",
        meaning="A path leads outside the package: it is absolute, has `..`, follows a link, or is remote.",
        fix="Put the file into the package's folder and name it by a relative path.",
        bad=_package('"path": "../events.csv", "schema": {"fields": [{"name": "id"}]}'),
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="unsupported-format",
        reference="format-error",
        title="Format not read",
        meaning="The resource is a table in a format that this program does not read.",
        fix="Store the table as one plain CSV file.",
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
        name="part-error",
        reference="source-error",
        title="Part of another table",
        meaning="A file in a list of paths does not continue the table of the first one: it is empty, its header is "
        "missing or differs, or it is listed twice.",
        fix="Begin each part with the header of the first part, and list each file once.",
        bad={
            **_package('"path": ["events.csv", "more.csv"], "schema": {"fields": [{"name": "id"}]}', "id", "a"),
            "more.csv": "b\n",
        },
        good={
            **_package('"path": ["events.csv", "more.csv"], "schema": {"fields": [{"name": "id"}]}', "id", "a"),
            "more.csv": "id\nb\n",
        },
    ),
    Code(
        name="binary-file",
        reference="format-error",
        title="Not a CSV file",
        meaning="The file is not CSV; it is a workbook, an archive, a PDF or other binary data, a web page, JSON, or a "
        "pointer of Git LFS.",
        fix="Save the table as CSV (UTF-8) in the program that made the file, or download the table itself.",
        bad={"events.csv": "PK\x03\x04\x14\x00"},
        good=_GOOD,
    ),
    Code(
        name="compression-error",
        reference="compression-error",
        title="Broken archive",
        meaning="The file is compressed and cannot be unpacked: it is damaged or encrypted, it has several files, or "
        "its content is far larger than a table would be.",
        fix="Compress one CSV file again, as `.csv.gz` or `.csv.zip`, or store it uncompressed.",
        bad={**_package('"path": "events.csv.gz", "schema": {"fields": [{"name": "id"}]}'), "events.csv.gz": "id\na\n"},
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="parquet-error",
        reference="format-error",
        title="Not this table in Parquet",
        meaning="The Parquet file cannot be read as the table: it is cut off, damaged or encrypted, a column has a "
        "type that does not fit its field, or what the file says about its rows is not true of them.",
        fix="Write the file again, with the types of the schema; docs/parquet.md lists the types that fit.",
        bad={
            **_package('"path": "events.parquet", "schema": {"fields": [{"name": "id"}]}'),
            "events.parquet": "id\na\n",
        },
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="encoding-error",
        reference="encoding-error",
        title="Wrong encoding",
        meaning="The file's bytes are not text in the encoding of the descriptor (UTF-8 by default).",
        fix="Save the file as CSV UTF-8. Rows after the named row are not judged.",
        bad=_events("ev-1,2023-05-26,KOR,talks,true,12,Caf\udce9"),
        good=_events("ev-1,2023-05-26,KOR,talks,true,12,Caf\u00e9"),
    ),
    Code(
        name="nul-byte",
        reference="source-error",
        title="NUL byte",
        meaning="The text has NUL bytes, which many programs read as its end.",
        fix="Export the file again; a NUL is often a sign of a damaged copy.",
        bad=_events("ev-1,2023-05-26,KOR,talks,true,12,a\x00b"),
        good=_events("ev-1,2023-05-26,KOR,talks,true,12,ab"),
    ),
    Code(
        name="byte-order-mark",
        reference="encoding-error",
        title="Byte-order mark",
        meaning="The file begins with a byte-order mark. It is ignored here, but not by every program.",
        fix="For a contribution, nothing has to be done; write a published file without it.",
        bad={"events.csv": "\ufeff" + _GOOD["events.csv"]},
        good=_GOOD,
    ),
    Code(
        name="csv-error",
        reference="source-error",
        title="Broken CSV",
        meaning="The text cannot be split into cells: a quote is never closed, or a cell is longer than any real "
        "value.",
        fix="Check the quotes near the named row. Rows after it are not judged.",
        bad=_events('ev-1,2023-05-26,KOR,talks,true,12,"never'),
        good=_GOOD,
    ),
    _row(
        "conflict-markers",
        "source-error",
        "Conflict of versions",
        "git found two versions of the same rows and left both in the file, between `<<<<<<<` and `>>>>>>>`.",
        "Keep the right rows, and delete the lines of git. Rows after the first of these lines are not judged.",
        "<<<<<<< HEAD",
        _ROW,
        "=======",
        "ev-1,2023-05-27,KOR,talks,true,12,",
        ">>>>>>> theirs",
    ),
    Code(
        name="stray-quote",
        reference="source-error",
        title="Quote at a wrong place",
        meaning="A quotation mark is inside an unquoted cell, or text follows the quotation mark that closes a cell. "
        "Programs read this differently.",
        fix="Put quotes around the whole cell and double the quotes inside it, or delete the quotation mark.",
        bad=_events('ev-1,2023-05-26,KOR,talks,true,12,a 5" pipe'),
        good=_events('ev-1,2023-05-26,KOR,talks,true,12,"a 5"" pipe"'),
    ),
    Code(
        name="swallowed-cells",
        reference="source-error",
        title="Cells joined by a quote",
        meaning="A quote is missing, or there is one too many, so that a cell contains the delimiters, cells or rows "
        "after it.",
        fix="Check the quotes from the named row on; add the missing quote, or delete the extra one.",
        bad=_events('ev-1,2023-05-26,KOR,talks,true,12,"at', '"Rome"'),
        good=_events('ev-1,2023-05-26,KOR,talks,true,12,"at', 'Rome"'),
    ),
    _file(
        "wrong-delimiter",
        "format-error",
        "Wrong delimiter",
        "The columns are not separated by the delimiter of the descriptor (a comma by default).",
        "Save the file with commas, or give the delimiter in the resource's `dialect`.",
        events_csv="event_id;held;country;kind;open;guests;note\nev-1;2023-05-26;KOR;talks;true;12,5;\n",
    ),
    Code(
        name="byte-count",
        reference="byte-count",
        title="Wrong number of bytes",
        meaning="The size of the file is not `bytes` of the descriptor.",
        fix="Get the file again, or correct `bytes` if the file was changed on purpose.",
        bad=_package(_field('"type": "string"', more=', "bytes": 6'), "id", "a"),
        good=_package(_field('"type": "string"', more=', "bytes": 5'), "id", "a"),
    ),
    Code(
        name="hash-count",
        reference="hash-count",
        title="Wrong hash",
        meaning="The hash of the file is not `hash` of the descriptor.",
        fix="Get the file again, or correct `hash` if the file was changed on purpose.",
        bad=_package(_field('"type": "string"', more=', "hash": "d41d8cd98f00b204e9800998ecf8427e"'), "id", "a"),
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="field-count",
        reference="field-count",
        title="Wrong number of fields",
        meaning="The number of fields in the schema is not that of the resource's `fields` or `stats`.",
        fix="Correct the number if the schema was changed on purpose.",
        bad=_package(_field('"type": "string"', more=', "fields": 2'), "id", "a"),
        good=_package(_field('"type": "string"', more=', "fields": 1'), "id", "a"),
    ),
    Code(
        name="row-count",
        reference="row-count",
        title="Wrong number of rows",
        meaning="The number of rows in the file is not that of the resource's `rows` or `stats`.",
        fix="Get the file again, or correct `rows` if rows were added or removed on purpose.",
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
        fix="Correct the property that the message names; until then, no table is judged.",
        bad=_package(_field('"type": "text"'), "id", "a"),
        good=_package(_field('"type": "string"'), "id", "a"),
    ),
    Code(
        name="unsafe-pattern",
        reference="field-error",
        title="Pattern that takes too long",
        meaning="Matching a value with the column's pattern was stopped, because the pattern backtracks without end.",
        fix="Rewrite the pattern so that it can match a text in only one way: x+ instead of (x|xx)+.",
        bad=_package(_field('"type": "string", "constraints": {"pattern": "(x|xx)+[yz]"}'), "id", "x" * 60),
        good=_package(_field('"type": "string", "constraints": {"pattern": "x+[yz]"}'), "id", "xxy"),
    ),
)

_CONTRIBUTIONS = (
    Code(
        name="manifest-error",
        reference="package-error",
        title="Invalid manifest",
        meaning="In `contribution.toml`, a property is missing, unknown, or has a wrong value.",
        fix="Correct the property that the message names.",
        bad=_contribution("event_id,guests", "ev-1,5", mode="merge"),
        good=_contribution("event_id,guests", "ev-1,5"),
    ),
    Code(
        name="base-version",
        reference="package-error",
        title="Another base version",
        meaning="The contribution is based on another version or state of the package than the one that it is "
        "checked against.",
        fix="Put the package on which it is based into the bases of the merge; or, if a patch is meant for the package "
        "that is published now, write `current = true` under [base].",
        bad=_contribution("event_id,guests", "ev-1,5", version="0.9.0"),
        good=_contribution("event_id,guests", "ev-1,5"),
    ),
    Code(
        name="unknown-table",
        reference="resource-error",
        title="Unknown table",
        meaning="A file of the contribution does not have the name of a table of the package.",
        fix="Give the file the name of its table.",
        bad=_contribution("event_id,guests", "ev-1,5", file="event.csv"),
        good=_contribution("event_id,guests", "ev-1,5"),
    ),
    Code(
        name="nothing-read",
        reference="resource-error",
        title="No table read",
        meaning="The contribution has no file that is read as a table, so it has no claims.",
        fix="Add CSV files or a workbook with worksheets; their names must be names of tables.",
        bad=_contribution("nothing yet", file="notes.txt"),
        good=_contribution("event_id,guests", "ev-1,5"),
    ),
    Code(
        name="no-rows",
        reference="resource-error",
        title="No rows in a contribution",
        meaning="The tables of the contribution have no rows and it has no other claims, so it changes nothing.",
        fix="Add the rows, and save the file with the rows.",
        bad=_contribution("event_id,guests"),
        good=_contribution("event_id,guests", "ev-1,5"),
    ),
    Code(
        name="local-name",
        reference="primary-key",
        title="Ids that become one",
        meaning="Two ids in a mapped file become the same local: name, so two rows would become one.",
        fix="Translate one of them into another local: name, under values in the manifest.",
        bad=_mapped("id,country", "talks 1,New Land", "talks 2,new-land"),
        good=_mapped("id,country", "talks 1,New Land", "talks 2,New Land"),
    ),
    Code(
        name="untranslated-cell",
        reference="type-error",
        title="Cell that cannot be translated",
        meaning="A cell of a mapped file is not in the code list by which the manifest translates its column, or does "
        "not have the form of period or number, or the parts, that the manifest gives.",
        fix="Give the value under values, periods, numbers or split in the manifest, or leave the row out with where.",
        bad=_translated("id,country,held", "talks 1,Namibia,26.05.2023", "talks 2,Namib,26.05.2023"),
        good=_translated("id,country,held", "talks 1,Namibia,26.05.2023", "talks 2,China,27.05.2023"),
    ),
    Code(
        name="key-form",
        reference="primary-key",
        title="Key in another form",
        meaning="Two keys are the same to a person, but they are written differently. If keys are numbers or other "
        "typed values, they are the same key, such as 101 and 0101: an error in a row of a contribution, a warning in "
        "a reference. If keys are texts, they are different keys; it is a warning if they are the same number (`101`, "
        "`0101` and `101.0`) or differ only in characters that are invisible or look alike (`A-1` with a hyphen and "
        "with a dash). Codes of several levels in one table, such as `1` and `01`, are not reported.",
        fix="Write the key as in the package or in the other row.",
        bad=_keyed("1.50", "1.5,second"),
        good=_keyed("1.5", "1.5,second"),
    ),
    Code(
        name="redirected-id",
        reference="foreign-key",
        title="Id that was replaced",
        meaning="An earlier merge made one row of two, because they were judged to be the same. The contribution still "
        "uses the id that was replaced. It is understood, and the merge writes the id that replaces it.",
        fix="Write the id that replaces it.",
        bad=_redirected("id,part_of", "ev-2,ev-9"),
        good=_redirected("id,part_of", "ev-2,ev-1"),
    ),
    Code(
        name="erased-required",
        reference="constraint-error",
        title="Required value erased",
        meaning="`\\N` erases a key, or a value that every row must have.",
        fix="Write the right value instead, or delete the row with `deletes.csv`.",
        bad=_contribution("event_id,kind", "ev-1,\\N"),
        good=_contribution("event_id,note", "ev-1,\\N"),
    ),
)


def _evidence(row: str) -> dict[str, str]:
    """Write an evidence row for a text that begins with Zurich; its hash is that of the word."""
    digest = hashlib.sha256(b"Zurich").hexdigest()
    start, end, quote = row.split(",")
    return {"evidence.csv": f"char_start,char_end,quote_sha256,quote\n{start},{end},{digest},{quote}\n"}


_EVIDENCE = (
    Code(
        name="evidence-offsets",
        reference="row-constraint",
        title="Offsets outside the text",
        meaning="The offsets of an evidence row are outside the text.",
        fix="Count characters from 0, without the end, in the text from which the hash was made.",
        bad=_evidence("0,600,Zurich"),
        good=_evidence("0,6,Zurich"),
    ),
    Code(
        name="evidence-units",
        reference="row-constraint",
        title="Offsets in other units",
        meaning="The offsets of an evidence row do not count characters from 0, without the end: they count bytes, or "
        "line ends as one character, or from 1. The hash shows which characters they mean.",
        fix="Write the offsets that the message gives.",
        bad=_evidence("1,7,Zurich"),
        good=_evidence("0,6,Zurich"),
    ),
    Code(
        name="evidence-hash",
        reference="row-constraint",
        title="Another passage",
        meaning="The passage at the offsets does not have the hash of the evidence row.",
        fix="Find the passage again; offsets count characters of the text from which the hash was made.",
        bad=_evidence("2,6,rich"),
        good=_evidence("0,6,Zurich"),
    ),
    Code(
        name="evidence-quote",
        reference="row-constraint",
        title="Not the quote",
        meaning="The quote in an evidence row is not the passage at its offsets.",
        fix="Quote the passage unchanged, or change the offsets to those of the quote.",
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
        meaning="A row, or several rows together, break a rule of the package; the finding names the rule.",
        fix="Read what the rule is for: depositary explain, and its id.",
        bad={**_RULED, "events.csv": "kind,guests\ntalks,0\n", "rules.yaml": _RULE},
        good={**_RULED, "rules.yaml": _RULE},
    ),
    Code(
        name="rule-error",
        reference="package-error",
        title="Rule refused",
        meaning="A rule or rule file of the package cannot be read, or uses something that rules may not use.",
        fix="Correct the rule: write an SQL expression over the columns of its tables, with allowed functions only.",
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

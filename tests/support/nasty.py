"""A small valid package of everything that a format may spoil, and what its cells mean, told without the program.

`python tests/support/nasty.py FOLDER` writes it.
"""

import csv
import datetime as dt
import json
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
LONG = "列" + "lorem ipsum, " * 231 + 'end "quoted"'  # some 3,000 characters
VERY_LONG = "0123456789" * 3277 + "end"  # over 32,767 characters, which no cell of Excel holds
COMBINED = "e\u0301a\u0308\u0323"  # letters with combining marks, in no normal form
# The types of DuckDB for the table without rows, which has a column of each type.
DUCKDB_TYPES = {
    "id": "VARCHAR",
    "Text": "VARCHAR",
    "number": "DECIMAL(38,9)",
    "whole": "BIGINT",
    "yes": "BOOLEAN",
    "day": "DATE",
    "at": "TIMESTAMP WITH TIME ZONE",
    "hour": "TIME",
    "grade": "BIGINT",
}
VAST = "1234567890123456789012345678901234567890"  # forty digits: no decimal of 38 holds it
HUGE = "18446744073709551616"  # more than 64 bits hold
LONG_NAME = "the_share_of_all_exports_that_go_to_the_partner_in_percent"  # 58 characters
LONGER_NAME = f"{LONG_NAME}_revised"  # the same for its first 58

Value = Any  # None, str, bool, int, Decimal, or a date, time or datetime
Rows = list[dict[str, Value]]
_Fields = list[dict[str, Any]]


def _field(name: str, kind: str = "string", **said: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "title": name.replace("_", " ").capitalize(), **said}


def _key(name: str, kind: str = "string", **said: Any) -> dict[str, Any]:
    return _field(name, kind, constraints={"required": True}, **said)


def _labels(*pairs: tuple[Any, str]) -> list[dict[str, Any]]:
    return [{"value": value, "label": label} for value, label in pairs]


_TIMES = _labels(("before", "Before"), ("during", "During, or “meanwhile”"), ("after", "After; 之后"))
_GRADES = _labels((3, "Third"), (1, "First"), (2, "Second"))

# Each table: its fields, the rest of its schema, and its rows as they stand in the file.
_TABLES: dict[str, tuple[_Fields, dict[str, Any], list[list[str]]]] = {
    "actors": (
        [
            _key("actor_id", description='The key: "quoted", with\na line break.'),
            _field("name", description="How it is called; 名称."),
            _field("part_of"),
            _field("founded", "date"),
            _field("active", rdfType=EDTF),
            _field("is_state", "boolean"),
            _field("members", "integer"),
            _field("since", "year"),
        ],
        {
            "primaryKey": ["actor_id"],
            "foreignKeys": [{"fields": ["part_of"], "reference": {"fields": ["actor_id"]}}],
        },
        [
            # The first is part of the last, and the third of itself. X stands for any digit in EDTF: each Christmas.
            ["007", "Żółć", "act-5", "1850-03-01", "1850/1899-12", "true", "0", "1850"],
            ["NA", "Namibia", "", "0005-12-31", "1984?/2004~", "false", "", ""],
            ["act-3", "东京 & Co. <b>", "act-3", "9999-12-31", "[1667,1668..1672]", "", "-1", "9999"],
            ["act-4", COMBINED, "007", "1899-12-31", "../2001-21", "", "9007199254740993", "1899"],
            ["act-5", "🚢 emoji", "NA", "", "", "true", "-9007199254740995", "2024"],
            ["007a", "null", "", "1900-02-28", "XXXX-12-25", "false", "9223372036854775807", "0005"],
        ],
    ),
    "amounts": (
        [
            _key("Reporter"),
            _key("year", "year"),
            _field("share", "number"),
            _field("exact", "number"),
            _field("vast", "number"),
            _field("whole", "number"),
            _field(LONG_NAME, "number"),
            _field(LONGER_NAME, "integer"),
            _field("huge", "integer"),
        ],
        {"primaryKey": ["Reporter", "year"]},
        [
            ["NA", "1999", "0.1", "12345678901234567890.123456789", VAST, "1", "99.9", "1", HUGE],
            ["NA", "2000", "0.123456789", "-99999999999999999999.999999999", "1.5", "100", "", "", "-5"],
            ["007", "1999", "-0.000000001", "", "", "-3", "0.3", "2147483648", ""],
            ["007", "2000", "", "0.5", "0", "", "0", "-2147483649", "0"],
        ],
    ),
    "shares": (  # refers to a composite key, by columns that differ from it in case
        [_key("share_id"), _field("reporter"), _field("YEAR", "year"), _field("NAME")],
        {
            "primaryKey": ["share_id"],
            "uniqueKeys": [["reporter", "NAME"]],
            "foreignKeys": [
                {"fields": ["reporter", "YEAR"], "reference": {"resource": "amounts", "fields": ["Reporter", "year"]}}
            ],
        },
        [["1", "NA", "1999", "one"], ["01", "NA", "2000", "two"], ["001", "", "", "three"]],
    ),
    "texts": (
        [_key("text_id"), _field("said"), _field("note")],
        {"primaryKey": ["text_id"]},
        [
            ["long", LONG, ""],
            ["lf", "one\ntwo\n\nfour", "\nstarts"],
            ["crlf", "one\r\ntwo", "ends\r\n"],
            ["quotes", 'she said "no", twice: ""', '"'],
            ["commas", ",;\t|", "a,b"],
            ["formula", "=1+1", '=HYPERLINK("http://example.org")'],
            ["plus", "+1", "+"],
            ["minus", "-1", "-x"],
            ["at", "@SUM(A1)", "@"],
            ["leading", "007", "00"],
            ["zeros", "1.0", "1e5"],
            ["namibia", "NA", "N/A"],
            ["words", "null", "NULL"],
            ["more-words", "NaN", "None"],
            ["logical", "TRUE", "false"],
            ["day-like", "2024-01-01", "1/2/3"],
            ["spaces", " both sides ", "\u00a0"],
            ["cjk", "中文，日本語、한국어", "ｆｕｌｌ"],
            ["combining", COMBINED, "ﬁ"],
            ["right-to-left", "שלום עולם", "\u202eabc"],
            ["wide", "𠀀🏳️‍🌈", "\u2028"],
            ["markup", "<b>&amp;</b>", "_x0041_"],
            ["link", "https://example.org/?a=1#b", "'apostrophe"],
            ["percent", "100%", "\\N"],
        ],
    ),
    "a_table_of_very_long_texts_that_no_cell_holds": (
        [_key("id"), _field("text")],
        {"primaryKey": ["id"]},
        [["1", VERY_LONG], ["2", "short"], ["3", ""]],
    ),
    "codes": (
        [
            _key("code_id"),
            _field("phase", categories=_TIMES, categoriesOrdered=True),
            _field("colour", categories=["red", "grün", "007"]),
            _field("grade", "integer", categories=_GRADES, categoriesOrdered=True),
            _field("flag", "integer", categories=_labels((0, "No"), (1, "Yes"))),
        ],
        {"primaryKey": ["code_id"]},
        [
            ["a", "after", "007", "1", "0"],
            ["b", "before", "grün", "3", "1"],
            ["c", "", "", "", ""],
            ["d", "during", "red", "2", "1"],
        ],
    ),
    "moments": (
        [_key("moment_id"), _field("at", "datetime"), _field("hour", "time"), _field("day", "date")],
        {"primaryKey": ["moment_id"]},
        [
            ["utc", "2024-02-29T23:59:59Z", "23:59:59", "2024-02-29"],
            ["east", "2024-01-01T00:30:00+02:00", "00:00:00", ""],
            ["west", "1849-12-31T23:30:00-05:30", "12:00:00.000001", "1849-12-31"],
            ["parts", "2024-05-05T08:00:00.123456Z", "", "0001-01-01"],
            ["none", "", "00:00:01.5", ""],
        ],
    ),
    "odd": (  # types without one in Arrow
        [
            _key("odd_id"),
            _field("lasted", "duration"),
            _field("parts", "list"),
            _field("about", "object"),
            _field("many", "array"),
            _field("month", "yearmonth"),
            _field("place", "geopoint"),
            _field("whatever", "any"),
        ],
        {"primaryKey": ["odd_id"]},
        [
            ["1", "P1Y2M", "a,b,c", '{"a": 1, "b": "ü"}', "[1, 2]", "2024-01", "90.50,45.50", "007"],
            ["2", "PT36H", "", "", "", "", "", ""],
            ["3", "", "007", "{}", "[]", "1850-12", "-0.1,0", "=1"],
        ],
    ),
    "empty": (
        [
            _key("id"),
            _field("Text"),
            _field("number", "number"),
            _field("whole", "integer"),
            _field("yes", "boolean"),
            _field("day", "date"),
            _field("at", "datetime"),
            _field("hour", "time"),
            _field("grade", "integer", categories=_GRADES, categoriesOrdered=True),
        ],
        {"primaryKey": ["id"], "foreignKeys": [{"fields": ["id"], "reference": {"fields": ["id"]}}]},
        [],
    ),
    "nothing_but_nulls": (
        [_key("id", "integer"), _field("text"), _field("number", "number"), _field("yes", "boolean")],
        {"primaryKey": ["id"]},
        [["1", "", "", ""], ["2", "", "", ""]],
    ),
}


def nasty(folder: Path) -> Path:
    """Write the package into a folder, which is made if need be, and give the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    resources = []
    for name, (fields, schema, rows) in _TABLES.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([[field["name"] for field in fields], *rows])
        resources.append(_resource(name, {"fields": fields, "missingValues": [""], **schema}))
    descriptor = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "nasty",
        "title": "Nasty values: “quoted”, 'and' <marked>",
        "description": "Everything that a format may spoil.",
        "version": "1.2.3",
        "licenses": [{"name": "CC-BY-4.0"}],
        "resources": resources,
    }
    text = json.dumps(descriptor, ensure_ascii=False, indent=1) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8", newline="")
    return folder


def _resource(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    title = name.replace("_", " ").capitalize()
    return {
        "name": name,
        "title": title,
        "description": f"{title}; with “quotes”, 'apostrophes' and a\nline break.",
        "type": "table",
        "path": f"{name}.csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def typed(package: Path) -> dict[str, Rows]:
    """Read a package of plain CSV files by the standard's own forms: each table's rows, by column.

    An empty cell is None; times are in UTC; what has no type in Arrow is the text that stands there, and so are the
    columns of which a number is beyond a decimal of 38 digits, 9 of them behind the point, or an integer of 64 bits.
    """
    descriptor = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    return {one["name"]: _rows(package / one["path"], one["schema"]["fields"]) for one in descriptor["resources"]}


def _rows(file: Path, fields: list[Mapping[str, Any]]) -> Rows:
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    read = {field["name"]: _reader(field, [row[field["name"]] for row in rows]) for field in fields}
    return [{name: None if row[name] == "" else of(row[name]) for name, of in read.items()} for row in rows]


def _reader(field: Mapping[str, Any], cells: list[str]) -> Callable[[str], Value]:
    most = _MOST.get(field["type"])
    too_large = most is not None and any(abs(Decimal(cell)) >= most for cell in cells if cell)
    return str if too_large else _READERS.get(field["type"], str)


_MOST = {"number": Decimal(10**29), "integer": Decimal(2**63)}
_READERS: dict[str, Callable[[str], Value]] = {
    "integer": int,
    "year": int,
    "number": Decimal,
    "boolean": lambda cell: cell == "true",
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "datetime": lambda cell: dt.datetime.fromisoformat(cell).astimezone(dt.UTC),
}

if __name__ == "__main__":
    nasty(Path(sys.argv[1]))

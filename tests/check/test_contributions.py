"""Contributions: the examples, the notation of patches and snapshots, and the ways to get it wrong."""

import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest
from conftest import ROOT, manifest_of
from frictionless import Report as FrictionlessReport

import depositary
from depositary.check.validate import validate
from depositary.errors import DepositaryError
from depositary.model.limits import Limits
from depositary.model.report import Report

EXAMPLES = ROOT / "examples" / "contributions"
CLEAN = EXAMPLES / "mira" / "dispatch-reading"
PLANTED = EXAMPLES / "jonas" / "first-try"
DOCUMENT = ROOT / "docs" / "contributions.md"

Files = Mapping[str, str | bytes]
Judge = Callable[..., Report]
Place = tuple[str, str, int, str]  # code, file, row, field


def places(report: Report) -> list[Place]:
    return sorted((f.code, f.file, f.row, f.field) for f in report)


# A small base. `events` has a reference to itself, a unique key and a unique column; the key of `guests` has three
# parts, one of which lists its values; a seat has two columns, and so has the reference to it.


def text(name: str, **constraints: object) -> dict[str, object]:
    return {"name": name, "type": "string", "constraints": constraints}


def reference(fields: list[str], table: str, parents: list[str]) -> dict[str, object]:
    return {"fields": fields, "reference": {"resource": table, "fields": parents}}


def resource(name: str, fields: list[dict[str, object]], key: list[str], **more: object) -> dict[str, object]:
    return {
        "name": name,
        "type": "table",
        "path": f"{name}.csv",
        "schema": {"fields": fields, "primaryKey": key, **more},
    }


EVENTS = resource(
    "events",
    [
        {**text("event_id", required=True, pattern="ev-[0-9]+"), "example": "ev-1"},
        {"name": "held", "type": "date"},
        text("country"),
        text("kind", required=True, enum=["talks", "visit"]),
        {"name": "guests", "type": "integer"},
        text("part_of"),
        text("title", unique=True),
    ],
    ["event_id"],
    uniqueKeys=[["held", "country"]],
    foreignKeys=[
        reference(["country"], "countries", ["code"]),
        {"fields": ["part_of"], "reference": {"fields": ["event_id"]}},
    ],
)
COUNTRIES = resource("countries", [text("code", required=True), text("label")], ["code"])
GUESTS = resource(
    "guests",
    [
        text("event_id", required=True),
        text("role", required=True, enum=["host", "guest"]),
        text("name", required=True),
        text("seat_row"),
        text("seat"),
    ],
    ["event_id", "role", "name"],
    foreignKeys=[
        reference(["event_id"], "events", ["event_id"]),
        reference(["seat_row", "seat"], "seats", ["seat_row", "seat"]),
    ],
)
SEATS = resource("seats", [text("seat_row", required=True), text("seat", required=True)], ["seat_row", "seat"])
NOTES = {
    "name": "notes",
    "type": "table",
    "path": "notes.csv",
    "schema": {"fields": [text("about", required=True), text("words")]},
}
DESCRIPTOR = {"name": "base", "version": "1.0.0", "resources": [EVENTS, COUNTRIES, GUESTS, SEATS, NOTES]}

EVENTS_CSV = """\
event_id,held,country,kind,guests,part_of,title
ev-1,2023-05-26,KOR,talks,12,,First
ev-2,2023-05-27,CHN,visit,3,ev-1,Second
"""
BASE: Files = {
    "datapackage.json": json.dumps(DESCRIPTOR),
    "events.csv": EVENTS_CSV,
    "countries.csv": "code,label\nCHN,China\nKOR,South Korea\n",
    "guests.csv": "event_id,role,name,seat_row,seat\nev-1,host,Ann,a,1\nev-1,guest,a|b,,\nev-1,guest,c\\d,,\n",
    "seats.csv": "seat_row,seat\na,1\na,2\nb,1\n",
    "notes.csv": "about,words\nev-1,went well\n",
}
MANIFEST = manifest_of("base")
SNAPSHOT = MANIFEST.replace("patch", "snapshot")


def write(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


NOTHING_NEW = {"events.csv": "event_id\nev-1\n"}  # without it, that nothing is read or said would be found as well


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Validate a contribution of some files against the small base, some of whose files may be replaced or left out."""

    def judged(files: Files, base: Mapping[str, str | bytes | None] | None = None, *, examples: int = 100) -> Report:
        standing = {name: content for name, content in {**BASE, **(base or {})}.items() if content is not None}
        tables = files if any(re.fullmatch(r"\w+\.csv", name) for name in files) else {**NOTHING_NEW, **files}
        folder = write(tmp_path / "contribution", {"contribution.toml": MANIFEST, **tables})
        return validate(folder, write(tmp_path / "base", standing), limits=Limits(examples=examples))

    return judged


def test_the_small_base_is_valid(tmp_path):
    assert places(depositary.validate(write(tmp_path / "base", BASE))) == []


# The examples


def rows_listed(readme: Path) -> list[Place]:
    """Read the table of planted mistakes: file, row, column, code."""
    lines = [line for line in readme.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    cells = [[cell.strip().strip("`") for cell in line.split("|")[1:5]] for line in lines]
    return sorted((code, file, int(row or 0), field) for file, row, field, code in cells)


def test_the_clean_example_is_valid():
    report = depositary.validate(CLEAN)
    assert places(report) == []
    assert all("packages" in item.reason or "--snapshots" in item.reason for item in report.not_judged)


@pytest.mark.parametrize(
    "files",
    [
        {"events.csv": "event_id\n"},
        {"events.csv": "event_id,kind\n", "countries.csv": "code,label\n"},
        {"deletes.csv": "table,record_id,reason\n"},
    ],
)
def test_a_patch_without_rows_is_valid_and_warned_of_once(judge, files):
    report = judge(files)
    assert report.valid
    assert [(f.code, f.level, f.file) for f in report] == [("no-rows", "warning", "contribution.toml")]


@pytest.mark.parametrize(
    "text",
    [
        "<<<<<<< mine\n",
        "<<<<<<< mine\nevent_id\n=======\nevent_id\n>>>>>>> theirs\n",
        "event,guests\n",
        "event_id,event_id\n",
    ],
)
def test_a_file_with_an_error_is_not_also_warned_of_for_having_no_rows(judge, text):
    report = judge({"events.csv": text})
    assert not report.valid
    assert "no-rows" not in {finding.code for finding in report}


def test_the_planted_example_gives_exactly_the_findings_that_its_readme_lists():
    assert places(depositary.validate(PLANTED)) == rows_listed(PLANTED / "README.md")


def test_the_planted_example_has_a_dozen_different_mistakes():
    assert len({code for code, *_ in rows_listed(PLANTED / "README.md")}) >= 12


def test_the_planted_example_says_which_rules_its_mistakes_keep_from_being_judged():
    reasons = {item.table: item.reason for item in depositary.validate(PLANTED).not_judged if item.table}
    assert reasons["actors"] == "2 rows have refused cells"


@pytest.mark.short(2)
@pytest.mark.parametrize(
    ("code", "field", "hint"),
    [
        ("foreign-key", "jurisdiction", "KOR"),
        ("foreign-key", "source_id", "src-reuters-dispatch"),
        ("enum-constraint", "speech_act", "request"),
        ("extra-label", "", "language"),
        ("pattern-constraint", "held", "2023-05-26"),
    ],
)
def test_a_hint_names_what_was_meant(code, field, hint):
    hints = [f.hint for f in depositary.validate(PLANTED) if (f.code, f.field) == (code, field)]
    assert len(hints) == 1
    assert hint in hints[0]


def test_every_file_of_the_clean_example_stands_in_its_readme():
    readme = (CLEAN / "README.md").read_text(encoding="utf-8")
    missing = [file.name for file in CLEAN.iterdir() if file.name != "README.md" and f"`{file.name}`" not in readme]
    assert missing == []


@pytest.mark.short(2)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([CLEAN], 0),
        ([PLANTED], 1),
        ([CLEAN, PLANTED], 1),
        ([CLEAN / "contribution.toml"], 0),
        (["--base", ROOT / "datapackage", CLEAN], 0),
    ],
    ids=["clean", "planted", "both", "by its manifest", "base named"],
)
def test_the_exit_code_says_whether_the_examples_are_valid(run, arguments, code):
    assert run("validate", *arguments).code == code


def test_frictionless_loads_the_report_on_a_contribution(run):
    report = FrictionlessReport.from_descriptor(json.loads(run("validate", "--format", "json", PLANTED).out))
    assert not report.valid
    assert len(report.tasks) == 6


# Patches that are right


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="no tables"),
        pytest.param({"events.csv": "event_id,guests\nev-1,5\n"}, id="a key of the base is an overlay"),
        pytest.param({"guests.csv": "event_id,role,name,seat\nev-1,host,Ann,\n"}, id="so is a key of three parts"),
        pytest.param({"events.csv": "guests,event_id\n5,ev-1\n"}, id="columns in any order"),
        pytest.param({"events.csv": "event_id,kind,country\nev-1,,\n"}, id="blanks keep what is published"),
        pytest.param({"events.csv": "event_id,kind\nev-9,talks\n"}, id="a new row"),
        pytest.param({"events.csv": "event_id,kind\nlocal:big-talk-2,talks\n"}, id="a new row without an id"),
        pytest.param({"events.csv": "event_id,guests\nev-1,\\N\n"}, id="an optional number is erased"),
        pytest.param({"events.csv": "event_id,held\nev-1,\\N\n"}, id="an optional date is erased"),
        pytest.param({"events.csv": "event_id,country\nev-1,\\N\n"}, id="an optional reference is erased"),
        pytest.param({"events.csv": "event_id,title\nev-1,First\n"}, id="a unique value is said again of its own row"),
        pytest.param(
            {"events.csv": "event_id,kind,part_of\nlocal:a,talks,local:b\nlocal:b,talks,ev-1\n"},
            id="references to a row below and to the base",
        ),
        pytest.param(
            {"events.csv": "event_id,kind\nlocal:a,talks\n", "guests.csv": "event_id,role,name\nlocal:a,host,Zoe\n"},
            id="a local id in a reference that is part of a key",
        ),
        pytest.param(
            {"events.csv": "event_id,country\nev-1,NAM\n", "countries.csv": "code,label\nNAM,Namibia\n"},
            id="a reference to a row that the contribution adds",
        ),
        pytest.param({"README.md": "# Mine", "thanks.txt": "Thanks"}, id="prose beside the tables"),
        pytest.param({".DS_Store": b"\0", ".~lock.events.csv#": "me"}, id="hidden files of desktops"),
        pytest.param({".git/events.csv": "event_id\nbad\n"}, id="hidden folders"),
        pytest.param({"events.csv": "event_id,guests\r\nev-1,5\r\n"}, id="lines end as in Windows"),
        pytest.param(
            {"guests.csv": "event_id,role,name,seat_row,seat\nev-1,host,Ann,,2\n"},
            id="half of a composite reference, the other half kept",
        ),
    ],
)
def test_a_right_patch_has_no_findings(judge, files):
    report = judge(files)
    assert places(report) == []
    assert all("packages" in item.reason or "--snapshots" in item.reason for item in report.not_judged)


# Patches that are wrong


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"events.csv": "event_id,guests\nev-1,5\nev-2,5\nev-1,6\n"},
            [("primary-key", "events.csv", 4, "event_id")],
            id="the same key twice",
        ),
        pytest.param(
            {"events.csv": "event_id,kind\nlocal:a,talks\nlocal:a,visit\n"},
            [("primary-key", "events.csv", 3, "event_id")],
            id="the same local id twice",
        ),
        pytest.param(
            {"events.csv": "guests\n5\n"},
            [("missing-label", "events.csv", 1, "event_id")],
            id="no key column",
        ),
        pytest.param(
            {"events.csv": "event_id,colour\nev-1,blue\n"},
            [("extra-label", "events.csv", 1, "")],
            id="an unknown column",
        ),
        pytest.param(
            {"events.csv": "event_id,kind\nlocal:a,\n"},
            [("required-constraint", "events.csv", 2, "kind")],
            id="a new row with a required value blank",
        ),
        pytest.param(
            {"events.csv": "event_id,guests\nlocal:a,5\n"},
            [("required-constraint", "events.csv", 2, "kind")],
            id="a new row with a required column absent",
        ),
        pytest.param(
            {"events.csv": "event_id,guests\nev-1,5\nev-7,5\n"},
            [("required-constraint", "events.csv", 3, "kind")],
            id="a new row among overlays",
        ),
        pytest.param(
            {"events.csv": "event_id,kind\nev-1,\\N\n"},
            [("erased-required", "events.csv", 2, "kind")],
            id="a required value erased",
        ),
        pytest.param(
            {"events.csv": "event_id,kind\nlocal:a,\\N\n"},
            [("erased-required", "events.csv", 2, "kind")],
            id="a required value of a new row erased: said once",
        ),
        pytest.param(
            {"events.csv": "event_id,guests\n\\N,5\n"},
            [("erased-required", "events.csv", 2, "event_id")],
            id="a key erased: said once",
        ),
        pytest.param(
            {"guests.csv": "event_id,role,name,seat\nev-1,\\N,Ann,\n"},
            [("erased-required", "guests.csv", 2, "role")],
            id="a part of a key erased",
        ),
        pytest.param(
            {"events.csv": "event_id,guests\n\\N,\\N\n"},
            [("erased-required", "events.csv", 2, "event_id")],
            id="a row that only erases is not blank",
        ),
        pytest.param(
            {"events.csv": "event_id,guests\nev-1,ten\n"},
            [("type-error", "events.csv", 2, "guests")],
            id="a wrong type in an overlay",
        ),
        pytest.param(
            {"events.csv": "event_id,kind\nlocal:Big Talk,talks\n"},
            [("pattern-constraint", "events.csv", 2, "event_id")],
            id="a malformed local id",
        ),
        pytest.param(
            {"events.csv": "event_id,kind\nlocal:,talks\n"},
            [("pattern-constraint", "events.csv", 2, "event_id")],
            id="a local id without a name",
        ),
        pytest.param(
            {"events.csv": "event_id,part_of\nev-1,local:Big Talk\n"},
            [("pattern-constraint", "events.csv", 2, "part_of")],
            id="a malformed local id in a reference: said once",
        ),
        pytest.param(
            {"events.csv": "event_id,part_of\nev-1,local:nowhere\n"},
            [("foreign-key", "events.csv", 2, "part_of")],
            id="a dangling local id",
        ),
        pytest.param(
            {"events.csv": "event_id,kind\nev-1,local:talks\n"},
            [("enum-constraint", "events.csv", 2, "kind")],
            id="local: in a column that names no rows",
        ),
        pytest.param(
            {"guests.csv": "event_id,role,name\nev-1,local:host,Zoe\n"},
            [("enum-constraint", "guests.csv", 2, "role")],
            id="local: in a part of a key that lists its values",
        ),
        pytest.param(
            {"events.csv": "event_id,country\nev-1,NAM\n"},
            [("foreign-key", "events.csv", 2, "country")],
            id="a reference to neither contribution nor base",
        ),
        pytest.param(
            {"guests.csv": "event_id,role,name,seat_row,seat\nev-1,host,Ann,b,2\n"},
            [("foreign-key", "guests.csv", 2, "seat_row, seat")],
            id="a dangling composite reference",
        ),
        pytest.param(
            {"guests.csv": "event_id,role,name,seat\nev-1,host,Ann,9\n"},
            [("foreign-key", "guests.csv", 2, "seat_row, seat")],
            id="a composite reference that dangles with what the base has",
        ),
    ],
)
def test_a_wrong_patch_has_exactly_the_finding(judge, files, expected):
    assert places(judge(files)) == expected


# What holds together, on the rows as merged


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {"events.csv": "event_id,held,country,kind\nev-1,2023-05-28,,\nlocal:a,2023-05-26,KOR,talks\n"},
            id="an overlay moves the other row away",
        ),
        pytest.param(
            {"events.csv": "event_id,held,country,kind\nev-1,\\N,,\nlocal:a,2023-05-26,KOR,talks\n"},
            id="an overlay erases the other row's value",
        ),
        pytest.param(
            {
                "events.csv": "event_id,held,country,kind\nlocal:a,2023-05-26,KOR,talks\n",
                "deletes.csv": "table,record_id,reason\nevents,ev-1,told twice\n",
            },
            id="the other row is deleted",
        ),
        pytest.param({"events.csv": "event_id,held,country,kind\nlocal:a,2023-05-26,,talks\n"}, id="a part is missing"),
    ],
)
def test_a_unique_key_may_be_taken_once_it_is_free(judge, files):
    assert places(judge(files)) == []


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        pytest.param("local:a,2023-05-26,KOR,talks", 2, id="a new row against the base"),
        pytest.param("ev-2,2023-05-26,KOR,", 2, id="an overlay against the base"),
        pytest.param("local:a,2023-06-01,KOR,talks\nlocal:b,2023-06-01,KOR,talks", 3, id="two new rows"),
        pytest.param("ev-1,2023-05-27,,\nev-2,,KOR,", 3, id="two overlays, each with a half"),
    ],
)
def test_a_unique_key_is_judged_on_the_merged_rows(judge, rows, row):
    report = judge({"events.csv": f"event_id,held,country,kind\n{rows}\n"})
    assert places(report) == [("unique-key", "events.csv", row, "held, country")]


def test_what_clashes_within_the_base_is_not_laid_to_the_patch(judge):
    base = {"events.csv": EVENTS_CSV + "ev-3,2023-05-26,KOR,visit,,,Third\n"}
    assert places(judge({"events.csv": "event_id,guests\nev-2,5\n"}, base)) == []


def test_a_unique_column_is_judged_against_the_base(judge):
    report = judge({"events.csv": "event_id,kind,title\nlocal:a,talks,First\n"})
    assert places(report) == [("unique-error", "events.csv", 2, "title")]


def test_a_patch_of_a_table_without_key_does_not_pass_in_silence(judge):
    report = judge({"notes.csv": "words\nwent badly\n"})
    assert report.errors or report.not_judged


# Snapshots


def test_a_snapshot_has_its_columns_in_any_order(judge):
    files = {"contribution.toml": SNAPSHOT, "countries.csv": "label,code\nChina,CHN\nKorea,KOR\n"}
    assert places(judge(files)) == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"countries.csv": "code\nCHN\nKOR\n"},
            [("missing-label", "countries.csv", 1, "label")],
            id="a column absent",
        ),
        pytest.param(
            {"events.csv": EVENTS_CSV.replace("talks", "")},
            [("required-constraint", "events.csv", 2, "kind")],
            id="a blank is a blank",
        ),
        pytest.param(
            {"events.csv": EVENTS_CSV.replace("ev-2", "local:a")},
            [("pattern-constraint", "events.csv", 3, "event_id")],
            id="a local id",
        ),
        pytest.param(
            {"events.csv": EVENTS_CSV.replace("3,ev-1", "3,local:a")},
            [("foreign-key", "events.csv", 3, "part_of")],
            id="a local id in a reference",
        ),
        pytest.param(
            {"events.csv": EVENTS_CSV.replace("12", "\\N")},
            [("type-error", "events.csv", 2, "guests")],
            id="an erased number",
        ),
        pytest.param(
            {"deletes.csv": "table,record_id,reason\nevents,ev-1,told twice\n"},
            [("unknown-table", "deletes.csv", 0, "")],
            id="deletes",
        ),
        pytest.param(
            {"events.csv": EVENTS_CSV.replace("27,CHN", "26,KOR")},
            [("unique-key", "events.csv", 3, "held, country")],
            id="a unique key twice",
        ),
    ],
)
def test_a_wrong_snapshot_has_exactly_the_finding(judge, files, expected):
    assert places(judge({"contribution.toml": SNAPSHOT, **files})) == expected


# Deletes


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("events,ev-1,told twice", id="one key"),
        pytest.param("guests,ev-1|host|Ann,stayed away", id="a key of three parts"),
        pytest.param("guests,ev-1|guest|a\\|b,stayed away", id="a bar in a key"),
        pytest.param("guests,ev-1|guest|c\\\\d,stayed away", id="a backslash in a key"),
    ],
)
def test_a_record_of_the_base_can_be_deleted(judge, row):
    report = judge({"deletes.csv": f"table,record_id,reason\n{row}\n"})
    assert places(report) == []
    assert all("packages" in item.reason or "--snapshots" in item.reason for item in report.not_judged)


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        pytest.param("event,ev-1,why", "foreign-key", "table", id="an unknown table"),
        pytest.param("events,ev-9,why", "foreign-key", "record_id", id="an unknown record"),
        pytest.param("guests,ev-1|guest|a|b,why", "foreign-key", "record_id", id="a bar that is not escaped"),
        pytest.param("guests,ev-1|guest|c\\d,why", "foreign-key", "record_id", id="a backslash that is not escaped"),
        pytest.param("guests,host|ev-1|Ann,why", "foreign-key", "record_id", id="a key in another order"),
        pytest.param("events,ev-1,", "required-constraint", "reason", id="no reason"),
        pytest.param("events,ev-1,\\N", "erased-required", "reason", id="the reason erased"),
    ],
)
def test_a_wrong_delete_has_exactly_the_finding(judge, row, code, field):
    report = judge({"deletes.csv": f"table,record_id,reason\n{row}\n"})
    assert places(report) == [(code, "deletes.csv", 2, field)]


@pytest.mark.parametrize("key", ["ev-7", "local:a"])
def test_a_row_that_only_the_patch_has_cannot_be_deleted(judge, key):
    report = judge(
        {
            "events.csv": f"event_id,kind\n{key},talks\n",
            "deletes.csv": f"table,record_id,reason\nevents,{key},changed my mind\n",
        }
    )
    assert places(report) == [("foreign-key", "deletes.csv", 2, "record_id")]


def test_a_delete_is_judged_whatever_the_contributions_own_table_looks_like(judge):
    report = judge(
        {"events.csv": "event_id;kind\nlocal:a;talks\n", "deletes.csv": "table,record_id,reason\nevents,ev-9,why\n"}
    )
    assert ("foreign-key", "deletes.csv", 2, "record_id") in places(report)


@pytest.mark.parametrize("content", [None, b"event_id\n\xff\n"], ids=["not there", "not text"])
def test_a_delete_from_a_base_table_that_cannot_be_read_is_not_judged(judge, content):
    report = judge({"deletes.csv": "table,record_id,reason\nevents,ev-1,why\n"}, {"events.csv": content})
    assert places(report) == []
    assert any(item.table == "deletes" for item in report.not_judged)


def test_the_missing_reason_of_a_delete_is_not_called_one_of_a_new_row(judge):
    report = judge({"deletes.csv": "table,record_id,reason\nevents,ev-1,\n"})
    assert [f.message for f in report if "new" in f.message] == []


def test_as_many_deletes_are_told_as_were_asked_for_and_all_are_counted(judge):
    rows = "".join(f"events,ev-{n},why\n" for n in range(90, 95))
    report = judge({"deletes.csv": f"table,record_id,reason\n{rows}"}, examples=2)
    assert (len(list(report)), report.errors) == (2, 5)


# The manifest


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param('role = "coder"\n', "", "`role`", id="missing"),
        pytest.param('version = "1.0.0"\n', "", "`version`", id="missing within base"),
        pytest.param('role = "coder"', 'role = "coder"\nauthor = "Ann"', "`author`", id="unknown key"),
        pytest.param('"patch"', '"patches"', "'patches'", id="wrong mode"),
        pytest.param('"ctr-ann"', '"Ann"', "'Ann'", id="wrong contributor id"),
        pytest.param('version = "1.0.0"', "version = 1.0", "base.version", id="wrong type"),
        pytest.param('[base]\npackage = "base"\nversion = "1.0.0"', 'base = "base"', "base", id="base is no table"),
        pytest.param('role = "coder"', 'role = "coder"\nsupersedes = ["first"]', "supersedes", id="no batch"),
    ],
)
def test_what_is_wrong_with_the_manifest_is_named(judge, old, new, words):
    assert old in MANIFEST
    findings = list(judge({"contribution.toml": MANIFEST.replace(old, new)}))
    assert [(f.code, f.file) for f in findings] == [("manifest-error", "contribution.toml")]
    assert words in findings[0].message
    assert findings[0].hint


def test_each_missing_key_of_the_manifest_is_named(judge):
    manifest = MANIFEST.replace('mode = "patch"\n', "").replace('role = "coder"\n', "")
    messages = [f.message for f in judge({"contribution.toml": manifest})]
    assert ["`mode`" in m for m in messages].count(True) == 1
    assert ["`role`" in m for m in messages].count(True) == 1


def test_each_unknown_key_of_the_manifest_is_named(judge):
    manifest = 'author = "Ann"\ncolour = "blue"\n' + MANIFEST
    told = " ".join(f.message for f in judge({"contribution.toml": manifest}))
    assert "author" in told
    assert "colour" in told


@pytest.mark.parametrize(
    ("old", "new"),
    [('"ctr-ann"', '"Ann"'), ('"ctr-ann"', "2023-05-26"), ('"1.0.0"', '"1.0.0"\nhash = "abc"')],
    ids=["pattern", "type", "hash"],
)
def test_a_manifest_error_speaks_neither_in_patterns_nor_in_python(judge, old, new):
    message = next(iter(judge({"contribution.toml": MANIFEST.replace(old, new)}))).message
    assert not re.search(r"[\^$]|\[a-z|datetime", message)


def test_tables_are_not_judged_under_a_wrong_manifest(judge):
    report = judge({"contribution.toml": MANIFEST.replace("patch", "patches"), "events.csv": "event_id\nbad\n"})
    assert {f.code for f in report} == {"manifest-error"}
    assert [item.what for item in report.not_judged] == ["all tables"]


def test_the_contributor_must_be_in_the_table_of_contributors(tmp_path):
    folder = Path(shutil.copytree(CLEAN, tmp_path / "contribution"))
    manifest = folder / "contribution.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("ctr-mira", "ctr-nobody"), encoding="utf-8")
    findings = list(depositary.validate(folder, ROOT / "datapackage"))
    assert [(f.code, f.file) for f in findings] == [("manifest-error", "contribution.toml")]


def test_a_manifest_that_is_not_toml_stops_the_run(judge):
    with pytest.raises(DepositaryError, match="line 1"):
        judge({"contribution.toml": "contributor = ann\n"})


def test_another_package_is_an_error(judge):
    report = judge({"contribution.toml": MANIFEST.replace('package = "base"', 'package = "bass"')})
    assert places(report) == [("manifest-error", "contribution.toml", 0, "")]
    assert not report.valid


def test_another_state_of_the_version_is_a_warning_that_names_the_hash_at_hand(judge):
    report = judge({"contribution.toml": f'{MANIFEST}hash = "sha256:{"0" * 64}"\n'})
    assert places(report) == [("base-version", "contribution.toml", 0, "")]
    assert report.valid
    assert re.search("sha256:[0-9a-f]{64}", next(iter(report)).message)


def test_the_same_state_of_the_version_is_not_worth_a_word(judge):
    found = next(iter(judge({"contribution.toml": f'{MANIFEST}hash = "sha256:{"0" * 64}"\n'}))).message
    right = re.search("sha256:[0-9a-f]{64}", found)[0]
    assert list(judge({"contribution.toml": f'{MANIFEST}hash = "{right}"\n'})) == []


def test_another_version_is_a_warning(judge):
    report = judge({"contribution.toml": MANIFEST.replace("1.0.0", "0.9.0")})
    assert places(report) == [("base-version", "contribution.toml", 0, "")]
    assert report.valid


# Files that are no tables


@pytest.mark.parametrize(
    "name",
    ["event.csv", "Events.csv", "tables.xls", "notes.pdf", "events.csv.bak", "data/events.csv"],
)
def test_a_file_that_is_no_table_is_named(judge, name):
    findings = list(judge({name: "event_id\nev-1\n"}))
    assert [(f.code, f.file) for f in findings] == [("unknown-table", name)]


@pytest.mark.parametrize(("name", "advice"), [("events.xls", ".xlsx"), ("events.numbers", "CSV")])
def test_a_spreadsheet_of_another_kind_is_to_be_saved_as_one_that_is_read(judge, name, advice):
    assert advice in next(iter(judge({name: b"\xd0\xcf\x11\xe0"}))).hint


def test_a_link_out_of_the_folder_is_not_followed(judge, tmp_path):
    outside = write(tmp_path, {"secret.csv": "code,label\nQQQ,secret\n"}) / "secret.csv"
    (tmp_path / "contribution").mkdir()
    try:
        (tmp_path / "contribution" / "countries.csv").symlink_to(outside)
    except OSError:
        pytest.skip("this system lets nobody make links")
    report = judge({})
    assert places(report) == [("unsafe-path", "countries.csv", 0, "")]
    assert [table.name for table in report.tables] == ["events"]


# Bases that cannot be read

BROKEN = [
    pytest.param(None, id="not there"),
    pytest.param("", id="empty"),
    pytest.param(EVENTS_CSV.encode() + b"ev-3,\xff\xff,,,,,\n", id="not UTF-8 further down"),
    pytest.param(EVENTS_CSV.replace(",", ";"), id="semicolons"),
    pytest.param(re.sub(r"^[^,]*,", "", EVENTS_CSV, flags=re.MULTILINE), id="no key column"),
    pytest.param(b"PK\x03\x04", id="a workbook"),
]


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("event", ["ev-1", "ev-99"])
def test_references_into_a_broken_base_table_are_not_judged(judge, content, event):
    report = judge({"guests.csv": f"event_id,role,name\n{event},host,Zoe\n"}, {"events.csv": content})
    assert places(report) == []
    assert [(n.table, n.what) for n in report.not_judged] == [("guests", "references of event_id")]


@pytest.mark.parametrize("content", BROKEN)
def test_a_patch_of_a_broken_base_table_is_not_merged_and_says_so(judge, content):
    rows = "event_id,kind,held,country\nev-1,,,\nlocal:a,,2023-05-26,KOR\n"
    report = judge({"events.csv": rows}, {"events.csv": content})
    assert places(report) == []
    assert ("events", "rows as merged") in [(n.table, n.what) for n in report.not_judged]


@pytest.mark.parametrize("content", BROKEN)
def test_own_rows_do_not_stand_for_those_of_a_broken_base_table(judge, content):
    files = {"events.csv": "event_id,guests\nev-2,5\n", "guests.csv": "event_id,role,name\nev-1,host,Zoe\n"}
    report = judge(files, {"events.csv": content})
    assert places(report) == []
    assert ("guests", "references of event_id") in [(n.table, n.what) for n in report.not_judged]


def test_references_into_a_broken_table_of_the_contribution_are_not_judged(judge):
    files = {"countries.csv": "code;label\nNAM;Namibia\n", "events.csv": "event_id,country\nev-1,NAM\n"}
    report = judge(files)
    assert places(report) == [("wrong-delimiter", "countries.csv", 0, "")]
    assert [(n.table, n.what) for n in report.not_judged] == [("events", "references of country")]


def test_columns_of_the_base_in_another_order_are_not_taken_for_each_other(judge):
    base = {"countries.csv": "label,code\nChina,CHN\nSouth Korea,KOR\n"}
    assert places(judge({"events.csv": "event_id,country\nev-1,CHN\n"}, base)) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"fields": [{"type": "string"}]},
        {"fields": ["code"]},
        {"fields": [{"name": "code"}], "foreignKeys": ["countries"]},
        {"fields": [{"name": "code", "type": "colour"}], "primaryKey": ["code"]},
        {"fields": [{"name": "code", "type": "string"}], "primaryKey": ["id"]},
    ],
    ids=["a field without name", "fields that are words", "keys that are words", "an unknown type", "no such key"],
)
def test_a_base_with_a_broken_schema_stops_the_run(judge, schema):
    descriptor = {"name": "base", "version": "1.0.0", "resources": [{**COUNTRIES, "schema": schema}]}
    with pytest.raises(DepositaryError, match=r"datapackage\.json"):
        judge({"countries.csv": "code\nNAM\n"}, {"datapackage.json": json.dumps(descriptor)})


# Finding the base


def test_the_base_is_named_by_the_nearest_workspace_above(run, tmp_path):
    write(tmp_path, {"depositary.toml": 'package = "base"'})
    write(tmp_path / "base", BASE)
    folder = write(tmp_path / "contributions" / "ann" / "first", {"contribution.toml": MANIFEST, **NOTHING_NEW})
    assert run("validate", folder).code == 0


def test_the_base_that_is_named_goes_before_the_workspace(run, tmp_path):
    other = json.dumps({**DESCRIPTOR, "name": "other"})
    write(tmp_path, {"depositary.toml": 'package = "other"'})
    write(tmp_path / "other", {**BASE, "datapackage.json": other})
    base = write(tmp_path / "base", BASE)
    folder = write(tmp_path / "contribution", {"contribution.toml": MANIFEST, **NOTHING_NEW})
    assert (run("validate", folder).code, run("validate", "--base", base, folder).code) == (1, 0)


def test_without_a_base_the_run_stops_and_says_what_to_do(run, tmp_path):
    done = run("validate", write(tmp_path / "contribution", {"contribution.toml": MANIFEST}))
    assert (done.code, done.out) == (2, "")
    assert "--base" in done.err
    assert "depositary.toml" in done.err


@pytest.mark.parametrize(
    "files",
    [
        {"depositary.toml": 'package = "nowhere"'},
        {"depositary.toml": 'packages = "base"'},
        {"depositary.toml": "package = base"},
        {"depositary.toml": 'package = "base"', "base/datapackage.json": "{"},
    ],
    ids=["no such folder", "no package named", "not TOML", "the descriptor is not JSON"],
)
def test_a_workspace_that_leads_nowhere_stops_the_run_in_one_line(run, tmp_path, files):
    write(tmp_path, files)
    done = run("validate", write(tmp_path / "contribution", {"contribution.toml": MANIFEST}))
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


def test_a_folder_without_manifest_stops_the_run(run, tmp_path):
    done = run("validate", write(tmp_path / "contribution", {"events.csv": "event_id\n"}))
    assert done.code == 2
    assert "contribution.toml" in done.err


# The document


def blocks(kind: str) -> list[tuple[str, str, str]]:
    """Give the code blocks of a kind: the heading above, the file name beside the kind, the text."""
    found, heading = [], ""
    pattern = r"^(#+ [^\n]*)$|^```(\w+) ?(\S*)\n(.*?)^```$"
    for match in re.finditer(pattern, DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        heading = match[1] or heading
        if match[2] == kind:
            found.append((heading, match[3], match[4]))
    return found


@pytest.mark.parametrize("heading", sorted({heading for heading, _, _ in blocks("csv")}))
def test_the_rows_in_the_document_are_valid(tmp_path, heading):
    known = {"contributors.csv": (CLEAN / "contributors.csv").read_text(encoding="utf-8")}
    manifests = {above: {name: block} for above, name, block in blocks("toml") if name}
    manifest = manifests.get(heading, manifests["## The manifest"])
    files = {name: block for above, name, block in blocks("csv") if above == heading}
    report = depositary.validate(write(tmp_path / "contribution", {**known, **manifest, **files}), ROOT / "datapackage")
    assert places(report) == []
    assert len(report.tables) == len({**known, **files})


@pytest.mark.short(2)
@pytest.mark.parametrize("block", [block for _, _, block in blocks("console")])
def test_the_commands_in_the_document_print_what_it_shows(run, tmp_path, block):
    for name in ("datapackage", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    command, *shown = block.splitlines()
    printed = run(*shlex.split(command.removeprefix("$ depositary ")), cwd=tmp_path).out.splitlines()
    assert shown
    assert [line for line in shown if line != "…" and line not in printed] == []


@pytest.mark.short(2)
@pytest.mark.parametrize(
    "folder", sorted(file.parent for file in EXAMPLES.glob("*/*/contribution.toml")), ids=lambda f: f.parent.name
)
def test_every_example_but_the_planted_one_is_valid(folder):
    base = EXAMPLES.parent / "bases" / "0.0.9" if folder.parent.name == "ines" else ROOT / "datapackage"
    report = depositary.validate(folder, base, as_of=date(2026, 11, 23))
    assert report.valid == (folder != PLANTED)


def test_every_example_is_in_the_document():
    named = re.findall(r"^\| \[([a-z/-]+)\]", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted("/".join(f.parts[-3:-1]) for f in EXAMPLES.glob("*/*/contribution.toml"))


def test_the_document_names_every_key_of_the_manifest():
    schema = json.loads((ROOT / "schemas" / "notation" / "contribution.json").read_text(encoding="utf-8"))
    keys = [key for key in schema["properties"] if key != "base"]
    keys += [f"base.{key}" for key in schema["properties"]["base"]["properties"]]
    keys += list(schema["properties"]["files"]["items"]["properties"])
    document = DOCUMENT.read_text(encoding="utf-8")
    assert [key for key in keys if f"| `{key}` |" not in document] == []


def test_the_manifest_in_the_document_is_that_of_the_clean_example():
    manifest = tomllib.loads((CLEAN / "contribution.toml").read_text(encoding="utf-8"))
    shown = tomllib.loads(blocks("toml")[0][2])
    assert {**manifest, **shown} == manifest

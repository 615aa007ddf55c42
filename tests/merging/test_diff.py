"""What differs between two packages, and applying it: the one undoes the other."""

import csv
import io
import itertools
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from conftest import CASES, ROOT, edit
from diff_cases import Sheet, expected_rows, pairs, write
from hypothesis import HealthCheck, given, settings

import depositary
from depositary.errors import DocumentError, MisfitError, NotFoundError, UsageError
from depositary.merging.diff.changes import Change, Diff, Kind, read_diff
from depositary.merging.diff.diff_page import diff_page

OF_ROWS = ("row_added", "row_removed", "cell_changed")
NUMBERS = itertools.count()


def book(
    folder: Path, rows: list[tuple[str, ...]], *, key: tuple[str, ...] = ("k",), version: str = "1", **more
) -> Path:
    """Write a package with one table t of the fields k, x and y."""
    return write(folder, {"t": Sheet(("k", "x", "y"), key, more.get("missing", ("",)), "", tuple(rows))}, version)


def lines(diff: Diff) -> list[tuple]:
    return [tuple(change) for change in diff]


@pytest.fixture
def two(tmp_path):
    """Give two packages between which one row goes, one comes, and one changes."""
    old = book(tmp_path / "old", [("1", "a", ""), ("2", "b", "c"), ("3", "d", "e")])
    new = book(tmp_path / "new", [("1", "a2", "y"), ("3", "d", "e"), ("4", "f", "")])
    return old, new


# What a diff says


def test_a_diff_has_a_line_for_each_thing_that_differs(two):
    assert lines(depositary.diff(*two)) == [
        ("t", "1", "x", "cell_changed", "a", "a2"),
        ("t", "1", "y", "cell_changed", None, "y"),
        ("t", "2", "", "row_removed", None, None),
        ("t", "2", "x", "row_removed", "b", None),
        ("t", "2", "y", "row_removed", "c", None),
        ("t", "4", "", "row_added", None, None),
        ("t", "4", "x", "row_added", None, "f"),
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("é", "e\u0301", id="composed or not"),
        pytest.param("a", " a\t", id="blanks around"),
        pytest.param("a\nb", "a\r\nb", id="line ends"),
        pytest.param("", "NA", id="a missing value"),
        pytest.param("", " NA ", id="a missing value among blanks"),
    ],
)
def test_texts_of_one_meaning_do_not_differ(tmp_path, one, other):
    old = book(tmp_path / "old", [("1", one, "x")], missing=("", "NA"))
    new = book(tmp_path / "new", [("1", other, "x")], missing=("", "NA"))
    assert lines(depositary.diff(old, new)) == []


def test_one_file_differs_where_its_missing_values_do(tmp_path):
    old, new = (book(tmp_path / n, [("1", "NA", "")], missing=m) for n, m in (("old", ("",)), ("new", ("", "NA"))))
    found = [c for c in lines(depositary.diff(old, new)) if c[3] != "property_changed"]
    assert found == [("t", "1", "x", "cell_changed", "NA", None)]


def test_the_order_of_rows_does_not_count(tmp_path):
    rows = [("1", "a", ""), ("2", "b", ""), ("3", "", "")]
    assert not len(depositary.diff(book(tmp_path / "old", rows), book(tmp_path / "new", rows[::-1])))


def test_rows_without_a_key_are_counted(tmp_path):
    old = book(tmp_path / "old", [("1", "a", "")] * 3 + [("2", "b", "")], key=())
    new = book(tmp_path / "new", [("1", "a", "")] + [("3", "", "")] * 2 + [("2", "b", "")], key=())
    found = [(c.row_id, c.change) for c in depositary.diff(old, new) if not c.field]
    assert found == [("1", "row_removed"), ("2", "row_removed"), ("3", "row_added"), ("4", "row_added")]


def test_what_is_said_of_package_table_and_field_is_compared(tmp_path):
    old, new = (book(tmp_path / name, [], version=name) for name in ("old", "new"))
    file = new / "datapackage.json"
    text = file.read_text().replace('"title": "x"', '"title": "X!"').replace('"path"', '"title": "T", "path"')
    file.write_text(text)
    assert lines(depositary.diff(old, new)) == [
        ("", "", "version", "property_changed", '"old"', '"new"'),
        ("t", "", "title", "property_changed", None, '"T"'),
        (
            "t",
            "",
            "x",
            "field_changed",
            '{"name": "x", "type": "string", "title": "x"}',
            '{"name": "x", "type": "string", "title": "X!"}',
        ),
    ]


def test_how_a_file_is_stored_does_not_count(tmp_path):
    old, new = (book(tmp_path / name, [("1", "a,b", "é"), ("2", "", "")]) for name in ("old", "new"))
    (new / "t.csv").write_bytes("k;x;y\r\n1;a,b;é\r\n2;;\r\n".encode("utf-16"))
    descriptor = json.loads((new / "datapackage.json").read_text())
    descriptor["resources"][0] |= {"dialect": {"delimiter": ";"}, "encoding": "utf-16", "bytes": 9}
    (new / "datapackage.json").write_text(json.dumps(descriptor))
    assert lines(depositary.diff(old, new)) == []


def test_only_the_tables_that_are_asked_for_are_compared(published, tmp_path):
    other = Path(shutil.copytree(published, tmp_path / "other"))
    edit(other / "data" / "actors.csv", 2, "notes", "n1")
    edit(other / "data" / "sources.csv", 2, "notes", "n2")
    found = depositary.diff(published, other, ["actors"])
    assert [(c.table, c.field, c.after) for c in found] == [("actors", "notes", "n1")]
    assert found.same == ()


def test_a_large_table_is_compared_like_a_small_one(tmp_path):
    rows = [(f"{n:06}", f"text {n}", "é" * (n % 3)) for n in range(60_000)]
    old = book(tmp_path / "old", rows)
    new = book(tmp_path / "new", [*rows[:40_000], ("040000", "other", "é"), *rows[40_002:], ("n", "", "")])
    assert [(c.row_id, c.field, c.change) for c in depositary.diff(old, new)] == [
        ("040000", "x", "cell_changed"),
        ("040001", "", "row_removed"),
        ("040001", "x", "row_removed"),
        ("040001", "y", "row_removed"),
        ("n", "", "row_added"),
    ]


def test_resources_that_are_no_tables_are_named(tmp_path):
    old, new = (book(tmp_path / name, []) for name in ("old", "new"))
    descriptor = json.loads((new / "datapackage.json").read_text())
    descriptor["resources"].append({"name": "map", "path": "map.png"})
    (new / "map.png").write_bytes(b"x")
    (new / "datapackage.json").write_text(json.dumps(descriptor))
    assert depositary.diff(old, new).not_compared == ("map",)


# What cannot be compared


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("k,x,y\n1,a,\n1,b,\n", "1 occurs twice", id="a key that stands twice"),
        pytest.param("k,x,y\n1,a,\n,b,\n", "a row has no key", id="no key"),
        pytest.param("k,x\n1,a\n", "its columns are not those of its schema: y", id="a column that is missing"),
        pytest.param("k,x,y,z\n1,a,,\n", "its columns are not those of its schema: z", id="a column too many"),
        pytest.param("k,x,y\n1,\udcff,\n", "is not text in UTF-8", id="bytes that are no text"),
    ],
)
def test_a_table_that_cannot_be_compared_is_named(tmp_path, text, said):
    old, new = (book(tmp_path / name, [("1", "a", "")]) for name in ("old", "new"))
    (new / "t.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises((UsageError, DocumentError), match=rf"new.t\.csv: .*{said}.*depositary validate"):
        depositary.diff(old, new)


def test_a_table_that_neither_has_is_named(two):
    with pytest.raises(UsageError, match="has no table 'u'"):
        depositary.diff(*two, ["u"])


# Laws


def read(folder: Path) -> dict[str, list[list[str]]]:
    """Read the tables of a package that was written in the canonical form."""
    tables = {}
    for resource in json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["resources"]:
        text = (folder / resource["path"]).read_bytes().decode()
        assert "\r\n" not in text
        tables[resource["name"]] = list(csv.reader(io.StringIO(text, newline="")))
    return tables


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.csv")}


def expected_table(sheet: Sheet) -> list[list[str]]:
    mark = "" if "" in sheet.missing else sheet.missing[0]
    rows = [[row.get(name, "") for name in sheet.fields] for row in sheet.tidy_rows()]
    order = [sheet.fields.index(name) for name in sheet.key or sheet.fields]
    rows.sort(key=lambda row: [row[at].encode() for at in order])
    return [list(sheet.fields), *([cell or mark for cell in row] for row in rows)]


LAWS = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
MANY = settings(LAWS, max_examples=400)


def holds(root: Path, before, after) -> None:
    """Hold all laws for one pair of packages."""
    folder = root / str(next(NUMBERS))
    old, new = write(folder / "old", before, "1"), write(folder / "new", after, "2")
    diff = depositary.diff(old, new)
    # It says what is found in the plainest way,
    keyed = {n for n in {*before, *after} if len({s[n].key for s in (before, after) if n in s} - {()}) == 1}
    keyed -= {n for n in keyed if () in {s[n].key for s in (before, after) if n in s}}
    told = Counter((c[0], c[1] if c[0] in keyed else "", *c[2:]) for c in diff if c.change in OF_ROWS)
    assert told == expected_rows(before, after)
    # backwards it is the same with the sides exchanged,
    assert Counter(map(turned, diff)) == Counter(map(tuple, depositary.diff(new, old)))
    # and applied, by way of its CSV too, it gives the other package: cell by cell, and to the byte.
    diff.write(folder / "diff.csv")
    assert read_diff(folder / "diff.csv").lines.equals(diff.lines)
    depositary.patch(old, folder / "diff.csv", folder / "patched")
    assert read(folder / "patched") == {name: expected_table(sheet) for name, sheet in after.items()}
    depositary.patch(new, depositary.diff(new, new), folder / "canonical")
    assert files(folder / "patched") == files(folder / "canonical")
    one, other = (json.loads((folder / n / "datapackage.json").read_text("utf-8")) for n in ("patched", "canonical"))
    assert one == other
    assert not len(depositary.diff(folder / "patched", new))
    shutil.rmtree(folder)


def turned(change: Change) -> tuple:
    kinds = {"added": "removed", "removed": "added"}
    what, _, how = change.change.partition("_")
    return (*change[:3], f"{what}_{kinds.get(how, how)}", change.after, change.before)


@pytest.mark.short(3)
@LAWS
@given(pairs())
def test_patching_with_the_diff_gives_the_other_package(tmp_path, pair):
    holds(tmp_path, *pair)


def test_a_blank_is_written_as_the_schema_has_it(tmp_path):
    old = book(tmp_path / "old", [("1", "", "a")], missing=("-", "NA"))
    new = book(tmp_path / "new", [("1", "NA", "b"), ("2", "-", "")], missing=("-", "NA"))
    depositary.patch(old, depositary.diff(old, new), tmp_path / "out")
    assert read(tmp_path / "out")["t"] == [["k", "x", "y"], ["1", "-", "b"], ["2", "-", "-"]]


@pytest.mark.soak
@MANY
@given(pairs())
def test_patching_with_the_diff_gives_the_other_package_in_many_cases(tmp_path, pair):
    holds(tmp_path, *pair)


def test_patching_keeps_the_published_package_but_for_the_order_of_rows(published, tmp_path):
    depositary.patch(published, depositary.diff(published, published), tmp_path / "out")
    found, before = files(tmp_path / "out"), files(published)
    assert len(found) == len(depositary.open(published))
    assert all(sorted(data.splitlines()) == sorted(before[name].splitlines()) for name, data in found.items())


# Diffs that do not fit


def as_diff(changes: list[tuple]) -> Diff:
    schema = dict.fromkeys(Change._fields, pl.String)
    return Diff(pl.DataFrame(changes, schema=schema, orient="row"), {})


MISFITS = {
    "another value stands there": [("t", "1", "x", "cell_changed", "q", "z")],
    "a blank stands there": [("t", "1", "y", "cell_changed", "q", "z")],
    "a row to be changed is not there": [("t", "9", "x", "cell_changed", "q", "z")],
    "a row to be removed is not there": [("t", "9", "", "row_removed", None, None)],
    "a row to be removed has other cells": [
        ("t", "2", "", "row_removed", None, None),
        ("t", "2", "x", "row_removed", "b", None),
    ],
    "a row to be added is there": [("t", "1", "", "row_added", None, None), ("t", "1", "x", "row_added", None, "a")],
    "a row is added in pieces": [("t", "9", "x", "row_added", None, "a")],
    "one cell twice": [("t", "1", "x", "cell_changed", "a", "b"), ("t", "1", "x", "cell_changed", "a", "c")],
    "removed and changed": [("t", "1", "", "row_removed", None, None), ("t", "1", "x", "cell_changed", "a", "c")],
    "an id of another key": [("t", "9|9", "", "row_added", None, None)],
    "no such table": [("u", "1", "x", "cell_changed", "a", "b")],
    "no such field": [("t", "1", "q", "cell_changed", None, "b")],
    "no such change": [("t", "1", "x", "cell_exploded", "a", "b")],
    "another version": [("", "", "version", "property_changed", '"7"', '"8"')],
    "no JSON": [("", "", "version", "property_changed", "1", "8 or 9")],
    "a field to be removed is filled": [
        ("t", "", "x", "field_removed", '{"name": "x", "type": "string", "title": "x"}', None),
        ("t", "", "schema.fields", "property_changed", '["k", "x", "y"]', '["k", "y"]'),
    ],
    "a field that is not listed": [("t", "", "z", "field_added", None, '{"name": "z"}')],
    "a table that is there": [("t", "", "", "table_added", None, '{"name": "t", "schema": {"fields": []}}')],
    "a table that is not there": [("u", "", "", "table_removed", "{}", None)],
    "a path that leads outside": [
        ("u", "", "", "table_added", None, '{"name": "u", "path": "../u.csv", "schema": {"fields": [{"name": "a"}]}}'),
        ("", "", "resources", "property_changed", '["t"]', '["t", "u"]'),
    ],
}


@pytest.mark.parametrize("changes", MISFITS.values(), ids=list(MISFITS))
def test_a_diff_that_does_not_fit_is_refused_and_nothing_is_written(two, tmp_path, changes):
    with pytest.raises(MisfitError, match="does not fit") as refused:
        depositary.patch(two[0], as_diff(changes), tmp_path / "out")
    assert refused.value.misfits
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "u.csv").exists()


def test_a_misfit_says_where_and_what(two, tmp_path):
    with pytest.raises(MisfitError) as refused:
        depositary.patch(two[0], as_diff(MISFITS["another value stands there"]), tmp_path / "out")
    assert refused.value.misfits == ("t 1 [x]: the diff has 'q', but the package has 'a'",)


def test_of_many_misfits_the_error_has_all_and_the_message_counts_them(tmp_path):
    old = book(tmp_path / "old", [(str(n), "a", "") for n in range(100)])
    changes = [("t", str(n), "x", "cell_changed", "q", "z") for n in range(100)]
    with pytest.raises(MisfitError, match="and 80 more") as refused:
        depositary.patch(old, as_diff(changes), tmp_path / "out")
    assert len(refused.value.misfits) == 100


def test_a_row_without_a_key_that_is_not_there_is_refused(tmp_path):
    old = book(tmp_path / "old", [("1", "a", "")] * 2, key=())
    gone = [(n, f, "row_removed", b) for n in "123" for f, b in (("", None), ("k", "1"), ("x", "a"))]
    with pytest.raises(MisfitError, match="t 1: there is no such row"):
        depositary.patch(old, as_diff([("t", *line, None) for line in gone]), tmp_path / "out")


def test_what_a_diff_does_not_compare_is_copied(two, tmp_path):
    (two[0] / "README.md").write_text("read me")
    depositary.patch(two[0], depositary.diff(*two), tmp_path / "out")
    assert (tmp_path / "out" / "README.md").read_text() == "read me"


def test_a_package_can_be_patched_in_its_own_place(two):
    depositary.patch(two[0], depositary.diff(*two), two[0])
    assert not len(depositary.diff(*two))


@pytest.mark.parametrize("text", ["a,b\n1,2\n", ""])
def test_what_is_no_diff_is_refused(tmp_path, text):
    (tmp_path / "d.csv").write_text(text)
    with pytest.raises(DocumentError, match=r"d\.csv: this is not a diff"):
        read_diff(tmp_path / "d.csv")


# The command


def test_no_differences_end_with_0(run, two):
    ran = run("diff", two[0], two[0])
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "no differences.")


def test_differences_are_told_by_table_and_end_with_1(run, two):
    ran = run("diff", "old", "new", cwd=two[0].parent)
    assert ran.code == 1
    assert ran.out == (
        "old (pair 1) → new (pair 1)\n\n"
        "t: 1 row added, 1 row removed, 2 cells changed in 1 row\n"
        "  ~ 1\n      x: a → a2\n      y: (blank) → y\n"
        "  - 2  x: b; y: c\n"
        "  + 4  x: f\n\n"
        "1 table differs, 0 are the same.\n"
    )


def test_of_many_rows_the_text_shows_some_and_says_how_many_there_are(run, tmp_path):
    book(tmp_path / "old", [])
    book(tmp_path / "new", [(f"{n:03}", "a", "") for n in range(50)])
    assert "… 30 more rows: depositary diff … --table t\n" in run("diff", "old", "new", cwd=tmp_path).out
    whole = run("diff", "old", "new", "--table", "t", cwd=tmp_path).out
    assert "more" not in whole
    assert "+ 049  x: a" in whole


def test_the_rows_of_a_new_table_are_counted_and_not_listed(run, tmp_path):
    sheet = Sheet(("k",), ("k",), ("",), "", (("1",), ("2",)))
    write(tmp_path / "old", {"t": sheet}, "1")
    write(tmp_path / "new", {"t": sheet, "u": sheet}, "1")
    assert run("diff", "old", "new", cwd=tmp_path).out.splitlines()[2:5] == [
        "u: 2 rows added",
        "  the table was added",
        "  … 2 rows: depositary diff … --table u",
    ]


def test_of_a_long_text_about_a_field_the_length_is_told(run, tmp_path):
    old, new = (book(tmp_path / name, []) for name in ("old", "new"))
    text = (new / "datapackage.json").read_text().replace('"title": "x"', f'"title": "{"x" * 99}"')
    (new / "datapackage.json").write_text(text)
    assert '  the field x: title: "x" → (101 characters)\n' in run("diff", old, new).out


def test_what_a_cell_holds_commands_no_terminal(run, tmp_path):
    book(tmp_path / "old", [("1", "a", "")])
    book(tmp_path / "new", [("1", "a\x1b[31m", ""), ("\x07", "", "")])
    assert "\x1b" not in (out := run("diff", "old", "new", cwd=tmp_path).out)
    assert "\\x1b[31m" in out
    assert "\\x07" in out


def test_a_field_that_comes_is_told_once(run, tmp_path):
    write(tmp_path / "old", {"t": Sheet(("k",), ("k",), ("",), "", (("1",),))}, "1")
    write(tmp_path / "new", {"t": Sheet(("k", "x"), ("k",), ("",), "", (("1", "a"),))}, "1")
    assert run("diff", "old", "new", cwd=tmp_path).out.splitlines()[2:5] == [
        "t: 1 cell changed in 1 row",
        "  the field x was added",
        "  ~ 1",
    ]


def test_csv_is_the_diff_as_data(run, two, tmp_path):
    ran = run("diff", *two, "--format", "csv")
    assert ran.code == 1
    assert ran.out == depositary.diff(*two).csv()
    run("diff", *two, "--format", "csv", "--output", tmp_path / "d.csv")
    assert (tmp_path / "d.csv").read_bytes().decode() == ran.out


def test_a_page_has_the_old_and_the_new_beside_each_other(run, two, tmp_path):
    ran = run("diff", *two, "--format", "html", "--output", tmp_path / "d.html")
    page = (tmp_path / "d.html").read_text(encoding="utf-8")
    assert (ran.code, ran.out) == (1, "")
    old, new = 'data-side="before"', 'data-side="after"'
    assert f'<td class="old" {old}><del>a</del></td><td class="new" {new}><ins>a2</ins></td>' in page
    assert f'<td class="word" {old}>(blank)</td><td class="new" {new}>y</td>' in page


def test_a_page_runs_only_its_own_script_and_loads_nothing(tmp_path):
    old = book(tmp_path / "old", [("1", "a", "")])
    new = book(tmp_path / "new", [("1", "<script>alert(1)</script>", "")])
    page = diff_page(depositary.diff(old, new))
    assert page.count("<script") == 1
    assert "<script>alert" not in page
    assert "&lt;script" in page or "&lt;</ins>" in page
    assert not any(word in page for word in ("src=", "url(", "http://", "https://"))


def test_of_many_rows_a_page_shows_some_and_says_how_many_there_are(tmp_path):
    new = book(tmp_path / "new", [(f"{n:03}", "a", "") for n in range(9)])
    page = diff_page(depositary.diff(book(tmp_path / "old", []), new), most=2)
    assert page.count("<tbody") == 2
    assert "And 7 more rows" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["old", "absent"], "there is no such file or folder"),
        (["old", "new", "--table", "u"], "has no table 'u'"),
        (["old", "new", "--output", "absent/d.csv"], "cannot be written"),
        (["old", "old/t.csv"], "Name the folder of a package or its datapackage.json"),
    ],
)
def test_what_cannot_run_ends_with_2_and_says_why(run, two, arguments, said):
    ran = run("diff", *arguments, cwd=two[0].parent)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_package_that_is_not_there_is_named(two):
    with pytest.raises(NotFoundError, match="absent"):
        depositary.diff(two[0], two[0].parent / "absent")


def test_the_demonstration_package_does_not_differ_from_itself():
    assert depositary.diff(CASES / "demo", CASES / "demo").same == ("events", "countries")


# The document

PAGE = (ROOT / "docs" / "diff.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```console\n\$ depositary (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)


@pytest.mark.long
def test_the_document_shows_what_happens(run, tmp_path):
    shutil.copytree(ROOT / "datapackage", tmp_path / "datapackage")
    rosa = Path("examples", "contributions", "rosa")
    shutil.copytree(ROOT / rosa, tmp_path / rosa)
    assert len(SHOWN) == 3
    for command, printed in SHOWN:
        done = run(*command.split(), cwd=tmp_path)
        shown = ".*".join(map(re.escape, printed.split("…\n")))
        assert re.fullmatch(shown, done.out, re.DOTALL), f"{command}\n{done.out}{done.err}"
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


def test_the_document_names_every_kind_of_change():
    assert {kind for kind in Kind if f"`{kind}`" in PAGE} == {*Kind}

"""The SQLite export, read by Python's sqlite3, by the sqlite3 command and by datasette."""

import datetime as dt
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import CASES, ROOT, edit
from nasty import Rows, nasty, typed
from pyarrow import parquet as pq
from test_reference import put, resource_of

import depositary
from depositary.errors import UsageError

PACKAGE = ROOT / "datapackage"


def exported(package: Path, folder: Path) -> Path:
    depositary.export(package, ["sqlite"], folder / "out")
    (file,) = (folder / "out" / "sqlite").glob("*.sqlite")
    return file


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    return nasty(tmp_path_factory.mktemp("nasty"))


@pytest.fixture(scope="module")
def file(package, tmp_path_factory) -> Path:
    return exported(package, tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="module")
def published_file(tmp_path_factory) -> Path:
    return exported(PACKAGE, tmp_path_factory.mktemp("published"))


@pytest.fixture
def database(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        yield connection


# The readers: each gives the rows of a table


def by_python(file: Path, table: str) -> Rows:
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f'SELECT * FROM "{table}"')]  # noqa: S608 (our names)


def by_command(file: Path, table: str) -> Rows:
    command = ["sqlite3", "-readonly", "-json", str(file), f'SELECT * FROM "{table}"']  # noqa: S608 (our names)
    said = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    return json.loads(said) if said else []


def by_datasette(file: Path, table: str) -> Rows:
    return json.loads(datasette(file, f"/{file.stem}/{table}.json?_shape=array&_size=max"))


def datasette(file: Path, path: str) -> str:
    """Ask a page of datasette, which needs no server for it."""
    command = [sys.executable, "-W", "ignore", "-m", "datasette", str(file), "--get", path]
    command += ["--metadata", str(file.with_name("metadata.json"))]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode()


READERS = {"python": by_python, "command": by_command, "datasette": by_datasette}
TABLES = ["actors", "amounts", "shares", "texts", "codes", "moments", "odd", "empty", "nothing_but_nulls"]
TABLES += ["a_table_of_very_long_texts_that_no_cell_holds"]


def told(meant: Any) -> Any:
    """Give a value as SQLite holds it: it has no days, times and truth, and of numbers doubles."""
    if isinstance(meant, bool):
        return int(meant)
    if isinstance(meant, Decimal):
        return float(f"{float(meant):.15g}")
    return meant


def reading(found: Any, meant: Any) -> Any:
    """Read what stands for a day or time; the command prints doubles with 15 digits."""
    if isinstance(meant, (dt.date, dt.time)) and found is not None:
        return type(meant).fromisoformat(found)
    return float(f"{found:.15g}") if isinstance(found, float) else found


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("reader", ["python", "command"])
def test_values_are_what_the_cells_say(file, package, reader, table):
    assert_holds(READERS[reader], file, typed(package)[table], table)


@pytest.mark.short(1)
@pytest.mark.parametrize("table", ["actors", "texts", "moments"])
def test_values_in_datasette_are_what_the_cells_say(file, package, table):
    assert_holds(by_datasette, file, typed(package)[table], table)


def assert_holds(read: Callable[[Path, str], Rows], file: Path, meant: Rows, table: str) -> None:
    (key, *_) = meant[0] if meant else [""]
    for row, expected in zip(in_order(read(file, table), key), in_order(meant, key), strict=True):
        assert {n: reading(v, expected[n]) for n, v in row.items()} == {n: told(v) for n, v in expected.items()}


def in_order(rows: Rows, key: str) -> Rows:
    """Order rows by a column, as datasette does."""
    return sorted(rows, key=lambda row: str(row[key]))  # of equal ones the first stays first


def test_a_double_is_the_nearest_one(file, package):
    meant = [row["exact"] for row in typed(package)["amounts"]]
    assert [row["exact"] for row in by_python(file, "amounts")] == [None if v is None else float(v) for v in meant]


def test_digits_that_a_double_does_not_hold_are_noted(package, tmp_path):
    (written,) = depositary.export(package, ["sqlite"], tmp_path / "out")
    assert [str(loss) for loss in written.losses if "double" in loss.what] == [
        "amounts.exact: digits that a double does not hold (2 values)"
    ]


# Keys and references

REFUSED = {
    "no key": ("actors", {"actor_id": None}),
    "the same key": ("actors", {"actor_id": "007"}),
    "no such actor": ("actors", {"actor_id": "new", "part_of": "nobody"}),
    "neither true nor false": ("actors", {"actor_id": "new", "is_state": 2}),
    "text for a number": ("actors", {"actor_id": "new", "members": "many"}),
    "no such code": ("codes", {"code_id": "new", "phase": "never"}),
    "no such coded number": ("codes", {"code_id": "new", "grade": 4}),
    "half of a key": ("shares", {"share_id": "new", "reporter": "NA", "YEAR": 1789}),
    "the same unique key": ("shares", {"share_id": "new", "reporter": "NA", "NAME": "one"}),
}


@pytest.mark.parametrize(("table", "row"), REFUSED.values(), ids=REFUSED)
def test_rows_that_break_the_schema_are_refused(file, table, row):
    with pytest.raises(sqlite3.IntegrityError):
        added(file, table, row)


def test_a_row_that_fits_the_schema_is_taken(file):
    added(file, "actors", {"actor_id": "new", "part_of": "007", "is_state": 1, "members": 3})


def added(file: Path, table: str, row: dict[str, Any]) -> None:
    """Add a row, and take it back."""
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))  # noqa: S608 (our names)
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        connection.execute("ROLLBACK")
        if broken:
            raise sqlite3.IntegrityError(broken)


def test_references_are_looked_at_when_a_change_is_kept(file, tmp_path):
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(file.read_bytes())
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO actors (actor_id, part_of) VALUES ('new', 'nobody')")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("COMMIT")


def test_all_keys_and_references_of_the_package_are_held(published_file):
    with closing(sqlite3.connect(published_file)) as connection:
        for resource in json.loads((PACKAGE / "datapackage.json").read_bytes())["resources"]:
            held = connection.execute("SELECT * FROM pragma_foreign_key_list(?)", [resource["name"]]).fetchall()
            assert len(held) == len(resource["schema"].get("foreignKeys", []))
            columns = connection.execute("SELECT name, pk FROM pragma_table_info(?)", [resource["name"]]).fetchall()
            key = [name for name, place in sorted(columns, key=lambda one: one[1]) if place]
            assert key == resource["schema"]["primaryKey"]


def test_a_reference_to_a_row_that_is_not_there_names_its_row(published, tmp_path):
    edit(published / "data" / "statement_parties.csv", 3, "actor_id", "act-nobody")
    with pytest.raises(UsageError, match=r"statement_parties\.csv, row 3: .*actors.*depositary validate"):
        exported(published, tmp_path)


def test_a_key_that_comes_twice_names_its_row(published, tmp_path):
    actors = published / "data" / "actors.csv"
    edit(actors, 4, "actor_id", actors.read_text(encoding="utf-8").splitlines()[1].split(",")[0])
    with pytest.raises(UsageError, match=r"actors\.csv, row 4: UNIQUE constraint failed"):
        exported(published, tmp_path)


def test_a_parquet_file_with_a_value_that_is_no_code_is_refused(tmp_path):
    depositary.export(PACKAGE, ["parquet"], tmp_path / "out")
    file = tmp_path / "out" / "parquet" / "stances.parquet"
    table = pq.read_table(file)
    others = pa.array(["murmurs"] * table.num_rows)
    at = table.schema.get_field_index("stance")
    pq.write_table(table.set_column(at, table.schema.field(at), others), file)
    with pytest.raises(UsageError, match=r"stances\.parquet, row 1: CHECK constraint failed"):
        depositary.export(tmp_path / "out" / "parquet", ["sqlite"], tmp_path / "again")


TEXT = {"name": "id", "type": "string"}
CHILD = {"fields": ["of"], "reference": {"resource": "parents", "fields": ["id"]}}
CHILDREN = {"fields": [TEXT, {"name": "of", "type": "string"}], "primaryKey": ["id"], "foreignKeys": [CHILD]}


def family(folder: Path, parent: dict[str, Any], parents: str, children: str, of: str = "string") -> Path:
    """Make a package of children and their parents, the children first."""
    fields = [TEXT, {"name": "of", "type": of}]
    tables = [({**CHILDREN, "fields": fields}, "children", children), (parent, "parents", parents)]
    return put(folder, [(resource_of(n, s, {"delimiter": ","}), d.encode()) for s, n, d in tables])


@pytest.mark.parametrize(
    ("parent", "of", "why"),
    [
        pytest.param({"fields": [TEXT]}, "string", "id is not a key of parents", id="no key"),
        pytest.param(
            {"fields": [{"name": "id", "type": "integer"}], "primaryKey": ["id"]},
            "integer",
            "of and parents.id cannot be compared here",
            id="a column that became text",
        ),
    ],
)
def test_a_reference_that_cannot_be_held_is_noted(tmp_path, parent, of, why):
    package = family(tmp_path, parent, "id\n1\n99999999999999999999\n", "id,of\na,1\n", of)
    (written,) = depositary.export(package, ["sqlite"], tmp_path / "out")
    assert f"children.of: the reference is not a constraint here: {why}" in map(str, written.losses)


# What it says of itself


def test_comments_stand_in_the_definitions(published_file):
    with closing(sqlite3.connect(published_file)) as connection:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'stances'").fetchone()
    assert '"stance_id" TEXT NOT NULL, -- Stance id. Key of the stance' in sql
    assert sql.startswith('CREATE TABLE "stances" ( -- Stances. One row for each finding')
    assert sql.endswith("STRICT")


def test_a_line_break_in_a_description_does_not_end_the_comment(database):
    (sql,) = database.execute("SELECT sql FROM sqlite_master WHERE name = 'actors'").fetchone()
    assert '-- Actor id. The key: "quoted", with a line break.' in sql


def test_codes_stand_with_their_labels(database):
    rows = database.execute("SELECT value, label FROM _codes WHERE column_name = 'grade' AND table_name = 'codes'")
    assert rows.fetchall() == [("3", "Third"), ("1", "First"), ("2", "Second")]


def test_columns_stand_with_what_they_mean_and_refer_to(published_file):
    with closing(sqlite3.connect(published_file)) as connection:
        found = connection.execute(
            "SELECT type, title, refers_to FROM _columns "
            "WHERE table_name = 'stances' AND column_name IN ('as_of', 'party_id')"
        ).fetchall()
        described = connection.execute("SELECT DISTINCT kind FROM _tables WHERE description <> ''").fetchall()
    assert found == [("string", "Party", "actors.actor_id"), ("edtf", "As of", None)]
    assert described == [("table",), ("view",), ("description",)]


def test_the_package_is_named_with_version_and_licence(published_file):
    with closing(sqlite3.connect(published_file)) as connection:
        said = dict(connection.execute("SELECT property, value FROM _package"))
    assert (said["name"], said["license"]) == ("depositary-trade-policy", "CC-BY-4.0")
    assert said["version"] == json.loads((PACKAGE / "datapackage.json").read_bytes())["version"]


def test_datasette_shows_what_a_column_means(published_file):
    page = datasette(published_file, f"/{published_file.stem}/stances")
    assert "The date of the document or utterance that shows the stance" in page
    assert "CC-BY-4.0" in page


@pytest.mark.long
def test_datasette_shows_what_a_view_is(published_file):
    assert "The stance of the party" in datasette(published_file, f"/{published_file.stem}/statement_positions")


# Names and bytes


def test_types_that_sqlite_lacks_are_noted_if_they_are_there(tmp_path):
    (demo,) = depositary.export(CASES / "demo", ["sqlite"], tmp_path / "demo")
    assert [str(loss) for loss in demo.losses] == [
        "SQLite has no type for dates, times and booleans: they are ISO 8601 text, and 0 and 1"
    ]
    package = put(tmp_path, [(resource_of("texts", {"fields": [TEXT]}, {"delimiter": ","}), b"id\nx\n")])
    (plain,) = depositary.export(package, ["sqlite"], tmp_path / "out")
    assert plain.losses == []


def test_names_that_sqlite_does_not_tell_apart_are_changed_and_noted(tmp_path):
    fields = [TEXT, {"name": "ID", "type": "string"}]
    tables = [("sqlite_things", {"fields": fields}), ("_codes", {"fields": [TEXT]}), ("things", {"fields": [TEXT]})]
    texts = {2: b"id,ID\nx,y\n", 1: b"id\nx\n"}
    package = put(tmp_path, [(resource_of(n, s, {"delimiter": ","}), texts[len(s["fields"])]) for n, s in tables])
    (written,) = depositary.export(package, ["sqlite"], tmp_path / "out")
    assert [str(loss) for loss in written.losses] == [
        "sqlite_things: named table_sqlite_things here",
        "sqlite_things.ID: named ID_2 here",
        "_codes: named table_codes here",
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    "small", [pytest.param(True, id="nasty"), pytest.param(False, id="published", marks=pytest.mark.soak)]
)
def test_the_same_package_gives_the_same_bytes(package, tmp_path, small):
    def run(seed: str) -> list[bytes]:
        command = [sys.executable, "-m", "depositary", "export", package if small else PACKAGE, "--to", "sqlite"]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([*command, "--output-dir", tmp_path / seed], check=True, capture_output=True, env=environment)
        return [file.read_bytes() for file in sorted((tmp_path / seed).rglob("*")) if file.is_file()]

    assert run("1") == run("2")

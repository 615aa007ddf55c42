"""The DuckDB export, read by DuckDB."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT, edit
from nasty import DUCKDB_TYPES, nasty, typed
from test_reference import put, resource_of

import depositary
from depositary.errors import UsageError
from depositary.exporting.export import export
from depositary.exporting.written import Loss

PACKAGE = ROOT / "datapackage"


def exported(package: Path, folder: Path) -> tuple[Path, Sequence[Loss]]:
    (written,) = depositary.export(package, ["duckdb"], folder / "out")
    (file,) = (folder / "out" / "duckdb").glob("*.duckdb")
    return file, written.losses


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    return nasty(tmp_path_factory.mktemp("nasty"))


@pytest.fixture(scope="module")
def file(package, tmp_path_factory) -> Path:
    return exported(package, tmp_path_factory.mktemp("duckdb"))[0]


@pytest.fixture(scope="module")
def published_file(tmp_path_factory) -> Path:
    return exported(PACKAGE, tmp_path_factory.mktemp("published"))[0]


@pytest.fixture
def database(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(file, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def published_database(published_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(published_file, read_only=True) as connection:
        yield connection


TABLES = ["actors", "amounts", "shares", "texts", "codes", "moments", "odd", "empty", "nothing_but_nulls"]
TABLES += ["a_table_of_very_long_texts_that_no_cell_holds"]


@pytest.mark.parametrize("table", TABLES)
def test_values_and_their_order_are_those_of_the_cells(database, package, table):
    assert database.table(table).to_arrow_table().to_pylist() == typed(package)[table]


def test_columns_have_the_types_of_the_schema(database):
    rows = database.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'empty'").fetchall()
    assert dict(rows) == DUCKDB_TYPES


def test_codes_stand_in_the_order_of_the_schema(database):
    assert str(database.table("codes").select("phase").types[0]) == "ENUM('before', 'during', 'after')"
    in_order = database.execute("SELECT phase FROM codes WHERE phase IS NOT NULL ORDER BY phase").fetchall()
    assert in_order == [("before",), ("during",), ("after",)]


def test_clients_of_the_version_before_can_read_it(database):
    (tags,) = database.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchone()
    assert tags["storage_version"].startswith("v1.2.0")


# Keys and references

REFUSED = {
    "no key": ("actors", {"name": "nobody"}),
    "the same key": ("actors", {"actor_id": "007"}),
    "no such code": ("codes", {"code_id": "new", "phase": "never"}),
    "half of a key": ("shares", {"share_id": "new", "reporter": "NA", "YEAR": 1789}),
    "the same unique key": ("shares", {"share_id": "new", "reporter": "NA", "NAME": "one"}),
}


@pytest.mark.parametrize(("table", "row"), REFUSED.values(), ids=REFUSED)
def test_rows_that_break_the_schema_are_refused(file, tmp_path, table, row):
    with pytest.raises((duckdb.ConstraintException, duckdb.ConversionException)):
        add(file, tmp_path, table, row)


def test_a_row_that_fits_the_schema_is_taken(file, tmp_path):
    add(file, tmp_path, "shares", {"share_id": "new", "reporter": "NA", "YEAR": 1999})


def add(file: Path, folder: Path, table: str, row: dict[str, Any]) -> None:
    (folder / "copy.duckdb").write_bytes(file.read_bytes())
    names = ", ".join(row)
    with duckdb.connect(folder / "copy.duckdb") as connection:
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))  # noqa: S608 (our names)


def test_the_references_of_the_package_are_held_but_for_those_that_close_a_circle(published_database):
    meant = {
        (resource["name"], tuple(key["fields"]))
        for resource in json.loads((PACKAGE / "datapackage.json").read_bytes())["resources"]
        for key in resource["schema"].get("foreignKeys", [])
    }
    held = published_database.execute(
        "SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY'"
    ).fetchall()
    assert meant - {(table, tuple(columns)) for table, columns in held} == {
        ("actors", ("source_id",)),
        ("actors", ("origin_source_id",)),
    }


def test_a_reference_that_closes_a_circle_is_noted(tmp_path):
    (*_, losses) = exported(PACKAGE, tmp_path)
    why = "rows cannot be added to tables that refer to each other in a circle"
    assert f"actors.source_id: the reference is not a constraint here: {why}" in map(str, losses)


TEXT = {"name": "id", "type": "string"}
UP, VIA = {"name": "up", "type": "string"}, {"name": "via", "type": "string"}


def to_itself(*fields: str) -> list[dict[str, Any]]:
    return [{"fields": [name], "reference": {"fields": ["id"]}} for name in fields]


def of_parts(folder: Path, rows: str) -> Path:
    """Make a table of rows with two references to others of it: id, up, via."""
    schema = {"fields": [TEXT, UP, VIA], "primaryKey": ["id"], "foreignKeys": to_itself("up", "via")}
    data = "id,up,via\n" + "".join(f"{row}\n" for row in rows.split())
    return put(folder, [(resource_of("parts", schema, {"delimiter": ","}), data.encode())])


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [
        pytest.param("c,b, b,a, a,, d,,c", [], id="children before their parents"),
        pytest.param("a,,b b,a,", ["parts.via"], id="a circle by way of both"),
        pytest.param("a,a, b,,a", ["parts.up"], id="a row that refers to itself"),
        pytest.param("a,b,b b,a,a c,,", ["parts.up", "parts.via"], id="two circles"),
    ],
)
def test_references_within_a_table_are_held_if_rows_do_not_go_in_a_circle(tmp_path, rows, left_out):
    file, losses = exported(of_parts(tmp_path, rows), tmp_path)
    assert [f"{loss.table}.{loss.field}" for loss in losses] == left_out
    with duckdb.connect(file) as connection:
        found = connection.execute("SELECT concat_ws(',', id, coalesce(up, ''), coalesce(via, '')) FROM parts")
        assert sorted(row[0] for row in found.fetchall()) == sorted(rows.split())
        if "parts.up" not in left_out:
            with pytest.raises(duckdb.ConstraintException):
                connection.execute("INSERT INTO parts (id, up) VALUES ('new', 'nobody')")


def test_a_long_line_of_rows_below_each_other_is_held(tmp_path):
    file, losses = exported(of_parts(tmp_path, " ".join(f"{n},{n + 1}," for n in range(30)) + " 30,,"), tmp_path)
    assert losses == []
    with duckdb.connect(file, read_only=True) as connection:
        assert connection.execute("SELECT COUNT(*) FROM parts").fetchone() == (31,)


@pytest.mark.parametrize("name", ["staged", "arriving", "steps", "placed", "target", "main", "select", "a.b", 'c"d'])
def test_a_table_may_have_any_name(tmp_path, name):
    schema = {"fields": [TEXT, UP], "primaryKey": ["id"], "foreignKeys": to_itself("up")}
    resource = {**resource_of("table", schema, {"delimiter": ","}), "name": name}
    file, losses = exported(put(tmp_path, [(resource, b"id,up\na,b\nb,\n")]), tmp_path)
    assert losses == []
    with duckdb.connect(file, read_only=True) as connection:
        quoted = name.replace('"', '""')
        assert connection.execute(f'SELECT id FROM "{quoted}" ORDER BY id').fetchall() == [("a",), ("b",)]  # noqa: S608


def test_more_rows_than_one_statement_adds_are_all_there(tmp_path, monkeypatch):
    monkeypatch.setattr("depositary.exporting.formats.duckdb._AT_ONCE", 3)
    file, _ = exported(of_parts(tmp_path, " ".join(f"{n},{n // 2 if n else ''}," for n in range(20))), tmp_path)
    with duckdb.connect(file, read_only=True) as connection:
        assert connection.execute("SELECT COUNT(*), COUNT(DISTINCT id) FROM parts").fetchone() == (20, 20)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        pytest.param("statement_parties.csv", "act-nobody", "act-nobody", id="a reference"),
        pytest.param("actors.csv", "", "", id="a key"),
    ],
)
def test_rows_that_break_a_key_or_reference_are_refused_in_words(published, tmp_path, place, value, said):
    file = published / "data" / place
    first = file.read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    edit(file, 3, "actor_id", value or first)
    with pytest.raises(UsageError, match=rf"{place}: .*{said or first}.*depositary validate"):
        exported(published, tmp_path)


# What it says of itself


def test_comments_say_what_tables_and_columns_mean(published_database):
    (table,) = published_database.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'stances'").fetchone()
    (column,) = published_database.execute(
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'stances' AND column_name = 'as_of'"
    ).fetchone()
    assert table.startswith("Stances. One row for each finding about a party's position")
    assert column.startswith("As of. The date of the document")


def test_comments_say_what_views_mean(published_database):
    (view,) = published_database.execute(
        "SELECT comment FROM duckdb_views() WHERE view_name = 'statement_positions'"
    ).fetchone()
    (column,) = published_database.execute(
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'statement_positions' AND column_name = 'is_holder'"
    ).fetchone()
    assert view.startswith("One row for each statement")
    assert column == "True when the party is one whose position the statement gives."


def test_codes_stand_with_their_labels(database):
    rows = database.execute("SELECT value, label FROM _codes WHERE column_name = 'grade' AND table_name = 'codes'")
    assert rows.fetchall() == [("3", "Third"), ("1", "First"), ("2", "Second")]


def test_the_package_is_named_with_version_and_licence(database):
    said = dict(database.execute("SELECT property, value FROM _package").fetchall())
    assert (said["name"], said["version"], said["license"]) == ("nasty", "1.2.3", "CC-BY-4.0")


def bytes_of(package: Path, folder: Path, seed: str) -> bytes:
    """Export by the command line, with another order of hashes."""
    command = [sys.executable, "-m", "depositary", "export", package, "--to", "duckdb", "--output-dir", folder / seed]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    (file,) = (folder / seed / "duckdb").glob("*.duckdb")
    return file.read_bytes()


@pytest.mark.long
@pytest.mark.parametrize(
    "small", [pytest.param(True, id="nasty"), pytest.param(False, id="published", marks=pytest.mark.soak)]
)
def test_the_same_package_gives_the_same_bytes(package, tmp_path, small):
    given = package if small else PACKAGE
    assert bytes_of(given, tmp_path, "1") == bytes_of(given, tmp_path, "2")


def by_library(package: Path, folder: Path, junk: str) -> bytes:
    """Export by the library, in a process that has loaded DuckDB with other memory and used it."""
    code = (
        "import sys, duckdb, depositary; "
        "duckdb.sql('SELECT md5(i::VARCHAR) FROM range(100000) t(i)').fetchall(); "
        "depositary.export(sys.argv[1], ['duckdb'], sys.argv[2])"
    )
    environment = {**os.environ, "DUCKDB_JE_MALLOC_CONF": junk}
    subprocess.run([sys.executable, "-c", code, package, folder / junk[:4]], check=True, env=environment)
    (file,) = (folder / junk[:4] / "duckdb").glob("*.duckdb")
    return file.read_bytes()


@pytest.mark.long
@pytest.mark.parametrize("memory", ["junk:true", pytest.param("zero:true", marks=pytest.mark.soak)])
def test_a_call_of_the_library_gives_the_bytes_of_the_command(package, tmp_path, memory):
    assert by_library(package, tmp_path, memory) == bytes_of(package, tmp_path, "1")


@pytest.mark.long
@pytest.mark.parametrize(("wanted", "asked"), [("csv,duckdb", "zero:true"), ("csv", None)])
def test_only_an_export_to_duckdb_asks_for_memory_of_zeros(package, tmp_path, wanted, asked):
    arguments = ["depositary", "export", str(package), "--to", wanted, "--output-dir", str(tmp_path / "out")]
    code = (
        f"import os, sys; sys.argv = {arguments!r}\nfrom depositary.cli import main\n"
        "try: main()\nfinally: print(repr(os.environ.get('DUCKDB_JE_MALLOC_CONF')))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == repr(asked)


@pytest.mark.usefixtures("in_a_child")
def test_a_call_of_the_library_tells_how_far_it_is(package, tmp_path):
    told = []
    export(package, ["duckdb"], tmp_path / "out", tell=lambda *words: told.append(words))
    assert ("duckdb", "actors", len(typed(package)["actors"])) in told


@pytest.mark.usefixtures("in_a_child")
def test_what_a_child_cannot_keep_is_said_as_here(package, tmp_path, monkeypatch):
    file, losses = exported(package, tmp_path)
    monkeypatch.undo()
    assert (file, losses) == exported(package, tmp_path)
    assert losses


@pytest.mark.usefixtures("in_a_child")
def test_what_a_child_refuses_is_an_error_in_words(tmp_path):
    package = put(tmp_path, [(resource_of("odd", {"fields": [TEXT], "primaryKey": ["id"]}, {}), b"id\n1\n1\n")])
    with pytest.raises(UsageError, match="depositary validate"):
        exported(package, tmp_path)


@pytest.mark.usefixtures("in_a_child")
def test_a_child_that_ends_early_is_an_error_in_words(package, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UsageError, match="ended too early"):
        exported(package, tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.soak
def test_a_large_package_gives_the_same_bytes(tmp_path):
    fields = [TEXT, {"name": "number", "type": "number"}, UP]
    schema = {"fields": fields, "primaryKey": ["id"], "uniqueKeys": [["number"]]}
    rows = "".join(f"row-{n * 7919 % 1_500_007:09},{n}.5,up-{n * 31 % 1009:04}\n" for n in range(1_500_000))
    package = put(tmp_path, [(resource_of("rows", schema, {"delimiter": ","}), f"id,number,up\n{rows}".encode())])
    assert bytes_of(package, tmp_path, "1") == bytes_of(package, tmp_path, "2")

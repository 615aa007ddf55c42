"""Tables that a cluster exports have the rows of the embedded export, wherever their files are cut."""

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from cluster_here import ClusterHere
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from test_lanes import fast_lane
from test_load import FIELDS, ROWS
from test_parts import GOOD
from test_parts import package as in_parts
from test_reference import packages, put, resource_of

import depositary
from depositary.cluster.ranges import Ranges
from depositary.errors import UsageError
from depositary.exporting.export import export
from depositary.exporting.written import Written
from depositary.model.package import Resource

FORMS = ("csv", "parquet")
LISTED = re.compile(r"^\| `.*\n", re.MULTILINE)  # the files in EXPORT-NOTES.md


@dataclass(frozen=True)
class Exported:
    folder: Path
    written: Sequence[Written]
    error: str = ""


def run(path: Path, folder: Path, cluster: ClusterHere | None = None, **options: Any) -> Exported:
    try:
        return Exported(folder, export(path, FORMS, folder, cluster=cluster, **options))
    except UsageError as error:
        assert not list(folder.parent.glob(f"*{folder.name}*/*"))
        return Exported(folder, [], str(error))


def assert_same(path: Path, room: Path, cluster: ClusterHere, **options: Any) -> Exported:
    """Export a package here and on a cluster, and compare all but the number of files."""
    with fast_lane(max(cluster.size, 64)):
        expected, found = run(path, room / "here", **options), run(path, room / "there", cluster, **options)
    assert bool(found.error) == bool(expected.error), (found.error, expected.error)
    if not expected.error:
        compare(expected, found, options.get("parts"))
    return found


def compare(expected: Exported, found: Exported, most: int | None) -> None:
    for one, other in zip(expected.written, found.written, strict=True):
        assert one.losses == other.losses
    notes = [LISTED.sub("", (of.folder / "EXPORT-NOTES.md").read_text("utf-8")) for of in (expected, found)]
    assert notes[0] == notes[1]
    for form in FORMS:
        here, there = (described(of.folder / form) for of in (expected, found))
        assert here.keys() == there.keys()
        for name in here:
            assert most is None or all(file.rows <= most for file in files_of(found, form, name))
            assert rows_in(expected.folder / form, here[name], form) == rows_in(found.folder / form, there[name], form)
    assert not list(found.folder.rglob(".*"))


def described(folder: Path) -> dict[str, list[str]]:
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    listed = [one["path"] if isinstance(one["path"], list) else [one["path"]] for one in package["resources"]]
    return {one["name"]: paths for one, paths in zip(package["resources"], listed, strict=True)}


def files_of(exported: Exported, form: str, name: str) -> list[Any]:
    paths = {f"{form}/{path}" for path in described(exported.folder / form)[name]}
    return [file for one in exported.written for file in one.files if file.path in paths]


def rows_in(folder: Path, paths: Sequence[str], form: str) -> Any:
    """Give the rows in all parts of a table, with their types, in order."""
    if form == "csv":
        header = (folder / paths[0]).read_bytes().split(b"\n")[0] + b"\n"
        texts = [(folder / path).read_bytes() for path in paths]
        assert all(text.startswith(header) for text in texts)
        return header + b"".join(text.removeprefix(header) for text in texts)
    tables = [parquet.read_table(folder / path) for path in paths]
    assert all(table.schema.equals(tables[0].schema, check_metadata=True) for table in tables)
    return tables[0].schema, pa.concat_tables(tables).to_pylist()


@pytest.mark.short(15)
@given(packages(), st.integers(2, 200), st.sampled_from([None, 1, 2, 5]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_random_tables_may_be_cut_anywhere(drawn, size, parts, safe_cells):
    with TemporaryDirectory() as folder:
        (Path(folder) / "package").mkdir()
        path = put(Path(folder) / "package", *drawn)
        assert_same(path, Path(folder), ClusterHere(size), parts=parts, safe_cells=safe_cells)


def facts(folder: Path, *more: str) -> Path:
    rows = ROWS.replace("\n,,3", "\nx,,3") + "".join(more)
    (folder / "package").mkdir()
    return put(folder / "package", [(resource_of("facts", {"fields": FIELDS}, {}), rows.encode())])


@pytest.mark.parametrize("size", [7, 60, 1000])
@pytest.mark.parametrize("parts", [None, 2])
def test_rows_keep_their_values_and_their_order(size, parts, tmp_path):
    path = facts(tmp_path, *(f"a{at},lo,,{at},+{at}.50,,,,\n" for at in range(8)))
    found = assert_same(path, tmp_path, ClusterHere(size), parts=parts)
    assert any("a plus sign 8, as in" in str(loss) for one in found.written for loss in one.losses)
    assert depositary.validate(found.folder / "csv", rules=False).valid
    assert depositary.validate(found.folder / "parquet", rules=False).valid


def test_a_task_writes_a_part(tmp_path):
    path = facts(tmp_path, *(f"a{at},lo,,{at},,,,,\n" for at in range(60)))
    with fast_lane(64):
        found = run(path, tmp_path / "there", ClusterHere(150))
    for form in FORMS:
        names = described(found.folder / form)["facts"]
        assert names == [f"facts/part-{at:05}.{form}" for at in range(1, len(names) + 1)]
        assert len(names) > 5


QUOTED = 'id,n,of\na,2,"a\nb"\n"b\n""c",x,a\n,,"q"\n"e",1,zz\na,7,a'


@pytest.mark.parametrize("size", [2, 7, 1000])
def test_files_in_parts_may_be_cut_anywhere(size, tmp_path):
    fields = [{"name": name, "type": "string"} for name in ("id", "n", "of")]
    files = {"a.csv": QUOTED, "b.csv.gz": gzip.compress(QUOTED.encode()), "c.csv": GOOD, "d.csv": QUOTED + "\n"}
    (tmp_path / "package").mkdir()
    path = in_parts(tmp_path / "package", files, schema={"fields": fields})
    cluster = ClusterHere(size)
    assert not assert_same(path, tmp_path, cluster).error
    assert cluster.tasks > 2 * len(files) or size == 1000


@pytest.mark.parametrize("size", [60, 1000])
def test_a_column_with_values_that_do_not_fit_is_text_in_all_parts(size, tmp_path):
    rows = [f"a{at},lo,,{'8' * 30 if at == 7 else ''},{'9' * 45 if at in (3, 9) else '1.50'},,,,\n" for at in range(12)]
    found = assert_same(facts(tmp_path, *rows), tmp_path, ClusterHere(size))
    lost = [str(loss) for loss in found.written[1].losses]
    assert f"facts.value: text, because {'9' * 45} does not fit number" in lost
    assert f"facts.count: text, because {'8' * 30} does not fit integer" in lost


def test_a_table_without_rows_is_one_file(tmp_path):
    (tmp_path / "package").mkdir()
    path = put(tmp_path / "package", [(resource_of("facts", {"fields": FIELDS}, {}), ROWS.split("\n")[0].encode())])
    found = assert_same(path, tmp_path, ClusterHere(5))
    assert described(found.folder / "csv") == {"facts": ["facts.csv"]}


@pytest.mark.long
def test_the_published_package_is_the_same(tmp_path):
    cluster = ClusterHere(3_000)
    found = assert_same(ROOT / "datapackage", tmp_path, cluster)
    assert cluster.tasks > cluster.tables > 10
    assert depositary.validate(found.folder / "csv").valid


@pytest.mark.long
def test_small_tables_are_written_here(tmp_path):
    cluster = ClusterHere(3_000, ["trade_flows"])
    assert_same(ROOT / "datapackage", tmp_path, cluster)
    assert cluster.tables == len(FORMS)


def test_a_table_that_cannot_be_cut_for_certain_is_written_here(tmp_path):
    odd = 'x,lo,,,,,,a "b",\n'
    found = assert_same(facts(tmp_path, odd * 9), tmp_path, ClusterHere(60))
    assert described(found.folder / "csv") == {"facts": ["facts.csv"]}


# What is wrong


@pytest.mark.parametrize("size", [20, 200])
@pytest.mark.parametrize("paths", [["a.csv"], ["a.csv", "b.csv", "c.csv"]], ids=len)
@pytest.mark.parametrize("spoilt", ["x,hi,1,many,,,,,\n", "x,hi\n"], ids=["a cell", "a row"])
def test_a_refused_cell_is_named_with_its_row(spoilt, paths, size, tmp_path):
    header, *rows = ROWS.replace("\n,,3", "\nx,,3").splitlines(keepends=True)
    quoted = 'y,lo,,,,,,"a\nb",\n'
    files = {path: header + "".join(rows) * 3 + quoted for path in paths}
    files[paths[-1]] += spoilt + rows[0]
    schema = {"fields": FIELDS, "missingValues": [""]}
    (tmp_path / "package").mkdir()
    path = in_parts(tmp_path / "package", files, schema=schema)
    found = assert_same(path, tmp_path, ClusterHere(size))
    assert found.error == run(path, tmp_path / "again").error
    assert found.error.startswith(f"{paths[-1]}, row 12: ")


def test_a_byte_that_is_not_text_is_named(tmp_path):
    path = facts(tmp_path, "x,lo,,,,,,,\n" * 9, "x,lo,,,,,,?,\n")
    file = path / "facts.csv"
    file.write_bytes(file.read_bytes().replace(b"?", b"\xe9"))
    found = assert_same(path, tmp_path, ClusterHere(60))
    assert found.error == run(path, tmp_path / "again").error
    assert "facts.csv cannot be read: byte" in found.error


class Spoilt(ClusterHere):
    """Does something to the task, or to the files, before it runs."""

    def __init__(self, spoil: Any) -> None:
        super().__init__(60)
        self._spoil = spoil

    def each(self, resource: Resource, work: Any) -> list[Any]:
        return super().each(resource, self._spoil(work))


def elsewhere(work: Any) -> Any:
    return replace(work, folder=Path("/not/here"))


def lost(work: Any) -> Any:
    gone = replace(work.resource, file=work.resource.file.with_name("gone.csv"))
    return replace(work, resource=gone)


def twice(work: Any) -> Any:
    """Let each task run twice, as Spark may, and leave what an attempt that failed wrote."""
    return Twice(work)


@dataclass(frozen=True)
class Twice:
    work: Any

    def __call__(self, ranges: Ranges) -> Any:
        self.work(ranges)
        (self.work.folder / "left over").write_text("half")
        return self.work(ranges)


def vanishing(work: Any) -> Any:
    return Vanishing(work)


@dataclass(frozen=True)
class Vanishing:
    """Writes to a disk that only a worker sees."""

    work: Any

    def __call__(self, ranges: Ranges) -> Any:
        done = self.work(ranges)
        for file in self.work.folder.iterdir():
            file.unlink()
        return done


FAULTS = {
    "a folder that a worker does not see": (elsewhere, r"^a worker of the cluster does not see /not/here\. The output"),
    "a file that a worker does not see": (lost, r"^facts\.csv cannot be read: .*gone\.csv.* The package must be on"),
    "a part that is only there": (
        vanishing,
        r"^a worker of the cluster wrote a file of facts that is not here\. The o",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), FAULTS.values(), ids=FAULTS)
def test_storage_that_is_not_shared_is_named(spoil, message, tmp_path):
    with fast_lane(64):
        found = run(facts(tmp_path, "x,lo,,,,,,,\n" * 9), tmp_path / "out", Spoilt(spoil))
    assert re.match(message, found.error)


def test_a_task_may_run_twice(tmp_path):
    assert not assert_same(facts(tmp_path, "x,lo,,,,,,,\n" * 9), tmp_path, Spoilt(twice)).error


@pytest.mark.parametrize("to", ["xlsx", "csv,sqlite,dta"])
def test_other_formats_are_refused(to, tmp_path, run):
    ran = run("export", ROOT / "datapackage", "--to", to, "--output-dir", tmp_path / "out", "--engine", "spark")
    named = to.replace("csv,", "").replace(",", ", ")
    assert ran.code == 2
    assert f"{named}: a cluster writes only csv and parquet. Export other formats without --engine spark." in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("options", [["--master", "local[1]"], ["--conf", "a=b"]], ids=lambda one: one[0])
def test_options_of_a_cluster_without_it_are_refused(options, tmp_path, run):
    ran = run("export", ROOT / "datapackage", "--to", "csv", "--output-dir", tmp_path / "out", *options)
    assert (ran.code, "--master and --conf are for --engine spark" in ran.err) == (2, True)

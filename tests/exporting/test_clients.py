"""Exports, read by programs from npm and Debian: they find what the cells say, up to the losses that are listed.

`make clients` installs these programs and runs the tests; a program that is absent makes them fail.
"""

import csv
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from client_values import Limits, Source, differences
from conftest import ROOT
from nasty import nasty

import depositary
from depositary.exporting.written import Loss
from depositary.read.views import views_of

CLIENTS = ROOT / "tests" / "clients"
DOUBLES = Limits(frozenset({"number"}))
NUMBERS = Limits(frozenset({"number", "integer"}))
pytestmark = pytest.mark.clients


@dataclass(frozen=True)
class Case:
    """A package and its exports, each made when it is asked for."""

    source: Source
    folder: Path
    _done: dict[str, Sequence[Loss]] = field(default_factory=dict)

    def export(self, form: str) -> tuple[Path, set[tuple[str, str]]]:
        """Give the folder of a format, and the fields of which a loss is listed."""
        if form not in self._done:
            (written,) = depositary.export(self.source.folder, [form], self.folder / form)
            self._done[form] = written.losses
        return self.folder / form / form, {(loss.table, loss.field) for loss in self._done[form]}


@pytest.fixture(scope="session", params=["nasty", "published"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp(request.param)
    package = nasty(folder / "package") if request.param == "nasty" else ROOT / "datapackage"
    return Case(Source(package), folder)


@cache
def ask(program: str, script: str, path: Path) -> dict[str, Any]:
    """Run a reader, and give what it printed."""
    found = shutil.which(program)
    assert found, f"{program} is not here: `make clients` installs it (with apt-get and npm), and these tests need it"
    done = subprocess.run(
        [found, script, str(path)],
        cwd=CLIENTS,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
    )
    assert done.returncode == 0, f"{program} {script} failed (does `make clients` have to install it?): {done.stderr}"
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


# CSV


def test_datapackage_of_npm_reads_the_csv_export(case: Case):
    folder, _ = case.export("csv")
    answer = ask("node", "datapackage.mjs", folder)
    limits = Limits(DOUBLES.doubles, milliseconds=True, trims=True)
    assert differences(case.source, answer["tables"], limits) == {}


def test_what_datapackage_of_npm_refuses_is_known(case: Case):
    refused = ask("node", "datapackage.mjs", case.export("csv")[0])["refused"]
    if "texts" not in case.source.schemas:
        assert refused == {}
        return
    assert sorted(refused) == ["actors", "amounts", "moments", "odd"]
    assert '"9007199254740993" in column "members" is not type "integer"' in refused["actors"]
    assert '"18446744073709551616" in column "huge"' in refused["amounts"]
    assert '"12:00:00.000001" in column "hour" is not type "time"' in refused["moments"]
    assert "header names" in refused["odd"]  # version 1 has no type `list`


def test_the_published_package_is_read_by_datapackage_of_npm_as_it_stands():
    source = Source(ROOT / "datapackage")
    answer = ask("node", "datapackage.mjs", source.folder)
    assert answer["refused"] == {}
    assert differences(source, answer["tables"], DOUBLES) == {}


def test_readr_reads_the_csv_export_by_its_script(case: Case):
    answer = ask("Rscript", "readr.R", case.export("csv")[0])
    assert differences(case.source, answer["tables"], DOUBLES) == {}


def test_the_script_for_r_makes_factors_of_categories(case: Case):
    answer = ask("Rscript", "readr.R", case.export("csv")[0])
    for name, schema in case.source.schemas.items():
        coded = {f["name"]: f for f in schema["fields"] if "categories" in f}
        assert answer["factors"][name] == {
            field: {
                "values": [str(one["value"] if isinstance(one, dict) else one) for one in f["categories"]],
                "ordered": f.get("categoriesOrdered", False),
            }
            for field, f in coded.items()
        }


# Parquet


def test_hyparquet_reads_the_parquet_export(case: Case):
    folder, _ = case.export("parquet")
    answer = ask("node", "hyparquet.mjs", folder)
    assert differences(case.source, answer["tables"], Limits(DOUBLES.doubles, milliseconds=True)) == {}


def test_every_parquet_file_says_the_version_of_its_package(case: Case):
    answer = ask("node", "hyparquet.mjs", case.export("parquet")[0])
    version = json.loads((case.source.folder / "datapackage.json").read_text(encoding="utf-8"))["version"]
    assert set(answer["versions"].values()) == {version}


def test_duckdb_of_npm_reads_the_parquet_export(case: Case):
    answer = ask("node", "duckdb.mjs", case.export("parquet")[0])
    assert differences(case.source, answer["tables"], Limits()) == {}


# Tables in parts


@pytest.fixture(scope="session")
def cut_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, Path]:
    folder = tmp_path_factory.mktemp("cut")
    package = nasty(folder / "package")
    depositary.export(package, ["csv", "parquet"], folder / "out", parts=2)
    assert len(list((folder / "out").rglob("part-*"))) > 20
    return Source(package), folder / "out"


@pytest.mark.parametrize(
    ("program", "script", "form", "limits"),
    [
        ("Rscript", "readr.R", "csv", DOUBLES),
        ("node", "hyparquet.mjs", "parquet", Limits(DOUBLES.doubles, milliseconds=True)),
        ("node", "duckdb.mjs", "parquet", Limits()),
    ],
)
def test_the_parts_of_an_export_are_read_as_one_table(
    cut_up: tuple[Source, Path], program: str, script: str, form: str, limits: Limits
):
    source, folder = cut_up
    assert differences(source, ask(program, script, folder / form)["tables"], limits) == {}


# Databases


def only(folder: Path, ending: str) -> Path:
    (file,) = folder.glob(f"*.{ending}")
    return file


def unlisted(found: dict[tuple[str, str], str], listed: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Give the differences of which no loss is listed."""
    return {where: said for where, said in found.items() if where not in listed}


def test_duckdb_of_npm_reads_the_duckdb_export(case: Case):
    folder, _ = case.export("duckdb")
    answer = ask("node", "duckdb.mjs", only(folder, "duckdb"))
    assert differences(case.source, answer["tables"], Limits()) == {}


def test_rsqlite_reads_the_sqlite_export(case: Case):
    folder, listed = case.export("sqlite")
    answer = ask("Rscript", "rsqlite.R", only(folder, "sqlite"))
    assert unlisted(differences(case.source, answer["tables"], DOUBLES), listed) == {}


@pytest.mark.parametrize("form", ["sqlite", "duckdb"])
def test_clients_read_the_views(case: Case, form: str):
    program, script = ("Rscript", "rsqlite.R") if form == "sqlite" else ("node", "duckdb.mjs")
    tables = ask(program, script, only(case.export(form)[0], form))["tables"]
    views = [view.name for view in views_of(depositary.open(case.source.folder))]
    assert set(views) <= set(tables)


# Stata and Excel


def test_haven_reads_the_stata_export(case: Case):
    folder, listed = case.export("dta")
    tables = ask("Rscript", "haven.R", folder)["tables"]
    limits = Limits(DOUBLES.doubles, no_null_texts=True)
    assert unlisted(differences(case.source, with_codes(tables, folder), limits), listed) == {}


def with_codes(tables: dict[str, dict[str, list[str | None]]], folder: Path) -> dict[str, dict[str, list[str | None]]]:
    """Put codes that are texts into the place of their numbers, as `codes.csv` tells them."""
    with (folder / "codes.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    codes = {(line["table"], line["variable"], line["number"]): line["code"] for line in lines}
    return {
        table: {
            name: [codes.get((table, name, cell or ""), cell) for cell in column] for name, column in columns.items()
        }
        for table, columns in tables.items()
    }


def test_haven_reads_the_labels_of_codes(case: Case):
    folder, _ = case.export("dta")
    found = ask("Rscript", "haven.R", folder)["labels"]
    for name, schema in case.source.schemas.items():
        for f in schema["fields"]:
            if "categories" in f:
                labels = [one["label"] if isinstance(one, dict) else one for one in f["categories"]]
                assert sorted(label for (label,) in found[name][f["name"]].values()) == sorted(labels)


def test_haven_reads_the_titles_of_variables(case: Case):
    folder, _ = case.export("dta")
    found = ask("Rscript", "haven.R", folder)["titles"]
    for name, schema in case.source.schemas.items():
        titles = [f["title"][:80] for f in schema["fields"]]
        assert [title for (title,) in found[name].values()] == titles


def test_readxl_reads_the_workbook(case: Case):
    folder, listed = case.export("xlsx")
    answer = ask("Rscript", "readxl.R", only(folder, "xlsx"))
    sheets = {name: answer["tables"][name[:31]] for name in case.source.schemas}
    limits = Limits(NUMBERS.doubles, milliseconds=True)
    assert unlisted(differences(case.source, sheets, limits), listed) == {}


@pytest.mark.office
def test_libreoffice_reads_the_workbook(case: Case, tmp_path: Path):
    folder, listed = case.export("xlsx")
    sheets = by_libreoffice(only(folder, "xlsx"), tmp_path)
    tables = {name: sheets[name[:31]] for name in case.source.schemas}
    limits = Limits(NUMBERS.doubles, milliseconds=True)
    assert unlisted(differences(case.source, tables, limits), listed) == {}


@pytest.mark.office
def test_libreoffice_takes_no_text_for_a_formula(tmp_path: Path, case: Case):
    if "texts" not in case.source.schemas:
        return
    sheets = by_libreoffice(only(case.export("xlsx")[0], "xlsx"), tmp_path)
    rows = dict(zip(sheets["texts"]["text_id"], sheets["texts"]["said"], strict=True))
    assert [rows[name] for name in ("formula", "plus", "minus", "at")] == ["=1+1", "+1", "-1", "@SUM(A1)"]


def by_libreoffice(workbook: Path, folder: Path) -> dict[str, dict[str, list[str | None]]]:
    """Let LibreOffice write every sheet as CSV."""
    convert(workbook, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1", folder)
    return {file.stem.removeprefix(f"{workbook.stem}-"): _columns(file) for file in folder.glob("*.csv")}


def convert(workbook: Path, form: str, folder: Path) -> None:
    """Let LibreOffice write a workbook in another form."""
    found = shutil.which("soffice")
    assert found, "soffice is not here: `make clients-all` installs LibreOffice (with apt-get), and this test needs it"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    order = [found, profile, "--headless", "--convert-to", form, "--outdir", str(folder), str(workbook)]
    subprocess.run(order, check=True, capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})


def _columns(file: Path) -> dict[str, list[str | None]]:
    with file.open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream)) or [[]]
    return {name: [row[at] or None for row in rows] for at, name in enumerate(header)}

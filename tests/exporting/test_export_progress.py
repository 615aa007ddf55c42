"""What an export shows while it works: which format of how many, and the percentage of all rows."""

import gzip
import re
from pathlib import Path

import pytest
from test_reference import put, resource_of

import depositary
from depositary.exporting.export import export
from depositary.exporting.formats import FORMATS
from depositary.exporting.progress import ExportProgress
from depositary.loading.load import open_tables

SCHEMA = {"fields": [{"name": "id", "type": "string"}, {"name": "text", "type": "string"}], "primaryKey": ["id"]}
LINE = re.compile(r"(\d+)%, format (\d+) of (\d+), (\w+): (\w+), [\d,]+ rows?")


def folder_of(folder: Path, *tables: tuple[dict[str, object], bytes]) -> Path:
    folder.mkdir()
    return put(folder, list(tables))


def table(rows: int) -> bytes:
    return ("id,text\n" + "".join(f"{n},the text of row {n}\n" for n in range(rows))).encode()


@pytest.fixture
def large(tmp_path) -> Path:
    """Give a package with a table of three blocks, a small one and an empty one."""
    tables = {"long": 150_000, "short": 3, "none": 0}
    return folder_of(
        tmp_path / "large", *((resource_of(name, SCHEMA, {}), table(rows)) for name, rows in tables.items())
    )


def progress_of(package: Path, formats: list[str], folder: Path) -> list[tuple[str, ...]]:
    opened = open_tables(package)
    work, lines = ExportProgress(opened, formats), []
    export(opened, formats, folder / "out", tell=lambda *told: lines.append(work.note(*told)))
    return [match.groups() for line in lines if (match := LINE.fullmatch(line))] if lines else []


def test_the_percentage_never_falls_and_each_format_has_its_share(large, tmp_path):
    formats = ["csv", "parquet", "jsonl", "sqlite"]
    lines = progress_of(large, formats, tmp_path)
    percents = [int(line[0]) for line in lines]
    assert percents == sorted(percents)
    assert percents[-1] <= 99
    for at, form in enumerate(formats):
        own = [int(percent) for percent, number, of, name, _ in lines if (number, of, name) == (str(at + 1), "4", form)]
        assert own
        assert 25 * at <= own[0] <= own[-1] <= 25 * (at + 1)
        assert own[-1] >= 25 * (at + 1) - 3


@pytest.mark.short(3)
@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_format_shows_its_number(large, tmp_path, form):
    lines = progress_of(large, [form], tmp_path)
    assert lines
    assert {line[1:4] for line in lines} == {("1", "1", form)}
    assert int(lines[-1][0]) >= 97


def test_compressed_tables_and_parquet_have_a_percentage_too(large, tmp_path):
    depositary.export(large, ["parquet"], tmp_path / "stored")
    assert int(progress_of(tmp_path / "stored" / "parquet", ["csv"], tmp_path)[-1][0]) == 99
    packed = {**resource_of("long", SCHEMA, {}), "path": "long.csv.gz"}
    folder = folder_of(tmp_path / "packed", (packed, gzip.compress(table(150_000))))
    percents = [int(line[0]) for line in progress_of(folder, ["jsonl"], tmp_path)]
    assert percents == sorted(percents)
    assert percents[-1] > 20


def test_a_package_without_rows_has_progress(tmp_path):
    folder = folder_of(tmp_path / "empty", (resource_of("none", SCHEMA, {}), table(0)))
    work = ExportProgress(open_tables(folder), ["csv"])
    assert work.note("csv", "none", 0) == "0%, format 1 of 1, csv: none, 0 rows"

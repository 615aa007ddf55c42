"""What docs/own-package.md shows, done: its files are written, its commands run, and their outputs compared."""

import csv
import io
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import frictionless
import polars as pl
import pytest
from conftest import ROOT
from openpyxl import Workbook, load_workbook

import depositary

PAGE = (ROOT / "docs" / "own-package.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Example:
    """A section of the page: its files, and its commands with their outputs."""

    title: str
    files: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, str], ...]


def _example(section: str) -> Example:
    files = re.findall(r"```csv ([^\n]+)\n(.*?)```", section, re.DOTALL)
    commands = re.findall(r"```console\n\$ depositary ([^\n]+)\n(.*?)```", section, re.DOTALL)
    return Example(section.partition("\n")[0], tuple(files), tuple(commands))


EXAMPLES = [one for one in map(_example, re.split(r"\n##+ ", PAGE)) if one.commands]
DRAFTS = [one for one in EXAMPLES if one.files]


def write(folder: Path, name: str, text: str) -> None:
    file, _, sheet = name.partition(", sheet ")
    rows = list(csv.reader(io.StringIO(text)))
    if sheet:
        book = load_workbook(folder / file) if (folder / file).exists() else Workbook()
        if not (folder / file).exists():
            book.remove(book.active)
        made = book.create_sheet(sheet)
        for row in rows:
            made.append(row)
        book.save(folder / file)
    elif file.endswith(".parquet"):
        pl.DataFrame(rows[1:], rows[0], orient="row").write_parquet(folder / file)
    else:
        (folder / file).write_text(text, encoding="utf-8")


def test_the_page_shows_three_folders_and_a_workspace():
    assert [len(one.files) for one in EXAMPLES] == [1, 3, 2, 0]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.title)
def test_a_command_prints_what_the_page_shows(run, tmp_path, example):
    folder = tmp_path / "example"
    folder.mkdir()
    for name, text in example.files:
        write(folder, name, text)
    for command, output in example.commands:
        assert run(*shlex.split(command), cwd=folder).out == output


@pytest.mark.parametrize("example", DRAFTS, ids=lambda one: one.title)
def test_the_drafts_are_valid_here_and_for_frictionless(run, tmp_path, example):
    for name, text in example.files:
        write(tmp_path, name, text)
    assert run("new", "package", tmp_path).code == 0
    assert [*depositary.validate(tmp_path)] == []
    assert frictionless.Package(str(tmp_path / "datapackage.json")).validate().valid

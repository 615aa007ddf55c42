"""The tutorial, followed to the letter: its files, its workbook, every command and what it prints."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Run
from office import saved_by_libreoffice
from openpyxl import load_workbook

from depositary.version import __version__

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDER = "contributions/ann/port-quay"
BOOK = f"{FOLDER}/tables.xlsx"
IN_EVERY_ROW = {"contributor_id": "ctr-ann", "recorded_on": "2026-11-22", "record_status": "draft"}
STEP = re.compile(
    r"^```(?P<language>\w+) ?(?P<name>\S*)\n(?P<block>.*?)^```$"
    r"|^(?:\*\*(?P<sheet>\w+)\*\*\n\n)?(?P<table>(?:\|[^\n]*\n)+)",
    re.MULTILINE | re.DOTALL,
)
CELLS = ["sheet", "row", "column", "write"]


def rows_of(table: str) -> list[list[str]]:
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()]
    return [lines[0], *lines[2:]]


class Reader:
    """Somebody who does what the page says, from its first line to its last."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run, self.folder = run, folder
        self.commands = 0

    def follow(self, until: str = "") -> None:
        for step in STEP.finditer(PAGE.partition(until)[0] if until else PAGE):
            if step["table"]:
                self.enter(step["sheet"], rows_of(step["table"]))
            elif step["language"] == "console":
                self.type(step["block"])
            elif step["language"] == "python":
                self.printed = self.python(step["block"])
            elif step["name"]:
                self.save(step["name"], step["block"])
            elif step["language"] == "text":
                assert step["block"] == self.printed

    def type(self, block: str) -> None:
        command, _, printed = block.removeprefix("$ depositary ").partition("\n")
        done = self.run(*shlex.split(command), cwd=self.folder)
        shown = ".*".join(map(re.escape, re.split("…\n", printed)))
        assert re.fullmatch(shown, done.out + done.err, re.DOTALL), f"{command}\n{done.out}{done.err}"
        self.commands += 1

    def save(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")

    def python(self, code: str) -> str:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout

    def enter(self, sheet: str | None, rows: list[list[str]]) -> None:
        header, *rest = rows
        if sheet:
            self.fill(cell for at, row in enumerate(rest, start=2) for cell in self.row(sheet, at, header, row))
        elif header == CELLS:
            self.fill((name, int(row), column, text) for name, row, column, text in rest)

    def row(self, sheet: str, at: int, header: list[str], row: list[str]) -> Iterator[tuple[str, int, str, str]]:
        for column, text in (IN_EVERY_ROW | dict(zip(header, row, strict=True))).items():
            if text:
                yield sheet, at, column, text

    def fill(self, cells: Iterator[tuple[str, int, str, str]]) -> None:
        book = load_workbook(self.folder / BOOK)
        for name, row, column, text in cells:
            columns = {cell.value: cell.column for cell in book[name][1]}
            assert column in columns or column in IN_EVERY_ROW, f"{name} has no column {column}"
            if column in columns:
                assert name != "contributors"
                book[name].cell(row, columns[column], int(text) if column.startswith("char_") else text)
        book.save(self.folder / BOOK)


@pytest.fixture
def reader(run: Run, tmp_path: Path) -> Reader:
    """Give somebody in an empty folder."""
    return Reader(run, tmp_path)


@pytest.mark.long
def test_the_tutorial_shows_what_happens(reader: Reader):
    reader.follow()
    assert reader.commands >= 12


@pytest.mark.office
@pytest.mark.clients
def test_the_workbook_of_the_tutorial_says_the_same_after_libreoffice(reader: Reader):
    reader.follow(until="## 8. Merge")
    before = reader.run("validate", FOLDER, cwd=reader.folder).out
    saved = saved_by_libreoffice(reader.folder / BOOK, "xlsx", reader.folder / "saved")
    (reader.folder / BOOK).write_bytes(saved.read_bytes())
    assert reader.run("validate", FOLDER, cwd=reader.folder).out == before


def install_lines(page: str) -> list[list[str]]:
    (table,) = re.findall(r"^\| with \|.*\n(?:\|.*\n)+", page, re.MULTILINE)
    return [re.findall(r"`([^`]+)`", line) for line in table.splitlines()[2:]]


def test_the_lines_to_install_are_those_of_the_readme():
    lines = install_lines(README)
    assert install_lines(PAGE) == lines
    assert [(here.replace('".[', '"depositary[')) for here, _ in lines] == [published for _, published in lines]


@pytest.mark.install
@pytest.mark.soak
@pytest.mark.parametrize("line", [here for here, _ in install_lines(README)])
def test_a_line_of_the_readme_installs_a_checkout(line: str, tmp_path: Path):
    program, *arguments = shlex.split(line)
    if not shutil.which(program):
        pytest.skip(f"{program} is not here")
    environment, binaries = alone(tmp_path, own=program == "python")
    found = shutil.which(program, path=environment["PATH"])
    subprocess.run([found, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True)
    done = subprocess.run([binaries / "depositary", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"depositary {__version__}\n"


def alone(folder: Path, *, own: bool) -> tuple[dict[str, str], Path]:
    """Give an environment whose tools write only into a folder, and where commands will be; `own` makes a Python."""
    binaries = folder / "bin"
    if own:
        venv.create(folder / "venv", with_pip=True)
        binaries = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    places = {
        "HOME": folder / "home",
        "UV_TOOL_DIR": folder / "uv",
        "UV_TOOL_BIN_DIR": binaries,
        "UV_PYTHON": sys.executable,
        "PIPX_HOME": folder / "pipx",
        "PIPX_BIN_DIR": binaries,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
    }
    return {**os.environ, **{name: str(place) for name, place in places.items()}}, binaries

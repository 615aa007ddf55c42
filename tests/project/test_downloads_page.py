"""What docs/downloads.md shows, read: each entry with its file gives the rows below it, and is valid."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT

import depositary
from depositary.check.documents.find_target import find_target
from depositary.read.files.records import Records
from depositary.read.profiles import profiles

PAGE = (ROOT / "docs" / "downloads.md").read_text(encoding="utf-8")
HEAD = re.search(r"```toml contribution.toml\n(.*?)\n\[\[files\]\]", PAGE, re.DOTALL)[1]
SOURCES = (
    "source_id,source_kind,title,access,url,published,accessed_on,language,contributor_id,recorded_on,record_status\n"
    "local:download,dataset,A download,read,https://example.org/d,2024,2026-11-20,en,ctr-hana,2026-11-20,draft\n"
)
CONTRIBUTORS = "contributor_id,name,role\nctr-hana,Hana Example,coder\n"
SHOWN = r"```toml (?:entry|contribution\.toml)\n(.*?)```\n\n```csv (\S+)\n(.*?)```.*?```csv read\n(.*?)```"


@dataclass(frozen=True)
class Shown:
    """An entry of the page, its file, and the rows that it reads."""

    entry: str
    name: str
    file: str
    rows: str

    def write(self, folder: Path) -> Path:
        folder.mkdir()
        head = "" if self.entry.startswith("contributor") else HEAD
        texts = {"contribution.toml": head + "\n" + self.entry, self.name: self.file}
        texts |= {"sources.csv": SOURCES, "contributors.csv": CONTRIBUTORS}
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder


EXAMPLES = [Shown(*found) for found in re.findall(SHOWN, PAGE, re.DOTALL)]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("shown", EXAMPLES, ids=lambda shown: shown.name)
def test_an_entry_reads_its_file_as_the_page_shows_it(tmp_path, shown):
    target = find_target(shown.write(tmp_path / "x"), ROOT / "datapackage", None)
    (mapped,) = (entry.resource for entry in target.inputs if entry.resource.mapping)
    with Records(mapped) as records:
        found = [dict(zip(records.labels, row, strict=True)) for _, rows in records.chunks() for row in rows]
    wanted = table(shown.rows)
    assert [{name: row[name] for name in wanted[0]} for row in found] == wanted


@pytest.mark.short(2)
@pytest.mark.parametrize("shown", EXAMPLES, ids=lambda shown: shown.name)
def test_an_entry_is_valid(tmp_path, shown):
    report = depositary.validate(shown.write(tmp_path / "x"), ROOT / "datapackage")
    assert [f for f in report if f.level == "error"] == []


def test_every_profile_is_on_the_page():
    assert {re.search(r'profile = "([\w-]+)"', shown.entry)[1] for shown in EXAMPLES} == set(profiles())
    assert [name for name in profiles() if f'`profile = "{name}"`' not in PAGE] == []

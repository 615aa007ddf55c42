"""The site in Chromium: nothing is logged, nothing is asked of others, and readers can use it.

`make browser` installs what these tests need from npm (tests/clients).
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from browser import find_chromium
from conftest import ROOT
from merged_case import merged_package
from site_pages import pages_of
from test_hostile_site import hostile_package

from depositary.site.build import build_site

CLIENTS = ROOT / "tests" / "clients"
VNU = CLIENTS / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"

pytestmark = pytest.mark.browser


def _needed(what: str, *, is_here: bool) -> None:
    if not is_here:
        refuse = pytest.fail if os.environ.get("BROWSER") == "required" else pytest.skip
        refuse(f"{what} is not here: `make browser` installs what npm has")


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    _needed("Chromium", is_here=bool(find_chromium()))
    _needed("node", is_here=bool(shutil.which("node")))
    _needed("playwright-core", is_here=(CLIENTS / "node_modules" / "playwright-core").is_dir())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(ROOT / "datapackage", tmp_path_factory.mktemp("site") / "site").folder


def ask(task: str, folder: Path, *paths: str):
    """Let the program of tests/clients look at pages, and give what it found."""
    command = ["node", "site.mjs", task, find_chromium(), folder, *paths]
    done = subprocess.run(command, cwd=CLIENTS, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def one_of_each(folder: Path) -> list[str]:
    """Name the first and the largest page of each folder, the lists, and the rules."""
    groups: dict[Path, list[Path]] = {}
    for page in pages_of(folder):
        groups.setdefault(page.parent, []).append(page)
    chosen = {page for of in groups.values() for page in (of[0], max(of, key=lambda one: one.stat().st_size))}
    chosen |= {page for page in pages_of(folder) if page.name in ("index.html", "rules.html")}
    return sorted(page.relative_to(folder).as_posix() for page in chosen)


def few_of_each(folder: Path) -> list[str]:
    """Name the largest page of each kind, for the core that every commit passes."""
    largest: dict[tuple[str, bool], str] = {}
    for page in sorted(pages_of(folder), key=lambda one: one.stat().st_size):
        path = page.relative_to(folder)
        largest[path.parts[0], page.name == "index.html"] = path.as_posix()
    return sorted(largest.values())


@pytest.mark.core
@pytest.mark.long
def test_nothing_is_logged_or_asked_of_others_on_a_page_of_each_kind(site):
    assert ask("visit", site, *few_of_each(site)) == []


@pytest.mark.soak
def test_nothing_is_logged_or_asked_of_others_and_axe_finds_nothing(site):
    assert ask("visit", site, *one_of_each(site)) == []


@pytest.mark.soak
def test_nothing_of_a_hostile_package_runs(tmp_path):
    folder = build_site(hostile_package(tmp_path / "package"), tmp_path / "site").folder
    assert ask("visit", folder, *one_of_each(folder)) == []


@pytest.mark.core
@pytest.mark.long
def test_a_reader_searches_filters_sorts_and_sees_where_a_cell_came_from(site):
    answer = ask("use", site)
    assert answer["logged"] == []
    seen = answer["seen"]
    assert (seen["found"], seen["actor"], seen["column"]) == ("Wang Wentao", "Wang Wentao", "actors.name")
    assert (seen["all"], seen["filtered"], seen["sorted"], seen["first"]) == (19, 2, "descending", "Wang Wentao")
    assert "recorded coded by Depositary maintainers" in seen["origin"]
    assert "characters 700–737" in seen["origin"]
    assert (seen["keyboard"], seen["focus"]) == ("Name", "TD")
    answers = seen["answers"]
    assert answers["keyboard"] == answers["described"]
    assert answers["keyboard"].startswith("The actor's usual name in English.")
    assert (answers["escaped"], answers["order"]) == ("", "ascending")
    assert answers["mouse"] == answers["kept"]
    assert answers["mouse"].startswith("The kind of actor.")
    assert (answers["pressed"], answers["touch"], answers["still"]) == ("", True, True)
    assert [one.strip() for one in seen["positions"]] == ["affirms", "silent", "qualifies"]
    assert seen["details"]
    assert 0 <= seen["anchored"] < 40
    assert int(seen["counted"]) > 1
    assert seen["address"] == "#in=modality&has=%3Dactual&sort=statement_id"
    assert seen["headings"] == "Statement id"


@pytest.mark.core
@pytest.mark.long
def test_a_long_table_is_read_in_pieces_where_the_host_gives_them(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    fields = [{"name": "id", "type": "integer"}, {"name": "value", "type": "number"}, {"name": "day", "type": "date"}]
    resource = {"name": "long", "type": "table", "path": "long.csv", "schema": {"fields": fields, "primaryKey": ["id"]}}
    descriptor = {"name": "long", "resources": [resource]}
    (package / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    rows = "".join(f"{n},{n}.5,2024-01-{1 + n % 28:02}\n" for n in range(30_000))
    (package / "long.csv").write_text(f"id,value,day\n{rows}", encoding="utf-8")
    folder = build_site(package, tmp_path / "site").folder
    answer = ask("read", folder, "tables/long.html")
    seen = answer["seen"]
    assert answer["logged"] == []
    assert (seen["place"], seen["row"]) == ("Rows 51 to 100 of 30,000", "5050.52024-01-23")
    assert seen["wanted"] == "2000120001.52024-01-10"
    assert "20001.5" in seen["shown"]
    assert (seen["filtered"], seen["first"]) == ("Rows 1 to 10 of 300", "277277.52024-01-26")
    assert seen["sorted"][:2] == ["2727.52024-01-28", "5555.52024-01-28"]
    assert len(seen["sorted"]) == 10
    assert seen["exact"] == "7777.52024-01-22"
    assert seen["missing"] == "No row has the id none."
    assert "cannot give parts of a file" in seen["whole"]
    assert "opened from a folder" in seen["local"]
    assert seen["rows"] == 50


@pytest.mark.core
@pytest.mark.long
@pytest.mark.parametrize("rows", [2_400, 30_000])
def test_a_click_on_a_cell_of_a_longer_table_says_where_it_came_from(rows, tmp_path):
    package = merged_package(tmp_path / "package")
    with (package / "events.csv").open("a", encoding="utf-8") as events:
        events.writelines(f"ev|{n:06},2024-01-02,talks,{n % 9},note {n}\n" for n in range(rows))
    with (package / "provenance" / "rows.csv").open("a", encoding="utf-8") as origins:
        origins.writelines(f"events,ev\\|{n:06},ctr-mira,mira/reading,src-report,present,\n" for n in range(rows))
    with (package / "provenance" / "cells.csv").open("a", encoding="utf-8") as claims:
        claims.writelines(
            f"events,ev\\|{n:06},note,{who}/reading,{text} {n},,{status},,,cfl-1,read twice\n"
            for n in range(rows)
            for who, text, status in (("ctr-jonas,jonas", "other", "rejected"), ("ctr-mira,mira", "note", "accepted"))
        )
    folder = build_site(package, tmp_path / "site").folder
    asked = rows - 100
    page = "tables/events.html"
    answer = ask("asked", folder, f"{page}#note#ev\\|{asked:06}")
    seen = answer["seen"]
    assert answer["logged"] == []
    told = f"note note {asked} Where it came from lost other {asked} Jonas, jonas/reading"
    for how in ("ranges", "whole files", "folder"):
        if how == "ranges" or rows < 20_000:
            assert seen[f"{how} {page}"].startswith(told)
            assert "The row as a whole recorded Mira, mira/reading The report" in seen[f"{how} {page}"]
        else:
            assert "this command shows it: depositary blame events ev-1 note" in seen[f"{how} {page}"]
    assert seen[f"bytes {page}"] < 2_000_000  # of the two tables of provenance


@pytest.mark.soak
def test_the_nu_checker_finds_nothing(site):
    _needed("Java", is_here=bool(shutil.which("java")))
    _needed("vnu-jar", is_here=VNU.is_file())
    pages = [site / one for one in one_of_each(site)]
    done = subprocess.run(
        ["java", "-jar", VNU, "--errors-only", "--format", "gnu", *pages], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines() == []

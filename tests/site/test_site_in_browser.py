"""The site in Chromium: nothing is logged, nothing is asked of others, and readers can use it.

`make browser` installs what these tests need from npm (tests/clients).
"""

import csv
import io
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

from depositary.exporting.export import export
from depositary.site.build import build_site
from depositary.site.legible import legible

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


ODD = "\u202eother می\u200cخواهم क्\u200dष a\u200db \x9b1m \U000e0041"  # two joiners belong to words


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
            for who, text, status in (("ctr-jonas,jonas", ODD, "rejected"), ("ctr-mira,mira", "note", "accepted"))
        )
    folder = build_site(package, tmp_path / "site").folder
    asked = rows - 100
    page = "tables/events.html"
    answer = ask("asked", folder, f"{page}#note#ev\\|{asked:06}")
    seen = answer["seen"]
    assert answer["logged"] == []
    told = f"note note {asked} Where it came from lost {legible(ODD)} {asked} Jonas, jonas/reading"
    for how in ("ranges", "whole files", "folder"):
        if how == "ranges" or rows < 20_000:
            assert seen[f"{how} {page}"].startswith(told)
            assert "The row as a whole recorded Mira, mira/reading The report" in seen[f"{how} {page}"]
        else:
            assert "this command shows it: depositary blame events ev-1 note" in seen[f"{how} {page}"]
    assert seen[f"bytes {page}"] < 2_000_000  # of the two tables of provenance


TEXTS = ("plain", '"a, ""b"""', "=1+1", "-x", "@y", "", '"two\nlines"', '"cr\r\nlf"', "' '", "a\u202eb", "+7")
LARGE = "123456789012345678901.123456789"


def _to_save(folder: Path, rows: int) -> Path:
    """Write a package whose cells are awkward in CSV, in spreadsheets and as numbers of a browser."""
    folder.mkdir()
    kinds = {"id": "integer", "value": "number", "at": "datetime", "hour": "time", "text": "string"}
    fields = [{"name": name, "type": kind} for name, kind in kinds.items()]
    resources = [
        {"name": name, "type": "table", "path": f"{name}.csv", "schema": {"fields": of, **key}}
        for name, of, key in (
            ("long", fields, {"primaryKey": ["id"]}),
            ("short", fields, {"primaryKey": ["id"]}),
            ("one", [{"name": "a,b", "type": "string"}], {}),
        )
    ]
    (folder / "datapackage.json").write_text(json.dumps({"name": "to-save", "resources": resources}), encoding="utf-8")
    (folder / "one.csv").write_text('"a,b"\n=x\n""\ny\n', encoding="utf-8")
    for name, count in (("long", rows), ("short", 60)):
        moments = (f"2024-01-02T03:04:{n % 60:02}{'.25' if n % 7 == 0 else ''}Z,0{n % 10}:01:02" for n in range(count))
        lines = "".join(f"{n},{n % 9 / 10:g},{when},{TEXTS[n % 11]}\n" for n, when in enumerate(moments))
        last = f"{count},{LARGE},2024-01-02T00:00:00Z,00:00:00,last\n"
        (folder / f"{name}.csv").write_text(f"{','.join(kinds)}\n{lines}{last}", encoding="utf-8", newline="")
    return folder


@pytest.mark.long
def test_rows_that_are_shown_are_saved_as_an_export_writes_them(tmp_path):
    package = _to_save(tmp_path / "package", 20_100)
    folder = build_site(package, tmp_path / "site").folder
    export(package, ["csv"], tmp_path / "export", safe_cells=True)
    written = {
        name: (tmp_path / "export" / "csv" / f"{name}.csv").read_bytes().decode() for name in ("long", "short", "one")
    }
    few, many, some = "tables/short.html", "tables/long.html?served", "tables/long.html?served#in=value&has=0.3&down=id"
    large = "tables/long.html?served#in=id&has=%3D20100"
    answer = ask("saved", folder, few, "tables/one.html", many, some, large)
    assert answer["logged"] == []
    seen = answer["seen"]
    assert seen[few]["text"] == written["short"].replace("\u202e", "\\u202e").replace("\r\n", "\n")
    assert "Rows in short.csv: 61. Columns: all 5." in seen[few]["note"]
    run = sum(TEXTS[n % 11][:1] in ("=", "-", "@", "+") for n in range(60))
    assert f"run them as a formula. Cells: {run}. Characters that cannot be seen" in seen[few]["note"]
    assert (seen["tables/one.html"]["text"], seen["tables/one.html"]["file"]) == (written["one"], "one.csv")
    assert written["long"].startswith(seen[many]["text"])
    assert seen[many]["words"] == "Save the first 10,000 of these 20,101 rows (CSV)"
    assert len(list(csv.reader(io.StringIO(seen[many]["text"], newline="")))) == 10_001
    header, *rows = csv.reader(io.StringIO(written["long"], newline=""))
    shown = [row for row in reversed(rows) if row[1].startswith("0.3")]
    assert list(csv.reader(io.StringIO(seen[some]["text"], newline=""))) == [header, *shown]
    assert seen[some]["words"] == "Save these rows (CSV)"
    assert seen[large]["text"].splitlines()[1] == f"20100,{LARGE},2024-01-02T00:00:00Z,00:00:00,last"


@pytest.mark.soak
def test_the_nu_checker_finds_nothing(site):
    _needed("Java", is_here=bool(shutil.which("java")))
    _needed("vnu-jar", is_here=VNU.is_file())
    pages = [site / one for one in one_of_each(site)]
    done = subprocess.run(
        ["java", "-jar", VNU, "--errors-only", "--format", "gnu", *pages], capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines() == []

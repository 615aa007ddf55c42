"""Commands on a package whose tables are in parts: they give what they give for the same package in whole tables."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

from conftest import ROOT, Ran
from in_parts import cut
from merged_case import merged_package
from releases import package

import depositary
from depositary.read.package import open_package
from depositary.releasing.release import release
from depositary.releasing.verify import verify
from depositary.site.build import build_site

Run = Callable[..., Ran]
CODING = ROOT / "examples" / "coding"
CODERS = [CODING / "contributions" / who / "article" for who in ("ana", "ben")]
EVENTS = "event_id,held,country,kind,open,guests,note"
PARTS = 3


def both(whole: Path) -> tuple[Path, Path]:
    """Give a package, and the same one in parts, with the same name in folders beside each other."""
    parts = Path(shutil.copytree(whole, whole.parent / "cut" / whole.name))
    cut(parts, lambda rows: range(0, rows, max(1, -(-rows // PARTS))))
    assert any(len(one.paths) > 1 for one in open_package(parts))
    return whole, parts


def files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_adopt_takes_what_the_merge_changed_and_keeps_the_other_parts(run: Run, demo, tmp_path):
    demo({"events.csv": f"{EVENTS}\nev-1,2023-05-26,KOR,talks,true,12,\nev-2,2023-05-27,CHN,visit,true,5,\n"})
    cut(tmp_path / "demo", lambda _: [1])
    before = files(tmp_path / "demo")
    workspace = 'package = "demo"\ncontributions = ["contributions"]\nbases = "bases"\n'
    (tmp_path / "depositary.toml").write_text(workspace, encoding="utf-8")
    for name in ("contributions", "bases"):
        (tmp_path / name).mkdir()
    mine = tmp_path / "contributions" / "ann" / "first"
    begun = ("--by", "ctr-ann", "--name", "Ann", "--tables", "events", "--license", "CC-BY-4.0")
    assert run("new", "contribution", mine, *begun, cwd=tmp_path).code == 0
    (mine / "events.csv").write_text("event_id,held,country,kind\nev-3,2023-05-28,KOR,talks\n", encoding="utf-8")
    for verb in ("merge", "adopt"):
        done = run(verb, cwd=tmp_path)
        assert (done.code, done.err) == (0, ""), done.out
    adopted = open_package(tmp_path / "demo")
    assert adopted["events"].paths == ("events.csv",)
    assert adopted["countries"].paths == ("countries/0.csv", "countries/1.csv")
    assert list(depositary.load(tmp_path / "demo", "events", as_="polars")["event_id"]) == ["ev-1", "ev-2", "ev-3"]
    assert depositary.validate(tmp_path / "demo").valid
    (earlier,) = (tmp_path / "bases").iterdir()
    assert files(earlier) == before
    again = run("adopt", cwd=tmp_path)
    assert (again.code, "nothing changes" in again.out) == (0, True)


def test_blame_and_history_find_the_row(run: Run, tmp_path):
    whole, parts = both(merged_package(tmp_path / "merged"))
    for asked in (("blame", "events", "ev-3"), ("blame", "events", "ev-3", "note"), ("history", "events", "ev-3")):
        one, other = (run(*asked, "--package", of) for of in (whole, parts))
        assert (one.code, one.err) == (0, "")
        assert (other.code, other.out, other.err) == (one.code, one.out, one.err)


def test_agree_reads_the_published_rows(run: Run, tmp_path):
    for folder in both(Path(shutil.copytree(CODING / "package", tmp_path / "package"))):
        options = ("--package", folder, "--judged-only", "--decisions", CODING / "decided")
        done = run("agree", *CODERS, *options, "--tables-dir", folder.parent / "agreement")
        assert done.code == 1, done.err
    assert files(tmp_path / "agreement") == files(tmp_path / "cut" / "agreement")
    assert len(files(tmp_path / "agreement")) > 5


def test_a_release_is_that_of_the_whole_tables(tmp_path):
    whole, parts = both(package(tmp_path / "start"))
    one, other = (release(of, tmp_path / f"dist-{of.parent.name}", on=date(2026, 1, 1)).folder for of in (whole, parts))
    assert files(other) == files(one)
    assert verify(other).is_sound


def test_the_site_has_the_same_pages(tmp_path):
    whole, parts = both(package(tmp_path / "start"))
    one, other = (files(build_site(of, tmp_path / f"site-{of.parent.name}").folder) for of in (whole, parts))
    assert other.keys() == one.keys()
    assert {name for name in one if other[name] != one[name]} == {"quality/report.html"}
    assert b"data/people/0.csv" in other["quality/report.html"]  # which names the files


def test_the_cache_gives_the_same_report_until_a_part_changes(run: Run, tmp_path):
    header = "id,year\n"
    (tmp_path / "p").mkdir()
    for at in range(PARTS):
        rows = "".join(f"f{at}-{row},{2000 + row % 20}\n" for row in range(2_000))
        (tmp_path / "p" / f"{at}.csv").write_text(header + rows, encoding="utf-8")
    fields = [{"name": "id", "type": "string"}, {"name": "year", "type": "integer"}]
    schema = {"fields": fields, "primaryKey": ["id"], "foreignKeys": []}
    paths = [f"{at}.csv" for at in range(PARTS)]
    resource = {"name": "flows", "type": "table", "path": paths, "schema": schema}
    (tmp_path / "p" / "datapackage.json").write_text(json.dumps({"name": "p", "resources": [resource]}), "utf-8")
    cache = ("--cache", tmp_path / "cache")
    first, second = (run("validate", tmp_path / "p", *cache) for _ in range(2))
    assert (first.code, second.out) == (0, first.out)
    last = tmp_path / "p" / f"{PARTS - 1}.csv"
    last.write_text(last.read_text("utf-8") + "f0-7,soon\n", "utf-8")
    found = run("validate", tmp_path / "p", *cache)
    assert found.out == run("validate", tmp_path / "p", "--no-cache").out
    assert (found.code, 'row 2002 of 2.csv, year: "soon"' in found.out) == (1, True)
    assert "row 9 of 0.csv has the same id" in found.out

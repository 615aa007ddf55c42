"""Killed at any call that changes a file system, a command leaves the old or the new, whole; the next run works.

`killed.py` says how it is found out. What a power cut could take is judged by the order of the calls: what gets the
name that counts was flushed before, and its folder after.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, manifest_of
from merged_case import HELD, merged_package
from releases import package as release_case
from releases import with_row
from traced import can_trace

pytestmark = pytest.mark.skipif(not can_trace(), reason="no process can be stopped at its calls here")

FIELDS = {"contributors": ["contributor_id", "name"], "events": ["event_id", "held", "note"]}
CODES = ["code", "label", "list_version"]
DECIDED = ["--decisions", "decisions", "--as", "ctr-ana"]
RESOLVE = [
    "resolve",
    HELD,
    "--take",
    "ctr-mira",
    "--reason",
    "r",
    "--package",
    "merged",
    "--on",
    "2026-11-01",
    *DECIDED,
]
Lay = Callable[[Path], list[list[str]]]  # lays out a folder, and gives the commands: the last one is tried


def table(name: str, fields: list[str]) -> dict:
    return {
        "name": name,
        "type": "table",
        "path": f"{name}.csv",
        "schema": {"fields": [{"name": f, "type": "string"} for f in fields], "primaryKey": [fields[0]]},
    }


def package(folder: Path, tables: dict[str, list[str]], files: dict[str, str]) -> None:
    folder.mkdir()
    resources = [table(name, fields) for name, fields in tables.items()]
    document = {"name": "made", "version": "1.0.0", "resources": resources}
    (folder / "datapackage.json").write_text(json.dumps(document))
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)


# What each command begins from, and how it is called


def lay_merge(start: Path) -> list[list[str]]:
    people = "contributor_id,name\nctr-ann,Ann\nctr-ben,Ben\n"
    package(start / "current", FIELDS, {"contributors": people, "events": "event_id,held,note\ne1,2023,a\n"})
    for who, row in (("ann", "e1,2024,a\nlocal:n,2025,b"), ("ben", "e1,2025,a")):
        (start / who / "b1").mkdir(parents=True)
        (start / who / "b1" / "contribution.toml").write_text(manifest_of("made", contributor=f"ctr-{who}"))
        (start / who / "b1" / "events.csv").write_text(f"event_id,held,note\n{row}\n")
    return [["merge", "current", "ann/b1", "ben/b1", "--as-of", "2026-11-01", "--output-dir", "out"]]


def lay_merge_again(start: Path) -> list[list[str]]:
    (merge,) = lay_merge(start)
    return [[word for word in merge if word != "ben/b1"], merge]


def lay_export(start: Path) -> list[list[str]]:
    merged_package(start / "merged")
    return [["export", "merged", "--to", formats, "--output-dir", "exported"] for formats in ("csv", "csv,jsonl")]


def lay_export_of_libraries(start: Path) -> list[list[str]]:
    merged_package(start / "merged")
    return [["export", "merged", "--to", "parquet,sqlite,duckdb,xlsx,dta", "--output-dir", "exported"]]


def lay_first_decision(start: Path) -> list[list[str]]:
    merged_package(start / "merged")
    return [RESOLVE]


def lay_other_decision(start: Path) -> list[list[str]]:
    merged_package(start / "merged")
    return [RESOLVE, ["ctr-jonas" if word == "ctr-mira" else word for word in RESOLVE]]


def lay_undo(start: Path) -> list[list[str]]:
    merged_package(start / "merged")
    return [RESOLVE, ["undo", HELD, *DECIDED]]


def lay_codelist(start: Path) -> list[list[str]]:
    package(start / "package", {"products": CODES}, {"products": "code,label,list_version\n01,Animals,2022\n"})
    (start / "longer.csv").write_text("code,label,list_version\n0101,Horses,2022\n02,Meat,2022\n")
    return [["codelist", "add", "products", "longer.csv", "--package", "package", "--keep"]]


def lay_evidence(start: Path) -> list[list[str]]:
    cells = ["evidence_id", "table_name", "record_id", "source_id", "support", "char_start", "char_end", "quote_sha256"]
    digest = hashlib.sha256(b"The talks went on.").hexdigest()
    rows = {"sources": f"source_id,snapshot_sha256\nsrc-a,{digest}\n", "evidence": f"{','.join(cells)}\n"}
    package(start / "package", {"sources": ["source_id", "snapshot_sha256"], "evidence": cells}, rows)
    (start / "text.txt").write_text("The talks went on.")
    asked = ["--source", "src-a", "--text", "text.txt", "--quote", "went on"]
    return [["evidence", "add", "sources", "src-a", "package", *asked]]


def lay_release(start: Path) -> list[list[str]]:
    """Release a package, and then another; the archive comes after its folder, and may be missing for a moment."""
    release_case(start / "first")
    release_case(start / "second", with_row("people", "cem", "Cem"))
    dist = ["--output-dir", "dist"]
    again = ["--previous", "dist/meetings-of-people-1.0.0.zip", "--on", "2026-02-01"]
    return [["release", "first", *dist], ["release", "second", *dist, *again]]


FILES = [lay_first_decision, lay_other_decision, lay_undo, lay_codelist, lay_evidence]
FOLDERS = [lay_merge_again, lay_export]
RELEASES = [lay_release]
ALL = [*FILES, *FOLDERS, *RELEASES, lay_merge, lay_export_of_libraries]


@pytest.fixture
def killed(tmp_path: Path) -> Callable[..., list[dict]]:
    """Kill commands as `killed.py` does, and give what it found of each."""

    def order(number: int, lay: Lay, planted: str, *, every: bool) -> dict:
        start, room = tmp_path / f"start-{number}", tmp_path / f"room-{number}"
        start.mkdir()
        places = {"start": str(start), "room": str(room)}
        last = ".zip" if lay in RELEASES else ""
        return {**places, "commands": lay(start), "planted": planted, "every": every, "last": last}

    def run(lays: list[Lay], planted: str = "", *, every: bool = False) -> list[dict]:
        orders = [order(number, lay, planted, every=every) for number, lay in enumerate(lays)]
        (tmp_path / "orders.json").write_text(json.dumps(orders))
        done = subprocess.run(
            [sys.executable, ROOT / "tests" / "support" / "killed.py", tmp_path / "orders.json"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "DUCKDB_JE_MALLOC_CONF": "zero:true"},
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.long
@pytest.mark.parametrize(
    "lays",
    [
        pytest.param(FILES, id="files"),
        pytest.param(FOLDERS, id="folders", marks=pytest.mark.soak),
        pytest.param(RELEASES, id="releases", marks=pytest.mark.soak),
    ],
)
def test_at_every_call_the_old_or_the_new_is_there_whole(killed, lays):
    for found in killed(lays):
        assert found["faults"] == []
        assert found["calls"] > 5
        assert found["killed"] >= 2


@pytest.mark.soak
@pytest.mark.parametrize("lay", ALL, ids=lambda lay: lay.__name__.removeprefix("lay_"))
def test_killed_at_every_call_the_old_or_the_new_is_there_whole(killed, lay):
    (found,) = killed([lay], every=True)
    print(found)  # noqa: T201 (figures of a long run)
    assert found["faults"] == []
    assert found["killed"] >= 0.9 * found["calls"]


# Mistakes that are planted are seen


@pytest.mark.long
def test_a_name_that_is_given_before_the_content_is_seen(killed):
    for found in killed([lay_other_decision, lay_merge_again], "rename before write"):
        assert any("neither the old nor the new is there" in fault for fault in found["faults"])


@pytest.mark.long
def test_content_that_is_not_flushed_is_seen(killed):
    for found in killed([lay_other_decision, lay_merge_again], "no flush"):
        assert any("before it is flushed" in fault for fault in found["faults"])
        assert not any("neither the old nor the new" in fault for fault in found["faults"])

"""The public surface: closed, typed, and what the docs say."""

import dataclasses
import datetime as dt
import subprocess
import sys

import pytest
from conftest import ROOT

import depositary
from depositary.errors import DocumentError, NotFoundError
from depositary.model.finding import Finding

HEADER = "event_id,held,country,kind,open,guests,note"


def test_the_public_surface_is_closed():
    assert depositary.__all__ == [
        "Finding",
        "Package",
        "Report",
        "__version__",
        "diff",
        "export",
        "json_schema",
        "load",
        "load_all",
        "merge",
        "open",
        "pandera_schema",
        "patch",
        "validate",
        "validate_frame",
    ]
    assert all(hasattr(depositary, name) for name in depositary.__all__)


@pytest.mark.parametrize("name", [name for name in depositary.__all__ if name[0].islower()])
def test_public_functions_say_what_they_do(name):
    text = getattr(depositary, name).__doc__
    assert text.splitlines()[0].endswith(".")
    assert "Raises:" in text


def test_import_loads_no_heavy_library():
    heavy = {"duckdb", "frictionless", "jsonschema", "pandas", "pandera", "polars", "pyarrow", "rich", "sqlglot"}
    code = f"import sys, depositary; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_open_gives_the_tables_in_the_descriptors_order(published):
    package = depositary.open(published)
    assert package.name == "depositary-trade-policy"
    assert len(package) == 27
    assert next(iter(package)).name == "contributors"
    assert "stances" in package
    assert package["stances"].table.primary_key == ("stance_id",)


def test_open_takes_the_descriptor_too(published):
    assert depositary.open(published / "datapackage.json") == depositary.open(published)


def test_open_refuses_what_is_not_there(tmp_path):
    with pytest.raises(NotFoundError, match=r"no datapackage\.json"):
        depositary.open(tmp_path)


def test_open_refuses_a_broken_descriptor(tmp_path):
    (tmp_path / "datapackage.json").write_text('{"name": }')
    with pytest.raises(DocumentError, match="line 1, column 10"):
        depositary.open(tmp_path)


def test_findings_are_frozen_ordered_and_hashable():
    first = Finding(code="blank-row", level="error", table="a", file="a.csv", row=2, message="m")
    second = dataclasses.replace(first, row=10)
    assert sorted({second, first}) == [first, second]
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.row = 3


def test_a_report_iterates_over_its_findings(demo):
    report = depositary.validate(
        demo({"events.csv": "event_id,held,country,kind,open,guests,note\nev-1,x,KOR,talks,y,1,\n"})
    )
    assert [(f.row, f.field) for f in report] == [(2, "held"), (2, "open")]
    assert (report.valid, report.errors, report.warnings, report.rows) == (False, 2, 0, 4)


def test_merge_gives_what_the_command_writes(published, tmp_path):
    batch = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"
    merged = depositary.merge(published, [batch], tmp_path / "merged", as_of=dt.date(2026, 11, 23))
    assert (merged.open, merged.report.valid) == ((), True)
    assert merged.written == tmp_path / "merged"
    assert [change.added for change in merged.changes if change.table == "evidence"] > [0]


def test_merge_without_a_place_writes_nothing(published, tmp_path):
    batch = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"
    before = sorted(tmp_path.rglob("*"))
    assert depositary.merge(published, [batch], as_of=dt.date(2026, 11, 23)).written is None
    assert sorted(tmp_path.rglob("*")) == before

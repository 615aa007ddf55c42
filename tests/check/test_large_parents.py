"""Keys of a large parent are looked up for a small file that refers to it; the report is as if all were read."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import manifest_of
from hypothesis import given, settings
from hypothesis import strategies as st

from depositary.check.lanes import references
from depositary.check.lanes.references import Parents
from depositary.check.reading import columns
from depositary.check.validate import validate
from depositary.model.report import Report

FAULTS = {  # of the parent
    "none": lambda text: text,
    "a column is missing": lambda text: text.replace("place,", "spot,", 1),
    "a byte is not text": lambda text: text + "\udcff,x,1\n",
    "a row is short": lambda text: text + "p1\n",
    "a key is blank": lambda text: text + ",u,1\n",
    "a key is there twice": lambda text: text + text.splitlines()[-1] + "\n",
}
KEYS = [f"p{number}" for number in range(9)]
CELL = st.sampled_from([*KEYS, "P1", " p2", "", "nobody"])


def package(folder: Path, parents: list[str], fault: str, own: list[tuple[str, str]], *, composite: bool) -> None:
    names = ["place", "area"] if composite else ["place"]
    key = {"fields": names, "reference": {"resource": "places", "fields": names}}
    text = lambda name: {"name": name, "type": "string"}  # noqa: E731 (short)
    places = {"fields": [text("place"), text("area"), {"name": "n", "type": "integer"}], "primaryKey": names}
    events = {"fields": [text("event"), text("place"), text("area")], "primaryKey": ["event"], "foreignKeys": [key]}
    described = [
        {"name": name, "type": "table", "path": f"{name}.csv", "schema": schema, "encoding": "utf-8"}
        for name, schema in (("events", events), ("places", places))
    ]
    descriptor = {"name": "p", "version": "1.0.0", "resources": described}
    (folder / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    rows = "".join(f"{place},u,{'1' * 40}\n" for place in parents)
    broken = FAULTS[fault](f"place,area,n\n{rows}")
    (folder / "places.csv").write_bytes(broken.encode(errors="surrogateescape"))
    lines = "".join(f"e{number},{place},{area}\n" for number, (place, area) in enumerate(own))
    (folder / "events.csv").write_text(f"event,place,area\n{lines}", "utf-8")
    (folder / "own").mkdir()
    (folder / "own" / "contribution.toml").write_text(manifest_of("p"), "utf-8")
    (folder / "own" / "events.csv").write_text(f"event,place,area\n{lines}", "utf-8")


def reports(folder: Path) -> list[Report]:
    return [validate(folder), validate(folder / "own", folder)]


@pytest.fixture
def looked_up(monkeypatch):
    """Take files of 400 bytes for large, and note what is looked up."""
    monkeypatch.setattr(columns, "SMALL", 400)
    seen, among = [], references._keys_among

    def noted(*how):
        seen.append(how)
        return among(*how)

    monkeypatch.setattr(references, "_keys_among", noted)
    return seen


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(KEYS), min_size=7, unique=True),
    st.sampled_from(sorted(FAULTS)),
    st.lists(st.tuples(CELL, st.sampled_from(["u", "v", ""])), max_size=8),
    st.booleans(),
)
def same_report(parents, fault, own, composite):
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        package(folder, parents, fault, own, composite=composite)
        found = reports(folder)
        patch.setattr(Parents, "_wanted", lambda *_: None)
        assert reports(folder) == found


def test_the_report_is_the_same_if_keys_are_looked_up(looked_up):
    same_report()
    assert looked_up


def test_what_is_found_of_a_large_parent_is_only_what_is_referred_to(looked_up, tmp_path):
    package(tmp_path, KEYS, "none", [("p1", "u"), ("nobody", "u")], composite=False)
    report = validate(tmp_path)
    assert [(found.code, found.value) for found in report if found.level == "error"] == [("foreign-key", "nobody")]
    assert len(looked_up) == 1

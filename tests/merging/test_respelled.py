"""A key that was written anew by hand in a release: what is said of the row under its old key is not lost."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from conftest import manifest_of
from test_key_forms import ALIKE, package, put, row

from depositary.errors import DepositaryError
from depositary.merging.merge import Merged, merge

TEXT = {"type": "string"}
SAID = {
    "a deletion": ("deletes.csv", "table,record_id,reason\n" + row("t", "{key}|k", "double"), "patch"),
    "an edit": ("t.csv", "a,b,c\n" + row("{key}", "k", "new"), "patch"),
    "a row that is left out of a snapshot": ("t.csv", "a,b,c\n", "snapshot"),
    "a row that is changed in a snapshot": ("t.csv", "a,b,c\n" + row("{key}", "k", "new"), "snapshot"),
}


def respelled(folder: Path, field: dict[str, object], old: str, new: str | None, said: str, **more: bool) -> Merged:
    """Publish a row under one key, and under another in the next release; merge what was said of the first."""
    package(folder / "bases" / "1", field, old)
    now = package(folder / "now", field, *([new] if new else []))
    described = json.loads((now / "datapackage.json").read_text("utf-8")) | {"version": "2.0.0"}
    (now / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    name, text, mode = SAID[said]
    put(folder / "mine", "contribution.toml", manifest_of("u", mode))
    put(folder / "mine", name, text.format(key=old))
    return merge(now, [folder / "mine"], output_dir=folder / "out", bases=folder / "bases", **more)


@pytest.mark.short(6, long=8)
@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize(("field", "new", "old"), ALIKE)
def test_a_typed_key_in_another_form_is_the_same_row(tmp_path, field, old, new, said):
    with pytest.raises(DepositaryError) as found:
        respelled(tmp_path, field, old, new, said)
    assert f"t: the row {old}|k is now published as {new}|k" in str(found.value)
    assert f"Write {new}|k, and base the contribution on version 2.0.0" in str(found.value)
    (tmp_path / "mine" / "contribution.toml").write_text(
        manifest_of("u", SAID[said][2]).replace("1.0.0", "2.0.0"), encoding="utf-8"
    )
    put(tmp_path / "mine", SAID[said][0], SAID[said][1].format(key=new))
    merged = merge(tmp_path / "now", [tmp_path / "mine"])
    assert sum(change.deleted + change.cells for change in merged.changes) == 1


def test_a_row_that_is_new_in_another_form_is_the_one_that_was_published_since(tmp_path):
    package(tmp_path / "bases" / "1", {"type": "integer"}, "7")
    now = package(tmp_path / "now", {"type": "integer"}, "7", "101")
    described = json.loads((now / "datapackage.json").read_text("utf-8")) | {"version": "2.0.0"}
    (now / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    put(tmp_path / "mine", "contribution.toml", manifest_of("u"))
    put(tmp_path / "mine", "t.csv", "a,b,c\n" + row("0101", "k", "new") + row("9", "k", "new"))
    with pytest.raises(DepositaryError, match=r"the row 0101\|k is now published as 101\|k"):
        merge(now, [tmp_path / "mine"], bases=tmp_path / "bases")


def test_who_speaks_of_it_can_be_set_aside(tmp_path):
    merged = respelled(tmp_path, {"type": "integer"}, "0101", "101", "a deletion", set_aside=True)
    assert [one.name for one in merged.waiting] == [f"{tmp_path.name}/mine"]
    assert "now published as 101|k" in " ".join(merged.waiting[0].details)


@pytest.mark.parametrize("said", SAID)
def test_of_a_text_as_key_a_row_with_the_same_cells_is_named(tmp_path, said):
    merged = respelled(tmp_path, TEXT, "0101", "101", said)
    (warning,) = merged.warnings
    assert "t 0101|k is no longer published" in warning
    assert "101|k has the same cells" in warning


@pytest.mark.parametrize("field", [TEXT, {"type": "integer"}])
def test_a_row_that_is_gone_is_gone(tmp_path, field):
    merged = respelled(tmp_path, field, "0101", None, "a deletion")
    assert (merged.warnings, merged.conflicts) == ((), ())


def test_a_deletion_that_was_done_before_is_not_asked_about_again(tmp_path):
    base = package(tmp_path / "bases" / "1", {"type": "integer"}, "0101")
    put(tmp_path / "mine", "contribution.toml", manifest_of("u"))
    put(tmp_path / "mine", "deletes.csv", SAID["a deletion"][1].format(key="0101"))
    merge(base, [tmp_path / "mine"], output_dir=tmp_path / "out")
    published = Path(shutil.copytree(tmp_path / "out", tmp_path / "next"))
    (published / "t.csv").write_text("a,b,c\n101,k,x\n", encoding="utf-8")
    merge(published, [tmp_path / "mine"], output_dir=tmp_path / "again", bases=tmp_path / "bases")
    with (tmp_path / "again" / "t.csv").open(encoding="utf-8") as file:
        assert [line["a"] for line in csv.DictReader(file)] == ["101"]

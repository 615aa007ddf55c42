"""The plan of a merge tells new warnings from those that the published package has already."""

import json

import pytest
from conftest import manifest_of

RULES = """rules:
  - id: X1
    level: warning
    says: A thing has a note.
    tables: [things]
    holds: note IS NOT NULL
    place: note
    message: "{thing_id} has no note"
    hint: write one
    reason: it is
    good: {things: [{thing_id: a, note: b}]}
    bad: {things: [{thing_id: a}]}
"""
OLD = "new: things, note: m has no note"


@pytest.fixture
def plan(tmp_path, run):
    """Plan a merge into a package with one warning, at the thing m; `\u200b` in a note is another kind of warning."""
    base = tmp_path / "base"
    base.mkdir()
    fields = [{"name": name, "type": "string"} for name in ("thing_id", "note")]
    schema = {"fields": fields, "primaryKey": ["thing_id"]}
    things = {"name": "things", "type": "table", "path": "things.csv", "schema": schema}
    descriptor = {"name": "p", "version": "1.0.0", "rules": ["rules.yaml"], "resources": [things]}
    (base / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    (base / "rules.yaml").write_text(RULES, encoding="utf-8")
    (base / "things.csv").write_text("thing_id,note\nc,x\nm,\nz,NULL\n", encoding="utf-8")

    def planned(rows, *options):
        folder = tmp_path / "ann"
        folder.mkdir()
        (folder / "contribution.toml").write_text(manifest_of("p", "patch"), encoding="utf-8")
        (folder / "things.csv").write_text(f"thing_id,note\n{rows}", encoding="utf-8")
        return run("merge", base, folder, "--plan", *options).out

    return planned


@pytest.mark.parametrize("form", ["text", "markdown"])
@pytest.mark.parametrize(
    ("rows", "new"),
    [
        ("a,\n", ["things, note: a has no note [X1]"]),
        ("a,y\n", []),
        ("m,y\n", []),
        ("m,y\na,\n", ["things, note: a has no note [X1]"]),
        ("c,\\N\na,\n", ["things, note: a has no note [X1]", "things, note: c has no note [X1]"]),
    ],
    ids=["added", "none", "corrected", "both", "erased"],
)
def test_new_warnings_are_counted_and_listed(plan, rows, new, form):
    printed = plan(rows, "--format", form).replace("\\", "")
    assert f"{len(new) or 'none'} of them new" in printed
    assert [line for line in new if line in printed] == new
    assert printed.lower().count("new: ") == len(new)


def test_many_new_warnings_are_not_all_listed(plan):
    printed = plan("".join(f"a{at},\n" for at in range(12)))
    assert "12 of them new" in printed
    assert "and 2 more" in printed


def test_without_rules_only_the_tables_are_compared(plan):
    assert "none of them new" in plan("a,\n", "--no-rules")

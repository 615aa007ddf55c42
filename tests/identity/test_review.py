"""Judging pairs: one after the other in a terminal, on a page, and on a worksheet that is read back."""

import csv
import io
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time

import openpyxl
import pytest
from identity_case import actor, workspace
from test_suggest import ANN, BOB, found

CODED = {
    ANN: [actor("quay", "Quay Shipping", jurisdiction="KOR"), actor("steel", "Harbour Steel", jurisdiction="CHN")],
    BOB: [actor("qs", "Quay Shiping", jurisdiction="KOR"), actor("hs", "Harbor Steel", jurisdiction="CHN")],
}
AS = ("--as", "ctr-zoe", "--on", "2026-11-30")


@pytest.fixture
def folder(tmp_path):
    return workspace(tmp_path, {name: {"actors": rows} for name, rows in CODED.items()})


def judgements(folder):
    file = folder / "decisions" / "judgements" / "ctr-zoe.csv"
    lines = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))) if file.exists() else ()
    return sorted(line["judgement"] for line in lines)


# In a terminal


class Terminal:
    """The program in a terminal of its own; keys are pressed when it asks."""

    def __init__(self, folder):
        self.seen, self.at = "", 0
        own, other = pty.openpty()
        command = [sys.executable, "-m", "depositary", "identity", "review", "--table", "actors", *AS]
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "90", "NO_COLOR": "1"}
        self.process = subprocess.Popen(command, cwd=folder, stdin=other, stdout=other, stderr=other, env=environment)
        os.close(other)
        self.own = own

    def until(self, text):
        """Read until a text is shown after the one before."""
        end = time.monotonic() + 120
        while text not in self.seen[self.at :]:
            assert time.monotonic() < end, self.seen
            if select.select([self.own], [], [], 1)[0]:
                try:
                    self.seen += os.read(self.own, 65_536).decode()
                except OSError:  # the program ended
                    break
        assert text in self.seen[self.at :], self.seen
        self.at = self.seen.index(text, self.at) + len(text)

    def press(self, key, then):
        """Press a key when the program waits for one."""
        while termios.tcgetattr(self.own)[3] & termios.ICANON:
            time.sleep(0.01)
        os.write(self.own, key.encode())
        self.until(then)

    def end(self):
        code = self.process.wait(60)
        os.close(self.own)
        return code


@pytest.mark.long
def test_the_keys_judge_go_back_skip_and_quit_and_a_second_review_goes_on(folder):
    first = Terminal(folder)
    first.until("q quit")
    assert "2 left" in first.seen
    first.press("x", "press one of these keys")
    first.press("b", "this is the first pair")
    first.until("q quit")
    first.press("y", "1 left")
    first.until("q quit")
    assert judgements(folder) == ["positive"]
    first.press("b", "2 left")
    first.until("q quit")
    assert judgements(folder) == []
    first.press("n", "1 left")
    first.until("q quit")
    first.press("s", "1 pair judged (1 different), 1 left")
    assert first.end() == 1
    second = Terminal(folder)
    second.until("q quit")
    assert "1 left" in second.seen
    second.press("q", "0 pairs judged, 1 left")
    assert second.end() == 1
    third = Terminal(folder)
    third.until("q quit")
    third.press("u", "1 pair judged (1 unsure), 0 left")
    assert third.end() == 0
    assert judgements(folder) == ["negative", "unsure"]


def test_without_a_terminal_it_names_the_page_and_the_worksheet(folder, run):
    done = run("identity", "review", *AS, cwd=folder)
    assert (done.code, "--format html --output FILE" in done.err) == (2, True)


# On a worksheet


def written(folder, run, form):
    file = folder / f"pairs.{form}"
    assert run("identity", "review", "--format", form, "--output", file, "--table", "actors", cwd=folder).code == 0
    return file


def fill(file, choices, column="choice"):
    """Fill a column of a worksheet, from the first pair on."""
    if file.suffix == ".xlsx":
        book = openpyxl.load_workbook(file)
        at = next(cell.column for cell in book["pairs"][1] if cell.value == column)
        for row, choice in enumerate(choices, 2):
            book["pairs"].cell(row, at, choice)
        book.save(file)
        return
    lines = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    for line, choice in zip(lines, choices, strict=False):
        line[column] = choice
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, lines[0])
        writer.writeheader()
        writer.writerows(lines)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_worksheet_that_is_filled_in_is_read_back(folder, run, form):
    file = written(folder, run, form)
    fill(file, ["same", "Different "])
    done = run("identity", "apply", file, "--reason", "Looked at.", *AS, cwd=folder)
    assert (done.code, "2 pairs judged" in done.out) == (0, True)
    assert judgements(folder) == ["negative", "positive"]
    assert found(folder) == ()


@pytest.mark.short(4)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("column", "values", "message"),  # what is filled in, and what it leads to
    [
        ("choice", ["maybe"], "row 2: the choice is"),
        ("choice", [], "no line is filled in"),
        ("reason", ["Because."], "row 2: there is a reason, but no choice"),
        ("left_id", ["act-never"], "row 2:"),
        ("table", ["actor"], "row 2:"),
        ("left_label", ["Another Company"], "row 2:"),
        ("right_id", ["=1+1"], "row 2:"),
    ],
)
def test_a_spoilt_worksheet_is_refused_as_a_whole_and_says_where(  # noqa: PLR0913 (a case has three values)
    folder, run, form, column, values, message
):
    file = written(folder, run, form)
    if column not in ("choice", "reason"):
        fill(file, ["same", "same"])
    fill(file, values, column)
    done = run("identity", "apply", file, *AS, cwd=folder)
    assert (done.code, message in done.err, "Traceback" in done.err) == (2, True, False)
    assert judgements(folder) == []


def test_a_reason_that_is_the_error_of_a_formula_is_refused(folder, run):
    file = written(folder, run, "xlsx")
    fill(file, ["same"])
    fill(file, ["=1+1"], "reason")
    done = run("identity", "apply", file, *AS, cwd=folder)
    assert "row 2: reason is #NOT CALCULATED!, the error of a formula. Write the text itself." in done.err
    assert (done.code, judgements(folder)) == (2, [])


def test_what_nobody_knows_is_not_applied(folder, run):
    done = run("identity", "unsure", "local:quay", "local:qs", *AS, cwd=folder)
    assert (done.code, "are perhaps the same. Written to" in done.out, "merge applies" in done.out) == (0, True, False)


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"table,left_id\n", b"PK\x03\x04 broken", b"<html>"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_that_is_no_worksheet_is_refused(folder, run, form, content):
    file = folder / f"pairs.{form}"
    file.write_bytes(content)
    done = run("identity", "apply", file, *AS, cwd=folder)
    assert (done.code, bool(done.err), "Traceback" in done.err) == (2, True, False)


FORMULA = '=HYPERLINK("https://example.org","Quay Shipping")'


@pytest.mark.parametrize("form", ["csv", "xlsx", "html"])
def test_a_name_that_looks_like_a_formula_or_markup_is_text(tmp_path, run, form):
    name = FORMULA if form != "html" else "<script>alert(1)</script> Quay"
    rows = ({"actors": [actor(slug, name, jurisdiction="KOR")]} for slug in ("a", "b"))
    file = written(workspace(tmp_path, dict(zip((ANN, BOB), rows, strict=True))), run, form)
    if form == "xlsx":
        cells = [cell for row in openpyxl.load_workbook(file)["pairs"].iter_rows() for cell in row]
        assert any(str(cell.value).endswith(FORMULA) for cell in cells)
        assert {cell.data_type for cell in cells if cell.value} <= {"s", "n"}
        fill(file, ["same"])
    elif form == "csv":
        lines = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
        assert lines[0]["left_label"] == f"'{FORMULA}"
        fill(file, ["same"])
    else:
        page = file.read_text(encoding="utf-8")
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
        return
    assert run("identity", "apply", file, *AS, cwd=tmp_path).code == 0
    assert judgements(tmp_path) == ["positive"]


def test_the_page_names_both_rows_of_each_pair(folder, run):
    page = written(folder, run, "html").read_text(encoding="utf-8")
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Quay Shiping / Quay Shipping", "Harbor Steel / Harbour Steel"]
    assert 'src="http' not in page

"""Markdown of reports, merges and differences, read by a reader of Markdown that nobody here wrote."""

import re
import shutil

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from depositary.reports.markdown import markdown, table

READER = MarkdownIt("commonmark").enable("table").enable("strikethrough")
EXAMPLES = ROOT / "examples"
ACTIVE = ("html_inline", "html_block", "link_open", "image", "code_inline", "em_open", "strong_open", "s_open", "fence")


def tokens(text):
    return [token for block in READER.parse(text) for token in (block, *(block.children or ()))]


def shown(text):
    return "".join(token.content for token in tokens(text) if token.type in ("text", "text_special"))


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn")), max_size=40))
def test_a_cell_shows_its_text_and_nothing_in_it_acts(text):
    written = "\n".join(table(["one", "two"], [[f"x{text}x", "end"]]))
    assert not [token.type for token in tokens(written) if token.type in ACTIVE]
    cells = [re.sub(r"\s+", " ", token.content) for token in tokens(written) if token.type == "inline"]
    assert len(cells) == 4
    assert cells[-1] == "end"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x>",
        "[a](https://example.org)",
        "![a](b)",
        "**bold** and _em_ and `code` and ~~gone~~",
        "a | b",
        "a \\| b \\",
        "https://example.org/x",
        "@somebody",
        "#123",
        "&lt;b&gt;",
        "$x$",
    ],
)
def test_what_would_act_is_shown_as_it_is(text):
    written = markdown(text)
    assert shown(f"start {written} end") == f"start {text} end"
    assert not [token.type for token in tokens(f"start {written} end") if token.type in ACTIVE]
    assert not re.search(r"(?<!\\)[@]|(?<!&)#|://", written)


def test_a_line_end_does_not_end_a_cell():
    assert "\n" not in markdown("a\nb\r\nc\u2028d")


@pytest.mark.short(1)
@pytest.mark.parametrize("folder", ["jonas/first-try", "mira/dispatch-reading"])
def test_a_report_has_a_row_for_each_finding(run, folder):
    path = EXAMPLES / "contributions" / folder
    done = run("validate", path, "--format", "markdown", "--as-of", "2026-11-23")
    text = run("validate", path, "--as-of", "2026-11-23").out
    rows = sum(token.type == "tr_open" for token in tokens(done.out))
    heads = sum(token.type == "thead_open" for token in tokens(done.out))
    errors, warnings = map(int, re.search(r"valid: (\d+) errors?, (\d+) warnings?", text).groups())
    assert rows - heads == errors + warnings
    assert shown(done.out.splitlines()[0]) == path.as_posix()


def test_findings_that_are_not_shown_are_counted(run, demo):
    rows = "".join(f"ev-{at},,Xx,talks,,,\n" for at in range(300))
    done = run(
        "validate", demo({"events.csv": f"event_id,held,country,kind,open,guests,note\n{rows}"}), "--format", "markdown"
    )
    assert "290 more findings of foreign-key" in done.out


@pytest.fixture
def workspace(tmp_path):
    shutil.copytree(ROOT / "datapackage", tmp_path / "datapackage")
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    return tmp_path / "examples"


@pytest.mark.long
def test_a_plan_lists_what_changes_and_the_open_conflicts_and_writes_nothing(run, workspace):
    plan = run("merge", "--plan", "--format", "markdown", cwd=workspace)
    assert not (workspace / "merged").exists()
    text = run("merge", cwd=workspace).out
    (count,) = re.findall(r"open conflicts, where the published values stay: (\d+)", text)
    assert f"#### {count} open conflicts" in plan.out
    merged = run("diff", "../datapackage", "merged", "--format", "markdown", cwd=workspace)
    for name, added in re.findall(r"^  (\w+) +(\d+) rows? added", text, re.MULTILINE):
        assert re.search(rf"^\| {markdown(name)} \| {added} \|".replace("\\", "\\\\"), plan.out, re.MULTILINE)
        assert f"#### {markdown(name)}: {added} row" in merged.out


def test_nothing_to_merge_is_stated(run, workspace):
    done = run("merge", "../datapackage", "--plan", "--format", "markdown", cwd=workspace)
    assert "Nothing changes." in done.out
    assert "No conflict is open." in done.out

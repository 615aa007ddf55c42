"""`depositary evidence check`: the text proves the rows, or does not."""

import csv
import hashlib
import io
from pathlib import Path

import pytest
from evidence_case import EVIDENCE, contribution, evidence_row, text_file
from evidence_case import package as package_of
from hypothesis import given
from hypothesis import strategies as st

from depositary.check.rules.passages import judge_passage
from depositary.model.codes import CODES

TEXT = "Zürich, 大阪 e\u0301 – first sentence.\r\nSecond one.\n"
FIELDS = ["evidence_id", "source_id", "char_start", "char_end", "quote_sha256", "quote"]
SCHEMAS = {
    "sources": [("source_id", "string"), ("snapshot_sha256", "string")],
    "evidence": [(name, "integer" if name.startswith("char") else "string") for name in FIELDS],
}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def holding(tmp_path: Path):
    """Make a package with one source, whose text is beside it, and evidence rows."""

    def make(*rows: list[object]) -> tuple[Path, Path]:
        text = tmp_path / "text.txt"
        text.write_bytes(TEXT.encode())
        _write(tmp_path / "sources.csv", ["source_id", "snapshot_sha256"], [["src-1", digest(TEXT)], ["src-2", ""]])
        _write(tmp_path / "evidence.csv", FIELDS, rows)
        (tmp_path / "datapackage.json").write_text(_descriptor(), encoding="utf-8")
        return tmp_path, text

    return make


def _descriptor() -> str:
    import json  # noqa: PLC0415 (only here)

    resources = [
        {
            "name": name,
            "path": f"{name}.csv",
            "schema": {"fields": [{"name": n, "type": t} for n, t in fields], "primaryKey": [fields[0][0]]},
        }
        for name, fields in SCHEMAS.items()
    ]
    return json.dumps({"name": "held", "resources": resources})


def _write(file: Path, header: list[str], rows) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    file.write_text(text.getvalue(), encoding="utf-8", newline="")


def proof(start: int, end: int, quote: str = "", text: str | None = None) -> list[object]:
    return ["evd-1", "src-1", start, end, digest(TEXT[start:end] if text is None else text), quote]


@pytest.mark.parametrize("span", [(0, 6), (8, 10), (0, len(TEXT)), (13, 33), (11, 13)])
def test_passages_count_code_points_of_the_text_as_it_is(run, holding, span):
    package, text = holding(proof(*span))
    assert run("evidence", "check", package, "--text", text).code == 0


def test_a_quote_that_is_the_passage_holds(run, holding):
    package, text = holding(proof(0, 6, "Zürich"))
    assert run("evidence", "check", package, "--text", text).code == 0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (proof(0, 6, text="other"), "row 2, quote_sha256: the hash of the passage at 0 to 6"),
        (proof(0, 6, "Zurich"), 'row 2, quote: "Zurich" is not the passage at 0 to 6'),
        (proof(0, 1000), "the text has no characters 0 to 1000"),
        (proof(6, 6), "the text has no characters 6 to 6"),
        (["evd-1", "src-1", "", "", "", ""], "the row has no passage"),
    ],
)
def test_what_does_not_hold_is_named(run, holding, row, said):
    package, text = holding(row)
    done = run("evidence", "check", package, "--text", text)
    assert done.code == 1
    assert said in done.out


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (
            len("Zürich, ".encode()),
            len("Zürich, 大阪".encode()),
            "these look like byte offsets; in characters they are",
        ),
        (9, 11, "offsets that count from 1; from 0, without the end, they are"),
        (9, 10, "offsets that count from 1, with the end; from 0, without the end, they are"),
        (8, 9, "offsets with the end included; without it they are"),
    ],
)
def test_offsets_that_count_something_else_are_recognised(run, holding, start, end, said):
    package, text = holding(["evd-1", "src-1", start, end, digest("大阪"), ""])
    done = run("evidence", "check", package, "--text", text)
    assert done.code == 1
    assert f"{said} 8 to 10 [evidence-units]" in done.out


@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("😀 😀 Zürich", lambda before: len(before.encode("utf-16-le")) // 2, "in units of UTF-16"),
        (
            "one\r\ntwo\r\nZürich",
            lambda before: len(before.replace("\r\n", "\n")),
            "that count a line end (CR LF) as one",
        ),
        ("\ufeffone Zürich", lambda before: len(before) - 1, "without the byte-order mark"),
        ("é 大 Zürich", lambda before: len(before.encode()), "byte offsets"),
    ],
)
def test_offsets_of_other_programs_are_recognised(text, unit, said):
    start, end = unit(text.partition("Z")[0]), unit(text)
    ((field, code, message),) = judge_passage(text, start, end, digest("Zürich"), None)
    at = text.index("Z")
    assert (field, code) == ("char_start", "evidence-units")
    assert said in message
    assert message.endswith(f"they are {at} to {at + 6}")


def test_offsets_are_recognised_by_the_quote_if_the_hash_is_wrong():
    text = "é 大 Zürich"
    ((_, code, message),) = judge_passage(text, 7, 14, "0" * 64, "Zürich")
    assert code == "evidence-units"
    assert message.endswith(f"they are 4 to 10, and the hash is {digest('Zürich')}")


def test_offsets_that_a_schema_has_as_text_are_numbers():
    assert list(judge_passage("The talks", "4", "9", digest("talks"), None)) == []
    ((_, code, _),) = judge_passage("The talks", "four", "9", digest("talks"), None)
    assert code == "evidence-offsets"


@given(st.text("aé大😀\r\n", max_size=12), st.integers(0, 40), st.integers(0, 40))
def test_offsets_that_the_hash_does_not_show_are_not_guessed(text, start, end):
    for _, code, _ in judge_passage(text, start, end, digest("not in the text"), None):
        assert code in ("evidence-offsets", "evidence-hash")


@pytest.mark.parametrize("code", [code for code in CODES.values() if code.name.startswith("evidence-")], ids=str)
def test_the_examples_of_a_code_give_it(code):
    for example, expected in ((code.bad, {code.name}), (code.good, set())):
        (row,) = csv.DictReader(io.StringIO(example["evidence.csv"]))
        found = judge_passage(
            "Zurich is calm.", int(row["char_start"]), int(row["char_end"]), row["quote_sha256"], row["quote"]
        )
        names = {name for _, name, _ in found}
        assert expected <= names
        assert bool(names) == bool(expected)


def test_evidence_from_other_sources_is_left_alone(run, holding):
    package, text = holding(["evd-1", "src-2", "", "", "", ""])
    done = run("evidence", "check", package, "--text", text)
    assert done.code == 0


def test_a_text_that_nobody_coded_is_refused_with_those_that_were(run, holding):
    package, text = holding(proof(0, 6))
    text.write_text("another text", encoding="utf-8")
    done = run("evidence", "check", package, "--text", text)
    assert done.code == 2
    assert f"src-1 {digest(TEXT)}" in done.err


def test_one_changed_byte_is_another_text(run, holding):
    package, text = holding(proof(0, 6))
    text.write_bytes(TEXT.replace("\r\n", "\n").encode())
    assert run("evidence", "check", package, "--text", text).code == 2


def test_other_line_ends_are_recognised(run, holding):
    package, text = holding(proof(0, 6))
    plain = TEXT.replace("\r\n", "\n")
    _write(package / "sources.csv", ["source_id", "snapshot_sha256"], [["src-1", digest(plain)]])
    text.write_bytes(plain.replace("\n", "\r\n").encode())
    done = run("evidence", "check", package, "--text", text)
    assert done.code == 2
    assert "differs from a coded text only in its line ends" in done.err


@pytest.mark.parametrize("name", ["text.txt", "nothing.txt"])
def test_what_is_no_text_is_refused(run, holding, name):
    package, text = holding(proof(0, 6))
    text.write_bytes(b"\xff\xfe")
    assert run("evidence", "check", package, "--text", package / name).code == 2


def test_a_package_without_sources_is_refused(run, demo, tmp_path):
    (tmp_path / "text.txt").write_text("x", encoding="utf-8")
    done = run("evidence", "check", demo({}), "--text", tmp_path / "text.txt")
    assert done.code == 2
    assert "has no table 'sources'" in done.err


def test_background_needs_no_passage(run, tmp_path):
    base = package_of(tmp_path / "base", evidence_row("evd-far", span=None, support="background"))
    assert run("evidence", "check", base, "--text", text_file(tmp_path)).code == 0


# Contributions


def own(*rows: list[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([EVIDENCE, *rows])
    return text.getvalue()


def test_of_a_contribution_its_own_rows_are_checked(run, tmp_path):
    base = package_of(tmp_path / "base", evidence_row("evd-old", span=(0, 3), text="something else"))
    good, bad = evidence_row("local:good", span=(1, 7)), evidence_row("local:bad", span=(2, 7), text="x" * 9)
    folder = contribution(tmp_path / "ann", {"evidence.csv": own(good, bad)})
    done = run("evidence", "check", folder, "--text", text_file(tmp_path), "--base", base)
    assert done.code == 1
    assert "row 3, quote_sha256: the hash of the passage at 2 to 7" in done.out
    assert "1 error, 0 warnings in 1 table, 2 rows" in done.out


def test_a_contribution_may_bring_its_own_source(run, tmp_path):
    base = package_of(tmp_path / "base", text=None)
    text = text_file(tmp_path)
    sources = f"source_id,snapshot_sha256\nlocal:s,{hashlib.sha256(text.read_bytes()).hexdigest()}\n"
    row = evidence_row("local:a", span=(1, 7), source_id="local:s")
    folder = contribution(tmp_path / "ann", {"sources.csv": sources, "evidence.csv": own(row)})
    assert run("evidence", "check", folder, "--text", text, "--base", base).code == 0
    assert run("evidence", "check", "--text", text, "--base", base, cwd=folder).code == 0


def test_a_patch_of_a_published_row_is_checked_as_it_would_be_merged(run, tmp_path):
    base = package_of(tmp_path / "base", evidence_row("evd-old", span=(1, 7)))
    folder = contribution(tmp_path / "ann", {"evidence.csv": "evidence_id,char_end\nevd-old,8\n"})
    done = run("evidence", "check", folder, "--text", text_file(tmp_path), "--base", base)
    assert (done.code, "row 2, " in done.out) == (1, True)


def test_a_new_text_of_a_published_source_concerns_its_published_evidence(run, tmp_path):
    base = package_of(tmp_path / "base", evidence_row("evd-old", span=(1, 7)))
    text = text_file(tmp_path, "Another text.")
    sources = f"source_id,snapshot_sha256\nsrc-a,{hashlib.sha256(text.read_bytes()).hexdigest()}\n"
    folder = contribution(tmp_path / "ann", {"sources.csv": sources})
    done = run("evidence", "check", folder, "--text", text, "--base", base)
    assert (done.code, "evd-old of the base: the hash of the passage" in done.out) == (1, True)


def test_a_contribution_without_evidence_has_nothing_to_check(run, tmp_path):
    base = package_of(tmp_path / "base", evidence_row("evd-old", span=(1, 7)))
    folder = contribution(tmp_path / "ann", {})
    done = run("evidence", "check", folder, "--text", text_file(tmp_path), "--base", base)
    assert (done.code, done.err.count("\n"), "no table evidence" in done.err) == (2, 1, True)


def test_a_single_file_or_a_wrong_manifest_is_refused(run, tmp_path):
    base = package_of(tmp_path / "base")
    folder = contribution(tmp_path / "ann", {"evidence.csv": own()})
    text = text_file(tmp_path)
    (folder / "rows.xlsx").write_bytes(b"PK")
    for place in (folder / "evidence.csv", folder / "rows.xlsx", base / "evidence.csv", text):
        done = run("evidence", "check", place, "--text", text, "--base", base)
        assert (done.code, f"Name the folder, {place.parent}." in done.err) == (2, True)
    (folder / "contribution.toml").write_text('mode = "patch"\n', encoding="utf-8")
    done = run("evidence", "check", folder, "--text", text, "--base", base)
    assert (done.code, "Run depositary validate first" in done.err) == (2, True)

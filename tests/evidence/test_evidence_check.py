"""`depositary evidence check`: the text proves the rows, or does not."""

import csv
import hashlib
import io
from pathlib import Path

import pytest

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

"""`depositary evidence move`: all passages of a text are found in a new one, or listed."""

import json
from pathlib import Path

import pytest
from evidence_case import (
    TEXT,
    contribution,
    digest,
    evidence_row,
    package,
    rows_of,
    text_file,
)
from hypothesis import given
from hypothesis import strategies as st

import depositary
from depositary.evidence.anchor import Anchor

NEW = f"Corrected.\r\n{TEXT}".replace("went on", "ended")


def span(words: str, text: str = TEXT) -> tuple[int, int]:
    at = text.index(words)
    return at, at + len(words)


AGREED, TALKS, WENT, ZURICH = span("agreed"), span("The talks"), span("went on"), span("Zürich")
ROWS = [
    evidence_row("evd-agreed", span=AGREED, quote="agreed"),
    evidence_row("evd-went", span=WENT),
    evidence_row("evd-zurich", span=ZURICH),
    evidence_row("evd-none", span=None, support="background"),
    evidence_row("evd-other", span=(0, 3), source_id="src-b"),
]


@pytest.fixture
def texts(tmp_path):
    return text_file(tmp_path, TEXT, "old.txt"), text_file(tmp_path, NEW, "new.txt")


@pytest.fixture
def move(run, tmp_path, texts):
    def moved(folder, *options):
        base = ["--base", tmp_path / "base"] if (folder / "contribution.toml").exists() else []
        return run("evidence", "move", folder, "--from", texts[0], "--to", texts[1], *base, *options)

    return moved


def spans(file: Path) -> dict[str, tuple[str, str]]:
    return {row["evidence_id"]: (row["char_start"], row["char_end"]) for row in rows_of(file)}


def texts_of(pair: tuple[int, int]) -> tuple[str, str]:
    return str(pair[0]), str(pair[1])


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("new", "anchor"),
    [
        (TEXT, Anchor.SAME),
        (TEXT.replace("\r\n", "\n"), Anchor.MOVED),
        (f"{TEXT}More.", Anchor.GONE),
        (NEW, Anchor.GONE),
    ],
)
def test_silence_is_moved_only_to_a_text_with_the_same_words(tmp_path, new, anchor):
    folder = package(tmp_path / "base", evidence_row("evd-silent", span=(0, len(TEXT)), support="absent"))
    old, other = text_file(tmp_path, TEXT, "old.txt"), text_file(tmp_path, new, "other.txt")
    (row,) = depositary.move_evidence(folder, old, other, write=True).rows
    assert (row.anchor, row.new) == (anchor, None if anchor is Anchor.GONE else (0, len(new)))
    assert depositary.check_evidence(folder, other).valid is (anchor is not Anchor.GONE)


def test_a_new_text_has_to_be_read_for_silence(move, tmp_path):
    folder = package(tmp_path / "base", evidence_row("evd-silent", span=(0, len(TEXT)), support="absent"))
    assert "the new one may mention: read it" in move(folder).out


def test_each_row_is_listed_and_nothing_is_written(move, tmp_path):
    folder = package(tmp_path / "base", *ROWS)
    before = content(folder)
    done = move(folder)
    assert done.code == 1
    assert "1 moved, 1 ambiguous, 1 gone; 1 row without a passage." in done.out
    lines = {line.split()[0]: line.split()[1] for line in done.out.splitlines() if line.startswith("evd-")}
    assert lines == {"evd-agreed": "moved", "evd-went": "gone", "evd-zurich": "ambiguous"}
    assert "Nothing was written" in done.out
    assert content(folder) == before


def test_rows_that_are_found_are_written_and_the_others_stay(move, tmp_path, texts):
    folder = package(tmp_path / "base", *ROWS)
    kept = (folder / "evidence.csv").read_text(encoding="utf-8").splitlines()
    assert move(folder, "--write").code == 1
    assert spans(folder / "evidence.csv")["evd-agreed"] == texts_of(span("agreed", NEW))
    written = (folder / "evidence.csv").read_text(encoding="utf-8").splitlines()
    assert [line for line in written if line not in kept] == written[1:2]
    assert [row["snapshot_sha256"] for row in rows_of(folder / "sources.csv")] == [digest(NEW), ""]
    wrong = {finding.row for finding in depositary.check_evidence(folder, texts[1])}
    assert wrong == {3, 4}


def test_the_same_call_again_lists_what_is_left(move, tmp_path):
    folder = package(tmp_path / "base", *ROWS)
    first = move(folder, "--write")
    before = content(folder)
    again = move(folder, "--write")
    assert (first.code, again.code) == (1, 1)
    assert "1 same, 1 ambiguous, 1 gone" in again.out
    assert content(folder) == before


def test_a_whole_move_is_valid_and_comes_back(run, tmp_path, texts):
    folder = package(tmp_path / "base", ROWS[0], ROWS[3])
    before = content(folder)
    there = ("evidence", "move", folder, "--from", texts[0], "--to", texts[1], "--write")
    back = ("evidence", "move", folder, "--from", texts[1], "--to", texts[0], "--write")
    assert run(*there).code == 0
    assert depositary.check_evidence(folder, texts[1]).valid
    assert depositary.validate(folder).valid
    assert run(*back).code == 0
    assert content(folder) == before


def test_words_with_other_white_space_get_a_new_hash_and_quote(run, tmp_path):
    folder = package(tmp_path / "base", evidence_row("evd-a", span=span("The talks  in"), quote="The talks  in"))
    old, new = text_file(tmp_path, TEXT, "old.txt"), text_file(tmp_path, TEXT.replace("  ", "\n"), "new.txt")
    assert run("evidence", "move", folder, "--from", old, "--to", new, "--write").code == 0
    (row,) = rows_of(folder / "evidence.csv")
    assert (row["quote"], row["quote_sha256"]) == ("The talks\nin", digest("The talks\nin"))
    assert depositary.check_evidence(folder, new).valid


def test_a_text_with_other_line_ends_moves_everything(run, tmp_path):
    rows = [evidence_row(f"evd-{at}", span=one) for at, one in enumerate((AGREED, WENT, span("in\r\nZürich")))]
    folder = package(tmp_path / "base", *rows)
    old, new = text_file(tmp_path, TEXT, "old.txt"), text_file(tmp_path, TEXT.replace("\r\n", "\n"), "new.txt")
    assert run("evidence", "move", folder, "--from", old, "--to", new, "--write").code == 0
    assert depositary.check_evidence(folder, new).valid


def test_a_row_that_does_not_fit_the_old_text_is_unproven(move, tmp_path):
    folder = package(tmp_path / "base", evidence_row("evd-bad", span=(3, 9), text="another text"))
    done = move(folder, "--write")
    assert (done.code, "1 unproven" in done.out) == (1, True)
    assert spans(folder / "evidence.csv") == {"evd-bad": ("3", "9")}


def test_a_patch_moves_the_published_evidence_too(move, tmp_path, texts):
    base = package(tmp_path / "base", ROWS[0], evidence_row("evd-talks", span=TALKS))
    own = "evidence_id,table_name,record_id,source_id,support,char_start,char_end,quote_sha256,contributor_id\n"
    own += f"local:bern,things,thg-b,src-a,stated,{WENT[0]},{WENT[1]},{digest('went on')},ctr-ann\n"
    own += f"local:talks,things,thg-b,src-a,stated,{TALKS[0]},{TALKS[1]},{digest('The talks')},ctr-ann\n"
    folder = contribution(tmp_path / "ann", {"evidence.csv": own})
    before = content(base)
    done = move(folder, "--write")
    assert (done.code, "3 moved, 1 gone" in done.out) == (1, True)
    assert content(base) == before
    assert spans(folder / "evidence.csv") == {
        "local:bern": texts_of(WENT),
        "local:talks": texts_of(span("The talks", NEW)),
        "evd-agreed": texts_of(span("agreed", NEW)),
        "evd-talks": texts_of(span("The talks", NEW)),
    }
    assert [(r["source_id"], r["snapshot_sha256"]) for r in rows_of(folder / "sources.csv")] == [("src-a", digest(NEW))]
    report = depositary.check_evidence(folder, texts[1], base)
    assert [finding.row for finding in report] == [2]
    assert depositary.validate(folder, base).valid


def test_evidence_that_the_patch_deletes_is_not_moved(move, tmp_path):
    package(tmp_path / "base", *ROWS)
    deletes = "table,record_id,reason\nevidence,evd-went,gone\nevidence,evd-zurich,gone\n"
    folder = contribution(tmp_path / "ann", {"deletes.csv": deletes})
    assert move(folder, "--write").code == 0
    assert list(spans(folder / "evidence.csv")) == ["evd-agreed"]


def test_programs_get_the_rows_as_json(move, tmp_path):
    folder = package(tmp_path / "base", *ROWS)
    done = move(folder, "--format", "json")
    document = json.loads(done.out)
    assert document["counts"] == {"moved": 1, "ambiguous": 1, "gone": 1}
    assert (document["sources"], document["written"], document["without_passage"]) == (["src-a"], False, 1)
    assert document["to"]["sha256"] == digest(NEW)
    assert [row["status"] for row in document["rows"]] == ["moved", "gone", "ambiguous"]
    assert document["rows"][0]["new_char_start"] == span("agreed", NEW)[0]
    assert len(document["rows"][2]["places"]) == 2


@pytest.mark.parametrize("which", [0, 1])
def test_a_text_that_no_source_has_or_that_is_missing_is_refused(run, tmp_path, texts, which):
    folder = package(tmp_path / "base", *ROWS, text="another")
    done = run("evidence", "move", folder, "--from", texts[0], "--to", texts[1])
    assert (done.code, "no source has the SHA-256" in done.err) == (2, True)
    texts[which].unlink()
    done = run("evidence", "move", folder, "--from", texts[0], "--to", texts[1])
    assert (done.code, "there is no such file" in done.err) == (2, True)


BLOCKS = st.text("ab. é\u0301\n", max_size=12)


@given(BLOCKS, BLOCKS)
def test_passages_between_two_changes_move_or_are_not_guessed(tmp_path_factory, before, behind):
    folder = tmp_path_factory.mktemp("law")
    package(folder / "base", evidence_row("evd-a", span=AGREED), evidence_row("evd-t", span=span("Cafe\u0301 Bern")))
    old, new = text_file(folder, TEXT, "old.txt"), text_file(folder, f"{before}.{TEXT}{behind}", "new.txt")
    moved = depositary.move_evidence(folder / "base", old, new, write=True)
    assert [row.anchor for row in moved.rows] == [Anchor.MOVED] * 2
    assert [row.new[0] - row.old[0] for row in moved.rows] == [len(before) + 1] * 2
    assert depositary.check_evidence(folder / "base", new).valid

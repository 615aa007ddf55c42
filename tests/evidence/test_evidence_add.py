"""`depositary evidence add`: a quote is found in its text and becomes a row, or nothing is written."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, edit
from evidence_case import (
    EVIDENCE,
    TEXT,
    contribution,
    digest,
    evidence_row,
    package,
    rows_of,
    text_file,
    to_csv,
)
from hypothesis import given
from hypothesis import strategies as st

import depositary
from depositary.errors import UsageError

HEADER = ",".join(EVIDENCE)


@pytest.fixture
def add(run, tmp_path):
    """Add evidence for thg-a from src-a, unless other words are given."""

    def added(folder, quote, *options, row=("things", "thg-a"), source="src-a", text=None):
        file = text or text_file(tmp_path)
        asked = ["--source", source, "--text", file, "--quote", quote]
        base = ["--base", tmp_path / "base"] if (folder / "contribution.toml").exists() else ["--as", "ctr-ann"]
        return run("evidence", "add", *row, folder, *asked, *base, *options)

    return added


def cut(row) -> str:
    return TEXT[int(row["char_start"]) : int(row["char_end"])]


def everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# What is found


@pytest.mark.parametrize(
    ("quote", "passage"),
    [
        ("The talks in Zürich went on", "The talks  in\r\nZürich went on"),
        ("The talks in", "The talks  in"),
        ("Zu\u0308rich went", "Zürich went"),
        ("Café Bern", "Cafe\u0301 Bern"),
        ("  大阪\u00a0😀\n", "大阪 😀"),
        ("“Zürich agreed,”", "“Zürich agreed,”"),
    ],
)
def test_white_space_and_accents_may_differ(add, tmp_path, quote, passage):
    folder = package(tmp_path / "base")
    done = add(folder, quote)
    assert (done.code, done.err) == (0, "")
    (row,) = rows_of(folder / "evidence.csv")
    assert (cut(row), row["quote_sha256"], row["quote"]) == (passage, digest(passage), "")
    assert depositary.validate(folder).valid
    assert depositary.check_evidence(folder, tmp_path / "text.txt").valid


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ("The talks of Zürich went on", 'the closest passage: "The talks in Zürich went on'),
        ("zürich agreed", "differ. Copy the passage from the text."),
        ('"Zürich agreed,"', "differ. Copy the passage from the text."),
        ("Quick brown foxes jump over it", "No passage is like it."),
        ("", "the quote is empty"),
        (" \n\t", "the quote is empty"),
        ("Zürich " * 500, "but the text has only"),
        ("Cafe", 'the closest passage: "Café"'),
    ],
)
def test_a_paraphrase_is_refused_and_nothing_is_written(add, tmp_path, quote, said):
    folder = package(tmp_path / "base")
    before = everything(folder)
    done = add(folder, quote)
    assert (done.code, done.out) == (2, "")
    assert said in done.err.replace("e\u0301", "é")
    assert everything(folder) == before


def test_which_one_is_meant_must_be_said(add, tmp_path):
    folder = package(tmp_path / "base")
    before = everything(folder)
    done = add(folder, "Zürich")
    assert done.code == 2
    assert "choose one with --nth" in done.err
    assert "1: characters 1 to 7: “[Zürich] agreed" in done.err
    assert "2: characters" in done.err
    assert add(folder, "Zürich", "--nth", 3).code == 2
    assert everything(folder) == before
    assert add(folder, "Zürich", "--nth", 2).code == 0
    (row,) = rows_of(folder / "evidence.csv")
    assert int(row["char_start"]) == TEXT.rindex("Zürich")


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
def test_a_terminal_asks_which_one(tmp_path):
    import pty  # noqa: PLC0415 (Unix only)

    folder = package(tmp_path / "base")
    main, end = pty.openpty()
    asked = ["--source", "src-a", "--text", text_file(tmp_path), "--quote", "Zürich", "--as", "ctr-ann"]
    command = [sys.executable, "-m", "depositary", "evidence", "add", "things", "thg-a", str(folder), *map(str, asked)]
    with subprocess.Popen(command, stdin=end, stdout=end, stderr=end, cwd=ROOT) as running:
        os.close(end)
        os.write(main, b"7\n2\n")
        printed = b""
        while b"SHA-256" not in printed and (block := os.read(main, 4096)):
            printed += block
    assert running.returncode == 0
    assert "Give a number from 1 to 2." in printed.decode()
    (row,) = rows_of(folder / "evidence.csv")
    assert int(row["char_start"]) == TEXT.rindex("Zürich")


# The row


def test_a_row_of_a_package_has_an_id_with_its_prefix(add, tmp_path):
    folder = package(tmp_path / "base")
    for options in ((), ("--field", "said"), ("--nth", 2)):
        assert add(folder, "Zürich" if "--nth" in options else "went on", *options).code == 0
    rows = rows_of(folder / "evidence.csv")
    assert [(row["evidence_id"], row["field_name"]) for row in rows] == [
        ("evd-a", ""),
        ("evd-a-said", "said"),
        ("evd-a-2", ""),
    ]
    assert {(row["support"], row["contributor_id"], row["table_name"]) for row in rows} == {
        ("stated", "ctr-ann", "things")
    }


def test_a_row_of_a_patch_has_a_local_name_and_its_contributor(add, tmp_path):
    package(tmp_path / "base")
    things = "thing_id,name,said\nlocal:talks,Talks,\n"
    folder = contribution(tmp_path / "ann", {"things.csv": things})
    assert add(folder, "went on", row=("things", "local:talks")).code == 0
    assert add(folder, "went on").code == 0
    rows = rows_of(folder / "evidence.csv")
    assert [(row["evidence_id"], row["record_id"]) for row in rows] == [
        ("local:talks", "local:talks"),
        ("local:a", "thg-a"),
    ]
    assert {row["contributor_id"] for row in rows} == {"ctr-ann"}
    assert (folder / "evidence.csv").read_text(encoding="utf-8").startswith(HEADER)
    assert depositary.validate(folder, tmp_path / "base").valid
    assert depositary.check_evidence(folder, tmp_path / "text.txt", tmp_path / "base").valid


def test_a_local_name_that_an_earlier_batch_may_have_is_not_used(add, tmp_path):
    package(tmp_path / "base")
    folder = contribution(tmp_path / "second", {})
    manifest = (folder / "contribution.toml").read_text(encoding="utf-8")
    (folder / "contribution.toml").write_text(f'follows = ["ann/first"]\n{manifest}', encoding="utf-8")
    assert add(folder, "went on").code == 0
    assert [row["evidence_id"] for row in rows_of(folder / "evidence.csv")] == ["local:second-a"]


def test_a_row_with_a_key_of_several_columns(add, tmp_path):
    folder = package(tmp_path / "base")
    assert add(folder, "went on", row=("pairs", "x|y\\|z")).code == 0
    (row,) = rows_of(folder / "evidence.csv")
    assert (row["record_id"], row["evidence_id"]) == ("x|y\\|z", "evd-x-y-z")
    done = add(folder, "went on", row=("pairs", "x"))
    assert "its key is left_id|right_id" in done.err


def test_other_columns_are_given_as_values(add, tmp_path):
    folder = package(tmp_path / "base")
    values = ("--value", "support=computed", "--value", "note=by the calendar", "--value", "evidence_id=evd-mine")
    assert add(folder, "went on", *values).code == 0
    (row,) = rows_of(folder / "evidence.csv")
    assert (row["evidence_id"], row["support"], row["note"]) == ("evd-mine", "computed", "by the calendar")


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        ("support=statd", 1, "stated"),
        ("note=a note that is far too long for this column", 1, "note"),
        ("evidence_id=evd-b", 1, "evd-b"),
        ("quote=went on", 2, "filled from the other options"),
        ("char_start=3", 2, "filled from the other options"),
        ("nothing=3", 2, 'no column "nothing"'),
        ("support", 2, "no equals sign"),
    ],
)
def test_a_value_that_is_not_valid_writes_nothing(add, tmp_path, value, code, said):
    folder = package(tmp_path / "base", evidence_row("evd-b", span=(0, 5), record_id="thg-b"))
    before = everything(folder)
    done = add(folder, "went on", "--value", value)
    assert done.code == code
    assert said in done.out + done.err
    assert everything(folder) == before


def test_the_words_are_written_only_if_asked_for(add, tmp_path):
    folder = package(tmp_path / "base")
    assert add(folder, "The talks in", "--keep-quote").code == 0
    (row,) = rows_of(folder / "evidence.csv")
    assert row["quote"] == "The talks  in"
    done = add(folder, "The talks in Zürich went on, and Café Bern closed", "--keep-quote")
    assert done.code == 1
    assert "quote" in done.out
    assert len(rows_of(folder / "evidence.csv")) == 1


def test_the_same_evidence_is_not_added_twice(add, tmp_path):
    package(tmp_path / "base", evidence_row("evd-old", span=(TEXT.index("went"), TEXT.index("went") + 7)))
    folder = contribution(tmp_path / "ann", {})
    assert add(folder, "The talks").code == 0
    before = everything(folder)
    for quote, known in (("The talks", "local:a"), ("went on", "evd-old")):
        done = add(folder, quote)
        assert done.code == 0
        assert f"{known} is this evidence already; nothing was written" in done.out
    assert everything(folder) == before


@pytest.mark.parametrize("is_published", [True, False])
def test_evidence_that_is_there_gets_the_cells_that_it_lacks(add, tmp_path, is_published):
    row = evidence_row("evd-old", span=(TEXT.index("went"), TEXT.index("went") + 7), note="")
    package(tmp_path / "base", *([row] if is_published else []))
    folder = contribution(tmp_path / "ann", {} if is_published else {"evidence.csv": to_csv(EVIDENCE, [row])})
    done = add(folder, "went on", "--value", "note=Read twice.", "--value", "support=stated", "--keep-quote")
    assert (done.code, "evd-old is this evidence already; it now has the other values too" in done.out) == (0, True)
    (written,) = rows_of(folder / "evidence.csv")
    assert (written["evidence_id"], written["note"], written["quote"]) == ("evd-old", "Read twice.", "went on")
    assert depositary.validate(folder, tmp_path / "base").valid
    assert "nothing was written" in add(folder, "went on", "--value", "note=Read twice.").out


@pytest.mark.parametrize(("value", "said"), [("support=computed", '"stated", not "computed"'), ("note=Other.", "Old.")])
def test_another_value_of_evidence_that_is_there_is_not_replaced(add, tmp_path, value, said):
    row = evidence_row("evd-old", span=(TEXT.index("went"), TEXT.index("went") + 7), note="Old.")
    folder = package(tmp_path / "base", row)
    before = everything(folder)
    done = add(folder, "went on", "--value", value)
    assert (done.code, "evidence.csv, row 2: evd-old is this evidence already" in done.err) == (2, True)
    assert said in done.err
    assert everything(folder) == before


@pytest.mark.parametrize("is_contribution", [True, False])
def test_a_hash_that_a_source_lost_is_written_again(add, tmp_path, is_contribution):
    row = evidence_row("evd-old", span=(TEXT.index("went"), TEXT.index("went") + 7))
    base = package(tmp_path / "base", row, text=None)
    folder = contribution(tmp_path / "ann", {}) if is_contribution else base
    done = add(folder, "went on")
    assert done.code == 0
    assert "src-a now has the hash of this text" in done.out
    assert "nothing was written" not in done.out
    assert rows_of(folder / "sources.csv")[0]["snapshot_sha256"] == digest(TEXT)
    assert not (tmp_path / "ann" / "evidence.csv").exists()
    assert "nothing was written" in add(folder, "went on").out


# Silence


@pytest.fixture
def absent(run, tmp_path):
    """Add evidence that the text of src-a does not mention thg-a."""

    def added(folder, *options, text=TEXT):
        asked = ["--source", "src-a", "--text", text_file(tmp_path, text), "--absent", "--as", "ctr-ann", *options]
        return run("evidence", "add", "things", "thg-a", folder, *asked)

    return added


def test_the_evidence_of_silence_is_the_whole_text(absent, tmp_path):
    folder = package(tmp_path / "base", text=None)
    done = absent(folder)
    assert (done.code, "[the whole text]" in done.out) == (0, True)
    (row,) = rows_of(folder / "evidence.csv")
    assert (row["support"], cut(row), row["quote"]) == ("absent", TEXT, "")
    assert row["quote_sha256"] == digest(TEXT) == rows_of(folder / "sources.csv")[0]["snapshot_sha256"]
    assert depositary.check_evidence(folder, tmp_path / "text.txt").valid
    assert "nothing was written" in absent(folder).out


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--quote", "went on"], "--quote"), (["--nth", 2], "--nth"), (["--keep-quote"], "--keep-quote")],
)
def test_silence_has_no_quote(absent, tmp_path, options, said):
    done = absent(package(tmp_path / "base"), *options)
    assert (done.code, f"Leave out {said}, or --absent" in done.err) == (2, True)


def test_a_text_without_words_proves_no_silence(absent, tmp_path):
    done = absent(package(tmp_path / "base", text=" \n"), text=" \n")
    assert (done.code, "the text has no words" in done.err) == (2, True)


def test_a_row_without_a_passage_gets_it(add, tmp_path):
    package(tmp_path / "base", evidence_row("evd-bare", span=None), text=None)
    folder = contribution(tmp_path / "ann", {})
    done = add(folder, "went on")
    assert (done.code, "evd-bare now has its passage" in done.out) == (0, True)
    (row,) = rows_of(folder / "evidence.csv")
    assert {name for name, cell in row.items() if cell} == {"evidence_id", "char_start", "char_end", "quote_sha256"}
    assert rows_of(folder / "sources.csv")[0]["snapshot_sha256"] == digest(TEXT)
    assert depositary.validate(folder, tmp_path / "base").valid


def test_a_row_with_a_wrong_hash_gets_the_right_one(add, tmp_path):
    row = evidence_row("evd-bad", span=(TEXT.index("went"), TEXT.index("went") + 7), text="x" * 99)
    folder = package(tmp_path / "base", row)
    assert add(folder, "went on").code == 0
    assert [(r["evidence_id"], r["quote_sha256"]) for r in rows_of(folder / "evidence.csv")] == [
        ("evd-bad", digest("went on"))
    ]


def test_which_of_several_rows_gets_the_passage_must_be_said(add, tmp_path):
    folder = package(tmp_path / "base", *(evidence_row(f"evd-{n}", span=None) for n in "xy"))
    done = add(folder, "went on")
    assert (done.code, "evd-x, evd-y" in done.err) == (2, True)
    assert add(folder, "went on", "--value", "evidence_id=evd-y").code == 0
    assert [row["char_start"] != "" for row in rows_of(folder / "evidence.csv")] == [False, True]


# The source and its text


def test_a_source_without_a_hash_gets_that_of_the_text(add, tmp_path):
    package(tmp_path / "base", text=None)
    folder = contribution(tmp_path / "ann", {"sources.csv": "source_id,access\nlocal:mine,read\n"})
    assert add(folder, "went on", source="local:mine").code == 0
    assert (folder / "sources.csv").read_text(encoding="utf-8") == (
        f"source_id,access,snapshot_sha256\nlocal:mine,read,{digest(TEXT)}\n"
    )
    assert add(folder, "The talks", source="local:mine").code == 0


def test_a_hash_that_makes_other_evidence_incomplete_must_be_asked_for(add, tmp_path):
    bare = [evidence_row("evd-bare", span=None, record_id="thg-b")]
    bare += [evidence_row("evd-far", span=None, record_id="thg-b", support="background")]
    folder = package(tmp_path / "base", *bare, text=None)
    before = everything(folder)
    done = add(folder, "went on")
    assert (done.code, "evd-bare. Write it all the same with --set-snapshot" in done.err) == (2, True)
    assert everything(folder) == before
    assert add(folder, "went on", "--set-snapshot").code == 0
    assert rows_of(folder / "sources.csv")[0]["snapshot_sha256"] == digest(TEXT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT.replace("agreed", "argued"), "this is not the text of src-a"),
        (TEXT.replace("\r\n", "\n"), "It differs from that text only in its line ends."),
        ("\ufeff" + TEXT, "this is not the text of src-a"),
    ],
)
def test_another_text_is_refused(add, tmp_path, text, said):
    folder = package(tmp_path / "base")
    done = add(folder, "went on", text=text_file(tmp_path, text, "other.txt"))
    assert (done.code, said in done.err) == (2, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfeZ\x00", "It seems to be UTF-16"),
        ("Zürich".encode("latin-1"), "this is not UTF-8 text: byte 1"),
        (b"%PDF-1.7\n\xe2\xe3", "this is not UTF-8 text"),
        (None, "there is no such file"),
    ],
)
def test_what_is_no_text_is_refused(add, tmp_path, content, said):
    folder = package(tmp_path / "base")
    file = tmp_path / "other.txt"
    if content is not None:
        file.write_bytes(content)
    done = add(folder, "went on", text=file)
    assert (done.code, said in done.err, done.err.count("\n")) == (2, True, 1)


def test_a_byte_order_mark_is_a_character_of_the_text(add, tmp_path):
    text = f"\ufeff{TEXT}"
    folder = package(tmp_path / "base", text=text)
    assert add(folder, "went on", text=text_file(tmp_path, text)).code == 0
    (row,) = rows_of(folder / "evidence.csv")
    assert int(row["char_start"]) == TEXT.index("went on") + 1


def test_a_long_text_is_searched(add, tmp_path):
    text = "Nothing in this line — é e\u0301.\r\n" * 100_000 + "The end\n is near."
    folder = package(tmp_path / "base", text=text)
    assert add(folder, "The end is near.", text=text_file(tmp_path, text)).code == 0
    (row,) = rows_of(folder / "evidence.csv")
    assert text[int(row["char_start"]) :] == "The end\n is near."


# What does not exist


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"row": ("thing", "thg-a")}, "Did you mean things?"),
        ({"row": ("things", "THG-A")}, 'no row "THG-A" in things; did you mean thg-a?'),
        ({"row": ("things", "local:a")}, "local: names are only in contributions"),
        ({"source": "src-c"}, 'no row "src-c" in sources'),
        ({"source": "src-b"}, "was not read"),
    ],
)
def test_what_does_not_exist_is_named(add, tmp_path, asked, said):
    folder = package(tmp_path / "base")
    done = add(folder, "went on", **asked)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_column_that_does_not_exist_is_named(add, tmp_path):
    done = add(package(tmp_path / "base"), "went on", "--field", "nam")
    assert (done.code, 'no column "nam"; did you mean name?' in done.err) == (2, True)


def test_who_adds_it_to_a_package_must_be_said(run, tmp_path):
    folder = package(tmp_path / "base")
    asked = ["things", "thg-a", folder, "--source", "src-a", "--text", text_file(tmp_path), "--quote", "went on"]
    done = run("evidence", "add", *asked)
    assert (done.code, "--as" in done.err) == (2, True)


@pytest.mark.parametrize("what", ["nowhere", "empty"])
def test_a_folder_that_is_neither_is_refused(add, tmp_path, what):
    (tmp_path / "empty").mkdir()
    assert add(tmp_path / what, "went on").code == 2


def test_a_row_that_the_patch_deletes_does_not_exist(add, tmp_path):
    package(tmp_path / "base")
    folder = contribution(tmp_path / "ann", {"deletes.csv": "table,record_id,reason\nthings,thg-a,wrong\n"})
    done = add(folder, "went on")
    assert (done.code, 'no row "thg-a"' in done.err) == (2, True)


# The file


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEADER + "\n", HEADER + "\n{}\n"),
        (HEADER, HEADER + "\n{}\n"),
        (HEADER + "\r\n", HEADER + "\r\n{}\r\n"),
        ("\ufeff" + HEADER + "\n", "\ufeff" + HEADER + "\n{}\n"),
        (HEADER + "\n\n\n", HEADER + "\n{}\n\n\n"),
        ("", HEADER + "\n{}\n"),
    ],
    ids=["header", "no line end", "CR LF", "byte-order mark", "blank lines", "empty"],
)
def test_all_other_bytes_stay(add, tmp_path, before, after):
    package(tmp_path / "base")
    folder = contribution(tmp_path / "ann", {"evidence.csv": before} if before else {})
    assert add(folder, "went on").code == 0
    written = (folder / "evidence.csv").read_bytes().decode()
    start = TEXT.index("went on")
    row = f"local:a,things,thg-a,,src-a,stated,{start},{start + 7},{digest('went on')},,ctr-ann,"
    assert written == after.format(row)


def test_columns_in_another_order_and_quotes_stay_and_missing_columns_are_added(add, tmp_path):
    package(tmp_path / "base")
    kept = "note,evidence_id,table_name,record_id,source_id,support,contributor_id"
    row = '"a, ""b""",local:x,things,thg-b,src-b,background,ctr-ann'
    folder = contribution(tmp_path / "ann", {"evidence.csv": f"{kept}\n{row}\n"})
    assert add(folder, "went on").code == 0
    lines = (folder / "evidence.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == [f"{kept},char_start,char_end,quote_sha256", f"{row},,,"]
    assert lines[2].startswith(",local:a,things,thg-a,src-a,stated,ctr-ann,")


def test_quotes_around_all_cells_stay(add, tmp_path):
    package(tmp_path / "base")
    header = ",".join(f'"{name}"' for name in EVIDENCE)
    folder = contribution(tmp_path / "ann", {"evidence.csv": f"{header}\n"})
    assert add(folder, "went on").code == 0
    assert (folder / "evidence.csv").read_text(encoding="utf-8").splitlines()[1].startswith('"local:a","things",')


def test_empty_columns_of_a_spreadsheet_do_not_hide_new_ones(add, tmp_path):
    package(tmp_path / "base")
    header = "evidence_id,table_name,record_id,source_id,support,contributor_id,,"
    folder = contribution(tmp_path / "ann", {"evidence.csv": f"{header}\nlocal:x,things,thg-b,src-b,background,c,,\n"})
    assert add(folder, "went on").code == 0
    first, second, _ = csv.reader((folder / "evidence.csv").read_text(encoding="utf-8").splitlines())
    assert first[-3:] == ["char_start", "char_end", "quote_sha256"]
    assert second == ["local:x", "things", "thg-b", "src-b", "background", "c", "", "", ""]


def test_sizes_in_the_descriptor_stay_true(add, tmp_path):
    folder = package(tmp_path / "base")
    file = folder / "datapackage.json"
    descriptor = json.loads(file.read_text(encoding="utf-8"))
    descriptor["resources"][-1] |= {"bytes": 3, "rows": 7, "hash": "sha256:00"}
    file.write_text(json.dumps(descriptor), encoding="utf-8")
    assert add(folder, "went on").code == 0
    stated = json.loads(file.read_text(encoding="utf-8"))["resources"][-1]
    content = (folder / "evidence.csv").read_text(encoding="utf-8")
    assert (stated["bytes"], stated["rows"], stated["hash"]) == (
        len(content.encode()),
        1,
        f"sha256:{digest(content)}",
    )


def test_a_package_whose_file_is_missing_gets_one(add, tmp_path):
    folder = package(tmp_path / "base")
    (folder / "evidence.csv").unlink()
    assert add(folder, "went on").code == 0
    assert len(rows_of(folder / "evidence.csv")) == 1


def test_a_snapshot_is_written_only_if_it_has_the_table(add, tmp_path):
    old = evidence_row("evd-old", span=(0, 5))
    package(tmp_path / "base", old)
    folder = contribution(tmp_path / "ann", {}, mode="snapshot")
    done = add(folder, "went on")
    assert (done.code, "this one has no evidence" in done.err) == (2, True)
    (folder / "evidence.csv").write_text(to_csv(EVIDENCE, [old]), encoding="utf-8")
    assert add(folder, "went on").code == 0
    assert [row["evidence_id"] for row in rows_of(folder / "evidence.csv")] == ["evd-old", "evd-a"]


def test_a_file_with_other_columns_is_not_written(add, tmp_path):
    package(tmp_path / "base")
    folder = contribution(tmp_path / "ann", {"list.csv": "id,what\n"})
    with (folder / "contribution.toml").open("a", encoding="utf-8") as manifest:
        manifest.write('[[files]]\npath = "list.csv"\ntable = "evidence"\n[files.columns]\nid = "evidence_id"\n')
        manifest.write('what = "note"\n')
    done = add(folder, "went on")
    assert (done.code, "list.csv: this table has other column names" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("evidence_id,support\nlocal:x\n", "row 2 has 1 cells, but the header has 2 columns"),
        ("evidence_id,evidence_id\n", "two of its columns have the same name"),
        ('evidence_id,support\n"a"b"\n"c', "row"),
    ],
)
def test_a_broken_file_is_not_written(add, tmp_path, content, said):
    package(tmp_path / "base")
    folder = contribution(tmp_path / "ann", {"evidence.csv": content})
    before = everything(folder)
    done = add(folder, "went on")
    assert (done.code, said in done.err) == (2, True), done.err
    assert everything(folder) == before


def test_a_link_that_leads_out_of_the_folder_is_not_followed(add, tmp_path):
    package(tmp_path / "base")
    outside = tmp_path / "outside.csv"
    outside.write_text(HEADER + "\n", encoding="utf-8")
    folder = contribution(tmp_path / "ann", {})
    (folder / "evidence.csv").symlink_to(outside)
    assert add(folder, "went on").code == 2
    assert outside.read_text(encoding="utf-8") == HEADER + "\n"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="rights do not bind this user")
def test_a_folder_that_may_not_be_written_stays(add, tmp_path):
    folder = package(tmp_path / "base")
    folder.chmod(0o555)
    done = add(folder, "went on")
    folder.chmod(0o755)
    assert (done.code, done.err.count("\n")) == (2, 1)


# The published package


def test_a_row_of_the_published_package_breaks_none_of_its_rules(run, published, tmp_path):
    text = text_file(
        tmp_path, "The ministers met. A long text follows here, so that quotes are a small part of it. " * 30
    )
    edit(published / "data" / "sources.csv", 2, "snapshot_sha256", digest(text.read_text(encoding="utf-8")))
    shutil.copy(published / "data" / "evidence.csv", tmp_path / "before.csv")
    common = ["--source", "src-chip-talks-article", "--text", text, "--as", "ctr-maintainers"]
    done = run(
        "evidence", "add", "actors", "act-apec", published, *common, "--quote", "The ministers met.", "--nth", 1,
        "--keep-quote",
    )  # fmt: skip
    assert done.code == 0, done.out + done.err
    before, after = (f.read_bytes() for f in (tmp_path / "before.csv", published / "data" / "evidence.csv"))
    assert after.startswith(before)
    assert after[len(before) :].count(b"\n") == 1
    long = "A long text follows here, so that quotes are a small part of it. The"
    refused = run(
        "evidence", "add", "actors", "act-apec", published, *common, "--quote", long, "--nth", 1, "--keep-quote"
    )
    assert refused.code == 1
    assert "R55c" in refused.out
    assert (published / "data" / "evidence.csv").read_bytes() == after
    unknown = run("evidence", "add", "contributors", "ctr-maintainers", published, *common, "--quote", long, "--nth", 1)
    assert (unknown.code, "table_name allows" in unknown.err) == (2, True)


# In Python


def test_the_function_gives_the_row_or_raises(tmp_path):
    folder, text = package(tmp_path / "base"), text_file(tmp_path)
    asked = {"source": "src-a", "text": text, "contributor": "ctr-ann"}
    added = depositary.add_evidence(folder, "things", "thg-a", quote="went on", **asked)
    assert (added.outcome, added.evidence_id, added.row, added.file) == ("added", "evd-a", 2, folder / "evidence.csv")
    with pytest.raises(UsageError, match="2 times"):
        depositary.add_evidence(folder, "things", "thg-a", quote="Zürich", **asked)


WORDS = st.text("ab é\u0301\n", min_size=1, max_size=25)


@given(WORDS, st.integers(0, 25), st.integers(0, 25))
def test_a_row_that_is_added_is_valid_and_proves_its_words(tmp_path_factory, text, one, other):
    quote = text[min(one, other) : max(one, other)]
    folder = package(tmp_path_factory.mktemp("law") / "base", text=text)
    file = text_file(folder, text)
    try:
        added = depositary.add_evidence(
            folder, "things", "thg-a", source="src-a", text=file, quote=quote, nth=1, contributor="ctr-ann"
        )
    except UsageError:
        return
    assert added.outcome == "added"
    assert depositary.check_evidence(folder, file).valid
    assert depositary.validate(folder).valid

"""`depositary evidence` in a workbook: cells are written, and everything else in it stays as it is."""

import io
import json
import zipfile

import openpyxl
import pytest
from books import parts, spoiled, with_parts, workbook
from conftest import ROOT
from evidence_case import EVIDENCE, TEXT, contribution, digest, evidence_row, package, text_file
from office import saved_by_libreoffice

import depositary

WENT = TEXT.index("went on")
SOURCES = [["source_id", "access"], ["local:s", "read"]]
SHEET = "xl/worksheets/sheet2.xml"


@pytest.fixture
def ann(tmp_path):
    """Make a contribution with a workbook, and give its folder."""

    def made(book, name="rows.xlsx"):
        package(tmp_path / "base", text=None)
        folder = contribution(tmp_path / "ann", {})
        (folder / name).write_bytes(book)
        return folder

    return made


@pytest.fixture
def add(run, tmp_path):
    def added(folder, quote="went on", *options):
        asked = ["--source", "local:s", "--text", text_file(tmp_path), "--quote", quote, "--base", tmp_path / "base"]
        return run("evidence", "add", "things", "thg-a", folder, *asked, *options)

    return added


def rows(file, sheet="evidence"):
    header, *others = openpyxl.load_workbook(file)[sheet].iter_rows(values_only=True)
    return [{name: cell for name, cell in zip(header, row, strict=True) if cell is not None} for row in others]


def book(*evidence, more=()):
    return workbook({"sources": SOURCES, "evidence": [EVIDENCE, *evidence], **dict(more)})


def test_the_row_and_the_hash_of_the_text_are_written_in_one_go(ann, add, run, tmp_path):
    folder = ann(book())
    before = parts((folder / "rows.xlsx").read_bytes())
    done = add(folder)
    assert done.code == 0, done.err
    assert done.out.startswith(f"{folder.as_posix()}/rows.xlsx, sheet evidence, row 2: added local:a\n")
    assert rows(folder / "rows.xlsx") == [
        {
            "evidence_id": "local:a",
            "table_name": "things",
            "record_id": "thg-a",
            "source_id": "local:s",
            "support": "stated",
            "char_start": WENT,
            "char_end": WENT + 7,
            "quote_sha256": digest("went on"),
            "contributor_id": "ctr-ann",
        }
    ]
    assert rows(folder / "rows.xlsx", "sources") == [
        {"source_id": "local:s", "access": "read", "snapshot_sha256": digest(TEXT)}
    ]
    after = parts((folder / "rows.xlsx").read_bytes())
    assert [*after] == [*before]
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"}
    assert [path.name for path in sorted(folder.iterdir())] == ["contribution.toml", "rows.xlsx"]
    checked = run("evidence", "check", folder, "--text", text_file(tmp_path), "--base", tmp_path / "base")
    assert checked.code == 0, checked.out


def test_the_same_again_writes_nothing_and_another_is_behind_it(ann, add):
    folder = ann(book())
    add(folder)
    before = (folder / "rows.xlsx").read_bytes()
    assert "nothing was written" in add(folder).out
    assert (folder / "rows.xlsx").read_bytes() == before
    assert add(folder, "agreed").code == 0
    assert [row["evidence_id"] for row in rows(folder / "rows.xlsx")] == ["local:a", "local:a-2"]


def test_a_row_without_a_passage_gets_it(ann, add):
    folder = ann(book(evidence_row("local:mine", span=None, source_id="local:s", note="see there")))
    assert "local:mine now has its passage" in add(folder).out
    (row,) = rows(folder / "rows.xlsx")
    assert (row["char_start"], row["note"]) == (WENT, "see there")


def test_what_is_not_valid_is_not_written(ann, add):
    folder = ann(book())
    before = (folder / "rows.xlsx").read_bytes()
    done = add(folder, "went on", "--value", "support=maybe")
    assert (done.code, "nothing was written" in done.out) == (1, True)
    assert (folder / "rows.xlsx").read_bytes() == before


def test_passages_are_moved_in_a_workbook(ann, add, run, tmp_path):
    folder = ann(book())
    add(folder)
    new = text_file(tmp_path, f"Corrected.\r\n{TEXT}", "new.txt")
    done = run(
        *(
            "evidence",
            "move",
            folder,
            "--from",
            text_file(tmp_path),
            "--to",
            new,
            "--base",
            tmp_path / "base",
            "--write",
        )
    )
    assert done.code == 0, done.err
    assert rows(folder / "rows.xlsx")[0]["char_start"] == WENT + 12
    assert rows(folder / "rows.xlsx", "sources")[0]["snapshot_sha256"] == digest(f"Corrected.\r\n{TEXT}")


def test_a_table_that_the_workbook_lacks_is_a_csv_file_beside_it(ann, add):
    folder = ann(workbook({"sources": SOURCES}))
    done = add(folder)
    assert done.out.startswith(f"{folder.as_posix()}/evidence.csv, row 2: added")
    assert rows(folder / "rows.xlsx", "sources")[0]["snapshot_sha256"] == digest(TEXT)


def test_macros_pictures_and_results_of_formulas_stay(ann, add):
    own = {"xl/vbaProject.bin": b"macros", "xl/media/image1.png": b"picture", "customXml/item1.xml": b"<a/>"}
    made = with_parts(book(more={"sums": [["=COUNTA(evidence!A:A)"]]}), own)
    folder = ann(made, "rows.xlsm")
    assert add(folder).code == 0
    after = parts((folder / "rows.xlsm").read_bytes())
    assert {name: after[name] for name in own} == own
    assert after["xl/worksheets/sheet3.xml"] == parts(made)["xl/worksheets/sheet3.xml"]


def test_a_draft_keeps_its_notes_lists_formats_filters_and_header(run, tmp_path):
    base = ("--base", ROOT / "datapackage")
    folder = tmp_path / "ann"
    run(
        "new",
        "contribution",
        folder,
        *base,
        "--by",
        "ctr-ann",
        "--name",
        "Ann",
        "--tables",
        "sources,evidence",
        "--xlsx",
    )
    file = folder / "tables.xlsx"
    before = openpyxl.load_workbook(file)
    (words,) = (ROOT / "README.md").read_text("utf-8").splitlines()[:1]
    asked = ("--source", "src-kr-readout", "--text", text_file(tmp_path, words), "--quote", words[:5])
    done = run("evidence", "add", "actors", "act-kr-government", folder, *asked, *base)
    assert done.code in (0, 2), done.err
    if done.code == 2:  # that source has a text of its own
        asked = ("--source", *_own_source(file), "--text", text_file(tmp_path, words), "--quote", words[:5])
        done = run("evidence", "add", "actors", "act-kr-government", folder, *asked, *base)
    assert "sheet evidence, row 2" in done.out, done.err
    after = openpyxl.load_workbook(file)
    assert after["evidence"]["A2"].value.startswith("local:")
    for one in before.worksheets:
        other = after[one.title]
        assert described(other) == described(one)
    assert after["evidence"]["A2"].number_format == "@"


def _own_source(file):
    book = openpyxl.load_workbook(file)
    header = {cell.value: cell.column for cell in book["sources"][1]}
    own = {
        "source_id": "local:s",
        "source_kind": "news_article",
        "title": "A report",
        "access": "read",
        "published": "2026-11-20",
        "accessed_on": "2026-11-21",
        "language": "en",
        "contributor_id": "ctr-ann",
        "recorded_on": "2026-11-21",
        "record_status": "draft",
    }
    for name, text in own.items():
        book["sources"].cell(2, header[name], text)
    book.save(file)
    return ("local:s",)


def described(sheet):
    lists = [(str(one.sqref), one.formula1, one.type) for one in sheet.data_validations.dataValidation]
    notes = [cell.comment and cell.comment.text for cell in sheet[1]]
    widths = {name: column.width for name, column in sheet.column_dimensions.items()}
    return sheet.freeze_panes, sheet.auto_filter.ref, sorted(lists), notes, widths


PROTECTED = '<sheetProtection sheet="1" />'


@pytest.mark.parametrize(
    ("made", "mark", "said"),
    [
        (book(), ".~lock.rows.xlsx#", "it is open in a spreadsheet program"),
        (book(), "~$rows.xlsx", "it is open in a spreadsheet program"),
        (spoiled(book(), SHEET, "</sheetData>", f"</sheetData>{PROTECTED}"), "", "it is protected"),
        (with_parts(book(), {"_xmlsignatures/sig1.xml": b"<a/>"}), "", "it is signed"),
        (workbook({"evidence": [[*EVIDENCE, "NOTE"]], "sources": SOURCES}), "", "validate"),
    ],
)
def test_a_workbook_that_cannot_be_kept_whole_is_refused(ann, add, made, mark, said):
    folder = ann(made)
    if mark:
        (folder / mark).touch()
    done = add(folder)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert (folder / "rows.xlsx").read_bytes() == made


def test_what_to_enter_is_in_the_message_of_a_protected_sheet(ann, add):
    folder = ann(spoiled(book(), SHEET, "</sheetData>", f"</sheetData>{PROTECTED}"))
    assert f"char_start {WENT}, char_end {WENT + 7}" in add(folder).err


def test_another_kind_of_workbook_is_not_written_and_the_rows_are_given(ann, add):
    tables = {"sources": SOURCES, "evidence": [EVIDENCE]}
    content = "".join(
        f'<table:table table:name="{name}">{"".join(_row(row) for row in lines)}</table:table>'
        for name, lines in tables.items()
    )
    folder = ann(_spreadsheet(content), "rows.ods")
    before = (folder / "rows.ods").read_bytes()
    done = add(folder)
    assert (done.code, done.err.count("Save the file as an Excel workbook (.xlsx)")) == (2, 2)
    assert f"source_id local:s, snapshot_sha256 {digest(TEXT)}." in done.err
    assert f"quote_sha256 {digest('went on')}" in done.err
    assert (folder / "rows.ods").read_bytes() == before


def _row(cells):
    texts = (
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in cells
    )
    return f"<table:table-row>{''.join(texts)}</table:table-row>"


def _spreadsheet(tables):
    names = {name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "table", "text")}
    spaces = " ".join(f'xmlns:{name}="{of}"' for name, of in names.items())
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<m/>")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>{tables}</office:spreadsheet>"
            "</office:body></office:document-content>",
        )
    return stream.getvalue()


@pytest.mark.office
@pytest.mark.clients
def test_libreoffice_reads_what_was_written_and_its_own_files_are_written_too(ann, add, tmp_path):
    folder = ann(book())
    add(folder)
    file = folder / "rows.xlsx"
    saved = saved_by_libreoffice(file, "xlsx", tmp_path / "saved")
    assert rows(saved) == rows(file)
    file.write_bytes(saved.read_bytes())
    assert add(folder, "agreed").code == 0
    again = saved_by_libreoffice(file, "xlsx", tmp_path / "again")
    assert [row["evidence_id"] for row in rows(again)] == ["local:a", "local:a-2"]
    report = depositary.validate(folder, base=tmp_path / "base")
    assert json.loads(json.dumps([one.message for one in report])) == []

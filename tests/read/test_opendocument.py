"""OpenDocument spreadsheets (.ods): they are read and judged like the same workbook of Excel, and can do no harm."""

import io
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from books import spoiled
from conftest import CASES, ROOT, manifest_of
from odd_workbook import save_in
from office import saved_by_libreoffice
from openpyxl import load_workbook

import depositary
from depositary.check.documents.find_target import find_target
from depositary.read.files.survey import MOST_ROWS
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import Worksheet, sheets

ODD = CASES / "opendocument"
CONTENT = "content.xml"
NAMESPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def book(rows: str, styles: str = "", manifest: str = "<m/>") -> bytes:
    """Make a spreadsheet of the XML of the rows of its one sheet."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr(
            CONTENT,
            f"<office:document-content {NAMESPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
            f'<office:body><office:spreadsheet><table:table table:name="events">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return stream.getvalue()


def row(*cells: str, given: str = "") -> str:
    return f"<table:table-row{given}>{''.join(cells)}</table:table-row>"


def text(content: str, given: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{given}><text:p>{content}</text:p></table:table-cell>'


def cell(kind: str, attribute: str, value: str, given: str = "") -> str:
    return f'<table:table-cell office:value-type="{kind}" office:{attribute}="{value}"{given}/>'


def shown(kind: str, content: str) -> str:
    """Write a formula as old programs do: an error is only what is shown."""
    given = f'office:value-type="{kind}" office:value="0" table:formula="of:=1/0"'
    return f"<table:table-cell {given}><text:p>{content}</text:p></table:table-cell>"


HEADER = row(text("event_id"), text("note"))


def read(content: bytes, folder: Path) -> list[list[str]]:
    file = folder / "book.ods"
    file.write_bytes(content)
    sheet = Worksheet(file, sheets(file)[0])
    try:
        return [row for chunk in sheet.chunks() for row in chunk]
    finally:
        sheet.close()


def refused(content: bytes, folder: Path) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as fault:
        read(content, folder)
    return fault.value


# The same workbook in two forms


def rows_and_hidden(file: Path) -> list[object]:
    found: list[object] = []
    for name in sheets(file):
        sheet = Worksheet(file, name)
        rows = [row for chunk in sheet.chunks() for row in chunk]
        survey = sheet.survey
        hidden = [at for at in range(1, 10) if survey.is_hidden(at)]
        found.append((name, sheet.state, sheet.labels, rows, survey.hidden_rows, survey.merged, hidden))
        sheet.close()
    return found


def findings(demo, file: Path) -> list[tuple[object, ...]]:
    folder = demo({"mine/contribution.toml": manifest_of("demo")})
    (folder / "mine" / f"book{file.suffix}").write_bytes(file.read_bytes())
    report = depositary.validate(folder / "mine", folder)
    assert report.errors
    return [
        (f.code, f.level, f.file.replace(file.suffix, ""), f.row, f.field, f.value, f.message, f.hint) for f in report
    ]


def assert_same(demo, excel: Path, opendocument: Path) -> None:
    assert rows_and_hidden(opendocument) == rows_and_hidden(excel)
    found = findings(demo, opendocument)
    assert {"cell-kind", "shown-otherwise", "hidden-cells", "merged-cells", "cut-digits"} <= {one[0] for one in found}
    assert found == findings(demo, excel)


@pytest.fixture
def again(demo, tmp_path):
    """Make a new demonstration package each time."""

    def make(overlay):
        shutil.rmtree(tmp_path / "demo", ignore_errors=True)
        return demo(overlay)

    return make


def test_the_same_workbook_gives_the_same_rows_and_findings_in_both_forms(again):
    assert_same(again, ODD / "odd.xlsx", ODD / "odd.ods")


@pytest.mark.office
@pytest.mark.clients
def test_what_libreoffice_saves_today_gives_the_same_too(again, tmp_path):
    assert_same(again, *save_in(tmp_path))


# Cells


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (text("0101"), "0101"),
        (text("a<text:s text:c='3'/>b"), "a   b"),
        (text("\n   a\n   b"), "a b"),
        (text("<text:s/>a<text:tab/>b<text:line-break/>c "), " a\tb\nc "),
        (text("a</text:p><text:p>b"), "a\nb"),
        (text("<text:span>a</text:span><text:a>b</text:a>"), "ab"),
        (text("_x000D_ _x0041_"), "_x000D_ _x0041_"),
        (text("&lt;b&gt; &amp; 大阪"), "<b> & 大阪"),
        (text("a<office:annotation><text:p>a remark</text:p></office:annotation>"), "a"),
        (cell("string", "string-value", "given"), "given"),
        (cell("float", "value", "5"), "5"),
        (cell("float", "value", "1.23456789012346E+016"), "12345678901234600"),
        (cell("percentage", "value", "0.4"), "0.4"),
        (cell("currency", "value", "2.50"), "2.5"),
        (cell("boolean", "boolean-value", "true"), "true"),
        (cell("float", "value", "0", ' table:formula="of:=FALSE()"'), "false"),
        (cell("date", "date-value", "2023-05-26"), "2023-05-26"),
        (cell("date", "date-value", "1899-12-25"), "1899-12-25"),
        (cell("date", "date-value", "2023-05-26T14:30:00"), "2023-05-26T14:30:00"),
        (cell("date", "date-value", "2023-05-26T14:29:59.999999998"), "2023-05-26T14:30:00"),
        (cell("date", "date-value", "0000-05-26"), "0000-05-26"),
        (cell("date", "date-value", "20230526"), "20230526"),
        (cell("float", "value", "7", ' table:formula="of:=3+4"'), "7"),
        ('<table:table-cell table:formula="of:=3+4"/>', "#NOT CALCULATED!"),
        (text("#N/A", ' table:formula="of:=NA()" calcext:value-type="error"'), "#N/A"),
        (text("Err:508", ' table:formula="of:=3+" calcext:value-type="error"'), "#VALUE!"),
        (shown("float", "#DIV/0!"), "#DIV/0!"),
        (shown("float", "Err:502"), "#VALUE!"),
    ],
)
def test_a_cell_is_read_as_text(tmp_path, written, expected):
    assert read(book(HEADER + row(text("ev-1"), written)), tmp_path) == [["ev-1", expected]]


def test_repeated_cells_and_rows_are_written_out(tmp_path):
    rows = row(text("ev-1", ' table:number-columns-repeated="2"')) + row(
        text("ev-2"), given=' table:number-rows-repeated="2"'
    )
    blank = row("<table:table-cell/>", given=' table:number-rows-repeated="2"')
    end = row(
        '<table:table-cell table:number-columns-repeated="16384"/>', given=' table:number-rows-repeated="1048000"'
    )
    assert read(book(HEADER + rows + blank + row(text("ev-3")) + end), tmp_path) == [
        ["ev-1", "ev-1"],
        ["ev-2", ""],
        ["ev-2", ""],
        [],
        [],
        ["ev-3", ""],
    ]


@pytest.mark.parametrize(
    ("style", "code"),
    [
        ('<number:number number:min-integer-digits="1"/>', "General"),
        ('<number:number number:min-integer-digits="4" number:decimal-places="0"/>', "0000"),
        ('<number:number number:min-integer-digits="1" number:decimal-places="2" number:grouping="true"/>', "#,##0.00"),
        ('<number:number number:min-integer-digits="1" number:decimal-places="0" number:display-factor="1000"/>', "0,"),
        (
            '<number:scientific-number number:min-integer-digits="1" number:decimal-places="2"/>',
            "0.00E+00",
        ),
    ],
)
def test_formats_of_numbers_are_those_of_excel(tmp_path, style, code):
    styles = (
        f'<number:number-style style:name="N1">{style}</number:number-style>'
        '<style:style style:name="ce1" style:family="table-cell" style:data-style-name="N1"/>'
        '<style:style style:name="ce2" style:family="table-cell" style:parent-style-name="ce1"/>'
    )
    file = tmp_path / "book.ods"
    file.write_bytes(book(HEADER + row(text("a"), cell("float", "value", "7", ' table:style-name="ce2"')), styles))
    sheet = Worksheet(file, "events")
    ((kind, style_at),) = [(kind, style) for at, kind, style in sheet.survey.kinds if at == 2]
    assert (sheet.kind(kind, style_at), sheet.format(style_at)._code) == ("number", code)
    sheet.close()


# Files that are broken or mean harm


@pytest.mark.parametrize(
    "rows",
    [
        row(text("x", ' table:number-columns-repeated="16000"'), given=' table:number-rows-repeated="1000000"'),
        row(text("<text:s text:c='900000000'/>")),
        row(*[text("<text:s text:c='9000000'/>")] * 20),
    ],
    ids=["cells", "spaces", "many spaces"],
)
def test_what_repeats_too_often_is_refused(tmp_path, rows):
    assert "far too often" in refused(book(HEADER + rows), tmp_path).message


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (row("<table:table-cell/>", given=f' table:number-rows-repeated="{MOST_ROWS}"') + row(text("x")), "has a row"),
        (row('<table:table-cell table:number-columns-repeated="20000"/>', text("x")), "has a column"),
        (row('<table:table-cell table:number-columns-repeated="many"/>'), "broken"),
        (row(cell("float", "value", "much")), "broken"),
        ("<table:table-row>", "broken"),
    ],
    ids=["rows", "columns", "count", "number", "cut"],
)
def test_a_broken_or_too_large_sheet_is_a_finding(tmp_path, rows, said):
    assert said in refused(book(HEADER + rows), tmp_path).message


def test_an_archive_that_explodes_is_refused(tmp_path):
    stream = io.BytesIO(book(HEADER))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("styles.xml", "w") as member:
        for _ in range(80):
            member.write(b" " * (1 << 20))
    assert "unpacks to" in refused(stream.getvalue(), tmp_path).message


def test_entities_are_refused(tmp_path):
    content = spoiled(
        book(HEADER), CONTENT, "<office:document-content", '<!DOCTYPE a [<!ENTITY a "b">]><office:document-content'
    )
    assert "document type" in refused(content, tmp_path).message


def test_a_password_is_named(tmp_path):
    assert "password" in refused(book(HEADER, manifest="<m><encryption-data/></m>"), tmp_path).message


@pytest.mark.parametrize("content", [b"", b"events", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"])
def test_a_file_that_is_none_is_a_finding(tmp_path, content):
    assert refused(content, tmp_path).hint


def test_copies_of_other_files_and_tracked_changes_are_not_read(tmp_path):
    aside = '<table:tracked-changes><table:table table:name="old"/></table:tracked-changes>'
    copy = "</table:table><table:table table:name=\"'file:///a.ods'#$x\">" + HEADER
    file = tmp_path / "book.ods"
    file.write_bytes(book(aside + HEADER + row(text("ev-1")) + copy))
    assert sheets(file) == ["events"]


# Where workbooks are taken


def test_a_single_file_is_judged_as_a_contribution(demo, tmp_path):
    folder = demo({})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "book.ods").write_bytes((ODD / "odd.ods").read_bytes())
    target = find_target(tmp_path / "mine" / "book.ods", folder, None, "ctr-ann")
    assert [entry.resource.path for entry in target.inputs] == ["book.ods, sheet events", "book.ods, sheet countries"]


def test_a_mapping_is_drafted_as_from_excel(run):
    drafts = []
    for form in ("xlsx", "ods"):
        done = run("new", "mapping", ODD / f"odd.{form}", "--table", "meetings", "--base", ROOT / "datapackage")
        assert done.code == 0, done.err
        drafts.append(done.out.replace(f"odd.{form}", "odd"))
    assert drafts[0] == drafts[1]


def test_without_the_library_one_line_says_what_to_install(tmp_path):
    shutil.copytree(CASES / "demo", tmp_path / "demo")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "contribution.toml").write_text(manifest_of("demo"), encoding="utf-8")
    (mine / "book.ods").write_bytes((ODD / "odd.ods").read_bytes())
    code = (
        "import sys\nsys.modules['openpyxl'] = None\n"
        f"sys.argv[:] = ['depositary', 'validate', {str(mine)!r}, '--base', {str(tmp_path / 'demo')!r}]\n"
        "from depositary.cli import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "install depositary[excel]" in done.stderr


@pytest.mark.office
@pytest.mark.clients
def test_a_worksheet_of_conflicts_may_be_saved_as_opendocument(run, tmp_path):
    shutil.copytree(ROOT / "datapackage", tmp_path / "datapackage")
    for name in ("mira/dispatch-reading", "daniel/second-reading"):
        shutil.copytree(ROOT / "examples" / "contributions" / name, tmp_path / "in" / name)
    (tmp_path / "depositary.toml").write_text('package = "datapackage"\ncontributions = "in"\n', encoding="utf-8")
    run("merge", cwd=tmp_path)
    assert run("conflicts", "--format", "xlsx", "--output", "c.xlsx", cwd=tmp_path).code == 1
    filled = load_workbook(tmp_path / "c.xlsx")
    sheet = filled.worksheets[0]
    at = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, at["choice"], "base")
    sheet.cell(2, at["reason"], "It is right.")
    filled.save(tmp_path / "c.xlsx")
    saved_by_libreoffice(tmp_path / "c.xlsx", "ods", tmp_path)
    (tmp_path / "d").mkdir()
    done = run("resolve", "--from", "c.ods", "--as", "ctr-maintainers", "--decisions", "d", cwd=tmp_path)
    assert done.code == 0, done.err
    assert len((tmp_path / "d" / "resolutions" / "ctr-maintainers.csv").read_text("utf-8").splitlines()) == 2

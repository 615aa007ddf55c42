"""Contributions of which nothing would be read, and archives in the place of folders: said, never passed over."""

import gzip
import io
import zipfile

import openpyxl
import pytest
from conftest import manifest_of

import depositary
from depositary.model.file_kinds import FileKind, endings

ROWS = b"event_id,guests\nev-1,5\n"


def blank_book() -> bytes:
    stream = io.BytesIO()
    openpyxl.Workbook().save(stream)
    return stream.getvalue()


def packed(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, ROWS)
    return stream.getvalue()


@pytest.fixture
def sent(demo):
    """Validate a contribution to the demonstration package of some files."""

    def judged(files: dict[str, bytes], more: str = ""):
        folder = demo({"mine/contribution.toml": more + manifest_of("demo")})
        for path, content in files.items():
            (folder / "mine" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "mine" / path).write_bytes(content)
        return depositary.validate(folder / "mine", folder)

    return judged


_NOTHING = {
    "no file": ({}, "there is no file"),
    "prose": ({"notes.txt": b"x", "README.md": b"y"}, "README.md (prose), notes.txt (prose)"),
    "a blank workbook": ({"book.xlsx": blank_book()}, "book.xlsx (its worksheets are blank or notes)"),
    "a hidden file": ({".events.csv": ROWS}, ".events.csv (hidden, in use, or a file of the system)"),
    "a file of Windows": ({"Thumbs.db": b"x"}, "Thumbs.db (hidden, in use, or a file of the system)"),
    "a text in a folder": ({"mine/notes.txt": b"x"}, "mine/notes.txt (in a folder, without the name of a table)"),
}


@pytest.mark.parametrize("case", _NOTHING)
def test_a_contribution_of_which_nothing_is_read_is_an_error_that_names_its_files(sent, case):
    files, said = _NOTHING[case]
    (finding,) = sent(files).findings
    assert (finding.code, finding.level, said in finding.message) == ("nothing-read", "error", True)


_UNREAD = {
    "events.csv.txt": "did you mean events.csv?",
    "events.txt": "did you mean events.csv?",
    "event.csv": "did you mean events.csv?",
    "events.tsv": "save it as CSV",
    "events.xls": "save it as an Excel workbook",
    "events.numbers": "save it as an Excel workbook",
    "events.zip": "unpack it",
    "events.csv.gz": "unpack it",
    "data/events.csv": "did you mean events.csv?",
    "data/events.csv.txt": "did you mean events.csv?",
    "data/events.csv.gz": "unpack it",
    "data/events.zip": "unpack it",
    "data/upload.zip": "unpack it",
    "data/events.txt": "did you mean events.csv?",
    "data/events.json": "save its rows as one",
    "data/deeper/events": "did you mean events.csv?",
    **{f"data/upload{ending}": "save it as" for ending in endings(FileKind.SPREADSHEET, FileKind.TABLE, FileKind.TSV)},
}


@pytest.mark.parametrize("beside", [{}, {"countries.csv": b"code,label\nNZL,New Zealand\n"}])
@pytest.mark.parametrize("name", _UNREAD)
def test_a_file_that_seems_to_be_a_table_is_never_passed_over(sent, name, beside):
    (finding,) = sent({name: ROWS, **beside}).findings
    assert (finding.code, finding.level, finding.file) == ("unknown-table", "error", name)
    assert _UNREAD[name] in finding.hint


@pytest.mark.parametrize(
    "name",
    [
        "Thumbs.db",
        "data/thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "__MACOSX/._events.csv",
        "~$lock.xlsx",
        ".~lock.x.ods#",
    ],
)
def test_what_systems_and_programs_lay_beside_files_is_passed_over(sent, name):
    assert sent({name: b"x", "countries.csv": b"code,label\nNZL,New Zealand\n"}).findings == ()


@pytest.mark.parametrize(
    "files", [{"events.csv": b"event_id,guests\n"}, {"deletes.csv": b"table_name,row_id,reason\n"}]
)
def test_deletes_alone_and_a_header_alone_are_something(sent, files):
    assert "nothing-read" not in {f.code for f in sent(files)}


def test_a_contribution_that_supersedes_another_needs_no_tables(sent):
    assert sent({}, 'supersedes = ["ann/one"]\n').valid


def test_nothing_is_merged_of_a_contribution_of_which_nothing_is_read(demo, tmp_path, run):
    folder = demo({"mine/contribution.toml": manifest_of("demo"), "mine/events.csv.txt": ROWS.decode()})
    assert run("merge", folder, folder / "mine", "--output-dir", tmp_path / "out").code == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["x.7z", "x.tar.gz", "x.rar", "datapackage.json.gz"])
def test_an_archive_in_the_place_of_a_folder_is_to_be_unpacked_first(demo, tmp_path, run, name):
    folder = demo({"mine/contribution.toml": manifest_of("demo"), "mine/events.csv": ROWS.decode()})
    archive = tmp_path / name
    archive.write_bytes(gzip.compress(b"x"))
    out = ("--output-dir", tmp_path / "out")
    for arguments in (
        ("validate", archive),
        ("validate", archive, "--base", folder),
        ("validate", folder / "mine", "--base", archive),
        ("merge", folder, archive, *out),
        ("merge", archive, folder / "mine", *out),
        ("export", archive, "--to", "csv", *out),
        ("diff", archive, folder),
    ):
        ended = run(*arguments)
        assert (ended.code, "Unpack it first" in ended.err) == (2, True), arguments


def test_a_zip_archive_that_is_no_package_is_not_taken_for_one(demo, tmp_path, run):
    folder = demo({"mine/contribution.toml": manifest_of("demo"), "mine/events.csv": ROWS.decode()})
    archive = tmp_path / "x.zip"
    archive.write_bytes(packed("contribution.toml"))
    out = ("--output-dir", tmp_path / "out")
    for arguments in (
        ("validate", folder / "mine", "--base", archive),
        ("merge", archive, folder / "mine", *out),
        ("export", archive, "--to", "csv", *out),
        ("diff", archive, folder),
    ):
        ended = run(*arguments)
        assert (ended.code, "the archive has no datapackage.json" in ended.err) == (2, True), arguments

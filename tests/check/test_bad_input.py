"""Bad input never gives a traceback: it gives findings with place and remedy, or one line and exit code 2.

Most cases go through the command line. Where a process would show nothing more (an exception that is no
DepositaryError is a traceback there), they call `depositary.validate`.
"""

import csv
import gzip
import io
import json
import os
import random
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from conftest import CASES, ROOT, manifest_of
from hypothesis import given, settings
from hypothesis import strategies as st

import depositary
from depositary.errors import DepositaryError
from depositary.model.field_types import FIELD_TYPES
from depositary.reports.text import to_text

Descriptor = dict[str, Any]
Edit = Callable[[Descriptor], object]
Finding = dict[str, Any]

HEADER = "event_id,held,country,kind,open,guests,note\n"
GOOD = "ev-1,2023-05-26,KOR,talks,true,12,\n"
DEMO: Descriptor = json.loads((CASES / "demo" / "datapackage.json").read_bytes())
MANIFEST = manifest_of("demo", contributor="ctr-a")


# What a run must look like


@dataclass(frozen=True)
class Judged:
    """A JSON report: the exit code, all findings, and what was not judged."""

    code: int
    report: dict[str, Any]
    findings: list[Finding]

    @property
    def codes(self) -> list[str]:
        return [finding["rule"] for finding in self.findings]

    @property
    def not_judged(self) -> list[tuple[str, str]]:
        return [(item["table"], item["what"]) for item in self.report["notJudged"]]

    def rows(self, table: str) -> int | None:
        return next(task["stats"].get("rows") for task in self.report["tasks"] if task["name"] == table)


def read_report(code: int, out: str) -> Judged:
    report = json.loads(out)
    parts = [report, *report["tasks"]]
    return Judged(code, report, [f for part in parts for f in (*part["errors"], *part["notices"])])


@pytest.fixture
def judged(run):
    """Run `validate --format json`, which must end with findings or none: nothing on standard error."""

    def judge(*arguments, **options):
        done = run("validate", *arguments, "--format", "json", **options)
        assert done.err == ""
        assert done.code in (0, 1)
        return read_report(done.code, done.out)

    return judge


@pytest.fixture
def refused(run):
    """Run `validate`, which must end with exit code 2 and one line; give the line."""

    def refuse(*arguments, **options):
        done = run("validate", *arguments, **options)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("depositary: ")
        assert done.err.count("\n") == 1
        return done.err

    return refuse


@pytest.fixture
def package(demo):
    """Make a demonstration package whose descriptor an edit has spoilt, with other files laid over it."""

    def make(edit: Edit | None = None, **files: bytes | str) -> Path:
        folder = demo({})
        if edit:
            descriptor = json.loads((folder / "datapackage.json").read_bytes())
            edit(descriptor)
            (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
        for name, content in files.items():
            (folder / f"{name}.csv").write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return make


@pytest.fixture
def contribution(demo, tmp_path):
    """Make a contribution to the demonstration package, with the workspace file above both."""

    def make(manifest: bytes | str = MANIFEST, workspace: bytes | str = 'package = "demo"\n') -> Path:
        demo({})
        folder = tmp_path / "mine"
        folder.mkdir()
        for file, content in ((folder / "contribution.toml", manifest), (tmp_path / "depositary.toml", workspace)):
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        (folder / "events.csv").write_text("event_id,country\nev-1,CHN\n", encoding="utf-8")
        return folder

    return make


def only(judged: Judged) -> Finding:
    """Give the one finding there is: an error that says what to do, in the hint or after a semicolon."""
    (finding,) = judged.findings
    assert judged.code == 1
    assert finding["level"] == "error"
    assert finding["hint"] or ";" in finding["message"]
    return finding


def words(finding: Finding) -> str:
    return f"{finding['message']}; {finding['hint']}"


def events(descriptor: Descriptor) -> Descriptor:
    return descriptor["resources"][0]


def countries(descriptor: Descriptor) -> Descriptor:
    return descriptor["resources"][1]


def field(descriptor: Descriptor, name: str) -> Descriptor:
    return next(f for f in events(descriptor)["schema"]["fields"] if f["name"] == name)


def constrain(name: str, **constraints: Any) -> Edit:
    return lambda descriptor: field(descriptor, name).update(constraints=constraints)


# The program with limits: a hang, a flood or a run on the memory fails the test instead of the machine

LIMITED = """
import runpy, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
except ImportError:
    pass
runpy.run_module("depositary", run_name="__main__")
"""


def limited(*arguments: object, seconds: float = 40) -> tuple[int, str]:
    """Run the program in at most so many seconds and 3 GB; no traceback, and nothing on standard error."""
    command = [sys.executable, "-c", LIMITED, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, timeout=seconds)
    assert done.stderr.decode() == ""
    return done.returncode, done.stdout.decode()


# Paths and options that do not fit


@pytest.mark.parametrize("name", ["nothing", "nothing.csv", "nothing/datapackage.json", "nothing.json", "n" * 300])
def test_a_missing_path_is_named(refused, tmp_path, name):
    assert str(tmp_path / name) in refused(tmp_path / name)


def test_a_folder_without_descriptor_says_what_may_be_named(refused, tmp_path):
    line = refused(tmp_path)
    assert "datapackage.json" in line
    assert "Name a data package, a contribution, a CSV file" in line


def test_a_descriptor_that_is_a_folder_is_none(refused, tmp_path):
    (tmp_path / "datapackage.json").mkdir()
    assert "Name a data package" in refused(tmp_path)


def test_an_unknown_table_is_answered_with_those_there_are(refused, package):
    folder = package()
    line = refused(folder / "events.csv", "--base", folder, "--table", "nonsense")
    assert "'nonsense'" in line
    assert "events, countries" in line


def test_a_table_named_for_a_whole_package_is_refused(refused, package):
    assert "--table" in refused(package(), "--table", "events")


def test_an_unknown_format_is_answered_with_those_there_are(run, package):
    done = run("validate", package(), "--format", "nonsense")
    assert (done.code, done.out) == (2, "")
    assert re.search("--format.*'text'.*'json'", done.err.splitlines()[-1])


@pytest.mark.parametrize("output", ["", ".", "missing/report.txt", "demo", "demo/events.csv/report.txt"])
def test_an_output_that_cannot_be_written_is_named(refused, package, tmp_path, output):
    line = refused(package(), "--output", output, cwd=tmp_path)
    assert "cannot be written" in line
    assert ".tmp" not in line


def test_an_output_whose_name_is_too_long_is_refused(refused, package, tmp_path):
    line = refused(package(), "--output", "n" * 300, cwd=tmp_path)
    assert "no file can have this name" in line
    assert ".tmp" not in line


def test_a_failed_output_leaves_nothing_behind(refused, package, tmp_path):
    refused(package(), "--output", "demo", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]
    assert sorted(p.name for p in (tmp_path / "demo").iterdir()) == ["countries.csv", "datapackage.json", "events.csv"]


def test_a_base_that_is_missing_is_named(refused, contribution, tmp_path):
    assert str(tmp_path / "nothing") in refused(contribution(), "--base", tmp_path / "nothing")


# Documents that are broken


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"name": "demo",\n "resources": [}', "line 2, column 16"),
        ('{"name": "demo"', "line 1, column 16"),
        ('{"name": "demo",}', "line 1, column 17"),
        ("{'name': 'demo'}", "line 1, column 2"),
        ("", "line 1, column 1"),
    ],
)
def test_broken_json_is_named_with_its_place(refused, package, text, place):
    folder = package()
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    line = refused(folder)
    assert str(folder / "datapackage.json") in line
    assert place in line
    assert "Correct it there" in line


@pytest.mark.parametrize("text", ["[]", "null", '"demo"', "1", "true", "NaN"])
def test_json_that_is_no_object_is_said_to_be_none(refused, package, text):
    folder = package()
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    assert "JSON object" in refused(folder)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a": ' * 100_000 + "1" + "}" * 100_000,
        '{"name": "demo", "resources": ' + "[" * 5_000 + "]" * 5_000 + "}",
    ],
    ids=["open", "objects", "closed"],
)
def test_json_nested_without_end_is_said_to_be(refused, package, text):
    folder = package()
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    assert "nested" in refused(folder)


@pytest.mark.parametrize("depth", [100, 300, 500, 700, 900, 960])
def test_json_nested_deeply_is_judged_or_refused_in_few_words(run, package, depth):
    folder = package()
    text = json.dumps(DEMO)[:-1] + ', "deep": ' + "[" * depth + "]" * depth + "}"
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    done = run("validate", folder)
    assert done.code in (0, 1, 2)
    assert len(done.out + done.err) < 1_500


def test_a_number_without_end_is_refused(refused, package):
    folder = package()
    (folder / "datapackage.json").write_text('{"bytes": ' + "1" * 5_000 + "}", encoding="utf-8")
    assert "datapackage.json" in refused(folder)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_a_descriptor_in_another_encoding_is_to_be_saved_as_utf_8(refused, package, encoding):
    folder = package()
    text = json.dumps({**DEMO, "title": "Café"}, ensure_ascii=False)
    (folder / "datapackage.json").write_bytes(text.encode(encoding))
    line = refused(folder)
    assert "UTF-8" in line
    assert "save" in line.lower()


def test_a_descriptor_with_a_byte_order_mark_is_read(judged, package):
    folder = package()
    (folder / "datapackage.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(DEMO).encode())
    assert judged(folder).code == 0


BROKEN_TOML = [
    ("package = demo\n", "line 1, column 11"),
    ('\nname = "demo\n', "line 2"),
    ("a = 1\na = 2\n", "line 2"),
    ("day = 2023-02-30\n", "line 1"),
]


@pytest.mark.parametrize(("text", "place"), BROKEN_TOML)
def test_a_broken_manifest_is_named_with_its_place(refused, contribution, text, place):
    line = refused(contribution(manifest=text))
    assert "contribution.toml: not TOML" in line
    assert place in line


@pytest.mark.parametrize(("text", "place"), BROKEN_TOML)
def test_a_broken_workspace_file_is_named_with_its_place(refused, contribution, text, place):
    line = refused(contribution(workspace=text))
    assert "depositary.toml: not TOML" in line
    assert place in line


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252"])
def test_a_manifest_in_another_encoding_is_to_be_saved_as_utf_8(refused, contribution, encoding):
    line = refused(contribution(manifest=(MANIFEST + 'notes = "Café"\n').encode(encoding)))
    assert "UTF-8" in line
    assert "save" in line.lower()


@pytest.mark.parametrize("value", ["[" * 100_000, "[" * 3_000 + "]" * 3_000])
def test_toml_nested_without_end_is_said_to_be(refused, contribution, value):
    assert "nested" in refused(contribution(manifest=f"notes = {value}\n"))


def test_a_toml_number_without_end_is_refused(refused, contribution):
    assert "contribution.toml" in refused(contribution(manifest=f"notes = {'1' * 5_000}\n"))


def test_an_empty_manifest_lacks_each_property_once(judged, contribution):
    found = judged(contribution(manifest=""))
    assert found.codes == ["manifest-error"] * 5
    missing = {name for f in found.findings for name in re.findall(r"has no `(\w+)`", f["message"])}
    assert missing == {"contributor", "mode", "role", "license", "base"}


def test_wrong_types_in_a_manifest_are_findings(judged, contribution):
    found = judged(contribution(manifest="contributor = 2023-01-01\nmode = 1\nrole = []\nlicense = {}\nbase = 1\n"))
    assert found.codes == ["manifest-error"] * 5
    assert all(finding["hint"] for finding in found.findings)


@pytest.mark.parametrize("value", ["1", '"https://example.org/demo"', r'"\u0000"', "[]"])
def test_a_workspace_file_names_a_folder_beside_it(refused, contribution, value):
    line = refused(contribution(workspace=f"package = {value}\n"))
    assert "depositary.toml" in line
    assert 'package = "datapackage"' in line


# Files that are not CSV in the encoding they should have


BINARY = {
    "xlsx": b"PK\x03\x04" + bytes(range(256)) * 4,
    "an empty zip": b"PK\x05\x06" + bytes(18),
    "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "gzip": b"\x1f\x8b\x08" + bytes(50),
    "parquet": b"PAR1" + bytes(50) + b"PAR1",
    "random": random.Random(1).randbytes(5_000),  # noqa: S311 (not for secrets)
    "zeros": bytes(5_000),
    "all bytes": bytes(range(256)) * 20,
}


@pytest.mark.parametrize("content", BINARY.values(), ids=BINARY.keys())
def test_a_binary_file_is_one_finding(judged, package, content):
    found = judged(package(events=content))
    finding = only(found)
    assert finding["rule"] in ("binary-file", "encoding-error", "nul-byte")
    assert finding["file"] == "events.csv"
    assert found.rows("events") is None
    assert found.rows("countries") == 3


@pytest.mark.parametrize("name", ["xlsx", "xls", "pdf", "gzip", "parquet"])
def test_what_a_binary_file_is_is_said(judged, package, name):
    finding = only(judged(package(events=BINARY[name])))
    assert finding["rule"] == "binary-file"
    assert "save the table as CSV" in finding["hint"]


def test_a_label_that_begins_like_an_archive_is_a_label(judged, package):
    schema = {"fields": [{"name": "PK"}, {"name": "code"}]}
    found = judged(package(lambda d: countries(d).update(schema=schema), countries="PK,code\na,KOR\n"))
    assert found.codes == []


# Archives


def zipped(members: Mapping[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(name), text, method)
    return stream.getvalue()


def with_flag(archive: bytes, flag: int) -> bytes:
    """Set a flag of the only member of a zip archive, where it stands and in the directory."""
    changed = bytearray(archive)
    changed[6] |= flag
    changed[archive.index(b"PK\x01\x02") + 8] |= flag
    return bytes(changed)


@pytest.fixture
def archived(package):
    """Make a demonstration package whose events are stored as an archive."""

    def make(name: str, content: bytes, **properties: str) -> Path:
        folder = package(lambda d: events(d).update(path=name, **properties))
        (folder / "events.csv").unlink()
        (folder / name).write_bytes(content)
        return folder

    return make


TEXT = HEADER + GOOD
PACKED = gzip.compress(TEXT.encode(), mtime=0)
ZIPPED = zipped({"events.csv": TEXT})
BAD_ROW = "ev-2,2023-02-30,KOR,talks,true,12,\n"


@pytest.mark.parametrize(
    ("name", "content", "properties"),
    [
        ("events.csv.gz", PACKED, {}),
        ("events.csv", PACKED, {"compression": "gz"}),
        ("events.gz", PACKED, {"format": "csv"}),
        ("events.csv.gz", gzip.compress(HEADER.encode()) + gzip.compress(GOOD.encode()), {}),
        ("events.csv.zip", ZIPPED, {}),
        ("events.csv.zip", zipped({"events.csv": TEXT}, zipfile.ZIP_STORED), {}),
        ("events.csv.zip", zipped({"data/": "", "data/events.csv": TEXT, "__MACOSX/._events.csv": "\0"}), {}),
        ("tables.zip", zipped({"other.csv": "", "events.csv": TEXT}), {"innerpath": "events.csv"}),
    ],
)
def test_a_packed_table_is_read(judged, archived, name, content, properties):
    found = judged(archived(name, content, **properties))
    assert (found.findings, found.rows("events")) == ([], 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("events.csv.gz", PACKED[:-9] + b"0" + PACKED[-8:]),
        ("events.csv.gz", PACKED[:-6]),
        ("events.csv.gz", PACKED + b"more"),
        ("events.csv.gz", PACKED[:2] + b"\x09" + PACKED[3:]),
        ("events.csv.gz", TEXT.encode()),
        ("events.csv.zip", ZIPPED.replace(b"PK\x01", b"PK\x02")),
        ("events.csv.zip", ZIPPED[:-30]),
        ("events.csv.zip", ZIPPED.replace(b"PK\x03", b"PK\x02")),
    ],
)
def test_a_broken_archive_is_one_finding_in_plain_words(judged, archived, name, content):
    finding = only(judged(archived(name, content)))
    assert (finding["rule"], finding["file"]) == ("compression-error", name)
    assert not re.search(r"Error|decompress|magic|CRC|b'|0x|<class", finding["message"])


# The content is made by the test, as that of many files takes long.
REFUSED_ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "plain CSV": (TEXT.encode, "has the name of a zip file, but it is not one"),
    "nothing in it": (lambda: zipped({}), "empty"),
    "two files in it": (lambda: zipped({"a.csv": TEXT, "b.csv": TEXT}), "'a.csv', 'b.csv'"),
    "many files in it": (lambda: zipped({f"{n}.csv": "" for n in range(20_000)}), "directory"),
    "a password": (lambda: with_flag(ZIPPED, 1), "encrypted"),
    "a method without limits": (lambda: zipped({"events.csv": TEXT}, zipfile.ZIP_LZMA), "Deflate"),
    "a checksum that is wrong": (
        lambda: zipped({"events.csv": TEXT}, zipfile.ZIP_STORED).replace(b"KOR", b"CHN", 1),
        "its content is damaged",
    ),
}


@pytest.mark.parametrize(("made", "words"), REFUSED_ARCHIVES.values(), ids=REFUSED_ARCHIVES.keys())
def test_what_is_wrong_with_an_archive_is_said(judged, archived, made, words):
    finding = only(judged(archived("events.csv.zip", made())))
    assert finding["rule"] == "compression-error"
    assert words in finding["message"]


def test_a_member_that_is_missing_is_named(judged, archived):
    finding = only(judged(archived("events.zip", zipped({"a.csv": TEXT}), innerpath="events.csv")))
    assert finding["rule"] == "compression-error"
    assert "'events.csv'" in finding["message"]
    assert "'a.csv'" in finding["message"]


def test_rows_before_the_break_in_an_archive_are_judged(judged, archived):
    lines = (f"ev-{n + 3},,,talks,true,{n * n % 997},\n" for n in range(9_000))
    content = gzip.compress((HEADER + BAD_ROW + "".join(lines)).encode())
    found = judged(archived("events.csv.gz", content[: len(content) // 2]))
    assert found.codes == ["type-error", "compression-error"]
    assert found.rows("events") > 1_000


@pytest.mark.long
def test_an_archive_that_explodes_is_not_read_to_its_end(archived):
    long = "x" * 900_000
    content = gzip.compress((HEADER + "".join(f"ev-{n},,,,,,{long}\n" for n in range(400))).encode())
    code, out = limited("validate", archived("events.csv.gz", content), "--format", "json")
    found = read_report(code, out)
    assert found.codes[-1] == "compression-error"
    assert found.rows("events") < 100


def test_nothing_is_unpacked_onto_the_disk(judged, archived, tmp_path):
    folder = archived("events.zip", zipped({"../../out.csv": TEXT}), innerpath="../../out.csv", format="csv")
    before = sorted(tmp_path.rglob("*"))
    assert judged(folder).rows("events") == 1
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("name", "content"), [("events.csv.gz", PACKED), ("events.csv.ZIP", ZIPPED)])
def test_a_packed_file_may_be_named_alone(judged, package, name, content):
    folder = package()
    (folder / name).write_bytes(content)
    assert judged(folder / name).rows("events") == 1


def test_a_packed_file_named_alone_is_read_as_its_package_says(judged, archived):
    folder = archived("tables.csv.zip", zipped({"a.csv": "", "b.csv": TEXT}), innerpath="b.csv")
    assert judged(folder / "tables.csv.zip").rows("events") == 1


def test_a_bad_byte_in_an_archive_is_named_by_its_place_in_the_text(judged, archived):
    text = HEADER + GOOD + "ev-2,2023-05-26,CHN,talks,true,12,Café Müller\n"
    finding = only(judged(archived("events.csv.gz", gzip.compress(text.encode("cp1252")))))
    assert finding["rule"] == "encoding-error"
    assert f"byte {text.index('é')} (line 3)" in finding["message"]
    assert "Café" in finding["hint"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["gz", "zip"]), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4))
def test_a_damaged_archive_is_a_finding_or_none(how, damages):
    content = bytearray(PACKED if how == "gz" else ZIPPED)
    for at, byte in damages:
        content[at % len(content)] = byte
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"events.csv.{how}"
        file.write_bytes(content)
        depositary.validate(file, base=CASES / "demo")


# Files without rows


@pytest.mark.parametrize("content", ["", "\n", "\r\n", "\ufeff"])
def test_an_empty_file_is_one_finding(judged, package, content):
    finding = only(judged(package(events=content)))
    assert finding["rule"] == "empty-file"
    assert "column names" in finding["hint"]


@pytest.mark.parametrize("content", [HEADER, HEADER.strip()])
def test_a_header_alone_is_a_table_without_rows(judged, package, content):
    found = judged(package(events=content))
    assert (found.code, found.findings, found.rows("events")) == (0, [], 0)


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"", "utf-16-le"), (b"", "utf-16-be")],
)
def test_utf_16_is_recognised(judged, package, mark, encoding):
    finding = only(judged(package(events=mark + (HEADER + GOOD).encode(encoding))))
    assert finding["rule"] == "encoding-error"
    assert "UTF-16" in finding["message"]
    assert "UTF-8" in finding["hint"]


def test_windows_1252_is_named_by_byte_line_and_what_it_reads_as(judged, package):
    text = HEADER + GOOD + "ev-2,2023-05-26,CHN,talks,true,12,Café Müller\n"
    finding = only(judged(package(events=text.encode("cp1252"))))
    assert finding["rule"] == "encoding-error"
    assert f"byte {text.index('é')} " in finding["message"]
    assert "line 3" in finding["message"]
    assert "Café" in finding["hint"]
    assert "UTF-8" in finding["hint"]


@pytest.mark.parametrize("label", ["événement", "né", "l'année"])
def test_windows_1252_is_read_at_the_very_beginning_too(judged, package, label):
    finding = only(judged(package(events=(label + HEADER + GOOD).encode("cp1252"))))
    assert "line 1" in finding["message"]
    assert label in finding["hint"]


def test_a_broken_character_at_the_end_is_named(judged, package):
    content = (HEADER + GOOD + "ev-2,2023-05-26,CHN,talks,true,12,Caf").encode() + b"\xc3"
    finding = only(judged(package(events=content)))
    assert finding["rule"] == "encoding-error"
    assert f"byte {len(content) - 1} " in finding["message"]
    assert "line 3" in finding["message"]


def with_one_bad_byte(rows: int, bad: int, faulty: int) -> bytes:
    """Make so many rows, one with a byte that is no UTF-8 and one with an impossible date; the header is row 1."""
    lines = [f"ev-{n},2023-01-01,,talks,true,{n % 1000},\n".encode() for n in range(2, rows + 2)]
    lines[bad - 2] = lines[bad - 2].replace(b"talks", b"t\xe9lks")
    lines[faulty - 2] = lines[faulty - 2].replace(b"2023-01-01", b"2023-02-30")
    return HEADER.encode() + b"".join(lines)


@pytest.mark.parametrize(
    ("rows", "bad", "faulty"),
    [(50_000, 40_000, 3), (50_000, 40_000, 39_999), (10, 8, 7)],
    ids=["far before", "just before", "in a small file"],
)
def test_rows_before_a_bad_byte_are_judged(judged, package, rows, bad, faulty):
    found = judged(package(events=with_one_bad_byte(rows, bad, faulty)))
    assert found.code == 1
    assert found.rows("events") <= bad - 2
    places = {finding["rule"]: finding for finding in found.findings}
    assert set(places) == {"type-error", "encoding-error"}
    assert places["type-error"]["row"] == faulty
    assert f"line {bad:,}" in places["encoding-error"]["message"]


def test_a_byte_order_mark_is_a_warning(judged, package):
    found = judged(package(events="\ufeff" + HEADER + GOOD))
    assert found.code == 0
    assert [(f["rule"], f["level"]) for f in found.findings] == [("byte-order-mark", "warning")]
    assert found.report["valid"]


def test_a_nul_byte_is_named_by_its_place(judged, package):
    text = HEADER + GOOD + "ev-2,2023-05-26,CHN,talks,true,12,a\0b\n"
    finding = only(judged(package(events=text)))
    assert finding["rule"] == "nul-byte"
    assert f"byte {text.index(chr(0))}" in finding["message"]


@pytest.mark.parametrize(
    "encoding", ["nonsense", "", "rot13", "base64", "idna", "undefined", "punycode", "utf\0", "\ud800", "utf-16"]
)
def test_an_encoding_that_does_not_read_the_file_is_one_finding(judged, package, encoding):
    found = judged(package(lambda d: countries(d).update(encoding=encoding)))
    if encoding:  # an empty one says nothing
        finding = only(found)
        assert finding["rule"] in ("encoding-error", "descriptor-error")
        assert "countries" in finding["table"] + finding["message"]


def test_control_characters_do_not_reach_the_terminal(run, package):
    done = run("validate", package(events=HEADER + "ev-1,2023-05-26,\x1b[2J\x07KOR,talks,true,12,\n"))
    assert done.code == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.out)


# Text that cannot be split into cells, or into too many


@pytest.mark.parametrize("cell", ["x" * 10_000_000, '"' + "x" * 10_000_000 + '"'], ids=["plain", "quoted"])
def test_10_mb_in_one_cell_are_one_finding(judged, package, cell):
    found = judged(package(events=HEADER + GOOD + f"ev-2,2023-05-26,CHN,talks,true,12,{cell}\n"))
    finding = only(found)
    assert (finding["rule"], finding["row"]) == ("csv-error", 3)
    assert "1,000,000 characters" in finding["message"]
    assert found.rows("events") == 1


@pytest.mark.parametrize("after", [1, 100_000])
def test_an_unclosed_quote_is_named_by_its_row(judged, package, after):
    found = judged(package(countries='code,label\nKOR,South Korea\nCHN,"China\n' + "NAM,Namibia\n" * after))
    (finding,) = [f for f in found.findings if f["table"] == "countries"]
    assert found.code == 1
    assert (finding["rule"], finding["row"]) == ("csv-error", 3)
    assert "quote" in words(finding)


def test_an_unclosed_quote_in_the_header_is_named(judged, package):
    found = judged(package(events='event_id,"' + HEADER.removeprefix("event_id,") + GOOD))
    assert found.code == 1
    assert ("csv-error", 1) in [(finding["rule"], finding["row"]) for finding in found.findings]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"], ids=["CR", "CRLF", "LF"])
def test_every_line_end_is_read(judged, package, end):
    found = judged(package(events=(HEADER + GOOD).replace("\n", end)))
    assert (found.code, found.findings, found.rows("events")) == (0, [], 1)


def test_line_ends_may_be_mixed(judged, package):
    text = HEADER.replace("\n", "\r\n") + GOOD + GOOD.replace("ev-1", "ev-2").replace("KOR", "CHN").replace("\n", "\r")
    found = judged(package(events=text + GOOD.replace("ev-1", "ev-3").replace("KOR", "NAM")))
    assert (found.code, found.findings, found.rows("events")) == (0, [], 3)


def test_semicolons_with_decimal_commas_are_one_finding(judged, package):
    rows = "ev-1;2023-05-26;KOR;talks;true;12,5;\n" * 300
    finding = only(judged(package(events=HEADER.replace(",", ";") + rows)))
    assert finding["rule"] == "wrong-delimiter"
    assert "semicolons" in finding["message"]
    assert "decimal points" in finding["hint"]


@pytest.mark.parametrize(("delimiter", "name"), [("\t", "tabs"), ("|", "vertical bars")])
def test_another_delimiter_is_one_finding(judged, package, delimiter, name):
    finding = only(judged(package(events=(HEADER + GOOD * 300).replace(",", delimiter))))
    assert finding["rule"] == "wrong-delimiter"
    assert name in finding["message"]


WIDE = 10_000
WIDE_HEADER = ",".join([HEADER.strip(), *(f"more_{n}" for n in range(WIDE - 7))]) + "\n"


def wide(descriptor: Descriptor) -> None:
    """Give the table `events` 10,000 whole numbers for columns."""
    events(descriptor)["schema"] = {"fields": [{"name": f"column_{n}", "type": "integer"} for n in range(WIDE)]}


def test_10000_columns_are_judged(package):
    code, out = limited(
        "validate", package(events=WIDE_HEADER + GOOD.strip() + "," * (WIDE - 7) + "\n"), "--format", "json"
    )
    assert code == 1
    assert set(read_report(code, out).codes) == {"extra-label"}


def test_10000_columns_are_told_in_few_lines(package):
    code, out = limited("validate", package(events=WIDE_HEADER + GOOD))
    assert code == 1
    assert len(out.splitlines()) < 200


def test_10000_labels_of_another_table_are_judged(package):
    labels = ",".join(f"colour_{n}" for n in range(WIDE))
    code, out = limited("validate", package(wide, events=labels + "\n"), "--format", "json")
    assert set(read_report(code, out).codes) == {"incorrect-label"}


@pytest.mark.long
def test_10000_wrong_cells_of_one_row_are_judged(package):
    labels = ",".join(f"column_{n}" for n in range(WIDE))
    content = f"{labels}\n{','.join(['x'] * WIDE)}\n"
    code, out = limited("validate", package(wide, events=content), "--format", "json", seconds=120)
    found = read_report(code, out)
    assert set(found.codes) == {"type-error"}
    assert found.report["stats"]["errors"] == WIDE


def test_a_row_of_10000_cells_is_judged(package):
    content = HEADER + GOOD.strip() + ",x" * (WIDE - 7) + "\n"
    code, out = limited("validate", package(events=content), "--format", "json")
    found = read_report(code, out)
    assert code == 1
    assert {(f["rule"], f["row"]) for f in found.findings} == {("extra-cell", 2)}
    assert found.report["stats"]["errors"] == WIDE - 7


# Paths that leave the package: nothing outside is read, and no network is touched

WATCHED = """
import os, sys
outside = os.path.realpath(sys.argv.pop(1))
def watch(event, arguments):
    remote = event.startswith("socket.") and event != "socket.gethostname"
    named = event == "open" and not isinstance(arguments[0], int)
    if remote or named and os.path.realpath(os.fsdecode(arguments[0])) == outside:
        print("touched:", event, file=sys.stderr)
        os._exit(99)
sys.addaudithook(watch)
"""
# One watched process judges one package after the other: its start takes far longer than they do.
PROGRAM = """
import contextlib, io, json
from depositary.cli import main
for line in sys.stdin:
    folder = json.loads(line)
    outside = os.path.join(os.path.dirname(folder), "outside.csv")
    os.environ["HOME"] = os.path.dirname(outside)
    outside = os.path.realpath(outside)
    sys.argv = ["depositary", "validate", folder, "--format", "json"]
    out, code = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), 0
    try:
        with contextlib.redirect_stdout(out):
            main()
    except SystemExit as end:
        code = end.code or 0
    out.flush()
    print(json.dumps([code, out.buffer.getvalue().decode()]), flush=True)
"""
UNREAD = "code,label\nSECRET,never read\n"


def watched(outside: Path, code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python code that ends with 99 where it reads the file outside or uses a socket."""
    command = [sys.executable, "-c", WATCHED + code, str(outside), *map(str, arguments)]
    environment = {**os.environ, "HOME": str(outside.parent), "PYTHONUTF8": "1", "PYTHONWARNINGS": "error"}
    return subprocess.run(command, capture_output=True, check=False, cwd=ROOT, encoding="utf-8", env=environment)


def test_the_watch_sees_a_file_being_read(tmp_path):
    (tmp_path / "outside.csv").write_text(UNREAD, encoding="utf-8")
    done = watched(tmp_path / "outside.csv", "open(sys.argv[1])", tmp_path / "outside.csv")
    assert (done.returncode, done.stderr) == (99, "touched: open\n")


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.getaddrinfo('localhost', 9)",
        "import socket; socket.socket().connect(('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
    ],
)
def test_the_watch_sees_the_network_being_used(tmp_path, code):
    done = watched(tmp_path / "outside.csv", code)
    assert done.returncode == 99
    assert "touched: socket." in done.stderr


@dataclass
class Guard:
    """A process of the program under watch; after one that read what it may not, the next test starts another."""

    errors: Path
    process: subprocess.Popen[str] | None = None

    def validate(self, folder: Path) -> tuple[int, str]:
        if self.process is None:
            self.process = self._started(folder.parent / "outside.csv")
        self.errors.write_bytes(b"")
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin
        assert stdout
        print(json.dumps(str(folder)), file=stdin, flush=True)
        answer = stdout.readline()
        if not answer:
            self.end()
        assert self.errors.read_text(encoding="utf-8") == ""
        code, out = json.loads(answer)
        return code, out

    def _started(self, outside: Path) -> subprocess.Popen[str]:
        with self.errors.open("a") as errors:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
            environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONWARNINGS": "error"}
            command = [sys.executable, "-c", WATCHED + PROGRAM, str(outside)]
            return subprocess.Popen(command, cwd=ROOT, encoding="utf-8", env=environment, **pipes)

    def end(self) -> None:
        if self.process:
            self.process.communicate()
        self.process = None


@pytest.fixture(scope="module")
def guard(tmp_path_factory) -> Iterator[Guard]:
    guard = Guard(tmp_path_factory.mktemp("guard") / "errors")
    yield guard
    guard.end()


@pytest.fixture
def guarded(guard, package, tmp_path):
    """Validate a package under watch: the file `outside.csv` beside it may not be read, nor any socket be used."""

    def judge(edit: Edit) -> Judged:
        outside = tmp_path / "outside.csv"
        outside.write_text(UNREAD, encoding="utf-8")
        folder = package(edit)
        assert folder.parent == tmp_path
        code, out = guard.validate(folder)
        assert code in (0, 1)
        assert "SECRET" not in out
        return read_report(code, out)

    return judge


def test_the_guard_sees_a_file_being_read_and_goes_on(guard, package, tmp_path):
    folder, outside = package(), tmp_path / "outside.csv"
    outside.symlink_to(folder / "events.csv")
    with pytest.raises(AssertionError, match="touched: open"):
        guard.validate(folder)
    outside.unlink()
    assert guard.validate(folder)[0] == 0


OUTSIDE = {
    "above": "../outside.csv",
    "above, by a detour": "folder/../../outside.csv",
    "a POSIX root": "/outside.csv",
    "a network share": "//server/share/outside.csv",
    "a drive": "C:/outside.csv",
    "a drive with backslashes": "C:\\outside.csv",
    "a drive without root": "C:outside.csv",
    "a network share with backslashes": "\\\\server\\share\\outside.csv",
    "the home folder": "~/outside.csv",
    "somebody's home folder": "~root/outside.csv",
    "backslashes": "..\\outside.csv",
    "http": "http://127.0.0.1:9/outside.csv",
    "https": "https://example.org/outside.csv",
    "HTTPS": "HTTPS://example.org/outside.csv",
    "ftp": "ftp://example.org/outside.csv",
    "file": "file:///outside.csv",
    "s3": "s3://bucket/outside.csv",
}
each_way_out = pytest.mark.parametrize("path", OUTSIDE.values(), ids=OUTSIDE.keys())


def unsafe(found: Judged, path: str) -> Finding:
    finding = only(found)
    assert finding["rule"] == "unsafe-path"
    assert path in finding["message"] or repr(path) in finding["message"]
    return finding


@pytest.mark.short(4)
@each_way_out
def test_a_data_path_out_of_the_package_is_one_finding(guarded, path):
    found = guarded(lambda d: countries(d).update(path=path))
    assert unsafe(found, path)["table"] == "countries"
    assert found.rows("events") == 1
    assert ("events", "references of country") in found.not_judged


def test_an_absolute_path_to_a_real_file_is_not_read(guarded, tmp_path):
    path = (tmp_path / "outside.csv").as_posix()
    unsafe(guarded(lambda d: countries(d).update(path=path)), path)


def test_a_list_of_paths_out_of_the_package_is_not_read(guarded):
    found = guarded(lambda d: countries(d).update(path=["countries.csv", "../outside.csv"]))
    assert "unsafe-path" in found.codes
    assert found.code == 1


@pytest.mark.short(3)
@pytest.mark.parametrize(
    "path", ["../outside.csv", "/outside.csv", "C:\\outside.csv", "~/x.csv", "https://example.org/x"]
)
@pytest.mark.parametrize("key", ["schema", "dialect"])
def test_a_schema_or_dialect_out_of_the_package_is_one_finding(guarded, key, path):
    found = guarded(lambda d: countries(d).update({key: path}))
    assert unsafe(found, path)["table"] == "countries"


@pytest.mark.parametrize("key", ["path", "schema", "dialect", "profile"])
def test_the_text_report_names_the_resource_of_an_unsafe_path(run, package, key):
    done = run("validate", package(lambda d: countries(d).update({key: "../outside.csv"})))
    (line,) = [line for line in done.out.splitlines() if "[unsafe-path]" in line]
    assert "countries" in line


@pytest.mark.short(2)
@pytest.mark.parametrize("path", ["https://example.org/p.json", "../outside.csv", "/outside.csv", "nonsense"])
@pytest.mark.parametrize("part", [lambda d: d, countries], ids=["package", "resource"])
def test_a_profile_is_not_fetched(guarded, part, path):
    unsafe(guarded(lambda d: part(d).update(profile=path)), path)


@pytest.mark.short(2)
@pytest.mark.parametrize("path", ["https://example.org/p.json", "../outside.csv"])
@pytest.mark.parametrize(
    "part", [lambda d: d, countries, lambda d: countries(d)["schema"]], ids=["package", "resource", "schema"]
)
def test_a_schema_of_the_descriptor_is_not_fetched(guarded, part, path):
    guarded(lambda d: part(d).update({"$schema": path}))


@pytest.mark.parametrize("path", ["resource.json", "../outside.csv", "https://example.org/resource.json"])
def test_a_resource_given_as_text_is_not_followed(guarded, path):
    unsafe(guarded(lambda d: d["resources"].append(path)), path)


def test_a_foreign_key_into_a_file_outside_is_not_followed(guarded):
    found = guarded(lambda d: events(d)["schema"]["foreignKeys"][0]["reference"].update(resource="../outside.csv"))
    assert found.codes == ["descriptor-error"]


def link(file: Path, target: Path | str) -> None:
    try:
        file.symlink_to(target)
    except OSError:
        pytest.skip("this system lets nobody make links")


def test_a_link_out_of_the_package_is_not_read(guarded, tmp_path):
    def edit(descriptor: Descriptor) -> None:
        link(tmp_path / "demo" / "linked.csv", tmp_path / "outside.csv")
        countries(descriptor).update(path="linked.csv")

    found = guarded(edit)
    assert "link" in unsafe(found, "linked.csv")["message"]
    assert found.rows("events") == 1


def test_a_linked_folder_out_of_the_package_is_not_read(guarded, tmp_path):
    def edit(descriptor: Descriptor) -> None:
        link(tmp_path / "demo" / "linked", tmp_path)
        countries(descriptor).update(path="linked/outside.csv")

    unsafe(guarded(edit), "linked/outside.csv")


def test_a_linked_schema_out_of_the_package_is_not_read(guarded, tmp_path):
    def edit(descriptor: Descriptor) -> None:
        link(tmp_path / "demo" / "schema.json", tmp_path / "outside.csv")
        countries(descriptor).update(schema="schema.json")

    unsafe(guarded(edit), "schema.json")


def test_a_link_inside_the_package_is_followed(judged, package):
    folder = package()
    (folder / "countries.csv").rename(folder / "list.csv")
    link(folder / "countries.csv", "list.csv")
    found = judged(folder)
    assert (found.code, found.rows("countries")) == (0, 3)


def test_a_link_to_itself_is_one_finding(judged, package):
    folder = package()
    (folder / "countries.csv").unlink()
    link(folder / "countries.csv", "countries.csv")
    assert only(judged(folder))["rule"] in ("unsafe-path", "missing-file")


@pytest.mark.parametrize("key", ["path", "schema", "dialect"])
@pytest.mark.parametrize("path", ["a\0b.csv", "a\ud800b.csv", "n" * 300 + ".csv"], ids=["NUL", "surrogate", "long"])
def test_a_path_that_no_system_has_is_no_traceback(run, package, tmp_path, key, path):
    done = run("validate", package(lambda d: countries(d).update({key: path})))
    assert done.code in (1, 2)
    assert str(tmp_path) in done.out + done.err


# Schemas in files of the package


def move_schema(folder: Path, name: str) -> None:
    """Put the schema of `countries` into a file of its own."""
    descriptor = json.loads((folder / "datapackage.json").read_bytes())
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(countries(descriptor)["schema"]), encoding="utf-8")
    countries(descriptor)["schema"] = name
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")


@pytest.mark.parametrize("name", ["countries.json", "schemas/countries.json", "./countries.json"])
def test_a_schema_in_a_file_of_the_package_is_used(judged, package, name):
    folder = package(countries="code,label\nKOR,South Korea\nKOR,Korea\n")
    move_schema(folder, name)
    assert only(judged(folder))["rule"] == "primary-key"


@pytest.mark.parametrize(
    ("text", "said"), [("{", "line 1, column 2"), ("[]", "JSON object"), ('"x.json"', "JSON object"), ("", "line 1")]
)
def test_a_broken_schema_file_is_named(refused, package, text, said):
    folder = package(lambda d: countries(d).update(schema="countries.json"))
    (folder / "countries.json").write_text(text, encoding="utf-8")
    line = refused(folder)
    assert "countries.json" in line
    assert said in line


def test_a_missing_schema_file_is_named(refused, package):
    assert "nothing.json" in refused(package(lambda d: countries(d).update(schema="nothing.json")))


# Patterns


EVIL = {
    "(a+)+": "a" * 40 + "!",
    "(a|a)*b": "a" * 40,
    "(a|aa)+b": "a" * 40,
    "(.*)*x": "y" * 40,
    "a?" * 40 + "a" * 40: "a" * 39,
    r"(\w+\s?)*\.": "word " * 20,
    r"(a*)*\1b": "a" * 40,
    "(?:(?:a{0,100}){0,100}){0,100}b": "a" * 40,
    "(a{0,2}){900}b": "a" * 40,
    "(?=(a+)+b)a*": "a" * 40,
}


@pytest.mark.short(1, long=4)
@pytest.mark.parametrize(("pattern", "cell"), EVIL.items(), ids=[pattern[:20] for pattern in EVIL])
def test_a_pattern_that_backtracks_for_ever_comes_to_an_end(package, pattern, cell):
    folder = package(constrain("note", pattern=pattern), events=HEADER + GOOD.strip() + cell + "\n")
    code, out = limited("validate", folder, "--format", "json", seconds=20)
    finding = only(read_report(code, out))
    assert finding["rule"] in ("unsafe-pattern", "pattern-constraint")
    assert finding["field"] == "note"


@pytest.mark.short(2)
@pytest.mark.parametrize("pattern", ["(a+)+", "(a|a)*b?", "(.*)*", "a?" * 40 + "a" * 40])
def test_a_risky_pattern_accepts_what_it_matches(package, pattern):
    folder = package(constrain("note", pattern=pattern), events=HEADER + GOOD.strip() + "a" * 40 + "\n")
    code, out = limited("validate", folder, "--format", "json", seconds=20)
    assert (code, read_report(code, out).findings) == (0, [])


@pytest.mark.long
def test_many_cells_that_each_take_long_come_to_an_end(package):
    # A length more makes a cell about 1.6 times as slow; on any machine some lengths stay just within the limit.
    rows = [f"ev-{n}{m:03},2023-05-26,,talks,true,12,{m:03}{'a' * n}!\n" for n in range(20, 45) for m in range(1000)]
    folder = package(constrain("note", pattern="[0-9]{3}(a|aa)+"), events=HEADER + "".join(rows))
    code, out = limited("validate", folder, "--format", "json", seconds=60)
    assert code == 1
    assert "unsafe-pattern" in read_report(code, out).codes


@pytest.mark.parametrize(
    "pattern",
    [
        "(",
        "[",
        "*",
        "a**",
        "\\",
        "a{5,2}",
        "[z-a]",
        r"\p{L}+",
        "(?P<n",
        "(?<=a+)b",
        "(?R)",
        "a{99999999999999999999}",
        "(" * 2_000 + ")" * 2_000,
    ],
    ids=lambda pattern: pattern[:20],
)
def test_a_pattern_that_is_no_regular_expression_is_one_finding(judged, package, pattern):
    found = judged(package(constrain("note", pattern=pattern), events=HEADER + GOOD.strip() + "aa\n"))
    finding = only(found)
    assert finding["rule"] in ("descriptor-error", "unsafe-pattern")
    assert finding["table"] == "events"
    assert "note" in finding["message"]
    assert len(finding["message"]) < 500


@pytest.mark.parametrize("pattern", ["[[:alpha:]]", "[a&&b]", "[a||b]", "[a--b]", "[a||b]+[a||b]*[a]*"])
def test_a_pattern_that_python_warns_of_is_no_traceback(judged, package, pattern):
    assert judged(package(constrain("note", pattern=pattern), events=HEADER + GOOD)).code in (0, 1)


def test_a_pattern_is_read_as_python_reads_it(judged, package):
    # `{e}` is plain text to `re`, and to `regex` means "with errors".
    folder = package(constrain("note", pattern="(?:a+)+{e}"), events=HEADER + GOOD.strip() + "aa{e}\n")
    assert judged(folder).findings == []


# Cells that a reader may stumble over


ODD_CELLS = [
    *("NaN", "sNaN", "-INF", "1e999999999", "9" * 5_000, "1_000", "٣", "½", "-0", "0x10"),
    *("[" * 100_000, '{"a": ' * 50_000, "[1]", '{"a": 1}', "null", '"a"', "1,2", "NaN,NaN", "1e400,1"),
    *("0000-00-00", "10000-01-01", "2023-02-30", "P999999999999Y", "25:00:00", "2023-05-26T12:00:00+99:99", "31"),
    *("\u2028", "\ufeff", "=1+1", "x" * 100_000),
]
FORMS = [(name, "default") for name in FIELD_TYPES] + [(name, "any") for name in ("datetime", "date", "time")]


@pytest.mark.short(6)
@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_no_cell_is_too_odd_for_a_type(package, kind, form):
    fields = [{"name": "place", "type": "integer"}, {"name": "odd", "type": kind, "format": form}]
    folder = package(lambda d: events(d).update(schema={"fields": fields, "primaryKey": ["odd"]}))
    with (folder / "events.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("place", "odd"), *enumerate(ODD_CELLS)])
    report = written(depositary.validate(folder))
    facts = FIELD_TYPES[kind]
    noted = {"null-text"} if facts.reads_null else set()  # NaN, read as a value
    noted |= {"lost-digits"} if facts.notation and facts.notation.has_marks else set()  # what a number does not keep
    noted |= {"key-form", "unseen-character"} if facts.is_text and form == "default" else set()  # some look alike
    assert {finding.code for finding in report} - {"type-error", "primary-key"} == noted
    assert [table.rows for table in report.tables] == [len(ODD_CELLS), 3]


# Constraints, keys and references that do not fit


@pytest.mark.parametrize(
    ("name", "constraint", "value"),
    [
        ("guests", "minimum", "many"),
        ("guests", "maximum", [1]),
        ("guests", "minimum", 1.5),
        ("guests", "minimum", True),
        ("guests", "exclusiveMinimum", {}),
        ("held", "minimum", "yesterday"),
        ("held", "maximum", "2023-02-30"),
        ("held", "exclusiveMaximum", 2023),
    ],
)
def test_a_bound_that_is_not_of_the_fields_type_is_one_finding(judged, package, name, constraint, value):
    finding = only(judged(package(constrain(name, **{constraint: value}))))
    assert (finding["rule"], finding["table"]) == ("descriptor-error", "events")
    assert all(part in finding["message"] for part in (name, constraint, str(value)))


@pytest.mark.parametrize("constraint", [{"minimum": 1}, {"minLength": "two"}, {"enum": "aa"}, {"required": "yes"}])
def test_a_constraint_that_the_type_does_not_have_names_its_field(judged, package, constraint):
    found = judged(package(constrain("note", **constraint)))
    assert set(found.codes) == {"descriptor-error"}
    assert re.search(r"note|fields[./\[]6", " ".join(f["message"] for f in found.findings))


def test_a_foreign_key_to_an_unknown_resource_names_it(judged, package):
    found = judged(package(lambda d: events(d)["schema"]["foreignKeys"][0]["reference"].update(resource="nonsense")))
    finding = only(found)
    assert (finding["rule"], finding["table"]) == ("descriptor-error", "events")
    assert "nonsense" in finding["message"]
    assert found.rows("countries") == 3


def test_a_foreign_key_to_an_unknown_field_names_it(judged, package):
    found = judged(package(lambda d: events(d)["schema"]["foreignKeys"][0]["reference"].update(fields=["nonsense"])))
    finding = only(found)
    assert (finding["rule"], finding["table"]) == ("descriptor-error", "events")
    assert "countries.nonsense" in finding["message"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda schema: schema["foreignKeys"][0].update(fields=["nonsense"]),
        lambda schema: schema.update(primaryKey=["nonsense"]),
        lambda schema: schema.update(uniqueKeys=[["nonsense"]]),
    ],
    ids=["foreignKeys", "primaryKey", "uniqueKeys"],
)
def test_a_key_of_unknown_fields_names_table_and_field(judged, package, edit):
    finding = only(judged(package(lambda d: edit(events(d)["schema"]))))
    assert finding["rule"] == "descriptor-error"
    assert "nonsense" in finding["message"]
    assert "events" in finding["table"] + finding["message"]


# Resources that are not tables in one file


def names_the_second_resource(finding: Finding) -> bool:
    text = f"{finding['table']} {finding['message']}"
    return bool(re.search(r"countries|resources[./\[]1\b|resource 2\b|second resource", text))


@pytest.mark.parametrize("key", ["name", "path"])
def test_a_resource_without_name_or_path_is_found(judged, package, key):
    found = judged(package(lambda d: countries(d).pop(key)))
    finding = only(found)
    assert finding["rule"] == "descriptor-error"
    assert key in finding["message"]
    assert names_the_second_resource(finding)


def test_two_resources_of_one_name_are_found(judged, package):
    finding = only(judged(package(lambda d: countries(d).update(name="events"))))
    assert finding["rule"] == "descriptor-error"
    assert "events" in finding["message"]


def inline(resource: Descriptor) -> None:
    del resource["path"]
    resource["data"] = [["code", "label"], ["KOR", "South Korea"]]


@pytest.mark.parametrize(
    "edit",
    [
        lambda resource: resource.pop("schema"),
        inline,
        lambda resource: resource.update(path="countries.xlsx"),
        lambda resource: resource.update(path="countries.csv.bz2"),
        lambda resource: resource.update(path="countries.zip"),
        lambda resource: resource.update(compression="bz2"),
        lambda resource: resource.update(path=""),
    ],
    ids=[
        *("no schema", "inline data", "a workbook"),
        *("another archive", "a zip archive of something", "another packing", "empty path"),
    ],
)
def test_a_table_that_is_not_read_is_a_finding(judged, package, edit):
    found = judged(package(lambda d: edit(countries(d))))
    finding = only(found)
    assert finding["rule"] in ("unsupported-format", "descriptor-error")
    assert finding["table"] == "countries"
    assert ("events", "references of country") in found.not_judged
    assert found.rows("events") == 1


# JSON Schemas of columns


def with_json_schema(schema: object) -> Edit:
    return lambda d: field(d, "note").update(type="array", constraints={"jsonSchema": schema})


@pytest.mark.parametrize(
    "schema",
    [
        *("array", [], True, {"type": "nothing"}),
        *({"$ref": reference} for reference in ("https://example.org/schema.json", "other.json", "#/$defs/none")),
        {"items": {"pattern": "(a+)+$"}},
        {"items": {"patternProperties": {"(a*)*b": {}}}},
        {"items": {"pattern": "("}},
    ],
    ids=json.dumps,
)
def test_a_json_schema_that_is_none_or_leads_away_or_may_hang_is_named(judged, package, schema):
    finding = only(judged(package(with_json_schema(schema))))
    assert finding["rule"] == "descriptor-error"
    assert "the jsonSchema of note" in finding["message"]


def doubling(depth: int) -> dict[str, Any]:
    """Make a schema that asks for the same again twice, and so on."""
    steps = {f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}] * 2} for n in range(depth)}
    return {"$ref": "#/$defs/s0", "$defs": {**steps, f"s{depth}": {}}}


@pytest.mark.parametrize("schema", [{"$ref": "#"}, doubling(40)], ids=["itself", "doubling"])
def test_a_json_schema_that_never_ends_refuses_the_value(package, schema):
    text = HEADER + "ev-1,2023-05-26,KOR,talks,true,12,[1]\n"
    code, out = limited("validate", package(with_json_schema(schema), events=text), "--format", "json")
    assert read_report(code, out).codes == ["json-schema-constraint"]


# Data files that are not there


def test_a_missing_data_file_is_one_finding_and_no_cascade(judged, package):
    folder = package(events=HEADER + "".join(f"ev-{n},2023-05-26,C{n},talks,true,12,\n" for n in range(50)))
    (folder / "countries.csv").unlink()
    found = judged(folder)
    finding = only(found)
    assert (finding["rule"], finding["table"], finding["file"]) == ("missing-file", "countries", "countries.csv")
    assert found.not_judged == [("events", "references of country")]
    assert found.rows("events") == 50


def test_a_missing_child_table_is_one_finding(judged, package):
    folder = package()
    (folder / "events.csv").unlink()
    found = judged(folder)
    assert only(found)["table"] == "events"
    assert (found.not_judged, found.rows("countries")) == ([], 3)


def test_a_data_file_that_is_a_folder_is_one_finding(judged, package):
    folder = package()
    (folder / "countries.csv").unlink()
    (folder / "countries.csv").mkdir()
    found = judged(folder)
    assert only(found)["rule"] == "missing-file"
    assert found.not_judged == [("events", "references of country")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_data_file_that_is_a_pipe_does_not_hang(package):
    folder = package()
    (folder / "countries.csv").unlink()
    os.mkfifo(folder / "countries.csv")
    code, out = limited("validate", folder, "--format", "json", seconds=20)
    assert only(read_report(code, out))["table"] == "countries"


# Wrong types everywhere in the descriptor


def put(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Give a copy of a document with another value at a place."""
    if not path:
        return value
    copy = document.copy()
    copy[path[0]] = put(copy.get(path[0]) if isinstance(copy, dict) else copy[path[0]], path[1:], value)
    return copy


@pytest.fixture
def spoilt(demo):
    """Validate a package whose descriptor has another value at a place, and write both reports."""

    def judge(descriptor: Descriptor, path: str, value: Any) -> depositary.Report:
        folder = demo({})
        steps = tuple(int(step) if step.isdigit() else step for step in path.split("."))
        (folder / "datapackage.json").write_text(json.dumps(put(descriptor, steps, value)), encoding="utf-8")
        return written(depositary.validate(folder))

    return judge


def written(report: depositary.Report) -> depositary.Report:
    report.to_json()
    to_text(report)
    return report


FIELDS = "resources.0.schema.fields"
WRONG = [
    ("name", 1),
    ("name", []),
    ("version", {}),
    ("$schema", 1),
    ("$schema", []),
    ("profile", 1),
    ("licenses", 1),
    ("resources", {}),
    ("resources", 1),
    ("resources", [1]),
    ("resources", [None]),
    ("resources", [[]]),
    ("resources", None),
    ("resources.1.name", 1),
    ("resources.1.path", 1),
    ("resources.1.path", {}),
    ("resources.1.path", [1]),
    ("resources.1.path", []),
    ("resources.1.bytes", "many"),
    ("resources.1.hash", 1),
    ("resources.1.hash", []),
    ("resources.1.encoding", 1),
    ("resources.1.format", 1),
    ("resources.1.dialect", 1),
    ("resources.1.dialect", []),
    ("resources.1.dialect", {"delimiter": 1}),
    ("resources.1.dialect", {"delimiter": ""}),
    ("resources.1.dialect", {"delimiter": ",,"}),
    ("resources.1.dialect", {"quoteChar": "ab"}),
    ("resources.1.dialect", {"header": "x"}),
    ("resources.1.dialect", {"headerRows": ["x"]}),
    ("resources.1.dialect", {"headerRows": [10**30]}),
    ("resources.1.dialect", {"commentChar": 1}),
    ("resources.0.schema", []),
    ("resources.0.schema", 1),
    ("resources.0.schema", None),
    ("resources.0.schema", {}),
    (FIELDS, {}),
    (FIELDS, 1),
    (FIELDS, [1]),
    (FIELDS, [None]),
    (FIELDS, [[]]),
    (FIELDS, ["name"]),
    (FIELDS, [{}]),
    (f"{FIELDS}.1.name", 1),
    (f"{FIELDS}.1.name", []),
    (f"{FIELDS}.1.name", "event_id"),
    (f"{FIELDS}.1.type", 1),
    (f"{FIELDS}.1.type", "nonsense"),
    (f"{FIELDS}.1.type", []),
    (f"{FIELDS}.1.format", 1),
    (f"{FIELDS}.6.constraints", []),
    (f"{FIELDS}.6.constraints", 1),
    (f"{FIELDS}.6.constraints", {"pattern": 1}),
    (f"{FIELDS}.6.categories", 1),
    (f"{FIELDS}.6.categories", {"a": 1}),
    (f"{FIELDS}.6.categories", [{}]),
    (f"{FIELDS}.6.categories", [[]]),
    (f"{FIELDS}.4.trueValues", 1),
    ("resources.0.schema.missingValues", 1),
    ("resources.0.schema.fieldsMatch", "nonsense"),
    ("resources.0.schema.primaryKey", 1),
    ("resources.0.schema.primaryKey", {}),
    ("resources.0.schema.primaryKey", [1]),
    ("resources.0.schema.primaryKey", [[]]),
    ("resources.0.schema.uniqueKeys", 1),
    ("resources.0.schema.uniqueKeys", {"a": 1}),
    ("resources.0.schema.uniqueKeys", "held"),
    ("resources.0.schema.uniqueKeys", ["held"]),
    ("resources.0.schema.uniqueKeys", [1]),
    ("resources.0.schema.uniqueKeys", [[[]]]),
    ("resources.0.schema.foreignKeys", 1),
    ("resources.0.schema.foreignKeys", {}),
    ("resources.0.schema.foreignKeys", [1]),
    ("resources.0.schema.foreignKeys", [{}]),
    ("resources.0.schema.foreignKeys.0.fields", 1),
    ("resources.0.schema.foreignKeys.0.reference", "countries"),
    ("resources.0.schema.foreignKeys.0.reference", []),
    ("resources.0.schema.foreignKeys.0.reference", None),
    ("resources.0.schema.foreignKeys.0.reference.resource", 1),
    ("resources.0.schema.foreignKeys.0.reference.fields", 1),
]
each_wrong_type = pytest.mark.parametrize(("path", "value"), WRONG, ids=lambda part: str(part)[:60])


@each_wrong_type
def test_a_wrong_type_is_a_finding_that_names_its_place(spoilt, path, value):
    report = spoilt(DEMO, path, value)
    assert report.errors
    text = " ".join(f"{finding.table} {finding.message} {finding.hint}" for finding in report)
    steps = path.split(".")
    if len(steps) > 1:  # it lies in a resource
        number = int(steps[1])
        assert re.search(rf"{DEMO['resources'][number]['name']}|resources[./\[]{number}", text)
    assert steps[-1].rstrip("s").lower() in text.replace(" ", "").lower()


@each_wrong_type
def test_a_base_with_a_wrong_type_is_refused_or_told(contribution, tmp_path, path, value):
    folder = contribution()
    steps = tuple(int(step) if step.isdigit() else step for step in path.split("."))
    text = json.dumps(put(DEMO, steps, value))
    (tmp_path / "demo" / "datapackage.json").write_text(text, encoding="utf-8")
    try:
        written(depositary.validate(folder))
    except DepositaryError as error:
        assert "datapackage.json" in str(error)  # noqa: PT017 (a report is as good)


def test_a_broken_base_is_refused_in_one_line_that_names_it(refused, contribution, tmp_path):
    folder = contribution()
    text = json.dumps(put(DEMO, ("resources", 0, "schema", "fields"), [1]))
    (tmp_path / "demo" / "datapackage.json").write_text(text, encoding="utf-8")
    assert str(tmp_path / "demo") in refused(folder)


@pytest.mark.parametrize("path", ["name", "version", "title", "resources.0.name", f"{FIELDS}.1.name"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_half_a_character_in_a_descriptor_is_written_somehow(run, package, tmp_path, path, form):
    folder = package()
    steps = tuple(int(step) if step.isdigit() else step for step in path.split("."))
    (folder / "datapackage.json").write_text(json.dumps(put(DEMO, steps, "a\ud800b")), encoding="utf-8")
    printed = run("validate", folder, "--format", form)
    stored = run("validate", folder, "--format", form, "--output", tmp_path / "report")
    assert printed.code == stored.code
    assert (tmp_path / "report").read_text(encoding="utf-8") == printed.out


# Any JSON value at any place of a descriptor that has everything


RICH: Descriptor = {
    **DEMO,
    "title": "Demonstration",
    "profile": "tabular-data-package",
    "licenses": [{"name": "CC-BY-4.0"}],
    "contributors": [{"title": "A"}],
    "sources": [{"title": "S"}],
    "resources": [{**resource, "profile": "tabular-data-resource"} for resource in DEMO["resources"]],
}
RICH["resources"][0] |= {
    "format": "csv",
    "mediatype": "text/csv",
    "encoding": "utf-8",
    "bytes": 1,
    "hash": "sha256:" + "0" * 64,
    "dialect": {"delimiter": ",", "quoteChar": '"', "header": True, "headerRows": [1], "commentChar": "#"},
}
RICH["resources"][0]["schema"] = {
    "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
    "fieldsMatch": "exact",
    "missingValues": ["", "-"],
    "fields": [
        {"name": "event_id", "type": "string", "constraints": {"unique": True, "pattern": "ev-[0-9]+"}},
        {"name": "held", "type": "date", "format": "default", "constraints": {"minimum": "2000-01-01"}},
        {"name": "country", "type": "string", "title": "Country", "example": "KOR"},
        {"name": "kind", "type": "string", "categories": [{"value": "talks", "label": "Talks"}]},
        {"name": "open", "type": "boolean", "trueValues": ["true"], "falseValues": ["false"]},
        {"name": "guests", "type": "integer", "groupChar": ",", "constraints": {"minimum": 0, "enum": [12]}},
        {"name": "note", "type": "string", "categories": ["aa"], "constraints": {"maxLength": 12}},
    ],
    "primaryKey": ["event_id"],
    "uniqueKeys": [["held", "country"]],
    "foreignKeys": [
        {"fields": ["country"], "reference": {"resource": "countries", "fields": ["code"]}},
        {"fields": ["event_id"], "reference": {"fields": ["event_id"]}},
    ],
}


def places(document: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Name every node of a document."""
    if path:
        yield path
    parts = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for step, part in parts:
        yield from places(part, (*path, step))


TELLING = ["../x.csv", "/x.json", "http://127.0.0.1:9/x", "(", "[[:a:]]", "(a+)+", "2023-02-30", "any", "object", "\0"]
NAMES = ["name", "fields", "reference", "resource", "type", "events", "event_id", "countries", "code", "delimiter", ""]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, -1, 10**30])
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(TELLING + NAMES)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=5,
)
# tests/fuzz spoils descriptors too, for every verb, and without end in the soak.
fuzz = settings(max_examples=400, deadline=None, database=None, derandomize=True)
any_place = given(place=st.sampled_from(list(places(RICH))), value=VALUES)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Make a package and a contribution to it once; each example writes its own descriptor."""
    root = tmp_path_factory.mktemp("fuzz")
    (root / "demo").mkdir()
    (root / "mine").mkdir()
    for name in ("events.csv", "countries.csv"):
        (root / "demo" / name).write_bytes((CASES / "demo" / name).read_bytes())
    (root / "mine" / "contribution.toml").write_text(MANIFEST, encoding="utf-8")
    (root / "mine" / "events.csv").write_text("event_id,held,country\nev-1,2023-05-26,CHN\nev-2,2023-05-26,CHN\n")
    return root


def test_the_descriptor_that_has_everything_is_judged_whole(folders):
    (folders / "demo" / "datapackage.json").write_text(json.dumps(RICH), encoding="utf-8")
    report = depositary.validate(folders / "demo")
    assert [finding.code for finding in report] == ["hash-count", "byte-count"]
    assert report.not_judged == ()


@pytest.mark.short(60)
@fuzz
@any_place
def test_any_value_at_any_place_gives_a_report_or_a_refusal(folders, place, value):
    (folders / "demo" / "datapackage.json").write_text(json.dumps(put(RICH, place, value)), encoding="utf-8")
    try:
        written(depositary.validate(folders / "demo"))
    except DepositaryError as error:
        assert "\n" not in str(error)  # noqa: PT017 (a report is as good)


@pytest.mark.short(25)
@fuzz
@any_place
def test_any_value_at_any_place_of_a_base_gives_a_report_or_a_refusal(folders, place, value):
    (folders / "demo" / "datapackage.json").write_text(json.dumps(put(RICH, place, value)), encoding="utf-8")
    try:
        written(depositary.validate(folders / "mine", base=folders / "demo"))
    except DepositaryError as error:
        assert "\n" not in str(error)  # noqa: PT017 (a report is as good)


@pytest.mark.short(60)
@fuzz
@any_place
def test_any_value_at_any_place_opens_or_is_refused(folders, place, value):
    (folders / "demo" / "datapackage.json").write_text(json.dumps(put(RICH, place, value)), encoding="utf-8")
    try:
        assert isinstance(depositary.open(folders / "demo"), depositary.Package)
    except DepositaryError as error:
        assert "\n" not in str(error)  # noqa: PT017 (a package is as good)

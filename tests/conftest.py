"""What the tests share: the program run as a user runs it, and small packages to run it on."""

import contextlib
import csv
import gc
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test, settings
from judged_once import judged_once

from depositary.cli import main
from depositary.read.contribution import SHEET

# How long an example takes depends on the machine, so it is no reason to fail.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Many images forbid Python to keep what it compiles; then each process that tests start compiles all modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"


# Whether a file has tests with a mark can be seen in its text, as only the file itself marks them so.
MARKED_BY = {"long": r"mark\.(long|short)\b", "clients": r"mark\.clients\b", "core": r"mark\.core\b"}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import a file that has no test with the mark that is asked for, as in `-m "clients and not office"`."""
    first, *others = config.option.markexpr.split() or [""]
    needed = MARKED_BY.get(first) if "or" not in others else None
    if needed is None or not collection_path.name.startswith("test_") or not collection_path.is_file():
        return None
    return True if not re.search(needed, collection_path.read_text(encoding="utf-8")) else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a law that is marked `short` two forms: few examples, and all of them in the soak."""
    mark = metafunc.definition.get_closest_marker("short")
    if mark and is_hypothesis_test(metafunc.function):
        forms = [pytest.param(*mark.args, id="short"), pytest.param(None, id="all", marks=pytest.mark.soak)]
        metafunc.parametrize("_examples", forms, indirect=True)


@pytest.fixture(autouse=True)
def _examples(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hold a law for fewer examples than it asks for, if a form says so; Hypothesis keeps its settings at the test."""
    few = getattr(request, "param", None)
    if not few:
        yield
        return
    law, name = request.function, "_hypothesis_internal_use_settings"
    asked = getattr(law, name)
    setattr(law, name, settings(asked, max_examples=few))
    yield
    setattr(law, name, asked)


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem() -> Generator[None, object, object]:
    """Of the cases of a test that is marked `short`, leave all but a few to the long tests, or to the soak."""
    made = yield
    if isinstance(made, list):
        _keep_few([item for item in made if isinstance(item, pytest.Function)])
    return made


def _keep_few(items: list[pytest.Function]) -> None:
    cases = [item for item in items if item.get_closest_marker("short") and not item.get_closest_marker("soak")]
    mark = cases[0].get_closest_marker("short") if cases else None
    if mark is None or is_hypothesis_test(cases[0].function):
        return
    (few,) = mark.args
    others = [case for case in cases if case not in _spread(few, cases)]
    long = _spread(mark.kwargs.get("long", len(others)), others)
    for item in others:
        item.add_marker("long" if item in long else "soak")


def _spread(few: int, cases: list[pytest.Function]) -> list[pytest.Function]:
    """Take some cases evenly from all; the first is one of them."""
    few = min(few, len(cases))
    return [cases[number * len(cases) // few] for number in range(few)]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process waits for it at the end."""
    items.sort(key=lambda item: [not item.get_closest_marker(name) for name in ("install", "long")])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the collector of garbage what lasts as long as the tests, and let it look less often at the rest.

    It would look through all that again and again: a twelfth of the time of a process.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _no_cache_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let commands store what they read in a folder of the tests."""
    os.environ["DEPOSITARY_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session", autouse=True)
def _duckdb_files_are_written_here() -> Iterator[None]:
    """Write DuckDB files in this process: a child takes longer to start than to write, and only unused bytes differ.

    Tests of the child ask for `in_a_child`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("depositary.exporting.zeroed._has_zeros", lambda: True)
        yield


@pytest.fixture
def in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write DuckDB files in a child, as where the memory of the caller's DuckDB does not begin as zeros."""
    monkeypatch.setattr("depositary.exporting.zeroed._has_zeros", lambda: False)


@dataclass(frozen=True)
class Ran:
    """What a run of the program gave."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


def run_here(*arguments: object, cwd: Path = ROOT) -> Ran:
    """Run `depositary` here, which spares its start; an error that it does not put in words fails the test."""
    out, err = io.BytesIO(), io.BytesIO()
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(io.TextIOWrapper(out)) as written,
        contextlib.redirect_stderr(io.TextIOWrapper(err)) as said,
    ):
        code = _ended(list(map(str, arguments)))
        written.flush()
        said.flush()
    return Ran(code, out.getvalue().decode("utf-8"), err.getvalue().decode("utf-8"))


@pytest.fixture
def run() -> Run:
    """Run `depositary` here; `run_apart` gives it a process of its own."""
    return run_here


def _ended(arguments: list[str]) -> int:
    """Give the exit code of a run; what it changes of this process is put back."""
    given, sys.argv = sys.argv, ["depositary", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    finally:
        sys.argv = given
        gc.enable()
    return 0


@pytest.fixture
def run_apart() -> Run:
    """Run `depositary` in a process of its own, as users do; a traceback fails the test, whatever it is about."""

    def ran(*arguments: object, cwd: Path = ROOT) -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "depositary", *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONUTF8": "1", "PYTHONWARNINGS": "error"},
        )
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        assert "Traceback" not in out + err, err
        return Ran(done.returncode, out, err)

    return ran


@pytest.fixture
def shared_validation() -> Iterator[None]:
    """Let merges share the validation of the same bytes, with all other tests that ask for this."""
    with judged_once():
        yield


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Give a copy of the published package that a test may spoil."""
    return Path(shutil.copytree(ROOT / "datapackage", tmp_path / "datapackage"))


@pytest.fixture
def demo(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Make a copy of the demonstration package with some files laid over it."""

    def make(overlay: Mapping[str, str]) -> Path:
        folder = Path(shutil.copytree(CASES / "demo", tmp_path / "demo"))
        for name, text in overlay.items():
            book, _, sheet = name.partition(SHEET)
            (folder / book).parent.mkdir(exist_ok=True)
            content = _workbook(sheet, text) if sheet else text.encode("utf-8", "surrogateescape")
            (folder / book).write_bytes(content)
        return folder

    return make


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _workbook(name: str, body: str) -> bytes:
    """Make a workbook of the XML of its one worksheet; style 0 is General, 1 is 0%."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for member, content in {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{TYPES}.styles+xml"/></Types>',
            "_rels/.rels": _relations({"workbook.xml": "officeDocument"}, "xl/"),
            "xl/workbook.xml": f'<workbook xmlns="{MAIN}"><sheets><sheet xmlns:r="{RELATIONS}" name="{name}" '
            'sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": _relations({"worksheets/sheet1.xml": "worksheet", "styles.xml": "styles"}),
            "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/><xf numFmtId="9"/></cellXfs>'
            "</styleSheet>",
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}">{body}</worksheet>',
        }.items():
            archive.writestr(member, content)
    return stream.getvalue()


def _relations(targets: Mapping[str, str], folder: str = "") -> str:
    listed = "".join(
        f'<Relationship Id="r{number}" Type="{RELATIONS}/{kind}" Target="{folder}{target}"/>'
        for number, (target, kind) in enumerate(targets.items(), start=1)
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{listed}</Relationships>'
    )


def manifest_of(package: str, mode: str = "patch", contributor: str = "ctr-ann") -> str:
    """Write the manifest of a contribution to version 1.0.0 of a package."""
    return f"""\
contributor = "{contributor}"
mode = "{mode}"
role = "coder"
license = "CC-BY-4.0"

[base]
package = "{package}"
version = "1.0.0"
"""


def edit(file: Path, row: int, field: str, value: str) -> None:
    """Change one cell of a CSV file; the header is row 1."""
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
    rows[row - 1][rows[0].index(field)] = value
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    file.write_bytes(text.getvalue().encode())


# Of texts of CSV: what is put together is now proper, now broken, cut in the middle of a quoted cell or of a line end.
CSV_PIECES = ["a", "bc", '"', '""', '"b,c"', '"d\n"', ",", ",", "\n", "\n", "\r\n", "\r", " ", "é", "\u2028", "\ufeff"]

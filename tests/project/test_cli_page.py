"""The page on the command line: it has every verb, argument and option, and its examples run."""

import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
from conftest import ROOT, run_here
from loopback import serving
from services import FakeHandles, zenodo_with
from test_docs import COMMANDS
from test_evidence_page import FILES

PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
PARTS = dict(re.findall(r"^## depositary (.+)\n((?:(?!## ).*\n)*)", PAGE, re.MULTILINE))
EXAMPLES = {name: re.findall(r"^```sh\ndepositary (.+)\n```$", text, re.MULTILINE) for name, text in PARTS.items()}
# What an example finds: it may have something to look at, and exit code 1; it never cannot run.
WORKSPACE = 'package = "datapackage"\ncontributions = "contributions"\ndecisions = "decided"\nbases = "bases"\n'
TALKS = ("contribution.toml", "contributors.csv", "sources.csv", "meetings.csv")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the workspace that the examples are for, with a merged package."""
    folder = tmp_path_factory.mktemp("examples") / "workspace"
    shutil.copytree(ROOT / "datapackage", folder / "datapackage")
    for name in ("mira", "noor", "rosa", "wei", "daniel"):
        shutil.copytree(ROOT / "examples" / "contributions" / name, folder / "contributions" / name)
    shutil.copytree(ROOT / "examples" / "decided", folder / "decided")
    (folder / "bases").mkdir()
    (folder / "depositary.toml").write_text(WORKSPACE, encoding="utf-8")
    assert run_here("merge", cwd=folder).code == 1
    assert run_here("release", "datapackage", "--output-dir", "dist", "--on", "2026-11-29", cwd=folder).code == 0
    products = (folder / "datapackage" / "data" / "codelists" / "products.csv").read_text("utf-8").splitlines()
    _write(folder / "more-products.csv", "\n".join(products[:2]) + "\n")
    _write(folder / "our-tables" / "people.csv", "person_id,name\np-1,Ann\np-2,Ben\n")
    for name in ("herald.txt", "herald-2.txt"):
        _write(folder / name, FILES[name])
    return folder


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="")


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    """Give a copy of the workspace, with one more contribution that has no evidence yet."""
    folder = Path(shutil.copytree(workspace, tmp_path / "workspace"))
    for name in TALKS:
        _write(folder / "contributions" / "ann" / "quay" / name, FILES[name])
    return folder


def test_every_verb_has_a_part():
    assert sorted(PARTS) == sorted(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_part_has_every_argument_and_option_with_the_exit_codes_and_an_example(name):
    part = PARTS[name]
    for parameter in COMMANDS[name].params:
        for option in (*parameter.opts, *parameter.secondary_opts) if parameter.param_type_name == "option" else ():
            assert option in part, f"{option} is missing: run python scripts/generate.py"
    arguments = [one for one in COMMANDS[name].params if one.param_type_name == "argument"]
    assert part.partition("| argument |")[2].partition("\n\n")[0].count("\n| `") == len(arguments)
    assert "Exit code 0" in part, "the docstring of the verb has to list its exit codes"
    assert "2: " in part, "the docstring of the verb has to say when it cannot run"
    assert len(EXAMPLES[name]) == 1, "the verb needs an epilog: the command line of an example, alone"
    assert EXAMPLES[name][0].startswith(f"{name} ") or EXAMPLES[name][0] == name


@pytest.mark.short(4, long=12)
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_example_of_a_verb_runs(run, own, name):
    if name in {"evidence check", "evidence move"}:
        assert run(*shlex.split(EXAMPLES["evidence add"][0]), "--nth", "1", cwd=own).code == 0
    if name == "identity apply":  # it answers about a pair that nobody has judged any more
        assert run(*shlex.split(EXAMPLES["identity undo"][0]), cwd=own).code == 0
        assert run(*shlex.split(EXAMPLES["identity review"][0]), cwd=own).code == 0
        _answer_first(own / "pairs.xlsx")
    if name == "adopt":
        run("merge", cwd=own)
    here = shutil.copytree(ROOT / "examples" / "coding", own / "coding") if name == "agree" else own
    with services_for(name, own) as options:
        done = run(*shlex.split(EXAMPLES[name][0]), *options, cwd=here)
    assert done.code in (0, 1), done.err
    assert done.err == ""


def _answer_first(worksheet: Path) -> None:
    book = openpyxl.load_workbook(worksheet)
    (at,) = (cell for sheet in book for row in sheet for cell in row if cell.value == "choice")
    at.offset(1, 0).value = "unsure"
    book.save(worksheet)


@contextmanager
def services_for(name: str, own: Path) -> Iterator[tuple[str, ...]]:
    """Run what a verb asks for on this machine, and give the options that name it."""
    if name != "fetch":
        yield ()
        return
    (archive,) = (own / "dist").glob("*.zip")
    with (
        serving(zenodo_with(archive, "1234567")) as zenodo,
        serving(FakeHandles(**{"10.5281/zenodo.1234567": f"{zenodo.address}/records/1234567"})) as handles,
    ):
        yield "--server", zenodo.address, "--resolver", handles.address


def test_help_prints_the_example(run):
    for name, (example,) in EXAMPLES.items():
        assert run(*name.split(), "--help").out.rstrip().endswith(f"depositary {example}")

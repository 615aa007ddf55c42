"""Completion in shells: it is installed, and offers verbs, options and values; shells that are here are run."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, run_here

from depositary.exporting.formats import FORMATS
from depositary.model.codes import CODES
from depositary.model.kinds import KINDS
from depositary.read.package import open_package
from depositary.reports import Format

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the shells are those of Unix; PowerShell asks the same"
)
PROGRAM = Path(sys.executable).with_name("depositary")
WORKSPACE = 'package = "datapackage"\ncontributions = "contributions"\ndecisions = "decided"\n'


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    shutil.copytree(ROOT / "datapackage", folder / "datapackage")
    for name in ("mira", "wei", "daniel"):
        shutil.copytree(ROOT / "examples" / "contributions" / name, folder / "contributions" / name)
    shutil.copytree(ROOT / "examples" / "decided", folder / "decided")
    (folder / "depositary.toml").write_text(WORKSPACE, encoding="utf-8")
    run_here("merge", cwd=folder)
    return folder


def environment(home: Path, **more: str) -> dict[str, str]:
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ZDOTDIR", "BASH_"))}
    return {**kept, "HOME": str(home), "PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}", **more}


def offered(line: str, folder: Path) -> list[str]:
    """Ask as bash does for the last word of a line, in this process; the tests of shells start the program."""
    words = line.split(" ")
    asked = {"_DEPOSITARY_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in asked.items():
            patch.setenv(name, value)
        patch.setattr(
            sys.modules["__main__"], "__package__", ""
        )  # `python -m pytest` would give its name to the program
        done = run_here(cwd=folder)
    assert (done.code, done.err) == (0, "")
    return done.out.split()


def column(folder: Path, table: str, name: str) -> list[str]:
    header, *rows = (folder / "data" / f"{table}.csv").read_text("utf-8").splitlines()
    assert header.split(",")[0] == name
    return sorted(row.split(",")[0] for row in rows)


PACKAGE = open_package(ROOT / "datapackage")
TABLES = [one.name for one in PACKAGE]
ITEMS = [one["name"] for one in PACKAGE.descriptor["items"]]


@pytest.mark.short(6, long=8)
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("depositary val", ["validate"]),
        ("depositary evidence ", ["add", "check", "move"]),
        ("depositary merge --pl", ["--plan"]),
        ("depositary validate --format ", [form.value for form in Format]),
        ("depositary validate --table act", ["actors", "actor_members", "action_kinds"]),
        ("depositary validate --select R58", ["R58a", "R58b"]),
        ("depositary blame sta", ["stances", "statements", "statement_links", "statement_parties"]),
        ("depositary blame statements stm-cn-micron-purchase-stop mod", ["modality"]),
        ("depositary new contribution x --by ctr-mai", ["ctr-maintainers"]),
        ("depositary new contribution x --for ", ITEMS),
        ("depositary new contribution x --tables meetings,sources,mee", ["meetings,sources,meeting_participants"]),
        ("depositary export x --to par", ["parquet"]),
        ("depositary export x --to ", list(FORMATS)),
        ("depositary describe trade_flows.classif", ["trade_flows.classification"]),
        ("depositary describe trade_flows.classification.H6", ["trade_flows.classification.H6"]),
        ("depositary describe trade_fl", ["trade_flows"]),
        ("depositary conflicts --kind cell.edit_", [name for name in KINDS if name.startswith("cell.edit_")]),
        ("depositary explain foreign", [name for name in CODES if name.startswith("foreign")]),
        ("depositary explain R58", ["R58a", "R58b"]),
        ("depositary codelist add cur", ["currencies"]),
        ("depositary schema build --pack", []),  # it takes the package as an argument: files are the shell's
        ("depositary validate data", []),
    ],
)
def test_what_is_offered(workspace, line, expected):
    assert sorted(offered(line, workspace)) == sorted(expected)


def test_ids_of_rows_and_conflicts_are_offered(workspace):
    known = column(workspace / "merged", "stances", "stance_id")
    assert offered("depositary history stances ", workspace) == known
    conflicts = [
        row.split(",")[0] for row in (workspace / "merged" / "conflicts.csv").read_text("utf-8").splitlines()[1:]
    ]
    shown = offered("depositary resolve ", workspace)
    assert shown
    assert set(shown) <= set(conflicts)
    assert "cfl-3kxnpscydyak" in offered("depositary undo cfl-3", workspace)
    assert "src-chip-talks-article" in offered("depositary evidence add meetings x --source src-", workspace)


def test_without_a_workspace_the_tables_of_the_program_are_offered(tmp_path):
    assert "actors" in offered("depositary describe act", tmp_path)
    assert offered("depositary resolve ", tmp_path) == []
    assert offered("depositary blame ", tmp_path) == []


@pytest.mark.parametrize("broken", ["not toml", 'package = "nowhere"'])
def test_where_something_is_broken_nothing_is_offered_and_nothing_said(tmp_path, broken):
    (tmp_path / "depositary.toml").write_text(broken, encoding="utf-8")
    for line in ("depositary describe act", "depositary blame ", "depositary undo ", "depositary validate --select R5"):
        assert offered(line, tmp_path) == []


def test_no_large_library_is_loaded(workspace):
    heavy = ["rich", "pandas", "frictionless", "duckdb", "polars", "rapidfuzz"]
    check = "import sys\nfrom depositary.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    check += f"print([name for name in {heavy} if name in sys.modules])"
    asked = {"COMP_WORDS": "depositary resolve cfl", "COMP_CWORD": "2", "_DEPOSITARY_COMPLETE": "complete_bash"}
    for arguments, more in ((["--help"], {}), (["resolve", "--help"], {}), ([], asked)):
        code = f"import sys\nsys.argv[:] = {['depositary', *arguments]}\n{check}"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=workspace,
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == "[]"


# The shells themselves


def shell(name: str, script: str, home: Path, folder: Path, *options: str) -> str:
    found = shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not here")
    done = subprocess.run(
        [found, *options, "-c", script], cwd=folder, env=environment(home), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


INSTALL = "depositary --install-completion; true"  # with a second command, the shell stays and is found


def test_bash_completes_after_an_installation(tmp_path, workspace):
    home = tmp_path / "home"
    assert "bash completion installed in" in shell("bash", INSTALL, home, workspace)
    script = """
shopt -s expand_aliases; . ~/.bashrc; complete -p depositary
COMP_WORDS=(depositary validate --format ""); COMP_CWORD=3; _depositary_completion depositary; echo "${COMPREPLY[@]}"
COMP_WORDS=(depositary con); COMP_CWORD=1; _depositary_completion depositary; echo "${COMPREPLY[@]}"
"""
    _, values, verbs = shell("bash", script, home, workspace).splitlines()
    assert values.split() == [form.value for form in Format]
    assert verbs == "conflicts"


@pytest.mark.long
def test_fish_completes_after_an_installation(tmp_path, workspace):
    home = tmp_path / "home"
    assert "fish completion installed in" in shell("fish", INSTALL, home, workspace)
    verbs = shell("fish", 'complete -C "depositary con"', home, workspace)
    assert verbs.startswith("conflicts\tList the conflicts of a merged package")
    values = shell("fish", 'complete -C "depositary validate --format s"', home, workspace)
    assert values.split() == ["sarif"]
    assert "datapackage/" in shell("fish", 'complete -C "depositary validate data"', home, workspace)


def test_zsh_completes_after_an_installation(tmp_path, workspace):
    home = tmp_path / "home"
    assert "zsh completion installed in" in shell("zsh", INSTALL, home, workspace)
    assert "depositary conflicts" in typed("zsh", "depositary con\t", home, workspace, "depositary conflicts")
    assert "--format sarif" in typed("zsh", "depositary validate --format sa\t", home, workspace, "--format sarif")


def typed(name: str, keys: str, home: Path, folder: Path, wanted: str) -> str:
    """Type keys in an interactive shell, and give what it shows until that is there, or for half a minute."""
    import pty  # noqa: PLC0415 (Unix only)

    main, other = pty.openpty()
    os.set_blocking(main, False)
    more = {"TERM": "dumb", "PS1": ""}
    with subprocess.Popen(
        [shutil.which(name), "-i"],
        stdin=other,
        stdout=other,
        stderr=other,
        cwd=folder,
        env=environment(home, **more),
        start_new_session=True,
    ) as running:
        os.write(main, keys.encode())
        shown, end = "", time.monotonic() + 30
        while wanted not in shown and time.monotonic() < end:
            try:
                shown += os.read(main, 4096).decode(errors="replace")
            except BlockingIOError:
                time.sleep(0.1)
        running.kill()
    os.close(main)
    os.close(other)
    return shown


def test_powershell_gets_values_with_their_help(workspace):
    asked = {
        "_DEPOSITARY_COMPLETE": "complete_powershell",
        "_TYPER_COMPLETE_ARGS": "depositary conf",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": "conf",
    }
    done = subprocess.run(
        [PROGRAM], env={**os.environ, **asked}, cwd=workspace, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("conflicts:::List the conflicts of a merged package")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "pwsh"])
def test_the_script_of_a_shell_is_shown(tmp_path, name):
    assert "depositary" in shell(name, "depositary --show-completion; true", tmp_path / "home", tmp_path)
    assert list((tmp_path / "home").rglob("*depositary*")) == []


def test_a_home_that_cannot_be_written_to_gets_one_line(tmp_path, workspace):
    home = tmp_path / "home"
    (home / ".bashrc").mkdir(parents=True)
    found = shutil.which("bash")
    done = subprocess.run(
        [found, "-c", "depositary --install-completion; exit $?"],
        cwd=workspace,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"depositary: {home}")
    assert done.stderr.count("\n") == 1

"""Which tests run when (docs/decisions/0029): each is in `make test` or in another command, never in both."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import MARKED_BY, ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
MARKS = ("long", "soak", "clients", "office", "spark")
MARKED = [dict(zip(MARKS, has, strict=True)) for has in itertools.product([False, True], repeat=len(MARKS))]


def selected(target: str) -> list[list[bool]]:
    """Give what each call of pytest in a target selects of the tests with each combination of marks."""
    (recipe,) = re.findall(rf"^{target}:.*\n((?:.+\n)*)", MAKEFILE, re.MULTILINE)
    asked = [quoted or word for quoted, word in re.findall(r'pytest -m (?:"(.*?)"|(\w+))', recipe)]
    return [[eval(words, {}, marks) for marks in MARKED] for words in asked]  # noqa: S307 (the words are ours)


def either(*sets: list[bool]) -> list[bool]:
    return list(map(any, zip(*sets, strict=True)))


def test_every_test_is_in_exactly_one_set():
    (covered, short), (long,) = map(selected, ("test", "test-long"))
    (soak,), (clients,), (spark,) = map(selected, ("soak", "clients-all", "spark"))
    assert list(map(sum, zip(short, long, either(soak, clients, spark), strict=True))) == [1] * len(MARKED)
    assert covered == either(short, long)


def test_a_commit_passes_all_but_the_soak_and_office():
    run = re.findall(r"^ *make ([\w-]+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert run == ["check", "test", "test-long", "clients", "browser-core", "spark-core"]


@pytest.mark.parametrize("mark", MARKED_BY)
def test_only_files_that_name_a_mark_have_tests_with_it(mark):
    """So the other files need not be imported where only such tests are asked for."""
    helpers = [file for file in (ROOT / "tests").rglob("*.py") if not file.name.startswith("test_")]
    assert [file.name for file in helpers if f"mark.{mark}" in file.read_text(encoding="utf-8")] == []
    for file in (ROOT / "tests").rglob("test_*.py"):
        named = re.search(MARKED_BY[mark], file.read_text(encoding="utf-8"))
        assert named or f'add_marker("{mark}")' not in file.read_text(encoding="utf-8"), file


MADE = """
import pytest
from hypothesis import given, settings, strategies as st

SEEN = []


@pytest.mark.short(3)
@pytest.mark.parametrize("case", range(10))
def test_cases(case):
    print("case", case)


@pytest.mark.short(2, long=3)
@pytest.mark.parametrize("share", range(10))
def test_shares(share):
    print("share", share)


@pytest.mark.short(5)
@settings(max_examples=40, derandomize=True, database=None)
@given(st.integers())
def test_law(number):
    SEEN.append(number)


def teardown_module():
    print(len(SEEN), "examples")
"""


@pytest.mark.long
def test_of_laws_and_cases_a_few_are_short_and_all_are_run(tmp_path):
    (tmp_path / "test_made.py").write_text(MADE, encoding="utf-8")
    short, long, soak = (ran(tmp_path, asked) for asked in ("not long and not soak", "long", "soak"))
    assert re.findall(r"case (\d)", short) == ["0", "3", "6"]
    assert re.findall(r"case (\d)", long) == ["1", "2", "4", "5", "7", "8", "9"]
    assert [re.findall(r"share (\d)", printed) for printed in (short, long, soak)] == [
        ["0", "5"],
        ["1", "3", "7"],
        ["2", "4", "6", "8", "9"],
    ]
    assert [re.findall(r"(\d+) examples", printed) for printed in (short, soak)] == [["5"], ["40"]]


def ran(folder: Path, asked: str) -> str:
    """Run the tests of a folder that have or lack a mark, with what all our tests share."""
    ours = ["-p", "conftest", "-p", "no:randomly", "-o", f"cache_dir={folder / 'cache'}", "-c", ROOT / "pyproject.toml"]
    command = [sys.executable, "-m", "pytest", *ours, "-n", "0", "-s", "-q", "-m", asked, folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

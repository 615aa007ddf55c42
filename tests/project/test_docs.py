"""The docs against the program: every command documented, every option with help, every link leading somewhere."""

import re
from pathlib import Path

import pytest
import typer
from conftest import ROOT

from depositary.cli import app
from depositary.model.codes import CODES
from depositary.model.kinds import KINDS
from depositary.reports import Format

DOCS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / "seeds").glob("*.md"),
]


def commands(group: typer.core.TyperGroup, path: str = "") -> dict[str, typer.core.TyperCommand]:
    found = {}
    for name, command in group.commands.items():
        deeper = getattr(command, "commands", None)
        found |= commands(command, f"{path}{name} ") if deeper else {f"{path}{name}": command}
    return found


COMMANDS = commands(typer.main.get_command(app))


def test_there_are_commands():
    assert sorted(COMMANDS) == [
        "adopt",
        "agree",
        "blame",
        "cache",
        "codelist add",
        "conflicts",
        "describe",
        "diff",
        "evidence add",
        "evidence check",
        "evidence move",
        "explain",
        "export",
        "fetch",
        "history",
        "identity apply",
        "identity different",
        "identity explain",
        "identity quality",
        "identity review",
        "identity same",
        "identity suggest",
        "identity undo",
        "identity unsure",
        "merge",
        "new contribution",
        "new mapping",
        "new package",
        "new workspace",
        "publish",
        "release",
        "resolve",
        "schema build",
        "site",
        "status",
        "undo",
        "validate",
        "verify",
    ]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_in_the_readme(name):
    assert f"depositary {name}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_has_help(name):
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        assert parameter.name == "help" or parameter.help, parameter.name


def test_the_help_says_for_whom_each_format_of_a_report_is():
    (option,) = [parameter for parameter in COMMANDS["validate"].params if parameter.name == "form"]
    assert [form.value for form in Format if f"{form.value} for " not in option.help] == []


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(file: Path):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", file.read_text(encoding="utf-8")):
        assert target.startswith("http") or (file.parent / target).exists(), target


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_codes_named_in_the_docs_exist(file: Path):
    named = re.findall(r"depositary explain ([a-z-]+(?:\.[a-z_]+)?)", file.read_text(encoding="utf-8"))
    assert set(named) <= {*CODES, *KINDS}


RECIPES = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## Recipes\n")[2]
STEPS = [
    re.findall(r"`([^`]+)`", step) for step in re.split(r"\n(?=\d+\. |\n|#)", RECIPES) if re.match(r"\d+\. ", step)
]


def of_recipe(path: str) -> Path:
    """Find a path that a recipe names; NAME is what is added."""
    known = Path(path).parent if "NAME" in path else path
    found = [folder / known for folder in (ROOT, ROOT / "toolkit" / "depositary") if (folder / known).exists()]
    assert found, f"a recipe of CONTRIBUTING.md names {path}, which is not there"
    return found[0]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[0] if step else "")
def test_files_and_names_of_a_recipe_are_there(step):
    files = [of_recipe(quoted) for quoted in step if quoted.endswith(".py") and " " not in quoted]
    for command in (quoted for quoted in step if quoted.startswith("pytest ")):
        files += [of_recipe(word) for word in command.split() if word.startswith("tests/") and "NAME" not in word]
    is_known = not any("NAME" in quoted for quoted in step)
    text = "".join(file.read_text(encoding="utf-8") for file in files if is_known and file.suffix == ".py")
    named = [quoted for quoted in step if re.fullmatch(r"_\w+|[A-Z]\w+(\.\w+)?|test_\w+", quoted)]
    assert not text or [name for name in named if not all(part in text for part in name.split("."))] == []


def test_decisions_are_listed():
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    files = sorted(p.name for p in (ROOT / "docs" / "decisions").glob("0*.md"))
    assert files == re.findall(r"\]\((0[^)]+)\)", listed)


def test_what_the_constraints_pin_is_what_the_project_asks_for():
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in pins
    assert "frictionless==5.21." in pins

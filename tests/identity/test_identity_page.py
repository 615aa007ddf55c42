"""The page on identity: its commands print what it shows."""

import re
import shlex
import shutil

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "identity.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_has_commands():
    assert sum(block.count("$ depositary ") for block in BLOCKS) == 5


@pytest.mark.parametrize("block", BLOCKS)
def test_the_commands_print_what_the_page_shows(run, tmp_path, block):
    here = shutil.copytree(ROOT / "examples" / "coding", tmp_path / "coding")
    for shown in block.split("$ depositary ")[1:]:
        command, *lines = shown.splitlines()
        done = run(*shlex.split(command), cwd=here)
        assert done.code in (0, 1), done.err
        assert lines
        assert [line for line in lines if line not in done.out.splitlines()] == []

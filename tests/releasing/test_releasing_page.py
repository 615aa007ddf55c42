"""The page on releases: its commands and its Python show what happens."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```console\n\$ depositary (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)
((CODE, PRINTED),) = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.long
def test_the_page_on_releases_shows_what_happens(run, published, tmp_path):
    noor = Path("examples", "contributions", "noor")
    shutil.copytree(ROOT / noor, tmp_path / noor)
    assert published.parent == tmp_path
    assert len(COMMANDS) >= 6
    for command, printed in COMMANDS:
        done = run(*shlex.split(command), cwd=tmp_path)
        shown = ".*".join(map(re.escape, re.split("…\n", printed)))
        assert re.fullmatch(shown, done.out + done.err, re.DOTALL), f"{command}\n{done.out}{done.err}"
    ran = subprocess.run([sys.executable, "-c", CODE], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == PRINTED

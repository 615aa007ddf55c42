"""The page on agreement: its command and its Python show what happens."""

import re
import shlex
import subprocess
import sys

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "agreement.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```console\n\$ depositary (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)
((CODE, PRINTED),) = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.long
def test_the_page_on_agreement_shows_what_happens(run):
    assert COMMANDS
    for command, printed in COMMANDS:
        done = run(*shlex.split(command), cwd=ROOT)
        shown = ".*".join(map(re.escape, re.split("…\n", printed)))
        assert re.fullmatch(shown, done.out + done.err, re.DOTALL), f"{command}\n{done.out}{done.err}"
        assert done.code == 1
    ran = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == PRINTED

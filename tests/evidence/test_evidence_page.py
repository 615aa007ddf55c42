"""The page on evidence: its commands and its Python show what happens."""

import hashlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```console\n\$ depositary (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)
FILES = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
((CODE, PRINTED),) = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def workspace(tmp_path: Path, published: Path) -> Path:
    """Lay out the files of the page, with the package that the tests have a copy of."""
    (tmp_path / "depositary.toml").write_text(f'package = "{published.name}"\n', encoding="utf-8")
    for name, text in FILES.items():
        _write(tmp_path / ("" if name.endswith(".txt") else "ann/quay"), name, text)
    _write(tmp_path / "bytes", "evidence.csv", FILES["bytes.csv"])
    digest = hashlib.sha256(FILES["herald.txt"].encode()).hexdigest()
    header, row, _ = FILES["sources.csv"].splitlines()
    coded = f"{header},snapshot_sha256\n{row},{digest}\n"
    for name in ("contribution.toml", "contributors.csv", "meetings.csv"):
        _write(tmp_path / "bytes", name, FILES[name])
    _write(tmp_path / "bytes", "sources.csv", coded)
    (tmp_path / "ann" / "quay" / "bytes.csv").unlink()
    return tmp_path


def _write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8", newline="")


@pytest.mark.long
def test_the_page_on_evidence_shows_what_happens(run, workspace):
    assert len(COMMANDS) >= 8
    for command, printed in COMMANDS:
        done = run(*shlex.split(command), cwd=workspace)
        shown = ".*".join(map(re.escape, re.split("…\n", printed)))
        assert re.fullmatch(shown, done.out + done.err, re.DOTALL), f"{command}\n{done.out}{done.err}"
    ran = subprocess.run([sys.executable, "-c", CODE], cwd=workspace, capture_output=True, text=True, check=True)
    assert ran.stdout == PRINTED
    assert run("validate", "ann/quay", cwd=workspace).code == 0

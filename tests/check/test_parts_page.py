"""What docs/parts.md shows, done: its files are written, its command is run, and the output compared."""

import re

from conftest import ROOT

PAGE = (ROOT / "docs" / "parts.md").read_text(encoding="utf-8")


def test_the_page_shows_what_the_program_prints(tmp_path, run):
    for path, text in re.findall(r"```(?:json|csv) (\S+)\n(.*?)```", PAGE, re.DOTALL):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    ((command, printed),) = re.findall(r"```sh\ndepositary (.*?)\n```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
    assert run(*command.split(), cwd=tmp_path).out == printed

"""The page on publishing: its commands show what happens, with services of this machine in place of the real ones."""

import re
import shlex

import pytest
from conftest import ROOT
from loopback import FAULTS, serving
from services import TOKEN, FakeGitHub, FakeHandles, FakeZenodo

PAGE = (ROOT / "docs" / "publishing.md").read_text(encoding="utf-8")
BLOCKS = "".join(re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
COMMANDS = re.findall(r"^\$ depositary (.*)\n((?:(?!\$ ).*\n)*)", BLOCKS, re.MULTILINE)
SANDBOX = "https://sandbox.zenodo.org"


@pytest.mark.long
def test_the_page_on_publishing_shows_what_happens(run, published, tmp_path, monkeypatch):
    assert published.parent == tmp_path
    assert len(COMMANDS) >= 6
    for variable in ("ZENODO_SANDBOX_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.setenv(variable, TOKEN)
    with serving(FakeZenodo()) as zenodo, serving(FakeGitHub(tags=("v0.1.0",))) as github:
        address = f"{zenodo.address}/records/1000"
        with serving(FakeHandles(**{"10.5281/zenodo.1000": address})) as handles:
            more = {
                "zenodo-sandbox": ("--server", zenodo.address),
                "github": ("--server", github.address),
                "fetch": ("--server", zenodo.address, "--resolver", handles.address),
            }
            for command, printed in COMMANDS:
                words = shlex.split(command)
                given = next((options for word, options in more.items() if word in words), ())
                done = run(*words, *given, cwd=tmp_path)
                out = (done.out + done.err).replace(zenodo.address, SANDBOX)
                shown = ".*".join(map(re.escape, printed.rstrip("\n").split("…")))
                assert re.match(shown, out, re.DOTALL), f"{command}\n{out}"


def test_the_page_on_publishing_lists_every_fault():
    assert [fault for fault in FAULTS if f"`{fault}`" not in PAGE] == []


def test_the_page_on_publishing_names_every_variable():
    for variable in ("GITHUB_TOKEN", "GH_TOKEN", "ZENODO_TOKEN", "ZENODO_SANDBOX_TOKEN", "CKAN_TOKEN"):
        assert f"`{variable}`" in PAGE

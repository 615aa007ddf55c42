"""Contributions from which no right figure follows are refused in one line; what nobody coded has no figure."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT

from depositary.agreement.agree import Agreement
from depositary.agreement.formats import write_tables, written
from depositary.agreement.places import AgreementRequest, agreement_of
from depositary.errors import DepositaryError, UsageError
from depositary.identity.places import Places, opened
from depositary.model.agreement_format import AgreementFormat

CODING = ROOT / "examples" / "coding"
PACKAGE = CODING / "package"
ANA, BEN = (CODING / "contributions" / who / "article" for who in ("ana", "ben"))
OTHER = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"
FEW = AgreementRequest(tables=("statements",), is_suggested=False)


def compared(*folders: Path, asked: AgreementRequest = FEW) -> Agreement:
    return agreement_of(Places(PACKAGE, folders), asked)


def changed(folder: Path, file: str, change: Callable[[bytes], bytes]) -> Path:
    """Copy Ben's contribution with one changed file."""
    shutil.copytree(BEN, folder)
    there = folder / file
    there.write_bytes(change(there.read_bytes() if there.exists() else b""))
    return folder


SPOILT = {
    "mistyped column": ("statements.csv", lambda text: text.replace(b"speech_act", b"speech_akt", 1), "speech_akt"),
    "mistyped table": ("statemens.csv", lambda _: b"statement_id\n", "statemens.csv"),
    "open quote": ("statements.csv", lambda text: text + b'"\n', "row 15"),
    "short row": ("statements.csv", lambda text: text + b"a,b,c\n", "row 15"),
    "not text": ("statements.csv", lambda text: text + b"\xff\xfe", "UTF-8"),
    "empty file": ("statements.csv", lambda _: b"", "empty"),
    "no manifest": ("contribution.toml", lambda _: b"x = [", "not TOML"),
}


@pytest.mark.parametrize(("file", "change", "words"), SPOILT.values(), ids=SPOILT)
def test_what_cannot_be_read_with_certainty_is_not_compared(
    tmp_path: Path, file: str, change: Callable[[bytes], bytes], words: str
) -> None:
    with pytest.raises(DepositaryError) as refused:
        compared(ANA, changed(tmp_path / "ben", file, change))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_contribution_to_another_package_is_not_compared() -> None:
    with pytest.raises(UsageError, match="it is based on the package"):
        compared(ANA, OTHER)


def test_suggestions_name_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    spoilt = changed(tmp_path / "ben", "statements.csv", lambda text: text + b"\xff")
    with (
        opened(Places(PACKAGE, (spoilt,))) as there,
        pytest.raises(DepositaryError, match="cannot be read"),
    ):
        there.matching()


def test_wrong_values_are_compared_as_they_are(tmp_path: Path) -> None:
    wrong = changed(tmp_path / "ben", "statements.csv", lambda text: text.replace(b",agree,", b",agre,", 1))
    assert len(compared(ANA, wrong).items) == len(compared(ANA, BEN).items)


def without_rows(folder: Path, who: bytes = b"ctr-ben") -> Path:
    shutil.copytree(BEN, folder)
    for file in folder.glob("*.csv"):
        file.write_bytes(file.read_bytes().split(b"\n")[0] + b"\n")
    manifest = folder / "contribution.toml"
    manifest.write_bytes(manifest.read_bytes().replace(b"ctr-ben", who))
    return folder


def test_a_coder_who_found_nothing_is_still_a_coder(tmp_path: Path) -> None:
    found = compared(ANA, without_rows(tmp_path / "ben"))
    (pair,) = found.detections[0].pairs
    assert (pair.coder, pair.other, pair.both, pair.others) == ("ctr-ana", "ctr-ben", 0, 0)
    assert (pair.precision, pair.recall, pair.f1) == (0, None, None)
    assert found.undefined == "no item was found by several"
    assert not found.agrees


def test_nothing_at_all_has_no_figure(tmp_path: Path) -> None:
    both = compared(without_rows(tmp_path / "a", b"ctr-ana"), without_rows(tmp_path / "b"))
    assert both.agrees
    alone = compared(tmp_path / "a")
    assert not alone.agrees
    for form in AgreementFormat:
        assert written(both, form)
        assert written(alone, form)
    assert "nobody found anything" in written(both, AgreementFormat.TEXT)
    with pytest.raises(UsageError, match="they have no rows from a source"):
        compared(tmp_path / "a", asked=AgreementRequest(sources=("src-x",)))


def test_tables_need_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UsageError, match="is a file; name a folder"):
        write_tables(compared(ANA), file)

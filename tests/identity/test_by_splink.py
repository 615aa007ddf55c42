"""splink as a second engine: it takes what its model fits, gives the same scores in each run, and may be missing."""

import json
import sys

import pytest
from conftest import ROOT
from identity_case import actor, places, workspace
from test_suggest import ANN, BOB

from depositary.errors import UsageError
from depositary.identity.by_splink import LEVELS, model
from depositary.identity.places import opened
from depositary.model.suggestion_format import SuggestionEngine

QUAY = actor("quay", "Quay Shipping", jurisdiction="KOR")
LIKE_IT = actor("quai", "Quay Shiping", jurisdiction="KOR")
OTHER = actor("fields", "Northern Wheat", jurisdiction="CAN")


def scored(folder, tables=("actors",), least=0.8):
    with opened(places(folder)) as there:
        return there.matching(tables, least, engine=SuggestionEngine.SPLINK).suggestions


def of(folder, *rows):
    """Write a workspace in which two people have the rows by turns."""
    return workspace(folder, {ANN: {"actors": list(rows[::2])}, BOB: {"actors": list(rows[1::2])}})


def test_a_name_with_an_error_and_the_same_place_is_suggested(tmp_path):
    (one,) = (one for one in scored(of(tmp_path, QUAY, LIKE_IT, OTHER)) if "quay" in one.left + one.right)
    assert "quai" in one.left + one.right
    assert [part.field for part in one.fields] == ["names", "kind", "jurisdiction"]
    assert one.score == round(one.score, 6)


def test_two_runs_give_the_same_scores(tmp_path):
    of(tmp_path, QUAY, LIKE_IT, OTHER)
    assert scored(tmp_path, least=0.0) == scored(tmp_path, least=0.0)


@pytest.mark.parametrize("apart", [{"wikidata_qid": "Q1"}, {"kind": "unnamed_person"}])
def test_what_can_never_be_the_same_is_not_suggested(tmp_path, apart):
    of(tmp_path, {**QUAY, "wikidata_qid": "Q2"}, {**QUAY, **apart})
    assert not [one for one in scored(tmp_path, least=0.0) if "act-quay-" in one.left and "act-quay-" in one.right]


def test_a_table_that_the_model_does_not_fit_is_refused(tmp_path):
    of(tmp_path, QUAY)
    with pytest.raises(UsageError, match=r'does not compare "meetings".+Use --table actors, or leave out --engine'):
        scored(tmp_path, ("meetings",))
    assert scored(tmp_path, None) == scored(tmp_path)


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    of(tmp_path, QUAY)
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(UsageError, match=r"pip install 'depositary\[splink\]'"):
        scored(tmp_path)


def test_splink_is_imported_only_where_it_is_used():
    lines = (ROOT / "toolkit/depositary/identity/by_splink.py").read_text("utf-8").splitlines()
    imports = [line for line in lines if "import" in line and "splink" in line and '"""' not in line]
    assert imports
    assert all(line.startswith("    ") for line in imports)


def test_the_model_has_chances_for_each_level():
    assert {kind: len(levels) for kind, levels in model().levels.items()} == {
        k: len(of) + 1 for k, of in LEVELS.items()
    }
    assert all(0 < chance < 1 for levels in model().levels.values() for both in levels for chance in both)


@pytest.mark.soak
def test_the_model_is_what_its_script_trains(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import train_splink  # noqa: PLC0415 (a script)

    monkeypatch.setattr(train_splink, "MODEL", tmp_path / "splink.json")
    train_splink.main()
    kept = ROOT / "toolkit/depositary/identity/assets/splink.json"
    assert json.loads((tmp_path / "splink.json").read_text("utf-8")) == json.loads(kept.read_text("utf-8"))

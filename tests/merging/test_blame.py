"""`depositary blame` and `depositary history`: where the cells of a row came from, and what was claimed of it."""

import shutil
from pathlib import Path

import pytest
from conftest import CASES, edit, manifest_of
from merged_case import SETTLED, TOO_MANY, merged_package

from depositary.errors import UsageError
from depositary.merging.provenance.lineage import ClaimLine, Lineage, claims
from depositary.read.package import open_package


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    return merged_package(tmp_path / "merged")


@pytest.fixture
def blame(run, merged):
    return lambda *arguments: run("blame", *arguments, "--package", merged)


@pytest.fixture
def history(run, merged):
    return lambda *arguments: run("history", *arguments, "--package", merged)


def test_of_one_cell_all_is_told(blame):
    done = blame("events", "ev-3", "note")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "events ev-3\n"
        "  also replaces ev-7, ev-8\n"
        "  recorded by ctr-ana, published@1.0.0, from src-report\n"
        "\n"
        "  note: Mira’s note\n"
        "    accepted: ctr-mira, mira/reading, from src-readout\n"
        f"      decided by ctr-ana ({SETTLED}): the readout says more\n"
        "    superseded old: ctr-ana, published@1.0.0, from src-report\n"
        "    rejected (blank): ctr-jonas, jonas/reading, of ev-7\n"
        f"      decided by ctr-ana ({SETTLED}): the readout says more\n"
        "    evidence evd-2: inferred in src-readout\n"
        "\n"
        "  the row as a whole\n"
        "    evidence evd-1: stated in src-report, characters 10-20\n"
        "\n"
        "  sources\n"
        "    src-readout: The readout\n"
        "    src-report: The report\n"
    )


def test_a_row_of_a_download_is_found_in_it(run, tmp_path, demo):
    base = demo({})
    folder = tmp_path / "work" / "ann" / "first"
    folder.mkdir(parents=True)
    files = """
[[files]]
path = "talks.csv"
table = "countries"
columns = { id = "code", called = "label" }
ignore = ["use"]
where = [{ column = "use", equals = "y" }]
"""
    (folder / "contribution.toml").write_text(manifest_of("demo", "patch") + files, encoding="utf-8")
    (folder / "talks.csv").write_text("use,id,called\nn,AAA,A\ny,BBB,B\ny,CCC,C\n", encoding="utf-8")
    workspace = tmp_path / "work" / "depositary.toml"
    workspace.write_text(f'package = "{base.as_posix()}"\ncontributions = ["ann"]\n', encoding="utf-8")
    assert run("merge", cwd=workspace.parent).code == 0
    found = run("blame", "countries", "CCC", cwd=workspace.parent).out
    assert '  in the download\n    ann/first: talks.csv, row 4; column "id" is code, "called" is label\n' in found
    assert 'row 4; column "called" is label\n' in run("blame", "countries", "CCC", "label", cwd=workspace.parent).out
    assert "in the download" not in run("blame", "countries", "KOR", cwd=workspace.parent).out
    (folder / "talks.csv").write_text("something,else\n1,2\n", encoding="utf-8")
    assert "in the download" not in run("blame", "countries", "CCC", cwd=workspace.parent).out
    (folder / "talks.csv").unlink()
    assert run("blame", "countries", "CCC", cwd=workspace.parent).code == 0


def test_of_a_row_what_differs_stands_apart_from_what_is_as_recorded(blame):
    out = blame("events", "ev-3").out
    assert "\n  as recorded\n    held: 2023-05-28\n\n  kind: talks\n    accepted: ctr-mira, mira/reading\n" in out
    assert "    rejected visit: ctr-jonas, jonas/reading\n" in out


def test_of_a_cell_as_recorded_the_row_tells(blame):
    assert (
        "  held: 2023-05-28\n    accepted: ctr-ana, published@1.0.0, from src-report\n"
        in blame("events", "ev-3", "held").out
    )


def test_a_blank_cell_is_nobodys(blame):
    assert "\n  note: (blank)\n\n" in blame("events", "ev-2", "note").out


def test_an_open_conflict_is_named(blame):
    assert f"    in conflict: {TOO_MANY} (constraint.maximum-constraint)" in blame("events", "ev-3", "guests").out


@pytest.mark.parametrize("wanted", ["ev-7", "ev-8"])
def test_an_id_that_was_redirected_is_followed(blame, history, wanted):
    for command in (blame, history):
        out = command("events", wanted).out
        assert out.startswith(f"{wanted} was judged to be the same as ev-3, which replaces it.\nevents ev-3\n")


def test_a_row_that_is_gone_is_still_known(blame):
    out = blame("events", "ev-9").out
    assert out.startswith("events ev-9 (not published)\n")
    assert "  deletion, accepted: ctr-jonas, jonas/reading, from src-report\n      because: never took place\n" in out
    assert "  note: (blank)\n    superseded gone: ctr-ana, published@1.0.0\n" in out


def test_a_minted_row_tells_its_first_name(blame):
    assert "  recorded by ctr-jonas, jonas/reading, from src-report, as local:fourth\n" in blame("events", "ev-4").out


def test_history_goes_batch_by_batch(history):
    done = history("events", "ev-3")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "events ev-3\n"
        "  also replaces ev-7, ev-8\n"
        "  recorded by ctr-ana, published@1.0.0, from src-report\n"
        "\n"
        "  ctr-ana, published@1.0.0\n"
        "    accepted: held = 2023-05-28, from src-report\n"
        "    accepted: guests = 40, from src-report\n"
        "    superseded: note = old, from src-report\n"
        "\n"
        "  ctr-jonas, jonas/reading\n"
        "    rejected: kind = visit\n"
        f"    rejected: note = (blank) (as ev-7); decided by ctr-ana ({SETTLED}): the readout says more\n"
        "\n"
        "  ctr-mira, mira/reading\n"
        "    accepted: kind = talks\n"
        f"    accepted: note = Mira’s note, from src-readout; decided by ctr-ana ({SETTLED}): the readout says more\n"
        "\n"
        f"  guests in conflict: {TOO_MANY} (constraint.maximum-constraint), see depositary conflicts\n"
        "\n"
        "  sources\n"
        "    src-readout: The readout\n"
        "    src-report: The report\n"
    )


def test_history_knows_deletions(history):
    assert "    accepted: delete the row, from src-report; because: never took place\n" in history("events", "ev-9").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["event", "ev-1"], "has no table 'event'. Did you mean events?"),
        (["events", "ev-33"], 'events has no row "ev-33", and never had one. Did you mean ev-3'),
        (["events", "something"], "A row is named by event_id"),
        (["events", "ev-1", "notes"], 'events has no column "notes". Its columns are note.'),
        (["events", "ev-1", "event_id"], "event_id is the key of events"),
    ],
)
def test_what_is_not_there_is_said_with_what_is_near(blame, arguments, said):
    done = blame(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("merged", "events", "ev-3"), "depositary blame events ev-3 --package merged"),
        (("merged", "events"), "depositary blame events ID --package merged"),
        (("other/merged", "events", "ev-3"), "depositary blame events ev-3 --package other/merged"),
    ],
)
@pytest.mark.usefixtures("merged")
def test_the_folder_of_a_package_in_the_place_of_a_table_gets_the_right_command(run, tmp_path, words, command):
    merged_package(tmp_path / "other" / "merged")
    done = run("blame", *words, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith(f"Name the package with --package: {command}\n")
    if "ID" not in command:
        assert run(*command.split()[1:], cwd=tmp_path).code == 0


def test_the_folder_of_the_merged_package_is_known_before_the_first_merge(run, tmp_path):
    shutil.copytree(CASES / "demo", tmp_path / "p")
    (tmp_path / "depositary.toml").write_text('package = "p"\ncontributions = []\n', encoding="utf-8")
    done = run("blame", "merged", "events", "ev-3", cwd=tmp_path)
    assert "depositary blame events ev-3 --package merged" in done.err


def test_a_package_that_was_not_merged_cannot_tell(run):
    done = run("blame", "actors", "act-micron", "--package", "datapackage")
    assert done.code == 2
    assert "the origin of its cells is not known. Run depositary merge" in done.err


def test_a_value_cannot_command_the_terminal(blame, merged):
    edit(merged / "events.csv", 2, "kind", "\x1b[31mred")
    assert "kind: \\x1b[31mred" in blame("events", "ev-1").out


def test_a_circle_of_redirects_ends(blame, merged):
    edit(merged / "redirects.csv", 3, "canonical_id", "ev-7")
    assert blame("events", "ev-7").code == 2


# The claims themselves


def test_rows_and_exceptions_together_are_the_claims(merged):
    package = open_package(merged)
    jonas, mira = ("ctr-jonas", "jonas/reading"), ("ctr-mira", "mira/reading")
    ana, why = ("ctr-ana", "published@1.0.0"), (SETTLED, "the readout says more")
    row = ("events", "ev-3")
    assert claims(package, *row) == (
        ClaimLine(*row, "held", *ana, "2023-05-28", "src-report", "accepted"),
        ClaimLine(*row, "kind", *jonas, "visit", "", "rejected"),
        ClaimLine(*row, "kind", *mira, "talks", "", "accepted"),
        ClaimLine(*row, "guests", *ana, "40", "src-report", "accepted"),
        ClaimLine(*row, "note", *ana, "old", "src-report", "superseded"),
        ClaimLine(*row, "note", *jonas, None, "", "rejected", "ev-7", "", *why),
        ClaimLine(*row, "note", *mira, "Mira’s note", "src-readout", "accepted", "", "", *why),
    )


def test_blank_cells_and_keys_are_not_claimed(merged):
    assert [claim.field for claim in claims(open_package(merged), "events", "ev-2")] == ["held", "kind", "guests"]


def test_the_claims_of_a_minted_row_know_its_first_name(merged):
    assert {claim.original_row_id for claim in claims(open_package(merged), "events", "ev-4")} == {"local:fourth"}


def test_claims_of_no_row_are_refused(merged):
    with pytest.raises(UsageError, match="never had one"):
        Lineage.open(merged).row("events", "nothing")


@pytest.mark.parametrize("command", ["blame", "history"])
def test_a_row_is_found_by_the_name_that_its_contributor_gave_it(run, merged, command):
    done = run(command, "events", "local:fourth", "--package", merged)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("local:fourth is the name of ev-4 in jonas/reading.\nevents ev-4\n")


def test_a_name_in_several_contributions_has_to_be_told_apart(blame, merged):
    edit(merged / "provenance" / "rows.csv", 3, "original_row_id", "local:fourth")
    done = blame("events", "local:fourth")
    assert done.code == 2
    assert "Use the id of the right row: ev-2 (published@1.0.0), ev-4 (jonas/reading)." in done.err


def test_a_name_that_nobody_gave_is_no_row(blame):
    assert 'events has no row "local:fifth", and never had one' in blame("events", "local:fifth").err

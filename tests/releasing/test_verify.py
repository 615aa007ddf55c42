"""Verifying finds one byte that was changed, lost or added, anywhere in a release."""

import json
import shutil
import zipfile
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from diff_cases import pairs, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from releases import package, with_row

import depositary
from depositary.errors import DepositaryError, DocumentError, NotFoundError, UsageError
from depositary.merging.diff.changes import read_diff
from depositary.releasing.archive import write_archive
from depositary.releasing.canonical import write_canonical
from depositary.releasing.release import release
from depositary.releasing.sums import write_sums
from depositary.releasing.verify import verify

NAME = "meetings-of-people-1.1.0"


@pytest.fixture(scope="module")
def dist(tmp_path_factory) -> Path:
    """Give a folder with two releases."""
    root = tmp_path_factory.mktemp("releases")
    first = release(package(root / "one"), root / "dist")
    rows = with_row("people", "cem", "Cem")
    release(package(root / "two", rows), root / "dist", previous=first.folder, on=date(2026, 2, 1), formats=["sqlite"])
    return root / "dist"


@pytest.fixture
def later(dist, tmp_path) -> Path:
    """Give a copy of the later release."""
    return Path(shutil.copytree(dist / NAME, tmp_path / NAME))


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_release_is_sound(dist):
    for name in (NAME, f"{NAME}.zip"):
        found = verify(dist / name, dist / "meetings-of-people-1.0.0.zip")
        assert (found.faults, found.not_checked, found.version) == ((), (), "1.1.0")
        assert found.files == len(files(dist / NAME))
        assert verify(dist / name).not_checked == ("the delta from 1.0.0: name that release with --previous",)


def test_one_byte_of_any_file_is_found(later):
    for path in files(later):
        before = path.read_bytes()
        changes = [before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :] for at in (0, len(before) // 2, -1)[:2]]
        for changed in (*changes, before[:-1], before + b"\n", b""):
            path.write_bytes(changed)
            assert not verify(later).is_sound, path
        path.unlink()
        assert not verify(later).is_sound, path
        path.write_bytes(before)
    assert verify(later).is_sound


@pytest.mark.parametrize("name", ["new.txt", "data/new.csv", ".hidden", "new folder/"])
def test_what_does_not_belong_there_is_found(later, name):
    if name.endswith("/"):
        (later / name).mkdir()
    else:
        (later / name).write_bytes(b"")
    assert verify(later).faults == (f"{name}: is not part of the release. Remove it.",)


def test_a_link_is_not_a_file_of_the_release(later, tmp_path):
    target = tmp_path / "elsewhere.csv"
    shutil.move(later / "data" / "people.csv", target)
    (later / "data" / "people.csv").symlink_to(target)
    assert not verify(later).is_sound


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_byte_of_the_archive_is_found(dist, tmp_path, data):
    whole = (dist / f"{NAME}.zip").read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = {
        "change": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
        "lose": whole[:at] + whole[at + 1 :],
        "add": whole[:at] + b"\0" + whole[at:],
        "append": whole + b"\0",
        "cut": whole[:at],
    }[data.draw(st.sampled_from(["change", "lose", "add", "append", "cut"]))]
    file = tmp_path / f"{NAME}.zip"
    file.write_bytes(changed)
    with suppress(DepositaryError):  # it is no archive any longer
        assert not verify(file).is_sound


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"", "is cut off"),
        (b"nonsense\n", "line 1 is not a sum"),
        (b"%(sum)s  /etc/passwd\n", "it is absolute"),
        (b"%(sum)s  ../up\n", "leads out of the folder"),
        (b"%(sum)s  a\n%(sum)s  a\n", "line 2 is not after"),
        (b"%(sum)s  b\n%(sum)s  a\n", "line 2 is not after"),
        (b"%(sum)s  a\r\n", "CR LF"),
        (b"%(sum)s  a", "is cut off"),
        (b"\xff\n", "is not UTF-8"),
    ],
)
def test_sums_that_are_no_sums_are_named(later, text, fault):
    (later / "SHA256SUMS").write_bytes(text % {b"sum": b"0" * 64} if b"%" in text else text)
    assert [one for one in verify(later).faults if fault in one]


def test_what_is_no_release_is_one_line(tmp_path):
    with pytest.raises(NotFoundError):
        verify(tmp_path / "nothing")
    (tmp_path / "text").write_text("x")
    with pytest.raises(UsageError, match="neither the folder nor the zip"):
        verify(tmp_path / "text")
    assert verify(package(tmp_path / "plain")).faults == ("SHA256SUMS: is missing, so this is not a release",)


@pytest.mark.parametrize("name", ["../up.csv", "/up.csv", "C:/up.csv"])
def test_an_archive_that_leads_out_is_not_unpacked(dist, tmp_path, name):
    file = tmp_path / "bad.zip"
    shutil.copy(dist / f"{NAME}.zip", file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(DocumentError, match="is not unpacked"):
        verify(file)


def test_what_to_do_with_a_broken_archive_is_to_get_it_again(dist, tmp_path, run):
    whole = (dist / f"{NAME}.zip").read_bytes()
    for number, data in enumerate((whole[:-100], whole[:2000] + b"!!!!" + whole[2004:], b"no archive", b"")):
        file = tmp_path / f"{number}.zip"
        file.write_bytes(data)
        ran = run("verify", file)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert "fetch or copy the release again" in ran.err
        assert "pack" not in ran.err


def test_an_archive_with_a_member_twice_is_not_unpacked(dist, tmp_path):
    file = tmp_path / "bad.zip"
    shutil.copy(dist / f"{NAME}.zip", file)
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(f"{NAME}/data/people.csv", "x")
    with pytest.raises(DocumentError, match="twice"):
        verify(file)


def test_the_delta_of_another_release_does_not_fit(dist, tmp_path):
    other = release(package(tmp_path / "one", with_row("people", "zoe", "Zoe")), tmp_path / "dist")
    found = verify(dist / NAME, other.folder)
    assert [fault for fault in found.faults if "its delta starts from version 1.0.0" in fault]


def test_an_earlier_release_that_is_not_the_one_before_is_a_mistake_of_the_command(dist, tmp_path, run):
    first, second = dist / f"{NAME.removesuffix('1.1.0')}1.0.0", dist / NAME
    third = release(
        package(tmp_path / "three", with_row("people", "cem", "Another Cem")),
        dist,
        previous=second,
        on=date(2026, 3, 1),
    )
    for later, earlier, advice in (
        (first, second, "is a first release, so no delta leads to it from another one"),
        (third.archive, first, "its delta starts from meetings-of-people 1.1.0, not from meetings-of-people 1.0.0"),
    ):
        ran = run("verify", later, "--previous", earlier)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
        assert advice in ran.err
        assert "not as it was released" not in ran.out


def as_archive(folder: Path) -> Path:
    archive = folder.parent / f"{folder.name}.zip"
    with archive.open("wb") as stream:
        write_archive(folder, folder.name, stream)
    return archive


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("changes/redirects.csv", "table,old_id,canonical_id\npeople,ana,ben\n", "does not have the redirects that"),
        ("changes/from.json", "[]", "changes/from.json: not a JSON object but a list"),
        ("changes/delta.csv", "nonsense\n", "changes/delta.csv: cannot be applied"),
        ("datapackage.json", "{", "datapackage.json: not JSON"),
        ("datapackage.json", '{"name": "a"}', "datapackage.json: this is not a valid package"),
        ("data/people.csv", "id,name\nana,Another\n", "the hash of people is not that of its file"),
    ],
)
def test_a_change_is_found_though_the_sums_were_made_to_fit(later, dist, path, text, fault):
    (later / path).write_bytes(text.encode())
    write_sums(later)
    for release_of_it in (later, as_archive(later)):
        faults = verify(release_of_it, dist / "meetings-of-people-1.0.0").faults
        assert [one for one in faults if fault in one]
        assert not [one for one in faults if str(later.parent) in one or "depositary-" in one]  # where it was unpacked


def test_a_name_of_which_no_release_can_be_is_a_fault_of_the_archive(later):
    descriptor = (later / "datapackage.json").read_text(encoding="utf-8")
    (later / "datapackage.json").write_bytes(descriptor.replace('"meetings-of-people"', '"../up"').encode())
    write_sums(later)
    assert "the name of the package" in verify(as_archive(later)).faults[0]


# The law of the delta


@pytest.mark.short(6)
@given(pair=pairs())
@settings(max_examples=40)
def test_the_earlier_release_and_the_delta_give_the_later_one_to_the_byte(tmp_path_factory, pair):
    folder = tmp_path_factory.mktemp("law")
    states = []
    for name, book, version in zip(("old", "new"), pair, ("1.0.0", "2.0.0"), strict=True):
        (folder / name).mkdir()
        write_canonical(depositary.open(write(folder / f"{name} as written", book, version)), folder / name)
        states.append(folder / name)
    depositary.diff(*states).write(folder / "delta.csv")
    (folder / "again").mkdir()
    write_canonical(depositary.open(states[0]), folder / "again", read_diff(folder / "delta.csv").lines)
    new, again = ({path.name: path.read_bytes() for path in of.iterdir()} for of in (states[1], folder / "again"))
    assert again == new


# Reading it back


def test_a_release_is_read_from_its_archive(dist):
    archive, folder = dist / f"{NAME}.zip", dist / NAME
    assert depositary.open(archive).version == "1.1.0"
    assert depositary.load(archive, "people", "polars").equals(depositary.load(folder, "people", "polars"))
    assert len(depositary.diff(archive, folder)) == 0
    assert len(depositary.diff(dist / "meetings-of-people-1.0.0.zip", archive)) > 0
    assert depositary.validate(archive).valid


# Resources that are not tables


def test_a_map_has_its_size_and_hash_and_may_come_change_and_go(tmp_path):
    previous = release(package(tmp_path / "none"), tmp_path / "dist").folder
    for number, text in enumerate(('{"type": "Point"}', '{"type": "Polygon"}', ""), 1):
        start = package(tmp_path / f"{number}")
        if text:
            (start / "data" / "map.geojson").write_text(text)
            described = json.loads((start / "datapackage.json").read_text())
            described["resources"].append({"name": "map", "path": "data/map.geojson"})
            (start / "datapackage.json").write_text(json.dumps(described))
        made = release(start, tmp_path / "dist", previous=previous, on=date(2026, 2, number))
        assert verify(made.archive, previous).faults == ()
        descriptor = json.loads((made.folder / "datapackage.json").read_text())
        stated = [one["bytes"] for one in descriptor["resources"] if one["name"] == "map"]
        assert stated == ([len(text)] if text else [])
        previous = made.folder
    assert made.version == "2.0.0"

"""The hash of a package, and finding the package that a contribution was made against."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import CASES, ROOT

from depositary.check.documents.descriptor import sound_package
from depositary.errors import DepositaryError, UsageError
from depositary.merging.claims.bases import Bases, find_base
from depositary.model.package import Mode, Package
from depositary.read.bases import package_hash

ONE_MORE = "ev-2,2023-05-27,KOR,visit,,,\n"


@pytest.fixture
def folders(tmp_path) -> Path:
    """Give a folder with the demonstration package, and an empty folder of bases."""
    shutil.copytree(CASES / "demo", tmp_path / "current")
    (tmp_path / "bases").mkdir()
    return tmp_path


def copy(folders: Path, name: str, *, version: str = "1.0.0", rows: str = "") -> Package:
    """Put a copy of the package among the bases, of another version or with more rows."""
    folder = Path(shutil.copytree(folders / "current", folders / "bases" / name))
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    (folder / "datapackage.json").write_text(json.dumps({**descriptor, "version": version}), encoding="utf-8")
    with (folder / "events.csv").open("a", encoding="utf-8") as events:
        events.write(rows)
    return sound_package(folder)


def found(folders: Path, mode: Mode = Mode.SNAPSHOT, **base: str) -> str:
    current = sound_package(folders / "current")
    named = {"package": "demo", "version": "1.0.0", **base}
    return find_base(named, current, Bases(folders / "bases"), mode, "ann/first").directory.name


# The hash


def test_the_hash_is_that_of_what_sha256sum_prints():
    folder = ROOT / "datapackage"
    package = sound_package(folder)
    names = sorted(resource.path for resource in package)
    if not shutil.which("sha256sum"):
        pytest.skip("this system has no sha256sum")
    printed = subprocess.run(["sha256sum", *names], cwd=folder, capture_output=True, check=True).stdout
    assert package_hash(package) == f"sha256:{hashlib.sha256(printed).hexdigest()}"


def test_another_cell_makes_another_hash(folders):
    assert package_hash(copy(folders, "a", rows=ONE_MORE)) != package_hash(copy(folders, "b"))


def test_the_descriptor_makes_no_other_hash(folders):
    assert package_hash(copy(folders, "a", version="2.0.0")) == package_hash(copy(folders, "b"))


def test_what_merging_writes_makes_no_other_hash(folders):
    before = copy(folders, "a")
    folder = folders / "bases" / "a"
    descriptor = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    schema = {"fields": [{"name": "old_id", "type": "string"}]}
    redirects = {"name": "redirects", "type": "table", "path": "redirects.csv", "schema": schema}
    descriptor["resources"].append(redirects)
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    (folder / "redirects.csv").write_text("old_id\nev-3\n", encoding="utf-8")
    after = sound_package(folder)
    assert "redirects" in after
    assert package_hash(after) == package_hash(before)


def test_a_package_without_one_of_its_files_has_no_hash(folders):
    (folders / "current" / "events.csv").unlink()
    with pytest.raises(DepositaryError, match="events"):
        package_hash(sound_package(folders / "current"))


# Finding


@pytest.mark.parametrize("mode", [Mode.PATCH, Mode.SNAPSHOT])
def test_without_a_hash_the_current_package_is_the_base_if_it_has_the_version(folders, mode):
    copy(folders, "older", rows=ONE_MORE)
    assert found(folders, mode) == "current"


def test_the_current_package_is_the_base_if_it_has_the_hash(folders):
    assert found(folders, version="0.9.0", hash=package_hash(sound_package(folders / "current"))) == "current"


def test_the_hash_goes_before_the_version(folders):
    older = copy(folders, "older", rows=ONE_MORE)
    assert found(folders, hash=package_hash(older)) == "older"


def test_the_version_finds_a_base(folders):
    copy(folders, "older", version="0.9.0")
    assert found(folders, version="0.9.0") == "older"


def test_a_patch_without_its_own_base_is_refused_too_as_published_corrections_would_be_undone(folders):
    with pytest.raises(UsageError, match=r"ann/first: .*demo 0\.9\.0, but this package is not found"):
        found(folders, Mode.PATCH, version="0.9.0")


def test_a_snapshot_without_its_own_base_stops_and_says_what_is_at_hand(folders):
    copy(folders, "older", version="0.8.0")
    with pytest.raises(UsageError, match=r"ann/first: .*demo 0\.9\.0.*demo 1\.0\.0.*demo 0\.8\.0"):
        found(folders, version="0.9.0")


@pytest.mark.parametrize("mode", [Mode.PATCH, Mode.SNAPSHOT])
def test_a_hash_found_nowhere_stops_and_names_the_hashes_at_hand(folders, mode):
    older = package_hash(copy(folders, "older", rows=ONE_MORE))
    wanted = f"sha256:{'0' * 64}"
    with pytest.raises(UsageError) as error:
        found(folders, mode, hash=wanted)
    assert [h in str(error.value) for h in (wanted, older, package_hash(sound_package(folders / "current")))] == [
        True
    ] * 3


def test_two_bases_of_one_version_are_told_apart_by_hash_only(folders):
    copy(folders, "one", version="0.9.0")
    other = copy(folders, "other", version="0.9.0", rows=ONE_MORE)
    with pytest.raises(UsageError, match="several"):
        found(folders, version="0.9.0")
    assert found(folders, version="0.9.0", hash=package_hash(other)) == "other"


def test_two_equal_bases_are_one(folders):
    copy(folders, "one", version="0.9.0")
    copy(folders, "other", version="0.9.0")
    assert found(folders, version="0.9.0") in ("one", "other")


def test_a_broken_package_among_the_bases_is_in_nobodys_way(folders):
    copy(folders, "older", version="0.9.0")
    (folders / "bases" / "broken").mkdir()
    (folders / "bases" / "broken" / "datapackage.json").write_text("{", encoding="utf-8")
    assert found(folders, version="0.9.0") == "older"
    with pytest.raises(UsageError, match="broken"):
        found(folders, version="0.7.0")


def test_a_folder_of_bases_that_is_not_there_stops(folders):
    shutil.rmtree(folders / "bases")
    with pytest.raises(UsageError, match="bases"):
        found(folders, version="0.9.0")


def test_the_example_of_an_old_snapshot_names_its_base_by_hash():
    manifest = (ROOT / "examples/contributions/ines/old-snapshot/contribution.toml").read_text(encoding="utf-8")
    assert package_hash(sound_package(ROOT / "examples/bases/0.0.9")) in manifest

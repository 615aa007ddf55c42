"""What is particular to one service: new versions, old drafts, names in use, limits of rates."""

import time

import pytest
from loopback import Fault
from publications import publication
from small_release import make_release

from depositary.publishing import service


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch):
    monkeypatch.setattr(service, "PAUSES", (0.0, 0.0))


def publish_next(it, *more):
    """Publish version 1.1.0 to where 1.0.0 went."""
    folder = make_release(it.dist, "1.1.0", row="e1,2025")
    arguments = [str(folder) if one == str(it.folder) else one for one in it.arguments]
    return it.run_with(arguments, *more)


def asked_for(it):
    """Give the requests of a run to which nothing happens."""
    assert it.run().code == 0
    return it.loopback.asked


# Zenodo


def test_the_doi_and_the_page_of_a_record_are_shown_and_noted(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it:
        done = it.run()
        assert f"{it.loopback.address}/records/1000\nDOI 10.5281/zenodo.1000\n" in done.out
        assert '"concept_doi": "10.5281/zenodo.999"' in it.journal.read_text("utf-8")


@pytest.mark.parametrize("record", [(), ("--record", "1000"), ("--record", "10.5281/zenodo.1000")])
def test_the_next_version_continues_the_record(tmp_path, record):
    with publication("zenodo", tmp_path / "dist") as it:
        assert it.run().code == 0
        done = publish_next(it, *record)
        assert (done.code, done.err) == (0, "")
        one, two = it.loopback.service.records.values()
        assert one["parent"] == two["parent"]
        assert (one["metadata"]["version"], two["metadata"]["version"]) == ("1.0.0", "1.1.0")
        assert list(two["files"]) == ["made-facts-1.1.0.zip", "made-facts-1.1.0.zip.sha256"]
        assert it.run().code == 0  # of 1.0.0 again
        assert len(it.published) == 2


@pytest.mark.soak
@pytest.mark.parametrize("fault", ["dropped before", "dropped after", "504 after", "half an answer", "html"])
def test_a_fault_in_a_new_version_is_ended_by_the_next_run(tmp_path, fault):
    with publication("zenodo", tmp_path / "counted") as it:
        assert it.run().code == 0
        it.loopback.begin()
        assert publish_next(it).code == 0
        steps = len(it.loopback.asked)
    for step in range(steps):
        with publication("zenodo", tmp_path / f"dist-{step}") as it:
            assert it.run().code == 0
            it.loopback.begin(Fault(step, fault, lasts=True))
            assert publish_next(it).code in (0, 2)
            it.loopback.begin()
            assert publish_next(it).code == 0
            assert [one["metadata"]["version"] for one in it.loopback.service.records.values()] == ["1.0.0", "1.1.0"]
            assert len(it.published) == 2


def test_two_versions_at_once_do_not_share_a_draft(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it:
        assert it.run().code == 0
        it.loopback.begin(Fault(6, "dropped before", lasts=True))
        assert publish_next(it).code == 2
        it.loopback.begin()
        third = make_release(it.dist, "1.2.0", row="e1,2026")
        done = it.run_with([str(third) if one == str(it.folder) else one for one in it.arguments])
        assert done.code == 2
        assert "is of another release that is not published yet" in done.err
        assert publish_next(it).code == 0
        assert it.run_with([str(third) if one == str(it.folder) else one for one in it.arguments]).code == 0


def test_faults_that_zenodo_lists_in_the_metadata_are_shown(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it:
        fault = {"field": "metadata.rights.0.id", "messages": ["Invalid value cc-by-9.0."]}
        missing = {"field": "files.enabled", "messages": ["Missing uploaded files."]}
        it.loopback.service.faults_in_metadata = [fault, missing]
        done = it.run()
        assert done.code == 2
        assert "metadata.rights.0.id: Invalid value cc-by-9.0." in done.err
        assert "Missing uploaded files" not in done.err
        assert it.published == []


def test_a_draft_with_files_of_a_person_is_left_alone(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it:
        it.loopback.begin(Fault(4, "dropped before", lasts=True))
        assert it.run().code == 2
        it.loopback.begin()
        (draft,) = it.loopback.service.records.values()
        draft["files"]["notes.txt"] = {"status": "completed", "data": b"mine"}
        done = it.run()
        assert done.code == 2
        assert "has other files (notes.txt)" in done.err
        assert it.published == []
        assert draft["files"]["notes.txt"]["data"] == b"mine"


def test_a_draft_that_somebody_discarded_is_made_again(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it:
        it.loopback.begin(Fault(4, "dropped before", lasts=True))
        assert it.run().code == 2
        it.loopback.begin()
        it.loopback.service.records.clear()
        assert it.run().code == 0
        assert "draft 1000 is gone" in it.journal.read_text("utf-8")
        assert it.is_whole()


@pytest.mark.long
def test_where_the_list_of_records_is_behind_a_draft_may_stay_but_nothing_is_published_twice(tmp_path):
    for step in range(12):
        with publication("zenodo", tmp_path / f"dist-{step}") as it:
            it.loopback.service.lag = 1
            it.loopback.begin(Fault(step, "dropped after", lasts=True))
            it.run()
            it.loopback.begin()
            assert it.run().code == 0
            assert it.is_whole()
            assert len(it.loopback.service.records) <= 4  # drafts of tries whose answer was lost


def test_records_of_several_families_are_not_guessed_at(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it:
        assert it.run().code == 0
        family = dict(next(iter(it.loopback.service.records.values())), id="77", parent="76")
        it.loopback.service.records["77"] = family
        done = publish_next(it)
        assert done.code == 2
        assert "(1000, 77). Name the one to continue with --record" in done.err
        assert publish_next(it, "--record", "77").code == 0


# GitHub


def test_an_empty_asset_of_a_failed_upload_is_removed(tmp_path):
    with publication("github", tmp_path / "dist") as it:
        it.loopback.begin(Fault(6, "dropped before", lasts=True))
        assert it.run().code == 2
        it.loopback.begin()
        (number,) = it.loopback.service.releases
        name = "made-facts-1.0.0.zip"
        asset = {"id": 9, "release": number, "name": name, "state": "starter", "data": b""}
        it.loopback.service.assets = {9: asset}
        assert it.run().code == 0
        assert it.is_whole()


def test_a_release_or_draft_of_a_person_is_left_alone(tmp_path):
    with publication("github", tmp_path / "dist") as it:
        theirs = {"id": 5, "tag_name": "v1.0.0", "name": "Ours", "body": "Notes", "draft": True}
        it.loopback.service.releases = {5: theirs}
        drafted = it.run()
        theirs["draft"] = False
        released = it.run()
        assert (drafted.code, released.code) == (2, 2)
        assert "a draft for v1.0.0 that this command did not make" in drafted.err
        assert "already has a release v1.0.0 with other files" in released.err
        assert (theirs["body"], it.loopback.service.assets) == ("Notes", {})


def test_the_text_of_a_release_has_its_sum_and_its_changes(tmp_path):
    with publication("github", tmp_path / "dist") as it:
        assert it.run().code == 0
        (release,) = it.loopback.service.releases.values()
        assert release["name"] == "Made facts 1.0.0"
        assert "SHA-256 of made-facts-1.0.0.zip: " in release["body"]
        assert "1 row was added." in release["body"]


def test_files_never_go_to_the_host_that_an_answer_names(tmp_path):
    with publication("github", tmp_path / "dist") as it:  # the service names evil.invalid as `upload_url`
        assert it.run().code == 0
        uploads = [one for one in it.loopback.asked if one.headers.get("content-type") == "application/octet-stream"]
        assert len(uploads) == 2


# CKAN


def test_a_dataset_is_private_until_it_is_whole_and_has_the_tables_as_resources(tmp_path):
    with publication("ckan", tmp_path / "dist") as it:
        assert it.run().code == 0
        created = next(one.json for one in it.loopback.asked if one.path.endswith("/package_create"))
        assert created["private"] is True
        assert created["license_id"] == "cc-by"
        ((name, dataset),) = it.loopback.service.datasets.items()
        assert name == "made-facts-1-0-0"
        names = [one["name"] for one in dataset["resources"]]
        assert names == ["events.csv", "datapackage.json", "README.md", "made-facts-1.0.0.zip"]
        assert dataset["resources"][0]["format"] == "CSV"


def test_tables_of_the_same_file_name_in_two_folders_are_two_resources(tmp_path):
    with publication("ckan", tmp_path / "dist") as it:
        make_release(it.dist, paths=("data/events.csv", "data/old/events.csv", "data/more.csv"))
        assert it.run().code == 0
        (files,) = it.published
        assert list(files)[:3] == ["data-events.csv", "data-old-events.csv", "more.csv"]
        assert it.is_whole()


def test_a_name_that_is_in_use_is_not_taken(tmp_path):
    with publication("ckan", tmp_path / "dist") as it:
        it.loopback.service.deleted = ("made-facts-1-0-0",)
        done = it.run()
        assert done.code == 2
        assert "That URL is already in use" in done.err
        it.loopback.service.deleted = ()
        theirs = {"id": "d-9", "name": "made-facts-1-0-0", "notes": "", "private": False, "resources": []}
        it.loopback.service.datasets = {"made-facts-1-0-0": theirs}
        done = it.run()
        assert done.code == 2
        assert "is a dataset that this command did not make" in done.err


def test_ckan_needs_a_server_and_an_organization(run, tmp_path):
    folder = make_release(tmp_path)
    assert "--to ckan needs --organization" in run("publish", folder, "--to", "ckan").err
    assert "--to ckan needs --server" in run("publish", folder, "--to", "ckan", "--organization", "facts").err


# Waiting


def test_a_service_that_is_busy_is_asked_again_when_it_says(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it, pytest.MonkeyPatch.context() as patch:
        waited = []
        patch.setattr(time, "sleep", waited.append)
        it.loopback.begin(Fault(3, "429 for a while"))
        assert it.run().code == 0
        assert waited == [7.0]


def test_a_slow_upload_takes_as_long_as_it_takes(tmp_path):
    with publication("zenodo", tmp_path / "dist") as it:
        upload = next(number for number, one in enumerate(asked_for(it)) if one.path.endswith("/content"))
    with publication("zenodo", tmp_path / "again") as it:
        it.loopback.begin(Fault(upload, "reads slowly"))
        assert it.run("--timeout", "2").code == 0
        assert it.is_whole()

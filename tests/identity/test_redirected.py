"""An id that an earlier merge replaced is understood in a later contribution, and the report says so."""

import pytest
from identity_case import actor, contribute, work_of, workspace
from test_lanes import exact_lane, fast_lane

import depositary

QUAY = {**actor("quay", "Quay Shipping", jurisdiction="KOR"), **work_of("ctr-ann")}
OTHER = {**actor("qs", "Quay Shipping", jurisdiction="KOR"), **work_of("ctr-bob")}


@pytest.fixture
def republished(tmp_path, run):
    """Give a workspace whose package was merged after two companies were judged to be one, and the ids."""
    workspace(tmp_path / "first", {"ann/one": {"actors": [QUAY]}, "bob/one": {"actors": [OTHER]}})
    asked = ("identity", "same", "local:quay", "local:qs", "--as", "ctr-zoe")
    assert run(*asked, cwd=tmp_path / "first").code == 0
    assert run("merge", "--output-dir", "merged", cwd=tmp_path / "first").code == 0
    lines = (tmp_path / "first" / "merged" / "redirects.csv").read_text(encoding="utf-8").splitlines()
    _, old, new, _ = lines[1].split(",")
    folder = workspace(tmp_path / "second")
    (folder / "datapackage").rename(folder / "before")
    (tmp_path / "first" / "merged").rename(folder / "datapackage")
    return folder, old, new


def tenure(organisation):
    row = {"tenure_id": "local:t", "person_id": "act-wang-wentao", "organisation_id": organisation}
    return {"tenures": [{**row, "title_text": "Director", "role_class": "executive", **work_of("ctr-ann")}]}


def test_a_reference_to_a_replaced_id_is_understood_and_said(republished, run):
    folder, old, new = republished
    batch = contribute(folder, "ann/two", tenure(old))
    report = depositary.validate(batch, base=folder / "datapackage", rules=False)
    assert [(one.code, one.level, one.field) for one in report] == [("redirected-id", "warning", "organisation_id")]
    assert f"is now {new}" in next(iter(report)).message
    assert "redirected-id" in run("merge", cwd=folder).out
    assert f"act-wang-wentao,{new}" in (folder / "merged" / "data" / "tenures.csv").read_text(encoding="utf-8")


def test_a_reference_to_an_id_that_never_was_is_still_an_error(republished):
    folder, _, _ = republished
    batch = contribute(folder, "ann/two", tenure("act-never"))
    assert [one.code for one in depositary.validate(batch, base=folder / "datapackage", rules=False)] == ["foreign-key"]


def test_both_lanes_say_it(republished):
    folder, old, _ = republished
    batch = contribute(folder, "ann/two", tenure(old))
    reports = []
    for lane in (exact_lane(), fast_lane(100)):
        with lane:
            reports.append(depositary.validate(batch, base=folder / "datapackage").to_json())
    assert reports[0] == reports[1]
    assert "redirected-id" in reports[0]


def test_the_package_itself_may_not_use_a_replaced_id(republished):
    folder, old, _ = republished
    file = folder / "datapackage" / "data" / "tenures.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("act-cn-commerce-ministry", old, 1), encoding="utf-8")
    codes = [one.code for one in depositary.validate(folder / "datapackage", rules=False)]
    assert "foreign-key" in codes

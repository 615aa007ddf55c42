"""Which pairs are suggested: across the package and contributions, by what the schemas say identifies a row."""

import pytest
from identity_case import actor, contribute, pairs, places, work_of, workspace

from depositary.errors import DocumentError, UsageError
from depositary.identity.places import opened
from depositary.identity.suggest import suggest
from depositary.merging.claims.identifying import identity_policies
from depositary.merging.conflicts.decisions import add_judgements
from depositary.model.decision import Judgement, Verdict
from depositary.model.package import Package, Resource
from depositary.model.table import Table

ANN, BOB = "ann/one", "bob/one"
QUAY = actor("quay", "Quay Shipping Co., Ltd.", jurisdiction="KOR")


def judge(folder, table, left, right, verdict):
    left, right = sorted((left, right))
    line = Judgement(
        table=table,
        left_id=left,
        right_id=right,
        judgement=verdict,
        method="manual",
        score=None,
        reason="so",
        source_id="",
        decided_by="ctr-zoe",
        decided_on="2026-11-30",
    )
    add_judgements(folder / "decisions", [line])


def found(folder, table="actors", least=0.8):
    with opened(places(folder)) as there:
        return there.matching([table], least).suggestions


def test_two_contributors_who_name_one_company_in_two_ways_are_suggested(tmp_path):
    other = actor("qs", "QUAY SHIPPING", jurisdiction="KOR")
    workspace(tmp_path, {ANN: {"actors": [QUAY]}, BOB: {"actors": [other]}})
    assert pairs(tmp_path, "actors") == {("act-qs", "act-quay"): 0.99}


def test_a_new_row_and_a_published_one_are_suggested_by_an_alias_in_another_script(tmp_path):
    new = actor("wang", "Van Ven Tao", "person", aliases="Wang Wen-tao;王文涛", jurisdiction="CHN")
    workspace(tmp_path, {ANN: {"actors": [new]}})
    assert ("act-wang", "act-wang-wentao") in pairs(tmp_path, "actors")


def test_a_name_alone_has_less_than_a_name_with_more(tmp_path):
    alone = {ANN: {"actors": [actor("a", "Quay Shipping")]}, BOB: {"actors": [actor("b", "Quay Shipping", "group")]}}
    workspace(tmp_path, alone)
    assert pairs(tmp_path, "actors")["act-a", "act-b"] < 0.9


@pytest.mark.parametrize("column", ["wikidata_qid", "lei", "opensanctions_id"])
def test_one_identifier_proposes_and_two_different_ones_forbid(tmp_path, column):
    one, other = {"wikidata_qid": ("Q1", "Q2")}.get(column, ("AAAA", "BBBB"))
    same = {ANN: {"actors": [{**QUAY, column: one}]}, BOB: {"actors": [actor("x", "Nothing Alike", **{column: one})]}}
    workspace(tmp_path / "same", same)
    assert pairs(tmp_path / "same", "actors") == {("act-quay", "act-x"): 1.0}
    apart = {ANN: {"actors": [{**QUAY, column: one}]}, BOB: {"actors": [{**QUAY, column: other}]}}
    workspace(tmp_path / "apart", apart)
    assert pairs(tmp_path / "apart", "actors", 0.0).get(("act-quay", "act-quay")) is None


def test_an_unnamed_person_is_never_suggested(tmp_path):
    unnamed = actor("source", "", "unnamed_person", described_as="A person with knowledge of the talks")
    workspace(tmp_path, {ANN: {"actors": [unnamed]}, BOB: {"actors": [{**unnamed, "name": "Kim"}, actor("k", "Kim")]}})
    assert pairs(tmp_path, "actors") == {}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_judged_pair_is_not_suggested_again(tmp_path, verdict):
    workspace(tmp_path, {ANN: {"actors": [QUAY]}, BOB: {"actors": [QUAY]}})
    (one,) = found(tmp_path)
    judge(tmp_path, "actors", one.left, one.right, verdict)
    assert found(tmp_path) == ()


def test_a_negative_judgement_holds_for_all_rows_that_are_the_same(tmp_path):
    workspace(tmp_path, {ANN: {"actors": [QUAY]}, BOB: {"actors": [QUAY]}, "zoe/one": {"actors": [QUAY]}})
    ids = sorted({id_ for one in found(tmp_path) for id_ in (one.left, one.right)})
    assert len(found(tmp_path)) == 3
    judge(tmp_path, "actors", ids[0], ids[1], Verdict.POSITIVE)
    judge(tmp_path, "actors", ids[1], ids[2], Verdict.NEGATIVE)
    assert found(tmp_path) == ()


def test_rows_that_were_judged_the_same_are_asked_about_once(tmp_path):
    workspace(tmp_path, {ANN: {"actors": [QUAY]}, BOB: {"actors": [QUAY]}, "zoe/one": {"actors": [QUAY]}})
    ids = sorted({id_ for one in found(tmp_path) for id_ in (one.left, one.right)})
    judge(tmp_path, "actors", ids[0], ids[1], Verdict.POSITIVE)
    assert [(one.left, one.right) for one in found(tmp_path)] == [(ids[0], ids[2])]


def test_the_order_of_contributions_changes_nothing(tmp_path):
    workspace(tmp_path, {ANN: {"actors": [QUAY]}, BOB: {"actors": [QUAY, actor("q2", "Quay Shiping")]}})
    with opened(places(tmp_path)) as there:
        assert suggest(there.package, there.batches) == suggest(there.package, there.batches[::-1])


@pytest.mark.long
def test_rows_are_under_the_ids_that_the_merge_gives_them(tmp_path, run):
    rows = ({**QUAY, **work_of(who)} for who in ("ctr-ann", "ctr-bob"))
    workspace(tmp_path, {name: {"actors": [row]} for name, row in zip((ANN, BOB), rows, strict=True)})
    (one,) = found(tmp_path)
    run("merge", cwd=tmp_path)
    text = (tmp_path / "merged" / "data" / "actors.csv").read_text(encoding="utf-8")
    assert f"\n{one.left}," in text
    assert f"\n{one.right}," in text


def test_the_fields_explain_the_score(tmp_path):
    workspace(tmp_path, {ANN: {"actors": [QUAY]}, BOB: {"actors": [actor("b", "Quay Shiping", jurisdiction="CHN")]}})
    one = next(one for one in found(tmp_path, least=0.5) if one.left.startswith("act-b-"))
    by_field = {field.field: (field.score, field.why) for field in one.fields}
    assert by_field["jurisdiction"] == (0.0, '"CHN" / "KOR"')
    assert by_field["kind"] == (1.0, '"company" in both')
    assert 0.8 < by_field["name"][0] < 1


def in_office(who, first, last):
    person = actor(who, "Kim Min", "person", jurisdiction="KOR")
    post = {"organisation_id": "act-kr-trade-ministry", "title_text": "Trade Minister", "role_class": "minister"}
    tenure = {"tenure_id": f"local:{who}", "person_id": f"local:{who}", **post, "started": first, "ended": last}
    return {"actors": [person], "tenures": [tenure]}


@pytest.mark.parametrize(
    ("first", "last", "is_suggested"),
    [("2022-05", "2024-01", True), ("2023", "", True), ("", "", True), ("2024-02", "", False), ("", "2020", False)],
)
def test_two_people_with_one_name_and_one_post_at_other_times_are_not_suggested(tmp_path, first, last, is_suggested):
    workspace(tmp_path, {ANN: in_office("a", "2022-05-10", "2024-01-03"), BOB: in_office("b", first, last)})
    found_pairs = pairs(tmp_path, "actors")
    assert (("act-a", "act-b") in found_pairs) is is_suggested


# Events

MEETING = {"meeting_kind": "bilateral", "meeting_status": "held", "held": "2023-05"}
TALKS = {
    "meetings": [{"meeting_id": "local:talks", "name": "Talks in Port Quay", **MEETING}],
    "meeting_participants": [
        {"meeting_id": "local:talks", "actor_id": "act-wang-wentao", "role": "delegate"},
        {"meeting_id": "local:talks", "actor_id": "local:kim", "role": "delegate"},
    ],
    "actors": [actor("kim", "Kim Port", "person", jurisdiction="KOR")],
    "statements": [
        {
            "statement_id": "local:wish",
            "speech_act": "request",
            "proposition": "China should supply the raw materials that matter most.",
            "topic": "raw_materials",
            "meeting_id": "local:talks",
        },
        {
            "statement_id": "local:other",
            "speech_act": "assert",
            "proposition": "Tensions grow in the whole industry.",
            "topic": "semiconductors",
            "meeting_id": "local:talks",
        },
    ],
}
ALSO = {
    "meetings": [{"meeting_id": "local:port", "name": "Ministers meet", **MEETING, "held": "2023-05-20"}],
    "meeting_participants": [
        {"meeting_id": "local:port", "actor_id": "act-wang-wentao", "role": "delegate"},
        {"meeting_id": "local:port", "actor_id": "local:kim", "role": "delegate"},
    ],
    "actors": [actor("kim", "KIM Port", "person", jurisdiction="KOR")],
    "statements": [
        {
            "statement_id": "local:ask",
            "speech_act": "request",
            "proposition": "China should better supply raw materials that matter.",
            "topic": "raw_materials",
            "meeting_id": "local:port",
        }
    ],
}


def test_one_meeting_that_two_people_coded_is_suggested_with_its_statements(tmp_path):
    workspace(tmp_path, {ANN: TALKS, BOB: ALSO})
    with opened(places(tmp_path)) as there:
        tables = [one.table for one in there.matching().suggestions]
    assert tables == ["actors", "meetings", "statements"]


def test_meetings_of_the_same_people_at_other_times_are_not_suggested(tmp_path):
    later = {**ALSO, "meetings": [{**ALSO["meetings"][0], "held": "2024-01"}]}
    workspace(tmp_path, {ANN: TALKS, BOB: later})
    assert pairs(tmp_path, "meetings") == {}


def test_one_source_at_two_addresses_is_suggested(tmp_path):
    row = {"source_kind": "news_article", "access": "read", "title": "Chip talks"}
    one = [{"source_id": "local:a", "url": "https://example.org/chips?utm_source=feed", **row}]
    other = {"url": "http://www.example.org/chips", **row, "title": "Ministers talk about chips"}
    workspace(tmp_path, {ANN: {"sources": one}, BOB: {"sources": [{"source_id": "local:b", **other}]}})
    assert pairs(tmp_path, "sources") == {("src-a", "src-b"): 0.97}


def test_one_policy_action_with_the_same_legal_reference_is_suggested(tmp_path):
    def row(slug, title, ref):
        return {"policy_action_id": f"local:{slug}", "title": title, "action_kind": "tariff", "legal_ref": ref}

    one, other = row("a", "CBAM", "Regulation (EU) 2023/956"), row("b", "Carbon levy", "regulation EU 2023/956")
    workspace(tmp_path, {ANN: {"policy_actions": [one]}, BOB: {"policy_actions": [other]}})
    assert pairs(tmp_path, "policy_actions") == {("pol-a", "pol-b"): 0.97}


def test_two_statements_that_one_coder_took_from_one_source_are_hardly_the_same(tmp_path):
    rows = [{**row, "source_id": "src-chip-talks-article"} for row in TALKS["statements"]]
    alike = [
        rows[0],
        {**rows[0], "statement_id": "local:again", "proposition": "China should supply more raw materials."},
    ]
    contribute(workspace(tmp_path), ANN, {**TALKS, "statements": alike})
    assert pairs(tmp_path, "statements") == {}


# What the schemas say


def test_an_unknown_table_is_refused_with_a_suggestion(tmp_path):
    workspace(tmp_path)
    with pytest.raises(UsageError, match="did you mean actors"):
        found(tmp_path, "actor")


def _package(*fields):
    schema = {"fields": [{"name": "id", "type": "string"}, *fields], "primaryKey": "id"}
    table = Table.from_descriptor("people", schema)
    return Package("p", "1", None, (Resource("people", "people.csv", None, table),))


def test_a_table_of_another_package_is_compared_by_its_usual_columns():
    code = {"name": "orcid", "type": "string", "constraints": {"unique": True}}
    (policy,) = identity_policies(r.table for r in _package({"name": "name", "type": "string"}, code)).values()
    assert [(one.name, one.role) for one in policy.fields] == [("name", "name"), ("orcid", "identifier")]


@pytest.mark.parametrize(
    "setting",
    [
        "name",
        {"as": "title"},
        {},
        {"as": "name", "never": "x"},
        {"as": "member", "of": "x"},
        {"as": "code", "where": []},
    ],
)
def test_a_setting_that_is_not_known_is_refused(setting):
    package = _package({"name": "name", "type": "string", "identity": setting})
    if setting == {}:
        assert identity_policies(resource.table for resource in package)
        return
    with pytest.raises(DocumentError, match=r"people\.name"):
        identity_policies(resource.table for resource in package)

"""Keys, references and codes that are the same for a person and different for the program."""

import json
import re
import unicodedata
from pathlib import Path

import pytest
from conftest import manifest_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_lanes import exact_lane, fast_lane

from depositary.check.validate import validate
from depositary.merging.merge import merge
from depositary.model.finding import Finding
from depositary.wording.likeness import NOT_PLAIN, NOT_PLAIN_ASCII, fold, folding, looks, may_fold, spelled

LOOK_ALIKE = [
    pytest.param("\ufeffA-12", id="a byte-order mark"),
    pytest.param("A-\u200b12", id="a space without width"),
    pytest.param("A-1\u200c2", id="a non-joiner"),
    pytest.param("A-1\u200d2", id="a joiner"),
    pytest.param("A-12\u2060", id="a word joiner"),
    pytest.param("A-\u00ad12", id="a soft hyphen"),
    pytest.param("\u200eA-12", id="a mark of direction"),
    pytest.param("A-12\ufe0f", id="a selector of variants"),
    pytest.param("A-12\u0007", id="a control character"),
    pytest.param("A-12\u00a0", id="a no-break space"),
    pytest.param("\u202fA-12", id="a narrow no-break space"),
    pytest.param("A-12\u2007", id="a figure space"),
    pytest.param("A-12 ", id="a space behind"),
    pytest.param("\tA-12", id="a tab before"),
    pytest.param("\uff21-12", id="a letter of full width"),
    pytest.param("A-\uff11\uff12", id="digits of full width"),
    pytest.param("A-\u0661\u0662", id="Arabic digits"),
    pytest.param("A-\u0967\u0968", id="Devanagari digits"),
    pytest.param("A\u201012", id="a hyphen"),
    pytest.param("A\u201112", id="a non-breaking hyphen"),
    pytest.param("A\u201312", id="a dash"),
    pytest.param("A\u221212", id="a minus"),
    pytest.param("\u0410-12", id="a Cyrillic letter"),
    pytest.param("\u0391-12", id="a Greek letter"),
]
OTHERS = ["A-13", "a-12", "A12", "A-012", "A-\u00b9", "B-12"]


def put(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def package(folder: Path, *keys: str, kind: str = "string", **field: object) -> Path:
    """Publish products by their codes, and flows that refer to them."""
    code = {"name": "code", "type": kind}
    flows = [
        {"name": "id", "type": "string"},
        {"name": "product", "type": kind},
        {"name": "unit", "type": "string", **field},
    ]
    reference = {"fields": ["product"], "reference": {"resource": "products", "fields": ["code"]}}
    resources = [
        {
            "name": "products",
            "path": "products.csv",
            "schema": {"fields": [code, {"name": "label", "type": "string"}], "primaryKey": ["code"]},
        },
        {
            "name": "flows",
            "path": "flows.csv",
            "schema": {"fields": flows, "primaryKey": ["id"], "foreignKeys": [reference]},
        },
    ]
    put(folder, "datapackage.json", json.dumps({"name": "u", "version": "1.0.0", "resources": resources}))
    put(folder, "products.csv", "code,label\n" + rows(keys))
    return put(folder, "flows.csv", "id,product,unit\n")


def rows(keys: tuple[str, ...] | list[str]) -> str:
    return "".join(f'"{key}",x\n' for key in keys)


def contribution(folder: Path, name: str, text: str, mode: str = "patch") -> Path:
    return put(put(folder, "contribution.toml", manifest_of("u", mode)), name, text)


def found(folder: Path, base: Path | None = None) -> list[Finding]:
    """Judge in both lanes, which have to say the same; unseen characters themselves are left to test_odd_text.py."""
    with exact_lane():
        exact = validate(folder, base)
    with fast_lane(64, few=0):
        fast = validate(folder, base)
    assert fast.to_json() == exact.to_json()
    return [finding for finding in exact if finding.code != "unseen-character"]


def told(findings: list[Finding]) -> list[tuple[str, str, int, str]]:
    return [(finding.code, finding.level, finding.row, finding.field) for finding in findings]


@pytest.mark.short(6, long=12)
@pytest.mark.parametrize("mode", ["patch", "snapshot"])
@pytest.mark.parametrize("key", LOOK_ALIKE)
def test_a_contributed_key_that_looks_like_a_published_one_is_told(tmp_path, key, mode):
    base = package(tmp_path / "base", "A-13", "A-12")
    mine = contribution(tmp_path / "mine", "products.csv", "code,label\n" + rows(["A-13", key]), mode)
    (one,) = found(mine, base)
    assert told([one]) == [("key-form", "warning", 3, "code")]
    assert spelled(key) in one.message
    assert "products.csv, row 3" in one.message
    assert one.hint == "did you mean A-12?"


@pytest.mark.parametrize("key", LOOK_ALIKE)
def test_two_keys_of_a_table_that_look_alike_are_told_at_the_odd_one(tmp_path, key):
    (one,) = found(package(tmp_path, key, "A-13", "A-12"))
    assert told([one]) == [("key-form", "warning", 2, "code")]
    assert "row 4" in one.message
    assert one.hint.startswith("did you mean A-12?")


@pytest.mark.short(8)
@pytest.mark.parametrize("key", LOOK_ALIKE)
def test_a_published_key_that_is_odd_itself_is_told_of_with_what_is_not_seen(tmp_path, key):
    base = package(tmp_path / "base", key)
    (one,) = found(contribution(tmp_path / "mine", "products.csv", "code,label\nA-12,x\n"), base)
    assert told([one]) == [("key-form", "warning", 2, "code")]
    assert one.hint == f"did you mean {spelled(key)[1:-1]}?"


@pytest.mark.parametrize("key", OTHERS)
def test_keys_that_a_person_tells_apart_are_left_alone(tmp_path, key):
    base = package(tmp_path / "base", "A-12", key)
    assert found(base) == []
    (base / "products.csv").write_text("code,label\nA-12,x\n", encoding="utf-8")
    assert found(contribution(tmp_path / "mine", "products.csv", "code,label\n" + rows([key])), base) == []


@pytest.mark.parametrize("text", ["Cote d'Ivoire", "C\u00f4te d'Ivoire"])
def test_accents_are_seen_and_how_they_are_composed_is_not(tmp_path, text):
    key = unicodedata.normalize("NFD", "C\u00f4te d\u2019Ivoire")
    codes = [finding.code for finding in found(package(tmp_path, text, key))]
    assert codes == (["key-form"] if "\u00f4" in text else [])


@pytest.mark.parametrize("mode", ["patch", "snapshot"])
@pytest.mark.parametrize(
    ("key", "published"),
    [
        ("101", "0101"),
        ("1", "01"),
        ("0101", "101"),
        ("00101", "0101"),
        ("\uff11\u200b", "01"),
        ("101.0", "0101"),
        ("101.21", "0101.21"),
        ("7.0", "7"),
    ],
)
def test_a_contributed_code_without_its_zeros_is_told(tmp_path, key, published, mode):
    base = package(tmp_path / "base", "8703", published)
    mine = contribution(tmp_path / "mine", "products.csv", "code,label\n" + rows(["8703", key]), mode)
    (one,) = found(mine, base)
    assert told([one]) == [("key-form", "warning", 3, "code")]
    assert one.hint == f"did you mean {published}?"


def test_merging_prints_that_a_key_is_written_in_another_form(tmp_path):
    base = package(tmp_path / "base", "0101")
    mine = contribution(tmp_path / "mine", "products.csv", "code,label\n101,x\n")
    merged = merge(base, [mine], output_dir=tmp_path / "out")
    assert any("key-form" in warning for warning in merged.warnings)


def test_a_code_that_is_published_is_left_alone_beside_one_like_it(tmp_path):
    base = package(tmp_path / "base", "01", "1", "2")
    assert found(contribution(tmp_path / "mine", "products.csv", "code,label\n1,y\n01,y\n"), base) == []


def test_a_key_in_the_place_of_one_that_is_deleted_is_left_alone(tmp_path):
    base = package(tmp_path / "base", "A\u201312")
    mine = contribution(tmp_path / "mine", "products.csv", "code,label\nA-12,y\n")
    put(mine, "deletes.csv", "table,record_id,reason\nproducts,A\u201312,the dash\n")
    assert found(mine, base) == []


@pytest.mark.parametrize(
    "keys",
    [
        ["0", "00", "000"],
        ["01", "0101", "010101"],
        ["0", "1", "01", "001", "011", "11", "12"],
        ["1", "01", "2", "3"],
        ["007", "7a", "07-1"],
        ["1.1", "1.10", "1.0.0", "1"],
    ],
    ids=["zeros alone", "the Harmonized System", "SITC", "others as short", "no numbers", "parts of numbers"],
)
def test_codes_of_several_levels_in_one_table_are_left_alone(tmp_path, keys):
    assert found(package(tmp_path, *keys)) == []


@pytest.mark.parametrize(("short", "row"), [("101", 5), ("1", 5), ("101.0", 5)])
def test_a_code_of_a_table_is_told_if_no_other_is_as_short(tmp_path, short, row):
    (one,) = found(package(tmp_path, "01", "0101", "870321", short))
    assert told([one]) == [("key-form", "warning", row, "code")]


@pytest.mark.parametrize("text", ["101", "0101\u200b", "\u00a00101", "\uff10101", "\u0660\u0661\u0660\u0661"])
def test_a_reference_that_leads_nowhere_is_an_error_that_names_the_one_that_looks_like_it(tmp_path, text):
    base = package(tmp_path / "base", "0101", "0102")
    put(base, "flows.csv", f'id,product,unit\nf-1,"{text}",t\n')
    (one,) = found(base)
    assert (one.code, one.level, one.row) == ("foreign-key", "error", 2)
    assert one.message.startswith(spelled(text))
    assert one.hint == "did you mean 0101?"


@pytest.mark.parametrize("constraint", [{"constraints": {"enum": ["01", "A-B"]}}, {"categories": ["01", "A-B"]}])
@pytest.mark.parametrize(
    ("cell", "code"), [("1", "01"), ("01 ", "01"), ("01\u200b", "01"), ("A\u2013B", "A-B"), ("\u0410-\u0412", "A-B")]
)
def test_a_cell_that_looks_like_a_code_is_an_error_that_names_it(tmp_path, cell, code, constraint):
    base = package(tmp_path, "0101", **constraint)
    put(base, "flows.csv", f'id,product,unit\nf-1,0101,"{cell}"\n')
    (one,) = found(base)
    assert one.message.startswith(spelled(cell))
    assert one.hint == f"did you mean {code}?"


@pytest.mark.parametrize("label", ["label\u200b", "la\u00adbel", "\uff4cabel", "l\u0430bel"])
def test_a_label_that_looks_like_a_field_is_an_error_that_names_it(tmp_path, label):
    base = package(tmp_path / "base", "0101")
    findings = found(contribution(tmp_path / "mine", "products.csv", f"code,{label}\n0101,x\n"), base)
    assert [finding.hint for finding in findings if finding.code == "extra-label"] == ["did you mean label?"]


@pytest.mark.parametrize("record", ["101", "0101\u200b", "\uff10101"])
def test_a_deletion_of_a_key_that_looks_like_one_is_an_error_that_names_it(tmp_path, record):
    base = package(tmp_path / "base", "0101")
    mine = contribution(tmp_path / "mine", "deletes.csv", f"table,record_id,reason\nproducts,{record},x\n")
    (one,) = found(mine, base)
    assert (one.code, one.field, one.hint) == ("foreign-key", "record_id", "did you mean 0101?")
    assert spelled(record) in one.message


@pytest.mark.parametrize(
    ("kind", "published", "text"),
    [
        ("integer", "0101", "101"),
        ("integer", "101", "0101"),
        ("integer", "101", "+101"),
        ("number", "1.50", "1.5"),
        ("number", "1.5", "1.50"),
        ("number", "1000", "1E3"),
        ("boolean", "true", "True"),
    ],
)
def test_a_reference_to_a_typed_key_in_another_form_is_told_once_a_column(tmp_path, kind, published, text):
    base = package(tmp_path / "base", published, kind=kind)
    put(base, "flows.csv", f"id,product,unit\nf-1,{published},t\nf-2,{text},t\nf-3,{text},t\n")
    (one,) = [finding for finding in found(base) if finding.code == "key-form"]
    assert told([one]) == [("key-form", "warning", 3, "product")]
    assert f'2 cells name keys of products in another form: "{text}" for {published}' in one.message


@pytest.mark.parametrize(
    ("kind", "key"), [("integer", "101"), ("integer", "0101"), ("number", "1.50"), ("date", "2020-01-01")]
)
def test_a_reference_in_the_form_of_its_key_is_left_alone(tmp_path, kind, key):
    base = package(tmp_path / "base", key, kind=kind)
    put(base, "flows.csv", f"id,product,unit\nf-1,{key},t\n")
    assert [finding for finding in found(base) if finding.code == "key-form"] == []


def test_parts_of_a_key_are_compared_together(tmp_path):
    fields = [{"name": name, "type": "string"} for name in ("list", "code")]
    table = {"name": "t", "path": "t.csv", "schema": {"fields": fields, "primaryKey": ["list", "code"]}}
    put(tmp_path, "datapackage.json", json.dumps({"name": "u", "resources": [table]}))
    put(tmp_path, "t.csv", "list,code\nHS,0101\nSITC,101\nHS,8703\nHS\u200b,8703\nISIC,101\n")
    (one,) = found(tmp_path)
    assert (one.row, one.field) == (5, "list")


def test_values_that_are_unique_are_compared_too(tmp_path):
    field = {"name": "name", "type": "string", "constraints": {"unique": True}}
    put(
        tmp_path,
        "datapackage.json",
        json.dumps({"name": "u", "resources": [{"name": "t", "path": "t.csv", "schema": {"fields": [field]}}]}),
    )
    put(tmp_path, "t.csv", "name\nA-1\nA\u20131\n")
    assert told(found(tmp_path)) == [("key-form", "warning", 3, "name")]


TEXTS = st.text(st.sampled_from("0012aA \u200b\ufeff\u00a0\u2013-\u0410\uff11\u0661e\u0301\u00e9"), max_size=5)


@given(TEXTS)
def test_what_is_folded_is_not_folded_further(text):
    assert fold(fold(text)) == fold(text)
    assert looks(looks(text)) == looks(text)
    assert fold(text) == text or may_fold([text])


@given(st.lists(st.text(st.sampled_from("a0. \n\r\t\u0430"), max_size=4), max_size=4))
def test_of_many_texts_it_is_known_whether_folding_may_change_one(texts):
    assert may_fold(texts) == any(re.search(NOT_PLAIN, text) for text in texts if text)


@pytest.mark.parametrize("lane", [exact_lane, fast_lane], ids=["exact", "fast"])
@pytest.mark.parametrize("key", ["q\n", "\nq", "q\r\n"])
def test_a_key_with_a_line_break_at_its_end_looks_like_the_one_without(tmp_path, lane, key):
    fields = [{"name": "a", "type": "string", "constraints": {"unique": True}}]
    resource = {"name": "t", "path": "t.csv", "schema": {"fields": fields}}
    (tmp_path / "datapackage.json").write_text(json.dumps({"name": "p", "resources": [resource]}))
    (tmp_path / "t.csv").write_bytes(f'a\nq\n"{key}"\n'.encode())
    with lane():
        report = validate(tmp_path)
    assert "key-form" in {finding.code for finding in report}


@pytest.mark.short(10)
@given(st.lists(TEXTS, max_size=12, unique=True), st.lists(TEXTS, max_size=6, unique=True), st.booleans())
@settings(max_examples=60, deadline=None)
def test_both_lanes_tell_the_same_of_random_keys(tmp_path_factory, published, mine, snapshot):
    folder = tmp_path_factory.mktemp("keys")
    base = package(folder / "base", *published)
    found(base)
    text = "code,label\n" + rows(mine)
    found(contribution(folder / "mine", "products.csv", text, "snapshot" if snapshot else "patch"), base)


@given(st.text(max_size=4))
def test_what_the_pattern_of_folding_characters_passes_is_its_own_fold(text):
    assert fold(text) == text or re.search(f"{NOT_PLAIN_ASCII}|{folding()}", text)


def test_a_key_that_is_refused_is_still_compared(tmp_path):
    base = package(tmp_path / "base", "A-12")
    descriptor = json.loads((base / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["resources"][0]["schema"]["fields"][0]["constraints"] = {"pattern": "A-[0-9]+"}
    put(base, "datapackage.json", json.dumps(descriptor))
    mine = contribution(tmp_path / "mine", "products.csv", "code,label\nA\u201312,x\n")
    assert [finding.code for finding in found(mine, base)] == ["pattern-constraint", "key-form"]


def test_a_key_is_compared_with_those_of_earlier_batches(tmp_path):
    base = package(tmp_path / "base", "8703")
    first = contribution(tmp_path / "mira" / "first", "products.csv", "code,label\n0101,x\n")
    second = contribution(tmp_path / "mira" / "second", "products.csv", "code,label\n101,x\n")
    put(second, "contribution.toml", manifest_of("u", "patch").replace("[base]", 'follows = ["mira/first"]\n[base]', 1))
    merged = merge(base, [first, second], output_dir=tmp_path / "out")
    assert any("mira/second" in warning and "key-form" in warning for warning in merged.warnings)

"""What a person may have meant."""

import json
import re

import pytest
from conftest import ROOT, edit
from hypothesis import given
from hypothesis import strategies as st

from depositary.check.validate import validate
from depositary.model.table import Field
from depositary.wording import edtf_hints
from depositary.wording import suggest as hints
from depositary.wording.cells import describe

COUNTRIES = {
    "Korea, Republic of": "KOR",
    "South Korea": "KOR",
    "Korea, Democratic People's Republic of": "PRK",
    "North Korea": "PRK",
    "Germany": "DEU",
    "Türkiye": "TUR",
    "Netherlands, Kingdom of the": "NLD",
    "KOR": "KOR",
    "PRK": "PRK",
    "NLD": "NLD",
}


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("South Korea", ["KOR"]),
        ("south korea", ["KOR"]),
        ("Republic of Korea", ["KOR"]),
        ("kor", ["KOR"]),
        ("Germny", ["DEU"]),
        ("Turkiye", ["TUR"]),
        ("Netherlands", ["NLD"]),
        ("Narnia", []),
        ("", []),
        ("  ", []),
    ],
)
def test_names_lead_to_codes(cell, meant):
    assert hints.closest(cell, COUNTRIES) == meant


@pytest.mark.parametrize(
    ("cell", "values", "meant"),
    [
        ("intent", ["actual", "intended", "hypothetical"], ["intended"]),
        ("anounced", ["announced", "in_force"], ["announced"]),
        ("in force", ["announced", "in_force"], ["in_force"]),
        ("stm-chip-dialog", ["stm-chip-dialogue", "stm-raw-materials"], ["stm-chip-dialogue"]),
        ("src-a", ["src-b", "src-c"], []),
        ("export", ["import", "X"], []),
    ],
)
def test_slips_lead_to_values(cell, values, meant):
    assert hints.closest(cell, {v: v for v in values}) == meant


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("2023-02-30", "2023-02 has only 28 days; correct the date"),
        ("2024-02-30", "2024-02 has only 29 days; correct the date"),
        ("2023-13-01", "there is no month 13; correct the date"),
        ("2023-12-41", "there is no day 41; correct the date"),
        ("2023/05/26", "write 2023-05-26"),
        ("2023.5.6", "write 2023-05-06"),
        ("26/05/2023", "write the year first: 2023-05-26"),
        ("05/26/2023", "write the year first: 2023-05-26"),
        ("06.05.2023", "write the year first: 2023-05-06 or 2023-06-05"),
        ("05/05/2023", "write the year first: 2023-05-05"),
        ("32/13/2023", ""),
        ("26/05/23", ""),
        ("45000", "write 2023-03-15, if 45000 is the number that a spreadsheet has for this day"),
        ("20230315", ""),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_dates_written_another_way(cell, hint):
    assert hints.as_date(cell) == hint


@given(st.dates())
def test_a_date_with_the_year_first_is_recognised(day):
    assert hints.as_date(f"{day.year:04}/{day.month}/{day.day}") == f"write {day.isoformat()}"


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("12,5", "write a point, not a comma: 12.5"),
        ("1,234", "write 1234; or 1.234, if the comma is a decimal mark"),
        ("-12,500", "write -12500; or -12.500, if the comma is a decimal mark"),
        ("0,125", "write a point, not a comma: 0.125"),
        ("1234,567", "write a point, not a comma: 1234.567"),
        ("1,234,567", "write the digits only: 1234567"),
        ("40%", "write the digits only: 40"),
        ("40 %", "write the digits only: 40"),
        ("1 234 567", "write the digits only: 1234567"),
        ("1'234.5", "write the digits only: 1234.5"),
        ("about 40", ""),
        ("", ""),
    ],
)
def test_numbers_written_another_way(cell, hint):
    assert hints.as_number(cell) == hint


@pytest.mark.parametrize(("cell", "hint"), [("1,234", "write 1234"), ("12,5", "write a whole number")])
def test_whole_numbers_written_another_way(cell, hint):
    assert hints.as_number(cell, whole=True) == hint


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("U.K.", ["GBR"]),
        ("UK", ["GBR"]),
        ("USA", ["USA"]),
        ("U.S.A.", ["USA"]),
        ("Russia", ["RUS"]),
        ("Rus", ["RUS"]),
        ("PRC", []),
        ("United", ["GBR", "USA"]),
        ("Unit", []),
    ],
)
def test_short_forms_lead_to_codes(cell, meant):
    names = {
        "United Kingdom": "GBR",
        "GB": "GBR",
        "GBR": "GBR",
        "United States": "USA",
        "US": "USA",
        "USA": "USA",
        "Russian Federation": "RUS",
        "RUS": "RUS",
        "Puerto Rico": "PRI",
        "PR": "PRI",
        "PRI": "PRI",
    }
    assert (hints.abbreviated(cell, names) or hints.closest(cell, names)) == meant


def test_names_are_folded_once_however_many_cells_are_compared():
    names = {f"name of {i}": str(i) for i in range(50)}
    before = hints._prepared.cache_info().misses
    for i in range(100):
        hints.suggest(f"nam of {i}", dict(names))
    assert hints._prepared.cache_info().misses == before + 1


@pytest.mark.parametrize(
    ("place", "value", "hint"),
    [
        ("actors.csv jurisdiction", "South Korea", "did you mean KOR?"),
        ("actors.csv jurisdiction", "UK", "did you mean GBR?"),
        ("actors.csv jurisdiction", "Russia", "did you mean RUS?"),
        ("actors.csv kind", "Named person", "did you mean person?"),
        ("meetings.csv meeting_kind", "Bilateral Meeting", "did you mean bilateral?"),
        ("sources.csv source_kind", "news agency dispatch", "did you mean news_wire?"),
    ],
)
def test_codes_and_labels_lead_to_the_code_on_the_command_line(run, published, place, value, hint):
    file, field = place.split()
    edit(published / "data" / file, 2, field, value)
    shown = run("validate", published, "--no-rules").out
    assert f'"{value}"' in shown
    assert f"→ {hint}" in shown


def test_a_value_is_found_by_itself_before_it_is_the_label_of_another():
    field = Field(
        "flow", "string", {"enum": ["M", "X"]}, {"categories": [{"value": "M", "label": "X"}, {"value": "X"}]}
    )
    assert describe(field, "enum", "x") == ('"x" is not a value of flow', "did you mean X?")


def test_two_references_into_one_table_are_helped_by_their_own_keys(tmp_path):
    def reference(name, key):
        return {"fields": [name], "reference": {"resource": "places", "fields": [key]}}

    def table(name, *fields, **more):
        fields = [{"name": field, "type": "string"} for field in fields]
        return {"name": name, "type": "table", "path": f"{name}.csv", "schema": {"fields": fields, **more}}

    keys = [reference("at", "id"), reference("code", "code")]
    tables = [table("visits", "at", "code", foreignKeys=keys), table("places", "id", "code", "label")]
    schema = "https://datapackage.org/profiles/2.0/datapackage.json"
    package = {"$schema": schema, "name": "demo", "resources": tables}
    (tmp_path / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    (tmp_path / "places.csv").write_text("id,code,label\np-1,SEL,Seoul\n", encoding="utf-8")
    (tmp_path / "visits.csv").write_text("at,code\nSeoul,Seoul\n", encoding="utf-8")
    assert [f.hint for f in validate(tmp_path)] == ["did you mean p-1?", "did you mean SEL?"]


def test_long_lists_are_cut_with_their_length():
    assert hints.one_of(range(3)) == "allowed are 0, 1, 2"
    assert hints.one_of(range(20), most=2) == "allowed are 0, 1 and 18 more"


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=8))
def test_a_suggestion_is_always_one_of_the_values(cell, values):
    assert set(hints.closest(cell, {v: v for v in values})) <= set(values)


@pytest.mark.parametrize(
    ("cell", "dates"),
    [
        ("2024-03/04", ["2024-03/2024-04"]),
        ("2024-03-12/13", ["2024-03-12/2024-03-13"]),
        ("2024-03-28/04-02", ["2024-03-28/2024-04-02"]),
        ("2023/24", ["2023/2024"]),
        ("2023-24", ["2023/2024"]),
        ("2009/10", ["2009/2010", "2009-10"]),
        ("2024/03", ["2024-03"]),
        ("03/2024", ["2024-03"]),
        ("2024-3", ["2024-03"]),
        ("2024-03-12T09:30+01:00", ["2024-03-12"]),
        ("2024-03-12 to 2024-03-13", ["2024-03-12/2024-03-13"]),
        ("2024-03-12 \u2013 2024-03-13", ["2024-03-12/2024-03-13"]),
        ("c. 2024", ["2024~"]),
        ("early March 2024", ["2024-03~"]),
        ("12 March 2024", ["2024-03-12"]),
        ("Sept 5, 2024", ["2024-09-05"]),
        ("2024 Q1", ["2024-01/2024-03"]),
        ("H2 2024", ["2024-07/2024-12"]),
        ("1990s", ["1990/1999"]),
        ("before 2024-05", ["../2024-05"]),
        ("since 2024", ["2024/.."]),
        ("2024-", ["2024/.."]),
        ("2024-03/13", []),
        ("2024-02-28/30", []),
        ("2024-13", []),
        ("2024-04/03", []),
        ("some day", []),
        ("", []),
        ("9" * 4000, []),
    ],
)
def test_dates_of_the_world_written_otherwise_are_understood(cell, dates):
    assert edtf_hints.meant(cell) == dates


MEETINGS = json.loads((ROOT / "schemas" / "tables" / "meetings.json").read_text(encoding="utf-8"))
HELD = next(field for field in MEETINGS["fields"] if field["name"] == "held")
WHEN = Field("held", "string", HELD["constraints"], HELD)


@given(st.text("0123456789-/. ~?[]TZ:QHsMarch", max_size=24))
def test_what_is_meant_by_any_text_is_a_date_of_the_world(cell):
    assert all(re.fullmatch(HELD["constraints"]["pattern"], date) for date in edtf_hints.meant(cell))


def test_a_hint_on_a_date_of_the_world_fits_its_column():
    assert describe(WHEN, "pattern", "2024-03/04")[1] == "did you mean 2024-03/2024-04?"
    assert describe(WHEN, "pattern", "2024/03/04")[1] == "did you mean 2024-03-04?"
    assert describe(WHEN, "pattern", "31/12/2024")[1] == "write the year first: 2024-12-31"

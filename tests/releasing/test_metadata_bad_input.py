"""Descriptors with odd, missing and wrong metadata: what can be said is said and is valid, nothing is made up."""

import json
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from conftest import ROOT
from csvw import TableGroup
from datacite import schema45
from described import ABOUT, described_release, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from prov.model import ProvDocument
from rdflib import Graph
from rocrate.rocrate import ROCrate
from test_metadata_readers import misfits, records

from depositary.errors import DepositaryError, UsageError
from depositary.releasing.metadata.agents import agents_of, creators_of
from depositary.releasing.metadata.dataset import read_dataset
from depositary.releasing.metadata.identifiers import doi_of, orcid_of, ror_of, url_of
from depositary.releasing.metadata.licences import KNOWN, Licence, licences_of
from depositary.releasing.metadata.write import write_metadata
from depositary.write.csv import to_csv

ORCID, LINK = "0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"
CFF = jsonschema.Draft7Validator(
    json.loads(
        (package_files("check_jsonschema") / "builtin_schemas" / "vendor" / "citation-file-format.json").read_text()
    )
)


def assert_all_valid(folder: Path) -> None:
    """Read all descriptions of a release; Croissant's reader is too slow for many of them."""
    cff = yaml.safe_load((folder / "CITATION.cff").read_text("utf-8"))
    assert [error.message for error in CFF.iter_errors(cff)] == []
    schema45.validator.validate(json.loads((folder / "metadata" / "datacite.json").read_text("utf-8")))
    etree.parse(folder / "metadata" / "datacite.xml")
    Graph().parse(folder / "metadata" / "dcat.ttl", publicID="https://example.org/metadata/dcat.ttl")
    ProvDocument.deserialize(folder / "metadata" / "prov.json", format="json")
    ROCrate(str(folder))
    assert list(misfits(json.loads((folder / "metadata" / "zenodo.json").read_text("utf-8")))) == []
    for found in folder.rglob("csv-metadata.json"):
        assert TableGroup.from_file(found).check_referential_integrity(strict=True)


# Contributors


@pytest.mark.parametrize(
    ("contributor", "name", "is_person", "orcid"),
    [
        ({"title": "Ana da Silva"}, "Ana da Silva", False, ""),
        ({"title": "Ana da Silva", "path": LINK}, "Ana da Silva", True, ORCID),
        ({"title": "Ana", "path": "orcid.org/0000-0002-1825-0097/"}, "Ana", True, ORCID),
        ({"title": "Ana", "path": "https://orcid.org/0000-0002-1825-0098"}, "Ana", False, ""),
        ({"title": "Ana", "path": "https://example.org/0000-0002-1825-0097"}, "Ana", False, ""),
        ({"givenName": "Ana", "familyName": "da Silva"}, "Ana da Silva", True, ""),
        ({"familyName": "Sukarno"}, "Sukarno", True, ""),
        ({"organization": "The Institute"}, "The Institute", False, ""),
        ({"title": " Li\n Wei "}, "Li Wei", False, ""),
    ],
)
def test_names_are_never_split_and_persons_never_guessed(contributor, name, is_person, orcid):
    (agent,) = agents_of({"contributors": [contributor]}, {})
    assert (agent.name, agent.is_person, agent.orcid) == (name, is_person, orcid)
    assert (agent.given, agent.family) == (contributor.get("givenName", ""), contributor.get("familyName", ""))


def test_an_orcid_of_the_table_is_taken_only_if_the_names_match_exactly(tmp_path):
    people = [{"title": title} for title in ("Li Wei", "li wei", "Wei Li", "Li  Wei", "Ana")]
    folder = described_release(tmp_path / "things", {"contributors": people})
    rows = f"contributor_id,name,orcid\nctr-li,Li Wei,{ORCID}\nctr-a,Ana,{ORCID}\nctr-b,Ana,0000-0001-5109-3700\n"
    write(folder / "data" / "contributors.csv", rows)
    found = [(one.name, one.orcid) for one in read_dataset(folder).agents]
    assert found == [("Li Wei", ORCID), ("li wei", ""), ("Wei Li", ""), ("Li Wei", ""), ("Ana", "")]


@pytest.mark.parametrize(
    ("roles", "cited"),
    [
        ([["author"], ["editor"], []], [0]),
        ([["editor"], ["publisher"], ["funder"]], [0]),
        ([[], ["contributor"], ["publisher", "editor"]], [0, 1, 2]),
        ([["publisher"], ["funder"]], [0, 1]),
        ([["Author"], ["co-author"]], [0]),
    ],
)
def test_authors_are_cited_or_else_all_who_made_the_data(roles, cited):
    listed = [{"title": f"n{number}", "roles": some} for number, some in enumerate(roles)]
    agents = agents_of({"contributors": listed}, {})
    assert [agents.index(one) for one in creators_of(agents)] == cited


def test_the_role_of_version_1_and_the_roles_of_version_2_mean_the_same():
    first, second = (
        {"contributors": [{"title": "Ana", **some}]} for some in ({"role": "author"}, {"roles": ["author"]})
    )
    assert agents_of(first, {}) == agents_of(second, {})


def test_one_person_who_is_listed_for_each_role_is_one_author(tmp_path):
    people = [{"title": "Ana", "role": role} for role in ("author", "wrangler", "author")]
    folder = described_release(tmp_path / "things", {"contributors": people})
    assert [one.roles for one in read_dataset(folder).agents] == [("author", "wrangler")]
    write_metadata(folder)
    assert_all_valid(folder)


@pytest.mark.parametrize("title", ["Dr. Ana da Silva", ""])
def test_two_entries_that_are_alike_in_a_standard_are_one_there(tmp_path, title):
    parts = {"givenName": "Ana", "familyName": "da Silva", "roles": ["author"]}
    twice = [{"name": "CC-BY-4.0", "title": "By"}, {"name": "cc-by-4.0"}]
    people = [{"title": "A. da Silva", **parts}, {"title": title, **parts}]
    folder = described_release(tmp_path / "things", {"contributors": people, "licenses": twice})
    write_metadata(folder)
    assert_all_valid(folder)


# Licences


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"name": "CC-BY-4.0"}, ("CC-BY-4.0", KNOWN["CC-BY-4.0"], "CC-BY-4.0")),
        ({"name": "cc-by-4.0", "title": "By"}, ("By", KNOWN["CC-BY-4.0"], "CC-BY-4.0")),
        ({"name": "ODC-PDDL-1.0"}, ("PDDL-1.0", KNOWN["PDDL-1.0"], "PDDL-1.0")),
        ({"path": "http://creativecommons.org/licenses/by-sa/3.0/deed.de"}, (None, None, "CC-BY-SA-3.0")),
        ({"path": "https://creativecommons.org/publicdomain/zero/1.0/legalcode"}, (None, None, "CC0-1.0")),
        ({"name": "other-open"}, ("other-open", "", "")),
        ({"name": "Our terms", "path": "TERMS.md"}, ("Our terms", "", "")),
        ({"name": "Our terms", "path": "https://example.org/terms"}, ("Our terms", "https://example.org/terms", "")),
        ({"name": "Our terms", "path": KNOWN["CC-BY-4.0"]}, ("CC-BY-4.0", KNOWN["CC-BY-4.0"], "CC-BY-4.0")),
    ],
)
def test_licences_are_known_by_name_or_else_by_address(written, read):
    (licence,) = licences_of({"licenses": [written]})
    for found, wanted in zip((licence.name, licence.url, licence.spdx), read, strict=True):
        assert wanted in (None, found)


def test_all_known_licences_are_known_to_cff():
    known = CFF.schema["definitions"]["license-enum"]["enum"]
    assert set(KNOWN) <= set(known)


@pytest.mark.parametrize("listed", [None, "CC-BY-4.0", {}, [], [None, 1, {}], [{"name": ""}], [{"path": "x y"}]])
def test_what_is_no_list_of_licences_is_none(listed):
    assert licences_of({"licenses": listed}) == ()


def test_several_licences_are_all_listed(tmp_path):
    several = [{"name": "CC-BY-4.0"}, {"name": "ODbL-1.0"}, {"name": "ours", "path": "https://example.org/l"}]
    folder = described_release(tmp_path / "things", {"licenses": several})
    write_metadata(folder)
    assert_all_valid(folder)
    cff = yaml.safe_load((folder / "CITATION.cff").read_text("utf-8"))
    assert (cff["license"], cff["license-url"]) == (["CC-BY-4.0", "ODbL-1.0"], "https://example.org/l")
    assert read_dataset(folder).licences[2] == Licence("ours", "https://example.org/l")


# Identifiers and addresses


@pytest.mark.parametrize(
    ("read", "written", "found"),
    [
        (doi_of, "10.5281/zenodo.1", "10.5281/zenodo.1"),
        (doi_of, "doi:10.5281/zenodo.1", "10.5281/zenodo.1"),
        (doi_of, "http://dx.doi.org/10.1000/a(b)<c>", "10.1000/a(b)<c>"),
        (doi_of, "10.1/x", ""),
        (doi_of, "8d7cd4d8-6f2f-4b3b-9d3a-0b5d2a4f0f10", ""),
        (doi_of, None, ""),
        (orcid_of, "https://orcid.org/0000-0001-5109-370x", ""),
        (orcid_of, "0000-0002-9079-593X", "0000-0002-9079-593X"),
        (orcid_of, "0000-0002-9079-593x", "0000-0002-9079-593X"),
        (ror_of, "https://ror.org/03yrm5c26", "https://ror.org/03yrm5c26"),
        (ror_of, "https://ror.org/about", ""),
        (url_of, "https://example.org/ü?q=<1>", "https://example.org/%C3%BC?q=%3C1%3E"),
        (url_of, "https://example.org/100%", "https://example.org/100%25"),
        (url_of, "https://example.org/%C3%BC", "https://example.org/%C3%BC"),
        (url_of, "javascript:alert(1)", ""),
        (url_of, "data/x.csv", ""),
        (url_of, 'https://x"><script>', "https://x%22%3E%3Cscript%3E"),
    ],
)
def test_identifiers_are_read_in_all_their_forms_and_others_are_none(read, written, found):
    assert read(written) == found


@pytest.mark.parametrize("doi", ["10.1000/a(b)<c>;1", "10.1000/ü", "10.1000/a+b"])
def test_a_doi_that_cff_does_not_take_is_an_address_there(tmp_path, doi):
    folder = described_release(tmp_path / "things", {"id": doi, "conceptDoi": doi})
    write_metadata(folder)
    assert_all_valid(folder)


def test_an_id_that_is_no_doi_is_another_identifier(tmp_path):
    folder = described_release(tmp_path / "things", {"id": "8d7cd4d8-6f2f-4b3b"})
    write_metadata(folder)
    assert_all_valid(folder)
    record = json.loads((folder / "metadata" / "datacite.json").read_text("utf-8"))
    assert record["alternateIdentifiers"][0]["alternateIdentifier"] == "8d7cd4d8-6f2f-4b3b"
    assert "doi" not in record


# What stops it


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"name": None, "title": None}, "neither `title` nor `name`"),
        ({"contributors": None}, "no contributor has a name"),
        ({"contributors": [{"roles": ["author"], "path": LINK}, 3, {"title": " "}]}, "no contributor has a name"),
        ({"created": None}, "`created` is not a date"),
        ({"created": "2026"}, "`created` is not a date"),
        ({"created": "2026-02-30T00:00:00Z"}, "`created` is not a date"),
    ],
)
def test_a_release_that_nobody_can_cite_is_refused_before_anything_is_written(tmp_path, about, message):
    folder = described_release(tmp_path / "things", about)
    with pytest.raises(UsageError, match=message):
        write_metadata(folder)
    assert not (folder / "metadata").exists()


def test_a_table_without_its_file_is_refused(tmp_path):
    folder = described_release(tmp_path / "things")
    (folder / "data" / "pairs.csv").unlink()
    with pytest.raises(DepositaryError, match=r"pairs\.csv"):
        write_metadata(folder)


def test_a_library_that_is_not_installed_is_named_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("depositary.releasing.metadata.write._LIBRARIES", ("datacite", "no_such_library"))
    with pytest.raises(UsageError, match=r"\(no_such_library\)\. Install them: pip install 'depositary\[release\]'"):
        write_metadata(described_release(tmp_path / "things"))


# Tables


def test_many_tables_odd_names_and_no_keys_are_described(tmp_path):
    names = [f"t{number}" for number in range(27)]
    resources = [
        {
            "name": name,
            "path": f"more data/{name}-é&.csv",
            "schema": {"fields": [{"name": "_a b-c.~"}, {"name": "x/y"}]},
        }
        for name in names
    ]
    folder = described_release(tmp_path / "things", {"resources": resources})
    for name in names:
        write(folder / "more data" / f"{name}-é&.csv", "_a b-c.~,x/y\n1,2\n")
    write_metadata(folder)
    assert_all_valid(folder)
    group = TableGroup.from_file(folder / "more data" / "csv-metadata.json")
    assert [len(list(table.iterdicts(strict=True))) for table in group.tables] == [1] * 27


ODD = ["a b", "_x", "x/y", "é", "日本", "<b>", 'a"b', "100%", "#", "-", "a.b", "{z}", "z~"]


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("match", ["exact", "equal", "subset", "superset", "partial"])
def test_odd_names_are_described_in_the_order_of_the_file(tmp_path, match):
    names = {
        "exact": ODD,
        "equal": ODD[::-1],
        "subset": [*ODD, "more"],
        "superset": ODD[2:],
        "partial": ["more", *ODD[:3]],
    }
    schema = {
        "fields": [{"name": name, "title": "\ud800"} for name in ODD],
        "fieldsMatch": match,
        "primaryKey": ["a b"],
    }
    resources = [
        {"name": "odd table/é\ud800", "path": "data/odd.csv", "schema": schema},
        {
            "name": "other",
            "path": "data/other.csv",
            "schema": {
                **schema,
                "foreignKeys": [{"fields": "a b", "reference": {"resource": "odd table/é\ud800", "fields": "a b"}}],
            },
        },
    ]
    folder = described_release(tmp_path / "things", {"resources": resources})
    row = [f"{name} 1" for name in names[match]]
    for one in resources:
        write(folder / one["path"], to_csv(names[match], [row]))
    write_metadata(folder)
    assert_all_valid(folder)
    for table in TableGroup.from_file(folder / "data" / "csv-metadata.json").tables:
        assert [list(one.values()) for one in table.iterdicts(strict=True)] == [row]
    for rows in records(folder).values():
        assert [[value.decode() for value in one.values()] for one in rows] == [row]


def test_a_column_whose_cells_do_not_fit_its_type_elsewhere_is_text_there(tmp_path):
    types = ("number", "number", "integer", "date", "boolean", "year", "duration", "time")
    cells = ("1e5", "NaN", "1,000", "22.11.2026", "TRUE", "23", "P3W", "8:30")
    fields = [{"name": f"c{number}", "type": kind} for number, kind in enumerate(types)]
    resource = {"name": "odd", "path": "odd.csv", "schema": {"fields": fields, "missingValues": ["", "-"]}}
    folder = described_release(tmp_path / "things", {"resources": [resource]})
    write(folder / "odd.csv", to_csv([one["name"] for one in fields], [cells, "-" * 8]))
    write_metadata(folder)
    assert_all_valid(folder)
    (table,) = TableGroup.from_file(folder / "csv-metadata.json").tables
    assert [tuple(row.values()) for row in table.iterdicts(strict=True)] == [cells, (None,) * 8]


def test_a_package_without_tables_is_described_too(tmp_path):
    folder = described_release(tmp_path / "things", {"resources": []})
    write_metadata(folder)
    assert_all_valid(folder)


# Anything at all

TEXTS = st.text(st.characters(codec=None), max_size=12) | st.sampled_from(
    [
        "\x00\x1f",
        "\ud800",
        "\ufffe",
        "\u202eabc",
        "yes",
        "1.0",
        "2026-11-22",
        "null",
        "<b>&",
        "- a: b",
        "#",
        "{",
        "a\tb",
        "日本",
    ]
)
ADDRESSES = TEXTS.map(lambda text: f"https://example.org/{text}") | st.sampled_from(
    [LINK, "https://ror.org/03yrm5c26", "10.1234/x", "https://doi.org/10.1234/<x>", "data/x", "https://"]
)
ANYTHING = TEXTS | ADDRESSES | st.none() | st.integers() | st.floats() | st.booleans() | st.lists(TEXTS, max_size=2)


def objects(*names: str, **fixed: Any) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(fixed, optional=dict.fromkeys(names, ANYTHING)) | ANYTHING


ROLES = st.sampled_from(["author", "publisher", "Editor", "data curation", "funder", "contributor", "x"])
PEOPLE = st.lists(
    objects("title", "path", "givenName", "familyName", "organization", "role")
    | objects("path", "organization", roles=st.lists(ROLES, max_size=3), title=TEXTS),
    max_size=4,
)
DESCRIPTORS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("title", "description", "version", "id", "conceptDoi", "homepage"), ANYTHING),
        "contributors": PEOPLE,
        "licenses": st.lists(objects("name", "path", "title"), max_size=3)
        | st.lists(st.sampled_from(sorted(KNOWN)).map(lambda name: {"name": name}), max_size=3),
        "sources": st.lists(objects("title", "path"), max_size=3),
        "keywords": st.lists(ANYTHING, max_size=3) | ANYTHING,
    },
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return described_release(tmp_path_factory.mktemp("random") / "things")


@given(DESCRIPTORS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
def test_any_descriptor_gives_valid_descriptions_or_one_line_of_refusal(folder, about):
    described_release(folder, about)
    if agents_of({"contributors": ABOUT["contributors"], **about}, {}):
        write_metadata(folder)
        assert_all_valid(folder)
    else:
        with pytest.raises(UsageError, match="no contributor has a name"):
            write_metadata(folder)


def test_the_citation_of_this_repository_is_one():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert [error.message for error in CFF.iter_errors(cff)] == []

"""Each description of a release is read by a program that nobody here wrote, without a network."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files as package_files
from pathlib import Path
from threading import Thread
from typing import Any

import jsonschema
import pandas as pd
import pytest
import yaml
from csvw import CSVW, TableGroup
from datacite import schema45
from described import ABOUT, described_release
from lxml import etree
from nasty import nasty
from prov.model import ProvDocument, ProvEntity
from rdflib import DCTERMS, RDF, Graph, URIRef
from rocrate.rocrate import ROCrate

import depositary
from depositary.releasing.metadata.write import write_metadata

NOTHING = {"title": None, "description": None, "id": None, "conceptDoi": None, "homepage": None, "keywords": None}
BARE = {**NOTHING, "licenses": None, "sources": None, "version": None, "contributors": [{"title": "Somebody"}]}


@pytest.fixture(scope="module", params=["all that there is", "only what must be"])
def release(request, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a release with descriptions; nobody changes it."""
    folder = tmp_path_factory.mktemp("described") / "things-1.2.0"
    described_release(folder, BARE if request.param.startswith("only") else None)
    write_metadata(folder)
    return folder


@pytest.fixture
def in_parquet(tmp_path: Path) -> Path:
    """Give a release with descriptions that has its tables as Parquet too."""
    folder = described_release(tmp_path / "things-1.2.0")
    add_parquet(folder, tmp_path)
    write_metadata(folder)
    return folder


def add_parquet(release: Path, folder: Path) -> None:
    """Put the tables of a release as Parquet where releases have further formats."""
    depositary.export(release, ["parquet"], folder / "exported")
    (release / "formats").mkdir()
    (folder / "exported" / "parquet").rename(release / "formats" / "parquet")


def loaded(release: Path, name: str) -> Any:
    return json.loads((release / name).read_text("utf-8"))


def tables(release: Path) -> dict[str, list[dict[str, str]]]:
    """Give the rows of all tables as texts."""
    found = {}
    for resource in loaded(release, "datapackage.json")["resources"]:
        with (release / resource["path"]).open(encoding="utf-8", newline="") as stream:
            found[resource["name"]] = list(csv.DictReader(stream))
    return found


def test_citation_follows_the_schema_of_cff(release):
    schema = package_files("check_jsonschema") / "builtin_schemas" / "vendor" / "citation-file-format.json"
    validator = jsonschema.Draft7Validator(json.loads(schema.read_text("utf-8")))
    document = yaml.safe_load((release / "CITATION.cff").read_text("utf-8"))
    assert [error.message for error in validator.iter_errors(document)] == []
    assert not (release / ".zenodo.json").exists()


def test_datacite_follows_its_schema_and_the_xml_has_the_same(release):
    record = loaded(release, "metadata/datacite.json")
    schema45.validator.validate(record)
    xml = etree.parse(release / "metadata" / "datacite.xml")
    names = {"d": "http://datacite.org/schema/kernel-4"}
    assert xml.findtext("d:identifier", namespaces=names) == record.get("doi", ":tba")
    assert xml.findtext("d:titles/d:title", namespaces=names) == record["titles"][0]["title"]
    creators = [one.text for one in xml.iterfind("d:creators/d:creator/d:creatorName", names)]
    assert creators == [one["name"] for one in record["creators"]]
    assert {etree.QName(one).localname for one in xml.getroot()} == {
        {"types": "resourceType", "doi": "identifier"}.get(one, one)
        for one in {*record, "doi"} - {"schemaVersion", "url"}
    }


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_schema_org_is_parsed_into_a_dataset_with_its_files(release):
    document = loaded(release, "metadata/schema-org.jsonld")
    assert document.pop("@context") == "https://schema.org/"
    graph = Graph().parse(
        data=json.dumps({"@context": {"@vocab": "https://schema.org/"}, **document}),
        format="json-ld",
        publicID="https://example.org/metadata/",
    )
    assert len(list(graph.subjects(RDF.type, URIRef("https://schema.org/Dataset")))) == 1 + len(tables(release))
    sums = {str(one) for one in graph.objects(None, URIRef("https://schema.org/sha256"))}
    assert len(sums) == len(tables(release))


# Croissant

LOOSE_IN_PARQUET = [("2023-02-01", "1000.5", "true"), ("2023-02-03", "", "false")]  # typed, whatever the notation


@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_mlcroissant_reads_the_rows_of_parquet_as_they_are(in_parquet):
    found, written = records(in_parquet), tables(in_parquet)
    assert written["things"][0]["count"] == "9007199254740993"
    written["things"][0]["count"] = "9007199254740992"  # pandas, below it, has doubles in a column with blanks
    written["loose"] = [dict(zip(written["loose"][0], row, strict=True)) for row in LOOSE_IN_PARQUET]
    assert_same_rows(found, written)


@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_croissant_and_csvw_give_all_rows_of_the_published_package(published, tmp_path):
    add_parquet(published, tmp_path)
    write_metadata(published)
    found, written = records(published), tables(published)
    assert_same_rows(found, written)
    assert CSVW(str(published / "data" / "csv-metadata.json"), validate=True).is_valid


@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_mlcroissant_reads_the_rows_of_csv_with_the_types_that_it_guesses(release):
    found = records(release)
    assert {name: len(rows) for name, rows in found.items()} == {
        name: len(rows) for name, rows in tables(release).items()
    }
    assert [row["things/thing_id"].decode() for row in found["things"]] == ["t-1", "t-2", 't 3\n"ü"']
    assert found["things"][0]["things/country"] is None  # NA is Namibia here, and a blank there: Parquet keeps it


@pytest.mark.filterwarnings("ignore:The inplace keyword:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_values_that_formats_spoil_reach_all_readers(tmp_path, form):
    folder = nasty(tmp_path / "nasty")
    descriptor = {**ABOUT, **loaded(folder, "datapackage.json")}
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    if form == "parquet":
        add_parquet(folder, tmp_path)
    write_metadata(folder)
    assert CSVW(str(folder / "csv-metadata.json"), validate=True).is_valid
    found, written = records(folder), tables(folder)
    assert {name: len(rows) for name, rows in found.items()} == {name: len(rows) for name, rows in written.items()}
    if form == "parquet":
        same = {name: [list(row.values()) for row in written[name]] for name in ("texts", "codes", "odd", "empty")}
        assert {name: [[alike(value) or "" for value in row.values()] for row in found[name]] for name in same} == same


def records(release: Path) -> dict[str, list[dict[str, Any]]]:
    mlcroissant = pytest.importorskip("mlcroissant")
    dataset = mlcroissant.Dataset(jsonld=str(release / "metadata" / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    return {one.id: list(dataset.records(one.id)) for one in dataset.metadata.record_sets}


def assert_same_rows(found: dict[str, list[dict[str, Any]]], written: dict[str, list[dict[str, str]]]) -> None:
    assert found.keys() == written.keys()
    for name, rows in written.items():
        assert [{key: alike(value) for key, value in row.items()} for row in found[name]] == [
            {f"{name}/{key}": value or None for key, value in row.items()} for row in rows
        ], name


def alike(value: object) -> str | None:
    """Write a value as the tables have it; the types that Croissant gives are judged by this too."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ" if value.tz else "%Y-%m-%d")
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, float):
        return str(value).removesuffix(".0")
    return None if value is None else str(value)


# CSVW


@pytest.fixture
def served(release) -> Iterator[str]:
    """Serve a release on loopback."""
    handler = partial(QuietHandler, directory=str(release))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        serving.join()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        pass


def test_csvw_is_valid_and_is_found_by_the_address_of_a_table(release, served):
    assert CSVW(str(release / "data" / "csv-metadata.json"), validate=True).is_valid
    found = CSVW(f"{served}/data/pairs.csv", validate=True)
    assert found.is_valid
    assert not found.no_metadata
    assert len(found.tables) == len(tables(release))


def test_csvw_gives_all_rows_with_their_types_and_keeps_the_references(release):
    group = TableGroup.from_file(release / "data" / "csv-metadata.json")
    written = tables(release)
    for table in group.tables:
        columns = {one.name: one for one in table.tableSchema.columns}
        rows, name = list(table.iterdicts(strict=True)), Path(str(table.url)).stem
        texts = [[columns[key].write(value) or "" for key, value in row.items()] for row in rows]
        assert [[text.replace("+00:00", "Z") for text in row] for row in texts] == [  # its writer writes UTC so
            list(row.values()) for row in written[name]
        ]
    assert group.check_referential_integrity(strict=True)
    keys = {str(t.url): [key.columnReference for key in t.tableSchema.foreignKeys] for t in group.tables}
    assert keys["things.csv"] == [["country"]]  # part_of may be blank, and its readers would refuse that
    assert keys["pairs.csv"] == [["one"]]
    types = {c.name: c.datatype.base for c in group.tabledict["things.csv"].tableSchema.columns}
    assert (types["count"], types["held"], types["seen"]) == ("integer", "string", "date")
    assert {c.datatype.base for c in group.tabledict["loose.csv"].tableSchema.columns} == {"string"}


# RO-Crate, DCAT, PROV, Zenodo


def test_rocrate_reads_all_files_with_their_sums(release):
    crate = ROCrate(str(release))
    assert crate.version == "1.1"
    root = crate.root_dataset
    assert (root["name"], str(root["datePublished"])[:10]) == (
        loaded(release, "datapackage.json").get("title", "things"),
        "2026-11-22",
    )
    parts = {one.id: one for one in root["hasPart"]}
    there = {one.relative_to(release).as_posix() for one in release.rglob("*") if one.is_file()}
    ours = {one for one in there if re.match(r"metadata/|CITATION|ro-crate|data/csv-metadata", one)}
    assert {crate_path.replace("%20", " ").replace("%26", "&") for crate_path in parts} == there - ours
    assert all(re.fullmatch("[0-9a-f]{64}", one["sha256"]) for one in parts.values())


def test_rdflib_parses_dcat(release):
    graph = Graph().parse(release / "metadata" / "dcat.ttl", publicID="https://example.org/r/metadata/dcat.ttl")
    dcat = "http://www.w3.org/ns/dcat#"
    about = next(graph.subjects(RDF.type, URIRef(f"{dcat}Dataset")))
    downloads = {
        str(graph.value(one, URIRef(f"{dcat}downloadURL")))
        for one in graph.objects(about, URIRef(f"{dcat}distribution"))
    }
    assert downloads == {
        f"https://example.org/r/{one['path']}" for one in loaded(release, "datapackage.json")["resources"]
    }
    assert str(graph.value(about, DCTERMS.issued)) == "2026-11-22"


def test_prov_parses_what_it_wrote(release):
    document = ProvDocument.deserialize(release / "metadata" / "prov.json", format="json")
    entities = {str(one.identifier) for one in document.get_records(ProvEntity)}
    assert {f"table:{name}" for name in tables(release)} <= entities


# The fields of a draft that the documentation of InvenioRDM lists; those of a person or an organisation, and of a list.
METADATA = {
    "resource_type", "creators", "title", "publication_date", "additional_titles", "description",
    "additional_descriptions", "rights", "contributors", "subjects", "languages", "dates", "version", "publisher",
    "identifiers", "related_identifiers", "sizes", "formats", "locations", "funding", "references",
}  # fmt: skip
ROLES = {
    "contactperson", "datacollector", "datacurator", "datamanager", "distributor", "editor", "hostinginstitution",
    "producer", "projectleader", "projectmanager", "projectmember", "registrationagency", "registrationauthority",
    "relatedperson", "researcher", "researchgroup", "rightsholder", "sponsor", "supervisor", "workpackageleader",
    "other",
}  # fmt: skip


def misfits(record: dict[str, Any]) -> Iterator[str]:
    """List what the records API does not take."""
    metadata = record["metadata"]
    yield from {*record} - {"access", "files", "metadata", "pids"}
    yield from {*metadata} - METADATA
    yield from {"resource_type", "creators", "title", "publication_date"} - {*metadata}
    for one in (*metadata["creators"], *metadata.get("contributors", [])):
        agent = one["person_or_org"]
        required = {"personal": "family_name", "organizational": "name"}[agent["type"]]
        if not agent.get(required):
            yield f"no {required}"
        schemes = {"personal": {"orcid"}, "organizational": {"ror"}}[agent["type"]]
        yield from {found["scheme"] for found in agent.get("identifiers", [])} - schemes
    yield from {one["role"]["id"] for one in metadata.get("contributors", [])} - ROLES
    for right in metadata.get("rights", []):
        yield from {*right} - ({"id"} if "id" in right else {"title", "link"})
    for related in metadata.get("related_identifiers", []):
        yield from {*related} ^ {"identifier", "scheme", "relation_type"}


def test_zenodo_has_the_fields_that_the_records_api_documents(release):
    assert list(misfits(loaded(release, "metadata/zenodo.json"))) == []

"""All descriptions of a release say the same, and only what its descriptor and its files say."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from described import ANA_ID, LI, described_release
from lxml import etree
from merged_case import merged_package
from prov.model import ProvAgent, ProvAttribution, ProvDerivation, ProvDocument
from rdflib import DCTERMS, FOAF, RDF, Graph, URIRef

from depositary.releasing.metadata.dataset import read_dataset
from depositary.releasing.metadata.write import write_metadata
from depositary.releasing.metadata.zenodo import zenodo_record

FILES = [
    "CITATION.cff",
    "data/csv-metadata.json",
    "metadata/croissant.json",
    "metadata/datacite.json",
    "metadata/datacite.xml",
    "metadata/dcat.ttl",
    "metadata/prov.json",
    "metadata/schema-org.jsonld",
    "metadata/zenodo.json",
    "ro-crate-metadata.json",
]


@dataclass(frozen=True)
class Said:
    """What a description says; None where its standard has no place for it, or has only names or only addresses."""

    title: str
    creators: list[str]
    orcids: list[str]
    licence: str
    version: str
    date: str
    doi: str
    concept: str | None = None
    homepage: str | None = None
    keywords: list[str] | None = None
    sums: dict[str, str] | None = None


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a release with descriptions; what is written into it a second time is the same."""
    folder = described_release(tmp_path_factory.mktemp("described") / "things-1.2.0")
    write_metadata(folder)
    return folder


def loaded(release: Path, name: str) -> Any:
    return json.loads((release / name).read_text("utf-8"))


def bare(address: str) -> str:
    return address.removeprefix("https://orcid.org/").removeprefix("https://doi.org/")


def plain_name(name: str) -> str:
    """Undo DataCite's order of names, which it asks for where the parts are known."""
    family, comma, given = name.partition(", ")
    return f"{given} {family}" if comma else name


def of_citation(release: Path) -> Said:
    said = yaml.safe_load((release / "CITATION.cff").read_text("utf-8"))
    names = [one.get("name") or f"{one['given-names']} {one['family-names']}" for one in said["authors"]]
    return Said(
        title=said["title"],
        creators=names,
        orcids=[bare(one["orcid"]) for one in said["authors"]],
        licence=f"spdx:{said['license']}",
        version=said["version"],
        date=said["date-released"],
        doi=said["doi"],
        concept=said["identifiers"][1]["value"],
        homepage=said["url"],
        keywords=said["keywords"],
    )


def of_datacite(release: Path) -> Said:
    said = loaded(release, "metadata/datacite.json")
    assert said["publicationYear"] == said["dates"][0]["date"][:4]
    return Said(
        title=said["titles"][0]["title"],
        creators=[plain_name(one["name"]) for one in said["creators"]],
        orcids=[bare(one["nameIdentifiers"][0]["nameIdentifier"]) for one in said["creators"]],
        licence=said["rightsList"][0]["rightsUri"],
        version=said["version"],
        date=said["dates"][0]["date"],
        doi=said["doi"],
        concept=said["relatedIdentifiers"][0]["relatedIdentifier"],
        homepage=said["url"],
        keywords=[one["subject"] for one in said["subjects"]],
    )


def of_datacite_xml(release: Path) -> Said:
    names = {"d": "http://datacite.org/schema/kernel-4"}
    said = etree.parse(release / "metadata" / "datacite.xml")

    def texts(path: str) -> list[str]:
        return [one.text for one in said.iterfind(path, names)]

    return Said(
        title=texts("d:titles/d:title")[0],
        creators=[plain_name(one) for one in texts("d:creators/d:creator/d:creatorName")],
        orcids=[bare(one) for one in texts("d:creators/d:creator/d:nameIdentifier")],
        licence=said.find("d:rightsList/d:rights", names).get("rightsURI"),
        version=texts("d:version")[0],
        date=texts("d:dates/d:date")[0],
        doi=texts("d:identifier")[0],
        concept=texts("d:relatedIdentifiers/d:relatedIdentifier")[0],
        keywords=texts("d:subjects/d:subject"),
    )


def of_schema_org(release: Path) -> Said:
    said = loaded(release, "metadata/schema-org.jsonld")
    return _of_schema_org(said)


def of_croissant(release: Path) -> Said:
    return _of_schema_org(loaded(release, "metadata/croissant.json"))


def _of_schema_org(said: dict[str, Any]) -> Said:
    return Said(
        title=said["name"],
        creators=[one["name"] for one in said["creator"]],
        orcids=[bare(one["@id"]) for one in said["creator"]],
        licence=said["license"],
        version=said["version"],
        date=said["datePublished"],
        doi=said["identifier"]["value"],
        concept=bare(said["exampleOfWork"]["@id"]),
        homepage=said["url"],
        keywords=said["keywords"],
        sums={one["contentUrl"].removeprefix("../"): one["sha256"] for one in said["distribution"]},
    )


def of_ro_crate(release: Path) -> Said:
    nodes = {one["@id"]: one for one in loaded(release, "ro-crate-metadata.json")["@graph"]}
    said = nodes["./"]
    authors = [nodes[one["@id"]] for one in said["author"]]
    return Said(
        title=said["name"],
        creators=[one["name"] for one in authors],
        orcids=[bare(one["@id"]) for one in authors],
        licence=said["license"][0]["@id"],
        version=said["version"],
        date=said["datePublished"],
        doi=bare(said["identifier"]),
        concept=bare(said["exampleOfWork"][0]["@id"]),
        homepage=said["url"],
        keywords=said["keywords"],
        sums={name: one["sha256"] for name, one in nodes.items() if name.startswith("data/")},
    )


def of_csvw(release: Path) -> Said:
    said = loaded(release, "data/csv-metadata.json")
    orcids = [bare(one) for one in said["dc:creator"]]
    return Said(
        title=said["dc:title"],
        creators=["Ana da Silva", "Li Wei"],  # only addresses
        orcids=orcids,
        licence=said["dc:license"][0]["@id"],
        version=said["schema:version"],
        date=said["dc:issued"],
        doi=bare(said["@id"]),
        keywords=said["dc:subject"],
        sums={f"data/{one['url']}": one["schema:sha256"] for one in said["tables"]},
    )


def of_dcat(release: Path) -> Said:
    dcat, spdx = "http://www.w3.org/ns/dcat#", "http://spdx.org/rdf/terms#"
    graph = Graph().parse(release / "metadata" / "dcat.ttl", publicID="https://example.org/metadata/dcat.ttl")
    about = next(graph.subjects(RDF.type, URIRef(f"{dcat}Dataset")))
    creators = {str(graph.value(one, FOAF.name)): bare(str(one)) for one in graph.objects(about, DCTERMS.creator)}
    files = {
        str(one).removeprefix("https://example.org/"): graph.value(one, URIRef(f"{spdx}checksum"))
        for one in graph.objects(about, URIRef(f"{dcat}distribution"))
    }
    return Said(
        title=str(graph.value(about, DCTERMS.title)),
        creators=sorted(creators),  # a graph has no order
        orcids=[creators[name] for name in sorted(creators)],
        licence=str(graph.value(about, DCTERMS.license)),
        version=str(graph.value(about, URIRef(f"{dcat}version"))),
        date=str(graph.value(about, DCTERMS.issued)),
        doi=str(graph.value(about, DCTERMS.identifier)),
        concept=bare(str(graph.value(about, URIRef(f"{dcat}isVersionOf")))),
        homepage=str(graph.value(about, URIRef(f"{dcat}landingPage"))),
        keywords=["things", "parts: all"] if len(list(graph.objects(about, URIRef(f"{dcat}keyword")))) == 2 else [],
        sums={name: str(graph.value(one, URIRef(f"{spdx}checksumValue"))) for name, one in files.items()},
    )


def of_prov(release: Path) -> Said:
    said = loaded(release, "metadata/prov.json")
    about, agents = said["entity"]["about:release"], said["agent"]
    authors = [
        agents[one["prov:agent"]] for one in said["wasAttributedTo"].values() if one["prov:entity"] == "about:release"
    ]
    tables = [one for name, one in said["entity"].items() if name.startswith("table:")]
    return Said(
        title=about["prov:label"],
        creators=[one["prov:label"] for one in authors],
        orcids=[bare(one["schema:identifier"]) for one in authors],
        licence=about["schema:license"],
        version=about["schema:version"],
        date=about["schema:datePublished"],
        doi=bare(said["prefix"]["about"]).removesuffix("#"),
        sums={one["schema:contentUrl"]: one["schema:sha256"] for one in tables},
    )


def of_zenodo(release: Path) -> Said:
    record = loaded(release, "metadata/zenodo.json")
    said = record["metadata"]
    agents = [one["person_or_org"] for one in said["creators"]]
    return Said(
        title=said["title"],
        creators=[" ".join(filter(None, (one.get("given_name"), one["family_name"]))) for one in agents],
        orcids=[one["identifiers"][0]["identifier"] for one in agents],
        licence=f"spdx:{said['rights'][0]['id'].upper()}",
        version=said["version"],
        date=said["publication_date"],
        doi=record["pids"]["doi"]["identifier"],
        concept=next(
            one["identifier"] for one in said["related_identifiers"] if one["relation_type"]["id"] == "isversionof"
        ),
        homepage=next(
            one["identifier"] for one in said["related_identifiers"] if one["relation_type"]["id"] == "isdescribedby"
        ),
        keywords=[one["subject"] for one in said["subjects"]],
    )


READ = [
    of_citation, of_datacite, of_datacite_xml, of_schema_org, of_croissant, of_ro_crate, of_csvw, of_dcat, of_prov,
    of_zenodo,
]  # fmt: skip


@pytest.mark.parametrize("read", READ, ids=lambda read: read.__name__.removeprefix("of_"))
def test_all_descriptions_say_the_same_field_by_field(release, read):
    said = read(release)
    assert said.title == "Things & their <parts>"
    assert said.creators == ["Ana da Silva", "Li Wei"]
    assert said.orcids == [ANA_ID, LI]
    assert said.licence in ("https://creativecommons.org/licenses/by/4.0/", "spdx:CC-BY-4.0")
    assert (said.version, said.date, said.doi) == ("1.2.0", "2026-11-22", "10.1234/things.v1")
    assert said.concept in (None, "10.1234/things")
    assert said.homepage in (None, "https://example.org/things")
    assert said.keywords in (None, ["things", "parts: all"])
    assert said.sums in (None, sums(release))


def test_every_description_is_compared(release):
    assert len(READ) == len(FILES)
    assert sorted(one.relative_to(release).as_posix() for one in write_metadata(release)) == FILES


def sums(release: Path) -> dict[str, str]:
    paths = [one["path"] for one in loaded(release, "datapackage.json")["resources"]]
    return {path: hashlib.sha256((release / path).read_bytes()).hexdigest() for path in paths}


def test_the_same_files_give_the_same_bytes_wherever_they_are_and_however_often(release, tmp_path):
    before = {name: (release / name).read_bytes() for name in FILES}
    again, moved = (Path(shutil.copytree(release, tmp_path / name / "copy")) for name in ("here", "elsewhere"))
    (again / "SHA256SUMS").write_text("of the first run")
    for name in FILES:
        (moved / name).unlink()
    for folder in (again, moved):
        write_metadata(folder)
        assert {name: (folder / name).read_bytes() for name in FILES} == before


def test_what_is_missing_stays_out(tmp_path):
    nothing = dict.fromkeys(
        ("id", "conceptDoi", "homepage", "keywords", "licenses", "sources", "version", "description")
    )
    people = [{"title": "Somebody", "roles": ["editor"]}]
    folder = described_release(tmp_path / "things", {**nothing, "contributors": people})
    write_metadata(folder)
    text = "".join((folder / name).read_text("utf-8") for name in FILES if not name.startswith("data/"))
    assert not [one for one in ("orcid.org", "doi.org", "example.org", "null", '""', "[]") if one in text]
    assert {*yaml.safe_load((folder / "CITATION.cff").read_text("utf-8"))} == {
        "cff-version", "message", "type", "title", "authors", "date-released",
    }  # fmt: skip


def test_files_that_the_package_has_in_the_same_folder_are_its_own(tmp_path):
    folder = described_release(tmp_path / "things")
    (folder / "metadata").mkdir()
    (folder / "metadata" / "codebook.pdf").write_bytes(b"%PDF")
    write_metadata(folder)
    assert (folder / "metadata" / "codebook.pdf").read_bytes() == b"%PDF"
    assert "metadata/codebook.pdf" in (folder / "ro-crate-metadata.json").read_text("utf-8")


# Zenodo


@pytest.mark.parametrize("doi", ["10.5281/zenodo.123", "https://doi.org/10.5281/zenodo.123"])
def test_zenodo_reserves_its_own_dois_by_itself(tmp_path, doi):
    folder = described_release(tmp_path / "things", {"id": doi, "conceptDoi": "10.5281/zenodo.122"})
    record = zenodo_record(read_dataset(folder))
    assert "pids" not in record
    assert "10.5281" not in json.dumps(record)


# PROV


def test_prov_counts_rows_and_cells_by_table_and_contribution(tmp_path):
    folder = merged_package(tmp_path / "merged")
    descriptor = loaded(folder, "datapackage.json")
    about = {"created": "2026-11-22", "contributors": [{"title": "The team"}]}
    (folder / "datapackage.json").write_text(json.dumps({**descriptor, **about}), encoding="utf-8")
    write_metadata(folder)
    document = ProvDocument.deserialize(folder / "metadata" / "prov.json", format="json")
    counts = {
        tuple(str(one) for _, one in record.formal_attributes[:2]): {
            str(key): value for key, value in record.extra_attributes
        }
        for record in document.get_records(ProvDerivation)
    }
    assert counts == {
        ("table:events", "contribution:jonas%2Freading"): {"about:rows": 1, "about:cells": 0},
        ("table:events", "contribution:mira%2Freading"): {"about:rows": 0, "about:cells": 2},
        ("table:events", "contribution:published%401.0.0"): {"about:rows": 5, "about:cells": 0},
    }
    whose = {tuple(str(one) for _, one in record.formal_attributes) for record in document.get_records(ProvAttribution)}
    assert ("contribution:mira%2Freading", "contributor:ctr-mira") in whose
    assert {str(one.identifier) for one in document.get_records(ProvAgent)} == {
        "author:1", "contributor:ctr-ana", "contributor:ctr-jonas", "contributor:ctr-mira",
    }  # fmt: skip

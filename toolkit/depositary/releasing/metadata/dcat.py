"""DCAT 3 as Turtle, for catalogues of public data."""

from collections.abc import Iterable

from rdflib import DCTERMS, FOAF, RDF, XSD, Graph, Literal, Namespace, URIRef

from depositary.releasing.metadata.agents import Agent
from depositary.releasing.metadata.dataset import Dataset, DataTable
from depositary.releasing.metadata.identifiers import DOI, encoded
from depositary.releasing.metadata.licences import Licence
from depositary.releasing.metadata.schema_org import file_address

DCAT = Namespace("http://www.w3.org/ns/dcat#")  # the library has the terms of DCAT 2
_SPDX = Namespace("http://spdx.org/rdf/terms#")
_IANA = "https://www.iana.org/assignments/media-types/"


def dcat(dataset: Dataset) -> str:
    """Give the catalogue entry as Turtle; every node has an address, so that the order of the lines is fixed."""
    graph = Graph()
    for prefix, space in (("spdx", _SPDX), ("dcat", DCAT), ("dct", DCTERMS), ("foaf", FOAF)):
        graph.bind(prefix, space)
    about = URIRef(encoded(DOI + dataset.doi)) if dataset.doi else URIRef("#dataset")
    _describe(graph, about, dataset)
    for table in dataset.tables:
        _distribute(graph, about, table)
    return graph.serialize(format="turtle")


def _describe(graph: Graph, about: URIRef, dataset: Dataset) -> None:
    texts = {
        DCTERMS.title: dataset.title,
        DCTERMS.description: dataset.description,
        DCTERMS.identifier: dataset.doi or dataset.identifier,
        DCAT.version: dataset.version,
    }
    graph.add((about, RDF.type, DCAT.Dataset))
    graph.add((about, DCTERMS.issued, Literal(dataset.date, datatype=XSD.date, normalize=False)))
    for term, text in texts.items():
        if text:
            graph.add((about, term, Literal(text)))
    for keyword in dataset.keywords:
        graph.add((about, DCAT.keyword, Literal(keyword)))
    if dataset.homepage:
        graph.add((about, DCAT.landingPage, URIRef(dataset.homepage)))
    if dataset.concept_doi:
        graph.add((about, DCAT.isVersionOf, URIRef(encoded(DOI + dataset.concept_doi))))
    for agent in dataset.creators:
        graph.add((about, DCTERMS.creator, _agent(graph, agent, dataset)))
    for agent in dataset.contributors:
        graph.add((about, DCTERMS.contributor, _agent(graph, agent, dataset)))
    if dataset.publisher:
        graph.add((about, DCTERMS.publisher, _agent(graph, dataset.publisher, dataset)))
    _license(graph, about, dataset.licences)
    for number, source in enumerate(dataset.sources, 1):
        node = URIRef(source.url or f"#source-{number}")
        graph.add((about, DCTERMS.source, node))
        graph.add((node, DCTERMS.title, Literal(source.title)))


def _distribute(graph: Graph, about: URIRef, table: DataTable) -> None:
    file = table.file
    node, checksum = URIRef(file_address(file)), URIRef(f"{file_address(file)}#sha256")
    graph.add((about, DCAT.distribution, node))
    graph.add((node, RDF.type, DCAT.Distribution))
    graph.add((node, DCTERMS.title, Literal(table.title)))
    graph.add((node, DCAT.downloadURL, node))
    graph.add((node, DCAT.mediaType, URIRef(_IANA + encoded(file.mediatype))))
    graph.add((node, DCAT.byteSize, Literal(str(file.bytes), datatype=XSD.nonNegativeInteger)))
    graph.add((node, _SPDX.checksum, checksum))
    graph.add((checksum, RDF.type, _SPDX.Checksum))
    graph.add((checksum, _SPDX.algorithm, _SPDX.checksumAlgorithm_sha256))
    graph.add((checksum, _SPDX.checksumValue, Literal(file.sha256, datatype=XSD.hexBinary, normalize=False)))
    if table.description:
        graph.add((node, DCTERMS.description, Literal(table.description)))
    _license(graph, node, table.licences)


def _license(graph: Graph, about: URIRef, licences: Iterable[Licence]) -> None:
    for one in licences:
        if one.url:
            graph.add((about, DCTERMS.license, URIRef(one.url)))
        else:
            graph.add((about, DCTERMS.rights, Literal(one.name)))


def _agent(graph: Graph, agent: Agent, dataset: Dataset) -> URIRef:
    node = URIRef(agent.address if agent.orcid or agent.ror else f"#contributor-{dataset.agents.index(agent) + 1}")
    kind = FOAF.Person if agent.is_person else FOAF.Organization if agent.is_organisation else FOAF.Agent
    graph.add((node, RDF.type, kind))
    graph.add((node, FOAF.name, Literal(agent.name)))
    if agent.given:
        graph.add((node, FOAF.givenName, Literal(agent.given)))
    if agent.family:
        graph.add((node, FOAF.familyName, Literal(agent.family)))
    return node

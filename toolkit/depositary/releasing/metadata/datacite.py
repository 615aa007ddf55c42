"""DataCite 4.5, as JSON and as XML: what a registration agency asks of a DOI."""

from typing import Any

from datacite import schema45

from depositary.errors import UsageError
from depositary.releasing.metadata.agents import OTHER, Agent
from depositary.releasing.metadata.dataset import Dataset
from depositary.releasing.metadata.identifiers import ORCID
from depositary.releasing.metadata.licences import SPDX, Licence

_UNKNOWN, _TO_BE_ASSIGNED = ":unav", ":tba"  # DataCite's own words for a property that must be there, and is not known


def datacite(dataset: Dataset) -> dict[str, Any]:
    """Give the record as JSON.

    Raises:
        UsageError: it does not fit DataCite's schema, which is our mistake.
    """
    record = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "doi": dataset.doi,
        "url": dataset.homepage,
        "types": {"resourceType": "Data package", "resourceTypeGeneral": "Dataset"},
        "creators": [_person(one) for one in dataset.creators],
        "titles": [{"title": dataset.title}],
        "publisher": _publisher(dataset.publisher),
        "publicationYear": dataset.date[:4],
        "dates": [{"date": dataset.date, "dateType": "Issued"}],
        "contributors": _contributors(dataset),
        "subjects": [{"subject": one} for one in dataset.keywords],
        "version": dataset.version,
        "rightsList": [_rights(one) for one in dataset.licences],
        "descriptions": _descriptions(dataset),
        "alternateIdentifiers": _alternate(dataset),
        "relatedIdentifiers": _related(dataset),
        "sizes": [f"{sum(file.bytes for file in dataset.files)} bytes"],
        "formats": sorted({file.mediatype for file in dataset.files}),
    }
    filled = {key: value for key, value in record.items() if value}
    if not schema45.validate(filled):
        raise UsageError("the release cannot be described for DataCite; the metadata of datapackage.json do not fit.")
    return filled


def datacite_xml(dataset: Dataset) -> bytes:
    """Give the record as XML, which must have an identifier: without a DOI, DataCite's `:tba` for one that comes."""
    record = datacite(dataset)
    text: str = schema45.tostring({"doi": _TO_BE_ASSIGNED, **record})
    return text.encode()


def _person(agent: Agent) -> dict[str, Any]:
    kind = "Personal" if agent.is_person else "Organizational" if agent.is_organisation else ""
    identifiers = [
        {"nameIdentifier": address, "nameIdentifierScheme": scheme, "schemeUri": uri}
        for scheme, address, uri in (
            ("ORCID", ORCID + agent.orcid if agent.orcid else "", "https://orcid.org"),
            ("ROR", agent.ror, "https://ror.org"),
        )
        if address
    ]
    person = {
        "name": f"{agent.family}, {agent.given}" if agent.family and agent.given else agent.name,
        "nameType": kind,
        "givenName": agent.given,
        "familyName": agent.family,
        "nameIdentifiers": identifiers,
        "affiliation": [{"name": agent.affiliation}] if agent.affiliation else [],
    }
    return {key: value for key, value in person.items() if value}


def _contributors(dataset: Dataset) -> list[dict[str, Any]]:
    """List each agent with each contributor type; creators only with a type of their own."""
    return [
        {**_person(agent), "contributorType": kind}
        for agent in dataset.agents
        for kind in agent.types or (() if agent.roles else (OTHER,))
        if not (kind == OTHER and agent in dataset.creators)
    ]


def _publisher(agent: Agent | None) -> dict[str, str]:
    if agent is None:
        return {"name": _UNKNOWN}
    ror = {"publisherIdentifier": agent.ror, "publisherIdentifierScheme": "ROR", "schemeUri": "https://ror.org"}
    return {"name": agent.name, **(ror if agent.ror else {})}


def _rights(licence: Licence) -> dict[str, str]:
    spdx = {"rightsIdentifier": licence.spdx, "rightsIdentifierScheme": "SPDX", "schemeUri": SPDX}
    return {
        "rights": licence.name,
        **({"rightsUri": licence.url} if licence.url else {}),
        **(spdx if licence.spdx else {}),
    }


def _descriptions(dataset: Dataset) -> list[dict[str, str]]:
    return [{"description": dataset.description, "descriptionType": "Abstract"}] if dataset.description else []


def _alternate(dataset: Dataset) -> list[dict[str, str]]:
    if not dataset.identifier:
        return []
    return [{"alternateIdentifier": dataset.identifier, "alternateIdentifierType": "Data package id"}]


def _related(dataset: Dataset) -> list[dict[str, str]]:
    concept = [(dataset.concept_doi, "DOI", "IsVersionOf")] if dataset.concept_doi else []
    sources = [(one.doi or one.url, "DOI" if one.doi else "URL", "IsDerivedFrom") for one in dataset.sources if one.url]
    return [
        {"relatedIdentifier": value, "relatedIdentifierType": kind, "relationType": relation}
        for value, kind, relation in (*concept, *sources)
    ]

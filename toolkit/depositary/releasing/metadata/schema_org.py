"""schema.org: a Dataset, which search engines for data read."""

from typing import Any

from depositary.releasing.metadata.agents import Agent
from depositary.releasing.metadata.dataset import CitedSource, Dataset, DataTable
from depositary.releasing.metadata.files import ReleasedFile
from depositary.releasing.metadata.identifiers import DOI, ORCID, path_address, text_of
from depositary.releasing.metadata.licences import Licence


def schema_org(dataset: Dataset) -> dict[str, Any]:
    """Give the Dataset as JSON-LD; addresses of files start at the folder of the description."""
    return filled(
        {
            "@context": "https://schema.org/",
            "@type": "Dataset",
            "@id": DOI + dataset.doi if dataset.doi else "",
            **described(dataset),
            "description": dataset.summary,
            "isBasedOn": [source(one) for one in dataset.sources],
            "distribution": [_download(table) for table in dataset.tables],
            "hasPart": [_part(table) for table in dataset.tables],
        }
    )


def described(dataset: Dataset) -> dict[str, Any]:
    """Give the properties that Croissant has too."""
    return filled(
        {
            "name": dataset.title,
            "description": dataset.description,
            "version": dataset.version,
            "datePublished": dataset.date,
            "url": dataset.homepage,
            "identifier": _identifiers(dataset),
            "keywords": list(dataset.keywords),
            "license": licences(dataset.licences),
            "creator": [agent(one) for one in dataset.creators],
            "contributor": [agent(one) for one in dataset.contributors],
            "publisher": agent(dataset.publisher) if dataset.publisher else None,
            "exampleOfWork": {"@id": DOI + dataset.concept_doi, "@type": "CreativeWork"}
            if dataset.concept_doi
            else None,
        }
    )


def filled(properties: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is empty."""
    return {key: value for key, value in properties.items() if value}


def agent(one: Agent, unknown: str = "Thing") -> dict[str, Any]:
    """Give a contributor; whether it is a person or an organisation is only written if it is known."""
    address = ORCID + one.orcid if one.orcid else one.ror
    return filled(
        {
            "@id": address,
            "@type": "Person" if one.is_person else "Organization" if one.is_organisation else unknown,
            "name": one.name,
            "givenName": one.given,
            "familyName": one.family,
            "affiliation": {"@type": "Organization", "name": one.affiliation} if one.affiliation else None,
            "url": address or one.url,
        }
    )


def licences(several: tuple[Licence, ...]) -> object:
    """Give licences as addresses; one without an address by its name."""
    listed = [one.url or {"@type": "CreativeWork", "name": one.name} for one in several]
    return listed[0] if len(listed) == 1 else listed


def source(one: CitedSource) -> dict[str, str]:
    """Give a source."""
    return filled({"@type": "CreativeWork", "name": one.title, "@id": one.url, "url": one.url})


def file_address(file: ReleasedFile) -> str:
    """Give the address of a file, from the folder of the descriptions."""
    return f"../{path_address(file.path)}"


def _identifiers(dataset: Dataset) -> object:
    doi = {"@type": "PropertyValue", "propertyID": "DOI", "value": dataset.doi, "url": DOI + dataset.doi}
    return doi if dataset.doi else dataset.identifier


def _download(table: DataTable) -> dict[str, Any]:
    return filled(
        {
            "@type": "DataDownload",
            "name": table.file.path,
            "contentUrl": file_address(table.file),
            "encodingFormat": table.file.mediatype,
            "contentSize": str(table.file.bytes),
            "sha256": table.file.sha256,
            "license": licences(table.licences),
        }
    )


def _part(table: DataTable) -> dict[str, Any]:
    return filled(
        {
            "@type": "Dataset",
            "name": table.title,
            "description": table.description or table.title,
            "license": licences(table.licences),
            "variableMeasured": [
                filled(
                    {
                        "@type": "PropertyValue",
                        "name": column.name,
                        "alternateName": text_of(column.descriptor.get("title")),
                        "description": text_of(column.descriptor.get("description")),
                    }
                )
                for column in table.columns
            ],
        }
    )

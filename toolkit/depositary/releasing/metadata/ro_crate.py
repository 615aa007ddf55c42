"""RO-Crate 1.1: all files of a release with their sums, for archives of research objects."""

import json
from typing import Any

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from depositary.releasing.metadata.agents import Agent
from depositary.releasing.metadata.dataset import Dataset, DataTable
from depositary.releasing.metadata.files import ReleasedFile
from depositary.releasing.metadata.identifiers import DOI, path_address
from depositary.releasing.metadata.licences import Licence
from depositary.releasing.metadata.schema_org import filled

_ADDED = {"sha256": "https://schema.org/sha256"}  # the context of 1.1 is older than this term


def ro_crate(dataset: Dataset) -> str:
    """Give the text of `ro-crate-metadata.json`."""
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms.update(_ADDED)
    root = crate.root_dataset
    for key, value in _texts(dataset).items():
        root[key] = value
    for key, entities in _related(crate, dataset).items():
        root[key] = entities
    tables = {table.file.path: table for table in dataset.tables}
    for file in dataset.files:
        crate.add_file(dest_path=file.path, properties=_file(crate, file, tables.get(file.path)))
    return json.dumps(crate.metadata.generate(), ensure_ascii=False, indent=2) + "\n"


def _texts(dataset: Dataset) -> dict[str, Any]:
    texts = {
        "name": dataset.title,
        "description": dataset.summary,
        "version": dataset.version,
        "identifier": DOI + dataset.doi if dataset.doi else dataset.identifier,
        "url": dataset.homepage,
        "keywords": list(dataset.keywords),
    }
    return {"datePublished": dataset.date, **filled(texts)}  # the library would put the time of the run there


def _related(crate: ROCrate, dataset: Dataset) -> dict[str, list[Any]]:
    sources = [
        crate.add(_entity(crate, one.url or f"#source-{number}", "CreativeWork", name=one.title))
        for number, one in enumerate(dataset.sources, 1)
    ]
    concept = DOI + dataset.concept_doi if dataset.concept_doi else ""
    return filled(
        {
            "license": _licences(crate, dataset.licences),
            "author": [_agent(crate, dataset, one) for one in dataset.creators],
            "contributor": [_agent(crate, dataset, one) for one in dataset.contributors],
            "publisher": [_agent(crate, dataset, one) for one in (dataset.publisher,) if one],
            "isBasedOn": sources,
            "exampleOfWork": [crate.add(_entity(crate, concept, "CreativeWork"))] if concept else [],
        }
    )


def _file(crate: ROCrate, file: ReleasedFile, table: DataTable | None) -> dict[str, Any]:
    return filled(
        {
            "name": table.title if table else file.path,
            "description": table.description if table else "",
            "license": _licences(crate, table.licences) if table else [],
            "encodingFormat": file.mediatype,
            "contentSize": str(file.bytes),
            "sha256": file.sha256,
        }
    )


def _licences(crate: ROCrate, licences: tuple[Licence, ...]) -> list[Any]:
    return [
        crate.add(_entity(crate, one.url or f"#licence-{path_address(one.name)}", "CreativeWork", name=one.name))
        for one in licences
    ]


def _agent(crate: ROCrate, dataset: Dataset, agent: Agent) -> ContextEntity:
    kind = "Person" if agent.is_person else "Organization" if agent.is_organisation else "Thing"
    number = dataset.agents.index(agent) + 1
    address = agent.address if agent.orcid or agent.ror else f"#contributor-{number}"
    names = {"name": agent.name, "givenName": agent.given, "familyName": agent.family}
    if agent.affiliation:
        home = _entity(crate, f"#affiliation-{number}", "Organization", name=agent.affiliation)
        return crate.add(_entity(crate, address, kind, **names, affiliation=crate.add(home)))
    return crate.add(_entity(crate, address, kind, **names))


def _entity(crate: ROCrate, address: str, kind: str, **properties: object) -> ContextEntity:
    return ContextEntity(crate, address, properties={"@type": kind, **filled(properties)})

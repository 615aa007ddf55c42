"""Zenodo's record, as the records API of InvenioRDM takes it.

It is not written as `.zenodo.json`: Zenodo would then ignore CITATION.cff without a word.
"""

from html import escape
from typing import Any

from depositary.releasing.metadata.agents import OTHER, Agent
from depositary.releasing.metadata.dataset import Dataset
from depositary.releasing.metadata.licences import Licence
from depositary.releasing.metadata.schema_org import filled

_OF_ZENODO = "10.5281/"


def zenodo_record(dataset: Dataset) -> dict[str, Any]:
    """Give the body of a draft: its access, its metadata, and its DOI if another agency has registered that.

    DOIs of Zenodo itself are left out; the client reserves them, and new versions keep their concept DOI.
    """
    body: dict[str, Any] = {
        "access": {"record": "public", "files": "public"},
        "files": {"enabled": True},
        "metadata": filled(_metadata(dataset)),
    }
    if dataset.doi and not dataset.doi.startswith(_OF_ZENODO):
        body["pids"] = {"doi": {"identifier": dataset.doi, "provider": "external"}}
    return body


def _metadata(dataset: Dataset) -> dict[str, Any]:
    return {
        "resource_type": {"id": "dataset"},
        "title": dataset.title,
        "publication_date": dataset.date,
        "creators": [_agent(one) for one in dataset.creators],
        "contributors": [
            {**_agent(one), "role": {"id": (one.types or (OTHER,))[0].lower()}} for one in dataset.contributors
        ],
        "publisher": dataset.publisher.name if dataset.publisher else "",
        "description": _paragraphs(dataset.description),
        "subjects": [{"subject": one} for one in dataset.keywords],
        "version": dataset.version,
        "rights": [_rights(one) for one in dataset.licences],
        "identifiers": [{"identifier": dataset.identifier, "scheme": "other"}] if dataset.identifier else [],
        "related_identifiers": _related(dataset),
    }


def _agent(one: Agent) -> dict[str, Any]:
    """Give a creator; a name that is not in parts is written as it is, because a guess might split it wrongly."""
    if one.is_person:
        parts = {"given_name": one.given if one.family else "", "family_name": one.family or one.name}
        known = [{"scheme": "orcid", "identifier": one.orcid}] if one.orcid else []
        named = {"type": "personal", **filled(parts), "identifiers": known}
    else:
        known = [{"scheme": "ror", "identifier": one.ror.rpartition("/")[2]}] if one.ror else []
        named = {"type": "organizational", "name": one.name, "identifiers": known}
    affiliations = [{"name": one.affiliation}] if one.affiliation else []
    return filled({"person_or_org": filled(named), "affiliations": affiliations})


def _paragraphs(text: str) -> str:
    """Write a plain text as the HTML that Zenodo shows."""
    parts = (" ".join(part.split()) for part in text.split("\n\n"))
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in parts if part)


def _rights(licence: Licence) -> dict[str, Any]:
    if licence.spdx:
        return {"id": licence.spdx.lower()}
    return filled({"title": {"en": licence.name}, "link": licence.url})


def _related(dataset: Dataset) -> list[dict[str, Any]]:
    found = [(one.doi or one.url, "doi" if one.doi else "url", "isderivedfrom") for one in dataset.sources if one.url]
    if dataset.homepage:
        found.insert(0, (dataset.homepage, "url", "isdescribedby"))
    if dataset.concept_doi and not dataset.concept_doi.startswith(_OF_ZENODO):
        found.insert(0, (dataset.concept_doi, "doi", "isversionof"))
    return [
        {"identifier": value, "scheme": scheme, "relation_type": {"id": relation}}
        for value, scheme, relation in dict.fromkeys(found)
    ]

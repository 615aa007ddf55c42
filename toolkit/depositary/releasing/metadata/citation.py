"""CITATION.cff 1.2, which GitHub, Zenodo and reference managers read."""

import re
from typing import Any

import yaml

from depositary.releasing.metadata.agents import Agent
from depositary.releasing.metadata.dataset import Dataset
from depositary.releasing.metadata.identifiers import DOI, ORCID, encoded
from depositary.write.companions import WRITTEN

_DOI = re.compile(r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+")  # all that the schema of CFF takes


def citation(dataset: Dataset) -> str:
    """Give the text of CITATION.cff."""
    # Without width, long texts stay on one line, so that a changed word is a changed line and not a changed paragraph.
    return f"# {WRITTEN}\n" + yaml.safe_dump(_document(dataset), allow_unicode=True, sort_keys=False, width=2**20)


def _document(dataset: Dataset) -> dict[str, Any]:
    known = list(dict.fromkeys(one.spdx for one in dataset.licences if one.spdx))
    authors = [_author(one) for one in dataset.creators]  # two of other titles may be alike in all that CFF has
    other = [one.url for one in dataset.licences if not one.spdx and one.url]
    document = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below.",
        "type": "dataset",
        "title": dataset.title,
        "abstract": dataset.description,
        "authors": [one for number, one in enumerate(authors) if one not in authors[:number]],
        "version": dataset.version,
        "date-released": dataset.date,
        "doi": dataset.doi if _DOI.fullmatch(dataset.doi) else "",
        "identifiers": _identifiers(dataset),
        "url": dataset.homepage,
        "license": known[0] if len(known) == 1 else known,
        "license-url": other[0] if other else "",
        "keywords": list(dataset.keywords),
    }
    return {key: value for key, value in document.items() if value}


def _author(agent: Agent) -> dict[str, str]:
    named = {"family-names": agent.family, "given-names": agent.given}
    parts = {
        **(named if agent.given or agent.family else {"name": agent.name}),
        "affiliation": agent.affiliation if agent.given or agent.family else "",  # only persons may have one
        "orcid": ORCID + agent.orcid if agent.orcid else "",
        "website": agent.ror or (agent.url if not agent.orcid else ""),
    }
    return {key: value for key, value in parts.items() if value}


def _identifiers(dataset: Dataset) -> list[dict[str, str]]:
    listed = ((dataset.doi, "This version"), (dataset.concept_doi, "All versions together"))
    return [
        {"type": "doi", "value": doi, "description": what}
        if _DOI.fullmatch(doi)
        else {"type": "url", "value": encoded(DOI + doi), "description": what}
        for doi, what in listed
        if doi
    ]

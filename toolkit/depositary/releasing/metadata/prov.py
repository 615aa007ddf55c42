"""PROV of a release, as PROV-JSON: from which contributions its tables come, and whose these are.

An entity for each cell would be some twenty million statements for a million rows, which no program for PROV opens. So
this counts by table and contribution, and names the tables of the provenance, which have every row and cell.
"""

import re
from typing import Any
from urllib.parse import quote

from prov.identifier import Namespace, QualifiedName
from prov.model import ProvDocument, ProvEntity

from depositary.releasing.metadata.agents import Agent
from depositary.releasing.metadata.dataset import CitedSource, Dataset, DataTable
from depositary.releasing.metadata.identifiers import ORCID, encoded


def prov(dataset: Dataset) -> str:
    """Give the document as PROV-JSON."""
    account = _Account(dataset)
    account.add_release()
    account.add_tables()
    account.add_contributions()
    return f"{account.document.serialize(format='json', indent=2, ensure_ascii=False)}\n"


class _Account:
    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self.document = ProvDocument()
        # Names in the release are fragments of its address; without one, of the document's.
        base = f"{encoded(dataset.address)}#"
        spaces = {name: f"{base}{name}/" for name in ("author", "table", "contribution", "contributor", "source")}
        self._spaces: dict[str, Namespace] = {
            name: self.document.add_namespace(name, address)
            for name, address in {"about": base, "schema": "https://schema.org/", **spaces}.items()
        }
        self._tables: dict[str, ProvEntity] = {}

    def add_release(self) -> None:
        """Add the release as a whole, those to cite, and its sources."""
        dataset = self._dataset
        about = {"schema:version": dataset.version, "schema:datePublished": dataset.date}
        licences = [("schema:license", one.address) for one in dataset.licences]
        marked = [("prov:label", dataset.title), ("prov:type", self._prov("Collection")), *about.items(), *licences]
        self._release = self.document.entity(
            self._named("about", "release"), [(key, value) for key, value in marked if value]
        )
        for number, agent in enumerate(dataset.agents, 1):
            if agent in dataset.creators:
                self._release.wasAttributedTo(self._agent("author", str(number), agent))
        for number, source in enumerate(dataset.sources, 1):
            self._release.wasDerivedFrom(self._source(str(number), source))

    def add_tables(self) -> None:
        """Add the tables as members of the release."""
        for table in self._dataset.tables:
            self._tables[table.name] = self._table(table)
            self._release.hadMember(self._tables[table.name])

    def add_contributions(self) -> None:
        """Add the contributions, whose they are, and how much of each table comes from them."""
        people = {one.key: one for one in self._dataset.people}
        batches: dict[str, ProvEntity] = {}
        attributed = set[tuple[str, str]]()
        for origin in self._dataset.origins:
            if origin.batch not in batches:
                name = self._named("contribution", origin.batch)
                batches[origin.batch] = self.document.entity(name, [("prov:label", origin.batch)])
            batch = batches[origin.batch]
            if origin.contributor and (origin.batch, origin.contributor) not in attributed:
                attributed.add((origin.batch, origin.contributor))
                person = people.get(origin.contributor)
                agent = Agent(person.name if person else origin.contributor, orcid=person.orcid if person else "")
                batch.wasAttributedTo(self._agent("contributor", origin.contributor, agent))
            counts = {"about:rows": origin.rows, "about:cells": origin.cells}
            self.document.wasDerivedFrom(self._origin_of(origin.table), batch, other_attributes=counts)

    def _origin_of(self, table: str) -> ProvEntity:
        if table not in self._tables:  # it is in the provenance only: all its rows were deleted
            self._tables[table] = self.document.entity(self._named("table", table))
        return self._tables[table]

    def _table(self, table: DataTable) -> ProvEntity:
        stated: dict[str, Any] = {
            "prov:label": table.title,
            "schema:contentUrl": table.file.path,
            "schema:contentSize": str(table.file.bytes),
            "schema:sha256": table.file.sha256,
        }
        return self.document.entity(self._named("table", table.name), stated)

    def _agent(self, space: str, key: str, agent: Agent) -> QualifiedName:
        name = self._named(space, key)
        kinds = [("prov:type", self._prov("Person"))] if agent.is_person else []
        kinds += [("prov:type", self._prov("Organization"))] if agent.is_organisation else []
        same = [("schema:identifier", ORCID + agent.orcid if agent.orcid else agent.ror)]
        marked = [("prov:label", agent.name), *kinds, *same]
        if not self.document.get_record(name):
            self.document.agent(name, [(one, value) for one, value in marked if value])
        return name

    def _source(self, key: str, source: CitedSource) -> QualifiedName:
        name = self._named("source", key)
        marked = {"prov:label": source.title, "schema:url": source.url}
        self.document.entity(name, {one: value for one, value in marked.items() if value})
        return name

    def _named(self, space: str, text: str) -> QualifiedName:
        """Name something with the characters that names in PROV may have."""
        return self._spaces[space][re.sub(r"\.$", "%2E", quote(text, safe="", errors="replace").replace("~", "%7E"))]

    def _prov(self, name: str) -> QualifiedName:
        found = self.document.valid_qualified_name(f"prov:{name}")
        assert found is not None  # noqa: S101 (the prefix is built in)
        return found

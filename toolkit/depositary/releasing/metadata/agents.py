"""The people and bodies that a descriptor names as contributors."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from depositary.releasing.metadata.identifiers import ORCID, orcid_of, ror_of, text_of, url_of

_CREDITED = ("author", "creator")
# Who has no other role made it possible, but did not make it.
_NOT_MAKING = (
    "publisher", "funder", "sponsor", "distributor", "hostinginstitution", "rightsholder", "contact", "contactperson",
    "contactpoint",
)  # fmt: skip
# The contributor types of DataCite 4.5, and further words for them: of Data Package v1, of CRediT, of this project.
_TYPES = (
    "ContactPerson", "DataCollector", "DataCurator", "DataManager", "Distributor", "Editor", "HostingInstitution",
    "Producer", "ProjectLeader", "ProjectManager", "ProjectMember", "RegistrationAgency", "RegistrationAuthority",
    "RelatedPerson", "Researcher", "ResearchGroup", "RightsHolder", "Sponsor", "Supervisor", "WorkPackageLeader",
)  # fmt: skip
_TYPE_OF_ROLE = {one.lower(): one for one in _TYPES} | {
    "wrangler": "DataCurator", "datacuration": "DataCurator", "curator": "DataCurator",
    "coder": "DataCollector", "datacollection": "DataCollector",
    "maintainer": "DataManager", "funder": "Sponsor", "contact": "ContactPerson", "contactpoint": "ContactPerson",
    "projectadministration": "ProjectManager", "supervision": "Supervisor", "investigation": "Researcher",
}  # fmt: skip
OTHER = "Other"


@dataclass(frozen=True)
class Agent:
    """A contributor: `name` as it is written, `given` and `family` only if the descriptor has them apart.

    `orcid` is the bare iD, `ror` an address. A person is known by a name in parts or by an ORCID, an organisation by
    its entry in ROR; of all others it is not known which of the two they are.
    """

    name: str
    given: str = ""
    family: str = ""
    orcid: str = ""
    ror: str = ""
    affiliation: str = ""
    url: str = ""
    roles: tuple[str, ...] = ()

    @property
    def is_person(self) -> bool:
        """Return whether this is certainly a person."""
        return bool(self.given or self.family or self.orcid)

    @property
    def is_organisation(self) -> bool:
        """Return whether this is certainly an organisation."""
        return bool(self.ror) and not self.is_person

    @property
    def address(self) -> str:
        """Give the address that identifies the contributor, or else the one that the descriptor names, or nothing."""
        return (ORCID + self.orcid if self.orcid else "") or self.ror or self.url

    @property
    def types(self) -> tuple[str, ...]:
        """Give the roles, without those of authors and publishers, as contributor types of DataCite."""
        plain = [one for one in map(_plain, self.roles) if one not in (*_CREDITED, "publisher")]
        return tuple(dict.fromkeys(_TYPE_OF_ROLE.get(one, OTHER) for one in plain))

    def has_role(self, *roles: str) -> bool:
        """Return whether the contributor has one of some roles."""
        return any(_plain(one) in roles for one in self.roles)


def agents_of(descriptor: Mapping[str, Any], orcids: Mapping[str, str]) -> tuple[Agent, ...]:
    """Give the contributors who have a name, each once with all roles, in order.

    Args:
        descriptor: that of the package, with the `role` of version 1 or the `roles` of version 2.
        orcids: ORCID iDs by exact name, for contributors whose `path` is not one.
    """
    listed = descriptor.get("contributors")
    found: dict[Agent, tuple[str, ...]] = {}
    for agent in _agents(listed if isinstance(listed, list) else [], orcids):
        same = replace(agent, roles=())
        found[same] = tuple(dict.fromkeys((*found.get(same, ()), *agent.roles)))
    return tuple(replace(agent, roles=roles) for agent, roles in found.items())


def creators_of(agents: Iterable[Agent]) -> tuple[Agent, ...]:
    """Give those to cite: the authors; without any, all who made the data; without any, all."""
    everybody = tuple(agents)
    authors = tuple(one for one in everybody if one.has_role(*_CREDITED))
    makers = tuple(one for one in everybody if not one.roles or any(_plain(r) not in _NOT_MAKING for r in one.roles))
    return authors or makers or everybody


def _agents(listed: list[Any], orcids: Mapping[str, str]) -> Iterator[Agent]:
    for one in listed:
        if not isinstance(one, Mapping):
            continue
        title, given, family, body = (
            text_of(one.get(key)) for key in ("title", "givenName", "familyName", "organization")
        )
        name = title or " ".join(filter(None, (given, family))) or body
        if name:
            path = one.get("path")
            yield Agent(
                name=" ".join(name.split()),
                given=given,
                family=family,
                orcid=orcid_of(path) or orcids.get(title, ""),
                ror=ror_of(path),
                affiliation="" if name == body else body,
                url=url_of(path),
                roles=_roles(one),
            )


def _roles(contributor: Mapping[str, Any]) -> tuple[str, ...]:
    listed = contributor.get("roles") or contributor.get("role") or []
    return tuple(filter(None, map(text_of, listed if isinstance(listed, list) else [listed])))


def _plain(role: str) -> str:
    """Compare roles without case, spaces and hyphens."""
    return re.sub(r"[\W_]+", "", role).lower()

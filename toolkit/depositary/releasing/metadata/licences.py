"""Licences: those of data with their identifier at SPDX and their address, all others as they are written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from depositary.releasing.metadata.identifiers import text_of, url_of

SPDX = "https://spdx.org/licenses/"
_CREATIVE = "https://creativecommons.org"
_COMMONS = "https://opendatacommons.org/licenses"
# The identifier of SPDX, and the address where the licence itself is. All are in the schema of CITATION.cff 1.2 and in
# Zenodo's list. The Open Definition, whose names Data Packages use, writes some of them in another way (`_OTHER`).
KNOWN: Mapping[str, str] = {
    "CC0-1.0": f"{_CREATIVE}/publicdomain/zero/1.0/",
    **{
        f"CC-{kind.upper()}-{version}": f"{_CREATIVE}/licenses/{kind}/{version}/"
        for kind in ("by", "by-sa", "by-nc", "by-nc-sa", "by-nd", "by-nc-nd")
        for version in ("2.0", "2.5", "3.0", "4.0")
    },
    "ODC-By-1.0": f"{_COMMONS}/by/1-0/",
    "ODbL-1.0": f"{_COMMONS}/odbl/1-0/",
    "PDDL-1.0": f"{_COMMONS}/pddl/1-0/",
    "OGL-UK-1.0": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/1/",
    "OGL-UK-2.0": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/2/",
    "OGL-UK-3.0": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    "MIT": "https://opensource.org/licenses/MIT",
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    **{
        name: f"{SPDX}{name}.html"
        for name in (
            "0BSD",
            "AGPL-3.0-only",
            "AGPL-3.0-or-later",
            "BSD-2-Clause",
            "BSD-3-Clause",
            "C-UDA-1.0",
            "CC-PDDC",
            "CDLA-Permissive-1.0",
            "CDLA-Sharing-1.0",
            "EUPL-1.1",
            "EUPL-1.2",
            "GFDL-1.3-only",
            "GPL-2.0-only",
            "GPL-2.0-or-later",
            "GPL-3.0-only",
            "GPL-3.0-or-later",
            "ISC",
            "LGPL-3.0-only",
            "LGPL-3.0-or-later",
            "MPL-2.0",
            "NLOD-1.0",
            "O-UDA-1.0",
            "OGL-Canada-2.0",
            "Unlicense",
            "etalab-2.0",
        )
    },
}
_OTHER = {"odc-pddl-1.0": "PDDL-1.0", "odc-odbl-1.0": "ODbL-1.0", "cc-zero": "CC0-1.0", "cc-zero-1.0": "CC0-1.0"}
_BY_NAME = {name.lower(): name for name in KNOWN} | _OTHER
_LAST_PARTS = re.compile(r"(?:/(?:legalcode|deed)(?:\.[a-z_-]+)?)?/*$")


@dataclass(frozen=True)
class Licence:
    """A licence as far as it is known: `spdx` is its identifier there, empty for others; `url` may be empty too."""

    name: str
    url: str = ""
    spdx: str = ""

    @property
    def address(self) -> str:
        """Give the address, or else the name."""
        return self.url or self.name


def licences_of(descriptor: Mapping[str, Any]) -> tuple[Licence, ...]:
    """Give the licences of a package or of a resource, each once, in order."""
    listed = descriptor.get("licenses")
    found: dict[object, Licence] = {}
    for one in _licences(listed if isinstance(listed, list) else []):
        found.setdefault(one.spdx or one, one)  # a licence may be there under two titles
    return tuple(found.values())


def _licences(listed: list[Any]) -> Iterator[Licence]:
    for one in listed:
        if isinstance(one, Mapping):
            name, title, url = text_of(one.get("name")), text_of(one.get("title")), url_of(one.get("path"))
            spdx = _BY_NAME.get(name.lower(), "") or _by_address(url)
            if name or title or url:
                yield Licence(title or spdx or name or url, url or KNOWN.get(spdx, ""), spdx)


def _by_address(url: str) -> str:
    return _BY_ADDRESS.get(_bare(url), "") if url else ""


def _bare(url: str) -> str:
    return _LAST_PARTS.sub("", url.lower().partition("://")[2].removeprefix("www."))


_BY_ADDRESS = {_bare(url): name for name, url in KNOWN.items()}

"""The scripts and styles of the site, under names that change with their content."""

import hashlib
import json
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

_DIGITS = 12
_ASSETS = (
    ("icon.svg", "icon.svg"),
    ("site.css", "site.css"),
    ("site.js", "site.js"),
    ("table.js", "table.js"),
    ("hyparquet.js", "vendor/hyparquet.js"),
    ("minisearch.js", "vendor/minisearch.js"),
)
_LICENCES = ("hyparquet.LICENSE.txt", "minisearch.LICENSE.txt")


@dataclass
class Assets:
    """Files beside the pages, by the names that pages know them by."""

    folder: Path
    addresses: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, data: bytes, place: str = "assets") -> str:
        """Write a file, and give its address, which has part of its hash."""
        stem, dot, ending = name.rpartition(".")
        address = f"{place}/{stem}.{hashlib.sha256(data).hexdigest()[:_DIGITS]}{dot}{ending}"
        file = self.folder / address
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        self.addresses[name] = address
        return address


def shared_assets(folder: Path) -> Assets:
    """Write the files that all sites have, with the licences of what was not made here."""
    assets, source = Assets(folder), files("depositary.site").joinpath("assets")
    for name, place in _ASSETS:
        assets.put(name, source.joinpath(place).read_bytes())
    for name in _LICENCES:
        (folder / "assets" / name).write_bytes(source.joinpath("vendor", name).read_bytes())
    return assets


def call(function: str, *values: Any) -> bytes:  # noqa: ANN401 (documents)
    """Write a script that gives values to a function of the page; a page in a folder can read nothing else."""
    texts = ",".join(json.dumps(one, ensure_ascii=True, separators=(",", ":")) for one in values)
    return f"depositary.{function}({texts});\n".encode()

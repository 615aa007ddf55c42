"""A small release as `depositary release` lays it out, for tests of what is done with one."""

import hashlib
import json
from pathlib import Path

from depositary.releasing.archive import write_archive
from depositary.releasing.sums import write_sums

NAME = "made-facts"


def make_release(
    dist: Path, version: str = "1.0.0", row: str = "e1,2024", paths: tuple[str, ...] = ("data/events.csv",)
) -> Path:
    """Write the folder and the archive of a release into a folder; give the folder of the release."""
    label = f"{NAME}-{version}"
    fields = [{"name": "event_id", "type": "string"}, {"name": "held", "type": "string"}]
    events = f"event_id,held\n{row}\n"
    document = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": NAME,
        "title": "Made facts",
        "description": "Facts that were made up.",
        "version": version,
        "created": "2026-11-22T00:00:00Z",
        "licenses": [{"name": "CC-BY-4.0"}],
        "contributors": [{"title": "Ann Author", "roles": ["editor"]}],
        "resources": [
            {
                "name": path.removesuffix(".csv").replace("/", "-").removeprefix("data-"),
                "type": "table",
                "path": path,
                "bytes": len(events.encode()),
                "hash": f"sha256:{hashlib.sha256(events.encode()).hexdigest()}",
                "schema": {"fields": fields, "primaryKey": ["event_id"]},
            }
            for path in paths
        ],
    }
    folder = dist / label
    files = {
        "datapackage.json": json.dumps(document, indent=2) + "\n",
        **dict.fromkeys(paths, events),
        "README.md": "# Made facts\n",
        "CHANGELOG.md": f"# {version}\n\n1 row was added.\n",
    }
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    write_sums(folder)
    with (dist / f"{label}.zip").open("wb") as stream:
        write_archive(folder, label, stream)
    return folder

"""Bundle the JavaScript libraries of `depositary site` as classic scripts: `python scripts/vendor.py`.

Pages that are opened from a folder can load neither modules nor data by fetch, so each library becomes one script with
one global name. Versions and checksums are pinned by scripts/vendor/package-lock.json; npm refuses anything else.
"""

import hashlib
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "vendor"
OUTPUT = HERE.parents[1] / "toolkit" / "depositary" / "site" / "assets" / "vendor"


@dataclass(frozen=True)
class Library:
    """A library to bundle: its name in npm, the global name, and what is taken from it."""

    name: str
    global_name: str
    entry: str
    licence: str


LIBRARIES = (
    Library(
        "hyparquet",
        "hyparquet",
        "export { cachedAsyncBuffer, parquetMetadataAsync, parquetRead, parquetReadObjects, rowIndex }"
        ' from "hyparquet";',
        "LICENSE",
    ),
    Library("minisearch", "minisearch", 'export { default as MiniSearch } from "minisearch";', "LICENSE.txt"),
)


def main() -> None:
    """Install the pinned libraries, and write the bundles, their licences and the list of what they are."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        raise SystemExit("npm and node are needed to bundle the libraries.")
    subprocess.run([npm, "ci", "--ignore-scripts"], cwd=HERE, check=True)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    locked = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    listed = [_bundled(library, locked[f"node_modules/{library.name}"]) for library in LIBRARIES]
    (OUTPUT / "vendored.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


def _bundled(library: Library, locked: dict[str, str]) -> dict[str, str]:
    file = OUTPUT / f"{library.name}.js"
    licence = (HERE / "node_modules" / library.name / library.licence).read_text(encoding="utf-8")
    banner = f"/*! {library.name} {locked['version']}, {locked['license']}: see {library.name}.LICENSE.txt */"
    command = [
        str(HERE / "node_modules" / ".bin" / "esbuild"),
        "--bundle",
        "--minify",
        "--format=iife",
        "--target=es2020",
        "--charset=ascii",
        "--legal-comments=none",
        f"--global-name={library.global_name}",
        f"--banner:js={banner}",
        f"--outfile={file}",
    ]
    subprocess.run(command, cwd=HERE, input=library.entry.encode(), check=True)
    (OUTPUT / f"{library.name}.LICENSE.txt").write_text(licence, encoding="utf-8")
    return {
        "name": library.name,
        "version": locked["version"],
        "integrity": locked["integrity"],
        "license": locked["license"],
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }


if __name__ == "__main__":
    main()

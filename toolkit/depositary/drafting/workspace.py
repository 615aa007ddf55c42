"""Write a new workspace: a package without facts, and what a repository for contributions to it needs."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyascii import anyascii

from depositary.errors import UsageError
from depositary.model.package import TO_WRITE
from depositary.model.table import Table
from depositary.read.package import DESCRIPTOR
from depositary.read.paths import given
from depositary.read.shipped import schemas, shipped_descriptor
from depositary.read.workspace import WORKSPACE
from depositary.write.atomic import write_bytes
from depositary.write.csv import to_csv

_PACKAGE = "datapackage"
_OF_OURS = ("created", "contributors", "keywords")  # what is true of our own package only
_ASKS = re.compile(r"\bWITH asked\b")  # a question about certain rows of our package
_TITLE = f"{TO_WRITE}a title that says which facts these are"
_VERSION = "0.1.0"
_WORKFLOW = """\
# Checks the package and all contributions, and shows what a merge would do.
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
      - name: Install
        run: python -m pip install --quiet "depositary[excel]"
      - name: Check
        shell: bash
        run: |
          code=0
          depositary validate --format github || code=$?
          depositary validate --format markdown >> "$GITHUB_STEP_SUMMARY" || true
          exit "$code"
      - name: Plan of the merge
        shell: bash
        run: |
          code=0
          depositary merge --plan --format markdown >> "$GITHUB_STEP_SUMMARY" || code=$?
          if [ "$code" -gt 1 ]; then exit "$code"; fi  # 1: there are open conflicts, which a curator decides
"""
_HOOKS = r"""# Checks before each commit: pip install pre-commit, then pre-commit install
repos:
  - repo: local
    hooks:
      - id: depositary-validate
        name: depositary validate
        entry: depositary validate
        language: python
        additional_dependencies: ["depositary[excel]"]
        pass_filenames: false
        files: (^|/)(depositary\.toml|.*\.(csv|tsv|txt|parquet|gz|zip|xlsx|xlsm|ods|json|yaml|toml))$
"""
_README = """\
# {title}

- `datapackage/`: the package. It has tables and code lists, and no facts yet.
- `contributions/`: a folder for each contributor, and in it a folder for each contribution.
- `decisions/`: what was decided where contributions contradict each other; it is made with the first decision.
- `bases/`: earlier versions of the package.
- `depositary.toml`: names these folders, so that commands need no paths.

```
depositary new contribution contributions/mira/first --by ctr-mira --name "Mira Example" --for meeting
depositary validate
depositary merge
depositary adopt
```

`merge` writes the folder `merged`: the package and all contributions. Look at it. Then `depositary adopt` makes it the
package, on which the next contributions are based, and keeps the package before in `bases/`. Contributions that were
merged stay where they are: they are not applied again, and `depositary status` lists them as merged.

Before a release, write `title` and `contributors` in `datapackage/datapackage.json`: `depositary release` refuses a
package without them.

`depositary describe` shows the tables, columns and codes. Change the schemas in `datapackage/datapackage.json`.
"""
_CONTRIBUTIONS = """\
# Contributions

`depositary new contribution contributions/NAME/BATCH --by ctr-NAME` writes the folder of a contribution.
"""
_BASES = """\
# Earlier versions of the package

`depositary adopt` puts a copy of the package here before the merged package replaces it. Contributions that were made
to it are compared with it.
"""
_NAMED = """\
package = "datapackage"
contributions = "contributions"
decisions = "decisions"
bases = "bases"
output = "merged"
"""


@dataclass(frozen=True)
class DraftedWorkspace:
    """A new workspace, and the files that were written."""

    folder: Path
    files: tuple[str, ...]

    def summary(self) -> str:
        """Write what is there, and what to do next."""
        shown = self.folder.as_posix()
        other = [file for file in self.files if not file.startswith(f"{_PACKAGE}/")]
        return (
            f"{shown} is a workspace: an empty package in {_PACKAGE}, and {', '.join(other)}.\n"
            f"To check it: {'' if shown == '.' else f'cd {shown} && '}depositary validate\n"
            "To contribute: depositary new contribution contributions/mira/first --by ctr-mira --name 'Mira Example'\n"
            f"Before a release: write `title` and `contributors` in {_PACKAGE}/{DESCRIPTOR}"
        )


def draft_workspace(folder: Path) -> DraftedWorkspace:
    """Write a workspace with the tables and code lists of trade-policy facts, which is valid as it is.

    Args:
        folder: a folder; it may have files, such as those of a repository, but none that are to be written.

    Raises:
        UsageError: a file is there already, or cannot be written.
    """
    name = given(folder).resolve().name
    files = dict(_files(name))
    _require_free(folder, files)
    try:
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            write_bytes(folder / path, content)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror or error}.") from error
    return DraftedWorkspace(folder, tuple(files))


def _require_free(folder: Path, files: Mapping[str, bytes]) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file. Name a folder.")
    there = [path for path in files if (folder / path).exists() or (folder / path).is_symlink()]
    if there:
        raise UsageError(f"{folder}: {there[0]} is there already. Name a folder without it.")


def _files(name: str) -> Iterator[tuple[str, bytes]]:
    """Give the content of each file by its path; the file that makes the folder a workspace is the last."""
    descriptor = _descriptor(name)
    yield "README.md", _README.format(title=name).encode()
    yield ".gitignore", b"merged/\n"
    yield ".gitattributes", b"* text=auto eol=lf\n*.xlsx binary\n"
    yield ".pre-commit-config.yaml", _HOOKS.encode()
    yield ".github/workflows/contributions.yml", _WORKFLOW.encode()
    yield "contributions/README.md", _CONTRIBUTIONS.encode()
    yield "bases/README.md", _BASES.encode()
    for path in (*descriptor["rules"], *descriptor["questions"]):
        yield f"{_PACKAGE}/{path}", (schemas() / path).read_bytes()
    for resource in descriptor["resources"]:
        yield f"{_PACKAGE}/{resource['path']}", _rows(resource)
    yield f"{_PACKAGE}/{DESCRIPTOR}", (json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n").encode()
    yield WORKSPACE, _NAMED.encode()


def _descriptor(name: str) -> dict[str, Any]:
    """Describe an empty package with a name of its own."""
    ours = {key: value for key, value in shipped_descriptor().items() if key not in _OF_OURS}
    ours["questions"] = [path for path in ours["questions"] if not _ASKS.search((schemas() / path).read_text("utf-8"))]
    spelt = re.sub(r"[^a-z0-9]+", "-", anyascii(name).lower()).strip("-")
    return {**ours, "name": spelt or "trade-policy", "title": _TITLE, "version": _VERSION}


def _rows(resource: Mapping[str, Any]) -> bytes:
    """Give the rows of a code list; of a table of facts, only its header."""
    known = schemas() / "codelists" / f"{resource['name']}.csv"
    table = Table.from_descriptor(resource["name"], resource["schema"])
    return known.read_bytes() if known.is_file() else to_csv(table.field_names, ()).encode()

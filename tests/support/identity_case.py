"""A workspace with the published package and contributions to it, for tests of identity."""

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from conftest import ROOT

from depositary.check.documents.descriptor import sound_package
from depositary.identity.places import Opened, Places, opened

MANIFEST = """\
contributor = "{who}"
mode = "patch"
role = "coder"
license = "CC-BY-4.0"

[base]
package = "depositary-trade-policy"
version = "{version}"
"""
WORKSPACE = 'package = "datapackage"\ncontributions = ["contributions"]\ndecisions = "decisions"\n'
PEOPLE = ("ctr-ann", "ctr-bob", "ctr-zoe")

Tables = Mapping[str, Sequence[Mapping[str, str]]]


def workspace(folder: Path, contributions: Mapping[str, Tables] | None = None) -> Path:
    """Write a workspace; contributions are named contributor/batch and have rows by table."""
    shutil.copytree(ROOT / "datapackage", folder / "datapackage")
    people = folder / "datapackage" / "data" / "contributors.csv"
    with people.open("a", encoding="utf-8") as file:
        file.writelines(f"{who},{who.removeprefix('ctr-').title()},,,coder\n" for who in PEOPLE)
    (folder / "depositary.toml").write_text(WORKSPACE, encoding="utf-8")
    (folder / "contributions").mkdir()
    for name, tables in (contributions or {}).items():
        contribute(folder, name, tables)
    return folder


def contribute(folder: Path, name: str, tables: Tables) -> Path:
    """Add a contribution."""
    batch = folder / "contributions" / name
    batch.mkdir(parents=True)
    version = sound_package(folder / "datapackage").version
    who = f"ctr-{name.split('/', maxsplit=1)[0]}"
    (batch / "contribution.toml").write_text(MANIFEST.format(who=who, version=version), encoding="utf-8")
    for table, rows in tables.items():
        (batch / f"{table}.csv").write_text(as_csv(rows), encoding="utf-8")
    return batch


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """Write rows with all columns that one of them has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def actor(slug: str, name: str, kind: str = "company", **more: str) -> dict[str, str]:
    """Write the row of an actor."""
    return {"actor_id": f"local:{slug}", "kind": kind, "name": name, **more}


def work_of(who: str) -> dict[str, str]:
    """Write what each row says about the work on it."""
    work = {"contributor_id": who, "recorded_on": "2026-11-20", "record_status": "draft"}
    return {"source_id": "src-chip-talks-article", **work}


def places(folder: Path) -> Places:
    """Give the places of a workspace."""
    batches = sorted(path.parent for path in folder.glob("contributions/*/*/contribution.toml"))
    return Places(folder / "datapackage", tuple(batches), folder / "decisions")


def pairs(folder: Path, table: str, least: float = 0.8) -> dict[tuple[str, str], float]:
    """Give the suggested pairs of a table, by the ids without what makes them unique, with their scores."""
    with opened(places(folder)) as there:
        found = there.matching([table], least).suggestions
    return {(_plain(one.left), _plain(one.right)): one.score for one in found}


def _plain(id_: str) -> str:
    return id_.rsplit("-", 1)[0] if len(id_.rsplit("-", 1)[-1]) == 8 else id_


def batches_of(there: Opened) -> tuple[str, ...]:
    """Name the contributions."""
    return tuple(batch.name for batch in there.batches)

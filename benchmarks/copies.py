"""Make a large package of facts about events: the rows of the published package, copied many times under other ids.

Each copy has ids of its own, such as `stm-anon-all-industries-000042`, so it is consistent in itself. Actors, sources,
trade flows, contributors and code lists are not copied: all copies share them.
Run: python benchmarks/copies.py COPIES FOLDER
"""

import argparse
import csv
import io
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent.parent / "datapackage"
_ONCE = ("contributors", "sources", "source_derivations", "actors", "actor_members", "tenures", "trade_flows")
_PLACE = "\0"  # of the number of the copy


def main() -> None:
    """Write the package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("copies", type=int)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    shutil.copytree(_PACKAGE, given.folder)
    described = json.loads((given.folder / "datapackage.json").read_text(encoding="utf-8"))
    tables = {one["name"]: one for one in described["resources"] if _is_copied(one)}
    ids = re.compile("|".join(sorted(map(re.escape, _ids(given.folder, tables)), key=len, reverse=True)))
    for table in tables.values():
        file = given.folder / table["path"]
        file.write_text("".join(_copied(file, ids, given.copies)), encoding="utf-8", newline="")


def _is_copied(resource: Mapping[str, Any]) -> bool:
    return resource["name"] not in _ONCE and "codelists" not in resource["path"]


def _ids(folder: Path, tables: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Give the values of the primary keys of one column."""
    for table in tables.values():
        key = table["schema"]["primaryKey"]
        if len(key) == 1:
            with (folder / table["path"]).open(encoding="utf-8", newline="") as stream:
                yield from (row[key[0]] for row in csv.DictReader(stream))


def _copied(file: Path, ids: re.Pattern[str], copies: int) -> Iterator[str]:
    """Give the rows of a file again and again."""
    with file.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
        stream.seek(0)
        yield stream.readline()
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow([ids.sub(_numbered, cell) for cell in row.values()])
    copied = out.getvalue()
    for number in range(copies):
        yield copied.replace(_PLACE, f"-{number:06}")


def _numbered(found: re.Match[str]) -> str:
    return found[0] + _PLACE


if __name__ == "__main__":
    main()

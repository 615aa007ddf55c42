"""A release, written by hand, that has everything which its descriptions in other standards may have."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from depositary.write.csv import to_csv

KEYED = {
    "columns": {
        "thing_id": {"type": "string", "constraints": {"required": True}},
        "part_of": {"type": "string", "description": "The thing of which this is a part."},
        "country": {"type": "string", "constraints": {"required": True}},
        "code": {"type": "string"},
        "count": {"type": "integer"},
        "weight": {"type": "number"},
        "open": {"type": "boolean"},
        "seen": {"type": "date"},
        "held": {"type": "string", "rdfType": "http://id.loc.gov/datatypes/edtf/EDTF"},
        "at": {"type": "datetime"},
        "hour": {"type": "time"},
        "year": {"type": "year"},
        "month": {"type": "yearmonth"},
        "lasts": {"type": "duration"},
        "names": {"type": "list"},
        "place": {"type": "geopoint"},
        "more": {"type": "object"},
        "any-thing": {"type": "any"},
        "area": {"type": "geojson"},
        "parts": {"type": "array"},
    },
    "rows": [
        (
            *(
                "t-1",
                "",
                "NA",
                "01",
                "9007199254740993",
                "0.1",
                "true",
                "1500-01-01",
                "2023-05~/..",
                "2023-05-26T08:00:00Z",
            ),
            *("08:30:00", "2023", "2023-05", "P1DT2H", "a,b", "90.5, 45.5", '{"a": 1}', "x", "", "[1, 2]"),
        ),
        ("t-2", "t-1", "KR", "0101", *[""] * 16),
        ('t 3\n"ü"', "t-1", "NA", "null", "-5", "-12", "false", "2026-11-22", *[""] * 12),
    ],
}
COUNTRIES = [("NA", "Namibia"), ("KR", "South Korea")]
PAIRS = [("t-1", "t-2", "x"), ("t-1", "t-1", "")]
LOOSE = [("01/02/2023", "1.000,5", "yes"), ("03/02/2023", "", "no")]
ANA = {"givenName": "Ana", "familyName": "da Silva", "title": "Ana da Silva", "roles": ["author", "data-curation"]}
ABOUT: Mapping[str, Any] = {
    "name": "things",
    "title": "Things & their <parts>",
    "description": "What there is.\n\nAnd “what” is not: 1 < 2 & 日本.",
    "version": "1.2.0",
    "created": "2026-11-22T00:00:00Z",
    "id": "https://doi.org/10.1234/things.v1",
    "conceptDoi": "10.1234/things",
    "homepage": "https://example.org/things",
    "keywords": ["things", "parts: all", "things"],
    "licenses": [{"name": "cc-by-4.0", "title": "Attribution", "path": "https://creativecommons.org/licenses/by/4.0/"}],
    "contributors": [
        {**ANA, "path": "https://orcid.org/0000-0002-1825-0097", "organization": "University of Somewhere"},
        {"title": "Li Wei", "role": "author"},
        {"title": "Institute", "roles": ["publisher", "funder"], "path": "https://ror.org/03yrm5c26"},
        {"title": "The team", "roles": ["editor", "something else"]},
    ],
    "sources": [
        {"title": "A paper", "path": "https://doi.org/10.5555/paper"},
        {"title": "A page", "path": "https://example.org/a page?q=ü"},
        {"title": "Talk"},
    ],
}
LI, ANA_ID = "0000-0001-5109-3700", "0000-0002-1825-0097"
PEOPLE = [("ctr-li", "Li Wei", LI), ("ctr-x", "The team ", ""), ("ctr-y", "Ana da Silva", "")]


def described_release(folder: Path, about: Mapping[str, Any] | None = None) -> Path:
    """Write a release without descriptions; `about` replaces properties of its descriptor, None removes them."""
    schemas = {
        "things": _schema(
            KEYED["columns"],
            primaryKey=["thing_id"],
            foreignKeys=[_key(["part_of"], "", ["thing_id"]), _key(["country"], "countries", ["code"])],
        ),
        "countries": _schema({"code": {"type": "string"}, "label": {"type": "string"}}, primaryKey="code"),
        "pairs": _schema(
            {name: {"type": "string"} for name in ("one", "two", "note")},
            primaryKey=["one", "two"],
            foreignKeys=[_key(["one"], "things", ["thing_id"]), _key(["note", "two"], "pairs", ["note", "two"])],
        ),
        "loose": _schema(
            {
                "day": {"type": "date", "format": "%d/%m/%Y"},
                "amount": {"type": "number", "decimalChar": ",", "groupChar": "."},
                "sure": {"type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]},
            }
        ),
        "contributors": _schema({name: {"type": "string"} for name in ("contributor_id", "name", "orcid")}),
    }
    rows = {"things": KEYED["rows"], "countries": COUNTRIES, "pairs": PAIRS, "loose": LOOSE, "contributors": PEOPLE}
    paths = {name: f"data/{'lists/' if name == 'countries' else ''}{name}.csv" for name in schemas}
    for name, schema in schemas.items():
        write(folder / paths[name], to_csv([one["name"] for one in schema["fields"]], rows[name]))
    write(folder / "README.md", "Things\n")
    write(folder / "rules" / "things & more.yaml", "[]\n")
    resources = [
        {"name": name, "path": paths[name], "format": "csv", "mediatype": "text/csv", "schema": schema}
        for name, schema in schemas.items()
    ]
    document = {**ABOUT, "resources": resources, **(about or {})}
    kept = {key: value for key, value in document.items() if value is not None}
    write(folder / "datapackage.json", json.dumps(kept, ensure_ascii=True))
    return folder


def write(file: Path, text: str) -> None:
    """Write a file and the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())


def _schema(columns: Mapping[str, Mapping[str, Any]], **more: object) -> dict[str, Any]:
    return {"fields": [{"name": name, **one} for name, one in columns.items()], **more}


def _key(fields: Sequence[str], resource: str, its: Sequence[str]) -> dict[str, Any]:
    reference = {"fields": list(its), **({"resource": resource} if resource else {})}
    return {"fields": list(fields), "reference": reference}

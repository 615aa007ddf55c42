"""Write the code lists that follow ISO: jurisdictions and currencies.

ISO 3166-1 and ISO 4217 facts come from pycountry. What ISO does not hold (codes of
other schemes, areas that have no ISO entry) is kept by hand in the crosswalk file.
Run without arguments to rewrite both lists; run with --check to learn whether the
lists on disk are what this script would write.
"""

import argparse
import csv
import io
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeAlias

import pycountry

Row: TypeAlias = dict[str, str]

ROOT: Final = Path(__file__).resolve().parent.parent
CROSSWALK: Final = ROOT / "schemas" / "crosswalks" / "jurisdictions.csv"
CODELISTS: Final = ROOT / "schemas" / "codelists"

COMMON: Final = ("code", "label", "definition", "status", "list_version")
CARRIED_OVER: Final = (
    "comtrade_code",
    "gta_code",
    "wikidata_qid",
    "can_report",
    "can_implement",
)
JURISDICTION_COLUMNS: Final = (*COMMON, "common_name", "iso2", "iso_numeric", *CARRIED_OVER)
CURRENCY_COLUMNS: Final = (*COMMON, "numeric_code")

# Every area without an ISO entry is on Comtrade's list of partner areas.
ADDED_VERSION: Final = "UN Comtrade partner areas, 2026"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the lists, or with --check compare them; return the exit code."""
    parser = argparse.ArgumentParser(description="Refresh the code lists that follow ISO.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 and name stale lists")
    check: bool = parser.parse_args(arguments).check
    wanted = expected_files()
    stale = [path for path, content in wanted.items() if not holds(path, content)]
    for path in stale:
        if not check:
            path.write_bytes(wanted[path])
        verb = "stale: run scripts/refresh_codelists.py" if check else "written"
        print(f"{path.relative_to(ROOT).as_posix()}: {verb}")
    return int(check and bool(stale))


def expected_files() -> dict[Path, bytes]:
    """Return the full content of each list, by path."""
    areas = jurisdictions(read_crosswalk(CROSSWALK))
    currencies = map(currency, pycountry.currencies)
    return {
        CODELISTS / "jurisdictions.csv": rendered(JURISDICTION_COLUMNS, areas),
        CODELISTS / "currencies.csv": rendered(CURRENCY_COLUMNS, currencies),
    }


def read_crosswalk(path: Path) -> dict[str, Row]:
    """Read the hand-kept crosswalk, keyed by jurisdiction code."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, strict=True))
    crosswalk = {row["code"]: row for row in rows}
    if len(crosswalk) != len(rows):
        raise ValueError(f"{path.name}: a code is on two rows; remove one of them")
    return crosswalk


def jurisdictions(crosswalk: dict[str, Row]) -> list[Row]:
    """Return one row for each ISO entry and each added area."""
    iso = {country.alpha_3: country for country in pycountry.countries}
    require_agreement(set(iso), crosswalk)
    return [
        iso_jurisdiction(iso[code], extra) if code in iso else added_jurisdiction(extra)
        for code, extra in crosswalk.items()
    ]


def require_agreement(iso: set[str], crosswalk: dict[str, Row]) -> None:
    """Raise ValueError unless the crosswalk has all ISO codes and describes all others."""
    if missing := sorted(iso - crosswalk.keys()):
        raise ValueError(f"{CROSSWALK.name}: add a row for the ISO codes {', '.join(missing)}")
    added = sorted(crosswalk.keys() - iso)
    if unnamed := [code for code in added if not described(crosswalk[code])]:
        codes = ", ".join(unnamed)
        raise ValueError(f"{CROSSWALK.name}: not ISO codes, give them a label and a definition: {codes}")


def described(extra: Row) -> bool:
    """Say whether a crosswalk row has what an area without an ISO entry needs."""
    return bool(extra["label"] and extra["definition"])


# pycountry builds its records at run time, so their attributes have no static types.
def iso_jurisdiction(country: Any, extra: Row) -> Row:  # noqa: ANN401
    """Return the row of an ISO 3166-1 entry."""
    return {
        "code": country.alpha_3,
        "label": country.name,
        "definition": sentence("ISO 3166-1", country.name),
        "status": "active",
        "list_version": f"ISO 3166-1, pycountry {version('pycountry')}",
        "common_name": getattr(country, "common_name", ""),
        "iso2": country.alpha_2,
        "iso_numeric": country.numeric,
        **{column: extra[column] for column in CARRIED_OVER},
    }


def added_jurisdiction(extra: Row) -> Row:
    """Return the row of an area that has no ISO 3166-1 entry."""
    return {
        "code": extra["code"],
        "label": extra["label"],
        "definition": extra["definition"],
        "status": "active",
        "list_version": ADDED_VERSION,
        "common_name": "",
        "iso2": extra["iso2"],
        "iso_numeric": "",
        **{column: extra[column] for column in CARRIED_OVER},
    }


def currency(entry: Any) -> Row:  # noqa: ANN401
    """Return the row of an ISO 4217 entry."""
    return {
        "code": entry.alpha_3,
        "label": entry.name,
        "definition": sentence("ISO 4217", entry.name),
        "status": "active",
        "list_version": f"ISO 4217, pycountry {version('pycountry')}",
        "numeric_code": entry.numeric,
    }


def sentence(standard: str, name: str) -> str:
    """Return a plain definition that ends in exactly one full stop."""
    return f"{standard} entry {name.removesuffix('.')}."


def rendered(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Return rows as UTF-8 CSV with LF line ends, sorted by code."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: row["code"]))
    return stream.getvalue().encode("utf-8")


def holds(path: Path, content: bytes) -> bool:
    """Say whether the file exists with exactly this content."""
    return path.is_file() and path.read_bytes() == content


if __name__ == "__main__":
    sys.exit(main())

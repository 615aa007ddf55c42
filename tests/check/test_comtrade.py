"""A download of UN Comtrade from its file to the merged package: a short manifest, ids that stay, hints on codes."""

import csv
import io
import re
from itertools import product
from pathlib import Path

import pytest
from conftest import ROOT

import depositary
from depositary.merging.merge import merge

PACKAGE = ROOT / "datapackage"
CODES = PACKAGE / "data" / "codelists" / "jurisdictions.csv"
HEADER = "freqCode,period,reporterCode,flowCode,partnerCode,cmdCode,primaryValue,netWgt\n"
MANIFEST = """contributor = "ctr-hana"
mode = "patch"
role = "coder"
license = "CC-BY-4.0"
base = { package = "depositary-trade-policy", version = "0.1.0" }
[[files]]
path = "comtrade.csv"
profile = "un-comtrade"
constants = { classification = "H6", source_id = "SOURCE", contributor_id = "ctr-hana", retrieved_on = "2026-11-20", \
recorded_on = "2026-11-20" }
"""
MAPPED = """table = "trade_flows"
columns = { partnerCode = "partner" }
ignore = ["freqCode", "reporterCode", "flowCode", "cmdCode", "primaryValue", "netWgt"]
mint = ["period", "partner"]
"""
SOURCES = (
    "source_id,source_kind,title,access,url,published,accessed_on,language,contributor_id,recorded_on,record_status\n"
    "local:ct,dataset,Trade in graphite,read,https://example.org/ct,2024,2026-11-20,en,ctr-hana,2026-11-20,draft\n"
)
ROWS = [
    "M,202205,842,M,392,380110,1234567.89,0",
    "M,202205,842,M,0,380110,9999999,0",
    "M,202205,842,M,490,380110,77,0",
]


def write(folder: Path, rows: list[str], *, source: str = "local:ct", manifest: str = MANIFEST) -> Path:
    folder.mkdir(parents=True)
    files = {
        "contribution.toml": manifest.replace("SOURCE", source),
        "contributors.csv": "contributor_id,name,role\nctr-hana,Hana Example,coder\n",
        "comtrade.csv": HEADER + "".join(f"{row}\n" for row in rows),
    }
    files |= {"sources.csv": SOURCES} if source.startswith("local:") else {}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))


def flows(package: Path) -> dict[str, dict[str, str]]:
    rows = rows_of(package / "data" / "trade_flows.csv")
    return {row["trade_flow_id"]: row for row in rows if row["contributor_id"] == "ctr-hana"}


def merged(folder: Path, rows: list[str], source: str = "local:ct") -> dict[str, dict[str, str]]:
    merge(PACKAGE, [write(folder / "hana" / "comtrade", rows, source=source)], output_dir=folder / "out")
    return flows(folder / "out")


def test_a_download_is_valid_and_merges(tmp_path):
    found = merged(tmp_path, ROWS)
    values = [(row["period"], row["reporter"], row["partner"], row["value"]) for row in found.values()]
    assert sorted(values) == [
        ("2022-05", "USA", "JPN", "1234567.89"),
        ("2022-05", "USA", "TWN", "77"),
        ("2022-05", "USA", "WLD", "9999999"),
    ]
    assert all(re.fullmatch("flw-[a-z2-7]{16}", name) for name in found)


def test_the_provenance_keeps_the_name_that_was_minted(tmp_path):
    merged(tmp_path, ROWS)
    rows = rows_of(tmp_path / "out" / "provenance" / "rows.csv")
    names = [row["original_row_id"] for row in rows if row["table"] == "trade_flows"]
    assert "local:202205-usa-jpn-m-h6-380110-ct" in names


@pytest.mark.long
def test_a_later_download_of_the_same_source_gives_the_same_figures_the_same_ids(tmp_path):
    published = "src-kr-chip-export-statistic"
    first = merged(tmp_path / "first", ROWS, published)
    later = merged(tmp_path / "later", ["M,202206,842,M,392,380110,5,0", *reversed(ROWS)], published)
    assert first.items() <= later.items()
    assert len(later) == 4


@pytest.mark.long
def test_ten_thousand_rows_need_ten_lines(tmp_path):
    codes = [row["comtrade_code"] for row in rows_of(CODES)]
    partners = [code for code in codes if code and code != "842"][:100]
    products = [f"{chapter:02}{heading:02}10" for chapter, heading in product(range(10, 20), range(1, 11))]
    rows = [f"M,202205,842,M,{partner},{code},{n}.5,0" for n, (partner, code) in enumerate(product(partners, products))]
    rows[5_000] = rows[5_000].replace(",842,", ",840,")
    folder = write(tmp_path / "x", rows)
    assert len((folder / "contribution.toml").read_text(encoding="utf-8").splitlines()) <= 10
    report = depositary.validate(folder, PACKAGE)
    assert report.tables[-1].rows == 10_000
    (finding,) = (f for f in report if f.level == "error")
    assert (finding.code, finding.file, finding.row, finding.value) == (
        "untranslated-cell",
        "comtrade.csv",
        5_002,
        "840",
    )
    assert 'column "reporterCode" of the file' in finding.message
    assert "jurisdictions.iso_numeric and jurisdictions.gta_code, for USA" in finding.hint


def test_two_rows_of_one_figure_are_found(tmp_path):
    report = depositary.validate(write(tmp_path / "x", [*ROWS, ROWS[0].replace("1234567.89", "1")]), PACKAGE)
    (finding,) = (f for f in report if f.code == "primary-key")
    assert (finding.row, finding.also[0].row) == (5, 2)


@pytest.mark.short(1)
@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("842", "USA (comtrade_code)"),
        ("490", "TWN (comtrade_code)"),
        ("0", "WLD (comtrade_code)"),
        ("840", "USA (iso_numeric"),
    ],
)
def test_a_code_of_another_list_is_known_to_hints(tmp_path, code, meant):
    entry = MAPPED.replace("SOURCE", "local:ct")
    folder = write(tmp_path / "x", [f"M,2022,1,M,{code},1,1,0"], manifest=MANIFEST[: MANIFEST.index("profile")] + entry)
    report = depositary.validate(folder, PACKAGE)
    (finding,) = (f for f in report if f.code == "foreign-key" and f.field == "partner")
    assert f"did you mean {meant}" in finding.hint
    assert 'values = { partner = "jurisdictions.' in finding.hint
    assert ("or gta_code if the file uses that one" in finding.hint) is (code == "840")


def test_each_hint_is_a_line_of_the_manifest_until_the_download_is_valid(tmp_path):
    columns = "freqCode = 'frequency', reporterCode = 'reporter', flowCode = 'flow', partnerCode = 'partner', "
    columns += "cmdCode = 'product_code', primaryValue = 'value'"
    constants = {
        "indicator": "value",
        "period_basis": "stated",
        "classification": "H6",
        "value_qualifier": "exact",
        "unit": "currency",
        "currency": "USD",
        "unit_multiplier": "0",
        "price_basis": "current",
        "valuation": "cif",
        "partner_level": "country",
        "observation_status": "A",
        "source_id": "local:ct",
        "contributor_id": "ctr-hana",
        "recorded_on": "2026-11-20",
        "record_status": "draft",
    }
    lines = [
        'mint = ["frequency", "period", "reporter", "partner", "flow", "product_code", "source_id"]',
        'periods = { period = ["202205"] }',
        'values = { reporter = "jurisdictions.comtrade_code", partner = "jurisdictions.comtrade_code" }',
    ]
    entry = f'table = "trade_flows"\ncolumns = {{ {columns} }}\nignore = ["netWgt"]\n' + "\n".join(lines)
    head = MANIFEST.partition('profile = "un-comtrade"')[0]

    def hints(name, **more):
        filled = ", ".join(f'{key} = "{value}"' for key, value in (constants | more).items())
        folder = write(tmp_path / name, ROWS, manifest=f"{head}{entry}\nconstants = {{ {filled} }}\n")
        return {finding.hint for finding in depositary.validate(folder, PACKAGE) if finding.level == "error"}

    (hint,) = hints("before")
    assert 'write constants = { retrieved_on = "…" } in [[files]]' in hint
    assert hints("after", retrieved_on="2026-11-20") == set()

"""Measure what the rules cost: the package as it is, and with one and ten million rows of trade flows.

Each size is validated in turn without and with rules, in processes of their own; ratios are of one run.
Run: python benchmarks/rules.py [MILLIONS ...]
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
_MILLION = 1_000_000


def main() -> None:
    """Print a table: rows, seconds and memory without and with rules, and the ratio."""
    sizes = [int(float(size) * _MILLION) for size in sys.argv[1:]] or [0, _MILLION, 10 * _MILLION]
    print("| rows of trade flows | without rules | with rules | ratio | peak memory without | with |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            package = Path(shutil.copytree(ROOT / "datapackage", Path(folder) / str(size)))
            if size:
                fill(package, size)
            (plain, plain_memory), (ruled, ruled_memory) = measured(package, "--no-rules"), measured(package, "--rules")
            rows = f"{size:,}" if size else "1 (as published)"
            memory = f"{plain_memory:,.0f} MB | {ruled_memory:,.0f} MB"
            print(f"| {rows} | {plain:.1f} s | {ruled:.1f} s | {ruled / plain:.2f} | {memory} |", flush=True)
            shutil.rmtree(package)


def fill(package: Path, size: int) -> None:
    """Put rows of trade flows, all different and without a fault, in the place of the published one."""
    values = """
        CASE i WHEN 0 THEN 'flw-kr-chip-exports-china-share' ELSE 'flw-' || i END AS trade_flow_id,
        'value' AS indicator, 'A' AS frequency, 2017 + i % 8 AS period, 'stated' AS period_basis,
        r.code AS reporter, p.code AS partner, ['X', 'M'][1 + i % 2] AS flow, 'H5' AS classification,
        lpad((10 + i // 50 % 60)::VARCHAR, 2, '0') || lpad((i // 3000 % 100)::VARCHAR, 2, '0') || '10' AS product_code,
        'Series ' || i // 300000 AS product_text, i * 7919 % 1000003 / 100 AS value, NULL AS value_low,
        NULL AS value_high, 'exact' AS value_qualifier, 'currency' AS unit, 3 AS unit_multiplier, 'USD' AS currency,
        'current' AS price_basis, ['fob', 'cif'][1 + i % 2] AS valuation, NULL AS share_of, NULL AS partner_level,
        'A' AS observation_status, 'v' || i % 3 AS vintage, '2026-11-01' AS retrieved_on,
        'src-kr-chip-export-statistic' AS source_id, NULL AS origin_source_id, 'ctr-maintainers' AS contributor_id,
        '2026-11-20' AS recorded_on, NULL AS reviewed_by, NULL AS reviewed_on, 'draft' AS record_status, NULL AS notes
    """
    codes = """
        SELECT code, row_number() OVER (ORDER BY code) - 1 AS n
        FROM read_csv($codes) WHERE can_report AND iso2 IS NOT NULL
    """
    duckdb.execute(
        f"""COPY (
            WITH codes AS ({codes})
            SELECT {values} FROM range({size}) AS t(i)
            JOIN codes AS r ON r.n = i % 97 JOIN codes AS p ON p.n = 100 + i % 101
        ) TO '{package / "data" / "trade_flows.csv"}' (HEADER, FORMAT csv)""",  # noqa: S608 (our own texts)
        {"codes": str(package / "data" / "codelists" / "jurisdictions.csv")},
    )


def measured(package: Path, option: str) -> tuple[float, float]:
    """Give the seconds and megabytes of one validation."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "depositary", "validate", str(package), option],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    out, _ = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode != 0:
        sys.exit(out.decode()[-2000:])
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000


if __name__ == "__main__":
    main()

"""One exporter a format, and what several of them share."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ExportFormat:
    """A format of exports.

    `exporter` names the module in this folder and its function; it is loaded when it is asked for, as some need large
    libraries. `has_descriptor` if the exporter writes a datapackage.json and carries what is no table itself, and
    `has_rules` if the package's rules go along.
    """

    exporter: str
    has_descriptor: bool = False
    has_rules: bool = False


FORMATS: Mapping[str, ExportFormat] = {
    "csv": ExportFormat("csv.export_csv", has_descriptor=True, has_rules=True),
    "parquet": ExportFormat("parquet.export_parquet", has_descriptor=True),
    "sqlite": ExportFormat("sqlite.export_sqlite"),
    "duckdb": ExportFormat("duckdb.export_duckdb"),
    "xlsx": ExportFormat("excel.export_xlsx"),
    "dta": ExportFormat("stata.export_dta"),
    "jsonl": ExportFormat("jsonl.export_jsonl"),
}

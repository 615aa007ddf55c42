"""One exporter for each format, and the modules that several of them share."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ExportFormat:
    """A format of exports.

    `exporter` is a module in this folder and its function; it is imported only when used, because some need large
    libraries. `has_descriptor`: the exporter writes a datapackage.json, and copies the files that are not tables.
    `has_rules`: it writes the package's rules. `has_parts`: it can write a table in several files.
    """

    exporter: str
    has_descriptor: bool = False
    has_rules: bool = False
    has_parts: bool = False


FORMATS: Mapping[str, ExportFormat] = {
    "csv": ExportFormat("csv.export_csv", has_descriptor=True, has_rules=True, has_parts=True),
    "parquet": ExportFormat("parquet.export_parquet", has_descriptor=True, has_rules=True, has_parts=True),
    "sqlite": ExportFormat("sqlite.export_sqlite"),
    "duckdb": ExportFormat("duckdb.export_duckdb"),
    "xlsx": ExportFormat("excel.export_xlsx"),
    "dta": ExportFormat("stata.export_dta"),
    "jsonl": ExportFormat("jsonl.export_jsonl"),
}

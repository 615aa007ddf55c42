"""The tables that rules can read besides those of the package: see DERIVED in check/rules/compiler.py."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from depositary.check.documents.descriptor import sound_package
from depositary.check.reading.columns import read_columns
from depositary.check.rules.accounted import Record, accounted_for, withdrawn_tables
from depositary.check.rules.staged_tables import StagedTables, key_text, record_id_sql
from depositary.check.rules.table_sink import IN_BASE
from depositary.compile.language import ROW
from depositary.engine.sql import literal, quoted
from depositary.errors import DocumentError, NotFoundError
from depositary.model.package import Package
from depositary.model.record_id import record_id
from depositary.model.table import Table
from depositary.model.target import Input
from depositary.read.files.unreadable import UnreadableFile

MADE = "made"  # the schema of derived tables


def derive(stage: StagedTables, package: Package, previous: Path | None, texts: Mapping[str, str]) -> None:
    """Make the derived tables in the engine from the staged tables.

    They are in a separate schema, and also beside the package's tables if no table of the package has the same name.
    `previous` leaves out the records of the earlier release that are gone for a reason which the package gives.
    """
    stage.engine.schema(MADE)
    _view(stage, "records", _records(stage), "table_name", "record_id")
    _view(stage, "dates", _dates(stage), "table_name", "record_id", "field_name", "value")
    ids = list(_missed(package, previous)) if previous else []
    _table(stage, "previous", {"table_name": [t for t, _ in ids], "record_id": [r for _, r in ids]})
    _table(stage, "texts", {"sha256": list(texts), "content": list(texts.values())})
    made = ["records", "dates", "previous"]
    if {"source_id", "snapshot_sha256"} <= set(stage.columns.get("sources", ())) and "sources" not in stage.unready:
        stage.engine.view(
            f"{MADE}.snapshots",
            f"SELECT s.source_id, t.sha256, t.content, s._row FROM sources AS s "  # noqa: S608 (a constant)
            f"JOIN {MADE}.texts AS t ON t.sha256 = s.snapshot_sha256",
        )
        made.append("snapshots")
    taken = {name.casefold() for name in stage.tables}
    for name in (name for name in made if name not in taken):
        stage.engine.view(name, f"SELECT * FROM {MADE}.{name}")  # noqa: S608 (a constant)


def has_passages(stage: StagedTables) -> bool:
    """Return whether the stage has evidence with offsets, and sources that may have texts."""
    columns = {"evidence": {"source_id", "char_start"}, "sources": {"source_id", "snapshot_sha256"}}
    return all(
        names <= set(stage.columns.get(table, ())) and table not in stage.unready for table, names in columns.items()
    )


def passages_without_text(stage: StagedTables) -> dict[str, int]:
    """Count the own passages of each source whose text is not given."""
    found = stage.engine.rows(
        f"SELECT e.source_id AS source, count(*) AS passages FROM evidence AS e "  # noqa: S608 (constants)
        f"WHERE e.char_start IS NOT NULL AND e.source_id IS NOT NULL AND e.{ROW} < {IN_BASE} "
        f"AND NOT EXISTS (SELECT 1 FROM {MADE}.snapshots AS t WHERE t.source_id = e.source_id) GROUP BY e.source_id"
    )
    return {row["source"]: row["passages"] for row in found}


def _records(stage: StagedTables) -> Iterator[str]:
    for name, table in _keyed(stage):
        key = record_id_sql("t", table)
        yield f"SELECT {literal(name)} AS table_name, {key} AS record_id, {ROW} FROM {quoted(name)} AS t"  # noqa: S608 (quoted)


def _dates(stage: StagedTables) -> Iterator[str]:
    for name, table in _keyed(stage):
        key = record_id_sql("t", table)
        for field in table.fields:
            if field.is_edtf and field.name in stage.columns[name]:
                yield (
                    f"SELECT {literal(name)} AS table_name, {key} AS record_id, "  # noqa: S608 (quoted)
                    f"{literal(field.name)} AS field_name, {quoted(field.name)} AS value, {ROW} "
                    f"FROM {quoted(name)} AS t WHERE {quoted(field.name)} IS NOT NULL"
                )


def _keyed(stage: StagedTables) -> Iterator[tuple[str, Table]]:
    """Give the staged tables that have their keys."""
    for name, table in stage.tables.items():
        staged = set(stage.columns.get(name, ()))
        if table.primary_key and set(table.primary_key) <= staged and name not in stage.unready:
            yield name, table


def _view(stage: StagedTables, name: str, parts: Iterator[str], *columns: str) -> None:
    nothing = ", ".join(f"CAST(NULL AS VARCHAR) AS {column}" for column in columns)
    empty = f"SELECT {nothing}, CAST(NULL AS BIGINT) AS {ROW} WHERE FALSE"
    stage.engine.view(f"{MADE}.{name}", " UNION ALL ".join([*parts, empty]))


def _table(stage: StagedTables, name: str, columns: Mapping[str, list[str]]) -> None:
    schema = pa.schema(dict.fromkeys(columns, pa.string()))
    stage.engine.create(f"{MADE}.{name}", schema)
    if any(columns.values()):
        stage.engine.append(f"{MADE}.{name}", pa.table(dict(columns), schema))


def _missed(package: Package, path: Path) -> Iterator[Record]:
    """Name the records of an earlier release that a package must have, including those of code lists.

    Raises:
        DocumentError: one of its tables cannot be read, so its deleted records would not be found.
    """
    previous = _earlier(path)
    gone, withdrawn = accounted_for(package, previous), withdrawn_tables(package)
    yield from (one for one in _records_of(path, previous) if one not in gone and one[0] not in withdrawn)


def _earlier(path: Path) -> Package:
    package = sound_package(path)
    declared = package.descriptor.get("resources")
    tables = [r for r in declared if isinstance(r, dict) and "schema" in r] if isinstance(declared, list) else []
    if not tables or any(table.get("name") not in package for table in tables):
        raise DocumentError(
            f"{path}: the earlier release has tables that cannot be read. Run depositary validate on it first."
        )
    return package


def _records_of(path: Path, package: Package) -> Iterator[Record]:
    for resource in package:
        if resource.table.primary_key:
            try:
                keys = list(read_columns(Input(resource), resource.table.primary_key))
            except UnreadableFile as fault:
                raise DocumentError(f"{path}: {resource.name} of the earlier release: {fault.message}.") from fault
            yield from ((resource.name, record_id(map(key_text, key))) for key in keys)


def snapshots_in(folder: Path) -> dict[str, str]:
    """Read the texts of a folder, by their SHA-256.

    Raises:
        NotFoundError: there is no such folder or file.
        DocumentError: none of its files is UTF-8 text.
    """
    if not folder.exists():
        raise NotFoundError(f"{folder}: there is no such folder.")
    files = sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else [folder]
    texts: dict[str, str] = {}
    for file in files:
        content = file.read_bytes()
        try:
            texts[hashlib.sha256(content).hexdigest()] = content.decode("utf-8")
        except UnicodeDecodeError:
            continue  # a PDF or picture beside its text
    if not texts:
        raise DocumentError(f"{folder}: there is no UTF-8 text in this folder. Name the folder with the coded texts.")
    return texts

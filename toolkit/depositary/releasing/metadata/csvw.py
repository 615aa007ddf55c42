"""CSV on the Web: types, keys and references of the tables, beside them, where its readers look for it."""

import os
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from depositary.model.table import Field, ForeignKey
from depositary.releasing.metadata.dataset import Dataset, DataTable
from depositary.releasing.metadata.files import CSVW, folder_of_tables
from depositary.releasing.metadata.identifiers import DOI, ORCID, path_address, text_of
from depositary.releasing.metadata.schema_org import filled


def csvw_path(dataset: Dataset) -> str:
    """Give the path of the description: in the folder in which most tables are."""
    return folder_of_tables([table.file.path for table in dataset.tables]) + CSVW


def csvw(dataset: Dataset) -> dict[str, Any]:
    """Give the group of tables; addresses start at the folder of the description."""
    folder = str(PurePosixPath(csvw_path(dataset)).parent)
    return filled(
        {
            "@context": "http://www.w3.org/ns/csvw",
            "@id": DOI + dataset.doi if dataset.doi else "",
            "dc:title": dataset.title,
            "dc:description": dataset.description,
            "dc:creator": [ORCID + one.orcid if one.orcid else one.name for one in dataset.creators],
            "dc:issued": dataset.date,
            "dc:license": [{"@id": one.url} if one.url else one.name for one in dataset.licences],
            "dc:subject": list(dataset.keywords),
            "schema:version": dataset.version,
            "tables": [_table(dataset, table, folder) for table in dataset.tables],
        }
    )


def _table(dataset: Dataset, table: DataTable, folder: str) -> dict[str, Any]:
    references = list(dataset.references(table))
    held = [(key, target) for key, target in references if table.is_filled(key.fields)]
    return filled(
        {
            "url": _address(table, folder),
            "dc:title": table.title,
            "dc:description": table.description,
            "schema:contentSize": str(table.file.bytes),
            "schema:sha256": table.file.sha256,
            "null": list(table.schema.missing_values()),
            "notes": [_note(key, target, folder) for key, target in references if not table.is_filled(key.fields)],
            "tableSchema": filled(
                {
                    "columns": [_column(table, column) for column in table.columns],
                    "primaryKey": _names(table.key),
                    "foreignKeys": [_key(key, target, folder) for key, target in held],
                }
            ),
        }
    )


def _column(table: DataTable, column: Field) -> dict[str, Any]:
    blanks = table.schema.missing_values(column)
    return filled(
        {
            "name": _name(column.name),
            "titles": column.name,
            "dc:title": text_of(column.descriptor.get("title")),
            "dc:description": text_of(column.descriptor.get("description")),
            "datatype": table.form(column).csvw,
            "required": table.schema.is_filled(column),
            "null": list(blanks) if blanks != table.schema.missing_values() else None,
        }
    )


def _key(key: ForeignKey, target: DataTable, folder: str) -> dict[str, Any]:
    return {
        "columnReference": _names(key.fields),
        "reference": {"resource": _address(target, folder), "columnReference": _names(key.parent_fields)},
    }


def _note(key: ForeignKey, target: DataTable, folder: str) -> dict[str, Any]:
    """Note a reference with blank cells; as a foreign key, readers would refuse these."""
    return {"@type": "optional foreign key", **_key(key, target, folder)}


def _names(columns: tuple[str, ...]) -> list[str]:
    return [_name(one) for one in columns]


def _name(column: str) -> str:
    """Name a column with the characters that names in CSVW may have; they are variables of URI templates."""
    name = quote(column, safe="").replace("-", "%2D").replace(".", "%2E").replace("~", "%7E")
    return f"%5F{name[1:]}" if name.startswith("_") else name


def _address(table: DataTable, folder: str) -> str:
    """Write a path as the standard asks; letters of all languages stay, as its reader opens local files by them."""
    path = os.path.relpath(table.file.path, folder).replace(os.sep, "/")
    return "".join(char if not char.isascii() else path_address(char) for char in path)

"""Croissant 1.0, which libraries for machine learning load tables from.

Two things follow from its only reader, mlcroissant. It guesses the types of CSV, so that 01 becomes 1, and NA a blank;
so the rows are taken from Parquet if the release has that. And it takes `references` for an order to join: it then
changes the rows, and cannot read tables that refer to themselves. So references are words in the descriptions here.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from depositary.model.table import Field
from depositary.releasing.metadata.dataset import Dataset, DataTable
from depositary.releasing.metadata.files import ReleasedFile
from depositary.releasing.metadata.identifiers import DOI, path_address, text_of
from depositary.releasing.metadata.schema_org import agent, described, file_address, filled

_CSV, _PARQUET = "text/csv", "application/x-parquet"  # the names that mlcroissant knows
_STORED = (
    (pa.types.is_boolean, "sc:Boolean"),
    (pa.types.is_integer, "sc:Integer"),
    (pa.types.is_decimal, "sc:Float"),
    (pa.types.is_floating, "sc:Float"),
    (pa.types.is_date, "sc:Date"),
    (pa.types.is_timestamp, "sc:DateTime"),
    (pa.types.is_time, "sc:Time"),
)
# As the specification gives it: readers compare it word for word.
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(dataset: Dataset) -> dict[str, Any]:
    """Give the dataset with one file and one record set for each table."""
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **described(dataset),
        **filled({"creator": [agent(one, "Organization") for one in dataset.creators]}),
        "description": dataset.summary,
        **filled({"citeAs": _cited(dataset)}),
        "distribution": [file for table in dataset.tables for file in _files(table)],
        "recordSet": [_records(dataset, table) for table in dataset.tables],
    }


def _cited(dataset: Dataset) -> str:
    names = "; ".join(one.name for one in dataset.creators)
    version = f", version {dataset.version}" if dataset.version else ""
    address = f". {DOI}{dataset.doi}" if dataset.doi else ""
    return f"{names} ({dataset.date[:4]}): {dataset.title}{version}{address}"


def _files(table: DataTable) -> Iterator[dict[str, Any]]:
    forms = {_CSV: table.file, _PARQUET: table.parquet}
    for form, file in forms.items():
        if file:
            yield {
                "@type": "cr:FileObject",
                "@id": _file_id(file),
                "name": file.path,
                "contentUrl": file_address(file),
                "encodingFormat": form,
                "contentSize": f"{file.bytes} B",
                "sha256": file.sha256,
            }


def _records(dataset: Dataset, table: DataTable) -> dict[str, Any]:
    referred = {
        name: f"Refers to {_field_id(target.name, its)}."
        for key, target in dataset.references(table)
        for name, its in zip(key.fields, key.parent_fields, strict=True)
    }
    return filled(
        {
            "@type": "cr:RecordSet",
            "@id": _id(table.name),
            "name": table.name,
            "description": table.description or table.title,
            "key": [{"@id": _field_id(table.name, name)} for name in table.key],
            "field": [_field(table, column, referred.get(column.name, "")) for column in table.columns],
        }
    )


def _field(table: DataTable, column: Field, referred: str) -> dict[str, Any]:
    text = text_of(column.descriptor.get("description")) or text_of(column.descriptor.get("title"))
    return filled(
        {
            "@type": "cr:Field",
            "@id": _field_id(table.name, column.name),
            "name": column.name,
            "description": " ".join(filter(None, (text, referred))),
            "dataType": _type_of(table, column),
            "source": {
                "fileObject": {"@id": _file_id(table.parquet or table.file)},
                "extract": {"column": column.name},
            },
        }
    )


def _type_of(table: DataTable, column: Field) -> str:
    """Give the type of a column as its file has it; the reader cannot make texts of other values."""
    if not table.parquet:
        return table.form(column).croissant if column.name in table.short else "sc:Text"
    stored = table.stored.get(column.name, pa.null())
    return next((name for is_kind, name in _STORED if is_kind(stored)), "sc:Text")


def _file_id(file: ReleasedFile) -> str:
    return _id(f"file/{file.path}")


def _field_id(table: str, column: str) -> str:
    return _id(f"{table}/{column}")


def _id(text: str) -> str:
    """Write a name as an address, which may have letters of all languages, but not all marks."""
    return "".join(path_address(char) if char.isascii() else char for char in text)

"""The descriptor of exported tables: Data Package v2, plain types, sizes and hashes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from depositary.exporting.beside import Beside, carry, described_as_carried
from depositary.exporting.content import Content, TableContent
from depositary.exporting.written import File
from depositary.model.package import OF_ONE_FILE
from depositary.model.table import kind_of

_OF_THE_OLD_FILE = ("path", "mediatype", *OF_ONE_FILE)
_OF_THE_OLD_CELLS = ("decimalChar", "groupChar", "bareNumber", "trueValues", "falseValues", "missingValues")


def plain_schema(table: TableContent) -> dict[str, Any]:
    """Give the Table Schema of a table whose cells are written in the standard's default forms."""
    schema = {key: value for key, value in table.table.descriptor.items() if key != "missingValues"}
    return {**schema, "fields": [_plain_field(f.descriptor, table) for f in table.fields], "missingValues": [""]}


def _plain_field(descriptor: Mapping[str, Any], table: TableContent) -> dict[str, Any]:
    if descriptor["name"] in table.misfits:  # its cells are as they were written
        return {key: value for key, value in descriptor.items() if key != "missingValues"}
    kept = {key: value for key, value in descriptor.items() if key not in _OF_THE_OLD_CELLS}
    if kind_of(table.table[descriptor["name"]]).has_forms:
        kept.pop("format", None)  # it says how they were written
    return kept


def write_descriptor(
    content: Content, folder: Path, files: Mapping[str, Sequence[File]], form: str, mediatype: str
) -> Beside:
    """Write `datapackage.json` for tables in files of one format, and copy the files that are not tables.

    Args:
        content: the package; its rows are written already.
        folder: the folder for the descriptor; the files' paths start there.
        files: the files of each table, in their order.
        form: the files' format, as descriptors name it.
        mediatype: the same as a media type.
    """
    beside = carry(content.package, folder, described=True)
    kept = {key: value for key, value in content.descriptor.items() if key != "resources"}
    found = described_as_carried(content.package, beside)
    found |= {table.name: _resource(table, files[table.name], form, mediatype) for table in content.tables}
    names = (resource.get("name") for resource in content.descriptor["resources"])
    resources = [found[name] for name in dict.fromkeys(names) if name in found]
    text = json.dumps({**kept, "resources": resources}, ensure_ascii=False, indent=2) + "\n"
    (folder / "datapackage.json").write_bytes(text.encode())
    return beside


def _resource(table: TableContent, files: Sequence[File], form: str, mediatype: str) -> dict[str, Any]:
    described = table.resource.descriptor
    kept = {key: value for key, value in described.items() if key not in (*_OF_THE_OLD_FILE, "schema")}
    return {
        "name": table.name,
        "type": "table",
        "profile": "tabular-data-resource",  # R's frictionless does not read a table without it
        **{key: value for key, value in kept.items() if key not in ("name", "type", "profile")},
        "path": files[0].path if len(files) == 1 else [file.path for file in files],
        "format": form,
        "mediatype": mediatype,
        **({"encoding": "utf-8"} if form == "csv" else {}),
        # The standard does not define the size and the hash of several files.
        **({"bytes": files[0].bytes, "hash": f"sha256:{files[0].sha256}"} if len(files) == 1 else {}),
        "schema": plain_schema(table),
    }

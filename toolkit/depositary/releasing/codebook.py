"""The dictionary of a package's tables as a page: every table, column and coded value."""

import json
from collections.abc import Iterator, Mapping, Sequence

from depositary.model.table import Field, ForeignKey, Table

_PARTS = ("value", "label", "definition", "include", "exclude", "example")


def codebook(tables: Sequence[Table], note: str) -> str:
    """Write the page.

    Args:
        tables: the tables, in order.
        note: a line below the title, which says where the page comes from.
    """
    lists = _places_of_lists(tables)
    parts = [
        "# Tables",
        note,
        "\n".join(f"- [{t.name}](#{t.name}): {markdown_cell(t.descriptor.get('title') or t.name)}" for t in tables),
        *(part for table in tables for part in _table(table, lists)),
    ]
    return "\n\n".join(parts) + "\n"


def _table(table: Table, lists: Mapping[str, str]) -> Iterator[str]:
    yield f"## {table.name}"
    if description := str(table.descriptor.get("description") or ""):
        yield description
    keys = [f"Key: {markdown_names(table.primary_key)}."] if table.primary_key else ["There is no key."]
    keys += [f"Unique together: {markdown_names(key)}." for key in table.unique_keys]
    yield " ".join(keys)
    references = {name: key for key in table.foreign_keys for name in key.fields}
    rows = [_row(field, references.get(field.name), _place_of_list(field, lists)) for field in table.fields]
    yield "\n".join(["| column | type | filled | content |", "|---|---|---|---|", *rows])
    for field in table.fields:
        if _place_of_list(field, lists) == _place(table, field):
            yield f"### {_place(table, field)}"
            yield _codes(field)


def _row(field: Field, key: ForeignKey | None, place: str) -> str:
    kind = "EDTF date" if field.is_edtf else field.type
    if place:
        kind = f"one of the values of [{place}](#{place.replace('.', '').lower()})"
    if key:
        kind = f"{', '.join(key.parent_fields)} of {key.table or 'this table'}"
    text = ". ".join(filter(None, (str(field.descriptor.get(name) or "") for name in ("title", "description"))))
    return f"| `{field.name}` | {kind} | {'always' if field.required else ''} | {markdown_cell(text)} |"


def _places_of_lists(tables: Sequence[Table]) -> dict[str, str]:
    """Give for each list of coded values the first column that has it; the page shows it there."""
    found: dict[str, str] = {}
    for table in tables:
        for field in table.fields:
            if field.categories:
                found.setdefault(_list(field), _place(table, field))
    return found


def _place_of_list(field: Field, lists: Mapping[str, str]) -> str:
    return lists.get(_list(field), "") if field.categories else ""


def _place(table: Table, field: Field) -> str:
    return f"{table.name}.{field.name}"


def _list(field: Field) -> str:
    return json.dumps(field.descriptor.get("categories"), sort_keys=True)


def _codes(field: Field) -> str:
    listed = field.descriptor.get("categories") or []
    codes = [one if isinstance(one, dict) else {"value": one} for one in listed]
    parts = [name for name in _PARTS if name == "value" or any(one.get(name) for one in codes)]
    rows = [
        "| "
        + " | ".join(
            f"`{markdown_cell(one['value'])}`" if n == "value" else markdown_cell(one.get(n) or "") for n in parts
        )
        + " |"
        for one in codes
    ]
    return "\n".join([f"| {' | '.join(parts)} |", "|---" * len(parts) + "|", *rows])


def markdown_cell(text: object) -> str:
    """Write a text as the cell of a table in Markdown."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def markdown_names(names: Sequence[str]) -> str:
    """Write names in a text in Markdown."""
    return ", ".join(f"`{name}`" for name in names)

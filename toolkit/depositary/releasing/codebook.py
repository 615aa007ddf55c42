"""The dictionary of a package's tables as a page: every table, column and coded value."""

import json
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from depositary.model.table import Field, ForeignKey, Table
from depositary.reports.markdown import code, link, markdown, named, paragraph

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
        "\n".join(f"- {link(t.name, f'#{t.name}')}: {_text(t.descriptor.get('title') or t.name)}" for t in tables),
        *(part for table in tables for part in _table(table, lists)),
    ]
    return "\n\n".join(parts) + "\n"


def _table(table: Table, lists: Mapping[str, str]) -> Iterator[str]:
    yield f"## {named(table.name)}"
    if description := paragraph(str(table.descriptor.get("description") or "")):
        yield description
    keys = [f"Key: {_names(table.primary_key)}."] if table.primary_key else ["There is no key."]
    keys += [f"Unique together: {_names(key)}." for key in table.unique_keys]
    yield " ".join(keys)
    references = {name: key for key in table.foreign_keys for name in key.fields}
    rows = [_row(field, references.get(field.name), _place_of_list(field, lists)) for field in table.fields]
    yield "\n".join(["| column | type | filled | content |", "|---|---|---|---|", *rows])
    for field in table.fields:
        if _place_of_list(field, lists) == _place(table, field):
            yield f"### {_shown(_place(table, field))}"
            yield _codes(field)


def _row(field: Field, key: ForeignKey | None, place: str) -> str:
    kind = "EDTF date" if field.is_edtf else field.type
    if place:
        kind = f"one of the values of [{_shown(place)}](#{quote(place.replace('.', '').lower())})"
    if key:
        kind = f"{', '.join(map(named, key.parent_fields))} of {named(key.table) or 'this table'}"
    text = ". ".join(filter(None, (str(field.descriptor.get(name) or "") for name in ("title", "description"))))
    return f"| {code(field.name)} | {kind} | {'always' if field.required else ''} | {_text(text)} |"


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
        "| " + " | ".join(code(str(one["value"])) if n == "value" else _text(one.get(n) or "") for n in parts) + " |"
        for one in codes
    ]
    return "\n".join([f"| {' | '.join(parts)} |", "|---" * len(parts) + "|", *rows])


def _text(text: object) -> str:
    return markdown(" ".join(str(text).split()))


def _shown(place: str) -> str:
    return ".".join(map(named, place.split(".")))


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(code, names))

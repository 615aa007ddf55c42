"""The sheets of a workbook that describe the others: the package, its columns, and its codes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from depositary.exporting.content import Content, TableContent
from depositary.exporting.formats.cells import fitting
from depositary.exporting.formats.worksheets import Sheet
from depositary.exporting.written import Loss
from depositary.model.about_sheets import ABOUT_SHEETS, CODES, COLUMNS
from depositary.model.field_types import INTEGER
from depositary.model.table import Field, kind_of
from depositary.wording.field_texts import limits_in_words, type_in_words

_README = "README"
_HOW_TO_READ = (
    "Each further sheet is a table. Its first row names the columns, and a note on each name describes the column.",
    "Texts are text cells, so that codes keep their leading zeros and NA stays NA. Times are in UTC.",
    "If you sort or change rows here, the package does not change: it is stored as CSV.",
)


def names(content: Content) -> list[str]:
    """Name the sheets, in order; a package without codes has no sheet for codes."""
    coded = any(one.categories for table in content.tables for one in table.fields)
    return [_README, COLUMNS, *([CODES] if coded else [])]


def write(
    sheets: Mapping[str, Sheet], content: Content, tables: Mapping[str, tuple[str, int]], losses: Sequence[Loss]
) -> None:
    """Write the description of the package, its tables, columns and codes, and what the workbook could not keep.

    Args:
        sheets: an empty sheet for each of `names`.
        content: the package.
        tables: by name, each table's sheet and its number of rows.
        losses: what was not kept.
    """
    _write_readme(sheets[_README], content, tables, losses)
    _write_columns(sheets[COLUMNS], content)
    if CODES in sheets:
        _write_codes(sheets[CODES], content)


def _write_readme(
    sheet: Sheet, content: Content, tables: Mapping[str, tuple[str, int]], losses: Sequence[Loss]
) -> None:
    sheet.columns((28, 100, 12), ("bold", "wrapped", "count"))
    sheet.put_in("title", fitting(str(content.descriptor.get("title") or content.package.name)))
    for name, text in _facts(content):
        sheet.put(name, fitting(text))
    sheet.put()
    for n, text in enumerate(_HOW_TO_READ):
        sheet.put("How to read it" if n == 0 else None, text)
    sheet.put()
    sheet.put_in("header", "table", "what a row is", "rows")
    for table in content.tables:
        name, rows = tables[table.name]
        sheet.link(0, name, name)
        sheet.put(None, fitting(_description(table.resource.descriptor)), rows)
    if losses:
        sheet.put()
        sheet.put_in("header", "not kept", "what happened to it", "values")
        for loss in losses:
            sheet.put(fitting(".".join(filter(None, (loss.table, loss.field)))), fitting(loss.what), loss.count)


def _facts(content: Content) -> Iterator[tuple[str, str]]:
    descriptor = content.descriptor
    known = {
        "Description": str(descriptor.get("description") or ""),
        "Name": content.package.name,
        "Version": content.package.version,
        "Created": str(descriptor.get("created") or ""),
        "Licence": _entries(descriptor.get("licenses"), "title", "name", "path"),
        "By": _entries(descriptor.get("contributors"), "title", "organization"),
        "Address": str(descriptor.get("homepage") or ""),
    }
    return ((name, text) for name, text in known.items() if text)


def _entries(entries: object, *keys: str) -> str:
    known = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return "; ".join(", ".join(str(one[key]) for key in keys if one.get(key)) for one in known)


def _description(descriptor: Mapping[str, Any]) -> str:
    title, description = (str(descriptor.get(key) or "") for key in ("title", "description"))
    return f"{title}. {description}" if title and description else title or description


def _write_columns(sheet: Sheet, content: Content) -> None:
    widths = (24, 28, 28, 80, 12, 10, 36, 40, 28)
    sheet.columns(widths, ["wrapped"] * len(widths))
    sheet.head(*ABOUT_SHEETS[COLUMNS], fixed=2)
    for table in content.tables:
        for one in table.fields:
            cells = (
                table.name,
                one.name,
                *_title_and_description(one),
                type_in_words(one),
                _filled(table, one),
                _key(table, one),
                limits_in_words(one),
            )
            example = one.descriptor.get("example")
            sheet.put(*(fitting(str(cell)) if cell not in ("", None) else None for cell in (*cells, example)))
    sheet.finish()


def _title_and_description(one: Field) -> Iterator[object]:
    return (one.descriptor.get(key) for key in ("title", "description"))


def _filled(table: TableContent, one: Field) -> str:
    return "always" if table.table.is_filled(one) else ""


def _key(table: TableContent, one: Field) -> str:
    schema = table.table
    pairs = (
        (key.table, *pair) for key in schema.foreign_keys for pair in zip(key.fields, key.parent_fields, strict=True)
    )
    refers = [f"refers to {parent}.{there}" for parent, here, there in pairs if here == one.name]
    return "; ".join([*(["primary key"] if one.name in schema.primary_key else []), *refers])


def _write_codes(sheet: Sheet, content: Content) -> None:
    codes = [(table.name, one, code) for table in content.tables for one in table.fields for code in _codes(one)]
    further = dict.fromkeys(key for _, _, code in codes for key in code if key not in ("value", "label"))
    widths = (24, 28, 28, 40, *[60] * len(further))
    sheet.columns(widths, ["wrapped"] * len(widths))
    sheet.head(*ABOUT_SHEETS[CODES], *further, fixed=3)
    for table, one, code in codes:
        value = code.get("value")
        label = one.categories[str(value)]
        texts = (fitting(str(code[key])) if code.get(key) else None for key in further)
        sheet.put(table, one.name, value if kind_of(one).codes is INTEGER else str(value), fitting(label), *texts)
    sheet.finish()


def _codes(one: Field) -> Iterator[Mapping[str, Any]]:
    entries = one.descriptor.get("categories") or ()
    return (entry if isinstance(entry, dict) else {"value": entry} for entry in entries)


def comment_on(one: Field) -> str:
    """Write the note on a column's name."""
    codes = "; ".join(f"{value} = {label}" for value, label in one.categories.items())
    lines = [
        *filter(None, _title_and_description(one)),
        f"Type: {type_in_words(one)}.",
        f"Codes: {codes}" if codes else "",
    ]
    return fitting("\n".join(str(line) for line in lines if line))

"""The workbook of a new contribution: a sheet for each table, with lists for its cells, and sheets about them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path

from depositary.check.lanes.references import NAMING
from depositary.check.rules.asked import Asked
from depositary.drafting.examples import example_of
from depositary.errors import DocumentError
from depositary.exporting.formats.about_sheets import comment_on
from depositary.exporting.formats.cells import fitting
from depositary.exporting.formats.worksheets import Book, Sheet, fresh_name, require, sheet_names
from depositary.model.about_sheets import ABOUT_SHEETS, CODES, COLUMNS, EXAMPLES, IDS
from depositary.model.field_types import BOOLEAN, DECIMAL, INTEGER
from depositary.model.package import Package, Resource
from depositary.model.table import Field, kind_of
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.rows import text_rows
from depositary.wording.field_texts import codes_of, content_in_words, limits_in_words, parents_of

_README = "README"
_HOW_TO = (
    "Fill in the sheets from left to right: a row may refer to rows of the sheets before it.",
    "Each header has a note. Cells with codes or ids have a list; the sheets codes and ids have their labels.",
    "The sheets README, columns, codes, ids and examples are not read as data. Rows in them are examples or lists.",
    "A new row needs no id: write local: and a short name of your own, and use it wherever you refer to the row.",
    "A row that is published already: give its id and only the cells that you change. A blank cell changes nothing.",
)
_WIDE, _NARROW = 40, 12  # characters
_PRINTED = 5  # of the sheet about columns, which is too wide for a page: to the column that describes what it holds
_MOST_IDS = 20_000  # rows of a table that a list offers; with more, nobody finds one in it
_FIXED = datetime(1980, 1, 1)  # noqa: DTZ001 (formats write it in UTC without a zone)
_Span = tuple[int, int]  # the first and the last row of a list on its sheet, from 1


def write_workbook(
    path: Path,
    base: Package,
    chosen: Sequence[Resource],
    rows: Mapping[str, Sequence[Mapping[str, str]]],
    asked: Mapping[str, Asked],
) -> None:
    """Write the workbook.

    Args:
        path: the file.
        base: the package that the contribution is for.
        chosen: the tables, in order.
        rows: rows that the sheets have already, by table.
        asked: what rules ask of the columns of each table.

    Raises:
        UsageError: the library that writes workbooks is not installed.
        DocumentError: a table of the base cannot be read.
    """
    require()
    names = sheet_names(one.name for one in chosen)
    taken = set(names.values())
    about = {name: fresh_name(name, taken) for name in (_README, *ABOUT_SHEETS)}
    with Book(path, {"title": path.stem, "created": _FIXED}) as book:
        readme = book.sheet(about[_README])
        sheets = {one.name: book.sheet(names[one.name]) for one in chosen}
        _write_readme(readme, chosen, names)
        columns, codes, ids, examples = (book.sheet(about[name]) for name in (COLUMNS, CODES, IDS, EXAMPLES))
        _write_columns(columns, chosen)
        known_codes = _write_codes(codes, chosen)
        known_ids, long = _write_ids(ids, base, chosen, rows)
        _write_examples(examples, chosen)
        for one in chosen:
            _write_table(sheets[one.name], one, rows.get(one.name, ()), _notes(one, asked[one.name], long))
            for at, source, kind in _lists(one, codes.name, known_codes, ids.name, known_ids):
                sheets[one.name].offer(at, source, kind)


def _write_readme(sheet: Sheet, chosen: Sequence[Resource], names: Mapping[str, str]) -> None:
    sheet.columns((28, 110), ("bold", "wrapped"))
    sheet.put_in("title", "How to fill in this workbook")
    for text in _HOW_TO:
        sheet.put(None, text)
    sheet.put()
    for one in chosen:
        sheet.link(0, names[one.name], names[one.name])
        sheet.put(
            None, fitting(str(one.descriptor.get("description") or one.table.descriptor.get("description") or ""))
        )


# A table


def _write_table(sheet: Sheet, one: Resource, rows: Sequence[Mapping[str, str]], notes: Sequence[str]) -> None:
    fields = one.table.fields
    fixed = 1 if fields and fields[0].name in one.table.primary_key else 0
    sheet.columns((max(_NARROW, min(len(field.name) + 4, _WIDE)) for field in fields), map(_form, fields))
    sheet.head(*(field.name for field in fields), comments=notes, fixed=fixed)
    for row in rows:
        sheet.put(*(row.get(field.name) or None for field in fields))
    sheet.finish()


def _notes(one: Resource, asked: Asked, long: Collection[str]) -> list[str]:
    """Write the note on the header of each column."""
    notes: list[str] = []
    for field in one.table.fields:
        parents = (parent for parent, _ in parents_of(one.table, field) if parent in long)
        lines = [comment_on(field), " ".join(asked.get(field.name, ())), *map(_why_no_list, parents)]
        notes.append(fitting("\n".join(filter(None, lines))))
    return notes


def _why_no_list(parent: str) -> str:
    """Say why there is no list of ids of a table, and how to find one."""
    return (
        f"{parent} has more than {_MOST_IDS:,} rows, so there is no list of its ids. To find one: depositary describe "
        "and a word of its name."
    )


def _form(one: Field) -> str:
    """Keep everything but numbers as text, so that 008, NA and 2023-05 survive."""
    return "number" if kind_of(one).storage in (INTEGER, DECIMAL) and not codes_of(one) else "text"


def _lists(
    one: Resource, codes: str, known_codes: Mapping[tuple[str, str], _Span], ids: str, known_ids: Mapping[str, _Span]
) -> Iterator[tuple[int, str, str]]:
    """Give the columns that have a list: their numbers, the cells with the values, and what the values are."""
    for at, field in enumerate(one.table.fields):
        parents = [parent for parent, _ in parents_of(one.table, field) if parent in known_ids]
        if (one.name, field.name) in known_codes:
            yield at, _cells(codes, "C", known_codes[one.name, field.name]), "codes"
        elif parents:
            yield at, _cells(ids, "B", known_ids[parents[0]]), parents[0]
        elif kind_of(field).storage is BOOLEAN:
            yield at, "true,false", "codes"


def _cells(sheet: str, column: str, span: _Span) -> str:
    quoted = sheet.replace("'", "''")
    return f"='{quoted}'!${column}${span[0]}:${column}${span[1]}"


# The sheets about the tables


def _write_columns(sheet: Sheet, chosen: Sequence[Resource]) -> None:
    widths = (24, 28, 28, 80, 24, 10, 36, 40, 28)
    sheet.columns(widths, ["wrapped"] * len(widths))
    sheet.head(*ABOUT_SHEETS[COLUMNS], fixed=2)
    for one, field in _fields(chosen):
        texts = [str(field.descriptor.get(key) or "") for key in ("title", "description")]
        filled = "always" if one.table.is_filled(field) else ""
        key = "primary key" if field.name in one.table.primary_key else ""
        cells = (one.name, field.name, *texts, content_in_words(one.table, field), filled, key, limits_in_words(field))
        _put(sheet, *cells, str(field.descriptor.get("example") or ""))
    sheet.finish()
    sheet.print_columns(_PRINTED)


def _write_codes(sheet: Sheet, chosen: Sequence[Resource]) -> dict[tuple[str, str], _Span]:
    """Write the codes of all columns, and give the rows of each list."""
    spans: dict[tuple[str, str], _Span] = {}
    sheet.columns((24, 28, 28, 60), ["wrapped"] * 4)
    sheet.head(*ABOUT_SHEETS[CODES], fixed=3)
    for one, field in _fields(chosen):
        first = sheet.row + 1
        for code, label in codes_of(field).items():
            _put(sheet, one.name, field.name, code, label)
        if sheet.row >= first:
            spans[one.name, field.name] = first, sheet.row
    sheet.finish()
    sheet.print_small()
    return spans


def _write_ids(
    sheet: Sheet, base: Package, chosen: Sequence[Resource], rows: Mapping[str, Sequence[Mapping[str, str]]]
) -> tuple[dict[str, _Span], set[str]]:
    """Write the ids to which the tables refer, with what people call them.

    Give the rows of each list, and the tables that have too many rows for one.
    """
    parents = chain.from_iterable(parents_of(one.table, field) for one, field in _fields(chosen))
    spans: dict[str, _Span] = {}
    long: set[str] = set()
    sheet.columns((24, 36, 80), ["wrapped"] * 3)
    sheet.head(*ABOUT_SHEETS[IDS], fixed=2)
    for parent, key in dict.fromkeys(parents):
        resource, first = base.get(parent), sheet.row + 1
        if resource is None or parent in spans or parent in long:
            continue
        found = _ids(resource, key)
        if found is None:
            long.add(parent)
            _put(sheet, parent, "", _why_no_list(parent))
            continue
        own = [(row.get(key, ""), row.get("name", "")) for row in rows.get(parent, ())]
        for name, label in [*found, *own]:
            _put(sheet, parent, name, label)
        if sheet.row >= first:
            spans[parent] = first, sheet.row
    sheet.finish()
    sheet.print_no_rows()
    return spans, long


def _ids(resource: Resource, key: str) -> list[tuple[str, str]] | None:
    """Read the keys of a table with a label each; None, if there are too many for a list."""
    try:
        rows = list(text_rows(resource, _MOST_IDS + 1))
    except UnreadableFile as fault:
        raise DocumentError(f"{resource.path}: {fault.message}. Run depositary validate on the package.") from fault
    if len(rows) > _MOST_IDS:
        return None
    found = ((row.get(key, ""), next((row[name] for name in NAMING if row.get(name)), "")) for row in rows)
    return [(name, label) for name, label in found if name]


def _write_examples(sheet: Sheet, chosen: Sequence[Resource]) -> None:
    sheet.columns((24, 28, 80), ["wrapped"] * 3)
    sheet.head(*ABOUT_SHEETS[EXAMPLES], fixed=2)
    for one in chosen:
        for name, text in example_of(one).items():
            if text:
                _put(sheet, one.name, name, text)
    sheet.finish()
    sheet.print_no_rows()


def _fields(chosen: Sequence[Resource]) -> Iterator[tuple[Resource, Field]]:
    return ((one, field) for one in chosen for field in one.table.fields)


def _put(sheet: Sheet, *cells: str) -> None:
    sheet.put(*(fitting(cell) if cell else None for cell in cells))

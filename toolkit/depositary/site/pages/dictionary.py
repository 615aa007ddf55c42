"""The dictionary: tables, columns, coded values, code lists and rules, each with an address that does not change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from depositary.check.explain import plain, rows_as_text
from depositary.check.rules.rulebook import read_rulebook
from depositary.errors import DocumentError
from depositary.model.rule import Rule
from depositary.model.table import Field
from depositary.site.addresses import Link, dictionary_page, table_page
from depositary.site.book import LISTED_CODES, Book
from depositary.site.page import Page
from depositary.site.pages.summaries import Summary, summaries_of
from depositary.site.stored import SiteTable
from depositary.site.words import say, words

_PARTS = ("label", "definition", "include", "exclude", "example")
RULES = "dictionary/rules.html"


@dataclass(frozen=True)
class Code:
    """A coded value with what the codebook has about it."""

    value: str
    parts: Mapping[str, str]


@dataclass(frozen=True)
class DictionaryColumn:
    """A column of the dictionary; `kind` is its type in words, `more` counts the codes that are not listed.

    `summary` has what its cells have in this version.
    """

    name: str
    title: str
    about: str
    kind: Link
    is_filled: bool
    is_key: bool
    constraints: Sequence[str]
    example: str
    parts: Sequence[str]
    codes: Sequence[Code]
    more: int
    summary: Summary


@dataclass(frozen=True)
class DictionaryTable:
    """A table of the dictionary, with the rows of a code list."""

    table: SiteTable
    href: str
    key: str
    columns: Sequence[DictionaryColumn]
    codes: Sequence[Code]
    more: int


@dataclass(frozen=True)
class DictionaryIndex:
    """All tables with their columns."""

    tables: Sequence[DictionaryTable]
    rules: Sequence[Rule]


@dataclass(frozen=True)
class RulePage:
    """The rules, each with examples as lines of text."""

    rules: Sequence[tuple[Rule, str, Sequence[str], Sequence[str]]]


def dictionary_pages(book: Book) -> Iterator[Page]:
    """Give the list of tables and columns, a page for each table, and one for the rules."""
    texts = words()
    rules = rules_of(book)
    tables = [_table(book, one) for one in book.tables.values()]
    yield Page("dictionary/index.html", "dictionary.html", texts.nav.dictionary, "dictionary",
               DictionaryIndex(tables, rules))  # fmt: skip
    trail = ((texts.nav.dictionary, "dictionary/index.html"),)
    for one in tables:
        title = say(texts.dictionary.of_table, table=one.table.title)
        yield Page(dictionary_page(one.table.name), "dictionary_table.html", title, "dictionary", one, trail=trail)
    if rules:
        shown = [(one, plain(one.message), list(rows_as_text(one.good)), list(rows_as_text(one.bad))) for one in rules]
        yield Page(RULES, "rules.html", texts.dictionary.rules, "dictionary", RulePage(shown), trail=trail,
                   kind=texts.kinds.page)  # fmt: skip


def rules_of(book: Book) -> list[Rule]:
    """Read the rules of the package; none, if they cannot be read (the report gives the reason)."""
    try:
        return list(read_rulebook(book.package.descriptor, book.package.directory).rules)
    except DocumentError:
        return []


def _table(book: Book, table: SiteTable) -> DictionaryTable:
    summaries = summaries_of(table)
    codes = [_row_code(row) for row in table.rows[:LISTED_CODES]] if table.schema.is_code_list else []
    return DictionaryTable(
        table=table,
        href=table_page(table.name),
        key=", ".join(table.schema.primary_key),
        columns=[_column(book, table, one, summaries.get(one.name, Summary())) for one in table.schema.fields],
        codes=codes,
        more=table.count - len(codes) if codes else 0,
    )


def _row_code(row: Mapping[str, str | None]) -> Code:
    parts = {name: row.get(name) or "" for name in ("label", "definition", "status")}
    value = row.get("code") or ""
    return Code(f"{row['classification']}|{value}" if row.get("classification") else value, parts)


def _column(book: Book, table: SiteTable, one: Field, summary: Summary) -> DictionaryColumn:
    listed = one.descriptor.get("categories") or one.constraints.get("enum") or []
    codes = [_code(entry) for entry in listed[:LISTED_CODES]]
    return DictionaryColumn(
        name=one.name,
        title=str(one.descriptor.get("title") or one.name),
        about=str(one.descriptor.get("description") or ""),
        kind=_kind(book, table, one),
        is_filled=table.schema.is_filled(one),
        is_key=one.name in table.schema.primary_key,
        constraints=list(_constraints(one)),
        example=str(one.descriptor.get("example") or ""),
        parts=[part for part in _PARTS if any(code.parts.get(part) for code in codes)],
        codes=codes,
        more=len(listed) - len(codes),
        summary=summary,
    )


def _code(entry: Any) -> Code:  # noqa: ANN401 (an entry is a text, a number or a mapping)
    if not isinstance(entry, Mapping):
        return Code(str(entry), {})
    return Code(str(entry.get("value", "")), {part: str(entry.get(part) or "") for part in _PARTS})


def _kind(book: Book, table: SiteTable, one: Field) -> Link:
    texts = words().dictionary
    parent = book.parent(table.schema, one.name)
    if parent:
        key = ", ".join(book.tables[parent].schema.primary_key)
        return Link(say(texts.refers, column=key, table=book.tables[parent].title), dictionary_page(parent))
    if one.is_edtf:
        return Link(texts.edtf)
    return Link(texts.types.get(one.type, one.type))


def _constraints(one: Field) -> Iterator[str]:
    texts = words().constraints
    known = ("required", "enum", "pattern" if one.is_edtf else "")  # the pattern of EDTF is in the type
    for name, value in one.constraints.items():
        if name not in known and texts.get(name):
            yield say(texts.get(name), value=str(value))

"""What all pages are made from: the package, its tables as texts, and the addresses of its rows."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from depositary.model.package import Package
from depositary.model.report import Report
from depositary.model.role import Role
from depositary.model.table import Field, Table
from depositary.releasing.metadata.identifiers import url_of
from depositary.site.addresses import Link, anchor, dictionary_page, file_name, row_in_table, row_page, table_page
from depositary.site.dates import in_words
from depositary.site.origins import Origins, Passage
from depositary.site.stored import Row, SiteTable
from depositary.site.subjects import Subjects
from depositary.site.views import Views
from depositary.site.words import say, words

_SUBJECT_PAGES = {"actors": "actors", "sources": "sources", "meetings": "meetings", "policy_actions": "measures"}
_CELLS, _SHORT = 3, 60  # cells that describe a row, and characters of each
LISTED_CODES = 500  # rows of a code list, and values of a column, that the dictionary shows
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Book:
    """The package of a site; `tell` is called with what is being written and the number of its pages so far."""

    package: Package
    tables: Mapping[str, SiteTable]
    subjects: Subjects
    origins: Origins
    views: Views
    report: Report
    title: str
    tell: Callable[[str, int], None] = field(repr=False)

    # Texts of the package

    def text(self, name: str) -> str:
        """Give a property of the package that is a text; otherwise nothing."""
        found = self.package.descriptor.get(name)
        return found.strip() if isinstance(found, str) else ""

    @cached_property
    def day(self) -> str:
        """Give the day of the package, from `created`."""
        return self.text("created")[:10]

    # Rows and their pages

    def has(self, table: str, row_id: str) -> bool:
        """Return whether a table is whole and has a row."""
        return table in self.tables and row_id in self.tables[table].by_id

    def page_of(self, table: str, row_id: str) -> str:
        """Give the address of the page about a row; empty if there is none."""
        if not self.has(table, row_id):
            return ""
        of = self.tables[table]
        if of.schema.is_code_list:
            at = list(of.by_id).index(row_id) if of.count <= LISTED_CODES else LISTED_CODES
            return f"{dictionary_page(table)}#{anchor(row_id)}" if at < LISTED_CODES else table_page(table)
        if self.has_subject_page(table) and of.has_pages:
            return f"{_SUBJECT_PAGES[table]}/{file_name(row_id)}.html"
        return self.row_address(table, row_id)

    def row_address(self, table: str, row_id: str) -> str:
        """Give the address of a row: its page, or its place in a longer table; empty if there is no such row."""
        return self.row_page(table, row_id) or (row_in_table(table, row_id) if self.has(table, row_id) else "")

    def row_page(self, table: str, row_id: str) -> str:
        """Give the address of the page that shows a row with the origin of its cells; empty if there is none."""
        of = self.tables.get(table)
        return row_page(table, row_id) if of and of.has_pages and row_id in of.by_id else ""

    def has_subject_page(self, table: str) -> bool:
        """Return whether rows of a table have a page of the subject."""
        subjects = self.subjects
        which = {
            "actors": subjects.actors,
            "sources": subjects.sources,
            "meetings": subjects.meetings,
            "policy_actions": subjects.measures,
        }
        return which.get(table, False)

    def label(self, table: str, row_id: str) -> str:
        """Describe a row in words, or else by its id."""
        if not self.has(table, row_id):
            return row_id
        found = self.tables[table].labels.get(row_id) or self.described(table, row_id)
        return _SPACES.sub(" ", found).strip() or row_id

    def described(self, table: str, row_id: str, without: str = "") -> str:
        """Describe a row that no column names by its first cells, except a column, with names of rows and codes."""
        of, row = self.tables[table], self.tables[table].by_id[row_id]
        names = [
            one.name
            for one in of.schema.fields
            if row.get(one.name)
            and one.name != without
            and not self.is_about_the_work(one)
            and not _is_alone_key(of, one)
        ]
        cells = [self._short(of.schema, name, row[name] or "") for name in names[:_CELLS]]
        return " · ".join(cells)

    def _short(self, schema: Table, name: str, value: str) -> str:
        parent = self.parent(schema, name)
        text = self.tables[parent].labels.get(value) if parent else self.labels_of(schema[name]).get(value)
        text = _SPACES.sub(" ", text or value)
        return text if len(text) <= _SHORT else f"{text[: _SHORT - 1].rstrip()}…"

    def link(self, table: str, row_id: str | None) -> Link | None:
        """Link to a row by its label; None without an id."""
        return Link(self.label(table, row_id), self.page_of(table, row_id)) if row_id else None

    # Cells

    def cell(self, table: SiteTable, name: str, value: str | None) -> Link:
        """Give a cell as it is shown: a coded value with its label, a reference with the name of the row."""
        if not value:
            return Link("")
        parent = self.parent(table.schema, name)
        if parent:
            label = self.label(parent, value)
            return Link(label, self.page_of(parent, value), value if label != value else "")
        described = table.schema[name]
        label = self.labels_of(described).get(value, "")
        if label and label != value:
            return Link(label, "", value)
        if described.is_edtf and (text := in_words(value)) != value:
            return Link(text, "", value)
        return Link(value, url_of(value))

    def labels_of(self, described: Field) -> Mapping[str, str]:
        """Map the coded values of a column to their labels; each column is read once."""
        found = self._labels.get(id(described))
        if found is None:
            found = self._labels[id(described)] = described.categories
        return found

    @cached_property
    def _labels(self) -> dict[int, dict[str, str]]:
        return {}

    def parent(self, schema: Table, name: str) -> str:
        """Name the table to whose rows a column refers by itself; empty if there is none."""
        return self._parents(schema).get(name, "")

    def _parents(self, schema: Table) -> Mapping[str, str]:
        if schema.name not in self._known_parents:
            self._known_parents[schema.name] = {
                key.fields[0]: key.table
                for key in reversed(schema.foreign_keys)
                if len(key.fields) == 1
                and key.table in self.tables
                and self.tables[key.table].schema.primary_key == key.parent_fields
            }
        return self._known_parents[schema.name]

    @cached_property
    def _known_parents(self) -> dict[str, dict[str, str]]:
        return {}

    def is_about_the_work(self, described: Field) -> bool:
        """Return whether a column is about the coding and not about the world."""
        of = described.descriptor.get("merge")
        role = of.get("as") if isinstance(of, Mapping) else None
        return role in (Role.AUDIT, Role.CONTRIBUTOR, Role.SOURCE, Role.LOWEST)

    def column_with(self, table: SiteTable, role: Role) -> str:
        """Name the column of a table that has a role in merging; empty if there is none."""
        for one in table.schema.fields:
            of = one.descriptor.get("merge")
            if isinstance(of, Mapping) and of.get("as") == role:
                return one.name
        return ""

    # Parts that several pages show

    def passages(self, table: str, row_id: str, name: str | None = None) -> list["ShownPassage"]:
        """Give the passages for a row, or only those for one of its fields."""
        found = self.origins.passages_of(table, row_id)
        return [self.shown_passage(one) for one in found if name is None or one.field == name]

    def shown_passage(self, one: Passage) -> "ShownPassage":
        """Give a passage as pages show it."""
        texts = words().passage
        span = say(texts.span, start=one.start, end=one.end) if one.start else ""
        support = texts.support.get(one.support, one.support)
        return ShownPassage(
            self.link("sources", one.source_id) or Link(one.source_id),
            support,
            span,
            one.quote,
            one.language,
            one.translation,
            self.row_address("evidence", one.evidence_id),
            one.field,
        )

    def rows_with(self, table: str, name: str, value: str) -> Sequence[Row]:
        """Give the rows of a table that have a value in a column, in the table's order."""
        key = (table, name)
        if key not in self._groups:
            found: dict[str, list[Row]] = {}
            of = self.tables.get(table)
            for row in of.rows if of and of.is_whole else ():
                found.setdefault(row.get(name) or "", []).append(row)
            self._groups[key] = found
        return self._groups[key].get(value, [])

    @cached_property
    def _groups(self) -> dict[tuple[str, str], dict[str, list[Row]]]:
        return {}

    def code(self, table: str, name: str, value: str | None) -> str:
        """Give the label of a coded value, or the value itself."""
        if not value or table not in self.tables or name not in self.tables[table].schema:
            return value or ""
        return self.labels_of(self.tables[table].schema[name]).get(value, value)

    def place(self, code: str | None) -> str:
        """Give the usual name of a jurisdiction."""
        row = self.tables["jurisdictions"].by_id.get(code or "", {}) if "jurisdictions" in self.tables else {}
        return row.get("common_name") or row.get("label") or code or ""

    def party(self, actor_id: str) -> Link:
        """Link to an actor; a government by the name of its country, with its own name below."""
        row = self.tables["actors"].by_id.get(actor_id, {})
        label, href = self.label("actors", actor_id), self.page_of("actors", actor_id)
        if row.get("kind") == "government" and row.get("jurisdiction"):
            return Link(self.place(row["jurisdiction"]), href, label)
        return Link(label, href)


@dataclass(frozen=True)
class ShownPassage:
    """A passage as pages show it; `field` is the column that it supports, empty for the row as a whole."""

    source: Link
    support: str
    span: str
    quote: str
    language: str
    translation: str
    href: str
    field: str


def _is_alone_key(table: SiteTable, one: Field) -> bool:
    return table.schema.primary_key == (one.name,)

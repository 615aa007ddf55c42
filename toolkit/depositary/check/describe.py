"""Describe the tables, columns, codes, named rows, views and questions of a package, and search in them.

An entry has a path: `TABLE`, `TABLE.COLUMN` or `TABLE.COLUMN.VALUE`, `VIEW` or `VIEW.COLUMN`, or the name of a
question. Rows of a table count as entries if people know them by a name, as those of code lists and of actors.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from anyascii import anyascii

from depositary.check.lanes.references import NAMING
from depositary.errors import DocumentError, NotFoundError, UsageError
from depositary.model.package import Package, Resource
from depositary.model.record_id import record_id
from depositary.model.table import Field, Table
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.questions import WrittenQuestion, question_files, read_question
from depositary.read.rows import text_rows
from depositary.read.shipped import schemas
from depositary.wording.field_texts import codes_of, content_in_words, limits_in_words, parents_of
from depositary.wording.plain import shown
from depositary.wording.suggest import MOST_CANDIDATES, abbreviated, suggest

if TYPE_CHECKING:
    from depositary.check.own_page import OwnPages
    from depositary.read.views import View

_LONG, _ENDING, _PLURAL = 7, 2, 5  # letters: of a long word, of its ending, and of a word that may be a plural
_SHOWN_APART = ("value", "label")  # of a code; every other property is a paragraph


@dataclass(frozen=True)
class Entry:
    """One name of the dictionary.

    Args:
        path: where it is, as `trade_flows.classification.H6`.
        title: what people call it.
        names: the texts by which people know it.
        paragraphs: its description, without its path and title.
    """

    path: str
    title: str
    names: tuple[str, ...]
    paragraphs: tuple[str, ...]

    @property
    def heading(self) -> str:
        """Give its path and title, without a title that the path has already."""
        return f"{self.path}: {self.title}" if self.title and self.title != self.names[0] else self.path


def description(package: Package, name: str | None) -> str:
    """Describe what a name is in a package; without a name, list the tables, views and questions.

    Raises:
        UsageError: nothing in the package has this name; the message suggests the most similar one.
    """
    dictionary = _Dictionary(package)
    if name is None:
        return dictionary.listing()
    found = list(dictionary.named(name))
    if not found:
        raise UsageError(dictionary.unknown(name), *dictionary.unread)
    return _written([dictionary.in_full(one) for one in found], list(dictionary.ending(found[0])))


def is_described(package: Package, name: str) -> bool:
    """Return whether something in a package has this name."""
    return any(True for _ in _Dictionary(package).named(name))


def search(package: Package, text: str) -> str:
    """List the entries of a package that have all words of a text, those with the words in their names first.

    Raises:
        UsageError: none has them; the message suggests the most similar word.
    """
    words = [_beginning(word) for word in _words(text)]
    if not words:
        raise UsageError(f"{shown(text)} has no letter or digit to search for.")
    dictionary = _Dictionary(package)
    found = [(rank, entry) for entry in dictionary.entries for rank in _rank(entry, words)]
    if not found:
        known = {word: word for entry in dictionary.entries for word in _words(_text(entry))}
        meant = "; ".join(filter(None, (suggest(word, known) for word in _words(text) if word not in known)))
        raise UsageError(
            f"nothing in the dictionary has {shown(text)}{f'; {meant}' if meant else '.'}", *dictionary.unread
        )
    ordered = [entry for _, entry in sorted(found, key=lambda pair: pair[0])]
    return "\n".join([*_listed(ordered, words), *dictionary.unread]) + "\n"


class _Dictionary:
    """The entries of a package; those of rows are read only if they are asked for."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._tables = {resource.name: resource.table for resource in package}
        self._about = {resource.name: {**resource.table.descriptor, **resource.descriptor} for resource in package}
        self.unread: list[str] = []  # a line for each table whose rows were not read

    def listing(self) -> str:
        """List the tables, views and questions."""
        tables = [(name, _title(about)) for name, about in self._about.items()]
        views = [(view.name, _first_sentence(view.description)) for _, view in sorted(self._views.items())]
        questions = [(one.path, one.title) for one in self._questions]
        return "\n".join(
            [
                *_aligned(tables),
                *_section("Views, which are computed from the tables:", views),
                *_section("Questions, with their queries:", questions),
                *self._section_of_unread(),
                "",
                "For one of them: depositary describe NAME. To search: depositary describe --search WORDS.",
            ]
        )

    def _section_of_unread(self) -> list[str]:
        return ["", *self.unread] if self.unread else []

    @cached_property
    def entries(self) -> list[Entry]:
        """Give all entries: tables, columns, codes, views, questions, rows."""
        return [*self._schema, *self._computed, *self._rows]

    def named(self, name: str) -> Iterator[Entry]:
        """Give the entries that a name means: by path, else by name, else by a name that looks like it."""
        table, _, rest = name.partition(".")
        if name in self._tables:
            return iter([_table_entry(self._tables[name], self._about[name])])
        if table in self._tables and rest:
            return self._by_path(self._tables[table], *rest.partition(".")[::2])
        if rest and table in self._views:
            return iter([self._column_of_view(self._views[table], rest)])
        return iter(self._known_as(name))

    def in_full(self, entry: Entry) -> Entry:
        """Add what only its own page has to the entry of a table or a column."""
        resource, column = self._place(entry)
        if resource is None:
            return entry
        more = self._own_pages.of_column(resource, column) if column else self._own_pages.of_table(resource)
        return replace(entry, paragraphs=(*entry.paragraphs, *more))

    def ending(self, entry: Entry) -> Iterator[str]:
        """Give what ends the page of a table or a column."""
        resource, column = self._place(entry)
        if resource is not None:
            yield from self._own_pages.ending(resource, column)

    def _place(self, entry: Entry) -> tuple[Resource | None, str]:
        """Give the table and the column of an entry; no table, if it is of something else."""
        resource, column = self._package.get(entry.path.partition(".")[0]), entry.path.partition(".")[2]
        known = resource is not None and column in ("", *resource.table.field_names)
        return (resource, column) if known else (None, "")

    @cached_property
    def _own_pages(self) -> "OwnPages":
        from depositary.check.own_page import OwnPages  # noqa: PLC0415 (its libraries take time to load)

        return OwnPages(self._package)

    def _column_of_view(self, view: "View", column: str) -> Entry:
        if column not in view.columns:
            meant = suggest(column, {known: known for known in view.columns})
            raise UsageError(f"{view.name} has no column {shown(column)}; {meant or _see(view.name)}")
        return _view_column_entry(view, column)

    def _by_path(self, table: Table, column: str, value: str) -> Iterator[Entry]:
        if column not in table:
            meant = suggest(column, {known: known for known in table.field_names})
            raise UsageError(f"{table.name} has no column {shown(column)}; {meant or _see(table.name)}")
        if not value:
            yield _column_entry(table, table[column], self._tables)
            return
        found = list(self._values(table, table[column], value))
        if not found:
            names = {name: entry.path for entry in self._of_column(table, table[column]) for name in entry.names}
            meant = suggest(value, {one: path.split(".", 2)[2] for one, path in names.items()})
            raise UsageError(
                f"{table.name}.{column} has no code {shown(value)}; {meant or _see(f'{table.name}.{column}')}"
            )
        yield from found

    def _values(self, table: Table, column: Field, value: str) -> Iterator[Entry]:
        return (entry for entry in self._of_column(table, column) if value in entry.names)

    def _of_column(self, table: Table, column: Field) -> Iterator[Entry]:
        """Give the codes of a column, or the rows to which it refers."""
        yield from _code_entries(table, column)
        for parent, name in [*parents_of(table, column), (table.name, column.name)]:
            if parent in self._tables and name in self._tables[parent].primary_key:
                yield from self._rows_of(parent)

    def _known_as(self, name: str) -> list[Entry]:
        """Give the entries with a name; how sure it is decides: the same text, the same words, an abbreviation."""
        folded = _words(name)
        tests: list[Callable[[Entry], bool]] = [
            lambda entry: bool(name) and name in entry.names,
            lambda entry: bool(folded) and any(folded == _words(one) for one in entry.names),
        ]
        for entries in (self._schema, self._views_and_questions, self._rows):
            for test in tests:
                found = [entry for entry in entries if test(entry)]
                if found:
                    return found
        return self._abbreviated(name) or [entry for entry in self._rows if _has_cell(entry, name)]

    def _abbreviated(self, name: str) -> list[Entry]:
        labels = {entry.title: entry.path for entry in self.entries if entry.title}
        paths = set(abbreviated(name, labels))
        titles = {title for title, path in labels.items() if path in paths}
        return [entry for entry in self.entries if entry.title in titles]

    def unknown(self, name: str) -> str:
        """Write that nothing has a name, with the most similar one."""
        known = {one: one for entry in self.entries for one in entry.names}
        meant = suggest(name, known)
        what_next = f"{meant} To" if meant else "to"
        return (
            f"{shown(name)} is not a table, a view, a column, a code or a question of this package; "
            f"{what_next} search, run: depositary describe --search {shown(name)}"
        )

    @cached_property
    def _schema(self) -> list[Entry]:
        tables = self._tables.values()
        return [
            *(_table_entry(table, self._about[table.name]) for table in tables),
            *(_column_entry(table, column, self._tables) for table in tables for column in table.fields),
            *(entry for table in tables for column in table.fields for entry in _code_entries(table, column)),
        ]

    @cached_property
    def _views(self) -> dict[str, "View"]:
        from depositary.read.views import views_of  # noqa: PLC0415 (its libraries take time to load)

        return {view.name: view for view in views_of(self._package)}

    @cached_property
    def _questions(self) -> list[Entry]:
        return [_question_entry(one) for one in self._written_questions()]

    def _written_questions(self) -> Iterator[WrittenQuestion]:
        """Give the questions that can be read; a note names the others."""
        try:
            names = question_files(self._package)
        except DocumentError as error:
            self._note(f"The questions are left out: {error}")
            return
        for name in names:
            try:
                yield read_question(self._package, name)
            except (DocumentError, NotFoundError) as error:
                self._note(f"A question is left out: {error}")

    @property
    def _views_and_questions(self) -> list[Entry]:
        return [*map(_view_entry, self._views.values()), *self._questions]

    @property
    def _computed(self) -> list[Entry]:
        """Give views and questions, and the columns of views.

        Columns are found by search and by path, but not by a bare name: that mostly means a column of a table.
        """
        columns = (_view_column_entry(view, column) for view in self._views.values() for column in view.columns)
        return [*self._views_and_questions, *columns]

    @cached_property
    def _rows(self) -> list[Entry]:
        return [entry for name in self._tables for entry in self._rows_of(name)]

    def _rows_of(self, table: str) -> list[Entry]:
        resource = next(one for one in self._package if one.name == table)
        if not set(NAMING) & set(resource.table.field_names) or not resource.table.primary_key:
            return []
        if self._package.directory == schemas() and not resource.file.exists():
            return []  # of the tables that come with the program, only code lists have rows
        try:
            rows = list(text_rows(resource, MOST_CANDIDATES + 1))
        except UnreadableFile as fault:
            self._note(f"The rows of {table} are left out: {fault.message}.")
            return []
        if len(rows) > MOST_CANDIDATES:
            self._note(f"The rows of {table} are left out: there are more than {MOST_CANDIDATES:,}.")
            return []
        return [_row_entry(resource.table, row) for row in rows]

    def _note(self, line: str) -> None:
        if line not in self.unread:
            self.unread.append(line)


# Entries


def _table_entry(table: Table, about: Mapping[str, object]) -> Entry:
    return Entry(table.name, _title(about), (table.name, _title(about)), tuple(_of_table(table, about)))


def _of_table(table: Table, about: Mapping[str, object]) -> Iterator[str]:
    yield str(about.get("description") or "")
    keys = [f"Key: {', '.join(table.primary_key)}."] if table.primary_key else []
    keys += [f"Unique together: {', '.join(key)}." for key in table.unique_keys]
    yield " ".join(keys)
    rows = [
        (one.name, content_in_words(table, one), "always" if table.is_filled(one) else "", _title(one.descriptor))
        for one in table.fields
    ]
    yield "\n".join(_aligned(rows, indent="  "))
    yield f"For one column: depositary describe {table.name}.COLUMN."


def _column_entry(table: Table, one: Field, tables: Mapping[str, Table]) -> Entry:
    title = _title(one.descriptor)
    return Entry(f"{table.name}.{one.name}", title, (one.name, title), tuple(_of_column(table, one, tables)))


def _of_column(table: Table, one: Field, tables: Mapping[str, Table]) -> Iterator[str]:
    yield str(one.descriptor.get("description") or "")
    filled = "Every row fills it." if table.is_filled(one) else "It may be blank."
    limits, example = limits_in_words(one), one.descriptor.get("example")
    facts = [
        f"Type: {content_in_words(table, one)}. {filled}",
        limits and f"Limits: {limits}.",
        example and f"Example: {example}",
    ]
    yield "\n".join(filter(None, facts))
    codes = {value: label if label != value else "" for value, label in codes_of(one).items()}
    if codes:
        yield "\n".join(["Codes:", *_aligned(codes.items(), indent="  ")])
    for parent, name in parents_of(table, one):
        if parent in tables:
            yield f"Its values are in {parent}.{name}: depositary describe {parent}."


def _code_entries(table: Table, one: Field) -> Iterator[Entry]:
    for code in one.descriptor.get("categories") or one.constraints.get("enum") or ():
        known = code if isinstance(code, Mapping) else {"value": code}
        value, label = (str(known.get(name, "")) for name in ("value", "label"))
        paragraphs = tuple(
            f"{name.replace('_', ' ').capitalize()}: {text}"
            for name, text in known.items()
            if name not in _SHOWN_APART and text not in (None, "")
        )
        yield Entry(f"{table.name}.{one.name}.{value}", label, (value, label), paragraphs)


def _view_entry(view: "View") -> Entry:
    reads = f"It is computed from {', '.join(sorted(view.reads))}."
    paragraphs = (
        view.description,
        reads,
        "\n".join(_aligned(view.columns.items(), indent="  ")),
        f'In Python: depositary.load(PACKAGE, "{view.name}"). Exports to sqlite and duckdb have it as a view.',
    )
    return Entry(view.name, "", (view.name,), paragraphs)


def _view_column_entry(view: "View", column: str) -> Entry:
    paragraphs = (view.columns[column], f"A column of the view {view.name}: depositary describe {view.name}.")
    return Entry(f"{view.name}.{column}", "", (column,), paragraphs)


def _question_entry(one: WrittenQuestion) -> Entry:
    name = PurePosixPath(one.file).stem
    paragraphs = (
        f"The query, in {one.file}:\n" + "\n".join(f"  {line}" for line in one.query.strip("\n").splitlines()),
        "To answer it, run the query in an export: depositary export PACKAGE --to duckdb --output-dir FOLDER.",
    )
    return Entry(name, one.text, (name, one.text, one.file), paragraphs)


def _row_entry(table: Table, row: Mapping[str, str]) -> Entry:
    naming = [row[name] for name in NAMING if row.get(name)]
    key = record_id(row.get(name, "") for name in table.primary_key)
    own = [row.get(table.primary_key[-1], "")]
    cells = _aligned([(name, cell) for name, cell in row.items() if cell], indent="  ")
    title = naming[0] if naming else ""
    return Entry(f"{table.name}.{table.primary_key[-1]}.{key}", title, (key, *own, *naming), ("\n".join(cells),))


# Words


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", anyascii(text).casefold())


def _beginning(word: str) -> str:
    """Cut the ending off, so that license finds licences and licensing, and chips finds chip."""
    if len(word) >= _LONG:
        return word[:-_ENDING]
    return word.removesuffix("s") if len(word) >= _PLURAL else word


def _text(entry: Entry) -> str:
    return " ".join([entry.path, *entry.names, *entry.paragraphs])


def _rank(entry: Entry, words: Sequence[str]) -> Iterator[int]:
    """Give 0 if the names have all words or their beginnings, 1 if only the description has them, else nothing."""
    for rank, text in enumerate((" ".join(entry.names), _text(entry))):
        there = _words(text)
        if all(any(known.startswith(word) for known in there) for word in words):
            yield rank
            return


def _has_cell(entry: Entry, name: str) -> bool:
    cells = (line.split(None, 1) for line in "\n".join(entry.paragraphs).splitlines())
    return any(len(cell) > 1 and cell[1] == name for cell in cells)


# Texts


def _written(entries: Sequence[Entry], ending: Sequence[str]) -> str:
    """Describe one entry, or several that say the same, with the ending of the first; list them if they differ."""
    first = entries[0]
    if any((entry.title, entry.paragraphs) != (first.title, first.paragraphs) for entry in entries):
        return "\n".join([*_listed(entries), "", "For one of them: depositary describe PATH, as above."]) + "\n"
    also = [f"The same is in {', '.join(entry.path for entry in entries[1:])}."] if entries[1:] else []
    return "\n\n".join(filter(None, [first.heading, *first.paragraphs, *ending, *also])) + "\n"


def _listed(entries: Sequence[Entry], words: Sequence[str] = ()) -> Iterator[str]:
    """List entries, one line each; those that say the same share a line.

    An entry that has the words only in its description is listed with the first sentence that has one of them.
    """
    groups: dict[object, list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.path.rpartition(".")[2], entry.title, entry.paragraphs), []).append(entry)
    yield from _aligned([(group[0].path, _line(group, words)) for group in groups.values()])


def _line(group: Sequence[Entry], words: Sequence[str]) -> str:
    first, *others = group
    also = ", ".join(entry.path.rpartition(".")[0] for entry in others)
    sentences = (
        re.split(r"(?<=[.;])\s+|\n", "\n".join(first.paragraphs)) if words and 0 not in _rank(first, words) else []
    )
    found = next((" ".join(one.split()) for one in sentences if _has_any(one, words)), "")
    if not first.title and not found:
        found = _first_sentence(" ".join(first.paragraphs[:1]))
    return "  ".join(filter(None, [first.title + (f" (also in {also})" if also else ""), found and f"[{found}]"]))


def _has_any(text: str, words: Sequence[str]) -> bool:
    return any(known.startswith(word) for known in _words(text) for word in words)


def _aligned(rows: Iterable[Sequence[str]], indent: str = "") -> list[str]:
    known = list(rows)
    widths = [max((len(row[at]) for row in known), default=0) for at in range(len(known[0]))] if known else []
    return [
        indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in known
    ]


def _section(title: str, rows: Sequence[Sequence[str]]) -> list[str]:
    return ["", title, *_aligned(rows, indent="  ")] if rows else []


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:;])\s", text, maxsplit=1)[0].rstrip(".:;")


def _title(descriptor: Mapping[str, object]) -> str:
    return str(descriptor.get("title") or "")


def _see(name: str) -> str:
    return f"for a list, run: depositary describe {name}"

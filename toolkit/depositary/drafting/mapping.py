"""Draft an entry `[[files]]` for a file with other columns, from its header and its first rows.

What the draft says is taken from names and values and has to be checked by a person, so it names what each line is
taken from. What is not certain is a comment.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any

from depositary.errors import NotFoundError, UsageError
from depositary.model.field_types import DATE
from depositary.model.file_kinds import FileKind, file_kind
from depositary.model.mapping import ColumnMapping, NumberForm
from depositary.model.package import Package, Resource
from depositary.model.table import Field, Table, kind_of
from depositary.read.codes import codes_of
from depositary.read.files.forms import OURS, USUAL, number_forms, reading_numbers, reading_periods
from depositary.read.files.mapped import SourceRows
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import sheets
from depositary.read.package import table_of
from depositary.read.profiles import profiles, with_profile
from depositary.visible import visible
from depositary.wording.plain import number, sentences, shown
from depositary.wording.suggest import closest, one_of

_ROWS = 1_000  # rows from which values are taken
_MARKS = (";", "\t", "|")  # marks between cells, other than commas
_FEW = 3  # values that a comment shows
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def draft_mapping(file: Path, table: str, package: Package, sheet: str = "") -> str:
    """Write a draft of an entry as TOML.

    Raises:
        NotFoundError: there is no such file.
        UsageError: the package has no such table, or the file cannot be read or has no header.
    """
    known = table_of(package, table)
    if not file.is_file():
        raise NotFoundError(f"{file}: there is no such file.")
    sheet = sheet or _first_sheet(file)
    delimiter = "" if sheet else _delimiter(file, known)
    columns = _columns(file, known, sheet, delimiter)
    if not columns:
        raise UsageError(f"{file}: the file has no column names. Write them into its first row.")
    return "\n".join(_Draft(file.name, sheet, delimiter, known.table, columns, package).lines()) + "\n"


@dataclass(frozen=True)
class _Column:
    """A column of the file and its first values, each once."""

    label: str
    values: tuple[str, ...]

    @property
    def some(self) -> str:
        """Show some of the values."""
        return ", ".join(visible(shown(value)) for value in self.values[:_FEW]) or "blank"


def _delimiter(file: Path, known: Resource) -> str:
    """Give the mark that separates the cells of the first line, if it is not a comma."""
    line = " ".join(column.label for column in _columns(file, known, "", ","))
    best = max(_MARKS, key=line.count)
    return best if line.count(best) > len(_columns(file, known, "", ",")) - 1 else ""


def _columns(file: Path, known: Resource, sheet: str, delimiter: str) -> list[_Column]:
    try:
        mapping = ColumnMapping(delimiter=delimiter)
        rows = SourceRows(Resource(known.name, file.name, file, known.table, sheet=sheet, mapping=mapping))
        try:
            first = list(islice(chain.from_iterable(rows.chunks()), _ROWS))
        finally:
            rows.close()
    except UnreadableFile as fault:
        raise _unreadable(file, fault) from fault
    labels = [label.strip() for label in rows.labels]
    cells = {at: dict.fromkeys(row[at].strip() for row in first if at < len(row)) for at in range(len(labels))}
    return [_Column(label, tuple(filter(None, cells[at]))) for at, label in enumerate(labels) if label]


def _first_sheet(file: Path) -> str:
    try:
        return sheets(file)[0] if file_kind(file) is FileKind.WORKBOOK else ""
    except UnreadableFile as fault:
        raise _unreadable(file, fault) from fault


def _unreadable(file: Path, fault: UnreadableFile) -> UsageError:
    return UsageError(f"{file}: {sentences(fault.message, fault.hint)}")


@dataclass(frozen=True)
class _Draft:
    path: str
    sheet: str
    delimiter: str
    table: Table
    columns: Sequence[_Column]
    package: Package

    def lines(self) -> Iterator[str]:
        """Write the entry, table by table."""
        yield "[[files]]"
        yield f"path = {_text(self.path)}"
        if self.sheet:
            yield f"sheet = {_text(self.sheet)}"
        if self.delimiter:
            yield f"delimiter = {_text(self.delimiter)}"
        if self._profile:
            yield from self._by_profile()
            return
        yield f"table = {_text(self.table.name)}"
        if self._minted:
            yield f"mint = {_list(self._minted)}  # the columns of the natural key that are known; check"
        left = [column for column in self.columns if column.label not in self._mapped]
        for column in left:
            yield f"# ignore {_text(column.label)}, or map it: {column.some}"
        yield from self._section("columns", self._renamed())
        yield from self._section("values", self._values())
        yield from self._section("periods", self._periods())
        yield from self._section("numbers", self._numbers())
        ours = {name for name, _ in self._mapped.values()}
        yield from self._section(
            "constants", self._constants({*ours, *(self.table.primary_key if self._minted else ())})
        )

    def _section(self, name: str, lines: Iterable[str]) -> Iterator[str]:
        found = list(lines)
        if found:
            yield ""
            yield f"[files.{name}]"
            yield from found

    @cached_property
    def _profile(self) -> str:
        """Name the profile whose columns the file has; empty if there is none."""
        labels = {column.label for column in self.columns}
        mine = {name: profile for name, profile in profiles().items() if profile["table"] == self.table.name}
        return next((name for name, profile in mine.items() if labels.issuperset(profile["needs"])), "")

    def _by_profile(self) -> Iterator[str]:
        entry = with_profile({"profile": self._profile})
        labels = [column.label for column in self.columns]
        used = {*entry["columns"], *entry["ignore"], *entry["needed"], *entry["optional"]}
        needed = ", ".join(entry["needed"])
        yield f"profile = {_text(self._profile)}  # the file has the columns that it needs: {needed}"
        for column in self.columns:
            if column.label not in used and column.label not in self.table:
                yield f"# ignore {_text(column.label)}, or map it: {column.some}"
        given = {ours for label, ours in entry["columns"].items() if label in labels}
        given |= {*labels, *entry["constants"], *entry["join"], *(self.table.primary_key if entry.get("mint") else ())}
        yield from self._section("constants", self._constants(given))

    # Which column is which

    @cached_property
    def _mapped(self) -> Mapping[str, tuple[str, str]]:
        """Give our column for each column of the file that seems to be one, and why."""
        found: dict[str, tuple[str, str]] = {}
        for column in self.columns:  # equal names count first
            if column.label in self.table:
                found[column.label] = column.label, ""
        for column in self.columns:
            ours, why = self._meant(column.label)
            if column.label not in found and ours and ours not in {name for name, _ in found.values()}:
                found[column.label] = ours, why
        return found

    def _meant(self, label: str) -> tuple[str, str]:
        for name, profile in profiles().items():
            ours = profile.get("columns", {}).get(label, "") if profile["table"] == self.table.name else ""
            if ours in self.table and len(label) > 1:
                return ours, f"as in the profile {name}"
        named = {f.name: f.name for f in self.table.fields} | {_title(f): f.name for f in self.table.fields}
        words = " ".join(_WORDS.findall(label)).lower()
        near = closest(words, named)
        return (near[0], "the names are alike; check") if len(near) == 1 else ("", "")

    def _renamed(self) -> Iterator[str]:
        for column in self.columns:
            ours, why = self._mapped.get(column.label, ("", ""))
            if ours and ours != column.label:
                yield f"{_key(column.label)} = {_text(ours)}  # {why}: {column.some}"

    @property
    def _fields(self) -> Iterator[tuple[Field, _Column]]:
        for column in self.columns:
            if column.label in self._mapped:
                yield self.table[self._mapped[column.label][0]], column

    # How values are written

    def _values(self) -> Iterator[str]:
        for field, column in self._fields:
            allowed = [str(value) for value in field.constraints.get("enum", ())]
            strange = [value for value in column.values if value not in allowed] if allowed else []
            if strange:
                texts = ", ".join(f"{_text(value)} = …" for value in strange[:_FEW])
                yield f"# {field.name} = {{ {texts} }}  # {one_of(allowed)}"
            yield from self._by_list(field, column)

    def _by_list(self, field: Field, column: _Column) -> Iterator[str]:
        """Name the columns of a code list that have most of the values."""
        parents = [key.table for key in self.table.foreign_keys if key.fields == (field.name,)]
        parent = self.package.get(parents[0]) if parents else None
        values = set(column.values)
        if parent is None or len(parent.table.primary_key) != 1 or not values:
            return
        counts: dict[str, int] = {}
        for name in parent.table.field_names:
            try:
                keys = codes_of(self.package, f"{parent.name}.{name}").keys
            except UnreadableFile:
                return
            if all(len(of) == 1 for of in keys.values()):
                counts[name] = len(values & keys.keys())
        best = max(counts.values(), default=0)
        if not best or counts.get(parent.table.primary_key[0]) == best:
            return
        first, *others = [name for name, count in counts.items() if count == best]
        also = f"; so do {', '.join(others)}" if others else ""
        share = f"{best:,} of {number(len(values), 'value')}"
        yield f"{field.name} = {_text(f'{parent.name}.{first}')}  # it has {share}{also}; check"

    def _periods(self) -> Iterator[str]:
        for field, column in self._fields:
            is_date = kind_of(field).storage is DATE or field.is_edtf or "period" in field.name
            if not is_date or not column.values or _reads(OURS, column.values):
                continue
            forms = [form for form in (*OURS, *USUAL) if any(_reads((form,), [value]) for value in column.values)]
            if forms and _reads(forms, column.values):
                yield f"{field.name} = {_list(forms)}  # {column.some}"
            else:
                yield f"# {field.name} = […]  # how the file writes May 2022: {column.some}"

    def _numbers(self) -> Iterator[str]:
        for field, column in self._fields:
            if kind_of(field).is_numeric:
                yield from _numbers_of(field.name, column)

    # What every row needs besides

    @cached_property
    def _minted(self) -> list[str]:
        key = self.table.primary_key
        ours = {name for name, _ in self._mapped.values()}
        if len(key) != 1 or key[0] in ours:
            return []
        merge: Mapping[str, Any] = self.table[key[0]].descriptor.get("merge") or {}
        natural = merge.get("from") or [f.name for f in self.table.fields if f.required]
        return [name for name in natural if name in ours and name != key[0]]

    def _constants(self, given: Collection[str]) -> Iterator[str]:
        for field in self.table.fields:
            if self.table.is_filled(field) and field.name not in given:
                yield f'# {field.name} = "…"  # {self._allowed(field)}'

    def _allowed(self, field: Field) -> str:
        enum = field.constraints.get("enum")
        if enum:
            return one_of(enum)
        if (field.descriptor.get("merge") or {}).get("as") == "source":
            return "the source of the download"
        example = field.descriptor.get("example")
        return f"such as {visible(str(example))}" if example else "every row needs it"


def _numbers_of(name: str, column: _Column) -> Iterator[str]:
    """Say how the numbers of a column seem to be written, if this is not certainly our form."""
    forms = number_forms(column.values)
    if forms == [NumberForm()]:
        return
    if not forms:
        odd = next((value for value in column.values if not number_forms([value])), "")
        why = f"{visible(shown(odd))} is not a number" if odd else f"they are not in one form: {column.some}"
        yield f'# {name} = {{ decimal = "…", group = "…" }}  # {why}'
        return
    # Of several forms, each value that has a mark shows the difference: "1,234" is 1234 or 1.234.
    telling = next(value for value in column.values if not _is_same_in(forms, value))
    first, *others = ((form, reading_numbers(form)(telling)) for form in forms)
    also = "".join(f"; with {_form(form)} it is {value}" for form, value in others)
    lead = f"{name}: as it is" if first[0] == NumberForm() else f"{name} = {_form(first[0])}"
    yield f"# {lead}  # {visible(shown(telling))} is {first[1]}{f'{also}; check' if also else ''}"


def _is_same_in(forms: Sequence[NumberForm], value: str) -> bool:
    """Return whether a value is the same number in each of some forms and in ours."""
    return len({reading_numbers(form)(value) for form in (NumberForm(), *forms)}) == 1


def _form(form: NumberForm) -> str:
    """Write a form of numbers as TOML, without what is so by default."""
    parts = {"decimal": form.decimal, "group": form.group}
    given = [f"{key} = {json.dumps(value)}" for key, value in parts.items() if value != getattr(NumberForm(), key)]
    return f"{{ {', '.join(given)} }}" if given else "{ }"


def _title(field: Field) -> str:
    return str(field.descriptor.get("title", field.name))


def _reads(forms: Sequence[str], values: Iterable[str]) -> bool:
    read = reading_periods(tuple(forms))
    return all(read(value) is not None for value in values)


def _key(label: str) -> str:
    return label if _BARE.fullmatch(label) else _text(label)


def _text(value: str) -> str:
    """Write a text as TOML."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"

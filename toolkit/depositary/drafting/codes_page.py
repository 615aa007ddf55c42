"""The page about the codes of a new contribution, CODES.md: what each code of its tables means."""

from collections.abc import Iterator, Mapping, Sequence

from depositary.check.rules.compiler import RowRules
from depositary.check.rules.open_lists import look_ups
from depositary.drafting.prose import as_code, prose
from depositary.model.package import Package, Resource
from depositary.model.table import Field
from depositary.read.listed_codes import MOST_LABELLED, ListedCode, listed_codes
from depositary.wording.field_texts import codes_of, parents_of
from depositary.wording.plain import number

CODES_PAGE = "CODES.md"
# A list of this many codes is read from its beginning to its end. In a longer one, such as that of countries, people
# look for a name that they know, and definitions are in the way; it is written on one line, without them.
_DEFINED = 100
_COUNTED = 100_000  # rows that are read to count the codes of a long list

_HOW_TO = (
    "Write the code, not its label. What a code includes and excludes, with an example: "
    "`depositary describe TABLE.COLUMN.CODE`. To find a code by words: `depositary describe --search WORDS`."
)
_SEARCH = "To find one: `depositary describe --search WORDS`."


def codes_page(name: str, base: Package, chosen: Sequence[Resource], rules: RowRules) -> str:
    """Write the page.

    Raises:
        DocumentError: a code list cannot be read.
    """
    sections = _sections(base, chosen, rules)
    parts = [
        f"# Codes of {name}",
        _HOW_TO,
        *(f"## {', '.join(columns)}\n\n{text}" for text, columns in sections.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _sections(base: Package, chosen: Sequence[Resource], rules: RowRules) -> dict[str, list[str]]:
    """Give each list of codes once, with the columns that have it, in the order of the tables."""
    found: dict[str, list[str]] = {}
    for one in chosen:
        uses = list(look_ups(base, rules, one.name))
        for column in one.table.fields:
            lists = dict.fromkeys(use.code_list for use in uses if use.column == column.name)
            for text in _of_column(base, one, column, list(lists)):
                found.setdefault(text, []).append(as_code(f"{one.name}.{column.name}"))
    return found


def _of_column(base: Package, one: Resource, column: Field, open_lists: Sequence[str]) -> Iterator[str]:
    if codes_of(column):
        yield "\n".join(_line(code) for code in _own_codes(column))
    for parent, _ in parents_of(one.table, column):
        resource = base.get(parent)
        if resource is not None and resource.table.is_code_list:
            yield _of_list(resource)
    if open_lists:
        yield _of_open_lists([base[name] for name in open_lists])


def _own_codes(column: Field) -> Iterator[ListedCode]:
    for code in column.descriptor.get("categories") or ():
        if isinstance(code, Mapping):
            value, *texts = (code.get(key) for key in ("value", "label", "definition"))
            yield ListedCode(str(value), *(str(text or "") for text in texts))
    if not column.categories:
        yield from (ListedCode(code, "", "") for code in codes_of(column))


def _of_list(resource: Resource) -> str:
    codes = listed_codes(resource, _COUNTED)
    heading = f"{_count(codes)} in {as_code(resource.name)}"
    if len(codes) <= _DEFINED:
        return "\n".join([f"{heading}:", "", *map(_line, codes)])
    if len(codes) <= MOST_LABELLED:
        return f"{heading}: {'; '.join(_labelled(code) for code in codes)}."
    return f"{heading}. {_SEARCH}"


def _of_open_lists(lists: Sequence[Resource]) -> str:
    names = " or ".join(as_code(one.name) for one in lists)
    counts = (f"{_count(listed_codes(one, _COUNTED))} in {as_code(one.name)}" for one in lists)
    return f"Open: a code that is not in {names} is accepted, unless a rule refuses it. {', '.join(counts)}. {_SEARCH}"


def _count(codes: Sequence[ListedCode]) -> str:
    return number(len(codes), "code") if len(codes) <= _COUNTED else f"More than {_COUNTED:,} codes"


def _line(code: ListedCode) -> str:
    label = prose(code.label) if code.label and code.label != code.key else ""
    definition = prose(code.definition) if code.definition else ""
    return f"- {as_code(code.key)}{f' – {label}' if label else ''}{f': {definition}' if definition else ''}"


def _labelled(code: ListedCode) -> str:
    return f"{as_code(code.key)} {prose(code.label)}".rstrip()

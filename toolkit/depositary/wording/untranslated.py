"""Describe a cell of a mapped file that could not be translated, and what to do about it."""

from collections.abc import Mapping

from depositary.model.mapping import ColumnMapping, NumberForm
from depositary.wording.plain import shown
from depositary.wording.suggest import suggest


def untranslated(mapping: ColumnMapping, name: str, cell: str, form: str) -> tuple[str, str]:
    """Give the message and the hint for a cell of one of our columns; `form` is that of a period, if it is usual."""
    text = shown(cell)
    if name in mapping.lists:
        return _not_listed(mapping, name, cell)
    if name in mapping.periods:
        forms = " or ".join(mapping.periods[name])
        hint = f'if it is a period, add the form "{form}" to `periods` of {name}' if form else "correct the cell"
        return f"{text} is not a period in the form {forms}", f"{hint}, or leave the row out with `where`"
    if name in mapping.numbers:
        return (
            f"{text} is not a number with {_marks(mapping.numbers[name])}",
            f"correct `numbers` of {name}, or the cell",
        )
    return _not_split(mapping, name, cell)


def _not_split(mapping: ColumnMapping, name: str, cell: str) -> tuple[str, str]:
    labels = {label for label in (*(j.label for j in mapping.join), *_parts(mapping)) if _names(mapping, label, name)}
    labels |= {part for join in mapping.join if join.label in labels for part in join.of}
    for split in mapping.split:
        if not labels.isdisjoint(split.into):
            message = f'{shown(cell)} does not have {len(split.into)} parts with "{split.by}" between them'
            return message, "correct the cell, or `split` in the manifest, or leave the row out with `where`"
    return f"{shown(cell)} cannot be translated", "correct the cell"


def _parts(mapping: ColumnMapping) -> list[str]:
    return [label for split in mapping.split for label in split.into]


def _names(mapping: ColumnMapping, label: str, name: str) -> bool:
    return mapping.columns.get(label, label) == name


def _not_listed(mapping: ColumnMapping, name: str, cell: str) -> tuple[str, str]:
    codes, text = mapping.lists[name], cell.strip()
    value = f'{name} = ["{codes.name}", {{ {shown(text)} = … }}]'
    own = f"give it under `values`, as {value}, or leave the row out with `where`"
    message = f"{shown(cell)} is not in {codes.name}"
    if text in codes.codes.values():
        return message, f"it is already a value of {name}: leave the code list out of `values`; or {own}"
    if text in codes.elsewhere:
        return message, f"{_found_in(codes.elsewhere[text])}; or {own}"
    meant = suggest(text, {code: code for code in codes.codes})
    return message, f"{meant} Otherwise {own}" if meant else own


def _found_in(places: Mapping[str, str]) -> str:
    """Name the columns that have a text, and what it means in each."""
    meanings: dict[str, list[str]] = {}
    for column, key in places.items():
        meanings.setdefault(key, []).append(column)
    found = "; ".join(f"in {' and '.join(columns)}, for {key}" for key, columns in meanings.items())
    by = "that column" if len(places) == 1 else "the one of these columns that the file uses"
    return f"it is {found}: translate by {by}"


def _marks(form: NumberForm) -> str:
    group = f" and {shown(form.group)} between groups of three digits" if form.group else ""
    return f"the decimal mark {shown(form.decimal)}{group}"

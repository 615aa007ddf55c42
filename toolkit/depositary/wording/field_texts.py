"""Write what a column holds in a few words: its type, its codes, its limits and what it refers to."""

from depositary.model.table import Field, Table


def type_in_words(one: Field) -> str:
    """Write the type of a column."""
    if one.is_edtf:
        return "EDTF date"
    return "code" if one.categories else one.type


def limits_in_words(one: Field) -> str:
    """Write the constraints of a column, without those that the type or a list of codes shows."""
    shown_elsewhere = ("required", "enum", *(("pattern",) if one.is_edtf else ()))
    left = {name: value for name, value in one.constraints.items() if name not in shown_elsewhere}
    return "; ".join(f"{name}: {value}" for name, value in left.items())


def content_in_words(table: Table, one: Field) -> str:
    """Write what a column holds: the column to which it refers, the number of its codes, or its type."""
    parents = parents_of(table, one)
    if parents:
        return " and ".join(f"{name} of {parent}" for parent, name in parents)
    codes = codes_of(one)
    return f"one of {len(codes)} codes" if codes else type_in_words(one)


def codes_of(one: Field) -> dict[str, str]:
    """Map the codes of a column to their labels; those of an `enum` have none."""
    return one.categories or {str(value): "" for value in one.constraints.get("enum") or ()}


def parents_of(table: Table, one: Field) -> list[tuple[str, str]]:
    """Name the tables and columns to which a column alone refers."""
    keys = (key for key in table.foreign_keys if key.fields == (one.name,))
    return [(key.table, key.parent_fields[0]) for key in keys]

"""Write what a column holds in a few words: its type and its limits."""

from depositary.model.table import Field


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

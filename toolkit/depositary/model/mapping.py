"""How columns with other names are read as ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ColumnMapping:
    """The mapping of one file in a manifest: which of its columns are which of ours, and how values are translated.

    `columns` maps their names to ours, `constants` our columns to the text of every row, `values` our columns to a
    mapping of their values to ours. `local` are our columns that hold ids of theirs, `ignore` columns of theirs.
    A column that is in none of them and has the name of one of ours is ours.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    local: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def ours(self, label: str) -> str | None:
        """Give our name of one of their columns, or None if it is ignored."""
        name = label.strip()
        if name in self.ignore:
            return None
        return self.columns.get(name, name)

    def theirs(self, name: str) -> str:
        """Give their name of one of our columns if it differs from ours; otherwise an empty text."""
        return next((label for label, ours in self.columns.items() if ours == name and label != name), "")

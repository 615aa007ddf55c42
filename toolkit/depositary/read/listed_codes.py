"""The codes of a code list with their labels and definitions, for texts about them; nothing is judged."""

from dataclasses import dataclass

from depositary.errors import DocumentError
from depositary.model.package import Resource
from depositary.model.record_id import record_id
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.rows import text_rows

# Of a longer list, people look for a code by a word of its name instead of reading the codes.
MOST_LABELLED = 300


@dataclass(frozen=True)
class ListedCode:
    """A row of a code list; `key` is the code, or all cells of a key of several columns."""

    key: str
    label: str
    definition: str


def listed_codes(resource: Resource, most: int) -> list[ListedCode]:
    """Read the codes of a list, and one more than `most` if there are more.

    Raises:
        DocumentError: the file cannot be read.
    """
    try:
        rows = list(text_rows(resource, most + 1))
    except UnreadableFile as fault:
        raise DocumentError(f"{resource.path}: {fault.message}. Run depositary validate on the package.") from fault
    key = resource.table.primary_key or ("code",)
    return [
        ListedCode(record_id(row.get(name, "") for name in key), row.get("label", ""), row.get("definition", ""))
        for row in rows
    ]

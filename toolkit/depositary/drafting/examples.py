"""An example of a row of a table: a published one, or the examples of its columns."""

from collections.abc import Mapping

from depositary.model.package import Resource
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.rows import text_rows

Example = Mapping[str, str]


def example_of(resource: Resource) -> Example:
    """Give the first published row of a table, or if there is none, the examples of its columns."""
    fields = {one.name: str(one.descriptor.get("example") or "") for one in resource.table.fields}
    try:
        return next(text_rows(resource, 1), fields)
    except UnreadableFile:
        return fields

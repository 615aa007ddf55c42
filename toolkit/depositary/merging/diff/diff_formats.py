"""Write a diff in one of the formats."""

from depositary.merging.diff.changes import Diff
from depositary.merging.diff.diff_text import diff_text

_TEXT, _PAGE = 20, 1_000  # rows of each table in a text and in a page; those left out are counted


def written(diff: Diff, form: str, *, whole: bool, colour: bool = False, width: int | None = None) -> str:
    """Write a diff as text, CSV, HTML or Markdown; with all rows if `whole`."""
    if form == "csv":
        return diff.csv()
    if form == "html":
        from depositary.merging.diff.diff_page import diff_page  # noqa: PLC0415 (a text needs none of it)

        return diff_page(diff, None if whole else _PAGE)
    if form == "markdown":
        from depositary.merging.diff.diff_markdown import diff_markdown  # noqa: PLC0415 (as above)

        return diff_markdown(diff, None if whole else _TEXT)
    return diff_text(diff, most=None if whole else _TEXT, colour=colour, width=width)

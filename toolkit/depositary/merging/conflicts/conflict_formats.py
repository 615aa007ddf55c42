"""Write the conflicts of a merged package in one of the formats."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from depositary.errors import UsageError
from depositary.merging.conflicts.conflict_text import UNSETTLED, conflicts_text
from depositary.merging.conflicts.conflicts_file import chosen, open_merged, read_conflicts
from depositary.model.conflict import Conflict, Status
from depositary.model.package import Package
from depositary.read.package import table_of
from depositary.wording.plain import shown
from depositary.write.atomic import write_bytes, write_text

if TYPE_CHECKING:
    from depositary.merging.conflicts.worksheet import ConflictWorksheet

_ALL = "all"
_MARK = "\ufeff"  # spreadsheets need it to read a file as UTF-8


@dataclass(frozen=True)
class Listing:
    """The wanted conflicts, and those of the same tables and kinds with another status."""

    package: Package
    conflicts: tuple[Conflict, ...]
    others: tuple[Conflict, ...]

    @property
    def is_open(self) -> bool:
        """Return whether a conflict of the wanted tables and kinds is open."""
        return any(c.status is Status.OPEN for c in (*self.conflicts, *self.others))

    def text(self, form: str, *, colour: bool = False, width: int | None = None) -> str:
        """Write them in one of the text formats.

        Raises:
            UsageError: the format is not text.
        """
        if form == "xlsx":
            raise UsageError(
                "an Excel worksheet must be written to a file. Name it with --output, such as --output conflicts.xlsx."
            )
        if form == "csv":
            return self._csv()
        if form == "html":
            from depositary.merging.conflicts.conflict_page import conflicts_page  # noqa: PLC0415 (a text needs none of it)

            return conflicts_page(self.package, self.conflicts, self.others)
        return conflicts_text(self.package, self.conflicts, self.others, colour=colour, width=width)

    def write(self, form: str, file: Path) -> None:
        """Write them to a file; entries and notes on an existing worksheet are kept.

        Raises:
            DepositaryError: the existing worksheet cannot be read, or the file cannot be written.
        """
        if form == "xlsx":
            from depositary.merging.conflicts.worksheet import worksheet_of  # noqa: PLC0415
            from depositary.merging.conflicts.worksheet_files import earlier, to_worksheet_excel  # noqa: PLC0415

            write_bytes(file, to_worksheet_excel(worksheet_of(self.package, self.conflicts, earlier(file))))
        elif form == "csv":
            from depositary.merging.conflicts.worksheet_files import earlier  # noqa: PLC0415

            write_text(file, _MARK + self._csv(earlier(file)))
        else:
            write_text(file, self.text(form))

    def _csv(self, before: "ConflictWorksheet | None" = None) -> str:
        from depositary.merging.conflicts.worksheet import worksheet_of  # noqa: PLC0415
        from depositary.merging.conflicts.worksheet_files import to_worksheet_csv  # noqa: PLC0415

        return to_worksheet_csv(worksheet_of(self.package, self.conflicts, before))


def listing(path: Path, tables: Sequence[str], kinds: Sequence[str], statuses: Sequence[str]) -> Listing:
    """Read the conflicts of a merged package; by default those that are not settled.

    Raises:
        DepositaryError: the package is not a merged one, or has no such table, kind or status.
    """
    package = open_merged(path)
    for table in tables:
        table_of(package, table)
    wanted = [*Status] if _ALL in statuses else [_status(s) for s in statuses] or [*UNSETTLED]
    found = chosen(read_conflicts(package), tables, kinds)
    return Listing(package, chosen(found, statuses=wanted), tuple(c for c in found if c.status not in wanted))


def _status(text: str) -> Status:
    try:
        return Status(text)
    except ValueError as error:
        raise UsageError(f"{shown(text)} is not a status. Use one of {', '.join([*Status, _ALL])}.") from error

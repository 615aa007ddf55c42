"""The conflicts of a merged package in the form that is asked for."""

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
    from depositary.merging.conflicts.worksheet import Worksheet

_ALL = "all"
_MARK = "\ufeff"  # by it, spreadsheets see that a file is UTF-8


@dataclass(frozen=True)
class Listing:
    """The conflicts that were asked for, and those of the same tables and kinds that are settled in another way."""

    package: Package
    conflicts: tuple[Conflict, ...]
    others: tuple[Conflict, ...]

    @property
    def is_open(self) -> bool:
        """Return whether one of the tables and kinds asked for is open."""
        return any(c.status is Status.OPEN for c in (*self.conflicts, *self.others))

    def text(self, form: str, *, colour: bool = False, width: int | None = None) -> str:
        """Write them in one of the forms that are text.

        Raises:
            UsageError: the form is none.
        """
        if form == "xlsx":
            raise UsageError("an Excel worksheet goes to a file: name it with --output, as in --output conflicts.xlsx.")
        if form == "csv":
            return self._csv()
        if form == "html":
            from depositary.merging.conflicts.conflict_page import conflicts_page  # noqa: PLC0415 (a text needs none of it)

            return conflicts_page(self.package, self.conflicts, self.others)
        return conflicts_text(self.package, self.conflicts, self.others, colour=colour, width=width)

    def write(self, form: str, file: Path) -> None:
        """Write them to a file; what was filled in and noted on a worksheet that is there is kept.

        Raises:
            DepositaryError: the worksheet that is there cannot be read, or the file not be written.
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

    def _csv(self, before: "Worksheet | None" = None) -> str:
        from depositary.merging.conflicts.worksheet import worksheet_of  # noqa: PLC0415
        from depositary.merging.conflicts.worksheet_files import to_worksheet_csv  # noqa: PLC0415

        return to_worksheet_csv(worksheet_of(self.package, self.conflicts, before))


def listing(path: Path, tables: Sequence[str], kinds: Sequence[str], statuses: Sequence[str]) -> Listing:
    """Read the conflicts of a merged package; without a status, those that are not settled.

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
        raise UsageError(f"{shown(text)} is no status; those there are: {', '.join([*Status, _ALL])}.") from error

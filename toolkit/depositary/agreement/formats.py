"""Write an agreement in one of the formats."""

from collections.abc import Iterable
from pathlib import Path

from depositary.agreement.agree import Agreement
from depositary.agreement.described import DESCRIBED, Described, descriptor
from depositary.agreement.listing import listing
from depositary.agreement.records import TABLES, Row, as_csv, as_json, variables_of_rounds
from depositary.errors import UsageError
from depositary.model.agreement_format import AgreementFormat
from depositary.read.package import DESCRIPTOR
from depositary.write.atomic import write_text
from depositary.write.disk import make_folders


def written(agreement: Agreement, form: AgreementFormat, before: Agreement | None = None) -> str:
    """Write an agreement as text, page or JSON, or the figures of its variables as CSV; beside an earlier round."""
    if form is AgreementFormat.CSV:
        return as_csv(variables_of_rounds(agreement, before))
    if form is AgreementFormat.JSON:
        return as_json(agreement, before)
    if form is AgreementFormat.HTML:
        from depositary.agreement.page import page  # noqa: PLC0415 (the others need none of it)

        return page(agreement, before)
    return listing(agreement, before)


def write_tables(agreement: Agreement, folder: Path) -> list[Path]:
    """Write all tables as CSV files into a folder, with the descriptor with which a release takes them along.

    Each table is written, also one without rows, so that a folder has nothing of an earlier agreement.

    Raises:
        UsageError: the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder for the tables.")
    make_folders(folder)
    files = []
    for name, table in DESCRIBED.items():
        files.append(folder / f"{name}.csv")
        write_text(files[-1], as_csv(_in_order(TABLES[name](agreement), table), table.fields))
    write_text(folder / DESCRIPTOR, descriptor())
    return files


def _in_order(rows: Iterable[Row], table: Described) -> list[Row]:
    """Put rows into the order of the canonical form, in which a release has them."""
    return sorted(rows, key=lambda row: [row[name] or "" for name in table.key or table.fields[:3]])

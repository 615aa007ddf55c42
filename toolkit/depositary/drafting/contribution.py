"""Write the folder of a new contribution: its manifest, a file with a header for each table, and pages about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from depositary.check.documents.manifest import as_toml, drafted, manifest
from depositary.check.rules.asked import asked_of_columns
from depositary.check.rules.compiler import RowRules
from depositary.compile.words import Words
from depositary.drafting.codes_page import CODES_PAGE, codes_page
from depositary.drafting.columns_page import columns_page
from depositary.drafting.items import tables_of_items
from depositary.drafting.prose import as_code, prose
from depositary.errors import DocumentError, UsageError
from depositary.model.package import MANIFEST, Package, Resource
from depositary.read.bases import WRITTEN_BY_MERGING
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.package import table_of
from depositary.read.paths import given
from depositary.read.rows import text_rows
from depositary.wording.suggest import suggest
from depositary.write.csv import to_csv
from depositary.write.exchange import building

_CONTRIBUTORS, _CONTRIBUTOR_ID, _NAME, _ROLE = "contributors", "contributor_id", "name", "role"
_README = "README.md"
_WORDS = Words(as_code, prose), Words()  # of a page, and of a note


@dataclass(frozen=True)
class Who:
    """Who contributes: the id, and for a person who is new in the package, the name.

    `license` is the SPDX name of the licence of the rows; if it is empty, that of the package.
    """

    id: str
    name: str = ""
    role: str = "coder"
    license: str = ""


@dataclass(frozen=True)
class Drafted:
    """The folder of a new contribution, and its tables in the order in which they are filled in."""

    folder: Path
    tables: tuple[str, ...]

    def summary(self, base: Path | None) -> str:
        """Write what is there, and what to do next; `base` is the package, if no workspace names it."""
        named = f" --base {base.as_posix()}" if base else ""
        return (
            f"{self.folder.as_posix()} is written. Fill in, in this order: {', '.join(self.tables)}. {_README} there "
            f"describes them, and {CODES_PAGE} their codes.\n"
            f"To check it: depositary validate {self.folder.as_posix()}{named}"
        )


def draft_contribution(  # noqa: PLR0913 (each is an option of the command)
    folder: Path, base: Package, who: Who, chosen: Sequence[Resource], *, workbook: bool = False, blind: bool = False
) -> Drafted:
    """Write a contribution without facts, which is valid as it is.

    Args:
        folder: a folder that does not exist or is empty.
        base: the package that the contribution is for.
        who: the contributor; one who is new in the package gets a row there.
        chosen: the tables to fill in, in order.
        workbook: write one workbook with a sheet for each table, instead of a CSV file for each.
        blind: the base lacks rows of the published package, so the manifest names its version and not its hash.

    Raises:
        UsageError: the folder has files, or something about the contributor is missing.
        NotFoundError: a file of the base is missing.
        DocumentError: a rule file or a code list of the base cannot be read.
    """
    require_empty(folder)
    written = _manifest(who, base, blind=blind)
    own_row = _row_of(who, base)
    if own_row and all(one.name != _CONTRIBUTORS for one in chosen):
        chosen = [table_of(base, _CONTRIBUTORS), *chosen]
    rules = RowRules(base)
    asked, noted = ({one.name: asked_of_columns(rules, one.name, words) for one in chosen} for words in _WORDS)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with building(folder) as fresh:
        (fresh / MANIFEST).write_bytes(written.encode())
        rows = {_CONTRIBUTORS: [own_row]} if own_row else {}
        if workbook:
            from depositary.drafting.workbook import write_workbook  # noqa: PLC0415 (an optional extra)

            write_workbook(fresh / f"{_file_name(chosen)}.xlsx", base, chosen, rows, noted)
        else:
            _write_tables(fresh, chosen, rows)
        (fresh / _README).write_bytes(columns_page(folder.name, base, chosen, asked, workbook=workbook).encode())
        (fresh / CODES_PAGE).write_bytes(codes_page(folder.name, base, chosen, rules).encode())
    return Drafted(folder, tuple(one.name for one in chosen))


def require_empty(folder: Path) -> None:
    """Refuse a folder that has files.

    Raises:
        UsageError: it has.
    """
    if given(folder).is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UsageError(f"{folder}: it is there already. Name a folder that does not exist yet.")


# The tables


def tables_to_fill(base: Package, names: Sequence[str], items: Sequence[str]) -> list[Resource]:
    """Choose tables of a package: those that are named, those of some items, or all tables with facts.

    Raises:
        UsageError: a table or an item is unknown, or both are given.
    """
    if names and items:
        raise UsageError("give --tables or --for, not both.")
    wanted = names or (tables_of_items(base, items) if items else []) or _with_facts(base)
    return [table_of(base, name) for name in dict.fromkeys(wanted)]


def _with_facts(base: Package) -> list[str]:
    others = [one for one in base if one.name not in WRITTEN_BY_MERGING]
    return [one.name for one in others if not one.table.is_code_list] or [one.name for one in others]


# The contributor


def _row_of(who: Who, base: Package) -> dict[str, str]:
    """Give the row of a contributor who is new in the package; none, if there is one or no table for it.

    Raises:
        UsageError: the name of a new contributor is not given.
    """
    resource = base.get(_CONTRIBUTORS)
    if resource is None or _CONTRIBUTOR_ID not in resource.table:
        return {}
    known = _names_of(resource)
    if who.id in known:
        return {}
    if not who.name:
        meant = suggest(who.id, {**{name: one for one, name in known.items() if name}, **{one: one for one in known}})
        what_next = f"{meant} If you are new, add your name: --name" if meant else "give your name with --name"
        raise UsageError(f"{who.id} is not in the table {_CONTRIBUTORS} of the package; {what_next}.")
    row = {_CONTRIBUTOR_ID: who.id, _NAME: who.name, _ROLE: who.role}
    return {name: value for name, value in row.items() if name in resource.table}


def _names_of(contributors: Resource) -> dict[str, str]:
    try:
        rows = list(text_rows(contributors))
    except UnreadableFile as fault:
        raise DocumentError(f"{contributors.path}: {fault.message}. Run depositary validate on the package.") from fault
    return {row.get(_CONTRIBUTOR_ID, ""): row.get(_NAME, "") for row in rows}


def _manifest(who: Who, base: Package, *, blind: bool) -> str:
    document = drafted(who.id, base, who.role, who.license)
    if blind:
        del document["base"]["hash"]
    if not document["license"]:
        raise UsageError("the package names no licence: give the one of your rows with --license, such as CC-BY-4.0.")
    for wrong in manifest(document):
        raise UsageError(f"no manifest can be written: {wrong.message}; {wrong.hint}.")
    return as_toml(document)


# The files


def _write_tables(folder: Path, chosen: Sequence[Resource], rows: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    for one in chosen:
        header = one.table.field_names
        cells = [[row.get(name, "") for name in header] for row in rows.get(one.name, ())]
        (folder / f"{one.name}.csv").write_bytes(to_csv(header, cells).encode())


def _file_name(chosen: Sequence[Resource]) -> str:
    """Name the workbook: `tables`, or something else if a table has that name."""
    names = {one.name for one in chosen}
    return next(name for name in ("tables", "workbook", "contribution") if name not in names)

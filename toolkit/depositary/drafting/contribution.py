"""Write the folder of a new contribution: its manifest, a file with a header for each table, and a page about them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from depositary.check.documents.manifest import as_toml, drafted, manifest
from depositary.drafting.examples import Example, example_of
from depositary.drafting.items import tables_of_items
from depositary.errors import DocumentError, UsageError
from depositary.model.package import MANIFEST, Package, Resource
from depositary.model.table import Field, Table
from depositary.read.bases import WRITTEN_BY_MERGING
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.package import table_of
from depositary.read.paths import given
from depositary.read.rows import text_rows
from depositary.reports.markdown import markdown, table
from depositary.wording.field_texts import codes_of, content_in_words, limits_in_words
from depositary.wording.suggest import suggest
from depositary.write.csv import to_csv
from depositary.write.exchange import building

_CONTRIBUTORS, _CONTRIBUTOR_ID, _NAME, _ROLE = "contributors", "contributor_id", "name", "role"
_README = "README.md"
_LISTED = 30  # codes that the page lists


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
            f"describes them.\nTo check it: depositary validate {self.folder.as_posix()}{named}"
        )


def draft_contribution(
    folder: Path, base: Package, who: Who, chosen: Sequence[Resource], *, workbook: bool = False
) -> Drafted:
    """Write a contribution without facts, which is valid as it is.

    Args:
        folder: a folder that does not exist or is empty.
        base: the package that the contribution is for.
        who: the contributor; one who is new in the package gets a row there.
        chosen: the tables to fill in, in order.
        workbook: write one workbook with a sheet for each table, instead of a CSV file for each.

    Raises:
        UsageError: the folder has files, or something about the contributor is missing.
        NotFoundError: a file of the base is missing.
    """
    _require_empty(folder)
    written = _manifest(who, base)
    own_row = _row_of(who, base)
    if own_row and all(one.name != _CONTRIBUTORS for one in chosen):
        chosen = [table_of(base, _CONTRIBUTORS), *chosen]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with building(folder) as fresh:
        (fresh / MANIFEST).write_bytes(written.encode())
        rows = {_CONTRIBUTORS: [own_row]} if own_row else {}
        _write_tables(fresh, base, chosen, rows, workbook=workbook)
        (fresh / _README).write_bytes(_page(folder.name, base, chosen, workbook=workbook).encode())
    return Drafted(folder, tuple(one.name for one in chosen))


def _require_empty(folder: Path) -> None:
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


def _manifest(who: Who, base: Package) -> str:
    document = drafted(who.id, base, who.role, who.license)
    if not document["license"]:
        raise UsageError("the package names no licence: give the one of your rows with --license, such as CC-BY-4.0.")
    for wrong in manifest(document):
        raise UsageError(f"no manifest can be written: {wrong.message}; {wrong.hint}.")
    return as_toml(document)


# The files


def _write_tables(
    folder: Path,
    base: Package,
    chosen: Sequence[Resource],
    rows: Mapping[str, Sequence[Mapping[str, str]]],
    *,
    workbook: bool,
) -> None:
    if workbook:
        from depositary.drafting.workbook import write_workbook  # noqa: PLC0415 (an optional extra)

        write_workbook(folder / f"{_file_name(chosen)}.xlsx", base, chosen, rows)
        return
    for one in chosen:
        header = one.table.field_names
        cells = [[row.get(name, "") for name in header] for row in rows.get(one.name, ())]
        (folder / f"{one.name}.csv").write_bytes(to_csv(header, cells).encode())


def _file_name(chosen: Sequence[Resource]) -> str:
    """Name the workbook: `tables`, or something else if a table has that name."""
    names = {one.name for one in chosen}
    return next(name for name in ("tables", "workbook", "contribution") if name not in names)


# The page


def _page(name: str, base: Package, chosen: Sequence[Resource], *, workbook: bool) -> str:
    parts = [
        f"# {name}",
        f"A contribution to {base.name} {base.version}. It has no facts yet. Fill in the tables in this order, because "
        "a row may refer to rows of the tables before it. Delete the files that you do not need."
        if not workbook
        else f"A contribution to {base.name} {base.version}. It has no facts yet. Fill in the sheets in this order, "
        "because a row may refer to rows of the sheets before it. Sheets without rows do no harm.",
        "\n".join(f"{at}. [{one.name}](#{one.name}): {_title(one)}" for at, one in enumerate(chosen, start=1)),
        "\n".join(_HOW_TO),
        *(part for one in chosen for part in _about(one)),
    ]
    return "\n\n".join(parts) + "\n"


_HOW_TO = (
    "- A new row needs no id: write `local:` and a short name of your own, and use it wherever you refer to the row.",
    "- A row that is published already: give its id and only the cells that you change. A blank cell changes nothing.",
    "- To see what a column or a code means: `depositary describe TABLE.COLUMN`.",
    "- To check: `depositary validate` and the path of this folder.",
)


def _title(one: Resource) -> str:
    return str(one.descriptor.get("title") or one.table.descriptor.get("title") or one.name)


def _about(one: Resource) -> Iterator[str]:
    example = example_of(one)
    yield f"## {one.name}"
    description = one.descriptor.get("description") or one.table.descriptor.get("description")
    if description:
        yield markdown(str(description))
    rows = (_line(one.table, column, example) for column in one.table.fields)
    yield "\n".join(table(["column", "filled", "content", "example"], rows))


def _line(table: Table, one: Field, example: Example) -> Sequence[str]:
    filled = "always" if table.is_filled(one) else ""
    codes = codes_of(one)
    listed = f"Codes: {', '.join(codes)}" if 0 < len(codes) <= _LISTED else ""
    content = [content_in_words(table, one), limits_in_words(one), _description(one), listed]
    return (one.name, filled, ". ".join(filter(None, content)), example.get(one.name, ""))


def _description(one: Field) -> str:
    return str(one.descriptor.get("description") or one.descriptor.get("title") or "")

"""Write the folder of a new contribution: its manifest, a file with a header for each table, and a page about them."""

import re
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
from depositary.visible import visible
from depositary.wording.field_texts import codes_of, parents_of
from depositary.wording.suggest import suggest
from depositary.write.csv import to_csv
from depositary.write.exchange import building

_CONTRIBUTORS, _CONTRIBUTOR_ID, _NAME, _ROLE = "contributors", "contributor_id", "name", "role"
_README = "README.md"
_LISTED, _SHORT = 60, 30  # characters: of all codes of a column, and of an example, that the page lists
_WORD = re.compile(r"(\(?)(.*?)([.,;:)]*)")
_PLAIN = re.compile(r"(?!.*(?:_|//|www\.|GH-))[\w'\u2019“”\"%/:.;,()\u2013-]*", re.IGNORECASE)  # not a mark in Markdown


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
    """
    require_empty(folder)
    written = _manifest(who, base, blind=blind)
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
        f"A contribution to {base.name} {base.version}. Fill in the tables in this order, because "
        "a row may refer to rows of the tables before it. Delete the files that you do not need."
        if not workbook
        else f"A contribution to {base.name} {base.version}. Fill in the sheets in this order, "
        "because a row may refer to rows of the sheets before it. Sheets without rows do no harm.",
        f"In order: {', '.join(f'`{one.name}`' for one in chosen)}.",
        "\n".join(_HOW_TO),
        *_about_shared(chosen),
        *(part for one in chosen for part in _about(one, _shared(chosen))),
    ]
    return "\n\n".join(parts) + "\n"


_HOW_TO = (
    "- A new row needs no id: write `local:` and a short name of your own, and use it wherever you refer to the row.",
    "- A row that is published already: give its id and only the cells that you change. A blank cell changes nothing.",
    "- (always): every new row fills it. *In*: an id or code of that table. More: `depositary describe TABLE.COLUMN`.",
    "- A date may be inexact (EDTF): `2026-11`, `2026-11?` if you doubt it, `[..2026-11-20]` for a day up to that one.",
    "- To check: `depositary validate` and the path of this folder.",
)


def _about_shared(chosen: Sequence[Resource]) -> Iterator[str]:
    shared = _shared(chosen)
    if shared:
        yield "## Columns that several tables have"
        yield "\n".join(_line(one.table, column, example_of(one)) for one, column in shared.values())


def _about(one: Resource, shared: Mapping[str, tuple[Resource, Field]]) -> Iterator[str]:
    example = example_of(one)
    yield f"## {one.name}"
    description = one.descriptor.get("description") or one.table.descriptor.get("description")
    if description:
        yield _prose(_first_sentence(str(description)))
    told = {name: _said_of(other.table, column) for name, (other, column) in shared.items()}
    own = [column for column in one.table.fields if told.get(column.name) != _said_of(one.table, column)]
    if own:
        yield "\n".join(_line(one.table, column, example) for column in own)


def _shared(chosen: Sequence[Resource]) -> dict[str, tuple[Resource, Field]]:
    """Give the columns that several tables describe in the same words, each with one of these tables."""
    found: dict[tuple[str, str], list[tuple[Resource, Field]]] = {}
    for one in chosen:
        for column in one.table.fields:
            found.setdefault((column.name, _said_of(one.table, column)), []).append((one, column))
    often = sorted((at for at in found.values() if len(at) > 1), key=len)
    return {at[0][1].name: at[0] for at in often}


def _said_of(table: Table, one: Field) -> str:
    return f"{table.is_filled(one)} {_description(one)}"


def _line(table: Table, one: Field, example: Example) -> str:
    """Describe a column in one line; long lists of codes, limits and further sentences are in `depositary describe`."""
    filled = " (always)" if table.is_filled(one) else ""
    codes = codes_of(one)
    listed = ", ".join(f"`{code}`" for code in codes) if len(", ".join(codes)) <= _LISTED else ""
    known = f"One of {listed}." if listed else f"One of {len(codes)} codes." if codes else ""
    parents = [name for name, _ in parents_of(table, one)]
    found = f"In `{parents[0]}`." if parents and parents[0] != table.name else ""
    value = "" if codes or parents else example.get(one.name, "")
    shown = f"Such as `{value}`." if 0 < len(value) <= _SHORT and "`" not in value else ""
    described = _prose(_first_sentence(_description(one)))
    return " ".join(filter(None, [f"- `{one.name}`{filled}:", described, known, found, shown]))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.;])\s", " ".join(text.split()), maxsplit=1)[0].rstrip(";.") + "."


def _prose(text: str) -> str:
    """Write a text so that a terminal and Markdown show the same: words with marks become code."""
    return " ".join(_word(one) for one in visible(text).split())


def _word(text: str) -> str:
    found = _WORD.fullmatch(text)
    before, core, after = found.groups() if found else ("", text, "")
    return text if _PLAIN.fullmatch(core) else f"{before}`{core.replace('`', chr(39))}`{after}"


def _description(one: Field) -> str:
    return str(one.descriptor.get("description") or one.descriptor.get("title") or "")

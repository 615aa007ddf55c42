"""Values that a shell offers for an argument or option, found without the libraries that read large tables.

A completion says nothing and changes nothing: where a workspace or package cannot be read, no value is offered, and the
command itself says why.
"""

import csv
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from depositary.errors import DepositaryError, UsageError

if TYPE_CHECKING:
    from depositary.model.package import Package, Resource
    from depositary.read.workspace import Workspace

Offer = Callable[[typer.Context, str], list[str]]
_LARGEST = 1 << 22  # bytes of a table whose ids are offered
_MOST = 500  # ids that are offered
_UNREADABLE = (DepositaryError, OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error)


def _offering(find: Callable[[typer.Context, str], Iterable[str]]) -> Offer:
    """Offer what is found; nothing, where something cannot be read."""

    def offered(ctx: typer.Context, incomplete: str) -> list[str]:
        with suppress(*_UNREADABLE):
            return [name for name in find(ctx, incomplete) if name.startswith(incomplete)][:_MOST]
        return []

    return offered


def complete_at_once() -> None:
    """Let the script for zsh complete when it is loaded; typer's own needs a second Tab, because it only defines."""
    with suppress(ImportError, KeyError):  # without this, a later version of typer works as it does
        from typer import _completion_shared as scripts

        define = "compdef %(complete_func)s %(prog_name)s"
        at_once = f'if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n  %(complete_func)s "$@"\nfi\n{define}'
        found = scripts._completion_scripts  # noqa: SLF001 (no public name)
        found["zsh"] = found["zsh"].replace(f"\n{define}", f"\n{at_once}")


# The package at hand, and the merged one


def _package(ctx: typer.Context) -> "Package":
    """Open the package that is named before, or else the one of the workspace, or else the program's tables."""
    from depositary.read.package import open_package
    from depositary.read.shipped import shipped_package
    from depositary.read.workspace import find_package

    named = ctx.params.get("package") or ctx.params.get("base") or find_package(Path.cwd())
    return open_package(named) if named else shipped_package()


def _merged(ctx: typer.Context) -> "Package":
    """Open the merged package."""
    from depositary.read.package import open_package

    return open_package(ctx.params.get("package") or _workspace().output)


def _workspace() -> "Workspace":
    from depositary.read.workspace import find_workspace

    found = find_workspace(Path.cwd())
    if found is None:
        raise UsageError("there is no workspace.")
    return found


# Names in them


def _tables(package: "Package", _: typer.Context, incomplete: str) -> Iterable[str]:
    return _continued((one.name for one in package), incomplete)


def _columns(package: "Package", ctx: typer.Context, _: str) -> Iterable[str]:
    return package[ctx.params["table"]].table.field_names


def _rows(package: "Package", ctx: typer.Context, _: str) -> Iterable[str]:
    """Give the keys of the table that is named before, if they have one column."""
    one = package[ctx.params["table"]]
    (key,) = one.table.primary_key
    return _ids(one, key)


def _contributors(package: "Package", _: typer.Context, __: str) -> Iterable[str]:
    return _ids(package["contributors"], "contributor_id")


def _names(package: "Package", incomplete: str) -> Iterable[str]:
    """Give tables, then columns of a table, then codes of a column."""
    path = incomplete.split(".")[:-1]
    if not path:
        return [one.name for one in package]
    table = package[path[0]].table
    found = table.field_names if len(path) == 1 else table[path[1]].categories
    return [".".join([*path, name]) for name in found]


def _rules(package: "Package") -> Iterable[str]:
    from depositary.read.rules import read_rules

    files = (package.directory / name for name in package.descriptor.get("rules", ()))
    return (str(rule["id"]) for file in files for rule in read_rules(file)["rules"])


def _explained(package: "Package", incomplete: str) -> Iterable[str]:
    from depositary.model.codes import CODES
    from depositary.model.kinds import FAMILIES, KINDS

    return [*CODES, *KINDS, *FAMILIES, *_rules(package), *_names(package, incomplete)]


def _kinds() -> Iterable[str]:
    from depositary.model.kinds import FAMILIES, KINDS

    return [*FAMILIES, *KINDS]


def _formats(incomplete: str) -> Iterable[str]:
    from depositary.exporting.formats import FORMATS

    return _continued(FORMATS, incomplete)


def _decided(ctx: typer.Context) -> Iterable[str]:
    folder = Path(ctx.params.get("decisions") or _workspace().decisions or "decisions")
    return (row["conflict_id"] for file in sorted(folder.glob("resolutions/*.csv")) for row in _read(file))


def _continued(names: Iterable[str], incomplete: str) -> Iterator[str]:
    """Continue a list with commas."""
    before, comma, _ = incomplete.rpartition(",")
    taken = before.split(",")
    return (f"{before}{comma}{name}" for name in names if name not in taken)


def _ids(resource: "Resource", key: str, status: Collection[str] = ()) -> list[str]:
    """Read the ids of a table, if that is quick."""
    if resource.parts or resource.file.suffix != ".csv" or resource.file.stat().st_size > _LARGEST:
        return []
    return sorted({row[key] for row in _read(resource.file) if not status or row["status"] in status})


def _read(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.DictReader(stream)


# What the verbs offer

tables = _offering(lambda ctx, incomplete: _tables(_package(ctx), ctx, incomplete))
columns = _offering(lambda ctx, incomplete: _columns(_package(ctx), ctx, incomplete))
rows = _offering(lambda ctx, incomplete: _rows(_package(ctx), ctx, incomplete))
contributors = _offering(lambda ctx, incomplete: _contributors(_package(ctx), ctx, incomplete))
sources = _offering(lambda ctx, _: _ids(_package(ctx)["sources"], "source_id"))
code_lists = _offering(lambda ctx, _: (one.name for one in _package(ctx) if one.table.is_code_list))
items = _offering(lambda ctx, _: (str(one["name"]) for one in _package(ctx).descriptor.get("items", ())))
names = _offering(lambda ctx, incomplete: _names(_package(ctx), incomplete))
rules = _offering(lambda ctx, _: _rules(_package(ctx)))
explained = _offering(lambda ctx, incomplete: _explained(_package(ctx), incomplete))
formats = _offering(lambda _, incomplete: _formats(incomplete))
kinds = _offering(lambda _, __: _kinds())
merged_tables = _offering(lambda ctx, incomplete: _tables(_merged(ctx), ctx, incomplete))
merged_columns = _offering(lambda ctx, incomplete: _columns(_merged(ctx), ctx, incomplete))
merged_rows = _offering(lambda ctx, incomplete: _rows(_merged(ctx), ctx, incomplete))
merged_contributors = _offering(lambda ctx, incomplete: _contributors(_merged(ctx), ctx, incomplete))
conflicts = _offering(lambda ctx, _: _ids(_merged(ctx)["conflicts"], "conflict_id", {"open"}))
decided = _offering(lambda ctx, _: _decided(ctx))

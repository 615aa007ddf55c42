"""Build the site of a package: its tables as files, its pages, and the index of its search."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import sound_package
from depositary.check.validate import validate
from depositary.exporting.export import export
from depositary.exporting.formats import FORMATS
from depositary.exporting.names import file_names
from depositary.exporting.written import Written
from depositary.loading.load import load
from depositary.model.field_types import DATE
from depositary.model.package import Package
from depositary.model.report import Report
from depositary.model.role import Role
from depositary.model.rule import RuleOptions
from depositary.model.table import kind_of
from depositary.read.paths import given
from depositary.releasing.layout import FORMATS as RELEASED
from depositary.site.accounts import Accounts
from depositary.site.addresses import anchor
from depositary.site.assets import Assets, call, shared_assets
from depositary.site.book import Book
from depositary.site.legible import legible
from depositary.site.origins import origins_of
from depositary.site.page import Page
from depositary.site.pages.actors import actor_pages
from depositary.site.pages.dictionary import DictionaryTable, dictionary_pages
from depositary.site.pages.downloads import FOLDER, Format, download_pages, formats_of
from depositary.site.pages.facts import FactList, fact_pages
from depositary.site.pages.flows import flow_pages
from depositary.site.pages.front import front_page
from depositary.site.pages.quality import quality_pages, write_report
from depositary.site.pages.questions import question_pages
from depositary.site.pages.rows import row_pages
from depositary.site.pages.sources import source_pages
from depositary.site.pages.tables import table_pages
from depositary.site.press import Entry, Press
from depositary.site.stored import SiteTable, site_table
from depositary.site.subjects import subjects_of
from depositary.site.views import Views
from depositary.site.words import words
from depositary.write.exchange import FolderKind, building

MARK = "site.json"  # marks a folder that this command wrote, and lists its files
SITE = FolderKind("site", MARK, lambda mark: {MARK, *json.loads(mark.read_text(encoding="utf-8"))["files"]})
_FORMATS = ("csv", "parquet")  # of every site; its own pages read the second
_FOUND = 20_000  # pages and columns that the search knows
_WORDS = 300  # characters of each of their texts

Tell = Callable[[str, int], None]


@dataclass(frozen=True)
class Site:
    """A site that was built: its folder, its first page, the number of its pages, and the bytes of all files."""

    folder: Path
    first: Path
    pages: int
    bytes: int


def build_site(
    package: str | Path | Package, output_dir: str | Path, *, title: str = "", tell: Tell | None = None
) -> Site:
    """Build the site of a package into a folder; it replaces a site that was built there before.

    Args:
        package: a package or its path.
        output_dir: the folder of the site.
        title: the name of the site, by default that of the package.
        tell: called with what is being done, and how much of it is done so far.

    Raises:
        DepositaryError: there is no such package, a table cannot be read, or the folder cannot be replaced.
    """
    progress = tell or (lambda _what, _done: None)
    opened = package if isinstance(package, Package) else sound_package(package)
    target = given(output_dir)
    with building(target, SITE) as folder:
        with ThreadPoolExecutor(1) as beside:  # the checks and the export read the same files, each on one processor
            checks = beside.submit(_report, opened)
            written = export(opened, _formats(opened), folder / FOLDER, tell=partial(_export_progress, progress))
            progress(words().checking, 0)
            report = checks.result()
        tables = _tables(opened, folder)
        with Views(opened, tables) as views:
            name = title or str(opened.descriptor.get("title") or opened.name)
            origins = origins_of(opened, tables)
            book = Book(opened, tables, subjects_of(opened), origins, views, report, name, progress)
            pages = _print(book, folder, written)
        files = _list_files(folder, pages)
    return Site(target, target / "index.html", pages, sum((target / one).stat().st_size for one in files))


def _formats(package: Package) -> list[str]:
    """Name the formats of the downloads: those that every site has, and those that a release has beside its tables."""
    beside = package.directory / RELEASED
    return [name for name in FORMATS if name in _FORMATS or (beside / name).is_dir()]


def _export_progress(progress: Tell, form: str, table: str, rows: int) -> None:
    progress(f"{form}: {table}", rows)


def _report(package: Package) -> Report:
    """Check the package, with the day of `created` as today, or else with the last day on which a row was recorded."""
    day = _day(package.descriptor.get("created")) or max(filter(None, map(_day, _recorded(package))), default=None)
    return validate(package.directory, asked=RuleOptions(as_of=day) if day else RuleOptions(rules=False))


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _recorded(package: Package) -> Iterator[object]:
    """Give the last day in each column of days about the work."""
    for resource in package:
        for one in resource.table.fields:
            merge = one.descriptor.get("merge")
            if kind_of(one).storage is DATE and isinstance(merge, Mapping) and merge.get("as") == Role.AUDIT:
                yield load(package, resource.name, "polars", columns=[one.name])[one.name].max()


def _tables(package: Package, folder: Path) -> dict[str, SiteTable]:
    names = file_names(resource.name for resource in package)
    stored = folder / FOLDER / "parquet"
    return {one.name: site_table(one, stored / f"{names[one.name]}.parquet") for one in package}


def _print(book: Book, folder: Path, written: Sequence[Written]) -> int:
    """Print all pages, and give their number."""
    assets = shared_assets(folder)
    formats = formats_of(written)
    press = Press(book, folder, assets, list(_navigation(book)))
    pages = list(_pages(book, assets, formats))
    assets.put("search.js", call("search", _index(pages)))
    for at, page in enumerate(pages):
        book.tell("pages", at)
        press.print(page)
    write_report(book, folder)
    return len(pages) + 1


def _pages(book: Book, assets: Assets, formats: Sequence[Format]) -> Iterator[Page]:
    accounts = Accounts(book)
    facts = list(fact_pages(book, accounts))
    quality = list(quality_pages(book))
    listed = facts[0].data if facts and isinstance(facts[0].data, FactList) else None
    yield front_page(book, accounts, listed, quality[0].data, formats)
    yield from facts
    yield from actor_pages(book, accounts)
    yield from flow_pages(book)
    yield from source_pages(book)
    yield from question_pages(book)
    yield from table_pages(book, assets)
    yield from row_pages(book)
    yield from dictionary_pages(book)
    yield from quality
    yield from download_pages(book, formats)


def _navigation(book: Book) -> Iterator[Entry]:
    subjects, texts = book.subjects, words().nav
    shown = {
        "facts": subjects.facts,
        "actors": subjects.actors,
        "flows": subjects.flows,
        "sources": subjects.sources,
        "questions": bool(book.package.descriptor.get("questions")),
        "tables": True,
        "dictionary": True,
        "quality": True,
        "downloads": True,
    }
    for name, is_shown in shown.items():
        if is_shown:
            yield Entry(name, texts[name], f"{name}/index.html")


def _index(pages: Sequence[Page]) -> list[list[str]]:
    """List what the search finds: title, kind, address, and further words."""
    found = [[one.title, one.kind, one.path, one.find] for one in pages if one.kind]
    for page in pages:
        if isinstance(page.data, DictionaryTable):
            found += _columns(page.path, page.data)
    return [[legible(text[:_WORDS]) for text in one] for one in found[:_FOUND]]


def _columns(path: str, table: DictionaryTable) -> Iterator[list[str]]:
    kind: str = words().kinds.column
    for one in table.columns:
        name = f"{table.table.name}.{one.name}"
        yield [name, kind, f"{path}#{anchor(one.name)}", f"{one.title} {one.about}"]


def _list_files(folder: Path, pages: int) -> list[str]:
    """Write which files belong to the site, so that the next build replaces these and nothing else."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    document: Mapping[str, Any] = {"about": words().mark, "pages": pages, "files": files}
    (folder / MARK).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8", newline="\n")
    return [*files, MARK]

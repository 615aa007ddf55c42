"""Print pages: templates of Jinja, in which every text is escaped and every address is relative."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from depositary.site.addresses import anchor, file_name, rows_with
from depositary.site.assets import Assets
from depositary.site.book import Book
from depositary.site.drawing.shapes import shape
from depositary.site.legible import legible
from depositary.site.page import Page
from depositary.site.words import count, say, words
from depositary.version import __version__
from depositary.visible import UNSEEN

LONGEST = 20_000  # characters of one text on a page


@dataclass(frozen=True)
class Entry:
    """An entry of the navigation."""

    name: str
    text: str
    href: str


@dataclass
class Press:
    """Prints pages into a folder, and remembers them for the search."""

    book: Book
    folder: Path
    assets: Assets
    navigation: Sequence[Entry]
    printed: list[Page] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("depositary.site"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.globals.update(
            words=words(),
            say=say,
            count=count,
            anchor=anchor,
            file_name=file_name,
            rows_with=rows_with,
            shape=shape,
            version=__version__,
            book=self.book,
            unseen="".join(f"\\u{{{first:x}}}-\\u{{{last:x}}}" for first, last in UNSEEN),
        )

    def print(self, page: Page) -> None:
        """Write one page."""
        root = "../" * page.path.count("/")
        text = self._environment.get_template(page.template).render(self._context(page, root))
        file = self.folder / page.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "backslashreplace"))
        self.printed.append(page)

    def _context(self, page: Page, root: str) -> Mapping[str, Any]:
        return {
            "page": page.data,
            "meta": page,
            "root": root,
            "asset": lambda name: root + self.assets.addresses[name],
            "navigation": self.navigation,
        }


def _shown(value: object) -> object:
    """Write out what cannot be seen in a text, and cut one that no page can hold."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    cut = value if len(value) <= LONGEST else say(words().cut, text=value[:LONGEST], n=len(value))
    return legible(cut)

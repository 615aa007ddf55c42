"""The page of downloads: the tables by format, with sizes and checksums, and how to load them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from depositary.exporting.written import File, Loss, Written
from depositary.site.book import Book
from depositary.site.page import Page
from depositary.site.words import words

FOLDER = "downloads"


@dataclass(frozen=True)
class Format:
    """One format of the tables."""

    name: str
    title: str
    about: str
    files: Sequence[File]
    losses: Sequence[Loss]

    @property
    def bytes(self) -> int:
        """Give the size of all files together."""
        return sum(one.bytes for one in self.files)


@dataclass(frozen=True)
class DownloadPage:
    """The downloads."""

    formats: Sequence[Format]


def formats_of(written: Sequence[Written]) -> list[Format]:
    """Describe the formats of the export for the pages."""
    texts = words().formats
    return [
        Format(one.format, texts[one.format].title, texts[one.format].about, one.files, one.losses) for one in written
    ]


def download_pages(_book: Book, formats: Sequence[Format]) -> Iterator[Page]:
    """Give the page of downloads."""
    yield Page("downloads/index.html", "downloads.html", words().nav.downloads, "downloads", DownloadPage(formats),
               kind=words().kinds.page)  # fmt: skip

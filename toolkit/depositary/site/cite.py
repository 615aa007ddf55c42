"""How to cite the package: as a sentence, as BibTeX and as RIS."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from depositary.releasing.metadata.agents import Agent, agents_of, creators_of
from depositary.releasing.metadata.identifiers import DOI, doi_of, url_of
from depositary.releasing.metadata.licences import Licence, licences_of
from depositary.site.book import Book

_SPECIAL = re.compile(r"[\\{}$&#^_%~]")
_BREAKS = re.compile(r"\s+")


@dataclass(frozen=True)
class Citation:
    """A citation in its forms; those in need of an author are empty without one."""

    text: str
    address: str
    bibtex: str
    ris: str
    licences: Sequence[Licence]


def citation_of(book: Book) -> Citation:
    """Write the citation of a package."""
    about = book.package.descriptor
    creators = creators_of(agents_of(about, {}))
    doi = doi_of(about.get("id"))
    address = DOI + doi if doi else url_of(about.get("homepage"))
    year = book.day[:4]
    names = [_BREAKS.sub(" ", one.name) for one in creators]
    people = f"{', '.join(names)} " if names else ""
    dated = f"({year}). " if year else ""
    version = f", version {book.package.version}" if book.package.version else ""
    title = _BREAKS.sub(" ", book.title)
    text = f"{people}{dated}{title}{version} [data set]. {address}".strip()
    return Citation(
        text=text,
        address=address,
        bibtex=_bibtex(book, creators, doi, address),
        ris="\n".join(_ris(book, names, doi, address)) + "\n",
        licences=licences_of(about),
    )


def _bibtex(book: Book, creators: Sequence[Agent], doi: str, address: str) -> str:
    names = " and ".join(f"{{{_tex(one.name)}}}" for one in creators)
    entries = {
        "author": names,
        "title": f"{{{_tex(book.title)}}}",
        "year": _tex(book.day[:4]),
        "version": _tex(book.package.version),
        "doi": _tex(doi),
        "url": address.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C"),
        "note": "Data set",
    }
    key = re.sub(r"[^A-Za-z0-9-]", "", book.package.name) or "dataset"
    lines = [f"  {name} = {{{value}}}," for name, value in entries.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"]) + "\n"


def _tex(text: str) -> str:
    return _SPECIAL.sub(_escaped, _BREAKS.sub(" ", text))


def _escaped(found: re.Match[str]) -> str:
    special: Mapping[str, str] = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
    return special.get(found[0], f"\\{found[0]}")


def _ris(book: Book, names: Sequence[str], doi: str, address: str) -> Iterator[str]:
    yield "TY  - DATA"
    yield from (f"AU  - {name}" for name in names)
    yield f"TI  - {_BREAKS.sub(' ', book.title)}"
    for tag, value in (("PY", book.day[:4]), ("ET", book.package.version), ("DO", doi), ("UR", address)):
        if value:
            yield f"{tag}  - {_BREAKS.sub(' ', value)}"
    yield "ER  - "

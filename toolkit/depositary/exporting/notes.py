"""EXPORT-NOTES.md: what an export has, and what each format could not keep."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from depositary.exporting.written import Written
from depositary.model.package import Package
from depositary.visible import visible
from depositary.wording.plain import number
from depositary.write.exchange import FolderKind

NOTES = "EXPORT-NOTES.md"
_SPACES = re.compile(r"[^\S ]+")  # plain spaces stay, because an example may show them
_SHOWN = 10  # losses of a format that are printed; the file has all of them
_FILE = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


def notes(package: Package, formats: Sequence[Written], left: str = "") -> str:
    """Write the notes of an export as Markdown; `left` names the files that no resource names."""
    return "\n".join(_lines(package, formats, left)) + "\n"


def _lines(package: Package, formats: Sequence[Written], left: str) -> Iterator[str]:
    version = f", version {package.version}" if package.version else ""
    yield f"# Export of {_cell(package.name or 'a package')}{_cell(version)}"
    yield ""
    yield "What each format has, and what it could not keep. If a loss is not listed, that is an error in the program."
    for written in formats:
        yield from ("", f"## {written.format}", "")
        yield from ("| file | rows | bytes | SHA-256 |", "| --- | ---: | ---: | --- |")
        for file in written.files:
            rows = "" if file.rows is None else f"{file.rows:,}"
            yield f"| `{visible(file.path)}` | {rows} | {file.bytes:,} | `{file.sha256}` |"
        yield ""
        if written.losses:
            yield "Not kept:"
            yield ""
            yield from (f"- {_cell(str(loss))}" for loss in written.losses)
        else:
            yield "Everything was kept."
    if left:
        yield from (
            "",
            "## Left out",
            "",
            f"Files that no resource names were left out: {_cell(left)}.",
        )


def summary_text(formats: Sequence[Written], output_dir: Path) -> str:
    """Summarise in a few lines what was written and what was lost."""
    lines = []
    for written in formats:
        size = sum(file.bytes for file in written.files)
        files = len(written.files)
        lines.append(f"{written.format}: {number(files, 'file')}, {size:,} bytes")
        lines += (f"  loss: {loss}" for loss in written.losses[:_SHOWN])
        if len(written.losses) > _SHOWN:
            lines.append(f"  and {len(written.losses) - _SHOWN:,} more, see {NOTES}")
    return "\n".join([*lines, f"Written to {output_dir}; {NOTES} there lists every file and every loss."]) + "\n"


def _cell(text: str) -> str:
    """Escape Markdown and HTML in a text, and write out invisible characters."""
    text = visible(_SPACES.sub(" ", text).strip())
    for mark in "\\`*_[]<>|":
        text = text.replace(mark, f"\\{mark}")
    return text


def _listed(path: Path) -> set[str]:
    return {NOTES, *_FILE.findall(path.read_text(encoding="utf-8", errors="replace"))}


EXPORT = FolderKind("export", NOTES, _listed)

"""`depositary evidence`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from depositary.cli import completing
from depositary.cli.verb import Verb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depositary.evidence.place import Choose
    from depositary.evidence.source_text import SourceText, Span


class MoveFormat(StrEnum):
    """The format in which to list the rows."""

    TEXT = "text"
    JSON = "json"


evidence = typer.Typer(help="Write, check and move the evidence of rows, by the texts.", no_args_is_help=True)

_Folder = Annotated[
    Path | None,
    typer.Argument(
        help="A data package or a contribution [default: the one in this folder, or else the package in "
        "depositary.toml].",
        metavar="FOLDER",
    ),
]
_Base = Annotated[
    Path | None,
    typer.Option(help="The package on which a contribution is based [default: the package in depositary.toml]."),
]


@evidence.callback()
def verbs() -> None:
    """Write, check and move the evidence of rows, by the texts."""


@evidence.command(
    cls=Verb,
    epilog="depositary evidence add meetings local:quay-talks contributions/ann/quay --source local:herald "
    '--text herald.txt --quote "met in Port Quay"',
)
def add(
    table: Annotated[
        str, typer.Argument(help="The table of the row, such as statements.", autocompletion=completing.tables)
    ],
    record: Annotated[
        str,
        typer.Argument(
            help="The key of the row; join several values with |.", metavar="ID", autocompletion=completing.rows
        ),
    ],
    folder: _Folder = None,
    *,
    source: Annotated[
        str, typer.Option(help="The source that has the quote.", metavar="ID", autocompletion=completing.sources)
    ],
    text: Annotated[Path, typer.Option(help="The text of the source, in UTF-8.", metavar="FILE")],
    quote: Annotated[str, typer.Option(help="The words of the text that support the row.")] = "",
    absent: Annotated[
        bool,
        typer.Option(
            "--absent",
            help="Instead of a quote: you read the whole text, and it does not mention the matter, as for a silent "
            "stance.",
        ),
    ] = False,
    field: Annotated[
        str,
        typer.Option(
            help="The column that they support [default: the whole row].",
            metavar="COLUMN",
            autocompletion=completing.columns,
        ),
    ] = "",
    nth: Annotated[
        int | None, typer.Option(min=1, help="Which one, if the quote is in the text several times.", metavar="N")
    ] = None,
    keep_quote: Annotated[
        bool,
        typer.Option("--keep-quote", help="Also write the words into the column quote, if the rules allow them."),
    ] = False,
    set_snapshot: Annotated[
        bool,
        typer.Option(
            "--set-snapshot",
            help="Write the hash of the text to a source without one, even if its other evidence has no passages.",
        ),
    ] = False,
    value: Annotated[
        list[str] | None,
        typer.Option(help="A cell of another column, such as support=computed.", metavar="COLUMN=VALUE"),
    ] = None,
    contributor: Annotated[
        str,
        typer.Option(
            "--as",
            envvar="DEPOSITARY_AS",
            help="The contributor who adds it to a package; a contribution names its own.",
            metavar="CONTRIBUTOR",
        ),
    ] = "",
    base: _Base = None,
) -> None:
    """Find a quote in the text of a source, and write its offsets and hash as evidence for a row.

    White space and the form of accents may differ; all else must be as in the text. If the quote is there several
    times, a terminal asks which one is meant. The words are not written, unless you ask for it.

    Exit code 0: written, or there already; 1: the row would not be valid, and nothing was written; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.evidence.add import EvidenceRequest, add_evidence
    from depositary.evidence.shown import added_text
    from depositary.merging.codelist import pairs

    asked = EvidenceRequest(
        table=table,
        record=record,
        source=source,
        quote=quote,
        absent=absent,
        field=field,
        nth=nth,
        keep_quote=keep_quote,
        set_snapshot=set_snapshot,
        values=pairs(value),
        contributor=contributor,
    )
    added = add_evidence(_here(folder), text, asked, base=base, choose=_choose())
    terminal.put(added_text(added, asked))
    raise typer.Exit(1 if added.outcome == "refused" else 0)


@evidence.command(
    cls=Verb,
    epilog="depositary evidence check contributions/ann/quay --text herald.txt",
)
def check(
    folder: _Folder = None,
    *,
    text: Annotated[Path, typer.Option(help="The text that a source was coded from.")],
    base: _Base = None,
) -> None:
    """Check the hashes, offsets and quotes of all evidence that comes from a text.

    Of a contribution, its own rows are checked. Exit code 0: all evidence is correct; 1: some is not; 2: it could not
    run.
    """
    from depositary.cli import terminal
    from depositary.evidence.check import check_evidence
    from depositary.reports.text import to_text

    report = check_evidence(_here(folder), text, base)
    colour = terminal.colour()
    terminal.put(to_text(report, colour=colour), colour=colour)
    raise typer.Exit(0 if report.valid else 1)


@evidence.command(
    cls=Verb,
    epilog="depositary evidence move contributions/ann/quay --from herald.txt --to herald-2.txt",
)
def move(
    folder: _Folder = None,
    *,
    old: Annotated[Path, typer.Option("--from", help="The text that the sources have now.", metavar="OLD")],
    new: Annotated[Path, typer.Option("--to", help="The text that they get.", metavar="NEW")],
    write: Annotated[
        bool, typer.Option("--write", help="Write the new offsets, and the hash of the new text [default: only show].")
    ] = False,
    form: Annotated[
        MoveFormat, typer.Option("--format", help="text for people; json with one object for each row, for programs.")
    ] = MoveFormat.TEXT,
    base: _Base = None,
) -> None:
    """Find the passages of all evidence from a text in a new version of the text.

    A passage is the same, moved, ambiguous (it is there several times) or gone; none is guessed. Without --write,
    nothing is written.

    Exit code 0: all passages are in the new text; 1: some are ambiguous, gone or unproven; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.evidence.move import move_evidence
    from depositary.evidence.shown import moved_json, moved_text

    moved = move_evidence(_here(folder), old, new, base=base, write=write)
    terminal.put(moved_json(moved) if form is MoveFormat.JSON else moved_text(moved))
    raise typer.Exit(0 if moved.is_whole else 1)


def _here(folder: Path | None) -> Path:
    """Give the named folder, or else this one if it is a package or contribution, or else that of the workspace."""
    from depositary.model.package import MANIFEST
    from depositary.read.package import DESCRIPTOR
    from depositary.read.workspace import package_or_workspace

    here = Path()
    is_one = any((here / name).is_file() for name in (MANIFEST, DESCRIPTOR))
    return here if folder is None and is_one else package_or_workspace(folder)


def _choose() -> "Choose | None":
    """Give a question for people at a terminal; None if nobody could answer."""
    is_asked = all(typer.get_text_stream(name).isatty() for name in ("stdin", "stdout"))
    return _ask if is_asked else None


def _ask(text: "SourceText", found: "Sequence[Span]") -> int:
    from depositary.cli import terminal
    from depositary.evidence.place import occurrences

    terminal.put("\n".join(["The quote is in the text several times:", *occurrences(text, found)]))
    while not 1 <= (chosen := typer.prompt("Which one", type=int)) <= len(found):
        terminal.put(f"Give a number from 1 to {len(found)}.")
    return int(chosen)

"""`depositary release` and `depositary verify`."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from depositary.exporting.formats import FORMATS

if TYPE_CHECKING:
    from depositary.releasing.release import Release


def release(
    package: Annotated[Path, typer.Argument(help="The package: its folder or its datapackage.json.")],
    *,
    output_dir: Annotated[
        Path, typer.Option(help="The folder of releases; NAME-VERSION and NAME-VERSION.zip are put there.")
    ],
    previous: Annotated[
        Path | None, typer.Option(help="The release before, a folder or an archive [default: this is the first].")
    ] = None,
    version: Annotated[
        str, typer.Option(help="The version, such as 1.4.0 [default: what follows from the changes].", metavar="X.Y.Z")
    ] = "",
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day of the release [default: `created` of the package]."),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            help=f"Further formats of the tables: {', '.join(FORMATS)}; separate several with commas.",
            metavar="FORMAT[,FORMAT]",
        ),
    ] = None,
    agreement: Annotated[
        Path | None,
        typer.Option(
            help="A package with tables on the agreement of coders; the release takes them along.", metavar="DIR"
        ),
    ] = None,
    memory_limit: Annotated[
        str, typer.Option(help="Memory for checking; further data goes to temporary files.")
    ] = "1GB",
) -> None:
    """Release a package: its version, what changed, checksums, texts for people and for catalogues, and one archive.

    Exit code 0: released, or the same release is there already; 2: it cannot be released, and nothing was written.
    """
    from depositary.cli import terminal
    from depositary.cli.progress import Progress
    from depositary.model.limits import Limits, in_bytes
    from depositary.releasing.release import release as run

    formats = [name.strip() for given in to or () for name in given.split(",") if name.strip()]
    with Progress() as progress:
        made = run(
            package,
            output_dir,
            previous=previous,
            version=version,
            on=on.date() if on else None,
            formats=formats,
            agreement=agreement,
            limits=Limits(memory=in_bytes(memory_limit)),
            tell=progress.rows,
        )
    terminal.put("\n".join(_released(made)) + "\n")


def _released(made: "Release") -> Iterator[str]:
    from depositary.releasing.proposal import reasons_text
    from depositary.wording.plain import number

    if made.earlier:
        yield f"{made.earlier} → {made.version} ({made.size.label if made.size else 'no change'})"
        yield from (f"  {text}" for text in reasons_text(list(made.reasons), made.earlier))
    else:
        yield f"{made.version}, the first release"
    if made.answers:
        yield f"answers that changed: {len(made.answers)}"
        yield from (f"  {answer.question}" for answer in made.answers)
    if made.report.warnings:
        yield f"{number(made.report.warnings, 'warning')} of the checks; README.md of the release counts them"
    if not made.is_new:
        yield "the same release was there already; nothing was written"
    yield f"release: {made.folder}"
    yield f"archive: {made.archive}"


def verify(
    release: Annotated[Path, typer.Argument(help="A release: its folder or its archive.")],
    *,
    previous: Annotated[
        Path | None, typer.Option(help="The release before; then the delta is applied to it, and the result compared.")
    ] = None,
) -> None:
    """Check that a release is as it was made: no byte changed, missing or added.

    Exit code 0: it is; 1: it was changed; 2: it could not be checked.
    """
    from depositary.cli import terminal
    from depositary.releasing.verify import verify as run

    found = run(release, previous)
    lines = [f"  {fault}" for fault in found.faults]
    if found.is_sound:
        lines += [f"{found.name} {found.version}: {found.files:,} files, each as it was released"]
        lines += [f"not checked: {reason}" for reason in found.not_checked]
    else:
        lines = [f"{release}: is not as it was released:", *lines]
    terminal.put("\n".join(lines) + "\n")
    raise typer.Exit(0 if found.is_sound else 1)

"""`depositary explain`."""

from pathlib import Path
from typing import Annotated

import typer


def explain(
    code: Annotated[
        str | None, typer.Argument(help="The code of a finding or the id of a rule; without one, all codes are listed.")
    ] = None,
    *,
    package: Annotated[
        Path | None, typer.Option(help="The package whose rules are meant [default: those of the program].")
    ] = None,
) -> None:
    """Tell what a code or rule means, with a bad and a good row."""
    from depositary.check.explain import explanation, listing
    from depositary.cli import terminal

    terminal.put(explanation(code, package) if code else listing())

"""`depositary explain`."""

from pathlib import Path
from typing import Annotated

import typer


def explain(
    code: Annotated[
        str | None, typer.Argument(help="The code of a finding or the id of a rule [default: list all codes].")
    ] = None,
    *,
    package: Annotated[
        Path | None, typer.Option(help="The package that has the rule [default: the rules of this program].")
    ] = None,
) -> None:
    """Explain a code or a rule, with a bad and a good row."""
    from depositary.check.explain import explanation, listing
    from depositary.cli import terminal

    terminal.put(explanation(code, package) if code else listing())

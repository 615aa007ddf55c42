"""`depositary explain`."""

from pathlib import Path
from typing import Annotated

import typer

from depositary.cli import completing


def explain(
    code: Annotated[
        str | None,
        typer.Argument(
            help="The code of a finding, the id of a rule, a kind of conflict, or what depositary describe knows "
            "[default: list all codes and kinds].",
            autocompletion=completing.explained,
        ),
    ] = None,
    *,
    package: Annotated[
        Path | None, typer.Option(help="The package that has the rule [default: the rules of this program].")
    ] = None,
) -> None:
    """Explain a code, a rule or a kind of conflict, with examples.

    Exit code 0: explained; 2: nothing has this name.
    """
    from depositary.check.explain import explanation, listing
    from depositary.cli import terminal
    from depositary.read.workspace import find_package

    at_hand = None if package else find_package(Path.cwd())
    terminal.put(explanation(code, package, at_hand=at_hand) if code else listing())

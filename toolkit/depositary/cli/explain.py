"""`depositary explain`."""

from typing import Annotated

import typer


def explain(
    code: Annotated[str | None, typer.Argument(help="The code of a finding; without one, all are listed.")] = None,
) -> None:
    """Tell what a code means, with a bad and a good row."""
    from depositary.check.explain import explanation, listing

    typer.echo(explanation(code) if code else listing(), nl=False)

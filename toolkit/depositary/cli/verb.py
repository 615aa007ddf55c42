"""The base class of all commands: it refuses paths that no file can have, and its epilog is an example."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from depositary.read.paths import given


class Verb(TyperCommand):
    """A command that refuses an impossible path before it does anything."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 (its class is none of typer's public ones)
        """Check the paths, then run the command."""
        for path in _paths(ctx.params.values()):
            given(path)
        return super().invoke(ctx)

    def format_epilog(self, _: Any, formatter: Any) -> None:  # noqa: ANN401 (the same)
        """Write the example, in one line so that it can be copied."""
        if self.epilog:
            formatter.write(f"\nExample:\n  {self.epilog}\n")


def _paths(values: Any) -> Iterator[Path]:  # noqa: ANN401 (whatever options may be)
    for value in values:
        if isinstance(value, list | tuple):
            yield from _paths(value)
        elif isinstance(value, Path):
            yield value

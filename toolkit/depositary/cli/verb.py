"""The base class of all commands: it refuses values that would be passed over, and its epilog is an example."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from depositary.errors import UsageError
from depositary.read.paths import given


class Verb(TyperCommand):
    """A command that refuses an impossible path, and an option given twice, before it does anything."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 (as below)
        """Read the arguments; of an option given twice, the first value would be lost."""
        for name in _given_twice(args, self.get_params(ctx)):
            raise UsageError(f"{name} is given twice, but only one value counts. Give it once.")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 (its class is none of typer's public ones)
        """Check the paths, then run the command."""
        for path in _paths(ctx.params.values()):
            given(path)
        return super().invoke(ctx)

    def format_epilog(self, _: Any, formatter: Any) -> None:  # noqa: ANN401 (the same)
        """Write the example, in one line so that it can be copied."""
        if self.epilog:
            formatter.write(f"\nExample:\n  {self.epilog}\n")


def _given_twice(args: Sequence[str], params: Iterable[Any]) -> Iterator[str]:
    """Name the options that have a value more than once, though they take only one."""
    valued = [one for one in params if one.param_type_name == "option" and not one.is_flag and not one.count]
    single = {name: one.opts[-1] for one in valued for name in one.opts if not one.multiple}
    several = {name for one in valued for name in one.opts if one.multiple}
    seen: set[str] = set()
    rest = iter(args)
    for word in rest:
        name, equals, _ = word.partition("=")
        if word == "--":
            return
        if name in single:
            if single[name] in seen:
                yield name
            seen.add(single[name])
        if name in {*single, *several} and not equals:
            next(rest, "")  # its value, which may look like an option


def _paths(values: Any) -> Iterator[Path]:  # noqa: ANN401 (whatever options may be)
    for value in values:
        if isinstance(value, list | tuple):
            yield from _paths(value)
        elif isinstance(value, Path):
            yield value

"""The command line: each verb parses, makes one call, prints, and sets the exit code."""

import functools
import gc
import os
import signal
import sys
from collections.abc import Callable
from io import StringIO, TextIOWrapper
from typing import Annotated, Any

import typer
from typer.exceptions import Abort, TyperException
from typer.main import get_command

from depositary.cli import terminal
from depositary.cli.adopt import adopt
from depositary.cli.agree import agree
from depositary.cli.blame import blame, history
from depositary.cli.cache import cache
from depositary.cli.codelist import codelist
from depositary.cli.completing import complete_at_once
from depositary.cli.conflicts import conflicts
from depositary.cli.describe import describe
from depositary.cli.diff import diff
from depositary.cli.evidence import evidence
from depositary.cli.explain import explain
from depositary.cli.export import export
from depositary.cli.fetch import fetch
from depositary.cli.identity import identity
from depositary.cli.merge import merge
from depositary.cli.new import new
from depositary.cli.publish import publish
from depositary.cli.release import release, verify
from depositary.cli.resolve import resolve
from depositary.cli.schema import schema
from depositary.cli.site import site
from depositary.cli.status import status
from depositary.cli.undo import undo
from depositary.cli.validate import validate
from depositary.cli.verb import Verb
from depositary.errors import DepositaryError, in_our_words
from depositary.version import __version__

_SHELL_OPTIONS = {"--install-completion", "--show-completion"}
app = typer.Typer(
    help="Check, merge and publish tables of trade-policy facts, with the source of every cell.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help starts in half the time
    pretty_exceptions_enable=False,
)
app.command(cls=Verb, epilog="depositary validate contributions/mira/dispatch-reading")(validate)
app.command(cls=Verb, epilog="depositary merge --plan")(merge)
app.command(cls=Verb, epilog="depositary status")(status)
app.command(cls=Verb, epilog="depositary adopt")(adopt)
app.command(cls=Verb, epilog="depositary conflicts --format html --output conflicts.html")(conflicts)
app.command(
    cls=Verb,
    epilog='depositary resolve cfl-royegvb4spyq --take ctr-wei --reason "Daniel rounded the figure." '
    "--as ctr-maintainers",
)(resolve)
app.command(cls=Verb, epilog="depositary undo cfl-3kxnpscydyak")(undo)
app.command(cls=Verb, epilog="depositary blame statements stm-cn-micron-purchase-stop modality")(blame)
app.command(
    cls=Verb,
    epilog="depositary history statements stm-cn-micron-purchase-stop",
    context_settings={"allow_extra_args": True},
)(history)
app.command(cls=Verb, epilog="depositary diff datapackage merged")(diff)
app.command(
    cls=Verb,
    epilog="depositary agree contributions/ana/article contributions/ben/article --source src-chip-talks-article",
)(agree)
app.command(cls=Verb, epilog="depositary explain foreign-key")(explain)
app.command(cls=Verb, epilog="depositary describe trade_flows.classification")(describe)
app.command(cls=Verb, epilog="depositary export merged --to parquet,xlsx --output-dir exported")(export)
app.command(cls=Verb, epilog="depositary release datapackage --output-dir dist --on 2026-11-29")(release)
app.command(cls=Verb, epilog="depositary site merged --output-dir site")(site)
app.command(cls=Verb, epilog="depositary verify dist/depositary-trade-policy-0.1.0.zip")(verify)
app.command(
    cls=Verb,
    epilog="depositary publish dist/depositary-trade-policy-0.1.0.zip --to zenodo-sandbox --dry-run",
)(publish)
app.command(cls=Verb, epilog="depositary fetch 10.5281/zenodo.1234567 --output-dir releases")(fetch)
app.command(cls=Verb, epilog="depositary cache")(cache)
app.add_typer(new, name="new")
app.add_typer(evidence, name="evidence")
app.add_typer(identity, name="identity")
app.add_typer(codelist, name="codelist")
app.add_typer(schema, name="schema")


def _version(asked: bool) -> None:  # noqa: FBT001 (typer passes the flag)
    if asked:
        typer.echo(f"depositary {__version__}")
        raise typer.Exit


@app.callback()
def common(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Check, merge and publish tables of trade-policy facts, with the source of every cell."""


def main() -> None:
    """Run the command line; a run that fails prints one line and has exit code 2."""
    _speak_utf_8()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # to look for them takes a seventh of --help
    if not _SHELL_OPTIONS.isdisjoint(sys.argv):
        complete_at_once()
    gc.disable()  # a run is short, and keeps nearly all that it makes
    signal.signal(signal.SIGTERM, _end)
    try:
        with in_our_words():
            code = _command()(standalone_mode=False)
    except TyperException as error:  # the command line itself is wrong
        terminal.complain(_in_words(error))
        sys.exit(2)
    except Abort:
        terminal.complain("depositary: given up.")
        sys.exit(1)
    except DepositaryError as error:
        terminal.complain(f"depositary: {error}")
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


def _end(number: int, _frame: object) -> None:
    """End as after an error, so that temporary files are removed; by default, Python leaves them behind."""
    sys.exit(128 + number)


@functools.cache
def _command() -> Callable[..., Any]:
    return get_command(app)


def _in_words(error: TyperException) -> str:
    text = StringIO()
    show = getattr(error, "show", None)  # of all that typer raises for a command line
    if show:
        show(file=text)
    return text.getvalue() or str(error)


def _speak_utf_8() -> None:
    # A pipe on Windows has an old code page, in which half of the world's names cannot be written.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")

"""`depositary identity`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from depositary.cli import completing
from depositary.cli.verb import Verb
from depositary.model.decision import Verdict
from depositary.model.suggestion_format import ReviewFormat, SuggestionEngine, SuggestionFormat

if TYPE_CHECKING:
    from depositary.identity.places import Places
    from depositary.merging.conflicts.resolve import Decider

identity = typer.Typer(help="Find rows that may be about the same thing, and judge them.", no_args_is_help=True)

_Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        help="The published package, then contributions [default: those in depositary.toml].", metavar="PATH..."
    ),
]
_One = Annotated[str, typer.Argument(help="The id of a row.", metavar="A")]
_Other = Annotated[str, typer.Argument(help="The id of another row of the same table.", metavar="B")]
_Table = Annotated[
    str,
    typer.Option(
        help="The table of the rows, if the ids are in several.", metavar="NAME", autocompletion=completing.tables
    ),
]
_Tables = Annotated[
    list[str] | None,
    typer.Option(help="Only pairs of this table.", metavar="NAME", autocompletion=completing.tables),
]
_MinScore = Annotated[
    float, typer.Option(min=0, max=1, help="Only pairs with this score or a higher one.", metavar="SCORE")
]
_Reason = Annotated[str, typer.Option(help="The reason; it is kept with the judgement.", metavar="TEXT")]
_Source = Annotated[
    str,
    typer.Option(help="A source that shows it, if there is one.", metavar="ID", autocompletion=completing.sources),
]
_As = Annotated[
    str | None,
    typer.Option("--as", envvar="DEPOSITARY_AS", help="The contributor who judges.", metavar="CONTRIBUTOR"),
]
_On = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The date of the judgement [default: today].")]
_Package = Annotated[Path | None, typer.Option(help="The published package [default: the one in depositary.toml].")]
_Decisions = Annotated[
    Path | None, typer.Option(help="The folder of decisions [default: the one in depositary.toml].", metavar="DIR")
]
_Bases = Annotated[
    Path | None,
    typer.Option(help="A folder with earlier packages on which contributions are based.", metavar="DIR"),
]


@identity.callback()
def verbs() -> None:
    """Find rows that may be about the same thing, and judge them."""


@identity.command(cls=Verb, epilog="depositary identity suggest --table actors")
def suggest(
    paths: _Paths = None,
    *,
    table: _Tables = None,
    min_score: _MinScore = 0.8,
    engine: Annotated[
        SuggestionEngine, typer.Option(help="What scores the pairs; splink is for tables of persons and bodies.")
    ] = SuggestionEngine.DEPOSITARY,
    form: Annotated[SuggestionFormat, typer.Option("--format", help="text for people; csv or json for programs.")] = (
        SuggestionFormat.TEXT
    ),
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
    decisions: _Decisions = None,
    bases: _Bases = None,
) -> None:
    """List pairs of rows that may be about the same thing, with a score that each field explains.

    Pairs that are already judged are not listed again. A suggestion changes nothing: only judgements do.

    Exit code 0: there are none; 1: there are some; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import identity_places
    from depositary.identity.listing import listed
    from depositary.identity.places import opened
    from depositary.write.atomic import write_text

    with opened(identity_places(paths or (), decisions, bases)) as there:
        for waiting in there.waiting:
            terminal.complain(f"{waiting.name} is left out: {waiting.why}: {waiting.error}")
        matching = there.matching(table or None, min_score, engine=engine)
        text = listed(matching, form)
    if output:
        write_text(output, text)
    elif form is SuggestionFormat.TEXT:
        terminal.put(text)
    else:
        terminal.put_data(text)
    raise typer.Exit(1 if matching.suggestions else 0)


@dataclass(frozen=True)
class _JudgingVerb:
    """One of the commands that judge two rows: they take the same options."""

    verdict: Verdict
    help: str
    example: str


_JUDGING_VERBS = {
    "same": _JudgingVerb(
        Verdict.POSITIVE,
        "Judge that two rows are about the same thing; the next merge makes one row of them.",
        "act-us-government act-us-government-vt74gi2u --as ctr-rosa",
    ),
    "different": _JudgingVerb(
        Verdict.NEGATIVE,
        "Judge that two rows are about different things; they are not suggested again, and never become one row.",
        'act-ahn-duk-geun act-wang-wentao --reason "Two ministers." --as ctr-rosa',
    ),
    "unsure": _JudgingVerb(
        Verdict.UNSURE,
        "Record that you looked at two rows and do not know; they stay two rows, and are not suggested again.",
        'act-korean-chip-makers act-kr-firms-in-china --reason "Unclear." --as ctr-rosa',
    ),
}
_JUDGED = "Exit code 0: written; 2: it could not run, and nothing was written."


def _judging(verdict: Verdict) -> Callable[..., None]:
    def judge(
        one: _One,
        other: _Other,
        *,
        reason: _Reason = "",
        source: _Source = "",
        decider: _As = None,
        on: _On = None,
        table: _Table = "",
        decisions: _Decisions = None,
    ) -> None:
        from depositary.cli import terminal
        from depositary.cli.workspace_paths import identity_places
        from depositary.identity.judge import JudgementRequest
        from depositary.identity.judge import judge as judged

        asked = JudgementRequest(one, other, verdict, reason, source, table)
        terminal.put(judged(identity_places((), decisions, None), asked, _decider(decider, on)))

    return judge


for _name, _verb in _JUDGING_VERBS.items():
    identity.command(
        _name, cls=Verb, help=f"{_verb.help}\n\n{_JUDGED}", epilog=f"depositary identity {_name} {_verb.example}"
    )(_judging(_verb.verdict))


@identity.command(cls=Verb, epilog="depositary identity undo act-us-government act-us-government-vt74gi2u")
def undo(
    one: _One,
    other: _Other,
    *,
    decider: Annotated[
        str | None,
        typer.Option(
            "--as",
            envvar="DEPOSITARY_AS",
            help="The contributor whose judgement is taken back [default: the only one].",
            metavar="CONTRIBUTOR",
        ),
    ] = None,
    table: _Table = "",
    decisions: _Decisions = None,
) -> None:
    """Take a judgement back; the next merge has the rows as before.

    Exit code 0: taken back; 2: there is no such judgement.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import identity_places
    from depositary.identity.judge import undo as take_back

    terminal.put(take_back(identity_places((), decisions, None), one, other, table, decider))


@identity.command(cls=Verb, epilog="depositary identity explain act-us-government act-us-government-vt74gi2u")
def explain(
    one: _One, other: _Other, *, table: _Table = "", decisions: _Decisions = None, bases: _Bases = None
) -> None:
    """Explain how alike two rows are, who judged them, and what the next merge makes of it.

    Exit code 0: explained; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import identity_places
    from depositary.identity.judge import explain as explained

    terminal.put(explained(identity_places((), decisions, bases), one, other, table))


@identity.command(cls=Verb, epilog="depositary identity review --format xlsx --output pairs.xlsx")
def review(
    paths: _Paths = None,
    *,
    table: _Tables = None,
    min_score: _MinScore = 0.8,
    form: Annotated[
        ReviewFormat,
        typer.Option(
            "--format",
            help="text asks in the terminal; html is a page, and csv or xlsx a worksheet, for identity apply.",
        ),
    ] = ReviewFormat.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write the page or worksheet to this file.")] = None,
    reason: _Reason = "",
    decider: _As = None,
    on: _On = None,
    decisions: _Decisions = None,
    bases: _Bases = None,
) -> None:
    """Judge one pair after the other: press y (same), n (different), u (unsure), b (back), s (skip) or q (quit).

    Each answer is written at once, so you can stop at any time and continue later. Pairs on whose answer others depend
    come first.

    Exit code 0: no pair is left, or the page or worksheet is written; 1: pairs are left; 2: it could not run.
    """
    from depositary.cli.workspace_paths import identity_places
    from depositary.errors import UsageError
    from depositary.identity.places import opened
    from depositary.identity.sheets import write_pairs

    if (form is ReviewFormat.TEXT) == (output is not None):
        raise UsageError("a page or worksheet is written to a file: give both --format html, csv or xlsx and --output.")
    places = identity_places(paths or (), decisions, bases)
    if output:
        with opened(places) as there:
            write_pairs(there.matching(table or None, min_score), there.package, form, output)
        return
    _ask(places, table or None, min_score, decider, on, reason)


def _ask(
    places: "Places",
    tables: list[str] | None,
    min_score: float,
    decider: str | None,
    on: datetime | None,
    reason: str,
) -> None:
    """Ask about one pair after the other in the terminal."""
    from depositary.cli import terminal
    from depositary.cli.asking import ask
    from depositary.errors import UsageError
    from depositary.identity.judge import Judging
    from depositary.identity.places import opened
    from depositary.identity.review import Review

    if not terminal.can_ask():
        raise UsageError(
            "this asks in a terminal. Without one, write a page or worksheet: --format html --output FILE."
        )
    who = _decider(decider, on)
    with opened(places) as there:
        Judging.of(there).admit(who)
        asked = Review(places, there.matching(tables, min_score), who, there.judgements, reason)
    ask(asked)
    terminal.put(asked.summary())
    raise typer.Exit(1 if asked.left or asked.skipped else 0)


@identity.command(cls=Verb, epilog="depositary identity apply pairs.xlsx --as ctr-rosa")
def apply(
    worksheet: Annotated[
        Path, typer.Argument(help="What a page saved, or a worksheet that was filled in: CSV or Excel.", metavar="FILE")
    ],
    *,
    reason: _Reason = "",
    decider: _As = None,
    on: _On = None,
    decisions: _Decisions = None,
    bases: _Bases = None,
) -> None:
    """Write the judgements of a page or worksheet of identity review, all or none.

    Exit code 0: written; 2: it could not run, and nothing was written.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import identity_places
    from depositary.identity.worksheet import apply as applied

    places = identity_places((), decisions, bases)
    terminal.put(applied(places, worksheet, _decider(decider, on), reason))


@identity.command(cls=Verb, epilog="depositary identity quality --table actors")
def quality(
    paths: _Paths = None,
    *,
    table: _Tables = None,
    min_score: _MinScore = 0.8,
    decisions: _Decisions = None,
    bases: _Bases = None,
) -> None:
    """Show how often the suggestions are right, by the judgements: precision and recall with 95 % intervals.

    Precision is the share of the same among the judged pairs that are suggested. Recall is the share of those that are
    suggested among the pairs judged the same: it knows only of pairs that somebody judged.

    Exit code 0: shown, also if there are no judgements; 2: it could not run.
    """
    from depositary.cli import terminal
    from depositary.cli.workspace_paths import identity_places
    from depositary.identity.places import opened
    from depositary.identity.quality import quality as measured
    from depositary.identity.quality import quality_text

    with opened(identity_places(paths or (), decisions, bases)) as there:
        terminal.put(quality_text(measured(there, table or None, min_score), min_score))


def _decider(name: str | None, on: datetime | None) -> "Decider":
    from datetime import date

    from depositary.merging.settle import signed

    day = on.date() if on else date.today()  # noqa: DTZ011 (the day where the decider is)
    return signed(name, day.isoformat())

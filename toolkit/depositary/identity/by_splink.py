"""Score pairs with splink and a model that was trained once: docs/identity.md, "Another engine"."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from depositary.errors import UsageError
from depositary.identity.records import Record, Records
from depositary.identity.suggestion import FieldScore, Suggestion
from depositary.merging.claims.distinct import Pair, are_different
from depositary.merging.claims.folded import sorted_words
from depositary.merging.claims.identifying import IdentityField, IdentityPolicy, IdentityRole
from depositary.wording.plain import shown

if TYPE_CHECKING:
    from splink.internals.comparison_creator import ComparisonCreator

LEAST_OF_PAIRS = 0.5  # our score of a pair that splink is asked about; it looks at what differs by itself
_DIGITS = 6  # in which scores of two runs are the same
_NAMES = "names"  # the column with all names of a row
_WORDS = "words"  # the column with all words of its names
_PAIRS = "pairs"  # the column with the numbers of the pairs in which a row is
_TEXT = "text"
_TAKES = "it takes tables of persons or bodies, whose rows have a name, a place or text, and no members"
# The levels of each kind of field: how alike two values are at least, or how many words two names have in common; those
# below the last one are the lowest level.
LEVELS: Mapping[str, Sequence[float]] = {
    _NAMES: (1.0, 0.92, 2, 0.8),
    _TEXT: (1.0, 0.9, 0.75),
    IdentityRole.PLACE: (1.0,),
    IdentityRole.CODE: (1.0,),
}


@dataclass(frozen=True)
class Model:
    """A trained model: for each kind of field and level, the chance of it among rows that are the same, and others."""

    prior: float  # the chance that two random rows are the same
    levels: Mapping[str, Sequence[tuple[float, float]]]


@cache
def model() -> Model:
    """Read the model that `scripts/train_splink.py` wrote."""
    read = json.loads(files(__package__).joinpath("assets", "splink.json").read_text("utf-8"))
    return Model(read["prior"], {kind: [(m, u) for m, u in levels] for kind, levels in read["levels"].items()})


def takes(policy: IdentityPolicy) -> bool:
    """Return whether the model fits a table: its rows have names and a place or texts, and no members."""
    roles = {one.role for one in policy.fields}
    has_more = roles & {IdentityRole.PLACE, IdentityRole.TEXT}
    return IdentityRole.NAME in roles and bool(has_more) and IdentityRole.MEMBER not in roles


def tables_for(policies: Mapping[str, IdentityPolicy], asked: Collection[str] | None) -> list[str]:
    """Name the tables that splink compares: those that are asked for, or all that the model fits.

    Raises:
        UsageError: it is not installed, or a table is refused.
    """
    fitting = [name for name, policy in policies.items() if takes(policy)]
    for name in sorted(asked or ()):
        if name not in fitting:
            use = f"Use --table {' or '.join(fitting)}, or leave" if fitting else "Leave"
            raise UsageError(f"splink does not compare {shown(name)}: {_TAKES}. {use} out --engine.")
    if not fitting:
        raise UsageError(f"splink compares no table here: {_TAKES}. Leave out --engine.")
    try:
        import splink  # noqa: F401, PLC0415 (an extra, which few need)
    except ImportError as error:
        raise UsageError(
            "--engine splink needs a library that is not installed. Run pip install 'depositary[splink]', or leave out "
            "--engine."
        ) from error
    return sorted(asked or fitting)


def scored(records: Records, pairs: Sequence[Pair], least: float) -> list[Suggestion]:
    """Score pairs by the model, and give those with enough, in order; different identifiers rule a pair out."""
    records.want(id_ for pair in pairs for id_ in pair)
    identifiers = records.policy.of(IdentityRole.IDENTIFIER)
    asked = [
        (one, other)
        for one, other in pairs
        if not any(are_different(records[one][name], records[other][name]) for name in identifiers)
    ]
    fields = [one for one in records.policy.own if _kind(one) not in ("", _NAMES)]
    found = []
    for line in predicted(rows_of(records, fields, asked), [(one.name, _kind(one)) for one in fields], least):
        left, right = sorted((line["id_l"], line["id_r"]))
        parts = tuple(_explained(records, line, fields, left, right))
        found.append(Suggestion(records.policy.name, left, right, round(line["match_probability"], _DIGITS), parts))
    return sorted(one for one in found if one.score >= least)


def predicted(rows: pa.Table, fields: Sequence[tuple[str, str]], least: float) -> list[dict[str, Any]]:
    """Let splink score the pairs that rows name; `fields` are the columns and their kinds."""
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: PLC0415 (an extra, which few need)

    if not len(rows):
        return []
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        probability_two_random_records_match=model().prior,
        comparisons=[comparison(name, kind, model().levels[kind]) for name, kind in [(_NAMES, _NAMES), *fields]],
        blocking_rules_to_generate_predictions=[block_on(_PAIRS, arrays_to_explode=[_PAIRS])],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=True,
    )
    with database() as connection:
        linker = Linker(DuckDBAPI(connection).register(rows), settings, log_level=None)
        lines: list[dict[str, Any]] = linker.inference.predict(
            threshold_match_probability=max(0.0, least - 10**-_DIGITS)
        ).as_record_list()
    return lines


def database() -> duckdb.DuckDBPyConnection:
    """Open a database in which the SQL of splink runs: it writes a lambda as DuckDB did before version 2."""
    connection = duckdb.connect()
    connection.execute("SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")
    return connection


def comparison(column: str, kind: str, chances: Sequence[tuple[float, float]] | None = None) -> "ComparisonCreator":
    """Describe the comparison of a column by the levels of its kind, with their chances if they are known."""
    import splink.comparison_level_library as cll  # noqa: PLC0415 (an extra, which few need)
    from splink.comparison_library import CustomComparison  # noqa: PLC0415 (as above)

    levels = [cll.NullLevel(column)]
    for least in LEVELS[kind]:
        if kind == _NAMES and least >= 1:
            levels.append(cll.ArrayIntersectLevel(column if least == 1 else _WORDS, int(least)))
        elif kind == _NAMES:
            levels.append(cll.PairwiseStringDistanceFunctionLevel(column, "jaro_winkler", least))
        else:
            levels.append(cll.ExactMatchLevel(column) if least == 1 else cll.JaroWinklerLevel(column, least))
    levels.append(cll.ElseLevel())
    for level, (m, u) in zip(levels[1:], chances or (), strict=chances is not None):
        level.configure(m_probability=m, u_probability=u)
    return CustomComparison(levels, output_column_name=column)


def rows_of(records: Records, fields: Sequence[IdentityField], pairs: Sequence[Pair]) -> pa.Table:
    """Give the rows of pairs as splink compares them: folded, each with the numbers of its pairs."""
    numbers: dict[str, list[int]] = {}
    for number, pair in enumerate(pairs):
        for id_ in pair:
            numbers.setdefault(id_, []).append(number)
    ids = sorted(numbers)
    columns = {one.name: pa.array([_value(records[id_], one) for id_ in ids], pa.string()) for one in fields}
    names = [_names(records, id_) for id_ in ids]
    return pa.table(
        {
            "id": pa.array(ids, pa.string()),
            _NAMES: pa.array(names, pa.list_(pa.string())),
            _WORDS: pa.array([words_in(some) for some in names], pa.list_(pa.string())),
            **columns,
            _PAIRS: pa.array([numbers[id_] for id_ in ids], pa.list_(pa.int64())),
        }
    )


def _names(records: Records, id_: str) -> list[str] | None:
    texts = (text for one in records.policy.of(IdentityRole.NAME) for text in records[id_][one])
    return sorted({sorted_words(text) for text in texts} - {""}) or None


def words_in(names: Sequence[str] | None) -> list[str]:
    """Give the words of some folded names."""
    return sorted({word for name in names or () for word in name.split()})


def _value(record: Record, one: IdentityField) -> str | None:
    texts = (sorted_words(text) if one.role is IdentityRole.TEXT else text for text in record[one])
    return next(filter(None, texts), None)


def _kind(one: IdentityField) -> str:
    """Name the kind of field that a field is to the model; empty if it is not compared."""
    if one.role is IdentityRole.NAME:
        return _NAMES
    return str(one.role) if one.role in LEVELS and not one.link else ""


def _explained(
    records: Records, line: Mapping[str, Any], fields: Sequence[IdentityField], left: str, right: str
) -> Iterator[FieldScore]:
    """Give what each field says by itself: the chance of the pair if the field was all that is known of an even one."""
    names = [records.policy.of(IdentityRole.NAME), *((one,) for one in fields)]
    for column, some in zip([_NAMES, *(one.name for one in fields)], names, strict=True):
        sides = [" or ".join(shown(text) for one in some for text in records[id_][one]) for id_ in (left, right)]
        if all(sides):
            why = f"{sides[0]} in both" if sides[0] == sides[1] else " / ".join(sides)
            odds = 2.0 ** line[f"mw_{column}"]
            yield FieldScore(column, round(odds / (1 + odds), 4), why)

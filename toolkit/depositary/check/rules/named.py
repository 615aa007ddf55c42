"""The checks of rules that SQL cannot express: check digits, passages of a text, similar names."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from depositary.check.rules.passages import judge_passage
from depositary.check.rules.staged_tables import StagedTables
from depositary.compile.language import ROW
from depositary.engine.sql import quoted
from depositary.model.check_digits import CELL_CHECKS
from depositary.wording.suggest import abbreviated, closest, same_tokens

# A violation of a rule: the row or rows that take part, by the name of their table, and the values of its message.
FoundRow = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """A check, the columns that it reads, by table, and the values that it gives to messages.

    `of_refused`: refused cells are checked too. `row_by_row` names the tables whose rows are checked one by one: of
    their base, no rows are needed. `reads_texts`: it reads the coded texts.
    """

    columns: Mapping[str, tuple[str, ...]]
    run: Callable[[StagedTables], Iterator[FoundRow]]
    gives: tuple[str, ...]
    of_refused: bool = False
    row_by_row: frozenset[str] = frozenset()
    reads_texts: bool = False


def _cells(table: str, column: str, fits: Callable[[str], bool]) -> Check:
    run = partial(_unfit, table, column, fits)
    return Check({table: (column,)}, run, (column,), row_by_row=frozenset({table}))


def _unfit(table: str, column: str, fits: Callable[[str], bool], stage: StagedTables) -> Iterator[FoundRow]:
    for row in _select(stage, table, column):
        if row[column] is not None and not fits(row[column]):
            yield {table: row[ROW], column: row[column]}


def _passages(stage: StagedTables) -> Iterator[FoundRow]:
    texts = {row["source_id"]: row["content"] for row in stage.engine.rows("SELECT * FROM made.snapshots")}
    columns = ("source_id", "char_start", "char_end", "quote_sha256", "quote")
    for row in _select(stage, "evidence", *columns):
        text = texts.get(row["source_id"])
        if text is not None and row["char_start"] is not None:
            for field, _, message in judge_passage(text, *(row[name] for name in columns[1:])):
                yield {"evidence": row[ROW], "field": field, "problem": message}


def _likely_duplicates(stage: StagedTables) -> Iterator[FoundRow]:
    groups: dict[str | None, list[tuple[int, str, str]]] = {}
    for row in _select(stage, "actors", "actor_id", "kind", "name", "jurisdiction"):
        if row["name"] is not None and row["kind"] not in ("unnamed_person", "group"):
            groups.setdefault(row["jurisdiction"], []).append((row[ROW], row["actor_id"], row["name"]))
    for actors in groups.values():
        for first, second in same_tokens([name for _, _, name in actors]):
            one, other = actors[first], actors[second]
            yield {"actors": [one[0], other[0]], "name": one[2], "other_name": other[2], "other": other[1]}


def _look_alikes(stage: StagedTables) -> Iterator[FoundRow]:
    naming = ("code", "label", "common_name", "iso2")
    known: dict[str, str] = {}
    for row in _select(stage, "jurisdictions", *naming):
        known.update({row[name]: row["code"] for name in naming[1:] if row[name]})
        known[row["code"]] = row["code"]
    for table, columns in _jurisdiction_columns(stage).items():
        for column in columns:
            for row in _strays(stage, table, column):
                code = row[column]
                meant = abbreviated(code, known) or closest(code, known)
                if meant:
                    yield {table: row[ROW], "field": column, "code": code, "meant": " or ".join(meant)}


def _strays(stage: StagedTables, table: str, column: str) -> Iterator[dict[str, Any]]:
    """Give the rows whose cell is not a code of a jurisdiction; in a large table there are few."""
    cell = quoted(column)
    return stage.engine.rows(
        f"SELECT {ROW}, {cell} FROM {quoted(table)} "  # noqa: S608 (quoted)
        f"WHERE {cell} IS NOT NULL AND {cell} NOT IN (SELECT code FROM jurisdictions WHERE code IS NOT NULL) "
        f"ORDER BY {ROW}"
    )


def _jurisdiction_columns(stage: StagedTables) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    for name, fields in _WITH_JURISDICTIONS.items():
        if name in stage.tables and name not in stage.unready:
            columns[name] = [f for f in fields if f in stage.tables[name].field_names]
    return columns


_WITH_JURISDICTIONS = {
    "actors": ("jurisdiction",),
    "meetings": ("jurisdiction",),
    "policy_action_parties": ("party_jurisdiction",),
    "trade_flows": ("reporter", "partner"),
    "dependencies": ("provider_jurisdiction",),
}


def _select(stage: StagedTables, table: str, *columns: str) -> Iterator[dict[str, Any]]:
    wanted = ", ".join(quoted(name) for name in columns)
    return stage.engine.rows(f"SELECT {ROW}, {wanted} FROM {quoted(table)} ORDER BY {ROW}")  # noqa: S608 (quoted)


CHECKS: Mapping[str, Check] = {
    "lei": _cells("actors", "lei", CELL_CHECKS["lei"]),
    "orcid": _cells("contributors", "orcid", CELL_CHECKS["orcid"]),
    "passages": Check(
        {
            "evidence": ("source_id", "char_start", "char_end", "quote_sha256", "quote"),
            "sources": ("source_id", "snapshot_sha256"),
        },
        _passages,
        ("field", "problem"),
        row_by_row=frozenset({"evidence"}),
        reads_texts=True,
    ),
    "likely_duplicates": Check(
        {"actors": ("actor_id", "kind", "name", "jurisdiction")}, _likely_duplicates, ("name", "other_name", "other")
    ),
    "look_alikes": Check(
        {**_WITH_JURISDICTIONS, "jurisdictions": ("code", "label", "common_name", "iso2")},
        _look_alikes,
        ("field", "code", "meant"),
        of_refused=True,
        row_by_row=frozenset(_WITH_JURISDICTIONS),
    ),
}

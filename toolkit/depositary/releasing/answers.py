"""What a release changes in the answers to the package's questions, and the cells that make the difference."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from depositary.engine.duckdb import ARRIVING, DuckDB
from depositary.engine.sql import literal, quoted
from depositary.errors import DocumentError, EngineError
from depositary.loading.rows import Wanted, rows_of
from depositary.merging.claims.engine_tables import ID
from depositary.merging.diff.changes import Change, Diff, Kind
from depositary.merging.diff.staged_tables import texts_with_ids
from depositary.model.limits import MEMORY
from depositary.model.package import Package, Resource
from depositary.releasing.layout import ANSWERS
from depositary.releasing.questions import Question, asked_of, questions_of
from depositary.releasing.smallest import OutOfTriesError, smallest

_SECONDS = 600.0  # for one answer
_MOST_TRIES, _FEWEST_TRIES = 1000, 20  # answers for one question, on mixtures of both releases
_MOST_ROWS = 20_000_000  # read in all of them; a minute or so, and never by the clock: the result must not depend on it
_ID = '"id of the row"'  # a name that no column of ours has
_CHOSEN = '"chosen changes"'
_WHOLE = ""  # the id of every row in a table without a key: its rows are taken from one release together

Rows = list[dict[str, Any]]
Unit = tuple[str, str]  # a table and the id of a row in it


@dataclass(frozen=True)
class ChangedAnswer:
    """A question whose answer differs between two releases.

    `before` is None if the earlier release cannot answer it. `because` has a smallest set of changes with which the
    earlier release gives the answer of the later one; `is_smallest` is False if the search was stopped before its end.
    """

    question: str
    file: str
    columns: tuple[str, ...]
    before: Rows | None
    after: Rows
    because: tuple[Change, ...]
    is_smallest: bool = True


def changed_answers(before: Package, after: Package, difference: Diff) -> Iterator[ChangedAnswer]:
    """Answer the questions of a package in both releases, and give those with different answers.

    Raises:
        DepositaryError: a question cannot be read, or an answer takes too long.
    """
    questions = questions_of(after)
    known = {question.file for question in asked_of(before, questions)}
    for question in questions:
        if question.file not in known:
            yield _new_answer(after, question)
        elif set(question.tables) & set(difference.tables):
            with DuckDB(_SECONDS, MEMORY) as engine:
                yield from _Mixture(engine, before, after, question, difference).compared()


def write_answers(folder: Path, changed: Sequence[ChangedAnswer]) -> None:
    """Write the changed answers as JSON, with all values as texts."""
    text = json.dumps([_document(one) for one in changed], ensure_ascii=False, indent=2) + "\n"
    (folder / ANSWERS).write_bytes(text.encode())


def _document(one: ChangedAnswer) -> dict[str, Any]:
    return {
        "question": one.question,
        "file": one.file,
        "before": one.before,
        "after": one.after,
        "because": [change._asdict() for change in one.because],
        "is_smallest": one.is_smallest,
    }


def answer(package: Package, question: Question) -> Rows:
    """Answer a question of a package, with all values as texts, or None for unknown, in the order of the rows.

    Raises:
        DepositaryError: the query does not fit the values, or takes too long.
    """
    with DuckDB(_SECONDS, MEMORY) as engine, _named(question):
        for name in question.tables:
            _put(engine, quoted(name), package[name])
        for view in question.views:
            engine.run(f"CREATE VIEW {quoted(view.name)} AS {view.query('duckdb')}")
        return _rows(engine, question)


def _new_answer(package: Package, question: Question) -> ChangedAnswer:
    return ChangedAnswer(question.text, question.file, question.columns, None, answer(package, question), ())


@contextmanager
def _named(question: Question) -> Iterator[None]:
    """Let an error of the database name the question."""
    try:
        yield
    except EngineError as error:
        raise DocumentError(f"{question.file}: has no answer in this package: {error}. Correct the query.") from error


def _rows(engine: DuckDB, question: Question) -> Rows:
    cells = ", ".join(f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in question.columns)
    query = f"SELECT {cells} FROM ({question.query}) ORDER BY ALL"  # noqa: S608 (quoted, and a query that was parsed)
    return list(engine.rows(query))


def _put(engine: DuckDB, table: str, resource: Resource) -> int:
    """Make a table of the rows of a resource, with the id of each, and count them."""
    rows = rows_of(resource, Wanted())
    if resource.table.primary_key:
        ids = texts_with_ids(resource, ())[ID]
    else:
        ids = pl.repeat(_WHOLE, len(rows), dtype=pl.String, eager=True)
    rows = rows.with_columns(ids.alias(_ID.strip('"')))
    arrow = rows.to_arrow(compat_level=pl.CompatLevel.newest())
    engine.put_through(table, f"CREATE TABLE {table} AS FROM {ARRIVING}", arrow.schema, iter(arrow.to_batches()))
    return len(rows)


@dataclass
class _Mixture:
    """Both releases in one database; each row that changed is that of the later one if it is chosen."""

    engine: DuckDB
    before: Package
    after: Package
    question: Question
    difference: Diff
    rows: int = 0
    tries: int = 0

    def compared(self) -> Iterator[ChangedAnswer]:
        """Compare the two answers; the earlier release may have none, because its values do not fit the query."""
        with _named(self.question):
            self._make()
            units = list(self._units())
            now = self._with(units)
        try:
            then = self._with(())
        except EngineError:
            then = None
        if then == now:
            return
        self.wanted = now
        chosen, is_smallest = smallest(units, self._gives_it)
        because = tuple(self._cells(chosen))
        yield ChangedAnswer(
            self.question.text, self.question.file, self.question.columns, then, now, because, is_smallest
        )

    def _make(self) -> None:
        self.engine.run(f"CREATE TABLE {_CHOSEN} (of_table VARCHAR, id VARCHAR)")
        differing = set(self.difference.tables)
        for name in self.question.tables:
            if name not in differing:
                self.rows += _put(self.engine, quoted(name), self.after[name])
                continue
            for which, package in (("old", self.before), ("new", self.after)):
                self.rows += _put(self.engine, _of(which, name), package[name])
            self.engine.run(f"CREATE VIEW {quoted(name)} AS {self._mixed(name)}")
        for view in self.question.views:
            self.engine.run(f"CREATE VIEW {quoted(view.name)} AS {view.query('duckdb')}")

    def _mixed(self, name: str) -> str:
        columns = {
            of: set(package[name].table.field_names) for of, package in (("old", self.before), ("new", self.after))
        }
        parts = []
        for which, word in (("old", "NOT EXISTS"), ("new", "EXISTS")):
            cells = ", ".join(
                quoted(one) if one in columns[which] else f"NULL AS {quoted(one)}"
                for one in dict.fromkeys((*self.after[name].table.field_names, *self.before[name].table.field_names))
            )
            chosen = f"SELECT 1 FROM {_CHOSEN} AS c WHERE c.of_table = {literal(name)} AND c.id = t.{_ID}"  # noqa: S608 (quoted)
            parts.append(f"SELECT {cells} FROM {_of(which, name)} AS t WHERE {word} ({chosen})")  # noqa: S608 (quoted)
        return " UNION ALL ".join(parts)

    def _units(self) -> Iterator[Unit]:
        of_rows = pl.col("row_id") != ""
        for name in self.question.tables:
            lines = self.difference.lines.filter((pl.col("table") == name) & of_rows)
            if len(lines) and not self.after[name].table.primary_key:
                yield name, _WHOLE
            else:
                yield from ((name, row_id) for row_id in lines["row_id"].unique(maintain_order=True))

    def _with(self, chosen: Sequence[Unit]) -> Rows:
        self.engine.run(f"DELETE FROM {_CHOSEN}")  # noqa: S608 (our own name)
        if chosen:
            tables, ids = zip(*chosen, strict=True)
            self.engine.append(_CHOSEN, pl.DataFrame({"of_table": tables, "id": ids}).to_arrow())
        return _rows(self.engine, self.question)

    def _gives_it(self, chosen: Sequence[Unit]) -> bool:
        self.tries += 1
        if self.tries > max(_FEWEST_TRIES, min(_MOST_TRIES, _MOST_ROWS // max(self.rows, 1))):
            raise OutOfTriesError
        try:
            return self._with(chosen) == self.wanted
        except EngineError:  # the mixture has no answer at all
            return False

    def _cells(self, chosen: Sequence[Unit]) -> Iterator[Change]:
        """Give the lines of the chosen rows, of changed rows only the cells that are needed for the answer."""
        self._with(chosen)
        for name, row_id in chosen:
            lines = self.difference.lines.filter(pl.col("table") == name)
            if row_id != _WHOLE or self.after[name].table.primary_key:
                lines = lines.filter(pl.col("row_id") == row_id)
            else:
                lines = lines.filter(pl.col("row_id") != "")
            changes = [Change(*line) for line in lines.iter_rows()]
            if any(change.change != Kind.CELL_CHANGED for change in changes):
                yield from (change for change in changes if not change.field)
            else:
                yield from (change for change in changes if self._is_needed(change))

    def _is_needed(self, change: Change) -> bool:
        """Put back one cell; if the answer stays the same, leave it as it was before the release."""
        new, old, field = _of("new", change.table), _of("old", change.table), quoted(change.field)
        here = f"WHERE {_ID} = {literal(change.row_id)}"
        names = [package[change.table].table.field_names for package in (self.before, self.after)]
        if not all(change.field in one for one in names):
            return True
        kept = _of("kept", change.table)
        self.engine.run(f"CREATE OR REPLACE TEMP TABLE {kept} AS SELECT {field} FROM {new} {here}")  # noqa: S608 (quoted)
        self.engine.run(f"UPDATE {new} SET {field} = (SELECT {field} FROM {old} {here}) {here}")  # noqa: S608 (quoted)
        try:
            if _rows(self.engine, self.question) == self.wanted:
                return False
        except EngineError:  # the mixture has no answer at all
            pass
        self.engine.run(f"UPDATE {new} SET {field} = (SELECT {field} FROM {kept}) {here}")  # noqa: S608 (quoted)
        return True


def _of(which: str, table: str) -> str:
    return quoted(f"{which} rows of {table}")

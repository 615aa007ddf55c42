"""Merge one table; each row takes one of two lanes.

*Plain* rows are merged in the engine, all at once: every claim on them is accepted. A row is plain if no two claims are
about the same cell or the whole row, contributions have seen it as it is published, and no decision, earlier merge or
finding is about it. All others are *judged* one by one, by the rules of row.py; a plain row would come out the same.

The tables that it fills are declared in claims/engine_tables.py: SETTLED, GONE, FRESH, LINES, and the view MERGED.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from depositary.engine.duckdb import DuckDB
from depositary.engine.sql import literal, quoted
from depositary.merging.claims.engine_tables import (
    ADDS,
    ASKED,
    CLAIMS,
    CURRENT,
    DELETIONS,
    DONE,
    FRESH,
    GONE,
    ID,
    JUDGED,
    LATE,
    LINES,
    MERGED,
    ORIGINAL,
    PROVENANCE_CELLS,
    PROVENANCE_ROWS,
    RANK,
    RENAMED,
    RESTORED,
    SETTLED,
    SOURCE,
    EngineTable,
)
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.policy import TablePolicy
from depositary.merging.claims.ranks import PUBLISHED
from depositary.merging.claims.staged import keep, make, put_query, put_rows
from depositary.merging.rules.case import Case, Claim, ClaimOutcome, Deletion, RowOutcome
from depositary.merging.rules.resolutions import took_part
from depositary.merging.rules.row import judge_row
from depositary.merging.rules.table_rules import TableRules
from depositary.model.conflict import Conflict
from depositary.model.provenance import ClaimStatus
from depositary.model.record_id import key_of

Teller = tuple[int, str | None, str]  # the rank in the line of a new row, its id of the row, its source
RecordedLine = Mapping[str, Any]  # a line of an earlier merge

JUDGES_EVERY_ROW = False  # for a test that both lanes give the same result
_TABLE = "§table"  # the column with the engine table from which a row comes
_CHUNK = 20_000  # rows that are judged at once
_OPEN, _ACCEPTED = literal(ClaimStatus.OPEN), literal(ClaimStatus.ACCEPTED)


@dataclass
class JudgedRows:
    """The rows of one table that are always judged, by row id."""

    asked: Collection[str] = ()  # rows with a decision
    kept: Mapping[str, str] = field(default_factory=dict)  # rows with references to them
    held: Mapping[str, Sequence[Conflict]] = field(default_factory=dict)  # not valid after the merge
    open_deletions: Collection[str] = ()  # rows whose deletion is open since earlier merges
    open_cells: Mapping[tuple[str, str], Conflict] = field(
        default_factory=dict
    )  # by row and field, open since earlier merges
    overruled: Collection[str] = ()  # not valid with any decision


@dataclass
class TableMerge:
    """The merge of one table; `late` has the ranks whose own base is not the current package."""

    claims: Claims
    rules: TableRules
    late: Collection[int]
    judged_rows: JudgedRows
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def _engine(self) -> DuckDB:
        return self.claims.engine

    @property
    def _policy(self) -> TablePolicy:
        return self.rules.policy

    def _staged(self, table: EngineTable) -> str:
        return table.of(self._policy.name)

    def _has(self, table: EngineTable) -> bool:
        return self.claims.has(table, self._policy.name)

    def run(self) -> list[Conflict]:
        """Merge the table, and give the conflicts."""
        self._make_room()
        judged = self._choose_lanes()
        if judged and self._has(LINES):
            # Lines that wait for a decision on a column are written again when their row is judged.
            self._engine.run(
                f"DELETE FROM {self._staged(LINES)} AS lines USING {JUDGED} AS judged "
                f"WHERE lines.{ID} = judged.{ID} AND lines.status = {_OPEN}"
            )
        self._merge_plain()
        for start in range(0, judged, _CHUNK):
            self._judge(start, start + _CHUNK)
        self._lay_over()
        return self.conflicts

    def _make_room(self) -> None:
        engine, table = self._engine, self._policy.table
        for staged in (SETTLED, GONE, FRESH, LINES):
            if self._has(staged):  # they have the rows of an earlier try
                make(engine, staged, table)
        if self._has(DONE):
            put_query(engine, LINES, LINES.select({}, f"FROM {self._staged(DONE)}"), table)

    def _choose_lanes(self) -> int:
        """Number the rows that are judged, and count them; the others are plain."""
        judged_rows = self.judged_rows
        asked = sorted({*judged_rows.asked, *judged_rows.open_deletions, *judged_rows.kept, *judged_rows.held})
        make(self._engine, ASKED)
        put_rows(self._engine, ASKED, ((one,) for one in asked))
        mentioned = list(self._mentioned())
        if not mentioned:
            make(self._engine, JUDGED)
            return 0
        return keep(
            self._engine,
            JUDGED,
            f"""
            SELECT {ID}, row_number() OVER (ORDER BY {ID}) - 1 AS number
            FROM ({" UNION ALL ".join(mentioned)}) AS mentioned ({ID}, rank, cell, special)
            GROUP BY {ID} HAVING {JUDGES_EVERY_ROW} OR bool_or(special)
              OR (min(rank) < max(rank) AND (bool_or(cell = '') OR count(*) > count(DISTINCT cell)))
            """,
        )

    def _mentioned(self) -> Iterator[str]:
        """Select what is claimed and asked about rows: by whom, about which cell, and whether the row must be judged.

        A cell '' means the row as a whole.
        """
        work = [name for name, rule in self._policy.fields.items() if not rule.is_edit]
        about_the_work = f"field IN ({', '.join(map(literal, work))})" if work else "false"
        ranks = ", ".join(map(str, sorted(self.late)))
        late = {one: f"{one.rank} IN ({ranks})" if ranks else "false" for one in (CLAIMS, ADDS, DELETIONS)}
        claims, adds, deletions, done = map(self._staged, (CLAIMS, ADDS, DELETIONS, DONE))
        open_done = f"SELECT {ID} FROM {done} WHERE status = {_OPEN}"
        if self._has(CLAIMS):
            cell = "''" if self._policy.by_row else "field"
            special = f"{about_the_work} OR {late[CLAIMS]} OR value IS NOT DISTINCT FROM seen"
            yield f"SELECT {ID}, rank, {cell}, {special} FROM {claims}"
        if self._has(ADDS):
            special = f"{late[ADDS]} OR {RANK} = {PUBLISHED}"
            if self._engine.has_rows(str(PROVENANCE_CELLS)):
                name = literal(self._policy.name)
                special += f' OR {ID} IN (SELECT row_id FROM {PROVENANCE_CELLS} WHERE "table" = {name})'
            yield f"SELECT {ID}, {RANK}, '', {special} FROM {adds}"
        if self._has(DELETIONS):
            special = late[DELETIONS]
            special += f" OR {ID} IN (SELECT {ID} FROM {claims})" if self._has(CLAIMS) else ""
            special += f" OR {ID} IN ({open_done})" if self._has(DONE) else ""
            yield f"SELECT {ID}, rank, '', {special} FROM {deletions}"
        if self._has(RENAMED):
            yield f"SELECT {ID}, rank, '', true FROM {self._staged(RENAMED)}"
        if self._has(DONE):
            yield f"SELECT {ID}, rank, '', true FROM {done} WHERE status = {_OPEN} AND field <> ''"
        if self._engine.has_rows(str(ASKED)):
            yield f"SELECT {ID}, NULL, '', true FROM {ASKED}"

    # Plain rows

    def _merge_plain(self) -> None:
        """Accept all claims on plain rows."""
        table = self._policy.table
        source = quoted(self._policy.source) if self._policy.source else "NULL"
        plain = f"WHERE NOT EXISTS (SELECT 1 FROM {JUDGED} AS judged WHERE judged.{ID} = claimed.{ID})"
        rest = f"AS claimed {plain}" if self._engine.has_rows(str(JUDGED)) else ""
        claims, adds, deletions = (f"FROM {self._staged(one)} {rest}" for one in (CLAIMS, ADDS, DELETIONS))
        fate = {"status": _ACCEPTED, "decision": "''", "contributor": "''"}
        if self._has(CLAIMS):
            put_query(self._engine, SETTLED, SETTLED.select({}, claims), table)
            put_query(self._engine, LINES, LINES.select({**fate, "reason": "''"}, claims), table)
        if self._has(DELETIONS):
            put_query(self._engine, GONE, GONE.select({}, deletions), table)
            lines = LINES.select({**fate, "field": "''", "value": "NULL"}, deletions)
            put_query(self._engine, LINES, lines, table)
        if self._has(ADDS):
            put_query(self._engine, FRESH, FRESH.select({SOURCE: source}, adds, table), table)

    # Judged rows

    def _judge(self, start: int, end: int) -> None:
        staged_tables = self._selected((CLAIMS, DELETIONS, LATE, RENAMED, DONE), start, end)
        staged_tables |= self._selected((CURRENT, ADDS, RESTORED), start, end)
        settled: dict[str, set[str]] = {}
        done = staged_tables[DONE]
        for row in done:
            if row["status"] != ClaimStatus.OPEN:
                settled.setdefault(row[ID], set()).add(row["field"])
        staged_tables[DONE] = [{**row, "seen": None} for row in done if row["status"] == ClaimStatus.OPEN]
        current = {row[ID]: row for row in staged_tables[CURRENT]}
        recorded = _grouped(self._recorded(start, end))
        origins = {row[ID]: row for row in self._origins(start, end)}
        by_id = {one: _grouped(rows) for one, rows in staged_tables.items()}
        outcomes = []
        ids = self._engine.rows(f"SELECT {ID} FROM {JUDGED} WHERE number >= {start} AND number < {end} ORDER BY number")
        for row in ids:
            row_id = row[ID]
            adds, claims = by_id[ADDS].get(row_id, []), by_id[CLAIMS].get(row_id, [])
            case = Case(
                row_id=row_id,
                current=current.get(row_id),
                claims=list(self._claimed(claims, adds)),
                awaiting_column=list(self._claimed(by_id[DONE].get(row_id, []), ())),
                added_by=frozenset(row[RANK] for row in adds),
                known_as={row[RANK]: (row[ORIGINAL], self._source_of(row, claims)) for row in _last_is_first(adds)},
                deletions=[
                    Deletion(row["rank"], row["reason"] or "", row["source"] or "", row["original"])
                    for row in sorted(by_id[DELETIONS].get(row_id, []), key=lambda row: row["rank"])
                ],
                seen_rows={row[RANK]: self._cells(row) for row in _last_is_first(by_id[RESTORED].get(row_id, []))},
                renamed=frozenset(row["rank"] for row in by_id[RENAMED].get(row_id, [])),
                base_outdated=frozenset(self._outdated(by_id[LATE].get(row_id, []))),
                published_since=frozenset(self._since(current.get(row_id), by_id[LATE].get(row_id, []), adds)),
                unknown_to=frozenset(_unknown_to(by_id[LATE].get(row_id, []), adds)),
                owners=self._owners(recorded.get(row_id, ()), origins.get(row_id)),
                referenced_by=self.judged_rows.kept.get(row_id, ""),
                invalid_after_merge=self.judged_rows.held.get(row_id, ()),
                is_deletion_open=row_id in self.judged_rows.open_deletions,
                is_overruled=row_id in self.judged_rows.overruled,
            )
            case = self._with_what_is_open(case, recorded.get(row_id, ()))
            outcome = replace(judge_row(self.rules, case), settled_before=frozenset(settled.get(row_id, ())))
            self.conflicts += outcome.conflicts
            outcomes.append((case, outcome, recorded.get(row_id, ())))
        self._note(outcomes)

    def _with_what_is_open(self, case: Case, recorded: Iterable[RecordedLine]) -> Case:
        """Add the claims whose cell has an open conflict since earlier merges, and whether their base is outdated."""
        lines = {
            (x["batch"], x["field"], x["value"], x["original"]) for x in recorded if x["status"] == ClaimStatus.OPEN
        }
        asked = {
            claim: conflict
            for claim in case.claims
            if (self.rules.who[claim.rank][1], claim.field, claim.value, claim.original) in lines
            and (conflict := self.judged_rows.open_cells.get((case.row_id, claim.field)))
        }
        now, form = case.current or {}, self.rules.form
        late = {
            claim
            for claim, conflict in asked.items()
            if took_part(conflict, now.get(claim.field), partial(form, claim.field))
        }
        return replace(case, left_open=frozenset(asked), in_time=frozenset(asked.keys() - late))

    def _recorded(self, start: int, end: int) -> list[dict[str, Any]]:
        """Give the lines of earlier merges on cells."""
        if not self._engine.has_rows(str(PROVENANCE_CELLS)):
            return []
        return list(
            self._engine.rows(
                f"SELECT judged.{ID}, recorded.field, recorded.contributor, recorded.batch, recorded.value, "
                "recorded.status, recorded.original_row_id AS original "
                f"FROM {PROVENANCE_CELLS} AS recorded JOIN {JUDGED} AS judged ON judged.{ID} = recorded.row_id "
                f'WHERE recorded."table" = {literal(self._policy.name)} AND recorded.field IS NOT NULL '
                f"AND judged.number >= {start} AND judged.number < {end}"
            )
        )

    def _origins(self, start: int, end: int) -> Iterable[dict[str, Any]]:
        """Give the lines of earlier merges on rows with a decision."""
        if not all(self._engine.has_rows(str(one)) for one in (PROVENANCE_ROWS, ASKED)):
            return ()
        return self._engine.rows(
            f"SELECT judged.{ID}, recorded.contributor, recorded.batch FROM {PROVENANCE_ROWS} AS recorded "
            f"JOIN {JUDGED} AS judged ON judged.{ID} = recorded.row_id "
            f"JOIN {ASKED} AS asked ON asked.{ID} = recorded.row_id "
            f'WHERE recorded."table" = {literal(self._policy.name)} '
            f"AND judged.number >= {start} AND judged.number < {end}"
        )

    def _outdated(self, late: Iterable[Mapping[str, Any]]) -> Iterator[int]:
        """Give the ranks that saw the row with other edits, or did not see it; facts about the work do not count."""
        fields = self._policy.fields
        yield from (row["rank"] for row in late if not row["field"] or fields[row["field"]].is_edit)

    def _since(
        self, current: Mapping[str, Any] | None, late: Sequence[Mapping[str, Any]], adds: Iterable[Mapping[str, Any]]
    ) -> Iterator[tuple[str, str | None, str | None]]:
        """Give the values of a row that were published since: all filled cells, if the row was not known."""
        if current is not None and _unknown_to(late, adds):
            yield from ((name, current[name], None) for name in self._policy.fields if current[name] is not None)
        yield from ((row["field"], row["value"], row["seen"]) for row in late if row["field"])

    def _owners(self, recorded: Iterable[RecordedLine], origin: RecordedLine | None) -> dict[str, frozenset[str]]:
        """Name the contributors and batches of the published cells of a row."""
        found: dict[str, set[str]] = {name: set() for name in self._policy.fields}
        lined = {line["field"] for line in recorded}
        for line in recorded:
            if line["status"] == ClaimStatus.ACCEPTED and line["field"] in found:
                found[line["field"]] |= _named(line)
        for name in found.keys() - lined if origin else ():
            found[name] |= _named(origin or {})
        return {name: frozenset(of) for name, of in found.items()}

    def _selected(
        self, staged_tables: Sequence[EngineTable], start: int, end: int
    ) -> dict[EngineTable, list[dict[str, Any]]]:
        """Give the rows of some engine tables, by engine table, that are about some of the judged rows."""
        rows = " UNION ALL BY NAME ".join(
            f"SELECT {literal(one.name)} AS {quoted(_TABLE)}, * FROM {self._staged(one)}"
            for one in self.claims.with_rows(self._policy.name, *staged_tables)
        )
        found: dict[EngineTable, list[dict[str, Any]]] = {one: [] for one in staged_tables}
        if rows:
            by_name = {one.name: (found[one], list(one.types(self._policy.table))) for one in staged_tables}
            query = (
                f"SELECT staged.* FROM ({rows}) AS staged JOIN {JUDGED} AS judged USING ({ID}) "
                f"WHERE judged.number >= {start} AND judged.number < {end}"
            )
            for row in self._engine.rows(query):
                of_table, columns = by_name[row[_TABLE]]
                of_table.append({name: row[name] for name in columns})
        return found

    def _cells(self, row: Mapping[str, str | None]) -> dict[str, str | None]:
        return {name: row[name] for name in self._policy.fields}

    def _source(self, row: Mapping[str, str | None]) -> str:
        return (row[self._policy.source] if self._policy.source else "") or ""

    def _source_of(self, row: Mapping[str, str | None], claims: Iterable[Mapping[str, Any]]) -> str:
        """Give the source of an added row; if some of its cells were set aside, from the claims of the others."""
        sources = (
            c["source"] for c in claims if (c["rank"], c["original"]) == (row[RANK], row[ORIGINAL]) and c["source"]
        )
        return self._source(row) or next(sources, "")

    def _claimed(
        self,
        claims: Iterable[Mapping[str, Any]],
        adds: Iterable[Mapping[str, Any]],
    ) -> Iterator[Claim]:
        for row in claims:
            yield Claim(row["rank"], row["field"], row["value"], row["seen"], row["original"], row["source"] or "")
        for row in adds:
            source = self._source(row)
            for name in self._policy.fields:
                if row[name] is not None:
                    yield Claim(row[RANK], name, row[name], None, row[ORIGINAL], source)

    def _note(self, outcomes: Sequence[tuple[Case, RowOutcome, Collection[RecordedLine]]]) -> None:
        settled: list[tuple[str, str, str | None]] = []
        gone: list[str] = []
        fresh: list[tuple[Any, ...]] = []
        lines: list[tuple[Any, ...]] = []
        for case, outcome, recorded in outcomes:
            teller, others = None, frozenset[str]()
            if case.current is None and outcome.present:
                teller = _teller(case, outcome)
                others = self._recorded_besides(teller, recorded)
                keys = dict(zip(self._policy.key, key_of(case.row_id), strict=True))
                cells = (keys.get(name) or outcome.cells.get(name) for name in self._policy.table.field_names)
                fresh.append((*(teller or (None, None, "")), case.row_id, *cells))
            elif case.current is not None and not outcome.present:
                gone.append(case.row_id)
            else:
                settled += [(case.row_id, name, value) for name, value in outcome.cells.items()]
            lines += [
                (x.rank, case.row_id, x.field, x.value, x.status, x.decision, x.reason,
                 x.source_id, x.contributor, x.original)
                for x in _worth_a_line(outcome, teller, others)
            ]  # fmt: skip
        table = self._policy.table
        for made, rows in ((SETTLED, settled), (GONE, [(one,) for one in gone]), (FRESH, fresh), (LINES, lines)):
            put_rows(self._engine, made, rows, table)

    def _recorded_besides(self, teller: Teller | None, recorded: Collection[RecordedLine]) -> frozenset[str]:
        """Name the cells of a new row with a line that stays: all except open ones of the row's own contribution."""
        mine = (self.rules.who[teller[0]][1], teller[1]) if teller else None
        return frozenset(
            line["field"]
            for line in recorded
            if line["status"] != ClaimStatus.OPEN or (line["batch"], line["original"]) != mine
        )

    # The published table

    def _lay_over(self) -> None:
        """Apply the settled cells to the published rows, remove the deleted rows, and add the new ones."""
        table, current = self._policy.table, f"FROM {self._staged(CURRENT)} AS current"
        cells: dict[str, str] = {}
        if self._has(SETTLED):
            settled = self._staged(SETTLED)
            changed = [
                row["field"] for row in self._engine.rows(f"SELECT DISTINCT field FROM {settled} ORDER BY field")
            ]
            wide = "".join(
                f", max(value) FILTER (field = {literal(n)}) AS {quoted(n)}, "
                f"bool_or(field = {literal(n)}) AS {quoted('has ' + n)}"
                for n in changed
            )
            cells = {
                n: f"CASE WHEN laid.{quoted('has ' + n)} THEN laid.{quoted(n)} ELSE current.{quoted(n)} END"
                for n in changed
            }
            current += f" LEFT JOIN (SELECT {ID}{wide} FROM {settled} GROUP BY {ID}) AS laid USING ({ID})"
        if self._has(GONE):
            current += f" WHERE {ID} NOT IN (SELECT {ID} FROM {self._staged(GONE)})"
        parts = [MERGED.select(cells, current, table, "current")]
        parts += [MERGED.select({}, f"FROM {self._staged(FRESH)}", table)] if self._has(FRESH) else []
        self._engine.run(MERGED.keep(" UNION ALL ".join(parts), table))


def _unknown_to(late: Iterable[Mapping[str, Any]], adds: Iterable[Mapping[str, Any]]) -> set[int]:
    """Name the ranks that add a row that is published by now."""
    return {row["rank"] for row in late if row["field"] is None} & {row[RANK] for row in adds}


def _named(line: RecordedLine) -> set[str]:
    """Give the names by which a decision takes the claim in a line."""
    return {line["contributor"] or "", f"{line['contributor']}:{line['batch']}"}


def _grouped(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row[ID], []).append(row)
    return grouped


def _first(lines: Sequence[ClaimOutcome], adders: Collection[int]) -> int | None:
    """Give the rank from which a new row comes: the first that adds it and was not rejected."""
    statuses: dict[int, set[str]] = {}
    for line in lines:
        if line.field and line.rank >= PUBLISHED:
            statuses.setdefault(line.rank, set()).add(line.status)
    taken = [rank for rank, of in statuses.items() if ClaimStatus.ACCEPTED in of]
    return min(adders or taken or statuses, default=None)


def _teller(case: Case, outcome: RowOutcome) -> Teller | None:
    """Give the content of the line of a new row: the rank, its id of the row, and its source."""
    back = outcome.brought_back_by
    adders = case.added_by - outcome.left_out
    rank = _first(outcome.lines, adders - outcome.updaters or adders) if back is None else back
    if rank is not None and rank in case.known_as:
        return rank, *case.known_as[rank]
    theirs = [claim for claim in (*case.claims, *case.awaiting_column) if claim.rank == rank]
    first = min(theirs, key=lambda claim: claim.order, default=None)
    return (first.rank, first.original, first.source_id) if first else None


def _last_is_first(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort rows of one contribution that became one row, so that the one with the row's own id is last."""
    return sorted(rows, key=lambda row: row[ORIGINAL] or "", reverse=True)


def _worth_a_line(outcome: RowOutcome, teller: Teller | None, recorded: Collection[str]) -> Iterator[ClaimOutcome]:
    """Leave out the claims that the line of the row includes."""
    lines = outcome.lines
    if teller is None:
        yield from lines
        return
    counts = dict.fromkeys({*outcome.settled_before, *recorded}, 1)
    for line in lines:
        counts[line.field] = counts.get(line.field, 0) + 1
    for line in lines:
        plain = (line.rank, line.original, line.source_id) == teller and line.status is ClaimStatus.ACCEPTED
        if not (plain and line.value is not None and counts[line.field] == 1):
            yield line

"""Every table of the engine that a merge uses: its columns, who writes it, who reads it: docs/decisions/0021.

The SQL of a merge takes its lists of columns from here. A table is made empty and filled (`create`, `insert`), or made
from a query (`keep`); both give it the columns that are declared.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from depositary.engine.sql import quoted
from depositary.model.own_tables import CELLS, ROWS
from depositary.model.table import Table

# Our own columns in tables that have a user's fields beside them; see `require_distinct_names`.
ID = "§id"
ROW = "§row"  # as the file counts, the header included
RANK = "§rank"  # of the contribution
ORIGINAL = "§original"  # the id under which the contributor knows the row, where that is another
SOURCE = "§source"  # the source that the contribution names for the row
BASE_ID = "§base"  # the id of the row of the own base

WHOLE, LONG, TEXT, TRUTH = "INTEGER", "BIGINT", "VARCHAR", "BOOLEAN"  # the types of columns

OF_EACH = "§each"  # in place of a group: there is one for each table of the package, in a group of this name
NEW, SEEN = "n ", "s "  # before the name of a field: what the contribution has, and what its own base has

_EXTRACT, _RENAME, _OVERTAKEN = "claims.extract", "claims.rename", "claims.overtaken"
_DISTINCT = "claims.distinct"
_STAND_IN, _UPDATED_BASE, _RESPELLED = "claims.stand_in", "claims.updated_base", "claims.respelled"
_TABLES, _SCHEMA, _CHANGED = "rules.tables", "rules.schema", "rules.changed"
_CAUSES, _REFERENCES, _INVALID = "rules.causes", "rules.references", "rules.invalid_after_merge"
_REMEMBERED, _PROVENANCE, _PUBLISH = "provenance.remembered", "provenance.provenance", "provenance.publish"
_NAMED_ROWS, _PREPARE, _MERGE = "provenance.named_rows", "prepare", "merge"


@dataclass(frozen=True, eq=False)
class EngineTable:
    """A table of the engine: the SQL type of each column, and the modules of merging that write and read it.

    `group` is put before its name, unless it is temporary; for `OF_EACH`, its own name is put before that of the
    package's table. `fields` says that the fields of the package's table are columns as well, after the others: once
    for each of these texts, which is put before their names.
    """

    name: str
    columns: Mapping[str, str]
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]
    group: str = ""
    fields: tuple[str, ...] = ()
    is_view: bool = False

    def __str__(self) -> str:
        """Give its name in SQL, where there is one of it."""
        return quoted(self.name if self.is_temporary else f"{self.group}.{self.name}")

    @property
    def is_temporary(self) -> bool:
        """Return whether it is in no group; there is one of it."""
        return not self.group

    @property
    def rank(self) -> str:
        """Name its column with the rank of a contribution."""
        return RANK if RANK in self.columns else "rank"

    @property
    def original(self) -> str:
        """Name its column with the id that the contributor has for a row."""
        return ORIGINAL if ORIGINAL in self.columns else "original"

    def of(self, table: str) -> str:
        """Give the name in SQL of the one that belongs to a table of the package."""
        return quoted(f"{self.name}.{table}")

    def named(self, of: Table | str | None = None) -> str:
        """Give its name in SQL; `of` is the package's table that it belongs to."""
        name = of.name if isinstance(of, Table) else of
        return self.of(name) if name and self.group == OF_EACH else str(self)

    def types(self, of: Table | None = None) -> dict[str, str]:
        """Give its columns, in order, with their types; `of` is the package's table that it belongs to."""
        cells = product(self.fields, of.field_names if of else ())
        return {**self.columns, **{before + name: TEXT for before, name in cells}}

    def listed(self, of: Table | None = None, alias: str = "") -> str:
        """List its columns for SQL, as those of `alias`."""
        before = f"{alias}." if alias else ""
        return ", ".join(before + quoted(name) for name in self.types(of))

    def create(self, of: Table | str | None = None) -> str:
        """Write the statement that makes it, empty."""
        types = self.types(of if isinstance(of, Table) else None)
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
        return f"CREATE OR REPLACE {self._kind} {self.named(of)} ({columns})"

    def keep(self, query: str, of: Table | str | None = None) -> str:
        """Write the statement that makes it from a query, which gives the columns in any order."""
        return f"CREATE OR REPLACE {self._kind} {self.named(of)} AS {self.typed(query, of)}"

    def typed(self, query: str, of: Table | str | None = None) -> str:
        """Select its columns, each with its type, from a query."""
        types = self.types(of if isinstance(of, Table) else None).items()
        columns = ", ".join(f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind in types)
        return f"SELECT {columns} FROM ({query})"

    def insert(self, query: str, of: Table | str = "") -> str:
        """Write the statement that adds what a query gives, in the order in which `select` gives the columns."""
        columns = self.listed(of if isinstance(of, Table) else None)
        return f"INSERT INTO {self.named(of)} ({columns}) {query}"

    def select(self, values: Mapping[str, str], rows: str, of: Table | None = None, alias: str = "") -> str:
        """Select its columns in order: by the expressions in `values`, and the others as columns of `alias`.

        `rows` is what follows the columns, from FROM on.
        """
        names = list(self.types(of))
        if unknown := values.keys() - set(names):
            raise KeyError(self.name, *sorted(unknown))
        before = f"{alias}." if alias else ""
        columns = ", ".join(f"{values.get(name, before + quoted(name))} AS {quoted(name)}" for name in names)
        return f"SELECT {columns} {rows}"

    @property
    def _kind(self) -> str:
        return "VIEW" if self.is_view else "TEMP TABLE" if self.is_temporary else "TABLE"


_OF_A_ROW = {RANK: WHOLE, ORIGINAL: TEXT, ID: TEXT}
_OF_A_CLAIM = {
    "rank": WHOLE,
    ID: TEXT,
    "field": TEXT,
    "value": TEXT,
    "seen": TEXT,
    "original": TEXT,
    "source": TEXT,
}
_OF_A_LINE = {
    "rank": WHOLE,
    ID: TEXT,
    "field": TEXT,
    "value": TEXT,
    "status": TEXT,
    "decision": TEXT,
    "reason": TEXT,
    "source": TEXT,
    "contributor": TEXT,
    "original": TEXT,
}
_OF_A_CELL = {"rank": WHOLE, ID: TEXT, "original": TEXT, "field": TEXT}
_OF_A_BATCH = {"rank": WHOLE, "batch": TEXT}
_OF_PROVENANCE_ROWS = dict.fromkeys(
    ("table", "row_id", "contributor", "batch", "source_id", "status", "original_row_id"), TEXT
)
_OF_PROVENANCE_CELLS = dict.fromkeys(
    (
        *("table", "row_id", "field", "contributor", "batch", "value", "source_id", "status"),
        *("original_row_id", "original_value", "decision", "reason"),
    ),
    TEXT,
)


# What is published, and what contributions say of it: one for each table of the package

CURRENT = EngineTable(  # the published rows; `Claims.published` gives its name
    "current",
    {ROW: LONG, ID: TEXT},
    written_by=(_EXTRACT, _RENAME, _CHANGED),
    read_by=(
        _DISTINCT,
        _EXTRACT,
        _NAMED_ROWS,
        _UPDATED_BASE,
        _RESPELLED,
        _RENAME,
        _PREPARE,
        _REMEMBERED,
        _SCHEMA,
        _TABLES,
        _REFERENCES,
        _CAUSES,
        _INVALID,
        _PROVENANCE,
        _CHANGED,
        _MERGE,
    ),
    group=OF_EACH,
    fields=("",),
)
OWN_BASE = EngineTable(  # the rows of a contribution's own base; `Claims.own_base` gives its name
    "own_base",
    {ID: TEXT},
    written_by=(_EXTRACT, _STAND_IN, _UPDATED_BASE),
    read_by=(_EXTRACT, _UPDATED_BASE, _RESPELLED, _SCHEMA),
    group=OF_EACH,
    fields=("",),
)
CLAIMS = EngineTable(
    "claims",
    _OF_A_CLAIM,
    written_by=(_EXTRACT, _RENAME, _OVERTAKEN, _REMEMBERED),
    read_by=(
        _DISTINCT,
        _EXTRACT,
        _RENAME,
        _OVERTAKEN,
        _RESPELLED,
        _PREPARE,
        _REMEMBERED,
        _SCHEMA,
        _CHANGED,
        _TABLES,
        _INVALID,
    ),
    group=OF_EACH,
)
ADDS = EngineTable(  # whole rows that a contribution's own base does not have
    "adds",
    _OF_A_ROW,
    written_by=(_EXTRACT, _RENAME, _OVERTAKEN, _REMEMBERED),
    read_by=(
        _DISTINCT,
        _EXTRACT,
        _RENAME,
        _OVERTAKEN,
        _RESPELLED,
        _PREPARE,
        _REMEMBERED,
        _SCHEMA,
        _CHANGED,
        _TABLES,
        _INVALID,
        _MERGE,
    ),
    group=OF_EACH,
    fields=("",),
)
DELETIONS = EngineTable(
    "deletions",
    {"rank": WHOLE, ID: TEXT, "reason": TEXT, "source": TEXT, "original": TEXT},
    written_by=(_EXTRACT, _RENAME, _OVERTAKEN, _REMEMBERED),
    read_by=(_EXTRACT, _RENAME, _OVERTAKEN, _RESPELLED, _PREPARE, _REMEMBERED, _TABLES, _INVALID),
    group=OF_EACH,
)
LATE = EngineTable(  # what was published differently since the own base; without a field, the row was not there
    "late",
    {"rank": WHOLE, ID: TEXT, "field": TEXT, "seen": TEXT, "value": TEXT},
    written_by=(_EXTRACT, _RENAME, _OVERTAKEN, _REMEMBERED, _SCHEMA, _CHANGED),
    read_by=(_EXTRACT, _RENAME, _TABLES),
    group=OF_EACH,
)
RESTORED = EngineTable(  # the rows, as a contribution saw them, that it edits and that are no longer published
    "restored",
    _OF_A_ROW,
    written_by=(_EXTRACT, _RENAME, _OVERTAKEN, _REMEMBERED),
    read_by=(_DISTINCT, _RENAME, _PREPARE, _TABLES),
    group=OF_EACH,
    fields=("",),
)
ORIGINS = EngineTable(  # the values that were rewritten, with what was there before
    "origins",
    {"rank": WHOLE, ID: TEXT, "called": TEXT, "field": TEXT, "original": TEXT, "value": TEXT},
    written_by=(_EXTRACT, _RENAME, _REMEMBERED),
    read_by=(_RENAME, _PROVENANCE),
    group=OF_EACH,
)
RENAMED = EngineTable(  # the rows that a contribution knows under another id
    "renamed",
    {"rank": WHOLE, ID: TEXT},
    written_by=(_EXTRACT, _RENAME, _OVERTAKEN, _REMEMBERED),
    read_by=(_TABLES,),
    group=OF_EACH,
)
DONE = EngineTable(  # the claims whose fate is settled beforehand
    "done",
    _OF_A_LINE,
    written_by=(_EXTRACT, _RENAME, _OVERTAKEN, _REMEMBERED),
    read_by=(_OVERTAKEN, _REMEMBERED, _TABLES),
    group=OF_EACH,
)
RESTATED = EngineTable(  # the cells of a patch that say what its own base says
    "restated", _OF_A_CLAIM, written_by=(_EXTRACT, _RENAME), read_by=(_EXTRACT, _RENAME, _OVERTAKEN), group=OF_EACH
)
OVERTAKEN = EngineTable(  # the claims that a later batch of the same contributor replaces; field '' is a deletion
    "overtaken",
    {**_OF_A_CELL, "late": WHOLE, "is_named": TRUTH},
    written_by=(_OVERTAKEN,),
    read_by=(_OVERTAKEN, _SCHEMA),
    group=OF_EACH,
)


# What becomes of it: one for each table of the package

SETTLED = EngineTable(  # the cells that change
    "settled",
    {ID: TEXT, "field": TEXT, "value": TEXT},
    written_by=(_TABLES,),
    read_by=(_TABLES, _CAUSES, _PROVENANCE, _MERGE),
    group=OF_EACH,
)
GONE = EngineTable(  # the rows that go
    "gone",
    {ID: TEXT},
    written_by=(_TABLES,),
    read_by=(_TABLES, _CAUSES, _REFERENCES, _PROVENANCE, _MERGE),
    group=OF_EACH,
)
FRESH = EngineTable(  # the rows that come
    "fresh",
    {RANK: WHOLE, ORIGINAL: TEXT, SOURCE: TEXT, ID: TEXT},
    written_by=(_TABLES,),
    read_by=(_EXTRACT, _TABLES, _CAUSES, _PROVENANCE, _MERGE),
    group=OF_EACH,
    fields=("",),
)
LINES = EngineTable(  # what became of each claim
    "lines", _OF_A_LINE, written_by=(_TABLES,), read_by=(_PROVENANCE,), group=OF_EACH
)
MERGED = EngineTable(  # the table as it is published
    "merged",
    {ID: TEXT},
    written_by=(_TABLES,),
    read_by=(_CAUSES, _REFERENCES, _INVALID, _NAMED_ROWS, _PUBLISH, _MERGE),
    group=OF_EACH,
    fields=("",),
    is_view=True,
)


# What earlier merges recorded, and who is who: one for the package

PROVENANCE_ROWS = EngineTable(
    ROWS,
    _OF_PROVENANCE_ROWS,
    written_by=(_PROVENANCE,),
    read_by=(_EXTRACT, _UPDATED_BASE, _RESPELLED, _RENAME, _OVERTAKEN, _PREPARE, _REMEMBERED, _TABLES, _PROVENANCE),
    group="provenance",
)
PROVENANCE_CELLS = EngineTable(
    CELLS,
    _OF_PROVENANCE_CELLS,
    written_by=(_PROVENANCE, _REMEMBERED, _CHANGED),
    read_by=(_EXTRACT, _UPDATED_BASE, _RESPELLED, _RENAME, _OVERTAKEN, _PREPARE, _REMEMBERED, _TABLES, _PROVENANCE),
    group="provenance",
)
RANKS = EngineTable(
    "ranks",
    {"rank": WHOLE, "contributor": TEXT, "batch": TEXT},
    written_by=(_PROVENANCE,),
    read_by=(_RENAME, _PROVENANCE),
)
MERGING = EngineTable(  # the batches at hand
    "merging", _OF_A_BATCH, written_by=(_REMEMBERED,), read_by=(_REMEMBERED,)
)
NAMED = EngineTable(  # the batches among which some follow others, also those that have left
    "named", _OF_A_BATCH, written_by=(_OVERTAKEN,), read_by=(_OVERTAKEN,)
)
EARLIER = EngineTable(  # the ranks of two batches of which the later follows the earlier
    "earlier", {"early": WHOLE, "late": WHOLE}, written_by=(_OVERTAKEN,), read_by=(_OVERTAKEN,)
)


# For one step on one table, and made anew by the next

COMPARED = EngineTable(  # the rows of a contribution that are not as in its own base, each beside that row
    "compared",
    {ROW: LONG, ORIGINAL: TEXT, ID: TEXT, BASE_ID: TEXT},
    written_by=(_EXTRACT,),
    read_by=(_EXTRACT,),
    fields=(NEW, SEEN),
)
NUMBERED = EngineTable(  # the rows of a contribution, to find two of one key
    "numbered", {ROW: LONG, ID: TEXT}, written_by=(_EXTRACT,), read_by=(_EXTRACT,)
)
STATED = EngineTable(  # the rows of a patch
    "stated", {ID: TEXT, ORIGINAL: TEXT}, written_by=(_EXTRACT,), read_by=(_EXTRACT,), fields=("",)
)
TEXTS = EngineTable(  # the texts that are written in their one form, or with another id
    "texts", {"field": TEXT, "old": TEXT, "new": TEXT}, written_by=(_EXTRACT, _RENAME), read_by=(_EXTRACT, _RENAME)
)
EQUAL = EngineTable(  # the claims that say what was seen, in another form
    "equal", {"field": TEXT, "value": TEXT, "seen": TEXT}, written_by=(_EXTRACT,), read_by=(_EXTRACT,)
)
REPLACED = EngineTable(  # the cells that were published differently in the version that is stood in for
    "replaced", {ID: TEXT, "field": TEXT, "value": TEXT}, written_by=(_STAND_IN,), read_by=(_STAND_IN,)
)
RENAMING = EngineTable(  # the deletions that take no row away, of one batch or of all
    "renaming", {"old": TEXT, "canonical": TEXT, "batch": TEXT}, written_by=(_RENAME,), read_by=(_RENAME,)
)
FALLEN = EngineTable(  # those of them that are claimed
    "fallen", {**DELETIONS.columns, "canonical": TEXT}, written_by=(_RENAME,), read_by=(_RENAME,)
)
REWRITTEN = EngineTable(  # ids that rows no longer have
    "rewritten", {"old": TEXT, "new": TEXT}, written_by=(_RENAME,), read_by=(_RENAME,)
)
CLAIMED = EngineTable(  # all that is claimed of cells, deletions, and that rows are added
    "claimed", _OF_A_CELL, written_by=(_OVERTAKEN,), read_by=(_OVERTAKEN,)
)
LIVE = EngineTable(  # what of it no entry of `supersedes` names
    "live", _OF_A_CELL, written_by=(_OVERTAKEN,), read_by=(_OVERTAKEN,)
)
DROPPING = EngineTable(  # the columns that a batch would have go
    "dropping", {"rank": WHOLE, "field": TEXT}, written_by=(_OVERTAKEN,), read_by=(_OVERTAKEN,)
)
TAKEN = EngineTable(  # what is overtaken, and has not been dealt with
    "taken", OVERTAKEN.columns, written_by=(_OVERTAKEN,), read_by=(_OVERTAKEN,)
)
TOUCHED = EngineTable(  # the added rows of which something is overtaken
    "touched", _OF_A_ROW, written_by=(_OVERTAKEN,), read_by=(_OVERTAKEN,), fields=("",)
)
WANTED = EngineTable(  # the rows that are looked up
    "wanted", {ID: TEXT}, written_by=(_REMEMBERED,), read_by=(_REMEMBERED,)
)
RECORDED = EngineTable(  # the claims that earlier merges have dealt with
    "recorded",
    {"rank": WHOLE, "row_id": TEXT, "original": TEXT, "field": TEXT, "value": TEXT},
    written_by=(_REMEMBERED,),
    read_by=(_REMEMBERED,),
)
PARTLY = EngineTable(  # the added rows that are published by now
    "partly", _OF_A_ROW, written_by=(_REMEMBERED,), read_by=(_REMEMBERED,)
)
ASKED = EngineTable(  # the rows that are looked at whatever is claimed of them
    "asked", {ID: TEXT}, written_by=(_TABLES,), read_by=(_TABLES,)
)
JUDGED = EngineTable(  # the rows that are judged one by one, numbered
    "judged", {ID: TEXT, "number": LONG}, written_by=(_TABLES,), read_by=(_TABLES,)
)
MOVED = EngineTable(  # the ids that published rows had and have; without a new one, the row is gone
    "moved", {"old": TEXT, "new": TEXT}, written_by=(_PROVENANCE,), read_by=(_PROVENANCE,)
)
NAMED_ROWS = EngineTable(  # the rows of one table that contributors named themselves
    "named_rows",
    {"contributor": TEXT, "batch": TEXT, "table": TEXT, "name": TEXT, "row_id": TEXT},
    written_by=(_NAMED_ROWS,),
    read_by=(_NAMED_ROWS,),
)
NEW_CELLS = EngineTable(  # the new lines of the provenance
    "new", _OF_PROVENANCE_CELLS, written_by=(_PROVENANCE,), read_by=(_PROVENANCE,)
)
PUBLISHED_CELLS = EngineTable(  # the published cells that get a line, because others have one
    "published_cells", {"row_id": TEXT, "field": TEXT, "value": TEXT}, written_by=(_PROVENANCE,), read_by=(_PROVENANCE,)
)

ENGINE_TABLES = tuple(one for one in tuple(globals().values()) if isinstance(one, EngineTable))

"""The tables of a site: read once from the Parquet files among the downloads, as texts for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

import polars as pl
from pyarrow import parquet as pq

from depositary.merging.conflicts.explained import naming_columns
from depositary.model.own_tables import OWN
from depositary.model.package import Resource
from depositary.model.record_id import record_id
from depositary.model.table import Table
from depositary.read.files.typed_texts import text_of
from depositary.releasing.agreement import AGREEMENT

WHOLE_ROWS, WHOLE_CELLS = 20_000, 1_000_000  # a table up to this is in the pages as a whole
ROW_PAGES = 2_000  # a table up to this has a page for each row
FIRST = 50  # rows that a page of a table has without a script
_FALLBACKS = ("described_as", "proposition", "title_text", "text")  # where the naming column is blank

Row = Mapping[str, str | None]


@dataclass(frozen=True)
class SiteTable:
    """A table: its resource, its Parquet file, the number of its rows, and their texts.

    `frame` has all rows if the table `is_whole`, and otherwise the first ones.
    """

    resource: Resource
    file: Path
    count: int
    frame: pl.DataFrame = field(repr=False)
    is_whole: bool = True

    @property
    def name(self) -> str:
        """Name the table."""
        return self.resource.name

    @property
    def schema(self) -> Table:
        """Give its schema."""
        return self.resource.table

    @property
    def title(self) -> str:
        """Give its title, or else its name."""
        return self._text("title") or self.name

    @property
    def description(self) -> str:
        """Describe a row of it; empty if the package does not."""
        return self._text("description")

    def _text(self, key: str) -> str:
        found = self.resource.descriptor.get(key) or self.schema.descriptor.get(key) or ""
        return " ".join(found.split()) if isinstance(found, str) else ""

    @property
    def download(self) -> str:
        """Give the address of its Parquet file in the site."""
        return f"downloads/parquet/{self.file.name}"

    @property
    def is_own(self) -> bool:
        """Return whether a merge added it."""
        return self.name in OWN

    @property
    def is_of_agreement(self) -> bool:
        """Return whether it is one of the tables on the agreement of coders that a release took along."""
        return PurePosixPath(self.resource.path).parts[:1] == (AGREEMENT,)

    @property
    def is_of_facts(self) -> bool:
        """Return whether its rows are neither codes nor about how the package was made."""
        return not (self.is_own or self.is_of_agreement or self.schema.is_code_list)

    @property
    def has_pages(self) -> bool:
        """Return whether each row has a page."""
        few = self.is_whole and self.count <= ROW_PAGES
        return few and bool(self.schema.primary_key) and self.is_of_facts

    @cached_property
    def rows(self) -> Sequence[Row]:
        """Give the rows that are at hand."""
        return self.frame.to_dicts()

    @cached_property
    def ids(self) -> Sequence[str]:
        """Give the ids of these rows; empty texts in a table without a key."""
        return [self.id_of(row) for row in self.rows]

    def id_of(self, row: Row) -> str:
        """Give the id of a row."""
        return record_id(row.get(name) or "" for name in self.schema.primary_key)

    @cached_property
    def by_id(self) -> Mapping[str, Row]:
        """Map ids to rows, of a whole table with a key."""
        return dict(zip(self.ids, self.rows, strict=True)) if self.is_whole and self.schema.primary_key else {}

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Give for each row the text that names it, by its id; empty for a row without one."""
        named = naming_columns(self.schema)
        shown = (*(named if len(named) == 1 else ()), *_FALLBACKS)
        return {
            row_id: next((text for one in shown if (text := row.get(one))), "") for row_id, row in self.by_id.items()
        }


def site_table(resource: Resource, file: Path) -> SiteTable:
    """Read a table from its Parquet file."""
    count = pq.read_metadata(file).num_rows
    is_whole = count <= WHOLE_ROWS and count * max(1, len(resource.table.fields)) <= WHOLE_CELLS
    lazy = pl.scan_parquet(file)
    return SiteTable(resource, file, count, texts_of((lazy if is_whole else lazy.head(FIRST)).collect()), is_whole)


def texts_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Write all values as texts, in the forms that an export to CSV has; blank texts become null."""
    return frame.select(_text(frame, name) for name in frame.columns)


def _text(frame: pl.DataFrame, name: str) -> pl.Expr:
    kind = frame.schema[name]
    if kind.is_nested() or kind == pl.Binary:
        return pl.Series(name, [None if one is None else str(one) for one in frame[name]], pl.String)  # type: ignore[return-value]
    written = text_of(name, kind)
    return pl.when(written != "").then(written).alias(name)

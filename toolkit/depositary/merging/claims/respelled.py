"""Find rows whose published key was changed by hand, without a redirect.

Without a redirect from the old id to the new one, a claim on the row would be lost.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from depositary.engine.sql import literal, quoted
from depositary.errors import RefusedError
from depositary.merging.claims.engine_tables import (
    ADDS,
    CLAIMS,
    DELETIONS,
    ID,
    PROVENANCE_CELLS,
    PROVENANCE_ROWS,
    EngineTable,
)
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.inputs import Batch
from depositary.model.provenance import ClaimStatus, RowStatus
from depositary.model.record_id import key_of

_SPEAKING = (CLAIMS, DELETIONS)  # the tables in which contributions speak of rows that they have seen


@dataclass(frozen=True)
class Respelled:
    """The rows in claims that are not published with the ids in the claims."""

    claims: Claims
    batches: Sequence[Batch]

    def warnings(self) -> list[str]:
        """Warn about claims on rows that no longer exist, with published rows that may be the same.

        Raises:
            RefusedError: a typed key is published in another form, so it is certainly the same row.
        """
        older = [(batch, table) for batch in self._older() for table in self.claims.tables]
        for batch, table in older:
            if self.claims.policies[table].table.has_typed_key:
                self._require_forms(batch, table, self._missing(batch, table, (*_SPEAKING, ADDS)))
        missing = [(*one, ids) for one in older if (ids := self._missing(*one, _SPEAKING))]
        return [line for batch, table, ids in missing for line in self._alike(batch, table, ids)]

    def _older(self) -> list[Batch]:
        return [batch for batch in self.batches if not batch.withdrawn and not self.claims.is_now(batch)]

    def _missing(self, batch: Batch, table: str, staged_tables: Sequence[EngineTable]) -> list[str]:
        claimed = " UNION ".join(
            f"SELECT {ID} FROM {staged.of(table)} WHERE {staged.rank} = {batch.rank}"
            for staged in self.claims.with_rows(table, *staged_tables)
        )
        if not claimed:
            return []
        there = f"SELECT {ID} FROM {self.claims.published(table)}"
        rows = self.claims.engine.rows(f"SELECT {ID} AS id FROM ({claimed}) WHERE {ID} NOT IN ({there}) ORDER BY {ID}")
        return [row["id"] for row in rows]

    def _require_forms(self, batch: Batch, table: str, ids: Collection[str]) -> None:
        if not ids:
            return
        forms, key = self.claims.forms[table], self.claims.policies[table].key
        published = self.claims.engine.rows(f"SELECT {ID} AS id FROM {self.claims.published(table)} ORDER BY {ID}")
        known = {tuple(map(forms.of, key, key_of(row["id"]))): row["id"] for row in published}
        for one in ids:
            new = known.get(tuple(map(forms.of, key, key_of(one))))
            if new:
                raise RefusedError(
                    [batch.name],
                    f"{batch.name}: {table}: the row {one} is now published as {new}, which is the same key in "
                    f"another form. Write {new}, and base the contribution on version "
                    f"{self.claims.current.version} (`base`), so that its claims on the row are not lost.",
                )

    def _alike(self, batch: Batch, table: str, ids: Sequence[str]) -> Iterator[str]:
        """Name the new published rows with the same cells as a row that is gone."""
        fields = [name for name, rule in self.claims.policies[table].fields.items() if rule.is_edit]
        if not fields:
            return
        base, now = self.claims.own_base(batch, table), self.claims.published(table)
        same = " AND ".join(f"now.{quoted(name)} IS NOT DISTINCT FROM old.{quoted(name)}" for name in fields)
        filled = " OR ".join(f"old.{quoted(name)} IS NOT NULL" for name in fields)
        recorded = " UNION ".join(
            f'SELECT row_id FROM {lines} WHERE "table" = {literal(table)} AND status = {literal(status)}'
            for lines, status in (
                (PROVENANCE_ROWS, RowStatus.DELETED),
                (PROVENANCE_CELLS, ClaimStatus.SUPERSEDED),
            )
        )
        found = list(
            self.claims.engine.rows(
                f"SELECT old.{ID} AS id, min(now.{ID}) AS new FROM {base} AS old JOIN {now} AS now ON {same} "
                f"WHERE old.{ID} IN ({', '.join(map(literal, ids))}) AND ({filled}) "
                f"AND now.{ID} NOT IN (SELECT {ID} FROM {base}) AND old.{ID} NOT IN ({recorded}) "
                f"GROUP BY old.{ID} ORDER BY old.{ID}"
            )
        )
        self.claims.engine.drop(base)
        for row in found:
            yield (
                f"{batch.name}: {table} {row['id']} is no longer published, so claims on it have no effect; "
                f"{row['new']} has the same cells. If it is the same row with another key, "
                f"contribute to {row['new']}"
            )

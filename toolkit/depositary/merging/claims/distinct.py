"""What forbids that two rows are the same, whatever people judge: docs/merge-rules.md, "Identity"."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from depositary.engine.sql import literal, quoted
from depositary.merging.claims.addresses import canonical_address
from depositary.merging.claims.engine_tables import ADDS, CLAIMS, ID, RANK, RESTORED
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.identifying import IdentityField, IdentityPolicy, IdentityRole
from depositary.wording.plain import shown

Texts = Mapping[IdentityField, Mapping[str, Sequence[str]]]  # the values of rows by their ids, by field
Pair = tuple[str, str]
_ASKED = "rows_asked_for"  # a table with the ids of rows, while their values are read


@dataclass(frozen=True)
class Distinct:
    """The values of some rows in the fields that can forbid that two of them are the same.

    `rows` has ids of which an earlier merge made another row: what is claimed of them is claimed of that row.
    """

    texts: Texts = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)

    def under(self, rows: Mapping[str, str]) -> "Distinct":
        """Give the values under the ids that rows have since an earlier merge."""
        moved: dict[IdentityField, dict[str, list[str]]] = {}
        for one, texts in self.texts.items():
            of_field = moved.setdefault(one, {})
            for id_, values in texts.items():
                of_field.setdefault(rows.get(id_, id_), []).extend(values)
        return Distinct(moved, rows)

    def why(self, left: str, right: str) -> str:
        """Write what forbids that two rows are the same; empty if nothing does."""
        return "; ".join(self._reasons(left, right))

    def forbidden(self, cluster: Collection[str], judged: Iterable[Pair]) -> dict[Pair, str]:
        """Give the pairs of a cluster that cannot be the same, in order, each with the reason.

        Of rows with different identifiers, each is paired with the first that differs from it. A row that is never the
        same as another is in the pairs that are judged.
        """
        pairs = {pair for one in self.texts for pair in self._different(one, cluster)}
        apart = (pair for pair in judged if self._row(pair[0]) != self._row(pair[1]))
        pairs.update(pair for pair in apart if any(self._never(id_) for id_ in pair))
        return {pair: self.why(*pair) for pair in sorted(pairs)}

    def _row(self, id_: str) -> str:
        return self.rows.get(id_, id_)

    def _of(self, one: IdentityField, id_: str) -> Sequence[str]:
        return self.texts[one].get(self._row(id_), ())

    def _reasons(self, left: str, right: str) -> Iterator[str]:
        for one in self.texts:
            ours, theirs = self._of(one, left), self._of(one, right)
            if one.role is IdentityRole.IDENTIFIER and are_different(ours, theirs):
                yield f"{one.label} is {_listed(ours)} in {left} and {_listed(theirs)} in {right}"
        for id_ in (left, right):
            yield from (
                f"{one.label} of {id_} is {_listed(values)}, and such a row is never the same as another"
                for one, values in self._never(id_)
            )

    def _never(self, id_: str) -> list[tuple[IdentityField, list[str]]]:
        """Give the fields and values by which a row is never the same as another."""
        found = ((one, sorted({*one.never} & {*self._of(one, id_)})) for one in self.texts)
        return [(one, values) for one, values in found if values]

    def _different(self, one: IdentityField, cluster: Collection[str]) -> Iterator[Pair]:
        """Pair each row with the first one that has another identifier; rows with the same ones count as one."""
        if one.role is not IdentityRole.IDENTIFIER or one.is_usual:
            return
        rows: dict[frozenset[str], list[str]] = {}
        for id_ in sorted(cluster):
            if self._of(one, id_):
                rows.setdefault(_forms(self._of(one, id_)), []).append(id_)
        for forms, ids in rows.items():
            first = next((others[0] for other, others in rows.items() if forms.isdisjoint(other)), None)
            yield from (pair_of(first, id_) for id_ in ids if first is not None)


def are_different(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Return whether two rows have no identifier in common, though both have one."""
    return bool(ours and theirs and _forms(ours).isdisjoint(_forms(theirs)))


def _forms(texts: Sequence[str]) -> frozenset[str]:
    return frozenset(map(canonical_address, texts))


def pair_of(one: str, other: str) -> Pair:
    """Give a pair of ids as judgements have it: the smaller one first."""
    return (one, other) if one <= other else (other, one)


def _listed(texts: Iterable[str]) -> str:
    return " or ".join(shown(text) for text in sorted(texts))


# The values in a merge


def distinct(claims: Claims, policy: IdentityPolicy, ids: Collection[str], withdrawn: Collection[int]) -> Distinct:
    """Read the values of some rows: what is published, and what contributions claim that are not withdrawn."""
    found: dict[IdentityField, dict[str, list[str]]] = {}
    claims.engine.make_of(
        _ASKED, pa.table({"id": pa.array(sorted(ids), pa.string())})
    )  # a list would make long queries
    for one in policy.forbidding:
        of_field = found.setdefault(one, {})
        for row in claims.engine.rows(f"{_values(claims, policy, one, withdrawn)} ORDER BY ALL"):
            texts = row["text"].split(one.separator) if one.separator else [row["text"]]
            known = of_field.setdefault(row["id"], [])
            known += [text for text in map(str.strip, texts) if text and text not in known]
    claims.engine.drop(_ASKED)
    return Distinct(found)


def _values(claims: Claims, policy: IdentityPolicy, one: IdentityField, withdrawn: Collection[int]) -> str:
    """Write the query for the values of a field of the rows that are asked for."""
    table, name = one.link or policy.name, quoted(one.name)
    live = f"NOT IN ({', '.join(map(str, sorted(withdrawn)))})" if withdrawn else "IS NOT NULL"
    places = [claims.published(table)]
    places += [f"(FROM {staged.of(table)} WHERE {RANK} {live})" for staged in claims.with_rows(table, ADDS, RESTORED)]
    conditions = [f"{quoted(one.of or ID)} IN (SELECT id FROM {_ASKED})"]
    conditions += [f"{quoted(column)} IN ({_texts(texts)})" for column, texts in one.where]
    columns = f"{ID} AS record, {quoted(one.of or ID)} AS id, {name} AS text"
    rows = " UNION ALL ".join(f"SELECT {columns} FROM {place} WHERE {' AND '.join(conditions)}" for place in places)
    stated = "SELECT id, text FROM rows"
    if claims.has(CLAIMS, table):
        changed = (
            f"(SELECT {ID} AS record, value FROM {CLAIMS.of(table)} WHERE field = {literal(one.name)} AND rank {live})"
        )
        stated += f" UNION SELECT id, value FROM rows JOIN {changed} USING (record)"
    return f"WITH rows AS ({rows}) SELECT DISTINCT id, text FROM ({stated}) WHERE text IS NOT NULL"


def _texts(texts: Iterable[str]) -> str:
    return ", ".join(map(literal, sorted(texts)))

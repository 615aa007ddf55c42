"""Compare references with the keys of large tables: equal hashes are put together on the cluster."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from depositary.check.lanes.block import within
from depositary.check.lanes.elsewhere import Misled
from depositary.check.lanes.hashed_rows import VALUE, HashedRows, References, ReferredKeys
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.check.reading.numerals import EXAMPLES

ADDRESS = 40  # bits of a row in its task; the number of the task is above them
BUCKET = np.uint64(0x9E3779B97F4A7C15)

Bucket = tuple[int, int]  # a key check, and a number


def in_buckets(rows: HashedRows, checks: Sequence[int], buckets: int) -> Iterator[tuple[Bucket, HashedRows]]:
    """Divide rows among buckets, for each of some key checks: equal values are in one bucket."""
    number = ((rows.rows["one"].to_numpy() * BUCKET) >> np.uint64(32)) % np.uint64(buckets)
    for (bucket,), some in rows.rows.group_by(pl.Series("bucket", number)) if len(number) else ():
        for check in checks:
            yield (check, int(bucket)), replace(rows, rows=some)


def misled(check: int, found: Iterable[HashedRows]) -> Iterator[tuple[int, Misled]]:
    """Compare the references of a bucket with its keys; give what is found with the number of the task of its rows."""
    every = list(found)
    mine = [one.rows for one in every if isinstance(one, References)]
    if not mine:
        return
    references, theirs = pl.concat(mine), [one.rows for one in every if isinstance(one, ReferredKeys)]
    keys = pl.concat(theirs) if theirs else references.clear()
    nowhere = _in_order(references.join(keys, on=VALUE, how="anti"))
    has_forms = bool(theirs) and "text" in references.columns
    other = _otherwise(references, keys) if has_forms else references.clear()
    otherwise, texts = _in_order(other), _first_texts(other) if has_forms else {}
    for task in np.union1d(nowhere >> ADDRESS, otherwise >> ADDRESS).tolist():
        of_task = range(task << ADDRESS, (task + 1) << ADDRESS)
        its_texts = {row: text for row, text in texts.items() if row in of_task}
        yield task, Misled(check, within(nowhere, of_task), within(otherwise, of_task), its_texts)


def among(rows: RowNumbers, found: Misled) -> Misled:
    """Give what was found about some rows, and all texts."""
    return Misled(found.check, np.intersect1d(found.nowhere, rows), np.intersect1d(found.otherwise, rows), found.texts)


def _in_order(rows: pl.DataFrame) -> RowNumbers:
    addresses: RowNumbers = rows["row"].sort().to_numpy()
    return addresses


def _otherwise(references: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Give the references to keys that are written in another form, with the text of the key if that is not plain."""
    forms = keys.filter(pl.col("text").is_not_null()).sort("row").unique(VALUE, keep="first", maintain_order=True)
    forms = forms.select(*VALUE, form="text", is_form_usual="is_usual")
    there = references.join(keys, on=VALUE, how="semi").join(forms, on=VALUE, how="left")
    same = (
        pl.when(pl.col("form").is_null())
        .then("is_plain")
        .when(pl.col("text").is_null())
        .then("is_form_usual")
        .otherwise(pl.col("text") == pl.col("form"))
    )
    return there.filter(~same)


def _first_texts(otherwise: pl.DataFrame) -> dict[int, str]:
    """Give the texts of the keys to which the first different references lead; blank if it is the plain one."""
    first = otherwise.sort("row").unique([*VALUE, "text", "raw"], keep="first", maintain_order=True).head(EXAMPLES)
    return {row: text or "" for row, text in first.select("row", "form").iter_rows()}

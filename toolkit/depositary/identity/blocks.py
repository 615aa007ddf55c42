"""Find in DuckDB the names that have words in common, so that not each name is compared with each other one.

Two names can only be as alike as asked for if they share one of the words that distinguish each most (its first words),
or words spelt nearly so. What the names of such a pair share is then summed up: at least as much as `name_likeness`
gives it. A pair that cannot reach the score is left out; the others are compared.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa
from rapidfuzz import process
from rapidfuzz.distance import OSA

from depositary.engine.duckdb import DuckDB
from depositary.identity.likeness import LEAST_OF_WORDS, LIKENESS_OF_AN_INITIAL, LIKENESS_WITH_OTHER_NUMBERS, Rarity
from depositary.merging.claims.folded import sorted_words

_SECONDS, _MEMORY = 600, 1_000_000_000  # the most that the database may take
_FEW_NAMES = 20_000  # with which several threads would only wait for each other
_SPELT = 4  # letters of a word that may be spelt differently
_LONG, _PART = 8, 4  # letters of a word with several differences, and of the part of it without one
_NO_WORDS = pl.DataFrame(schema={"word": pl.String, "other": pl.String, "likeness": pl.Float64})


def alike_names(names: pl.DataFrame, rarity: Rarity, least: float) -> Iterator[tuple[str, str]]:
    """Give pairs of names, in their folded forms, that may be as alike as `least`; one of them is new.

    `names` has each `form` once, and whether it is `new`.
    """
    if names.is_empty() or not names["new"].any():
        return
    with DuckDB(_SECONDS, _MEMORY, few_rows=len(names) < _FEW_NAMES) as engine:
        for table, frame in _tables(names, rarity).items():
            engine.make_of(table, frame.to_arrow())
        engine.make_of("spelt", _spelt(engine))
        for table, query in _queries(least).items():
            engine.make(table, f"CREATE TABLE {table} AS {query}")
        for batch in engine.batches("SELECT one, other FROM alike ORDER BY one, other"):
            yield from zip(*(batch.column(at).to_pylist() for at in range(2)), strict=True)


def forms_of(texts: pl.Series) -> pl.DataFrame:
    """Fold names: each `text` with its `form`, its words in order; texts without words are left out."""
    distinct = texts.unique(maintain_order=True)
    forms = pl.Series("form", [sorted_words(text) for text in distinct], pl.String)
    return pl.DataFrame({"text": distinct, "form": forms}).filter(pl.col("form") != "")


def _tables(names: pl.DataFrame, rarity: Rarity) -> dict[str, pl.DataFrame]:
    """Give the names and their words with how much each distinguishes; an initial may be any word that begins so."""
    word = pl.col("word")
    words = names.select("form", "new", word=pl.col("form").str.split(" ")).explode("word")
    known = words.group_by("word").agg(new=pl.col("new").any()).sort("word")
    weights = pl.Series("weight", [rarity.weight(one) for one in known["word"]], pl.Float64)
    counts = pl.Series("count", [rarity.counts.get(one, 0) for one in known["word"]], pl.Int64)
    known = known.with_columns(weights, counts, is_number=word.str.contains(r"^[0-9]+$"))
    times = words.group_by("form", "word", maintain_order=True).agg(pl.col("new").first(), times=pl.len())
    words = times.join(known.drop("new"), on="word", maintain_order="left")
    words = words.with_columns(pl.col("weight") * pl.col("times"))  # a word that a name has twice counts twice
    initial = (word.str.len_chars() == 1) & ~pl.col("is_number")
    slack = LIKENESS_OF_AN_INITIAL * (pl.col("weight") + pl.col("times"))
    whole = words.group_by("form", maintain_order=True).agg(
        pl.col("new").first(),
        whole=pl.col("weight").sum(),
        slack=slack.filter(initial).sum(),
        numbers=word.filter(pl.col("is_number")).sort().str.join(" "),
    )
    letters = pl.Series("letters", ["".join(sorted(one.replace(" ", ""))) for one in whole["form"]], pl.String)
    return {"names": whole.with_columns(letters), "words": words.drop("new"), "known": known}


def _spelt(engine: DuckDB) -> pa.Table:
    """Give the words that may be the same word, spelt differently, with their likeness; each is also like itself.

    Words with one difference have a part in common that lacks one letter; those with more, which are longer, have four
    letters in common at the beginning, at the end or in the middle.
    """
    engine.run(f"""
        CREATE TABLE parts AS SELECT word, new, unnest(list_distinct(
            [word] || [word[:i - 1] || word[i + 1:] FOR i IN range(1, length(word) + 1)]
            || CASE WHEN length(word) < {_LONG} THEN [] ELSE ['^' || word[:{_PART}], '$' || word[-{_PART}:]]
            || ['-' || word[i:i + {_PART} - 1] FOR i IN range(length(word) // 2 - 2, length(word) // 2 + 1)] END
        )) AS part FROM known WHERE length(word) >= {_SPELT} AND NOT is_number
    """)
    most = f"{1 - LEAST_OF_WORDS} * greatest(length(a.word), length(b.word))"
    pairs = f"""
        SELECT DISTINCT a.word AS one, b.word AS other FROM parts AS a JOIN parts AS b USING (part)
        WHERE a.new AND a.word <> b.word AND (NOT b.new OR a.word < b.word)
        AND abs(length(a.word) - length(b.word)) <= {most}
    """
    found = pl.concat([_NO_WORDS, *(_alike_words(batch) for batch in engine.batches(pairs))])
    new = pl.concat([_NO_WORDS, *(_themselves(batch) for batch in engine.batches("SELECT word FROM known WHERE new"))])
    turned = found.select(word="other", other="word", likeness="likeness")
    return pl.concat([new, found, turned.join(new, on="word", how="semi")]).to_arrow()


def _alike_words(pairs: pa.RecordBatch) -> pl.DataFrame:
    ours, theirs = (pairs.column(at).to_pylist() for at in range(2))
    alike = process.cpdist(
        ours, theirs, scorer=OSA.normalized_similarity, score_cutoff=LEAST_OF_WORDS, dtype=np.float64
    )
    return pl.DataFrame({"word": ours, "other": theirs, "likeness": alike}, _NO_WORDS.schema).filter(
        pl.col("likeness") > 0
    )


def _themselves(words: pa.RecordBatch) -> pl.DataFrame:
    texts = words.column(0).to_pylist()
    return pl.DataFrame({"word": texts, "other": texts, "likeness": [1.0] * len(texts)}, _NO_WORDS.schema)


def _queries(least: float) -> dict[str, str]:
    """Write the tables that lead to the pairs; `alike` has them."""
    share = least / (2 - least)  # of the weight of each name, that both must have in common
    same_numbers = "AND a.numbers = b.numbers" if least > LIKENESS_WITH_OTHER_NUMBERS else ""
    return {
        "first_words": f"""
            SELECT form, new, word, numbers FROM (
                SELECT *, coalesce(sum(weight) OVER (
                    PARTITION BY form ORDER BY count, word ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ), 0) AS before FROM words JOIN names USING (form)
            ) WHERE before <= {1 - share} * whole + slack + 1e-9
        """,
        "pairs": f"""
            SELECT DISTINCT a.form AS one, b.form AS other FROM first_words AS a JOIN spelt USING (word)
            JOIN first_words AS b ON b.word = spelt.other
            WHERE a.new AND a.form <> b.form AND (NOT b.new OR a.form < b.form) {same_numbers}
        """,
        "theirs": """
            SELECT one, pairs.other, word, spelt.other AS their_word, weight, likeness
            FROM pairs JOIN words ON form = one JOIN spelt USING (word)
        """,
        "shared_words": """
            SELECT one, other, theirs.word, their_word, likeness, theirs.weight, words.weight AS their_weight
            FROM theirs JOIN words ON form = other AND words.word = their_word
        """,
        "alike": f"""
            SELECT one, other FROM (
                SELECT one, other, sum(shared) AS shared FROM (
                    SELECT one, other, max(likeness * weight) AS shared FROM shared_words GROUP BY one, other, word
                    UNION ALL
                    SELECT one, other, max(likeness * their_weight) FROM shared_words GROUP BY one, other, their_word
                ) GROUP BY ALL
            ) JOIN names AS a ON a.form = one JOIN names AS b ON b.form = other
            WHERE shared + a.slack + b.slack >= {least} * (a.whole + b.whole) - 1e-9
            UNION SELECT a.form, b.form FROM names AS a JOIN names AS b USING (letters)
            WHERE a.new AND a.form <> b.form AND (NOT b.new OR a.form < b.form)
        """,
    }

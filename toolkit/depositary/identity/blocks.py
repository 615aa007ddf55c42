"""Find in DuckDB the names that have words in common, so that not each name is compared with each other one.

Two names can only be as alike as asked for if one of the first words of the new one, which lead to the fewest names, is
in the other, or a word spelt nearly so. What the names of such a pair share is then summed up: at least as much as
`name_likeness` gives it. A pair that cannot reach the score is left out; the others are compared.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow as pa
from rapidfuzz import process
from rapidfuzz.distance import OSA

from depositary.engine.duckdb import DuckDB
from depositary.identity.likeness import (
    LEAST_OF_WORDS,
    LIKENESS_OF_AN_INITIAL,
    LIKENESS_WITH_OTHER_NUMBERS,
    Rarity,
    is_number,
)

_SECONDS, _MEMORY = 600, 1_000_000_000  # the most that the database may take
_FEW_NAMES = 20_000  # with which several threads would only wait for each other
_AT_ONCE = 500_000  # pairs that are looked at together; names that lead to more are taken in pieces
_SPELT = 4  # letters of a word that may be spelt differently
_LONG, _PART = 8, 4  # letters of a word with several differences, and of the part of it without one
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NO_WORDS = pl.DataFrame(schema={"word": pl.UInt32, "also": pl.UInt32, "likeness": pl.Float64})


def alike_names(
    names: pl.DataFrame, rarity: Rarity, least: float, at_once: int = _AT_ONCE
) -> Iterator[tuple[str, str]]:
    """Give pairs of names, in their folded forms, that may be as alike as `least`, in order; the first one is new.

    `names` has each `form` once, and whether it is `new`. `at_once` limits the memory, and changes nothing else.
    """
    if names.is_empty() or not names["new"].any():
        return
    names = names.sort("form").with_row_index("name")
    forms = names["form"]
    with DuckDB(_SECONDS, _MEMORY, few_rows=len(names) < _FEW_NAMES) as engine:
        for table, frame in _tables(names, rarity).items():
            engine.make_of(table, frame.to_arrow())
        engine.make_of("spelt", _spelt(engine))
        for table, query in _queries(least).items():
            engine.make(table, f"CREATE TABLE {table} AS {query}")
        for first, last in _pieces(engine, at_once):
            for batch in _alike_in(engine, first, last, least):
                yield from zip(*(forms.gather(column.to_pylist()) for column in batch.columns), strict=True)


def _tables(names: pl.DataFrame, rarity: Rarity) -> dict[str, pl.DataFrame]:
    """Give the names and their words with how much each distinguishes; an initial may be any word that begins so.

    Names, words and the numbers in a name are numbered, names and words in the order of their texts.
    """
    texts = names.select("name", "new", text=pl.col("form").str.split(" ")).explode("text")
    known = _words(texts, rarity)
    words = texts.join(known.select("text", "word"), on="text").group_by("name", "word").agg(times=pl.len())
    words = words.join(known.select("word", "text", "weight", "is_number"), on="word").sort("name", "word")
    words = words.with_columns(pl.col("weight") * pl.col("times"))  # a word that a name has twice counts twice
    initial = (pl.col("text").str.len_chars() == 1) & ~pl.col("is_number")
    slack = LIKENESS_OF_AN_INITIAL * (pl.col("weight") + pl.col("times"))
    whole = words.group_by("name").agg(
        whole=pl.col("weight").sum(),
        slack=slack.filter(initial).sum(),
        numbers=pl.col("text").filter(pl.col("is_number")).sort().str.join(" "),
    )
    whole = names.select("name", "new").join(whole.with_columns(pl.col("numbers").rank("dense")), on="name")
    return {
        "names": whole,
        "words": words.select("name", "word", "weight").join(whole.select("name", "new", "numbers"), on="name"),
        "known": known,
        "same_letters": _same_letters(names),
    }


def _words(texts: pl.DataFrame, rarity: Rarity) -> pl.DataFrame:
    """Give all words, and the letters that each has once or more, and twice or more, as bits of a number."""
    text = pl.col("text")
    known = texts.group_by("text").agg(pl.col("new").any()).sort("text").with_row_index("word")
    weights = pl.Series("weight", [rarity.weight(one) for one in known["text"]], pl.Float64)
    times = [(text.str.count_matches(letter, literal=True), at) for at, letter in enumerate(_LETTERS)]
    bits = [(count > more).cast(pl.Int64) * 2 ** (at + more * len(_LETTERS)) for count, at in times for more in (0, 1)]
    numbers = pl.Series("is_number", [is_number(one) for one in known["text"]], pl.Boolean)
    return known.with_columns(weights, numbers, letters=pl.sum_horizontal(bits))


def _same_letters(names: pl.DataFrame) -> pl.DataFrame:
    """Pair the names that have the same letters: they may differ in blanks only."""
    letters = pl.Series("letters", ["".join(sorted(one.replace(" ", ""))) for one in names["form"]], pl.String)
    all_ = names.select("name", "new", letters)
    pairs = all_.filter("new").join(all_, on="letters", suffix="_other")
    once = pairs.filter(~pl.col("new_other") | (pl.col("name") < pl.col("name_other")))
    return once.select(one="name", other="name_other")


def _spelt(engine: DuckDB) -> pa.Table:
    """Give the words that may be the same word, spelt differently, with their likeness; each is also like itself.

    Words with one difference have a part in common that lacks one letter; those with more, which are longer, have four
    letters in common at the beginning, at the end or in the middle. A letter in place of another changes two bits, and
    one too many or too few changes one.
    """
    engine.run(f"""
        CREATE TABLE parts AS SELECT * EXCLUDE (text), hash(unnest(list_distinct(
            [text] || [text[:i - 1] || text[i + 1:] FOR i IN range(1, length + 1)]
            || CASE WHEN length < {_LONG} THEN [] ELSE ['^' || text[:{_PART}], '$' || text[-{_PART}:]]
            || ['-' || text[i:i + {_PART} - 1] FOR i IN range(length // 2 - 2, length // 2 + 1)] END
        ))) AS part FROM (
            SELECT word, new, text, letters, length(text)::INTEGER AS length,
                floor({1 - LEAST_OF_WORDS} * length + 1e-9)::INTEGER AS differences
            FROM known WHERE length(text) >= {_SPELT} AND NOT is_number
        )
    """)
    pairs = """
        SELECT a.text, b.text, a.word, b.word FROM (
            SELECT DISTINCT a.word, b.word AS also FROM parts AS a JOIN parts AS b USING (part)
            WHERE a.new AND a.word <> b.word AND (NOT b.new OR a.word < b.word)
            AND abs(a.length - b.length) <= greatest(a.differences, b.differences)
            AND bit_count(xor(a.letters, b.letters)) + abs(a.length - b.length)
                <= 2 * greatest(a.differences, b.differences)
        ) JOIN known AS a USING (word) JOIN known AS b ON b.word = also
    """
    found = pl.concat([_NO_WORDS, *(_alike_words(batch) for batch in engine.batches(pairs))])
    engine.drop("parts")
    new = pl.concat([_NO_WORDS, *(_themselves(batch) for batch in engine.batches("SELECT word FROM known WHERE new"))])
    turned = found.select(word="also", also="word", likeness="likeness")
    return pl.concat([new, found, turned.join(new, on="word", how="semi")]).to_arrow()


def _alike_words(pairs: pa.RecordBatch) -> pl.DataFrame:
    ours, theirs = (pairs.column(at).to_pylist() for at in range(2))
    alike = process.cpdist(
        ours, theirs, scorer=OSA.normalized_similarity, score_cutoff=LEAST_OF_WORDS, dtype=np.float64
    )
    word, also = (pl.from_arrow(pairs.column(at)) for at in (2, 3))
    return pl.DataFrame({"word": word, "also": also, "likeness": alike}, _NO_WORDS.schema).filter(
        pl.col("likeness") > 0
    )


def _themselves(words: pa.RecordBatch) -> pl.DataFrame:
    word = pl.from_arrow(words.column(0))
    return pl.DataFrame({"word": word, "also": word, "likeness": 1.0}, _NO_WORDS.schema)


def _queries(least: float) -> dict[str, str]:
    """Write the tables that all pieces have in common: the first words of new names, with the names that have them."""
    share = least / (2 - least)  # of the weight of each name, that both must have in common
    return {
        "reach": """
            SELECT spelt.word, sum(names)::BIGINT AS names FROM spelt
            JOIN (SELECT word AS also, count(*) AS names FROM words GROUP BY word) USING (also) GROUP BY ALL
        """,
        "first_words": f"""
            SELECT name, word, numbers, reach FROM (
                SELECT words.*, whole, slack, reach.names AS reach, coalesce(sum(weight) OVER (
                    PARTITION BY name ORDER BY reach.names, word ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ), 0) AS before FROM words JOIN names USING (name) JOIN reach USING (word) WHERE words.new
            ) WHERE before <= {1 - share} * whole + slack + 1e-9
        """,
        "leads": "SELECT DISTINCT name, numbers, also FROM first_words JOIN spelt USING (word)",
    }


def _pieces(engine: DuckDB, at_once: int) -> Iterator[tuple[int, int]]:
    """Give the first and the last new name of pieces that lead to no more pairs than `at_once`, but for one name."""
    first, last, pairs = None, 0, 0
    for row in list(
        engine.rows("SELECT name, sum(reach)::BIGINT AS reach FROM first_words GROUP BY name ORDER BY name")
    ):
        if first is not None and pairs + row["reach"] > at_once:
            yield first, last
            first, pairs = None, 0
        first = row["name"] if first is None else first
        last, pairs = row["name"], pairs + row["reach"]
    if first is not None:
        yield first, last


def _alike_in(engine: DuckDB, first: int, last: int, least: float) -> Iterator[pa.RecordBatch]:
    """Give the pairs of the new names of a piece, by what their words have in common."""
    same_numbers = "AND a.numbers = b.numbers" if least > LIKENESS_WITH_OTHER_NUMBERS else ""
    engine.keep(
        "words_of_pairs",
        f"""
        SELECT one, other, a.word, b.word AS their_word, a.weight, b.weight AS their_weight FROM (
            SELECT DISTINCT a.name AS one, b.name AS other
            FROM leads AS a JOIN words AS b ON b.word = also
            WHERE a.name BETWEEN {first} AND {last} AND a.name <> b.name
            AND (NOT b.new OR a.name < b.name) {same_numbers}
        ) JOIN words AS a ON a.name = one JOIN words AS b ON b.name = other
        """,
    )
    engine.keep(
        "shared",
        """
        SELECT one, other, words_of_pairs.word, their_word, likeness, weight, their_weight
        FROM words_of_pairs JOIN spelt ON spelt.word = words_of_pairs.word AND spelt.also = their_word
        """,
    )
    yield from engine.batches(f"""
        SELECT one, other FROM (
            SELECT one, other, sum(shared) AS shared FROM (
                SELECT one, other, max(likeness * weight) AS shared FROM shared GROUP BY one, other, word
                UNION ALL
                SELECT one, other, max(likeness * their_weight) FROM shared GROUP BY one, other, their_word
            ) GROUP BY ALL
        ) JOIN names AS a ON a.name = one JOIN names AS b ON b.name = other
        WHERE shared + a.slack + b.slack >= {least} * (a.whole + b.whole) - 1e-9
        UNION SELECT one, other FROM same_letters WHERE one BETWEEN {first} AND {last}
        ORDER BY one, other
    """)

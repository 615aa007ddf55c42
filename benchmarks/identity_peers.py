"""Score pairs of records with other libraries; each gives pairs with a score from 0 to 1."""

import logging
from collections.abc import Callable, Iterable, Mapping
from statistics import mean

import pyarrow as pa
from identity_data import Known, Pair

Scores = dict[Pair, float]
_SEED = 7


def by_rapidfuzz(one: Known, pairs: Iterable[Pair]) -> Scores:
    """Give the mean over the fields of how alike the texts are, their words in order."""
    from rapidfuzz import fuzz, utils  # noqa: PLC0415 (each library loads alone)

    return _means(one, pairs, lambda x, y: fuzz.token_sort_ratio(x, y, processor=utils.default_process) / 100)


def by_jellyfish(one: Known, pairs: Iterable[Pair]) -> Scores:
    """Give the mean over the fields of the likeness of Jaro and Winkler."""
    import jellyfish  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 (as above)

    return _means(one, pairs, lambda x, y: jellyfish.jaro_winkler_similarity(x.casefold(), y.casefold()))


def _means(one: Known, pairs: Iterable[Pair], alike: Callable[[str, str], float]) -> Scores:
    by_id: Mapping[str, Mapping[str, str]] = {row["id"]: row for row in one.rows}
    names = [field.name for field in one.fields]

    def of(left: Mapping[str, str], right: Mapping[str, str]) -> float:
        both = [name for name in names if left[name] and right[name]]
        return mean(alike(left[name], right[name]) for name in both) if both else 0.0

    return {(x, y): of(by_id[x], by_id[y]) for x, y in pairs}


def by_splink(train: Known, test: Known) -> Scores:
    """Train a model on one half, without knowing what is the same, and score the other half with it."""
    import splink.comparison_library as cl  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 (as above)
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

    logging.getLogger("splink").setLevel(logging.ERROR)
    names = [field.name for field in train.fields]
    if len(names) == 1:
        rules = ["l.word1 = r.word1", "l.word2 = r.word2", "l.word1 = r.word2 or l.word2 = r.word1"]
    else:
        rules = [f"l.{name} = r.{name}" for name in names if name != "state"]
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=[cl.JaroWinklerAtThresholds(name, [0.92, 0.8]) for name in names],
        blocking_rules_to_generate_predictions=rules,
    )

    def linker(known: Known, model: object) -> object:
        rows = [{**{n: row[n] or None for n in ("id", *names)}, **_words(row["name"])} for row in known.rows]
        return Linker(DuckDBAPI().register(pa.Table.from_pylist(rows)), model, log_level=None)

    trained = linker(train, settings)
    trained.training.estimate_probability_two_random_records_match(rules[-1], recall=0.8)  # type: ignore[attr-defined]
    trained.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=_SEED)  # type: ignore[attr-defined]
    for rule in ("date_of_birth", "soc_sec_id") if len(names) > 1 else ("word1", "word2"):
        trained.training.estimate_parameters_using_expectation_maximisation(block_on(rule))  # type: ignore[attr-defined]
    model = trained.misc.save_model_to_json()  # type: ignore[attr-defined]
    found = linker(test, model).inference.predict(threshold_match_probability=0.001)  # type: ignore[attr-defined]
    lines = found.as_record_list()
    return {tuple(sorted((line["id_l"], line["id_r"]))): round(line["match_probability"], 6) for line in lines}


def _words(name: str) -> dict[str, str | None]:
    """Give the two longest words of a name, which block it."""
    words = [*sorted(name.casefold().split(), key=lambda word: (-len(word), word)), "", ""]
    return {"word1": words[0] or None, "word2": words[1] or None}

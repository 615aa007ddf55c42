"""Train the model of `depositary identity suggest --engine splink`, and write it: python scripts/train_splink.py.

It is trained on invented persons and bodies, of which it is known which are the same: 6,000 records from the seed 11,
and from each of them one more with errors. splink counts how often each level of likeness occurs among records that
are the same, and among random pairs (seed 7). How often a pair is the same is counted among the pairs of our blocks,
because splink is asked about these. Two runs write the same file. It needs the extra: depositary[splink].
"""

import json
import logging
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import polars as pl
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator

from depositary.identity.by_splink import LEAST_OF_PAIRS, LEVELS, comparison, database, words_in
from depositary.identity.candidates import candidates
from depositary.identity.compare import Alike, Comparison
from depositary.identity.records import BATCH, LOCAL_NAME, Rows, records_of
from depositary.merging.claims.engine_tables import ID
from depositary.merging.claims.folded import sorted_words
from depositary.merging.claims.identifying import IdentityField, IdentityPolicy, IdentityRole
from depositary.model.table import Table

MODEL = Path(__file__).resolve().parent.parent / "toolkit" / "depositary" / "identity" / "assets" / "splink.json"
_RECORDS, _SEED, _SEED_OF_PAIRS = 6_000, 11, 7
_TEXTS = ("address", "town", "code", "born", "number")
_COLUMNS = {"names": "names", **dict.fromkeys(_TEXTS, "text"), "place": "place", "kind": "code"}
_SYLLABLES = (
    *(
        "ba",
        "ce",
        "di",
        "fo",
        "gu",
        "ha",
        "ki",
        "lo",
        "mu",
        "ne",
        "pa",
        "qui",
        "ra",
        "si",
        "to",
        "vu",
        "wen",
        "xo",
        "ya",
    ),
    *("zer", "bran", "col", "dal", "fer", "gor", "hel", "jan", "kor", "lin", "mar"),
)
_FIRST = [
    a + b
    for a in ("an", "ber", "ca", "do", "el", "fa", "gi", "ha", "jo", "li")
    for b in ("na", "ric", "to", "ma", "lin", "s")
]
_COMMON = (
    "trading",
    "steel",
    "group",
    "international",
    "energy",
    "electronics",
    "bank",
    "logistics",
    "foods",
    "industries",
)
_BLANK, _WRONG, _MOVED = 0.08, 0.3, 0.05  # how often a copy lacks a text, has an error in it, or has another one
_LONGER = 0.1  # how often a name has one word more
_TITLES = ("minister", "president", "general", "national", "new")
_DIGITS = 6


def main() -> None:
    """Train, and write the model."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    chance = random.Random(_SEED)  # noqa: S311 (invented records)
    rows = list(_records(chance))
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=[comparison(name, kind) for name, kind in _COLUMNS.items()],
        blocking_rules_to_generate_predictions=["l.entity = r.entity"],
    )
    with database() as connection:
        table = pa.Table.from_pylist(rows, _schema())
        trained = Linker(DuckDBAPI(connection).register(table), settings, log_level=None)
        trained.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=_SEED_OF_PAIRS)
        trained.training.estimate_m_from_label_column("entity")
        found = trained.misc.save_model_to_json()
    model = {"trained_by": "scripts/train_splink.py", "prior": round(_share(rows), _DIGITS), "levels": _pooled(found)}
    MODEL.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"written: {MODEL.name}\n")


def _share(rows: Sequence[Mapping[str, Any]]) -> float:
    """Give how many of the pairs in our blocks are the same."""
    texts = (IdentityField(name, IdentityRole.TEXT) for name in _TEXTS)
    around = (IdentityField("place", IdentityRole.PLACE), IdentityField("kind", IdentityRole.CODE))
    fields = (IdentityField("name", IdentityRole.NAME), *texts, *around)
    names = [one.name for one in fields]
    schema = {"fields": [{"name": name, "type": "string"} for name in ("id", *names)], "primaryKey": "id"}
    columns = dict.fromkeys((ID, BATCH, LOCAL_NAME, *names), pl.String())
    cells = [{ID: row["id"], BATCH: "", **{name: row[name] or None for name in names}} for row in rows]
    policy = IdentityPolicy(Table.from_descriptor("records", schema), fields)
    records = records_of(Rows({}, {"records": pl.DataFrame(cells, columns)}), policy)
    pairs = candidates(records, Comparison.of(records, Alike()).rarity, LEAST_OF_PAIRS, {})
    return sum(one[:-1] == other[:-1] for one, other in pairs) / len(pairs)


def _pooled(found: dict[str, Any]) -> dict[str, list[list[float]]]:
    """Give the mean chances of each level, over the columns of a kind."""
    of_kind: dict[str, list[list[dict[str, float]]]] = {}
    for one in found["comparisons"]:
        levels = [level for level in one["comparison_levels"] if not level.get("is_null_level")]
        of_kind.setdefault(_COLUMNS[one["output_column_name"]], []).append(levels)
    return {
        kind: [
            [
                round(max(mean(one[at][what] for one in of_kind[kind]), 10**-_DIGITS), _DIGITS)
                for what in ("m_probability", "u_probability")
            ]
            for at in range(len(LEVELS[kind]) + 1)
        ]
        for kind in LEVELS
    }


def _schema() -> pa.Schema:
    texts = [(name, pa.string()) for name in ("id", "entity", *_TEXTS, "place", "kind")]
    return pa.schema([*texts, *((name, pa.list_(pa.string())) for name in ("names", "words"))])


def _records(chance: random.Random) -> Iterator[dict[str, Any]]:
    """Invent records, each with a copy that has errors."""
    for number in range(_RECORDS):
        one = _person(chance) if chance.random() < 1 / 2 else _body(chance)
        for side in "ab":
            cells = one if side == "a" else {name: _written(chance, name, text) for name, text in one.items()}
            folded = {name: sorted_words(cells[name]) or None for name in _TEXTS}
            names = [sorted_words(cells["name"])] if cells["name"] else None
            yield {
                "id": f"{number}{side}",
                "entity": str(number),
                **cells,
                **folded,
                "names": names,
                "words": words_in(names),
            }


def _person(chance: random.Random) -> dict[str, str]:
    return {"name": f"{chance.choice(_FIRST)} {_word(chance, 2, 3)}", "kind": "person", **_around(chance)}


def _body(chance: random.Random) -> dict[str, str]:
    words = [_word(chance, 2, 3), *([chance.choice(_COMMON)] if chance.random() < 1 / 2 else [_word(chance, 2, 2)])]
    return {"name": " ".join(words), "kind": chance.choice(("company", "ministry", "agency")), **_around(chance)}


def _around(chance: random.Random) -> dict[str, str]:
    return {
        "address": f"{chance.randint(1, 300)} {_word(chance, 2, 3)} {chance.choice(('street', 'road', 'place'))}",
        "town": _word(chance, 2, 2),
        "code": f"{chance.randint(1000, 7999)}",
        "born": f"{chance.randint(1900, 2000)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}",
        "number": f"{chance.randint(10**6, 10**7 - 1)}",
        "place": f"P{chance.randint(1, 12):02}",
    }


def _word(chance: random.Random, least: int, most: int) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(least, most)))


def _written(chance: random.Random, name: str, text: str) -> str:
    """Give a text as somebody else writes it: as it is, with an error, another one, or none."""
    if name in ("place", "kind"):
        return text if chance.random() > _MOVED else f"other {text}"
    if chance.random() < _BLANK and name != "name":
        return ""
    if name == "name" and chance.random() < _LONGER:
        return f"{chance.choice(_TITLES)} {text}"
    if chance.random() < _MOVED:
        return _word(chance, 2, 3)
    return _with_error(chance, text) if chance.random() < _WRONG else text


def _with_error(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) - 1)
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz0123456789")
    return chance.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + letter + text[at:],
            text[:at] + letter + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )


if __name__ == "__main__":
    main()

"""The descriptor of the tables on agreement, with which a release takes them along: docs/releasing.md."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Described:
    """What a table on agreement is, its columns, and its key; empty if a blank may be in it."""

    title: str
    fields: tuple[str, ...]
    key: tuple[str, ...] = ()


_PLACE = ("table", "variable")
_FOUND = ("both", "own", "others", "precision", "recall", "f1", "jaccard")
_ALPHA = ("alpha", "alpha_low", "alpha_high", "alpha_undefined", "mark")
_COUNTS = ("coders", "items", "units", "left_out", "pairable_values", "missing", "agreement")
_CELL = (*_PLACE, "item", "coder")

DESCRIBED: Mapping[str, Described] = {
    "variables": Described(
        "How far the values of each variable agree",
        (*_PLACE, "level", "is_free_text", *_COUNTS, *_ALPHA, "ac1", "ac1_undefined"),
        _PLACE,
    ),
    "detection": Described(
        "Who found what: each coder against each other one, and against all", ("table", "coder", "other", *_FOUND)
    ),
    "items": Described(
        "Each item, and each coder who found it",
        ("table", "source_id", "item", "matched_by", "score", "coder", "row_id"),
        ("table", "item", "coder"),
    ),
    "units": Described(
        "Each value that a coder gave to an item that several found; all figures on values follow from them",
        (*_PLACE, "source_id", "item", "matched_by", "coder", "value"),
        _CELL,
    ),
    "pairs": Described(
        "The agreement of each pair of coders on each variable",
        (*_PLACE, "coder", "other", "units", "agreement", "alpha", "alpha_undefined"),
        (*_PLACE, "coder", "other"),
    ),
    "coincidences": Described(
        "The cells of the coincidence matrix of each variable",
        (*_PLACE, "one", "other", "coincidences"),
        (*_PLACE, "one", "other"),
    ),
    "disagreements": Described(
        "The values on which coders differ most",
        (*_PLACE, "source_id", "item", "conflict_id", "distance", "coder", "value", "passages"),
        _CELL,
    ),
    "confusions": Described(
        "The pairs of codes that are confused, and who gave which how often",
        (*_PLACE, "one", "other", "times", "coder", "code", "times_given"),
        (*_PLACE, "one", "other", "coder", "code"),
    ),
    "estimates": Described(
        "How often each coder gives a code where another one may be right, as Dawid and Skene estimate it",
        (*_PLACE, "coder", "right", "given", "share"),
        (*_PLACE, "coder", "right", "given"),
    ),
}

_TYPES = {
    "boolean": ("is_free_text",),
    "integer": (
        "both", "own", "others", "coders", "items", "units", "left_out", "pairable_values", "times", "times_given",
    ),
    "number": (
        "precision", "recall", "f1", "jaccard", "missing", "agreement", "alpha", "alpha_low", "alpha_high", "ac1",
        "score", "coincidences", "distance", "share",
    ),
}  # fmt: skip
_TYPE_OF = {name: kind for kind, names in _TYPES.items() for name in names}

_MEANING = {
    "table": "The table that was coded.",
    "variable": "The column that was coded.",
    "level": "The level of measurement, which gives the distance of two values.",
    "is_free_text": "Whether the column is free text, in which nobody expects the same words.",
    "coders": "How many coders gave values.",
    "items": "How many items several coders found.",
    "units": "How many items have two values or more.",
    "left_out": "How many items have fewer than two values, and are not compared.",
    "pairable_values": "How many values are compared.",
    "missing": "The share of cells of matched items that are blank.",
    "agreement": "The share of pairs of coders with the same value, as a mean over units.",
    "alpha": "Krippendorff's alpha; blank if it is undefined.",
    "alpha_low": "The lower end of the 95 % interval of alpha.",
    "alpha_high": "The upper end of the 95 % interval of alpha.",
    "alpha_undefined": "Why alpha is undefined.",
    "mark": "Where alpha lies beside the customary marks, which decide nothing.",
    "ac1": "Gwet's AC1; blank if it is undefined.",
    "ac1_undefined": "Why AC1 is undefined.",
    "coder": "The contributor who coded.",
    "other": "The other coder or the other value; blank in detection means all coders.",
    "one": "The first of the two values.",
    "both": "How many items both found.",
    "own": "How many items the coder found.",
    "others": "How many items the other coder, or all coders, found.",
    "precision": "The share of the coder's items that others found too.",
    "recall": "The share of the others' items that the coder found.",
    "f1": "The harmonic mean of precision and recall.",
    "jaccard": "The items that both found as a share of all items of both.",
    "source_id": "The source from which the item was coded.",
    "item": "The item: the key of the row that represents the matched rows.",
    "matched_by": "Whether a key, a judgement or a suggestion matched the rows.",
    "score": "The score of the suggestion that matched the rows.",
    "row_id": "The key that the coder gave to the row.",
    "value": "The value that the coder gave.",
    "coincidences": "How often the two values are paired within units.",
    "conflict_id": "The conflict of a merge; blank if only a suggestion matches the rows.",
    "distance": "The distance of the values, at the level of the variable.",
    "passages": "The passages on which the coder relies.",
    "times": "How often the two codes are confused.",
    "code": "The code that the coder gave.",
    "times_given": "How often the coder gave it where the two are confused.",
    "right": "The code that may be right.",
    "given": "The code that the coder gives.",
    "share": "How often, as a share of the cases of the code that may be right.",
}


def descriptor() -> str:
    """Write the descriptor of a folder with all tables on agreement."""
    resources = [_resource(name, table) for name, table in DESCRIBED.items()]
    return json.dumps({"name": "agreement", "resources": resources}, ensure_ascii=False, indent=2) + "\n"


def _resource(name: str, table: Described) -> Mapping[str, Any]:
    fields = [{"name": of, "type": _TYPE_OF.get(of, "string"), "description": _MEANING[of]} for of in table.fields]
    schema = {"fields": fields, **({"primaryKey": list(table.key)} if table.key else {})}
    return {"name": name, "path": f"{name}.csv", "title": table.title, "schema": schema}

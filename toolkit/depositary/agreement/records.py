"""An agreement as plain values: for JSON, and as tables for CSV and for releases."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from depositary.agreement.agree import Agreement
from depositary.agreement.detection import Found
from depositary.agreement.figures import plain
from depositary.agreement.measured import Measured
from depositary.agreement.rounds import changes
from depositary.write.csv import to_csv

Row = Mapping[str, Any]


def units(agreement: Agreement) -> Iterator[Row]:
    """Give each value that a coder gave to an item that several found; all figures follow from them."""
    for of in agreement.variables:
        for unit in of.units:
            for coder, text in sorted(unit.texts.items()):
                yield {
                    **_place(of),
                    "source_id": unit.item.source,
                    "item": unit.item.id,
                    "matched_by": str(unit.item.by),
                    "coder": coder,
                    "value": text,
                }


def items(agreement: Agreement) -> Iterator[Row]:
    """Give each item and each coder who found it."""
    for item in agreement.items:
        for coder, row in sorted(item.rows.items()):
            yield {
                "table": item.table,
                "source_id": item.source,
                "item": item.id,
                "matched_by": str(item.by),
                "score": plain(item.score),
                "coder": coder,
                "row_id": row.given,
            }


def detections(agreement: Agreement) -> Iterator[Row]:
    """Give the figures on who found what; against all coders, `other` is empty."""
    for of in agreement.detections:
        for found in (*of.pairs, *of.against_all):
            yield {"table": of.table, **_found(found)}


def variables(agreement: Agreement) -> Iterator[Row]:
    """Give the figures of each variable."""
    for of in agreement.variables:
        low, high = of.interval or (None, None)
        yield {
            **_place(of),
            "level": of.variable.level.value,
            "is_free_text": of.variable.is_free_text,
            "coders": len(of.coders),
            "items": of.items,
            "units": of.compared,
            "left_out": of.left_out,
            "pairable_values": of.pairable,
            "missing": plain(of.missing),
            "agreement": plain(of.agreement.value),
            "alpha": plain(of.alpha.value),
            "alpha_low": low,
            "alpha_high": high,
            "alpha_undefined": of.alpha.reason,
            "mark": of.mark,
            "ac1": plain(of.ac1.value),
            "ac1_undefined": of.ac1.reason,
        }


def coincidences(agreement: Agreement) -> Iterator[Row]:
    """Give the coincidence matrix of each variable, as a list of its cells."""
    for of in agreement.variables:
        cells = {(of.shown[one], of.shown[other]): times for (one, other), times in of.coincidences.items()}
        for (one, other), times in sorted(cells.items()):
            yield {**_place(of), "one": one, "other": other, "coincidences": plain(times)}


def pairs(agreement: Agreement) -> Iterator[Row]:
    """Give the agreement of each pair of coders on each variable."""
    for of in agreement.variables:
        for (one, other), (number, equal, alpha) in of.pairs.items():
            yield {
                **_place(of),
                "coder": one,
                "other": other,
                "units": number,
                "agreement": plain(equal.value),
                "alpha": plain(alpha.value),
                "alpha_undefined": alpha.reason,
            }


def disagreements(agreement: Agreement) -> Iterator[Row]:
    """Give the cells on which coders differ, the worst first, a line for each coder."""
    for of in agreement.variables:
        for case in of.worst:
            for coder, text in sorted(case.unit.texts.items()):
                yield {
                    **_place(of),
                    "source_id": case.unit.item.source,
                    "item": case.unit.item.id,
                    "conflict_id": case.conflict_id,
                    "distance": plain(case.distance),
                    "coder": coder,
                    "value": text,
                    "passages": "; ".join(map(str, case.passages.get(coder, ()))),
                }


def confusions(agreement: Agreement) -> Iterator[Row]:
    """Give the pairs of codes that are confused, and who gave which how often."""
    for of in agreement.variables:
        for one in of.confusions:
            for (coder, code), times in one.by.items():
                yield {
                    **_place(of),
                    "one": one.codes[0],
                    "other": one.codes[1],
                    "times": one.times,
                    "coder": coder,
                    "code": code,
                    "times_given": times,
                }


def estimated(agreement: Agreement) -> Iterator[Row]:
    """Give the estimates of Dawid and Skene: how often a coder gives a code where another one may be right."""
    for of in agreement.variables:
        for coder, habits in (of.estimates.coders if of.estimates else {}).items():
            for (right, given), share in sorted(habits.items(), key=str):
                yield {**_place(of), "coder": coder, "right": right, "given": given, "share": share}


def rounds(before: Agreement, after: Agreement) -> Iterator[Row]:
    """Give α of each variable in two rounds."""
    for one in changes(before, after):
        yield {
            "table": one.table,
            "variable": one.variable,
            "alpha_before": plain(one.before.alpha.value) if one.before else None,
            "alpha_after": plain(one.after.alpha.value) if one.after else None,
            "change": plain(one.alpha),
            "confused_before": sum(before for _, before, _ in one.confusions),
            "confused_after": sum(after for _, _, after in one.confusions),
        }


def variables_of_rounds(agreement: Agreement, before: Agreement | None) -> list[Row]:
    """Give the figures of each variable; or, if there is an earlier round, those of both."""
    return list(rounds(before, agreement) if before else variables(agreement))


TABLES: Mapping[str, Callable[[Agreement], Iterator[Row]]] = {
    "variables": variables,
    "detection": detections,
    "items": items,
    "units": units,
    "pairs": pairs,
    "coincidences": coincidences,
    "disagreements": disagreements,
    "confusions": confusions,
    "estimates": estimated,
}


def as_csv(rows: Sequence[Row], columns: Sequence[str] = ("table", "variable")) -> str:
    """Write rows as CSV, or these columns if there are none; a figure that is not defined is blank."""
    header = list(rows[0]) if rows else list(columns)
    return to_csv(header, [[_text(value) for value in row.values()] for row in rows])


def as_json(agreement: Agreement, before: Agreement | None = None) -> str:
    """Write all tables as one document, and beside an earlier round what changed since."""
    document = {
        "package": {"name": agreement.package.name, "version": agreement.package.version},
        "coders": list(agreement.coders),
        "sources": list(agreement.sources),
        "undefined": agreement.undefined,
        **{name: list(rows_of(agreement)) for name, rows_of in TABLES.items()},
        **({"rounds": list(rounds(before, agreement))} if before else {}),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _place(of: Measured) -> Row:
    return {"table": of.variable.table, "variable": of.variable.name}


def _found(found: Found) -> Row:
    return {
        "coder": found.coder,
        "other": found.other,
        "both": found.both,
        "own": found.own,
        "others": found.others,
        "precision": plain(found.precision),
        "recall": plain(found.recall),
        "f1": plain(found.f1),
        "jaccard": plain(found.jaccard),
    }

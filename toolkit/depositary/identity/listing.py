"""Suggestions as text, as CSV and as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence

from depositary.identity.suggest import Matching
from depositary.identity.suggestion import Suggestion
from depositary.merging.claims.identifying import IdentityRole
from depositary.model.suggestion_format import SuggestionFormat
from depositary.wording.plain import number, shown
from depositary.write.csv import to_csv

COLUMNS = (
    "table",
    "left_id",
    "right_id",
    "score",
    "left_label",
    "right_label",
    "left_from",
    "right_from",
    "fields",
    "with_table",
    "with_left_id",
    "with_right_id",
)


def listed(matching: Matching, form: SuggestionFormat) -> str:
    """List all suggestions, those of an event with what belongs to it."""
    if form is SuggestionFormat.TEXT:
        return "\n".join(_text(matching)) + "\n"
    lines = [line_of(matching, one, of) for one, of in in_order(matching)]
    if form is SuggestionFormat.CSV:
        return to_csv(COLUMNS, ([cell(line[name]) for name in COLUMNS] for line in lines))
    return json.dumps(lines, ensure_ascii=False, indent=2) + "\n"


def in_order(matching: Matching) -> Iterator[tuple[Suggestion, Suggestion | None]]:
    """Give each suggestion after the one that it belongs to; the most likely pairs of a table come first."""
    parts = _parts_of(matching)
    brought = {one for some in parts.values() for one in some}
    for one in sorted(matching.suggestions, key=lambda one: _order(matching, one)):
        if one not in brought:
            yield one, None
            yield from ((part, one) for part in sorted(parts.get(one, ()), key=lambda part: _order(matching, part)))


def _order(matching: Matching, one: Suggestion) -> tuple[int, float, str, str]:
    return list(matching.policies).index(one.table), -one.score, one.left, one.right


def _parts_of(matching: Matching) -> Mapping[Suggestion, Sequence[Suggestion]]:
    """Map suggestions, such as of meetings, to those of rows that refer to both, such as statements."""
    by_pair = {(one.table, one.left, one.right): one for one in matching.suggestions}
    parts: dict[Suggestion, list[Suggestion]] = {}
    for one in matching.suggestions:
        of = next((by_pair[pair] for pair in _referred_to(matching, one) if pair in by_pair), None)
        if of and not any(one.table == field.table for field in matching.policies[of.table].fields):
            parts.setdefault(of, []).append(one)
    return parts


def _referred_to(matching: Matching, one: Suggestion) -> Iterator[tuple[str, str, str]]:
    """Give the pairs of rows to which the two rows refer as parts of them; an actor that they name has no parts."""
    records = matching.records(one.table)
    left, right = records[one.left], records[one.right]
    for field in records.policy.of(IdentityRole.REFERENCE):
        if not field.link and matching.policies[field.table].of(IdentityRole.MEMBER):
            for x in left[field]:
                yield from ((field.table, *sorted((x, y))) for y in right[field] if x != y)  # type: ignore[misc]


# As text


def _text(matching: Matching) -> Iterator[str]:
    found = list(in_order(matching))
    for table in dict.fromkeys(one.table for one, of in found if of is None):
        of_table = [(one, of) for one, of in found if (of or one).table == table]
        yield f"{table}: {number(sum(of is None for _, of in of_table), 'pair')} may be the same"
        for one, of in of_table:
            yield from (f"{'    ' if of else '  '}{line}" for line in pair_text(matching, one))
        yield ""
    if found:
        one = found[0][0]
        yield f'→ depositary identity same {one.left} {one.right} --reason "…"'
        yield "  or different, or unsure; depositary identity review asks about one pair after the other"
    else:
        yield "no pairs to judge"


def pair_text(matching: Matching, one: Suggestion) -> Iterator[str]:
    """Write a pair: its score, its ids and names, and the comparison of each field."""
    records = matching.records(one.table)
    yield f"{one.score:.2f}  {one.left} / {one.right}"
    for id_ in (one.left, one.right):
        row = records[id_]
        yield f"      {shown(row.label(records.policy))} ({row.origin})"
    width = max((len(field.field) for field in one.fields), default=0)
    for field in one.fields:
        yield f"      {field.field:{width}}  {field.score:.2f}  {field.why}"


# As data


def line_of(matching: Matching, one: Suggestion, of: Suggestion | None) -> dict[str, object]:
    """Give a suggestion as a line; `of` is the one that it belongs to."""
    records = matching.records(one.table)
    left, right = records[one.left], records[one.right]
    return {
        "table": one.table,
        "left_id": one.left,
        "right_id": one.right,
        "score": one.score,
        "left_label": left.label(records.policy),
        "right_label": right.label(records.policy),
        "left_from": left.origin,
        "right_from": right.origin,
        "fields": [field._asdict() for field in one.fields],
        "with_table": of.table if of else "",
        "with_left_id": of.left if of else "",
        "with_right_id": of.right if of else "",
    }


def cell(value: object) -> str:
    """Write a value of a line as the text of a cell."""
    if isinstance(value, list):
        return "; ".join(f"{field['field']} {field['score']:.2f}: {field['why']}" for field in value)
    return f"{value:.4f}" if isinstance(value, float) else str(value)

"""What can be done about a conflict: how it can be decided, and what its sides are called."""

from collections import Counter

from depositary.merging.conflicts.conflicts_file import is_about_decisions
from depositary.merging.conflicts.layout import PUBLISHED, TAKEN
from depositary.model.conflict import Conflict, Side
from depositary.model.decision import Choice


def choices(conflict: Conflict) -> tuple[Choice, ...]:
    """Tell how a conflict can be decided; not at all, if it is about decisions themselves."""
    family = conflict.kind.partition(".")[0]
    if is_about_decisions(conflict) or conflict.kind == "entity.contradiction":
        return ()
    if is_constraint(conflict) and not any(side.contributor for side in conflict.sides):
        return ()  # nobody's claims can be rejected
    if conflict.kind in ("row.delete_referenced", "schema.key_change"):  # no merge deletes the row, or takes the key
        return (Choice.BASE,)
    if is_constraint(conflict):
        return (Choice.BASE, Choice.VALUE) if is_one_cell(conflict) else (Choice.BASE,)
    if is_one_cell(conflict) and family != "schema":
        return (Choice.TAKE, Choice.BASE, Choice.VALUE)
    return (Choice.TAKE, Choice.BASE)


def is_constraint(conflict: Conflict) -> bool:
    """Tell whether the merged rows are wrong, although every cell merged."""
    return conflict.kind.startswith("constraint.")


def is_one_cell(conflict: Conflict) -> bool:
    """Tell whether a conflict is about one cell, and not about a row or a column."""
    return bool(conflict.row_id and conflict.field and "," not in conflict.field)


def named_sides(conflict: Conflict) -> dict[str, Side]:
    """Name each side as `resolve --take` does: a contributor, with the batch if they have several, or `published`.

    One whose id is a column of worksheets, or a word that chooses, is named with the batch as well.

    Sides that this does not tell apart, such as two rows of one batch that were judged to be the same, are numbered.
    """
    people = Counter(side.contributor for side in conflict.sides)
    names = [_name(side, alone=people[side.contributor] == 1) for side in conflict.sides]
    total, seen = Counter(names), Counter[str]()
    named: dict[str, Side] = {}
    for name, side in zip(names, conflict.sides, strict=True):
        seen[name] += 1
        named[f"{name} ({seen[name]})" if total[name] > 1 else name] = side
    return named


def takeable(conflict: Conflict) -> tuple[str, ...]:
    """Name the sides that can be taken: those that a name tells apart."""
    sides = {name: side for name, side in named_sides(conflict).items() if not name.endswith(")")}
    if conflict.kind == "schema.column_drop_edit":  # to take what was filled in is to keep the column
        return tuple(name for name, side in sides.items() if side.value is None)
    if conflict.kind == "schema.type_clash" and PUBLISHED in sides:  # a column that is published keeps its type
        return (PUBLISHED,)
    return tuple(sides)


def _name(side: Side, *, alone: bool) -> str:
    if not side.contributor:
        return PUBLISHED
    return side.contributor if alone and side.contributor not in TAKEN else f"{side.contributor}:{side.batch}"


def keeps_published(conflict: Conflict) -> bool:
    """Tell whether to take what was published is the same as to keep the base; of a column it may be its opposite."""
    return not conflict.kind.startswith("schema.") and published_side(conflict) is not None


def published_side(conflict: Conflict) -> Side | None:
    """Give the side of what was published before, if there is one and only one."""
    sides = [side for side in conflict.sides if not side.contributor]
    return sides[0] if len(sides) == 1 else None


def options(conflict: Conflict) -> list[str]:
    """List the options of `depositary resolve` that fit a conflict."""
    allowed = choices(conflict)
    names = takeable(conflict) if Choice.TAKE in allowed else ()
    found = [f"--take {name}" for name in names if not (name == PUBLISHED and keeps_published(conflict))]
    found += ["--keep-base"] if Choice.BASE in allowed else []
    return found + (["--value …"] if Choice.VALUE in allowed else [])


def how_else(conflict: Conflict) -> str:
    """Say what to do about a conflict that cannot be resolved."""
    if conflict.kind == "decision.disagree":
        return "all but one of those who decided have to take their line back: depositary undo"
    if conflict.kind == "decision.waits":
        return "correct the contributions that wait, and run depositary merge again"
    if conflict.kind == "decision.stale":
        return f"decide {conflict.conflict_id} anew as it is now, or take the line back: depositary undo"
    if is_about_decisions(conflict):
        return f"take the line back, if it is no longer wanted: depositary undo {conflict.conflict_id}"
    if is_constraint(conflict):
        return "no contribution causes it alone; correct it by a contribution"
    return "one of the judgements has to change, in judgements/<who>.csv of the decisions"


def said(conflict: Conflict, side: Side) -> str:
    """Say what a side would have, in brackets where it is not a value."""
    if side.value is not None:
        return "(the row as it is published)" if not side.contributor and not conflict.field else side.value
    return "(blank)" if conflict.field else "(no row)"


def advice(conflict: Conflict) -> list[str]:
    """Say what to do about a conflict: the command, and on a line of their own the other options it takes."""
    if not choices(conflict):
        return [how_else(conflict)]
    first, *others = options(conflict)
    lines = [f'depositary resolve {conflict.conflict_id} {first} --reason "…"']
    lines += [f"or with {', '.join(others)}"] if others else []
    # What is wrong with the merged rows often follows from another conflict.
    return [*lines, "(last: once others are decided, this may be gone)"] if is_constraint(conflict) else lines

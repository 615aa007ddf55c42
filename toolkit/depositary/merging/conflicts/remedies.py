"""What can be done about a conflict: how it can be decided, and what its sides are called."""

from collections import Counter

from depositary.merging.conflicts.layout import PUBLISHED, TAKEN
from depositary.model.conflict import Conflict, Side
from depositary.model.decision import Choice
from depositary.model.kinds import KINDS, Kind, Takes, entry_of, is_of


def choices(conflict: Conflict) -> tuple[Choice, ...]:
    """Tell how a conflict can be decided; not at all, if it is about decisions themselves."""
    entry = entry_of(conflict.kind)
    allowed = entry.choices if entry else tuple(Choice)
    if is_constraint(conflict) and not any(side.contributor for side in conflict.sides):
        return ()  # nobody's claims can be rejected
    return tuple(choice for choice in allowed if choice is not Choice.VALUE or is_one_cell(conflict))


def is_constraint(conflict: Conflict) -> bool:
    """Return whether the merged rows are wrong, although every cell merged."""
    return is_of(conflict.kind, "constraint")


def is_one_cell(conflict: Conflict) -> bool:
    """Return whether a conflict is about one cell, and not about a row or a column."""
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
    takes = entry.takes if (entry := entry_of(conflict.kind)) else Takes.ANY
    if takes is Takes.DROPPER:  # to take what was filled in is to keep the column
        return tuple(name for name, side in sides.items() if side.value is None)
    if takes is Takes.PUBLISHED and PUBLISHED in sides:  # a column that is published keeps its type
        return (PUBLISHED,)
    return tuple(sides)


def _name(side: Side, *, alone: bool) -> str:
    if not side.contributor:
        return PUBLISHED
    return side.contributor if alone and side.contributor not in TAKEN else f"{side.contributor}:{side.batch}"


def keeps_published(conflict: Conflict) -> bool:
    """Return whether to take what was published is the same as to keep the base; of a column it may be its opposite."""
    return not is_of(conflict.kind, "schema") and published_side(conflict) is not None


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
    entry = entry_of(conflict.kind)
    return (entry or KINDS[Kind.UNUSED]).instead.format(conflict=conflict.conflict_id)


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

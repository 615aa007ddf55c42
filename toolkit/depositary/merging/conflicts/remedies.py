"""How a conflict can be decided, and the names of its sides."""

from collections import Counter

from depositary.merging.conflicts.layout import PUBLISHED, TAKEN
from depositary.model.conflict import Conflict, Side
from depositary.model.decision import Choice
from depositary.model.kinds import KINDS, ConflictKind, TakeableSides, entry_of, is_of


def choices(conflict: Conflict) -> tuple[Choice, ...]:
    """Give the possible choices for a conflict; none if it is about decisions themselves."""
    entry = entry_of(conflict.kind)
    allowed = entry.choices if entry else tuple(Choice)
    if is_constraint(conflict) and not any(side.contributor for side in conflict.sides):
        return ()  # there are no claims to reject
    return tuple(choice for choice in allowed if choice is not Choice.VALUE or is_one_cell(conflict))


def is_constraint(conflict: Conflict) -> bool:
    """Return whether a conflict is about merged rows that are not valid."""
    return is_of(conflict.kind, "constraint")


def is_one_cell(conflict: Conflict) -> bool:
    """Return whether a conflict is about one cell, and not about a row or a column."""
    return bool(conflict.row_id and conflict.field and "," not in conflict.field)


def named_sides(conflict: Conflict) -> dict[str, Side]:
    """Name each side as in `resolve --take`: a contributor, with the batch if there are several, or `published`.

    A contributor whose id is a column of worksheets or a word for a choice is named with the batch too.

    Sides with the same name, such as two rows of one batch that were judged to be the same, are numbered.
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
    """Name the sides that can be taken: those with different names."""
    sides = {name: side for name, side in named_sides(conflict).items() if not name.endswith(")")}
    takes = entry.takes if (entry := entry_of(conflict.kind)) else TakeableSides.ANY
    if takes is TakeableSides.DROPPER:  # taking the filled values means keeping the column
        return tuple(name for name, side in sides.items() if side.value is None)
    if takes is TakeableSides.PUBLISHED and PUBLISHED in sides:  # a column that is published keeps its type
        return (PUBLISHED,)
    return tuple(sides)


def _name(side: Side, *, alone: bool) -> str:
    if not side.contributor:
        return PUBLISHED
    return side.contributor if alone and side.contributor not in TAKEN else f"{side.contributor}:{side.batch}"


def keeps_published(conflict: Conflict) -> bool:
    """Return whether taking the published side means keeping the base; for a column it may mean the opposite."""
    return not is_of(conflict.kind, "schema") and published_side(conflict) is not None


def published_side(conflict: Conflict) -> Side | None:
    """Give the published side, if there is exactly one."""
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
    """Give what to do about a conflict that cannot be resolved."""
    entry = entry_of(conflict.kind)
    return (entry or KINDS[ConflictKind.UNUSED]).instead.format(conflict=conflict.conflict_id)


def value_text(conflict: Conflict, side: Side) -> str:
    """Write the value of a side, in brackets if it is not a value."""
    if side.value is not None:
        return "(the row as it is published)" if not side.contributor and not conflict.field else side.value
    return "(blank)" if conflict.field else "(no row)"


def advice(conflict: Conflict) -> list[str]:
    """Give what to do about a conflict: the command, and on a second line its other options."""
    if not choices(conflict):
        return [how_else(conflict)]
    first, *others = options(conflict)
    lines = [f'depositary resolve {conflict.conflict_id} {first} --reason "…"']
    lines += [f"or with {', '.join(others)}"] if others else []
    # Errors in merged rows often have another conflict as their cause.
    return (
        [*lines, "(decide this last: it may disappear when others are decided)"] if is_constraint(conflict) else lines
    )

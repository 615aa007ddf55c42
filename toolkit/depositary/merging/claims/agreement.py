"""The result of a decision on a conflict, for comparing two decisions."""

from collections.abc import Callable, Hashable

from depositary.merging.claims.hashes import inputs_hash
from depositary.model.conflict import Conflict
from depositary.model.decision import Choice, Resolution
from depositary.model.kinds import is_of

NormalForm = Callable[[str | None], Hashable]  # gives the value by which a text of a cell is compared


def _as_it_is(text: str | None) -> Hashable:
    return text


def base(conflict: Conflict, form: NormalForm) -> str | None:
    """Give the value that was published in a cell when its conflict was listed.

    If rows were judged to be the same, the values of the others are sides too; the hash distinguishes them.
    """
    published = [side.value for side in conflict.sides if not side.contributor]
    for value in published:
        others = {form(side.value): side.value for side in conflict.sides if form(side.value) != form(value)}
        candidates = list(others.values())
        if conflict.inputs_hash in (inputs_hash(value, candidates), inputs_hash(value, [*candidates, value])):
            return value
    return published[0] if published else None


def outcome(conflict: Conflict, line: Resolution, current: str | None, form: NormalForm = _as_it_is) -> Hashable:
    """Give the result on which two deciders must agree: for a cell the value, however it was chosen.

    `current` is the published value of the cell. For a row that is not valid, keeping it differs from setting a cell.
    """
    if not (conflict.field and conflict.row_id) or is_of(conflict.kind, "constraint"):
        return line.choice, line.take_from or line.value
    if line.choice == Choice.BASE:
        return form(current)
    names = {side: (side.contributor, f"{side.contributor}:{side.batch}") for side in conflict.sides}
    taken = [side.value or "" for side in conflict.sides if line.take_from in names[side]]
    return form((min(taken, key=len) if line.choice == Choice.TAKE and taken else line.value) or None)

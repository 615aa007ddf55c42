"""Every kind of conflict: when it is listed, what the merge does, how it can be decided, what to do, and an example.

The examples are the golden cases in tests/cases/merge; the tests run them, and each gives exactly its kind.
docs/conflict-kinds.md and `depositary explain cell.edit_edit` are made of these entries; docs/merge-rules.md has the
exact rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from depositary.model.conflict import Status
from depositary.model.decision import Choice


class ConflictKind(StrEnum):
    """The kinds of conflict, as `conflicts.csv` names them; the part before the dot is the family."""

    EDIT_EDIT = "cell.edit_edit"
    FILL_FILL = "cell.fill_fill"
    EDIT_ERASE = "cell.edit_erase"
    SAME_VALUE = "cell.same_value"
    SET_UNION = "cell.set_union"
    LOWEST = "cell.lowest"
    PREFERRED = "cell.preferred"
    AUDIT_KEPT = "audit.kept"
    ROW_ADD_ADD = "row.add_add"
    ROW_EDIT_EDIT = "row.edit_edit"
    DELETE_EDIT = "row.delete_edit"
    DELETE_REFERENCED = "row.delete_referenced"
    KEY_REUSE = "row.key_reuse"
    MERGED_VALUES = "entity.merged_values"
    CONTRADICTION = "entity.contradiction"
    FORBIDDEN = "entity.forbidden"
    COLUMN_DROP_EDIT = "schema.column_drop_edit"
    TYPE_CLASH = "schema.type_clash"
    KEY_CHANGE = "schema.key_change"
    CONSTRAINT = "constraint"  # listed as `constraint.` and the rule or code that the merged rows break
    DISAGREE = "decision.disagree"
    STALE = "decision.stale"
    UNUSED = "decision.unused"
    WAITS = "decision.waits"


class TakeableSides(StrEnum):
    """Which sides of a conflict can be taken."""

    ANY = "any side"
    DROPPER = "a side that drops the column"
    PUBLISHED = "the published side, if there is one"


Sides = Mapping[str, str | None]


def family(kind: str) -> str:
    """Give the part before the dot of a kind."""
    return kind.partition(".")[0]


@dataclass(frozen=True, kw_only=True)
class KindEntry:
    """What is known of one kind of conflict.

    `messages` maps situations to the text in `conflicts.csv`; the usual situation has the name "". `choices` are those
    that `depositary resolve` offers; a value is offered only if the conflict is about one cell. `to_do` gives what to
    do, `instead` what to do if nothing can be chosen. `case` names a golden case, `place` (table, row, field) the
    conflict in it, and `sides` the value of each contributor there, None for a blank cell or no row; the published
    value has the name "".
    """

    kind: ConflictKind
    summary: str
    result: str
    messages: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    takes: TakeableSides = TakeableSides.ANY
    to_do: str = ""
    instead: str = ""
    status: Status = Status.OPEN
    case: str
    place: tuple[str, str, str]
    sides: Sides

    @property
    def name(self) -> str:
        """Write the kind as in documents."""
        return "constraint.…" if self.kind is ConflictKind.CONSTRAINT else self.kind.value

    @property
    def family(self) -> str:
        """Give the part before the dot."""
        return family(self.kind.value)

    @property
    def advice(self) -> str:
        """Give what to do, in sentences."""
        instead = self.instead.format(conflict="cfl-…")
        if self.to_do:
            return f"{self.to_do} If nothing can be chosen: {instead}." if instead else self.to_do
        return f"{instead[0].upper()}{instead[1:]}."


_ALL = (Choice.TAKE, Choice.BASE, Choice.VALUE)
_DECIDE = "Decide which value is right: depositary resolve."
_OVERRIDE = "Nothing has to be done. If another value is right, set it: depositary resolve."
_STAYS = "The published value stays. The claims are open."


def _cell(kind: ConflictKind, case: str, sides: Sides, summary: str, message: str) -> KindEntry:
    """Describe a kind that is about one cell and open until somebody decides it."""
    return KindEntry(
        kind=kind,
        summary=summary,
        result=_STAYS,
        messages={"": message},
        choices=_ALL,
        to_do=_DECIDE,
        case=case,
        place=("things", "x", "a"),
        sides=sides,
    )


def _auto(  # noqa: PLR0913 (an entry has that many properties)
    kind: ConflictKind, case: str, name: str, sides: Sides, summary: str, result: str, message: str
) -> KindEntry:
    """Describe a kind that merges automatically and is only listed."""
    return KindEntry(
        kind=kind,
        summary=summary,
        result=result,
        messages={"": message},
        choices=_ALL,
        to_do=_OVERRIDE,
        status=Status.AUTO,
        case=case,
        place=("things", "x", name),
        sides=sides,
    )


_CELLS = (
    _cell(
        ConflictKind.EDIT_EDIT,
        "edit-edit",
        {"": "1", "ctr-ann": "2", "ctr-ben": "3"},
        "Two contributions change one cell to different values. One of the two values may be published already.",
        "the cell is changed to different values",
    ),
    _cell(
        ConflictKind.FILL_FILL,
        "fill-fill",
        {"": None, "ctr-ann": "2", "ctr-ben": "3"},
        "The published cell is blank, and two contributions fill it with different values.",
        "the cell was blank and is filled with different values",
    ),
    _cell(
        ConflictKind.EDIT_ERASE,
        "edit-erase",
        {"": "1", "ctr-ann": None, "ctr-ben": "3"},
        "One contribution erases a cell, another gives it a value. One of the two changes may be published already.",
        "one side erases the cell, another gives it a value",
    ),
    _auto(
        ConflictKind.SAME_VALUE,
        "same-value",
        "size",
        {"": "1", "ctr-ann": "40", "ctr-ben": "40.0"},
        "Two contributions give a cell the same value in different spellings.",
        "The shortest spelling is published. All claims are accepted.",
        "the same value in different forms; the shortest is published",
    ),
    _auto(
        ConflictKind.SET_UNION,
        "set-union",
        "tags",
        {"": "p;q", "ctr-ann": "p;q;r", "ctr-ben": "p"},
        "Several contributions change the elements of a cell that holds a set.",
        "All added elements are added, and all removed elements are removed. All claims are accepted.",
        "the added and removed elements of all sides are combined",
    ),
    _auto(
        ConflictKind.LOWEST,
        "lowest",
        "state",
        {"": "draft", "ctr-ann": "reviewed", "ctr-ben": "final"},
        "Contributions give different values in a column of which the lowest value is taken, such as a status.",
        "The value that comes first in the order of the schema is published. The other claims are rejected.",
        "the lower of the values, {value}, is published",
    ),
    _auto(
        ConflictKind.PREFERRED,
        "preferred",
        "b",
        {"": "1", "ctr-ann": "2", "ctr-ben": "3"},
        "Contributions give different values, and the schema prefers some kinds of source.",
        "The value from the preferred kind of source is published. The other claims are rejected.",
        "the value from the preferred kind of source, {source_kind}, is published",
    ),
    _auto(
        ConflictKind.AUDIT_KEPT,
        "audit-kept",
        "seen",
        {"": "yes", "ctr-ann": "no"},
        "A contribution changes a cell about the work on a row, such as the day of a review.",
        "The row keeps its value. The claim is only in the provenance.",
        "the row keeps its value; the claim is only in the provenance",
    ),
)

_ROWS = (
    KindEntry(
        kind=ConflictKind.ROW_ADD_ADD,
        summary="Two contributions add one row, and a cell of it differs. If the schema merges a table row by row, "
        "the conflict is about the whole row.",
        result="If the cell may be blank, the row is published without it. Otherwise the row waits. The "
        "claims are open.",
        messages={
            "": "the row is new, and the cell is filled with different values",
            "by row": "the row is changed in different ways",
        },
        choices=_ALL,
        to_do=_DECIDE,
        case="add-add",
        place=("things", "n", "c"),
        sides={"ctr-ann": "2", "ctr-ben": "3"},
    ),
    KindEntry(
        kind=ConflictKind.ROW_EDIT_EDIT,
        summary="Two contributions change one row in different ways, in a table that the schema merges row by row. "
        "One of the two may be published already.",
        result="The published row stays. All claims on it are open.",
        messages={"by row": "the row is changed in different ways"},
        choices=(Choice.TAKE, Choice.BASE),
        to_do="Decide whose row is right: depositary resolve.",
        case="row-edit-edit",
        place=("wholes", "x", ""),
        sides={"ctr-ann": "a=2", "ctr-ben": "b=3"},
    ),
    KindEntry(
        kind=ConflictKind.DELETE_EDIT,
        summary="One contribution deletes a row, another changes it. One of the two changes may be published already.",
        result="The row stays as it is published; a row that is deleted already stays deleted. All claims on it are "
        "open.",
        messages={
            "": "one side deletes the row, another changes it",
            "edited": "the row is already deleted, and it is changed here",
            "changed": "the row is deleted here, and it was changed since the base",
        },
        choices=(Choice.TAKE, Choice.BASE),
        to_do="Decide whether the row is deleted: depositary resolve.",
        case="delete-edit",
        place=("things", "x", ""),
        sides={"ctr-ann": None, "ctr-ben": "a=3"},
    ),
    KindEntry(
        kind=ConflictKind.DELETE_REFERENCED,
        summary="A contribution deletes a row to which another row refers.",
        result="The row stays as long as another row refers to it. The deletion is open.",
        messages={"": "the row is deleted, but {referring} refers to it"},
        choices=(Choice.BASE,),
        to_do="Change or delete the rows that refer to it in a contribution; then the row is deleted. Or reject the "
        "deletion: depositary resolve.",
        case="delete-referenced",
        place=("things", "x", ""),
        sides={"ctr-ann": None},
    ),
    KindEntry(
        kind=ConflictKind.KEY_REUSE,
        summary="Two contributions add a row under one key, and most cells that both fill differ: it seems that they "
        "mean different things.",
        result="No row is published. All claims on it are open.",
        messages={
            "": "one key is used for rows that seem to be about different things",
            "since": "one key is used for rows that seem to be about different things; one was published since the "
            "base",
        },
        choices=(Choice.TAKE, Choice.BASE),
        to_do="Ask one of them to use another id. If both mean the same thing, decide whose row is right: depositary "
        "resolve.",
        case="key-reuse",
        place=("things", "n", ""),
        sides={"ctr-ann": "a=1; b=2; c=3", "ctr-ben": "a=4; b=5; c=6"},
    ),
)

_ENTITIES = (
    KindEntry(
        kind=ConflictKind.MERGED_VALUES,
        summary="Two rows were judged to be the same, and a cell of them differs.",
        result=_STAYS,
        messages={"": "the rows were judged to be the same, and their cells differ"},
        choices=_ALL,
        to_do="Decide which value is right: depositary resolve. If the rows are not the same, take the judgement back.",
        case="merged-values",
        place=("things", "x", "a"),
        sides={"": "1", "ctr-ann": "2"},
    ),
    KindEntry(
        kind=ConflictKind.CONTRADICTION,
        summary="Two rows were judged not to be the same, but other judgements together mean that they are the same.",
        result="None of these judgements is applied. The rows stay separate.",
        messages={
            "": "judged not to be the same, but other judgements together make them the same: {path}; undo one "
            "judgement"
        },
        instead="change one of the judgements in the file judgements/<who>.csv of the decisions",
        case="contradiction",
        place=("things", "x|z", ""),
        sides={"ctr-dan": "negative"},
    ),
    KindEntry(
        kind=ConflictKind.FORBIDDEN,
        summary="Two rows were judged to be the same, directly or through other rows, but they have different "
        "identifiers, or one of them is never the same as another row.",
        result="None of these judgements is applied. The rows stay separate.",
        messages={
            "": "{left} and {right} cannot be the same: {why}; but they are judged to be the same: {path}; undo one "
            "judgement, or contribute the right value if one is wrong"
        },
        instead="take one of the judgements back: depositary identity undo; if a value is wrong, contribute the right "
        "one and merge it before the rows are judged again",
        case="forbidden",
        place=("things", "x|z", ""),
        sides={"ctr-cleo": "positive", "ctr-dan": "positive"},
    ),
)

_SCHEMAS = (
    KindEntry(
        kind=ConflictKind.COLUMN_DROP_EDIT,
        summary="One contribution drops a column, another gives values in it. One of the two changes may be "
        "published already.",
        result="The column stays as it is published; a column that is dropped already stays dropped. Claims in it "
        "are open.",
        messages={
            "": "one side drops the column, another fills cells in it; the column stays",
            "dropped": "the column is no longer published, but there are claims for cells in it",
        },
        choices=(Choice.TAKE, Choice.BASE),
        takes=TakeableSides.DROPPER,
        to_do="Decide whether the column is dropped: depositary resolve.",
        case="column-drop-edit",
        place=("things", "", "c"),
        sides={"ctr-ann": None, "ctr-ben": "1 cell"},
    ),
    KindEntry(
        kind=ConflictKind.TYPE_CLASH,
        summary="A column is added with different types or constraints, or its type changed since a contribution was "
        "made.",
        result="A new column is not added, and a published one does not change. The claims that need the change are "
        "open.",
        messages={
            "": "the column is added with different types or constraints",
            "retyped": "the type of the column has changed since the base of the contribution",
        },
        choices=(Choice.TAKE, Choice.BASE),
        takes=TakeableSides.PUBLISHED,
        to_do="Decide how the column is described: depositary resolve. A published column keeps its type.",
        case="type-clash",
        place=("things", "", "d"),
        sides={"ctr-ann": '{"name":"d","type":"string"}', "ctr-ben": '{"name":"d","type":"integer"}'},
    ),
    KindEntry(
        kind=ConflictKind.KEY_CHANGE,
        summary="The primary key of a table changed since a contribution to the table was made.",
        result="No claim of the contribution on the table is merged.",
        messages={
            "": "the key of the table has changed since the base, so rows cannot be matched; no claim on it is merged"
        },
        choices=(Choice.BASE,),
        to_do="Ask for a contribution that is based on the published package. Or keep the published rows: "
        "depositary resolve.",
        case="key-change",
        place=("things", "", ""),
        sides={"": "id", "ctr-ann": "id|a"},
    ),
)

_OTHERS = (
    KindEntry(
        kind=ConflictKind.CONSTRAINT,
        summary="Each claim may be right alone, but the merged rows break a rule or constraint, which the kind names.",
        result="All claims on the row wait. The published row does not change.",
        choices=(Choice.BASE, Choice.VALUE),
        to_do="Reject the claims on one of the rows, or set the wrong cell to another value: depositary resolve.",
        instead="no single contribution causes it; correct the rows with a contribution",
        case="constraint",
        place=("things", "x", "code"),
        sides={"ctr-ann": "code=k"},
    ),
    KindEntry(
        kind=ConflictKind.DISAGREE,
        summary="Two people decide one thing in different ways, or decisions on one row contradict each other.",
        result="None of these decisions is applied. The conflict stays open.",
        messages={
            "": "people decided {conflict} in different ways; undo one of the decisions",
            "judgements": "people disagree whether {left} and {right} are the same; undo one of the judgements",
            "row": "its decision and that of {others} contradict each other; undo one of them",
        },
        instead="all deciders except one must take their decision back: depositary undo",
        case="disagree",
        place=("things", "x", "a"),
        sides={"ctr-cleo": "base", "ctr-dan": "take ctr-ann"},
    ),
    KindEntry(
        kind=ConflictKind.STALE,
        summary="A decision was made for other values than the conflict has now, or something of the conflict has been "
        "published since.",
        result="The decision is not applied.",
        messages={
            "": "decided for other values than the current ones; decide it again or undo the decision",
            "published": "another value has been published since, so this decision has no effect; contribute the "
            "right value, or undo the decision",
        },
        instead="decide {conflict} again, or take the decision back: depositary undo",
        status=Status.STALE,
        case="stale",
        place=("things", "x", "a"),
        sides={"ctr-cleo": "take ctr-ann"},
    ),
    KindEntry(
        kind=ConflictKind.UNUSED,
        summary="A decision is about a conflict that no longer exists.",
        result="The decision is not applied.",
        messages={"": "the conflict that it decides no longer exists"},
        instead="take the decision back if it is no longer needed: depositary undo {conflict}",
        status=Status.UNUSED,
        case="unused",
        place=("things", "x", "a"),
        sides={"ctr-cleo": "take ctr-ann"},
    ),
    KindEntry(
        kind=ConflictKind.WAITS,
        summary="A decision is about a contribution that was set aside, because it is not valid.",
        result="The row stays as it is published until the contribution is corrected.",
        messages={"": "the decision cannot be applied as long as contributions wait; the row does not change"},
        instead="correct the contributions that wait and run depositary merge again",
        case="waits",
        place=("things", "x", "a"),
        sides={"ctr-cleo": "take ctr-ann"},
    ),
)

KINDS: Mapping[str, KindEntry] = {
    entry.kind.value: entry for entry in (*_CELLS, *_ROWS, *_ENTITIES, *_SCHEMAS, *_OTHERS)
}
FAMILIES = tuple(sorted({entry.family for entry in KINDS.values()}))


def entry_of(kind: str) -> KindEntry | None:
    """Give the entry of a kind, also of `constraint.R34`; None, if there is no such kind."""
    return KINDS[ConflictKind.CONSTRAINT] if is_of(kind, "constraint") else KINDS.get(kind)


def is_of(kind: str, name: str) -> bool:
    """Return whether a kind belongs to a family."""
    return family(kind) == name


def constraint(rule: str) -> str:
    """Name the kind of conflict for a rule or code that the merged rows break."""
    return f"{ConflictKind.CONSTRAINT.value}.{rule}"


def message(kind: ConflictKind, situation: str = "", **values: str) -> str:
    """Write the message for `conflicts.csv`, for a kind and a situation that its entry names."""
    return KINDS[kind].messages[situation].format(**values)

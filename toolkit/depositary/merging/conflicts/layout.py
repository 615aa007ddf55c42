"""The names of the columns of a worksheet, and the words for choices."""

from depositary.model.decision import Choice

KEEP, OTHER = Choice.BASE.value, Choice.VALUE.value
PUBLISHED = "published"
ABOUT = ("conflict_id", "kind", "table", "row_id", "field", KEEP)
EXPLANATIONS = (
    "message",
    "row_label",
    "labels",
    "sources",
)  # they may change without a new decision
FILLED = ("choice", "value", "reason")
HASH = "inputs_hash"  # identifies the values that are in conflict
TAKEN = frozenset({KEEP, OTHER, PUBLISHED, *ABOUT, *EXPLANATIONS, *FILLED, HASH})  # names that a side cannot have

"""What the columns of a worksheet are called, and the words that choose."""

from depositary.model.decision import Choice

KEEP, OTHER = Choice.BASE.value, Choice.VALUE.value
PUBLISHED = "published"
ABOUT = ("conflict_id", "kind", "table", "row_id", "field", KEEP)
TOLD = ("message", "row_label", "labels", "sources")  # what explains a line, and may change without a new decision
FILLED = ("choice", "value", "reason")
HASH = "inputs_hash"  # by which the values that are in conflict are known again
TAKEN = frozenset({KEEP, OTHER, PUBLISHED, *ABOUT, *TOLD, *FILLED, HASH})  # names that no side can have

"""Short names made of what a thing is: ids of conflicts, hashes of their inputs, minted ids."""

import base64
import hashlib
import json
from collections.abc import Sequence

from depositary.model.kinds import Kind, is_of


def short_hash(parts: Sequence[str | None], length: int) -> str:
    """Give so many characters of a hash of some texts; None is not the empty text.

    They are of a to z and 2 to 7, and 16 at most.
    """
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=10).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def conflict_id(family: str, table: str, row_id: str, field: str) -> str:
    """Name a conflict by its place; the family is cell, row, reference, schema, type, constraint, entity or audit."""
    return f"cfl-{short_hash((family, table, row_id, field), 12)}"


def disagreement_id(decided: str, kind: str, table: str, row_id: str, field: str) -> str:
    """Name the conflict about decisions on a conflict, of which id and kind are given.

    Where a place can have two, that of the second is named by the kind as well.
    """
    second = is_of(kind, "constraint") or kind == Kind.DELETE_REFERENCED
    second = second or decided == conflict_id("type", table, row_id, field)
    return conflict_id(f"decision.{kind}" if second else "decision", table, row_id, field)


def inputs_hash(current: str | None, candidates: Sequence[str | None]) -> str:
    """Give a hash of what a decision is about: the current value and the candidates, in whatever order."""
    ordered = sorted(candidates, key=lambda text: (text is not None, text or ""))
    return short_hash([current, *ordered], 12)

"""Short names made from content: ids of conflicts, hashes of their inputs, minted ids."""

import base64
import hashlib
import json
from collections.abc import Sequence

from depositary.model.kinds import ConflictKind, is_of


def short_hash(parts: Sequence[str | None], length: int) -> str:
    """Give the first characters of a hash of some texts; None differs from the empty text.

    The characters are a to z and 2 to 7; at most 16 are given.
    """
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=10).digest()
    return base64.b32encode(digest).decode().lower()[:length]


def conflict_id(family: str, table: str, row_id: str, field: str) -> str:
    """Make the id of a conflict from its place; the family is, for example, cell, row, schema or entity."""
    return f"cfl-{short_hash((family, table, row_id, field), 12)}"


def disagreement_id(decided: str, kind: str, table: str, row_id: str, field: str) -> str:
    """Make the id of the conflict about decisions on another conflict.

    If a place can have two such conflicts, the kind is a part of the id of the second one.
    """
    second = is_of(kind, "constraint") or kind == ConflictKind.DELETE_REFERENCED
    second = second or decided == conflict_id("type", table, row_id, field)
    return conflict_id(f"decision.{kind}" if second else "decision", table, row_id, field)


def inputs_hash(current: str | None, candidates: Sequence[str | None]) -> str:
    """Give a hash of the inputs of a decision: the current value and the candidates, in any order."""
    ordered = sorted(candidates, key=lambda text: (text is not None, text or ""))
    return short_hash([current, *ordered], 12)

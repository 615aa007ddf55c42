"""The id of a record: the text of its key."""

from collections.abc import Iterable


def record_id(key: Iterable[object]) -> str:
    r"""Join the values of a key in key order with `|`; `|` and `\` in a value are escaped."""
    return "|".join(str(value).replace("\\", "\\\\").replace("|", "\\|") for value in key)


def key_of(name: str) -> tuple[str, ...]:
    """Split the id of a record into the values of its key."""
    parts, escaped = [""], False
    for character in name:
        if escaped or character not in "|\\":
            parts[-1] += character
            escaped = False
        elif character == "|":
            parts.append("")
        else:
            escaped = True
    return tuple(parts)

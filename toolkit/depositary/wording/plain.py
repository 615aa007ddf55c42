"""Values and counts in the form for messages."""

_SHOWN = 80  # characters of a value that a message quotes


def shown(value: object) -> str:
    """Quote a value for a message: on one line and not too long."""
    text = " ".join(str(value).split())
    return f'"{text[:_SHOWN]}…"' if len(text) > _SHOWN else f'"{text}"'


def number(count: int, what: str) -> str:
    """Write a count with its noun, in singular or plural."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def sentences(first: str, *others: str) -> str:
    """Write sentences behind each other: the first after a name and a colon, the others with a capital letter."""
    parts = [first, *(f"{other[:1].upper()}{other[1:]}" for other in others)]
    return " ".join(part if part.endswith(("?", "!")) else f"{part.rstrip('.')}." for part in parts if part)


def at_release(count: int) -> str:
    """Say how many warnings stop a release."""
    return f"{number(count, 'warning')} {'is an error' if count == 1 else 'are errors'} before a release."

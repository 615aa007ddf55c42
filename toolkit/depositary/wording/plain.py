"""Values, counts and sentences, as messages write them."""

_SHOWN = 80  # characters of a value that a message repeats


def shown(value: object) -> str:
    """Quote a value as a message repeats it: on one line and not too long."""
    text = " ".join(str(value).split())
    return f'"{text[:_SHOWN]}…"' if len(text) > _SHOWN else f'"{text}"'


def number(count: int, what: str) -> str:
    """Count things in words."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"

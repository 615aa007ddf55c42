"""Names and texts as SQL; nothing else of what a stranger wrote gets into a statement."""


def quoted(*names: str) -> str:
    """Quote the parts of a name for SQL."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"

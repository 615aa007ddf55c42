"""Quote names and texts for SQL; nothing else from a stranger gets into a statement."""


def quoted(*names: str) -> str:
    """Quote the parts of a name for SQL."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"

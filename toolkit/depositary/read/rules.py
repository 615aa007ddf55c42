"""Reading rule files."""

from pathlib import Path
from typing import Any

import yaml

from depositary.errors import DocumentError
from depositary.read.documents import read_text

RULES = "rules"  # the descriptor's list of rule files
RULES_OFF = "rulesOff"  # and of the rules that the package does without


def read_rules(path: Path) -> dict[str, Any]:
    """Read a rule file as it stands.

    Raises:
        NotFoundError: there is no such file.
        DocumentError: it is no YAML in UTF-8, or uses YAML's anchors, by which a small file can explode.
    """
    text = read_text(path)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_LOADER)):
            raise DocumentError(f"{path}: it uses an alias (`*name`); write the value out.")
        document = yaml.load(text, Loader=_LOADER)  # noqa: S506 (both loaders are the safe ones)
    except yaml.YAMLError as error:
        raise DocumentError(f"{path}: not YAML: {_where(error)}.") from error
    except RecursionError as error:
        raise DocumentError(f"{path}: nested too deeply for a rule file.") from error
    except ValueError as error:  # such as a date that is not in the calendar
        raise DocumentError(f"{path}: a value cannot be read: {error}. Put it in quotes.") from error
    if not isinstance(document, dict):
        raise DocumentError(f"{path}: a list under `rules:` was expected.")
    return document


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{problem} at line {mark.line + 1}, column {mark.column + 1}" if mark else str(problem)

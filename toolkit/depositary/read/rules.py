"""Read rule files."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from depositary.errors import DocumentError
from depositary.read.documents import read_text

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 20  # nested lists and mappings; a rule file has five levels
_SHOWN = 60  # characters of a name that a message quotes
_LARGEST = 10**38  # larger than any number in a table


def read_rules(path: Path) -> dict[str, Any]:
    """Read a rule file without interpreting it.

    Raises:
        NotFoundError: there is no such file.
        DocumentError: it is not YAML in UTF-8, or it uses features that can do harm, such as aliases and tags.
    """
    text = read_text(path)
    try:
        document = _plain(text)
    except yaml.YAMLError as error:
        raise DocumentError(f"{path}: not YAML: {_where(error)}.") from error
    except _UnfitError as error:
        raise DocumentError(f"{path}: {error}") from error
    if not isinstance(document, dict):
        raise DocumentError(f"{path}: there is no list under `rules:`. Write the rules as a list.")
    return document


@lru_cache(maxsize=64)
def _plain(text: str) -> object:
    _only_plain(text)
    return _load(text)


class _UnfitError(Exception):
    """Raised for YAML that rule files may not have."""

    def __init__(self, what: str, mark: Any, remedy: str) -> None:  # noqa: ANN401 (marks come untyped)
        super().__init__(f"{what} at line {mark.line + 1}, column {mark.column + 1}; {remedy}.")


def _only_plain(text: str) -> None:
    """Refuse YAML that can take too much memory or time, before any objects are built from it."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise _UnfitError("it uses an alias (`*name`)", event.start_mark, "write the whole value")
        if getattr(event, "tag", None):
            raise _UnfitError("it uses a tag (`!!name`)", event.start_mark, "write the value without it")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _UnfitError("it is nested too deeply", event.start_mark, "a rule file has five levels")


def _load(text: str) -> object:
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        _judge(node, loader)
        return loader.construct_document(node) if node else None
    finally:
        loader.dispose()


def _judge(node: yaml.Node | None, loader: Any) -> None:  # noqa: ANN401 (one of the safe loaders)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise _UnfitError("a name is expected", key.start_mark, "put it in quotes")
            if key.value in seen:
                raise _UnfitError(f"`{key.value[:_SHOWN]}` is there twice", key.start_mark, "remove one of them")
            seen.add(key.value)
            _judge(value, loader)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _judge(value, loader)
    elif node is not None:
        _judge_value(node, loader)


def _judge_value(node: yaml.Node, loader: Any) -> None:  # noqa: ANN401
    try:
        value = loader.construct_object(node)
    except ValueError as error:  # for example a date that does not exist
        raise _UnfitError(f"a value cannot be read ({error})", node.start_mark, "put it in quotes") from error
    if isinstance(value, int) and abs(value) >= _LARGEST:
        raise _UnfitError("a number is too long", node.start_mark, "put it in quotes")


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{problem} at line {mark.line + 1}, column {mark.column + 1}" if mark else str(problem)

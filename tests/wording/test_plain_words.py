"""Texts for people are in plain English: findings, conflicts and errors do not use words that hide the meaning."""

import ast
import re
from collections.abc import Iterator

from conftest import ROOT

from depositary import errors
from depositary.model.codes import CODES
from depositary.model.kinds import KINDS

# "is no code of countries" is written as "is not a code in countries"; values are given, and errors are fixed.
HIDING = re.compile(
    r"\b(?:is|are) no (?:code|column|table|row|field|value|kind|status)\b"
    r"|\bstands? (?:for|there)\b|\bmend|\btold\b|\bat hand\b|\bsomebody else's\b"
)


def texts() -> Iterator[tuple[str, str]]:
    """Give the texts of all codes, kinds of conflict and errors, with their names."""
    for code in CODES.values():
        yield from ((code.name, text) for text in (code.title, code.meaning, code.fix))
    for kind in KINDS.values():
        yield from ((kind.name, text) for text in (kind.summary, kind.result, kind.advice, *kind.messages.values()))
    for name in errors.__all__:
        yield name, getattr(errors, name).__doc__ or ""


def test_no_text_hides_its_meaning():
    assert [(name, text) for name, text in texts() if HIDING.search(text)] == []


def unused(source: str) -> list[int]:
    """Give the lines of texts that are neither used nor documentation, as where a `return` was lost."""
    tree = ast.parse(source)
    documented = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    documentation = {node.body[0].lineno for node in documented if node.body}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Expr) and _is_text(node.value))
    return [node.lineno for node in texts if node.lineno not in documentation]


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))


def test_a_text_that_nothing_uses_is_found():
    assert unused('def f(x):\n    """Doc."""\n    if x:\n        f"{x} is lost"\n    return ""\n') == [4]


def test_every_text_is_used():
    sources = sorted((ROOT / "toolkit").rglob("*.py"))
    assert [(str(file), at) for file in sources for at in unused(file.read_text(encoding="utf-8"))] == []

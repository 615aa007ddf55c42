"""Every text in words.toml is used, and every text that a page gives to its scripts is read there."""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from conftest import ROOT

import depositary

TOOLKIT = Path(depositary.__file__).parent
SITE = TOOLKIT / "site"
ANY = "*"  # a key that is only known when a page is made

BY_CODE = {"stances", "course.does", "verdicts", "formats", "constraints", "dictionary.types", "origin.status",
           "passage.support", "ways", "nav"}  # fmt: skip
LEVELS = ("error", "warning")  # of a rule
CODEBOOK = ("include", "exclude")  # parts of the meaning of a code

Path_ = tuple[str, ...]


def _leaves(of: Mapping[str, object], before: Path_ = ()) -> Iterator[Path_]:
    for key, value in of.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*before, key))
        else:
            yield (*before, key)


@cache
def _constants(file: Path) -> set[str]:
    """Give the texts in a file of the program, a template or a schema that can be keys."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        return {
            one.value
            for one in ast.walk(ast.parse(text))
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        }
    return set(re.findall(r"'(\w+)'" if file.suffix == ".html" else r'"value": "(\w+)"', text))


def _codes() -> set[str]:
    """Give the keys that parts by codes can have: constants of the program, and codes of the package."""
    program = [file for room in ("model", "exporting", "site") for file in (TOOLKIT / room).rglob("*.py")]
    files = [*program, *(ROOT / "schemas" / "tables").glob("*.json")]
    return {key for file in files for key in _constants(file)}


class _Uses(ast.NodeVisitor):
    """The places of one file at which it takes texts."""

    def __init__(self) -> None:
        self.found: set[Path_] = set()
        self._names: dict[str, set[Path_]] = {}
        self._skipped: set[ast.expr] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        names, self._names = self._names, dict(self._names)
        for one in ast.walk(node):
            if isinstance(one, ast.Assign | ast.AnnAssign) and one.value:
                self._name(one.targets[0] if isinstance(one, ast.Assign) else one.target, one.value)
        super().generic_visit(node)
        self._names = names

    def _name(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=True):
                self._name(one, other)
        elif isinstance(target, ast.Name) and (paths := self._paths(value)):
            self._names.setdefault(target.id, set()).update(paths)
            self._skipped.add(value)

    def _paths(self, node: ast.expr) -> set[Path_]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "words":
            return {()}
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            return self._names.get(node.id, set())
        if isinstance(node, ast.Attribute):
            return {one if node.attr == "texts" else (*one, ANY if node.attr == "get" else node.attr)
                    for one in self._paths(node.value)}  # fmt: skip
        if isinstance(node, ast.Subscript):
            key = node.slice.value if isinstance(node.slice, ast.Constant) else ANY
            return {(*one, str(key)) for one in self._paths(node.value)}
        return set()

    def generic_visit(self, node: ast.AST) -> None:
        paths = self._paths(node) if isinstance(node, ast.expr) else set()
        if not paths:
            super().generic_visit(node)
        elif node not in self._skipped:
            self.found |= paths


def _uses() -> Iterator[tuple[Path, Path_]]:
    for file in SITE.rglob("*.py"):
        if file.name != "words.py":
            uses = _Uses()
            uses.visit(ast.parse(file.read_text(encoding="utf-8")))
            yield from ((file, one) for one in uses.found if one)
    yield SITE / "words.py", ("list_of",)
    for file in (SITE / "templates").iterdir():
        for used in re.findall(r"\bwords((?:\.\w+|\[[^\]]+\])+)", file.read_text(encoding="utf-8")):
            parts = re.findall(r"\['(\w+)'\]|(\[[^\]]+\])|\.(\w+)", used)
            yield file, tuple(ANY if chosen else quoted or name for quoted, chosen, name in parts)


def test_every_text_is_used():
    codes = _codes()
    uses = {}
    for file, use in _uses():
        keys = codes if ".".join(use[: use.index(ANY)] if ANY in use else ()) in BY_CODE else _constants(file)
        uses.setdefault(use, set()).update(keys if ANY in use else ())

    def is_used(leaf: Path_) -> bool:
        return any(
            all(part == key or (part == ANY and key in keys) for part, key in zip(use, leaf, strict=False))
            for use, keys in uses.items()
        )

    uses |= {("dictionary", key): set() for key in (*LEVELS, *CODEBOOK)}
    leaves = _leaves(tomllib.loads((SITE / "words.toml").read_text(encoding="utf-8")))
    assert [".".join(leaf) for leaf in leaves if not is_used(leaf)] == []


def test_every_text_of_a_page_for_its_scripts_is_read():
    texts = [file.read_text(encoding="utf-8") for file in (SITE / "templates").iterdir()]
    given = {name for text in texts for name in re.findall(r'\bdata-([a-z-]+)="', text)}
    read = ""
    for file in ("site.js", "table.js", "site.css"):
        read += (SITE / "assets" / file).read_text(encoding="utf-8")
    unread = []
    for name in sorted(given):
        called = re.sub(r"-(.)", lambda found: found[1].upper(), name)
        if not re.search(rf"(dataset|words)\.{called}\b|\{{ {called} \}} = \w+\.dataset|data-{name}\b", read):
            unread.append(name)
    assert unread == []

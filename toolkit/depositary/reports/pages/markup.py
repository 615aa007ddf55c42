"""HTML that is escaped by construction: text becomes markup only here."""

from collections.abc import Iterable
from html import escape

from depositary.visible import visible


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


_EMPTY = {"input", "meta", "wbr"}


def element(name: str, /, *content: "str | Iterable[str]", **attributes: "str | int | bool | None") -> Markup:
    """Make an element; text in it is escaped, markup is not.

    Attributes that are None or False are left out; `class_` is `class`, `data_x` is `data-x`.
    """
    given = ((key, value) for key, value in attributes.items() if value is not None and value is not False)
    written = "".join(_attribute(key, value) for key, value in given)
    inner = "".join(map(_inner, content))
    return Markup(f"<{name}{written}>" if name in _EMPTY else f"<{name}{written}>{inner}</{name}>")


def text(value: str) -> Markup:
    """Escape a text, with invisible characters written out."""
    return Markup(escape(visible(value)))


def join(parts: Iterable[str]) -> Markup:
    """Join texts and markup."""
    return Markup("".join(map(_inner, parts)))


def _inner(content: "str | Iterable[str]") -> str:
    if isinstance(content, Markup):
        return content
    return text(content) if isinstance(content, str) else join(content)


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'

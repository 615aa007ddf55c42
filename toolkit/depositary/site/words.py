"""The English texts of the pages, which are all in words.toml."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


class Words:
    """A part of the texts; its entries are attributes."""

    def __init__(self, name: str, entries: dict[str, Any]) -> None:
        self._name = name
        self._entries = entries

    def __getattr__(self, key: str) -> Any:  # noqa: ANN401 (a text, or a part with texts)
        try:
            found = self._entries[key]
        except KeyError:
            raise AttributeError(f"words.toml has no text {self._name}{key}") from None
        return Words(f"{self._name}{key}.", found) if isinstance(found, dict) else found

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 (as above)
        return getattr(self, key)

    def get(self, key: str, default: str = "") -> str:
        """Give a text by a key that a package gives, or the default."""
        found = self._entries.get(key, default)
        return found if isinstance(found, str) else default

    @property
    def texts(self) -> dict[str, Any]:
        """Give all texts of this part, for a script."""
        return dict(self._entries)


@cache
def words() -> Words:
    """Read the texts."""
    text = files("depositary.site").joinpath("words.toml").read_text(encoding="utf-8")
    return Words("", tomllib.loads(text))


def say(text: str, /, **values: object) -> str:
    """Fill the places of a text; numbers get separators of thousands."""
    return text.format(**{name: f"{v:,}" if isinstance(v, int) else v for name, v in values.items()})


def count(texts: Words, number: int, /, **values: object) -> str:
    """Fill the text for one or for many."""
    return say(texts.one if number == 1 else texts.many, n=number, **values)


def listed(parts: list[str]) -> str:
    """Join parts as a list in a sentence."""
    if len(parts) <= 1:
        return "".join(parts)
    return say(words().list_of, first=", ".join(parts[:-1]), last=parts[-1])

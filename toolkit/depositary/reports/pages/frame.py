"""The frame of every HTML page: one file that needs nothing else and may load nothing."""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from string import Template

from depositary.reports.pages.markup import Markup, element, join, text
from depositary.version import __version__

_HERE = "depositary.reports.pages"


def framed(title: str, parts: Iterable[Markup], style: str, script: str = "") -> str:
    """Write a page from its parts; the style comes after the one that all pages share."""
    style = asset(_HERE, "base.css") + style
    filled = Template(asset(_HERE, "base.html")).substitute(
        policy=text(_policy(style, script)),
        title=text(title),
        style=style,
        body=join(parts),
        script=f"<script>{script}</script>\n" if script else "",
    )
    return filled.encode("utf-8", "backslashreplace").decode()


@cache
def asset(package: str, name: str) -> str:
    """Give the text of a file in the folder `assets` of a package."""
    return files(package).joinpath("assets", name).read_text(encoding="utf-8")


def skip_link(words: str, anchor: str = "main") -> Markup:
    """Make the link that skips the head; it is visible when it has the keyboard focus."""
    return element("a", words, class_="skip", href=f"#{anchor}")


def footer(note: str = "") -> Markup:
    """Name the program that wrote the page."""
    return element("footer", element("p", f"Written by depositary {__version__}.{note}"))


def _policy(style: str, script: str) -> str:
    scripts = f"script-src '{_digest(script)}'; " if script else ""
    return f"default-src 'none'; style-src '{_digest(style)}'; {scripts}base-uri 'none'; form-action 'none'"


def _digest(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"

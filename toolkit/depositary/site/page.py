"""A page before it is printed: where it lies, its template, and what that shows."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Page:
    """A page of the site.

    `path` is its address in the site, `section` the entry of the navigation that it belongs to, and `data` what its
    template shows, as `page`. `trail` leads to it from its section. `scripts` are the assets that it needs besides
    those of all pages. `kind` and `find` are for the search: the kind of page, and further words that find it.
    """

    path: str
    template: str
    title: str
    section: str
    data: Any = field(repr=False)
    description: str = ""
    trail: tuple[tuple[str, str], ...] = ()
    scripts: tuple[str, ...] = ()
    kind: str = ""
    find: str = ""

"""Version numbers of releases, and how large a change is."""

import re
from enum import IntEnum
from typing import NamedTuple, Self

_NUMBER = r"(0|[1-9][0-9]{0,8})"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")


class Size(IntEnum):
    """How large a change is for somebody who uses the tables."""

    PATCH = 0
    MINOR = 1
    MAJOR = 2

    @property
    def label(self) -> str:
        """Give its name in a text."""
        return self.name.lower()


class Version(NamedTuple):
    """A version number of three parts, as 1.4.0; earlier versions sort first."""

    major: int
    minor: int
    patch: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read a version; None if the text is not one, such as 1.0 or v1.0.0."""
        parts = _VERSION.fullmatch(text)
        return cls(*map(int, parts.groups())) if parts else None

    def after(self, size: Size) -> "Version":
        """Give the first version after a change of this size (semver.org, clauses 6 to 8)."""
        if size is Size.MAJOR:
            return Version(self.major + 1, 0, 0)
        if size is Size.MINOR:
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)

    def __str__(self) -> str:
        """Write it as 1.4.0."""
        return f"{self.major}.{self.minor}.{self.patch}"

"""A rule: what the rows of a package must be like beyond types, keys and references."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from depositary.model.finding import Level

RULES = "rules"  # the descriptor's list of rule files
RULES_OFF = "rulesOff"  # and of the rules that the package does without

Rows = Mapping[str, Sequence[Mapping[str, Any]]]  # table → rows, as an example gives them


class Need(StrEnum):
    """What has to be at hand before a rule can be judged, beyond the tables it reads."""

    PACKAGE = "package"  # a whole package, not a contribution or a single file
    PREVIOUS = "previous"  # an earlier release
    SNAPSHOTS = "snapshots"  # the texts that were coded


@dataclass(frozen=True)
class Label:
    """Which findings of the structure a rule names, instead of adding its own.

    `edtf` narrows them to columns of dates of the world, `fields` to those it names.
    """

    code: str
    fields: tuple[str, ...] = ()
    edtf: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, in one of four forms.

    `holds` is an SQL expression that is not false for any row of `tables` (for which `when` is true); with `fields`
    it is asked of each of these columns, as `cell`. `query` selects what breaks the rule: a column named like a table
    holds the number of the row that takes part, or a list of them. `check` names a function of check/rules/named.py.
    `labels` gives the rule's name to findings that are made anyway; it may stand beside the others.
    `at_release` is the level before a release, where it is another.
    """

    id: str
    level: Level
    says: str
    tables: tuple[str, ...]
    message: str
    hint: str
    reason: str
    when: str = ""
    holds: str = ""
    query: str = ""
    check: str = ""
    labels: tuple[Label, ...] = ()
    fields: tuple[str, ...] = ()
    place: str = ""
    needs: tuple[Need, ...] = ()
    at_release: Level | None = None
    good: Rows = field(default_factory=dict, repr=False, compare=False)
    bad: Rows = field(default_factory=dict, repr=False, compare=False)
    file: str = ""

    @property
    def number(self) -> str:
        """Give the rule's number without the letter that tells its parts apart: R20 for R20b."""
        found = re.match(r"[A-Za-z]*[0-9]+", self.id)
        return found[0] if found else self.id


@dataclass(frozen=True)
class RuleOptions:
    """What is asked of the rules; `as_of` is the day that counts as today, by default the current one in UTC."""

    rules: bool = True
    select: Sequence[str] = ()
    as_of: date | None = None
    release: bool = False
    previous: Path | None = None
    snapshots: Path | None = None

    def concerns(self, descriptor: Mapping[str, Any]) -> bool:
        """Return whether there is anything to judge or to say: a package that names no rules has none."""
        return self.rules and bool(self.select or {RULES, RULES_OFF} & set(descriptor))

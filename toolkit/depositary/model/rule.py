"""A rule: a check of a package beyond types, constraints, keys and references."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from depositary.model.finding import Level

RULES = "rules"  # the descriptor's list of rule files
RULES_OFF = "rulesOff"  # the descriptor's list of rules that the package switches off

Rows = Mapping[str, Sequence[Mapping[str, Any]]]  # table → rows, as in an example


class Need(StrEnum):
    """What a rule needs besides the tables that it reads."""

    PACKAGE = "package"  # a whole package, not a contribution or a single file
    PREVIOUS = "previous"  # an earlier release
    SNAPSHOTS = "snapshots"  # the texts that were coded


@dataclass(frozen=True)
class Label:
    """The findings of other checks that get a rule's id; the rule adds no findings of its own.

    `edtf` limits them to columns of EDTF dates, `fields` to the named columns.
    """

    code: str
    fields: tuple[str, ...] = ()
    edtf: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, in one of four forms.

    `holds` is an SQL expression that must not be false for any row of `tables` (for which `when` is true); with
    `fields` it is evaluated for each of these columns, as `cell`. `query` selects what breaks the rule: a column with
    the name of a table has the number of the row that takes part, or a list of them. `check` names a function in
    check/rules/named.py. `labels` gives the rule's id to findings that other checks make; it may be combined with the
    others. `at_release` is the level before a release, if it differs.
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
        """Give the rule's number without the letter of its part: R20 for R20b."""
        found = re.match(r"[A-Za-z]*[0-9]+", self.id)
        return found[0] if found else self.id


@dataclass(frozen=True)
class RuleOptions:
    """Options for the rules; `as_of` is the day that counts as today, by default the current one in UTC."""

    rules: bool = True
    select: Sequence[str] = ()
    as_of: date | None = None
    release: bool = False
    previous: Path | None = None
    snapshots: Path | None = None

    def concerns(self, descriptor: Mapping[str, Any]) -> bool:
        """Return whether there is anything to check or to report: a package that names no rules has none."""
        return self.rules and bool(self.select or {RULES, RULES_OFF} & set(descriptor))

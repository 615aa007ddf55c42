"""Judging the manifest of a contribution."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from depositary.check.documents.descriptor import finding
from depositary.check.documents.document_schema import violations
from depositary.check.lanes.references import Parents
from depositary.model.codes import CODES
from depositary.model.finding import Finding
from depositary.model.package import Mode, Package
from depositary.read.bases import package_hash
from depositary.read.contribution import MANIFEST
from depositary.wording.suggest import suggest

_CONTRIBUTORS, _CONTRIBUTOR_ID = "contributors", "contributor_id"


def manifest(document: Mapping[str, Any]) -> list[Finding]:
    """Judge a manifest by its JSON Schema, in words."""
    return [
        finding("manifest-error", v.message, v.hint, file=MANIFEST)
        for v in violations(document, "contribution", "the manifest")
    ]


def contributor(name: str, parents: Parents) -> list[Finding]:
    """Find out whether the contributor of a manifest is in the table of contributors, where there is one."""
    if not name or not parents.files.get(_CONTRIBUTORS):
        return []
    known = parents.keys(_CONTRIBUTORS, (_CONTRIBUTOR_ID,))
    if known.reason or (name,) in known.keys:
        return []  # a table that cannot be read is said to be one where it is judged
    hint = suggest(name, parents.names(_CONTRIBUTORS, _CONTRIBUTOR_ID))
    message = f"contributor is {name!r}, who is not in the table contributors"
    hint = hint or "add yourself in a contributors.csv of this contribution"
    return [finding("manifest-error", message, hint, file=MANIFEST)]


def base(document: Mapping[str, Any], package: Package) -> list[Finding]:
    """Compare the base that a manifest names with the package at hand."""
    named = document["base"]
    if named["package"] != package.name:
        message = f"the contribution is to {named['package']!r}, the package at hand is {package.name!r}"
        return [finding("manifest-error", message, "name the right package with --base", file=MANIFEST)]
    if named.get("current"):
        return [] if document["mode"] == Mode.PATCH else [_only_for_patches()]
    hint = "to merge it, keep the package it was made against among the bases"
    if document["mode"] == Mode.PATCH:
        hint += ", or write `current = true` under [base] if it is meant for what is published now"
    if named["version"] != package.version:
        message = f"made against version {named['version']}, the package at hand is {package.version}"
        return [_another_base(message, hint)]
    if "hash" in named and package.version and named["hash"] != (found := package_hash(package)):
        message = f"made against another state of version {package.version}: the package at hand has the hash {found}"
        return [_another_base(message, hint)]
    return []


def _only_for_patches() -> Finding:
    message = "base.current is true, but a snapshot is always compared with the package it was made against"
    return finding("manifest-error", message, "take `current` out, or make a patch", file=MANIFEST)


def no_rows(rows: Sequence[int | None]) -> Iterator[Finding]:
    """Warn of a contribution whose tables were all read, and have no rows; None is the count of one that was not."""
    if rows and not any(count is None or count for count in rows):
        which = "its table has" if len(rows) == 1 else f"its {len(rows):,} tables have"
        message = f"{which} no rows, so the contribution changes nothing"
        yield _warning("no-rows", message, "add the rows, and save the file that has them")


def _another_base(message: str, hint: str) -> Finding:
    return _warning("base-version", message, hint)


def _warning(name: str, message: str, hint: str) -> Finding:
    code = CODES[name]
    return Finding(
        code=code.name,
        level="warning",
        table="",
        file=MANIFEST,
        message=message,
        hint=hint,
        reference={"type": code.reference, "note": message},
    )

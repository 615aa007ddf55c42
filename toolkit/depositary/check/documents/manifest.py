"""Check the manifest of a contribution."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from depositary.check.documents.descriptor import finding
from depositary.check.documents.document_schema import violations
from depositary.check.lanes.references import Parents
from depositary.model.codes import CODES
from depositary.model.finding import Finding
from depositary.model.package import MANIFEST, Mode, Package
from depositary.read.bases import package_hash
from depositary.wording.suggest import suggest

_CONTRIBUTORS, _CONTRIBUTOR_ID = "contributors", "contributor_id"


def manifest(document: Mapping[str, Any]) -> list[Finding]:
    """Check a manifest with its JSON Schema."""
    return [
        finding("manifest-error", v.message, v.hint, file=MANIFEST)
        for v in violations(document, "contribution", "the manifest")
    ]


def drafted(contributor: str, package: Package, role: str = "coder", license_name: str = "") -> dict[str, Any]:
    """Write the manifest of a patch for a package in its present state.

    Args:
        contributor: the id of the contributor.
        package: the package that the patch is for.
        role: the role of the contributor.
        license_name: the SPDX name of the licence of the rows; by default the first one of the package.
    """
    entries = package.descriptor.get("licenses") or ()
    names = (str(one["name"]) for one in entries if isinstance(one, Mapping) and one.get("name"))
    return {
        "contributor": contributor,
        "mode": Mode.PATCH.value,
        "role": role,
        "license": license_name or next(names, ""),
        "base": {"package": package.name, "version": package.version, "hash": package_hash(package)},
    }


def as_toml(document: Mapping[str, Any]) -> str:
    """Write a drafted manifest as TOML."""
    above = {key: value for key, value in document.items() if key != "base"}
    return "\n".join([*_toml(above), "", "[base]", *_toml(document["base"]), ""])


def _toml(lines: Mapping[str, str]) -> Iterator[str]:
    # A text of JSON is a basic string of TOML, which has the same escapes.
    return (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in lines.items())


def contributor(name: str, parents: Parents) -> list[Finding]:
    """Check whether the contributor of a manifest is in the table of contributors, if there is one."""
    if not name or not parents.files.get(_CONTRIBUTORS):
        return []
    known = parents.keys(_CONTRIBUTORS, (_CONTRIBUTOR_ID,))
    if known.reason or (name,) in known.keys:
        return []  # the check of the table reports that it cannot be read
    hint = suggest(name, parents.names(_CONTRIBUTORS, _CONTRIBUTOR_ID))
    message = f"contributor is {name!r}, who is not in the table contributors"
    hint = hint or "add a row for yourself to a contributors.csv in this contribution"
    return [finding("manifest-error", message, hint, file=MANIFEST)]


def base(document: Mapping[str, Any], package: Package) -> list[Finding]:
    """Compare the base in a manifest with the given package."""
    named = document["base"]
    if named["package"] != package.name:
        message = f"the contribution is based on {named['package']!r}, but the package here is {package.name!r}"
        return [finding("manifest-error", message, "give the right package with --base", file=MANIFEST)]
    if named.get("current"):
        return [] if document["mode"] == Mode.PATCH else [_only_for_patches()]
    hint = "to merge it, put the package on which it is based into the bases"
    if document["mode"] == Mode.PATCH:
        hint += ", or write `current = true` under [base] if it is meant for the package that is published now"
    if named["version"] != package.version:
        message = f"it is based on version {named['version']}, but the package here is version {package.version}"
        return [_another_base(message, hint)]
    if "hash" in named and package.version and named["hash"] != (found := package_hash(package)):
        message = f"it is based on another state of version {package.version}: the package here has the hash {found}"
        return [_another_base(message, hint)]
    return []


def _only_for_patches() -> Finding:
    message = "base.current is true, but a snapshot is always compared with the package on which it is based"
    return finding("manifest-error", message, "remove `current`, or make a patch", file=MANIFEST)


def no_rows(rows: Sequence[int | None]) -> Iterator[Finding]:
    """Warn of a contribution whose tables have no rows; None is for a table with an error or that was not read."""
    if rows and not any(count is None or count for count in rows):
        which = "its table has" if len(rows) == 1 else f"its {len(rows):,} tables have"
        message = f"{which} no rows, so the contribution changes nothing"
        yield _warning("no-rows", message, "add the rows, and save the file with the rows")


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

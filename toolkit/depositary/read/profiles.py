"""Profiles of downloads: how files of known publishers are read, as entries under `files` of a manifest."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from depositary.read.documents import read_toml
from depositary.read.shipped import schemas

_OWN = ("title", "needs")  # keys of a profile that are not keys of an entry as they are


@cache
def profiles() -> Mapping[str, Mapping[str, Any]]:
    """Give the profiles that come with the program, by name."""
    folder = schemas() / "downloads"
    return {file.stem: read_toml(file) for file in sorted(folder.glob("*.toml"))}


def with_profile(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Add to an entry what its profile says; the entry's own keys win.

    Columns that only the profile names are listed under `optional`, unless the profile needs them; those that it needs
    are under `needed`.
    """
    profile = profiles().get(entry.get("profile", ""))
    if profile is None:
        return dict(entry)
    theirs = {key: value for key, value in profile.items() if key not in _OWN}
    merged = {**theirs, **entry}
    for key in ("split", "join", "periods", "numbers"):
        merged[key] = {**theirs.get(key, {}), **entry.get(key, {})}
    merged["columns"] = {**_columns(theirs, entry), **entry.get("columns", {})}
    given = {*merged["columns"].values(), *entry.get("constants", {})}
    constants = {name: text for name, text in theirs.get("constants", {}).items() if name not in given}
    merged["constants"] = {**constants, **entry.get("constants", {})}
    own = entry.get("join", {})
    merged["join"] = {label: join for label, join in merged["join"].items() if label in own or label not in given}
    merged["values"] = _values(theirs, entry)
    named = {condition["column"] for condition in entry.get("where", ())}
    kept = [condition for condition in theirs.get("where", ()) if condition["column"] not in named]
    merged["where"] = [*kept, *entry.get("where", ())]
    ignored = dict.fromkeys([*theirs.get("ignore", ()), *set(theirs.get("columns", {})) - set(merged["columns"])])
    merged["ignore"] = [*(label for label in sorted(ignored) if label not in merged["columns"])]
    merged["ignore"] += [label for label in entry.get("ignore", ()) if label not in ignored]
    needed = [label for label in profile.get("needs", ()) if label not in merged["ignore"]]
    merged["needed"] = needed
    merged["optional"] = sorted(_labels(theirs) - set(needed) - _labels(entry))
    return merged


def _columns(profile: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, str]:
    """Give the columns that the profile maps, without those for which the entry has another meaning."""
    given = {*entry.get("columns", {}).values(), *entry.get("constants", {}), *entry.get("join", {})}
    ignored = entry.get("ignore", ())
    columns: Mapping[str, str] = profile.get("columns", {})
    return {label: ours for label, ours in columns.items() if ours not in given and label not in ignored}


def _values(profile: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, list[Any]]:
    names = dict.fromkeys([*profile.get("values", {}), *entry.get("values", {})])
    # The texts of the entry come last and win; its code list replaces that of the profile.
    return {name: _sources(profile.get("values", {}).get(name), entry.get("values", {}).get(name)) for name in names}


def _sources(theirs: Any, own: Any) -> list[Any]:  # noqa: ANN401 (a text, a table or a list of them)
    first, last = listed(theirs), listed(own)
    has_list = any(isinstance(source, str) for source in last)
    return [*(source for source in first if not (has_list and isinstance(source, str))), *last]


def listed(given: Any) -> list[Any]:  # noqa: ANN401 (as above)
    """Give the sources of the values of a column as a list of texts and tables."""
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def _labels(entry: Mapping[str, Any]) -> set[str]:
    """Name the columns of theirs that an entry uses."""
    joined = (label for join in entry.get("join", {}).values() for label in join["of"])
    conditions = (condition["column"] for condition in entry.get("where", ()))
    return {*entry.get("columns", {}), *entry.get("split", {}), *joined, *conditions}

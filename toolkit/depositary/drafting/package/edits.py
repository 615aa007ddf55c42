"""Merge a new proposal into a descriptor that was edited: what differs from the recorded proposal is an edit and stays.

Three descriptors are compared, part by part: what was proposed before, what is there, and what is proposed now.
Resources are matched by path, fields by name, foreign keys by their fields; other lists are one value.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_MISSING = object()
_SHOWN = 60  # characters of a value
_KEYED = ("resources", "fields", "foreignKeys")
_LASTING = ("resources", "fields")  # what is in them stays, also if it is not in the files any more


@dataclass
class MergedDraft:
    """A descriptor with its edits, and what the update changed, in words."""

    descriptor: dict[str, Any] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)


def merge_edits(before: Mapping[str, Any], there: Mapping[str, Any], now: Mapping[str, Any]) -> MergedDraft:
    """Merge a proposal into the descriptor that is there; `before` is what was proposed, empty if nothing was."""
    merged = MergedDraft()
    merged.descriptor = _Merge(merged.changes).objects((), _assumed(before, there, now), there, now)
    return merged


def _assumed(before: Mapping[str, Any], there: Mapping[str, Any], now: Mapping[str, Any]) -> Mapping[str, Any]:
    """Complete what was proposed before: of a resource without a record, all is an edit except for new columns."""
    known = _by_key("resources", before.get("resources"))
    own = _by_key("resources", there.get("resources"))
    proposed = _by_key("resources", now.get("resources"))
    added = [_as_if_proposed(proposed[key], own[key]) for key in proposed if key in own and key not in known]
    whole = before or {key: value for key, value in now.items() if key != "resources"}
    return {**whole, "resources": [*known.values(), *added]}


def _as_if_proposed(proposed: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    schema, mine = proposed["schema"], own.get("schema")
    if not isinstance(mine, Mapping):
        return {key: value for key, value in proposed.items() if key != "schema" or "schema" in own}
    names = _by_key("fields", mine.get("fields"))
    return {
        **proposed,
        "schema": {**schema, "fields": [one for one in schema["fields"] if _key("fields", one) in names]},
    }


def _key(kind: str, entry: object) -> str:
    """Tell what an entry of a list is about."""
    if not isinstance(entry, Mapping):
        return json.dumps(entry)
    if kind == "resources":
        path = entry.get("path")
        return f"path {path}" if isinstance(path, str) else f"name {entry.get('name')}"
    return json.dumps(entry.get("name") if kind == "fields" else entry.get("fields"))


def _by_key(kind: str, entries: object) -> dict[str, Any]:
    return {_key(kind, entry): entry for entry in entries} if isinstance(entries, list) else {}


@dataclass
class _Merge:
    changes: list[str]

    def value(self, place: tuple[str, ...], before: object, there: object, now: object) -> object:
        """Merge one value; `_MISSING` is one that is not there."""
        if isinstance(there, Mapping) and isinstance(now, Mapping):
            return self.objects(place, before if isinstance(before, Mapping) else {}, there, now)
        if place and place[-1] in _KEYED and isinstance(there, list) and isinstance(now, list):
            return self.lists(place, before if isinstance(before, list) else [], there, now)
        if there != before or there == now:
            return there
        self._note(place, there, now)
        return now

    def objects(
        self, place: tuple[str, ...], before: Mapping[str, Any], there: Mapping[str, Any], now: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Merge objects property by property."""
        merged: dict[str, Any] = {}
        for key in (*there, *(key for key in now if key not in there)):
            values = (before.get(key, _MISSING), there.get(key, _MISSING), now.get(key, _MISSING))
            value = self.value((*place, key), *values)
            if value is not _MISSING:
                merged[key] = value
        return merged

    def lists(
        self, place: tuple[str, ...], before: Sequence[Any], there: Sequence[Any], now: Sequence[Any]
    ) -> list[Any]:
        """Merge lists entry by entry, in the order of the files unless somebody chose another one."""
        kind = place[-1]
        old, own, new = (_by_key(kind, entries) for entries in (before, there, now))
        if len(own) < len(there):  # two entries of one name, which a person has to correct
            return list(there)
        merged = {}
        for key in _order(kind, list(old), list(own), list(new)):
            mine, proposed = own.get(key, _MISSING), new.get(key, _MISSING)
            named = (*place[:-1], kind, _named(kind, key, mine if mine is not _MISSING else proposed))
            if proposed is _MISSING and kind in _LASTING:
                proposed = mine
            value = self.value(named, old.get(key, _MISSING), mine, proposed)
            if value is not _MISSING:
                merged[key] = value
        return list(merged.values())

    def _note(self, place: tuple[str, ...], there: object, now: object) -> None:
        where = ".".join(part for part in place if part not in (*_KEYED, "schema"))
        if place and place[-1] in _KEYED:
            where = f"{where} {place[-1]}"
        if place and place[-2:-1] == ("foreignKeys",):
            where = f"{where.rpartition('.')[0]} foreignKeys {place[-1]}"
        if there is _MISSING:
            self.changes.append(f"new: {where}{'' if isinstance(now, Mapping) else f' {_shown(now)}'}")
        elif now is _MISSING:
            self.changes.append(f"no longer proposed, and removed: {where} {_shown(there)}")
        else:
            self.changes.append(f"changed: {where} from {_shown(there)} to {_shown(now)}")


def _named(kind: str, key: str, entry: object) -> str:
    if kind == "foreignKeys" or not isinstance(entry, Mapping):
        return key
    return str(entry.get("name", key))


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _order(kind: str, old: Sequence[str], own: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Give all keys. Fields are as the file has them, unless a person ordered them; others are as they are there."""
    if kind != "fields":
        return iter(dict.fromkeys((*own, *new)))
    is_own = [key for key in own if key in old] != [key for key in old if key in own]
    first, others = (own, new) if is_own else (new, own)
    ordered = list(first)
    for at, key in enumerate(others):
        if key not in ordered:
            before = next((one for one in reversed(others[:at]) if one in ordered), None)
            ordered.insert(ordered.index(before) + 1 if before is not None else 0, key)
    return iter(ordered)

"""What can be coded, as the property `items` of a package's descriptor lists it: each with the tables that it needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from depositary.errors import UsageError
from depositary.model.package import Package
from depositary.wording.suggest import suggest

ITEMS = "items"


def items_of(package: Package) -> dict[str, Mapping[str, Any]]:
    """Give the items of a package by name; entries without a name or a list of tables are left out."""
    entries = package.descriptor.get(ITEMS)
    known = (one for one in entries if isinstance(one, Mapping)) if isinstance(entries, list) else ()
    return {str(one["name"]): one for one in known if one.get("name") and isinstance(one.get("tables"), list)}


def tables_of_items(package: Package, names: Sequence[str]) -> list[str]:
    """Name the tables that some items need, in an order in which they can be filled in together.

    Each item keeps its own order. Of tables that only different items have, one comes after those to which it refers.

    Raises:
        UsageError: the package has no such item, or no items.
    """
    orders = [tables_of_item(package, name) for name in dict.fromkeys(names)]
    before = {name: set[str]() for order in orders for name in order}
    for order in orders:
        for at, name in enumerate(order):
            before[name] |= set(order[:at])
    refers = {name: {key.table for key in package[name].table.foreign_keys} for name in before if name in package}
    left, found = list(before), list[str]()
    while left:
        free = [name for name in left if not before[name] & {*left} - {name}]
        able = [name for name in free if not refers.get(name, set()) & {*left} - {name}]
        found.append((able or free or left)[0])
        left.remove(found[-1])
    return found


def tables_of_item(package: Package, name: str) -> list[str]:
    """Name the tables that an item needs, in the order in which they are filled in.

    Raises:
        UsageError: the package has no such item, or no items.
    """
    known = items_of(package)
    if not known:
        raise UsageError(
            f"the package {package.name} lists no items to code. Name the tables with --tables, or list items under "
            f"{ITEMS!r} in its datapackage.json, each with its name, title and tables."
        )
    if name not in known:
        meant = suggest(name, {one: one for one in known}) or "the items are " + ", ".join(known)
        raise UsageError(f"{name!r} is not an item of the package {package.name}; {meant}")
    return [str(one) for one in known[name]["tables"]]

"""Boxes that narrow a page down: choices and a search. Only the script shows them, because they need it."""

from collections.abc import Mapping, Sequence

from depositary.reports.pages.frame import asset
from depositary.reports.pages.markup import Markup, element

_HERE = "depositary.reports.pages"
Options = Sequence[tuple[str, str]]  # values, and the words for them


def choices(things: str, lists: Mapping[str, tuple[str, Options]]) -> Markup:
    """Make the form that narrows down the elements `.item` of a page.

    Args:
        things: what is counted, such as "conflicts".
        lists: for each `data-` attribute of the items, the label of its list, and the values in it; a list with fewer
            than two values is left out.
    """
    return element(
        "form",
        [choice(name, label, options) for name, (label, options) in lists.items() if len(options) > 1],
        element("label", element("span", "Search"), element("input", type="search", name="search", autocomplete="off")),
        element("button", "Show all", type="reset"),
        element("output", "", aria_live="polite"),
        id="filters",
        hidden=True,
        role="search",
        aria_label=f"Choose {things}",
        data_things=things,
    )


def choice(name: str, label: str, options: Options) -> Markup:
    """Make a list of values, from which one or all can be chosen."""
    elements = [
        element("option", "all", value=""),
        *(element("option", shown, value=value) for value, shown in options),
    ]
    return element("label", element("span", label), element("select", elements, name=name))


def script() -> str:
    """Give the script of the form, and of links into what is folded."""
    return asset(_HERE, "choices.js")


def style() -> str:
    """Give the style of the form."""
    return asset(_HERE, "choices.css")

"""SVG that is escaped by construction."""

from collections.abc import Iterable

from markupsafe import Markup, escape

from depositary.site.legible import legible


def element(name: str, /, *content: str | Iterable[str], **attributes: object) -> Markup:
    """Make an element; text in it is escaped, markup is not. `class_` is `class`, `text_anchor` is `text-anchor`."""
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    inner = "".join(_inner(one) for one in content)
    return Markup(f"<{name}{written}>{inner}</{name}>")  # noqa: S704 (all parts are escaped here)


def _inner(content: str | Iterable[str]) -> str:
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return escape(legible(content))
    return "".join(map(_inner, content))


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    shown = f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
    return f' {"viewBox" if name == "viewbox" else name}="{escape(legible(shown))}"'


def picture(width: float, height: float, label: str, *content: str | Iterable[str]) -> Markup:
    """Make a picture that screen readers read as its label."""
    return element(
        "svg", *content, viewbox=f"0 0 {width:.0f} {height:.0f}", role="img", aria_label=label, class_="picture",
        width=f"{width:.0f}", height=f"{height:.0f}",
    )  # fmt: skip


def clipped(text: str, most: int) -> str:
    """Cut a text that would leave the picture."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"

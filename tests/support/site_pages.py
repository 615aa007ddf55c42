"""Pages of a site as tests read them, and what holds for every page of every site."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from depositary.site.addresses import IN, ROW

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
_TO_IDS = ("for", "popovertarget", "data-about", "aria-describedby", "aria-controls")
_VOID = ("meta", "link", "input", "br", "wbr", "img")
_ALLOWED = {
    "a", "b", "body", "button", "circle", "code", "dd", "defs", "details", "div", "dl", "dt", "figcaption", "figure",
    "footer", "form", "g", "h1", "h2", "h3", "h4", "head", "header", "html", "input", "label", "li", "line",
    "lineargradient", "link", "main", "mask", "meta", "nav", "ol", "output", "p", "path", "pre", "q", "rect", "script",
    "section", "small", "span", "stop", "summary", "svg", "table", "tbody", "td", "text", "th", "thead", "title", "tr",
    "ul",
}  # fmt: skip


class Read(HTMLParser):
    """What of a page tests ask for; elements must be closed in order."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(page.read_text(encoding="utf-8"))
        self.close()
        assert self.open == [], page

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data):
        self.words += f" {data}"

    def values(self, name: str) -> list[str]:
        """Give the values of an attribute, on all elements that have it."""
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def pages_of(folder: Path) -> Iterator[Path]:
    """Give all pages but the report, which is one of another kind."""
    return (page for page in sorted(folder.rglob("*.html")) if page.name != "report.html")


def words_of(page: Path) -> str:
    """Give all words of a page, with single spaces."""
    return " ".join(Read(page).words.split())


def assert_sound(folder: Path) -> None:
    """Every page is whole, has the policy, and leads only to what is there; ids are unique; nothing in it can run."""
    ids: dict[Path, set[str]] = {}
    links: list[tuple[Path, str]] = []
    for page in pages_of(folder):
        read = Read(page)
        assert {"http-equiv": "Content-Security-Policy", "content": POLICY} in [of for _, of in read.elements], page
        assert {tag for tag, _ in read.elements} <= _ALLOWED, page
        assert not [tag for tag, of in read.elements if "style" in of], page
        assert not [name for _, of in read.elements for name in of if name.startswith("on")], page
        assert all("src" in of for tag, of in read.elements if tag == "script"), page
        named = read.values("id")
        assert len(named) == len(set(named)), page
        assert set(read.values("title")) == set(), page  # only a mouse shows it
        assert {one for name in _TO_IDS for one in read.values(name)} <= set(named), page
        ids[page] = set(named)
        links += [(page, one) for one in read.values("href") + read.values("src")]
    for page, link in links:
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in ("http", "https"), (page, link)
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert target.is_file(), (page, link)
        assert target.is_relative_to(folder.resolve()), (page, link)
        if parts.fragment and target in ids and not parts.fragment.startswith((ROW, IN)):
            assert parts.fragment in ids[target], (page, link)

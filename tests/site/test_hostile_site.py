"""A package of strangers as a site: markup, scripts, odd ids and huge texts stay text, and every page is sound."""

import json
from pathlib import Path

import pytest
from site_pages import Read, assert_sound, pages_of

from depositary.site.addresses import file_name
from depositary.site.build import build_site
from depositary.site.legible import legible
from depositary.write.csv import to_csv

EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "</title></head><body onload=alert(1)>",
    "]]><!--",
    "\u202egnp.exe\u2066",
    "=cmd|'/c calc'!A1",
    "https://example.org/\"onclick='alert(1)'",
    "//example.org/x.js",
    "../../../../etc/passwd",
    "con",
    "…" * 3000,
)


def hostile_package(folder: Path, codes: int = 600) -> Path:
    """Write a package with hostile texts in every place that has a text."""
    evil = EVIL[0] + EVIL[1]
    events = [(one, one, "https://example.org/ok" if n == 0 else one, f"c{n}") for n, one in enumerate(EVIL)]
    schema = {
        "description": evil,
        "fields": [
            {"name": "<b>id</b>", "title": evil, "description": evil, "type": "string"},
            {"name": "onclick=alert(1)", "title": EVIL[2], "description": EVIL[6], "example": evil},
            {"name": "javascript:alert(1)", "title": EVIL[3], "description": EVIL[9], "type": "string"},
            {
                "name": "kind",
                "description": evil,
                "categories": [{"value": f"c{n}", "label": f"{evil}{n}", "definition": evil} for n in range(codes)],
            },
        ],
        "primaryKey": ["<b>id</b>"],
        "missingValues": [""],
    }
    descriptor = {
        "name": "hostile",
        "title": evil,
        "description": "\n".join(EVIL),
        "version": evil,
        "created": "2026-11-22T00:00:00Z",
        "homepage": "javascript:alert(1)",
        "id": evil,
        "keywords": [evil],
        "licenses": [{"name": evil, "title": evil, "path": "javascript:alert(1)"}],
        "contributors": [{"title": evil, "path": "javascript:alert(1)", "roles": [evil]}],
        "sources": [{"title": evil, "path": "javascript:alert(1)"}],
        "resources": [
            {
                "name": "events",
                "title": evil,
                "description": evil,
                "type": "table",
                "path": "events.csv",
                "schema": schema,
            }
        ],
    }
    folder.mkdir(parents=True)
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    (folder / "CHANGELOG.md").write_text(f"# {evil}\n\n## {evil}\n\n- {evil}\n", encoding="utf-8")
    header = [field["name"] for field in schema["fields"]]
    (folder / "events.csv").write_bytes(to_csv(header, events).encode())
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    return build_site(hostile_package(folder / "package"), folder / "site").folder


def test_every_page_of_a_hostile_package_is_sound(hostile):
    assert_sound(hostile)
    assert len(list((hostile / "rows" / "events").iterdir())) == len(EVIL)


def test_texts_of_strangers_are_shown_and_do_nothing(hostile):
    words = "".join(Read(page).words for page in pages_of(hostile))
    assert EVIL[0] in words
    assert EVIL[6] in words
    assert "\\u202egnp.exe\\u2066" in words
    assert "\u202e" not in words


def test_only_addresses_of_the_web_become_links(hostile):
    links = {link for page in pages_of(hostile) for link in Read(page).values("href")}
    assert "https://example.org/ok" in links
    assert not [link for link in links if link.lower().startswith(("javascript:", "data:", "//", "/"))]


def test_scripts_with_rows_are_data_alone(hostile):
    for script in (hostile / "data").iterdir():
        text = script.read_text(encoding="ascii")
        json.loads(text.removeprefix("depositary.table(").removesuffix(");\n"))


@pytest.mark.parametrize("count", [20_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_very_many_codes_do_not_fill_a_page(tmp_path, count):
    site = build_site(hostile_package(tmp_path / "package", count), tmp_path / "site").folder
    assert max(page.stat().st_size for page in pages_of(site)) < 1_000_000
    assert f"and {count - 500:,} more" in Read(site / "dictionary" / "events.html").words


def test_ids_that_differ_never_share_a_file():
    ids = [
        *EVIL,
        "a",
        "A",
        "a.b",
        "a-b",
        "a_b",
        "ä",
        "a\u0308",
        "",
        " ",
        ".",
        "..",
        "nul",
        "nul.txt",
        "a" * 80,
        "a" * 81,
    ]
    names = [file_name(one) for one in ids]
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(name.isascii() and len(name) <= 81 and "/" not in name and not name.startswith(".") for name in names)
    assert file_name("stm-cn-kr-chip-dialogue") == "stm-cn-kr-chip-dialogue"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("a\u200db", "a\\u200db"),
        ("\u202eevil", "\\u202eevil"),
        ("中国\u2028", "中国\\u2028"),
        ("one\ntwo\tthree", "one\ntwo three"),
        ("\x1b[31m", "\\x1b[31m"),
    ],
)
def test_joiners_within_words_stay_and_all_else_unseen_is_written_out(text, shown):
    assert legible(text) == shown

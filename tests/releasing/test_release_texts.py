"""The texts of a release: what strangers write into a package is shown as it is, and is never markup."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import ROOT
from markdown_it import MarkdownIt
from markdown_it.token import Token
from releases import ROWS, described, package

from depositary.releasing.release import release

MARKUP = [
    "x ![i](https://evil.example/i.png) [l](https://evil.example) <img src=x onerror=a()> https://evil.example",
    "`</code>` <b>b</b> | cell | **bold** _it_ ~~gone~~ $x$ @somebody #1",
    "# heading\n\n## heading\n\n- item\n\n<script>a()</script>\n\n    code\n\n---\n",
    "- item",
    "1. item",
    "``a`` ](https://evil.example) `",
]
TEXTS = ("README.md", "CODEBOOK.md", "CHANGELOG.md")
KEPT = {
    "name",
    "type",
    "path",
    "created",
    "version",
    "fields",
    "resource",
    "primaryKey",
    "profile",
}  # of which others depend


def with_text(value: Any, text: str, key: str = "") -> Any:
    """Give a part of a descriptor with markup in each text that a person writes."""
    if isinstance(value, dict):
        return {name: with_text(one, text, name) for name, one in value.items()}
    if isinstance(value, list):
        return [with_text(one, text, key) for one in value]
    return text if isinstance(value, str) and key not in KEPT else value


def filled(text: str):
    def edit(descriptor):
        questions = descriptor.pop("questions")
        for resource in descriptor["resources"]:
            resource.update(title="t", description="d", licenses=[{"name": "n", "title": "t"}])
            for field in resource["schema"]["fields"]:
                field.update(title="t", description="d")
        codes = [
            {"value": "visit", "label": "l", "definition": "d", "include": "i"},
            {"value": "talks", "example": "e"},
        ]
        kind = descriptor["resources"][1]["schema"]["fields"][2]
        kind.pop("constraints")
        more = {
            "description": "d",
            "homepage": "h",
            "contributors": [{"title": "t", "roles": ["editor"], "organization": "o"}],
            "sources": [{"title": "t"}],
            "licenses": [{"name": "CC0-1.0", "title": "t"}],
        }
        resources = with_text(descriptor["resources"], text)
        descriptor.update(with_text(more, text), title=text, resources=resources, questions=questions)
        for resource, plain in zip(resources, described()["resources"], strict=True):
            for name in ("foreignKeys", "missingValues"):
                if name in plain["schema"]:
                    resource["schema"][name] = plain["schema"][name]
        resources[1]["schema"]["fields"][2]["categories"] = with_text(codes, text, "categories")

    return edit


def tokens(file: Path) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(file.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


def shape(file: Path) -> list[str]:
    """Give what a page is made of, without its words."""
    kinds = ("text", "code_inline", "softbreak", "inline", "text_special")
    return [token.type for token in tokens(file) if token.type not in kinds]


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_any_text_of_a_descriptor_changes_no_page(tmp_path, text):
    def of(name: str, words: str) -> Path:
        rows = {
            **ROWS,
            "meetings": [
                (*one[:2], words, *one[3:]) if one[0] == "m1" else (*one[:2], "", *one[3:]) for one in ROWS["meetings"]
            ],
        }
        first = release(package(tmp_path / name, rows, filled(words)), tmp_path / f"{name} dist", on=date(2026, 1, 1))
        rows = {**rows, "people": [("ana", words), ("ben", "Ben"), (f"c{words}", "Cem")]}
        later = package(tmp_path / f"{name} next", rows, filled(words))
        return release(later, first.folder.parent, previous=first.folder, on=date(2026, 2, 1)).folder

    plain, odd = of("plain", "a"), of("odd", text)
    for page in TEXTS:
        assert shape(odd / page) == shape(plain / page)
        found = [token.attrGet("href") or token.attrGet("src") for token in tokens(odd / page)]
        assert not [one for one in found if one and "evil" in one]
        assert "https://evil" not in re.sub("`[^`]*`", "", (odd / page).read_text(encoding="utf-8"))
        assert not [token for token in tokens(odd / page) if token.type == "html_inline"]


def test_the_readme_names_the_warnings_that_were_kept_and_the_drafts(tmp_path):
    made = release(ROOT / "datapackage", tmp_path / "dist", on=date(2026, 11, 29))
    lines = (made.folder / "README.md").read_text(encoding="utf-8").splitlines()
    assert "| R29 | statement_parties | actor_id | 5 |" in lines
    assert len([line for line in lines if line.startswith("- R29, statement_parties stm-talks-")]) == 5
    drafts = pl.read_csv(made.folder / "data" / "actors.csv")["record_status"].value_counts().sort("record_status")
    assert f"- `actors`: {', '.join(f'{count} {state}' for state, count in drafts.iter_rows())}" in lines

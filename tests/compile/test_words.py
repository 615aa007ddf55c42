"""What rules ask of columns, in words: the sentence for each form, and that no rule of the package is left out."""

from datetime import date

import pytest

from depositary.check.rules.asked import asked_of_columns
from depositary.check.rules.compiler import RowRules
from depositary.check.rules.rulebook import read_rulebook
from depositary.compile.language import Language
from depositary.compile.words import Words, clauses
from depositary.read.shipped import shipped_package

SHIPPED = shipped_package()
LANGUAGE = Language({"t": ["a", "b", "c", "d"]}, date(2026, 11, 30))


@pytest.mark.parametrize(
    ("when", "holds", "expected"),
    [
        ("", "a IS NOT NULL", ["a: Always required."]),
        ("b = 'x'", "a IS NOT NULL", ["a: Required when b is x."]),
        ("b = 'x'", "a IS NULL", ["a: Empty when b is x."]),
        ("b <> 'x'", "(a IS NULL)", ["a: Empty when b is not x."]),
        ("b IN ('x', 'y', 'z')", "NOT a IS NULL", ["a: Required when b is x, y or z."]),
        ("b NOT IN ('x', 'y')", "a IS NOT NULL", ["a: Required when b is not x or y."]),
        ("b = 1 AND c IS NULL", "a IS NOT NULL", ["a: Required when b is 1 and c is empty."]),
        ("b = 'x' OR c IS NOT NULL", "a IS NOT NULL", ["a: Required when b is x or c is filled."]),
        ("a IS NOT NULL OR b IS NOT NULL", "a IS NOT NULL AND b IS NOT NULL", [
            "a: Required when b is filled.",
            "b: Required when a is filled.",
        ]),
        ("", "a IS NOT NULL OR b IS NOT NULL", ["a: One of a and b is required."]),
        ("d = 'x'", "a IS NOT NULL OR c IS NOT NULL OR b IS NOT NULL", [
            "a: One of a, c and b is required when d is x.",
        ]),
        ("", "(a IS NULL) <> (b IS NULL)", [
            "a: Either a or b is filled, not both.",
            "b: Either a or b is filled, not both.",
        ]),
        ("", "(b = 'x') = (a IS NOT NULL)", ["a: Required when b is x, otherwise empty."]),
        ("", "(a IS NULL) = (b = 'x')", ["a: Empty when b is x, otherwise required."]),
        ("", "(b = 'x') <> (a IS NULL)", ["a: Required when b is x, otherwise empty."]),
        ("", "(b IS NULL) = (a IS NULL)", ["b: Empty when a is empty, otherwise required."]),
        ("", "(b = 'x') <> (a IS NOT NULL)", ["a: Empty when b is x, otherwise required."]),
        ("b = 'x'", "a = 'y'", ["a: Always y when b is x."]),
        ("b = 'x'", "a <> 'y'", ["a: Never y when b is x."]),
        ("b = 'x'", "a = c", ["a: Always the same as c when b is x."]),
        ("", "a <> c", ["a: Never the same as c."]),
        ("", "a = a", ["a: Always the same as a."]),
        ("b = 'x'", "a IS NOT NULL AND a > 3", ["a: Required when b is x."]),
    ],
)  # fmt: skip
def test_each_form_has_its_sentence(when, holds, expected):
    found = clauses(LANGUAGE.row_test("t", holds, when), "", Words())
    assert [f"{column}: {text}" for column, text in found] == expected


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("", "a > 3"),
        ("LENGTH(b) > 3", "a IS NOT NULL"),
        ("b > 3", "a IS NOT NULL"),
        ("NOT (b = 'x')", "a IS NOT NULL"),
        ("a IS NOT NULL", "a IS NOT NULL"),
        ("", "a = b + 1"),
        ("", "LENGTH(a) = 3"),
        ("", "a IS NULL OR b = 'x'"),
        ("d = 'x'", "(b = 'x') = (a IS NOT NULL)"),
        ("", "(b > 3) = (a IS NOT NULL)"),
        ("", "regexp_full_match(a, 'x+')"),
        ("", "(a > 3) = (b > 3)"),
    ],
)
def test_what_has_no_words_is_left_to_the_sentence_of_the_rule(when, holds):
    assert clauses(LANGUAGE.row_test("t", holds, when), "a", Words()) == []


def test_the_column_where_a_rule_reports_gets_what_is_about_several():
    test = LANGUAGE.row_test("t", "a IS NOT NULL OR b IS NOT NULL")
    assert clauses(test, "b", Words()) == [("b", "One of a and b is required.")]
    assert clauses(LANGUAGE.row_test("t", "a <> b"), "b", Words()) == [("b", "Never the same as a.")]


def test_names_and_values_are_marked_and_sentences_of_the_package_too():
    words = Words(name=lambda text: f"<{text}>", sentence=lambda text: f"({text})")
    asked = asked_of_columns(RowRules(SHIPPED), "actors", words)
    assert "Required when <kind> is <unnamed_person> or <group>." in asked["described_as"]
    assert "(A Wikidata identifier is a Q followed by a number.)" in asked["wikidata_qid"]


def test_every_error_that_one_row_can_have_is_written_at_a_column_of_each_of_its_tables():
    rules = RowRules(SHIPPED)
    for rule in read_rulebook(SHIPPED.descriptor, SHIPPED.directory).rules:
        if rule.level == "warning" or rule.fields or rule.needs or not rule.place or not rule.holds:
            continue
        for table in (name for name in rule.tables if name in SHIPPED):
            (test,) = (one for one in rules.tests(table) if one.rule.id == rule.id)
            written = clauses(test.test, rule.place, Words()) or [(rule.place, rule.says)]
            asked = asked_of_columns(rules, table, Words())
            assert all(text in asked[column] for column, text in written), rule.id

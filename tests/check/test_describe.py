"""The dictionary of a package, on the command line: every name in it is found, and words lead to it."""

import json

import pytest
from code_lists import with_countries

from depositary.check.describe import description, search
from depositary.check.documents.descriptor import sound_or_shipped
from depositary.errors import UsageError
from depositary.read.questions import question_files, read_question
from depositary.read.rows import text_rows
from depositary.read.shipped import shipped_package
from depositary.read.views import views_of

SHIPPED = shipped_package()


def first_line(text):
    return text.splitlines()[0]


@pytest.mark.short(8)
@pytest.mark.parametrize("name", [resource.name for resource in SHIPPED])
def test_a_table_and_each_of_its_columns_are_described_with_what_the_dictionary_says(name):
    table = SHIPPED[name].table
    text = description(SHIPPED, name)
    assert first_line(text) == f"{name}: {table.descriptor['title']}"
    assert table.descriptor["description"] in text
    for field in table.fields:
        path = f"{name}.{field.name}"
        shown = description(SHIPPED, path)
        assert field.descriptor["description"] in shown
        assert first_line(shown) == f"{path}: {field.descriptor['title']}"


def test_every_code_is_described_with_all_its_texts():
    for resource in SHIPPED:
        for field in resource.table.fields:
            for code in field.descriptor.get("categories", ()):
                shown = description(SHIPPED, f"{resource.name}.{field.name}.{code['value']}")
                assert first_line(shown).startswith(f"{resource.name}.{field.name}.{code['value']}")
                assert code["label"] in first_line(shown)
                assert all(code[key] in shown for key in ("definition", "include", "exclude", "example"))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("H6", "trade_flows.classification.H6"),
        ("HS2022", "trade_flows.classification.H6"),
        ("HS 2022", "products.classification.H6"),
        ("hs22", "trade_flows.classification.H6"),
        ("HS17", "trade_flows.classification.H5"),
        ("Harmonized System 2022", "trade_flows.classification.H6"),
        ("Namibia", "jurisdictions.code.NAM"),
        ("namibia", "jurisdictions.code.NAM"),
        ("NAM", "jurisdictions.code.NAM"),
        ("842", "jurisdictions.code.USA"),
        ("Cote d'Ivoire", "jurisdictions.code.CIV"),
        ("EUR", "currencies.code.EUR"),
        ("silent", "stances.stance.silent"),
        ("trade_flows.reporter.NAM", "jurisdictions.code.NAM"),
        ("trade_flows.reporter.Namibia", "jurisdictions.code.NAM"),
        ("products.code.H6|8542", "products.code.H6|8542"),
        ("8542", "products.code.H6|8542"),
        ("product_code", "trade_flows.product_code"),
        ("Meeting participants", "meeting_participants"),
    ],
)
def test_a_name_is_found_without_its_path(asked, found):
    assert found in description(SHIPPED, asked)


def test_every_view_is_described_with_every_column():
    for view in views_of(SHIPPED):
        text = description(SHIPPED, view.name)
        assert first_line(text) == view.name
        assert view.description in text
        for column, content in view.columns.items():
            assert content in text
            assert content in description(SHIPPED, f"{view.name}.{column}")


def test_every_question_is_described_with_its_query():
    for name in question_files(SHIPPED):
        asked = read_question(SHIPPED, name)
        short = name.removeprefix("questions/").removesuffix(".sql")
        for known in (short, name, asked.text):
            text = description(SHIPPED, known)
            assert first_line(text) == f"{short}: {asked.text}"
            assert "\n".join(f"  {line}" for line in asked.query.strip().splitlines()) in text


def test_the_list_without_a_name_has_tables_views_and_questions():
    listed = description(SHIPPED, None)
    views = [view.name for view in views_of(SHIPPED)]
    assert all(f"\n  {name} " in listed for name in views)
    assert listed.index("Views, ") < listed.index("Questions, ") < listed.index("  chip-agreement ")


def test_a_search_finds_views_their_columns_and_questions():
    found = [line.split()[0] for line in search(SHIPPED, "one-sided").splitlines()]
    assert {"contested-statements", "statement_positions", "statement_positions.one_sided"} <= set(found)


def test_a_bare_name_is_that_of_a_column_of_a_table_before_that_of_a_view():
    assert first_line(description(SHIPPED, "stance")).startswith("stances.stance")


def test_explain_knows_views_and_questions(run, tmp_path):
    for name in ("n_roots", "n_roots.is_certain", "independent-roots"):
        assert run("explain", name, cwd=tmp_path).out == description(SHIPPED, name)


@pytest.mark.parametrize(
    ("questions", "left_out"),
    [
        ("q.sql", "The questions are left out: "),
        (["../q.sql"], "A question is left out: "),
        (["q.sql"], "A question is left out: "),
        (["events.csv"], "A question is left out: events.csv: the first line has no question."),
    ],
)
def test_a_question_that_cannot_be_read_is_named_and_the_others_are_described(demo, questions, left_out):
    folder = demo({})
    (folder / "good.sql").write_text("-- Who met?\nSELECT * FROM events\n", encoding="utf-8")
    listed = [*questions, "good.sql"] if isinstance(questions, list) else questions
    file = folder / "datapackage.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "questions": listed}), encoding="utf-8")
    package = sound_or_shipped(folder)
    assert left_out in description(package, None)
    assert ("Who met?" in description(package, None)) is isinstance(questions, list)
    with pytest.raises(UsageError) as refused:
        description(package, "qqqqq")
    assert left_out in str(refused.value)


def test_a_table_goes_before_a_code_of_the_same_name():
    assert first_line(description(SHIPPED, "meetings")) == "meetings: Meetings"


def test_what_many_tables_have_alike_is_described_once():
    text = description(SHIPPED, "record_status")
    assert text.count("draft ") == 1
    assert "The same is in " in text


def codes_in(text):
    return [line.split()[0] for line in text.partition("Codes:\n")[2].partition("\n\n")[0].splitlines()]


@pytest.mark.parametrize("name", [one.name for one in SHIPPED if one.table.is_code_list])
def test_a_code_list_shows_its_codes_and_how_to_see_one(name):
    text = description(SHIPPED, name)
    shown = codes_in(text)
    assert len(shown) == len(list(text_rows(SHIPPED[name])))
    assert f"\n\nFor one code: depositary describe {name}.code.CODE.\n" in text
    assert first_line(description(SHIPPED, f"{name}.code.{shown[-1]}")).startswith(f"{name}.code.{shown[-1]}")


@pytest.mark.parametrize(
    ("name", "is_open"), [("products", True), ("hs_chapters", True), ("action_kinds", False), ("jurisdictions", False)]
)
def test_a_list_to_which_no_column_refers_says_that_it_is_open(name, is_open):
    text = description(SHIPPED, name)
    assert ("a code that is not in it is accepted, unless a rule refuses it:" in text) is is_open
    assert ("R41c, for " in text) is (name == "products")


def test_a_column_with_an_open_list_names_it():
    text = description(SHIPPED, "policy_action_products.product_code")
    assert "Open: a code that is not in hs_chapters or products is accepted, unless a rule refuses it." in text
    assert "For one code" not in text


@pytest.mark.parametrize("path", ["policy_actions.action_kind", "actors.kind", "actors.jurisdiction"])
def test_the_page_of_a_column_with_codes_ends_with_how_to_see_one(path):
    shown = f"For one code: depositary describe {path}.CODE.\n"
    assert description(SHIPPED, path).endswith(shown)


def test_the_page_of_a_column_has_what_rules_ask_of_it():
    text = description(SHIPPED, "actors.jurisdiction")
    asked = "Required when kind is government, public_body or company. Empty when kind is person or unnamed_person."
    assert f"\n\nRules: {asked}\n\n" in text


@pytest.mark.parametrize(("rows", "shown"), [(300, 300), (301, 0)])
def test_a_long_code_list_shows_how_to_search_it(demo, rows, shown):
    text = description(sound_or_shipped(with_countries(demo, rows)), "countries")
    assert len(codes_in(text)) == shown
    assert ("more than 300 codes. To find one: depositary describe --search WORDS." in text) is not shown


@pytest.mark.parametrize("content", [b"code,label,list_version\nKR\xff,Korea,1\n", b"\x00" * 100])
def test_a_code_list_that_cannot_be_read_is_described_without_its_codes(demo, content):
    package = sound_or_shipped(with_countries(demo, 1))
    (package.directory / "countries.csv").write_bytes(content)
    text = description(package, "countries")
    assert "Its codes are left out: countries.csv: " in text
    assert first_line(text) == "countries"


def test_without_its_rules_a_column_is_described_all_the_same(demo):
    folder = demo({"rules.yaml": "rules: 3\n"})
    file = folder / "datapackage.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "rules": ["rules.yaml"]}), "utf-8")
    text = description(sound_or_shipped(folder), "events.kind")
    assert "Codes:\n  talks\n" in text
    assert "The rules are left out: " in text


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("stnces", "did you mean stances?"),
        ("trade_flows.reportr", "did you mean reporter?"),
        ("stances.stance.affirm", "did you mean affirms?"),
        ("trade_flows.classification.HS2022", "did you mean H6?"),
        ("statement_positions.stanc", "did you mean stance?"),
        ("statement_position", "did you mean statement_positions or "),
        ("trade_flows.value.7", "for a list, run: depositary describe trade_flows.value"),
        ("qqqqqq", "to search, run: depositary describe --search"),
        ("", "is not a table"),
        (".", "is not a table"),
    ],
)
def test_an_unknown_name_gets_one_line_and_a_suggestion(run, asked, message):
    done = run("describe", asked)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


@pytest.mark.parametrize(("words", "first"), [("licence", "licence_policy"), ("license", "licence_policy")])
def test_a_search_gives_names_before_descriptions(words, first):
    lines = search(SHIPPED, words).splitlines()
    assert first in lines[0]
    described = next(at for at, line in enumerate(lines) if "[" in line)
    assert all("licen" in line.casefold() for line in lines[:described])
    assert described > 1


def test_a_search_needs_all_words_and_shows_where_they_are():
    lines = search(SHIPPED, "chip makers").splitlines()
    (topic,) = (line for line in lines if line.startswith("statements.topic.semiconductors"))
    assert topic.endswith("[Definition: Chips, their makers, and the equipment, materials and designs made for them.]")


@pytest.mark.soak
def test_every_column_is_found_by_its_title():
    for field in (field for resource in SHIPPED for field in resource.table.fields):
        assert f".{field.name} " in search(SHIPPED, field.descriptor["title"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("xyzzy", "nothing in the dictionary has"),
        ("semiconductorz qqq", "did you mean semiconductor?"),
        ("…", "no letter"),
    ],
)
def test_a_search_without_a_hit_says_so(words, message):
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        search(SHIPPED, words)


def test_the_package_of_the_workspace_is_described(run, tmp_path, demo):
    (tmp_path / "depositary.toml").write_text(f'package = "{demo({}).name}"\n', encoding="utf-8")
    assert run("describe", cwd=tmp_path).out.split()[:2] == ["events", "countries"]
    assert run("describe", "events.kind.visit", cwd=tmp_path).out == "events.kind.visit\n"
    assert "Codes:\n  talks\n  visit\n" in run("describe", "kind", cwd=tmp_path).out
    assert run("explain", "countries", cwd=tmp_path).out.startswith("countries\n")


@pytest.mark.parametrize("content", [None, b"code,label\nKR\xff,Korea\n", b"\x00" * 100])
def test_a_search_names_the_tables_whose_rows_it_could_not_read(demo, content):
    folder = demo({})
    if content is None:
        (folder / "countries.csv").unlink()
    else:
        (folder / "countries.csv").write_bytes(content)
    assert "The rows of countries are left out: " in search(sound_or_shipped(folder), "label")


def test_the_rows_of_a_very_long_list_are_left_out(demo):
    rows = "".join(f"c{at},Country {at}\n" for at in range(50_001))
    text = search(sound_or_shipped(demo({"countries.csv": f"code,label\n{rows}"})), "label")
    assert "The rows of countries are left out: there are more than 50,000." in text


@pytest.mark.parametrize("name", ["stances", "H6", "trade_flows.classification.H6", "Namibia"])
def test_explain_knows_these_names_too(run, name):
    assert run("explain", name).out == run("describe", name).out


def test_a_name_and_a_search_are_refused_together(run):
    done = run("describe", "H6", "--search", "chips")
    assert done.code == 2
    assert "not both" in done.err

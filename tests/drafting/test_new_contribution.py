"""`depositary new contribution`: the folder is valid as it is, and what is filled in is read as it was typed."""

import csv
import json
import re
import shutil
import tomllib

import pytest
from code_lists import with_countries
from conftest import ROOT
from openpyxl import load_workbook
from test_clients import by_libreoffice, convert

import depositary
from depositary.drafting.items import items_of
from depositary.merging.merge import merge
from depositary.read.bases import package_hash
from depositary.read.package import open_package

BASE = ROOT / "datapackage"
ITEMS = items_of(open_package(BASE))
NEW = ("--by", "ctr-mira", "--name", "Mira Example")


def start(run, folder, *options, base=BASE, by=NEW):
    return run("new", "contribution", folder, "--base", base, *by, *options)


def put(file, *rows):
    with file.open(encoding="utf-8", newline="") as stream:
        (header,) = csv.reader(stream)
    with file.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, header, lineterminator="\n").writerows(rows)


@pytest.mark.short(1, long=3)
@pytest.mark.parametrize("form", [(), ("--xlsx",)], ids=["csv", "xlsx"])
@pytest.mark.parametrize("item", [None, *ITEMS])
def test_a_new_contribution_is_valid_as_it_is(run, tmp_path, item, form):
    done = start(run, tmp_path / "mira" / "first", *(("--for", item) if item else ()), *form)
    assert done.code == 0, done.err
    report = depositary.validate(tmp_path / "mira" / "first", base=BASE)
    assert [*report] == []
    expected = {"contributors", *(ITEMS[item]["tables"] if item else ())}
    assert {table.name for table in report.tables} >= expected
    assert [table.rows for table in report.tables if table.name == "contributors"] == [1]


def test_the_manifest_names_the_contributor_and_the_exact_base(run, tmp_path):
    start(run, tmp_path / "c")
    manifest = tomllib.loads((tmp_path / "c" / "contribution.toml").read_text("utf-8"))
    base = open_package(BASE)
    assert manifest == {
        "contributor": "ctr-mira",
        "mode": "patch",
        "role": "coder",
        "license": "CC-BY-4.0",
        "base": {"package": base.name, "version": base.version, "hash": package_hash(base)},
    }


@pytest.mark.parametrize("item", ITEMS)
def test_a_table_comes_after_those_to_which_its_required_columns_refer(item):
    names, base = ITEMS[item]["tables"], open_package(BASE)
    for at, name in enumerate(names):
        table = base.get(name).table
        parents = {key.table for key in table.foreign_keys if all(table.is_filled(table[one]) for one in key.fields)}
        assert parents & set(names) <= {*names[:at], name}


def test_several_items_need_the_tables_of_all(run, tmp_path):
    done = start(run, tmp_path / "c", "--for", "meeting", "--for", "policy-action")
    named = done.out.partition("in this order: ")[2].partition(". README")[0].split(", ")
    assert set(named) == {"contributors", *ITEMS["meeting"]["tables"], *ITEMS["policy-action"]["tables"]}
    assert len(named) == len(set(named))
    assert named.index("policy_actions") < named.index("statements"), "a statement may refer to an action"
    assert named[-1] == "evidence"


def test_the_command_that_it_shows_checks_the_folder(run, tmp_path):
    shown = start(run, tmp_path / "c").out.rstrip().rpartition("depositary ")[2]
    assert run(*shown.split()).code == 0


def test_the_page_describes_just_these_tables(run, tmp_path):
    start(run, tmp_path / "c", "--tables", "meetings,actors")
    page = (tmp_path / "c" / "README.md").read_text("utf-8")
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## Columns that several tables have",
        "## contributors",
        "## meetings",
        "## actors",
    ]
    for name in ("meetings", "actors"):
        for field in open_package(BASE).get(name).table.fields:
            assert page.count(f"- `{field.name}`") >= 1


@pytest.mark.parametrize(("item", "most"), [("meeting", 15_000), ("policy-action", 15_500), ("trade-flow", 12_500)])
def test_the_page_is_short_and_reads_in_a_terminal_as_it_is(run, tmp_path, item, most):
    start(run, tmp_path / "c", "--for", item)
    page = (tmp_path / "c" / "README.md").read_text("utf-8")
    assert len(page.encode()) <= most
    assert "\\" not in page
    assert "&#" not in page


@pytest.mark.parametrize(
    ("table", "line"),
    [
        (
            "sources",
            "One of `url`, `archive_url`, `doi` and `snapshot_sha256` is required when `access` is `read`.",
        ),  # R13
        ("sources", "Required when `access` is `read`."),
        ("actors", "Empty when `kind` is `person` or `unnamed_person`."),
        ("policy_action_products", "A code of the Harmonized System has no dots."),
        ("statements", "An agreement has at least two holders."),
    ],
)
@pytest.mark.parametrize("form", [(), ("--xlsx",)], ids=["csv", "xlsx"])
def test_what_rules_ask_is_read_before_the_mistake(run, tmp_path, table, line, form):
    start(run, tmp_path / "c", "--tables", table, *form)
    assert line in (tmp_path / "c" / "README.md").read_text("utf-8")
    if form:
        header = load_workbook(tmp_path / "c" / "tables.xlsx")[table][1]
        assert any(line.replace("`", "") in cell.comment.text for cell in header)


def codes_of_page(folder):
    """Give the sections of the page about codes: the columns of each, and its text."""
    _, *sections = (folder / "CODES.md").read_text("utf-8").split("\n## ")
    parts = [one.partition("\n\n") for one in sections]
    return {column: text for head, _, text in parts for column in head.split(", ")}


@pytest.mark.parametrize("item", ITEMS)
def test_the_page_of_codes_has_every_code_of_the_columns_with_its_meaning(run, tmp_path, item):
    start(run, tmp_path / "c", "--for", item)
    sections = codes_of_page(tmp_path / "c")
    base = open_package(BASE)
    for table in (base[name].table for name in ITEMS[item]["tables"]):
        for field in table.fields:
            for code in field.descriptor.get("categories", ()):
                (line,) = (
                    one
                    for one in sections[f"`{table.name}.{field.name}`"].splitlines()
                    if one.startswith(f"- `{code['value']}`")
                )
                assert line.replace("`", "").endswith(f": {code['definition']}")


def test_a_list_of_codes_is_as_long_as_its_reader_needs_it(run, tmp_path):
    start(run, tmp_path / "c", "--for", "policy-action")
    sections = codes_of_page(tmp_path / "c")
    kinds, areas = (sections[f"`{name}`"] for name in ("policy_actions.action_kind", "actors.jurisdiction"))
    assert kinds.startswith("63 codes in `action_kinds`:\n\n- `import_tariff` – Import tariff: A change in")
    assert areas.startswith("273 codes in `jurisdictions`: `ABW` Aruba; `AFG` Afghanistan; ")
    assert "ISO 3166-1 entry" not in areas
    products = sections["`policy_action_products.product_code`"]
    assert products.startswith("Open: a code that is not in ")
    assert "151 codes in `products`. To find one: `depositary describe --search WORDS`." in products


@pytest.mark.parametrize(
    ("rows", "begins"),
    [
        (1, "1 code in `countries`:\n\n- `c0` – Country 0"),
        (100, "100 codes in `countries`:\n\n- `c0` – Country 0\n- `c1` – Country 1"),
        (101, "101 codes in `countries`: `c0` Country 0; `c1` Country 1; "),
        (300, "300 codes in `countries`: `c0` Country 0; "),
        (301, "301 codes in `countries`. To find one: `depositary describe --search WORDS`."),
        (100_001, "More than 100,000 codes in `countries`. To find one: "),
    ],
)
def test_a_list_of_any_length_is_listed_or_searched(run, tmp_path, demo, rows, begins):
    base = with_countries(demo, rows)
    start(run, tmp_path / "c", "--tables", "events", base=base, by=("--by", "ctr-a", "--license", "CC0-1.0"))
    assert codes_of_page(tmp_path / "c")["`events.country`"].startswith(begins)


def test_rules_that_are_refused_are_named_and_nothing_is_written(run, tmp_path, demo):
    base = demo({"rules.yaml": "rules: 3\n"})
    file = base / "datapackage.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "rules": ["rules.yaml"]}), "utf-8")
    done = start(run, tmp_path / "c", base=base, by=("--by", "ctr-a", "--license", "CC0-1.0"))
    assert (done.code, done.out) == (2, "")
    assert "rules.yaml" in done.err
    assert not (tmp_path / "c").exists()


def test_no_text_of_a_package_becomes_markup_on_the_page(run, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(BASE, base)
    descriptor = json.loads((base / "datapackage.json").read_text("utf-8"))
    actors = next(one for one in descriptor["resources"] if one["name"] == "actors")
    hostile = "See <script>x</script> [a](http://b.example) *loud* `code` @somebody #1 https://c.example and GH-7"
    actors["description"] = actors["title"] = hostile
    for field in actors["schema"]["fields"]:
        field["description"] = hostile
        for code in field.get("categories", ()):
            code["label"] = code["definition"] = hostile
    (base / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    start(run, tmp_path / "c", "--tables", "actors", base=base)
    for name in ("README.md", "CODES.md"):
        page = re.sub(r"`[^`\n]*`", "", (tmp_path / "c" / name).read_text("utf-8"))
        assert not re.search(r"[<@\[\\`_]|https?:|#1|GH-7|\*loud", page)


def test_a_contributor_who_is_known_gets_no_row(run, tmp_path):
    start(run, tmp_path / "c", "--tables", "actors", by=("--by", "ctr-maintainers"))
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == [
        "CODES.md",
        "README.md",
        "actors.csv",
        "contribution.toml",
    ]
    assert [finding.code for finding in depositary.validate(tmp_path / "c", base=BASE)] == ["no-rows"]


def test_the_same_call_gives_the_same_bytes(run, tmp_path):
    for name in ("one", "two"):
        start(run, tmp_path / name / "c", "--xlsx")
    files = [{p.name: p.read_bytes() for p in sorted((tmp_path / name / "c").iterdir())} for name in ("one", "two")]
    assert files[0] == files[1]


ROW = {
    "trade_flow_id": "local:chips",
    "classification": "NATIONAL",
    "product_code": "008",
    "period": "2023-05",
    "value": 12.5,
}


def test_codes_and_dates_of_a_workbook_are_read_as_they_were_typed(run, tmp_path):
    start(run, tmp_path / "c", "--for", "trade-flow", "--xlsx")
    file = tmp_path / "c" / "tables.xlsx"
    book = load_workbook(file)
    sheet = book["trade_flows"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for name, value in ROW.items():
        sheet.cell(2, columns[name], value)
    book.save(file)
    report = depositary.validate(tmp_path / "c", base=BASE, rules=False)
    assert {finding.code for finding in report} == {"required-constraint"}  # the required cells that are blank
    assert not {finding.field for finding in report} & set(ROW)


def test_a_workbook_offers_codes_and_ids_and_has_their_labels_beside_them(run, tmp_path):
    start(run, tmp_path / "c", "--for", "trade-flow", "--xlsx")
    book = load_workbook(tmp_path / "c" / "tables.xlsx")
    sheet = book["trade_flows"]
    columns = {cell.value: cell for cell in sheet[1]}
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref
    assert all(cell.comment for cell in columns.values())
    offered = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    for name, about in (("classification", "codes"), ("reporter", "ids"), ("source_id", "ids")):
        quoted, _, cells = offered[f"{columns[name].column_letter}2"].partition("!")
        assert quoted == f"'{about}'"
        first, last = (int(part.rpartition("$")[2]) for part in cells.split(":"))
        values = [[cell.value for cell in row] for row in book[about][first:last]]
        assert len(values) > 1
        assert all(all(row) for row in values)
        assert len({row[0] for row in values}) == 1


@pytest.mark.parametrize(("more", "is_offered"), [(0, True), (1, False)])
def test_a_column_that_refers_to_too_many_rows_says_why_it_has_no_list(run, tmp_path, demo, more, is_offered):
    rows = "".join(f"{at:05},Country {at}\n" for at in range(20_000 + more))
    base = demo({"countries.csv": f"code,label\n{rows}"})
    start(run, tmp_path / "c", "--tables", "events", "--xlsx", base=base, by=("--by", "ctr-a", "--license", "CC0-1.0"))
    book = load_workbook(tmp_path / "c" / "tables.xlsx")
    sheet = book["events"]
    (cell,) = (cell for cell in sheet[1] if cell.value == "country")
    lists = " ".join(str(rule.sqref) for rule in sheet.data_validations.dataValidation)
    said = "countries has more than 20,000 rows, so there is no list of its ids"
    assert (f"{cell.column_letter}2" in lists) is is_offered
    assert (said in cell.comment.text) is not is_offered
    assert any(said in str(row[2].value) for row in book["ids"]) is not is_offered
    assert depositary.validate(tmp_path / "c", base=base).valid


PEOPLE = """
[[files]]
path = "{path}"
table = "contributors"
columns = {{ id = "contributor_id", who = "name" }}
constants = {{ role = "coder" }}
"""


@pytest.mark.parametrize("form", [(), ("--xlsx",)], ids=["csv", "xlsx"])
def test_a_table_without_rows_does_not_stand_in_the_way_of_a_mapped_file(run, tmp_path, form):
    folder = tmp_path / "c"
    start(run, folder, "--tables", "contributors,actors", *form, by=("--by", "ctr-maintainers"))
    (folder / "download.csv").write_text("id,who\nctr-new,New Person\n", encoding="utf-8")
    with (folder / "contribution.toml").open("a", encoding="utf-8") as manifest:
        manifest.write(PEOPLE.format(path="download.csv"))
    report = depositary.validate(folder, base=BASE)
    assert [*report] == []
    assert {table.name: table.rows for table in report.tables}["contributors"] == 1
    merge(BASE, [folder], output_dir=tmp_path / "merged")
    assert "ctr-new" in (tmp_path / "merged" / "data" / "contributors.csv").read_text("utf-8")


@pytest.mark.parametrize("rows", [0, 1])
def test_two_files_of_a_table_are_refused_only_if_both_have_rows(run, tmp_path, rows):
    folder = tmp_path / "c"
    start(run, folder, "--tables", "contributors", "--xlsx", by=("--by", "ctr-maintainers"))
    if rows:
        book = load_workbook(folder / "tables.xlsx")
        book["contributors"].append(["ctr-b", "B", None, None, "coder"])
        book.save(folder / "tables.xlsx")
    (folder / "contributors.csv").write_text("contributor_id,name,role\nctr-new,New,coder\n", encoding="utf-8")
    found = [finding.message for finding in depositary.validate(folder, base=BASE)]
    assert len(found) == rows
    assert all("is a second file of the same table" in one for one in found)


def test_an_example_of_each_table_is_on_a_sheet_that_is_not_read(run, tmp_path):
    start(run, tmp_path / "c", "--for", "meeting", "--xlsx")
    book = load_workbook(tmp_path / "c" / "tables.xlsx")
    assert {row[0].value for row in book["examples"][2 : book["examples"].max_row]} == {
        "contributors",
        *ITEMS["meeting"]["tables"],
    }


def test_the_sheets_about_the_tables_are_printed_on_few_pages(run, tmp_path):
    start(run, tmp_path / "c", "--tables", "actors", "--xlsx")
    book = load_workbook(tmp_path / "c" / "tables.xlsx")
    areas = {name: book[name].print_area for name in ("columns", "codes", "ids", "examples")}
    last = book["columns"].max_row
    assert areas == {
        "columns": f"'columns'!$A$1:$E${last}",
        "codes": "",
        "ids": "'ids'!$A$1:$C$1",
        "examples": "'examples'!$A$1:$C$1",
    }
    assert book["columns"].sheet_properties.pageSetUpPr.fitToPage
    assert book["codes"].page_setup.scale == 60
    assert "not printed" in book["ids"].oddHeader.left.text
    assert not book["actors"].print_area


@pytest.mark.long
def test_an_exported_workbook_that_is_edited_is_a_contribution(run, tmp_path):
    run("export", BASE, "--to", "xlsx", "--output-dir", tmp_path / "out")
    start(run, tmp_path / "c", "--tables", "actors", by=("--by", "ctr-maintainers"))
    (tmp_path / "c" / "actors.csv").unlink()
    (file,) = (tmp_path / "out" / "xlsx").glob("*.xlsx")
    shutil.copy(file, tmp_path / "c" / "edited.xlsx")
    assert depositary.validate(tmp_path / "c", base=BASE).valid
    book = load_workbook(tmp_path / "c" / "edited.xlsx")
    sheet = book["actors"]
    notes = next(cell.column for cell in sheet[1] if cell.value == "notes")
    sheet.cell(2, notes, "Seen again.")
    book.save(tmp_path / "c" / "edited.xlsx")
    report = depositary.validate(tmp_path / "c", base=BASE)
    assert report.valid, list(report)
    merge(BASE, [tmp_path / "c"], output_dir=tmp_path / "merged")
    before, after = ((folder / "data" / "actors.csv").read_text("utf-8") for folder in (BASE, tmp_path / "merged"))
    changed = [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]
    assert len(changed) == 1
    assert "Seen again." in changed[0][1]


@pytest.mark.parametrize("name", ["columns", "codes", "ids", "examples"])
def test_a_table_with_the_name_of_a_sheet_about_tables_is_read(run, tmp_path, demo, name):
    base = demo({})
    renamed(base, "countries", name)
    start(run, tmp_path / "c", "--xlsx", base=base, by=("--by", "ctr-a", "--license", "CC0-1.0"))
    book = load_workbook(tmp_path / "c" / "tables.xlsx")
    assert [cell.value for cell in book[name][1]] == ["code", "label"]
    book[name].append(["KOR", "Korea"])
    book.save(tmp_path / "c" / "tables.xlsx")
    report = depositary.validate(tmp_path / "c", base=base)
    assert {table.name: table.rows for table in report.tables}[name] == 1


def renamed(base, old, new):
    file = base / "datapackage.json"
    package = json.loads(file.read_text("utf-8"))
    for resource in package["resources"]:
        resource["name"] = new if resource["name"] == old else resource["name"]
        for key in resource["schema"].get("foreignKeys", ()):
            key["reference"]["resource"] = new if key["reference"]["resource"] == old else key["reference"]["resource"]
    file.write_text(json.dumps(package), encoding="utf-8")


def with_items(base, items):
    file = base / "datapackage.json"
    package = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**package, "items": items}), encoding="utf-8")
    return base


def test_another_package_lists_its_own_items(run, tmp_path, demo):
    base = with_items(demo({}), [{"name": "visit", "title": "A visit", "tables": ["countries", "events"]}])
    done = start(run, tmp_path / "c", "--for", "visit", base=base, by=("--by", "ctr-a", "--license", "CC0-1.0"))
    assert "in this order: countries, events." in done.out
    assert depositary.validate(tmp_path / "c", base=base).valid


@pytest.mark.parametrize("items", [None, 3, [3], [{"name": "visit"}], {"visit": []}, [{"tables": []}]])
def test_items_that_are_none_are_named(run, tmp_path, demo, items):
    base = with_items(demo({}), items)
    done = start(run, tmp_path / "c", "--for", "visit", base=base, by=("--by", "ctr-a", "--license", "CC0-1.0"))
    assert done.code == 2
    assert "lists no items to code" in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--by", "ctr-maintainer"), "did you mean ctr-maintainers?"),
        (("--by", "ctr-mira"), "give your name with --name"),
        (("--by", "mira", "--name", "Mira"), "contributor is 'mira'"),
        (("--by", "ctr-maintainers", "--role", "boss"), "role is 'boss'"),
        (("--by", "ctr-maintainers", "--for", "meting"), "did you mean meeting?"),
        (("--by", "ctr-maintainers", "--tables", "actrs"), "Did you mean actors?"),
        (("--by", "ctr-maintainers", "--tables", "actors", "--for", "meeting"), "not both"),
    ],
)
def test_what_is_wrong_gets_one_line_and_nothing_is_written(run, tmp_path, options, message):
    done = start(run, tmp_path / "c", by=options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_a_licence_asks_for_one(run, tmp_path, demo):
    done = start(run, tmp_path / "c", base=demo({}), by=("--by", "ctr-a"))
    assert done.code == 2
    assert "--license" in done.err


def test_a_folder_with_files_is_left_alone(run, tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "mine.txt").write_text("mine", encoding="utf-8")
    done = start(run, tmp_path / "c")
    assert done.code == 2
    assert "it is there already" in done.err
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["mine.txt"]


@pytest.mark.clients
@pytest.mark.office
@pytest.mark.parametrize(("item", "most"), [("meeting", 32), ("policy-action", 30)])
def test_libreoffice_prints_the_workbook_on_few_pages(run, tmp_path, item, most):
    start(run, tmp_path / "c", "--for", item, "--xlsx")
    convert(tmp_path / "c" / "tables.xlsx", "pdf", tmp_path)
    pages = re.findall(rb"/Type\s*/Page[^s]", (tmp_path / "tables.pdf").read_bytes())
    assert 0 < len(pages) <= most


@pytest.mark.clients
@pytest.mark.office
def test_libreoffice_opens_the_workbook_with_all_its_sheets(run, tmp_path):
    start(run, tmp_path / "c", "--for", "meeting", "--xlsx")
    (tmp_path / "csv").mkdir()
    sheets = by_libreoffice(tmp_path / "c" / "tables.xlsx", tmp_path / "csv")
    base = open_package(BASE)
    for name in ITEMS["meeting"]["tables"]:
        assert list(sheets[name]) == list(base.get(name).table.field_names)
    assert set(sheets) >= {"README", "columns", "codes", "ids", "examples"}

"""The rules: every case gives its findings, and every layer that says a rule gives the same verdict."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandera.errors
import polars as pl
import pyarrow as pa
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rule_cases import (
    NAMES,
    RULES,
    Rows,
    asked,
    expected,
    key,
    overlay_base,
    published,
    rows_in,
    write_package,
    write_table,
)
from sqlglot import exp, parse_one

import depositary
from depositary.check.reading.cells import Column, reader_of
from depositary.check.reading.header import schema_of
from depositary.check.rules.rulebook import Rulebook, read_rulebook
from depositary.check.rules.rules import Rules
from depositary.check.validate import judge_target
from depositary.compile import arrow, edtf
from depositary.engine.chosen import OPENER
from depositary.engine.duckdb import DuckDB
from depositary.engine.engine import Opener
from depositary.model.check_digits import CELL_CHECKS
from depositary.model.finding import Finding
from depositary.model.package import Resource
from depositary.model.rule import Rule, RuleOptions
from depositary.model.tally import Tally
from depositary.model.target import Input, Target
from depositary.read.package import build_package

AS_OF = dt.date(2026, 11, 22)


@cache
def rulebook() -> Rulebook:
    return read_rulebook(published().descriptor, published().directory)


RULEBOOK = rulebook()
NUMBERS = {rule.number for rule in RULEBOOK.rules}


def number(rule: str) -> str:
    return rule.rstrip("abcdefgh")


# The cases


def judged(name: str, kind: str, tmp: Path, select: Iterable[str] = ()) -> tuple[Rows, list[Finding]]:
    rows = overlay_base(rows_in(RULES / name / kind))
    wanted = replace(asked(name, tmp), select=tuple(select))
    return rows, list(judge_target(subject(write_package(tmp / "package", rows)), wanted))


def subject(folder: Path) -> Target:
    """Give a package as what is to be judged; that its descriptor is a valid one is known."""
    package = build_package(published().descriptor, folder)
    entries = {resource.name: Input(resource) for resource in package}
    facts = tuple(entry for entry in entries.values() if "codelists" not in entry.resource.path)
    return Target("cases", inputs=facts, parents={n: (e,) for n, e in entries.items()}, package=package)


def records_of(finding: Finding, rows: Rows) -> set[str]:
    """Name the records that take part in a finding."""
    places = [(finding.table, finding.row), *((place.table, place.row) for place in finding.also)]
    named = {f"{table}:{key(table, rows[table][row - 2])}" for table, row in places if row > 1 and table in rows}
    return named | ({f"{finding.table}:{finding.message.split()[2]}"} if finding.rule == "R53" else set())


def test_every_rule_has_cases_and_none_of_the_model_is_missing():
    numbered = {name.rstrip("ab") for name in NAMES}
    assert numbered == NUMBERS, "a rule has a folder in tests/cases/rules, named by its number"
    assert numbered >= {f"R{n:02}" for n in range(1, 68)}


@pytest.mark.short(4, long=16)
@pytest.mark.parametrize("name", NAMES)
def test_good_rows_keep_their_rule_and_break_no_other(name, tmp_path):
    _, findings = judged(name, "good", tmp_path)
    assert [f for f in findings if f.level == "error" or number(f.rule) == number(name)] == []


@pytest.mark.short(12, long=24)
@pytest.mark.parametrize("name", NAMES)
def test_bad_rows_give_the_findings_that_the_case_asks_for(name, tmp_path):
    rules = {number(finding.rule) for finding in expected(name)} | {number(name)}
    gives_what_is_expected(name, *judged(name, "bad", tmp_path, rules))


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_bad_rows_break_no_other_rule(name, tmp_path):
    gives_what_is_expected(name, *judged(name, "bad", tmp_path))


def gives_what_is_expected(name: str, rows: Rows, findings: list[Finding]) -> None:
    found = [(number(f.rule), f.level, records_of(f, rows)) for f in findings]
    wanted = [(number(e.rule), e.level, e.rows) for e in expected(name)]
    missing = [w for w in wanted if not any(w[:2] == f[:2] and w[2] <= f[2] for f in found)]
    assert missing == []
    unasked = [f for f in found if not any(w[:2] == f[:2] and w[2] <= f[2] for w in wanted)]
    assert [f for f in unasked if f[1] == "error" or f[0] == number(name)] == []


# The examples in the rule files


def with_example(rule: Rule) -> bool:
    return bool(rule.good) and bool(rule.holds or rule.query or rule.check)


EXAMPLES = [rule for rule in RULEBOOK.rules if with_example(rule)]


def test_every_rule_has_a_good_and_a_bad_example():
    assert [rule.id for rule in RULEBOOK.rules if not (rule.good and rule.bad)] == []


@pytest.mark.short(20)
@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule.id)
def test_the_good_example_of_a_rule_keeps_it(rule, tmp_path):
    assert run_on(rule.good, [rule.id], tmp_path) == []


@pytest.mark.short(20)
@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule.id)
def test_the_bad_example_of_a_rule_breaks_it_in_every_row(rule, tmp_path):
    found = run_on(rule.bad, [rule.id], tmp_path)
    assert {finding.rule for finding in found} == {rule.id}
    assert {finding.level for finding in found} == {rule.level}
    if rule.holds:
        ((_, rows),) = rule.bad.items()
        assert [finding.row for finding in found] == [n + 2 for n in range(len(rows))]


@pytest.mark.parametrize("rule", RULEBOOK.rules, ids=lambda rule: rule.id)
def test_a_rule_is_written_for_people(rule):
    assert rule.says.endswith(".")
    assert rule.reason.endswith(".")
    assert not rule.message.endswith(".")
    assert not rule.hint.endswith(".")
    assert len(rule.says) < 140


def run_on(
    rows: Mapping[str, Iterable[Mapping[str, Any]]],
    select: list[str],
    folder: Path | None = None,
    opener: Opener = OPENER,
) -> list[Finding]:
    """Run rules on rows that are typed as a file's would be, without judging anything else.

    Rows of `snapshots` and `previous`, which no package has, become texts and an earlier release in the folder.
    """
    rows = dict(rows)
    texts = {row["source_id"]: row["content"] for row in rows.pop("snapshots", ())}
    gone = {row["table_name"]: [{"contributor_id": row["record_id"]}] for row in rows.pop("previous", ())}
    if texts:
        rows["sources"] = [
            {"source_id": i, "snapshot_sha256": sha256(t.encode()).hexdigest()} for i, t in texts.items()
        ]
        for source, text in texts.items():
            (folder / f"{source}.txt").write_text(text, encoding="utf-8")
    previous = without_code_lists(write_package(folder / "previous", gone)) if gone else None
    package = published()
    inputs = tuple(Input(Resource(r.name, r.path, r.file, r.table)) for r in package)
    subject = Target("rows", inputs=inputs, package=package)
    asked = RuleOptions(select=select, as_of=AS_OF, previous=previous, snapshots=folder if texts else None)
    rules = Rules(subject, package, asked)
    assert rules.findings == []
    tallies = {r.name: Tally(r.name, 10_000) for r in package}
    with rules.staged(opener, 1 << 30) as stage:
        for entry in inputs:
            sink = stage.sink(entry)
            name = entry.resource.name
            if sink and name in rows:
                values = typed(name, rows[name])
                sink.take([n + 2 for n in range(values.num_rows)], {n: values[n].to_pylist() for n in sink.names})
                sink.end()
        stage.close(None)
        rules.judge(stage, tallies)
    assert rules.findings == []
    return [finding for tally in tallies.values() for finding in tally.findings]


def without_code_lists(folder: Path) -> Path:
    for resource in published():
        if "codelists" in resource.path:
            write_table(folder / resource.path, resource.table.field_names, [])
    return folder


@cache
def readers(table: str) -> dict[str, Column]:
    entry = Input(published()[table])
    return {f.name: Column(f.name, 1, reader_of(f)) for f in schema_of(entry).fields}


def typed(table: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Read rows of text, or of YAML, as the cells of a file would be read."""
    rows = list(rows)
    fields = published()[table].table.fields
    arrays = [
        arrow.array(f, [readers(table)[f.name].value(as_cell(row.get(f.name))) for row in rows])[0] for f in fields
    ]
    return pa.Table.from_arrays(arrays, names=[f.name for f in fields])


def as_cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


# The layers: what SQL in DuckDB says of a row, pandera says in pandas and polars, and JSON Schema says of the record


ROW_RULES = [rule for rule in RULEBOOK.rules if (rule.holds and not rule.needs) or rule.check in CELL_CHECKS]
TABLES = sorted({table for rule in ROW_RULES for table in rule.tables})


def case_rows(table: str) -> list[dict[str, str]]:
    """Give all rows of a table in all cases and examples, once each."""
    rows = list(rows_in(RULES / "base").get(table, []))
    for name in NAMES:
        for kind in ("good", "bad"):
            rows += rows_in(RULES / name / kind).get(table, [])
    rows += [row for rule in RULEBOOK.rules for part in (rule.good, rule.bad) for row in part.get(table, ())]
    unique = {tuple(sorted((k, as_cell(v)) for k, v in row.items() if as_cell(v))): row for row in rows}
    return list(unique.values())


Verdicts = set[tuple[str, int]]  # (rule, row from 0)


def by_sql(table: str, rows: Iterable[Mapping[str, Any]]) -> Verdicts:
    ids = [rule.id for rule in ROW_RULES if table in rule.tables]
    return {(finding.rule, finding.row - 2) for finding in run_on({table: rows}, ids)}


@cache
def pandera_schema(table: str, backend: str) -> Any:
    return depositary.pandera_schema(table, backend, package=ROOT / "datapackage", as_of=AS_OF)


def typed_frame(schema: Any, rows: pa.Table, backend: str) -> Any:
    """Give Arrow rows as the frame that a schema asks for."""
    if backend == "polars":
        return pl.from_arrow(rows)
    types = {name: column.dtype.type for name, column in schema.columns.items()}
    return rows.to_pandas(date_as_object=True, integer_object_nulls=True).astype(types)


def by_pandera(table: str, rows: pa.Table, backend: str) -> Verdicts:
    """Validate rows as a frame, and keep the failures that name a rule."""
    schema = pandera_schema(table, backend)
    for check in schema.checks:
        check.raise_warning = False  # pandera does not tell the rows of what it only warns of
    try:
        schema.validate(typed_frame(schema, rows, backend), lazy=True)
    except pandera.errors.SchemaErrors as errors:
        failed = errors.failure_cases
        cases = failed.to_dicts() if isinstance(failed, pl.DataFrame) else failed.to_dict("records")
        rules = [(str(case["check"]).split(":")[0], case["index"]) for case in cases]
        return {(rule, int(row)) for rule, row in rules if number(rule) in NUMBERS}
    return set()


@cache
def json_schema(table: str) -> dict[str, Any]:
    return depositary.json_schema(table, package=ROOT / "datapackage")


@cache
def json_rules(table: str) -> dict[str, Draft202012Validator]:
    return {rule["title"]: Draft202012Validator(rule) for rule in json_schema(table).get("allOf", [])}


def by_json(table: str, rows: pa.Table) -> Verdicts:
    records = [as_record(row) for row in rows.to_pylist()]
    return {
        (rule, i)
        for rule, validator in json_rules(table).items()
        for i, record in enumerate(records)
        if not validator.is_valid(record)
    }


def as_record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Write a typed row as JSON has it."""
    record: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Decimal):
            record[name] = int(value) if value == value.to_integral_value() else float(value)
        elif value is not None:
            record[name] = value.isoformat() if isinstance(value, dt.date) else value
    return record


def in_json(table: str, verdicts: Verdicts) -> Verdicts:
    return {(rule, row) for rule, row in verdicts if rule in json_rules(table)}


@pytest.mark.short(2, long=6)
@pytest.mark.parametrize("table", TABLES)
def test_every_layer_gives_the_same_verdict_on_all_rows_of_the_cases(table):
    rows = case_rows(table)
    verdicts = by_sql(table, rows)
    assert by_pandera(table, typed(table, rows), "polars") == verdicts
    assert by_pandera(table, typed(table, rows), "pandas") == verdicts
    assert by_json(table, typed(table, rows)) == in_json(table, verdicts)


@pytest.mark.long
def test_the_cases_break_every_rule_in_every_layer_that_says_it():
    broken = {rule for table in TABLES for rule, _ in by_sql(table, case_rows(table))}
    assert broken == {rule.id for rule in ROW_RULES}
    said = {rule for table in TABLES for rule in json_rules(table)}
    assert {rule for table in TABLES for rule, _ in by_json(table, typed(table, case_rows(table)))} == said


def test_only_warnings_and_what_json_schema_cannot_say_are_left_out_of_it():
    said = {rule for table in TABLES for rule in json_rules(table)}
    left = {rule.id for rule in ROW_RULES if rule.level == "error"} - said
    assert left == {
        "R05",  # the calendar
        "R06",  # one date before another
        "R09a",
        "R09b",  # today
        "R28a",  # two columns that differ
        "R32",
        "R38a",
        "R48a",  # check digits
        "R48b",
        "R52b",
        "R55c",  # the number of words
        "R66b",
        "R68c",  # two columns that differ
    }


# Codes of products, in every form that people write

FORMS = ["85", "8542", "854231", "8", "854", "85423", "8542311", "0101", "101", "00", "99", "85.42", "8542.31", "85-42",
         "01.01", "1.01", "8542.31.10", "85.42-31", "8542.", "854231.", "8542..31", ".85", "8542 31", "8542,31",
         "8542/31", "85 ", "85\n", "85.4\n", "85.\n42", "ABCD", "1e4", "\u0668\u0665", "\uff18\uff15"]  # fmt: skip
EDITIONS = ["H0", "H6", "HS_UNSTATED", "NATIONAL", "TEXT", ""]


@pytest.mark.short(1)
@pytest.mark.parametrize("table", ["policy_action_products", "trade_flows", "dependencies"])
def test_every_layer_gives_the_same_verdict_on_every_form_of_a_product_code(table):
    rows = [{"classification": edition, "product_code": form} for edition in EDITIONS for form in FORMS]
    agree(table, rows)
    assert {"R41a", "R41d"} <= {rule for rule, _ in by_sql(table, rows)}


# Rows at the edges, made by Hypothesis


EDGES: dict[str, list[str]] = {
    "number": ["", "0", "1", "-1", "0.5", "1.5", "99.999999999", "100", "100.000000001", "-100", "-100.1", "10000",
               "10000000000000", "10000000000001", "3"],
    "integer": ["", "0", "1", "3", "6", "9"],
    "date": ["", "1989-12-31", "2020-02-29", "2026-11-22", "2026-11-23", "2026-10-23", "2026-10-22"],
    "edtf": ["", "2020", "2020-02", "2020-02-29", "2021-02-29", "2020-02-30", "1989", "1989/1990", "2026-11-23", "2027",
             "2020~", "2020-02?", "2020/2021", "2021/2020", "../2020", "2020/..", "[2020..2021]", "[2021..2020]",
             "[..2020]", "[2020..]", "2020-12/2020", "0000", "0001-01-01", "9999-12-31", "2020-02-29/2020-02-30"],
    "string": ["", "x", "KOR", "CHN", "2020", "2021-12", "2020-Q1", "1991", "85", "854", "8542", "854231", "Q1", "P31",
               "5493006MHB84DD0ZWV18", "5493006MHB84DD0ZWV81", "0000-0002-1825-0097", "0000-0002-1825-0079",
               "a b c d e f g h i j k l", "a b c d e f g h i j k l m", " ", "é", "ctr-mira", "en", "zh"],
}  # fmt: skip


def edge_rows(table: str) -> st.SearchStrategy[list[dict[str, str]]]:
    columns = {}
    for f in published()[table].table.fields:
        enum = f.constraints.get("enum")
        kind = "edtf" if f.is_edtf else f.type
        columns[f.name] = st.sampled_from(["", *map(str, enum)] if enum else EDGES.get(kind, EDGES["string"]))
    return st.lists(st.fixed_dictionaries(columns), min_size=60, max_size=60)


@pytest.mark.long
@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_every_layer_gives_the_same_verdict_on_rows_at_the_edges(table, data):
    agree(table, data.draw(edge_rows(table)))


@pytest.mark.soak
@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_layer_gives_the_same_verdict_on_very_many_rows(table, data):
    agree(table, data.draw(edge_rows(table)))


def agree(table: str, rows: list[dict[str, str]]) -> None:
    verdicts = by_sql(table, rows)
    assert by_pandera(table, typed(table, rows), "polars") == verdicts
    assert by_pandera(table, typed(table, rows), "pandas") == verdicts
    assert by_json(table, typed(table, rows)) == in_json(table, verdicts)


# Dates of the world


def dates_of_the_world() -> st.SearchStrategy[str]:
    day = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)).map(dt.date.isoformat)
    point = st.one_of(day, day.map(lambda d: d[:7]), day.map(lambda d: d[:4]))
    return st.one_of(
        point,
        st.builds("{}{}".format, point, st.sampled_from("~?")),
        st.builds("{}/{}".format, point, point),
        st.builds("[{}..{}]".format, point, point),
        point.flatmap(lambda p: st.sampled_from([f"{p}/..", f"../{p}", f"[{p}..]", f"[..{p}]"])),
        st.text("0123456789-/.[]~?", max_size=12),
    )


def bounds(text: str) -> tuple[dt.date | None, dt.date | None] | None:
    """Say the first and last possible day in plain Python; nothing for what is no date."""
    plain = text.strip("[]") if text.startswith("[") and text.endswith("]") else text
    bracketed = plain != text
    ends = plain.split(".." if bracketed else "/")
    if len(ends) > 2 or (len(ends) == 1 and bracketed):
        return None
    open_end = "" if bracketed else ".."
    days = [None if end == open_end and len(ends) == 2 else span(end) for end in ends]
    if any(day == () for day in days) or days == [None, None]:
        return None
    first = days[0][0] if days[0] else None
    last = days[-1][1] if days[-1] else None
    return None if first and last and first > last else (first, last)


def span(text: str) -> tuple[dt.date, ...]:
    text = text[:-1] if text[-1:] in ("~", "?") else text
    parts = text.split("-")
    if [len(p) for p in parts] not in ([4], [4, 2], [4, 2, 2]) or not "".join(parts).isdigit():
        return ()
    try:
        first = dt.date(int(parts[0]), int(parts[1]) if len(parts) > 1 else 1, int(parts[2]) if len(parts) > 2 else 1)
    except ValueError:
        return ()
    if len(parts) == 3:
        return first, first
    after = (first.year + 1, 1) if len(parts) == 1 or first.month == 12 else (first.year, first.month + 1)
    return first, dt.date(*after, 1) - dt.timedelta(days=1) if after[0] < 10_000 else dt.date(9999, 12, 31)


@pytest.mark.short(10)
@settings(max_examples=60, deadline=None)
@given(st.lists(dates_of_the_world(), min_size=20, max_size=40))
def test_the_bounds_of_dates_are_those_of_plain_python(texts):
    with DuckDB(60, 1 << 30) as engine:
        engine.run("CREATE TABLE t (x VARCHAR)")
        engine.append("t", pa.table({"x": texts}))
        names = {"valid": "IS_EDTF", "first": "EARLIEST", "last": "LATEST"}
        printed = {n: edtf.expand(f, exp.column("x")).sql("duckdb") for n, f in names.items()}
        columns = ", ".join(f"{sql} AS {name}" for name, sql in printed.items())
        for row in engine.rows(f"SELECT x, {columns} FROM t"):  # noqa: S608 (printed by sqlglot)
            wanted = bounds(row["x"])
            assert row["valid"] == (wanted is not None), row["x"]
            if wanted:
                assert (row["first"], row["last"]) == wanted, row["x"]


@settings(max_examples=60, deadline=None)
@given(dates_of_the_world().filter(bounds), dates_of_the_world().filter(bounds))
def test_one_date_is_certainly_before_another_only_when_every_day_is(one, other):
    before = edtf.expand("CERTAINLY_BEFORE", exp.Literal.string(one), exp.Literal.string(other)).sql("duckdb")
    with DuckDB(60, 1 << 30) as engine:
        ((verdict,),) = (row.values() for row in engine.rows(f"SELECT {before} AS verdict"))
    last, first = bounds(one)[1], bounds(other)[0]
    certain = not set(one + other) & set("~?")
    assert bool(verdict) == bool(certain and last and first and last < first)


@pytest.mark.parametrize("name", edtf.NAMES)
def test_the_functions_of_dates_print_for_spark_as_well(name):
    arguments = [exp.column(letter) for letter in "ab"[: edtf.arity(name)]]
    printed = edtf.expand(name, *arguments).sql("spark")
    assert parse_one(printed, dialect="spark").sql("spark") == printed
    assert ("SPLIT_PART" in printed) == ("SPLIT_PART" in edtf.expand(name, *arguments).sql("duckdb"))

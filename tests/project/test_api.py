"""The public surface: closed, typed, and what the docs say."""

import copy
import dataclasses
import datetime as dt
import inspect
import pickle
import pkgutil
import re
import subprocess
import sys
import typing
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import NamedTuple

import pytest
from conftest import ROOT

import depositary
from depositary.errors import DocumentError, NotFoundError
from depositary.model.finding import Finding
from depositary.model.table import Table

HEADER = "event_id,held,country,kind,open,guests,note"


FUNCTIONS = [name for name in depositary.__all__ if inspect.isfunction(getattr(depositary, name))]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")


def test_the_public_functions_are_these():
    assert FUNCTIONS == [
        "add_evidence",
        "agree",
        "check_evidence",
        "diff",
        "export",
        "fetch",
        "identity_quality",
        "json_schema",
        "load",
        "load_all",
        "merge",
        "move_evidence",
        "open",
        "pandera_schema",
        "patch",
        "publish",
        "release",
        "suggest_identity",
        "validate",
        "validate_frame",
        "verify",
    ]


def test_all_public_names_are_there_and_sorted():
    assert all(hasattr(depositary, name) for name in depositary.__all__)
    assert depositary.__all__ == sorted(set(depositary.__all__))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = depositary.nothing


def modules() -> list[ModuleType]:
    """Import every module of the package but those that run something."""
    names = [found.name for found in pkgutil.walk_packages(depositary.__path__, "depositary.")]
    return [import_module(name) for name in names if "__main__" not in name and ".loaders." not in name]


def classes_of(kind: type) -> set[type]:
    """Give a class and all that are made from it, of ours."""
    below = set().union(*map(classes_of, kind.__subclasses__()))
    return {one for one in {kind, *below} if one.__module__.startswith("depositary.")}


def test_every_error_and_warning_has_a_public_name_and_is_on_the_page():
    modules()
    met = classes_of(depositary.errors.DepositaryError) | classes_of(Warning)
    assert len(met) == 12
    for kind in met:
        assert getattr(depositary.errors, kind.__name__) is kind
        assert kind.__name__ in depositary.errors.__all__
        assert f"`{kind.__name__}`" in PAGE


def held(hint: object) -> Iterator[type]:
    """Give the classes of ours that a type hint names."""
    if isinstance(hint, type) and hint.__module__.startswith("depositary."):
        yield hint
    for part in typing.get_args(hint):
        yield from held(part)


def hints_of(kind: type) -> Iterator[object]:
    """Give the types of a class's attributes, and of what its public methods and properties return."""
    names = {name: getattr(depositary, name) for name in depositary.__all__}
    yield from typing.get_type_hints(kind, localns=names).values()
    for name, member in vars(kind).items():
        function = getattr(member, "fget", None) or getattr(member, "func", None) or member
        if inspect.isfunction(function) and (name == "__iter__" or not name.startswith("_")):
            yield typing.get_type_hints(function, localns=names).get("return")


def test_every_result_and_what_it_holds_has_a_public_name_and_is_on_the_page():
    names = {**{name: getattr(depositary, name) for name in depositary.__all__}, "dt": dt}
    functions = [getattr(depositary, name) for name in FUNCTIONS]
    waiting = [kind for one in functions for kind in held(typing.get_type_hints(one, localns=names)["return"])]
    met: set[type] = set()
    while waiting:
        kind = waiting.pop()
        if kind not in met and not issubclass(kind, Exception):
            met.add(kind)
            waiting += [one for hint in hints_of(kind) for one in held(hint)]
    assert len(met) > 25
    for kind in met:
        assert kind.__name__ in depositary.__all__
        assert getattr(depositary, kind.__name__) is kind
        assert f"`{kind.__name__}`" in PAGE


def test_errors_keep_their_text_and_what_they_hold():
    assert issubclass(depositary.errors.MissingBaseError, depositary.errors.UsageError)
    refused = depositary.errors.RefusedError(["a/b"], "one", "two")
    assert (str(refused), refused.batches) == ("one\n  two", ("a/b",))


class Opened(NamedTuple):
    report: str


ERRORS = (
    depositary.errors.UsageError("one", "two"),
    depositary.errors.RefusedError(["a/b"], "one", "two"),
    depositary.errors.UnreleasableError(["no licence"], "one", "two"),
    depositary.errors.MisfitError(["t 1 [x]"], "one", "two"),
    depositary.errors.InvalidContributionError([Opened("its report"), Opened("")], "one", "two"),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_reach_another_process_as_they_are(error):
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 (our own)
        assert (type(copied), str(copied), copied.args, vars(copied)) == (
            type(error),
            str(error),
            error.args,
            vars(error),
        )


def test_messages_of_usage_errors_begin_small_or_with_a_name():
    begun = [
        word
        for module in (ROOT / "toolkit" / "depositary").rglob("*.py")
        for word in re.findall(r"(?:UsageError|RefusedError)\(\s*f?\"([A-Z]\w*)", module.read_text(encoding="utf-8"))
    ]
    assert set(begun) <= {"DuckDB", "SQLite", "Spark"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_functions_say_what_they_do(name):
    text = getattr(depositary, name).__doc__
    assert text.splitlines()[0].endswith(".")
    assert "Raises:" in text


def test_import_loads_no_heavy_library():
    heavy = {"duckdb", "frictionless", "jsonschema", "pandas", "pandera", "polars", "pyarrow", "rich", "sqlglot"}
    code = f"import sys, depositary; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_checking_a_small_file_with_its_rules_loads_no_library_for_large_ones():
    code = "import sys, depositary; print(len(depositary.validate(sys.argv[1]).rules.judged) > 0)"
    code += "; print({'pandas', 'pandera', 'polars'} & set(sys.modules))"
    file = ROOT / "datapackage" / "data" / "contributors.csv"
    done = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=True)
    assert done.stdout == "True\nset()\n"


def test_open_gives_the_tables_in_the_descriptors_order(published):
    package = depositary.open(published)
    assert package.name == "depositary-trade-policy"
    assert len(package) == 27
    assert next(iter(package)).name == "contributors"
    assert "stances" in package
    assert package["stances"].table.primary_key == ("stance_id",)


def test_a_table_gives_its_fields_by_name():
    keys = {"primaryKey": "id", "uniqueKeys": [["a", "b"]], "foreignKeys": [REFERENCE]}
    fields = [{"name": name} for name in ("id", "a", "b", "up", "plain")]
    fields += [{"name": "mail", "constraints": {"unique": True}}, {"name": "id", "type": "integer"}]
    table = Table.from_descriptor("things", {"fields": fields, **keys})
    assert (table["id"].type, table["plain"].name) == ("string", "plain")  # the first of a name
    assert ("plain" in table, "Plain" in table) == (True, False)
    assert table.identifying_fields == {"id", "a", "b", "up", "mail"}


REFERENCE = {"fields": "up", "reference": {"resource": "", "fields": "id"}}


def test_open_takes_the_descriptor_too(published):
    assert depositary.open(published / "datapackage.json") == depositary.open(published)


def test_open_refuses_what_is_not_there(tmp_path):
    with pytest.raises(NotFoundError, match=r"no datapackage\.json"):
        depositary.open(tmp_path)


def test_open_refuses_a_broken_descriptor(tmp_path):
    (tmp_path / "datapackage.json").write_text('{"name": }')
    with pytest.raises(DocumentError, match="line 1, column 10"):
        depositary.open(tmp_path)


def test_findings_are_frozen_ordered_and_hashable():
    first = Finding(code="blank-row", level="error", table="a", file="a.csv", row=2, message="m")
    second = dataclasses.replace(first, row=10)
    assert sorted({second, first}) == [first, second]
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.row = 3


def test_a_report_iterates_over_its_findings(demo):
    report = depositary.validate(
        demo({"events.csv": "event_id,held,country,kind,open,guests,note\nev-1,x,KOR,talks,y,1,\n"})
    )
    assert [(f.row, f.field) for f in report] == [(2, "held"), (2, "open")]
    assert (report.valid, report.errors, report.warnings, report.rows) == (False, 2, 0, 4)


def test_merge_gives_what_the_command_writes(published, tmp_path):
    batch = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"
    merged = depositary.merge(published, [batch], tmp_path / "merged", as_of=dt.date(2026, 11, 23))
    assert (merged.open, merged.report.valid) == ((), True)
    assert merged.written == tmp_path / "merged"
    assert [change.added for change in merged.changes if change.table == "evidence"] > [0]


@pytest.mark.long
def test_merge_without_a_place_writes_nothing(published, tmp_path):
    batch = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"
    before = sorted(tmp_path.rglob("*"))
    assert depositary.merge(published, [batch], as_of=dt.date(2026, 11, 23)).written is None
    assert sorted(tmp_path.rglob("*")) == before

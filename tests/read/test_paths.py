"""Paths that callers name: whatever is wrong with one is an error of ours, in Python and at the command line."""

import inspect
import itertools
import os
from pathlib import Path

import pytest
from conftest import CASES, ROOT, manifest_of

import depositary
from depositary.errors import DepositaryError, UsageError, in_our_words
from depositary.read.paths import address_of

PACKAGE = CASES / "demo"
BATCH = Path("batch")

IMPOSSIBLE = {
    "NUL": "a\0b",
    "half a character": "a\ud83db",
    "a long name": "n" * 300,
    "a long path": "/".join(["n" * 200] * 30),
    "nothing": "",
    "bytes": b"datapackage",
    "a number": 5,
}
WRONG = {
    "nowhere": "no/where/at/all",
    "below a file": "file/within",
    "a file": "file",
    "a link to itself": "loop",
    "nearly too long": "/".join(["n" * 200] * 20) + "/" + "n" * 60,
}

TEXT = Path(__file__)


def add(path, text, base=None):
    return depositary.add_evidence(path, "events", "ev-1", source="src-a", text=text, quote="add", base=base)


# Each public function with each of its paths, by the name of the parameter.
CALLS = {
    "open": {"path": depositary.open},
    "validate": {
        "path": depositary.validate,
        "base": lambda path: depositary.validate(BATCH, path),
        "cache": lambda path: depositary.validate(BATCH, PACKAGE, cache=path),
    },
    "validate_frame": {"package": lambda path: depositary.validate_frame(None, "actors", package=path)},
    "pandera_schema": {"package": lambda path: depositary.pandera_schema("actors", package=path)},
    "json_schema": {"package": lambda path: depositary.json_schema("actors", package=path)},
    "merge": {
        "current": lambda path: depositary.merge(path, [BATCH]),
        "contributions": lambda path: depositary.merge(PACKAGE, [BATCH, path]),
        "output_dir": lambda path: depositary.merge(PACKAGE, [BATCH], path),
        "decisions": lambda path: depositary.merge(PACKAGE, [BATCH], decisions=path),
        "bases": lambda path: depositary.merge(PACKAGE, [BATCH], bases=path),
        "cache": lambda path: depositary.merge(PACKAGE, [BATCH], cache=path, output_dir="out"),
    },
    "agree": {
        "package": lambda path: depositary.agree(path, [BATCH, BATCH]),
        "contributions": lambda path: depositary.agree(PACKAGE, [BATCH, path]),
        "bases": lambda path: depositary.agree(PACKAGE, [BATCH, BATCH], bases=path),
        "decisions": lambda path: depositary.agree(PACKAGE, [BATCH, BATCH], decisions=path),
    },
    "suggest_identity": {
        "package": depositary.suggest_identity,
        "contributions": lambda path: depositary.suggest_identity(PACKAGE, [BATCH, path]),
        "bases": lambda path: depositary.suggest_identity(PACKAGE, [BATCH], bases=path),
        "decisions": lambda path: depositary.suggest_identity(PACKAGE, [BATCH], decisions=path),
    },
    "identity_quality": {
        "package": lambda path: depositary.identity_quality(path, decisions=path),
        "contributions": lambda path: depositary.identity_quality(PACKAGE, [BATCH, path], decisions="decisions"),
        "bases": lambda path: depositary.identity_quality(PACKAGE, [BATCH], decisions="decisions", bases=path),
        "decisions": lambda path: depositary.identity_quality(PACKAGE, [BATCH], decisions=path),
    },
    "diff": {
        "before": lambda path: depositary.diff(path, PACKAGE),
        "after": lambda path: depositary.diff(PACKAGE, path),
    },
    "patch": {
        "package": lambda path: depositary.patch(path, depositary.diff(PACKAGE, PACKAGE), "out"),
        "diff": lambda path: depositary.patch(PACKAGE, path, "out"),
        "output_dir": lambda path: depositary.patch(PACKAGE, depositary.diff(PACKAGE, PACKAGE), path),
    },
    "load": {"package": lambda path: depositary.load(path, "events")},
    "load_all": {"package": depositary.load_all},
    "export": {
        "package": lambda path: depositary.export(path, ["csv"], "out"),
        "output_dir": lambda path: depositary.export(PACKAGE, ["csv"], path),
    },
    "release": {
        "package": lambda path: depositary.release(path, "out"),
        "output_dir": lambda path: depositary.release(PACKAGE, path),
        "previous": lambda path: depositary.release(PACKAGE, "out", previous=path),
        "agreement": lambda path: depositary.release(PACKAGE, "out", agreement=path),
    },
    "verify": {
        "release": depositary.verify,
        "previous": lambda path: depositary.verify(PACKAGE, path),
    },
    "publish": {
        "release": lambda path: depositary.publish(path, "folder", folder="out"),
        "folder": lambda path: depositary.publish(PACKAGE, "folder", folder=path),
    },
    "fetch": {"output_dir": lambda path: depositary.fetch("https://127.0.0.1:9/nothing.zip", path)},
    "add_evidence": {
        "path": lambda path: add(path, TEXT),
        "text": lambda path: add(PACKAGE, path),
        "base": lambda path: add(BATCH, TEXT, base=path),
    },
    "check_evidence": {
        "path": lambda path: depositary.check_evidence(path, TEXT),
        "text": lambda path: depositary.check_evidence(PACKAGE, path),
        "base": lambda path: depositary.check_evidence(BATCH, TEXT, path),
    },
    "move_evidence": {
        "path": lambda path: depositary.move_evidence(path, TEXT, TEXT),
        "old": lambda path: depositary.move_evidence(PACKAGE, path, TEXT),
        "new": lambda path: depositary.move_evidence(PACKAGE, TEXT, path),
        "base": lambda path: depositary.move_evidence(BATCH, TEXT, TEXT, base=path),
    },
    "Diff.write": {"path": lambda path: depositary.diff(PACKAGE, PACKAGE).write(path)},
}
EACH = [pytest.param(call, id=f"{name}({at})") for name, calls in CALLS.items() for at, call in calls.items()]
WRITES_A_FILE = CALLS["Diff.write"]["path"]
# A cache is never needed: a folder that is not there is made, one that cannot be used is not used, and "" is none.
CACHES = [CALLS["validate"]["cache"], CALLS["merge"]["cache"]]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "batch").mkdir()
    (tmp_path / "batch" / "contribution.toml").write_text(manifest_of("demo"))
    (tmp_path / "batch" / "countries.csv").write_text("code,label\nJPN,Japan\n")
    Path("file").write_text("no package")
    Path("loop").symlink_to("loop")
    return tmp_path


@pytest.mark.parametrize("bad", [pytest.param(path, id=name) for name, path in IMPOSSIBLE.items()])
@pytest.mark.parametrize("call", EACH)
def test_a_path_that_no_file_can_have_is_an_error_of_ours(place, call, bad):
    if call in CACHES and bad == "":
        return
    with pytest.raises(UsageError) as raised:
        call(bad)
    assert len(str(raised.value).splitlines()) == 1
    assert [path.name for path in sorted(place.iterdir())] == ["batch", "file", "loop"]


@pytest.mark.parametrize("bad", [pytest.param(path, id=name) for name, path in WRONG.items()])
@pytest.mark.parametrize("call", EACH)
def test_a_path_that_leads_to_nothing_of_use_is_an_error_of_ours(place, call, bad):
    if (call, bad) == (WRITES_A_FILE, "file") or call in CACHES:
        return  # which it is there for
    with pytest.raises(DepositaryError):
        call(bad)
    assert [path.name for path in sorted(place.iterdir())] == ["batch", "file", "loop"]


def test_each_path_of_the_public_functions_is_tried():
    functions = {n: f for n in depositary.__all__ if n[0].islower() and callable(f := getattr(depositary, n))}
    paths = {
        name: {at for at, p in inspect.signature(function).parameters.items() if "Path" in str(p.annotation)}
        for name, function in functions.items()
    }
    assert {name: set(calls) for name, calls in CALLS.items() if name in paths} == paths


def test_one_path_where_several_are_wanted_is_named():
    with pytest.raises(UsageError, match="not a list of paths"):
        depositary.merge(PACKAGE, "batch")


def test_what_the_system_refuses_is_an_error_of_ours_with_the_place():
    with pytest.raises(UsageError, match=r"^data/events\.csv: Input/output error\.$"), in_our_words():
        raise OSError(5, os.strerror(5), "data/events.csv")


def test_our_own_errors_keep_their_kind():
    with pytest.raises(depositary.errors.NotFoundError):
        depositary.open("no/where")


# The command line

VERBS = [
    "validate @",
    "validate batch --base @",
    "validate {published} --select R51 --previous @",
    "validate {published} --select R48 --snapshots @",
    "validate {package} --output @",
    "merge @ batch --plan",
    "merge {package} @ --plan",
    "merge {package} batch --plan --decisions @",
    "merge {package} batch --plan --bases @",
    "merge {package} batch --output-dir @",
    "conflicts @",
    "conflicts {package} --output @",
    "resolve c-1 --as ctr-ann --take base --package {published} --decisions @",
    "resolve --as ctr-ann --package @ --from file",
    "resolve --as ctr-ann --package {published} --decisions out --from @",
    "undo c-1 --decisions @",
    "blame events ev-1 --package @",
    "history events ev-1 --package @",
    "diff @ {package}",
    "diff {package} @",
    "diff {package} {package} --output @",
    "export @ --to csv --output-dir out",
    "export {package} --to csv --output-dir @",
    "evidence check @ --text file",
    "evidence check {published} --text @",
    "schema build @ --output-dir out",
    "schema build {package} --output-dir @",
    "codelist add products @ --package {published}",
    "codelist add products file --package @",
]


@pytest.mark.parametrize(
    ("verb", "bad"),
    [
        pytest.param(verb, path, id=f"{verb}: {name}")
        for verb, (name, path) in itertools.product(VERBS, [*IMPOSSIBLE.items(), *WRONG.items()])
        if name in ("a long name", "a long path", "a link to itself", "below a file")
    ],
)
def test_a_bad_path_is_one_line_with_exit_code_2(run, place, verb, bad):
    places = {"package": PACKAGE, "published": ROOT / "datapackage"}
    done = run(*(bad if word == "@" else word.format(**places) for word in verb.split()), cwd=place)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert [path.name for path in sorted(place.iterdir())] == ["batch", "file", "loop"]


@pytest.mark.parametrize("path", ["a/b", "C:/a", "a:b", "./file.csv", "2026:/a", "folder/s3:/b"])
def test_a_path_is_no_address(path):
    assert address_of(path) == ""


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("hdfs:/node/a", "hdfs://node/a"),
        ("s3a://bucket/a/", "s3a://bucket/a"),
        ("file:///a", "file:///a"),
        ("file:/a", "file:///a"),
    ],
)
def test_an_address_is_known_with_one_slash_too(path, address):
    assert address_of(Path(path)) == address


@pytest.mark.parametrize(
    "command",
    [
        ("export", "hdfs://node/a", "--to", "csv", "--output-dir", "out"),
        ("merge", "hdfs://node/a"),
        ("diff", "hdfs://node/a", "datapackage"),
        ("validate", "rows.csv", "--base", "hdfs://node/a"),
    ],
    ids=lambda command: command[0],
)
def test_an_address_where_only_paths_are_read_is_named(run, tmp_path, command):
    (tmp_path / "rows.csv").write_text("id\na\n")
    done = run(*command, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "depositary: hdfs://node/a: this is an address, and only validate --engine spark reads a package at an "
        "address. Copy it to this machine, and give its path.\n"
    )

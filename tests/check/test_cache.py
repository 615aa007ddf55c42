"""The cache: with it, without it and whatever happens to it, the rows and the reports are the same."""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import ROOT, manifest_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_reference import packages, put

import depositary
from depositary.check.documents.descriptor import sound_package
from depositary.check.lanes import key_blocks
from depositary.check.reading import columns, remembered
from depositary.check.reading.columns import array_chunks, key_chunks, rows_with
from depositary.check.validate import validate
from depositary.errors import DepositaryError, UsageError
from depositary.model.limits import Limits
from depositary.model.package import Mode
from depositary.model.rule import RuleOptions
from depositary.model.target import Input
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.package import open_package
from depositary.write import cache_folder
from depositary.write.cache_folder import CacheFolder

CONTRIBUTIONS = ROOT / "examples" / "contributions"
FIELDS = ("event_id", "held", "guests")
SCHEMA = {
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "held", "type": "date"},
        {"name": "guests", "type": "integer"},
    ],
    "primaryKey": ["event_id"],
}


@contextmanager
def all_are_large(rows: int = 7) -> Iterator[None]:
    """Store every table, however small, in frames of a few rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "STORED", 0)
        patch.setattr(remembered, "ROWS", rows)
        yield


@pytest.fixture(autouse=True)
def _large() -> Iterator[None]:
    with all_are_large():
        yield


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """Make a package with one table of 20 rows, one of them with a number that Arrow cannot hold."""
    return _events(tmp_path / "events", 20)


def _events(folder: Path, rows: int) -> Path:
    folder.mkdir()
    (folder / "datapackage.json").write_text(
        f'{{"name": "events", "version": "1.0.0", "resources": [{{"name": "events", "path": "events.csv", '
        f'"type": "table", "schema": {str(SCHEMA).replace(chr(39), chr(34))}}}]}}',
        encoding="utf-8",
    )
    lines = [f"evt-{at:05},2026-01-{at % 28 + 1:02},{10**30 if at == 12 else at}" for at in range(rows)]
    (folder / "events.csv").write_text("\n".join([",".join(FIELDS), *lines, ""]), encoding="utf-8")
    return folder


@cache
def entry_of(package: Path, cache: Path | None) -> Input:
    return Input(open_package(package)["events"], cache=cache)


Rows = list[tuple[object, ...]]


def rows_of(chunks: Iterator, fields: tuple[str, ...] = FIELDS) -> Rows:
    """Give the number of each row, and of each column the value and whether it does not fit."""
    found: Rows = []
    for numbers, arrays in chunks:
        values = [arrays[name][0].to_pylist() for name in fields]
        misfits = [[at in arrays[name][1] for at in range(len(numbers))] for name in fields]
        found += zip(map(int, numbers), *values, *misfits, strict=True)
    return found


def read(package: Path, cache: Path | None, fields: tuple[str, ...] = FIELDS) -> Rows:
    return rows_of(array_chunks(entry_of(package, cache), fields, pytest.fail), fields)


@contextmanager
def nothing_is_read() -> Iterator[None]:
    """Fail if a column is read from its file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_array_chunks", lambda *_: pytest.fail("the file was read"))
        patch.setattr(columns, "_key_chunks", _but_of_patches(columns._key_chunks))
        patch.setattr(columns, "_read_rows_with", lambda *_: pytest.fail("the file was read"))
        patch.setattr(key_blocks, "_all_hashed", _but_of_patches(key_blocks._all_hashed))
        yield


def _but_of_patches(reading):
    return lambda entry, *given: pytest.fail("it was read") if entry.mode is Mode.TABLE else reading(entry, *given)


def stored(cache: Path) -> list[Path]:
    return sorted(cache.rglob("*.column"))


# What is in it


def test_columns_are_read_once_and_then_come_from_the_cache(events, tmp_path):
    plain = read(events, None)
    assert len(plain) == 20
    assert read(events, tmp_path / "cache") == plain
    with nothing_is_read():
        assert read(events, tmp_path / "cache") == plain
        assert read(events, tmp_path / "cache", ("guests",)) == read_some(plain)
        assert list(keys(events, tmp_path / "cache", ("event_id",))) == [(row[1],) for row in plain]


def read_some(rows: Rows) -> Rows:
    return [(row[0], row[3], row[6]) for row in rows]


def keys(package: Path, cache: Path | None, fields: tuple[str, ...]) -> Iterator[tuple[object, ...]]:
    for some in key_chunks(entry_of(package, cache), fields):
        yield from some


@pytest.mark.parametrize("by", [("event_id",), ("guests",), ("event_id", "guests")])
def test_rows_with_some_values_are_found_in_the_cache(by, events, tmp_path):
    lines = [tuple(row[1 + FIELDS.index(name)] for name in by) for row in read(events, None)]
    for wanted in ([], lines[3:4], [*lines[5:15], (None,) * len(by), ("local:x", 10**30)[: len(by)]], [("x", "y")]):
        asked = {one[: len(by)] for one in wanted}
        plain = rows_with(entry_of(events, None), by, asked, FIELDS[::2])
        for _ in range(2):
            assert rows_with(entry_of(events, tmp_path / "cache"), by, asked, FIELDS[::2]) == plain


def test_only_columns_that_are_missing_are_read(events, tmp_path, monkeypatch):
    cache, asked = tmp_path / "cache", []
    reading = columns._array_chunks
    monkeypatch.setattr(columns, "_array_chunks", lambda *given: asked.append(given[1]) or reading(*given))
    read(events, cache, ("held",))
    read(events, cache, ("held", "guests", "event_id"))
    assert asked == [["held"], ["guests", "event_id"]]


def test_keys_are_the_values_of_the_file_even_if_arrow_cannot_hold_them(events, tmp_path):
    fields = ("event_id", "guests")
    plain = set(keys(events, None, fields))
    assert ("evt-00012", 10**30) in plain
    for _ in range(2):
        assert set(keys(events, tmp_path / "cache", fields)) == plain


@pytest.mark.short(8)
@given(packages(), st.sampled_from([1, 3, 1000]), st.sampled_from([0, 1 << 30]))
@settings(max_examples=40, deadline=None)
def test_random_tables_have_the_same_rows_from_the_cache(drawn, rows, small):
    with TemporaryDirectory() as folder, all_are_large(rows), pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "SMALL", small)
        package = Path(folder) / "package"
        package.mkdir()
        put(str(package), *drawn)
        try:
            resources = tuple(sound_package(package))
        except DepositaryError:
            resources = ()
        for one in resources:
            plain, first, second = (outcome(one, cache) for cache in (None, Path(folder, "c"), Path(folder, "c")))
            assert plain == first == second


def outcome(resource: depositary.Resource, cache: Path | None) -> object:
    """Give the rows of a table and its keys, or the reason why it cannot be read."""
    fields, found = tuple(dict.fromkeys(resource.table.field_names)), []
    entry = Input(resource, cache=cache)
    try:
        rows = rows_of(array_chunks(entry, fields, found.clear), fields) if fields else []
        return repr(rows), sorted({repr(row) for some in key_chunks(entry, fields) for row in some})
    except UnreadableFile as fault:
        return fault.code, fault.message


# Reports


def report(folder: Path, base: Path, cache: Path | None) -> str:
    asked, limits = RuleOptions(as_of=date(2026, 11, 22)), Limits(cache=cache)
    return validate(folder, base, asked=asked, limits=limits).to_json()


@pytest.mark.short(1)
@pytest.mark.parametrize("name", ["jonas/first-try", "mira/dispatch-reading"])
def test_a_report_has_the_same_bytes_without_the_cache_and_at_the_first_and_the_second_run(name, published, tmp_path):
    contribution = CONTRIBUTIONS / name
    with all_are_large(100):
        plain = report(contribution, published, None)
        assert report(contribution, published, tmp_path / "cache") == plain
        assert stored(tmp_path / "cache")
        assert report(contribution, published, tmp_path / "cache") == plain


def test_the_commands_give_the_same_with_and_without_it(run, events, tmp_path):
    contribution = contribution_in(tmp_path)
    cache = tmp_path / "cache"
    plain = run("validate", contribution, "--base", events, "--no-cache")
    assert plain.code == 0, plain
    for _ in range(2):
        assert run("validate", contribution, "--base", events, "--cache", cache) == plain
    assert stored(cache)


def test_the_second_validation_reads_no_large_file_of_the_base(events, tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "SMALL", 0)
    contribution, cache = contribution_in(tmp_path), tmp_path / "cache"
    plain = report(contribution, events, cache)
    assert plain == report(contribution, events, None)
    with nothing_is_read():
        assert report(contribution, events, cache) == plain


@pytest.mark.short(1)
@pytest.mark.parametrize("at", [0, 25, 100, -1])
def test_a_report_is_the_same_after_any_file_was_damaged(at, events, tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "SMALL", 0)
    contribution, cache = contribution_in(tmp_path), tmp_path / "cache"
    plain = report(contribution, events, cache)
    for file in stored(cache):
        data = bytearray(file.read_bytes())
        data[at] ^= 8
        file.write_bytes(data)
        assert report(contribution, events, cache) == plain
        assert report(contribution, events, cache) == plain
    with nothing_is_read():
        assert report(contribution, events, cache) == plain


def contribution_in(folder: Path) -> Path:
    made = folder / "ann" / "batch"
    made.mkdir(parents=True)
    (made / "contribution.toml").write_text(manifest_of("events"), encoding="utf-8")
    (made / "events.csv").write_text("event_id,held,guests\nevt-00003,,7\nevt-x,2026-02-03,8\n", encoding="utf-8")
    return made


@pytest.mark.long
def test_a_merge_gives_the_same_package_with_it(published, tmp_path):
    batch, day = CONTRIBUTIONS / "mira" / "dispatch-reading", date(2026, 11, 22)
    for name, folder in (("plain", None), ("first", tmp_path / "cache"), ("second", tmp_path / "cache")):
        depositary.merge(published, [batch], tmp_path / name, rules=False, as_of=day, cache=folder)
    trees = [tree(tmp_path / name) for name in ("plain", "first", "second")]
    assert trees[0] == trees[1] == trees[2]
    assert stored(tmp_path / "cache")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_is_stored_unless_somebody_asks(events, tmp_path, monkeypatch):
    contribution = contribution_in(tmp_path)
    monkeypatch.delenv(cache_folder.VARIABLE)
    before = tree(tmp_path)
    depositary.validate(contribution, events)
    assert tree(tmp_path) == before
    monkeypatch.setenv(cache_folder.VARIABLE, str(tmp_path / "named"))
    depositary.validate(contribution, events)
    assert stored(tmp_path / "named")


# What changes


def test_a_changed_file_is_noticed_though_its_size_and_time_are_the_same(events, tmp_path, monkeypatch):
    monkeypatch.setattr(cache_folder, "_UNSETTLED", -(10**18))
    file, cache = events / "events.csv", tmp_path / "cache"
    read(events, cache)
    assert list((cache / "files").glob("*.json"))  # the hash is stored
    before = file.stat()
    time.sleep(0.05)  # longer than the clock of a file system takes for a tick
    file.write_bytes(file.read_bytes().replace(b"evt-00003", b"evt-00303"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert read(events, cache) == read(events, None)


def test_the_hash_of_a_file_that_was_just_written_is_not_stored(events, tmp_path):
    (events / "events.csv").touch()
    read(events, tmp_path / "cache")
    assert not list((tmp_path / "cache" / "files").glob("*.json"))


def test_the_hash_of_an_unchanged_file_is_not_made_again(events, tmp_path, monkeypatch):
    monkeypatch.setattr(cache_folder, "_UNSETTLED", -(10**18))
    plain = read(events, tmp_path / "cache")
    monkeypatch.setattr(cache_folder.hashlib, "file_digest", lambda *_: pytest.fail("it was hashed"))
    with nothing_is_read():
        assert read(events, tmp_path / "cache") == plain


@pytest.mark.parametrize("written", [b"", b"{", b"[]", b'{"stamp": 1, "sha256": "x"}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_note_of_a_hash_is_made_again(written, events, tmp_path, monkeypatch):
    monkeypatch.setattr(cache_folder, "_UNSETTLED", -(10**18))
    plain = read(events, tmp_path / "cache")
    (note,) = (tmp_path / "cache" / "files").glob("*.json")
    before = note.read_bytes()
    note.write_bytes(written)
    assert read(events, tmp_path / "cache") == plain
    assert note.read_bytes() == before


@pytest.mark.parametrize(
    "changed",
    [
        ('"type": "date"', '"type": "string"'),
        ('"fields": [', '"missingValues": ["", "evt-00003"], "fields": ['),
        ('"path": "events.csv"', '"path": "events.csv", "dialect": {"delimiter": ";"}'),
        ('"path": "events.csv"', '"path": "events.csv", "encoding": "latin-1"'),
    ],
)
def test_a_changed_description_of_the_file_is_noticed(changed, events, tmp_path):
    cache = tmp_path / "cache"
    read(events, cache)
    descriptor = events / "datapackage.json"
    descriptor.write_text(descriptor.read_text(encoding="utf-8").replace(*changed), encoding="utf-8")
    (resource,) = open_package(events)
    assert outcome(resource, cache) == outcome(resource, None)


def test_another_version_of_the_program_reads_the_file_again(events, tmp_path, monkeypatch):
    read(events, tmp_path / "cache")
    before = stored(tmp_path / "cache")
    monkeypatch.setattr(remembered, "_program", lambda: ["another"])
    assert read(events, tmp_path / "cache") == read(events, None)
    assert len(stored(tmp_path / "cache")) == 2 * len(before)


def test_a_base_that_changes_while_it_is_read_is_refused(events, tmp_path):
    contribution = contribution_in(tmp_path)

    def change(_table: str, _rows: int) -> None:
        with (events / "events.csv").open("a", encoding="utf-8") as file:
            file.write("evt-99999,2026-01-01,1\n")

    with pytest.raises(UsageError, match=r"events\.csv: changed while it was read"):
        validate(contribution, events, on_rows=change)


# Damage


def damaged(data: bytes) -> Iterator[bytes]:
    """Cut a file off at many bytes, change many bytes, and put other files in its place."""
    places = [at for at in range(len(data)) if at < 20 or at > len(data) - 25 or at % 37 == 0]
    yield from (data[:at] for at in places)
    yield from (data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :] for at in places)
    yield data + b"more"
    yield data + data
    yield b"PAR1 a file of somebody else"
    yield bytes(len(data))


@pytest.mark.long
def test_a_damaged_file_is_read_again_and_stored_again(events, tmp_path):
    cache = tmp_path / "cache"
    plain = read(events, cache)
    whole = {file: file.read_bytes() for file in stored(cache)}
    assert len(whole) == 4  # three columns, and the numbers of the rows
    for file, data in whole.items():
        for wrong in damaged(data):
            file.write_bytes(wrong)
            assert read(events, cache) == plain
            read(events, cache)
            assert file.read_bytes() == data


def test_a_file_in_the_place_of_another_is_not_taken_for_it(events, tmp_path):
    cache = tmp_path / "cache"
    plain = read(events, cache)
    files = stored(cache)
    for one in files:
        for other in files:
            data = other.read_bytes()
            other.write_bytes(one.read_bytes())
            assert read(events, cache) == plain
            other.write_bytes(data)


def cut(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2)


def garble(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.seek(-100, os.SEEK_END)
        stream.write(bytes(50))


@pytest.mark.parametrize("harm", [cut, garble, Path.unlink, lambda file: file.write_bytes(b""), "clear", "rmtree"])
def test_harm_done_while_it_is_read_changes_nothing(harm, tmp_path):
    package, cache = _events(tmp_path / "events", 3000), tmp_path / "cache"
    with all_are_large(500):  # frames longer than a buffer of Python
        plain = read(package, cache)
        chunks = array_chunks(entry_of(package, cache), FIELDS, pytest.fail)
        begun = [next(chunks), next(chunks)]
        if harm == "clear":
            CacheFolder(cache).clear()
        elif harm == "rmtree":
            shutil.rmtree(cache)
        else:
            for file in stored(cache):
                harm(file)
        assert rows_of(iter([*begun, *chunks])) == plain
        assert read(package, cache) == plain
        with nothing_is_read():
            assert read(package, cache) == plain


# Folders that cannot be used


@pytest.mark.parametrize("place", ["file", "file/in/it", "/proc/cache", "long" * 100, "null", "tables", "files"])
def test_a_folder_that_cannot_be_used_changes_nothing(place, events, tmp_path):
    (tmp_path / "file").write_text("a file", encoding="utf-8")
    cache = Path("/dev/null") if place == "null" else tmp_path / place
    if place in ("tables", "files"):
        cache = tmp_path
        (tmp_path / place).write_text("a file", encoding="utf-8")
    for _ in range(2):
        assert read(events, cache) == read(events, None)
        assert set(keys(events, cache, ("event_id",))) == set(keys(events, None, ("event_id",)))
    assert (tmp_path / "file").read_text(encoding="utf-8") == "a file"


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere, and Windows has other rights"
)
def test_a_folder_that_is_not_writable_changes_nothing(events, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o500)
    assert read(events, cache) == read(events, None)


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # Python takes a module that it wrote in part for whole
    package, cache = _events(tmp_path / "events", 3000), tmp_path / "cache"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with all_are_large(500):
        plain = read(package, None)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))  # writing more fails, as on a full disk
        try:
            assert read(package, cache) == plain
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not [file for file in cache.rglob("*") if file.suffix in (".column", ".tmp")]


@pytest.mark.parametrize("free", [0, 100])
def test_a_disk_with_little_room_is_left_alone(free, events, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(cache_folder.shutil, "disk_usage", lambda _: usage._replace(free=free))
    assert read(events, tmp_path / "cache") == read(events, None)
    assert not stored(tmp_path / "cache")


@pytest.mark.long
def test_two_runs_at_once_give_the_same(tmp_path):
    package = _events(tmp_path / "events", 90_000)
    contribution, cache = contribution_in(tmp_path), tmp_path / "cache"
    assert (package / "events.csv").stat().st_size > 2 << 20
    command = [sys.executable, "-m", "depositary", "validate", contribution, "--base", package]
    ways = [["--no-cache"], ["--cache", cache], ["--cache", cache]]
    runs = [subprocess.Popen([*command, *way], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for way in ways]
    outs = [run.communicate()[0] for run in runs]
    assert outs[0] == outs[1] == outs[2]
    assert b"valid: 0 errors" in outs[0], outs[0]
    assert stored(cache)
    assert not list(cache.rglob("*.tmp"))


# Its size


def test_the_tables_that_were_not_used_for_the_longest_time_are_removed(tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    packages = [_events(tmp_path / f"p{at}", 20 + at) for at in range(4)]
    for package in packages[:3]:
        read(package, cache)
        time.sleep(0.05)
    read(packages[0], cache)  # is used again
    size = CacheFolder(cache).contents()[1] // 3
    monkeypatch.setattr(cache_folder, "MOST", 3 * size)
    read(packages[3], cache)
    assert CacheFolder(cache).contents()[0] == 2
    with nothing_is_read():
        read(packages[0], cache)
        read(packages[3], cache)


def test_a_table_larger_than_the_cache_is_not_stored(events, tmp_path, monkeypatch):
    monkeypatch.setattr(cache_folder, "MOST", 100)
    assert read(events, tmp_path / "cache") == read(events, None)
    assert not stored(tmp_path / "cache")


def test_files_that_a_killed_run_left_are_removed_later(events, tmp_path):
    cache = tmp_path / "cache"
    read(events, cache, ("held",))
    (old, new) = (stored(cache)[0].parent / f".{at:016}.tmp" for at in range(2))
    old.write_text("left", encoding="utf-8")
    new.write_text("being written", encoding="utf-8")
    os.utime(old, (0, 0))
    read(events, cache)
    assert (old.exists(), new.exists()) == (False, True)


# The command


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="other systems have other folders")
def test_the_folder_is_where_the_system_has_caches(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert cache_folder.default_folder() == tmp_path / "caches" / "depositary"
    for relative in ("", "caches"):  # which the specification says to ignore
        monkeypatch.setenv("XDG_CACHE_HOME", relative)
        assert cache_folder.default_folder() == tmp_path / ".cache" / "depositary"
    (tmp_path / "datapackage.json").write_text("{}", encoding="utf-8")
    assert cache_folder.default_folder() is None


def test_the_command_shows_the_cache_and_removes_only_what_is_ours(run, events, tmp_path):
    cache = tmp_path / "cache"
    assert run("cache", "--cache", cache).out == f"{cache}: 0 tables, 0 bytes\n"
    read(events, cache)
    strangers = [cache / "notes.txt", stored(cache)[0].parent / "notes.txt", cache / "tables" / "other" / "a.column"]
    outside = tmp_path / "outside" / "00000000000000000000000000000000.column"
    for file in (*strangers, outside):
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine", encoding="utf-8")
    (cache / "tables" / ("0" * 40)).symlink_to(outside.parent)
    size = sum(file.stat().st_size for file in stored(cache) if file not in strangers)
    shown = f"{cache}: 1 table, {size:,} bytes"
    assert run("cache", "--cache", cache).out == f"{shown}\n"
    assert run("cache", "--cache", cache, "--clear").out == f"{shown}, removed\n"
    left = sorted(
        path for path in cache.rglob("*") if path.is_file() and not path.is_relative_to(cache / "tables" / "0")
    )
    assert [file for file in left if file.is_relative_to(cache)] == sorted(strangers)
    assert outside.read_text(encoding="utf-8") == "mine"


def test_a_cleared_cache_leaves_no_folder(run, events, tmp_path):
    cache = tmp_path / "cache"
    read(events, cache)
    run("cache", "--cache", cache, "--clear")
    assert not cache.exists()


@pytest.mark.parametrize("place", ["events", "events/deep/in/it", "link/x", "ann/batch", "ann/batch/x"])
def test_a_cache_inside_a_package_is_refused(place, run, events, tmp_path, monkeypatch):
    contribution, cache = contribution_in(tmp_path), tmp_path / place
    (tmp_path / "link").symlink_to(events)
    before = tree(tmp_path)
    with pytest.raises(UsageError, match="the cache cannot be there"):
        depositary.validate(contribution, events, cache=cache)
    validated = ("validate", contribution, "--base", events)
    runs = [run(*validated, "--cache", cache), run("cache", "--clear", "--cache", cache)]
    monkeypatch.setenv(cache_folder.VARIABLE, str(cache))
    for ran in (*runs, run(*validated), run("merge", events, contribution, "--plan")):
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert "the cache cannot be there" in ran.err
    assert tree(tmp_path) == before

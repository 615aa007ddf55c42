"""Contributions with somebody else's columns, and those that add columns or drop them."""

import io
from collections.abc import Callable

import pytest
from conftest import manifest_of

import depositary
from depositary.check.documents.find_target import find_target
from depositary.model.mapping import ColumnMapping
from depositary.model.report import Report
from depositary.model.target import Target
from depositary.read.files.blocks import Blocks
from depositary.read.files.mapped import local_name
from depositary.read.files.records import Records, open_bytes
from depositary.read.files.rendered import Rendered, as_csv
from depositary.read.files.unreadable import UnreadableFile

HEAD = manifest_of("demo")
SNAPSHOT = HEAD.replace("patch", "snapshot")
THEIRS = """
[[files]]
path = "theirs.csv"
table = "events"
"""
COLUMNS = 'columns = { Id = "event_id", "What kind" = "kind", People = "guests" }\n'
ID = 'columns = { Id = "event_id" }\n'
PEOPLE = 'columns = { Id = "event_id", People = "guests" }\n'

Judge = Callable[..., Report]


@pytest.fixture
def subject(demo) -> Callable[..., Target]:
    """Recognise a contribution to the demonstration package, of a manifest and files."""

    def recognised(manifest: str, **files: str) -> Target:
        overlay = {f"mine/{name.replace('__', '.')}": text for name, text in files.items()}
        folder = demo({"mine/contribution.toml": manifest, **overlay})
        return find_target(folder / "mine", folder, None)

    return recognised


@pytest.fixture
def judge(demo) -> Judge:
    """Validate such a contribution."""

    def judged(manifest: str, **files: str) -> Report:
        overlay = {f"mine/{name.replace('__', '.')}": text for name, text in files.items()}
        folder = demo({"mine/contribution.toml": manifest, **overlay})
        return depositary.validate(folder / "mine", folder)

    return judged


def told(report: Report) -> list[tuple[str, int, str]]:
    return [(f.code, f.row, f.field) for f in report]


def text_of(subject: Target) -> str:
    """Give the text that all readers see of the only file."""
    return open_bytes(subject.inputs[0].resource).read().decode()


# What readers see


def test_columns_take_our_names_and_keep_their_order(subject):
    found = subject(HEAD + THEIRS + COLUMNS, theirs__csv="People,Id,What kind\n5,ev-1,talks\n")
    assert text_of(found) == "guests,event_id,kind\n5,ev-1,talks\n"


def test_a_column_named_like_ours_needs_no_word(subject):
    found = subject(HEAD + THEIRS + COLUMNS, theirs__csv="Id,note\nev-1,seen\n")
    assert text_of(found) == "event_id,note\nev-1,seen\n"


def test_ignored_columns_are_not_there(subject):
    found = subject(HEAD + THEIRS + COLUMNS + 'ignore = ["Phone"]', theirs__csv="Phone,Id\n7,ev-1\n")
    assert text_of(found) == "event_id\nev-1\n"


def test_constants_stand_in_every_row_but_blank_ones(subject):
    more = 'constants = { country = "KOR", note = "mapped" }'
    found = subject(HEAD + THEIRS + COLUMNS + more, theirs__csv="Id,People\nev-1,5\n,\n\nev-2,6\n")
    assert text_of(found) == "event_id,guests,country,note\nev-1,5,KOR,mapped\n,,,\n\nev-2,6,KOR,mapped\n"


def test_values_are_translated_and_others_stay(subject):
    more = 'values.kind = { T = "talks" }'
    found = subject(HEAD + THEIRS + COLUMNS + more, theirs__csv="Id,What kind\nev-1,T\nev-2, T \nev-3,visit\n")
    assert text_of(found) == "event_id,kind\nev-1,talks\nev-2,talks\nev-3,visit\n"


def test_ids_of_theirs_become_local_names_unless_they_are_translated(subject):
    more = 'local = ["event_id", "country"]\nvalues.event_id = { "x/1" = "ev-1" }'
    found = subject(HEAD + THEIRS + COLUMNS + more, theirs__csv="Id,country\nx/1,Côte d'Ivoire\nX/2,\n\\N,KOR\n")
    assert text_of(found) == "event_id,country\nev-1,local:cote-d-ivoire\nlocal:x-2,\n\\N,local:kor\n"


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("US/BIS", "local:us-bis"),
        ("  a  b ", "local:a-b"),
        ("Ministère", "local:ministere"),
        ("商務部", "local:shangwubu"),
        ("-x-", "local:x"),
        ("local:known", "local:known"),
        ("", ""),
        ("…", "…"),
        (" ", " "),
        ("\\N", "\\N"),
    ],
)
def test_a_slug_has_small_letters_digits_and_hyphens(cell, name):
    assert local_name(cell) == name


def test_cells_with_breaks_commas_and_quotes_come_through(subject):
    file = 'Id,note\nev-1,"a, ""b""\r\nc"\n'
    found = subject(HEAD + THEIRS + COLUMNS, theirs__csv=file)
    with Records(found.inputs[0].resource) as records:
        assert [row for _, rows in records.chunks() for row in rows] == [["ev-1", 'a, "b"\r\nc']]


def test_blocks_see_the_same_as_records(subject):
    rows = "".join(f"{n},visit,ev-{n}\n" for n in range(5_000))
    found = subject(
        SNAPSHOT + THEIRS + COLUMNS + 'values.kind = { visit = "talks" }', theirs__csv=f"People,What kind,Id\n{rows}"
    )
    with Records(found.inputs[0].resource) as records:
        assert records.labels == ["guests", "kind", "event_id"]
        cut = [cut for blocks in [Blocks(records, 3)] for block in blocks for cut in [blocks.parse(block)]]
    assert sum(c.count for c in cut) == 5_000
    assert cut[0].columns[1].cells.to_list() == ["talks"]


# What is found


def test_rows_are_numbered_as_in_their_file_and_columns_named_as_there(judge):
    file = "Id,Phone,People\nev-1,,5\n\nev-2,,many\n"
    report = judge(HEAD + THEIRS + PEOPLE + 'ignore = ["Phone"]\nconstants = { kind = "talks" }', theirs__csv=file)
    wrong = {f.code: f for f in report}
    assert told(report) == [("blank-row", 3, ""), ("type-error", 4, "guests")]
    assert '(column "People" of the file)' in wrong["type-error"].message


def test_a_column_that_nobody_spoke_of_is_told_with_what_to_do(judge):
    report = judge(HEAD + THEIRS + ID, theirs__csv="Id,Telephone\nev-1,7\n")
    assert told(report) == [("extra-label", 1, "")]
    assert "ignore" in next(iter(report)).hint


def test_a_mapped_column_that_the_file_lacks_is_told_with_what_was_meant(judge):
    report = judge(HEAD + THEIRS + COLUMNS + 'ignore = ["Peoples"]', theirs__csv="Id,What kind,Peoples\nev-1,talks,7\n")
    assert told(report) == [("missing-label", 1, "guests")]
    assert "Peoples" in next(iter(report)).hint


@pytest.mark.parametrize(
    ("row", "code"), [("ev-1,5", "missing-cell"), ("ev-1,5,talks,x", "extra-cell")], ids=["too few", "too many"]
)
def test_cells_too_few_and_too_many_are_found(judge, row, code):
    report = judge(
        HEAD + THEIRS + COLUMNS + 'constants = { note = "mapped" }', theirs__csv=f"Id,People,What kind\n{row}\n"
    )
    assert {f.code for f in report} == {code}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Id;People\nev-1;5\n", "wrong-delimiter"),
        ('Id,note\nev-1,"open\n', "csv-error"),
        ("Id,note\nev-1,\udcff\n", "encoding-error"),
        ("Id,note\nev-1,a\x00b\n", "nul-byte"),
        ("\ufeffId,note\nev-1,seen\n", "byte-order-mark"),
        ("", "empty-file"),
    ],
)
def test_what_is_wrong_with_the_bytes_of_their_file_is_found(judge, text, code):
    assert code in {f.code for f in judge(HEAD + THEIRS + COLUMNS, theirs__csv=text)}


def test_a_byte_that_is_no_text_is_found_in_its_row_and_the_rows_before_are_judged(judge):
    report = judge(HEAD + THEIRS + COLUMNS, theirs__csv="Id,People\nev-1,many\n" + "ev-1,1\n" * 3 + "ev-1,\udcff\n")
    assert ("encoding-error", 6, "") in told(report)
    assert ("type-error", 2, "guests") in told(report)


def test_two_ids_that_become_one_name_both_rows(judge):
    report = judge(
        HEAD + THEIRS + ID + 'local = ["event_id"]\nconstants = { kind = "talks" }',
        theirs__csv="Id\nA 1\nB\na-1\n",
    )
    assert [(f.code, f.row) for f in report] == [("primary-key", 4), ("local-name", 4)]
    assert "row 2" in list(report)[1].message
    assert "local:a-1" in list(report)[1].message


def test_the_same_id_twice_is_a_repeated_key_only(judge):
    report = judge(
        HEAD + THEIRS + ID + 'local = ["event_id"]\nconstants = { kind = "talks" }', theirs__csv="Id\nA\nA\n"
    )
    assert told(report) == [("primary-key", 3, "event_id")]
    assert "row 2" in next(iter(report)).message


def test_ids_that_become_one_are_found_across_files(judge):
    more = """
[[files]]
path = "places.csv"
table = "countries"
local = ["code"]
"""
    first = THEIRS + ID + 'local = ["event_id", "country"]\nconstants = { kind = "talks" }\n'
    report = judge(
        HEAD + first + more, theirs__csv="Id,country\nA,New Land\n", places__csv="code,label\nnew-land,New Land\n"
    )
    assert {f.code for f in report} == {"local-name"}
    assert "of theirs.csv" in next(iter(report)).message or "of places.csv" in next(iter(report)).message


# What the manifest says of files


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        ('path = "theirs.csv"\ntable = "event"', "'event'", "did you mean events?"),
        ('path = "thiers.csv"\ntable = "events"', "thiers.csv", "theirs.csv"),
        ('path = "../theirs.csv"\ntable = "events"', "leads out of the folder", ""),
        ('path = "theirs.txt"\ntable = "events"', "CSV", ""),
        ('path = "theirs.csv"\ntable = "events"\nsheet = "a"', "worksheets", "sheet"),
        ('path = "theirs.csv"\ntable = "events"\ncolumns = { Id = "event" }', "'event'", "did you mean event_id?"),
        ('path = "theirs.csv"\ntable = "events"\nconstants = { kinds = "talks" }', "'kinds'", "did you mean kind?"),
        ('path = "theirs.csv"\ntable = "events"\nvalues.kinds = { a = "b" }', "'kinds'", "did you mean kind?"),
        ('path = "theirs.csv"\ntable = "events"\nlocal = ["event_ids"]', "'event_ids'", "did you mean event_id?"),
        ('path = "theirs.csv"\ntable = "events"\nlocal = ["note"]', "not ids", ""),
        ('path = "theirs.csv"\ntable = "events"\ncolumns = { a = "kind", b = "kind" }', "'a' and 'b'", ""),
        ('path = "theirs.csv"\ntable = "events"\ncolumns = { a = "kind" }\nconstants = { kind = "x" }', "constant", ""),
        ('path = "theirs.csv"\ntable = "events"\ncolumns = { a = "kind" }\nignore = ["a"]', "ignored", ""),
        ('path = "theirs.csv"\ntable = "events"\ncolumn = { a = "kind" }', "column", "did you mean columns?"),
        ('path = "theirs.csv"', "table", ""),
        ('path = "theirs.csv"\ntable = "events"\ncolumns = { a = 3 }', "3", "in quotes"),
    ],
)
def test_what_a_manifest_may_not_say_of_a_file_is_told_in_words(judge, entry, message, hint):
    report = judge(f"{HEAD}\n[[files]]\n{entry}\n", theirs__csv="Id\nev-1\n", theirs__txt="x")
    first = next(iter(report))
    assert (first.code, first.file) == ("manifest-error", "contribution.toml")
    assert message in first.message
    assert hint in first.hint
    assert report.tables == ()


def test_a_file_belongs_to_one_table(judge):
    entry = '\n[[files]]\npath = "theirs.csv"\ntable = "countries"\n'
    assert "2 times" in next(iter(judge(HEAD + THEIRS + COLUMNS + entry, theirs__csv="Id\nev-1\n"))).message


def test_a_table_has_one_file(judge):
    report = judge(HEAD + THEIRS + ID, theirs__csv="Id\nev-1\n", events__csv="event_id\nev-1\n")
    assert [(f.code, f.file) for f in report] == [("manifest-error", "events.csv")]


def test_a_snapshot_has_no_local_names(judge):
    report = judge(SNAPSHOT + THEIRS + COLUMNS + 'local = ["event_id"]', theirs__csv="Id\nev-1\n")
    assert "snapshot" in next(iter(report)).message


# Columns that come and go


def test_a_new_column_is_judged_by_its_type(judge):
    manifest = HEAD + '[[schema.events.add]]\nname = "cost"\ntype = "number"\nconstraints = { minimum = 0 }\n'
    report = judge(manifest, events__csv="event_id,cost\nev-1,5\nev-2,much\nev-3,-1\n")
    assert [t for t in told(report) if t[2] == "cost"] == [("type-error", 3, "cost"), ("minimum-constraint", 4, "cost")]


def test_a_column_that_no_schema_knows_is_an_error(judge):
    assert told(judge(HEAD, events__csv="event_id,cost\nev-1,5\n")) == [("extra-label", 1, "")]


def test_a_dropped_column_may_be_left_out_of_a_snapshot(judge):
    file = "event_id,held,country,kind,guests,note\nev-1,2023-05-26,KOR,talks,12,\n"
    assert told(judge(SNAPSHOT + '[schema.events]\ndrop = ["open"]\n', events__csv=file)) == []


def test_a_dropped_column_is_not_to_be_there(judge):
    assert told(judge(HEAD + '[schema.events]\ndrop = ["open"]\n', events__csv="event_id,open\nev-1,true\n")) == [
        ("extra-label", 1, "")
    ]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ('[schema.event]\ndrop = ["open"]', "'event'"),
        ('[schema.events]\ndrop = ["opens"]', "'opens'"),
        ('[schema.events]\ndrop = ["event_id"]', "part of a key"),
        ('[schema.events]\ndrop = ["held"]', "part of a key"),
        ('[schema.countries]\ndrop = ["code"]', "key"),
        ('[[schema.events.add]]\nname = "note"\ntype = "string"', "already"),
        ('[[schema.events.add]]\nname = "cost"\ntype = "money"', "money"),
        ('[[schema.events.add]]\nname = "Cost"\ntype = "number"', "Cost"),
        ('[[schema.events.add]]\nname = "cost"', "type"),
        ('[[schema.events.add]]\nname = "cost"\ntype = "number"\nconstraints = { required = true }', "required"),
        (
            '[[schema.events.add]]\nname = "cost"\ntype = "number"\n[[schema.events.add]]\nname = "cost"\ntype = "any"',
            "2",
        ),
    ],
)
def test_what_cannot_be_done_to_columns_is_told_in_words(judge, edit, message):
    report = judge(f"{HEAD}\n{edit}\n", events__csv="event_id\nev-1\n")
    first = next(iter(report))
    assert (first.code, first.file) == ("manifest-error", "contribution.toml")
    assert message in first.message


# The stream


def stream(*chunks: list[list[str]], fault: UnreadableFile | None = None) -> Rendered:
    def rows():
        yield from chunks
        if fault:
            raise fault

    return Rendered(map(as_csv, rows()), lambda: None)


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_however_it_is_read_the_text_is_the_same(size):
    chunks = [[["a", "b"]], [], [["1", "x,y"], []], [[""]]]
    whole, parts = stream(*chunks), stream(*chunks)
    assert b"".join(iter(lambda: parts.read(size), b"")) == whole.read() == b'a,b\n1,"x,y"\n\n""\n'


def test_lines_can_be_taken_from_it():
    assert list(io.TextIOWrapper(stream([["a"]], [["b"], ["c"]]), encoding="utf-8")) == ["a\n", "b\n", "c\n"]


def test_what_stands_before_a_fault_is_given_before_it_is_raised():
    broken = stream([["a"]], [["b"]], fault=UnreadableFile("csv-error", "broken"))
    assert broken.read(1_000) == b"a\nb\n"
    with pytest.raises(UnreadableFile, match="broken"):
        broken.read(1_000)


def test_closing_it_closes_what_it_reads():
    closed = []
    with Rendered(iter([]), lambda: closed.append(True)):
        pass
    assert closed == [True]


def test_a_name_of_theirs_is_told_only_where_it_is_another():
    mapping = ColumnMapping(columns={"Id": "event_id", "note": "note"})
    assert [mapping.theirs(name) for name in ("event_id", "note", "kind")] == ["Id", "", ""]


DOWNLOAD = HEAD + THEIRS + 'columns = { Id = "event_id", When = "held", N = "guests" }\n'


@pytest.mark.parametrize(
    ("cells", "hint"),
    [
        ("ev-1,202205,1", 'periods = { held = ["202205"] }'),
        ("ev-1,31.05.2022,1", 'periods = { held = ["31.05.2022"] }'),
        ('ev-1,2022-05-31,"1,234"', 'numbers = { guests = { group = "," } }'),
        ("ev-1,2022-05-31,1 234", 'numbers = { guests = { group = " " } }'),
        ("ev-1,soon,1", "write year-month-day"),
    ],
)
def test_the_hint_on_a_cell_of_a_download_is_about_the_manifest(judge, cells, hint):
    more = 'constants = { kind = "talks" }\n'
    report = judge(DOWNLOAD + more, theirs__csv=f"Id,When,N\n{cells}\n")
    found = [f.hint for f in report if f.field in ("held", "guests")]
    assert len(found) == 1
    assert hint in found[0]


def test_a_download_without_ids_is_told_to_make_them(judge):
    manifest = DOWNLOAD.replace('Id = "event_id", ', "") + 'constants = { kind = "talks" }\n'
    report = judge(manifest, theirs__csv="When,N\n2022-05-31,1\n")
    (hint,) = [f.hint for f in report if f.code == "missing-label" and f.field == "event_id"]
    assert "mint = [" in hint


def test_a_finding_at_a_constant_says_where_it_comes_from(judge):
    report = judge(DOWNLOAD + 'constants = { kind = "walks" }\n', theirs__csv="Id,When,N\nev-1,2022-05-31,1\n")
    assert "(from `constants` in the manifest)" in "".join(f.message for f in report if f.field == "kind")

"""What programs save under the name of a table is named once, for what it is."""

import pytest

import depositary

HEADER = "code,label"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n", "a pointer of Git LFS"),
        ("<!DOCTYPE html>\n<html></html>\n", "a web page or XML"),
        ("<html lang='en'><body>Log in, please</body></html>\n", "a web page or XML"),
        ('\ufeff<?xml version="1.0"?>\n<rows/>\n', "a web page or XML"),
        ("<!-- saved from url -->\n<html></html>\n", "a web page or XML"),
        ('[{"code": "KOR"}]\n', "JSON"),
        ('{\n  "code": "KOR"\n}\n', "JSON"),
        ("[\n[1, 2]\n]\n", "JSON"),
        ('{"code": "KOR"}\n{"code": "CHN"}\n', "JSON"),
    ],
)
def test_another_kind_of_file_is_one_finding(demo, content, what):
    report = depositary.validate(demo({"countries.csv": content}))
    found = [(f.code, f.message) for f in report if f.table == "countries"]
    assert len(found) == 1
    assert found[0][0] == "binary-file"
    assert found[0][1].startswith(f"the file is not CSV; it is {what}")


@pytest.mark.parametrize("value", ["<html>", "{", '"{""a"": 1}"', "[1]"])
def test_such_a_text_in_a_cell_is_a_value(demo, value):
    report = depositary.validate(demo({"countries.csv": f"{HEADER}\nKOR,{value}\n"}))
    assert not [f for f in report if f.code == "binary-file"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{HEADER}\n<<<<<<< ours\nKOR,a\n=======\nKOR,b\n>>>>>>> theirs\n", "from the line <<<<<<< on"),
        (f"{HEADER}\nKOR,a\n>>>>>>> theirs\n", "up to the line >>>>>>>"),
        (f"{HEADER}\nKOR,a\n=======\nKOR,b\n>>>>>>> theirs\n", "with the line ======= between them"),
        (f"{HEADER}\nKOR,a\n=======\nKOR,b\n", "with the line ======= between them"),
        (f"=======\n{HEADER}\nKOR,a\n", "with the line ======= between them"),
        (f"{HEADER}\nKOR,a\n||||||| base\nKOR,b\n", "up to the line |||||||"),
    ],
)
def test_what_is_left_of_a_conflict_is_named_by_the_line_that_is_there(demo, content, said):
    found = [f for f in depositary.validate(demo({"countries.csv": content})) if f.table == "countries"]
    assert [(f.code, said in f.message) for f in found] == [("conflict-markers", True)]


@pytest.mark.parametrize(("cells", "hint"), [(",,", "delete the commas"), (", ,", "delete the"), (",,x", "quotes")])
def test_commas_at_the_end_of_a_row_are_not_taken_for_a_value_with_a_comma(demo, cells, hint):
    report = depositary.validate(demo({"countries.csv": f"{HEADER}\nKOR,Korea{cells}\n"}))
    found = [f for f in report if f.code == "extra-cell"]
    assert found
    assert all(hint in f.hint for f in found)


@pytest.mark.parametrize("verb", [["export", "--to", "csv", "--output-dir", "out"], ["conflicts"], ["validate"]])
@pytest.mark.parametrize("name", ["p.tgz", "p.7z", "p.rar"])
def test_an_archive_that_is_not_read_is_named_as_one(run, tmp_path, verb, name):
    (tmp_path / name).write_bytes(b"\x1f\x8b\x08\x00")
    done = run(verb[0], tmp_path / name, *verb[1:])
    assert (done.code, "this is an archive. Unpack it first" in done.err) == (2, True)

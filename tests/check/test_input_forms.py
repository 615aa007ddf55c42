"""Every form in which contributors send their tables is judged as the folder is, or refused with what to do."""

import gc
import shutil
import stat
import tempfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from openpyxl import Workbook

import depositary
from depositary.reports import Format

BASE = ROOT / "datapackage"
EXAMPLES = ROOT / "examples"
CLEAN = EXAMPLES / "contributions" / "mira" / "dispatch-reading"


def packed(file, folder, inside=""):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{inside}{path.relative_to(folder).as_posix()}")
    return file


def same(report, other):
    assert [(table.name, table.rows, table.totals) for table in report.tables] == [
        (table.name, table.rows, table.totals) for table in other.tables
    ]
    assert [(f.code, f.row, f.field, f.message) for f in report] == [(f.code, f.row, f.field, f.message) for f in other]


# Archives


@pytest.mark.short(1)
@pytest.mark.parametrize("inside", ["", "dispatch-reading/", "dir with spaces/"])
def test_a_zip_of_a_contribution_is_judged_as_its_folder(tmp_path, inside):
    file = packed(tmp_path / "mira.zip", CLEAN, inside)
    report = depositary.validate(file, BASE)
    assert report.valid
    same(report, depositary.validate(CLEAN, BASE))


def test_a_zip_of_an_invalid_contribution_has_the_same_findings(tmp_path):
    folder = EXAMPLES / "contributions" / "jonas" / "first-try"
    report = depositary.validate(packed(tmp_path / "jonas.zip", folder), BASE)
    assert not report.valid
    same(report, depositary.validate(folder, BASE))


def test_a_zip_of_a_package_is_judged_as_the_package(tmp_path):
    same(depositary.validate(packed(tmp_path / "p.zip", BASE, "datapackage/")), depositary.validate(BASE))


def test_what_the_finder_adds_is_left_out(tmp_path):
    file = packed(tmp_path / "mira.zip", CLEAN, "mira/")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("__MACOSX/mira/._actors.csv", b"\x00\x05\x16\x07")
        archive.writestr("mira/.DS_Store", b"\x00")
    assert depositary.validate(file, BASE).valid


def test_the_workspace_around_an_archive_gives_its_base(run, tmp_path):
    shutil.copytree(BASE, tmp_path / "datapackage")
    (tmp_path / "depositary.toml").write_text('package = "datapackage"\n', encoding="utf-8")
    packed(tmp_path / "mira.zip", CLEAN)
    done = run("validate", "mira.zip", cwd=tmp_path)
    assert done.code == 0, done.err
    assert done.out.startswith("mira.zip: ")


@pytest.fixture(params=["", "inner/"])
def faulty(tmp_path, request):
    """Pack a contribution with findings in a file, a worksheet and the manifest's tables; give it and its folder."""
    folder = tmp_path / "inner"
    shutil.copytree(CLEAN, folder)
    (folder / "sources.csv").write_text("source_id,access\nsrc-none,reed\n", encoding="utf-8")
    (folder / "nothing.csv").write_text("a\nb\n", encoding="utf-8")
    book = Workbook()
    book.active.title = "tenures"
    book.active.append(["tenure_id", "role_class"])
    book.active.append(["local:x", "king"])
    book.save(folder / "more.xlsx")
    return packed(tmp_path / "x.zip", folder, request.param), request.param


@pytest.mark.short(2, long=4)
@pytest.mark.parametrize("form", list(Format))
def test_every_report_on_an_archive_names_the_archive_and_its_members(run, faulty, form):
    file, inside = faulty
    done = run("validate", "x.zip", "--base", BASE, "--format", form, cwd=file.parent)
    assert done.code == 1, done.err
    assert tempfile.gettempdir() not in done.out.replace(str(file.parent), "")
    assert f"x.zip/{inside}".rstrip("/") in done.out
    assert all(name in done.out for name in ("sources.csv", "more.xlsx", "nothing.csv"))


@pytest.mark.short(1)
@pytest.mark.parametrize("form", [Format.GITHUB, Format.SARIF, Format.JSON])
def test_reports_for_programs_have_the_path_of_the_archive_and_of_the_member(run, faulty, form):
    file, inside = faulty
    shutil.copy(file, file.parent / "y.zip")
    done = run("validate", "x.zip", "y.zip", "--base", BASE, "--format", form, cwd=file.parent)
    names = {
        Format.GITHUB: ["file=x.zip/{}sources.csv,line=2", "file=y.zip/{}more.xlsx,line=2", "file=x.zip/{}nothing.csv"],
        Format.SARIF: ['"uri": "x.zip/{}sources.csv"', '"uri": "y.zip/{}more.xlsx"', '"uri": "y.zip/{}nothing.csv"'],
        Format.JSON: ['"file": "x.zip/{}sources.csv"', '"place": "y.zip/{}more.xlsx, sheet tenures"'],
    }[form]
    for name in names:
        assert name.format(inside) in done.out


def test_nothing_unpacked_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    depositary.validate(packed(tmp_path / "mira.zip", CLEAN), BASE)
    gc.collect()
    assert list((tmp_path / "temporary").iterdir()) == []


def hostile(name):
    def make(archive):
        archive.writestr(name, "a,b\n")

    return make


def link(archive):
    member = zipfile.ZipInfo("actors.csv")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(member, "/etc/passwd")


def twice(archive):
    archive.writestr("actors.csv", "a\n")
    archive.writestr("ACTORS.csv", "a\n")


def bomb(archive):
    archive.writestr("actors.csv", b"\x00" * (80 << 20))


def many(archive):
    for at in range(10_001):
        archive.writestr(f"{at}.csv", "")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (hostile("../actors.csv"), "unsafe-path"),
        (hostile("a/../../actors.csv"), "unsafe-path"),
        (hostile("/etc/actors.csv"), "unsafe-path"),
        (hostile("C:/actors.csv"), "unsafe-path"),
        (hostile("~/actors.csv"), "unsafe-path"),
        (link, "unsafe-path"),
        (twice, "compression-error"),
        (bomb, "compression-error"),
        (many, "compression-error"),
    ],
    ids=["up", "up-within", "absolute", "drive", "home", "link", "twice", "bomb", "many"],
)
def test_a_hostile_archive_is_a_finding_and_nothing_is_written(tmp_path, make, code):
    file = tmp_path / "inner" / "x.zip"
    file.parent.mkdir()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        make(archive)
    report = depositary.validate(file, BASE)
    assert [finding.code for finding in report] == [code]
    assert [path.name for path in tmp_path.rglob("*")] == ["inner", "x.zip"]


@pytest.mark.parametrize("kept", [0, 1, 4, 100, 3_000, -30, -1])
def test_an_archive_that_is_cut_off_is_a_finding(tmp_path, kept):
    file = packed(tmp_path / "mira.zip", CLEAN)
    file.write_bytes(file.read_bytes()[:kept])
    report = depositary.validate(file, BASE)
    assert [finding.code for finding in report] == ["compression-error"]


def test_damaged_content_of_an_archive_is_a_finding(tmp_path):
    file = packed(tmp_path / "mira.zip", CLEAN)
    content = bytearray(file.read_bytes())
    content[60:90] = b"\xff" * 30
    file.write_bytes(content)
    assert [finding.code for finding in depositary.validate(file, BASE)] == ["compression-error"]


def test_an_archive_without_tables_names_itself(run, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("letter.md", "Hello")
    done = run("validate", tmp_path / "x.zip", "--base", BASE)
    assert done.code == 2
    assert f"{tmp_path / 'x.zip'}: there is no datapackage.json and no contribution.toml" in done.err
    assert "depositary-" not in done.err


# Tables without a manifest


@pytest.fixture
def tables(tmp_path):
    """Copy the tables of a valid contribution, without its manifest."""
    folder = tmp_path / "tables"
    folder.mkdir()
    for file in CLEAN.glob("*.csv"):
        shutil.copy(file, folder)
    return folder


def test_the_manifest_that_is_missing_is_shown_and_works(run, tables):
    done = run("validate", tables, "--base", BASE)
    assert done.code == 2
    first, *lines, last = done.err.splitlines()
    assert "these tables have no contribution.toml" in first
    assert "--as-contribution --by ctr-" in last
    text = "\n".join(line.removeprefix("  ") for line in lines).replace("ctr-…", "ctr-mira")
    assert tomllib.loads(text)["base"]["version"] == depositary.open(BASE).version
    (tables / "contribution.toml").write_text(text, encoding="utf-8")
    assert run("validate", tables, "--base", BASE).code == 0


def test_tables_are_judged_as_a_contribution_of_a_person(run, tables):
    done = run("validate", tables, "--base", BASE, "--as-contribution", "--by", "ctr-mira")
    assert done.code == 0, done.err
    same(depositary.validate(tables, BASE, contributor="ctr-mira"), depositary.validate(CLEAN, BASE))
    assert not (tables / "contribution.toml").exists()


@pytest.mark.parametrize("ending", ["xlsx", "xlsm"])
def test_a_workbook_is_judged_as_a_contribution_of_a_person(run, tmp_path, ending):
    book = Workbook()
    book.active.title = "contributors"
    book.active.append(["contributor_id", "name", "role"])
    book.active.append(["ctr-mira", "Mira Example", "coder"])
    file = tmp_path / f"mine.{ending}"
    book.save(file)
    (tmp_path / "actors.csv").write_text("not,ours\n", encoding="utf-8")
    shown = run("validate", file, "--base", BASE)
    assert shown.code == 2
    assert "put the workbook into a folder" in shown.err
    report = depositary.validate(file, BASE, contributor="ctr-mira")
    assert [(table.name, table.rows) for table in report.tables] == [("contributors", 1)]
    assert report.valid


@pytest.mark.parametrize(
    ("name", "content", "base"),
    [
        ("actors", "actor_id,kind,name\nact-micron,company,Micron\n", True),
        ("actor_members", "group_id,member_id,membership,started,ended\nact-us-allies,local:x,stated,,\n", True),
        ("contributors", "contributor_id,name,orcid,affiliation,role\nctr-maintainers,,,,\n", True),
        ("contributors", "contributor_id,name,orcid,affiliation,role\nctr-maintainers,,,,\n", False),
    ],
    ids=["columns", "local", "blank", "base"],
)
def test_a_file_with_rows_of_a_patch_says_how_to_check_it_as_one(run, tmp_path, name, content, base):
    (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    named = ["--base", BASE] if base else []
    done = run("validate", f"{name}.csv", *named, cwd=tmp_path)
    assert done.code == 1
    said = f"depositary validate {name}.csv --base {BASE.as_posix() if base else 'PACKAGE'} --as-contribution --by ctr-"
    assert said in done.out
    asked = run("validate", f"{name}.csv", "--base", BASE, "--as-contribution", "--by", "ctr-maintainers", cwd=tmp_path)
    assert "as a contribution" not in asked.out
    assert "missing-label" not in asked.out


@pytest.mark.parametrize("row", ["ctr-a,Ann,,,coder", "ctr-a,Ann,,,king"])
def test_a_whole_table_is_not_taken_for_a_patch(run, tmp_path, row):
    header = "contributor_id,name,orcid,affiliation,role"
    (tmp_path / "contributors.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    assert "--as-contribution" not in run("validate", "contributors.csv", "--base", BASE, cwd=tmp_path).out
    broken = shutil.copytree(BASE, tmp_path / "p") / "data" / "contributors.csv"
    broken.write_text("contributor_id\nlocal:x\n", encoding="utf-8")
    assert "--as-contribution" not in run("validate", broken).out


def test_one_csv_file_is_judged_as_a_patch(tables):
    report = depositary.validate(tables / "contributors.csv", BASE, contributor="ctr-mira")
    assert [(table.name, table.rows) for table in report.tables] == [("contributors", 1)]
    assert report.valid


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--as-contribution",), "belong together"),
        (("--by", "ctr-mira"), "belong together"),
        (("--as-contribution", "--by", "mira"), "contributor is 'mira'"),
    ],
)
def test_half_of_the_options_is_refused(run, tables, options, message):
    done = run("validate", tables, "--base", BASE, *options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


@pytest.mark.parametrize(("path", "message"), [(CLEAN, "has a contribution.toml"), (BASE, "is a package")])
def test_what_has_a_manifest_or_descriptor_needs_no_contributor(run, path, message):
    done = run("validate", path, "--base", BASE, "--as-contribution", "--by", "ctr-mira")
    assert done.code == 2
    assert message in done.err


def test_a_folder_without_tables_and_without_a_base_says_what_it_can_be(run, tmp_path):
    (tmp_path / "letter.md").write_text("Hello", encoding="utf-8")
    assert "there is no datapackage.json and no contribution.toml" in run("validate", tmp_path).err
    (tmp_path / "actors.csv").write_text("a\n", encoding="utf-8")
    assert "Name it with --base" in run("validate", tmp_path).err


@pytest.mark.parametrize("name", ["x.xlsb", "x.xls", "x.numbers"])
def test_other_spreadsheets_are_refused_with_what_to_do(run, tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    assert "Save it as an Excel workbook (.xlsx)" in run("validate", tmp_path / name, "--base", BASE).err


# The workspace


def test_without_a_path_the_package_and_the_contributions_of_the_workspace_are_judged(run, tmp_path):
    shutil.copytree(BASE, tmp_path / "datapackage")
    shutil.copytree(EXAMPLES / "contributions" / "mira", tmp_path / "in" / "mira")
    (tmp_path / "depositary.toml").write_text('package = "datapackage"\ncontributions = "in"\n', encoding="utf-8")
    done = run("validate", cwd=tmp_path)
    assert done.code == 0, done.err
    heads = [line.split(": ")[0] for line in done.out.splitlines() if line.endswith(" depositary-trade-policy 0.1.0")]
    assert heads == ["datapackage", "in/mira/dispatch-reading"]


def test_without_a_path_and_a_workspace_it_says_what_to_name(run, tmp_path):
    done = run("validate", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "name a package, a contribution or a file" in done.err


def test_the_paths_of_a_workspace_may_be_absolute(run, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    shutil.copytree(BASE, tmp_path / "one" / "datapackage")
    shutil.copytree(CLEAN, tmp_path / "one" / "in" / "mira")
    paths = {
        key: Path(tmp_path / "one" / name).as_posix()
        for key, name in (("package", "datapackage"), ("contributions", "in"))
    }
    lines = [f'{key} = "{path}"\n' for key, path in paths.items()]
    output = (tmp_path / "one" / "merged").as_posix()
    (tmp_path / "two" / "depositary.toml").write_text("".join(lines) + f'output = "{output}"\n', encoding="utf-8")
    assert run("validate", cwd=tmp_path / "two").code == 0
    assert run("merge", cwd=tmp_path / "two").code in (0, 1)
    assert (tmp_path / "one" / "merged" / "datapackage.json").is_file()

"""Build everything in the checkout that follows from `schemas/`: the package's descriptor and the generated docs.

Run it after a change of `schemas/` or of a code's text; `--check` changes nothing and exits 1 if a file is stale.
"""

import argparse
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from typer import Context
from typer.main import get_command

from depositary.check.explain import messages_of, place_of, plain, rows_as_text, sides_of, ways_to_decide
from depositary.check.records import all_schemas, record_rules
from depositary.check.rules.compiler import RowRules
from depositary.check.rules.rulebook import read_rulebook
from depositary.cli import app
from depositary.compile.json_schema import rule_schema
from depositary.exporting.formats.relational import DESCRIBED, DESCRIBING
from depositary.model.check_digits import CELL_CHECKS
from depositary.model.codes import CODES
from depositary.model.kinds import KINDS, KindEntry
from depositary.model.package import Package
from depositary.model.rule import Rule
from depositary.model.table import Table
from depositary.read.package import build_package
from depositary.read.shipped import shipped_descriptor
from depositary.read.views import View, shipped_views
from depositary.releasing.codebook import codebook
from depositary.reports.markdown import markdown
from depositary.visible import visible_lines

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "schemas"
PACKAGE = ROOT / "datapackage"
CODING = ROOT / "examples" / "coding" / "package"  # what the two coders of the example may see of our package
_CODED = (
    "contributors", "sources", "source_derivations", "actors", "meetings", "meeting_participants", "statements",
    "statement_parties", "evidence", "jurisdictions",
)  # fmt: skip


def main() -> int:
    """Write what is stale, or only name it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    check = parser.parse_args().check
    stale = [path for path, text in sorted(generated().items()) if not _is(path, text)]
    for path in stale:
        print(f"{'stale' if check else 'written'}: {path.relative_to(ROOT).as_posix()}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(generated()[path].encode())
    if check and stale:
        print("Run: python scripts/generate.py")
    return 1 if check and stale else 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def generated() -> dict[Path, str]:
    """Give the text of every generated file."""
    package = _read(SCHEMAS / "package.json")
    files: dict[Path, str] = {PACKAGE / "datapackage.json": _json(shipped_descriptor())}
    for name in package["codelists"]:
        copy = (SCHEMAS / "codelists" / f"{name}.csv").read_bytes().decode()
        files[PACKAGE / "data" / "codelists" / f"{name}.csv"] = copy
    for name in (*package["rules"], *package["questions"]):
        files[PACKAGE / name] = (SCHEMAS / name).read_bytes().decode()
    whole = build_package(shipped_descriptor(), SCHEMAS)  # its rules are read where they are written
    for name, schema in all_schemas(whole):
        files[SCHEMAS / "generated" / name] = _json(schema)
    files[CODING / "datapackage.json"] = _json(coded_descriptor(shipped_descriptor()))
    files[CODING / "data" / "codelists" / "jurisdictions.csv"] = files[PACKAGE / "data/codelists/jurisdictions.csv"]
    files[ROOT / "docs" / "rules.md"] = rules_page(whole)
    files[ROOT / "docs" / "tables.md"] = tables_page(package)
    files[ROOT / "docs" / "views.md"] = views_page(shipped_views())
    files[ROOT / "docs" / "findings.md"] = findings_page()
    files[ROOT / "docs" / "conflict-kinds.md"] = kinds_page()
    files[ROOT / "docs" / "cli.md"] = cli_page()
    return files


# Parts of pages, from our own texts, which may have Markdown


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def coded_descriptor(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the package of the two coders: some of our tables, without what refers to the others."""
    ours = {name: whole[name] for name in ("$schema", "licenses")}
    named = {"name": "double-coding", "title": "One article, coded by two people", "version": "0.1.0"}
    resources = [_alone(one) for one in whole["resources"] if one["name"] in _CODED]
    return {**ours, **named, "resources": resources}


def _alone(resource: Mapping[str, Any]) -> dict[str, Any]:
    schema = resource["schema"]
    keys = schema.get("foreignKeys", [])
    gone = [key for key in keys if key["reference"].get("resource", resource["name"]) not in _CODED]
    columns = {name for key in gone for name in key["fields"]}
    kept = {
        "fields": [one for one in schema["fields"] if one["name"] not in columns],
        "foreignKeys": [key for key in keys if key not in gone],
    }
    return {**resource, "schema": {**schema, **{name: some for name, some in kept.items() if some}}}


# The dictionary of tables


def tables_page(package: Mapping[str, Any]) -> str:
    """Write the page on tables: every table, column and coded value."""
    folders = [(name, "tables") for name in package["tables"]] + [(n, "codelists") for n in package["codelists"]]
    tables = [Table.from_descriptor(n, _read(SCHEMAS / folder / f"{n}.json")) for n, folder in folders]
    return codebook(tables, "_Generated from `schemas/` by `python scripts/generate.py`._")


# The views


def views_page(views: Sequence[View]) -> str:
    """Write the page on views from the comments at the head of their files."""
    views = sorted(views, key=lambda view: view.name)
    parts = [
        "# Views",
        "_Generated from `schemas/views/` by `python scripts/generate.py`._",
        (
            "Views join the tables that people usually need together. Nobody types the values of a view; they are "
            'computed from the rows. `depositary.load(package, "statement_positions", as_="pandas")` loads a view, and '
            "the SQLite and DuckDB exports have all of them. A package has a view if it has all tables and columns "
            "that the view reads; `depositary describe` lists them, and shows one by its name. "
            "An empty cell means *unknown*, never *no*. [questions.md](questions.md) has examples."
        ),
        "\n".join(f"- [{view.name}](#{view.name}): {_row_of(view)}" for view in views),
        *(part for view in views for part in _view(view)),
        "## Tables about the database",
        "The SQLite and DuckDB exports also have tables that describe them. Their names begin with an underscore.",
        "\n".join(["| table | columns | content |", "|---|---|---|", *map(_described, DESCRIBED)]),
    ]
    return "\n\n".join(parts) + "\n"


def _described(name: str) -> str:
    return f"| `{name}` | {_names(tuple(DESCRIBING[name]))} | {_cell(DESCRIBED[name])} |"


def _row_of(view: View) -> str:
    """Return what a row is: the first sentence, up to its colon."""
    sentence = re.split(r"[.:;] ", f"{view.description} ", maxsplit=1)[0]
    return f"{sentence[0].lower()}{sentence[1:]}."


def _view(view: View) -> Iterator[str]:
    yield f"## {view.name}"
    yield view.description
    yield f"Reads {_names(tuple(sorted(view.reads)))}."
    rows = [f"| `{name}` | {_cell(text)} |" for name, text in view.columns.items()]
    yield "\n".join(["| column | content |", "|---|---|", *rows])


# The list of findings


_SWITCH = (
    "A schema switches a warning off for one column: its field has `expects`, a list of codes, as in "
    '`{"name": "note", "type": "string", "expects": ["null-text"]}`. Errors cannot be switched off.'
)


def findings_page() -> str:
    """Write the page on codes; `depositary explain` prints the same."""
    parts = ["# Findings", "_Generated from the program's own texts by `python scripts/generate.py`._", _SWITCH]
    for code in CODES.values():
        parts += [f"## {code.name}", f"{code.title}. {code.meaning} {code.fix}"]
        parts.append(f"In frictionless's report: `{code.reference}`.")
        for title, files in (("Bad", code.bad), ("Good", code.good)):
            for name, text in files.items():
                parts.append(f"{title} (`{name}`):\n\n```\n{visible_lines(text)}\n```")
    return "\n\n".join(parts) + "\n"


# The kinds of conflict


def kinds_page() -> str:
    """Write what every kind of conflict is; `depositary explain` says the same."""
    rows = [f"| [{entry.name}](#{_anchor(entry)}) | {entry.status} | {entry.summary} |" for entry in KINDS.values()]
    parts = [
        "# Kinds of conflict",
        "_Generated from the program's own texts by `python scripts/generate.py`._",
        (
            "Every kind of conflict that `conflicts.csv` can list. [conflicts.md](conflicts.md) shows how to look at "
            "conflicts and decide them; [merge-rules.md](merge-rules.md) has the exact rules. "
            "`depositary explain cell.edit_edit` says the same as this page."
        ),
        "\n".join(["| kind | status | when it is listed |", "|---|---|---|", *rows]),
        *(part for entry in KINDS.values() for part in _kind(entry)),
    ]
    return "\n\n".join(parts) + "\n"


def _anchor(entry: KindEntry) -> str:
    """Give the anchor that a heading gets: without dots."""
    return entry.name.replace(".", "").replace("…", "")


def _kind(entry: KindEntry) -> Iterator[str]:
    yield f"## {entry.name}"
    yield entry.summary
    if entry.messages:
        yield f"Message: {messages_of(entry)}."
    yield f"What the merge does: {entry.result}"
    yield f"How it can be decided: {ways_to_decide(entry)}"
    yield f"What to do: {entry.advice}"
    sides = [f"| {who} | `{_cell(what)}` |" for who, what in sides_of(entry)]
    case = f"[{entry.case}](../tests/cases/merge/{entry.case})"
    yield f"Example: {place_of(entry)}, of the case {case}."
    yield "\n".join(["| side | value |", "|---|---|", *sides])


# The command line


def cli_page() -> str:
    """Write what every verb takes; `--help` of a verb prints the same."""
    program = cast("Any", get_command(app))
    verbs = list(_verbs(program, "depositary"))
    parts = [
        "# The command line",
        "_Generated from the program's own help by `python scripts/generate.py`._",
        (
            "`depositary VERB --help` prints the same as this page. The examples are for a workspace: a folder with a "
            "`depositary.toml`, which names the package, the contributions and the decisions."
        ),
        "\n".join(f"- [{path}](#{path.replace(' ', '-')}): {markdown(_first_sentence(verb))}" for path, verb in verbs),
        *_verb("depositary", program),
        *(part for path, verb in verbs for part in _verb(path, verb)),
    ]
    return "\n\n".join(parts) + "\n"


def _verbs(command: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 (its class is none of typer's public ones)
    """Give all verbs, those of groups with the name of the group."""
    for name, deeper in getattr(command, "commands", {}).items():
        whole = f"{path} {name}"
        yield from _verbs(deeper, whole) if hasattr(deeper, "commands") else [(whole, deeper)]


def _first_sentence(verb: Any) -> str:  # noqa: ANN401 (the same)
    text = inspect.cleandoc(verb.help).partition("\n\n")[0].replace("\n", " ").rstrip(".")
    return f"{text[0].lower()}{text[1:]}"


def _verb(path: str, verb: Any) -> Iterator[str]:  # noqa: ANN401 (the same)
    context = Context(verb, info_name=path)
    yield f"## {path}"
    yield "\n\n".join(markdown(text.replace("\n", " ")) for text in inspect.cleandoc(verb.help).split("\n\n"))
    yield f"```text\n{' '.join([path, *verb.collect_usage_pieces(context)])}\n```"
    for title in ("argument", "option"):
        records = [
            one.get_help_record(context)
            for one in verb.get_params(context)
            if one.param_type_name == title and not one.hidden
        ]
        rows = [
            f"| `{_cell(left)}` | {_cell(markdown(' '.join(right.split())))} |" for left, right in filter(None, records)
        ]
        if rows:
            yield "\n".join([f"| {title} | meaning |", "|---|---|", *rows])
    if verb.epilog:
        yield f"```sh\n{verb.epilog}\n```"


# The rules


def rules_page(package: Package) -> str:
    """Write the page on rules: each rule, its reason, and the layers that check it."""
    rules = sorted(read_rulebook(package.descriptor, package.directory).rules, key=lambda rule: rule.id)
    row_rules = RowRules(package)
    in_json = {rule.id for r in package for rule in record_rules(row_rules, r.name) if rule_schema(rule)}
    rows = [_rule_row(rule, in_json) for rule in rules]
    head = [
        "| rule | level | rule in words | SQL | pandera | JSON Schema | needs |",
        "|---|---|---|---|---|---|---|",
    ]
    parts = [
        "# Rules",
        "_Generated from `schemas/rules/` by `python scripts/generate.py`._",
        (
            "Rules are checks beyond types, keys and references. A rule that needs several rows is checked only in "
            "SQL. A rule that needs one row is also a check of the pandera schemas for pandas and polars; a warning "
            "there is a `SchemaWarning`. If the rule is an error and JSON Schema can express it, it is also in "
            "`schemas/generated/`. "
            "*names* means that the rule gives its id to a finding of the structure. `depositary explain R34` prints "
            "the same on the command line."
        ),
        "\n".join([*head, *rows]),
        *(part for rule in rules for part in _rule(rule)),
    ]
    return "\n\n".join(parts) + "\n"


def _rule_row(rule: Rule, in_json: set[str]) -> str:
    sql = "Python" if rule.check else "yes" if rule.holds or rule.query else ""
    sql = ", ".join(filter(None, [sql, "names" if rule.labels else ""]))
    of_a_row = (rule.holds and not rule.needs) or rule.check in CELL_CHECKS
    level = f"{rule.level}, {rule.at_release} at release" if rule.at_release else rule.level
    needs = {"package": "a whole package", "previous": "`--previous`", "snapshots": "`--snapshots`"}
    when = ", ".join(needs.get(need, need) for need in rule.needs)
    layers = f"{sql} | {'yes' if of_a_row else ''} | {'yes' if rule.id in in_json else ''}"
    return f"| [{rule.id}](#{rule.id.lower()}) | {level} | {_cell(rule.says)} | {layers} | {when} |"


def _rule(rule: Rule) -> Iterator[str]:
    yield f"## {rule.id}"
    yield f"{rule.says} {rule.reason}"
    fields = {"*edtf": "all dates of the world", "*text": "all columns of text"}
    asked = ", ".join(fields.get(name, f"`{name}`") for name in rule.fields)
    yield f"Tables: {_names(rule.tables)}{f', {asked}' if asked else ''}."
    yield f"Message: {plain(rule.message)}. To do: {plain(rule.hint)}."
    if rule.holds:
        when = f"-- where {rule.when}\n" if rule.when else ""
        yield f"```sql\n{when}{rule.holds}\n```"
    if rule.query:
        yield f"```sql\n{rule.query.rstrip()}\n```"
    for title, rows in (("Bad", rule.bad), ("Good", rule.good)):
        if rows:
            yield f"{title}:\n\n" + "\n".join(f"- {_cell(line)}" for line in rows_as_text(rows))


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())

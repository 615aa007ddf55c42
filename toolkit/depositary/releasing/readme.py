"""README.md of a release: what the data are, how they came about, what they cover, and how to cite them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from depositary.loading.rows import Wanted, rows_of
from depositary.merging.claims.engine_tables import ID
from depositary.merging.diff.staged_tables import texts_with_ids
from depositary.model.finding import Finding
from depositary.model.own_tables import CELLS, OWN, PUBLISHED, ROWS
from depositary.model.package import Package, Resource
from depositary.model.report import Report
from depositary.model.role import Role
from depositary.model.table import Field, kind_of
from depositary.releasing.changelog import table_sizes
from depositary.releasing.layout import ABOUT, CHANGELOG, CHANGES, CITATION, CODEBOOK, FORMATS, SUMS
from depositary.reports.markdown import code, link, markdown, paragraph
from depositary.wording.plain import number
from depositary.write.companions import WRITTEN

_OF_THE_WORK = (Role.AUDIT, Role.CONTRIBUTOR, Role.SOURCE)
_MOST_PLACES = 30
_MOST_NAMED = 10  # warnings of one check
_STATE = "record_status"  # the column that says whether a row is a draft
_YEAR = re.compile(r"\b[0-9]{4}\b")
_LINK = re.compile(r"https://[^\s<>\\]+")
_COVERAGE, _TIME, _PLACE = "coverage", "time", "place"  # a property of a field, and its values


@dataclass(frozen=True)
class About:
    """What the README is made from: the package as it is released, and as it was checked, with its report."""

    package: Package
    checked: Package
    report: Report
    has_changes: bool
    has_about: bool
    formats: Sequence[str]


def readme(about: About) -> str:
    """Write the README of a release."""
    return "\n".join(_lines(about)) + "\n"


def _lines(about: About) -> Iterator[str]:
    package, descriptor = about.package, about.package.descriptor
    yield f"<!-- {WRITTEN} -->"
    yield from ("", f"# {paragraph(descriptor.get('title') or package.name)}", "")
    yield f"Version {package.version}, {str(descriptor.get('created') or '')[:10]}."
    if descriptor.get("description"):
        yield from ("", paragraph(str(descriptor["description"])))
    if about.has_about:
        yield from ("", f"[{ABOUT}]({ABOUT}) has what the maintainers write about it.")
    yield from ("", "## How it was made", "", *_making(package))
    yield from ("", "## Tables", "", *_tables(package))
    yield from ("", "## Coverage", "", *_coverage(package))
    yield from ("", "## Known gaps", "", *_gaps(about))
    yield from ("", "## How to cite", "", *_citing(descriptor, package))
    yield from ("", "## Licence", "", *_licences(package))
    yield from ("", "## Files", "", *_files(about))


def _making(package: Package) -> Iterator[str]:
    batches = _batches(package)
    if batches is None:
        yield "The tables were released as they were coded; there is no provenance of single cells."
    else:
        people = batches["contributor"].drop_nulls().n_unique()
        new = batches.filter(~pl.col("batch").str.starts_with(PUBLISHED))["batch"].n_unique()
        yield (
            f"The tables were merged from {number(new, 'contribution')}, with {number(people, 'contributor')} in all. "
            f"The tables {ROWS} and {CELLS} give for each cell who contributed it, and which other values were given."
        )
    yield ""
    yield "Contributors:"
    yield ""
    for person in _entries(package.descriptor, "contributors"):
        roles = person.get("roles") or person.get("role")
        listed = ", ".join(str(role) for role in (roles if isinstance(roles, list) else [roles]) if role)
        yield f"- {paragraph(_name(person))}{f' ({markdown(listed)})' if listed else ''}"
    sources = [str(one.get("title") or one.get("path") or "") for one in _entries(package.descriptor, "sources")]
    if any(sources):
        yield from ("", "Sources:", "")
        yield from (f"- {paragraph(text)}" for text in sources if text)


def _batches(package: Package) -> pl.DataFrame | None:
    if ROWS not in package or CELLS not in package:
        return None
    return pl.concat([rows_of(package[name], Wanted(("contributor", "batch"))).unique() for name in (ROWS, CELLS)])


def _tables(package: Package) -> Iterator[str]:
    yield from ("| table | rows | content |", "|---|---:|---|")
    for name, rows in table_sizes(package):
        about = package[name].descriptor
        yield f"| {link(name, package[name].path)} | {rows:,} | {markdown(str(about.get('title') or ''))} |"
    yield from ("", f"[{CODEBOOK}]({CODEBOOK}) describes every table, column and coded value.")


def _coverage(package: Package) -> Iterator[str]:
    """List the years and places of the facts: of columns with `"coverage": "time"` or `"place"` in the schema.

    If no column declares this, the years are those of all dates that are not about the work.
    """
    columns = [(one, field) for one in package if one.name not in OWN for field in one.table.fields]
    declared = [(one, field) for one, field in columns if field.descriptor.get(_COVERAGE) in (_TIME, _PLACE)]
    if not declared:
        declared = [(one, field) for one, field in columns if _is_of_the_world(field) and _is_dated(field)]
    lines = [line for one, field in declared if (line := _covered(one, field))]
    yield from lines or ["The tables do not say which years and places they cover."]


def _covered(resource: Resource, field: Field) -> str:
    values = rows_of(resource, Wanted((field.name,)))[field.name].cast(pl.String).drop_nulls()
    if field.descriptor.get(_COVERAGE) == _PLACE:
        places = values.unique().sort()
        shown = ", ".join(places.head(_MOST_PLACES))
        more = f" and {len(places) - _MOST_PLACES:,} more" if len(places) > _MOST_PLACES else ""
        text = f"{number(len(places), 'place')}: {markdown(shown)}{more}" if len(places) else ""
    else:
        years = values.str.extract_all(_YEAR.pattern).list.explode().drop_nulls().unique().cast(pl.Int64).sort()
        text = " to ".join(dict.fromkeys(str(year) for year in (*years.head(1), *years.tail(1))))
    return f"- {code(f'{resource.name}.{field.name}')}: {text}" if text else ""


def _is_of_the_world(field: Field) -> bool:
    return field.descriptor.get("merge", {}).get("as") not in _OF_THE_WORK


def _is_dated(field: Field) -> bool:
    return kind_of(field).has_year or field.is_edtf


def _gaps(about: About) -> Iterator[str]:
    yield from _warnings(about)
    # Records that vanished are refused by the release itself, whatever the package's rules are.
    unjudged = sorted({f"{one.what}: {one.reason}" for one in about.report.not_judged if "R53" not in one.what})
    if unjudged:
        yield from ("", "Not checked:", "", *(f"- {paragraph(text)}" for text in unjudged))
    yield from _states(about.package)
    waiting = about.package.descriptor.get("waiting")
    if isinstance(waiting, list) and waiting:
        yield from (
            "",
            f"{number(len(waiting), 'contribution')} wait for corrections and are not part of this release.",
        )


def _warnings(about: About) -> Iterator[str]:
    """Count the warnings that were kept, and name the first of each check."""
    totals: dict[tuple[str, str, str], int] = {}
    for total in (*about.report.totals, *(total for table in about.report.tables for total in table.totals)):
        place = total.rule or total.code, total.table, total.field
        totals[place] = totals.get(place, 0) + total.count
    if not totals:
        yield "The checks before the release found nothing."
        return
    yield (
        "The checks before the release found no errors, but gave these warnings. `depositary explain` with the "
        "name of a check gives its meaning."
    )
    yield from ("", "| check | table | column | warnings |", "|---|---|---|---:|")
    for (check, table, field), count in sorted(totals.items()):
        yield f"| {markdown(check)} | {markdown(table)} | {markdown(field)} | {count:,} |"
    yield ""
    named = Counter[str]()
    for finding in sorted(about.report):
        check = finding.rule or finding.code
        named[check] += 1
        if named[check] <= _MOST_NAMED:
            where = " ".join(filter(None, (markdown(finding.table), _row_id(about.checked, finding))))
            yield f"- {markdown(check)}, {where or 'the package'}: {markdown(finding.message)}"
    if more := sum(totals.values()) - sum(min(count, _MOST_NAMED) for count in named.values()):
        yield f"- and {more:,} more; `depositary validate --release` lists all"


def _row_id(package: Package, finding: Finding) -> str:
    """Give the key of the row of a finding, whose place in the file another order of rows changes."""
    if finding.table not in package or finding.row <= 1 or not package[finding.table].table.primary_key:
        return ""
    ids = texts_with_ids(package[finding.table], ())[ID]
    at = package[finding.table].number(finding.place) - 2  # below the header
    return code(ids[at]) if at < len(ids) else ""


def _states(package: Package) -> Iterator[str]:
    """Count the rows of each table by their state, such as drafts."""
    lines = []
    for resource in package:
        if resource.name not in OWN and _STATE in resource.table.field_names:
            states = (
                rows_of(resource, Wanted((_STATE,)))[_STATE].cast(pl.String).drop_nulls().value_counts().sort(_STATE)
            )
            counts = ", ".join(f"{count:,} {markdown(state)}" for state, count in states.iter_rows())
            lines += [f"- {code(resource.name)}: {counts}"] if counts else []
    if lines:
        yield from ("", f"Rows by `{_STATE}`, as {CODEBOOK} explains it:", "", *lines)


def _citing(descriptor: Mapping[str, Any], package: Package) -> Iterator[str]:
    people = ", ".join(_name(person) for person in _entries(descriptor, "contributors"))
    year = str(descriptor.get("created") or "")[:4]
    title = descriptor.get("title") or package.name
    where = next((str(descriptor[name]) for name in ("id", "homepage") if descriptor.get(name)), "")
    parts = [f"{paragraph(people)} ({year}). {markdown(title)}, version {package.version} [data set].", markdown(where)]
    yield " ".join(filter(None, parts))
    yield from ("", f"[{CITATION}]({CITATION}) has the same for programs.")


def _licences(package: Package) -> Iterator[str]:
    yield f"The package: {_named(package.descriptor)}."
    for resource in package.descriptor.get("resources", []):
        if isinstance(resource, Mapping) and resource.get("licenses"):
            yield f"{code(str(resource.get('name')))}: {_named(resource)}."


def _named(of: Mapping[str, Any]) -> str:
    found = []
    for licence in _entries(of, "licenses"):
        name = str(licence.get("title") or licence.get("name") or licence.get("path") or "")
        path = str(licence.get("path") or "")
        found.append(f"[{markdown(name)}](<{path}>)" if _LINK.fullmatch(path) else markdown(name))
    return ", ".join(found)


def _files(about: About) -> Iterator[str]:
    yield "- `datapackage.json`: the tables, their columns and rules (Frictionless Data Package, version 2)"
    yield f"- `{CHANGELOG}`: what changed"
    if about.has_changes:
        yield f"- `{CHANGES}/`: every changed cell, as data"
    if about.formats:
        listed = ", ".join(about.formats)
        yield f"- `{FORMATS}/`: the same tables as {listed}; EXPORT-NOTES.md there lists what was not kept"
    yield "- `metadata/`, `ro-crate-metadata.json`: the description for catalogues"
    yield f"- `{SUMS}`: the checksum of every file; check them with `sha256sum -c {SUMS}` or `depositary verify`"


def _entries(of: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    listed = of.get(name)
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _name(person: Mapping[str, Any]) -> str:
    names = " ".join(str(person[name]) for name in ("givenName", "familyName") if person.get(name))
    return str(person.get("title") or names or person.get("organization") or "")

"""The one model from which all descriptions of a release are written: what its descriptor and its files say."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from depositary.errors import UsageError
from depositary.model.package import Package, Resource
from depositary.model.table import Field, ForeignKey, Table
from depositary.read.package import DESCRIPTOR, open_package
from depositary.releasing.metadata.agents import Agent, agents_of, creators_of
from depositary.releasing.metadata.files import ReleasedFile, files_of
from depositary.releasing.metadata.forms import TEXT, Form, form_of
from depositary.releasing.metadata.identifiers import DOI, ORCID, day_of, doi_of, orcid_of, text_of, url_of
from depositary.releasing.metadata.licences import Licence, licences_of
from depositary.releasing.metadata.origins import TableOrigin, origins_of
from depositary.releasing.metadata.scan import fitting, header, stored_types, texts_of

_PARQUET = "formats/parquet"
_PEOPLE = "contributors"  # the table of a package that may have the ORCIDs of its contributors


@dataclass(frozen=True)
class CitedSource:
    """What the data come from; `url` is empty if only the title is known."""

    title: str
    url: str = ""

    @property
    def doi(self) -> str:
        """Give the source's DOI; empty if it has none."""
        return doi_of(self.url)


@dataclass(frozen=True)
class Person:
    """Somebody in the table of contributors: the key there, the name, and the ORCID iD, if it has a right one."""

    key: str
    name: str
    orcid: str


@dataclass(frozen=True)
class DataTable:
    """A table of a release: its schema, and its file with its `columns`.

    `plain` are the columns whose cells are all in the usual notation; `short` are those with no numbers but short ones.
    `parquet` is its file among the further formats, or None, and `stored` the Arrow types of the columns there.
    """

    name: str
    title: str
    description: str
    file: ReleasedFile
    schema: Table = field(repr=False)
    columns: tuple[Field, ...] = ()
    licences: tuple[Licence, ...] = ()
    plain: frozenset[str] = frozenset()
    short: frozenset[str] = frozenset()
    parquet: ReleasedFile | None = None
    stored: Mapping[str, pa.DataType] = field(default_factory=dict, repr=False)

    def form(self, column: Field) -> Form:
        """Give the form of a column elsewhere; that of text, if some of its cells would not fit another one."""
        return form_of(column.type) if column.name in self.plain else TEXT

    def is_filled(self, names: tuple[str, ...]) -> bool:
        """Return whether every row must fill some columns."""
        return all(self.schema.is_filled(self.schema[name]) for name in names)

    @property
    def key(self) -> tuple[str, ...]:
        """Name the columns of the primary key, if the file has them all."""
        return self.schema.primary_key if self.has(self.schema.primary_key) else ()

    def has(self, names: tuple[str, ...]) -> bool:
        """Return whether the file has some columns of the schema."""
        return {*names} <= {one.name for one in self.columns} & {*self.schema.field_names}


@dataclass(frozen=True)
class Dataset:
    """A release as catalogues describe it; texts that it does not have are empty, and nothing is made up.

    `date` is the day of `created`. `doi` is that of this version, `concept_doi` that of all versions together;
    `identifier` is what the descriptor has in place of a DOI. `creators` are those to cite, and `agents` all
    contributors; `people` are in the table of contributors. `files` are all files that were there before the
    descriptions, with the tables among them.
    """

    name: str
    title: str
    description: str
    version: str
    date: str
    created: str
    homepage: str
    doi: str
    concept_doi: str
    identifier: str
    keywords: tuple[str, ...]
    licences: tuple[Licence, ...]
    agents: tuple[Agent, ...]
    creators: tuple[Agent, ...]
    sources: tuple[CitedSource, ...]
    tables: tuple[DataTable, ...]
    files: tuple[ReleasedFile, ...]
    people: tuple[Person, ...]
    origins: tuple[TableOrigin, ...]

    @property
    def publisher(self) -> Agent | None:
        """Give the first contributor with the role of publisher, or None."""
        return next((one for one in self.agents if one.has_role("publisher")), None)

    @property
    def contributors(self) -> tuple[Agent, ...]:
        """Give those who are not cited as creators and have another role than that of publisher."""
        others = (one for one in self.agents if one not in self.creators)
        return tuple(one for one in others if one.types or not one.roles)

    @property
    def address(self) -> str:
        """Give the address of the DOI, or else of the home page, or nothing."""
        return DOI + self.doi if self.doi else self.homepage

    @property
    def summary(self) -> str:
        """Give the description, or else a sentence that names the tables, for forms that cannot do without."""
        names = ", ".join(text_of(table.name) for table in self.tables)
        return self.description or (f"{self.title}, with the tables {names}." if names else self.title)

    def table(self, name: str) -> DataTable | None:
        """Give a table by its name, or None."""
        return next((one for one in self.tables if one.name == name), None)

    def references(self, table: DataTable) -> Iterator[tuple[ForeignKey, DataTable]]:
        """Give the foreign keys of a table that lead to columns of a table in the release, each with that table."""
        for key in dict.fromkeys(table.schema.foreign_keys):
            target = self.table(key.table)
            pairs = len(key.fields) == len(key.parent_fields)
            if target and pairs and table.has(key.fields) and target.has(key.parent_fields):
                yield key, target


def read_dataset(folder: Path) -> Dataset:
    """Read the model of a release from its folder.

    Raises:
        DepositaryError: there is no package, a file is missing or cannot be read, or the descriptor lacks what no
            citation can do without: a name, a contributor with a name, and a date in `created`.
    """
    package = open_package(folder)
    about = package.descriptor
    files = {file.path: file for file in files_of(package)}
    parquet = _in_parquet(folder, files)
    people = tuple(_people(package))
    agents = agents_of(about, _orcids(people))
    dataset = Dataset(
        name=text_of(about.get("name")),
        title=_line(about.get("title")) or text_of(about.get("name")),
        description=text_of(about.get("description")),
        version=text_of(about.get("version")),
        date=day_of(about.get("created")),
        created=text_of(about.get("created")),
        homepage=url_of(about.get("homepage")),
        doi=doi_of(about.get("id")),
        concept_doi=doi_of(about.get("conceptDoi")),
        identifier="" if doi_of(about.get("id")) else text_of(about.get("id")),
        keywords=_keywords(about),
        licences=licences_of(about),
        agents=agents,
        creators=creators_of(agents),
        sources=tuple(dict.fromkeys(_sources(about))),
        tables=tuple(_table(folder, resource, files, parquet.get(resource.name)) for resource in package),
        files=tuple(files.values()),
        people=people,
        origins=tuple(origins_of(package)),
    )
    _refuse_lacking(dataset, folder / DESCRIPTOR)
    return dataset


def _refuse_lacking(dataset: Dataset, file: Path) -> None:
    if not dataset.title:
        raise UsageError(f"{file}: has neither `title` nor `name`. Add one; citations need it.")
    if not dataset.creators:
        raise UsageError(
            f"{file}: no contributor has a name. Add `title` to an entry of `contributors`; citations name the authors."
        )
    if not dataset.date:
        raise UsageError(
            f"{file}: `created` is not a date such as 2026-11-22T00:00:00Z. Citations need the day of the release."
        )


def _line(value: object) -> str:
    return " ".join(text_of(value).split())


def _keywords(about: Mapping[str, Any]) -> tuple[str, ...]:
    listed = about.get("keywords")
    texts = (_line(one) for one in (listed if isinstance(listed, list) else []))
    return tuple(dict.fromkeys(filter(None, texts)))


def _sources(about: Mapping[str, Any]) -> Iterator[CitedSource]:
    listed = about.get("sources")
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, Mapping):
            doi = doi_of(one.get("path"))
            title, url = text_of(one.get("title")), DOI + doi if doi else url_of(one.get("path"))
            if title or url:
                yield CitedSource(title or url, url)


def _in_parquet(folder: Path, files: Mapping[str, ReleasedFile]) -> dict[str, ReleasedFile]:
    """Give the files of tables in Parquet by the names of the tables, if the release has that format."""
    if f"{_PARQUET}/{DESCRIPTOR}" not in files:
        return {}
    package = open_package(folder / _PARQUET, ["parquet"])
    found = {resource.name: files.get(f"{_PARQUET}/{resource.path}") for resource in package}
    return {name: file for name, file in found.items() if file}


def _table(
    folder: Path, resource: Resource, files: Mapping[str, ReleasedFile], parquet: ReleasedFile | None
) -> DataTable:
    about, schema = resource.descriptor, resource.table
    texts = {key: text_of(about.get(key)) or text_of(schema.descriptor.get(key)) for key in ("title", "description")}
    columns = tuple(schema[name] if name in schema else Field(name, "any") for name in header(resource))
    forms = {one.name: form_of(one.type) for one in columns}
    return DataTable(
        name=resource.name,
        title=" ".join(texts["title"].split()) or text_of(resource.name),
        description=texts["description"],
        file=files[resource.path],
        schema=schema,
        columns=columns,
        licences=licences_of(about),
        plain=frozenset(fitting(resource, {name: form.pattern for name, form in forms.items()})),
        short=frozenset(fitting(resource, {name: form.short for name, form in forms.items()})),
        parquet=parquet,
        stored=stored_types(folder / parquet.path) if parquet else {},
    )


def _people(package: Package) -> Iterator[Person]:
    people = package.get(_PEOPLE)
    if people is None or not {"name", "orcid"} <= set(people.table.field_names):
        return
    key = people.table.primary_key[0] if len(people.table.primary_key) == 1 else "name"
    for identifier, name, orcid in texts_of(people, {"key": key, "name": "name", "orcid": "orcid"}):
        yield Person(identifier, text_of(name), orcid_of(orcid))


def contributors_with_orcids(package: Package) -> list[Any]:
    """Give the contributors of a descriptor, those without an address with the ORCID iD of the table."""
    known = _orcids(tuple(_people(package)))
    listed = package.descriptor.get("contributors")
    return [
        {**one, "path": ORCID + known[text_of(one.get("title"))]}
        if isinstance(one, Mapping) and not one.get("path") and text_of(one.get("title")) in known
        else one
        for one in (listed if isinstance(listed, list) else [])
    ]


def _orcids(people: Sequence[Person]) -> dict[str, str]:
    """Give ORCID iDs by exact name; none for a name that several people have."""
    several = Counter(one.name for one in people)
    return {one.name: one.orcid for one in people if one.orcid and several[one.name] == 1}

"""The contributions of a merge: opened, sorted, each with the package on which it is based."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from depositary.check.documents import manifest as manifests
from depositary.check.documents.mapping import judge_edits, judge_files
from depositary.errors import DepositaryError, DocumentError, NotFoundError, RefusedError, UsageError
from depositary.merging.claims.bases import Bases, find_base
from depositary.merging.claims.replaced import still_replaced, whole
from depositary.merging.claims.rewound import Gaps, Rewound
from depositary.merging.claims.staged import fields
from depositary.merging.claims.waiting import Waiting
from depositary.model.finding import Finding
from depositary.model.package import MANIFEST, Mode, Package, Resource
from depositary.model.tidy import tidy
from depositary.read.archive import is_archive, root_of, unpack
from depositary.read.contribution import DELETES, open_contribution, read_manifest
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.package import refuse_archive
from depositary.wording.plain import sentences

_SUPERSEDES = ("supersedes", "supersedes")  # the verb for messages, and the key of the manifest


@dataclass(frozen=True)
class Batch:
    """One contribution.

    `name` is contributor/batch, `rank` is its position in the order, and `withdrawn` means that a later batch replaces
    it. If its own base is not found, `compared_with_current` is true: the current package is used
    instead. `gaps` has what is not known of its base, by table. `place` is the path that was given; `held` keeps the
    temporary folder, if that is an archive.
    """

    directory: Path
    name: str
    contributor: str
    mode: Mode
    base: Package
    manifest: Mapping[str, Any]
    resources: Mapping[str, Resource]
    rank: int = -1
    withdrawn: bool = False
    compared_with_current: bool = False
    gaps: Mapping[str, Gaps] = field(default_factory=dict)
    place: Path = Path()
    held: object = None

    @property
    def deletes(self) -> Resource | None:
        """Give the file with the rows to delete, if there is one."""
        return self.resources.get(DELETES)

    @property
    def tables(self) -> Mapping[str, Resource]:
        """Give the files with rows, by table."""
        return {name: resource for name, resource in self.resources.items() if name != DELETES}

    @property
    def replaces(self) -> frozenset[str]:
        """Name the batches that it supersedes."""
        return frozenset(superseded(self.manifest))

    @property
    def schema_edits(self) -> Mapping[str, Mapping[str, Any]]:
        """Give the changes of schemas that the contribution claims, by table."""
        edits: Mapping[str, Mapping[str, Any]] = self.manifest.get("schema", {})
        return edits


def open_batches(
    paths: Iterable[Path],
    current: Package,
    bases: Path | None,
    rewound: Rewound | None = None,
    waiting: list[Waiting] | None = None,
) -> tuple[Batch, ...]:
    """Open contributions and sort them, so that the order in which they are given does not matter.

    `rewound` is the package from which the current one was made, from its provenance. Contributions that cannot be
    merged are added to `waiting`; if it is not given, the first of them is an error.

    Raises:
        UsageError: two have the same name, a base is not found, or one follows or supersedes a wrong batch.
        DocumentError: a manifest is wrong.
        NotFoundError: a folder does not exist or has no manifest.
    """
    at_hand = Bases(bases)
    places = list(dict.fromkeys(_place(path.resolve()) for path in paths))
    opened = (_opened(place, current, at_hand, rewound, waiting) for place in places)
    batches = sorted((batch for batch in opened if batch), key=_order)
    while True:
        try:
            return _ranked(batches, current)
        except RefusedError as error:
            if waiting is None:
                raise
            waiting += [_set_aside(b.name, b.manifest, error) for b in batches if b.name in error.batches]
            batches = [batch for batch in batches if batch.name not in error.batches]


def _place(path: Path) -> Path:
    """Give the folder or archive of a contribution that may be named by its manifest."""
    return path.parent if path.name == MANIFEST else path


def _opened(
    place: Path, current: Package, bases: Bases, rewound: Rewound | None, waiting: list[Waiting] | None
) -> Batch | None:
    """Open a contribution; None if it cannot be opened and waits."""
    try:
        return _open(place, current, bases, rewound)
    except NotFoundError:  # a wrong path in the request, not an error of the contribution
        raise
    except DepositaryError as error:
        if waiting is None:
            raise
        waiting.append(_set_aside(_name(place), _manifest(place), error))
        return None


def _manifest(place: Path) -> Mapping[str, Any]:
    """Give the manifest of a contribution that cannot be opened, as far as it can be read."""
    try:
        with _folder_of(place) as (folder, _):
            return read_manifest(folder)
    except DepositaryError:
        return {}


@contextmanager
def _folder_of(place: Path) -> Iterator[tuple[Path, object]]:
    """Give the folder of a contribution; that of an archive is unpacked as long as the object beside it is there.

    Raises:
        UsageError: the archive cannot be unpacked, or it is a single table, which says nothing about its contributor.
    """
    if place.is_file() and not is_archive(place):
        refuse_archive(place)  # of another kind
        raise UsageError(
            f"{place}: a merge needs the {MANIFEST}, which gives the contributor, the licence and the base. Put the "
            "file into a folder, and write one there: depositary validate shows it, and depositary new contribution "
            "writes it."
        )
    if not is_archive(place):
        yield place, None
        return
    try:
        held = unpack(place)
    except UnreadableFile as fault:
        raise UsageError(f"{place}: {fault.message}. {fault.hint}.") from fault
    with held.named_as_given():
        yield root_of(held.path, MANIFEST) or held.path, held


def _set_aside(name: str, manifest: Mapping[str, Any], error: DepositaryError) -> Waiting:
    contributor = str(manifest.get("contributor", ""))
    return Waiting(name, "it cannot be opened", contributor, withdrawn_by(manifest), error=error)


def _ranked(batches: Sequence[Batch], current: Package) -> tuple[Batch, ...]:
    for one, other in pairwise(batches):
        if one.name == other.name:
            raise RefusedError(
                [one.name],
                f"{one.place} and {other.place}: both are the batch {one.name}. Rename one of the folders; "
                "the last two folders are the name of a batch.",
            )
    withdrawn = _withdrawn(batches) | whole(still_replaced(current, {batch.name for batch in batches}))
    return tuple(replace(b, rank=rank, withdrawn=b.name in withdrawn) for rank, b in enumerate(batches))


def _name(place: Path) -> str:
    named = place.with_suffix("") if is_archive(place) else place
    return "/".join(named.parts[-2:])


def _order(batch: Batch) -> tuple[bytes, bytes]:
    return batch.contributor.encode(), batch.name.encode()


def _open(place: Path, current: Package, bases: Bases, rewound: Rewound | None) -> Batch:
    with _folder_of(place) as (folder, held):
        return replace(_in_folder(folder, _name(place), current, bases, rewound), place=place, held=held)


def _in_folder(folder: Path, name: str, current: Package, bases: Bases, rewound: Rewound | None) -> Batch:
    document = read_manifest(folder)
    _require_sound(name, manifests.manifest(document))
    if document["base"]["package"] != current.name:
        raise UsageError(
            f"{name}: it is based on the package {document['base']['package']!r}, but this one is {current.name!r}."
        )
    found = find_base(document["base"], current, bases, Mode(document["mode"]), name, rewound)
    base = found or current
    _require_sound(name, judge_edits(document, base) or judge_files(document, folder, base))
    contribution = open_contribution(folder, document, base)
    batch = Batch(
        directory=folder,
        name=name,
        contributor=document["contributor"],
        mode=contribution.mode,
        base=base,
        manifest=document,
        resources={resource.name: resource for resource in contribution.resources},
        compared_with_current=found is None,
        gaps=rewound.gaps if rewound is not None and base.directory == rewound.folder else {},
    )
    _require_rows_known(batch)
    return batch


def _require_rows_known(batch: Batch) -> None:
    """Refuse a contribution to a table if the rows of the table in its own base are not known."""
    for table in (table for table, gaps in batch.gaps.items() if not gaps.has_all_rows):
        if table in batch.tables or table in _tables_of_deletes(batch):
            raise base_lacks(batch, table, "the rows of the table")


def _tables_of_deletes(batch: Batch) -> set[str]:
    try:
        frames = list(fields(batch.deletes)) if batch.deletes else []
    except UnreadableFile:  # the validation of the contribution reports this
        return set()
    return {tidy(table) for frame in frames for table in frame["table"].drop_nulls()}


def base_lacks(batch: Batch, place: str, what: str) -> UsageError:
    """Make the error for a contribution that needs something of its base that the published package does not have."""
    of = f"{batch.base.name} {batch.base.version}"
    return UsageError(
        f"{batch.name}: {place}: it is based on {of}, and the published package does not have {what} in that version. "
        f"Put the package {of} into a folder among the bases, and give the folder of bases with --bases."
    )


def _require_sound(name: str, wrong: Sequence[Finding]) -> None:
    if wrong:
        first = wrong[0]
        raise DocumentError(f"{name}: contribution.toml: {sentences(first.message, first.hint)}")


def superseded(manifest: Mapping[str, Any]) -> list[str]:
    """Name the batches that a contribution withdraws completely."""
    return [entry for entry in manifest.get("supersedes", ()) if isinstance(entry, str)]


def withdrawn_by(manifest: Mapping[str, Any]) -> frozenset[str]:
    """Name the batches that a contribution withdraws, completely or in part; the manifest need not be valid."""
    olds = manifest.get("supersedes")
    entries = olds if isinstance(olds, list) else []
    names = [entry.get("batch") if isinstance(entry, dict) else entry for entry in entries]
    return frozenset(name for name in names if isinstance(name, str))


def named_before(manifest: Mapping[str, Any]) -> list[str]:
    """Name the batches that a contribution declares to be earlier."""
    some = [entry["batch"] for entry in manifest.get("supersedes", ()) if isinstance(entry, dict)]
    return list(dict.fromkeys([*manifest.get("follows", ()), *superseded(manifest), *some]))


def _withdrawn(batches: Sequence[Batch]) -> set[str]:
    """Name the batches that others replace."""
    by_name = {batch.name: batch for batch in batches}
    before = {batch.name: named_before(batch.manifest) for batch in batches}
    for name, olds in before.items():
        for old in olds:
            if old in by_name and by_name[old].contributor != by_name[name].contributor:
                verb, key = ("follows", "follows") if old in by_name[name].manifest.get("follows", ()) else _SUPERSEDES
                message = f"{name}: it {verb} {old}, which is from another contributor. Remove it from `{key}`."
                raise RefusedError([name], message)
        if _reaches(name, name, before):
            only = all(not batch.manifest.get("follows") for batch in batches)
            verb, key = _SUPERSEDES if only else ("follows", "follows` or `supersedes")
            message = f"{name}: it {verb} itself through other batches. Remove one of them from `{key}`."
            raise RefusedError([name], message)
    return {old for batch in batches for old in batch.replaces}


def _reaches(start: str, goal: str, edges: Mapping[str, Sequence[str]]) -> bool:
    seen: set[str] = set()
    waiting = list(edges.get(start, ()))
    for here in waiting:
        if here == goal:
            return True
        if here not in seen:
            seen.add(here)
            waiting += edges.get(here, ())
    return False

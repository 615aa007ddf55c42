"""Find the package on which a contribution is based."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import sound_package
from depositary.errors import DepositaryError, MissingBaseError, UsageError
from depositary.merging.claims.rewound import Rewound
from depositary.model.package import Mode, Package
from depositary.read.bases import package_hash
from depositary.read.package import DESCRIPTOR
from depositary.wording.suggest import closest


@dataclass(frozen=True)
class Bases:
    """The folder of bases, None if it is not given; its packages are opened once, when one of them is needed.

    Raises:
        UsageError: the folder does not exist.
    """

    folder: Path | None

    def __post_init__(self) -> None:
        require_bases(self.folder)

    @cached_property
    def _found(self) -> list[tuple[Package, str] | str]:
        """Give the packages in the folder, each with its hash, and notes on those that cannot be opened."""
        found: list[tuple[Package, str] | str] = []
        for folder in sorted([self.folder, *self.folder.iterdir()]) if self.folder else ():
            if not (folder / DESCRIPTOR).is_file():
                continue
            try:
                package = sound_package(folder)
                found.append((package, package_hash(package)))
            except DepositaryError as error:
                found.append(f"{folder}, which cannot be opened ({str(error).rstrip('.')})")
        return found

    def packages(self, unreadable: list[str]) -> Iterator[tuple[Package, str]]:
        """Give the packages, each with its hash; those that cannot be opened are added to a list."""
        for found in self._found:
            if isinstance(found, str):
                unreadable.append(found)
            else:
                yield found


def find_base(  # noqa: PLR0913 (each is needed)
    manifest_base: Mapping[str, Any],
    current: Package,
    bases: Bases,
    mode: Mode,
    label: str,
    rewound: Rewound | None = None,
) -> Package | None:
    """Give the package on which a contribution is based, from the `base` in its manifest.

    None if it is not found and the manifest allows comparing a patch with the published package.

    Args:
        manifest_base: `package` and `version`, and perhaps `hash`.
        current: the published package.
        bases: a folder of earlier packages, each in its own folder.
        mode: the mode of the contribution; a snapshot is always compared with its own base.
        label: the name of the contribution in messages.
        rewound: the package from which the published one was made, from its provenance.

    Raises:
        UsageError: the base is not found, or several packages fit; the message lists those that were found.
    """
    wanted, compared_with_current = manifest_base.get("hash"), manifest_base.get("current", False)
    if compared_with_current and mode is not Mode.PATCH:
        raise UsageError(
            f"{label}: a snapshot is compared with the package on which it is based, so that rows published since then "
            "are not deleted. Remove `current` from [base] in its manifest."
        )
    try:
        if wanted:
            return _by_hash(str(wanted), current, bases, mode, label, rewound)
        if rewound is not None and rewound.first and rewound.first.version == manifest_base["version"]:
            return _earlier(manifest_base, rewound, bases, label)
        return _by_version(manifest_base, current, bases, mode, label)
    except MissingBaseError:
        if compared_with_current:
            return None
        raise


def _earlier(manifest_base: Mapping[str, Any], rewound: Rewound, bases: Bases, label: str) -> Package:
    """Give the package from which the published one was made: from the bases, or rewound."""
    wanted, current = str(manifest_base["version"]), package_hash(rewound.current)
    fitting = {
        found: package
        for package, found in bases.packages([])
        if (package.name, package.version) == (rewound.current.name, wanted) and found != current
    }
    if len(fitting) > 1:
        raise _several(fitting, bases, label)
    return next(iter(fitting.values())) if fitting else rewound.package


def _several(fitting: Mapping[str, Package], bases: Bases, label: str) -> UsageError:
    which = next(iter(fitting.values()))
    some = "; ".join(f"{package.directory}: {found}" for found, package in sorted(fitting.items()))
    return UsageError(
        f"{label}: several packages in {bases.folder} are {which.name} {which.version}. "
        f"Write the `hash` of the right one under [base] in its manifest: {some}."
    )


def _by_hash(  # noqa: PLR0913 (as above)
    wanted: str, current: Package, bases: Bases, mode: Mode, label: str, rewound: Rewound | None
) -> Package:
    published = package_hash(current)
    if wanted == published:
        return current
    at_hand = [f"{_shown(current)} {published}, the current one"]
    for package, found in bases.packages(at_hand):
        if found == wanted:
            return package
        at_hand.append(f"{_shown(package)} {found}")
    made_from = rewound.releases if rewound is not None else ()
    if rewound is not None and made_from and made_from[0].hash == wanted:
        return rewound.package
    known = next((f" (that of {current.name} {r.version})" for r in made_from if r.hash == wanted), "")
    raise MissingBaseError(
        f"{label}: its base has the hash {wanted}{known}, but no package that was found has it. "
        f"{_how_to_find(bases, mode)}. Found: {'; '.join(at_hand)}."
    )


def _by_version(manifest_base: Mapping[str, Any], current: Package, bases: Bases, mode: Mode, label: str) -> Package:
    name, version = str(manifest_base["package"]), str(manifest_base["version"])
    if version == current.version:
        return current
    at_hand = [f"{_shown(current)}, the current one"]
    packages = list(bases.packages(at_hand))
    fitting = {found: package for package, found in packages if (package.name, package.version) == (name, version)}
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    if fitting:
        raise _several(fitting, bases, label)
    at_hand += [_shown(package) for package, _ in packages]
    raise MissingBaseError(
        f"{label}: a contribution is compared with the package on which it is based, {name} {version}, "
        f"but this package is not found. {_how_to_find(bases, mode)}. Found: {'; '.join(at_hand)}."
    )


def require_bases(bases: Path | None) -> None:
    """Refuse a folder of bases that does not exist.

    Raises:
        UsageError: the folder does not exist.
    """
    if bases is None or bases.is_dir():
        return
    above = bases.parent
    names = {path.name: path.name for path in sorted(above.iterdir()) if path.is_dir()} if above.is_dir() else {}
    near = closest(bases.name, names)
    hint = f"Did you mean {' or '.join(near)}?" if near else "Make it, if there are no earlier packages yet."
    raise UsageError(
        f"{bases}: this folder of bases does not exist. {hint} It is named by --bases, or by bases in depositary.toml."
    )


def _shown(package: Package) -> str:
    return f"{package.name} {package.version} ({package.directory})"


def _how_to_find(bases: Bases, mode: Mode) -> str:
    how = f"Put this package into a new folder in {bases.folder}"
    if bases.folder is None:
        how = "Give the folder with earlier packages with --bases"
    if mode is Mode.PATCH:
        how += "; or, if it is meant for what is published now, write `current = true` under [base] in its manifest"
    return how

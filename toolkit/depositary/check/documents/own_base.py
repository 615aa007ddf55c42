"""Find the package on which a contribution in a workspace is based: its package, or one among its bases."""

from pathlib import Path

from depositary.check.documents.descriptor import sound_package
from depositary.errors import DepositaryError
from depositary.model.package import MANIFEST
from depositary.read.bases import package_hash
from depositary.read.contribution import read_manifest
from depositary.read.package import DESCRIPTOR
from depositary.read.workspace import Workspace


def own_base(contribution: Path, workspace: Workspace) -> Path:
    """Give the one base that a manifest names; the package of the workspace, if it is that or there is none.

    What was merged since the last release is based on an earlier form of this version; compared with the form of now,
    its rows would seem to be there twice. A contribution that names another version is judged by the package of now,
    with the finding `base-version`.
    """
    folder = contribution if contribution.is_dir() else contribution.parent
    if workspace.bases is None or not workspace.bases.is_dir() or not (folder / MANIFEST).is_file():
        return workspace.package
    try:
        named = read_manifest(folder).get("base")
        if not isinstance(named, dict) or named.get("current") or _fits(named, workspace.package):
            return workspace.package
        if named.get("version") != sound_package(workspace.package).version:
            return workspace.package
    except DepositaryError:
        return workspace.package  # its check reports what is wrong
    fitting = [one for one in sorted(workspace.bases.iterdir()) if (one / DESCRIPTOR).is_file() and _opens(named, one)]
    return fitting[0] if len(fitting) == 1 or (fitting and "hash" in named) else workspace.package


def _opens(named: dict[str, object], folder: Path) -> bool:
    try:
        return _fits(named, folder)
    except DepositaryError:
        return False


def _fits(named: dict[str, object], folder: Path) -> bool:
    package = sound_package(folder)
    if (named.get("package"), named.get("version")) != (package.name, package.version):
        return False
    return "hash" not in named or named["hash"] == package_hash(package)

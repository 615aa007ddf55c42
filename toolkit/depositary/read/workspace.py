"""The workspace file `depositary.toml`: where the package is that contributions are made to."""

from pathlib import Path

from depositary.errors import DocumentError, UsageError
from depositary.read.documents import read_toml
from depositary.read.paths import unsafe

WORKSPACE = "depositary.toml"


def find_package(start: Path) -> Path | None:
    """Look upward from a path for the workspace file, and give the package it names.

    Raises:
        DocumentError: the workspace file is broken or names no package.
    """
    for folder in [start.resolve(), *start.resolve().parents]:
        file = folder / WORKSPACE
        if file.is_file():
            package = read_toml(file).get("package")
            if not isinstance(package, str) or unsafe(folder, package):
                raise DocumentError(f'{file}: say which folder beside it is the package: package = "datapackage".')
            if not (folder / package).exists():
                raise DocumentError(f"{file}: the package {package!r} it names is not there.")
            return folder / package
    return None


def package_or_workspace(package: Path | None) -> Path:
    """Give the package that was named, else the one of the workspace around the current folder.

    Raises:
        UsageError: none was named, and there is no workspace.
    """
    found = package or find_package(Path.cwd())
    if found is None:
        raise UsageError(f"name the data package: there is no {WORKSPACE} here or in a folder above.")
    return found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else found

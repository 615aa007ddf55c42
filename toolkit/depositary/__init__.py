"""Check, merge and publish tables of trade-policy facts, with the source of every cell.

>>> import depositary
>>> report = depositary.validate("datapackage")
>>> report.valid
True
"""

from pathlib import Path

from depositary.model.finding import Finding
from depositary.model.package import Package
from depositary.model.report import Report
from depositary.version import __version__

__all__ = ["Finding", "Package", "Report", "__version__", "open", "validate"]


def open(path: str | Path) -> Package:
    """Open a data package by its folder or its `datapackage.json`.

    Raises:
        depositary.errors.NotFoundError: there is no package at the path.
        depositary.errors.DocumentError: its descriptor is broken, or names files outside it.
    """
    from depositary.read.package import open_package

    return open_package(path)


def validate(path: str | Path, base: str | Path | None = None) -> Report:
    """Validate a data package, a contribution to one, or a single CSV file.

    `base` is the package that a contribution or file belongs to; by default the one that the nearest
    `depositary.toml` above it names.

    Raises:
        depositary.errors.DepositaryError: nothing could be validated; the message says why.
    """
    from depositary.check.validate import validate as run

    return run(path, base)

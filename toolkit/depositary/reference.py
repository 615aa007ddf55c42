"""The only module that imports frictionless 5.21, the reference for our verdicts (docs/decisions/0001).

Importing frictionless raises the limit of `csv` to 2 GB for the whole process. We set it back.
"""

import csv

_BEFORE = csv.field_size_limit()

import frictionless  # noqa: E402 (the limit is noted first)
from frictionless import Dialect, FrictionlessException  # noqa: E402 (the same)
from frictionless.fields import IntegerField  # noqa: E402 (the same)
from frictionless.formats.csv.control import CsvControl  # noqa: E402 (the same)
from frictionless.table.header import Header  # noqa: E402 (the same)

csv.field_size_limit(_BEFORE)

__all__ = [
    "CsvControl",
    "Dialect",
    "FrictionlessException",
    "Header",
    "IntegerField",
    "frictionless",
]

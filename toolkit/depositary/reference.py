"""The only module that imports frictionless 5.21, the reference for our verdicts (docs/decisions/0001).

Importing frictionless raises the limit of `csv` to 2 GB for the whole process. We set it back.

frictionless judges every descriptor by JSON Schema, several times. What certainly fits is not given to jsonschema.
"""

import csv
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

_BEFORE = csv.field_size_limit()

import frictionless  # noqa: E402 (the limit is noted first)
from frictionless import Dialect, FrictionlessException  # noqa: E402 (the same)
from frictionless.fields import IntegerField  # noqa: E402 (the same)
from frictionless.formats.csv.control import CsvControl  # noqa: E402 (the same)
from frictionless.platform import platform  # noqa: E402 (the same)
from frictionless.table.header import Header  # noqa: E402 (the same)

from depositary.json_fit import certainly_fits  # noqa: E402 (the same)

csv.field_size_limit(_BEFORE)


class _Validator:
    """What frictionless uses of a validator of jsonschema: the errors in a document."""

    def __init__(self, schema: Mapping[str, Any], registry: Any) -> None:  # noqa: ANN401 (as frictionless gives it)
        self._schema, self._registry = schema, registry

    def iter_errors(self, document: Any) -> Iterator[Any]:  # noqa: ANN401 (any document)
        """Find the errors."""
        if certainly_fits(document, self._schema):
            return iter(())
        from jsonschema.validators import validator_for  # noqa: PLC0415 (most documents fit, so few need it)

        validator = validator_for(self._schema)(self._schema, registry=self._registry)
        return iter(validator.iter_errors(document))


vars(platform)["jsonschema"] = SimpleNamespace(validators=SimpleNamespace(validator_for=lambda _schema: _Validator))

__all__ = [
    "CsvControl",
    "Dialect",
    "FrictionlessException",
    "Header",
    "IntegerField",
    "frictionless",
]

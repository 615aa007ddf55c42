"""The types of columns in the vocabularies of other standards, and the one notation of values that these take."""

from collections.abc import Mapping
from dataclasses import dataclass

from depositary.model.field_types import FIELD_TYPES

_DAY = r"-?[0-9]{4,}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"  # readers do not know the hour 24
_ZONE = r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"


@dataclass(frozen=True)
class Form:
    """A type elsewhere: the datatype of CSVW, the data type of Croissant, and a pattern of XML Schema's notation.

    A column with other cells is described as text there: its values are then as they are written. Without a pattern,
    all cells fit. `short` is the pattern of values that 64 bits hold; for others, Croissant's reader needs Parquet.
    """

    csvw: str = "string"
    croissant: str = "sc:Text"
    pattern: str = ""
    short: str = ""


TEXT = Form()
FORMS: Mapping[str, Form] = {
    **dict.fromkeys(("string", "any", "list", "geopoint"), TEXT),
    **dict.fromkeys(("array", "object", "geojson"), Form(csvw="json")),
    "integer": Form("integer", "sc:Integer", r"-?[0-9]+", r"-?[0-9]{1,18}"),
    "number": Form("decimal", "sc:Float", r"-?[0-9]+(?:\.[0-9]+)?", r"-?[0-9]{1,18}(?:\.[0-9]+)?"),
    "boolean": Form("boolean", "sc:Boolean", r"true|false"),
    "date": Form("date", "sc:Date", _DAY),
    "datetime": Form("dateTime", "sc:DateTime", f"{_DAY}T{_CLOCK}{_ZONE}"),
    "time": Form("time", "sc:Text", _CLOCK + _ZONE),
    "year": Form("gYear", "sc:Integer", r"-?[0-9]{4,}"),
    "yearmonth": Form("gYearMonth", "sc:Text", r"-?[0-9]{4,}-[0-9]{2}"),
    "duration": Form("duration", "sc:Text", r"-?P(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?(?:T[0-9HMS.]+)?"),
}


def form_of(name: str) -> Form:
    """Give the form of a type; one that is not known is text."""
    return FORMS.get(name, TEXT) if name in FIELD_TYPES else TEXT

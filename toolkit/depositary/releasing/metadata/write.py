"""Write the descriptions of a release, all from one model."""

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from depositary.errors import UsageError
from depositary.releasing.layout import CITATION
from depositary.releasing.metadata import files
from depositary.releasing.metadata.dataset import Dataset, read_dataset
from depositary.write.atomic import write_bytes

_LIBRARIES = ("datacite", "prov", "rdflib", "rocrate")


def write_metadata(folder: Path) -> list[Path]:
    """Write CITATION.cff, ro-crate-metadata.json, csv-metadata.json and the folder `metadata` into a release.

    Everything else is there already, and only SHA256SUMS follows. The same files give the same bytes. Give the paths of
    the files, sorted.

    Raises:
        DepositaryError: a library is missing, the release cannot be read, or its descriptor lacks a name, a contributor
            with a name, or a date.
    """
    require_libraries()
    texts = dict(descriptions(read_dataset(folder)))
    (folder / files.METADATA).mkdir(exist_ok=True)
    for path, data in texts.items():
        write_bytes(folder / path, data)
    return [folder / path for path in sorted(texts)]


def descriptions(dataset: Dataset) -> Iterator[tuple[str, bytes]]:
    """Give each description of a release: its path and its bytes."""
    from depositary.releasing.metadata.citation import citation
    from depositary.releasing.metadata.croissant import croissant
    from depositary.releasing.metadata.csvw import csvw, csvw_path
    from depositary.releasing.metadata.datacite import datacite, datacite_xml
    from depositary.releasing.metadata.dcat import dcat
    from depositary.releasing.metadata.prov import prov
    from depositary.releasing.metadata.ro_crate import ro_crate
    from depositary.releasing.metadata.schema_org import schema_org
    from depositary.releasing.metadata.zenodo import zenodo_record

    yield CITATION, citation(dataset).encode()
    yield files.RO_CRATE, ro_crate(dataset).encode()
    if dataset.tables:
        yield csvw_path(dataset), _json(csvw(dataset))
    yield files.CROISSANT, _json(croissant(dataset))
    yield files.DATACITE, _json(datacite(dataset))
    yield files.DATACITE_XML, datacite_xml(dataset)
    yield files.DCAT, dcat(dataset).encode()
    yield files.PROV, prov(dataset).encode()
    yield files.SCHEMA_ORG, _json(schema_org(dataset))
    yield files.ZENODO, _json(zenodo_record(dataset))


def require_libraries() -> None:
    """Refuse to begin a release that could not be described at its end.

    Raises:
        UsageError: a library of the extra `release` is missing.
    """
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the libraries of a release are not installed ({', '.join(missing)}). Install them: "
            "pip install 'depositary[release]'."
        )


def _json(document: object) -> bytes:
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return text.encode("utf-8", "backslashreplace")  # half a character is an escape in JSON too

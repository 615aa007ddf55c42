"""The metadata of a release as a record of InvenioRDM."""

from typing import Any

from depositary.publishing.release import Release


def record_of(release: Release) -> dict[str, Any]:
    """Give the record, with its `metadata`."""
    descriptor = release.descriptor
    contributors = descriptor.get("contributors")
    names = (
        [str(one.get("title")) for one in contributors if isinstance(one, dict)]
        if isinstance(contributors, list)
        else []
    )
    metadata: dict[str, Any] = {
        "title": release.title,
        "resource_type": {"id": "dataset"},
        "publisher": "Zenodo",
        "version": release.version,
        "publication_date": str(descriptor.get("created", ""))[:10],
        "creators": [{"person_or_org": {"type": "organizational", "name": name}} for name in names],
        "rights": [{"id": str(one["name"]).lower()} for one in descriptor.get("licenses", ())],
    }
    if descriptor.get("description"):
        metadata["description"] = descriptor["description"]
    return {"metadata": metadata}

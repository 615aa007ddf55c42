"""The hash of a package, which identifies the state of its tables on which a contribution is based."""

import hashlib

from depositary.errors import NotFoundError
from depositary.model.package import Package, Resource

# Tables that merging writes: they are not part of the base.
WRITTEN_BY_MERGING = frozenset({"provenance_rows", "provenance_cells", "conflicts", "redirects"})


def package_hash(package: Package) -> str:
    """Give `sha256:` and the SHA-256 of the lines `<sha256 of file>  <path>` of the tables' files, sorted by path.

    The files are hashed as they are, compressed or not; those that merging writes are left out.

    Raises:
        NotFoundError: a file of the package is missing or cannot be read.
    """
    files = {one.path: one for r in package if r.name not in WRITTEN_BY_MERGING for one in r.stored}
    ordered = sorted(files.items(), key=lambda item: item[0].encode("utf-8", "surrogateescape"))
    lines = "".join(f"{_digest(resource)}  {path}\n" for path, resource in ordered)
    return f"sha256:{hashlib.sha256(lines.encode('utf-8', 'surrogateescape')).hexdigest()}"


def _digest(resource: Resource) -> str:
    try:
        with resource.file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise NotFoundError(
            f"{resource.file}: the table {resource.name} cannot be read ({error.strerror}), so there is no hash. "
            "Put the file back, or remove the table from the descriptor."
        ) from error

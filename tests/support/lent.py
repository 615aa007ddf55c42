"""Libraries of this environment, lent to a new one: only those that the project names, and what these name.

To download and unpack them takes a minute; `make test` itself does so on a fresh machine, by the line of `make demo`.
What the project forgets to name is missing in the new environment, as it would be after a download.
"""

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from conftest import ROOT
from packaging.requirements import Requirement


def required(*extras: str) -> list[str]:
    """Give what the project requires, with some of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    return [*project["dependencies"], *(line for extra in extras for line in optional[extra])]


def lend_libraries(python: Path, requirements: Iterable[str]) -> None:
    """Put what is required into the environment of a Python, where pip finds it as if it had installed it."""
    where = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    target = Path(subprocess.run(where, check=True, capture_output=True, text=True).stdout.strip())
    for library in _with_theirs(requirements):
        for name in _top_level(library):
            _link(Path(str(library.locate_file(name))), target / name)


def _with_theirs(requirements: Iterable[str]) -> list[Distribution]:
    """Give the libraries that are required, and those that they require."""
    found, left, seen = {}, [Requirement(text) for text in requirements], set()
    while left:
        asked = left.pop()
        for extra in {"", *asked.extras}:
            if (asked.name, extra) in seen:
                continue
            seen.add((asked.name, extra))
            found[asked.name] = library = distribution(asked.name)
            left += [needed for needed in map(Requirement, library.requires or ()) if _holds(needed, extra)]
    return list(found.values())


def _holds(needed: Requirement, extra: str) -> bool:
    return needed.marker is None or needed.marker.evaluate({"extra": extra})


def _top_level(library: Distribution) -> Iterator[str]:
    names = dict.fromkeys(Path(file).parts[0] for file in library.files or ())
    return (name for name in names if name not in ("..", "__pycache__"))


def _link(source: Path, target: Path) -> None:
    """Link files rather than copy them, where the disk allows it: if pip takes one away, the other one stays."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_link_file, dirs_exist_ok=True)
    else:
        _link_file(source, target)


def _link_file(source: Path | str, target: Path | str) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        shutil.copy2(source, target)

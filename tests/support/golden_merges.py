"""The golden merges in tests/cases/merge: small packages, contributions to them, and the files that have to come out.

`python tests/support/golden_merges.py` merges every case anew and writes what is expected; `git diff` then shows what
a change of the rules means. Name cases to write only these.
"""

import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from depositary.merging.merge import Merged, merge

CASES = Path(__file__).resolve().parent.parent / "cases" / "merge"
BASE = CASES / "base"


def names() -> list[str]:
    """Name the cases."""
    return sorted(folder.name for folder in CASES.iterdir() if folder.is_dir() and folder != BASE)


def merged(name: str, folder: Path) -> Merged:
    """Merge a case in a folder; what comes out is in its folder `merged`."""
    case = CASES / name
    asked = tomllib.loads((case / "case.toml").read_text("utf-8")) if (case / "case.toml").is_file() else {}
    lay_out(case, folder)
    return merge(
        folder / "current",
        [file.parent for file in sorted((folder / "contributions").rglob("contribution.toml"))],
        decisions=folder / "decisions",
        bases=folder / "bases",
        output_dir=folder / "merged",
        **asked,
    )


def lay_out(case: Path, folder: Path) -> None:
    """Copy a case, each of its packages laid over the common one."""
    for part in ("contributions", "decisions", "bases"):
        shutil.copytree(case / part, folder / part) if (case / part).is_dir() else (folder / part).mkdir(parents=True)
    for package in (folder / "current", *(folder / "bases").iterdir()):
        own = case / package.relative_to(folder)
        shutil.copytree(BASE, package, dirs_exist_ok=True)
        if own.is_dir():
            shutil.copytree(own, package, dirs_exist_ok=True)


def written(folder: Path) -> dict[str, str]:
    """Read the tables of a folder, by their path in it."""
    found = sorted(folder.rglob("*.csv"))
    return {file.relative_to(folder).as_posix(): file.read_bytes().decode() for file in found}


def expected(name: str) -> dict[str, str]:
    """Read what has to come out of a case; a table that is as in the common package is not kept."""
    return written(BASE) | written(CASES / name / "expected")


def regenerate(name: str) -> None:
    """Write what comes out of a case as what is expected."""
    with tempfile.TemporaryDirectory() as folder:
        merged(name, Path(folder))
        tables, common = written(Path(folder) / "merged"), written(BASE)
    target = CASES / name / "expected"
    shutil.rmtree(target, ignore_errors=True)
    for path, text in tables.items():
        if common.get(path) != text:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(text.encode())


if __name__ == "__main__":
    for case in sys.argv[1:] or names():
        regenerate(case)

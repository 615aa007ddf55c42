"""Make the packages and contributions that benchmarks/contribution.py measures; nothing heavy is loaded."""

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).resolve().parent
KINDS = ("mixed", "new", "changed", "deleted")  # mixed: a third is changed, a tenth deleted, the rest new
_DELETED, _CHANGED = 10, 3  # one row in so many, of a mixed contribution
_FILL = "import sys; from pathlib import Path; from rules import fill; fill(Path(sys.argv[1]), int(sys.argv[2]))"


@dataclass(frozen=True)
class Base:
    """A published package: rows of trade flows with 33 columns in the shipped package, or alone with 11."""

    rows: int
    columns: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Read ROWS or ROWSxCOLUMNS, such as 1e6 or 1e7x11."""
        rows, _, columns = text.partition("x")
        base = cls(int(float(rows)), int(columns or 33))
        if base.columns not in (11, 33):
            raise ValueError(text)
        return base

    @property
    def file(self) -> str:
        """Name the file of trade flows."""
        return "data/trade_flows.csv" if self.columns == 33 else "flows.csv"  # noqa: PLR2004 (as above)

    def made_in(self, place: Path) -> Path:
        """Make the package in a folder, unless it is there."""
        folder = place / f"base-{self.rows}x{self.columns}"
        if folder.exists():
            return folder
        if self.file == "flows.csv":
            subprocess.run([sys.executable, HERE / "flows.py", "clean", str(self.rows), folder], check=True)
            described = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
            text = json.dumps({**described, "version": "1.0.0"}, indent=2)
            (folder / "datapackage.json").write_text(text, encoding="utf-8")
        else:  # in a process of its own, whose memory is not counted as that of later ones
            shutil.copytree(ROOT / "datapackage", folder)
            subprocess.run([sys.executable, "-c", _FILL, folder, str(self.rows)], check=True, cwd=HERE)
        return folder


def contribution(place: Path, base: Base, package: Path, rows: int, kind: str) -> Path:
    """Write a patch of so many rows; of a small base, no more rows are changed and deleted than it has."""
    folder = place / f"{package.name}-{kind}-{rows}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    described = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    (folder / "contribution.toml").write_text(_manifest(described["name"], described["version"]), encoding="utf-8")
    changed, deleted = _counts(rows, kind)
    with (package / base.file).open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        names = next(lines)
        template = next(lines)
        known = list(islice(lines, changed + deleted))
    own, gone = known[: min(changed, len(known))], known[min(changed, len(known)) :]
    table = Path(base.file).stem
    new = _new(names, template, rows - len(known))
    _write(folder / f"{table}.csv", names, [*_edited(names, own), *new] if own or rows > len(known) else ())
    _write(folder / "deletes.csv", ["table", "record_id", "reason"], ([table, row[0], "withdrawn"] for row in gone))
    return folder


def _counts(rows: int, kind: str) -> tuple[int, int]:
    if kind == "mixed":
        return rows // _CHANGED, rows // _DELETED
    return (rows if kind == "changed" else 0), (rows if kind == "deleted" else 0)


def _edited(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    at = names.index("value")
    for row in rows:
        yield [f"{float(cell) + 1:.2f}" if i == at else cell for i, cell in enumerate(row)]


def _new(names: Sequence[str], template: Sequence[str], count: int) -> Iterator[list[str]]:
    """Give new rows; in the shipped package, a text of each makes it another series."""
    text = names.index("product_text") if "product_text" in names else None
    for number in range(count):
        row = [f"flw-new-{number}", *template[1:]]
        if text is not None:
            row[text] = f"New series {number}"
        yield row


def _write(file: Path, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a file, unless it has no rows."""
    lines = iter(rows)
    first = next(lines, None)
    if first is None:
        return
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([names, first])
        writer.writerows(lines)


def _manifest(package: str, version: str) -> str:
    return f"""\
contributor = "ctr-maintainers"
mode = "patch"
role = "coder"
license = "CC-BY-4.0"

[base]
package = "{package}"
version = "{version}"
"""

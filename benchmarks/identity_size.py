"""Time `depositary identity suggest` on tables of invented companies: all pairs of some, or many against new ones."""

import csv
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from validate import ROOT, Run, run

_NEW = 10_000  # rows of the contribution; half of them are copies of published names, with an error
_ALL_PAIRS = 20_000  # names up to which all are compared with all, and there is no contribution


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SYLLABLES = _words("""
    ba ce di fo gu ha ki lo mu ne pa qui ra si to vu wen xo ya zer bran col dal fer gor hel jan kor lin mar
""")
_COMMON = _words("trading steel group international energy industries electronics bank logistics motors foods systems")
_PLACES = _words("asia europe pacific china korea shanghai london north south united national first global america")
_HAS_ONE = 0.6  # of the names have a common word, and of a place
_FORMS = ("Inc.", "Ltd.", "Co., Ltd.", "GmbH", "S.A.", "PLC", "LLC", "Corporation")
_SCHEMA = {
    "fields": [
        {"name": "company_id", "type": "string", "constraints": {"required": True}},
        {"name": "name", "type": "string", "identity": {"as": "name"}},
        {"name": "country", "type": "string", "identity": {"as": "place"}},
    ],
    "primaryKey": "company_id",
}
_MANIFEST = """\
contributor = "ctr-bench"
mode = "patch"
role = "coder"
license = "CC0-1.0"

[base]
package = "companies"
version = "1.0.0"
"""


def sizes(rows: Sequence[int]) -> Iterator[str]:
    """Give a line of the table for each number of names."""
    for number in rows:
        with tempfile.TemporaryDirectory() as folder:
            yield _line(number, Path(folder))


def _line(number: int, folder: Path) -> str:
    chance = random.Random(number)  # noqa: S311 (invented names)
    names = [_name(chance) for _ in range(number)]
    is_small = number <= _ALL_PAIRS
    copied = chance.sample(range(number), min(_NEW, number) // 2)
    errors = [(names[at], _with_error(names[at], chance)) for at in copied]
    copies = [copy for _, copy in errors]
    new = [*copies, *([] if is_small else (_name(chance) for _ in range(_NEW - len(copies))))]
    if is_small:
        names = [*names[: number - len(copies)], *copies]
        errors = [(name, copy) for at, (name, copy) in zip(copied, errors, strict=True) if at < number - len(copies)]
        new = []
    done, found = _suggested(names, new, folder)
    share = sum(frozenset(pair) in found or len(set(pair)) == 1 for pair in errors) / len(errors)
    what = "all pairs" if is_small else "new ones against all"
    figures = f"{done.wall:.1f} s | {done.cpu:.1f} s | {done.memory:,.0f} MB | {share:.1%}"
    return f"| {len(names) + len(new):,} | {len(new):,} | {what} | {figures} |\n"


def _suggested(names: Sequence[str], new: Sequence[str], folder: Path) -> tuple[Run, set[frozenset[str]]]:
    package, batch, output = folder / "package", folder / "contributions" / "bench" / "one", folder / "pairs.csv"
    _write(package / "companies.csv", (f"c{at:07}" for at in range(len(names))), names)
    resource = {"name": "companies", "path": "companies.csv", "schema": _SCHEMA}
    descriptor = {"name": "companies", "version": "1.0.0", "resources": [resource]}
    (package / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    if new:
        _write(batch / "companies.csv", (f"local:n{at}" for at in range(len(new))), new)
        (batch / "contribution.toml").write_text(_MANIFEST, encoding="utf-8")
    paths = [str(package), *([str(batch)] if new else [])]
    asked = ["identity", "suggest", *paths, "--table", "companies", "--format", "csv", "--output", str(output)]
    few = [str(ROOT / "examples" / "coding" / "package"), "--table", "actors"]  # so that compiling is not measured
    run([sys.executable, "-m", "depositary", "identity", "suggest", *few], folder / "compiled")
    done = run([sys.executable, "-m", "depositary", *asked], folder / "compiled")
    if done.code not in (0, 1):
        sys.exit(done.complaint or done.output)
    with output.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    return done, {frozenset((line["left_label"], line["right_label"])) for line in lines}


def _write(file: Path, ids: Iterator[str], names: Sequence[str]) -> None:
    file.parent.mkdir(parents=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(
            [("company_id", "name", "country"), *zip(ids, names, map(_country, names), strict=True)]
        )


def _country(name: str) -> str:
    """Give a name one of twenty countries; other spellings of it have the same one."""
    return f"C{sum(len(word) for word in name.replace(',', '').split()[:-1]) // 2 % 20:02}"


def _name(chance: random.Random) -> str:
    """Invent a name: one or two words that few names have, and words that many have."""
    rare = [
        "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).capitalize() for _ in range(chance.randint(1, 2))
    ]
    some = [
        word.capitalize() for word in (chance.choice(_COMMON), chance.choice(_PLACES)) if chance.random() < _HAS_ONE
    ]
    return " ".join([*rare, *some, chance.choice(_FORMS)])


def _with_error(name: str, chance: random.Random) -> str:
    """Write a name in another way: a letter left out, two letters swapped, other order, or another legal form."""
    words = name.replace(",", "").split()
    at = chance.randrange(1, len(words[0]) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        words[0] = words[0][:at] + words[0][at + 1 :]
    elif kind == 1:
        words[0] = words[0][:at] + words[0][at + 1] + words[0][at] + words[0][at + 2 :]
    elif kind == 2:  # noqa: PLR2004 (the kinds are counted)
        words = [*words[1:2], words[0], *words[2:]]
    else:
        words[-1] = chance.choice(_FORMS)
    return " ".join(words)


if __name__ == "__main__":
    for line_of_size in sizes([int(rows) for rows in sys.argv[1:]]):
        print(line_of_size, end="", flush=True)

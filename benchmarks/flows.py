"""Make the packages that benchmarks/validate.py measures: trade flows, the same bytes wherever it runs.

Every cell follows from the number of its row, by arithmetic, so that neither the size of the blocks in which rows are
written nor the version of a library changes a file.
"""

import gzip
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import IO, Any, cast

import polars as pl
from rules import fill

ROOT = Path(__file__).resolve().parent.parent
CODES = ["".join(letters) for letters in product("ABCDEFGH", "KLMNO", "PQRSTU")]
FLOWS = ["export", "import", "re-export", "re-import"]
UNITS = ["eur", "kg", "l", "pcs", "t", "usd"]
SOURCES = 1000
_BLOCK = 250_000
_FAULTY = 1000  # one row in so many carries a fault
_PHRASES = [
    "revised after the customs office sent its corrections, ",
    'stated as "provisional" in the yearbook, ',
    "converted at the average rate of the month; ",
    "includes goods in transit, except fuel, ",
    'partner given as "areas, not elsewhere specified", ',
    "estimated from mirror data, ",
    "weights rounded to full tonnes; ",
    'the "special trade" system applies, ',
]


@dataclass(frozen=True)
class Variant:
    """What sets a file apart from the clean one."""

    dirty: bool = False
    quoted: bool = False
    packed: bool = False
    dates: str = "default"

    @property
    def file(self) -> str:
        """The file's name, as the descriptor gives it."""
        return "flows.csv.gz" if self.packed else "flows.csv"


CLEAN = Variant()
VARIANTS = {
    "clean": CLEAN,
    "dirty": replace(CLEAN, dirty=True),
    "odd-dates": replace(CLEAN, dates="%d/%m/%Y"),
    "quoted": replace(CLEAN, quoted=True),
    "gz": replace(CLEAN, packed=True),
}


def main() -> None:
    """Make one package: python benchmarks/flows.py VARIANT ROWS FOLDER."""
    name, rows, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    stamp, recipe = folder / "made.txt", made_from(name)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == recipe:
        return
    shutil.rmtree(folder, ignore_errors=True)
    make(name, rows, folder)
    stamp.write_text(recipe, encoding="utf-8")


def made_from(name: str) -> str:
    """Give a digest of what a package follows from, so that one made from something else is made again."""
    files = [Path(__file__)]
    if name == "own":
        files += [ROOT / "benchmarks" / "rules.py", *sorted(ROOT.glob("datapackage/**/*.*"))]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def make(name: str, rows: int, folder: Path) -> None:
    """Write the package of a variant; `own` is the published one with its trade flows multiplied."""
    if name == "own":
        shutil.copytree(ROOT / "datapackage", folder)
        fill(folder, rows)
        return
    folder.mkdir(parents=True)
    (folder / "datapackage.json").write_text(json.dumps(descriptor(VARIANTS[name]), indent=2), encoding="utf-8")
    sources = "".join(f"src-{number:04}\n" for number in range(SOURCES))
    (folder / "sources.csv").write_text(f"source_id\n{sources}", encoding="utf-8", newline="")
    with _written(folder / VARIANTS[name].file) as file:
        write_flows(file, rows, VARIANTS[name])


@contextmanager
def _written(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for bytes; a .gz names neither itself nor the hour, so that it is the same each time."""
    with path.open("wb") as file:
        if path.suffix != ".gz":
            yield file
            return
        with gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as packed:
            yield cast("IO[bytes]", packed)


# The descriptor


def descriptor(variant: Variant) -> dict[str, Any]:
    """Give the package's descriptor; encoding and dialect stand in it so that nothing has to be guessed."""
    flows = {
        "fields": fields(variant),
        "primaryKey": ["flow_id"],
        "foreignKeys": [
            {"fields": ["source_id"], "reference": {"resource": "sources", "fields": ["source_id"]}},
        ],
    }
    sources = {"fields": [_text("source_id", required=True)], "primaryKey": ["source_id"]}
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "trade-flows",
        "resources": [_resource("flows", variant.file, flows), _resource("sources", "sources.csv", sources)],
    }


def _resource(name: str, path: str, schema: dict[str, Any]) -> dict[str, Any]:
    dialect = {"delimiter": ",", "quoteChar": '"'}
    return {"name": name, "type": "table", "path": path, "encoding": "utf-8", "dialect": dialect, "schema": schema}


def fields(variant: Variant) -> list[dict[str, Any]]:
    """Give the fields of a trade flow."""
    years = {"required": True, "minimum": 1990, "maximum": 2030}
    return [
        _text("flow_id", required=True),
        _text("reporter", required=True, enum=CODES),
        _text("partner", required=True, enum=CODES),
        _text("product", required=True, pattern="[0-9]{6}"),
        {"name": "year", "type": "year", "constraints": years},
        _text("flow", required=True, enum=FLOWS),
        {"name": "value", "type": "number", "constraints": {"required": True, "minimum": 0}},
        {"name": "quantity", "type": "number"},
        _text("unit", enum=UNITS),
        _text("source_id", required=True),
        {"name": "retrieved_on", "type": "date", "format": variant.dates},
        *([_text("notes")] if variant.quoted else []),
    ]


def _text(name: str, **constraints: Any) -> dict[str, Any]:  # noqa: ANN401 (a constraint takes what it takes)
    return {"name": name, "type": "string", "constraints": constraints}


# The rows


def write_flows(file: IO[bytes], rows: int, variant: Variant) -> None:
    """Write the header and the rows, block by block."""
    file.write((",".join(field["name"] for field in fields(variant)) + "\n").encode())
    lines = with_faults(variant) if variant.dirty else line(cells(variant))
    for start in range(1, rows + 1, _BLOCK):
        end = min(start + _BLOCK, rows + 1)
        block = pl.select(i=pl.int_range(start, end, dtype=pl.UInt64)).select(lines.str.join("\n"))
        file.write(block.item().encode())
        file.write(b"\n")


def line(row: dict[str, pl.Expr]) -> pl.Expr:
    """Join the cells of a row."""
    return pl.concat_str(*row.values(), separator=",")


def cells(variant: Variant) -> dict[str, pl.Expr]:
    """Give an expression for the text of each cell, from the row's number `i`."""
    cents = _draw("value") % pl.lit(10, dtype=pl.UInt64).pow(7 + _draw("magnitude") % 5)
    quantity = pl.when(_draw("quantity") % 5 > 0).then((_draw("quantity") // 5 % 1_000_000).cast(pl.String))
    text = _quoted if variant.quoted else _bare
    row = {
        "flow_id": text(_key(pl.col("i"))),
        "reporter": text(_pick("reporter", CODES)),
        "partner": text(_pick("partner", CODES)),
        "product": text(_digits(_draw("product") % 5000 * 197 + 10_000, 6)),
        "year": (1990 + _draw("year") % 41).cast(pl.String),
        "flow": text(_pick("flow", FLOWS)),
        "value": (cents // 100).cast(pl.String) + "." + _digits(cents % 100, 2),
        "quantity": quantity.fill_null(""),
        "unit": text(_pick("unit", UNITS)),
        "source_id": text("src-" + _digits(_draw("source_id") % SOURCES, 4)),
        "retrieved_on": _day(variant.dates),
    }
    return row | {"notes": _quoted(_notes())} if variant.quoted else row


def _draw(salt: str) -> pl.Expr:
    """Mix the row's number into 64 bits, in another way for each salt (multiplication wraps around)."""
    start = int.from_bytes(sha256(salt.encode()).digest()[:8], "big")
    mixed = (pl.col("i") + pl.lit(start, dtype=pl.UInt64)) * pl.lit(0x9E3779B97F4A7C15, dtype=pl.UInt64)
    mixed = (mixed ^ (mixed // 2**32)) * pl.lit(0xBF58476D1CE4E5B9, dtype=pl.UInt64)
    return mixed ^ (mixed // 2**29)


def _pick(salt: str, choices: list[str]) -> pl.Expr:
    return pl.lit(pl.Series(choices)).gather(_draw(salt) % len(choices))


def _digits(number: pl.Expr, width: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(width)


def _key(number: pl.Expr) -> pl.Expr:
    return "flw-" + _digits(number, 9)


def _day(dates: str) -> pl.Expr:
    day = pl.date(2020, 1, 1) + pl.duration(days=(_draw("day") % 1500).cast(pl.Int64))
    return day.dt.to_string("%Y-%m-%d" if dates == "default" else dates)


def _notes() -> pl.Expr:
    """Put phrases together and cut them at 200 to 400 characters; one text in fifty has a line break."""
    phrases = [_pick(f"phrase {number}", _PHRASES) for number in range(16)]
    text = pl.concat_str(*phrases).str.slice(0, 200 + _draw("length") % 201)
    broken = text.str.slice(0, 99) + "\n" + text.str.slice(100)
    return pl.when(_draw("break") % 50 == 0).then(broken).otherwise(text)


def _bare(text: pl.Expr) -> pl.Expr:
    return text


def _quoted(text: pl.Expr) -> pl.Expr:
    return '"' + text.str.replace_all('"', '""', literal=True) + '"'


# The faults


def with_faults(variant: Variant) -> pl.Expr:
    """Spoil one row in a thousand, with each kind of fault in its turn."""
    row = cells(variant)
    faulty = [line(row | {name: pl.lit(text)}) for name, text in _SPOILT]
    faulty += [line(row | {"flow_id": _key(pl.col("i") // 2)}), line(dict(list(row.items())[:-2]))]
    turn = pl.col("i") // _FAULTY % len(faulty)
    spoilt = reduce(
        lambda others, each: pl.when(turn == each[0]).then(each[1]).otherwise(others), enumerate(faulty), pl.lit("")
    )
    return pl.when(pl.col("i") % _FAULTY == _FAULTY // 2).then(spoilt).otherwise(line(row))


# An unknown code, a product of five digits, a year out of range, a negative value, a word for a value, a missing cell,
# a source that is not there, a date in another form; besides, a key used before, and a row without its last two cells.
_SPOILT = [
    ("reporter", "ZZZ"),
    ("product", "12345"),
    ("year", "1989"),
    ("value", "-5.00"),
    ("value", "abc"),
    ("partner", ""),
    ("source_id", "src-9999"),
    ("retrieved_on", "31/12/2021"),
]


if __name__ == "__main__":
    main()

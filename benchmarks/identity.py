"""Measure how often identity is right on data that others made, and the time and memory that it takes.

Each data set is split in halves, so that no entity is in both. The best threshold is that of the first half; all
figures are of the second. The default threshold is that of `depositary identity suggest` for ours, and the same number
for the others, which have none. rapidfuzz, jellyfish and "depositary, splink", which is `--engine splink` with its
model, score the pairs of our blocks; splink alone is trained on the first half and has blocks of its own.
Run: make bench-identity, or python benchmarks/identity.py DATA [--only febrl3] [--rows 10000]
[--write --on YYYY-MM-DD], which puts the tables into docs/benchmarks.md.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from identity_data import Known, Pair, known
from identity_peers import Scores, by_jellyfish, by_rapidfuzz, by_splink
from page import machine, put_identity

from depositary.identity.by_splink import LEAST_OF_PAIRS, scored
from depositary.identity.candidates import candidates
from depositary.identity.compare import Alike, Comparison
from depositary.identity.suggest import LEAST_SCORE

LEAST = 0.5  # of our scores that are looked at, to find the best threshold
_LEAST_OF_NAMES = 0.3  # of our scores of pairs that other libraries score by their names alone
_STEPS = [step / 100 for step in range(1, 100)]
_HEAD = """\
| data | records | pairs that are the same | method | precision, recall, F1 at {least} | best threshold | precision, recall, F1 there | average precision |
|---|---:|---:|---|---|---:|---|---:|
"""  # noqa: E501 (a line of a table)
_SIZE_HEAD = """
| names | new among them | what | wall | processor time | peak memory | copies with an error that are found |
|---:|---:|---|---:|---:|---:|---:|
"""


def main() -> None:
    """Measure data set by data set, then size by size, and print the tables as they grow."""
    given = _options()
    load = os.getloadavg()[0]
    lines = [_HEAD.format(least=LEAST_SCORE)]
    print(lines[0], end="")
    for one in known(given.data):
        if not given.only or one.name in given.only:
            for line in _lines(one):
                lines.append(line)
                print(line, end="", flush=True)
    lines.append(_SIZE_HEAD)
    print(_SIZE_HEAD, end="")
    for line in _sizes(given.rows):
        lines.append(line)
        print(line, end="", flush=True)
    print("\nname_bench is in no package that was found, and not measured.")
    if given.write:
        put_identity("".join(lines), given.on, machine(load))


def _sizes(rows: list[int]) -> Iterator[str]:
    """Time them from a small process: Linux counts the memory of the process that starts a child as the child's own."""
    command = [sys.executable, str(Path(__file__).with_name("identity_size.py")), *map(str, rows)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as timed:
        yield from timed.stdout or ()
    if timed.returncode:
        sys.exit(timed.returncode)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder in which the packages with data are")
    parser.add_argument("--only", nargs="*", default=[], help="only these data sets")
    parser.add_argument(
        "--rows", nargs="*", type=int, default=[10_000, 100_000, 1_000_000], help="numbers of names to time"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--on", type=date.fromisoformat, default=date.today(), help="the day")  # noqa: DTZ011 (here)
    return parser.parse_args()


def _lines(one: Known) -> Iterator[str]:
    """Measure all methods on one data set."""
    train, test = one.half(0), one.half(1)
    head = f"| {one.name} | {len(test.rows):,} | {len(test.same):,} "
    blocks = {id(half): _pairs(half) for half in (train, test)}
    methods: Mapping[str, Callable[[Known], Scores]] = {
        "depositary": _ours,
        "rapidfuzz": lambda half: by_rapidfuzz(half, blocks[id(half)]),
        **({"jellyfish": lambda half: by_jellyfish(half, blocks[id(half)])} if find_spec("jellyfish") else {}),
        **(
            {"depositary, splink": _by_model, "splink": lambda half: by_splink(train, half)}
            if find_spec("splink")
            else {}
        ),
    }
    for name, method in methods.items():
        start = perf_counter()
        learnt, found = (_asked(half, method(half)) for half in (train, test))
        took = perf_counter() - start
        best = max(_STEPS, key=lambda step: _at(learnt, train, step)[2])
        at_default, at_best = (" ".join(f"{x:.3f}" for x in _at(found, test, at)) for at in (LEAST_SCORE, best))
        average = _average_precision(found, test)
        yield f"{head}| {name} ({took:.1f} s) | {at_default} | {best:.2f} | {at_best} | {average:.3f} |\n"


def _asked(half: Known, scores: Scores) -> Scores:
    return {pair: score for pair, score in scores.items() if half.counts(*pair)}


def _pairs(half: Known) -> list[Pair]:
    """Give the pairs that other libraries score: of names alone more than ours, as they score them in other ways."""
    records = half.records()
    least = LEAST if len(half.fields) > 1 else _LEAST_OF_NAMES
    return candidates(records, Comparison.of(records, Alike()).rarity, least, {})


def _ours(half: Known) -> Scores:
    records = half.records()
    comparison = Comparison.of(records, Alike())
    pairs = candidates(records, comparison.rarity, LEAST, {})
    records.want(id_ for pair in pairs for id_ in pair)
    found = (comparison.compared(records[one], records[other], LEAST) for one, other in pairs)
    return {(one.left, one.right): one.score for one in found if one}


def _by_model(half: Known) -> Scores:
    """Score the pairs of our blocks by the model that `--engine splink` has."""
    records = half.records()
    pairs = candidates(records, Comparison.of(records, Alike()).rarity, LEAST_OF_PAIRS, {})
    return {(one.left, one.right): one.score for one in scored(records, pairs, 0.0)}


def _at(scores: Scores, half: Known, threshold: float) -> tuple[float, float, float]:
    """Give precision, recall and F1 at a threshold."""
    taken = {pair for pair, score in scores.items() if score >= threshold}
    right = len(taken & half.same)
    precision, recall = right / len(taken) if taken else 0.0, right / len(half.same)
    return precision, recall, 2 * right / (len(taken) + len(half.same))


def _average_precision(scores: Scores, half: Known) -> float:
    """Give the mean of the precision at each right pair, in the order of the scores; one not found counts 0."""
    ranked = sorted(scores, key=lambda pair: (-scores[pair], pair))
    right, total = 0, 0.0
    for place, pair in enumerate(ranked, 1):
        if pair in half.same:
            right += 1
            total += right / place
    return total / len(half.same)


if __name__ == "__main__":
    main()

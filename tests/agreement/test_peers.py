"""irrCAC and krippendorff give the same figures, on the tables of irrCAC and on random ones with missing values.

They are no dependency. AGREEMENT_PEERS names an interpreter that has them:
python3 -m venv peers && peers/bin/pip install irrCAC krippendorff
AGREEMENT_PEERS=peers/bin/python make test
"""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from depositary.agreement.coefficients import Coefficient, ac1, agreement, alpha
from depositary.agreement.scale import Level

PEERS = os.environ.get("AGREEMENT_PEERS", "")
TABLES = 100

Table = list[list[int | None]]


def random_table(draw: random.Random) -> Table:
    """Make a table of some coders, of which a quarter is missing, with more agreement than chance gives."""
    coders, codes = draw.randint(2, 5), draw.randint(1, 6)
    values = ([1 + unit % codes, draw.randint(1, codes)] for unit in range(draw.randint(2, 30)))
    return [[None if draw.random() < 0.25 else draw.choice(of) for _ in range(coders)] for of in values]


def ours(table: Table) -> dict[str, Coefficient]:
    units = [{f"coder {at}": value for at, value in enumerate(row) if value is not None} for row in table]
    order = sorted({value for unit in units for value in unit.values()})
    of_levels = {level: alpha(units, level, order) for level in Level if level not in (Level.SET, Level.TIME)}
    return {
        "irrCAC agreement": agreement(units),
        "irrCAC AC1": ac1(units),
        "irrCAC alpha identity": of_levels[Level.NOMINAL],
        "irrCAC alpha quadratic": of_levels[Level.INTERVAL],
        "irrCAC alpha ratio": of_levels[Level.RATIO],
        **{f"krippendorff {level}": found for level, found in of_levels.items()},
    }


@pytest.mark.skipif(not PEERS, reason="AGREEMENT_PEERS names no interpreter with irrCAC and krippendorff")
def test_other_programs_give_the_same_figures() -> None:
    draw = random.Random(7)  # noqa: S311 (not for secrets)
    tables = json.dumps([random_table(draw) for _ in range(TABLES)])
    child = [PEERS, Path(__file__).with_name("peers_child.py")]
    answer = subprocess.run(child, input=tables, capture_output=True, text=True, check=True).stdout
    compared = 0
    for theirs in json.loads(answer):
        for name, found in ours(theirs["table"]).items():
            if found.value is None or theirs.get(name) is None:  # no variation, or a single unit
                continue
            assert theirs[name] == pytest.approx(float(found.value), abs=1e-9), (name, theirs["table"])
            compared += 1
    assert compared > 8 * TABLES * 0.8

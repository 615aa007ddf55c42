"""Runs where irrCAC and krippendorff are: what they make of their own tables and of those on the input, as JSON.

A table is a list of units, each a list of one number for each coder; null is no value.
"""

import contextlib
import json
import math
import sys
import warnings

import irrCAC.datasets
import krippendorff
import numpy as np
import pandas as pd
from irrCAC.raw import CAC

OWN = ("raw_4raters", "raw_5observers", "raw_ben_gerry", "raw_g1g2", "raw_gender")


def own(name):
    frame = getattr(irrCAC.datasets, name)()
    frame = frame.drop(columns=[column for column in frame.columns if column in ("Group", "Units", "Gender")])
    rows = [[None if pd.isna(cell) else cell for cell in row] for row in frame.itertuples(index=False)]
    codes = sorted({cell for row in rows for cell in row if cell is not None})
    return [[None if cell is None else 1 + codes.index(cell) for cell in row] for row in rows]


def figures(table):
    found = {"table": table}
    frame = pd.DataFrame(table, dtype=float)
    for weights in ("identity", "quadratic", "ratio"):
        with contextlib.suppress(ValueError, ZeroDivisionError, IndexError):
            found[f"irrCAC alpha {weights}"] = CAC(frame, weights=weights, digits=12).krippendorff()["est"][
                "coefficient_value"
            ]
    with contextlib.suppress(ValueError, ZeroDivisionError, IndexError):
        est = CAC(frame, digits=12).gwet()["est"]
        found.update({"irrCAC AC1": est["coefficient_value"], "irrCAC agreement": est["pa"]})
    for level in ("nominal", "ordinal", "interval", "ratio"):
        with contextlib.suppress(ValueError, AssertionError):
            found[f"krippendorff {level}"] = krippendorff.alpha(
                reliability_data=np.array(frame).T, level_of_measurement=level
            )
    return {name: value if name == "table" else plain(value) for name, value in found.items()}


def plain(value):
    return None if math.isnan(value) else float(value)


warnings.simplefilter("ignore")
json.dump([figures(table) for table in [*map(own, OWN), *json.load(sys.stdin)]], sys.stdout)

"""Which numbers a double holds: all that spreadsheets and statistics programs have for them."""

from decimal import Decimal

import polars as pl

DIGITS = 15  # of any decimal number that a double keeps


def digits(texts: pl.Series) -> pl.Series:
    """Count the digits of numbers in plain notation, without zeros at either end."""
    return texts.str.replace_all(r"[-.]", "").str.strip_chars("0").str.len_chars()


def unheld(texts: pl.Series) -> int:
    """Count the numbers, in plain notation, that come back from a double as another one."""
    long = texts.filter(digits(texts) > DIGITS).to_list()
    return sum(Decimal(text) != Decimal(repr(float(text))) for text in long)

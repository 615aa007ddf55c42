"""Which numbers a double can hold; spreadsheets and statistics programs have no other numbers."""

from decimal import Decimal

import polars as pl

DIGITS = 15  # digits of a decimal number that a double always keeps


def digits(texts: pl.Series) -> pl.Series:
    """Count the digits of numbers in plain notation, without zeros at either end."""
    return texts.str.replace_all(r"[-.]", "").str.strip_chars("0").str.len_chars()


def unheld(texts: pl.Series) -> int:
    """Count the numbers, in plain notation, that a double changes."""
    long = texts.filter(digits(texts) > DIGITS).to_list()
    return sum(Decimal(text) != Decimal(repr(float(text))) for text in long)

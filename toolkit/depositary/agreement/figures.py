"""How figures are written: as text for people, and as plain values for programs."""

from fractions import Fraction

from depositary.agreement.coefficients import Coefficient
from depositary.agreement.measured import Measured

UNDEFINED = "undefined"
_DIGITS = 6


def figure(value: Fraction | float | None, none: str = "–") -> str:
    """Write a coefficient with three digits, as they are customarily given."""
    return none if value is None else f"{float(value):.3f}"


def coefficient(found: Coefficient) -> str:
    """Write a coefficient, or that it is not defined."""
    return figure(found.value, UNDEFINED)


def per_cent(value: Fraction | None) -> str:
    """Write a share as per cent."""
    return "–" if value is None else f"{float(value):.0%}".replace("%", " %")


def plain(value: Fraction | float | None) -> float | None:
    """Give a figure for programs, rounded to six digits."""
    return None if value is None else round(float(value), _DIGITS)


def interval_text(of: Measured) -> str:
    """Write the interval of α; nothing if there is none."""
    return f"{figure(of.interval[0])} to {figure(of.interval[1])}" if of.interval else ""

"""The version, written only here; the build reads this file as text."""

__version__ = "0.1.0"

"""The one place of the version; the build reads it as text."""

__version__ = "0.1.0"

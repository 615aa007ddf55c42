"""Differences between two packages, as data, text and pages, and patches made from them."""

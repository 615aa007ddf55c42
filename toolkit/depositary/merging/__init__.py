"""Merge the contributions of many researchers into one package: claims, conflicts, decisions, provenance."""

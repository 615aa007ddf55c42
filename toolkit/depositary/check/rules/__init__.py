"""Judging rows together: the rule language staged in the engine, its violations, labels, derived tables, evidence."""

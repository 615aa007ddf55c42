"""Check rules of a package in the engine: staged tables, violations, labels, derived tables, evidence."""

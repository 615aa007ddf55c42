"""Draft a package from a folder of tables: scan them, propose with the evidence, and keep what was edited."""

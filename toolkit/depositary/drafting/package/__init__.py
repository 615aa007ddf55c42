"""Draft the descriptor of a package from a folder of tables: scan them, propose with evidence, and keep what was edited."""

"""Load tables and views of a package as typed frames."""

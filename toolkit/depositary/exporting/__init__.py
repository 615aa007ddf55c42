"""A package in the formats that people load, with every loss named."""

import os

# DuckDB leaves what its memory held before in bytes of its files that it does not use, so that no two files were the
# same; its allocator hands out zeros if it is told so before DuckDB is loaded.
os.environ.setdefault("DUCKDB_JE_MALLOC_CONF", "zero:true")

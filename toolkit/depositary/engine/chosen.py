"""The engine with which this program checks keys and rules; only this module chooses it."""

from depositary.engine.duckdb import DuckDB
from depositary.engine.engine import Opener

OPENER: Opener = DuckDB

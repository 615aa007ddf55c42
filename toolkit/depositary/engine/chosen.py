"""The engine with which this program judges keys and rules; another one is chosen here, and nowhere else."""

from depositary.engine.duckdb import DuckDB
from depositary.engine.engine import Opener

OPENER: Opener = DuckDB

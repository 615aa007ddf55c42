"""Check the dirty trade flows of benchmarks/flows.py with DQX on Spark, by the conditions of their descriptor.

DQX asks for a workspace of Databricks; as its documents say for runs on one machine, it gets an object in its
place, and needs nothing of it. Cells are read as texts, and its checks read them, so that no cell is lost.
Run, in an environment with databricks-labs-dqx and PySpark: python benchmarks/scale_peers.py PACKAGE MASTER
It prints the number of rows with an error, and for each check the number of its rows, its message and the first row.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

from databricks.labs.dqx.engine import DQEngine
from databricks.sdk import WorkspaceClient
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.functions import col, count, explode, first

_KEY, _PARENT, _DAY = "flow_id", "sources", "yyyy-MM-dd"


def main() -> None:
    """Check all rows, and print what was found."""
    package, master = Path(sys.argv[1]), sys.argv[2]
    described = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    flows, sources = described["resources"]
    spark = SparkSession.builder.master(master).config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    rows, parents = (_read(spark, package / one["path"]) for one in (flows, sources))
    engine = DQEngine(create_autospec(WorkspaceClient), spark=spark)
    checks = list(_checks(flows["schema"]))
    judged = engine.apply_checks_by_metadata(rows, checks, ref_dfs={_PARENT: parents})
    bad = judged.where("_errors is not null").persist()
    print(json.dumps({"rows": bad.count()}))
    for one in _by_check(bad):
        print(json.dumps(one, default=str))
    spark.stop()


def _read(spark: SparkSession, file: Path) -> DataFrame:
    return spark.read.csv(str(file), header=True, inferSchema=False, multiLine=False)


def _checks(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the conditions of a table as checks of DQX."""
    yield _check("is_unique", columns=[_KEY])
    for field in schema["fields"]:
        name, constraints = field["name"], field.get("constraints", {})
        if constraints.get("required"):
            yield _check("is_not_null_and_not_empty", column=name)
        if field["type"] == "date":
            yield _check("is_valid_date", column=name, date_format=_DAY)
        if field["type"] in ("number", "year"):
            kind = "int" if field["type"] == "year" else "decimal(20,2)"
            number = f"try_cast({name} as {kind})"
            yield _check(
                "sql_expression", expression=f"{name} is null or {number} is not null", name=f"{name}_is_number"
            )
            for limit, function in (("minimum", "is_not_less_than"), ("maximum", "is_not_greater_than")):
                if limit in constraints:
                    yield _check(function, column=number, limit=constraints[limit])
        if "enum" in constraints:
            yield _check("is_in_list", column=name, allowed=[f"'{code}'" for code in constraints["enum"]])
        if "pattern" in constraints:
            yield _check("regex_match", column=name, regex=f"^({constraints['pattern']})$")
    for reference in schema["foreignKeys"]:
        yield _check("foreign_key", columns=reference["fields"], ref_columns=reference["fields"], ref_df_name=_PARENT)


def _check(function: str, **arguments: object) -> dict[str, Any]:
    return {"criticality": "error", "check": {"function": function, "arguments": arguments}}


def _by_check(bad: DataFrame) -> Iterator[dict[str, Any]]:
    """Give by check the number of bad rows, its message, and the first such row."""
    errors = bad.select(_KEY, explode("_errors").alias("error")).select(_KEY, "error.*")
    grouped = errors.groupBy("name").agg(
        count("*").alias("rows"), first("message").alias("message"), first(_KEY).alias(_KEY)
    )
    found: list[Row] = grouped.orderBy(col("name")).collect()
    yield from (row.asDict() for row in found)


if __name__ == "__main__":
    main()

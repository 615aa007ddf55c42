"""The options for a Spark cluster, shared by the commands that read large tables there."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # its libraries take time to load
    from depositary.cluster.spark import SparkCluster


class Engine(StrEnum):
    """Where large tables are read."""

    DUCKDB = "duckdb"
    SPARK = "spark"


Master = Annotated[
    str, typer.Option(help="The address of the Spark cluster [default: all cores of this machine].", metavar="URL")
]
Conf = Annotated[
    list[str] | None, typer.Option(help="A setting of Spark; may be given several times.", metavar="KEY=VALUE")
]


def require_spark(engine: Engine, master: str, conf: Sequence[str] | None) -> None:
    """Refuse options of a cluster without the cluster.

    Raises:
        UsageError: some are given.
    """
    from depositary.errors import UsageError

    if engine is not Engine.SPARK and (master or conf):
        raise UsageError("--master and --conf are for --engine spark: add it, or leave them out.")


def opened_cluster(
    engine: Engine, master: str, conf: Sequence[str] | None
) -> "AbstractContextManager[SparkCluster | None]":
    """Give the cluster that reads large tables, if one is wanted; it opens when it is entered.

    Raises:
        UsageError: a setting is not KEY=VALUE, or the cluster cannot be used.
    """
    if engine is not Engine.SPARK:
        return nullcontext()
    from depositary.cluster.spark import SparkCluster
    from depositary.errors import UsageError

    settings = dict(one.partition("=")[::2] for one in conf or ())
    for name in conf or ():
        if "=" not in name:
            raise UsageError(f"--conf {name}: write it as KEY=VALUE, such as spark.executor.memory=4g.")
    return SparkCluster(master, settings)

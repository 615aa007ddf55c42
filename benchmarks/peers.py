"""Check a package of benchmarks/flows.py with a library that is not ours, and print how many failures it found.

Run: python benchmarks/peers.py {pandera,dataframely,pointblank} PACKAGE

Each library is used as its documentation has it, in the fastest way found that still answers for every cell. The file
is read as text, because a typed reading stops at the first bad number or empties it unseen; the text is turned into
types leniently, and then judged by all that the descriptor says.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

TYPES: dict[str, type[pl.DataType]] = {"string": pl.String, "year": pl.Int32, "number": pl.Float64, "date": pl.Date}


@dataclass(frozen=True)
class Field:
    """A column and all that is asked of it."""

    name: str
    kind: str
    format: str
    key: bool
    required: bool
    pattern: str | None
    codes: list[str] | None  # of its enum, or of the table that it refers to
    minimum: int | None
    maximum: int | None

    @property
    def dtype(self) -> type[pl.DataType]:
        """The type of its values in polars."""
        return TYPES[self.kind]

    @property
    def value(self) -> pl.Expr:
        """Its text turned into values; what cannot be read becomes null."""
        text = pl.col(self.name)
        if self.kind == "date":
            return text.str.to_date("%Y-%m-%d" if self.format == "default" else self.format, strict=False)
        return text if self.kind == "string" else text.cast(self.dtype, strict=False)

    @property
    def hides(self) -> bool:
        """Whether a cell that cannot be read would pass for an empty one."""
        return self.kind != "string" and not self.required

    @property
    def was_read(self) -> pl.Expr:
        """Whether each cell could be read, as a column beside it."""
        return (self.value.is_not_null() | pl.col(self.name).is_null()).alias(f"{self.name}_was_read")


def main() -> None:
    """Run one library on one package."""
    library, package = sys.argv[1], Path(sys.argv[2])
    flows, sources = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    keys = pl.read_csv(package / sources["path"])["source_id"].to_list()
    fields = [_field(field, flows["schema"], keys) for field in flows["schema"]["fields"]]
    text = pl.scan_csv(package / flows["path"], infer_schema=False)
    print(json.dumps({"findings": PEERS[library](text, fields)}))


def _field(field: dict[str, Any], schema: dict[str, Any], keys: list[str]) -> Field:
    asked, name = field.get("constraints", {}), field["name"]
    refers = any(key["fields"] == [name] for key in schema["foreignKeys"])
    return Field(
        name=name,
        kind=field["type"],
        format=field.get("format", "default"),
        key=schema["primaryKey"] == [name],
        required=asked.get("required", False),
        pattern=f"^(?:{asked['pattern']})$" if "pattern" in asked else None,
        codes=keys if refers else asked.get("enum"),
        minimum=asked.get("minimum"),
        maximum=asked.get("maximum"),
    )


def typed(text: pl.LazyFrame, fields: list[Field]) -> pl.LazyFrame:
    """Turn these fields of the file into columns of their types."""
    reads = [field.was_read for field in fields if field.hides]
    return text.with_columns(*(field.value for field in fields), *reads)


def pandera(text: pl.LazyFrame, fields: list[Field]) -> int:
    """Count pandera's failure cases; it looks at values in frames only, and at nothing but types in lazy ones."""
    import pandera.polars as pa

    def checks(field: Field) -> list[Any]:
        asked: list[tuple[Any, Callable[[Any], Any]]] = [
            (field.pattern, pa.Check.str_matches),
            (field.codes, pa.Check.isin),
            (field.minimum, pa.Check.ge),
            (field.maximum, pa.Check.le),
        ]
        return [check(value) for value, check in asked if value is not None]

    columns = {
        field.name: pa.Column(field.dtype, checks(field), nullable=not field.required, unique=field.key)
        for field in fields
    }
    columns |= {
        _name(field.was_read): pa.Column(pl.Boolean, pa.Check.eq(value=True)) for field in fields if field.hides
    }
    try:
        pa.DataFrameSchema(columns).validate(typed(text, fields).collect(), lazy=True)
    except pa.errors.SchemaErrors as failures:
        return int(failures.failure_cases.height)
    return 0


def dataframely(text: pl.LazyFrame, fields: list[Field]) -> int:
    """Count the failures of dataframely's rules over a lazy frame; it casts numbers itself, but not texts to dates."""
    import dataframely as dy

    def column(field: Field) -> Any:  # noqa: ANN401 (the library may not be there when types are checked)
        common = {"nullable": not field.required, "primary_key": field.key}
        if field.kind == "string":
            known = {"known": lambda cell: cell.is_in(field.codes)} if field.codes else None
            return dy.String(**common, regex=field.pattern, check=known)
        made = {"year": dy.Int32, "number": dy.Float64, "date": dy.Date}[field.kind]
        return made(**common, min=field.minimum, max=field.maximum)

    dates = [field for field in fields if field.kind == "date"]
    columns = {field.name: column(field) for field in fields}
    columns |= {_name(field.was_read): dy.Bool(check=lambda cell: cell) for field in dates if field.hides}
    schema: Any = type("Flows", (dy.Schema,), columns)
    return sum(schema.filter(typed(text, dates), cast=True).failure.counts().values())


def pointblank(text: pl.LazyFrame, fields: list[Field]) -> int:
    """Count the failing units of pointblank's steps; its extracts of failing rows are left out, which saves it time."""
    import pointblank as pb

    plan = pb.Validate(typed(text, fields).collect())
    for field in fields:
        plan = plan.col_vals_not_null(field.name) if field.required else plan
        plan = plan.rows_distinct(field.name) if field.key else plan
        plan = plan.col_vals_regex(field.name, field.pattern, na_pass=True) if field.pattern else plan
        plan = plan.col_vals_in_set(field.name, [*field.codes, None]) if field.codes else plan
        plan = plan.col_vals_ge(field.name, field.minimum, na_pass=True) if field.minimum is not None else plan
        plan = plan.col_vals_le(field.name, field.maximum, na_pass=True) if field.maximum is not None else plan
        plan = plan.col_vals_expr(pl.col(_name(field.was_read))) if field.hides else plan
    done = plan.interrogate(collect_extracts=False)
    broken = [step.assertion_type for step in done.validation_info if step.eval_error]
    if broken:
        sys.exit(f"steps that could not run: {', '.join(broken)}")
    return sum(done.n_failed().values())


def _name(column: pl.Expr) -> str:
    return column.meta.output_name()


PEERS: dict[str, Callable[[pl.LazyFrame, list[Field]], int]] = {
    "pandera": pandera,
    "dataframely": dataframely,
    "pointblank": pointblank,
}

if __name__ == "__main__":
    main()

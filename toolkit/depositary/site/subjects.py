"""What a package is about, by the columns of its tables: it decides which pages of the subject there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from depositary.model.package import Package
from depositary.read.views import views_of

_ACTORS = {"actor_id", "kind", "name", "described_as", "jurisdiction", "part_of_actor_id"}
_SOURCES = {"source_id", "title", "source_kind", "access", "published"}
_MEETINGS = {"meeting_id", "name", "held", "meeting_kind", "place_text"}
_STATEMENTS = {"statement_id", "proposition", "meeting_id", "policy_action_id", "topic", "said", "source_id"}
_MEASURES = {"policy_action_id", "title", "action_kind", "direction"}
_FLOWS = {
    "trade_flow_id", "indicator", "reporter", "partner", "flow", "classification", "product_code", "product_text",
    "period", "frequency", "value", "unit", "unit_multiplier", "currency", "share_of", "vintage", "source_id",
}  # fmt: skip
_DEPENDENCIES = {"dependency_id", "dependent_id", "provider_id", "provider_jurisdiction", "input_text", "strength"}


@dataclass(frozen=True)
class Subjects:
    """Which kinds of pages a package can fill; `views` are the derived views that it has."""

    views: frozenset[str]
    actors: bool
    sources: bool
    meetings: bool
    measures: bool
    statements: bool
    flows: bool
    dependencies: bool

    @property
    def facts(self) -> bool:
        """Return whether there are pages of events."""
        return self.statements and (self.meetings or self.measures)


def subjects_of(package: Package) -> Subjects:
    """Find out what a package is about."""
    columns = {resource.name: set(resource.table.field_names) for resource in package}
    views = frozenset(view.name for view in views_of(package))
    actors = _has(columns, "actors", _ACTORS) and _is_key(package, "actors", "actor_id")
    sources = _has(columns, "sources", _SOURCES) and "source_roots" in views
    statements = actors and sources and _has(columns, "statements", _STATEMENTS) and "statement_positions" in views
    return Subjects(
        views=views,
        actors=actors and statements,
        sources=sources,
        meetings=statements and _has(columns, "meetings", _MEETINGS),
        measures=statements and _has(columns, "policy_actions", _MEASURES) and "current_stages" in views,
        statements=statements,
        flows=_has(columns, "trade_flows", _FLOWS),
        dependencies=actors and _has(columns, "dependencies", _DEPENDENCIES),
    )


def _has(columns: Mapping[str, set[str]], table: str, wanted: set[str]) -> bool:
    return wanted <= columns.get(table, set())


def _is_key(package: Package, table: str, name: str) -> bool:
    return package[table].table.primary_key == (name,)

"""What to do about a finding in a mapped file: the manifest is corrected, not somebody else's download."""

import json
from dataclasses import replace

from depositary.model.field_types import DATE
from depositary.model.finding import Finding
from depositary.model.package import Resource
from depositary.model.table import Table, kind_of
from depositary.read.files.forms import OURS, form_of, number_forms

_OF_FORM = ("pattern-constraint", "type-error", "edtf-constraint")


def mapped_advice(resource: Resource, finding: Finding) -> Finding:
    """Give a finding in a mapped file with the key of the manifest that says how its cells or its ids are read."""
    mapping, table = resource.mapping, resource.table
    if mapping is None or finding.field not in table or finding.field in mapping.constants:
        return finding
    if finding.code == "missing-label" and (finding.field,) == table.primary_key and not mapping.mint:
        return replace(finding, hint=_mint(table))
    is_read = {*mapping.periods, *mapping.numbers, *mapping.lists, *mapping.values}
    if finding.code in _OF_FORM and finding.field not in is_read:
        return replace(finding, hint=_form(table, finding) or finding.hint)
    return finding


def _mint(table: Table) -> str:
    """Propose the columns of which ids are made: the natural key, or else what every row has."""
    merge = table[table.primary_key[0]].descriptor.get("merge") or {}
    natural = merge.get("from") or [f.name for f in table.fields if f.required and f.name not in table.primary_key]
    return (
        f"map a column of the file to it, with `local` if it has ids of theirs; or let ids be made of the columns that "
        f"together name a row: mint = {json.dumps(list(natural))}, without those that the file lacks"
    )


def _form(table: Table, finding: Finding) -> str:
    field, value = table[finding.field], finding.value.strip()
    form = form_of(value)
    if form and form not in OURS and (kind_of(field).storage is DATE or field.is_edtf or "period" in field.name):
        return f"say in the manifest how the file writes May 2022: periods = {{ {field.name} = [{json.dumps(form)}] }}"
    forms = number_forms([value]) if kind_of(field).is_numeric else []
    if not forms:
        return ""
    marks = {"decimal": forms[0].decimal, "group": forms[0].group}
    usual = {"decimal": ".", "group": ""}
    given = ", ".join(f"{key} = {json.dumps(mark)}" for key, mark in marks.items() if mark != usual[key])
    return f"say in the manifest how the file writes numbers: numbers = {{ {field.name} = {{ {given} }} }}"

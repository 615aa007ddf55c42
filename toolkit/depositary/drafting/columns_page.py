"""The page about the columns of a new contribution, its README.md: what each is for, and what rules ask of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from depositary.check.rules.asked import Asked
from depositary.drafting.codes_page import CODES_PAGE
from depositary.drafting.examples import Example, example_of
from depositary.drafting.prose import first_sentence, prose
from depositary.evidence.holding import EVIDENCE
from depositary.model.package import Package, Resource
from depositary.model.table import Field
from depositary.wording.field_texts import codes_of, parents_of

_LISTED, _SHORT = 60, 30  # characters: of all codes of a column, and of an example, that the page lists

_HOW_TO = (
    "- A new row needs no id: write `local:` and a short name of your own, and use it wherever you refer to the row.",
    "- A row that is published already: give its id and only the cells that you change. A blank cell changes nothing.",
    "- (always): every new row fills it. *In*: an id or code of that table. More: `depositary describe TABLE.COLUMN`.",
    f"- What the codes mean: `{CODES_PAGE}`, beside this page.",
    "- A date may be inexact (EDTF): `2026-11`, `2026-11?` if you doubt it, `[..2026-11-20]` for a day up to that one.",
    "- To check: `depositary validate` and the path of this folder.",
)

_OF_EVIDENCE = (
    "You need not count characters: the command below finds the quote in the text and writes the row. `depositary "
    "validate` names the rows that lack one. Give `--snapshots` and the folder of the texts to check the passages.\n\n"
    '`depositary evidence add TABLE ID --source SOURCE_ID --text FILE --quote "WORDS"`'
)


def columns_page(
    name: str, base: Package, chosen: Sequence[Resource], asked: Mapping[str, Asked], *, workbook: bool
) -> str:
    """Write the page; `asked` has what rules ask of the columns of each table, as Markdown."""
    columns = _Columns(chosen, asked)
    parts = [
        f"# {name}",
        f"A contribution to {base.name} {base.version}. Fill in the tables in this order, because "
        "a row may refer to rows of the tables before it. Delete the files that you do not need."
        if not workbook
        else f"A contribution to {base.name} {base.version}. Fill in the sheets in this order, "
        "because a row may refer to rows of the sheets before it. Sheets without rows do no harm.",
        f"In order: {', '.join(f'`{one.name}`' for one in chosen)}.",
        "\n".join(_HOW_TO),
        *columns.of_several_tables(),
        *(part for one in chosen for part in columns.of_table(one)),
    ]
    return "\n\n".join(parts) + "\n"


@dataclass(frozen=True)
class _Columns:
    """The columns of the tables of a contribution, and what rules ask of them."""

    chosen: Sequence[Resource]
    asked: Mapping[str, Asked]

    def of_several_tables(self) -> Iterator[str]:
        if self._shared:
            yield "## Columns that several tables have"
            yield "\n".join(self._line(one, column, example_of(one)) for one, column in self._shared.values())

    def of_table(self, one: Resource) -> Iterator[str]:
        example = example_of(one)
        yield f"## {one.name}"
        if one.name == EVIDENCE:
            yield _OF_EVIDENCE
        description = one.descriptor.get("description") or one.table.descriptor.get("description")
        if description:
            yield prose(first_sentence(str(description)))
        shared = {name: self._said_of(other, column) for name, (other, column) in self._shared.items()}
        own = [column for column in one.table.fields if shared.get(column.name) != self._said_of(one, column)]
        if own:
            yield "\n".join(self._line(one, column, example) for column in own)

    @cached_property
    def _shared(self) -> dict[str, tuple[Resource, Field]]:
        """Give the columns that several tables describe in the same words, each with one of these tables."""
        found: dict[tuple[str, str], list[tuple[Resource, Field]]] = {}
        for one in self.chosen:
            for column in one.table.fields:
                found.setdefault((column.name, self._said_of(one, column)), []).append((one, column))
        often = sorted((at for at in found.values() if len(at) > 1), key=len)
        return {at[0][1].name: at[0] for at in often}

    def _said_of(self, one: Resource, column: Field) -> str:
        return f"{one.table.is_filled(column)} {_description(column)} {self._asked_of(one, column)}"

    def _asked_of(self, one: Resource, column: Field) -> str:
        return " ".join(self.asked.get(one.name, {}).get(column.name, ()))

    def _line(self, one: Resource, column: Field, example: Example) -> str:
        """Describe a column in one line; long lists of codes, limits and further sentences are in other places."""
        filled = " (always)" if one.table.is_filled(column) else ""
        codes = codes_of(column)
        listed = ", ".join(f"`{code}`" for code in codes) if len(", ".join(codes)) <= _LISTED else ""
        known = f"One of {listed}." if listed else f"One of {len(codes)} codes." if codes else ""
        parents = [name for name, _ in parents_of(one.table, column)]
        found = f"In `{parents[0]}`." if parents and parents[0] != one.name else ""
        value = "" if codes or parents else example.get(column.name, "")
        shown = f"Such as `{value}`." if 0 < len(value) <= _SHORT and "`" not in value else ""
        described = prose(first_sentence(_description(column)))
        asked = self._asked_of(one, column)
        return " ".join(filter(None, [f"- `{column.name}`{filled}:", described, known, found, asked, shown]))


def _description(one: Field) -> str:
    return str(one.descriptor.get("description") or one.descriptor.get("title") or "")

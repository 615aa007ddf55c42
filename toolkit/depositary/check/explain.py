"""Explain codes, rules and kinds of conflict to people."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from depositary.check.describe import description, is_described
from depositary.check.documents.descriptor import sound_or_shipped
from depositary.check.rules.rulebook import read_rulebook
from depositary.check.rules.scope_text import scope_of
from depositary.errors import UsageError
from depositary.model.codes import CODES, Code
from depositary.model.decision import Choice
from depositary.model.kinds import FAMILIES, KINDS, ConflictKind, KindEntry, TakeableSides, entry_of, is_of
from depositary.model.rule import Rows, Rule
from depositary.visible import visible_lines
from depositary.wording.suggest import suggest

_WHO = 9  # width of a name in an example: `published`


def explanation(name: str, package: Path | None = None, *, at_hand: Path | None = None) -> str:
    """Explain a code, the rule or rules of an id or number, or a kind of conflict or a family of them, with an example.

    `constraint.R34` explains the kind and the rule. A name of the package's dictionary is described.

    Args:
        name: what to explain.
        package: the package that has the rule; by default the rules of this program are meant.
        at_hand: the package whose dictionary has the name, if `package` is not given.

    Raises:
        UsageError: there is no such code, rule or kind.
    """
    kinds = [_kind(entry) for entry in _kinds(name)]
    broken = name.partition(".")[2] if is_of(name, ConflictKind.CONSTRAINT) else ""
    if kinds and not broken:
        return _written(kinds)
    code = CODES.get(broken or name)
    if code:
        return _written([*kinds, _code(code)])
    whole = sound_or_shipped(package)
    rules = read_rulebook(whole.descriptor, whole.directory).rules
    found = [rule for rule in rules if (broken or name).casefold() in (rule.id.casefold(), rule.number.casefold())]
    if found:
        return _written([*kinds, *(_rule(rule, list(scope_of(rule, whole))) for rule in found)])
    dictionary = sound_or_shipped(package or at_hand)
    if is_described(dictionary, name):
        return description(dictionary, name)
    raise UsageError(_unknown(name, broken or name, rules))


def _unknown(asked: str, name: str, rules: Iterable[Rule]) -> str:
    meant = suggest(name, {known: known for known in (*CODES, *KINDS, *FAMILIES, *(rule.id for rule in rules))})
    what_next = meant or "for a list, run: depositary explain"
    return f"{asked!r} is not a code, a rule, a kind of conflict or a name in the dictionary; {what_next}"


def _written(explained: Iterable[Iterable[str]]) -> str:
    return "\n".join("\n\n".join(paragraphs) + "\n" for paragraphs in explained)


def _code(code: Code) -> Iterator[str]:
    yield f"{code.name}: {code.title}"
    yield code.meaning
    yield f"What to do: {code.fix}"
    yield from _examples(code)


def _kinds(name: str) -> Iterator[KindEntry]:
    """Give the kind of conflict with a name, or all kinds of a family."""
    entry = entry_of(name)
    return iter([entry]) if entry else (entry for entry in KINDS.values() if entry.family == name)


def _kind(entry: KindEntry) -> Iterator[str]:
    yield f"{entry.name} (conflict, {entry.status}): {entry.summary}"
    if entry.messages:
        yield f"Message: {messages_of(entry)}."
    yield f"What the merge does: {entry.result}"
    yield f"How it can be decided: {ways_to_decide(entry)}"
    yield f"What to do: {entry.advice}"
    yield "\n".join([f"Example ({place_of(entry)}):", *(f"  {who:{_WHO}}  {what}" for who, what in sides_of(entry))])


def messages_of(entry: KindEntry) -> str:
    """Write the messages of a kind of conflict."""
    return "; or: ".join(map(plain, dict.fromkeys(entry.messages.values())))


def ways_to_decide(entry: KindEntry) -> str:
    """Write the options of `depositary resolve` for a kind of conflict."""
    if not entry.choices:
        return "it cannot be decided by depositary resolve."
    which = "" if entry.takes is TakeableSides.ANY else f" ({entry.takes})"
    only_cells = " (on a cell)" if entry.kind in (ConflictKind.ROW_ADD_ADD, ConflictKind.CONSTRAINT) else ""
    options = {Choice.TAKE: f"--take WHO{which}", Choice.BASE: "--keep-base", Choice.VALUE: f"--value …{only_cells}"}
    return f"{', '.join(options[choice] for choice in entry.choices)}."


def place_of(entry: KindEntry) -> str:
    """Write the table, row and field of a kind's example."""
    table, row, name = entry.place
    return " ".join(filter(None, [table, row, name and f"[{name}]"]))


def sides_of(entry: KindEntry) -> Iterator[tuple[str, str]]:
    """Write the sides of a kind's example."""
    blank = "(blank)" if entry.place[2] else "(no row)"
    for who, value in entry.sides.items():
        yield who or "published", blank if value is None else value


def _rule(rule: Rule, scope: Sequence[str]) -> Iterator[str]:
    level = f"{rule.level}, {rule.at_release} before a release" if rule.at_release else rule.level
    yield f"{rule.id} ({level}): {rule.says}"
    yield rule.reason
    yield f"What to do: {plain(rule.hint)}."
    yield f"Tables: {', '.join(rule.tables)}"
    if scope:
        title = "Scope, the rows that it looks at together with a row of a contribution:"
        yield "\n".join([title, *(f"  {line}" for line in scope)])
    for title, rows in (("Bad:", rule.bad), ("Good:", rule.good)):
        if rows:
            yield "\n".join([title, *(f"  {line}" for line in rows_as_text(rows))])


def plain(template: str) -> str:
    """Write a message's template with the names of its values in brackets, where a message has the values."""
    return re.sub(r"\{(\w+)\}", r"[\1]", template)


def rows_as_text(rows: Rows) -> Iterator[str]:
    """Write the rows of an example, one line each, with their filled cells."""
    for table, records in rows.items():
        for record in records:
            cells = ", ".join(f"{name} {_cell(value)}" for name, value in record.items())
            yield f"{table}: {cells or 'nothing filled'}"


def _cell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def listing() -> str:
    """List all codes and kinds of conflict, one line each."""
    lines = [(code.name, code.meaning) for code in CODES.values()]
    lines += [(entry.name, entry.summary) for entry in KINDS.values()]
    width = max(len(name) for name, _ in lines)
    return "".join(f"{name:{width}}  {meaning}\n" for name, meaning in lines)


def _examples(code: Code) -> list[str]:
    return [f"{title}\n{_files(files)}" for title, files in (("Bad:", code.bad), ("Good:", code.good)) if files]


def _files(files: Mapping[str, str]) -> str:
    return "\n".join(f"  {name}\n{_indented(text)}" for name, text in files.items())


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in visible_lines(text).split("\n")) if text else "    (empty)"

"""Explaining codes to people."""

from collections.abc import Mapping

from depositary.check.hints import suggest
from depositary.check.text import visible_lines
from depositary.errors import UsageError
from depositary.model.codes import CODES, Code


def explanation(name: str) -> str:
    """Explain one code, with the smallest files that have and do not have the fault.

    Raises:
        UsageError: there is no such code.
    """
    if name not in CODES:
        meant = suggest(name, {code: code for code in CODES})
        raise UsageError(f"there is no code {name!r}; {meant or 'ask for the list'}: depositary explain")
    code = CODES[name]
    paragraphs = [f"{code.name}: {code.title}", code.meaning, f"What to do: {code.mend}", *_examples(code)]
    return "\n\n".join(paragraphs) + "\n"


def listing() -> str:
    """List all codes, a line each."""
    width = max(map(len, CODES))
    return "".join(f"{code.name:{width}}  {code.meaning}\n" for code in CODES.values())


def _examples(code: Code) -> list[str]:
    return [f"{title}\n{_files(files)}" for title, files in (("Bad:", code.bad), ("Good:", code.good)) if files]


def _files(files: Mapping[str, str]) -> str:
    return "\n".join(f"  {name}\n{_indented(text)}" for name, text in files.items())


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in visible_lines(text).split("\n")) if text else "    (empty)"

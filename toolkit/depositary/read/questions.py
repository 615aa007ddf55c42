"""The questions that a package names, as they are written: each in a file of its own, with a query below it."""

from collections.abc import Iterator
from dataclasses import dataclass

from depositary.errors import DocumentError
from depositary.model.package import Package
from depositary.read.documents import read_text
from depositary.read.package import DESCRIPTOR
from depositary.read.paths import unsafe

QUESTIONS = "questions"  # the property of the descriptor that lists the files


@dataclass(frozen=True)
class WrittenQuestion:
    """A question in words, and the text of its file, which has the query."""

    file: str
    text: str
    written: str

    @property
    def query(self) -> str:
        """Give the query without its comments."""
        return "\n".join(line for line in self.written.splitlines() if not line.startswith("--"))


def question_files(package: Package) -> list[str]:
    """List the files of the questions of a package.

    Raises:
        DocumentError: the descriptor does not have a list of paths.
    """
    named = package.descriptor.get(QUESTIONS, [])
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        raise DocumentError(f"{DESCRIPTOR}: `{QUESTIONS}` is not a list of paths.")
    return named


def read_question(package: Package, name: str) -> WrittenQuestion:
    """Read a question of a package.

    Raises:
        DocumentError: the file cannot be read, or has no question in its first line.
    """
    if reason := unsafe(package.directory, name):
        raise DocumentError(f"{DESCRIPTOR}: the question {name!r} is not read: {reason}.")
    text = read_text(package.directory / name)
    words = " ".join(_head(text))
    if not words:
        raise DocumentError(f"{name}: the first line has no question. Write it as a comment, such as -- Who met whom?")
    return WrittenQuestion(name, words, text)


def _head(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.startswith("--"):
            return
        yield line.removeprefix("--").strip()

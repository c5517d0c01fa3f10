"""What is wrong with a file, and where: the file, the line and the field."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from repertory.memory.errors import InputError

Loc = tuple[str | int, ...]
"""The way to a field: keys, and indices of lists."""


class Problem(NamedTuple):
    """One thing that is wrong."""

    file: str
    """As the caller named it."""
    line: int | None
    """From 1; None where it is the whole file, or one that has no lines to show."""
    field: str
    """Such as `delegates.1.tools.0`; empty for the whole file."""
    text: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.field, self.text) if part)


class DefinitionError(InputError):
    """A file that defines no agent; the message has a line for each problem, as `file:line: field: what to do`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Source:
    """A file that was read."""

    name: str
    """As the caller named it."""
    lines: Mapping[Loc, int]
    """The line of each field, from 1; empty for a Python file."""

    def problem(self, loc: Sequence[str | int], text: str) -> Problem:
        """Something wrong with a field; one that is not there is reported where it belongs."""
        known = tuple(loc)
        while known and known not in self.lines:
            known = known[:-1]
        return Problem(self.name, self.lines.get(known), ".".join(map(str, loc)), text)


def short(value: object, limit: int = 60) -> str:
    """A value as Python writes it, cut to a number of characters."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"


def suggestion(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there is {', '.join(names)}" if names else "there is none"

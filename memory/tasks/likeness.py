"""Whether two tasks are the same kind of work, whatever their vectors say.

A cosine hardly sees the difference between `sum` and `average`, `delete` and `list`, `with` and `without`: each is one
word of a sentence. So an index only nominates. Two tasks of unlike form are the same kind of work where they

- name the same operations (`sum` and `total` are one; `sum` and `average` are two), and deny as often,
- have the same files, addresses and folders in the same places, and the same signs in their sums,
- say the same in the heads of their clauses, before the first preposition: `write a poem | about the sea` is not
  `write a letter | about the sea`; only what comes after may be in other words,
- and share half of their words, seen from either.

This refuses too often rather than too seldom: a task that is refused is planned, and nothing worse.
"""

import re

from repertory.memory.retrieval.words import words
from repertory.memory.tasks.forms import MARK, form_of
from repertory.memory.tasks.operations import denials, operations

LEAST = 0.5
"""Share of the words of either task that the other must have, too."""
_PREPOSITION = re.compile(
    r"\b(?:about|against|at|between|by|during|for|from|in|into|on|onto|over|since|to|towards?|until|via|with"
    r"|within)\b"
)
_SOUGHT = re.compile(r"\b((?:ask|call|look|search|shop|wait)(?:s|ed|ing)?) for\b")
_CLAUSE = re.compile(r"[,.;:?!](?:\s+|$)|\n|\b(?:and|then|but|or)\b")
_WORKED_ON = ("file", "url", "folder", "address")
"""Details that are worked on, one by one: a plan for two of them has no step for a third."""


def is_alike(task: str, known: str) -> bool:
    """Whether a plan for one of two tasks may do the other, said anew. A model that adapts it still has its say."""
    form, other = form_of(task), form_of(known)
    return form == other or (
        operations(_said(form)) == operations(_said(other))
        and denials(form) == denials(other)
        and _worked_on(form) == _worked_on(other)
        and _signs(form) == _signs(other)
        and _heads(form) == _heads(other)
        and min(share(form, other), share(other, form)) >= LEAST
    )


def share(form: str, other: str) -> float:
    """The share of a form's words that another form has, too; details are no words."""
    held = _words(form)
    return len(held & _words(other)) / len(held) if held else 0.0


def clauses(text: str) -> list[str]:
    """The clauses of a text or a form, roughly: split at punctuation and conjunctions."""
    return [clause.strip() for clause in _CLAUSE.split(text) if clause.strip()]


def _heads(form: str) -> set[str]:
    """The words of each clause before its first preposition; what is looked for stands before it."""
    parts = clauses(_SOUGHT.sub(r"\1 ", form))
    return {word for part in parts for word in _words(_PREPOSITION.split(part, maxsplit=1)[0])}


def _said(form: str) -> str:
    """What a form says in words."""
    return MARK.sub(" ", form)


def _words(form: str) -> set[str]:
    return set(words(_said(form)))


def _worked_on(form: str) -> list[str]:
    """The marks of what is worked on, in order, whatever the type of a file."""
    return [f"{mark['kind']}{mark['n']}" for mark in MARK.finditer(form) if mark["kind"] in _WORKED_ON]


def _signs(form: str) -> list[str]:
    """The signs of sums, in order."""
    return re.findall(r"(?<=\(number\))\s*([-+*/^%×÷]+)\s*(?=\(number\))", form)

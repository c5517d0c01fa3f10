"""How clauses are told apart and said anew: as instructions that stand by themselves, of one thing at a time."""

import re
from collections.abc import Sequence
from typing import Any

from repertory.nodes.offline.arguments import role_of
from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.sections import Tool
from repertory.nodes.offline.words import words

_ALL_FILES = re.compile(
    r"\b(?:every|all|each|any)\b(?: (?:of|the|our|my))*(?: [\w-]+)? ?"
    r"\b(?:files?|notes?|documents?|tables?|csvs?|texts?)\b",
    re.I,
)


def wants_all_files(text: str) -> bool:
    """Whether a text speaks of all files of some kind without naming them."""
    return bool(_ALL_FILES.search(text))


def for_one(text: str, call: dict[str, Any], calls: Sequence[dict[str, Any]]) -> str:
    """The clause, said of one of the things that it names."""
    varying = next(name for name in call if len({str(other[name]) for other in calls}) > 1)
    places = [(text.find(str(other[varying])), str(other[varying])) for other in calls]
    if any(at < 0 for at, _ in places):
        return f"{words(text)[0]} {call[varying]}"
    start, (last, value) = min(places)[0], max(places)
    before = re.sub(r"\b(?:every|each|all|both)\b[^:]*:\s*$", "", text[:start])
    return f"{before}{call[varying]}{text[last + len(value) :]}"


def sentence(text: str, sources: Sequence[str] = ()) -> str:
    """The clause as an instruction that stands by itself."""
    text = text[:1].upper() + text[1:]
    if sources and len(sources) <= 6 and not any(source in text for source in sources):
        joined = " and ".join(filter(None, [", ".join(sources[:-1]), sources[-1]]))
        text += f" ({joined})"
    return text if text.endswith((".", "?", "!")) else f"{text}."


def bare(text: str) -> str:
    """The clause without the names of files and addresses."""
    for source in find_entities(text).sources:
        text = text.replace(source, " ")
    return text


def is_about_tables(sources: Sequence[str]) -> bool:
    """Whether all sources are tables, and there are some."""
    return bool(sources) and all(source.endswith((".csv", ".tsv")) for source in sources)


def has_tables(sources: Sequence[str]) -> bool:
    """Whether any is a table: whoever works on rows reads them itself, piece by piece where there are many."""
    return any(source.endswith((".csv", ".tsv")) for source in sources)


def wants_file(tool: Tool) -> bool:
    """Whether a tool can do nothing without a file."""
    return any(role_of(name) == "path" for name in tool.required)


def mentions_files(text: str) -> bool:
    """Whether a clause speaks of files at all."""
    return bool(re.search(r"\b(?:files?|notes?|folder|workspace|documents?|minutes|tables?)\b", text, re.I))

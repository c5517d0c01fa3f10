"""Filling a tool's arguments from a text: each argument's name says what kind of thing it wants."""

import re
from collections.abc import Iterable
from typing import Any

from repertory.nodes.offline.entities import Entities, find_entities
from repertory.nodes.offline.questions import question_in
from repertory.nodes.offline.sections import Tool
from repertory.nodes.offline.words import words

_ROLES = {
    "path": "path file filename filepath paths files table document src input source attachment",
    "url": "url uri link address href page website",
    "expression": "expression formula sum equation",
    "query": "query term terms keyword keywords phrase needle search regex",
    "zone": "timezone tz zone",
    "folder": "folder directory dir",
    "pattern": "pattern glob",
    "count": "sentences limit count n number top max amount lines rows k size quantity",
    "content": "content contents body",
    "place": "city location place country town",
    "date": "date day month",
    "text": "text message value phrase_text string words sentence",
    "id": "id identifier order ticket customer code key reference sku",
    "language": "language target_language lang",
    "question": "question",
}  # fmt: skip
_ROLE_OF = {name: role for role, names in _ROLES.items() for name in names.split()}
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10}
_QUERY = re.compile(
    r"\b(?:search|look|grep|find)\b.*?\bfor\s+(?:the (?:word|phrase|term)s?\s+)?(.+?)"
    r"(?:\s+(?:in|within|across|through)\b|$)"
    r"|\b(?:mention|mentions|contain|contains|mentioning|containing)\s+(?:the (?:word|phrase|term)s?\s+)?(.+?)"
    r"(?:\s+(?:in|within|across)\b|$)",
    re.I,
)
_PLACE = re.compile(r"\b(?:in|for|at|of|to|from)\s+([A-Z][\w-]+(?:\s+[A-Z][\w-]+)*)")
_CODE = re.compile(r"(?<!\w)(?=[\w-]*\d)(?=[\w-]*[A-Z-])[A-Z0-9][\w-]+|#(\d+)|\b(\d{3,})\b")
_LANGUAGE = re.compile(r"\b(?:in|into|to)\s+([A-Z][a-z]+)\b")
_NEVER_GUESSED = frozenset({"path", "url", "expression", "query", "content", "folder", "zone", "question"})
_MANY = frozenset({"path", "url", "expression", "zone", "place", "id"})
"""What a text may name several of, each for a call of its own."""


def role_of(argument: str) -> str:
    """What kind of thing an argument wants, by its name; the name itself where that says nothing."""
    name = argument.lower()
    if name in _ROLE_OF:
        return _ROLE_OF[name]
    parts = [part.lower() for part in words(argument)]
    return next((_ROLE_OF[part] for part in reversed(parts) if part in _ROLE_OF), name)


def fill_all(tool: Tool, text: str) -> tuple[dict[str, Any], ...]:
    """The argument sets for which a text calls: one for each file, address, sum … where a tool takes one at a time.

    Empty where a required argument cannot be filled from the text.
    """
    named = find_entities(text)
    fixed: dict[str, Any] = {}
    several: tuple[str, list[Any]] | None = None
    for argument in tool.arguments:
        found = _values(argument, tool, text, named, used=fixed.values())
        if not found:
            if argument in tool.required:
                return ()
            continue
        if tool.takes_list(argument):
            fixed[argument] = found
        elif several is None and len(found) > 1 and role_of(argument) in _MANY:
            several = (argument, found)
        else:
            fixed[argument] = found[0]
    if several is None:
        return (fixed,)
    argument, values = several
    order = [name for name in tool.arguments if name in fixed or name == argument]
    return tuple({name: value if name == argument else fixed[name] for name in order} for value in values)


def _values(argument: str, tool: Tool, text: str, named: Entities, used: Iterable[Any]) -> list[Any]:
    role = role_of(argument)
    optional = argument in tool.optional
    kind = dict(tool.types).get(argument, "string")
    if kind == "boolean":
        return []
    if role == "count" and kind in ("integer", "number", "string", ""):
        return _count(argument, text)
    if kind in ("integer", "number") and role != "id":
        return [] if optional else [_number(number, kind) for number in named.numbers]
    found = _by_role(role, text, named)
    if found or optional or role in _NEVER_GUESSED:
        return found
    return [item for item in (*named.quoted, *_PLACE.findall(text), *named.numbers) if item not in set(map(str, used))][
        :1
    ]


def _by_role(role: str, text: str, named: Entities) -> list[Any]:
    match role:
        case "path":
            return list(named.files)
        case "url":
            return list(named.urls)
        case "expression":
            return list(named.expressions)
        case "query":
            return list(named.quoted[:1]) or _query(text)
        case "zone":
            return list(named.zones)
        case "folder":
            return list(named.folders[:1])
        case "pattern":
            return list(named.globs[:1]) or [
                f"*.{ending}" for ending in re.findall(r"\.?(csv|md|txt|json)\s+files", text)
            ]
        case "place":
            return [place for place in _PLACE.findall(text) if place not in named.zones]
        case "date":
            return list(named.dates)
        case "text" | "content":
            return list(named.quoted[:1])
        case "question":
            asked = question_in(text)
            return [asked] if asked else []
        case "language":
            return _LANGUAGE.findall(text)[:1]
        case "id":
            return ["".join(match.groups(default="")) or match[0] for match in _CODE.finditer(text)]
    return []


def _query(text: str) -> list[str]:
    match = _QUERY.search(text)
    found = (match[1] or match[2] or "").strip(" .?!,") if match else ""
    return [found] if found and not find_entities(found).sources else []


def _count(argument: str, text: str) -> list[int]:
    """`in three sentences` fills `sentences`; `the top 5` fills `limit`."""
    noun = argument.rstrip("s")
    near = re.search(rf"\b(\d+|{'|'.join(_NUMBERS)})[\s-]+{noun}s?\b", text, re.I) or (
        re.search(r"\b(?:top|first|at most|up to)\s+(\d+)\b", text, re.I)
        if noun in ("limit", "top", "n", "k")
        else None
    )
    return [_NUMBERS.get(near[1].lower()) or int(near[1])] if near else []


def _number(text: str, kind: str) -> int | float:
    value = float(text.replace(",", ""))
    return int(value) if kind == "integer" or value.is_integer() else value

"""Choosing a tool by meaning: words in common with its name and description, and arguments that the text can fill."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from repertory.nodes.offline.arguments import fill_all, role_of
from repertory.nodes.offline.entities import find_entities
from repertory.nodes.offline.sections import Tool
from repertory.nodes.offline.words import STOP, concept, words

THRESHOLD = 2.0
"""Score from which a tool counts as meant: its name's verb and a bit more, or several rarer words."""

_VAGUE = frozenset(
    [
        "list",
        "find",
        "show",
        "give",
        "get",
        "tell",
        "make",
        "check",
        "do",
        "take",
        "run",
        "see",
        "have",
        "look",
        "work",
        "read",
        "locate",
        "open",
    ]
)
"""Verbs that say little about which tool is meant."""
_TABLES = (".csv", ".tsv")


@dataclass(frozen=True)
class Choice:
    """A tool with its score, and the argument sets that the text fills: one for each file or address it speaks of."""

    tool: Tool
    score: float
    calls: tuple[dict[str, Any], ...]
    """Empty where a required argument is not known."""


def choose(text: str, tools: Sequence[Tool]) -> Choice | None:
    """The tool that a clause means, if it means one."""
    ranked = rank(text, tools)
    return ranked[0] if ranked and ranked[0].score >= THRESHOLD else None


def rank(text: str, tools: Sequence[Tool]) -> list[Choice]:
    """All tools that share anything with the text, best first.

    The score of a shared word is its inverse document frequency within the catalogue (Spärck Jones, 1972), doubled
    where it stands in the tool's name; what the text names (a file, an address, a sum) speaks for tools that take it.
    """
    frequency = Counter(word for tool in tools for word in set(_vocabulary(tool)))
    asked = dict(_asked(text))
    scored = [Choice(tool, _score(text, asked, tool, frequency, len(tools)), fill_all(tool, text)) for tool in tools]
    return sorted(
        (choice for choice in scored if choice.score > 0), key=lambda choice: (-choice.score, choice.tool.name)
    )


def verbs_of(tools: Sequence[Tool]) -> frozenset[str]:
    """Words that begin tool names: `lookup_order` makes `lookup` a verb."""
    return frozenset(words(tool.name)[0].lower() for tool in tools if words(tool.name))


def _asked(text: str) -> Iterator[tuple[str, bool]]:
    """Concepts of a text, each with whether it says little."""
    bare = text
    named = find_entities(text)
    for item in (*named.files, *named.urls, *named.quoted):
        bare = bare.replace(item, " ")
    for word in words(bare):
        if word.lower() not in STOP:
            yield concept(word), word.lower() in _VAGUE
    if named.urls:
        yield concept("url"), True
    if named.expressions:
        yield concept("calculate"), False
    if any(file.endswith(_TABLES) for file in named.files):
        yield concept("table"), True


def _score(text: str, asked: dict[str, bool], tool: Tool, frequency: Counter[str], count: int) -> float:
    name = [concept(word) for word in words(tool.name)]
    about = set(_vocabulary(tool))
    score, solid = 0.0, False
    for index, (word, vague) in enumerate(asked.items()):
        if word not in about:
            continue
        rarity = math.log(1 + count / frequency[word])
        if vague:
            score += 0.5 * rarity * (2 if word in name else 1)
            continue
        solid = True
        score += rarity * (2 if word in name else 1) * (1.5 if index == 0 else 1)
    # A vague verb alone chooses nothing: `list the open questions` is not `list_files`.
    if not solid and not set(name) <= asked.keys():
        return 0.0
    return score + _affinity(text, tool)


def _affinity(text: str, tool: Tool) -> float:
    named = find_entities(text)
    roles = {role_of(argument) for argument in tool.required}
    score = 0.0
    if named.urls and not named.files:
        score += 2.0 if "url" in roles else -2.0 if "path" in roles else 0.0
    if named.files and not named.urls:
        score += 1.0 if "path" in roles else -2.0 if "url" in roles else 0.0
    if "expression" in roles:
        score += 3.0 if named.expressions else -3.0
    if named.files and concept("table") in map(concept, words(tool.name)):
        score += 1.0 if any(file.endswith(_TABLES) for file in named.files) else -4.0
    if "content" in roles and not re.search(r"\b(?:save|write|store|put|append|create)\b", text, re.I):
        score -= 4.0
    return score


def _vocabulary(tool: Tool) -> list[str]:
    about = re.sub(r"https?://\S+", "", tool.about)
    found = [concept(word) for word in (*words(tool.name), *words(about), *tool.arguments)]
    return [word for word in found if word not in STOP and len(word) > 2]

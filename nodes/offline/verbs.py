"""What kinds of work there are: the verbs and nouns that ask for them."""

import re
from functools import cache
from typing import Literal

from repertory.nodes.offline.words import stem, words

Kind = Literal[
    "summarize", "compare", "describe", "explain", "recommend", "rank", "analyze", "review", "extract", "write",
    "combine", "translate", "plan", "answer", "calculate", "count", "read", "fetch", "search", "save", "code", "test",
    "other",
]  # fmt: skip

_VERBS: dict[Kind, str] = {
    "summarize": "summarize summarise condense recap shorten outline abridge",
    "compare": "compare contrast",
    "describe": "describe profile characterize",
    "explain": "explain interpret clarify justify discuss",
    "recommend": "recommend suggest propose advise decide choose pick select judge",
    "rank": "rank prioritize prioritise order sort",
    "analyze": "analyze analyse assess evaluate examine investigate inspect study estimate forecast",
    "review": "review critique proofread check verify validate audit",
    "extract": "extract list identify highlight collect gather find spot name note locate determine detect",
    "write": "write draft compose prepare create make produce generate report document rewrite rephrase edit formulate",
    "combine": "combine merge consolidate conclude synthesize synthesise",
    "translate": "translate",
    "plan": "plan schedule design brainstorm",
    "answer": "answer tell say give show explain",
    "calculate": "calculate compute add multiply subtract divide",
    "count": "count measure",
    "read": "read open load",
    "fetch": "fetch download get retrieve visit",
    "search": "search look grep",
    "save": "save store export put append record",
    "other": "convert send check run use take turn look do update delete remove rename copy move set book call email"
    " post notify cancel reverse format validate parse classify label",
}
_KIND_OF = {verb: kind for kind, verbs in reversed(_VERBS.items()) for verb in verbs.split()}
_NOUNS: dict[str, Kind] = {
    "summary": "summarize", "comparison": "compare", "description": "describe", "explanation": "explain",
    "recommendation": "recommend", "suggestion": "recommend", "proposal": "recommend", "advice": "recommend",
    "ranking": "rank", "analysis": "analyze", "assessment": "analyze", "review": "review", "overview": "summarize",
    "translation": "translate", "answer": "answer", "statistic": "count", "count": "count", "page": "fetch",
    "result": "answer", "list": "extract", "question": "extract", "plan": "plan", "draft": "write", "report": "write",
    "letter": "write", "email": "write", "calculation": "calculate", "conclusion": "combine", "digest": "summarize",
}  # fmt: skip
NOUNISH = frozenset(
    [
        "report",
        "plan",
        "list",
        "note",
        "table",
        "answer",
        "review",
        "draft",
        "search",
        "order",
        "name",
        "count",
        "rank",
        "check",
        "record",
        "document",
        "load",
        "use",
        "set",
        "design",
        "study",
        "estimate",
        "forecast",
        "schedule",
        "profile",
        "outline",
        "recap",
        "look",
        "take",
        "turn",
        "call",
        "email",
        "post",
        "copy",
        "move",
        "format",
        "label",
        "update",
        "book",
        "run",
        "abstract",
        "audit",
        "judge",
        "measure",
    ]
)
"""Verbs that are nouns as well: they begin a clause only when an object follows."""
QUESTIONS = frozenset(
    [
        "what",
        "which",
        "who",
        "whose",
        "whom",
        "how",
        "why",
        "when",
        "where",
        "is",
        "are",
        "does",
        "do",
        "did",
        "was",
        "were",
        "has",
        "have",
        "can",
    ]
)
JUDGING: frozenset[Kind] = frozenset(
    ["compare", "explain", "recommend", "rank", "analyze", "review", "write", "combine", "translate", "plan"]
)
"""Kinds of work that no tool does by itself."""
GATHERING: frozenset[Kind] = frozenset(["compare", "recommend", "combine", "rank", "write", "explain", "plan"])
"""Kinds of work that, coming after others and naming no source of their own, are about all that was done before."""


def kind_of(text: str) -> Kind:
    """The kind of work that a clause asks for: by its first verb, else by a noun such as `summary`, else a question."""
    tokens = [word.lower() for word in words(text)]
    if not tokens:
        return "other"
    if tokens[0] in QUESTIONS:
        if tokens[:2] == ["how", "many"] or tokens[:2] == ["how", "long"]:
            return "count"
        return "explain" if tokens[0] == "why" else "answer"
    for token in tokens[:4]:
        if kind := _KIND_OF.get(token) or _by_stem().get(stem(token) if token.endswith("ing") else ""):
            return (noun_kind(text) or kind) if kind in ("write", "save", "answer", "other") else kind
    return noun_kind(text) or "other"


def noun_kind(text: str) -> Kind | None:
    """The kind of work whose result the text names: `a summary` is what summarizing brings."""
    for word in words(re.sub(r"\b(?:of|from|in|about|on)\b.*", "", text)):
        if kind := _NOUNS.get(stem_noun(word)):
            return kind
    return None


def stem_noun(word: str) -> str:
    """Singular of a noun."""
    word = word.lower()
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "is")) else word


def is_verb(word: str, more: frozenset[str] = frozenset()) -> bool:
    """Whether a clause may begin with this word; `more`: further verbs, such as those of tool names."""
    return word.lower() in _KIND_OF or word.lower() in more


@cache
def _by_stem() -> dict[str, Kind]:
    return {stem(verb): kind for verb, kind in _KIND_OF.items()}

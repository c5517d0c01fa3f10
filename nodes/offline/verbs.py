"""What kinds of work there are: the verbs that ask for them, and who does them."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from repertory.nodes.offline.words import stem, words

Kind = Literal[
    "summarize", "compare", "describe", "explain", "recommend", "rank", "analyze", "review", "extract", "write",
    "combine", "translate", "plan", "answer", "calculate", "count", "read", "fetch", "search", "save", "other",
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


@dataclass(frozen=True)
class Work:
    """Who does a kind of work, and how it is done well; what prompts and plans say about it."""

    role: str
    about: str
    expected: str
    how: str
    done: str = ""
    """When it is done; not said in every first draft."""


WORK: dict[Kind, Work] = {
    "summarize": Work(
        "Summarizer", "condenses texts and findings to their main points and keeps the figures",
        "the main points in a few sentences, with the figures",
        "Say what matters most first and keep every figure and name exact.",
        "You are done when someone who has not seen the sources knows their main points.",
    ),
    "compare": Work(
        "Comparison analyst", "compares figures and findings of several sources and says what differs and by how much",
        "what the sources have in common and where they differ, with figures",
        "Set the same measure of each source side by side, then say which difference matters most.",
    ),
    "describe": Work(
        "Describer", "describes what data or texts contain, with their main figures",
        "what it contains, with the main figures", "Say what it is, how large it is and what stands out.",
    ),
    "explain": Work(
        "Explainer", "explains what findings mean and why things are as they are",
        "the explanation, with what supports it", "Give the reason first, then what supports it.",
        "You are done when each claim has its support beside it.",
    ),
    "recommend": Work(
        "Advisor", "weighs findings and recommends what to do, with reasons",
        "one clear recommendation with its reasons",
        "Open with one recommendation, then give the findings and figures that speak for it, then what speaks against.",
        "You are done when there is one recommendation and each of its reasons names a finding.",
    ),
    "rank": Work(
        "Ranker", "puts items in order by the figures or findings known of them",
        "a numbered list, best first, with the figure or reason of each",
        "Name the measure you order by, then number the items.",
    ),
    "analyze": Work(
        "Analyst", "analyses tables, texts and findings and says what they show",
        "what the material shows, with figures", "Report totals, extremes and what is unusual before any judgement.",
    ),
    "review": Work(
        "Reviewer", "checks texts and results for gaps, errors and open points",
        "a list of what is missing, wrong or unclear, or a statement that nothing is",
        "Go through the material once from top to bottom and list each weak point with its place.",
        "You are done when every part of the material has been checked.",
    ),
    "extract": Work(
        "Extractor", "finds and lists particular things in texts and data: questions, decisions, actions, names, dates",
        "a list of what was found, each with its source", "List every item once, in its own words, with its source.",
        "You are done when all sources have been looked through.",
    ),
    "write": Work(
        "Writer", "writes clear texts such as reports, letters and notes from given findings",
        "the finished text, ready to be used", "Begin with the point, then the facts; use headings where it is long.",
    ),
    "combine": Work(
        "Editor", "brings the findings of several sources together into one result",
        "one result that holds the findings of all sources", "Keep what each source adds; say a thing once.",
    ),
    "translate": Work(
        "Translator", "translates texts and keeps their meaning and tone",
        "the translated text", "Translate sentence by sentence and leave names and figures as they are.",
    ),
    "plan": Work(
        "Organizer", "turns goals and findings into ordered actions",
        "ordered actions, each with its reason", "List the actions in the order in which they have to happen.",
    ),
    "search": Work(
        "Searcher", "looks through files for what is wanted and reports where it stands",
        "where it was found, with the passages", "Report each place with its passage.",
        "You are done when all places have been looked at.",
    ),
    "answer": Work(
        "Researcher", "answers questions from files, tables and other sources",
        "the answer, with where it was found", "Answer first, then say where the answer was found.",
    ),
}  # fmt: skip
_GENERAL = Work(
    "Generalist", "carries out tasks of many kinds with the tools at hand", "the result asked for, with its facts",
    "Work through what is asked in order.",
)  # fmt: skip


_TABLE_WORK = Work(
    "Data analyst", "answers questions about tables: totals, averages, extremes and rankings by group",
    "the answer with the figures it rests on", "Work on the rows themselves, and name the measure and the group.",
    "You are done when each figure that you state comes from the rows.",
)  # fmt: skip
_ON_TABLES: frozenset[Kind] = frozenset(["answer", "analyze", "rank", "extract", "count", "describe"])


def work(kind: Kind, *, table: bool = False) -> Work:
    """Who does it and how; `table`: on rows of tables."""
    if table and kind in _ON_TABLES:
        return _TABLE_WORK
    return WORK.get(kind, _GENERAL if kind == "other" else WORK["answer"])


def role_for(done_by: Work) -> str:
    """Who is wanted, in the form in which a plan says it."""
    return f"{done_by.role}: {done_by.about}"


def work_of(role: str) -> Work:
    """The work that a role does; a general one where the role is not of our making."""
    return next((known for known in (*WORK.values(), _TABLE_WORK) if known.role == role), _GENERAL)


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

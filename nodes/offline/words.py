"""Words as the offline model sees them: stems, small groups of synonyms, and what two texts have in common."""

import re
from collections.abc import Iterable
from functools import lru_cache

from repertory.nodes.tools.sentences import STOPWORDS

_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?|\d+(?:[.,]\d+)*")

STOP = STOPWORDS | frozenset(("use", "used", "uses", "using", "let", "please", "every", "given", "one", "two"))
"""Words that say nothing about what is wanted."""

_GROUPS = (
    "summarize summarise summary summaries condense gist overview digest abstract recap summarization",
    "compare comparison contrast versus difference differ comparing",
    "describe description profile characterize describes",
    "table csv tsv spreadsheet column row tabular",
    "folder directory workspace",
    "file files document",
    "count counting many number statistics statistic stats tally length",
    "search find grep locate mention occurrence contain look",
    "fetch download retrieve url http https web page website link",
    "read open view content",
    "write save store export",
    "calculate compute calculation computation expression arithmetic mathematics math formula evaluate",
    "time clock date now today hour timezone",
    "recommend recommendation advice suggest suggestion propose proposal advise",
    "question questions ask",
    "analyze analyse analysis assess assessment examine investigate inspect",
    "explain explanation reason cause why",
    "translate translation translator",
    "draft compose letter email mail",
    "rank ranking order sort prioritize prioritise priority",
    "combine merge consolidate synthesize",
    "figure figures amount value",
    "list enumerate listing",
)


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The word without its most common English endings; British spelling becomes American."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    word = re.sub(r"is(e[sdr]?|ing|ation)$", r"iz\1", word) if len(word) > 6 else word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("xes", "x")):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            word = word[: -len(ending)] + instead
            break
    else:
        if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
            word = word[:-1]
    for ending in ("ation", "ing", "ed", "or", "er", "ly"):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            word = word[: -len(ending)]
            word = word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls" else word
            break
    return word[:-1] if word.endswith("e") and len(word) > 4 else word


_CONCEPT = {stem(word): stem(group.split()[0]) for group in _GROUPS for word in group.split()}


def concept(word: str) -> str:
    """The stem of the word, or that of the synonym that stands for its group."""
    stemmed = stem(word)
    return _CONCEPT.get(stemmed, stemmed)


def words(text: str) -> list[str]:
    """All words and numbers, as written; `snake_case` and `camelCase` fall apart."""
    return _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text.replace("_", " ")))


def concepts(text: str) -> list[str]:
    """The concepts of the words that carry meaning, in order."""
    return [concept(word) for word in words(text) if word.lower() not in STOP]


def coverage(wanted: Iterable[str], offered: Iterable[str]) -> float:
    """Which share of the wanted concepts is among those offered (0 to 1; 0 where nothing is wanted)."""
    want, have = set(wanted), set(offered)
    return len(want & have) / len(want) if want else 0.0

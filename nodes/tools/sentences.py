"""Words and sentences of a text, as statistics and summaries need them."""

import re

_STOPWORDS = (
    "a about above after again all also am an and any are as at be because been before being below between "
    "both but by can could did do does doing down during each few for from further had has have having he her "
    "here hers him his how i if in into is it its just me more most my no nor not now of off on once only or "
    "other our out over own same she should so some such than that the their them then there these they this "
    "those through to too under until up us very was we were what when where which while who whom why will "
    "with would you your "
)
STOPWORDS = frozenset(_STOPWORDS.split())
"""English words that say nothing about what a text is about."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*+•]|\d+[.)]|#{1,6})\s)")
_MARK = re.compile(r"^\s*(?:[-*+•]|\d+[.)]|#{1,6})\s+")
_END = re.compile(r"([.!?…][\"'”’)\]]*)\s+(?=[\"'“‘(\[]?[^\W_a-z])|([。！？])\s*(?=.)")
_ABBREVIATION = re.compile(r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|vs|etc|approx|Fig|e\.g|i\.e|cf)|\b[A-Z])\.$")


def split_words(text: str) -> list[str]:
    """The words, as written."""
    return _WORD.findall(text)


def split_sentences(text: str) -> list[str]:
    """The sentences; a heading and an item of a list count as one each. Abbreviations are known for English only."""
    sentences: list[str] = []
    for block in _BLOCK.split(text):
        joined = " ".join(_MARK.sub("", block).split())
        open_end = False
        for part in _END.sub(r"\1\2\n", joined).split("\n"):
            if open_end:
                sentences[-1] += f" {part}"
            else:
                sentences.append(part)
            open_end = bool(_ABBREVIATION.search(part))
    return [sentence for sentence in sentences if _WORD.search(sentence)]

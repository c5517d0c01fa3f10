"""The words of a text that say what it is about, and how much each of them tells."""

import math
import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:[+#]+|(?:[.][^\W_]+)+)?", re.UNICODE)
_STOP = frozenset(
    _WORD.findall(
        """a an and any are as at be been by can do does for from get has have how i if in into is it its let like me
        my need of on or our out please should so some such that the their them then there these they this to too up us
        use want was we what when where which who will with would you your"""
    )
)
_LEAST = 50  # with fewer documents than this, how many hold a word says little about the word


def words(text: str) -> list[str]:
    """The words that count, in lower case and without their commonest endings (`C++` and `node.js` stay whole)."""
    return [_stem(word) if word.isalnum() else word for word in _WORD.findall(text.casefold()) if word not in _STOP]


def inverse_frequency(holders: int, documents: int) -> float:
    """What a word tells, as in BM25: much where few documents hold it."""
    documents = max(documents, _LEAST)
    return math.log(1 + (documents - holders + 0.5) / (holders + 0.5))


@lru_cache(1 << 16)  # texts say the same words again and again: this halves the time
def _stem(word: str) -> str:
    """A light stemmer: enough to bring `analyses`, `analysed` and `analysing` together, rarely more."""
    for ending, replacement in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + replacement
    return word


_ENDINGS = (
    ("ss", "ss"),
    ("sis", "s"),
    ("ations", ""),
    ("ation", ""),
    ("ings", ""),
    ("ing", ""),
    ("ies", "y"),
    ("ers", ""),
    ("er", ""),
    ("ed", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
)
